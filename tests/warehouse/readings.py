"""Readings in, tables out: rows of raw written by hand, and core and marts built from them, without landing.

Readings go through the selects that append to raw, so that doubles and order of import are treated as in a load.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import store
from pipeline.contracts.compile import polars_schema
from pipeline.contracts.tables import TABLES, Macro, Table
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.openrouter.endpoints.apps import APPS
from pipeline.openrouter.names import MODEL, with_parts
from pipeline.series import BY_NAME, UNDATED
from pipeline.settings import DataDir
from tests import support
from tests.warehouse import names

USAGE, CODING, M2 = names.USAGE, names.CODING, names.M2

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
    source_citation: str | None = None

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
class Snapshot:
    """One snapshot read once. Rows map the source's names, as its reader types them, to values; names left out are NULL."""

    series: str
    at: datetime
    rows: tuple[Mapping[str, Any], ...]
    period_start: date = UNDATED
    capture: str = "api"
    as_of: datetime | None = None
    is_simulated: bool = False
    source_citation: str | None = None

    @cached_property
    def typed(self) -> list[dict[str, Any]]:
        """The rows with every column of their shape."""
        given = [{"position": number, **_priced(row)} for number, row in enumerate(self.rows, start=1)]
        return [{name: row.get(name) for name in BY_NAME[self.series].endpoint.schema} for row in given]

    @cached_property
    def block_hash(self) -> str:
        content = BY_NAME[self.series].endpoint.content
        return content_hash([[BY_NAME[self.series].endpoint.name, *(row[name] for name in content)] for row in self.typed])


