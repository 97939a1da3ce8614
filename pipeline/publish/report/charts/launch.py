"""All launches week by week, the chosen one among them, and how high each one rose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    BAND_OPACITY,
    FAINT,
    FIFTH,
    FOURTH,
    IS_CHOSEN,
    LIT,
    MUTED,
    SECOND,
    THIRD,
    Point,
    beside,
    by_share,
    finished,
    on_paper,
    placed,
    points_of,
    rows_of,
    specification,
    tooltip_of,
)
from pipeline.publish.report.names import display, family
from pipeline.publish.report.section import MODEL, SAME_MODEL, Found, Row, Section, columns
from pipeline.publish.report.words import Words

LAST_WEEK, PEERS = 12, 4
_STRIP = 13.2, 13.9  # where the strip of peaks begins and ends, in weeks
_PEAK, _SHARE = {"peak_coding_token_share": ".2%"}, {"coding_token_share": ".2%"}
_HEIGHT, _WEEKS = 340, 16


@specification
def drawn(words: Words) -> dict[str, Any]:
    """The middle half as a band, the four highest as thin lines, the chosen one lit; beside them a strip of all peaks."""
    axis = alt.Axis(format="d", values=list(range(0, LAST_WEEK + 1, 2)), titleAnchor="start")
    scale = alt.Scale(domain=[0, _WEEKS], nice=False)
    x = alt.X("weeks_since_first_seen:Q", title=words("launch.weeks"), scale=scale, axis=axis)
    middle = rows_of("middle")
    band = middle.mark_area(color=FAINT, opacity=BAND_OPACITY).encode(
        x=x, y=alt.Y("quarter_share_lower:Q"), y2="three_quarters_share_upper:Q"
    )
    median = middle.mark_area(color=MUTED, stroke=MUTED, strokeWidth=1, fillOpacity=0.35).encode(
        x=x, y=alt.Y("median_share_lower:Q"), y2="median_share_upper:Q"
    )
    curves = rows_of("curves")
    line: dict[str, Any] = {"x": x, "y": by_share()}
    colour = alt.Color("place:O", legend=None, scale=alt.Scale(domain=[1, 2, 3, 4], range=[SECOND, THIRD, FOURTH, FIFTH]))
    peers = f"datum.place <= {PEERS} && !({IS_CHOSEN})"
    others = (
        curves.transform_filter(peers).mark_line(strokeWidth=1.5).encode(**line, detail="base_permaslug:N", color=colour)
    )
    chosen = (
        curves.transform_filter(IS_CHOSEN)
        .mark_line(color=LIT, strokeWidth=4, point={"color": LIT, "size": 30})
        .encode(**line)
    )
    names = (
        rows_of("names").transform_filter(peers).encode(x=alt.X("at:Q"), y=alt.Y("share:Q"), text="label:N", color=colour)
    )
    own = rows_of("own").encode(x=alt.X("at:Q"), y=alt.Y("share:Q"), text="label:N")
    strip: dict[str, Any] = {"x": alt.X("from:Q"), "x2": "until:Q", "y": alt.Y("peak_coding_token_share:Q")}
    peaks = rows_of("peaks").transform_calculate(**{"from": str(_STRIP[0]), "until": str(_STRIP[1])})
    tooltip = tooltip_of(words, base_permaslug="", **_PEAK, weeks_to_peak="")
    ticks = peaks.mark_rule(color=FAINT, strokeWidth=1).encode(**strip)
    own_tick = peaks.transform_filter(IS_CHOSEN).mark_rule(color=LIT, strokeWidth=3).encode(**strip)
    place = (
        rows_of("own")
        .transform_filter("!datum.is_narrow === !narrow")
        .transform_calculate(at=str(_STRIP[1]))
        .encode(x=alt.X("at:Q"), y=alt.Y("peak:Q"), text="place:N")
    )
    notes = (
        rows_of("notes")
        .transform_calculate(at=f"narrow ? {_WEEKS} : datum.at")
        .mark_text(align=alt.ExprRef("narrow ? 'right' : 'left'"), dy=-12, fontSize=11, color=MUTED)
        .encode(x=alt.X("at:Q"), y=alt.Y("share:Q"), text="label:N")
    )
    catch = points_of(
        curves.transform_filter(f"({IS_CHOSEN}) || ({peers})"),
        tooltip_of(words, base_permaslug="", weeks_since_first_seen="", **_SHARE, coding_rank=""),
        **line,
    )
    return finished(
        band, median, others, chosen, ticks, own_tick,
        beside(names, weight="normal", fontSize=11), notes,
        beside(own, color=LIT),
        on_paper(place, align="left", dx=4, fontSize=12, color=LIT),
        catch, points_of(peaks, tooltip, x=alt.X("from:Q"), y=alt.Y("peak_coding_token_share:Q")),
        height=_HEIGHT, right=8, model="", top=10,
    )  # fmt: skip


def title_of(model: Row, launch: Row | None, peaks: Sequence[Row], words: Words) -> str:
    """How many of the other launches it rose above; nothing of one that was not seen, or of a peak that may still move."""
    name = family(model["base_permaslug"])
    if launch is None:
        return words("launch.title_unseen", name=name)
    peak = launch["peak_coding_token_share"]
    if peak is None:
        return words("launch.title_no_peak", name=name, week=launch["first_week"])
    lower = sum(row["peak_coding_token_share"] < peak for row in peaks)
    key = "title" if len(peaks) > 1 else "title_alone"
    return words(f"launch.{key}", name=name, week=launch["first_week"], lower=lower, others=len(peaks) - 1, share=peak)


def half_of(row: Mapping[str, Any], words: Words) -> str:
    """When it was down to half of its peak. About half is what the sample does not tell from it."""
    least, most = row["half_life_weeks_lower"], row["half_life_weeks_upper"]
    if row["half_life_status"] != "reached":
        return words("launch.half_unknown") if row["half_life_status"] == "cannot be known" else ""
    if row["half_life_is_resolved"] is False:
        return words("launch.half_about", weeks=most)
    return words("launch.half" if least == most else "launch.half_between", least=least, weeks=most)


def _own(launch: Row, model: Row, place: int, words: Words) -> Row:
    """What is written at the peak of the chosen one, and at its mark in the strip."""
    name = family(launch["base_permaslug"])
    short = words("launch.own", name=name, share=launch["peak_coding_token_share"])
    return {
        "base_permaslug": launch["base_permaslug"],
        "weeks_since_first_seen": launch["weeks_to_peak"],
        "at": min(launch["weeks_to_peak"], LAST_WEEK),
        "share": launch["peak_coding_token_share"],
        "peak": launch["peak_coding_token_share"],
        "short": short,
        "label": short + half_of(model, words),
        "place": words("launch.place", place=place),
    }


def _named(peaks: Sequence[Row], curves: Sequence[Row], own: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The names of the four highest at their peaks, and of each model that can be chosen at its own, beside their lines."""
    if not peaks:
        return [], []
    peers = [
        {name: row[name] for name in ("base_permaslug", "place", "label")}
        | {"at": min(row["weeks_to_peak"], LAST_WEEK), "share": row["peak_coding_token_share"]}
        for row in peaks[:PEERS]
    ]
    lines: dict[str, list[Point]] = {}
    for row in curves:
        if row["coding_token_share"] is not None:
            lines.setdefault(row["base_permaslug"], []).append((row["weeks_since_first_seen"], row["coding_token_share"]))
    thin = [lines.get(row["base_permaslug"], []) for row in peers]
    top = peaks[0]["peak_coding_token_share"]
    strip: list[Point] = [(LAST_WEEK + 1, 0.0), (LAST_WEEK + 1, top)]
    shape: dict[str, Any] = {
        "at": lambda row: (row["at"], row["share"]), "domain": ((0.0, 0.0), (float(_WEEKS), 1.05 * top)), "height": _HEIGHT
    }  # fmt: skip
    names = placed(peers, [*thin, strip], **shape)
    found = []
    for row in own:
        before = [one for one in peers if one["base_permaslug"] != row["base_permaslug"]]
        both = placed([*before, row], [*thin, lines.get(row["base_permaslug"], []), strip], **shape)
        found += [one for one in both if one["base_permaslug"] == row["base_permaslug"]]
    return names, found


