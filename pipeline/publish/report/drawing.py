"""What the charts share: colours, scales, tooltips, and the frame of a specification over named datasets.

Belongs here: what two charts or more use of a drawing. Not here: one chart (``charts``), words (``words``).
Colours are CSS variables of the page, so that one drawing serves light and dark. Charts are written in Vega-Lite and
compiled to Vega once, so that the page does not carry the compiler.

One grammar for certainty, in every chart: measured and final is solid (``LIT`` or a colour of its own); measured and
provisional is the same colour at 55 % with a hatch (``provisional_over``); not listed is no bar, but a grey cap at the bound
(``cap``), never the accent; not fetched is a light band that says so (``unread``); a range is a band without a middle line
(``BAND_OPACITY``); a sampling error is a whisker.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, ParamSpec, Self

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from pipeline.publish.report import kept
from pipeline.publish.report.section import Row
from pipeline.publish.report.words import Words

_Arguments = ParamSpec("_Arguments")

INK, MUTED, GRID, FAINT, BAND, PAPER = (
    "var(--ink)", "var(--muted)", "var(--grid)", "var(--faint)", "var(--band)", "var(--paper)",
)  # fmt: skip
LIT, SECOND, THIRD, FOURTH, FIFTH = "var(--lit)", "var(--blue)", "var(--green)", "var(--purple)", "var(--orange)"
# Areas of a whole: the leader, the next ones, other listed models, and what is below the published ranks.
LEAD, SLATE, TAN, SAGE, MAUVE = "var(--lead)", "var(--slate)", "var(--tan)", "var(--sage)", "var(--mauve)"
LISTED, BELOW = "var(--listed)", "var(--below)"
ON_DARK, ON_LIGHT = "var(--on-dark)", "var(--on-light)"
# The members of M2's family, eldest first: shades of the accent, of which no two in a row are alike.
SHADES = (LIT, "var(--lit-pale)", "var(--lit-deep)", "var(--lit-soft)", "var(--lit-dark)")
# A free variant and the paid one, of one model.
FREE, PAID = "var(--free)", "var(--paid)"
HATCH = "url(#hatch)"

PERCENT, PERCENT_1 = ".0%", ".1%"
PROVISIONAL_OPACITY, BAND_OPACITY = 0.55, 0.6
Point = tuple[float, float]
# Widths of a plot in pixels: on a usual page, and on a phone.
WIDTHS = (760, 300)
WEEK_MS, DAY_MS = 7 * 86_400_000, 86_400_000
IS_CHOSEN = "datum.base_permaslug === model"

CONFIG: dict[str, Any] = {
    # One picture with one name: what each mark says, the table behind it says better.
    "aria": False,
    "mark": {"aria": False},
    "background": None,
    # Shares as in the text: 12.3 %.
    "locale": {"number": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""], "percent": " %"}},
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


def specification(draw: Callable[_Arguments, dict[str, Any]]) -> Callable[_Arguments, dict[str, Any]]:
    """A specification is made and compiled once for its code and arguments: each takes a fifth of a second of a core."""
    code = hashlib.sha256(Path(__file__).read_bytes() + Path(inspect.getfile(draw)).read_bytes()).hexdigest()

    @wraps(draw)
    def made(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> dict[str, Any]:
        software = f"{version('altair')} {version('vl-convert-python')}"
        recipe = f"{code} {software} {draw.__qualname__} {arguments!r} {named!r}"
        found: dict[str, Any] = json.loads(kept.text(recipe, lambda: json.dumps(compiled(drawn(*arguments, **named)))))
        return found

    def drawn(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> dict[str, Any]:
        with debug_mode(False):  # to check each part as it is made takes as long as to make it
            return draw(*arguments, **named)

    return made


def compiled(spec: dict[str, Any]) -> dict[str, Any]:
    """The specification in Vega."""
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(spec, config=CONFIG, show_warnings=False)
    return vega


def by_week(field: str = "week_start:T") -> alt.X:
    return alt.X(
        field,
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%b %Y", labelOverlap="parity", tickCount={"interval": "month", "step": 1}, labelSeparation=12),
    )


def by_share(field: str = "coding_token_share:Q", **more: Any) -> alt.Y:
    return alt.Y(field, title=None, axis=alt.Axis(format=PERCENT, tickCount=5), **more)


class Marks(alt.Chart):
    """One layer of a chart; ``finished`` is given all of them at once. Altair itself looks through its whole schema for each
    channel that is a text or a value, and copies all layers whenever one is added: nine tenths of a specification's time."""

    def encode(self, **channels: Any) -> Self:  # type: ignore[override]  # by name only
        return super().encode(**{name: _channel(name, given) for name, given in channels.items()})


