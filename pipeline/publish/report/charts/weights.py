"""Shares of coding of open and closed weights."""

from __future__ import annotations

from dataclasses import replace

from pipeline.publish.report.bands import bands
from pipeline.publish.report.section import NEEDS_KEY, Found, Section


def section(found: Found) -> Section:
    drawn = bands(
        found("weights"),
        "weights",
        "marts.open_weight_token_share_weekly",
        "weights",
        ["open", "closed"],
        ["Open weights", "Closed weights"],
        "openness of the weights",
    )
    return replace(drawn, nothing=f"The share of open weights is not shown: it needs the model catalogue, {NEEDS_KEY}")
