"""Two groups of models in coding as ranges: what countries and weights have in common.

Belongs here: the drawing, and in which weeks one group is certainly ahead. Not here: which groups (``charts``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    BAND_OPACITY,
    LIT,
    SECOND,
    by_share,
    by_week,
    finished,
    on_paper,
    opacity,
    provisional_over,
    rows_of,
    specification,
    weeks_of,
)
from pipeline.publish.report.section import BOUNDED, PROVISIONAL, SAME_WEEK, WEEK, Found, Hover, Key, Row, Section, columns
from pipeline.publish.report.words import Words

_HEIGHT, _STRIP = 280, 6
_EDGE = 0.12  # a name is at least this part of the width away from both ends
_NEAR = 3  # weeks to either side that a name may reach over


@dataclass(frozen=True)
class Groups:
    """The two groups: the key of the section, their mart, its column, and their two values in it."""

    key: str
    mart: str
    column: str
    sides: tuple[str, str]


@specification
def drawn(sides: tuple[str, str]) -> dict[str, Any]:
    """A band a group, and a strip below the weeks in which the two bands do not touch, in the colour of the one ahead."""
    x = by_week()
    x["axis"]["offset"] = _STRIP + 8
    color = alt.Color("side:N", legend=None, scale=alt.Scale(domain=[*sides], range=[LIT, SECOND]))
    weeks = weeks_of("bands")
    place: dict[str, Any] = {
        "x": x, "x2": "week_end:T",
        "y": by_share("coding_token_share_lower:Q", scale=alt.Scale(domain=[0, 1])), "y2": "coding_token_share_upper:Q",
    }  # fmt: skip
    ranges = weeks.mark_bar().encode(**place, color=color, opacity=opacity(BAND_OPACITY))
    # One row a week for the strip: that of the group ahead.
    ahead = weeks.transform_filter("datum.is_ahead").encode(
        x=x, x2="week_end:T", y=alt.value(_HEIGHT + 4), y2=alt.value(_HEIGHT + 4 + _STRIP)
    )
    strip = ahead.mark_bar().encode(color=color, opacity=opacity())
    names = rows_of("names")
    said: dict[str, Any] = {"x": by_week("at:T"), "y": by_share("edge:Q"), "text": "label:N"}
    colours = ((sides[0], LIT), (sides[1], SECOND))
    texts = [
        on_paper(
            names.transform_filter(f"datum.side === '{side}' && {'' if is_above else '!'}datum.is_above").encode(**said),
            baseline="bottom" if is_above else "top", dy=-5 if is_above else 6, fontSize=13, color=colour,
        )
        for side, colour in colours
        for is_above in (True, False)
    ]  # fmt: skip
    return finished(ranges, provisional_over(weeks, **place), strip, *texts, height=_HEIGHT)


def section(found: Found, groups: Groups) -> Section:
    words = found.words
    every = [row for row in found(groups.key) if row[groups.column] in (*groups.sides, "unclassified")]
    for row in every:
        row["group"] = words.value(row[groups.column])
    rows = _with_leader([row for row in every if row[groups.column] in groups.sides], groups, words)
    return Section(
        words=words,
        key=groups.key,
        title=_title(rows, groups, words),
        note=words("bands.note"),
        columns=columns(words, WEEK, f"group||column.{groups.column}", *BOUNDED, PROVISIONAL),
        rows=rows,
        table_rows=every,
        row_columns=("week_start", "group"),
        row_query=f"from {groups.mart} where {groups.column} = {{{groups.column}}} and {SAME_WEEK}",
        legend=[Key("line", words("bands.certain"))],
        hover=Hover(value="range", form="text"),
        x="week_start",
        spec=drawn(groups.sides),
        datasets={"bands": rows, "names": _names(rows, groups)},
        docs="share-of-a-class-author-country-weights-stealth",
    )


def _with_leader(rows: Sequence[Row], groups: Groups, words: Words) -> list[Row]:
    """The rows in order, each with whether its group is certainly ahead in its week: its least above the other's most."""
    weeks = _by_week(rows, groups)
    found = []
    for row in rows:
        other = weeks[row["week_start"]].get(_other(row[groups.column], groups))
        # A group of which a week lists nothing has no row: it has at most what this one leaves.
        most = other["coding_token_share_upper"] if other else 1 - row["coding_token_share_lower"]
        found.append({
            **row,
            "side": row[groups.column],
            "label": words(f"{groups.key}.{row[groups.column]}"),
            "range": words("bands.range", lower=row["coding_token_share_lower"], upper=row["coding_token_share_upper"]),
            "is_ahead": row["coding_token_share_lower"] > most,
        })  # fmt: skip
    return found


def _by_week(rows: Sequence[Row], groups: Groups) -> dict[date, dict[str, Row]]:
    weeks: dict[date, dict[str, Row]] = {}
    for row in rows:
        weeks.setdefault(row["week_start"], {})[row[groups.column]] = row
    return weeks


def _other(side: str, groups: Groups) -> str:
    return groups.sides[1] if side == groups.sides[0] else groups.sides[0]


def _title(rows: Sequence[Row], groups: Groups, words: Words) -> str:
    """In how many of the final weeks one was certainly ahead, since the first that it was after the other was last."""
    weeks = {
        week: next((side for side, row in pair.items() if row["is_ahead"]), None)
        for week, pair in _by_week([row for row in rows if not row["is_provisional"]], groups).items()
    }
    leader = next((side for side in reversed(weeks.values()) if side), None)
    if leader is None:
        return words(f"{groups.key}.plain")
    other = _other(leader, groups)
    lost = max((week for week, side in weeks.items() if side == other), default=date.min)
    since = min(week for week, side in weeks.items() if side == leader and week > lost)
    run = [side for week, side in weeks.items() if week >= since]
    certain = run.count(leader)
    key = "bands.one" if len(run) == 1 else "bands.all" if certain == len(run) else "bands.title"
    return words(
        key, leader=words(f"{groups.key}.{leader}"), other=words(f"{groups.key}.other_{other}"), certain=certain,
        weeks=len(run), since=since,
    )  # fmt: skip


def _names(rows: Sequence[Row], groups: Groups) -> list[Row]:
    """The name of each group, between the two ranges where these are farthest apart."""
    weeks = _by_week(rows, groups)
    both = [week for week, pair in weeks.items() if len(pair) == len(groups.sides)]
    edge = round(len(both) * _EDGE)
    within = both[edge : len(both) - edge] or both
    if not within:
        return []
    best = max(within, key=lambda week: _gap(weeks[week]))
    top = max(weeks[best], key=lambda side: float(weeks[best][side]["coding_token_share_lower"]))
    at = both.index(best)
    near = [weeks[week] for week in both[max(at - _NEAR, 0) : at + _NEAR + 1]]
    edges = {
        side: min(pair[side]["coding_token_share_lower"] for pair in near)
        if side == top
        else max(pair[side]["coding_token_share_upper"] for pair in near)
        for side in groups.sides
    }
    return [
        {"at": best + timedelta(days=3), "side": side, "label": row["label"], "is_above": side != top, "edge": edges[side]}
        for side, row in weeks[best].items()
    ]


def _gap(pair: Mapping[str, Row]) -> float:
    """From the top of the lower range to the bottom of the higher one; less than 0 where they overlap."""
    least = max(row["coding_token_share_lower"] for row in pair.values())
    most = min(row["coding_token_share_upper"] for row in pair.values())
    return float(least - most)
