"""M2 and its successors in coding, stacked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    PAPER,
    SHADES,
    Point,
    beside,
    by_share,
    by_week,
    finished,
    opacity,
    placed,
    provisional_over,
    rows_of,
    specification,
    weeks_of,
)
from pipeline.publish.report.names import family, in_order
from pipeline.publish.report.section import (
    BOUNDED,
    MODEL,
    PROVISIONAL,
    RANK,
    SAME_MODEL,
    SAME_WEEK,
    WEEK,
    Found,
    Hover,
    Row,
    Section,
    columns,
)
from pipeline.publish.report.words import Words

_HEIGHT = 300


@specification
def drawn(members: tuple[str, ...]) -> dict[str, Any]:
    """Members stacked by week, the eldest at the bottom, each named at its best week."""
    weeks = weeks_of("lineage")
    place: dict[str, Any] = {"x": by_week(), "x2": "week_end:T", "y": by_share("from_share:Q"), "y2": "to_share:Q"}
    colours = [SHADES[number % len(SHADES)] for number in range(len(members))]
    bars = weeks.mark_bar(stroke=PAPER, strokeWidth=0.7).encode(
        **place,
        color=alt.Color("label:N", legend=None, scale=alt.Scale(domain=[*members], range=colours)),
        opacity=opacity(),
    )
    names = beside(rows_of("names").encode(x=by_week("at:T"), y=by_share("top:Q"), text="label:N"))
    return finished(bars, provisional_over(weeks, **place), names, height=_HEIGHT, top=16)


def section(found: Found) -> Section:
    words = found.words
    rows = found("lineage")
    members = [family(member) for member in in_order(rows)]
    stacked = _stacked(rows)
    return Section(
        words=words,
        key="lineage",
        title=_title(members, stacked, words),
        columns=columns(words, WEEK, MODEL, *BOUNDED, RANK, PROVISIONAL),
        rows=stacked,
        table_rows=rows,
        row_columns=("week_start", "base_permaslug"),
        row_query=f"from marts.lineage_share_weekly where {SAME_MODEL} and {SAME_WEEK}",
        hover=Hover(),
        x="week_start",
        spec=drawn(tuple(members)),
        datasets={"lineage": stacked, "names": _names(stacked)},
        docs="lineage",
    )


def _stacked(rows: Sequence[Row]) -> list[Row]:
    """The listed members, each from the top of the elder ones."""
    tops: dict[date, float] = {}
    stacked = []
    for row in rows:
        if row["coding_token_share"] is not None:
            floor = tops.get(row["week_start"], 0.0)
            tops[row["week_start"]] = floor + row["coding_token_share"]
            label = family(row["base_permaslug"])
            stacked.append({**row, "label": label, "from_share": floor, "to_share": tops[row["week_start"]]})
    return stacked


def _names(stacked: Sequence[Row]) -> list[Row]:
    """Each member's name at the top of all that is stacked in its best week, beside the bars of others."""
    best: dict[str, Row] = {}
    tops: dict[date, float] = {}
    for row in stacked:
        tops[row["week_start"]] = row["to_share"]
        if row["label"] not in best or row["coding_token_share"] > best[row["label"]]["coding_token_share"]:
            best[row["label"]] = row
    names = [
        {"at": row["week_start"] + timedelta(days=3), "top": tops[row["week_start"]], "label": label}
        for label, row in best.items()
    ]
    if not names:
        return []

    def day(at: date) -> float:
        return float(at.toordinal())

    bars: list[list[Point]] = [
        [(day(week) + one, 0.0), (day(week) + one, top)] for week, top in tops.items() for one in (0, 7)
    ]
    domain = (day(min(tops)), 0.0), (day(max(tops)) + 7, 1.05 * max(tops.values()))
    return placed(names, bars, at=lambda row: (day(row["at"]), row["top"]), domain=domain, height=_HEIGHT)


def _title(members: Sequence[str], stacked: Sequence[Row], words: Words) -> str:
    final = [row for row in stacked if not row["is_provisional"]]
    if not final:
        return words("lineage.plain")
    best = max(final, key=lambda row: row["lineage_coding_token_share"])
    return words("lineage.title", name=members[0], share=best["lineage_coding_token_share"], week=best["week_start"])
