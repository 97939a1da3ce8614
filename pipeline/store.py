"""DuckDB: the build file, its lock, replacing and appending tables, publishing, reading the published file.

Belongs here: every DDL verb, every connection, and the few SQL texts that manage files rather than answer questions. Not
here: what a table contains (``warehouse/**/*.sql``) or means (``contracts``).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from filelock import FileLock, Timeout

from pipeline import event_thresholds
from pipeline.contracts import compile as compiled
from pipeline.contracts.tables import MACROS, TABLES, Macro, Table
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.series import TIME_ZONE
from pipeline.settings import WAREHOUSE, DataDir

LOCK_WAIT_SECONDS = 60.0
RUN_LOCK_WAIT_SECONDS = 600.0
SIMULATED_PREFIX = "SIMULATED, not OpenRouter data. "
SHOWN_FAILING_ROWS = 20
ROW_GROUP_SIZE = 122_880
CHECKPOINT_THRESHOLD = "256MB"
# Not of duckdb_tables(), which also counts the rows of each: half a second in a lake.
TABLE_NAMES_OF = "select distinct schema_name || '.' || table_name from duckdb_columns() where database_name = $database"
TABLE_NAMES = TABLE_NAMES_OF.replace("$database", "current_database()")
CSV_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"

Connection = duckdb.DuckDBPyConnection
_IN_TRANSACTION: set[int] = set()
"""The connections that are, by their identity: DuckDB itself only says so by ending the transaction."""


@dataclass(frozen=True)
class FailingRows:
    """What a check in SQL returned: how many rows fail, and the first of them."""

    count: int
    rows: list[dict[str, Any]]


# --- SQL files -------------------------------------------------------------------------------------------------------


def sql_files(layer: str) -> list[Path]:
    return sorted((WAREHOUSE / layer).glob("*.sql"))


def selects() -> dict[str, str]:
    """The select of each table, view and macro that is made of others: all of core and marts, and some of ops.

    The other files of ops are questions that the pipeline asks.
    """
    stated = [f"ops.{path.stem}" for path in sql_files("ops") if f"ops.{path.stem}" in TABLES]
    made = [name for name, table in TABLES.items() if table.schema in ("core", "marts")]
    macros = [f"{macro.schema}.{macro.name}" for macro in MACROS.values()]
    return {name: select_of(name) for name in (*made, *macros, *stated)}


def select_file(full_name: str) -> Path | None:
    """Where the select of a table, view or macro is written: a file of its own, or that of the as-of macro whose newest rows
    it is; None where it is compiled from the kind of its series.
    """
    own = WAREHOUSE / f"{full_name.replace('.', '/')}.sql"
    return next((path for path in (own, own.with_stem(f"{own.stem}_as_of")) if path.exists()), None)


def select_of(full_name: str) -> str:
    """What a table, view or macro is made by. Raises KeyError where that is not a select."""
    path = select_file(full_name)
    is_own = path is not None and path.stem == full_name.rpartition(".")[2]
    return path.read_text().strip() if path and is_own else compiled.select_of(compiled.contract_of(full_name))


def reference_files() -> list[Path]:
    """What people decide: each file is a table, its name is the table's."""
    return sorted(path for path in (WAREHOUSE / "reference").iterdir() if path.suffix in (".csv", ".toml"))


def reference_file(table: Table) -> Path:
    return next(path for path in reference_files() if path.stem == table.name)


def read_sql(path: str) -> str:
    """The one select of ``warehouse/<path>.sql``."""
    return (WAREHOUSE / f"{path}.sql").read_text().strip()


@cache
def _parser() -> Connection:
    return duckdb.connect()


@cache
def references(sql: str) -> frozenset[str]:
    """Names of the tables and as-of macros a select reads, as ``schema.name``; parsed, not bound."""
    (parsed,) = _parser().execute("select json_serialize_sql(?)", [sql]).fetchall()[0]
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE" and node.get("schema_name"):
                found.add(f"{node['schema_name']}.{node['table_name']}")
            if node.get("type") == "TABLE_FUNCTION":
                name = node["function"]["function_name"]
                if name in MACROS:
                    found.add(f"{MACROS[name].schema}.{name}")
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    tree = json.loads(parsed)
    if tree.get("error"):
        raise PermanentFailure(f"DuckDB cannot parse this select: {tree.get('error_message')}: {sql[:200]}")
    walk(tree)
    return frozenset(found)


