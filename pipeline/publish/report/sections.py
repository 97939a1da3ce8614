"""Which sections the page has, in their order. A chart that is new is a file in ``charts`` and a name here."""

from __future__ import annotations

import json
from typing import Any

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
from pipeline.publish.report.words import Words

GROUPS = {
    "story": (hero, free, moves, spend, lineage, countries, list_prices, price, gateway, launch, nowcasts, weights),
    "more": (share, race, measures, press),
    "hood": (revisions, claims),
}

_DATES = {"%-d %b %Y": "%Y 年 %b %-d 日", "%b %Y": "%Y 年 %b", "%-d %b": "%b %-d 日"}  # longest first


def sections_of(found: Found) -> list[Section]:
    sections = []
    for group, charts in GROUPS.items():
        for chart in charts:
            section = chart.section(found)
            section.group = group
            for name in ("spec", "compare_spec"):
                if (spec := getattr(section, name)) and found.words.time_locale:
                    setattr(section, name, _dated(spec, found.words))
            sections.append(section)
    return sections


def _dated(spec: dict[str, Any], words: Words) -> dict[str, Any]:
    """With the dates of its axes as the language writes them."""
    text = json.dumps(spec, ensure_ascii=False)
    for english, own in _DATES.items():
        text = text.replace(english, own)
    drawn: dict[str, Any] = json.loads(text)
    number = {**drawn["config"]["locale"]["number"], "percent": words.percent_sign}
    drawn["config"]["locale"] = {"number": number, "time": words.time_locale}
    return drawn
