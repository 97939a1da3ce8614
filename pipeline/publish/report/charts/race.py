"""Ranks in coding by week."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import (
    FAINT,
    IS_CHOSEN,
    LIT,
    MUTED,
    NAME,
    SECOND,
    by_week,
    finished,
    narrow,
    on_paper,
    points_of,
    rows_of,
    tooltip_of,
)
from pipeline.publish.report.section import SAME_MODEL, SAME_WEEK, SAMPLED, WEEK, Column, Found, Section
from pipeline.publish.report.sentences import Row, in_order


@cache
def drawn(model: str, lineage: tuple[str, ...]) -> dict[str, Any]:
    """Ranks by week as lines that break where a model was not among the first ten."""
    ranks = rows_of("ranks").transform_calculate(
        name=NAME, lineage=f"indexof({[*lineage]!r}, datum.base_permaslug) >= 0 && indexof({[*lineage]!r}, model) >= 0"
    )
    y = alt.Y(
        "coding_rank:Q",
        title="rank in coding",
        scale=alt.Scale(domain=[1, 10], reverse=True, nice=False),
        axis=alt.Axis(values=list(range(1, 11)), format="d", grid=False),
    )
    tooltip = tooltip_of(
        model="base_permaslug", week_of="week_start|day", rank="coding_rank", share="coding_token_share|.2%"
    )
    common = {"x": by_week(), "y": y, "detail": "base_permaslug:N"}
    others = (
        ranks.transform_filter(f"!({IS_CHOSEN}) && !datum.lineage").mark_line(color=FAINT, strokeWidth=1).encode(**common)
    )
    successors = (
        ranks.transform_filter(f"!({IS_CHOSEN}) && datum.lineage")
        .mark_line(color=SECOND, strokeWidth=2.5, point={"color": SECOND, "size": 22})
        .encode(**common)
    )
    chosen = (
        ranks.transform_filter(IS_CHOSEN)
        .mark_line(color=LIT, strokeWidth=4, point={"color": LIT, "size": 50})
        .encode(**common)
    )
    ends = (
        ranks.transform_filter("!narrow")
        .transform_joinaggregate(last="max(week_start)")
        .transform_filter(f"+datum.week_start === +datum.last && isValid(datum.coding_rank) && !({IS_CHOSEN})")
        .mark_text(align="left", dx=8, fontSize=11, limit=112)
        .encode(x=by_week(), y=y, text="name:N", color=alt.condition("datum.lineage", alt.value(SECOND), alt.value(MUTED)))
    )
    entries = (
        ranks.transform_filter("datum.lineage || " + IS_CHOSEN)
        .transform_filter("isValid(datum.coding_rank)")
        .transform_joinaggregate(first="min(week_start)", groupby=["base_permaslug"])
        .transform_filter("+datum.week_start === +datum.first")
        .encode(x=by_week(), y=y, text="name:N")
    )
    place: dict[str, Any] = {"align": "right", "dx": -8, "dy": -8, "limit": 170}
    names = on_paper(entries.transform_filter(f"!({IS_CHOSEN})"), color=SECOND, **place) + on_paper(
        entries.transform_filter(IS_CHOSEN), color=LIT, **place
    )
    names = names.add_params(narrow())
    points = points_of(ranks.transform_filter("isValid(datum.coding_rank)"), tooltip, x=common["x"], y=y)
    return finished(others + successors + chosen + ends + names + points, height=340, right=124, model=model, top=16)


def section(found: Found) -> Section:
    rows = found("coding_ranks")
    places: dict[date, Row] = {}
    for row in rows:
        if row["coding_rank"] is not None:
            week = places.setdefault(row["week_start"], {"week_start": row["week_start"]})
            place = f"rank_{row['coding_rank']}"
            week[place] = f"{week[place]}, {row['base_permaslug']}" if place in week else row["base_permaslug"]
    pivot = [{**{f"rank_{rank}": None for rank in range(1, 11)}, **places[week]} for week in sorted(places)]
    return Section(
        key="race",
        query="coding_ranks",
        row_columns=("week_start",),
        row_query=f"from marts.coding_leaderboard_weekly where {SAME_MODEL} and {SAME_WEEK}",
        what="Ranks in coding by week, models with all their variants; the first ten, or nine where recordings end there.",
        missing=f"Not shown: how far apart two ranks are, and whoever was below the tenth: a line breaks there. {SAMPLED}",
        caption="Who stood where in coding, week by week",
        columns=[WEEK, *(Column(f"rank_{rank}", str(rank)) for rank in range(1, 11))],
        rows=rows,
        legend=[("lit", "chosen model"), ("blue", "its lineage"), ("faint", "others")],
        spec=drawn(M2, tuple(in_order(found("lineage")))),
        datasets={"ranks": rows},
        table_rows=pivot,
        is_by_model=True,
        shared=frozenset({"ranks"}),
    )