def definitions() -> dict[str, dict[str, Any]]:
    """What each public table is made of: the hash of its select or reference file, and what that reads."""
    texts = {f"raw.{path.stem}": path.read_text().strip() for path in sql_files("raw")} | selects()
    found = {
        f"reference.{path.stem}": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "reads": []}
        for path in reference_files()
    }
    for name, text in texts.items():
        found[name] = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "reads": sorted(references(text))}
    return dict(sorted(found.items()))


def checks(table: Table) -> dict[str, str]:
    """The selects that return failing rows of a table, by the check's name: its files in warehouse/checks."""
    files = sorted((WAREHOUSE / "checks" / table.schema / table.name).glob("*.sql"))
    return {path.stem: path.read_text() for path in files}


# --- connections -----------------------------------------------------------------------------------------------------


@contextmanager
def run_lock(
    data_dir: DataDir,
    *,
    wait_seconds: float = RUN_LOCK_WAIT_SECONDS,
    on_wait: Callable[[str], None] = lambda message: None,
) -> Iterator[None]:
    """One run at a time works on a data directory; a killed holder frees it at once. ``on_wait`` is told of a holder."""
    data_dir.path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data_dir.run_lock)
    try:
        with suppress(Timeout):
            lock.acquire(timeout=0)
        if not lock.is_locked:
            on_wait(f"another run is working on {data_dir.path}: waiting until it has ended, {wait_seconds:.0f} s at most")
            lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise TransientFailure(
            f"another run has been working on {data_dir.path} for over {wait_seconds:.0f} s: "
            "wait until it has ended (see the UI), then run again"
        ) from error
    try:
        yield
    finally:
        lock.release()


