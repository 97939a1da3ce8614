"""M2 by each measure."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import (
    INK,
    LIT,
    MUTED,
    PERCENT,
    PERCENT_2,
    SECOND,
    finished,
    rows_of,
    tooltip_of,
)
from pipeline.publish.report.section import PROVISIONAL, SAME_WEEK, SAMPLED, SHARE, WEEK, Column, Found, Section
from pipeline.publish.report.sentences import listed
from pipeline.wording import percent

_MEASURES = {
    "category_programming": "category programming",
    "language_programming": "programming languages",
    "task_code_tokens": "coding tasks, tokens",
    "task_code_requests": "coding tasks, requests",
    "platform": "whole platform",
}


@cache
def drawn(number: int) -> dict[str, Any]:
    """A dot where the share is known, a line where it may lie."""
    rows = rows_of("measures")
    y = alt.Y("measure_label:N", title=None, sort=None, axis=alt.Axis(labelLimit=150, labelColor=INK))
    offset = alt.YOffset("moment:N", sort=["best week of coding", "newest week"])
    color = alt.Color(
        "moment:N",
        title=None,
        scale=alt.Scale(domain=["best week of coding", "newest week"], range=[LIT, SECOND]),
        legend=alt.Legend(orient="top", labelColor=INK, labelFontSize=12, symbolType="circle", symbolOpacity=1),
    )
    tooltip = tooltip_of(
        measure="measure_label",
        week_of="week_start|day",
        share="measure_share|.2%",
        at_least="measure_share_lower|.2%",
        at_most="measure_share_upper|.2%",
        rank="measure_rank",
    )
    x = alt.X("measure_share_lower:Q", title="share of the measure", axis=alt.Axis(format=PERCENT, tickCount=5, grid=True))
    line: dict[str, Any] = {"strokeWidth": 5, "opacity": 0.35, "strokeCap": "round"}
    spread: dict[str, Any] = {"y": y, "yOffset": offset, "x": x, "x2": "measure_share_upper:Q", "tooltip": tooltip}
    listed = rows.transform_filter("isValid(datum.measure_share)").mark_rule(**line).encode(**spread, color=color)
    absent = rows.transform_filter("!isValid(datum.measure_share)").mark_rule(**line, color=MUTED).encode(**spread)
    ranges = listed + absent
    dots = (
        rows.transform_filter("isValid(datum.measure_share)")
        .mark_circle(size=110, opacity=1)
        .encode(y=y, yOffset=offset, x=alt.X("measure_share:Q"), color=color, tooltip=tooltip)
    )
    bounds = (
        rows.transform_filter("!isValid(datum.measure_share)")
        .transform_calculate(text="'at most ' + format(datum.measure_share_upper, '.2%')")
        .mark_text(align="left", dx=7, fontSize=11, color=MUTED)
        .encode(y=y, yOffset=offset, x=alt.X("measure_share_upper:Q"), text="text:N")
    )
    known = (
        rows.transform_filter("isValid(datum.measure_share)")
        .mark_text(align="left", dx=9, fontSize=11)
        .encode(y=y, yOffset=offset, x=alt.X("measure_share_upper:Q"), text=alt.Text("measure_share:Q", format=PERCENT_2))
    )
    return finished(ranges + dots + bounds + known, height=40 + 52 * number, right=64)


def section(found: Found) -> Section:
    rows = found("measures")
    order = list(_MEASURES)
    rows.sort(key=lambda row: (order.index(row["measure"]) if row["measure"] in order else len(order), row["moment"]))
    for row in rows:
        row["measure_label"] = _MEASURES.get(row["measure"], row["measure"])
    best = [row for row in rows if row["moment"] == "best week of coding" and row["measure_share"] is not None]
    finding = "M2 by each measure"
    if best:
        by_share = [f"{percent(row['measure_share'])} by {row['measure_label']}" for row in best]
        finding = f"What counts as coding matters: in the week of {best[0]['week_start']} M2 had {listed(by_share)}"
    return Section(
        key="measures",
        query="measures",
        row_columns=('measure_label', 'moment'),
        row_query=f"from marts.coding_share_measures_weekly where base_permaslug = '{M2}' "
        f"and measure = {{measure}} and {SAME_WEEK}",
        what="M2's share by category, language, task and of the whole platform, in its best week and each measure's newest.",
        missing="Not shown: measures that were not read in that week. They count different things: tokens, requests, "
        f"samples and exact counts. {SAMPLED}",
        caption="M2 by each measure",
        columns=[
            Column("measure_label", "measure"), Column("moment", "when"), WEEK, Column("quantity", "counted"),
            Column("measure_share", "share", SHARE), Column("measure_share_lower", "at least", SHARE),
            Column("measure_share_upper", "at most", SHARE), Column("measure_rank", "rank", "number"),
            Column("is_sampled", "sampled", "flag"), PROVISIONAL,
        ],
        rows=rows,
        finding=finding,
        spec=drawn(len({row["measure"] for row in rows})),
        datasets={"measures": rows},
    )  # fmt: skip
