"""Core and marts as they were: built from nothing but what had been read by an instant.

Belongs here: a copy of a file's raw rows in memory, and building from the part that was known. Not here: which instants, and
what is compared (the tests).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.contracts.compile import contract_of, create_macro, create_table, create_view
from pipeline.contracts.tables import TABLES, Macro
from pipeline.store.connect import connect
from tests import support

Row = Mapping[str, Any]
Rows = dict[tuple[Any, ...], Row]
"""The rows of a table by their keys."""

_PRINTED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
# A reading is known from the instant on that its citation prints, but where the response is of another time than it.
_KNOWN = """
    least(retrieved_at, case when abs(epoch(retrieved_at) - epoch(as_of)) <= 600 then date_trunc('second', as_of)
        else retrieved_at end) <= $ts::timestamptz
"""


def printed(citation: str) -> str:
    """The instant that a citation prints, the last one where there are two."""
    return str(_PRINTED.findall(citation)[-1])


def read_at(row: Row) -> str:
    """The newest instant that any citation of the row prints."""
    return max(printed(value) for name, value in row.items() if name.endswith("citation") and value is not None)


class Known:
    """What a file's raw rows lead to, whole or as it was known at an instant."""

    def __init__(self, build: Path) -> None:
        self.con = connect(Path(":memory:"))
        self.con.execute(f"attach '{build}' as source (read_only)")
        for schema in ("reference", "raw", "core", "marts", "ops"):
            self.con.execute(f"create schema {schema}")
        for name, table in TABLES.items():
            if table.schema in ("reference", "raw"):
                self.con.execute(create_table(table, replace=False))
                self.con.execute(f"insert into {name} by name from source.{name}")

    def build(self, ts: str = "infinity", names: Iterable[str] | None = None) -> None:
        """Make core and marts of what was read by ``ts``: these tables with all that they read, or every one."""
        for table, known in (("readings", _KNOWN), ("app_names", "date_trunc('second', retrieved_at) <= $ts::timestamptz")):
            self.con.execute(f"truncate raw.{table}")
            self.con.execute(f"insert into raw.{table} by name from source.raw.{table} where {known}", {"ts": ts})
        wanted = None if names is None else support.needed_for(names)
        for name in support.build_order():
            if wanted is not None and name not in wanted:
                continue
            contract, select = contract_of(name), store.select_of(name)
            if isinstance(contract, Macro):
                self.con.execute("; ".join(create_macro(contract, select)))
            elif contract.is_view:
                self.con.execute(create_view(contract, select))
            else:
                self.con.execute(f"create or replace table {name} as {select}")

    def rows(self, name: str, relation: str | None = None) -> Rows:
        """The rows of a table, or of a macro that gives such rows."""
        table = TABLES[name]
        return {tuple(row[one] for one in table.key): row for row in store.rows(self.con, f"from {relation or name}")}


@contextmanager
def known(build: Path) -> Iterator[Known]:
    """The raw rows of a build file, which nobody may have open."""
    opened = Known(build)
    yield opened
    opened.con.close()