def connect(path: Path, *, read_only: bool = False, wait_seconds: float = LOCK_WAIT_SECONDS) -> Connection:
    """Open a DuckDB file; wait for another process to let go of it, but not for ever."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            con = duckdb.connect(path, read_only=read_only)
            break
        except duckdb.IOException as error:
            if "Could not set lock" not in str(error):
                raise PermanentFailure(
                    f"opening {path} failed ({str(error).splitlines()[0]}): delete it and run "
                    "`openrouter-usage rebuild`, which brings it back from landing"
                ) from error
            if time.monotonic() > deadline:
                raise TransientFailure(
                    f"{path} has been held by another process for over {wait_seconds:.0f} s: close it there "
                    "(readers should open openrouter.duckdb), then run again"
                ) from error
            time.sleep(0.2)
    # For all connections of this process to the file at once: a reader locks their settings.
    if con.execute("select current_setting('TimeZone')").fetchall() != [(TIME_ZONE,)]:
        con.execute(f"set global TimeZone = '{TIME_ZONE}'")
    return con


def open_store(data_dir: DataDir) -> Store:
    """Where the tables of a data directory are: its own files, or the lake that its settings name."""
    if data_dir.lake is None:
        return Store(data_dir)
    from pipeline.lake import LakeStore

    return LakeStore(data_dir, data_dir.lake)


class Store:
    """The DuckDB files of one data directory."""

    def __init__(self, data_dir: DataDir) -> None:
        self.data_dir = data_dir
        self._held: Connection | None = None

    @property
    def prefix(self) -> str:
        return SIMULATED_PREFIX if self.data_dir.is_simulated else ""

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """The build file, opened to write, with the tables that are appended to in place."""
        self.data_dir.path.mkdir(parents=True, exist_ok=True)
        con = connect(self.data_dir.build)
        try:
            with _told_when_full(self.data_dir.build):
                # One checkpoint, when it is published: each of the many that a run's changes would bring writes all of it.
                con.execute(f"set checkpoint_threshold = '{CHECKPOINT_THRESHOLD}'")
                self._prepare(con)
                yield con
        finally:
            con.close()

    def hold(self) -> None:
        """Keep other writers out until ``release``, also between two connections.

        The file is then opened once for all of them, and what they write is put in its place once, at the end.
        """
        if self._held is None:
            self._held = connect(self.data_dir.build)

    def release(self) -> None:
        """Let other writers in."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def set_broken_build_aside(self) -> Path | None:
        """Move a build file that cannot be opened out of the way, and say where it is; None where all is well."""
        if not self.data_dir.build.exists():
            return None
        try:
            connect(self.data_dir.build).close()
        except PermanentFailure:
            aside = self.data_dir.build.with_suffix(".broken.duckdb")
            self.data_dir.build.replace(aside)
            _remove(_log_of(self.data_dir.build))
            return aside
        return None

    @contextmanager
    def state(self) -> Iterator[Connection]:
        """The build file as it stands, or an empty one in memory where there is none: nothing is created."""
        con = connect(self.data_dir.build if self.data_dir.build.exists() else Path(":memory:"))
        try:
            self._prepare(con)
            yield con
        finally:
            con.close()

    @property
    def _fresh(self) -> Path:
        return self.data_dir.build.with_suffix(".new.duckdb")

    def sweep(self) -> None:
        """Remove what killed runs left half written. Nobody else may be writing: hold the run lock."""
        _remove(self._fresh)
        for path in self.data_dir.path.glob(f".{self.data_dir.published.name}.*.tmp"):
            path.unlink(missing_ok=True)

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """A new build file beside the old one, put in its place when the block ends well; ``ops`` is carried over."""
        fresh = self._fresh
        _remove(fresh)
        self.data_dir.path.mkdir(parents=True, exist_ok=True)
        con = connect(fresh)
        try:
            with _told_when_full(self.data_dir.build):
                self._prepare(con)
                self._carry_over_ops(con)
                yield con
                # Closing would swallow the failure to write everything down, and leave it in the log file.
                con.execute("checkpoint")
        except BaseException:
            con.close()
            _remove(fresh)
            raise
        con.close()
        self.take_over(fresh)

    def take_over(self, build: Path) -> None:
        """Put a finished build in the place of the build file, whose log must not be applied to it."""
        sync(build)
        _remove(_log_of(self.data_dir.build))
        build.replace(self.data_dir.build)

    def _carry_over_ops(self, con: Connection) -> None:
        if not self.data_dir.build.exists():
            return
        try:
            # Waits for, and refuses to go round, another process that holds the old build.
            connect(self.data_dir.build).close()
        except PermanentFailure:
            return
        con.execute(f"attach {compiled.quoted(str(self.data_dir.build))} as old (read_only)")
        for table in TABLES.values():
            # An old build of another shape has nothing to carry over: ops is history, not state.
            with suppress(duckdb.Error):
                if table.schema == "ops":
                    con.execute(f"insert into {table.full_name} by name from old.{table.full_name}")
        con.execute("detach old")

    def _prepare(self, con: Connection) -> None:
        for schema in ("reference", "raw", "core", "marts", "ops"):
            con.execute(f"create schema if not exists {schema}")
        known = table_names(con)
        for table in TABLES.values():
            if table.full_name in known:
                continue
            if table.schema in ("raw", "ops"):
                con.execute(compiled.create_table(table, replace=False))
                self._comment(con, table)
            elif table.schema == "reference":
                self.replace_from_reference(con, table)

    def _empty(self, con: Connection, table: Table) -> None:
        """Leave of the table what its contract says, and no row."""
        con.execute(compiled.create_table(table, replace=True))
        self._comment(con, table)

    def _comment(self, con: Connection, table: Table) -> None:
        con.execute("; ".join(compiled.comments(table, prefix=self.prefix)))

    # --- tables ----------------------------------------------------------------------------------------------------

    def make(self, con: Connection, contract: Table | Macro, select: str) -> None:
        """Put the table, view or macro that the select gives in the place of the one that is there."""
        if isinstance(contract, Macro):
            self.replace_macro(con, contract, select)
        elif contract.is_view:
            self.replace_view(con, contract, select)
        else:
            self.replace(con, contract, select)

    def replace(self, con: Connection, table: Table, select: str) -> int:
        """Put what the select gives in the place of the table's rows, in one transaction. Returns the rows.

        What breaks the contract replaces nothing: a type, a NULL where there is none (both raised by DuckDB), a key twice.
        """
        with transaction(con):
            self.put(con, table, select)
        return count(con, table.full_name)

    def put(self, con: Connection, table: Table, select: str) -> None:
        """Put what the select gives in the place of the table's rows.

        Within the caller's transaction: what is raised has to roll it back.
        """
        self._empty(con, table)
        con.execute(f"insert into {table.full_name} by name {select}")
        twice = failing_rows(con, duplicated_keys(table))
        if twice.count:
            raise PermanentFailure(
                f"building {table.full_name} failed, {twice.count} keys are there more than once, first {twice.rows[0]}: "
                "a join in its SQL, or in what it reads, doubles rows; the table is unchanged"
            )

    def replace_view(self, con: Connection, view: Table, select: str) -> None:
        con.execute("; ".join([compiled.create_view(view, select), *compiled.comments(view, prefix=self.prefix)]))

    def replace_macro(self, con: Connection, macro: Macro, select: str) -> None:
        con.execute("; ".join(compiled.create_macro(macro, select, prefix=self.prefix)))

    def replace_from_reference(self, con: Connection, table: Table) -> int:
        """Put the table's file in ``warehouse/reference`` in the place of its rows."""
        path = reference_file(table)
        if path == event_thresholds.FILE:
            rows = pl.DataFrame(event_thresholds.read(), schema=compiled.polars_schema(table), orient="row")
            con.register("staged_rows", rows.to_arrow())
            written = self.replace(con, table, "from staged_rows")
            con.unregister("staged_rows")
            return written
        columns = json.dumps({column.name: column.type for column in table.columns}).replace('"', "'")
        return self.replace(
            con,
            table,
            f"from read_csv({compiled.quoted(str(path))}, header=true, columns={columns}, auto_detect=false)",
        )

    # --- publishing --------------------------------------------------------------------------------------------------

    def publish(self) -> int:
        """Copy the build file and swap the copy in at once. Returns its size in bytes.

        Readers that hold the old file open keep reading it; a reader that opens afterwards finds the new one whole.
        """
        # Copying would let go of the lock that a connection holds, and let another process write beside it.
        self.release()
        with connect(self.data_dir.build) as con:
            con.execute("checkpoint")
        published = self.data_dir.published
        temporary = published.with_name(f".{published.name}.{os.getpid()}.tmp")
        try:
            shutil.copyfile(self.data_dir.build, temporary)
            sync(temporary)
            temporary.replace(published)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise TransientFailure(
                f"publishing to {published} failed ({error.strerror}): free space or mend the disk, then run again; "
                "the file published before is as it was"
            ) from error
        return published.stat().st_size

    @contextmanager
    def reader(self, *, writes_to: Path | None = None) -> Iterator[Connection]:
        """The published file, for reading only, with everything outside it out of reach, but for a folder of exports."""
        path = self.data_dir.published
        if not path.exists():
            raise PermanentFailure(f"{path} does not exist yet: `openrouter-usage run` or `rebuild` publishes it")
        con = connect(path, read_only=True)
        try:
            _shut(con, writes_to)
            yield con
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise PermanentFailure(
                f"reading {path} failed ({str(error).splitlines()[0]}): another version published it; "
                "run `openrouter-usage rebuild`, then try again"
            ) from error
        finally:
            con.close()


