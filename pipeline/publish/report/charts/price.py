"""What a model can do against what it costs. Scores and prices may not be passed on: the local page alone draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import FAINT, LIT, SECOND, finished, on_paper, rows_of, specification, tooltip_of
from pipeline.publish.report.names import display, family
from pipeline.publish.report.section import MODEL, SAME_MODEL, Found, Key, Row, Section, columns
from pipeline.publish.report.words import Words

_LETTER, _WIDTH, _HEIGHT, _LINE = 6.0, 780, 330, 13  # pixels
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
    named = rows.transform_filter("isValid(datum.align)").encode(**place, text="label:N")
    at: dict[str, Any] = {
        "align": alt.ExprRef("datum.align"), "dx": alt.ExprRef("datum.dx"), "dy": alt.ExprRef("datum.dy"), "fontSize": 11,
    }  # fmt: skip
    others = named.transform_filter("!narrow && !datum.is_of_lineage")
    own = named.transform_filter("datum.is_of_lineage")
    return finished(
        frontier
        + dots.encode(
            **place,
            tooltip=tooltip,
            color=alt.condition("datum.is_pareto_efficient", alt.value(SECOND), alt.value(FAINT)),
        )
        + lit.encode(**place, tooltip=tooltip)
        + on_paper(others, weight="normal", color=SECOND, **at)
        + on_paper(own, color=LIT, **at),
        height=_HEIGHT + 30,
        right=20,
    )


def _name_apart(rows: Sequence[Row]) -> None:
    """Name the lineage, and of the efficient models those whose names have room: beside, above or below their dot."""
    if not rows:
        return
    prices = [math.log10(row["blended_usd_per_million"]) for row in rows]
    scores = [row["intelligence_index"] for row in rows]
    across, up = _WIDTH / (max(prices) - min(prices) or 1), _HEIGHT / (max(scores) - min(scores) or 1)
    taken: list[tuple[float, float, float]] = []
    wanted = [row for row in rows if row["is_of_lineage"] or row["is_pareto_efficient"]]
    for row in sorted(wanted, key=lambda row: (not row["is_of_lineage"], row["blended_usd_per_million"])):
        row["label"] = family(row["base_permaslug"]) if row["is_of_lineage"] else display(row["base_permaslug"])
        length = len(row["label"]) * _LETTER
        x = (math.log10(row["blended_usd_per_million"]) - min(prices)) * across
        y = (max(scores) - row["intelligence_index"]) * up
        for align, dx, dy in (
            ("right", -8, -8),
            ("left", 9, -8),
            ("left", 9, 4),
            ("right", -9, 4),
            ("left", 8, 16),
            ("right", -8, 16),
        ):
            left = x + dx - (length if align == "right" else 0)
            is_free = all(
                left > right or left + length < start or abs(y + dy - other) >= _LINE for start, right, other in taken
            )
            if is_free and left + length <= _WIDTH + 2 * _LINE and left >= -2 * _LINE:
                taken.append((left, left + length, y + dy))
                row |= {"align": align, "dx": dx, "dy": dy}
                break


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
    _name_apart(priced)
    return Section(
        key="price",
        group="story",
        query="price",
        title=title_of(priced, words),
        subtitle=words("price.subtitle"),
        note=words("price.note"),
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
        datasets={"price": priced},
        docs="pareto-efficient",
    )  # fmt: skip
