"""The page's words: one catalogue a language, and how numbers, days and names are written in it.

Belongs here: texts by key (``en.toml``, ``zh.toml``), and the forms of what is put into them. Not here: which text is shown
(``story``, ``charts``), and words of anything but the page and its README.
"""

from __future__ import annotations

import hashlib
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pipeline.publish.report import names

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
MISSING = "–"

_HERE = Path(__file__).parent
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_BILLION, _TRILLION = 1e9, 1e12
_YI = 1e8  # 亿: the unit in which a Chinese reader counts large numbers
_TENTH_OF_A_CENT = 0.001


class Words:
    """The texts of one language: ``words("share.title", share=0.123, week=date(2025, 11, 3))``.

    A text names its values in braces, each with the form it is written in: ``{share:percent}``, ``{week:day}``. Raises
    ``KeyError`` for a text, a value or a form that does not exist, so that a test meets it and not a reader.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = dict(_flat(tomllib.loads((_HERE / f"{language}.toml").read_text(encoding="utf-8"))))
        self._parts: dict[str, list[tuple[str, str | None, str | None, str | None]]] = {}
        self._forms: dict[str, Callable[[Any], str]] = {
            "percent": lambda value: f"{100 * value:.1f}{self.percent_sign}",
            "whole_percent": lambda value: f"{100 * value:.0f}{self.percent_sign}",
            "signed_percent": lambda value: f"{'+' if value > 0 else '−'}{100 * abs(value):.0f}{self.percent_sign}",
            "points": lambda value: f"{abs(value):.1f}",
            "signed_points": lambda value: f"{value:+.1f}".replace("-", "−"),
            "whole": lambda value: f"{value:.0f}",
            "number": lambda value: f"{value:,}" if isinstance(value, int) else f"{value:,.2f}",
            "billions": lambda value: f"{value / _BILLION:,.1f}",
            "tokens": self.tokens,
            "price": self.price,
            "day": self.day,
            "short_day": self.short_day,
            "month": self.month,
            "model": self.model,
            "weeks": self.weeks,
            "claims": self.claims,
            "list": self.listed,
        }

    def __repr__(self) -> str:
        """Names the texts, too: what is kept by it is made again when one changes."""
        return f"Words({self.language}, {hashlib.sha256(repr(self._texts).encode()).hexdigest()})"

    def __call__(self, key: str, **values: Any) -> str:
        if key not in self._parts:
            self._parts[key] = [*string.Formatter().parse(self._texts[key])]
        return "".join(
            text if name is None else text + self._written(values[name], form or "")
            for text, name, form, _ in self._parts[key]
        )

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def _written(self, value: Any, form: str) -> str:
        if value is None:
            return MISSING
        return self._forms[form](value) if form else str(value)

    @property
    def percent_sign(self) -> str:
        return "%" if self.language == "zh" else " %"

    @property
    def token_unit(self) -> float:
        """In which axes and tables count tokens: the unit that the texts name."""
        return _YI if self.language == "zh" else _BILLION

    @property
    def time_locale(self) -> dict[str, Any] | None:
        """How dates of axes are written, as d3 takes it; None for English, which is how it writes by itself."""
        if self.language == "en":
            return None
        months, days = [f"{number} 月" for number in range(1, 13)], [f"周{day}" for day in "日一二三四五六"]
        return {
            "dateTime": "%x %X", "date": "%Y-%m-%d", "time": "%H:%M:%S", "periods": ["上午", "下午"],
            "days": days, "shortDays": days, "months": months, "shortMonths": months,
        }  # fmt: skip

    def value(self, text: str | None) -> str | None:
        """What a table of the published file holds as text, of a column with few values."""
        return None if text is None else self(f"value.{text}")

    def of(self, row: Mapping[str, Any], name: str) -> Any:
        """A column that a table has in each language: ``claim`` and ``claim_zh``."""
        return row[name if self.language == "en" else f"{name}_{self.language}"]

    def texts(self, prefix: str) -> dict[str, str]:
        """The texts below a key, by the rest of theirs: what the page's script is given."""
        start = f"{prefix}."
        return {key.removeprefix(start): text for key, text in self._texts.items() if key.startswith(start)}

    @property
    def keys(self) -> Mapping[str, str]:
        return self._texts

    def day(self, value: date) -> str:
        """3 November 2025."""
        if self.language == "zh":
            return f"{value.year} 年 {value.month} 月 {value.day} 日"
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"

    def short_day(self, value: date) -> str:
        """3 Nov: where the year is beside it."""
        month = _MONTHS[value.month - 1][:3]
        return f"{value.month} 月 {value.day} 日" if self.language == "zh" else f"{value.day} {month}"

    def tokens(self, value: float) -> str:
        """84.3 billion, 80 billion; 843 亿, 1.2 万亿."""
        if self.language == "zh":
            if value >= _TRILLION:
                return f"{value / _TRILLION:,.2f}".rstrip("0").rstrip(".") + " 万亿"
            return f"{value / _YI:,.0f} 亿" if value >= _BILLION else f"{value / _YI:,.1f} 亿"
        return f"{value / _BILLION:,.1f}".removesuffix(".0") + " billion"

    def price(self, value: float) -> str:
        """6.00 and 0.225: cents, and their tenths where there are any."""
        return f"{value:,.2f}" if abs(value - round(value, 2)) < _TENTH_OF_A_CENT / 2 else f"{value:,.3f}"

    def month(self, value: date) -> str:
        return f"{value.year} 年 {value.month} 月" if self.language == "zh" else f"{_MONTHS[value.month - 1]} {value.year}"

    def model(self, slug: str) -> str:
        """The name of a model as people know it."""
        return names.display(slug)

    def weeks(self, number: int) -> str:
        if self.language == "zh":
            return f"{number} 周"
        return f"{number} week{'' if number == 1 else 's'}"

    def claims(self, number: int) -> str:
        if self.language == "zh":
            return f"{number} 条"
        return f"{number} claim{'' if number == 1 else 's'}"

    def sentence(self, clauses: Sequence[str]) -> str:
        """Clauses as one sentence, with a capital and a full stop."""
        joined, stop = ("；", "。") if self.language == "zh" else ("; ", ".")
        text = joined.join(clause.strip() for clause in clauses)
        return f"{text[:1].upper()}{text[1:]}{stop}"

    def listed(self, parts: Sequence[str]) -> str:
        """One, two and three."""
        if self.language == "zh":
            return "、".join(parts)
        return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _flat(texts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        if isinstance(value, str):
            yield f"{prefix}{key}", value
        else:
            yield from _flat(value, f"{prefix}{key}.")


@cache
def words(language: Language) -> Words:
    """The catalogue of a language, read once."""
    return Words(language)
