"""How figures, instants and names are written, wherever a person reads them: terminal, page, feed, messages, queries.

Belongs here: pure functions from a value to its text. Not here: printing (``terminal``), drawing (``publish``).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any


def printable(text: str) -> str:
    """The text with what a terminal would obey, or would hide or turn round, written out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"


def describe_m2(m2: dict[str, Any]) -> str:
    """M2's newest week in a sentence: share and rank, or the bound and the best of its lineage."""
    provisional = ", provisional" if m2["is_provisional"] else ""
    if m2["coding_rank"] is not None:
        span = f" ({m2['rank_span']}, not told apart by the sample)" if m2["rank_span"] else ""
        return (
            f"{percent(m2['coding_token_share'])} of coding in the week of {m2['week_start']}, rank {m2['coding_rank']}"
            f"{span}{provisional}"
        )
    sentence = (
        f"not listed in coding in the week of {m2['week_start']}, so at most {percent(m2['coding_token_share_upper'])}"
        f"{provisional}"
    )
    if m2["best_of_lineage"] is None:
        return f"{sentence}; none of its lineage is listed"
    return (
        f"{sentence}; best of its lineage: {m2['best_of_lineage']}, rank {m2['best_of_lineage_rank']} "
        f"with {percent(m2['best_of_lineage_share'])}"
    )


def hours(length: timedelta | None) -> str:
    return "–" if length is None else f"{length.total_seconds() / 3600:.0f} h"


def minute(instant: datetime) -> str:
    """The first full minute from the instant on, so that whoever comes then does not come too early."""
    whole = instant.astimezone(UTC) + timedelta(minutes=1, microseconds=-1)
    return f"{whole:%Y-%m-%d %H:%M} UTC"


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
