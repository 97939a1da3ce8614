"""The warehouse in DuckLake on a real PostgreSQL: the same rows as in the embedded file, also with several workers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from dagster import AssetKey, DagsterRunStatus

from pipeline import store
from pipeline.contracts.tables import TABLES, Table
from pipeline.failures import PermanentFailure
from pipeline.landing import Landing
from pipeline.load.loading import load
from pipeline.run.instance import open_instance
from pipeline.run.jobs import PUBLISHED
from pipeline.settings import BUCKET_VARIABLES, RECORDINGS, ROOT, Bucket, DataDir, Lake, Settings
from pipeline.store import lake_copy
from pipeline.store.lake import EXTENSIONS, LakeStore, migrate
from pipeline.store.lake_failures import extension
from tests.pipeline.store.lake.conftest import SECRET, TOKEN, Server, postgresql

COMMAND = Path(sys.executable).with_name("openrouter-usage")
COMPARED = [table for table in TABLES.values() if table.schema != "ops"]
FIRST_DAY = "2026-01-12"
TUESDAY, WEDNESDAY = "2026-01-20T06:30:00+00:00", "2026-01-21T06:30:00+00:00"
LIMIT_SECONDS = 280

Sums = dict[str, tuple[int, str]]


def environment(lake: Lake | None, dagster: str = "") -> dict[str, str]:
    named = {"DAGSTER_POSTGRES_URL": dagster}
    if lake is not None:
        named |= {"WAREHOUSE_URL": lake.url, "WAREHOUSE_FILES": lake.files}
    if lake is not None and lake.bucket is not None:
        of = lake.bucket
        opened = (of.key_id, of.secret, of.session_token or "", of.region or "", f"http://{of.endpoint}")
        named |= dict(zip(BUCKET_VARIABLES, opened, strict=True))
    return {**os.environ, "OPENROUTER_USAGE_UNLIMITED": "1", "PYTHONPATH": str(ROOT), **named}


def worker(lake: Lake | None, *arguments: object, dagster: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.pipeline.store.lake.worker", *map(str, arguments)],
        env=environment(lake, dagster), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        cwd=ROOT,
    )  # fmt: skip


def run(folder: Path, lake: Lake | None, instant: str = TUESDAY, dagster: str = "") -> subprocess.Popen[str]:
    return worker(lake, "run", folder, instant, FIRST_DAY, dagster=dagster)


def finish(process: subprocess.Popen[str]) -> None:
    said, _ = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0, said[-2000:]


def kill_at(process: subprocess.Popen[str], beginning: str) -> None:
    assert process.stdout is not None
    assert any(line.startswith(beginning) for line in process.stdout)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def command(lake: Lake | None, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    told = [str(COMMAND), "--data-dir", str(folder), *arguments]
    return subprocess.run(told, capture_output=True, text=True, env=environment(lake), check=False)


def sums(path: Path) -> Sums:
    """Rows and checksum of every table that is a function of landing."""
    with duckdb.connect(path, read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return {table.full_name: store.checksum(con, table, table.full_name) for table in COMPARED}


def differing(found: Sums, expected: Sums) -> dict[str, tuple[tuple[int, str], tuple[int, str]]]:
    assert expected["raw.readings"][0] > 0
    return {name: (found[name], sum_) for name, sum_ in expected.items() if found[name] != sum_}


def a_reader() -> duckdb.DuckDBPyConnection:
    """Somebody elsewhere, with DuckDB and two extensions."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    for name in EXTENSIONS:
        con.execute(f"load '{extension(name)}'")
    return con


@pytest.fixture(scope="module")
def tuesday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the embedded warehouse of one run."""
    folder = tmp_path_factory.mktemp("tuesday") / "data"
    finish(run(folder, None))
    return folder


@pytest.fixture(scope="module")
def wednesday(tuesday: Path, tmp_path_factory: pytest.TempPathFactory) -> Sums:
    """What an embedded warehouse holds after the next morning's run, too."""
    folder = copied(tuesday, tmp_path_factory.mktemp("wednesday"))
    finish(run(folder, None, WEDNESDAY))
    return sums(DataDir(folder).published)


def copied(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target / "data", ignore=shutil.ignore_patterns(".dagster")))


