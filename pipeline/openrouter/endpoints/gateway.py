"""Shares of labs at a second gateway, Vercel AI Gateway, by day: ``/api/ai/leaderboard-export``. It needs no key.

Belongs here: its rows and how they are read. Not here: what all endpoints share (``request``, ``response``).

It publishes shares and never volumes, of its own traffic: nothing of it is ever summed with OpenRouter's figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.endpoint import CC_BY, Endpoint
from pipeline.openrouter.endpoints.expectation import BLOCK, Expectation, once
from pipeline.openrouter.endpoints.response import Answer, Rows, read_entries
from pipeline.openrouter.endpoints.rows import DAY, NUMBER, TEXT, Row

FIRST_DAY = date(2025, 10, 1)
"""The first day it has: a request for an earlier one is refused."""

METRICS = ("requests", "spend", "tokens")
SUM_TOLERANCE = 0.05
"""Percentage points by which the shares of one day and metric may miss 100: they are rounded."""

LICENCE = "CC-BY-4.0"
"""What ``license`` of a response must be: with another one its figures might not be passed on."""

NOTICE = '© 2026 Vercel. "AI Gateway Leaderboard Data" is licensed under CC BY 4.0.'
"""The line that the source requires beside its figures."""

_ENVELOPE = frozenset(
    {"dataset", "modality", "from", "to", "earliest_available_date", "license", "license_url", "rows"},
)
ROW = Row(
    ("group", "modality"),
    period_start=("date", DAY), lab=("name", TEXT), metric=TEXT, share_percent=NUMBER,
)  # fmt: skip
_ASKED = {"dataset": "labs", "modality": "all"}
_PROMISED = {"license": LICENCE, **_ASKED}


def read_gateway(body: bytes) -> Answer:
    """Read an answer of ``/api/ai/leaderboard-export`` for labs. Raises PermanentFailure where the envelope is not the
    documented one, or names another licence, dataset or modality.
    """
    envelope = fields.envelope_of(body, *sorted(_ENVELOPE - {"license_url"}))
    fields.expect(envelope, _PROMISED)
    fields.field_of(envelope, "earliest_available_date", fields.day, within=None)
    unknown = envelope.keys() - _ENVELOPE
    answer = read_entries(ROW.schema, fields.rows_of(envelope, "rows"), _share, unknown, dated_by="date")
    return replace(
        answer,
        resolved_start=fields.field_of(envelope, "from", fields.day, within=None),
        resolved_end=fields.field_of(envelope, "to", fields.day, within=None),
    )


def _share(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    if row["modality"] != _ASKED["modality"]:
        raise ValueError(f"modality is not {_ASKED['modality']}")
    yield ROW.typed(row, unknown)


def _with_days(staged: pl.DataFrame) -> pl.DataFrame:
    """Rows with what holds of their day: the metrics it has, and what the shares of the row's metric sum to.

    ``staged`` has first_day and last_day, between which a day was requested and responded to. A row without a lab stands for
    one that could not be typed: of its day nothing else is compared.
    """
    is_whole = pl.col("lab").is_not_null().all().over(BLOCK)
    metrics = pl.col("metric").unique().sort().str.join(",").over(BLOCK)
    share_sum = pl.col("share_percent").sum().over(*BLOCK, "metric")
    return staged.with_columns(metrics_of_day=pl.when(is_whole).then(metrics), share_sum=pl.when(is_whole).then(share_sum))


EXPECTATIONS = (
    Expectation(
        "gateway_row_is_typed", "gateway", pl.col("lab").is_not_null(),
        "Every row of a day has the fields and types of the documented form.",
        "a field was renamed or changed its type; the rows are in raw.quarantine",
    ),
    Expectation(
        "gateway_day_was_requested", "gateway", pl.col("period_start").is_between("first_day", "last_day"),
        "Every day is within the requested span, and within the one that the response states.",
        "the response belongs to another request",
    ),
    Expectation(
        "gateway_lab_once", "gateway", once("exchange_id", "period_start", "lab", "metric") | pl.col("lab").is_null(),
        "A day and metric has each lab once.",
        "the response overlaps itself, or names of two labs were made one",
    ),
    Expectation(
        "gateway_metrics_are_known", "gateway", pl.col("metrics_of_day") == ",".join(METRICS),
        f"A day has the metrics {', '.join(METRICS)}, all of them and no other.",
        "the source renamed, added or left out a metric: what the others are shares of may have changed, too",
    ),
    Expectation(
        "gateway_share_is_a_percentage", "gateway", pl.col("share_percent").is_between(0, 100),
        "A share is between 0 and 100.",
        "shares are written in another way",
    ),
    Expectation(
        "gateway_shares_sum_to_100", "gateway", (pl.col("share_sum") - 100).abs() <= SUM_TOLERANCE + 1e-9,
        f"The shares of one day and metric sum to 100, to {SUM_TOLERANCE} of a percentage point.",
        "labs are missing, shares are of another whole, or are written as fractions",
    ),
)  # fmt: skip


GATEWAY = Endpoint(
    path="/api/ai/leaderboard-export",
    title="second gateway",
    name="gateway",
    table="gateway_rows",
    read=read_gateway,
    schema=ROW.schema,
    citation=NOTICE,
    licence=CC_BY,
    source="gateway",
    needs_key=False,
    always={**_ASKED, "format": "json"},
    # A row's period is that of its block.
    volatile=frozenset({"position", "period_start"}),
    dates=("from", "to"),
    # The source states no longest span: all its days are one request, for a hundred years.
    longest_span_days=36_600,
    cached_hours=24,
    in_full=lambda params: {"modality": "all", "format": "json", **params},
    prepare=_with_days,
    expectations=EXPECTATIONS,
)
