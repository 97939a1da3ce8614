"""What readers do: their own queries, with everything outside the database out of reach, and files written for them.

Belongs here: shutting a connection, running a reader's text, Parquet and CSV. Not here: what is exported (``publish``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pipeline.contracts import compile as compiled
from pipeline.contracts.tables import Table
from pipeline.durable import sync
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.store.connect import Connection, connect

ROW_GROUP_SIZE = 122_880
CSV_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
_CSV = f"format csv, header true, timestampformat {compiled.quoted(CSV_INSTANT)}"


@contextmanager
def files(*folders: Path) -> Iterator[Connection]:
    """A database in memory that can read the files of these folders, and nothing else."""
    con = connect(Path(":memory:"))
    try:
        shut(con, *folders)
        yield con
    finally:
        con.close()


def shut(con: Connection, *folders: Path | None) -> None:
    """Put everything outside the database out of reach, but for these folders."""
    if con.execute("select current_setting('lock_configuration')").fetchall() == [(True,)]:
        return  # another reader of this process did
    allowed = ", ".join(compiled.quoted(f"{folder}{os.sep}") for folder in folders if folder)
    con.execute(f"set allowed_directories = [{allowed}]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


def export(con: Connection, table: Table, parquet: Path, csv: Path, notes: Mapping[str, str]) -> int:
    """Write the table's rows in the order of its key, the same bytes for the same rows. Returns how many.

    ``notes`` are kept in the Parquet file. In CSV a list is JSON, an instant ISO 8601 in UTC.
    """
    order = ", ".join(f'"{name}"' for name in table.key)
    columns = [f'"{column.name}"' for column in table.columns]
    texts = [f"to_json({one}) as {one}" if column.type.endswith("[]") else one
             for one, column in zip(columns, table.columns, strict=True)]  # fmt: skip
    kept = ", ".join(f"{name}: {compiled.quoted(text)}" for name, text in notes.items())
    form = f"format parquet, compression zstd, row_group_size {ROW_GROUP_SIZE}, kv_metadata {{{kept}}}"
    _copy(con, f"select {', '.join(texts)} from {table.full_name} order by {order}", csv, _CSV)
    return _copy(con, f"select {', '.join(columns)} from {table.full_name} order by {order}", parquet, form)


def _copy(con: Connection, select: str, path: Path, form: str) -> int:
    """Write the rows of a select to a file, whole. Returns how many."""
    try:
        [(written,)] = con.execute(f"copy ({select}) to {compiled.quoted(str(path))} ({form})").fetchall()
        sync(path)
    except (duckdb.IOException, duckdb.FatalException) as error:
        raise TransientFailure(
            f"writing {path} failed ({str(error).splitlines()[0]}): free disk space or check the disk, then run again"
        ) from error
    return int(written)


def columns_of(con: Connection, select: str) -> list[str]:
    """The names of the columns that a select gives."""
    return [name for name, *_ in con.execute(f"describe select * from ({select}\n)").fetchall()]


def export_select(con: Connection, select: str, path: Path, *, citation: str | None) -> int:
    """Write the rows of a select as CSV in the same form as ``export``, in one order for the same rows. Returns how many.

    ``citation`` is a last column of that name, the same in every row; None where the select has one itself.
    """
    described = con.execute(f"describe select * from ({select}\n)").fetchall()
    nested = ("STRUCT", "MAP")
    columns = [
        f'to_json("{name}") as "{name}"' if kind.endswith("[]") or kind.startswith(nested) else f'"{name}"'
        for name, kind, *_ in described
    ]
    if citation is not None:
        columns.append(f"{compiled.quoted(citation)} as citation")
    rows = f"select {', '.join(columns)} from ({select}\n) order by all"
    return _copy(con, rows, path, _CSV)


def ask(con: Connection, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What a reader's own query gives: names of the columns, and the rows."""
    if "enable_logging" in query.lower():
        # Writing its log is refused by the lock, and DuckDB then ends the whole process instead of the statement.
        raise PermanentFailure("the query failed: enable_logging is switched off here, as nothing may be written")
    try:
        answer = con.execute(query)
        if not isinstance(answer, duckdb.DuckDBPyConnection):  # None, whatever the stubs say
            raise PermanentFailure('the query failed: it holds no statement; try "from marts.m2_coding_share_weekly"')
        names = [column[0] for column in answer.description or ()]
        return names, answer.fetchall()
    except duckdb.InvalidInputException as error:
        # Said by an as-of macro or by a function: it is no matter of which tables there are.
        raise PermanentFailure(f"the query failed: {str(error).removeprefix('Invalid Input Error: ')}") from error
    except duckdb.Error as error:
        raise PermanentFailure(
            f"the query failed: {' '.join(str(error).split())}; the tables: "
            "select table_schema, table_name, table_comment from information_schema.tables"
        ) from error
    except RuntimeError as error:
        if "interrupted" not in str(error):
            raise
        # So DuckDB says that Ctrl-C was pressed, and leaves threads at work: without this the connection's next statement,
        # or its close, now and then waits until they are through.
        con.interrupt()
        raise KeyboardInterrupt from error
