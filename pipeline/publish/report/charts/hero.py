"""How a model took its share of coding: every week as a whole, from before its launch to after its family's peak."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    BELOW,
    HATCH,
    INK,
    LEAD,
    LISTED,
    LIT,
    MAUVE,
    ON_DARK,
    ON_LIGHT,
    PAPER,
    PERCENT,
    SAGE,
    SLATE,
    TAN,
    WEEK_MS,
    WIDTHS,
    by_week,
    finished,
    opacity,
    rows_of,
    specification,
    width_of,
)
from pipeline.publish.report.names import display, family, in_order
from pipeline.publish.report.section import RANK, SAME_WEEK, WEEK, Found, Hover, Row, Section, columns
from pipeline.publish.report.words import Words

WEEKS_BEFORE, WEEKS_AFTER = 8, 12
NOTABLE_SHARE = 0.15
TOP = 10  # of each week, in the table
MOST_OTHERS = 3
_LEAST_NAMED = 0.045  # an area less high than this has no room for its name
_NEAR = timedelta(weeks=2)
_HEIGHT, _LEVEL = 346, 14  # pixels of the chart, and between two event labels above each other
_SIZE = 12  # of names and event labels
_CLAUDE = "anthropic"
# From the bottom to the top.
BANDS = ("family", "lead", "claude", "other1", "other2", "other3", "listed", "below")
_COLOURS = (LIT, LEAD, SLATE, TAN, SAGE, MAUVE, LISTED, BELOW)
_KINDS = ("lit", "lead", "slate", "tan", "sage", "mauve", "listed", "below")  # as the legend has them
_DARK = ("family", "lead")


@specification
def drawn(listed: str) -> dict[str, Any]:
    """Weeks of 100 %, cut into areas; their names in them; what happened as dotted rules with words."""
    otherwise = {"band": "'listed'", "place": str(BANDS.index("listed")), "label": "listed"}
    weeks = (
        rows_of("board")
        .transform_lookup("week", alt.LookupData(alt.NamedData("weeks"), "week", ["shown"]))
        .transform_filter("whole || datum.shown === 1")
        .transform_lookup("model", alt.LookupData(alt.NamedData("bands"), "model", ["band", "place", "label"]))
        .transform_calculate(
            **{name: f"isValid(datum.{name}) ? datum.{name} : {value}" for name, value in otherwise.items()}
        )
        .transform_aggregate(
            share="sum(coding_token_share)", groupby=["week_start", "is_provisional", "band", "place", "label"]
        )
        .transform_stack(
            stack="share", groupby=["week_start"], sort=[alt.SortField("place")], as_=["from", "to"], offset="zero"
        )
        .transform_calculate(week_end=f"+datum.week_start + {WEEK_MS}")
    )
    ticks = alt.Axis(format=PERCENT, values=[0, 0.25, 0.5, 0.75, 1], grid=False)
    y = alt.Y("from:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=ticks)
    place: dict[str, Any] = {"x": by_week(), "x2": "week_end:T", "y": y, "y2": "to:Q"}
    areas = weeks.mark_bar(stroke=PAPER, strokeWidth=0.7).encode(
        **place,
        fill=alt.Color("band:N", legend=None, scale=alt.Scale(domain=[*BANDS], range=[*_COLOURS])),
        fillOpacity=opacity(),
    )
    hatch = weeks.transform_filter("datum.is_provisional && datum.band === 'family'").mark_bar(fill=HATCH).encode(**place)
    fill = alt.Scale(domain=[*BANDS], range=[*_COLOURS])
    # What runs behind a name ends at its halo: event rules, and the hatch.
    named = rows_of("names").transform_filter("!datum.is_narrow === !narrow")
    named = named.encode(x=by_week("at:T"), y=alt.Y("middle:Q"), text="label:N")
    text: dict[str, Any] = {"fontWeight": "bold", "fontSize": alt.ExprRef("narrow ? 11 : 12")}
    halos = named.mark_text(**text, strokeWidth=4, strokeJoin="round").encode(
        stroke=alt.Color("band:N", legend=None, scale=fill),
        opacity=alt.condition("datum.is_pale", alt.value(0), alt.value(1)),
    )
    names = named.mark_text(**text).encode(color=alt.condition("datum.is_dark", alt.value(ON_DARK), alt.value(ON_LIGHT)))
    marks = rows_of("marks").transform_calculate(top=f"-8 - (narrow ? 0 : {_LEVEL} * datum.level)")
    at = {"x": by_week("at:T"), "y": alt.Y("top:Q", scale=None)}
    rule = marks.mark_rule(color=PAPER, strokeWidth=1.4).encode(**at, y2=alt.value("height"))
    dotted = rule.mark_rule(color=INK, strokeDash=[1.5, 2.5], strokeWidth=1.4)
    left = marks.transform_filter("!narrow && !datum.is_late").mark_text(align="left", dx=4).encode(**at, text="label:N")
    right = marks.transform_filter("!narrow && datum.is_late").mark_text(align="right", dx=-4).encode(**at, text="label:N")
    numbers = marks.transform_filter("narrow").mark_text(fontWeight="bold", dy=-7).encode(**at, text="number:N")
    layers = areas, hatch, rule, dotted, halos, names, left, right, numbers
    return finished(*layers, height=_HEIGHT, right=10, listed=listed, whole=False)


Stacks = Mapping[date, Mapping[str, tuple[float, float]]]


@dataclass(frozen=True)
class Shown:
    """What the chart shows for one model: its family, its weeks, and the area that each model belongs to."""

    model: str
    members: tuple[str, ...]
    weeks: tuple[date, ...]
    bands: Mapping[str, tuple[str, str]]

    def band_of(self, row: Row) -> str:
        return "below" if row["base_permaslug"] is None else self.bands.get(row["base_permaslug"], ("listed", ""))[0]


def shown(
    story: Row, board: Mapping[date, Sequence[Row]], family_rows: Sequence[Row], members: Sequence[str], words: Words
) -> Shown:
    """Its weeks, and who has an area of their own: the family, the leader at launch, Claude, makers that passed 15 %."""
    peaks: dict[date, float] = {}
    for row in family_rows:
        if not row["is_provisional"]:
            peaks[row["week_start"]] = peaks.get(row["week_start"], 0.0) + row["coding_token_share"]
    best = max(peaks, key=lambda week: (peaks[week], -week.toordinal()), default=story["peak_week"])
    first, last = story["first_week"] - timedelta(weeks=WEEKS_BEFORE), best + timedelta(weeks=WEEKS_AFTER)
    rows = [row for week, ranked in board.items() if first <= week <= last for row in ranked if row["base_permaslug"]]
    bands = {member: ("family", family(member) if len(members) > 1 else display(member)) for member in members}
    launch = max((row["week_start"] for row in rows if row["week_start"] < story["first_week"]), default=story["first_week"])
    leader = next(
        (
            row["base_permaslug"]
            for row in rows
            if row["week_start"] == launch and row["coding_rank"] == 1 and row["base_permaslug"] not in bands
        ),
        None,
    )
    if leader:
        bands[leader] = ("lead", display(leader))
    rest = {row["base_permaslug"]: row for row in rows if row["base_permaslug"] not in bands}
    has_own = any(one.startswith(f"{_CLAUDE}/") for one in bands)
    for slug, row in rest.items():
        if row["author"] == _CLAUDE:
            bands[slug] = ("claude", words("hero.other_claude" if has_own else "hero.claude"))
    bands |= _others(rows, bands)
    return Shown(story["base_permaslug"], tuple(members), tuple(dict.fromkeys(row["week_start"] for row in rows)), bands)


def _others(rows: Sequence[Row], bands: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The three highest of the models that passed 15 %, with their maker's other versions of the same line."""
    highest: dict[str, float] = {}
    for row in rows:
        slug, share = row["base_permaslug"], row["coding_token_share"]
        if share > highest.get(slug, -1.0):
            highest[slug] = share
    peaks: dict[str, float] = {}
    lines: dict[str, list[str]] = {}
    for slug, share in highest.items():
        if slug not in bands:
            line = _line(slug)
            lines.setdefault(line, []).append(slug)
            peaks[line] = max(peaks.get(line, 0.0), share)
    high = sorted((line for line in peaks if peaks[line] >= NOTABLE_SHARE), key=lambda line: -peaks[line])[:MOST_OTHERS]
    return {slug: (f"other{place}", line) for place, line in enumerate(high, 1) for slug in sorted(lines[line])}


