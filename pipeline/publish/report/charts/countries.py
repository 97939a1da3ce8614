"""Shares of coding by country of the maker."""

from __future__ import annotations

from pipeline.publish.report.bands import bands
from pipeline.publish.report.section import Found, Section


def section(found: Found) -> Section:
    return bands(
        found("countries"),
        "countries",
        "marts.country_token_share_weekly",
        "country",
        ["CN", "US"],
        ["China", "USA"],
        "country of the maker",
    )
