"""The key of a live run is written nowhere: two days against a source on loopback, then every byte that is left.

No key is real.
"""

from __future__ import annotations

import gzip
import logging
import shlex
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from pipeline import cli
from pipeline.execute import run_daily
from pipeline.landing import Landing
from pipeline.run.outcome import Outcome
from pipeline.settings import DataDir, Settings
from pipeline.simulator.server import SimulatedResponse, serve
from tests.support import instant, settings_for
from tests.unmarked import Query, Unmarked

SECRET = "Canary0123456789abcdef"  # noqa: S105 - made up here
KEY = f"sk-or-v1-{SECRET}"
FIRST_DAY = "2026-02-02"
TUESDAY = instant("2026-02-10T07:00")


class Source(Unmarked):
    """The source of a live run. While ``is_echoing``, it refuses each key with an error message that repeats it."""

    is_echoing = False

    def respond(self, method: str, path: str, query: Query, headers: Mapping[str, str]) -> SimulatedResponse:
        answer = super().respond(method, path, query, headers)
        if not self.is_echoing or not self.heard[-1][2].get("authorization"):
            return answer
        body = '{"error":{"code":401,"message":"No user for ' + self.keys_seen[-1] + '"}}'
        return SimulatedResponse(401, {"content-type": "application/json"}, body.encode())

    @property
    def keys_seen(self) -> list[str]:
        return [headers["authorization"] for _, _, headers in self.heard if "authorization" in headers]


