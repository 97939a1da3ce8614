"""What the charts share: colours, scales, tooltips, and the frame of a Vega-Lite specification over named datasets.

Belongs here: what two charts or more use of a drawing. Not here: one chart (``charts``), words (``section``).
Colours are CSS variables of the page, so that one drawing serves light and dark.
"""

from __future__ import annotations

from typing import Any

import altair as alt

INK, MUTED, GRID, FAINT, BAND = "var(--ink)", "var(--muted)", "var(--grid)", "var(--faint)", "var(--band)"
LIT, SECOND, THIRD, FOURTH, FIFTH = "var(--lit)", "var(--blue)", "var(--green)", "var(--purple)", "var(--orange)"
HATCH, MUTED_HATCH = "url(#hatch)", "url(#muted-hatch)"

PERCENT, PERCENT_2 = ".0%", ".2%"
BILLIONS = "format(datum.value / 1e3, ',') + ' B'"
WEEK_MS, DAY_MS = 6 * 86_400_000, 86_400_000
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


def by_week(field: str = "week_start:T") -> alt.X:
    return alt.X(
        field,
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%b %Y", labelOverlap="parity", tickCount={"interval": "month", "step": 1}, labelSeparation=12),
    )


def by_share(field: str = "coding_token_share:Q", **more: Any) -> alt.Y:
    return alt.Y(field, title=None, axis=alt.Axis(format=PERCENT, tickCount=5), **more)


def rows_of(name: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(name))


def tooltip_of(**fields: str) -> Any:
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


def finished(chart: Any, *, height: int, right: int = 8, model: str | None = None, top: int = 8) -> dict[str, Any]:
    sized = chart.properties(width="container", height=height, padding={"left": 4, "right": right, "top": top, "bottom": 4})
    if model is not None:
        sized = sized.add_params(alt.param(name="model", value=model))
    spec: dict[str, Any] = sized.to_dict(validate=False)  # a second of every run; a browser draws each in the tests
    spec.pop("config", None)
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def on_paper(texts: alt.Chart, **mark: Any) -> Any:
    """Bold texts that stay readable where lines run behind them."""
    halo = {**mark, "color": "var(--paper)"}
    return texts.mark_text(
        fontWeight="bold", stroke="var(--paper)", strokeWidth=4, strokeJoin="round", **halo
    ) + texts.mark_text(fontWeight="bold", **mark)


def narrow() -> alt.Parameter:
    """Set by page.js on a phone, where names beside marks would leave no room for these."""
    return alt.param(name="narrow", value=False)


def points_of(rows: alt.Chart, tooltip: Any, **encoding: Any) -> alt.Chart:
    """What a pointer meets on a line: a line itself has one tooltip and one row for all of its weeks."""
    caught: alt.Chart = rows.mark_circle(opacity=0, size=120).encode(**encoding, tooltip=tooltip)
    return caught
