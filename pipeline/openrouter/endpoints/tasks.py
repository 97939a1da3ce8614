"""Shares of tasks, and of models within them, over a trailing week: ``/classifications/task``.

Belongs here: its rows and how they are read. Not here: what all endpoints share (``request``, ``response``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

import polars as pl

from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.endpoint import CC_BY, Endpoint
from pipeline.openrouter.endpoints.expectation import IS_MODEL, Expectation, once
from pipeline.openrouter.endpoints.response import Answer, Rows, read_entries
from pipeline.openrouter.endpoints.rows import NUMBER, TEXT, Kind, Row

ALL = "*"
"""Stands for all tags of a macro category, or for all models of a tag."""


_TASKS_DATA = frozenset({"window_days", "as_of", "classifications", "macro_categories"})


def _shares(*parts: str) -> dict[str, Kind]:
    return {f"{part}{measure}_share": NUMBER for part in parts for measure in ("usage", "token")}


_MACRO = Row(macro_category=("key", TEXT), display_name=("label", TEXT), **_shares(""))
_TAG = Row(("models",), macro_category=TEXT, tag=TEXT, display_name=TEXT, **_shares("", "category_"))
_MODEL = Row(model_permaslug=("id", TEXT), **_shares("tag_"))
_EVERY_SHARE = _shares("", "category_", "tag_")
# All that the rows of the three together have.
ROW = Row(macro_category=TEXT, tag=TEXT, model_permaslug=TEXT, display_name=TEXT, **_EVERY_SHARE)
_WINDOW = {"window": "7d"}

SHARE_TOLERANCE = 0.01
"""Shares come with three decimals: in what was recorded, siblings sum to 1 within 0.001."""


def read_tasks(body: bytes) -> Answer:
    """Read an answer of ``/classifications/task``: macro categories, their tags, and the models of each tag.

    A row names what stands above it; ``*`` stands for all of what stands below. Raises PermanentFailure where the
    envelope is not the contract's.
    """
    envelope = fields.envelope_of(body, "data")
    data = fields.object_of(envelope, "data", _TASKS_DATA)
    fields.expect(data, {"window_days": 7}, within="data")
    last_day = fields.field_of(data, "as_of", fields.day, within="data")
    unknown = {f"data.{name}" for name in data.keys() - _TASKS_DATA} | (envelope.keys() - {"data"})
    macros = read_entries(ROW.schema, fields.rows_of(data, "macro_categories"), _macro_category, unknown)
    tags = read_entries(
        ROW.schema, fields.rows_of(data, "classifications"), _tag_and_models, unknown, before=macros.rows_read
    )
    return Answer(
        rows=pl.concat([macros.rows, tags.rows]),
        rows_read=macros.rows_read + tags.rows_read,
        bad_rows=macros.bad_rows + tags.bad_rows,
        unknown_fields=fields.names(unknown),
        # The source says as of which day, and no time.
        as_of=datetime.combine(last_day, time(), UTC),
        period_start=last_day,
    )


def _macro_category(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    yield {"tag": ALL, "model_permaslug": ALL, **_MACRO.typed(row, unknown)}


def _tag_and_models(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    tag = _TAG.typed(row, unknown)
    yield {"model_permaslug": ALL, **tag}
    for model in row["models"]:
        yield {"macro_category": tag["macro_category"], "tag": tag["tag"], **_MODEL.typed(model, unknown)}


def _with_sums(staged: pl.DataFrame) -> pl.DataFrame:
    """Shares of tasks with what their siblings sum to: macro categories together, tags of one, listed models of a tag.

    ``staged`` has a row per macro category (tag and model ``*``), tag (model ``*``) and model. ``shares_off`` is by how
    much the sum of a row's siblings misses 1, or passes it where only the largest are listed. A tag whose macro category
    is not there is off by 1, a macro category without tags by its share.
    """
    is_macro, is_model = pl.col("tag") == ALL, pl.col("model_permaslug") != ALL
    siblings = ["exchange_id", "period_start", "macro_level", "tag_level"]
    of_macro = ["exchange_id", "period_start", "macro_category"]
    off: list[pl.Expr] = [pl.when(~is_model & ~is_macro.any().over(of_macro)).then(1.0)]
    for measure in ("usage", "token"):
        share = (
            pl.when(is_model)
            .then(pl.col(f"tag_{measure}_share"))
            .when(is_macro)
            .then(pl.col(f"{measure}_share"))
            .otherwise(pl.col(f"category_{measure}_share"))
        )
        missed = share.sum().over(siblings) - 1
        off.append(pl.when(is_model).then(missed.clip(lower_bound=0)).otherwise(missed.abs()))
        off.append(pl.when(is_macro & ~(~is_macro).any().over(of_macro)).then(share))
    return (
        staged.with_columns(
            macro_level=pl.when(is_macro).then(pl.lit(ALL)).otherwise(pl.col("macro_category")),
            tag_level=pl.when(is_model).then(pl.col("tag")).otherwise(pl.lit(ALL)),
        )
        .with_columns(shares_off=pl.max_horizontal(*off))
        .drop("macro_level", "tag_level")
    )


_ALL_SHARES = pl.concat_list(*_EVERY_SHARE)

EXPECTATIONS = (
    Expectation(
        "task_row_once", "tasks", once("exchange_id", "macro_category", "tag", "model_permaslug"),
        "A response has each macro category, each tag and each model of a tag once.",
        "the response repeats itself",
    ),
    Expectation(
        "task_model_has_an_author", "tasks", IS_MODEL | (pl.col("model_permaslug") == ALL),
        "A model of a task is written author/model, as in the rankings.",
        "the rows are not models: the layout of the response has changed",
    ),
    Expectation(
        "task_share_is_not_negative", "tasks", _ALL_SHARES.list.min() >= 0,
        "Shares are never negative.",
        "shares are written in another way",
    ),
    Expectation(
        "task_share_is_at_most_one", "tasks", _ALL_SHARES.list.max() <= 1,
        "Shares are at most 1.",
        "shares are written as percentages",
    ),
    Expectation(
        "task_shares_sum_to_one", "tasks", pl.col("shares_off") <= SHARE_TOLERANCE,
        "Macro categories sum to 1, the tags of each sum to 1, and the listed models of a tag to at most 1.",
        "part of the response is missing, or shares are of another whole than documented",
    ),
)  # fmt: skip


TASKS = Endpoint(
    path="/classifications/task",
    title="shares of tasks",
    name="tasks",
    table="task_rows",
    read=read_tasks,
    schema=ROW.schema,
    citation="Source: OpenRouter (openrouter.ai/rankings)",
    licence=CC_BY,
    always=_WINDOW,
    is_dated_by_day=True,
    in_full=lambda params: {**_WINDOW, **params},
    prepare=_with_sums,
    expectations=EXPECTATIONS,
)