@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_a_warehouse_moves_to_the_lake_and_back(server: Server, tuesday: Path, wednesday: Sums, tmp_path: Path) -> None:
    """Its next run goes on in the lake, with Dagster's storage on the same server, and gives what it gives in the file."""
    lake = server.lake("moved", tmp_path / "files")
    data_dir = DataDir(copied(tuesday, tmp_path), lake)
    before = sums(data_dir.published)

    kill_at(worker(lake, "migrate", data_dir.path), "copying marts.")
    copied_rows = migrate(data_dir, to_lake=True, say=print)
    assert copied_rows["raw.readings"] == before["raw.readings"][0] > 0
    with pytest.raises(PermanentFailure, match="holds a warehouse already"):
        migrate(data_dir, to_lake=True, say=print)

    server.ask("postgres", "create database dagster")
    storage = f"postgresql+psycopg2://lake@127.0.0.1:{server.port}/dagster"
    finish(run(data_dir.path, lake, WEDNESDAY, dagster=storage))
    assert not list(data_dir.path.glob(".dagster/storage/**/*.db"))
    _see_history(tmp_path / "elsewhere", storage)
    assert differing(sums(data_dir.published), wednesday) == {}
    _build_anew(data_dir, lake)
    for path in (data_dir.build, data_dir.published):
        path.unlink()
    migrate(data_dir, to_lake=False, say=print)
    assert sums(data_dir.build) == sums(data_dir.published)
    assert differing(sums(data_dir.build), wednesday) == {}
    assert list((tmp_path / "files").rglob("*.parquet"))
    _read_elsewhere(lake, before, wednesday)


def _build_anew(data_dir: DataDir, lake: Lake) -> None:
    """An earlier version made the raw tables: they are made again of landing, the same to the row."""
    files = LakeStore(data_dir, lake)
    try:
        with files.writer() as con:
            con.execute("alter table raw.exchanges drop column part_of")
        with files.state() as con:
            assert store.has_other_columns(con)
        with files.rebuilding() as con:
            load(con, Landing(data_dir), run_id="anew")
        with files.state() as con:
            assert not store.has_other_columns(con)
    finally:
        files.release()


def _read_elsewhere(lake: Lake, before: Sums, after: Sums) -> None:
    """What docs/scale.md tells readers to type gives the published snapshots, each with the rows of its day."""
    text = (ROOT / "docs" / "scale.md").read_text()
    (told,) = re.findall(r"```text\n(attach.*?)```", text, flags=re.DOTALL)
    newest, published, older, mart = told.replace("ducklake:postgres:dbname=usage host=HOST user=USER", lake.url).split(";")[
        :4
    ]
    with a_reader() as con:
        con.execute(newest)
        snapshots = [snapshot_id for snapshot_id, _ in con.execute(published.partition("limit")[0]).fetchall()]
        assert len(snapshots) == 2
        assert con.execute(published).fetchall()[0][0] == snapshots[0]
    for snapshot_id, expected in zip(snapshots, (after, before), strict=True):
        with a_reader() as con:
            con.execute(older.replace("1234", str(snapshot_id)))
            assert len(con.execute(mart).fetchall()) == expected["marts.m2_coding_share_weekly"][0] > 0
            con.execute("use usage")
            found = {table.full_name: store.checksum(con, table, table.full_name) for table in COMPARED}
            assert differing(found, expected) == {}
            with pytest.raises(duckdb.Error, match="read-only"):
                con.execute("delete from marts.m2_coding_share_weekly")


