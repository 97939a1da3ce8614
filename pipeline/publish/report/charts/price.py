"""What a model can do against what it costs. Scores and prices may not be passed on: the local page alone draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import (
    FAINT,
    LIT,
    SECOND,
    Point,
    beside,
    finished,
    placed,
    rows_of,
    specification,
    tooltip_of,
)
from pipeline.publish.report.names import display, family
from pipeline.publish.report.section import MODEL, SAME_MODEL, Found, Key, Row, Section, columns
from pipeline.publish.report.words import Words

_HEIGHT = 330
_FREE = 0.0


@specification
def drawn(words: Words) -> dict[str, Any]:
    """Each model by price and score; the efficient ones joined by steps, and named."""
    rows = rows_of("price")
    place: dict[str, Any] = {
        "x": alt.X(
            "blended_usd_per_million:Q",
            title=words("price.x"),
            scale=alt.Scale(type="log", nice=False, padding=14),
            axis=alt.Axis(format="$~g", values=[0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100], grid=True, titleAnchor="start"),
        ),
        "y": alt.Y(
            "intelligence_index:Q",
            title=None,
            scale=alt.Scale(zero=False, padding=16),
            axis=alt.Axis(tickCount=6),
        ),
    }
    tooltip = tooltip_of(
        words, base_permaslug="", intelligence_index="", blended_usd_per_million="$.3f", is_pareto_efficient=""
    )
    dots = rows.transform_filter("!datum.is_of_lineage").mark_circle(size=60, opacity=1)
    lit = rows.transform_filter("datum.is_of_lineage").mark_circle(size=120, color=LIT, opacity=1)
    frontier = (
        rows.transform_filter("datum.is_pareto_efficient")
        .mark_line(color=SECOND, strokeWidth=1.5, interpolate="step-after")
        .encode(**place, order="blended_usd_per_million:Q")
    )
    named = rows_of("names").encode(**place, text="label:N")
    others = named.transform_filter("!datum.is_of_lineage")
    own = named.transform_filter("datum.is_of_lineage")
    dots = dots.encode(
        **place, tooltip=tooltip, color=alt.condition("datum.is_pareto_efficient", alt.value(SECOND), alt.value(FAINT))
    )
    return finished(
        frontier, dots, lit.encode(**place, tooltip=tooltip),
        beside(others, weight="normal", fontSize=11, color=SECOND), beside(own, fontSize=11, color=LIT),
        height=_HEIGHT + 30, right=20,
    )  # fmt: skip


def _names(rows: Sequence[Row]) -> list[Row]:
    """The names of the lineage, and of the efficient models that have room."""
    if not rows:
        return []

    def at(row: Row) -> Point:
        return math.log10(row["blended_usd_per_million"]), row["intelligence_index"]

    dots = [at(row) for row in rows]
    (left, right), (low, high) = ((min(axis), max(axis)) for axis in zip(*dots, strict=True))
    best = sorted(at(row) for row in rows if row["is_pareto_efficient"])
    steps = [[one, (after[0], one[1]), after] for one, after in pairwise(best)]
    wanted = [row for row in rows if row["is_of_lineage"] or row["is_pareto_efficient"]]
    names = [
        {**row, "label": (family if row["is_of_lineage"] else display)(row["base_permaslug"])}
        for row in sorted(wanted, key=lambda row: (not row["is_of_lineage"], row["blended_usd_per_million"]))
    ]
    edge = 0.02 * (right - left or 1)
    domain = (left - edge, low - 1), (right + edge, high + 1)
    return placed(names, [*([dot] for dot in dots), *steps], at=at, domain=domain, height=_HEIGHT)


def title_of(rows: Sequence[Row], words: Words) -> str:
    """How many were cheaper than M2, and how many scored higher; without M2, how many were the best for their price."""
    m2 = next((row for row in rows if row["base_permaslug"] == M2), None)
    if m2 is not None:
        return words(
            "price.title",
            m2=family(M2), day=m2["snapshot_on"], all=len(rows) - 1,
            cheaper=sum(row["blended_usd_per_million"] < m2["blended_usd_per_million"] for row in rows),
            better=sum(row["intelligence_index"] > m2["intelligence_index"] for row in rows),
        )  # fmt: skip
    if rows:
        best = sum(row["is_pareto_efficient"] for row in rows)
        return words("price.title_without", best=best, all=len(rows), day=rows[0]["snapshot_on"])
    return words("price.plain")


def section(found: Found) -> Section:
    words = found.words
    known = found("price")
    rows = known if found.is_local else []
    cited = list(dict.fromkeys(row.pop("citation") for row in rows))
    priced = [row for row in rows if row["blended_usd_per_million"] > _FREE]
    return Section(
        words=words,
        key="price",
        title=title_of(priced, words),
        nothing=words("price.withheld" if known else "price.nothing"),
        citations=[words("price.makers"), *cited, words("price.licence")],
        columns=columns(
            words, MODEL, "intelligence_index|number", "blended_usd_per_million|number", "is_pareto_efficient|flag",
            "snapshot_on|date",
        ),
        rows=priced,
        table_rows=rows,
        row_columns=("base_permaslug",),
        row_query=f"from marts.price_intelligence where {SAME_MODEL} and snapshot_on = {{snapshot_on:date}}",
        legend=[
            Key("lit", words("price.family")), Key("blue", words("price.efficient")), Key("faint", words("price.others")),
        ],
        spec=drawn(words),
        datasets={"price": priced, "names": _names(priced)},
        docs="pareto-efficient",
    )  # fmt: skip
