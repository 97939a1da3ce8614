"""What a session costs, by app, model and number of turns: ``/datasets/session-cost``.

Belongs here: its cells and how they are read. Not here: what all endpoints share (``request``, ``response``).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.endpoint import CC_BY, Endpoint, Paging
from pipeline.openrouter.endpoints.expectation import IS_MODEL, Expectation, once
from pipeline.openrouter.endpoints.response import SPARED_ONE_IN, Answer, dataset_of, read_entries
from pipeline.openrouter.endpoints.rows import NUMBER, TEXT, Row

_META = frozenset({"as_of", "version", "window_days", "window_end_date"})
_MOST_LIMIT = 500

ROW = Row(("app_name",), app_slug=TEXT, turn_range=TEXT, model_permaslug=TEXT, median_session_cost_usd=NUMBER)


def read_session_costs(body: bytes) -> Answer:
    """Read one page of ``/datasets/session-cost``. Raises PermanentFailure where the envelope is not the contract's."""
    items, meta, unknown = dataset_of(body, _META)
    answer = read_entries(ROW.schema, items, ROW.read, unknown)
    if meta["window_end_date"] is None and answer.rows_read:
        raise PermanentFailure("`meta.window_end_date` is null beside cells: of which days they are is not said")
    return replace(
        answer,
        as_of=fields.field_of(meta, "as_of", fields.instant),
        period_start=None if meta["window_end_date"] is None else fields.field_of(meta, "window_end_date", fields.day),
    )


EXPECTATIONS = (
    Expectation(
        "session_cost_once", "session_costs", once("exchange_id", "app_slug", "turn_range", "model_permaslug"),
        "A response has each cell of app, turns and model once.",
        "the source was renewed while its pages were read",
    ),
    Expectation(
        "session_cost_is_not_negative", "session_costs", pl.col("median_session_cost_usd") >= 0,
        "Costs of sessions are never negative.",
        "costs are written in another way",
    ),
    Expectation(
        "session_model_has_an_author", "session_costs", IS_MODEL,
        "A model of a session is named as rankings do.",
        "the rows are not models: the layout of the response has changed",
    ),
)  # fmt: skip


SESSION_COST = Endpoint(
    path="/datasets/session-cost",
    title="cost of sessions",
    name="session_costs",
    table="session_cost_rows",
    read=read_session_costs,
    schema=ROW.schema,
    citation="Source: OpenRouter Data API (openrouter.ai/docs/cookbook/administration/data-api)",
    licence=CC_BY,
    always={"limit": str(_MOST_LIMIT), "offset": "0"},
    paging=lambda params: Paging(default_limit=100, most_limit=_MOST_LIMIT, last_offset=5000),
    spares_one_in=SPARED_ONE_IN,
    measures=("median_session_cost_usd",),
    expectations=EXPECTATIONS,
)
