"""Readings in, tables out: rows of raw written by hand, and core and marts built from them, without landing.

Readings go through the selects that append to raw, so that doubles and order of import are treated as in a load.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import store
from pipeline.contracts.compile import polars_schema
from pipeline.contracts.tables import TABLES
from pipeline.loading import UNDATED
from pipeline.openrouter.snapshots import CATALOGUE_SCHEMA
from pipeline.settings import DataDir
from tests import support

USAGE = "usage_day"
CODING = "category_week/programming"
M2 = "minimax/minimax-m2"

Rows = Sequence[support.Row]


def content_hash(rows: Iterable[Sequence[object]]) -> str:
    """Equal content has an equal hash, in whatever order it comes."""
    return hashlib.sha256(repr(sorted(rows, key=repr)).encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """One block read once. ``at`` is our clock, ``as_of`` the source's; where it is not given it is the same."""

    series: str
    period_start: date
    at: datetime
    rows: tuple[support.Row, ...]
    capture: str = "api"
    as_of: datetime | None = None
    is_simulated: bool = False

    @property
    def block_hash(self) -> str:
        return content_hash(self.rows)


def day(usage_date: str, at: str, rows: Rows, **changes: Any) -> Reading:
    """A reading of the platform's day."""
    return Reading(USAGE, date.fromisoformat(usage_date), support.instant(at), tuple(rows), **changes)


def week(week_start: str, at: str, rows: Rows, **changes: Any) -> Reading:
    """A reading of a week of coding."""
    return Reading(CODING, date.fromisoformat(week_start), support.instant(at), tuple(rows), **changes)


def settled_week(week_start: str, rows: Rows, **changes: Any) -> Reading:
    """A week of coding, read once, late enough to be final."""
    start = date.fromisoformat(week_start)
    return week(week_start, f"{start + timedelta(days=10)}T06:30", rows, **changes)


def settled_day(usage_date: str, rows: Rows, **changes: Any) -> Reading:
    """A day of the platform, read once, late enough to be final."""
    start = date.fromisoformat(usage_date)
    return day(usage_date, f"{start + timedelta(days=4)}T06:30", rows, **changes)


@dataclass(frozen=True)
class CatalogueReading:
    """One catalogue read once: its entries as mappings from column to value; columns left out are NULL."""

    at: datetime
    entries: tuple[Mapping[str, Any], ...]
    series: str = "models"


class Tables:
    """An open build file whose tables are built from the readings given, again and again."""

    def __init__(self, files: store.Store, con: store.Connection) -> None:
        self.files, self.con = files, con

    def build(self, readings: Iterable[Reading], names: Iterable[str] | None = None, *, at_once: int = 10_000) -> None:
        """Forget what raw held, load ``readings`` in the order given, ``at_once`` together, and build core and marts."""
        self.empty_raw()
        queue = list(readings)
        for start in range(0, len(queue), at_once):
            self.load(queue[start : start + at_once])
        support.build_tables(self.files, self.con, names)

    def build_all(self) -> None:
        """Build core and marts from what raw holds now."""
        support.build_tables(self.files, self.con)

    def build_one(self, name: str) -> None:
        """Build one table from what raw and core hold now."""
        support.build_tables(self.files, self.con, [name])

    def empty_raw(self) -> None:
        for table in TABLES.values():
            if table.schema == "raw":
                self.con.execute(f"truncate {table.full_name}")

    def load(self, readings: Sequence[Reading]) -> None:
        """Append these readings and their rows to raw, as a load does."""
        blocks = [
            {
                "series": reading.series,
                "period_start": reading.period_start,
                "block_hash": reading.block_hash,
                "model_permaslug": model,
                "total_tokens": tokens,
            }
            for reading in readings
            for model, tokens in reading.rows
        ]
        self._append_readings([(one, one.block_hash) for one in readings])
        self._append("raw.block_rows", "staged_block_rows", blocks)

    def load_catalogue(self, readings: Sequence[CatalogueReading]) -> None:
        """Append these readings of the model catalogue and their entries to raw, as a load does."""
        described: list[tuple[Reading, str]] = []
        entries: list[dict[str, Any]] = []
        for reading in readings:
            content = [
                {name: entry.get(name) for name in CATALOGUE_SCHEMA if name != "position"} for entry in reading.entries
            ]
            block_hash = content_hash([sorted(entry.items()) for entry in content])
            described.append((Reading(reading.series, UNDATED, reading.at, ()), block_hash))
            entries += [{**entry, "block_hash": block_hash} for entry in content]
        self._append_readings(described)
        self._append("raw.catalogue_rows", "staged_catalogue_rows", entries)

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples."""
        return self.con.execute(query, parameters or None).fetchall()

    def records(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a query as mappings from column to value."""
        return store.rows(self.con, query, **parameters)

    def record(self, query: str, **parameters: Any) -> dict[str, Any]:
        """The one row of a query."""
        (record,) = self.records(query, **parameters)
        return record

    def _append_readings(self, readings: Sequence[tuple[Reading, str]]) -> None:
        described = [
            {
                "series": reading.series,
                "period_start": reading.period_start,
                "retrieved_at": reading.at,
                "block_hash": block_hash,
                "capture": reading.capture,
                "as_of": reading.as_of or reading.at,
                "is_simulated": reading.is_simulated,
                "source_citation": None,
                "exchange_id": f"{reading.at.isoformat()} {reading.series} {reading.capture} {block_hash}",
            }
            for reading, block_hash in readings
        ]
        self._append("raw.readings", "staged_readings", described)

    def _append(self, full_name: str, staged: str, rows: Sequence[Mapping[str, Any]]) -> None:
        table = TABLES[full_name]
        frame = pl.DataFrame(list(rows), schema=polars_schema(table), orient="row").unique(maintain_order=True)
        store.append(self.con, table, store.read_sql(full_name.replace(".", "/")), **{staged: frame})


@contextmanager
def open_tables(path: Path) -> Iterator[Tables]:
    """A build file in ``path``, open for as long as the block lasts."""
    files = store.Store(DataDir(path))
    with files.writer() as con:
        yield Tables(files, con)
