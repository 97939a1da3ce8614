"""What the source's answers hold: bodies read into typed rows.

Belongs here: what an answer is, and the reader of rankings. A row that cannot be typed is set aside with the reason, an
envelope that lacks what the contract promises is refused, an unknown field is kept and reported. Not here: how a field
is read (``fields``), the answers without periods (``snapshots``), whether values are believed (``load.validation``), where
they are stored (``load``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from pipeline.openrouter import fields

RANKINGS_SCHEMA = {
    "position": pl.Int64(),
    "period_start": pl.Date(),
    "model_permaslug": pl.String(),
    "total_tokens": pl.Int64(),
}
RANKINGS_META = frozenset({"as_of", "start_date", "end_date", "version"})

_ENVELOPE = frozenset({"data", "meta"})
_ROW = frozenset({"date", "model_permaslug", "total_tokens"})


@dataclass(frozen=True)
class BadRow:
    """A row that could not be typed. ``period_start`` is None when not even its date could be read."""

    period_start: date | None
    reason: str
    content: str


@dataclass(frozen=True)
class Answer:
    """A body, read. ``rows`` has the schema of its shape. Dates, ``as_of`` and ``citation`` are None where it has none.

    ``period_start`` is the period of all rows, where they do not each carry their own: of a trailing window its last day.
    ``total_rows`` is how many rows the source says there are on all pages, ``next_offset`` at which of them it says that the
    next page begins: None where it says nothing of the kind.
    """

    rows: pl.DataFrame
    rows_read: int
    bad_rows: list[BadRow] = field(default_factory=list)
    unknown_fields: tuple[str, ...] = ()
    as_of: datetime | None = None
    resolved_start: date | None = None
    resolved_end: date | None = None
    period_start: date | None = None
    citation: str | None = None
    total_rows: int | None = None
    next_offset: int | None = None


def read_rankings(body: bytes) -> Answer:
    """Read an answer of ``/datasets/rankings-daily``. Raises PermanentFailure where the envelope is not the contract's."""
    envelope = fields.envelope_of(body, *sorted(_ENVELOPE))
    data, meta = fields.rows_of(envelope), fields.meta_of(envelope, RANKINGS_META)
    typed: dict[str, list[Any]] = {name: [] for name in RANKINGS_SCHEMA}
    bad_rows: list[BadRow] = []
    unknown = unknown_of(envelope, meta, RANKINGS_META)
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
    return Answer(
        rows=pl.DataFrame(typed, schema=RANKINGS_SCHEMA),
        rows_read=len(data),
        bad_rows=bad_rows,
        unknown_fields=fields.names(unknown),
        as_of=fields.field_of(meta, "as_of", fields.instant),
        resolved_start=fields.field_of(meta, "start_date", fields.day),
        resolved_end=fields.field_of(meta, "end_date", fields.day),
    )


def can_spare(rows: int, *, of: int, one_in: int | None) -> bool:
    """Whether so many rows of an answer may be set aside, and the rest be accepted; None: none may."""
    return rows == 0 or (one_in is not None and rows * one_in <= of)


def unknown_of(envelope: Iterable[str], meta: Iterable[str], known: frozenset[str]) -> set[str]:
    """The fields of an envelope and its `meta` that the contract does not know."""
    return {f"meta.{name}" for name in set(meta) - known} | (set(envelope) - _ENVELOPE)


def _day_or_none(row: Any) -> date | None:
    try:
        return fields.day(row["date"])
    except fields.UNTYPED:
        return None
