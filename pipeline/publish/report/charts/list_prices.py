"""What M2 cost by list price in its best week, beside the models it was ranked with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import INK, LIT, MUTED, SLATE, finished, rows_of, specification, tooltip_of
from pipeline.publish.report.names import display, family
from pipeline.publish.report.section import MODEL, RANK, Found, Row, Section, columns
from pipeline.publish.report.words import Words

_ROOM_FOR_TEXT = 1.55  # of the highest price


@specification
def drawn(words: Words, number: int, highest: float) -> dict[str, Any]:
    """A bar for each model, by its rank in coding; its three prices beside it."""
    rows = rows_of("prices")
    place: dict[str, Any] = {
        "y": alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelColor=INK, labelLimit=170, ticks=False)),
        "x": alt.X(
            "blended_usd_per_million:Q",
            title=None,
            scale=alt.Scale(domain=[0, highest * _ROOM_FOR_TEXT], nice=False),
            axis=alt.Axis(format="$~g", grid=True, tickCount=5),
        ),
    }
    prices = tooltip_of(
        words, base_permaslug="", prompt_usd_per_million="$.3f", completion_usd_per_million="$.3f",
        blended_usd_per_million="$.3f", listed_on="day",
    )  # fmt: skip
    bars = rows.mark_bar(height={"band": 0.62}, opacity=1).encode(
        **place, color=alt.condition("datum.is_m2", alt.value(LIT), alt.value(SLATE)), tooltip=prices
    )
    blended = rows.mark_text(align="left", dx=6, fontWeight="bold").encode(
        **place, text="said:N", color=alt.condition("datum.is_m2", alt.value(LIT), alt.value(INK))
    )
    parts = rows.transform_filter("!narrow").mark_text(align="left", dx=58, fontSize=11, color=MUTED)
    return finished(bars, blended, parts.encode(**place, text="parts:N"), height=38 * number, right=16, top=4)


def title_of(rows: Sequence[Row], words: Words) -> str:
    """M2 against the dearest of the others; a plain description where either has no known price."""
    m2 = next((row for row in rows if row["is_m2"] and not row["is_free"]), None)
    others = [row for row in rows if not row["is_m2"] and not row["is_free"]]
    if m2 is None or not others:
        return words("list_prices.plain")
    dearest = max(others, key=lambda row: row["blended_usd_per_million"])
    return words(
        "list_prices.title",
        m2=family(m2["base_permaslug"]), m2_price=m2["blended_usd_per_million"],
        other=display(dearest["base_permaslug"]), other_price=dearest["blended_usd_per_million"],
        day=max(m2["listed_on"], dearest["listed_on"]),
    )  # fmt: skip


def section(found: Found) -> Section:
    words = found.words
    known = found("list_prices")
    rows = known if found.is_local else []
    for row in rows:
        name = display(row["base_permaslug"])
        prompt, completion = row["prompt_usd_per_million"], row["completion_usd_per_million"]
        row |= {
            "is_m2": row["base_permaslug"] == M2,
            "label": words("list_prices.free", name=name) if row["is_free"] else name,
            "said": words("list_prices.said", price=row["blended_usd_per_million"]),
            "parts": "" if row["is_free"] else words("list_prices.parts", prompt=prompt, completion=completion),
        }
    priced = len({row["base_permaslug"] for row in rows})
    week = rows[0]["week_start"] if rows else None
    return Section(
        words=words,
        key="list_prices",
        title=title_of(rows, words),
        subtitle=words("list_prices.subtitle", week=week),
        note=words("list_prices.note", priced=priced),
        nothing=words("list_prices.withheld" if known else "list_prices.nothing"),
        citations=[*dict.fromkeys(row["citation"] for row in rows), words("list_prices.licence")],
        columns=columns(
            words, RANK, MODEL, "is_free|flag", "prompt_usd_per_million|number", "completion_usd_per_million|number",
            "blended_usd_per_million|number", "listed_on|date",
        ),
        rows=rows,
        row_columns=("base_permaslug", "is_free"),
        row_query=f"from {rows[0]['price_table']} where model_permaslug = {{model_permaslug}}" if rows else "",
        spec=drawn(words, len(rows), max((row["blended_usd_per_million"] for row in rows), default=1)),
        datasets={"prices": rows},
        docs="pareto-efficient",
    )  # fmt: skip
