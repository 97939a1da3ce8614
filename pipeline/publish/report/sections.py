"""Which sections the page has, in their order. A chart that is new is a file in ``charts`` and a name here."""

from __future__ import annotations

from pipeline.publish.report.charts import (
    claims,
    countries,
    gained,
    launch,
    lineage,
    measures,
    nowcasts,
    price,
    race,
    revisions,
    share,
    tokens,
    weights,
)
from pipeline.publish.report.section import Found, Section

CHARTS = (share, race, tokens, gained, launch, lineage, measures, countries, weights, nowcasts, price, revisions, claims)


def sections_of(found: Found) -> list[Section]:
    return [chart.section(found) for chart in CHARTS]
