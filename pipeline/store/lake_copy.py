"""Copies between a lake and DuckDB files: a migration, and the readers' file of this machine.

Belongs here: what is copied, and the comparison after it. Not here: the lock and the lake's own tables (``lake``).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from pipeline import store
from pipeline.contracts import compile as compiled
from pipeline.contracts.tables import STORED, TABLES, Table
from pipeline.failures import PermanentFailure
from pipeline.settings import DataDir
from pipeline.store import Connection, Store
from pipeline.store.lake_failures import first_line

NAME = "lake"
BESIDE = "beside"  # a DuckDB file that is attached with it
PUBLISHED = "main.published"
_CATALOGUE = f"__ducklake_metadata_{NAME}"
_STAMP = "snapshot_of_lake"  # a macro of the readers' file: which snapshot it holds, and by which version

_APPENDED = {"tables_inserted_into", "inlined_insert"}


@contextmanager
def aside(data_dir: DataDir) -> Iterator[Store]:
    """An embedded build beside a lake's data directory, for as long as it is needed."""
    made = DataDir(data_dir.path / ".beside-the-lake")
    shutil.rmtree(made.path, ignore_errors=True)  # of a killed run
    made.path.mkdir(parents=True)
    if data_dir.is_simulated:
        made.mark_simulated()
    try:
        yield Store(made)
    finally:
        shutil.rmtree(made.path)


def publish_as(local: Store, path: Path) -> int:
    """Swap in what stands beside the lake. Returns its size in bytes."""
    size = local.publish()
    local.data_dir.published.replace(path)
    return size


@contextmanager
def beside(con: Connection, path: Path, *, read_only: bool) -> Iterator[None]:
    """A DuckDB file, attached beside the lake."""
    con.execute(f"attach {compiled.quoted(str(path))} as {BESIDE}{' (read_only)' if read_only else ''}")
    try:
        yield
    finally:
        con.execute(f"use {NAME}")
        con.execute(f"detach {BESIDE}")


def fill_lake(con: Connection, local: Store, lake: Store, say: Callable[[str], None]) -> tuple[int, Mapping[str, int]]:
    """Copy a DuckDB file into an empty lake, in one transaction. Returns the snapshot made, and the rows of each table."""
    with beside(con, local.data_dir.build, read_only=True):
        with store.transaction(con):
            _refuse_full_lake(con)
            copied = _copy_all(con, lake, BESIDE, say)
        return _snapshot(con, "last_committed"), copied


def fill_file(con: Connection, local: Store, say: Callable[[str], None]) -> Mapping[str, int]:
    """Copy the lake into an empty DuckDB file, in one transaction. Returns the rows of each table."""
    with beside(con, local.data_dir.build, read_only=False), store.transaction(con):
        con.execute(f"use {BESIDE}")
        make_schemas(con)
        return _copy_all(con, local, NAME, say)


def _copy_all(con: Connection, target: Store, source: str, say: Callable[[str], None]) -> Mapping[str, int]:
    """Copy every table, make the views and macros, and compare rows and checksums with the source's."""
    copied: dict[str, int] = {}
    known = store.table_names(con, source)
    for table in STORED:
        if table.full_name in known:
            say(f"copying {table.full_name}")
            copied[table.full_name] = _copy_table(con, target, table, f"{source}.{table.full_name}")
    for view, select in _views():
        if view.full_name in known:
            target.make(con, view, select)
    if all(table.full_name in known for table in STORED):
        target.replace_macros(con)
    return copied


def make_schemas(con: Connection) -> None:
    for schema in dict.fromkeys(table.schema for table in TABLES.values()):
        con.execute(f"create schema if not exists {schema}")


def _snapshot(con: Connection, which: str) -> int:
    return int(con.execute(f"select id from ducklake_{which}_snapshot('{NAME}')").fetchall()[0][0])


def _refuse_full_lake(con: Connection) -> None:
    """A lake that was never published and holds nothing but the file's responses is what a killed migration left."""
    own = f"select count(*) from raw.exchanges anti join {BESIDE}.raw.exchanges using (exchange_id)"
    if store.count(con, PUBLISHED) or con.execute(own).fetchall() != [(0,)]:
        raise PermanentFailure("the lake holds a warehouse already: name an empty catalogue in WAREHOUSE_URL")


def _views() -> Iterator[tuple[Table, str]]:
    """Every view with its select, each after those it reads."""
    selects = {name: store.select_of(name) for name, table in TABLES.items() if table.is_view}
    reads = {name: store.references(select) & selects.keys() for name, select in selects.items()}
    for name in TopologicalSorter(reads).static_order():
        yield TABLES[name], selects[name]


