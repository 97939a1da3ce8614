"""Ranks in coding by week: who was ever in the top three, and where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    FAINT,
    GRID,
    IS_CHOSEN,
    LIT,
    MUTED,
    SECOND,
    by_week,
    finished,
    on_paper,
    rows_of,
    specification,
)
from pipeline.publish.report.names import display, family, in_order
from pipeline.publish.report.section import SAME_MODEL, SAME_WEEK, WEEK, Column, Found, Hover, Key, Row, Section, columns
from pipeline.publish.report.words import Words

TOP = 3
_LAST = 10
_DRAWN = ("base_permaslug", "week_start", "coding_rank", "label", "is_top")
# Where a name may be beside its point: how far below it in pixels, and which of its ends is there.
_OFFSETS = (-9, 17)
_ALIGNS = ("left", "center", "right")
_LETTER, _WIDTH = 6.8, 760  # pixels of a letter, and of all weeks on a page of usual width
_RANK, _LINE = 46, 13  # pixels between two ranks, and of a line of text
_MARGIN = 20


@specification
def drawn(lineage: tuple[str, ...], last: int) -> dict[str, Any]:
    """Ranks by week as lines that break where a model was not in the top ten; names at their best points."""
    kin = f"(indexof({[*lineage]!r}, datum.base_permaslug) >= 0 && indexof({[*lineage]!r}, model) >= 0)"
    ranks = rows_of("ranks")
    y = alt.Y(
        "coding_rank:Q",
        title=None,
        scale=alt.Scale(domain=[1, last], reverse=True, nice=False),
        axis=alt.Axis(values=list(range(1, last + 1)), format="d", grid=False),
    )
    place: dict[str, Any] = {"x": by_week(), "y": y}
    line = {**place, "detail": "base_permaslug:N"}
    others = (
        ranks.transform_filter(f"!({IS_CHOSEN}) && !{kin}")
        .mark_line(strokeWidth=1)
        .encode(**line, color=alt.condition("datum.is_top", alt.value(FAINT), alt.value(GRID)))
    )
    successors = ranks.transform_filter(f"!({IS_CHOSEN}) && {kin}").mark_line(color=SECOND, strokeWidth=2.5).encode(**line)
    chosen = ranks.transform_filter(IS_CHOSEN).mark_line(color=LIT, strokeWidth=4).encode(**line)
    named = rows_of("names").transform_filter(f"(datum.is_top && !narrow) || ({IS_CHOSEN}) || {kin}")
    dots = named.mark_circle(color=MUTED, size=24, opacity=1).encode(**place)
    at: dict[str, Any] = {"align": alt.ExprRef("datum.align"), "dy": alt.ExprRef("datum.dy"), "baseline": "alphabetic"}
    text = named.encode(**place, text="label:N")
    plain = on_paper(text.transform_filter(f"!({IS_CHOSEN}) && !{kin}"), weight="normal", fontSize=11, color=MUTED, **at)
    lit = text.transform_filter(f"({IS_CHOSEN}) || {kin}").encode(
        color=alt.condition(IS_CHOSEN, alt.value(LIT), alt.value(SECOND))
    )
    # Each week of a line in colour leads to its row.
    caught = ranks.transform_filter(f"({IS_CHOSEN}) || {kin}").mark_circle(opacity=0, size=80).encode(**place)
    marks = others, successors, chosen, caught, dots, plain, on_paper(lit, fontSize=12, **at)
    return finished(*marks, height=_RANK * (last - 1), model="", top=30, right=16)


def _names(rows: Sequence[Row], lineage: Collection[str]) -> list[Row]:
    """A name for each model at the week of its best rank that has room for it, the one of the highest share first.

    The lineage's take the room first, then those of the top three, the best first; what has no room is left out. One that
    was never in the top three is named only when it is chosen, and takes no room.
    """
    best: dict[str, list[Row]] = {}
    for row in sorted((row for row in rows if row["coding_rank"] is not None), key=_height, reverse=True):
        own = best.setdefault(row["base_permaslug"], [])
        if not own or row["coding_rank"] == own[0]["coding_rank"]:
            own.append(row)
    weeks = [row["week_start"] for own in best.values() for row in own]
    first, last = min(weeks, default=date.min), max(weeks, default=date.min)
    per_day = _WIDTH / max((last - first).days, 1)
    taken: list[tuple[float, float, float]] = []
    named = []
    for slug, own in sorted(best.items(), key=lambda one: (one[0] not in lineage, *(-part for part in _height(one[1][0])))):
        is_kin, is_top = slug in lineage, own[0]["coding_rank"] <= TOP
        label = family(slug) if is_kin else display(slug)
        for row in own:
            at = (row["week_start"] - first).days * per_day, (row["coding_rank"] - 1) * _RANK
            found = _room(at, len(label) * _LETTER, taken if is_kin or is_top else ())
            if found:
                if is_kin or is_top:
                    taken.append(found[2])
                named.append({**row, "label": label, "is_top": is_top, "align": found[0], "dy": found[1]})
                break
    return named


def _height(row: Row) -> tuple[float, float]:
    return -row["coding_rank"], row["coding_token_share"]


def _room(
    at: tuple[float, float], length: float, taken: Iterable[tuple[float, float, float]]
) -> tuple[str, int, tuple[float, float, float]] | None:
    for offset in _OFFSETS:
        for align, part in zip(_ALIGNS, (0, 0.5, 1), strict=True):
            left = at[0] - part * length
            y = at[1] + offset
            is_free = all(
                left > right or left + length + 8 < start or abs(y - other) >= _LINE for start, right, other in taken
            )
            if left >= -_MARGIN and left + length <= _WIDTH + _MARGIN and is_free:
                return align, offset, (left, left + length + 8, y)
    return None


def title_of(row: Row, words: Words) -> str:
    """Its best rank and for how long. Where the sample does not tell the rank from the one beside it, "about"."""
    name = family(row["base_permaslug"])
    if row["best_rank"] is None:
        return words("race.title_none", name=name)
    level = row["weeks_about_level"] or 0
    key = "title_level" if level == row["weeks_at_best_rank"] else "title_some" if level else "title"
    return words(
        f"race.{key}",
        name=name, rank=row["best_rank"], weeks=row["weeks_at_best_rank"], level=level, week=row["best_rank_week"],
    )  # fmt: skip


def section(found: Found) -> Section:
    words = found.words
    rows = found("coding_ranks")
    lineage = in_order(found("lineage"))
    top = {row["base_permaslug"] for row in rows if row["coding_rank"] is not None and row["coding_rank"] <= TOP}
    last = max((row["coding_rank"] for row in rows if row["coding_rank"] is not None), default=_LAST)
    places: dict[date, Row] = {}
    for row in rows:
        row |= {"label": display(row["base_permaslug"]), "is_top": row["base_permaslug"] in top}
        if row["coding_rank"] is not None:
            week = places.setdefault(row["week_start"], {"week_start": row["week_start"]})
            place = f"rank_{row['coding_rank']}"
            week[place] = f"{week[place]}, {row['base_permaslug']}" if place in week else row["base_permaslug"]
    ranks = range(1, last + 1)
    pivot = [{**{f"rank_{rank}": None for rank in ranks}, **places[week]} for week in sorted(places)]
    return Section(
        words=words,
        key="race",
        query="coding_ranks",
        title=words("race.plain"),
        titles={row["base_permaslug"]: title_of(row, words) for row in found("models")},
        columns=[*columns(words, WEEK), *(Column(f"rank_{rank}", str(rank)) for rank in ranks)],
        rows=rows,
        table_rows=pivot,
        row_columns=("week_start",),
        row_query=f"from marts.coding_leaderboard_weekly where {SAME_MODEL} and {SAME_WEEK}",
        legend=[Key("lit", words("race.chosen")), Key("blue", words("race.family")), Key("faint", words("race.others"))],
        hover=Hover(value="coding_rank", form="number"),
        x="week_start",
        spec=drawn(tuple(lineage), last),
        datasets={
            "ranks": [{name: row[name] for name in _DRAWN} for row in rows],
            "names": [{name: row[name] for name in (*_DRAWN, "align", "dy")} for row in _names(rows, lineage)],
        },
        shared=frozenset({"ranks", "names"}),
        docs="sampling-error",
    )
