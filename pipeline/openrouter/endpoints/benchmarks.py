"""Scores of models from Artificial Analysis: ``/benchmarks``.

Belongs here: its rows and how they are read. Not here: what all endpoints share (``request``, ``response``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.endpoint import Endpoint
from pipeline.openrouter.endpoints.expectation import IS_MODEL, Expectation, once
from pipeline.openrouter.endpoints.response import SPARED_ONE_IN, Answer, Rows, dataset_of, read_entries, told_apart
from pipeline.openrouter.endpoints.rows import TEXT, Row
from pipeline.openrouter.endpoints.scores import INDEX, INDICES, PRICE, prices

_ROW = Row(("source", "display_name", "pricing"), model_permaslug=TEXT, **dict.fromkeys(INDICES, INDEX))
SCHEMA = {**_ROW.schema, "prompt_usd_per_token": PRICE, "completion_usd_per_token": PRICE}

_BENCHMARKS_META = frozenset({"as_of", "version", "source", "source_url", "citation", "model_count", "task_type"})
_SOURCE = "artificial-analysis"


def read_benchmarks(body: bytes) -> Answer:
    """Read an answer of ``/benchmarks`` of Artificial Analysis. Raises PermanentFailure where it is not the contract's."""
    items, meta, unknown = dataset_of(body, _BENCHMARKS_META)
    fields.expect(meta, {"source": _SOURCE}, within="meta")
    answer = read_entries(SCHEMA, items, _benchmark, unknown)
    return replace(
        told_apart(answer, items, "model_permaslug", one_in=SPARED_ONE_IN),
        as_of=fields.field_of(meta, "as_of", fields.instant),
        citation=None if meta["citation"] is None else fields.field_of(meta, "citation", fields.text),
    )


def _benchmark(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    if row["source"] != _SOURCE:
        raise ValueError(f"source is not {_SOURCE}")
    yield {**_ROW.typed(row, unknown), **({} if row["pricing"] is None else prices(row["pricing"], per="token"))}


EXPECTATIONS = (
    Expectation(
        "benchmark_model_once", "benchmarks", once("exchange_id", "model_permaslug"),
        "A response has one score per model.",
        "scores are given for several settings of one model",
    ),
    Expectation(
        "benchmark_model_has_an_author", "benchmarks", IS_MODEL,
        "A scored model is written author/model, as in the rankings.",
        "the rows are not models: the layout of the response has changed",
    ),
    Expectation(
        "index_is_on_scale", "benchmarks", pl.all_horizontal(pl.col(INDICES).is_between(0, 100).fill_null(value=True)),
        "An index is between 0 and 100.",
        "the scale of the index has changed",
    ),
)  # fmt: skip


BENCHMARKS = Endpoint(
    path="/benchmarks",
    title="benchmarks",
    name="benchmarks",
    table="benchmark_rows",
    read=read_benchmarks,
    schema=SCHEMA,
    # Each response brings a line of its own.
    citation="Source: OpenRouter (openrouter.ai/rankings)",
    licence=None,
    # The API would mix sources of different shapes if none were named.
    always={"source": _SOURCE},
    has_period=False,
    spares_one_in=SPARED_ONE_IN,
    measures=INDICES,
    expectations=EXPECTATIONS,
)
