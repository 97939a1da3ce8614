"""What a session costs, by app, model and number of turns: ``/datasets/session-cost``.

Belongs here: its request, its cells and how they are read. Not here: what all endpoints share (``request``, ``response``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, get_args

import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.endpoint import CC_BY, Endpoint, Paging
from pipeline.openrouter.endpoints.expectation import IS_MODEL, Expectation, once
from pipeline.openrouter.endpoints.request import described, refuse_number, refuse_unknown, set_params
from pipeline.openrouter.endpoints.response import SPARED_ONE_IN, Answer, Rows, read_entries, unknown_of

TurnRange = Literal["1-turn", "2-9-turns", "10-49-turns", "50-plus-turns"]
TURN_RANGES: tuple[TurnRange, ...] = get_args(TurnRange)


MAX_CELLS, MAX_CELL_OFFSET = 500, 5000
"""The most cells one page holds, and the most that may be skipped."""


SESSION_COSTS_SCHEMA = {
    "position": pl.Int64(),
    "app_slug": pl.String(),
    "turn_range": pl.String(),
    "model_permaslug": pl.String(),
    "median_session_cost_usd": pl.Float64(),
}


_SESSION_META = frozenset({"as_of", "version", "window_days", "window_end_date"})
_SESSION_ROW = frozenset({"app_slug", "app_name", "turn_range", "model_permaslug", "median_session_cost_usd"})


@dataclass(frozen=True)
class SessionCostRequest:
    """Median cost of a session by app, model and number of turns, as of the source's weekly snapshot.

    The cells come in pages of at most 500: ask on until a page is short. `app_slug` and `model` (an exact
    permaslug) are the source's own, and unknown ones have no cells. Raises PermanentFailure for what the API refuses.
    """

    limit: int = MAX_CELLS
    offset: int = 0
    app_slug: str | None = None
    model: str | None = None
    turn_range: TurnRange | None = None

    path: ClassVar[str] = "/datasets/session-cost"
    needs_key: ClassVar[bool] = True

    def __post_init__(self) -> None:
        refuse_number("limit", self.limit, 1, MAX_CELLS)
        refuse_number("offset", self.offset, 0, MAX_CELL_OFFSET)
        for name, value in (("app_slug", self.app_slug), ("model", self.model)):
            if value is not None and (not isinstance(value, str) or not re.fullmatch(r"\S+", value)):
                raise PermanentFailure(f"cannot request {name}={value!r}: give the source's own name, or leave it unset")
        refuse_unknown("turn_range", self.turn_range, TURN_RANGES, optional=True)

    def _filters(self) -> dict[str, str]:
        return set_params({"app_slug": self.app_slug, "model": self.model, "turn_range": self.turn_range})

    def params(self) -> dict[str, str]:
        """The filters that are set, `limit`, `offset`."""
        return {**self._filters(), "limit": str(self.limit), "offset": str(self.offset)}

    def from_row(self, offset: int) -> SessionCostRequest | None:
        """The request for the page that begins there; None where the API gives no such one."""
        return replace(self, offset=offset) if offset <= MAX_CELL_OFFSET else None

    def describe(self) -> str:
        """For example `cost of sessions, turn_range=1-turn, up to 500 from 0`."""
        return f"cost of sessions{described(self._filters())}, up to {self.limit} from {self.offset}"


def read_session_costs(body: bytes) -> Answer:
    """Read one page of ``/datasets/session-cost``. Raises PermanentFailure where the envelope is not the contract's."""
    envelope = fields.envelope_of(body, "data", "meta")
    meta = fields.meta_of(envelope, _SESSION_META)
    unknown = unknown_of(envelope, meta, _SESSION_META)
    answer = read_entries(SESSION_COSTS_SCHEMA, fields.rows_of(envelope), _session_cost, unknown)
    if meta["window_end_date"] is None and answer.rows_read:
        raise PermanentFailure("`meta.window_end_date` is null beside cells: of which days they are is not said")
    return replace(
        answer,
        as_of=fields.field_of(meta, "as_of", fields.instant),
        period_start=None if meta["window_end_date"] is None else fields.field_of(meta, "window_end_date", fields.day),
    )


def _session_cost(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    unknown |= row.keys() - _SESSION_ROW
    yield {
        "app_slug": fields.text(row["app_slug"], "app_slug"),
        "turn_range": fields.text(row["turn_range"], "turn_range"),
        "model_permaslug": fields.text(row["model_permaslug"], "model_permaslug"),
        "median_session_cost_usd": fields.number(row["median_session_cost_usd"], "median_session_cost_usd"),
    }


EXPECTATIONS = (
    Expectation(
        "session_cost_once", "session_costs", once("exchange_id", "app_slug", "turn_range", "model_permaslug"),
        "A cell of app, turns and model stands once in the pages of an answer.",
        "the source was renewed while its pages were read",
    ),
    Expectation(
        "session_cost_is_not_negative", "session_costs", pl.col("median_session_cost_usd") >= 0,
        "No session costs less than nothing.",
        "costs are written in another way",
    ),
    Expectation(
        "session_model_has_an_author", "session_costs", IS_MODEL,
        "A model of a session is named as rankings do.",
        "the rows are not models: the answer's layout has changed",
    ),
)  # fmt: skip


SESSION_COST = Endpoint(
    path=SessionCostRequest.path,
    request=SessionCostRequest,
    name="session_costs",
    table="session_cost_rows",
    read=read_session_costs,
    schema=SESSION_COSTS_SCHEMA,
    citation="Source: OpenRouter Data API (openrouter.ai/docs/cookbook/administration/data-api)",
    licence=CC_BY,
    paging=lambda params: Paging(default_limit=100),
    spares_one_in=SPARED_ONE_IN,
    measures=("median_session_cost_usd",),
    expectations=EXPECTATIONS,
)
