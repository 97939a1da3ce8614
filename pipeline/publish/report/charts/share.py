"""Share of coding by week, of one model, or of up to four compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    FOURTH,
    HATCH,
    INK,
    LIT,
    MUTED,
    PERCENT_1,
    SECOND,
    THIRD,
    WEEK_MS,
    by_share,
    by_week,
    cap,
    finished,
    on_paper,
    opacity,
    rows_of,
    specification,
    unread,
)
from pipeline.publish.report.names import family
from pipeline.publish.report.section import (
    BOUNDED,
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

WEEKS_AFTER = 4  # as long as a chart goes on after the last week that lists a model
_Z_95 = 1.96


@specification
def drawn() -> dict[str, Any]:
    """Bars by week; a cap at the bound where the model is not listed; whiskers; marks of first listed weeks."""
    weeks = rows_of("share").transform_calculate(
        week_end=f"+datum.week_start + {WEEK_MS * 0.86}",
        middle=f"+datum.week_start + {WEEK_MS * 0.43}",
        zero="0",
        low=f"max(0, datum.coding_token_share - {_Z_95} * datum.standard_error)",
        high=f"datum.coding_token_share + {_Z_95} * datum.standard_error",
    )
    listed = weeks.transform_filter("isValid(datum.coding_token_share)")
    place: dict[str, Any] = {"x": by_week(), "x2": "week_end:T", "y": by_share("zero:Q"), "y2": "coding_token_share:Q"}
    bars = listed.mark_bar(color=LIT).encode(**place, opacity=opacity())
    hatch = listed.transform_filter("datum.is_provisional").mark_bar(fill=HATCH).encode(**place)
    caps = cap(
        weeks.transform_filter("!isValid(datum.coding_token_share) && isValid(datum.coding_token_share_upper)"),
        x=by_week(), x2="week_end:T", y=by_share("coding_token_share_upper:Q"),
    )  # fmt: skip
    whiskers = (
        listed.transform_filter("isValid(datum.standard_error)")
        .mark_rule(color=INK, strokeWidth=1)
        .encode(x=by_week("middle:T"), y=by_share("low:Q"), y2="high:Q")
    )
    peak = (
        listed.transform_filter("!datum.is_provisional")
        .transform_joinaggregate(peak="max(coding_token_share)")
        .transform_filter("datum.coding_token_share === datum.peak")
        .encode(x=by_week(), y=by_share("high:Q"), text=alt.Text("coding_token_share:Q", format=PERCENT_1))
    )
    rules = rows_of("marks").mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x=by_week("at:T"))
    labels = (
        rows_of("marks")
        .transform_filter("!narrow")
        .transform_calculate(height="datum.level ? -21 : -7")
        .mark_text(align="left", dx=3, color=MUTED)
        .encode(x=by_week("at:T"), y=alt.Y("height:Q", scale=None), text="label:N")
    )
    numbers = (
        rows_of("marks")
        .transform_filter("narrow")
        .mark_text(fontWeight="bold", dy=-7)
        .encode(x=by_week("at:T"), y=alt.value(0), text="number:N")
    )
    gaps = unread("unread", x=by_week("from:T"), x2="until:T")
    layers = gaps, caps, bars, hatch, whiskers, on_paper(peak, dy=-7, color=LIT), rules, labels, numbers
    return finished(*layers, height=300, right=24)


@specification
def compared() -> dict[str, Any]:
    """A line for each model, named at its best week; caps where it is not listed."""
    colours = [LIT, SECOND, THIRD, FOURTH]
    rows = rows_of("share").transform_calculate(week_end=f"+datum.week_start + {WEEK_MS * 0.86}")
    color = alt.Color("series:N", legend=None, scale=alt.Scale(domain=[0, 1, 2, 3], range=colours))
    lines = rows.mark_line(strokeWidth=2.5, point={"size": 24}).encode(
        x=by_week(), y=by_share(), color=color, detail="base_permaslug:N"
    )
    best = (
        rows.transform_filter("isValid(datum.coding_token_share)")
        .transform_joinaggregate(peak="max(coding_token_share)", groupby=["base_permaslug"])
        .transform_filter("datum.coding_token_share === datum.peak")
        .encode(x=by_week(), y=by_share(), text="label:N", color=color)
        .mark_text(fontWeight="bold", dy=-9, align="left")
    )
    gaps = unread("unread", x=by_week("from:T"), x2="until:T")
    return finished(gaps, lines, best, height=300, right=40)


def section(found: Found) -> Section:
    words = found.words
    rows, stories = found("coding_share"), {row["base_permaslug"]: row for row in found("stories")}
    last = {row["base_permaslug"]: row["last_listed"] for row in found("models")}
    first = {name: row["first_week"] for name, row in stories.items()}
    for row in rows:
        name = row["base_permaslug"]
        is_late = name in last and row["week_start"] > last[name] + timedelta(weeks=WEEKS_AFTER)
        is_early = name in first and row["week_start"] < first[name] - timedelta(weeks=WEEKS_AFTER)
        row["beyond"] = is_late or is_early
        row["label"] = words("share.label", model=name)
    return Section(
        words=words,
        key="share",
        query="coding_share",
        title=words("share.plain"),
        titles={name: _title(name, stories.get(name), words) for name in last},
        columns=columns(words, WEEK, *BOUNDED, "standard_error|fine_percent", RANK, PROVISIONAL),
        rows=rows,
        row_columns=("week_start",),
        row_query=f"from marts.coding_share_weekly where {SAME_MODEL} and {SAME_WEEK}",
        hover=Hover(upper="coding_token_share_upper"),
        x="week_start",
        spec=drawn(),
        compare_spec=compared(),
        datasets={"share": rows, "marks": _marks(found("coding_share_marks"), last), "unread": _gaps(rows, words)},
        shared=frozenset({"unread"}),
        docs="share-of-coding",
    )


def _title(model: str, story: Row | None, words: Words) -> str:
    if story is None:
        return words("share.no_peak", model=model)
    return words("share.title", model=model, share=story["peak_share"], week=story["peak_week"])


def _marks(rows: Sequence[Row], last: Mapping[str, date]) -> list[Row]:
    """The first listed weeks of a model's successors."""
    number: dict[str, int] = {}
    marks = []
    for row in rows:
        name, listed = row["base_permaslug"], row["listed_permaslug"]
        if listed == name:
            continue
        number[name] = number.get(name, 0) + 1
        marks.append(
            {
                "base_permaslug": name, "at": row["week_start"], "label": family(listed), "number": str(number[name]),
                "level": number[name] % 2 == 0, "beyond": row["week_start"] > last[name] + timedelta(weeks=WEEKS_AFTER),
            }
        )  # fmt: skip
    return marks


def _gaps(rows: Sequence[Row], words: Words) -> list[Row]:
    """Spans of weeks that were not fetched, between those that were."""
    weeks: list[date] = sorted({row["week_start"] for row in rows})
    return [
        {
            "from": before + timedelta(weeks=1), "until": after,
            "label": words("share.unread", start=before + timedelta(weeks=1), end=after - timedelta(days=1)),
        }
        for before, after in pairwise(weeks)
        if after - before > timedelta(weeks=1)
    ]  # fmt: skip
