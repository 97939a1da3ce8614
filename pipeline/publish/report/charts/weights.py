"""Shares of coding of open and closed weights."""

from __future__ import annotations

from pipeline.publish.report.bands import bands
from pipeline.publish.report.section import Found, Section


def section(found: Found) -> Section:
    return bands(
        found("weights"),
        "weights",
        "marts.open_weight_token_share_weekly",
        "weights",
        ["open", "closed"],
        ["Open weights", "Closed weights"],
        "openness of the weights",
    )
