"""Tokens a day, free and paid."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import (
    BAND,
    BILLIONS,
    DAY_MS,
    FIFTH,
    INK,
    SECOND,
    by_week,
    finished,
    rows_of,
    tooltip_of,
)
from pipeline.publish.report.section import EXACT, PROVISIONAL, SAME_MODEL, Column, Found, Section


@cache
def drawn(model: str) -> dict[str, Any]:
    """Tokens a day, free upon paid; the range where only a bound is known; the line that was claimed."""
    days = rows_of("tokens").transform_calculate(day_end=f"+datum.usage_date + {DAY_MS}", total="datum.paid + datum.free")
    tooltip = tooltip_of(day="usage_date|day", millions_paid="paid|,d", millions_free="free|,d", millions_at_most="upper|,d")
    y: dict[str, Any] = {"title": "tokens a day", "axis": alt.Axis(labelExpr=BILLIONS, tickCount=5)}
    x = by_week("usage_date:T")
    listed = days.transform_filter("isValid(datum.paid)")
    paid = (
        listed.transform_filter("datum.paid > 0")
        .transform_calculate(zero="0")
        .mark_bar(color=SECOND, strokeWidth=0)
        .encode(x=x, x2="day_end:T", y=alt.Y("zero:Q", **y), y2="paid:Q", tooltip=tooltip)
    )
    free = (
        listed.transform_filter("datum.free > 0")
        .mark_bar(color=FIFTH, strokeWidth=0)
        .encode(x=x, x2="day_end:T", y=alt.Y("paid:Q", **y), y2="total:Q", tooltip=tooltip)
    )
    bound = (
        days.transform_filter("!isValid(datum.paid) && isValid(datum.upper)")
        .transform_calculate(zero="0")
        .mark_bar(color=BAND, strokeWidth=0)
        .encode(x=x, x2="day_end:T", y=alt.Y("zero:Q", **y), y2="upper:Q", tooltip=tooltip)
    )
    line = rows_of("line").mark_rule(color=INK, strokeDash=[5, 4]).encode(y=alt.Y("value:Q", **y))
    label = (
        rows_of("line")
        .mark_text(align="right", baseline="bottom", dy=-4, color=INK)
        .encode(y=alt.Y("value:Q", **y), x=alt.value("width"), text="label:N")
    )
    return finished(bound + paid + free + line + label, height=280, model=model)


def section(found: Found) -> Section:
    rows = [
        {
            "base_permaslug": row["base_permaslug"],
            "usage_date": row["usage_date"],
            "paid": _million(row["paid_tokens"]),
            "free": _million(row["free_tokens"]),
            "upper": _million(row["tokens_upper"]),
            "is_provisional": row["is_provisional"],
        }
        for row in found("tokens_daily")
    ]
    return Section(
        key="tokens",
        query="tokens_daily",
        row_columns=("usage_date",),
        row_query=f"from core.model_usage_daily where {SAME_MODEL} and usage_date = {{usage_date:date}}",
        m2_row_query="from marts.m2_usage_daily where usage_date = {usage_date:date}",
        what="Exact tokens a day, prompt and completion, to the million; the free variant stands on the paid one.",
        missing="Not shown: days that were not read, or, but for M2, do not list the model: gaps, not zeros; models that "
        f"were never among the first ten in coding. {EXACT}",
        caption="Tokens a day, in millions",
        columns=[
            Column("usage_date", "day", "date"),
            Column("paid", "paid", "number"),
            Column("free", "free", "number"),
            Column("upper", "at most", "number"),
            PROVISIONAL,
        ],
        rows=rows,
        legend=[
            ("blue", "paid"), ("orange", "free"), ("band", "not listed: at most this much"),
            ("line", "80 billion, as claimed")
        ],
        spec=drawn(M2),
        datasets={"tokens": rows, "line": [{"base_permaslug": M2, "value": 80_000, "label": "80 billion"}]},
        is_by_model=True,
    )  # fmt: skip


def _million(tokens: int | None) -> int | None:
    return None if tokens is None else round(tokens / 1e6)
