"""The build file: making and replacing its tables, views and macros, and publishing a copy of it.

Belongs here: every DDL verb. Not here: what a table contains (``warehouse/**/*.sql``) or means (``contracts``), the lake.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import polars as pl

from pipeline.contracts import compile as compiled
from pipeline.contracts.tables import TABLES, Macro, Table
from pipeline.durable import replacing, sync
from pipeline.failures import PermanentFailure
from pipeline.settings import DataDir
from pipeline.store.connect import Connection, connect, explained_when_full, transaction
from pipeline.store.reader import shut
from pipeline.store.sql import reference_file, reference_rows, references, selects
from pipeline.store.tables import columns, duplicated_keys, failing_rows, stated_columns

SIMULATED_PREFIX = "SIMULATED, not OpenRouter data. "
CHECKPOINT_THRESHOLD = "256MB"
VERSION_OF_MACROS = "version_of_macros"
IN_MEMORY = Path(":memory:")


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
        with explained_when_full(self.data_dir.build), self._prepared(self.data_dir.build) as con:
            # One checkpoint, when it is published: each of the many that a run's changes would bring writes all of it.
            con.execute(f"set checkpoint_threshold = '{CHECKPOINT_THRESHOLD}'")
            yield con

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
        with self._prepared(self.data_dir.build if self.data_dir.build.exists() else IN_MEMORY) as con:
            yield con

    @contextmanager
    def empty(self) -> Iterator[Connection]:
        """The tables of a new database, in memory."""
        with self._prepared(IN_MEMORY) as con:
            yield con

    @contextmanager
    def _prepared(self, path: Path) -> Iterator[Connection]:
        con = connect(path)
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
        try:
            with explained_when_full(self.data_dir.build), self._prepared(fresh) as con:
                self._carry_over_ops(con)
                yield con
                # Closing would swallow the failure to write everything down, and leave it in the log file.
                con.execute("checkpoint")
        except BaseException:
            _remove(fresh)
            raise
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
            # What an earlier version recorded is kept as far as this one has a place for it: ops is history, not state.
            with suppress(duckdb.Error):
                if table.schema == "ops":
                    there = {name for name, *_ in con.execute(f"describe old.{table.full_name}").fetchall()}
                    shared = ", ".join(f'"{column.name}"' for column in table.columns if column.name in there)
                    con.execute(f"insert into {table.full_name} by name select {shared} from old.{table.full_name}")
        con.execute("detach old")

    def _prepare(self, con: Connection) -> None:
        known = columns(con)
        # Each table and each comment would be a commit of its own, which is written to the disk: a second for a new file.
        with transaction(con):
            for schema in ("reference", "raw", "core", "marts", "ops"):
                con.execute(f"create schema if not exists {schema}")
            for table in TABLES.values():
                # Those of another version that are appended to are for a rebuild to make.
                if table.schema in ("raw", "ops") and table.full_name not in known:
                    con.execute(compiled.create_table(table, replace=False))
                    self._comment(con, table)
                elif table.schema == "reference" and known.get(table.full_name) != stated_columns(table):
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

    def replace(self, con: Connection, table: Table, select: str) -> None:
        """Put what the select gives in the place of the table's rows, in one transaction.

        What breaks the contract replaces nothing: a type, a NULL where there is none (both raised by DuckDB), a key twice.
        """
        order = ", ".join(f'"{name}"' for name in table.stored_by)
        with transaction(con):
            self._empty(con, table)
            con.execute(f"insert into {table.full_name} by name from ({select}) order by {order}")
            twice = failing_rows(con, duplicated_keys(table))
            if twice.count:
                raise PermanentFailure(
                    f"building {table.full_name} failed, {twice.count} keys are there more than once, first "
                    f"{twice.rows[0]}: a join in its SQL, or in what it reads, doubles rows; the table is unchanged"
                )

    def replace_view(self, con: Connection, view: Table, select: str) -> None:
        with transaction(con):
            con.execute("; ".join([compiled.create_view(view, select), *compiled.comments(view, prefix=self.prefix)]))

    def replace_macro(self, con: Connection, macro: Macro, select: str) -> None:
        con.execute("; ".join(compiled.create_macro(macro, select, prefix=self.prefix)))

    def replace_macros(self, con: Connection) -> None:
        """Put every as-of macro in place, unless the file has just these.

        DuckDB binds each with all that it reads, 0.8 s of a core for all, and they only change with the code.
        """
        made = {name: select for name, select in selects().items() if isinstance(compiled.contract_of(name), Macro)}
        version = hashlib.sha256(json.dumps([self.prefix, made]).encode()).hexdigest()
        with suppress(duckdb.CatalogException):
            if con.execute(f"select {VERSION_OF_MACROS}()").fetchall() == [(version,)]:
                return
        waits = {name: references(select) & made.keys() for name, select in made.items()}
        with transaction(con):
            for name in TopologicalSorter(waits).static_order():
                self.make(con, compiled.contract_of(name), made[name])
            con.execute(f"create or replace macro main.{VERSION_OF_MACROS}() as {compiled.quoted(version)}")

    def replace_from_reference(self, con: Connection, table: Table) -> None:
        """Put what is written of the table, in ``warehouse/reference`` or in code, in the place of its rows."""
        if (rows := reference_rows(table)) is not None:
            frame = pl.DataFrame(rows, schema=compiled.polars_schema(table), orient="row")
            con.register("staged_rows", frame.to_arrow())
            self.replace(con, table, "from staged_rows")
            con.unregister("staged_rows")
            return
        path = compiled.quoted(str(reference_file(table)))
        columns = json.dumps({column.name: column.type for column in table.columns}).replace('"', "'")
        self.replace(con, table, f"from read_csv({path}, header=true, columns={columns}, auto_detect=false)")

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
        with replacing(published, doing="publishing to", kept="the file published before is unchanged") as temporary:
            shutil.copyfile(self.data_dir.build, temporary)
        return published.stat().st_size

    @contextmanager
    def reader(self, *, writes_to: Path | None = None) -> Iterator[Connection]:
        """The published file, for reading only, with everything outside it out of reach, but for a folder of exports."""
        path = self.data_dir.published
        if not path.exists():
            raise PermanentFailure(f"{path} does not exist yet: `openrouter-usage run` or `rebuild` publishes it")
        con = connect(path, read_only=True)
        try:
            shut(con, writes_to)
            yield con
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise PermanentFailure(
                f"reading {path} failed ({str(error).splitlines()[0]}): another version published it; "
                "run `openrouter-usage rebuild`, then try again"
            ) from error
        finally:
            con.close()


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _log_of(path).unlink(missing_ok=True)