def _see_history(folder: Path, storage: str) -> None:
    """Another machine sees the run, what it made and what it checked; its own data directory is empty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_POSTGRES_URL", storage)
        patch.setenv("DAGSTER_HOME", "")
        with open_instance(Settings.load(folder)) as instance:
            [seen] = instance.get_runs()
            assert seen.status is DagsterRunStatus.SUCCESS
            assert instance.get_latest_materialization_event(AssetKey(PUBLISHED.split("/"))) is not None
            assert len(instance.all_logs(seen.run_id)) > 500
    assert not list(folder.glob(".dagster/storage/**/*.db"))


def test_a_bucket_takes_a_warehouse_and_keeps_no_secret(
    server: Server, bucket: Bucket, tuesday: Path, tmp_path: Path
) -> None:
    lake = server.lake("in_a_bucket", "s3://usage/some/where", bucket)
    data_dir = DataDir(copied(tuesday, tmp_path), lake)
    before = sums(data_dir.published)
    migrate(data_dir, to_lake=True, say=print)
    for path in (data_dir.build, data_dir.published):
        path.unlink()
    with published_by(data_dir, lake) as files, files.writer() as con:
        con.execute("insert into ops.loads select 'one' || uuid(), now(), '', 0, 0, 0, 0 from range(100)")
    assert differing(sums(data_dir.published), before) == {}
    migrate(data_dir, to_lake=False, say=print)
    assert differing(sums(data_dir.build), before) == {}

    dump = server.dump("in_a_bucket")
    assert b"s3://usage/some/where/" in dump
    left = [dump, *(path.read_bytes() for path in data_dir.path.rglob("*") if path.is_file())]
    assert not any(secret.encode() in content for content in left for secret in (SECRET, TOKEN))
    assert SECRET not in repr(lake)
    assert TOKEN not in repr(lake)


@contextmanager
def published_by(data_dir: DataDir, lake: Lake) -> Iterator[LakeStore]:
    """A worker, which publishes what the block wrote."""
    files = LakeStore(data_dir, lake)
    try:
        yield files
        files.publish()
    finally:
        files.release()


def test_the_file_of_readers_is_brought_forward(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each publication copies what changed since this machine's last one, and gives what a copy of everything gives."""
    some = [TABLES[name] for name in ("ops.loads", "raw.exchanges", "reference.authors")]
    monkeypatch.setattr(lake_copy, "STORED", some)  # a copy of all of them takes seconds
    monkeypatch.setattr(store.Store, "replace_macros", lambda self, con: None)
    whole: list[str] = []
    copy = lake_copy._copy_table

    def noted(con: store.Connection, target: store.Store, table: Table, source: str) -> int:
        whole.append(table.full_name)
        return copy(con, target, table, source)

    monkeypatch.setattr(lake_copy, "_copy_table", noted)

    def published(data_dir: DataDir, *statements: str) -> list[str]:
        """The tables that were copied whole. The file has the rows of the lake."""
        whole.clear()
        assert data_dir.lake is not None
        with published_by(data_dir, data_dir.lake) as files:
            for statement in statements:
                with files.writer() as con:
                    con.execute(statement)
            with files.state() as con:
                expected = [store.checksum(con, table, table.full_name) for table in some]
        with store.connect(data_dir.published, read_only=True) as con:
            assert [store.checksum(con, table, table.full_name) for table in some] == expected
        return whole

    few = "insert into ops.loads select 'few' || uuid(), now(), '', 0, 0, 0, 0"
    many = "insert into ops.loads select 'many' || uuid(), now(), '', 0, 0, 0, 0 from range(1000)"
    everything = [table.full_name for table in some]
    lake = server.prepared_lake("forward", tmp_path / "files")
    one, other = (DataDir(tmp_path / name, lake) for name in ("one", "other"))
    assert sorted(published(one)) == everything
    assert published(one, few) == []
    assert published(one, many, few) == []
    assert published(one, "delete from ops.loads where run_id like 'few%'") == ["ops.loads"]
    assert published(one, "delete from reference.authors", many) == ["reference.authors"]
    # Another machine has nothing yet; the first one is behind by then, and takes what both wrote.
    assert sorted(published(other, few)) == everything
    assert published(one, few) == []
    # A lake that was made anew under the same name is another one, whatever the numbers of its snapshots.
    server.ask("postgres", "drop database forward with (force)")
    again = server.prepared_lake("forward", tmp_path / "again")
    assert sorted(published(DataDir(one.path, again), *[few] * 20)) == everything


def test_two_workers_one_of_them_killed_give_the_rows_of_one(server: Server, tmp_path: Path) -> None:
    """Nothing is lost and nothing doubled, and one worker's landing is not enough to build the lake anew."""
    lake = server.prepared_lake("two", tmp_path / "files")
    folders = [tmp_path / f"worker{number}" for number in range(2)]
    together = DataDir(tmp_path / "embedded")
    for folder, own in zip(folders, ("20260724T110740Z", "20260804T092247Z"), strict=True):
        # Both fetched the same weeks, and each the days of its own time.
        for path in ("week-category-programming", f"day-full-history/{own}-2026.json.gz"):
            for data_dir in (DataDir(folder), together):
                list(Landing(data_dir).import_recorded(RECORDINGS / "rankings-daily" / path))
    workers = [worker(lake, "load", folder) for folder in folders]
    # It holds the lock, or waits for the other one to let it go.
    kill_at(workers[1], "loaded")
    finish(workers[0])
    finish(worker(lake, "load", folders[1]))

    with store.Store(together).writer() as con:
        load(con, Landing(together), run_id="together")
        expected = raw_sums(con)
    partial = LakeStore(DataDir(folders[0]), lake)
    with partial.state() as con:
        assert differing(raw_sums(con), expected) == {}
    with pytest.raises(PermanentFailure, match=r"\d+ of its exchanges are not in"), partial.rebuilding() as con:
        load(con, Landing(partial.data_dir), run_id="partial")
    partial.release()


def raw_sums(con: duckdb.DuckDBPyConnection) -> Sums:
    """Of the raw tables, of which all others are a function."""
    raw = [table for table in COMPARED if table.schema == "raw"]
    return {table.full_name: store.checksum(con, table, table.full_name) for table in raw}


def test_a_machine_without_postgresql_has_one_for_the_tests(tmp_path: Path) -> None:
    """The wheel's serves a lake, whoever runs the tests: root, too, whom PostgreSQL refuses."""
    with postgresql() as packaged, a_reader() as con:
        lake = packaged.lake("packaged", tmp_path)
        con.execute(f"attach '{lake.url}' as usage (data_path '{lake.files}')")
        con.execute("create table usage.days as from (values (date '2026-01-20', 12::bigint)) as day (usage_date, tokens)")
        assert con.sql("select tokens from usage.days").fetchall() == [(12,)]
