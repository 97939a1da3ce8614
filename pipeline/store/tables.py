"""Rows of tables: adding, removing, counting, reading and checking them.

Belongs here: the few SQL texts that do so for any table. Not here: making tables (``embedded``), readers (``reader``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from pipeline.contracts import compile as compiled
from pipeline.contracts.tables import TABLES, Table
from pipeline.store.connect import Connection, transaction
from pipeline.store.sql import selects

SHOWN_FAILING_ROWS = 20


@dataclass(frozen=True)
class FailingRows:
    """What a check in SQL returned: how many rows fail, and the first of them."""

    count: int
    rows: list[dict[str, Any]]


def has_other_columns(con: Connection) -> bool:
    """Whether a table that is appended to was made by another version, with other columns than its contract says."""
    found, replaced = columns(con), selects().keys()
    return any(
        found.get(table.full_name) != stated_columns(table)
        for table in TABLES.values()
        if table.schema in ("raw", "ops") and table.full_name not in replaced
    )


def columns(con: Connection) -> dict[str, list[tuple[str, str]]]:
    """Names and types of the columns of each table of the open database, as they are."""
    found: dict[str, list[tuple[str, str]]] = {}
    query = (
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() order by column_index"
    )
    for full_name, column, type_ in con.execute(query).fetchall():
        found.setdefault(full_name, []).append((column, type_.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")))
    return found


def stated_columns(table: Table) -> list[tuple[str, str]]:
    """What its contract says they are."""
    return [(column.name, column.type) for column in table.columns]


def append(con: Connection, table: Table, select: str, **staged: pl.DataFrame) -> int:
    """Add the rows of a select, which may read each staged frame by its name. Returns how many."""
    for name, frame in staged.items():
        con.register(name, frame.to_arrow())
    before = count(con, table.full_name)
    con.execute(f"insert into {table.full_name} by name {select}")
    for name in staged:
        con.unregister(name)
    return count(con, table.full_name) - before


def count_aliases(con: Connection) -> None:
    """Have every name that raw holds counted as ``reference.model_aliases`` says now: the one place where renames act.

    A name that left the file of aliases is its own model again. Where nothing changed, nothing is written.
    """
    with transaction(con):
        for table in TABLES.values():
            select = compiled.names_counted_otherwise(table)
            if select is None or not (renamed := rows(con, select)):
                continue
            con.register("renamed", pl.DataFrame(renamed).to_arrow())
            con.execute(compiled.counted_as(table))
            con.unregister("renamed")


def delete(con: Connection, table: Table, **values: Sequence[Any]) -> None:
    """Remove the rows in which a column, the one that is named, has one of these values. Belongs in a transaction."""
    ((column, chosen),) = values.items()
    (type_,) = [one.type for one in table.columns if one.name == column]
    con.execute(f'delete from {table.full_name} where "{column}" in (select unnest($chosen::{type_}[]))', {"chosen": chosen})


def delete_unused(con: Connection, table: Table, users: Table) -> None:
    """Remove the rows that no row of another table names, by the columns that both have. Belongs in a transaction."""
    shared = [column.name for column in table.columns if column in users.columns]
    matches = " and ".join(f'users."{name}" = {table.name}."{name}"' for name in shared)
    con.execute(f"delete from {table.full_name} where not exists (from {users.full_name} as users where {matches})")


def append_rows(con: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add rows given as mappings from column to value."""
    if not rows:
        return 0
    frame = pl.DataFrame(list(rows), schema=compiled.polars_schema(table), orient="row")
    return append(con, table, "from staged_rows", staged_rows=frame)


def checksum(con: Connection, table: Table, name: str) -> tuple[int, str]:
    """How many rows, and a sum of their contents that their order does not change. ``name`` is where the table stands."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    query = f"select count(*), coalesce(sum(hash({columns})), 0)::varchar from {name}"
    rows, content = con.execute(query).fetchall()[0]
    return int(rows), content


def table_names(con: Connection, database: str | None = None) -> set[str]:
    """The tables of a database, by default of the open one, each with its schema."""
    named = "current_database()" if database is None else compiled.quoted(database)
    # Not of duckdb_tables(), which also counts the rows of each: half a second in a lake.
    query = f"select distinct schema_name || '.' || table_name from duckdb_columns() where database_name = {named}"
    return {name for (name,) in con.execute(query).fetchall()}


def count(con: Connection, full_name: str) -> int:
    return int(con.execute(f"select count(*) from {full_name}").fetchall()[0][0])


def rows(con: Connection, select: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a select as mappings from column to value."""
    relation = _executed(con, select, parameters)
    names = [column[0] for column in relation.description or ()]
    return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]


def _executed(con: Connection, select: str, parameters: Mapping[str, Any]) -> Connection:
    """Texts and instants are handed over in SQL: of a value of Python's DuckDB finds out what it is by importing pandas,
    a third of a second for `status`. Lists are not: of thousands its parser takes longer.
    """
    if not parameters or not all(isinstance(value, (str, datetime)) for value in parameters.values()):
        return con.execute(select, parameters or None)
    given = {
        name: compiled.quoted(value) if isinstance(value, str) else f"{compiled.quoted(value.isoformat())}::timestamptz"
        for name, value in parameters.items()
    }
    con.execute(f"prepare given as {select}")
    return con.execute(f"execute given({', '.join(f'{name} := {value}' for name, value in given.items())})")


def table(con: Connection, full_name: str) -> list[dict[str, Any]]:
    """The rows of a small table as mappings from column to value."""
    return rows(con, f"from {full_name}")


def values(con: Connection, full_name: str, column: str) -> list[Any]:
    """What a column of a table holds, row by row."""
    return [value for (value,) in read(con, f'select "{column}" from {full_name}')]


def newest(con: Connection, full_name: str, column: str, by: str) -> Any:
    """What a column of a table holds in the row that is last by another; None without rows."""
    return con.execute(f'select arg_max("{column}", "{by}") from {full_name}').fetchall()[0][0]


def keep(con: Connection, name: str, select: str, **parameters: Any) -> None:
    """Keep the rows of a select under a name for as long as the connection is open."""
    con.execute(f"create temporary table {name} as {select}", parameters or None)


def read(con: Connection, select: str, **staged: pl.DataFrame) -> list[tuple[Any, ...]]:
    """The rows of a select, which may read each staged frame by its name."""
    for name, frame in staged.items():
        con.register(name, frame.to_arrow())
    found = con.sql(select).pl().rows()  # DuckDB's own way to Python's instants looks up the zone for each of them
    for name in staged:
        con.unregister(name)
    return found


def failing_rows(con: Connection, select: str) -> FailingRows:
    """Run a check: a select that returns the rows that fail."""
    found = rows(con, select)
    return FailingRows(len(found), found[:SHOWN_FAILING_ROWS])


def duplicated_keys(table: Table) -> str:
    """The select that finds keys that occur twice, compiled from the contract."""
    key = ", ".join(f'"{name}"' for name in table.key)
    return f"select {key}, count(*) as occurrences from {table.full_name} group by {key} having count(*) > 1"
