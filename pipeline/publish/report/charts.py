"""The charts as Vega-Lite specifications, over named datasets.

Belongs here: marks, scales, colours. Not here: figures (``warehouse/report/*.sql``), sentences, putting the page together
(``page``). Colours are CSS variables of the page, so that one drawing serves light and dark. A process makes each
specification once; nobody changes it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

INK, MUTED, GRID, FAINT, BAND = "var(--ink)", "var(--muted)", "var(--grid)", "var(--faint)", "var(--band)"
LIT, SECOND, THIRD, FOURTH, FIFTH = "var(--lit)", "var(--blue)", "var(--green)", "var(--purple)", "var(--orange)"
HATCH, MUTED_HATCH = "url(#hatch)", "url(#muted-hatch)"

PERCENT, PERCENT_2 = ".0%", ".2%"
BILLIONS = "format(datum.value / 1e3, ',') + ' B'"
_WEEK_MS, _DAY_MS = 6 * 86_400_000, 86_400_000
IS_CHOSEN = "datum.base_permaslug === model"
NAME = r"replace(slice(datum.base_permaslug, indexof(datum.base_permaslug, '/') + 1), regexp('-20[0-9]{6}$'), '')"

CONFIG: dict[str, Any] = {
    # One picture with one name: what each mark says, the table behind it says better.
    "aria": False,
    "mark": {"aria": False},
    "background": None,
    "font": "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": MUTED, "domainColor": GRID, "tickColor": GRID, "gridColor": GRID,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelPadding": 5,
    },
    "axisX": {"grid": False},
    "axisY": {"domain": False, "ticks": False},
    "text": {"color": INK, "fontSize": 12},
    "line": {"strokeJoin": "round", "strokeCap": "round"},
}  # fmt: skip


def _weeks(field: str = "week_start:T") -> alt.X:
    return alt.X(
        field,
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%b %Y", labelOverlap="parity", tickCount={"interval": "month", "step": 1}, labelSeparation=12),
    )


def _shares(field: str = "coding_token_share:Q", **more: Any) -> alt.Y:
    return alt.Y(field, title=None, axis=alt.Axis(format=PERCENT, tickCount=5), **more)


def _chart(name: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(name))


def _tooltip(**fields: str) -> Any:
    """What a pointer is told, by title: a field, ``|`` and its format, ``|day`` for a day of UTC. Null is a dash, not 0."""
    lines = []
    for title, given in fields.items():
        field, _, form = given.partition("|")
        value = f"datum.{field}"
        if form == "day":
            value = f"utcFormat({value}, '%Y-%m-%d')"
        elif form:
            value = f"format({value}, '{form}')"
        lines.append(f"'{title.replace('_', ' ')}': isValid(datum.{field}) ? {value} : '–'")
    return alt.value(alt.ExprRef(f"{{{', '.join(lines)}}}"))


def _finished(chart: Any, *, height: int, right: int = 8, model: str | None = None, top: int = 8) -> dict[str, Any]:
    sized = chart.properties(width="container", height=height, padding={"left": 4, "right": right, "top": top, "bottom": 4})
    if model is not None:
        sized = sized.add_params(alt.param(name="model", value=model))
    spec: dict[str, Any] = sized.to_dict(validate=False)  # a second of every run; a browser draws each in the tests
    spec.pop("config", None)
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def _on_paper(texts: alt.Chart, **mark: Any) -> Any:
    """Bold texts that stay readable where lines run behind them."""
    halo = {**mark, "color": "var(--paper)"}
    return texts.mark_text(
        fontWeight="bold", stroke="var(--paper)", strokeWidth=4, strokeJoin="round", **halo
    ) + texts.mark_text(fontWeight="bold", **mark)


def _narrow() -> alt.Parameter:
    """Set by page.js on a phone, where names beside marks would leave no room for these."""
    return alt.param(name="narrow", value=False)


def _points(rows: alt.Chart, tooltip: Any, **encoding: Any) -> alt.Chart:
    """What a pointer meets on a line: a line itself has one tooltip and one row for all of its weeks."""
    caught: alt.Chart = rows.mark_circle(opacity=0, size=120).encode(**encoding, tooltip=tooltip)
    return caught


@cache
def share(model: str) -> dict[str, Any]:
    """Bars by week; where a week says no more than a bound, the range; marks of first listed weeks."""
    weeks = _chart("share").transform_calculate(
        week_end=f"+datum.week_start + {_WEEK_MS}",
        zero="0",
        floor="isValid(datum.coding_token_share) ? datum.coding_token_share : datum.coding_token_share_lower",
    )
    tooltip = _tooltip(
        week_of="week_start|day",
        share="coding_token_share|.2%",
        rank="coding_rank",
        at_least="coding_token_share_lower|.2%",
        at_most="coding_token_share_upper|.2%",
    )
    ranges = (
        weeks.transform_filter("datum.coding_token_share_upper > datum.floor + 0.0002")
        .mark_bar(fill=BAND, stroke=MUTED, strokeWidth=0.7, strokeDash=[2, 2])
        .encode(x=_weeks(), x2="week_end:T", y=_shares("floor:Q"), y2=alt.Y2("coding_token_share_upper:Q"), tooltip=tooltip)
    )
    bars = (
        weeks.transform_filter("isValid(datum.coding_token_share)")
        .mark_bar()
        .encode(
            x=_weeks(),
            x2="week_end:T",
            y=_shares("zero:Q"),
            y2="coding_token_share:Q",
            fill=alt.condition("datum.is_provisional", alt.value(HATCH), alt.value(LIT)),
            tooltip=tooltip,
        )
    )
    # The range of an absent, provisional week is hatched as well, and not in the colour of what was measured.
    provisional = (
        weeks.transform_filter("datum.is_provisional && !isValid(datum.coding_token_share)")
        .mark_bar(fill=MUTED_HATCH, fillOpacity=0.6)
        .encode(x=_weeks(), x2="week_end:T", y=_shares("floor:Q"), y2=alt.Y2("coding_token_share_upper:Q"), tooltip=tooltip)
    )
    peak = (
        weeks.transform_filter("!datum.is_provisional")
        .transform_joinaggregate(peak="max(coding_token_share)")
        .transform_filter("datum.coding_token_share === datum.peak")
        .mark_text(dy=-7, dx=-4, fontWeight="bold", color=LIT, align="left")
        .encode(x=_weeks(), y=_shares(), text=alt.Text("coding_token_share:Q", format=PERCENT_2))
    )
    rules = _chart("marks").mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x=_weeks())
    labels = (
        _chart("marks")
        .transform_window(number="row_number()")
        .transform_calculate(height="datum.number % 2 ? -21 : -35")
        .mark_text(align="left", baseline="top", dx=4, color=MUTED)
        .encode(x=_weeks(), y=alt.Y("height:Q", scale=None), text="label:N")
    )
    return _finished(ranges + provisional + bars + peak + rules + labels, height=300, right=24, top=40, model=model)


@cache
def race(model: str, lineage: tuple[str, ...]) -> dict[str, Any]:
    """Ranks by week as lines that break where a model was not among the first ten."""
    ranks = _chart("ranks").transform_calculate(
        name=NAME, lineage=f"indexof({[*lineage]!r}, datum.base_permaslug) >= 0 && indexof({[*lineage]!r}, model) >= 0"
    )
    y = alt.Y(
        "coding_rank:Q",
        title="rank in coding",
        scale=alt.Scale(domain=[1, 10], reverse=True, nice=False),
        axis=alt.Axis(values=list(range(1, 11)), format="d", grid=False),
    )
    tooltip = _tooltip(model="base_permaslug", week_of="week_start|day", rank="coding_rank", share="coding_token_share|.2%")
    common = {"x": _weeks(), "y": y, "detail": "base_permaslug:N"}
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
        .encode(x=_weeks(), y=y, text="name:N", color=alt.condition("datum.lineage", alt.value(SECOND), alt.value(MUTED)))
    )
    entries = (
        ranks.transform_filter("datum.lineage || " + IS_CHOSEN)
        .transform_filter("isValid(datum.coding_rank)")
        .transform_joinaggregate(first="min(week_start)", groupby=["base_permaslug"])
        .transform_filter("+datum.week_start === +datum.first")
        .encode(x=_weeks(), y=y, text="name:N")
    )
    place: dict[str, Any] = {"align": "right", "dx": -8, "dy": -8, "limit": 170}
    names = _on_paper(entries.transform_filter(f"!({IS_CHOSEN})"), color=SECOND, **place) + _on_paper(
        entries.transform_filter(IS_CHOSEN), color=LIT, **place
    )
    names = names.add_params(_narrow())
    points = _points(ranks.transform_filter("isValid(datum.coding_rank)"), tooltip, x=common["x"], y=y)
    return _finished(others + successors + chosen + ends + names + points, height=340, right=124, model=model, top=16)


@cache
def tokens(model: str) -> dict[str, Any]:
    """Tokens a day, free upon paid; the range where only a bound is known; the line that was claimed."""
    days = _chart("tokens").transform_calculate(day_end=f"+datum.usage_date + {_DAY_MS}", total="datum.paid + datum.free")
    tooltip = _tooltip(day="usage_date|day", millions_paid="paid|,d", millions_free="free|,d", millions_at_most="upper|,d")
    y: dict[str, Any] = {"title": "tokens a day", "axis": alt.Axis(labelExpr=BILLIONS, tickCount=5)}
    x = _weeks("usage_date:T")
    listed = days.transform_filter("isValid(datum.paid)")
    paid = (
        listed.transform_filter("datum.paid > 0")
        .transform_calculate(zero="0")
        .mark_bar(color=SECOND, strokeWidth=0)
        .encode(x=x, x2="day_end:T", y=alt.Y("zero:Q", **y), y2="paid:Q", tooltip=tooltip)
    )
    free = (
        listed.transform_filter("datum.free > 0")
        .mark_bar(color=FIFTH, strokeWidth=0)
        .encode(x=x, x2="day_end:T", y=alt.Y("paid:Q", **y), y2="total:Q", tooltip=tooltip)
    )
    bound = (
        days.transform_filter("!isValid(datum.paid) && isValid(datum.upper)")
        .transform_calculate(zero="0")
        .mark_bar(color=BAND, strokeWidth=0)
        .encode(x=x, x2="day_end:T", y=alt.Y("zero:Q", **y), y2="upper:Q", tooltip=tooltip)
    )
    line = _chart("line").mark_rule(color=INK, strokeDash=[5, 4]).encode(y=alt.Y("value:Q", **y))
    label = (
        _chart("line")
        .mark_text(align="right", baseline="bottom", dy=-4, color=INK)
        .encode(y=alt.Y("value:Q", **y), x=alt.value("width"), text="label:N")
    )
    return _finished(bound + paid + free + line + label, height=280, model=model)


@cache
def gained() -> dict[str, Any]:
    """Changes of share as bars to both sides of zero."""
    changes = _chart("gained").transform_calculate(
        text="(datum.change_pp > 0 ? '+' : '−') + format(abs(datum.change_pp), '.1f')"
    )
    y = alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=170, labelColor=INK, labelPadding=6, offset=26))
    x = alt.X("change_pp:Q", title="percentage points", scale=alt.Scale(padding=34), axis=alt.Axis(tickCount=5, grid=True))
    bars = changes.mark_bar(height={"band": 0.72}).encode(
        y=y,
        x=x,
        color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["m2", "gain", "loss"], range=[LIT, SECOND, MUTED])),
        tooltip=_tooltip(model="name", points="change_pp|+.2f"),
    )
    right = changes.transform_filter("datum.change_pp > 0").mark_text(align="left", dx=4).encode(y=y, x=x, text="text:N")
    left = changes.transform_filter("datum.change_pp <= 0").mark_text(align="right", dx=-4).encode(y=y, x=x, text="text:N")
    return _finished(bars + right + left, height=380, right=32)


@cache
def launch(model: str) -> dict[str, Any]:
    """All launches from their first listed week on, the chosen one lit."""
    curves = _chart("curves").transform_calculate(name=NAME)
    x = alt.X(
        "weeks_since_first_seen:Q", title="weeks since first listed", axis=alt.Axis(format="d", values=list(range(0, 27, 2)))
    )
    common = {"x": x, "y": _shares(), "detail": "base_permaslug:N"}
    tooltip = _tooltip(model="base_permaslug", week="weeks_since_first_seen", share="coding_token_share|.2%")
    others = curves.transform_filter(f"!({IS_CHOSEN})").mark_line(color=FAINT, strokeWidth=1).encode(**common)
    chosen = (
        curves.transform_filter(IS_CHOSEN)
        .mark_line(color=LIT, strokeWidth=4, point={"color": LIT, "size": 30})
        .encode(**common)
    )
    peaks = curves.transform_joinaggregate(peak="max(coding_token_share)", groupby=["base_permaslug"]).transform_filter(
        "datum.coding_token_share === datum.peak"
    )
    highest = (
        peaks.transform_filter(f"!({IS_CHOSEN})")
        .transform_window(place="row_number()", sort=[alt.SortField("peak", order="descending")])
        .transform_filter("datum.place <= 4")
        .mark_text(align="left", dx=6, dy=-6, fontSize=11, color=MUTED, limit=150)
        .encode(x=x, y=_shares(), text="name:N")
    )
    own = peaks.transform_filter(IS_CHOSEN).encode(x=x, y=_shares(), text="name:N")
    return _finished(
        others
        + chosen
        + highest
        + _on_paper(own, align="left", dx=8, dy=-9, fontSize=13, color=LIT)
        + _points(curves, tooltip, x=x, y=_shares()),
        height=320,
        right=24,
        model=model,
    )


@cache
def lineage(members: tuple[str, ...]) -> dict[str, Any]:
    """Members stacked by week, each named at its best week."""
    weeks = _chart("lineage").transform_calculate(week_end=f"+datum.week_start + {_WEEK_MS}")
    color = alt.Color(
        "label:N", legend=None, scale=alt.Scale(domain=[*members], range=[LIT, FOURTH, SECOND, THIRD, FIFTH][: len(members)])
    )
    tooltip = _tooltip(
        model="base_permaslug",
        week_of="week_start|day",
        share="coding_token_share|.2%",
        rank="coding_rank",
        all_listed_members="lineage_coding_token_share|.2%",
    )
    bars = weeks.mark_bar(stroke="var(--paper)", strokeWidth=1).encode(
        x=_weeks(), x2="week_end:T", y=_shares("from_share:Q"), y2="to_share:Q", color=color, tooltip=tooltip,
        opacity=alt.condition("datum.is_provisional", alt.value(0.55), alt.value(1)),
    )  # fmt: skip
    names = (
        weeks.transform_joinaggregate(peak="max(coding_token_share)", groupby=["label"])
        .transform_filter("datum.coding_token_share === datum.peak")
        .encode(x=_weeks(), y=_shares("to_share:Q"), text="label:N")
    )
    return _finished(bars + _on_paper(names, dy=-7, dx=8, fontSize=13), height=300, top=16)


@cache
def measures(number: int) -> dict[str, Any]:
    """A dot where the share is known, a line where it may lie."""
    rows = _chart("measures")
    y = alt.Y("measure_label:N", title=None, sort=None, axis=alt.Axis(labelLimit=150, labelColor=INK))
    offset = alt.YOffset("moment:N", sort=["best week of coding", "newest week"])
    color = alt.Color(
        "moment:N",
        title=None,
        scale=alt.Scale(domain=["best week of coding", "newest week"], range=[LIT, SECOND]),
        legend=alt.Legend(orient="top", labelColor=INK, labelFontSize=12, symbolType="circle", symbolOpacity=1),
    )
    tooltip = _tooltip(
        measure="measure_label",
        week_of="week_start|day",
        share="measure_share|.2%",
        at_least="measure_share_lower|.2%",
        at_most="measure_share_upper|.2%",
        rank="measure_rank",
    )
    x = alt.X("measure_share_lower:Q", title="share of the measure", axis=alt.Axis(format=PERCENT, tickCount=5, grid=True))
    line: dict[str, Any] = {"strokeWidth": 5, "opacity": 0.35, "strokeCap": "round"}
    spread: dict[str, Any] = {"y": y, "yOffset": offset, "x": x, "x2": "measure_share_upper:Q", "tooltip": tooltip}
    listed = rows.transform_filter("isValid(datum.measure_share)").mark_rule(**line).encode(**spread, color=color)
    absent = rows.transform_filter("!isValid(datum.measure_share)").mark_rule(**line, color=MUTED).encode(**spread)
    ranges = listed + absent
    dots = (
        rows.transform_filter("isValid(datum.measure_share)")
        .mark_circle(size=110, opacity=1)
        .encode(y=y, yOffset=offset, x=alt.X("measure_share:Q"), color=color, tooltip=tooltip)
    )
    bounds = (
        rows.transform_filter("!isValid(datum.measure_share)")
        .transform_calculate(text="'at most ' + format(datum.measure_share_upper, '.2%')")
        .mark_text(align="left", dx=7, fontSize=11, color=MUTED)
        .encode(y=y, yOffset=offset, x=alt.X("measure_share_upper:Q"), text="text:N")
    )
    known = (
        rows.transform_filter("isValid(datum.measure_share)")
        .mark_text(align="left", dx=9, fontSize=11)
        .encode(y=y, yOffset=offset, x=alt.X("measure_share_upper:Q"), text=alt.Text("measure_share:Q", format=PERCENT_2))
    )
    return _finished(ranges + dots + bounds + known, height=40 + 52 * number, right=64)


@cache
def bands(name: str, field: str, shown: tuple[str, ...], labels: tuple[str, ...]) -> dict[str, Any]:
    """Shares by week as lines within their bounds."""
    rows = (
        _chart(name)
        .transform_filter(f"indexof({[*shown]!r}, datum.{field}) >= 0")
        .transform_calculate(label=f"{[*labels]!r}[indexof({[*shown]!r}, datum.{field})]")
    )
    color = alt.Color("label:N", legend=None, scale=alt.Scale(domain=labels, range=[LIT, SECOND][: len(labels)]))
    tooltip = _tooltip(
        **{field: "label"},
        week_of="week_start|day",
        share="coding_token_share|.2%",
        at_least="coding_token_share_lower|.2%",
        at_most="coding_token_share_upper|.2%",
    )
    band = rows.mark_area(opacity=0.22).encode(
        x=_weeks(), y=_shares("coding_token_share_lower:Q"), y2="coding_token_share_upper:Q", color=color
    )
    line = rows.mark_line(strokeWidth=2.5).encode(
        x=_weeks(),
        y=_shares(scale=alt.Scale(domain=[0, 1])),
        color=color,
    )
    ends = (
        rows.transform_filter("!narrow && isValid(datum.coding_token_share)")
        .transform_joinaggregate(last="max(week_start)", groupby=["label"])
        .transform_filter("+datum.week_start === +datum.last")
        .mark_text(align="left", dx=6, fontWeight="bold")
        .encode(x=_weeks(), y=_shares(), text="label:N", color=color)
    )
    points = _points(
        rows.transform_filter("isValid(datum.coding_token_share)"), tooltip, x=_weeks(), y=_shares(), color=color
    )
    points = points.add_params(_narrow())
    return _finished(band + line + ends + points, height=260, right=100)


@cache
def price() -> dict[str, Any]:
    """Each model by price and score, the efficient ones lit."""
    rows = _chart("price").transform_calculate(name=NAME)
    x = alt.X(
        "blended_usd_per_million:Q",
        title="US dollars a million tokens, logarithmic",
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=alt.Axis(format="~g", values=[0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100], grid=True),
    )
    y = alt.Y(
        "intelligence_index:Q",
        title="intelligence index",
        scale=alt.Scale(zero=False, padding=14),
        axis=alt.Axis(tickCount=6),
    )
    tooltip = _tooltip(
        model="base_permaslug", intelligence="intelligence_index", US_dollars_a_million="blended_usd_per_million|.3f"
    )
    dots = rows.transform_filter("!datum.is_of_lineage").mark_circle(size=60, opacity=1).encode(
        x=x, y=y, tooltip=tooltip, color=alt.condition("datum.is_pareto_efficient", alt.value(SECOND), alt.value(FAINT))
    )  # fmt: skip
    lit = (
        rows.transform_filter("datum.is_of_lineage")
        .mark_circle(size=120, color=LIT, opacity=1)
        .encode(x=x, y=y, tooltip=tooltip)
    )
    frontier = (
        rows.transform_filter("datum.is_pareto_efficient")
        .mark_line(color=SECOND, strokeWidth=1, interpolate="step-after", opacity=0.7)
        .encode(x=x, y=y, order="blended_usd_per_million:Q")
    )
    names = (
        rows.transform_filter("!narrow && datum.is_pareto_efficient && !datum.is_of_lineage && isValid(datum.named)")
        .mark_text(align="right", dx=-8, dy=-6, fontSize=11, color=SECOND, limit=130)
        .encode(x=x, y=y, text="named:N")
        .add_params(_narrow())
    )
    own = rows.transform_filter("datum.is_of_lineage && isValid(datum.named)").encode(x=x, y=y, text="named:N")
    return _finished(frontier + dots + lit + names + _on_paper(own, align="left", dx=9, color=LIT), height=360, right=24)


@cache
def revisions(buckets: tuple[str, ...], series: int) -> dict[str, Any]:
    """How many of the readings were changed by the next one, by age, for each series."""
    rows = _chart("revisions").transform_calculate(
        changed="datum.changed_pairs / datum.reading_pairs",
        text="datum.changed_pairs > 0 ? format(datum.changed_pairs / datum.reading_pairs, '.0%') : '0'",
    )
    x = alt.X(
        "bucket:N", title="hours after the period's end", sort=[*buckets], axis=alt.Axis(labelAngle=0, labelOverlap="parity")
    )
    y = alt.Y("series_kind:N", title=None, axis=alt.Axis(labelColor=INK))
    tooltip = _tooltip(
        series="series_kind",
        hours_after_the_end="bucket",
        changed="changed_pairs",
        of_readings="reading_pairs",
        at_most_by="max_relative_change|.4%",
    )
    cells = rows.mark_rect(stroke="var(--paper)", strokeWidth=2).encode(
        x=x,
        y=y,
        color=alt.condition("datum.changed_pairs > 0", alt.value(LIT), alt.value(BAND)),
        opacity=alt.Opacity("changed:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.45, 1])),
        tooltip=tooltip,
    )
    text = rows.mark_text(fontSize=11, color=INK).encode(x=x, y=y, text="text:N", tooltip=tooltip)
    return _finished(cells + text, height=34 * series)
