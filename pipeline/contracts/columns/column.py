"""What a column is, and the unit that follows from its name.

Belongs here: the form of a line. Not here: the lines (``times``, ``names``, ``counts``, ``figures``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Names end with what they count. The first that fits decides.
_UNITS: tuple[tuple[str, str], ...] = (
    (r"usd_per_million$", "US dollars per million tokens"),
    (r"usd_per_token$", "US dollars per token"),
    (r"_usd(_estimate|_lower|_upper)?$", "US dollars"),
    (r"_pp(_lower|_upper|_estimate)?$", "percentage points"),
    (r"(share|share_estimate)(_lower|_upper|_before|_percentile)?(_50|_80|_95)?$", "fraction, 0 to 1"),
    (r"^tokens_per_request(_estimate)?$", "tokens a request"),
    (r"coding_token_share_standard_error_estimate$", "standard error of a fraction"),
    (r"relative_(change|revision)$|_ratio$|^kept_|_factor(_|$)|_per_free_token$", "ratio"),
    (r"tokens(_estimate)?(_lower|_upper|_before|_after)?$|^context_length$", "tokens"),
    (r"requests(_estimate)?$", "requests"),
    (r"^hours_|_hours$", "hours"),
    (r"_percent$", "percent"),
    (r"^(days_|window_days$)", "days"),
    (r"(^|_)weeks(_|$)", "weeks"),
)


@dataclass(frozen=True)
class Column:
    """``type`` is DuckDB's. ``description`` is what a reader of any table with this column is told."""

    name: str
    type: str
    description: str

    @property
    def unit(self) -> str | None:
        """What a number counts; None for ranks, counts, identifiers, indices, and where a column beside it says it."""
        if self.type not in ("BIGINT", "DOUBLE") and not self.type.startswith("DECIMAL"):
            return None
        return next((unit for pattern, unit in _UNITS if re.search(pattern, self.name)), None)


def of_type(type_: str, **descriptions: str) -> dict[str, Column]:
    """Columns of one type, from what each means."""
    return {name: Column(name, type_, description) for name, description in descriptions.items()}