def _priced(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its prices for their unit too: that of what is said to cost so much a token is the token."""
    prices = {f"{name}_usd_per_unit": row.get(f"{name}_usd_per_token") for name in ("prompt", "completion")}
    return {"price_unit": "token", **prices, **row}


@dataclass(frozen=True)
class CatalogueReading:
    """One catalogue read once: its entries as mappings from column to value; columns left out are NULL, and prices per token
    unless their unit is given."""

    at: datetime
    entries: tuple[Mapping[str, Any], ...]
    series: str = "models"

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(self.series, self.at, self.entries)


def usd(prompt: str | Decimal, completion: str | Decimal) -> dict[str, Decimal]:
    """Prices of a token."""
    return {"prompt_usd_per_token": Decimal(prompt), "completion_usd_per_token": Decimal(completion)}


def entry(id_: str, *prices: str | Decimal, **changes: Any) -> dict[str, Any]:
    """An entry of the catalogue, with the prices of a token where they are given; what is not given is NULL."""
    slug = id_.partition(":")[0]
    return {"id": id_, "canonical_slug": slug, "name": id_, **(usd(*prices) if prices else {}), **changes}


def task_rows(
    *tags: tuple[str, float, Mapping[str, float]], macro: str = "code", share: float = 0.4
) -> tuple[dict[str, Any], ...]:
    """A macro category and its tags: name, share of the category, and models with their shares of the tag."""
    whole = {"macro_category": macro, "model_permaslug": "*"}
    rows = [{**whole, "tag": "*", "display_name": macro.title(), "usage_share": share, "token_share": share}]
    for name, part, models in tags:
        shares = {"usage_share": share * part, "token_share": share * part}
        of_macro = {"category_usage_share": part, "category_token_share": part}
        rows.append({**whole, "tag": name, "display_name": name, **shares, **of_macro})
        for model, of_tag in models.items():
            listed = {"macro_category": macro, "tag": name, "model_permaslug": model}
            rows.append({**listed, "tag_usage_share": of_tag, "tag_token_share": of_tag})
    return tuple(rows)


Given = Reading | Snapshot | CatalogueReading | Iterable["Given"]


def _flat(given: Iterable[Given]) -> Iterator[Reading | Snapshot]:
    for one in given:
        if isinstance(one, Reading | Snapshot):
            yield one
        elif isinstance(one, CatalogueReading):
            yield one.snapshot
        else:
            yield from _flat(one)


def days_from(first: date | str, *blocks: Rows) -> list[Reading]:
    """Consecutive days of the platform, each read once and late."""
    start = first if isinstance(first, date) else date.fromisoformat(first)
    return [settled_day(str(start + timedelta(days=n)), rows) for n, rows in enumerate(blocks)]


def days_of_week(week_start: str, rows: Rows, *, without: Collection[str] = ()) -> list[Reading]:
    """Every day of the week with the same rows."""
    days = [str(date.fromisoformat(week_start) + timedelta(days=n)) for n in range(7)]
    return [settled_day(one, rows) for one in days if one not in without]


def bounded(row: Mapping[str, Any], measure: str) -> tuple[Any, Any, Any]:
    """A measure of a row, its lower and its upper bound."""
    return row[measure], row[f"{measure}_lower"], row[f"{measure}_upper"]


class FilledAgain(store.Store):
    """A build file in which each table, view and macro is made once, as the pipeline makes it. From then on a table is
    filled again: to drop it, make it and describe its columns costs as much as its handful of rows."""

    def __init__(self, data_dir: DataDir) -> None:
        super().__init__(data_dir)
        self._made: set[str] = set()

    def make(self, con: store.Connection, contract: Table | Macro, select: str) -> None:
        is_filled = isinstance(contract, Table) and not contract.is_view
        if is_filled or contract.full_name not in self._made:
            super().make(con, contract, select)
            self._made.add(contract.full_name)

    def _empty(self, con: store.Connection, table: Table) -> None:
        if table.full_name in self._made:
            con.execute(f"delete from {table.full_name}")  # noqa: S608 - of the contracts
        else:
            super()._empty(con, table)


class Tables:
    """An open build file whose tables are built from the readings given, again and again, each once it is looked at."""

    def __init__(self, files: store.Store, con: store.Connection) -> None:
        self.files, self._con = files, con
        self._waiting: set[str] = set()

    @property
    def con(self) -> store.Connection:
        """The build file, whole."""
        self._make(self._waiting)
        return self._con

    def build(self, *given: Given, only: Iterable[str] = (), at_once: int = 10_000) -> None:
        """Forget what raw held, load what is given in its order, ``at_once`` together, and build core and marts: each table
        once it is looked at, those of ``only`` now."""
        self.empty_raw()
        queue = list(_flat(given))
        for start in range(0, len(queue), at_once):
            together = queue[start : start + at_once]
            self.load([one for one in together if isinstance(one, Reading)])
            self.load_snapshots([one for one in together if isinstance(one, Snapshot)])
        self.build_all()
        self._make(support.needed_for(only))

    def build_all(self) -> None:
        """Build core and marts from what raw holds now."""
        store.count_aliases(self._con)
        self._waiting = set(support.build_order())

    def build_one(self, name: str) -> None:
        """Build one table from what raw and core hold now."""
        self._make(support.needed_for([name]))
        support.build_tables(self.files, self._con, [name])

    def decide(self, statement: str, **parameters: Any) -> None:
        """Change what people keep in ``reference``: it holds from the next build on."""
        self._con.execute(statement, parameters or None)

    def _make(self, names: Collection[str]) -> None:
        chosen = self._waiting & set(names)
        self._waiting -= chosen
        if chosen:
            with store.transaction(self._con):  # one commit, which is written to the disk, and not one for each
                support.build_tables(self.files, self._con, [name for name in support.build_order() if name in chosen])

    def _look(self, query: str) -> store.Connection:
        """The build file, with all that a query reads."""
        if self._waiting:
            self._make(support.needed_for(store.references(query)))
        return self._con

    def empty_raw(self) -> None:
        for table in TABLES.values():
            if table.schema == "raw":
                self._con.execute(f"truncate {table.full_name}")

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
        self._append_readings(readings)
        self._append("raw.block_rows", blocks)

    def load_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Append these snapshots and their rows to raw, as a load does."""
        self._append_readings(snapshots)
        for endpoint in dict.fromkeys(BY_NAME[one.series].endpoint for one in snapshots):
            rows = [
                {**row, "block_hash": one.block_hash, "retrieved_at": one.at}
                for one in snapshots
                if BY_NAME[one.series].endpoint is endpoint
                for row in one.typed
            ]
            schema = {**endpoint.schema, "block_hash": pl.String(), "retrieved_at": pl.Datetime("us", "UTC")}
            frame = pl.DataFrame(rows, schema=schema, orient="row")
            frame = with_parts(frame) if MODEL in schema else frame
            tables = [endpoint.table, *(["app_names"] if endpoint is APPS else [])]
            for name in tables:
                table = TABLES[f"raw.{name}"]
                store.append(self._con, table, store.appended(table), **{f"staged_{name}": frame})

    def load_catalogue(self, readings: Sequence[CatalogueReading]) -> None:
        """Append these readings of the model catalogue and their entries to raw, as a load does."""
        self.load_snapshots([one.snapshot for one in readings])

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query as tuples."""
        return self._look(query).execute(query, parameters or None).fetchall()

    def records(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a query as mappings from column to value."""
        return store.rows(self._look(query), query, **parameters)

    def record(self, query: str, **parameters: Any) -> dict[str, Any]:
        """The one row of a query."""
        (record,) = self.records(query, **parameters)
        return record

    def _append_readings(self, readings: Sequence[Reading | Snapshot]) -> None:
        described = [
            {
                "series": reading.series,
                "period_start": reading.period_start,
                "retrieved_at": reading.at,
                "block_hash": reading.block_hash,
                "capture": reading.capture,
                "as_of": reading.as_of or reading.at,
                "is_simulated": reading.is_simulated,
                "source_citation": reading.source_citation,
                "exchange_id": f"{reading.at.isoformat()} {reading.series} {reading.capture} {reading.block_hash}",
            }
            for reading in readings
        ]
        self._append("raw.readings", described)

    def _append(self, full_name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        table = TABLES[full_name]
        schema = {name: polars_schema(table)[name] for name in rows[0]} if rows else polars_schema(table)
        frame = pl.DataFrame(list(rows), schema=schema, orient="row").unique(maintain_order=True)
        if MODEL in frame.columns:
            frame = with_parts(frame)
        store.append(self._con, table, store.appended(table), **{f"staged_{table.name}": frame})


@contextmanager
def open_case(name: str, path: Path, wanted: Iterable[str]) -> Iterator[Tables]:
    """The made-up world of this name, imported as a user would and built in ``path``: these tables and all that they read.

    Its figures are no believable level: a test of it needs the mark ``made_up_levels``.
    """
    data_dir = DataDir(path)
    list(Landing(data_dir).import_recorded(support.DEFINITIONS / name))
    needed = support.needed_for(wanted)
    with store.Store(data_dir).writer() as con:
        report = loading.load(con, Landing(data_dir), run_id="test")
        assert report.unresolved == []
        tables = Tables(store.Store(data_dir), con)
        support.build_tables(tables.files, con, [one for one in support.build_order() if one in needed])
        yield tables


@contextmanager
def open_tables(path: Path) -> Iterator[Tables]:
    """A build file in ``path``, open for as long as the block lasts."""
    files = FilledAgain(DataDir(path))
    with files.writer() as con:
        yield Tables(files, con)
