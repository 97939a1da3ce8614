"""M2 and its successors, stacked."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    FIFTH,
    FOURTH,
    LIT,
    SECOND,
    THIRD,
    WEEK_MS,
    by_share,
    by_week,
    finished,
    on_paper,
    rows_of,
    tooltip_of,
)
from pipeline.publish.report.section import (
    BOUNDED,
    MODEL,
    PROVISIONAL,
    RANK,
    SAME_MODEL,
    SAME_WEEK,
    SAMPLED,
    WEEK,
    Found,
    Section,
)
from pipeline.publish.report.sentences import in_order, member
from pipeline.wording import percent


@cache
def drawn(members: tuple[str, ...]) -> dict[str, Any]:
    """Members stacked by week, each named at its best week."""
    weeks = rows_of("lineage").transform_calculate(week_end=f"+datum.week_start + {WEEK_MS}")
    color = alt.Color(
        "label:N", legend=None, scale=alt.Scale(domain=[*members], range=[LIT, FOURTH, SECOND, THIRD, FIFTH][: len(members)])
    )
    tooltip = tooltip_of(
        model="base_permaslug",
        week_of="week_start|day",
        share="coding_token_share|.2%",
        rank="coding_rank",
        all_listed_members="lineage_coding_token_share|.2%",
    )
    bars = weeks.mark_bar(stroke="var(--paper)", strokeWidth=1).encode(
        x=by_week(), x2="week_end:T", y=by_share("from_share:Q"), y2="to_share:Q", color=color, tooltip=tooltip,
        opacity=alt.condition("datum.is_provisional", alt.value(0.55), alt.value(1)),
    )  # fmt: skip
    names = (
        weeks.transform_joinaggregate(peak="max(coding_token_share)", groupby=["label"])
        .transform_filter("datum.coding_token_share === datum.peak")
        .encode(x=by_week(), y=by_share("to_share:Q"), text="label:N")
    )
    return finished(bars + on_paper(names, dy=-7, dx=8, fontSize=13), height=300, top=16)


def section(found: Found) -> Section:
    rows = found("lineage")
    lineage = in_order(rows)
    below: dict[date, float] = {}
    stacked = []
    for row in rows:
        row["label"] = member(row["base_permaslug"])
        if row["coding_token_share"] is not None:
            floor = below.get(row["week_start"], 0.0)
            below[row["week_start"]] = floor + row["coding_token_share"]
            stacked.append({**row, "from_share": floor, "to_share": below[row["week_start"]]})
    finding = "M2 and its successors in coding"
    final = [row for row in stacked if not row["is_provisional"]]
    if final:
        best = max(final, key=lambda row: row["coding_token_share"])
        total = max(final, key=lambda row: row["lineage_coding_token_share"])
        finding = (
            f"The line from M2 to {member(lineage[-1])} was at its greatest in the week of {total['week_start']}, with "
            f"{percent(total['lineage_coding_token_share'])} of coding; its strongest was {best['label']}"
        )
    return Section(
        key="lineage",
        query="lineage",
        row_columns=("week_start", "base_permaslug"),
        row_query=f"from marts.lineage_share_weekly where {SAME_MODEL} and {SAME_WEEK}",
        what="Shares of coding of M2 and the models that its maker names as its successors, stacked; paler: provisional.",
        missing=f"Not shown: members in weeks that do not list them; the table has their bounds. {SAMPLED}",
        caption="The lineage by week",
        columns=[WEEK, MODEL, *BOUNDED, RANK, PROVISIONAL],
        rows=stacked,
        finding=finding,
        spec=drawn(tuple(member(one) for one in lineage)),
        datasets={"lineage": stacked},
        table_rows=rows,
    )
