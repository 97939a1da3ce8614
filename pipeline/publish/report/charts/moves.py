"""Who gained and who lost while a model rose, and while it declined: by the shares of the first and the last week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import (
    BAND_OPACITY,
    LISTED,
    LIT,
    MUTED,
    SLATE,
    finished,
    on_paper,
    rows_of,
    specification,
    tooltip_of,
)
from pipeline.publish.report.names import display, family
from pipeline.publish.report.section import Found, Key, Row, Section, columns
from pipeline.publish.report.words import Words

MOST_NAMED = 6
NOTABLE_POINTS = 0.5  # less than this is no loss to speak of
_LEAST_SIDE = 0.6  # of the longer side of zero
_MOST_ROWS = 2 * (1 + MOST_NAMED + 2)


@specification
def drawn(words: Words) -> dict[str, Any]:
    """Both spans below each other on one scale: what is certain solid, what is only a bound as a band."""
    bars = rows_of("moves").transform_filter("datum.kind !== 'title'")
    y = alt.Y("order:O", axis=None, scale=alt.Scale(paddingInner=0.22))
    x = alt.X("lower:Q", axis=None, scale=alt.Scale(padding=72))
    color = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["model", "other", "sum"], range=[LIT, SLATE, LISTED]))
    tooltip = tooltip_of(
        words, name="", from_week="day", to_week="day", from_share=".1%", to_share=".1%", lower="+.1f", upper="+.1f"
    )
    solid = (
        bars.transform_calculate(zero="0")
        .mark_bar()
        .encode(y=y, x=alt.X("zero:Q"), x2="certain:Q", color=color, tooltip=tooltip)
    )
    ranges = (
        bars.transform_filter("datum.lower < datum.upper")
        .mark_bar(opacity=BAND_OPACITY)
        .encode(y=y, x=x, x2="upper:Q", color=color, tooltip=tooltip)
    )
    small: dict[str, Any] = {"fontSize": alt.ExprRef("narrow ? 11 : 12")}
    said: dict[str, Any] = {"y": y, "x": alt.X("change_pp:Q"), "text": "label:N"}
    right = bars.transform_filter("datum.change_pp > 0").mark_text(align="left", dx=4, **small).encode(**said)
    left = bars.transform_filter("datum.change_pp <= 0").mark_text(align="right", dx=-4, **small).encode(**said)
    # A name is on the other side of zero than its bar.
    named = bars.transform_calculate(zero="0").encode(y=y, x=alt.X("zero:Q"), text="name:N")
    gainers = named.transform_filter("datum.change_pp > 0").mark_text(
        align="right", dx=-6, limit=alt.ExprRef("scale('x', 0) - 6"), **small
    )
    losers = named.transform_filter("datum.change_pp <= 0").mark_text(
        align="left", dx=6, limit=alt.ExprRef("width - scale('x', 0) - 6"), **small
    )
    # Row by row, as it ends below the headings.
    zero = (
        bars.transform_calculate(zero="0")
        .mark_tick(color=MUTED, thickness=1.5, size=alt.ExprRef("bandwidth('y') * 1.3"))
        .encode(y=y, x=alt.X("zero:Q"))
    )
    headings = rows_of("moves").transform_filter("datum.kind === 'title'").encode(y=y, x=alt.value(0), text="label:N")
    # Room for names on both sides of zero.
    room = rows_of("moves").transform_filter("datum.kind === 'title'").mark_bar(opacity=0).encode(y=y, x=x, x2="upper:Q")
    titles = on_paper(headings, align="left", fontSize=13)
    return finished(room, ranges, solid, zero, right, left, gainers, losers, titles, height=25 * _MOST_ROWS)


def section(found: Found) -> Section:
    words = found.words
    weeks: dict[date, dict[str | None, float]] = {}
    for row in found("coding_board"):
        weeks.setdefault(row["week_start"], {})[row["base_permaslug"]] = row["coding_token_share"]
    titles: dict[str, str] = {}
    rows: list[Row] = []
    for story in found("stories"):
        model = story["base_permaslug"]
        rise = _span(weeks, model, story["before_week"], story["peak_week"])
        decline = _span(weeks, model, story["peak_week"], story["last_week"])
        titles[model] = _title(model, story, rise, decline, words)
        for key, changes in (("rise", rise), ("decline", decline)):
            rows += [{"base_permaslug": model, **row} for row in _shown(key, changes, model, words)]
    return Section(
        words=words,
        key="moves",
        query="coding_board",
        title=words("moves.plain", name=family(M2)),
        titles=titles,
        legend=[Key("band", words("moves.range"))] if any(row["lower"] != row["upper"] for row in rows) else [],
        columns=columns(
            words,
            "span",
            "name",
            "from_week|date",
            "to_week|date",
            "from_share|percent",
            "to_share|percent",
            "lower|number",
            "upper|number",
        ),
        rows=rows,
        row_columns=("span", "name"),
        row_query="from marts.coding_leaderboard_weekly "
        "where week_start in ({from_week:date}, {to_week:date}) order by base_permaslug, week_start",
        spec=drawn(words),
        datasets={"moves": rows},
        docs="gained-and-lost",
    )


def _span(weeks: Mapping[date, Mapping[str | None, float]], model: str, since: date | None, until: date) -> list[Row]:
    """The change of each model that either week lists, of the chosen one first, then the greatest; ``None`` is the rest."""
    if since is None or since >= until or since not in weeks or until not in weeks:
        return []
    before, after = weeks[since], weeks[until]

    def change(slug: str | None) -> Row:
        old, new = before.get(slug), after.get(slug)
        return {
            "slug": slug, "from_week": since, "to_week": until, "from_share": old, "to_share": new,
            "lower": 100 * ((new or 0) - (_bound(before) if old is None else old)),
            "upper": 100 * ((_bound(after) if new is None else new) - (old or 0)),
            "change_pp": 100 * ((new or 0) - (old or 0)),
        }  # fmt: skip

    rows = map(change, sorted(filter(None, {*before, *after})))
    return [*sorted(rows, key=lambda row: (row["slug"] != model, -abs(row["change_pp"]))), change(None)]


def _bound(week: Mapping[str | None, float]) -> float:
    """The most that a model can have had that the week does not list: the least that is listed, within the rest."""
    return min([share for slug, share in week.items() if slug], default=0.0) if week[None] > 0 else 0.0


def _shown(key: str, changes: Sequence[Row], model: str, words: Words) -> list[Row]:
    """A heading, the named ones from the greatest gain to the greatest loss, all others as one, and what is not listed."""
    if not changes:
        return []
    named = sorted(changes[:-1][:MOST_NAMED], key=lambda row: -row["change_pp"])
    others, below = changes[MOST_NAMED:-1], changes[-1]
    since, until = below["from_week"], below["to_week"]
    rows = [
        {
            **row,
            "kind": "model" if row["slug"] == model else "other",
            "name": display(row["slug"]),
            "label": _label(row, words),
        }
        for row in named
    ]
    if others:
        total = sum(row["change_pp"] for row in others)
        rows.append({
            "from_week": since, "to_week": until, "change_pp": total, "lower": total, "upper": total, "kind": "sum",
            "from_share": sum(row["from_share"] or 0 for row in others),
            "to_share": sum(row["to_share"] or 0 for row in others),
            "name": words("moves.others"), "label": words("moves.change", change=total),
        })  # fmt: skip
    rows.append(
        {**below, "kind": "sum", "name": words("moves.below"), "label": words("moves.change", change=below["change_pp"])}
    )
    reach = _LEAST_SIDE * max(max(abs(row["lower"]), abs(row["upper"])) for row in rows)
    heading = {
        **below, "lower": -reach, "upper": reach, "kind": "title", "name": "",
        "label": words(f"moves.{key}", since=since, until=until),
    }  # fmt: skip
    return [_placed(row, key, number, words) for number, row in enumerate([heading, *rows])]


def _placed(row: Row, key: str, number: int, words: Words) -> Row:
    order = _MOST_ROWS * (key == "decline") + number
    # Nearer to zero of the two, and zero where not even the direction is certain.
    certain = round(max(row["lower"], 0.0) + min(row["upper"], 0.0), 2)  # only drawn: less than a tenth of a pixel
    shown = {name: value for name, value in row.items() if name != "slug"}
    for name, value in shown.items():
        if isinstance(value, float):
            shown[name] = round(value, 5 if "share" in name else 4)
    return {
        "span": words(f"moves.span_{key}"),
        "order": order,
        "certain": certain,
        "heading": row["kind"] == "title",
        **shown,
    }


def _label(row: Row, words: Words) -> str:
    if row["from_share"] is None:
        return words("moves.entered", change=row["change_pp"])
    if row["to_share"] is None:
        return words("moves.left", change=row["change_pp"])
    return words("moves.change", change=row["change_pp"])


def _title(model: str, story: Row, rise: Sequence[Row], decline: Sequence[Row], words: Words) -> str:
    name = family(model)
    known = [
        row for row in rise[:-1] if row["from_share"] is not None and row["to_share"] is not None and row["slug"] != model
    ]
    loser = min(known, key=lambda row: row["change_pp"], default=None)
    if rise and loser and loser["change_pp"] <= -NOTABLE_POINTS:
        return words(
            "moves.title", name=name, share=story["peak_share"], loser=display(loser["slug"]), points=loser["change_pp"]
        )
    if rise:
        return words("moves.rose", name=name, share=story["peak_share"], week=story["peak_week"])
    if decline and decline[0]["change_pp"] < 0:
        return words("moves.fell", name=name, share=decline[0]["to_share"], week=story["last_week"])
    return words("moves.plain", name=name)
