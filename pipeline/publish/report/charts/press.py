"""Chinese models as the press counted them: the nine rows of the public chart, beside the whole platform."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    BAND_OPACITY,
    LIT,
    PROVISIONAL_OPACITY,
    SECOND,
    Point,
    beside,
    by_share,
    by_week,
    finished,
    on_paper,
    placed,
    rows_of,
    specification,
)
from pipeline.publish.report.section import SAME_WEEK, WEEK, Found, Hover, Row, Section, columns
from pipeline.publish.report.words import Words

VISIBLE, PLATFORM = "visible", "platform"
_HEIGHT = 300
_COMMA = re.compile("[,\uff0c]")  # after the name of an outlet, in either language
_LABEL_WEEKS = 12  # the newest weeks, below which the name of the platform is


@specification
def drawn() -> dict[str, Any]:
    """A line for the nine visible rows, a band for the platform, dots in the weeks that the press wrote about."""
    rows = rows_of("press")
    x = by_week()
    share = by_share("share:Q", scale=alt.Scale(domainMin=0, nice=True))
    band = (
        rows.transform_filter(f"datum.series === '{PLATFORM}'")
        .mark_area(color=SECOND, opacity=BAND_OPACITY)
        .encode(x=x, y=alt.Y("lower:Q"), y2="upper:Q")
    )
    visible = rows.transform_filter(f"datum.series === '{VISIBLE}'")
    line = visible.mark_line(color=LIT, strokeWidth=2.5).encode(x=x, y=share)
    still_moving = (
        visible.transform_filter("datum.is_provisional")
        .mark_circle(color=LIT, size=50, opacity=PROVISIONAL_OPACITY)
        .encode(x=x, y=share)
    )
    claimed = visible.transform_filter("isValid(datum.said_by)")
    dots = claimed.mark_circle(color=LIT, size=90, opacity=1).encode(x=x, y=share)
    said = rows_of("said").encode(x=x, y=share, text="label:N")
    names = rows_of("names").encode(x=x, y=alt.Y("at:Q"), text="label:N")
    text: dict[str, Any] = {"align": "right", "fontSize": 12}
    above = names.transform_filter(f"datum.series === '{VISIBLE}'")
    below = names.transform_filter(f"datum.series === '{PLATFORM}'")
    return finished(
        band, line, still_moving, dots,
        beside(said, weight="normal", fontSize=11, color=LIT),
        on_paper(above, color=LIT, **text), on_paper(below, color=SECOND, **text),
        height=_HEIGHT, top=14, right=14,
    )  # fmt: skip


def title_of(weeks: Sequence[Row], words: Words) -> str:
    """The first week that the press wrote about, by both measures; a plain description where none of these was fetched."""
    week = next((row for row in weeks if row["said_by"] is not None), None)
    if week is None:
        return words("press.plain")
    lower, upper = week["platform_token_share_lower"], week["platform_token_share_upper"]
    return words("press.title", week=week["week_start"], visible=week["visible_token_share"], lower=100 * lower, upper=upper)


def _names(weeks: Sequence[Row], words: Words) -> list[Row]:
    """The two names above the line, where it is furthest from the band, and below the band at its end."""
    if not weeks:
        return []
    at = max(weeks, key=lambda row: row["visible_token_share"] - row["platform_token_share_upper"])
    lowest = min(row["platform_token_share_lower"] for row in weeks[-_LABEL_WEEKS:])
    return [
        {"week_start": at["week_start"], "series": VISIBLE, "at": at["visible_token_share"] + 0.03,
         "label": words("press.visible")},
        {"week_start": weeks[-1]["week_start"], "series": PLATFORM, "at": lowest - 0.06,
         "label": words("press.platform")},
    ]  # fmt: skip


def _said(weeks: Sequence[Row]) -> list[Row]:
    """Who wrote about a week, at its dot."""
    claimed = [row for row in weeks if row["said_by"] is not None]
    labels = [
        {"week_start": row["week_start"], "share": row["visible_token_share"], "label": row["outlet"]} for row in claimed
    ]

    def at(week: date, share: float) -> Point:
        return float(week.toordinal()), share

    line = [at(row["week_start"], row["visible_token_share"]) for row in weeks]
    edges = [[at(row["week_start"], row[f"platform_token_share_{end}"]) for row in weeks] for end in ("lower", "upper")]
    domain = (line[0][0], 0.0), (line[-1][0] + 1, 1.05 * max(share for _, share in line))
    return placed(labels, [line, *edges], at=lambda row: at(row["week_start"], row["share"]), domain=domain, height=_HEIGHT)


def section(found: Found) -> Section:
    words = found.words
    weeks = found("press")
    rows: list[Row] = []
    for row in weeks:
        row["said_by"] = words.of(row, "said_by")
        row["outlet"] = row["said_by"] and _COMMA.split(row["said_by"])[0]
        common = {"week_start": row["week_start"], "is_provisional": row["is_provisional"]}
        lower, upper = row["platform_token_share_lower"], row["platform_token_share_upper"]
        rows += [
            {**common, "series": VISIBLE, "label": words("press.visible"), "share": row["visible_token_share"],
             "lower": None, "upper": None, "said_by": row["outlet"]},
            {**common, "series": PLATFORM, "label": words("press.platform"), "share": None, "lower": lower, "upper": upper,
             "said_by": None},
        ]  # fmt: skip
    return Section(
        words=words,
        key="press",
        title=title_of(weeks, words),
        columns=columns(
            words, WEEK, "visible_token_share|percent", "platform_token_share_lower|percent",
            "platform_token_share_upper|percent", "top_50_token_share|percent", "said_by", "is_provisional|flag",
        ),
        rows=rows,
        table_rows=weeks,
        row_columns=("week_start",),
        row_query=f"from marts.visible_chart_effect_weekly where country = 'CN' and {SAME_WEEK}",
        hover=Hover(value="share", upper="upper"),
        x="week_start",
        spec=drawn(),
        datasets={"press": rows, "names": _names(weeks, words), "said": _said(weeks) if weeks else []},
        docs="what-the-public-chart-shows-of-a-country",
    )  # fmt: skip
