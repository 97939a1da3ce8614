"""Token totals of models by day, week or month: ``/datasets/rankings-daily``.

Belongs here: its request, its rows and how they are read. Not here: what all endpoints share (``request``, ``response``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Literal, get_args

import msgspec
import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.documented import Documented, Text
from pipeline.openrouter.endpoints.endpoint import CC_BY, Endpoint
from pipeline.openrouter.endpoints.request import described, refuse_no_date, refuse_unknown, refuse_window
from pipeline.openrouter.endpoints.response import DATED_META, Answer, BadRow, unknown_of

Period = Literal["day", "week", "month"]
Category = Literal[
    "programming",
    "roleplay",
    "marketing",
    "marketing/seo",
    "technology",
    "science",
    "translation",
    "legal",
    "finance",
    "health",
    "trivia",
    "academia",
]
LanguageType = Literal["natural", "programming"]
Modality = Literal["text", "image", "image_output", "audio", "tool_calling"]
ContextBucket = Literal["1K", "10K", "100K", "1M", "10M"]


PERIODS: tuple[Period, ...] = get_args(Period)
CATEGORIES: tuple[Category, ...] = get_args(Category)
LANGUAGE_TYPES: tuple[LanguageType, ...] = get_args(LanguageType)
MODALITIES: tuple[Modality, ...] = get_args(Modality)
CONTEXT_BUCKETS: tuple[ContextBucket, ...] = get_args(ContextBucket)


RANKINGS_SCHEMA = {
    "position": pl.Int64(),
    "period_start": pl.Date(),
    "model_permaslug": pl.String(),
    "total_tokens": pl.Int64(),
}


class _Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    date: date
    model_permaslug: Text
    total_tokens: str


_ROW = frozenset(_Row.__struct_fields__)
_DOCUMENTED = Documented(_Row, RANKINGS_SCHEMA, period_start="date")


@dataclass(frozen=True)
class RankingsDailyRequest:
    """Token totals of the top 50 models and `other`, per period, both dates included (UTC).

    `category` and `language_type` read a sampled dataset that exists by week and month only, and go with no
    other filter; `modality` and `context_bucket` narrow the exact one. Raises PermanentFailure for what the
    API refuses.
    """

    period: Period
    start_date: date
    end_date: date
    category: Category | None = None
    language_type: LanguageType | None = None
    modality: Modality | None = None
    context_bucket: ContextBucket | None = None

    path: ClassVar[str] = "/datasets/rankings-daily"
    needs_key: ClassVar[bool] = True

    def __post_init__(self) -> None:
        refuse_unknown("period", self.period, PERIODS)
        refuse_unknown("category", self.category, CATEGORIES, optional=True)
        refuse_unknown("language_type", self.language_type, LANGUAGE_TYPES, optional=True)
        refuse_unknown("modality", self.modality, MODALITIES, optional=True)
        refuse_unknown("context_bucket", self.context_bucket, CONTEXT_BUCKETS, optional=True)
        refuse_no_date("start_date", self.start_date)
        refuse_no_date("end_date", self.end_date)
        refuse_window(self, self.start_date, self.end_date)
        self._refuse_filters()

    def _refuse_filters(self) -> None:
        if self.category and self.language_type:
            raise PermanentFailure(
                f"cannot request {self.describe()}: category and language_type cannot be combined; request each alone"
            )
        sampled = "category" if self.category else "language_type" if self.language_type else None
        exact = "modality" if self.modality else "context_bucket" if self.context_bucket else None
        if sampled and exact:
            raise PermanentFailure(
                f"cannot request {self.describe()}: {sampled} is sampled and {exact} exact, and the API"
                " does not combine them; request each alone"
            )
        if sampled and self.period == "day":
            raise PermanentFailure(
                f"cannot request {self.describe()}: {sampled} is sampled by week; use period='week' or 'month'"
            )

    def _filters(self) -> dict[str, str]:
        names = ("category", "language_type", "modality", "context_bucket")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def params(self) -> dict[str, str]:
        """`period`, `start_date`, `end_date`, then the filters that are set."""
        return {
            "period": self.period,
            "start_date": self.start_date.isoformat(),
            "end_date": self.end_date.isoformat(),
            **self._filters(),
        }

    def describe(self) -> str:
        """For example `usage by week, category=programming, 2025-10-06 to 2025-11-02`."""
        return f"usage by {self.period}{described(self._filters())}, {self.start_date} to {self.end_date}"


def read_rankings(body: bytes) -> Answer:
    """Read an answer of ``/datasets/rankings-daily``. Raises PermanentFailure where the envelope is not the contract's."""
    documented = _DOCUMENTED.read(body)
    if documented is None:
        return _read_row_by_row(body)
    rows, meta = documented
    return _answer(rows, meta, rows_read=rows.height)


def _read_row_by_row(body: bytes) -> Answer:
    envelope = fields.envelope_of(body, "data", "meta")
    data, meta = fields.rows_of(envelope), fields.meta_of(envelope, DATED_META)
    typed: dict[str, list[Any]] = {name: [] for name in RANKINGS_SCHEMA}
    bad_rows: list[BadRow] = []
    unknown = unknown_of(envelope, meta, DATED_META)
    for position, row in enumerate(data, start=1):
        try:
            period = fields.day(row["date"])
            model = fields.text(row["model_permaslug"], "model_permaslug")
            tokens = fields.tokens(row["total_tokens"])
            if len(row) > len(_ROW):
                unknown.update(row.keys() - _ROW)
        except fields.UNTYPED as error:
            bad_rows.append(BadRow(_day_or_none(row), fields.reason(error), fields.shown(row)))
            continue
        typed["position"].append(position)
        typed["period_start"].append(period)
        typed["model_permaslug"].append(model)
        typed["total_tokens"].append(tokens)
    answer = _answer(pl.DataFrame(typed, schema=RANKINGS_SCHEMA), meta, rows_read=len(data))
    return replace(answer, bad_rows=bad_rows, unknown_fields=fields.names(unknown))


def _answer(rows: pl.DataFrame, meta: Mapping[str, Any], *, rows_read: int) -> Answer:
    return Answer(
        rows=rows,
        rows_read=rows_read,
        as_of=fields.field_of(meta, "as_of", fields.instant),
        resolved_start=fields.field_of(meta, "start_date", fields.day),
        resolved_end=fields.field_of(meta, "end_date", fields.day),
    )


def _day_or_none(row: Any) -> date | None:
    try:
        return fields.day(row["date"])
    except fields.UNTYPED:
        return None


def _in_full(params: Mapping[str, str]) -> dict[str, str]:
    return {"period": "week" if "category" in params or "language_type" in params else "day", **params}


RANKINGS = Endpoint(
    path=RankingsDailyRequest.path,
    request=RankingsDailyRequest,
    name="rankings",
    table="block_rows",
    read=read_rankings,
    schema=RANKINGS_SCHEMA,
    citation="Source: OpenRouter (openrouter.ai/rankings)",
    licence=CC_BY,
    # A row's period is that of its block.
    volatile=frozenset({"position", "period_start"}),
    in_full=_in_full,
)