def _channel(name: str, given: Any) -> Any:
    kind = f"{name[0].upper()}{name[1:]}"
    if isinstance(given, str):
        return getattr(alt, kind)(given)
    if isinstance(given, dict) and given.keys() == {"value"}:
        return getattr(alt, f"{kind}Value")(given["value"])
    return given


def rows_of(name: str) -> Marks:
    return Marks(alt.NamedData(name))


def weeks_of(name: str) -> Marks:
    """Rows by week, with the end of each: ``x2`` of a mark that is as wide as its week."""
    weeks: Marks = rows_of(name).transform_calculate(week_end=f"+datum.week_start + {WEEK_MS}")
    return weeks


def opacity(full: float = 1) -> Any:
    """How opaque a mark is whose figure may still change, and one that is final."""
    return alt.condition("datum.is_provisional", alt.value(full * PROVISIONAL_OPACITY), alt.value(full))


def tooltip_of(words: Words, **fields: str) -> Any:
    """What a pointer is told of a mark: each field by the label of its column, in the format given; ``day`` is a day of UTC,
    "" is as it is. NULL is a dash, not 0."""
    lines = []
    for field, form in fields.items():
        value = f"datum.{field}"
        if form == "day":
            value = f"utcFormat({value}, '%Y-%m-%d')"
        elif form:
            value = f"format({value}, '{form}')"
        label = words(f"column.{field}").replace("'", "’")
        lines.append(f"'{label}': isValid(datum.{field}) ? {value} : '–'")
    return alt.value(alt.ExprRef(f"{{{', '.join(lines)}}}"))


def finished(*layers: Marks | Sequence[Marks], height: int, right: int = 8, top: int = 8, **params: Any) -> dict[str, Any]:
    """The specification of a chart, in Vega-Lite, of layers or groups of them, each over the one before.

    ``params`` are what it refers to by name, with their values. The page sets ``model`` to the chosen one, and ``narrow``,
    which each has, on a phone: beside its marks there is no room for names.
    """
    flat = [one for layer in layers for one in ([layer] if isinstance(layer, Marks) else layer)]
    return {
        "$schema": alt.SCHEMA_URL,
        "width": "container",
        "height": height,
        "padding": {"left": 4, "right": right, "top": top, "bottom": 4},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "params": [{"name": name, "value": value} for name, value in {**params, "narrow": False}.items()],
        # Not validated, which takes a second of every run: a browser draws each in the tests.
        "layer": [one.to_dict(validate=False, context={"top_level": False}) for one in flat],
    }


def on_paper(texts: Marks, *, weight: Literal["normal", "bold"] = "bold", **mark: Any) -> list[Marks]:
    """Texts that stay readable where lines run behind them."""
    halo = texts.mark_text(fontWeight=weight, stroke=PAPER, strokeWidth=4, strokeJoin="round", **mark)
    return [halo.encode(color=alt.value(PAPER)), texts.mark_text(fontWeight=weight, **mark)]


def beside(labels: Marks, *, weight: Literal["normal", "bold"] = "bold", **mark: Any) -> list[Marks]:
    """Labels from ``placed``, each at its place for the width that is drawn."""
    at: dict[str, Any] = {name: alt.ExprRef(f"datum.{name}") for name in ("align", "dx", "dy")}
    return on_paper(labels.transform_filter("!datum.is_narrow === !narrow"), weight=weight, **at, **mark)


def placed(
    labels: Iterable[Row],
    lines: Iterable[Sequence[Point]],
    *,
    at: Callable[[Row], Point],
    domain: tuple[Point, Point],
    height: int,
) -> list[Row]:
    """Each label beside its point, on a usual page and on a phone: where it covers least of lines, and no label before it.

    ``domain`` is from the lower left to the upper right of the plot, in the units of points and lines. A label without any
    room is left out; on a phone its text is ``short``, if it has that.
    """
    labels, lines = [*labels], [*lines]
    (left, low), (right, high) = domain
    found = []
    for width in WIDTHS:

        def pixel(point: Point, width: int = width) -> Point:
            return (point[0] - left) / (right - left) * width, (high - point[1]) / (high - low) * height

        ink = _cells(dot for line in lines for dot in _dots([pixel(point) for point in line]))
        taken: list[_Box] = []
        for row in labels:
            is_narrow = width == min(WIDTHS)
            text: str = row["short"] if is_narrow and "short" in row else row["label"]
            x, y = pixel(at(row))
            boxes = [(_box(x, y, width_of(text, 12, bold=True), *place), place) for place in _PLACES]
            free = [(box, place) for box, place in boxes if _is_free(box, taken, width, height)]
            if not free:
                continue
            box, (align, dx, dy) = min(free, key=lambda one: _covered(one[0], ink))
            taken.append(box)
            found.append({**row, "label": text, "align": align, "dx": dx, "dy": dy, "is_narrow": is_narrow})
    return found


