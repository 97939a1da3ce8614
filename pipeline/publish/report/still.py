"""Charts as still pictures: inside the page until its script has drawn them, and as files that stand alone.

Belongs here: drawing a section once, without a browser. Not here: what it draws (``charts``), the picture that is passed on
alone (``picture``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import vl_convert

from pipeline.publish.report import encode, kept
from pipeline.publish.report.markup import light_colours
from pipeline.publish.report.section import Key, Row, Section

WIDTH = 860
# The hatch that the drawings refer to; once in a document.
HATCH_DEFS = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="2" height="6" fill="var(--paper)"/></pattern></defs>'
)
_SVG = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", _SVG)
_GROUP, _PATH = f"{{{_SVG}}}g", f"{{{_SVG}}}path"
# What only the live drawing needs, or whatever the picture is in says: its font, what it is called.
_UNSEEN = {"aria-hidden", "aria-roledescription", "class", "font-family", "pointer-events", "role"}
_BY_DEFAULT = {"opacity": "1", "stroke-width": "0", "transform": "translate(0,0)"}
_INHERITED = (
    "fill", "fill-opacity", "font-size", "font-weight", "stroke", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
    "stroke-opacity", "stroke-width", "text-anchor",
)  # fmt: skip


def rows_of_model(section: Section, name: str, model: str) -> list[Row]:
    """The rows of a dataset that are drawn for a model at first: without those long after the last that matters."""
    rows = section.datasets[name]
    if section.is_by_model and name not in section.shared:
        rows = of_model(rows, model)
    return [row for row in rows if not row.get("beyond")]


def rows_of_table(section: Section, model: str) -> list[Row]:
    """The rows of the table behind a chart."""
    if section.table_rows is not None:
        return section.table_rows
    if section.is_by_model:
        rows = of_model(section.datasets[next(iter(section.datasets))], model)
        return [row for row in rows if not row.get("heading")]
    return section.rows


def of_model(rows: Sequence[Row], model: str) -> list[Row]:
    return by_model([row for row in rows if row["base_permaslug"] == model]).get(model, [])


def by_model(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        kept = {name: value for name, value in row.items() if name != "base_permaslug"}
        found.setdefault(row["base_permaslug"], []).append(kept)
    return found


def unnamed(section: Section, model: str, *, is_narrow: bool = False) -> list[Key]:
    """The areas whose names have no room in them."""
    rows = rows_of_model(section, "unnamed", model) if "unnamed" in section.datasets else []
    return [Key(row["kind"], row["label"]) for row in rows if is_narrow or row["is_wide"]]


def spec_of(section: Section, model: str, *, width: int = WIDTH, height: float | None = None, **params: Any) -> str:
    """What is drawn, whole: the specification with its rows. The same text gives the same drawing."""
    spec = dict(section.spec or {})
    spec["data"] = [
        {**source, "values": encode.objects(rows_of_model(section, source["name"], model))}
        if source["name"] in section.datasets
        else source
        for source in spec["data"]
    ]
    if height is not None:
        spec["height"] = height
    values = {"width": width, "model": model, **params}  # on a page the width is that of what the chart is in
    spec["signals"] = [
        {"name": signal["name"], "value": values[signal["name"]]} if signal["name"] in values else signal
        for signal in spec["signals"]
    ]
    return encode.json_of(spec)


def start() -> None:
    """Start the drawing engine, which takes a third of a second, by a drawing of nothing."""
    vl_convert.vega_to_svg("{}")


def svg_of(section: Section, model: str, *, width: int = WIDTH, height: float | None = None, **params: Any) -> str:
    """The drawing of a section, with the page's colours as variables."""
    return _drawn(spec_of(section, model, width=width, height=height, **params))


def _drawn(spec: str) -> str:
    return kept.text(f"{version('vl-convert-python')} {spec}", lambda: _draw(spec))


def _draw(spec: str) -> str:
    root = ElementTree.fromstring(vl_convert.vega_to_svg(spec))  # noqa: S314 - what was just drawn
    _lighten(root)
    svg = ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")
    # A tenth of a pixel is as good as a thousandth, and half the file.
    return re.sub(r' (?:d|transform|x2|y2)="[^"]*"', lambda one: re.sub(r"(\.\d)\d+", r"\1", one[0]).replace(".0", ""), svg)


def _lighten(parent: Element) -> None:
    """Leave out what shows nothing, and say once for a group what all in it say: the same picture in half the bytes."""
    for name in _UNSEEN & {*parent.attrib}:
        del parent.attrib[name]
    for name, value in _BY_DEFAULT.items():
        if parent.get(name) == value:
            del parent.attrib[name]
    children: list[Element] = []
    for child in parent:
        is_seen = child.get("display") != "none" and child.get("opacity") != "0"  # the latter only catches the pointer
        is_ground = parent.tag == _GROUP and child.tag == _PATH and {*child.attrib} <= {"d", *_UNSEEN}
        if is_seen and not is_ground:
            _lighten(child)
            children += [child] if child.attrib or child.tag != _GROUP else [*child]
    parent[:] = [child for child in children if child.tag != _GROUP or len(child)]
    if parent.tag == _GROUP:
        for name in _INHERITED:
            said = {child.get(name) for child in parent}
            if len(said) == 1 and (only := said.pop()) is not None:
                parent.set(name, only)
                for child in parent:
                    del child.attrib[name]


def unique(svg: str, prefix: str) -> str:
    """The drawing with ids that are unique in a document: each drawing counts its own from the start."""
    return re.sub(r'((?:id="|url\(#))(clip|gradient)', rf"\1{prefix}-\2", svg)


def in_page(section: Section, model: str) -> str:
    """The drawing for the page."""
    return unique(svg_of(section, model), section.key).replace(
        "<svg ", f'<svg role="img" aria-labelledby="{section.key}-title" ', 1
    )


def coloured(svg: str) -> str:
    """The drawing with plain colours instead of the page's variables, and the hatch that it refers to."""
    whole, colours = re.sub(r"(<svg [^>]*>)", rf"\1{HATCH_DEFS}", svg, count=1), light_colours()
    return re.sub(r"var\(--([a-z-]+)\)", lambda one: colours[one[1]], whole)
