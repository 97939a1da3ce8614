"""Share of coding by week."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import (
    BAND,
    HATCH,
    LIT,
    MUTED,
    MUTED_HATCH,
    PERCENT_2,
    WEEK_MS,
    by_share,
    by_week,
    finished,
    rows_of,
    tooltip_of,
)
from pipeline.publish.report.section import BOUNDED, PROVISIONAL, RANK, SAME_MODEL, SAME_WEEK, SAMPLED, WEEK, Found, Section
from pipeline.publish.report.sentences import member


@cache
def drawn(model: str) -> dict[str, Any]:
    """Bars by week; where a week says no more than a bound, the range; marks of first listed weeks."""
    weeks = rows_of("share").transform_calculate(
        week_end=f"+datum.week_start + {WEEK_MS}",
        zero="0",
        floor="isValid(datum.coding_token_share) ? datum.coding_token_share : datum.coding_token_share_lower",
    )
    tooltip = tooltip_of(
        week_of="week_start|day",
        share="coding_token_share|.2%",
        rank="coding_rank",
        at_least="coding_token_share_lower|.2%",
        at_most="coding_token_share_upper|.2%",
    )
    ranges = (
        weeks.transform_filter("datum.coding_token_share_upper > datum.floor + 0.0002")
        .mark_bar(fill=BAND, stroke=MUTED, strokeWidth=0.7, strokeDash=[2, 2])
        .encode(
            x=by_week(), x2="week_end:T", y=by_share("floor:Q"), y2=alt.Y2("coding_token_share_upper:Q"), tooltip=tooltip
        )
    )
    bars = (
        weeks.transform_filter("isValid(datum.coding_token_share)")
        .mark_bar()
        .encode(
            x=by_week(),
            x2="week_end:T",
            y=by_share("zero:Q"),
            y2="coding_token_share:Q",
            fill=alt.condition("datum.is_provisional", alt.value(HATCH), alt.value(LIT)),
            tooltip=tooltip,
        )
    )
    # The range of an absent, provisional week is hatched as well, and not in the colour of what was measured.
    provisional = (
        weeks.transform_filter("datum.is_provisional && !isValid(datum.coding_token_share)")
        .mark_bar(fill=MUTED_HATCH, fillOpacity=0.6)
        .encode(
            x=by_week(), x2="week_end:T", y=by_share("floor:Q"), y2=alt.Y2("coding_token_share_upper:Q"), tooltip=tooltip
        )
    )
    peak = (
        weeks.transform_filter("!datum.is_provisional")
        .transform_joinaggregate(peak="max(coding_token_share)")
        .transform_filter("datum.coding_token_share === datum.peak")
        .mark_text(dy=-7, dx=-4, fontWeight="bold", color=LIT, align="left")
        .encode(x=by_week(), y=by_share(), text=alt.Text("coding_token_share:Q", format=PERCENT_2))
    )
    rules = rows_of("marks").mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x=by_week())
    labels = (
        rows_of("marks")
        .transform_window(number="row_number()")
        .transform_calculate(height="datum.number % 2 ? -21 : -35")
        .mark_text(align="left", baseline="top", dx=4, color=MUTED)
        .encode(x=by_week(), y=alt.Y("height:Q", scale=None), text="label:N")
    )
    return finished(ranges + provisional + bars + peak + rules + labels, height=300, right=24, top=40, model=model)


def section(found: Found) -> Section:
    rows, marks = found("coding_share"), found("coding_share_marks")
    for row in marks:
        name = row.pop("listed_permaslug")
        row["label"] = "first listed" if name == row["base_permaslug"] else member(name)
    return Section(
        key="share",
        query="coding_share",
        row_columns=("week_start",),
        row_query=f"from marts.coding_share_weekly where {SAME_MODEL} and {SAME_WEEK}",
        what="Tokens of the model, variants summed, of all tokens in the category programming, by week from Monday.",
        missing=f"Not shown: sampling error; the range is what an unlisted model may have had at most. {SAMPLED}",
        caption="Share of coding by week",
        columns=[WEEK, *BOUNDED, RANK, PROVISIONAL],
        rows=rows,
        legend=[("lit", "share"), ("band", "not listed: at most this much"), ("hatch", "provisional week")],
        spec=drawn(M2),
        datasets={"share": rows, "marks": marks},
        is_by_model=True,
    )