_Box = tuple[float, float, float, float]  # left, top, right, bottom
_Cells = dict[tuple[float, float], list[Point]]
# Where a label may be beside its point: which of its ends is there, and how far to the right and below in pixels.
_PLACES = (
    ("left", 8, 0), ("center", 0, -11), ("right", -8, 0), ("left", 5, -11), ("right", -5, -11), ("left", 5, 12),
    ("center", 0, 13), ("right", -5, 12), ("left", 8, -22), ("right", -8, -22), ("left", 8, 24), ("right", -8, 24),
)  # fmt: skip
_LINE, _STEP, _CELL = 14, 3, 16


def _box(x: float, y: float, length: float, align: str, dx: int, dy: int) -> _Box:
    left = x + dx - length * {"left": 0, "center": 0.5, "right": 1}[align]
    return left, y + dy - _LINE / 2, left + length, y + dy + _LINE / 2


def _is_free(box: _Box, taken: Iterable[_Box], width: int, height: int) -> bool:
    """Whether a label is within the plot, but for a line of text above it, and over no other."""
    is_within = box[0] >= -_LINE and box[2] <= width + _LINE and box[1] >= -_LINE and box[3] <= height
    return is_within and not any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken
    )


def _dots(line: Sequence[Point]) -> Iterator[Point]:
    """Points of a line, as close as pixels that matter."""
    yield from line[:1]
    for (x, y), (to_x, to_y) in pairwise(line):
        steps = max(1, int(max(abs(to_x - x), abs(to_y - y)) / _STEP))
        for step in range(1, steps + 1):
            yield x + (to_x - x) * step / steps, y + (to_y - y) * step / steps


def _cells(dots: Iterable[Point]) -> _Cells:
    """The dots by the square that they are in, so that a box is compared with those near it alone."""
    found: _Cells = {}
    for x, y in dots:
        found.setdefault((x // _CELL, y // _CELL), []).append((x, y))
    return found


def _covered(box: _Box, cells: _Cells) -> int:
    """How many dots are within a box."""
    left, top, right, bottom = box
    return sum(
        left <= x <= right and top <= y <= bottom
        for column in range(int(left // _CELL), int(right // _CELL) + 1)
        for row in range(int(top // _CELL), int(bottom // _CELL) + 1)
        for x, y in cells.get((column, row), ())
    )


def provisional_over(bars: Marks, **encoding: Any) -> Marks:
    """The hatch over a bar of a week that may still change; the bar below it has ``PROVISIONAL_OPACITY``."""
    hatched: Marks = bars.transform_filter("datum.is_provisional").mark_bar(fill=HATCH).encode(**encoding)
    return hatched


def cap(rows: Marks, **encoding: Any) -> Marks:
    """Where a model is not listed: one line at the most that it can have had. ``x``, ``x2`` and ``y``."""
    capped: Marks = rows.mark_rule(color=FAINT, strokeWidth=1).encode(**encoding)
    return capped


def unread(name: str, **encoding: Any) -> list[Marks]:
    """Light bands over the spans that were not fetched: rows with ``from``, ``until`` and ``label``. ``x`` and ``x2``."""
    spans = rows_of(name)
    text = spans.mark_text(align="left", baseline="top", dx=6, color=MUTED, fontSize=11)
    return [spans.mark_rect(fill=BELOW).encode(**encoding), text.encode(x=encoding["x"], y=alt.value(6), text="label:N")]


def points_of(rows: Marks, tooltip: Any, **encoding: Any) -> Marks:
    """What a pointer meets on a line: a line itself has one tooltip and one row for all of its weeks."""
    caught: Marks = rows.mark_circle(opacity=0, size=120).encode(**encoding, tooltip=tooltip)
    return caught


_EMS = {
    letter: em
    for letters, em in {
        "iljI.,:;'’|!": 0.28, "ftr \u00a0()[]/-": 0.34, "cksvxyzJ": 0.52, "ABEFKLPSTVXYZ": 0.69, "CDGHNOQRU&": 0.79,
        "mwM@%–—": 0.9, "W": 0.95,
    }.items()
    for letter in letters
}  # fmt: skip


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is in the font of pictures, rather too much than too little."""
    em = sum(_EMS.get(letter, 1.0 if letter >= "\u2e80" else 0.57) for letter in text)
    return em * size * (1.06 if bold else 1)
