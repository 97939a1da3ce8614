"""A directory into which responses are loaded: what the tests of loading begin with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.append import RAW_TABLES
from pipeline.load.report import LoadReport
from pipeline.openrouter.client import Exchange
from pipeline.settings import DataDir
from tests.support import build_order, build_tables, needed_for, prepared


class Warehouse:
    """Landing and build file of one test."""

    def __init__(self, path: Path) -> None:
        self.files = store.Store(prepared(DataDir(path)))
        self.landing = Landing(DataDir(path))
        self.runs = 0

    @contextmanager
    def open(self) -> Iterator[store.Connection]:
        with self.files.writer() as con:
            yield con

    def load(self, *received: Exchange, build: Iterable[str] = ()) -> LoadReport:
        """Land what was received, load all that is landed, and build some tables with what they need."""
        for one in received:
            self.landing.append(one)
        self.runs += 1
        with self.open() as con:
            report = loading.load(con, self.landing, run_id=f"run {self.runs}")
            build_tables(self.files, con, [name for name in build_order() if name in needed_for(build)])
        return report

    def is_of_another_version(self) -> bool:
        with self.files.state() as con:
            return loading.is_of_another_version(con)

    def rows(self, select: str) -> list[tuple[Any, ...]]:
        with self.open() as con:
            return con.execute(select).fetchall()

    def readings(self, series: str = "usage_day") -> list[tuple[date, datetime]]:
        """Period and instant of every reading of a series, in order."""
        with self.open() as con:
            select = "select period_start, retrieved_at from raw.readings where series = $series order by all"
            return [(row["period_start"], row["retrieved_at"]) for row in store.rows(con, select, series=series)]

    def raw(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every raw table, sorted."""
        with self.open() as con:
            return {name: sorted(con.execute(f"from raw.{name}").fetchall(), key=repr) for name in RAW_TABLES}


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "data")
