"""What the readers of all endpoints have in common: a response as typed rows, and the rows that could not be typed.

Belongs here: what a read response is, and reading a list of entries one by one. A row that cannot be typed is set aside with
the reason, an envelope that lacks what the contract promises is refused, an unknown field is kept and reported. Not here:
how a field is read (``fields``), which fields an endpoint has (its own file), what is accepted (``load.validation``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.rows import DatedMeta, Row

Rows = Iterable[dict[str, Any]]

SPARED_ONE_IN = 25
"""Of so many entries of a set of figures one may be set aside, and the rest be accepted."""


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


def can_spare(rows: int, *, of: int, one_in: int | None) -> bool:
    """Whether so many rows of an answer may be set aside, and the rest be accepted; None: none may."""
    return rows == 0 or (one_in is not None and rows * one_in <= of)


def dataset_of(body: bytes, meta_fields: Collection[str]) -> tuple[list[Any], dict[str, Any], set[str]]:
    """The items of a dataset, its `meta`, and the fields of both envelopes that the contract does not know.

    Raises PermanentFailure where they are not the contract's.
    """
    envelope = fields.envelope_of(body, "data", "meta")
    meta = fields.meta_of(envelope, frozenset(meta_fields))
    unknown = {f"meta.{name}" for name in meta.keys() - set(meta_fields)} | (envelope.keys() - {"data", "meta"})
    return fields.rows_of(envelope), meta, unknown


def read_dated(body: bytes, row: Row, *, dated_by: str | None = None) -> Answer:
    """A dataset that is requested by days, as a whole. ``dated_by`` is the field in which an item names its day."""
    at_once = row.read_at_once(body)
    if at_once is None:
        items, meta, unknown = dataset_of(body, DatedMeta.__struct_fields__)
        answer = read_entries(row.schema, items, row.read, unknown, dated_by=dated_by)
    else:
        rows, meta = at_once
        answer = Answer(rows=rows, rows_read=rows.height)
    return replace(
        answer,
        as_of=fields.field_of(meta, "as_of", fields.instant),
        resolved_start=fields.field_of(meta, "start_date", fields.day),
        resolved_end=fields.field_of(meta, "end_date", fields.day),
    )


def read_entries(
    schema: Mapping[str, pl.DataType],
    items: Sequence[Any],
    read: Callable[[Any, set[str]], Rows],
    unknown: set[str],
    *,
    before: int = 0,
    dated_by: str | None = None,
) -> Answer:
    """Read each item of an answer into its rows, or set it aside. ``read`` adds to ``unknown`` the fields it met.

    ``before`` are the items that stand before these, ``dated_by`` is the field in which one names its day.
    """
    typed: dict[str, list[Any]] = {name: [] for name in schema}
    bad_rows: list[BadRow] = []
    for position, item in enumerate(items, start=before + 1):
        try:
            if not isinstance(item, dict):
                raise TypeError("it is not an object")
            found = list(read(item, unknown))
        except fields.UNTYPED as error:
            bad_rows.append(BadRow(_day_of(item, dated_by), fields.reason(error), fields.shown(item)))
            continue
        for row in found:
            for name in schema:
                typed[name].append(position if name == "position" else row.get(name))
    return Answer(
        rows=pl.DataFrame(typed, schema=dict(schema)),
        rows_read=len(items),
        bad_rows=bad_rows,
        unknown_fields=fields.names(unknown),
    )


def _day_of(item: Any, dated_by: str | None) -> date | None:
    try:
        return None if dated_by is None else fields.day(item[dated_by], dated_by)
    except fields.UNTYPED:
        return None


def told_apart(answer: Answer, items: Sequence[Any], key: str, *, one_in: int) -> Answer:
    """The answer without entries of which nobody can say which is meant: those with one key and different contents.

    An entry that stands again as it is is kept once. Where more than one in so many are concerned, the key is none: it is
    left to validation to refuse them all.
    """
    rows = answer.rows.unique(
        [name for name in answer.rows.columns if name != "position"], keep="first", maintain_order=True
    )
    rows = rows.filter(~pl.col(key).is_duplicated())
    aside = answer.rows.join(rows, on="position", how="anti", maintain_order="left")
    if not can_spare(aside.height, of=answer.rows_read, one_in=one_in):
        return answer
    return without(answer, items, {f"{key} is there more than once": aside})


def without(answer: Answer, items: Sequence[Any], aside: Mapping[str, pl.DataFrame]) -> Answer:
    """The answer without these of its rows, which are set aside for these reasons."""
    bad_rows = [
        BadRow(None, reason, fields.shown(items[position - 1]))
        for reason, rows in aside.items()
        for position in rows["position"]
    ]
    positions = [position for rows in aside.values() for position in rows["position"]]
    kept = answer.rows.filter(~pl.col("position").is_in(positions))
    return replace(answer, rows=kept, bad_rows=answer.bad_rows + bad_rows)
