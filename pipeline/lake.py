"""The warehouse past one machine: raw, core and marts in DuckLake, its catalogue in PostgreSQL, its rows in Parquet.

Belongs here: everything that differs from the embedded build file: attaching, the writers' lock, rebuilding, publishing,
and moving a warehouse from one to the other. Not here: what the tables contain, how they are replaced (``pipeline.store``).

Workers on several machines land for themselves and write in turn: a run holds the lock of the lake from its
first write to its end, and a killed one frees it at once. One that lost the lock without noticing, as PostgreSQL was
restarted, commits nothing more once another has it. What is published is a snapshot of the lake, named in
``main.published``, and a copy of it in the local file which this machine's readers open.
"""

from __future__ import annotations

import importlib.util
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from pipeline import store
from pipeline.contracts import compile as compiled
from pipeline.contracts.tables import MACROS, TABLES, Macro, Table
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.series import TIME_ZONE
from pipeline.settings import LAKE_PREFIX, DataDir, Lake
from pipeline.store import Connection, Store

EXTENSIONS = ("ducklake", "postgres_scanner", "httpfs")
NAME = "lake"
PUBLISHED = "main.published"
LOCK = 0x6F72_7573  # of all that write to one catalogue
ATTACHING_LOCK = LOCK + 1  # of all that attach it
LOCK_POLL_SECONDS = 0.2
# Commits of this package never meet, as they hold the lock. Those of others may: maintenance, tables of somebody's own.
COMMIT_RETRIES = 100
# PostgreSQL frees the lock of a machine that vanished after a minute, not after the two hours of its default.
_KEEPALIVE = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
_EXTRA = "install what the lake needs, with the extra `lake` of this package, then run again"

_WORKER = "openrouter-usage/"
_TAKEN_OVER = "another worker has taken over the lake"
# The name of whoever has the lock, and the refusal of every commit of a worker with another name. The row is locked until
# the commit is through, so that nobody takes over in the middle of it.
_FENCE = f"""
create table openrouter_usage_writer (name text not null);
insert into openrouter_usage_writer values ('');
create function openrouter_usage_fence() returns trigger language plpgsql as $$
begin
    if current_setting('application_name') like '{_WORKER}%' then
        perform from openrouter_usage_writer where name = current_setting('application_name') for share;
        if not found then
            raise exception '{_TAKEN_OVER}';
        end if;
    end if;
    return new;
end $$;
create trigger openrouter_usage_fence before insert on ducklake_snapshot
    for each row execute function openrouter_usage_fence();
"""