@contextmanager
def files(*folders: Path) -> Iterator[Connection]:
    """A database in memory that can read the files of these folders, and nothing else."""
    con = connect(Path(":memory:"))
    try:
        _shut(con, *folders)
        yield con
    finally:
        con.close()


def _shut(con: Connection, *folders: Path | None) -> None:
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
    parquet_form = f"format parquet, compression zstd, row_group_size {ROW_GROUP_SIZE}, kv_metadata {{{kept}}}"
    csv_form = f"format csv, header true, timestampformat {compiled.quoted(CSV_INSTANT)}"
    try:
        for selected, path, form in ((columns, parquet, parquet_form), (texts, csv, csv_form)):
            select = f"select {', '.join(selected)} from {table.full_name} order by {order}"
            con.execute(f"copy ({select}) to {compiled.quoted(str(path))} ({form})")
            sync(path)
        return count(con, table.full_name)
    except (duckdb.IOException, duckdb.FatalException) as error:
        raise TransientFailure(
            f"writing {parquet.parent} failed ({str(error).splitlines()[0]}): free space or mend the disk, then run again"
        ) from error


@contextmanager
def transaction(con: Connection) -> Iterator[None]:
    """All or nothing. Within another one it is a part of that."""
    if id(con) in _IN_TRANSACTION:
        yield
        return
    con.begin()
    _IN_TRANSACTION.add(id(con))
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    finally:
        _IN_TRANSACTION.discard(id(con))
    con.commit()


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


