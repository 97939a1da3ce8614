"""How figures, instants and names are written, wherever a person reads them: terminal, page, feed, messages, queries.

Belongs here: pure functions from a value to its text. Not here: printing (``terminal``), drawing (``publish``).
"""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

_MONTHS: Final = (  # written out, as the names that Python has follow the locale of the machine
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MINUTE: Final = 60
_IN_DAYS_FROM: Final = timedelta(days=3)


def printable(text: str) -> str:
    """The text with what a terminal would obey, or would hide or turn round, written out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def rounded_percent(share: float | None) -> str:
    """A share in a sentence, where two decimals would suggest more than is known."""
    return "–" if share is None else f"{100 * share:.1f} %"


def bound_percent(share: float | None) -> str:
    """An upper bound in a sentence: rounded up, so that it stays one."""
    return "–" if share is None else f"{math.ceil(round(1000 * share, 6)) / 10:.1f} %"


def number(value: int) -> str:
    return f"{value:,}"


def count(value: int, unit: str) -> str:
    """A number with its unit in singular or plural, as in "1 request" and "1,200 requests"."""
    return f"{value:,} {unit}{'' if value == 1 else 's'}"


def long_day(day: date) -> str:
    """A day in a sentence, as in "3 November 2025"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def describe_m2(m2: dict[str, Any]) -> str:
    """M2's newest week in a sentence: share and rank, or the bound and the best of its lineage."""
    week = f"in the week of {long_day(date.fromisoformat(m2['week_start']))}"
    provisional = ", provisional" if m2["is_provisional"] else ""
    if m2["coding_rank"] is not None:
        span = f" ({m2['rank_span']} within the sampling error)" if m2["rank_span"] else ""
        return f"{rounded_percent(m2['coding_token_share'])} of coding {week}, rank {m2['coding_rank']}{span}{provisional}"
    sentence = f"not listed in coding {week}: at most {bound_percent(m2['coding_token_share_upper'])}{provisional}"
    if m2["best_of_lineage"] is None:
        return f"{sentence}; none of its lineage is listed"
    return (
        f"{sentence}; best of its lineage: {m2['best_of_lineage']}, rank {m2['best_of_lineage_rank']} "
        f"with {rounded_percent(m2['best_of_lineage_share'])}"
    )


def hours(length: timedelta | None) -> str:
    return "–" if length is None else f"{length.total_seconds() / 3600:,.0f} h"


def age(length: timedelta | None) -> str:
    """How long ago something was: in days from three days on, in hours below."""
    if length is None:
        return "–"
    return count(length.days, "day") if length >= _IN_DAYS_FROM else hours(length)


def duration(seconds: float) -> str:
    """A time to wait, rounded up: "48 s", "2 min 5 s"."""
    whole = math.ceil(seconds)
    return f"{whole} s" if whole < _MINUTE else f"{whole // _MINUTE} min {whole % _MINUTE} s"


def rough_duration(seconds: float) -> str:
    """A time that is only estimated: to five seconds below a minute, then to a minute."""
    return f"{max(5, 5 * round(seconds / 5))} s" if seconds < _MINUTE else f"{round(seconds / _MINUTE)} min"


def minute(instant: datetime) -> str:
    """The first full minute from the instant on: anyone who comes then is not too early."""
    whole = instant.astimezone(UTC) + timedelta(minutes=1, microseconds=-1)
    return f"{whole:%Y-%m-%d %H:%M} UTC"


def moment(instant: datetime) -> str:
    """An instant to the minute."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def text(value: Any) -> str:
    if isinstance(value, datetime):
        is_endless = value.replace(tzinfo=UTC) == datetime.max.replace(tzinfo=UTC)
        return "infinity" if is_endless else value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        # A column of exact decimals has room for more digits than most of its values have.
        written = f"{value:f}"
        return written.rstrip("0").rstrip(".") if "." in written else written
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=text, ensure_ascii=False)
    return str(value)
