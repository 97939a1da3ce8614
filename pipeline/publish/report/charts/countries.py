"""Chinese and US models in coding: ranges, and the weeks in which one is certainly ahead."""

from __future__ import annotations

from pipeline.publish.report import bands
from pipeline.publish.report.section import Found, Section

GROUPS = bands.Groups("countries", "marts.country_token_share_weekly", "country", ("CN", "US"))


def section(found: Found) -> Section:
    return bands.section(found, GROUPS)
