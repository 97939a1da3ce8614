"""Shares of coding of open and closed weights."""

from __future__ import annotations

from pipeline.publish.report.bands import bands
from pipeline.publish.report.section import Found, Section


def section(found: Found) -> Section:
    rows = found("weights")
    is_known = any(row["coding_token_share_lower"] for row in rows if row["weights"] == "open")
    return bands(
        # Where no catalogue tells which weights are open, the range is all that could be.
        rows if is_known else [],
        "weights",
        "marts.open_weight_token_share_weekly",
        "weights",
        ["open", "closed"],
        ["Open weights", "Closed weights"],
        "openness of the weights",
    )