@cache
def _line(slug: str) -> str:
    """The first word of a name without its version: ``Kimi`` of Kimi K2.5, ``Qwen`` of Qwen3.6 Plus."""
    return display(slug).split(" ", maxsplit=1)[0].rstrip("0123456789.") or display(slug)


def _names(chosen: Shown, board: Mapping[date, Sequence[Row]], marks: Sequence[Row], words: Words) -> list[Row]:
    """Where the name of each area is, on a usual page and on a phone: in its roomiest part, away from event rules; each
    member's at its own best week.
    """
    stacks: dict[date, dict[str, tuple[float, float]]] = {}
    members: dict[str, tuple[float, date, float]] = {}
    final = []
    for week in chosen.weeks:
        sums = dict.fromkeys(BANDS, 0.0)
        base = 0.0
        for row in board[week]:
            band = chosen.band_of(row)
            if band == "family":
                share = row["coding_token_share"]
                if share > members.get(row["base_permaslug"], (0.0,))[0]:
                    members[row["base_permaslug"]] = (share, week, share / 2)
            sums[band] += row["coding_token_share"]
            if not row["is_provisional"]:
                final.append(week)
        stacks[week] = {}
        for band in BANDS:
            stacks[week][band] = (base, base + sums[band])
            base += sums[band]
    called = dict(chosen.bands.values()) | {"listed": words("hero.listed"), "below": words("hero.below")}
    rules = [mark["at"] for mark in marks]
    found: list[Row] = []
    for width in WIDTHS:
        named: list[Row] = [
            {"band": "family", "week": week, "middle": middle, "label": chosen.bands[slug][1], "is_dark": True}
            for slug, (share, week, middle) in members.items()
            if share >= _LEAST_NAMED
        ]
        for band in (band for band in BANDS[1:] if called.get(band)):
            place = _roomiest(stacks, band, called[band], width, rules) or _highest(
                stacks, band, called[band], width, {*final}
            )
            if place is not None:
                week, middle = place
                if any(abs(one["week"] - week) < _NEAR and abs(one["middle"] - middle) < 2 * _LEAST_NAMED for one in named):
                    low, high = stacks[week][band]
                    middle = low + (high - low) / 4
                is_pale = week not in final
                row = {"week": week, "middle": middle, "is_pale": is_pale}
                named.append({"band": band, "label": called[band], "is_dark": band in _DARK, **row})
        found += [
            {"base_permaslug": chosen.model, "is_narrow": width == min(WIDTHS), "is_pale": False, **row} for row in named
        ]
    return [{**row, "at": row.pop("week") + timedelta(days=3)} for row in found]


