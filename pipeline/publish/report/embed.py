"""A chart as a page to embed: the still drawing in the reader's light or dark colours, without any script.

Belongs here: ``embed/<key>.html``. Not here: the picture as a file (``picture``).
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from pipeline.publish.report.picture import across, height_of, provisional, swatch
from pipeline.publish.report.section import Section
from pipeline.publish.report.still import HATCH_DEFS, WIDTH, rows_of_model, svg_of, unique, unnamed
from pipeline.publish.report.words import Words

NARROW = 360

_HERE = Path(__file__).parent


def page(
    section: Section, model: str, *, title: str, source: str, is_simulated: bool, words: Words, public_url: str | None
) -> str:
    """The page. Its link leads to the full one: beside it, or at the public address."""
    wide, narrow = svg_of(section, model), svg_of(section, model, width=NARROW, narrow=True)
    drawings = [
        ("wide", _over(unique(wide, "wide"), WIDTH, is_simulated=is_simulated)),
        ("narrow", _over(unique(narrow, "narrow"), NARROW, is_simulated=is_simulated)),
    ]
    marks = rows_of_model(section, "marks", model) if "marks" in section.datasets else []
    return template("embed.html.j2").render(
        policy=policy(),
        style=style(),
        words=words,
        title=title,
        section=section,
        drawings=drawings,
        legend=[(Markup(swatch(key.kind)), key.text) for key in section.legend],  # noqa: S704 - our own text
        hatch=Markup(HATCH_DEFS),  # noqa: S704 - our own text
        unnamed={
            kind: [(Markup(swatch(key.kind)), key.text) for key in unnamed(section, model, is_narrow=kind == "narrow")]  # noqa: S704 - as above
            for kind, _ in drawings
        },
        marks=[row["label"] for row in marks],
        provisional=provisional(section, wide, words),
        source=source,
        href=f"{base_of(public_url) or '../index.html'}#{section.key}",
        is_simulated=is_simulated,
    )


def base_of(public_url: str | None) -> str:
    """The public address of the folder of the page, which ends with a slash; "" without one."""
    return f"{public_url.rstrip('/')}/" if public_url else ""


def _over(svg: str, width: int, *, is_simulated: bool) -> Markup:
    mark = across(width, height_of(svg)) if is_simulated else ""
    return Markup(svg.replace("</svg>", f"{mark}</svg>"))  # noqa: S704 - Vega escapes text


@cache
def template(name: str) -> Template:
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template(name)


@cache
def style() -> Markup:
    """The page's colours, and the style of small pages."""
    colours = re.match(r":root \{.*?\n\}\n@media[^\n]*\{\n.*?\n\}\n", _text("page.css"), re.DOTALL)
    if colours is None:
        raise ValueError("page.css does not begin with its colours: expected `:root { … }` and dark screens")
    return Markup(colours[0] + _text("embed.css"))  # noqa: S704 - our own files


@cache
def policy() -> str:
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
