"""The warehouse in DuckLake on a real PostgreSQL: the same rows as in the embedded file, also with several workers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure
from pipeline.instance import prepare_home
from pipeline.lake import LakeStore, migrate
from pipeline.settings import ROOT, DataDir, Lake, Settings

COMMAND = Path(sys.executable).with_name("openrouter-usage")
COMPARED = [table for table in TABLES.values() if table.schema != "ops"]
FIRST_DAY = "2026-01-12"
LANDED = "2026-01-20T06:30:00+00:00"
LIMIT_SECONDS = 280


@dataclass(frozen=True)
class Server:
    port: int

    def database(self, name: str) -> str:
        """A new database, in the words of libpq."""
        self.run("createdb", name)
        return f"dbname={name} host=127.0.0.1 port={self.port} user=lake"

    def run(self, program: str, *arguments: str) -> str:
        command = [program, "-h", "127.0.0.1", "-p", str(self.port), "-U", "lake", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL of its own on loopback. It refuses to be run by root, who therefore runs it as `postgres`."""
    if shutil.which("initdb") is None and not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        pytest.fail("PostgreSQL is not installed: the lake is tested on a real one (Debian: apt-get install postgresql)")
    found = shutil.which("initdb") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")))
    binaries = Path(found).resolve().parent
    folder = Path(subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    initdb = [*as_user, str(binaries / "initdb"), "-D", data, "-U", "lake", "--auth=trust", "--lc-messages=C", "-E", "UTF8"]
    subprocess.run(initdb, check=True, capture_output=True, cwd="/")
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    with subprocess.Popen(
        [*as_user, str(binaries / "postgres"), "-D", data, "-p", str(port), *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
    ) as process:  # fmt: skip
        try:
            for _ in range(100):
                if subprocess.run(["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode == 0:
                    break
                time.sleep(0.1)
            yield Server(port)
        finally:
            subprocess.run([*as_user, str(binaries / "pg_ctl"), "-D", data, "-m", "fast", "stop"], check=False, cwd="/",
                           capture_output=True)  # fmt: skip
            process.wait(timeout=30)
            shutil.rmtree(folder, ignore_errors=True)


def environment(lake: Lake | None) -> dict[str, str]:
    named = {} if lake is None else {"WAREHOUSE_URL": lake.url, "WAREHOUSE_FILES": lake.files}
    return {**os.environ, "OPENROUTER_USAGE_UNLIMITED": "1", "PYTHONPATH": str(ROOT), **named}


def start(folder: Path, lake: Lake | None, instant: str = LANDED) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.lake.worker", str(folder), instant, FIRST_DAY],
        env=environment(lake), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
    )  # fmt: skip


def finish(worker: subprocess.Popen[str]) -> None:
    said, _ = worker.communicate(timeout=LIMIT_SECONDS)
    assert worker.returncode == 0, said[-2000:]


def sums(path: Path) -> dict[str, tuple[int, str]]:
    """Rows and checksum of every table that is a function of landing."""
    with duckdb.connect(path, read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return {table.full_name: store.checksum(con, table, table.full_name) for table in COMPARED}


def rebuilt(folder: Path, landings: list[Path]) -> dict[str, tuple[int, str]]:
    """The tables that an embedded rebuild makes of all these landings together."""
    DataDir(folder).mark_simulated()
    for landing in landings:
        shutil.copytree(landing, folder / "landing", dirs_exist_ok=True)
    subprocess.run(
        [str(COMMAND), "--data-dir", str(folder), "rebuild"], check=True, capture_output=True, env=environment(None)
    )
    return sums(folder / "openrouter.duckdb")


@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_four_workers_one_of_them_killed_give_the_rows_of_one(server: Server, tmp_path: Path) -> None:
    lake = Lake(f"ducklake:postgres:{server.database('four')}", f"{tmp_path}/files/")
    folders = [tmp_path / f"worker{number}" for number in range(4)]
    instants = [f"2026-01-20T06:{30 + number}:00+00:00" for number in range(4)]
    workers = [start(folder, lake, instant) for folder, instant in zip(folders, instants, strict=True)]
    # The first of them that writes is killed in the middle of it, while the others wait for the lock it holds.
    struck = workers[1]
    assert struck.stdout is not None
    for line in struck.stdout:
        if line.startswith("building core."):
            break
    struck.send_signal(signal.SIGKILL)
    struck.communicate()
    for worker in workers:
        if worker is not struck:
            finish(worker)
    finish(start(folders[1], lake, instants[1]))
    expected = rebuilt(tmp_path / "embedded", [DataDir(folder).landing for folder in folders])
    found = sums(folders[1] / "openrouter.duckdb")
    assert expected["raw.readings"][0] > 0
    assert {name: (found[name], sum_) for name, sum_ in expected.items() if found[name] != sum_} == {}

    # Readers elsewhere attach the catalogue, and find the published snapshot and those before it.
    with LakeStore(DataDir(folders[0]), lake)._attached() as con:
        published = con.execute("select snapshot_id from main.published order by published_at").fetchall()
        assert len(published) >= 4
        was = f"select count(*) from raw.readings at (version => {published[0][0]})"  # noqa: S608 - a number
        assert 0 < con.execute(was).fetchall()[0][0] < expected["raw.readings"][0]

    # One worker's landing is not all of it: the lake is not built anew from a part.
    again = [str(COMMAND), "--data-dir", str(folders[0]), "rebuild"]
    refused = subprocess.run(again, capture_output=True, text=True, env=environment(lake), check=False)
    assert refused.returncode == 1
    assert "are not in" in refused.stderr + refused.stdout


@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_a_warehouse_moves_to_the_lake_and_back(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    finish(start(folder, None))
    before = sums(folder / "openrouter.duckdb")
    lake = Lake(f"ducklake:postgres:{server.database('moved')}", f"{tmp_path}/files/")
    data_dir = DataDir(folder, lake)
    copied = migrate(data_dir, to_lake=True, say=print)
    assert copied["raw.readings"] == before["raw.readings"][0] > 0
    with pytest.raises(PermanentFailure, match="holds a warehouse already"):
        migrate(data_dir, to_lake=True, say=print)
    # The next morning's run goes on where the embedded file stopped.
    finish(start(folder, lake, "2026-01-21T06:30:00+00:00"))
    after = sums(folder / "openrouter.duckdb")
    assert after["raw.readings"][0] > before["raw.readings"][0]
    assert rebuilt(tmp_path / "embedded", [data_dir.landing]) == after
    for path in (data_dir.build, data_dir.published):
        path.unlink()
    migrate(data_dir, to_lake=False, say=print)
    assert sums(data_dir.build) == sums(data_dir.published) == after


def test_runs_of_several_machines_stand_in_one_postgres(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.run("createdb", "dagster")
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", f"postgresql+psycopg2://lake@127.0.0.1:{server.port}/dagster")
    monkeypatch.setenv("DAGSTER_HOME", "")
    settings = Settings.load(tmp_path)
    prepare_home(settings)
    finish(start(tmp_path, None))
    assert server.run("psql", "-d", "dagster", "-Atc", "select status, count(*) from runs group by 1") == "SUCCESS|1\n"
    assert not list(tmp_path.glob(".dagster/storage/**/*.db"))


def test_a_lake_that_cannot_be_reached_is_told_in_one_line(tmp_path: Path) -> None:
    gone = Lake("ducklake:postgres:dbname=none host=127.0.0.1 port=1 user=lake", f"{tmp_path}/files/")
    DataDir(tmp_path / "data").mark_simulated()
    command = [str(COMMAND), "--data-dir", str(tmp_path / "data"), "status"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(gone), check=False)
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "url", ["postgres:dbname=x", "ducklake:postgres:dbname=x password=y", "ducklake:postgres://u:p@h/x"]
)
def test_urls_that_are_no_lake_or_tell_a_password_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", url)
    with pytest.raises(PermanentFailure, match="WAREHOUSE_URL"):
        Settings.load()