def _roomiest(stacks: Stacks, band: str, label: str, width: int, rules: Sequence[date]) -> tuple[date, float] | None:
    """The middle of the weeks that leave most room for a name, by preference without an event rule; None where none do."""
    weeks = list(stacks)
    reach = math.ceil(1.1 * width_of(label, _SIZE, bold=True) / 2 / width * len(weeks) - 0.5)
    best: tuple[bool, float, date, float] | None = None
    for place in range(reach, len(weeks) - reach):
        near = weeks[place - reach : place + reach + 1]
        high = min(stacks[week][band][1] for week in near)
        low = max(stacks[week][band][0] for week in near)
        is_clear = not any(near[0] <= rule < near[-1] + timedelta(weeks=1) for rule in rules)
        if high - low > _LEAST_NAMED and (best is None or (is_clear, high - low) > best[:2]):
            best = is_clear, high - low, weeks[place], (low + high) / 2
    return None if best is None else best[2:]


def _highest(stacks: Stacks, band: str, label: str, width: int, final: Set[date]) -> tuple[date, float] | None:
    """The week in which an area of little room is highest, a final one if any will do, if a short name fits into it."""
    if width_of(label, _SIZE, bold=True) > 2 * width / len(stacks):
        return None
    for weeks in ([week for week in [*stacks][1:] if week in final], [*stacks][1:]):
        heights = [(stacks[week][band][1] - stacks[week][band][0], week) for week in weeks]
        height, week = max(heights, default=(0.0, None))
        if week is not None and height >= 2 * _LEAST_NAMED:
            return week, sum(stacks[week][band]) / 2
    return None


def _unnamed(chosen: Shown, names: Sequence[Row], words: Words) -> list[Row]:
    """The areas whose names have no room in them, ``is_wide`` where not even on a usual page."""
    labels = {band: label for band, label in chosen.bands.values() if band != "family"}
    labels |= {"listed": words("hero.listed"), "below": words("hero.below")}
    found = []
    for band, label in labels.items():
        named = [row["is_narrow"] for row in names if row["band"] == band]
        if True not in named:
            kind = _KINDS[BANDS.index(band)]
            found.append({"base_permaslug": chosen.model, "kind": kind, "label": label, "is_wide": False not in named})
    return found


def _marks(chosen: Shown, story: Row, family_rows: Sequence[Row], words: Words) -> list[Row]:
    """What happened: it entered, its free variant left, a member of its family was first."""
    free = (story["free_share_to_peak_week"] or 0) > 0.5  # noqa: PLR2004 - most of it
    name = chosen.bands[chosen.model][1]
    marks = []
    if chosen.weeks and story["first_week"] > chosen.weeks[0]:
        [rank] = [
            row["coding_rank"] for row in family_rows
            if row["base_permaslug"] == chosen.model and row["week_start"] == story["first_week"]
        ]  # fmt: skip
        text = words("hero.enters_free" if free else "hero.enters", day=story["first_week"], name=name, rank=rank)
        marks.append((story["first_week"], text))
    if story["free_end_day"]:
        marks.append((story["free_end_day"], words("hero.free_ends", day=story["free_end_day"])))
    leading = (row for row in family_rows if row["coding_rank"] == 1)
    first = min(leading, key=lambda row: row["week_start"], default=None)
    if first and first["week_start"] != story["first_week"]:
        label = chosen.bands[first["base_permaslug"]][1]
        marks.append((first["week_start"], words("hero.leads", day=first["week_start"], name=label)))
    within = sorted((at, text) for at, text in marks if chosen.weeks and chosen.weeks[0] <= at <= chosen.weeks[-1])
    return [
        {
            "base_permaslug": chosen.model, "at": at, "label": text, "number": str(number), "level": level,
            "is_late": is_late,
        }
        for number, ((at, text), (level, is_late)) in enumerate(zip(within, _levels(within, chosen.weeks), strict=True), 1)
    ]  # fmt: skip