class LakeStore(Store):
    """The lake of a data directory. Its landing, its page and its readers' file stay on this machine."""

    def __init__(self, data_dir: DataDir, lake: Lake) -> None:
        super().__init__(data_dir)
        self._lake = lake
        self._worker = f"{_WORKER}{uuid.uuid4().hex}"
        self._lock: Any = None
        self._writing: Connection | None = None

    # --- connections -------------------------------------------------------------------------------------------------

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """The lake, to write. Attached once for as long as the lock is held: DuckLake reads all of its catalogue for it."""
        self.wait_for_lock()
        if self._writing is None:
            con = self._attach()
            try:
                with _told_of_the_lake():
                    self._take_over()
                    self._prepare(con)
                self._refuse_other_kind(con)
            except BaseException:
                con.close()
                raise
            self._writing = con
        with self._used(self._writing) as con:
            yield con

    @contextmanager
    def state(self) -> Iterator[Connection]:
        """The lake as it stands. Its tables are made where they are missing."""
        if self._writing is not None:
            with self._used(self._writing) as con:
                yield con
            return
        with self.attached() as con:
            if not self._is_prepared(con):
                had_lock = self._lock is not None
                try:
                    with self.writer():
                        pass
                finally:
                    if not had_lock:
                        self.release()
            yield con

    @contextmanager
    def attached(self) -> Iterator[Connection]:
        """The lake on a connection of its own, which nothing is prepared on."""
        with closing(self._attach()) as con, _told_of_the_lake():
            yield con

    @staticmethod
    @contextmanager
    def _used(con: Connection) -> Iterator[Connection]:
        """One use of an attached connection: what is staged in it goes with it."""
        with closing(con.cursor()) as cursor, _told_of_the_lake():
            cursor.execute(f"use {NAME}")
            yield cursor

    def _attach(self) -> Connection:
        con = duckdb.connect()
        try:
            con.execute(f"set global TimeZone = '{TIME_ZONE}'")
            for name in EXTENSIONS:
                con.execute(f"load {compiled.quoted(str(_extension(name)))}")
            con.execute(f"set global ducklake_max_retry_count = {COMMIT_RETRIES}")
            self._open_bucket(con)
            url = f"{self._lake.url} application_name={self._worker}"
            # The first to attach makes the catalogue's tables, which two at once would both begin.
            with self._catalogue() as cursor:
                cursor.execute("select pg_advisory_lock(%s)", (ATTACHING_LOCK,))
                con.execute(f"attach {compiled.quoted(url)} as {NAME} (data_path {compiled.quoted(self._lake.files)})")
            con.execute(f"use {NAME}")
        except duckdb.Error as error:
            con.close()
            raise TransientFailure(
                f"attaching the lake failed ({_first_line(error)}): start its PostgreSQL, or correct WAREHOUSE_URL and "
                "WAREHOUSE_FILES, then run again; nothing was changed"
            ) from error
        except BaseException:
            con.close()
            raise
        return con

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

    @contextmanager
    def _catalogue(self) -> Iterator[Any]:
        """A cursor of the catalogue's PostgreSQL itself. Locks taken through it end with it."""
        with closing(self._session()) as session, session.cursor() as cursor:
            yield cursor

    def _session(self) -> Any:
        import psycopg2

        with _told_of_postgresql():
            session = psycopg2.connect(self._lake.catalogue, options=_KEEPALIVE)
        session.autocommit = True
        return session

    def wait_for_lock(self) -> None:
        """Be the one who writes, until ``release``. PostgreSQL frees the lock of a process that dies."""
        if self._lock is not None:
            return
        deadline = time.monotonic() + store.RUN_LOCK_WAIT_SECONDS
        session = self._session()
        with _told_of_postgresql(), session.cursor() as cursor:
            while True:
                cursor.execute("select pg_try_advisory_lock(%s)", (LOCK,))
                if cursor.fetchone() == (True,):
                    break
                if time.monotonic() > deadline:
                    session.close()
                    raise TransientFailure(
                        f"another worker has been writing to the lake for over {store.RUN_LOCK_WAIT_SECONDS:.0f} s: wait "
                        "until it has ended, then run again; what was landed is kept"
                    )
                time.sleep(LOCK_POLL_SECONDS)
        self._lock = session

    def _take_over(self) -> None:
        """Have PostgreSQL refuse the commits of whoever had the lock before, and does not know that it was lost."""
        with _told_of_postgresql(), self._lock.cursor() as cursor:
            cursor.execute("select to_regclass('openrouter_usage_writer') is null")
            if cursor.fetchone() == (True,):
                cursor.execute(f"begin; {_FENCE}; commit")
            cursor.execute("update openrouter_usage_writer set name = %s", (self._worker,))

    def hold(self) -> None:
        """Keep other writers out until ``release``, as the first write did already."""
        self.wait_for_lock()

    def release(self) -> None:
        for one in (self._writing, self._lock):
            if one is not None:
                one.close()
        self._writing = self._lock = None

    # --- what differs ------------------------------------------------------------------------------------------------

    def set_broken_build_aside(self) -> Path | None:
        return None

    def replace_macro(self, con: Connection, macro: Macro, select: str) -> None:
        create, *_ = compiled.create_macro(macro, select)
        con.execute(create)  # DuckLake keeps no comments on macros

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """An embedded file of its own, whose raw tables take the place of the lake's in one transaction at the end."""
        self.wait_for_lock()
        with self._attached() as con:
            self._prepare(con)
            self._refuse_other_kind(con)
            known = {exchange_id for (exchange_id,) in con.execute(store.read_sql("ops/loaded_exchanges")).fetchall()}
        local = _Aside(self.data_dir)
        try:
            with local.rebuilding() as con:
                yield con
                loaded = {exchange_id for (exchange_id,) in con.execute(store.read_sql("ops/loaded_exchanges")).fetchall()}
                if known - loaded:
                    raise PermanentFailure(
                        f"rebuilding the lake failed, {len(known - loaded)} of its exchanges are not in "
                        f"{self.data_dir.landing}: bring the other workers' landing here, or share one folder; the lake is "
                        "as it was"
                    )
            with self._attached() as con:
                con.execute(f"attach {compiled.quoted(str(local.data_dir.build))} as built (read_only)")
                with store.transaction(con):
                    for table in TABLES.values():
                        if table.schema == "raw":
                            con.execute(f"delete from {table.full_name}")
                        if table.full_name == store.REFRESHED:
                            con.execute(f"delete from {table.full_name}")
                        elif table.schema in ("raw", "ops"):
                            con.execute(f"insert into {table.full_name} by name from built.{table.full_name}")
        finally:
            local.remove()

    def publish(self) -> int:
        """Name the snapshot that passed every check, and swap a copy of it in for this machine's readers."""
        self.name_snapshot()
        local = _Aside(self.data_dir)
        try:
            copy(self, local)
            return local.publish_as(self.data_dir.published)
        finally:
            local.remove()

    def name_snapshot(self) -> None:
        """Write down that the lake as it stands is what readers may quote."""
        with self._attached() as con:
            con.execute("create table if not exists main.published (snapshot_id bigint, published_at timestamptz)")
            newest = f"select max(snapshot_id), now() from ducklake_snapshots('{NAME}')"
            con.execute(f"insert into main.published {newest}")

    def is_empty(self) -> bool:
        with self.state() as con:
            return store.count(con, "raw.exchanges") == 0