class Everything:
    """What a person or a program could read after the runs: each output by a name that says where it was found."""

    def __init__(self, path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
        self._path, self._capfd, self._caplog = path, capfd, caplog

    def readable(self) -> Iterator[tuple[str, bytes]]:
        said = self._capfd.readouterr()
        yield "standard output", said.out.encode()
        yield "standard error", said.err.encode()
        yield "log", "\n".join(f"{record.getMessage()} {record.exc_text}" for record in self._caplog.records).encode()
        for path in sorted(self._path.rglob("*")):
            name = path.relative_to(self._path).as_posix()
            yield f"name of {name}", name.encode()
            if path.is_file():
                yield name, path.read_bytes()
                yield from ((name, content) for content in unpacked(path))

    def places_of(self, secret: str) -> set[str]:
        """Where the secret stands, in whatever case."""
        return {place for place, content in self.readable() if secret.lower().encode() in content.lower()}


def unpacked(path: Path) -> Iterator[bytes]:
    """What a file holds besides its plain bytes: compressed bodies, columns, rows and snapshots."""
    head = path.read_bytes()[:16]
    if head.startswith(b"\x1f\x8b"):
        yield gzip.decompress(path.read_bytes())
    elif head.startswith(b"SQLite format 3"):
        yield from sqlite_values(path)
    elif head[8:12] == b"DUCK":
        with duckdb.connect(path, read_only=True) as con:
            tables = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
            for (table,) in tables:
                rows = con.execute(f"select t::varchar from {table} as t").fetchall()  # noqa: S608 - our own tables
                yield "\n".join(row for (row,) in rows).encode()


def sqlite_values(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as con:
        for (table,) in con.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in con.execute(f'select * from "{table}"'):  # noqa: S608 - the names of Dagster's tables
                for value in row:
                    if isinstance(value, bytes):
                        yield inflated(value)
                    elif isinstance(value, str):
                        yield value.encode()


def inflated(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)  # Dagster's snapshots
    except zlib.error:
        return value


@pytest.fixture
def everything(tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Everything:
    caplog.set_level(logging.DEBUG)
    return Everything(tmp_path, capfd, caplog)


def run_on(source: Source, path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, Outcome]:
    """One live daily run with everything that --verbose tells; the environment is as it was afterwards."""
    for name in ("DAGSTER_HOME", "OPENROUTER_USAGE_DATA_DIR", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")
    with serve(source) as base_url:
        settings = settings_for(path / "data", base_url=base_url, api_key=KEY)
        assert settings.mode == "live"
        done = run_daily(settings, FIRST_DAY, say=lambda message: None, verbose=True, clock=lambda: TUESDAY)
    return settings, done


def test_key_is_written_nowhere_on_a_good_day(
    tmp_path: Path, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live run sends its key in one header, and leaves no trace of it in files, event log, output or log."""
    source = Source(clock=lambda: TUESDAY)
    settings, done = run_on(source, tmp_path, monkeypatch)
    assert done.succeeded, done.failures
    assert set(source.keys_seen) == {f"Bearer {KEY}"}
    found = dict.fromkeys(place for place, _ in everything.readable())
    for suffix in ("openrouter.duckdb", "build.duckdb", ".body.gz", ".json", "/index.db", "runs.db", "log"):
        assert any(place.endswith(suffix) for place in found), f"nothing was searched that ends in {suffix}"
    assert everything.places_of(SECRET) == set()
    assert KEY not in repr(settings) + repr(done)


def test_key_that_the_source_repeats_is_hidden_in_its_answer(
    tmp_path: Path, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that repeats the key in its refusal is kept with ``***`` for it; every verb is silent."""
    source = Source(clock=lambda: TUESDAY)
    source.is_echoing = True
    _, done = run_on(source, tmp_path, monkeypatch)
    assert not done.succeeded
    assert len(source.keys_seen) == 1, "a key that is refused is not tried again"
    (refused,) = [failure for failure in done.failures if "returned 401" in failure]
    assert "No user for Bearer ***" in refused
    assert "check OPENROUTER_API_KEY" in refused
    landing = Landing(DataDir(tmp_path / "data"))
    described = {path: landing.describe(path) for path in landing.ids().values()}
    (answer,) = [path for path, landed in described.items() if landed.status == 401]
    assert b"No user for Bearer ***" in landing.body(answer, described[answer])
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    for words in ("rebuild", "status", "sql from\\ duckdb_settings()", "backfill --plan", "verify", f"import {tmp_path}"):
        arguments = shlex.split(words)
        CliRunner().invoke(cli.main, ["--verbose", "--data-dir", str(tmp_path / "data"), *arguments])
    assert everything.places_of(SECRET) == set()


def test_search_finds_what_is_there(tmp_path: Path, everything: Everything, capfd: pytest.CaptureFixture[str]) -> None:
    """The search above would see the key in each kind of place: also compressed, in a column, in another case, in a log."""
    (tmp_path / "a.body.gz").write_bytes(gzip.compress(KEY.encode()))
    (tmp_path / KEY).touch()
    with duckdb.connect(tmp_path / "b.duckdb") as con:
        con.execute("create table t as select repeat('x', 20) || ? || n as text from range(5000) as r(n)", [KEY])
    with closing(sqlite3.connect(tmp_path / "c.db")) as ledger:
        ledger.execute("create table snapshots (body blob)")
        ledger.execute("insert into snapshots values (?)", (zlib.compress(KEY.encode()),))
        ledger.commit()
    logging.getLogger("anything").debug("sent %s", KEY.upper())
    print(KEY)  # noqa: T201 - standard output is what is searched
    assert everything.places_of(SECRET) == {
        *("standard output", "log", f"name of {KEY}", "a.body.gz", "b.duckdb", "c.db"),
    }


def test_key_is_not_in_what_dagster_is_told(tmp_path: Path) -> None:
    """Definitions are shown in the UI and stored with every run: neither resources nor configuration carry the key."""
    from pipeline.definitions import build_defs
    from pipeline.run.jobs import DAILY, fetching_config

    defs = build_defs(settings_for(tmp_path, api_key=KEY))
    job = defs.resolve_job_def(DAILY)
    shown = f"{job.get_job_snapshot()} {job.get_config_schema_snapshot()} {fetching_config()} {defs.resources}"
    assert SECRET not in shown