def _levels(marks: Sequence[tuple[date, str]], weeks: Sequence[date]) -> list[tuple[int, bool]]:
    """How high the label of each event is, and whether it ends at its rule: above those whose rules it would cross."""
    found: list[tuple[int, bool]] = []
    spans: list[tuple[float, float]] = []
    for at, text in marks:
        x = (at - weeks[0]).days / (7 * len(weeks)) * max(WIDTHS)
        length = width_of(text, _SIZE)
        is_late = x + length > max(WIDTHS)
        spans.append((x - length, x) if is_late else (x, x + length))
        found.append((0, is_late))
    points = [(end if is_late else start) for (start, end), (_, is_late) in zip(spans, found, strict=True)]
    for number in reversed(range(len(marks))):
        crossed = [
            found[other][0] for other, point in enumerate(points)
            if other != number and spans[number][0] - _SIZE < point < spans[number][1] + _SIZE
        ]  # fmt: skip
        found[number] = (max(crossed, default=-1) + 1, found[number][1])
    return found


def section(found: Found) -> Section:
    words = found.words
    board, stories, lineage = found("coding_board"), found("stories"), in_order(found("lineage"))
    number = {week: place for place, week in enumerate(dict.fromkeys(row["week_start"] for row in board))}
    rows = [
        {
            "week_start": row["week_start"], "week": number[row["week_start"]], "model": row["base_permaslug"] or "below",
            "coding_token_share": row["coding_token_share"], "is_provisional": row["is_provisional"],
        }
        for row in board
    ]  # fmt: skip
    by_week: dict[date, list[Row]] = {}
    by_model: dict[str | None, list[Row]] = {}
    for row in board:
        by_week.setdefault(row["week_start"], []).append(row)
        by_model.setdefault(row["base_permaslug"], []).append(row)
    datasets: dict[str, list[Row]] = {"board": rows, "bands": [], "weeks": [], "names": [], "marks": [], "unnamed": []}
    for story in stories:
        model = story["base_permaslug"]
        members = lineage if model in lineage else [model]
        own = [row for member in members for row in by_model.get(member, [])]
        chosen = shown(story, by_week, own, members, words)
        datasets["bands"] += _bands(chosen, words)
        datasets["weeks"] += [{"base_permaslug": model, "week": number[week], "shown": 1} for week in chosen.weeks]
        marks = _marks(chosen, story, own, words)
        names = _names(chosen, by_week, marks, words)
        datasets["marks"] += marks
        datasets["names"] += names
        datasets["unnamed"] += _unnamed(chosen, names, words)
    return Section(
        words=words,
        key="hero",
        query="coding_board",
        title=words("hero.title"),
        titles={story["base_permaslug"]: words("hero.title") for story in stories},
        columns=columns(words, WEEK, RANK, "base_permaslug", "coding_token_share|percent", "is_provisional|flag"),
        rows=rows if stories else [],
        table_rows=[row for row in board if row["base_permaslug"] and row["coding_rank"] <= TOP],
        row_columns=("week_start",),
        row_query=f"from marts.coding_leaderboard_weekly where {SAME_WEEK}",
        hover=Hover(label="label", value="share"),
        x="week_start",
        spec=drawn(words("hero.listed")),
        datasets=datasets,
        shared=frozenset({"board"}),
        docs="share-of-coding",
    )


def _bands(chosen: Shown, words: Words) -> list[Row]:
    """Which area each model belongs to, and what it is called where all areas of a week are read out."""
    eldest = chosen.bands[chosen.members[0]][1]
    called = {"family": words("hero.family", name=eldest)} if len(chosen.members) > 1 else {}
    bands = {**chosen.bands, "below": ("below", words("hero.below"))}
    return [
        {
            "base_permaslug": chosen.model, "model": slug, "band": band, "place": BANDS.index(band),
            "label": called.get(band, label),
        }
        for slug, (band, label) in bands.items()
    ]  # fmt: skip