class _Aside(Store):
    """An embedded build beside a lake's data directory, for as long as it is needed."""

    def __init__(self, data_dir: DataDir) -> None:
        folder = data_dir.path / ".beside-the-lake"
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(DataDir(folder))
        self._of = data_dir
        self.remove(keep_folder=True)

    @property
    def prefix(self) -> str:
        return store.SIMULATED_PREFIX if self._of.is_simulated else ""

    def publish_as(self, path: Path) -> int:
        size = self.publish()
        self.data_dir.published.replace(path)
        return size

    def remove(self, *, keep_folder: bool = False) -> None:
        for path in self.data_dir.path.iterdir():
            path.unlink()
        if not keep_folder:
            self.data_dir.path.rmdir()


@contextmanager
def _told_of_the_lake() -> Iterator[None]:
    try:
        yield
    except (duckdb.IOException, duckdb.TransactionException) as error:
        raise TransientFailure(
            f"writing to the lake failed ({str(error).splitlines()[0]}): see to its PostgreSQL and its files, then run "
            "again; what was landed is kept, and what was published is as it was"
        ) from error


def _extension(name: str) -> Path:
    """The extension as its wheel brought it: nothing is fetched at run time."""
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for path in Path(folder).rglob("*.duckdb_extension"):
            return path
    raise PermanentFailure(f"DuckDB's extension {name} is not there: {_EXTRA}")


# --- moving a warehouse ----------------------------------------------------------------------------------------------


def migrate(data_dir: DataDir, *, to_lake: bool, say: Callable[[str], None]) -> dict[str, int]:
    """Move the warehouse from the embedded file to the lake, or back. Returns the rows of each table; the source stays.

    Raises PermanentFailure where the lake is not named or, on the way there, not empty.
    """
    if data_dir.lake is None:
        raise PermanentFailure(
            f"migrating needs a lake: set WAREHOUSE_URL to `{LAKE_PREFIX}dbname=NAME host=HOST`, then run it again"
        )
    there, here = LakeStore(data_dir, data_dir.lake), Store(data_dir)
    with store.run_lock(data_dir, on_wait=say):
        there.wait_for_lock()
        try:
            if to_lake:
                if not data_dir.build.exists():
                    raise PermanentFailure(
                        f"{data_dir.build} does not exist, so there is nothing to migrate: `rebuild` makes it"
                    )
                if not there.is_empty():
                    raise PermanentFailure("the lake holds a warehouse already: name an empty catalogue in WAREHOUSE_URL")
                copied = copy(here, there, say)
                there.name_snapshot()
                return copied
            local = _Aside(data_dir)
            try:
                copied = copy(there, local, say)
                local.publish()
                local.data_dir.build.replace(data_dir.build)
                local.data_dir.published.replace(data_dir.published)
            finally:
                local.remove()
            return copied
        finally:
            there.release()


def copy(source: Store, target: Store, say: Callable[[str], None] = lambda message: None) -> dict[str, int]:
    """Copy every table and macro into an empty warehouse, and hold rows and checksums of each table against the source's.

    Returns the rows of each table. One of the two is a lake, the other an embedded file.
    """
    lake, local = (source, target) if isinstance(source, LakeStore) else (target, source)
    if not isinstance(lake, LakeStore):
        raise TypeError("one of the two must be a lake")
    with target.writer():  # makes schemas
        pass
    copied: dict[str, int] = {}
    with lake._attached() as con:
        con.execute(
            f"attach {compiled.quoted(str(local.data_dir.build))} as embedded{' (read_only)' if target is lake else ''}"
        )
        there, here = (NAME, "embedded") if source is lake else ("embedded", NAME)
        con.execute(f"use {here}")
        known = {name for (name,) in con.execute(store.TABLE_NAMES_OF, {"database": there}).fetchall()}
        for table in TABLES.values():
            if table.full_name in known:
                say(f"copying {table.full_name}")
                copied[table.full_name] = _copy_table(target, con, table, f"{there}.{table.full_name}")
        for macro, select in _macros():
            if macro.table in known:
                target.replace_macro(con, macro, select)
    return copied


def _macros() -> Iterator[tuple[Macro, str]]:
    """Every macro with its select, each after those it calls."""
    selects = {f"{macro.schema}.{name}": store.read_sql(f"{macro.schema}/{name}") for name, macro in MACROS.items()}
    calls = {name: store.references(select) & selects.keys() for name, select in selects.items()}
    for name in TopologicalSorter(calls).static_order():
        yield MACROS[name.partition(".")[2]], selects[name]


def _copy_table(target: Store, con: Connection, table: Table, source: str) -> int:
    with store.transaction(con):
        target.put(con, table, f"from {source}")
        was, now = (store.checksum(con, table, name) for name in (source, table.full_name))
        if was != now:
            raise PermanentFailure(
                f"copying {table.full_name} failed, rows and checksum are {was} there and {now} here: the source is "
                "as it was"
            )
    return was[0]
