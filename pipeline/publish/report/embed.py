"""A chart as a page to embed: the still drawing in the reader's light or dark colours, without any script.

Belongs here: ``embed/<key>.html``. Not here: the picture as a file (``picture``).
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from pipeline.publish.report import markup
from pipeline.publish.report.content import Content
from pipeline.publish.report.picture import across, height_of, provisional, swatch
from pipeline.publish.report.section import Key, Section
from pipeline.publish.report.still import HATCH_DEFS, WIDTH, rows_of_model, svg_of, unique, unnamed

NARROW = 360


def page(section: Section, content: Content, source: str) -> str:
    """The page. Its link leads to the full one: beside it, or at the public address."""
    model = content.chosen
    wide, narrow = svg_of(section, model), svg_of(section, model, width=NARROW, narrow=True)
    marks = rows_of_model(section, "marks", model) if "marks" in section.datasets else []
    style = markup.style_of("embed.css")
    return markup.template("embed.html.j2").render(
        policy=markup.policy(style),
        style=style,
        words=content.words,
        title=section.title_of(model),
        section=section,
        drawings=[
            ("wide", _over(unique(wide, "wide"), WIDTH, content)),
            ("narrow", _over(unique(narrow, "narrow"), NARROW, content)),
        ],
        legend=_drawn(section.legend),
        hatch=Markup(HATCH_DEFS),  # noqa: S704 - our own text
        unnamed={
            "wide": _drawn(unnamed(section, model)),
            "narrow": _drawn(unnamed(section, model, is_narrow=True)),
        },
        marks=[row["label"] for row in marks],
        provisional=provisional(wide, content.words),
        source=source,
        href=f"{content.settings.public_address('') or '../index.html'}#{section.key}",
        is_simulated=content.is_simulated,
    )


def _drawn(keys: Sequence[Key]) -> list[tuple[Markup, str]]:
    return [(Markup(swatch(key.kind)), key.text) for key in keys]  # noqa: S704 - our own text


def _over(svg: str, width: int, content: Content) -> Markup:
    mark = across(width, height_of(svg)) if content.is_simulated else ""
    return Markup(svg.replace("</svg>", f"{mark}</svg>"))  # noqa: S704 - Vega escapes text
