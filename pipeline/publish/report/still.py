"""Charts as still pictures: inside the page until its script has drawn them, and as files that stand alone.

Belongs here: drawing a section once, without a browser. Not here: what it draws (``charts``), where files go (``files``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import vl_convert

from pipeline.publish.report import encode
from pipeline.publish.report.drawing import CONFIG
from pipeline.publish.report.section import Row, Section

WIDTH = 860
# The colours of page.css's light theme, for pictures that no style sheet goes with; a test holds the two equal.
LIGHT = {
    "paper": "#ffffff", "ink": "#1b1b1b", "muted": "#595959", "grid": "#dddddd", "faint": "#949494", "band": "#dfdfdf",
    "lit": "#c44200", "blue": "#0072b2", "green": "#007a5a", "purple": "#a8487f", "orange": "#b87500",
    "lead": "#4a4b50", "slate": "#85919e", "tan": "#b8a27e", "sage": "#93a58c", "mauve": "#ab93a8", "listed": "#cfd2d8",
    "below": "#ecedf1", "on-dark": "#ffffff", "on-light": "#1b1b1b",
    "free": "#f3a57c", "paid": "#7d2a05",
}  # fmt: skip


def rows_of_model(section: Section, name: str, model: str) -> list[Row]:
    """The rows of a dataset that are drawn for a model at first: without those long after the last that matters."""
    rows = section.datasets[name]
    if section.is_by_model and name not in section.shared:
        rows = by_model(rows).get(model, [])
    return [row for row in rows if not row.get("beyond")]


def by_model(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        kept = {name: value for name, value in row.items() if name != "base_permaslug"}
        found.setdefault(row["base_permaslug"], []).append(kept)
    return found


def svg_of(section: Section, model: str, *, width: int = WIDTH, height: int | None = None, **params: Any) -> str:
    """The drawing of a section, with the page's colours as variables."""
    spec = json.loads(json.dumps(section.spec))
    spec["datasets"] = {name: encode.objects(rows_of_model(section, name, model)) for name in section.datasets}
    spec["width"] = width
    if height is not None:
        spec["height"] = height
    for param in spec.get("params", ()):
        param["value"] = {"model": model, **params}.get(param["name"], param.get("value"))
    svg: str = vl_convert.vegalite_to_svg(spec, config=CONFIG, show_warnings=False)
    # What only catches the pointer.
    svg = re.sub(r'<path [^>]*\bopacity="0"[^>]*/>', "", svg)
    svg = re.sub(r' (?:aria-hidden|class|pointer-events)="[^"]*"| stroke-width="0"', "", svg)
    # A tenth of a pixel is as good as a thousandth, and half the file.
    return re.sub(r' (?:d|transform|x2|y2)="[^"]*"', lambda one: re.sub(r"(\.\d)\d+", r"\1", one[0]), svg)


def in_page(section: Section, model: str) -> str:
    """The drawing for the page: ids are unique in a document, and each drawing counts its own from the start."""
    svg = re.sub(r'((?:id="|url\(#))(clip|gradient)', rf"\1{section.key}-\2", svg_of(section, model))
    return svg.replace("<svg ", f'<svg role="img" aria-labelledby="{section.key}-title" ', 1)


def coloured(svg: str, colours: Mapping[str, str] = LIGHT) -> str:
    """The drawing with plain colours instead of the page's variables, and the hatch that it refers to."""
    hatch = (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="2" height="6" fill="{colours["paper"]}"/></pattern></defs>'
    )
    plain = re.sub(r"var\(--([a-z-]+)\)", lambda one: colours[one[1]], svg)
    return re.sub(r"(<svg [^>]*>)", rf"\1{hatch}", plain, count=1)


def picture(
    section: Section,
    model: str,
    *,
    title: str,
    subtitle: str,
    source: str,
    is_simulated: bool,
    size: tuple[int, int] | None = None,
) -> str:
    """A chart that can be passed on alone: title, subtitle, drawing, source with date and licence, SIMULATED across it where
    it applies. ``size`` is that of the whole picture, in pixels; without it the drawing has its own height."""
    width = size[0] if size else WIDTH + 2 * _MARGIN
    scale = width / (WIDTH + 2 * _MARGIN)
    heading, line = 26 * scale, 15 * scale
    titles = _wrapped(title, width - 2 * _MARGIN, heading)
    subtitles = _wrapped(subtitle, width - 2 * _MARGIN, line)
    sources = _wrapped(source, width - 2 * _MARGIN, 12 * scale)
    top = _MARGIN + len(titles) * heading * 1.25 + len(subtitles) * line * 1.45 + 8
    below = len(sources) * 12 * scale * 1.45 + _MARGIN
    drawn = svg_of(section, model, width=int(width - 2 * _MARGIN), height=int(size[1] - top - below - 90) if size else None)
    drawn_height = _height(drawn)
    height = size[1] if size else int(top + drawn_height + below + 8)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f"font-family=\"system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif\" role=\"img\" "
        f'aria-label="{escape(title)}"><rect width="{width}" height="{height}" fill="{LIGHT["paper"]}"/>',
        *_texts(titles, _MARGIN + heading, heading, LIGHT["ink"], ' font-weight="bold"', 1.25),
        *_texts(subtitles, _MARGIN + len(titles) * heading * 1.25 + line, line, LIGHT["muted"], "", 1.45),
        f'<g transform="translate({_MARGIN},{top:.0f})">{coloured(drawn)}</g>',
        *_texts(sources, height - below + 12 * scale, 12 * scale, LIGHT["muted"], "", 1.45),
    ]
    if is_simulated:
        parts.append(
            f'<text x="{width / 2:.0f}" y="{height / 2:.0f}" text-anchor="middle" font-size="{width / 8:.0f}" '
            f'font-weight="bold" fill="{LIGHT["lit"]}" opacity="0.25" '
            f'transform="rotate(-20 {width / 2:.0f} {height / 2:.0f})">SIMULATED</text>'
        )
    return "".join([*parts, "</svg>"])


_MARGIN = 24


def _texts(lines: Sequence[str], y: float, size: float, colour: str, more: str, leading: float) -> list[str]:
    return [
        f'<text x="{_MARGIN}" y="{y + place * size * leading:.0f}" font-size="{size:.0f}" fill="{colour}"{more}>'
        f"{escape(line)}</text>"
        for place, line in enumerate(lines)
    ]


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """Lines of a text: a letter is about half as wide as it is high, one of Chinese as wide as high."""
    lines, used = [""], 0.0
    for word in re.findall(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+", text):
        taken = sum(size if ord(letter) > 0x2E7F else 0.56 * size for letter in word.rstrip())  # noqa: PLR2004
        if lines[-1] and used + taken > width:
            lines.append("")
            used = 0.0
        lines[-1] += word
        used += taken + (0.56 * size if word.endswith(" ") else 0)
    return [line.strip() for line in lines if line.strip()]


def _height(svg: str) -> float:
    found = re.search(r'<svg [^>]*\bheight="([\d.]+)"', svg)
    return float(found[1]) if found else 0.0
