"""Claims, and what was measured. No chart: a table."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.publish.report.section import Found, Row, Section, columns
from pipeline.publish.report.words import Words

_LARGE = 1e6  # from here on claims are shown to the unit
# Fractions of a whole or of another figure.
_SHARES = (
    "share of tokens",
    "ratio of prices",
    "ratio of sums",
    "relative distance of scores",
    "greatest distance from the corner, in percentiles",
)
_VERDICTS = {"confirmed": "confirmed", "refuted": "refuted", "undecided": "undecided", "not measurable": "not_measurable"}


def title_of(rows: Sequence[Row], words: Words) -> str:
    """How many are confirmed, and how many more only in the rows that the press counted."""
    if not rows:
        return words("claims.plain")
    confirmed = [row for row in rows if row["verdict"] == "confirmed"]
    refuted = sum(row["verdict"] == "refuted" for row in rows)
    counted = sum(row["platform_verdict"] not in (None, "confirmed") for row in confirmed)
    key = "title_counted" if counted else "title"
    return words(f"claims.{key}", all=len(rows), confirmed=len(confirmed) - counted, counted=counted, refuted=refuted)


def section(found: Found) -> Section:
    words = found.words
    known = found("claims")
    rows = [row for row in known if found.is_local or row["may_republish"]]
    title = title_of(rows, words)
    note = words("claims.note")
    if len(rows) < len(known):
        note += words("claims.withheld", number=len(known) - len(rows))
    for row in rows:
        row["by_platform"] = _by_platform(row, words)
        is_counted = row["verdict"] == "confirmed" and row["platform_verdict"] not in (None, "confirmed")
        row["verdict"] = words("claims.confirmed_counted" if is_counted else f"claims.{_VERDICTS[row['verdict']]}")
        counted = (words.value(row["unit"]), words.of(row, "claimed_denominator"))
        row["counted_as"] = words("claims.in").join(filter(None, counted))
        for name in ("claim", "evidence", "source"):
            row[name] = words.of(row, name)
        for name in ("claimed_value", "measured_value"):
            row[name] = _shown(row[name], row["unit"], words)
    return Section(
        words=words,
        key="claims",
        title=title,
        note=note,
        citations=[
            *sorted({row["citation"] for row in rows} - {None}),
            words("claims.local" if found.is_local else "claims.licence"),
        ],
        columns=columns(
            words, "claim", "verdict", "by_platform", "claimed_value", "measured_value", "counted_as", "evidence",
            "source||column.said_by",
        ),
        rows=rows,
        docs="claims",
    )  # fmt: skip


def _by_platform(row: Row, words: Words) -> str | None:
    """The verdict by all tokens of the platform, with the bounds that it rests on."""
    verdict, lower, upper = row["platform_verdict"], row["platform_value_lower"], row["platform_value_upper"]
    if verdict is None:
        return None
    said = words(f"claims.{_VERDICTS[verdict]}")
    if lower is None:
        return said
    key = "or_more" if upper is None else "between"
    return words(
        f"claims.{key}",
        verdict=said,
        **{name: _shown(value, row["unit"], words) for name, value in (("lower", lower), ("upper", upper))},
    )


def _shown(value: float | None, unit: str, words: Words) -> str | None:
    """A value in its unit, as in a sentence."""
    if value is None:
        return None
    if unit in _SHARES:
        return words("claims.share", share=value)
    if unit == "change of share":
        return words("claims.points", points=100 * value)
    return f"{value:,.4g}" if abs(value) < _LARGE else f"{value:,.0f}"
