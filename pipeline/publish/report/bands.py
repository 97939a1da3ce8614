"""Shares with their bounds: what countries and weights have in common."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import LIT, SECOND, by_share, by_week, finished, narrow, points_of, rows_of, tooltip_of
from pipeline.publish.report.section import BOUNDED, PROVISIONAL, SAME_WEEK, SAMPLED, WEEK, Column, Section
from pipeline.publish.report.sentences import Row
from pipeline.wording import percent


@cache
def _drawn(name: str, field: str, shown: tuple[str, ...], labels: tuple[str, ...]) -> dict[str, Any]:
    """Shares by week as lines within their bounds."""
    rows = (
        rows_of(name)
        .transform_filter(f"indexof({[*shown]!r}, datum.{field}) >= 0")
        .transform_calculate(label=f"{[*labels]!r}[indexof({[*shown]!r}, datum.{field})]")
    )
    color = alt.Color("label:N", legend=None, scale=alt.Scale(domain=labels, range=[LIT, SECOND][: len(labels)]))
    tooltip = tooltip_of(
        **{field: "label"},
        week_of="week_start|day",
        share="coding_token_share|.2%",
        at_least="coding_token_share_lower|.2%",
        at_most="coding_token_share_upper|.2%",
    )
    band = rows.mark_area(opacity=0.22).encode(
        x=by_week(), y=by_share("coding_token_share_lower:Q"), y2="coding_token_share_upper:Q", color=color
    )
    line = rows.mark_line(strokeWidth=2.5).encode(
        x=by_week(),
        y=by_share(scale=alt.Scale(domain=[0, 1])),
        color=color,
    )
    ends = (
        rows.transform_filter("!narrow && isValid(datum.coding_token_share)")
        .transform_joinaggregate(last="max(week_start)", groupby=["label"])
        .transform_filter("+datum.week_start === +datum.last")
        .mark_text(align="left", dx=6, fontWeight="bold")
        .encode(x=by_week(), y=by_share(), text="label:N", color=color)
    )
    points = points_of(
        rows.transform_filter("isValid(datum.coding_token_share)"), tooltip, x=by_week(), y=by_share(), color=color
    )
    points = points.add_params(narrow())
    return finished(band + line + ends + points, height=260, right=100)


def bands(rows: list[Row], name: str, mart: str, column: str, shown: list[str], labels: list[str], of: str) -> Section:
    newest = max((row["week_start"] for row in rows if row[column] == shown[0]), default=None)
    finding = f"Shares of coding by {of}"
    if newest is not None:
        [row] = [row for row in rows if row["week_start"] == newest and row[column] == shown[0]]
        lower, upper = percent(row["coding_token_share_lower"]), percent(row["coding_token_share_upper"])
        finding = f"{labels[0]}: between {lower} and {upper} of coding in the week of {newest}"
    return Section(
        key=name,
        query=name,
        row_columns=("week_start", column),
        row_query=f"from {mart} where {column} = {{{column}}} and {SAME_WEEK}",
        what=f"Shares of coding by {of}; the line is what is listed and known, the band what the rest could make of it.",
        missing=f"Not shown: sampling error. {SAMPLED}",
        caption=f"Shares of coding by {of}",
        columns=[WEEK, Column(column, of), *BOUNDED, PROVISIONAL],
        rows=rows,
        finding=finding,
        legend=[("lit", labels[0]), ("blue", labels[1])],
        spec=_drawn(name, column, tuple(shown), tuple(labels)),
        datasets={name: [row for row in rows if row[column] in shown]},
        table_rows=[row for row in rows if row[column] in (*shown, "unclassified")],
    )
