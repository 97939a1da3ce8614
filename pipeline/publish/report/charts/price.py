"""Intelligence against price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import FAINT, LIT, NAME, SECOND, finished, narrow, on_paper, rows_of, tooltip_of
from pipeline.publish.report.section import LEFT_OUT, MODEL, NEEDS_KEY, SAME_MODEL, Column, Found, Section
from pipeline.publish.report.sentences import Row, short

_APART = (0.55, 4.0)  # decades of price and points of score between two names


@cache
def drawn() -> dict[str, Any]:
    """Each model by price and score, the efficient ones lit."""
    rows = rows_of("price").transform_calculate(name=NAME)
    x = alt.X(
        "blended_usd_per_million:Q",
        title="US dollars a million tokens, logarithmic",
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=alt.Axis(format="~g", values=[0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100], grid=True),
    )
    y = alt.Y(
        "intelligence_index:Q",
        title="intelligence index",
        scale=alt.Scale(zero=False, padding=14),
        axis=alt.Axis(tickCount=6),
    )
    tooltip = tooltip_of(
        model="base_permaslug", intelligence="intelligence_index", US_dollars_a_million="blended_usd_per_million|.3f"
    )
    dots = rows.transform_filter("!datum.is_of_lineage").mark_circle(size=60, opacity=1).encode(
        x=x, y=y, tooltip=tooltip, color=alt.condition("datum.is_pareto_efficient", alt.value(SECOND), alt.value(FAINT))
    )  # fmt: skip
    lit = (
        rows.transform_filter("datum.is_of_lineage")
        .mark_circle(size=120, color=LIT, opacity=1)
        .encode(x=x, y=y, tooltip=tooltip)
    )
    frontier = (
        rows.transform_filter("datum.is_pareto_efficient")
        .mark_line(color=SECOND, strokeWidth=1, interpolate="step-after", opacity=0.7)
        .encode(x=x, y=y, order="blended_usd_per_million:Q")
    )
    names = (
        rows.transform_filter("!narrow && datum.is_pareto_efficient && !datum.is_of_lineage && isValid(datum.named)")
        .mark_text(align="right", dx=-8, dy=-6, fontSize=11, color=SECOND, limit=130)
        .encode(x=x, y=y, text="named:N")
        .add_params(narrow())
    )
    own = rows.transform_filter("datum.is_of_lineage && isValid(datum.named)").encode(x=x, y=y, text="named:N")
    return finished(frontier + dots + lit + names + on_paper(own, align="left", dx=9, color=LIT), height=360, right=24)


def section(found: Found) -> Section:
    there = found("price")
    rows = there if found.is_local else []
    cited = list(dict.fromkeys(row.pop("citation") for row in rows))
    priced = [row for row in rows if row["blended_usd_per_million"] > 0]
    _name_apart(priced)
    finding = "Intelligence against price"
    m2 = next((row for row in priced if row["base_permaslug"] == M2), None)
    if m2 is not None:
        cheaper = sum(row["blended_usd_per_million"] < m2["blended_usd_per_million"] for row in priced)
        better = sum(row["intelligence_index"] > m2["intelligence_index"] for row in priced)
        finding = (
            f"On {m2['snapshot_on']} M2 cost {m2['blended_usd_per_million']:.2f} US dollars a million tokens: of "
            f"{len(priced)} models {cheaper} were cheaper and {better} scored higher"
        )
    elif priced:
        best = sum(row["is_pareto_efficient"] for row in priced)
        finding = f"On {priced[0]['snapshot_on']} nothing was both cheaper and better than {best} of {len(priced)} models"
    nothing = (
        f"Prices, and the scores of Artificial Analysis, {LEFT_OUT}"
        if there
        else f"{finding} is not shown: it needs prices and scores, {NEEDS_KEY}"
    )
    return Section(
        key="price",
        query="price",
        row_columns=("base_permaslug",),
        row_query=f"from marts.price_intelligence where {SAME_MODEL} and snapshot_on = {{snapshot_on:date}}",
        what="Intelligence index against the list price, three prompt tokens to one completion token. Blue: nothing is both "
        "cheaper and better; the lineage of M2 is lit.",
        missing="Not shown: models without a score or with a price of 0, discounts, caches.",
        citations=[
            "Scores: Artificial Analysis (artificialanalysis.ai). Prices: OpenRouter's model catalogue.",
            *cited,
            "No licence to pass them on was found.",
        ],
        nothing=nothing,
        caption="Score and price of each model",
        columns=[
            MODEL, Column("intelligence_index", "intelligence", "number"),
            Column("blended_usd_per_million", "US dollars a million", "number"),
            Column("is_pareto_efficient", "efficient", "flag"), Column("snapshot_on", "read on", "date"),
        ],
        rows=priced,
        finding=finding,
        spec=drawn(),
        datasets={"price": priced},
        table_rows=rows,
    )  # fmt: skip


def _name_apart(rows: Sequence[Row]) -> None:
    """Name the lineage, and of the efficient models those whose names have room."""
    taken: list[tuple[float, float]] = []
    first = sorted(rows, key=lambda row: (not row["is_of_lineage"], row["blended_usd_per_million"], row["base_permaslug"]))
    for row in first:
        at = math.log10(row["blended_usd_per_million"]), row["intelligence_index"]
        wanted = row["is_of_lineage"] or row["is_pareto_efficient"]
        has_room = all(abs(at[0] - x) > _APART[0] or abs(at[1] - y) > _APART[1] for x, y in taken)
        row["named"] = short(row["base_permaslug"]) if wanted and has_room else None
        if row["named"]:
            taken.append(at)
