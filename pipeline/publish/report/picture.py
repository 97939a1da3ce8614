"""A chart that can be passed on alone: title, subtitle, legend, drawing, source with date and licence.

Belongs here: the picture around a drawing, as SVG. Not here: the drawing (``still``), PNG (``engine``), which files
exist (``files``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape

from pipeline.publish.report.content import SIMULATED, Content
from pipeline.publish.report.drawing import BAND_OPACITY, HATCH, width_of
from pipeline.publish.report.section import Key, Section
from pipeline.publish.report.still import WIDTH, coloured, svg_of, unnamed
from pipeline.publish.report.words import Words

MARGIN = 24
# vl-convert brings Liberation Sans, so that a PNG is the same on every machine; Arial has the same widths.
FONT = "'Liberation Sans', Arial, Helvetica, sans-serif"
PNG_SCALE = 1.5

_TITLE, _TITLE_OF_CARD, _SUBTITLE, _SMALL = 26, 30, 15, 12
_LEADING, _LEADING_OF_TITLE = 1.35, 1.18
_WIDE = WIDTH + 2 * MARGIN


def picture(
    section: Section, content: Content, source: str, *, headline: str | None = None, size: tuple[int, int] | None = None
) -> str:
    """The picture as SVG, with SIMULATED across it where it applies.

    ``size`` is that of the whole picture in pixels: the drawing then has the height that is left, and the section's note is
    left out. Without it the drawing has its own height. Below a ``headline`` the title is the subtitle.
    """
    model, title = content.chosen, section.title_of(content.chosen)
    subtitle = section.subtitle
    if headline is not None:
        title, subtitle = headline, title
    top = _Lines(MARGIN)
    top.add(title, _TITLE_OF_CARD if size else _TITLE, "var(--ink)", bold=True)
    top.y += 4
    top.add(subtitle, _SUBTITLE, "var(--muted)")
    top.y += 6
    legend = _legend([*section.legend, *unnamed(section, model)], top.y)
    top.y += _LEGEND_HEIGHT * legend.count("<g ")
    drawing = svg_of(section, model)
    below = _Lines(0)
    for line in ["" if size else section.note, provisional(drawing, content.words), source]:
        below.add(line, _SMALL, "var(--muted)")
    if size:
        whole = _WIDE * size[1] / size[0]
        room = whole - top.y - below.y - MARGIN - 8
        drawing = svg_of(section, model, height=room - (height_of(drawing) - float((section.spec or {})["height"])))
    else:
        whole = 2 * math.ceil((top.y + height_of(drawing) + 8 + below.y + MARGIN) / 2)  # whole pixels in the PNG too
    width, height = size or (_WIDE, int(whole))
    drawing = drawing.replace("<svg ", '<svg overflow="visible" ', 1)  # to clip it takes a third of the time of the PNG
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {_WIDE} {whole:.1f}" '
        f'font-family="{FONT}" role="img" aria-label="{escape(title)}">'
        f'<rect x="-1" y="-1" width="{_WIDE + 2}" height="{whole + 2:.1f}" fill="var(--paper)"/>{top.svg}'
        f'<g transform="translate({MARGIN},0)">{legend}</g>'
        f'<g transform="translate({MARGIN},{top.y:.0f})">{drawing}</g>'
        f'<g transform="translate(0,{whole - MARGIN - below.y:.1f})">{below.svg}</g>'
        f"{across(_WIDE, whole) if content.is_simulated else ''}</svg>"
    )
    return coloured(svg)


def provisional(drawing: str, words: Words) -> str:
    """What a hatch means, which the page says once for all charts: "" where none is drawn."""
    return words("script.provisional") if HATCH in drawing else ""


def across(width: float, height: float) -> str:
    """SIMULATED from the lower left to the upper right."""
    x, y = width / 2, height / 2
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" dominant-baseline="central" font-size="{width / 8:.0f}" '
        f'font-weight="bold" fill="var(--lit)" stroke="var(--paper)" stroke-width="2" opacity="0.4" '
        f'pointer-events="none" transform="rotate(-20 {x:.0f} {y:.0f})">{SIMULATED}</text>'
    )


def height_of(svg: str) -> float:
    found = re.search(r'<svg [^>]*\bheight="([\d.]+)"', svg)
    if found is None:
        raise ValueError("a drawing without a height: expected what vl-convert draws")
    return float(found[1])


# --- legend ---------------------------------------------------------------------------------------------------------------

_LEGEND_HEIGHT, _SWATCH, _GAP = 20, 12, 18


def _legend(keys: Sequence[Key], top: float) -> str:
    """The legend, one group a line, as page.css draws it on the page."""
    lines: list[list[str]] = [[]]
    x = 0.0
    for key in keys:
        width = _SWATCH + 6 + width_of(key.text, 13)
        if lines[-1] and x + width > WIDTH:
            lines.append([])
            x = 0
        text = f'<text x="{x + _SWATCH + 6:.0f}" y="11" font-size="13" fill="var(--muted)">{escape(key.text)}</text>'
        lines[-1].append(swatch(key.kind, x) + text)
        x += width + _GAP
    return "".join(
        f'<g transform="translate(0,{top + place * _LEGEND_HEIGHT:.0f})">{"".join(parts)}</g>'
        for place, parts in enumerate(lines)
        if parts
    )


def swatch(kind: str, x: float = 0) -> str:
    """How an entry is drawn: a line, or a box of 12 pixels in the colour of that name; "blue dashes" is both."""
    colour, _, shape = kind.partition(" ")
    strokes = {
        "line": ("ink", 2, "4 2"), "cap": ("faint", 1, ""),
        "solid": (colour, 2, ""), "dots": (colour, 2, "2 2"), "dashes": (colour, 2, "5 2"),
    }  # fmt: skip
    if (shape or kind) in strokes:
        stroke, width, dashes = strokes[shape or kind]
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        place = f'x1="{x:.0f}" x2="{x + _SWATCH:.0f}" y1="6.5" y2="6.5"'
        return f'<line {place} stroke="var(--{stroke})" stroke-width="{width}"{dashed}/>'
    fill, opacity = ("slate", BAND_OPACITY) if kind == "band" else (colour, BAND_OPACITY if shape == "wash" else 1)
    return f'<rect x="{x:.0f}" width="{_SWATCH}" height="{_SWATCH}" fill="var(--{fill})" fill-opacity="{opacity}"/>'


# --- text -----------------------------------------------------------------------------------------------------------------


class _Lines:
    """Texts below each other, wrapped to the width of the picture."""

    def __init__(self, y: float) -> None:
        self.y = y
        self.svg = ""

    def add(self, text: str, size: float, colour: str, *, bold: bool = False) -> None:
        for line in wrapped(text, WIDTH, size, bold=bold, is_even=size > _SMALL):
            weight = ' font-weight="bold"' if bold else ""
            baseline = self.y + size
            self.svg += (
                f'<text x="{MARGIN}" y="{baseline:.1f}" font-size="{size}" fill="{colour}"{weight}>{escape(line)}</text>'
            )
            self.y += size * (_LEADING_OF_TITLE if bold else _LEADING)


def wrapped(text: str, width: float, size: float, *, bold: bool = False, is_even: bool = False) -> list[str]:
    """Lines of a text: as few as the width allows, and about equally long if ``is_even``."""
    lines = _filled(text, width, size, bold=bold)
    while is_even and len(lines) > 1:
        width -= size
        narrower = _filled(text, width, size, bold=bold)
        if len(narrower) > len(lines) or max(width_of(line, size, bold=bold) for line in narrower) > width:
            break
        lines = narrower
    return lines


def _filled(text: str, width: float, size: float, *, bold: bool) -> list[str]:
    lines: list[str] = []
    # Chinese breaks between any two letters, words too long for a line break anywhere, a space that is to hold never.
    for word in re.findall(r"[\u2e80-\uffff] *|[^ \u2e80-\uffff]{1,28} *", text):
        if lines and width_of((lines[-1] + word).rstrip(), size, bold=bold) <= width:
            lines[-1] += word
        else:
            lines.append(word)
    return [line.strip() for line in lines]
