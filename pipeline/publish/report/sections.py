"""Which sections the page has, in their order. A chart that is new is a file in ``charts`` and a name here."""

from __future__ import annotations

from pipeline.publish.report.charts import hero, share
from pipeline.publish.report.section import Found, Section

CHARTS = (hero, share)


def sections_of(found: Found) -> list[Section]:
    return [chart.section(found) for chart in CHARTS]