def _copy_table(con: Connection, target: Store, table: Table, source: str) -> int:
    try:
        target.replace(con, table, f"from {source}")
    except (duckdb.BinderException, duckdb.ConstraintException, duckdb.ConversionException) as error:
        raise PermanentFailure(
            f"copying {table.full_name} failed ({first_line(error)}): another version made it; run "
            "`openrouter-usage rebuild`, then migrate again; the source is unchanged"
        ) from error
    was, now = (store.checksum(con, table, name) for name in (source, table.full_name))
    _compare(table, was, now)
    return was[0]


def _compare(table: Table, was: object, now: object) -> None:
    if was != now:
        raise PermanentFailure(
            f"copying {table.full_name} failed, rows and checksum are {was} there and {now} here: the source is unchanged"
        )


# --- the readers' file -----------------------------------------------------------------------------------------------


def bring_forward(con: Connection, local: Store, published: Path) -> int:
    """Make ``local`` the readers' file of the lake as it is. Returns the snapshot that it holds.

    It begins as a copy of ``published``, what this machine's readers have: tables that did not change since are in it, and
    those that only grew are given the new rows. Without one, or after another version made it, everything is copied.
    """
    build, version = local.data_dir.build, _version(local)
    held = _held(con, published, version)
    if held is None:
        fill_file(con, local, lambda name: None)
    else:
        shutil.copyfile(published, build)
    with beside(con, build, read_only=False), store.transaction(con):
        con.execute(f"use {BESIDE}")
        now = _snapshot(con, "current")
        if held is not None:
            _bring_tables_forward(con, local, held, now)
        con.execute(f"create or replace macro main.{_STAMP}() as {compiled.quoted(_stamp(con, version, now))}")
    return now


def _version(local: Store) -> str:
    """What the tables, views and macros of the readers' file are made by."""
    made = [[compiled.create_table(one, replace=True), *compiled.comments(one, prefix=local.prefix)] for one in STORED]
    return hashlib.sha256(json.dumps([made, store.selects()]).encode()).hexdigest()


def _stamp(con: Connection, version: str, snapshot_id: int) -> str:
    """A snapshot as a readers' file names it. Another lake may have one of that number, but not of that microsecond."""
    query = f"select snapshot_time::varchar from ducklake_snapshots('{NAME}') where snapshot_id = {snapshot_id}"
    return " ".join([version, str(snapshot_id), *(at for (at,) in con.execute(query).fetchall())])


def _held(con: Connection, published: Path, version: str) -> int | None:
    """The snapshot of this lake that a readers' file holds; None where it holds none, or as another version made it."""
    if not published.exists():
        return None
    with suppress(PermanentFailure, duckdb.CatalogException), closing(store.connect(published, read_only=True)) as file:
        [(stamp,)] = file.execute(f"select {_STAMP}()").fetchall()
        made_by, snapshot_id, _ = stamp.split(maxsplit=2)
        if made_by == version and stamp == _stamp(con, version, int(snapshot_id)):
            return int(snapshot_id)
    return None


def _bring_tables_forward(con: Connection, local: Store, held: int, now: int) -> None:
    changes = _changes(con, held, now)
    for table in STORED:
        kinds, source = changes.get(table.full_name, set()), f"{NAME}.{table.full_name}"
        if kinds - _APPENDED:
            _copy_table(con, local, table, source)
        elif kinds:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            appended = f"ducklake_table_insertions('{NAME}', '{table.schema}', '{table.name}', {held + 1}, {now})"
            con.execute(f"insert into {table.full_name} by name select {columns} from {appended}")
            _compare(table, *(store.count(con, name) for name in (source, table.full_name)))


def _changes(con: Connection, held: int, now: int) -> Mapping[str, set[str]]:
    """How each table that changed between two snapshots did, in DuckLake's words."""
    query = f"""
        with changes as (
            select unnest(map_entries(changes)) as change
            from ducklake_snapshots('{NAME}') where snapshot_id > {held} and snapshot_id <= {now}
        ),
        changed as (select change.key as kind, unnest(change.value) as changed from changes),
        tables as (
            select table_id::varchar as table_id, schema_name || '.' || table_name as table_name
            from {_CATALOGUE}.ducklake_table inner join {_CATALOGUE}.ducklake_schema using (schema_id)
        )
        select distinct coalesce(table_name, changed), kind from changed left join tables on table_id = changed
    """
    found: dict[str, set[str]] = {}
    for name, kind in con.execute(query).fetchall():
        found.setdefault(name, set()).add(kind)
    return found
