"""The warehouse past one machine: raw, core and marts in DuckLake, its catalogue in PostgreSQL, its rows in Parquet.

Belongs here: everything that differs from the embedded build file: attaching, rebuilding, publishing, and moving a
warehouse from one to the other. Not here: what the tables contain, how they are replaced (``pipeline.store``).

Workers on several machines land for themselves and write in turn: a run holds the lock of the lake (``lake_lock``) from
when its responses are loaded until they are published. What is published is a snapshot of the lake, named in
``main.published``, and a copy of it (``lake_copy``) in the local file which this machine's readers open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pipeline import store
from pipeline.contracts import compile as compiled
from pipeline.contracts.tables import STORED, TABLES, Macro, Table
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.series import TIME_ZONE
from pipeline.settings import LAKE_PREFIX, DataDir, Lake
from pipeline.store import Connection, Store
from pipeline.store.lake_copy import (
    BESIDE,
    NAME,
    PUBLISHED,
    aside,
    beside,
    bring_forward,
    fill_file,
    fill_lake,
    make_schemas,
    publish_as,
)
from pipeline.store.lake_failures import extension, first_line, told_of_the_lake
from pipeline.store.lake_lock import ATTACHING_LOCK, WriterLock

EXTENSIONS = ("ducklake", "postgres_scanner", "httpfs")
# Commits of this package never meet, as they hold the lock. Those of others may: maintenance, tables of somebody's own.
COMMIT_RETRIES = 100


class LakeStore(Store):
    """The lake of a data directory. Its landing, its page and its readers' file stay on this machine."""

    def __init__(self, data_dir: DataDir, lake: Lake) -> None:
        super().__init__(data_dir)
        self._lake = lake
        self._lock = WriterLock(lake)
        self._is_held = False
        self._has_taken_over = False
        self._con: Connection | None = None

    # --- connections -------------------------------------------------------------------------------------------------

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """The lake, to write, in one transaction: each has its price in PostgreSQL, and readers meet no half of it."""
        try:
            with self._exclusive() as con, store.transaction(con):
                yield con
        finally:
            if not self._is_held:
                self._let_others_write()

    @contextmanager
    def state(self) -> Iterator[Connection]:
        """The lake as it stands. Its tables are made where they are missing."""
        with self._attached() as con:
            if not self._is_prepared(con):
                with self.writer():
                    pass
            with store.transaction(con):
                yield con

    @contextmanager
    def _exclusive(self) -> Iterator[Connection]:
        """The lake, which nobody else writes to."""
        self._lock.acquire()
        with self._attached() as con:
            if not self._has_taken_over:
                self._lock.take_over()
                self._prepare(con)
                self._refuse_other_kind(con)
                self._has_taken_over = True
            yield con

    @contextmanager
    def _attached(self) -> Iterator[Connection]:
        """The lake, attached once until ``release``; what a use stages goes with the connection that it has of its own."""
        if self._con is None:
            self._con = self._attach()
        with closing(self._con.cursor()) as con, told_of_the_lake():
            con.execute(f"use {NAME}")
            con.execute(compiled.SHARED_MACROS)
            yield con

    def _attach(self) -> Connection:
        con = duckdb.connect()
        try:
            con.execute(f"set global TimeZone = '{TIME_ZONE}'")
            for name in EXTENSIONS:
                con.execute(f"load {compiled.quoted(str(extension(name)))}")
            con.execute(f"set global ducklake_max_retry_count = {COMMIT_RETRIES}")
            self._open_bucket(con)
            # The first to attach makes the catalogue's tables, which two at once would both begin.
            with self._lock.catalogue() as cursor:
                cursor.execute("select pg_advisory_lock(%s)", (ATTACHING_LOCK,))
                self._refuse_other_files(cursor)
                con.execute(
                    f"attach {compiled.quoted(self._lock.url)} as {NAME} (data_path {compiled.quoted(self._lake.files)})"
                )
            con.execute(f"use {NAME}")
        except duckdb.Error as error:
            con.close()
            raise TransientFailure(
                f"attaching the lake failed ({first_line(error)}): start its PostgreSQL, or correct WAREHOUSE_URL and "
                "WAREHOUSE_FILES, then run again; nothing was changed"
            ) from error
        except BaseException:
            con.close()
            raise
        return con

    def _refuse_other_files(self, cursor: Any) -> None:
        cursor.execute("select to_regclass('ducklake_metadata') is not null")
        if cursor.fetchone() == (True,):
            cursor.execute("select value from ducklake_metadata where key = 'data_path'")
            (files,) = cursor.fetchone()
            if files != self._lake.files:
                raise PermanentFailure(
                    f"the lake's files are in {files}, and WAREHOUSE_FILES names {self._lake.files}: name the same place on "
                    "every machine, or another catalogue in WAREHOUSE_URL"
                )

    def _open_bucket(self, con: Connection) -> None:
        bucket = self._lake.bucket
        if bucket is None:
            return
        said = {
            "key_id": bucket.key_id,
            "secret": bucket.secret,
            "session_token": bucket.session_token,
            "region": bucket.region,
            "endpoint": bucket.endpoint,
            # A bucket in the name of the host needs a name server that knows it, which those in a house of their own lack.
            "url_style": "path" if bucket.endpoint else None,
            "use_ssl": "true" if bucket.is_encrypted else "false",
            "scope": self._lake.files,
        }
        options = ", ".join(f"{name} {compiled.quoted(value)}" for name, value in said.items() if value)
        try:
            con.execute(f"create temporary secret files_of_the_lake (type s3, {options})")
        except duckdb.Error:
            # Its text may repeat the statement.
            raise PermanentFailure(
                "the lake's bucket cannot be opened with what AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, "
                "AWS_REGION and AWS_ENDPOINT_URL say: correct them, then run again"
            ) from None

    def _refuse_other_kind(self, con: Connection) -> None:
        kinds = {
            is_simulated for (is_simulated,) in con.execute("select distinct is_simulated from raw.exchanges").fetchall()
        }
        if kinds and kinds != {self.data_dir.is_simulated}:
            told = "real" if self.data_dir.is_simulated else "simulated"
            raise PermanentFailure(
                f"the lake holds {told} data and {self.data_dir.path} does not: give each a catalogue of its own"
            )

    # --- the lock ----------------------------------------------------------------------------------------------------

    def hold(self) -> None:
        """Keep other writers out until what comes of it is published, or until ``release``."""
        self._lock.acquire()
        self._is_held = True

    def release(self) -> None:
        self._let_others_write()
        if self._con is not None:
            self._con.close()
            self._con = None

    def _let_others_write(self) -> None:
        self._lock.release()
        self._is_held, self._has_taken_over = False, False

    # --- what differs ------------------------------------------------------------------------------------------------

    def set_broken_build_aside(self) -> Path | None:
        return None

    def _is_prepared(self, con: Connection) -> bool:
        return {table.full_name for table in STORED} | {PUBLISHED} <= store.table_names(con)

    def _prepare(self, con: Connection) -> None:
        """Make what is missing, all tables in one transaction; those of core and marts are filled later.

        Each change of a table's columns or comments has DuckLake read all of its catalogue again. So tables are made once,
        and emptied from then on.
        """
        there = store.columns(con)
        # Raw tables of another version are for a rebuild to make.
        made = [
            table
            for table in STORED
            if table.full_name not in there
            or (table.schema not in ("raw", "ops") and there[table.full_name] != store.stated_columns(table))
        ]
        if made or PUBLISHED not in there:
            with store.transaction(con):
                make_schemas(con)
                con.execute(f"create table if not exists {PUBLISHED} (snapshot_id bigint, published_at timestamptz)")
                for table in made:
                    super()._empty(con, table)
        for table in made:
            if table.schema == "reference":
                self.replace_from_reference(con, table)

    def _empty(self, con: Connection, table: Table) -> None:
        con.execute(f"delete from {table.full_name}")

    def replace_view(self, con: Connection, view: Table, select: str) -> None:
        about, *_ = compiled.comments(view, prefix=self.prefix)
        con.execute(f"{compiled.create_view(view, select)}; {about}")  # DuckLake keeps no comments on a view's columns

    def replace_macro(self, con: Connection, macro: Macro, select: str) -> None:
        create, *_ = compiled.create_macro(macro, select)
        con.execute(create)  # DuckLake keeps no comments on macros

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """An embedded file of its own, whose raw tables take the place of the lake's in one transaction at the end."""
        self.hold()
        with self.writer() as con:
            known = set(store.values(con, "raw.exchanges", "exchange_id"))
        with aside(self.data_dir) as local:
            with local.rebuilding() as con:
                yield con
                loaded = set(store.values(con, "raw.exchanges", "exchange_id"))
                if known - loaded:
                    raise PermanentFailure(
                        f"rebuilding the lake failed, {len(known - loaded)} of its exchanges are not in "
                        f"{self.data_dir.landing}: bring the other workers' landing here, or share one folder; the lake is "
                        "unchanged"
                    )
            with self._exclusive() as con, beside(con, local.data_dir.build, read_only=True), store.transaction(con):
                there = store.columns(con)
                for table in TABLES.values():
                    if table.schema not in ("raw", "ops"):
                        continue
                    if there[table.full_name] != store.stated_columns(table):
                        super()._empty(con, table)
                    elif table.schema == "raw":
                        self._empty(con, table)
                    con.execute(f"insert into {table.full_name} by name from {BESIDE}.{table.full_name}")

    def publish(self) -> int:
        """Name the snapshot that passed every check, and swap in a readers' file of it."""
        with aside(self.data_dir) as local:
            with self._exclusive() as con:
                _name_snapshot(con, bring_forward(con, local, self.data_dir.published))
            self._let_others_write()
            return publish_as(local, self.data_dir.published)

    def take_in(self, local: Store, say: Callable[[str], None]) -> Mapping[str, int]:
        """Fill the empty lake with what an embedded file holds, and publish it."""
        if not local.data_dir.build.exists():
            raise PermanentFailure(
                f"{local.data_dir.build} does not exist, so there is nothing to migrate: `rebuild` makes it"
            )
        with self._exclusive() as con:
            snapshot_id, copied = fill_lake(con, local, self, say)
            _name_snapshot(con, snapshot_id)
        return copied

    def give_out(self, local: Store, say: Callable[[str], None]) -> Mapping[str, int]:
        """Put what the lake holds in the place of the embedded files."""
        with aside(local.data_dir) as given:
            with self._exclusive() as con:
                copied = fill_file(con, given, say)
            publish_as(given, local.data_dir.published)
            local.take_over(given.data_dir.build)
        return copied


def _name_snapshot(con: Connection, snapshot_id: int) -> None:
    """Write down that readers may quote it."""
    con.execute(f"insert into {PUBLISHED} select {snapshot_id}, now()")


def migrate(data_dir: DataDir, *, to_lake: bool, say: Callable[[str], None]) -> Mapping[str, int]:
    """Move the warehouse from the embedded file to the lake, or back. Returns the rows of each table; the source stays.

    All or nothing: what a killed one left is no warehouse, and the next goes over it. Raises PermanentFailure where the lake
    is not named or, on the way there, holds what this file does not.
    """
    if data_dir.lake is None:
        raise PermanentFailure(
            f"migrating needs a lake: set WAREHOUSE_URL to `{LAKE_PREFIX}dbname=NAME host=HOST`, then run it again"
        )
    lake, local = LakeStore(data_dir, data_dir.lake), Store(data_dir)
    with store.run_lock(data_dir, on_wait=say):
        try:
            return lake.take_in(local, say) if to_lake else lake.give_out(local, say)
        finally:
            lake.release()
