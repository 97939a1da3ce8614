"""Apps by tokens or by growth in one window of days: ``/datasets/app-rankings``.

Belongs here: its rows and how they are read. Not here: what all endpoints share (``request``, ``response``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from pipeline.openrouter.endpoints.endpoint import CC_BY, Endpoint, Paging
from pipeline.openrouter.endpoints.expectation import BLOCK, DESCENDS, Expectation, once
from pipeline.openrouter.endpoints.response import Answer, read_dated
from pipeline.openrouter.endpoints.rows import INTEGER, TEXT, TOKENS, Row

APP_CATEGORIES = ("coding", "creative", "productivity", "entertainment")

WINDOW_DAYS = 30
"""The days of the longer window, which is the one that the source takes where no dates are given."""

WEEK = "ISO week"
"""The window that is a week of its own, Monday to Sunday, and no trailing one."""

_MOST_LIMIT, _LAST_OFFSET = 100, 100
# Of a trailing window its first hundred apps are requested; of an ISO week all that there are, two hundred.
_OF_A_WEEK = Paging(default_limit=50, most_limit=_MOST_LIMIT, last_offset=_LAST_OFFSET, most_rows=_MOST_LIMIT + _LAST_OFFSET)

ROW = Row(rank=INTEGER, app_id=INTEGER, app_name=TEXT, total_tokens=TOKENS, total_requests=INTEGER)


def read_apps(body: bytes) -> Answer:
    """Read an answer of ``/datasets/app-rankings``. Raises PermanentFailure where the envelope is not the contract's."""
    answer = read_dated(body, ROW)
    return replace(answer, period_start=answer.resolved_end)


def _in_full(params: Mapping[str, str]) -> dict[str, str]:
    return {"sort": "popular", **params, "window": _window(params)}


def _window(params: Mapping[str, str]) -> str:
    """How many days the window has, as many as the source takes where no dates are given; or that it is a week."""
    if "start_date" not in params:
        return str(WINDOW_DAYS)
    try:
        first, last = (date.fromisoformat(params[name]) for name in ("start_date", "end_date"))
    except (KeyError, ValueError):
        return "unknown"
    return WEEK if (first.weekday(), (last - first).days) == (0, 6) else str((last - first).days + 1)


def _paging(params: Mapping[str, str]) -> Paging | None:
    return _OF_A_WEEK if _window(params) == WEEK else None


def _beside_the_one_before(staged: pl.DataFrame) -> pl.DataFrame:
    """Apps of a window, each beside the one before. Trending ones stand in the order of their growth, which is not told."""
    is_popular = pl.col("series").str.contains("/popular", literal=True)
    before = pl.when(is_popular).then(pl.col("total_tokens").shift(1).over(BLOCK)).fill_null(pl.col("total_tokens"))
    return staged.with_columns(tokens_of_row_before=before)


EXPECTATIONS = (
    Expectation(
        "app_once", "apps", once("exchange_id", "app_id"),
        "A response has each app once.",
        "the response repeats itself",
    ),
    Expectation(
        "app_ranks_count_up", "apps", pl.col("rank") == pl.col("position"),
        "Ranks count the rows from 1.",
        "the response is not the first page, or its order is not the documented one",
    ),
    Expectation(
        "app_rows_descend", "apps", DESCENDS,
        "Popular apps are in descending order of tokens.",
        "the order is not by tokens: ranks may have another meaning",
    ),
    Expectation(
        "app_figures_are_not_negative", "apps", pl.min_horizontal("total_tokens", "total_requests") >= 0,
        "Tokens and requests of apps are never negative.",
        "the source corrects by subtraction, or a figure overflowed there",
    ),
)  # fmt: skip


APPS = Endpoint(
    path="/datasets/app-rankings",
    title="apps",
    name="apps",
    table="app_rows",
    read=read_apps,
    schema=ROW.schema,
    citation="Source: OpenRouter (openrouter.ai/apps)",
    licence=CC_BY,
    always={"limit": str(_MOST_LIMIT), "offset": "0"},
    # The source spells the same app in more than one way.
    volatile=frozenset({"position", "app_name"}),
    measures=("total_tokens", "total_requests"),
    paging=_paging,
    in_full=_in_full,
    prepare=_beside_the_one_before,
    expectations=EXPECTATIONS,
)
