"""Who gained what M2 lost."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import INK, LIT, MUTED, SECOND, finished, rows_of, tooltip_of
from pipeline.publish.report.section import SAME_MODEL, SAMPLED, Column, Found, Section
from pipeline.publish.report.sentences import listed, short

MOST_LISTED = 8


@cache
def drawn() -> dict[str, Any]:
    """Changes of share as bars to both sides of zero."""
    changes = rows_of("gained").transform_calculate(
        text="(datum.change_pp > 0 ? '+' : '−') + format(abs(datum.change_pp), '.1f')"
    )
    y = alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=170, labelColor=INK, labelPadding=6, offset=26))
    x = alt.X("change_pp:Q", title="percentage points", scale=alt.Scale(padding=34), axis=alt.Axis(tickCount=5, grid=True))
    bars = changes.mark_bar(height={"band": 0.72}).encode(
        y=y,
        x=x,
        color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["m2", "gain", "loss"], range=[LIT, SECOND, MUTED])),
        tooltip=tooltip_of(model="name", points="change_pp|+.2f"),
    )
    right = changes.transform_filter("datum.change_pp > 0").mark_text(align="left", dx=4).encode(y=y, x=x, text="text:N")
    left = changes.transform_filter("datum.change_pp <= 0").mark_text(align="right", dx=-4).encode(y=y, x=x, text="text:N")
    return finished(bars + right + left, height=380, right=32)


def section(found: Found) -> Section:
    rows = found("gained")
    for row in rows:
        row["name"] = "all that are not listed" if row["is_other"] else short(row["base_permaslug"])
        is_m2 = row["base_permaslug"] == M2
        row["kind"] = "m2" if is_m2 else "gain" if row["change_pp"] > 0 else "loss"
    rows = [row for row in rows if abs(row["change_pp"]) >= 0.05]  # noqa: PLR2004 - what one decimal shows
    is_long = len(rows) > 2 * MOST_LISTED
    shown = rows[:MOST_LISTED] + rows[-MOST_LISTED:] if is_long else rows
    if is_long and not any(row["kind"] == "m2" for row in shown):
        shown = sorted([*shown, *(row for row in rows if row["kind"] == "m2")], key=lambda row: -row["change_pp"])
    finding = "Who gained what M2 lost"
    m2 = next((row for row in rows if row["kind"] == "m2"), None)
    if m2 is not None:
        gainers = [
            f"{row['name']} (+{row['change_pp']:.1f})" for row in rows if row["change_pp"] > 0 and not row["is_other"]
        ]
        finding = (
            f"As M2 lost {-m2['change_pp']:.1f} points between the weeks of {m2['from_week']} and {m2['to_week']}, "
            f"{listed(gainers[:3]) or 'nobody that is listed'} gained"
        )
    return Section(
        key="gained",
        query="gained",
        row_columns=("name",),
        row_query=f"from marts.share_change_decomposition_weekly where {SAME_MODEL} "
        "and week_start > {from_week:date} and week_start <= {to_week:date}",
        what="Changes of the shares of coding from M2's best week to the last one before a successor was ahead of it.",
        missing="Not shown: who moved from which model to which. What enters or leaves the list moves between a model and "
        f"those that are not listed. {SAMPLED}",
        caption="Change of share over those weeks, in percentage points",
        columns=[
            Column("name", "model"), Column("change_pp", "points", "number"),
            Column("has_entered", "entered the list", "flag"), Column("has_left", "left the list", "flag"),
        ],
        rows=rows,
        finding=finding,
        spec=drawn(),
        datasets={"gained": shown},
    )  # fmt: skip
