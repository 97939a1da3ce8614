"""The warehouse in DuckLake on a real PostgreSQL: the same rows as in the embedded file, also with several workers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure
from pipeline.landing import Landing
from pipeline.load.loading import load
from pipeline.run.instance import prepare_home
from pipeline.settings import BUCKET_VARIABLES, ROOT, DataDir, Lake, Settings
from pipeline.store.lake import EXTENSIONS, LakeStore, migrate
from pipeline.store.lake_failures import extension
from tests.pipeline.store.lake.conftest import SECRET, TOKEN, Server, postgresql

COMMAND = Path(sys.executable).with_name("openrouter-usage")
COMPARED = [table for table in TABLES.values() if table.schema != "ops"]
FIRST_DAY = "2026-01-12"
TUESDAY, WEDNESDAY = "2026-01-20T06:30:00+00:00", "2026-01-21T06:30:00+00:00"
LIMIT_SECONDS = 280

Sums = dict[str, tuple[int, str]]


def environment(lake: Lake | None) -> dict[str, str]:
    named = {} if lake is None else {"WAREHOUSE_URL": lake.url, "WAREHOUSE_FILES": lake.files}
    if lake is not None and lake.bucket is not None:
        of = lake.bucket
        opened = (of.key_id, of.secret, of.session_token or "", of.region or "", f"http://{of.endpoint}")
        named |= dict(zip(BUCKET_VARIABLES, opened, strict=True))
    return {**os.environ, "OPENROUTER_USAGE_UNLIMITED": "1", "PYTHONPATH": str(ROOT), **named}


def worker(lake: Lake | None, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.pipeline.store.lake.worker", *map(str, arguments)],
        env=environment(lake), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
    )  # fmt: skip


def run(folder: Path, lake: Lake | None, instant: str = TUESDAY) -> subprocess.Popen[str]:
    return worker(lake, "run", folder, instant, FIRST_DAY)


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
def tuesday(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the embedded warehouse of one run, whose Dagster stands in PostgreSQL."""
    folder = tmp_path_factory.mktemp("tuesday") / "data"
    server.ask("postgres", "create database dagster")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_POSTGRES_URL", f"postgresql+psycopg2://lake@127.0.0.1:{server.port}/dagster")
        patch.setenv("DAGSTER_HOME", "")
        prepare_home(Settings.load(folder))
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


def test_runs_of_several_machines_stand_in_one_postgres(server: Server, tuesday: Path) -> None:
    assert server.ask("dagster", "select status, count(*) from runs group by 1") == [("SUCCESS", 1)]
    assert not list(tuesday.glob(".dagster/storage/**/*.db"))


@pytest.mark.parametrize("where", ["folder", "bucket"])
@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_a_warehouse_moves_to_the_lake_and_back(
    where: str, server: Server, tuesday: Path, wednesday: Sums, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Its next run goes on in the lake, and gives row by row what it gives in the file; no secret is left anywhere."""
    opened = request.getfixturevalue("bucket") if where == "bucket" else None
    lake = server.lake(f"moved_{where}", "s3://usage/some/where" if opened else tmp_path / "files", opened)
    data_dir = DataDir(copied(tuesday, tmp_path), lake)
    before = sums(data_dir.published)

    if lake.bucket is None:
        kill_at(worker(lake, "migrate", data_dir.path), "copying marts.")
    copied_rows = migrate(data_dir, to_lake=True, say=print)
    assert copied_rows["raw.readings"] == before["raw.readings"][0] > 0
    with pytest.raises(PermanentFailure, match="holds a warehouse already"):
        migrate(data_dir, to_lake=True, say=print)

    finish(run(data_dir.path, lake, WEDNESDAY))
    assert differing(sums(data_dir.published), wednesday) == {}
    if lake.bucket is None:
        _build_anew(data_dir, lake)
    for path in (data_dir.build, data_dir.published):
        path.unlink()
    migrate(data_dir, to_lake=False, say=print)
    assert sums(data_dir.build) == sums(data_dir.published)
    assert differing(sums(data_dir.build), wednesday) == {}

    if lake.bucket is not None:
        dump = server.dump(f"moved_{where}")
        assert b"s3://usage/some/where/" in dump
        left = [dump, *(path.read_bytes() for path in data_dir.path.rglob("*") if path.is_file())]
        assert not any(secret.encode() in content for content in left for secret in (SECRET, TOKEN))
        assert SECRET not in repr(lake)
        assert TOKEN not in repr(lake)
    else:
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


@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_two_workers_one_of_them_killed_give_the_rows_of_one(server: Server, tmp_path: Path) -> None:
    """Nothing is lost and nothing doubled, and one worker's landing is not enough to build the lake anew."""
    lake = server.lake("two", tmp_path / "files")
    folders = [tmp_path / f"worker{number}" for number in range(2)]
    instants = [f"2026-01-20T06:{30 + number}:00+00:00" for number in range(2)]
    workers = [run(folder, lake, instant) for folder, instant in zip(folders, instants, strict=True)]
    # It holds the lock, or waits for the other one to let it go.
    kill_at(workers[1], "building core.")
    finish(workers[0])
    finish(run(folders[1], lake, instants[1]))

    together = DataDir(tmp_path / "embedded")
    together.mark_simulated()
    for folder in folders:
        shutil.copytree(DataDir(folder).landing, together.landing, dirs_exist_ok=True)
    assert command(None, together.path, "rebuild").returncode == 0
    assert differing(sums(DataDir(folders[1]).published), sums(together.published)) == {}

    partial = LakeStore(DataDir(folders[0]), lake)
    with pytest.raises(PermanentFailure, match=r"\d+ of its exchanges are not in"), partial.rebuilding() as con:
        load(con, Landing(partial.data_dir), run_id="partial")
    partial.release()


def test_a_machine_without_postgresql_has_one_for_the_tests(tmp_path: Path) -> None:
    """The wheel's serves a lake, whoever runs the tests: root, too, whom PostgreSQL refuses."""
    with postgresql() as packaged, a_reader() as con:
        lake = packaged.lake("packaged", tmp_path)
        con.execute(f"attach '{lake.url}' as usage (data_path '{lake.files}')")
        con.execute("create table usage.days as from (values (date '2026-01-20', 12::bigint)) as day (usage_date, tokens)")
        assert con.sql("select tokens from usage.days").fetchall() == [(12,)]
