"""Which table reads which, from raw through core and marts to the page, and the picture of it as one SVG.

Belongs here: what is drawn, and where. Not here: finding tables in SQL (``store.references``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from math import fsum  # the same sum in whatever order

from markupsafe import escape

from pipeline import store
from pipeline.contracts.tables import TABLES, table_of

LAYERS = ("raw", "core", "marts", "report")
GAP, ROW, BOX, EDGE = 90, 26, 18, 30
"""Pixels: between columns, from row to row, height of a box, room around the picture."""
SWEEPS = 8

Reads = Mapping[str, frozenset[str]]

STYLE = """
.lineage text { font: 12px system-ui, sans-serif; fill: #1a1a1a; }
.lineage .layer { font-size: 15px; font-weight: 600; }
.lineage rect { fill: #f1f3f7; stroke: #8b95a7; }
.lineage path { fill: none; stroke: #5b6b8c; stroke-opacity: .4; }
.lineage a:hover rect { fill: #ffe9a8; }
.lineage { background: #fff; }
"""


@cache
def reads() -> dict[str, frozenset[str]]:
    """What each public table reads; an as-of macro counts as its table."""
    found = {name: definition["reads"] for name, definition in store.definitions().items() if name in TABLES}
    return {name: frozenset(map(table_of, read)) - {name} for name, read in found.items()}


def read_by_layer() -> Reads:
    """What each drawn table and query of the page reads. Vintages are left out: each table of usage has its own, alike."""
    drawn = {name for name, table in TABLES.items() if table.schema in LAYERS and not name.endswith("_vintages")}
    queries = {
        f"report.{path.stem}": store.references(store.read_sql(f"report/{path.stem}")) for path in store.sql_files("report")
    }
    found = {name: reads()[name] & drawn for name in drawn} | {name: read & drawn for name, read in queries.items()}
    return {name: frozenset(read) for name, read in found.items()}


def without_detours(reads: Reads) -> Reads:
    """Only what is read and is not read by something else that is read: the longer way shows it already."""
    behind: dict[str, frozenset[str]] = {}

    def all_behind(name: str) -> frozenset[str]:
        if name not in behind:
            behind[name] = reads[name].union(*(all_behind(one) for one in reads[name]))
        return behind[name]

    return {
        name: frozenset(one for one in read if not any(one in all_behind(other) for other in read - {one}))
        for name, read in reads.items()
    }


def columns(reads: Reads) -> list[tuple[str, list[str]]]:
    """The columns from left to right, each of one layer: a table is right of what it reads in its layer."""
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            own = [one for one in reads[name] if _layer(one) == _layer(name)]
            depths[name] = 1 + max((depth(one) for one in own), default=-1)
        return depths[name]

    found: dict[tuple[int, int], list[str]] = {}
    for name in sorted(reads):
        found.setdefault((LAYERS.index(_layer(name)), depth(name)), []).append(name)
    ordered = [(LAYERS[layer], names) for (layer, _), names in sorted(found.items())]
    _untangle([names for _, names in ordered], reads)
    return ordered


def _layer(name: str) -> str:
    return name.partition(".")[0]


def _untangle(ordered: list[list[str]], reads: Reads) -> None:
    """Sort each column by the mean place of its neighbours, to and fro, so that fewer lines cross."""
    read_by = {name: frozenset(one for one, read in reads.items() if name in read) for name in reads}
    for sweep in range(SWEEPS):
        places = {name: number / len(names) for names in ordered for number, name in enumerate(names)}
        for names in ordered if sweep % 2 == 0 else reversed(ordered):
            near = {name: (reads[name] if sweep % 2 == 0 else read_by[name]) or {name} for name in names}
            names.sort(key=lambda name: (fsum(places[one] for one in near[name]) / len(near[name]), name))
            places |= {name: number / len(names) for number, name in enumerate(names)}


def drawing() -> str:
    """The picture as SVG. Opened by itself, a click on a table opens its page."""
    reads = without_detours(read_by_layer())
    return "\n".join(_drawn(columns(reads), reads))


def _drawn(ordered: list[tuple[str, list[str]]], reads: Reads) -> Iterator[str]:
    tallest = max(len(names) for _, names in ordered)
    widths = [max(map(_width, names)) for _, names in ordered]
    width, height = 2 * EDGE + sum(widths) + GAP * (len(widths) - 1), tallest * ROW + 3 * EDGE
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" class="lineage" {size}>'
    yield f"<title>Which table reads which</title><style>{STYLE}</style>"
    places: dict[str, tuple[int, int]] = {}
    for column, (layer, names) in enumerate(ordered):
        left = EDGE + sum(widths[:column]) + GAP * column
        if column == 0 or ordered[column - 1][0] != layer:
            yield f'<text class="layer" x="{left}" y="{EDGE}">{layer}</text>'
        places |= {name: (left, 2 * EDGE + number * ROW) for number, name in enumerate(names)}
    yield from _lines(places, reads)
    for name, (left, top) in places.items():
        box = f'<rect x="{left}" y="{top}" width="{_width(name)}" height="{BOX}" rx="4"/>'
        words = f'<text x="{left + 6}" y="{top + 13}">{escape(name.partition(".")[2])}</text>'
        yield f'<a href="{escape(name)}.html">{box}{words}</a>' if name in TABLES else f"<g>{box}{words}</g>"
    yield "</svg>"


def _lines(places: Mapping[str, tuple[int, int]], reads: Reads) -> Iterator[str]:
    for name, (left, top) in places.items():
        for one in sorted(reads[name]):
            start, above, below = places[one][0] + _width(one), places[one][1] + BOX // 2, top + BOX // 2
            bend = max((left - start) // 2, 20)
            yield f'<path d="M{start} {above}C{start + bend} {above} {left - bend} {below} {left} {below}"/>'


def _width(name: str) -> int:
    return 16 + 7 * len(name.partition(".")[2])
