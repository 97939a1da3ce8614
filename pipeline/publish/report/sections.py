"""Which sections the page has, in their order. A chart that is new is a file in ``charts`` and a name here."""

from __future__ import annotations

import json

from pipeline.publish.report.charts import (
    claims,
    countries,
    free,
    gateway,
    hero,
    launch,
    lineage,
    list_prices,
    measures,
    moves,
    nowcasts,
    press,
    price,
    race,
    revisions,
    share,
    spend,
    weights,
)
from pipeline.publish.report.section import Found, Section

_STORY = (hero, free, moves, spend, lineage, countries, list_prices, price, gateway, launch, nowcasts)
_MORE = (share, race, measures, weights, press)
_HOOD = (revisions, claims)
CHARTS = (*_STORY, *_MORE, *_HOOD)

_DATES = {"%-d %b %Y": "%Y 年 %b %-d 日", "%b %Y": "%Y 年 %b", "%-d %b": "%b %-d 日"}  # longest first


def sections_of(found: Found) -> list[Section]:
    sections = [chart.section(found) for chart in CHARTS]
    if found.words.time_locale:  # the dates of axes
        for section in sections:
            for name in ("spec", "compare_spec"):
                if spec := getattr(section, name):
                    dated = json.dumps(spec, ensure_ascii=False)
                    for english, chinese in _DATES.items():
                        dated = dated.replace(english, chinese)
                    drawn = json.loads(dated)
                    number = {**drawn["config"]["locale"]["number"], "percent": found.words.percent_sign}
                    locale = {"number": number, "time": found.words.time_locale}
                    setattr(section, name, {**drawn, "config": {**drawn["config"], "locale": locale}})
    return sections