def replace_rows(con: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add rows given as mappings, in the place of those with the same keys. Belongs in a transaction."""
    if rows:
        keys = pl.DataFrame([{name: row[name] for name in table.key} for row in rows])
        con.register("staged_keys", keys.to_arrow())
        matches = " and ".join(f'{table.name}."{name}" = staged_keys."{name}"' for name in table.key)
        con.execute(f"delete from {table.full_name} using staged_keys where {matches}")
        con.unregister("staged_keys")
    return append_rows(con, table, rows)


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


def has_table(con: Connection, full_name: str) -> bool:
    """Whether the file holds the table: one of an earlier version may not."""
    return full_name in table_names(con)


def table_names(con: Connection) -> set[str]:
    """The tables of the open database, each with its schema."""
    return {name for (name,) in con.execute(TABLE_NAMES).fetchall()}


def count(con: Connection, full_name: str) -> int:
    return int(con.execute(f"select count(*) from {full_name}").fetchall()[0][0])


def rows(con: Connection, select: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a select as mappings from column to value."""
    relation = con.execute(select, parameters or None)
    names = [column[0] for column in relation.description or ()]
    return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]


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


def ask(con: Connection, query: str, *, at_most: int | None = None) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What a reader's own query gives: names of the columns, and the rows, or the first ``at_most`` of them."""
    if "enable_logging" in query.lower():
        # Writing its log is refused by the lock, and DuckDB then ends the whole process instead of the statement.
        raise PermanentFailure("the query failed: enable_logging is switched off here, as nothing may be written")
    try:
        answer = con.execute(query)
        if not isinstance(answer, duckdb.DuckDBPyConnection):  # None, whatever the stubs say
            raise PermanentFailure('the query failed: it holds no statement; try "from marts.m2_coding_share_weekly"')
        names = [column[0] for column in answer.description or ()]
        return names, answer.fetchall() if at_most is None else answer.fetchmany(at_most)
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


def is_whole(text: str) -> bool:
    """Whether a text ends with the ``;`` that closes a statement, and not with one in a string or a comment."""
    tokens = duckdb.tokenize(text)
    return bool(tokens) and text.encode()[tokens[-1][0] :][:1] == b";"


def failing_rows(con: Connection, select: str) -> FailingRows:
    """Run a check: a select that returns the rows that fail."""
    found = rows(con, select)
    return FailingRows(len(found), found[:SHOWN_FAILING_ROWS])


def duplicated_keys(table: Table) -> str:
    """The select that finds keys that occur twice, compiled from the contract."""
    key = ", ".join(f'"{name}"' for name in table.key)
    return f"select {key}, count(*) as occurrences from {table.full_name} group by {key} having count(*) > 1"


@contextmanager
def _told_when_full(path: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.IOException, duckdb.FatalException) as error:
        raise TransientFailure(
            f"writing {path} failed ({str(error).splitlines()[0]}): free space or mend the disk, then run again; "
            "the file published before is as it was"
        ) from error


def sync(path: Path) -> None:
    """Have the file written down, so that a power cut does not leave it empty."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _log_of(path).unlink(missing_ok=True)