def section(found: Found) -> Section:
    words = found.words
    launches, models, middle = found("launches"), found("models"), found("launch_middle")
    peaks = [row for row in launches if row["peak_coding_token_share"] is not None]
    for place, row in enumerate(peaks, 1):
        row |= {
            "place": place, "label": display(row["base_permaslug"]), "weeks_since_first_seen": row["weeks_to_peak"],
        }  # fmt: skip
    places = {row["base_permaslug"]: row["place"] for row in peaks}
    curves = [{**row, "place": places.get(row["base_permaslug"], len(launches))} for row in found("launch_curves")]
    by_slug = {row["base_permaslug"]: row for row in launches}
    for row in launches:
        row["half_life_status"] = words.value(row["half_life_status"])
    notes = []
    if peaks:
        top = peaks[0]["peak_coding_token_share"]
        notes.append({"at": _STRIP[0], "share": top, "label": words("launch.strip", peaks=len(peaks))})
    own = [
        _own(by_slug[slug], model, places[slug], words) for model in models if (slug := model["base_permaslug"]) in places
    ]
    names, owned = _named(peaks, curves, own)
    return Section(
        words=words,
        key="launch",
        query="launch_curves",
        title=words("launch.plain"),
        titles={row["base_permaslug"]: title_of(row, by_slug.get(row["base_permaslug"]), peaks, words) for row in models},
        subtitle=words("launch.subtitle", launches=middle[0]["launches"] if middle else 0),
        columns=columns(
            words, MODEL, "first_week|date", "peak_coding_token_share|percent", "weeks_to_peak|number",
            "half_life_weeks_lower|number", "half_life_weeks_upper|number", "half_life_status",
        ),
        rows=curves,
        table_rows=launches,
        row_columns=("base_permaslug",),
        row_query=f"from marts.launch_curves where {SAME_MODEL} and weeks_since_first_seen = {{weeks_since_first_seen}}",
        spec=drawn(words),
        datasets={"curves": curves, "peaks": peaks, "middle": middle, "own": owned, "names": names, "notes": notes},
        shared=frozenset({"curves", "peaks", "middle", "names", "notes"}),
        docs="launch-curve-launch-observed-half-life",
    )  # fmt: skip
