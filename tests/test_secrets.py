"""The key of a live run is written nowhere: two days against a source on loopback, then every byte that is left.

The source is a plain HTTP server that answers as the simulator does, without saying that it is one. No key is real.
"""

from __future__ import annotations

import gzip
import logging
import shlex
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import duckdb
import pytest
from click.testing import CliRunner

from pipeline import cli
from pipeline.execute import run_daily
from pipeline.landing import Landing
from pipeline.run.outcome import Outcome
from pipeline.settings import DataDir, Settings
from pipeline.simulator.server import Simulator
from tests import loopback
from tests.support import instant, settings_for

SECRET = "Canary0123456789abcdef"  # noqa: S105 - made up here
KEY = f"sk-or-v1-{SECRET}"
FIRST_DAY = "2026-02-02"
TUESDAY = instant("2026-02-10T07:00")


class Source:
    """The source of a live run. While ``is_echoing``, it refuses each key with an error message that repeats it."""

    def __init__(self) -> None:
        self.now = TUESDAY
        self.is_echoing = False
        self.keys_seen: list[str] = []
        self._simulator = Simulator(clock=self.clock, limits=None)

    def clock(self) -> datetime:
        return self.now

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        given = {name.lower(): value for name, value in headers.items()}.get("authorization")
        self.keys_seen += [given] if given else []
        if given and self.is_echoing:
            body = '{"error":{"code":401,"message":"No user for ' + given + '"}}'
            return 401, {"content-type": "application/json"}, body.encode()
        answer = self._simulator.respond("GET", path, query, headers)
        # A real one does not say of itself, in a header or in what it is cited by, that it is simulated.
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "x-simulated"}
        return answer.status, dict(headers), answer.body.replace(b"SIMULATED, no score is real. ", b"")


@contextmanager
def served(source: Source) -> Iterator[str]:
    """The source on loopback; yields its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, headers, body = source.answer(parts.path, dict(parse_qsl(parts.query)), dict(self.headers.items()))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The header ``Date``: by the source's clock, not the machine's."""
            return super().date_time_string(source.clock().timestamp())

        def log_message(self, format: str, *args: Any) -> None:
            """Stay quiet."""

    with loopback.served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/api/v1"


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
    with served(source) as base_url:
        settings = settings_for(path / "data", base_url=base_url, api_key=KEY)
        assert settings.mode == "live"
        done = run_daily(settings, FIRST_DAY, say=lambda message: None, verbose=True, clock=source.clock)
    return settings, done


def test_key_is_written_nowhere_on_a_good_day(
    tmp_path: Path, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A live run sends its key in one header, and leaves no trace of it in files, event log, output or log."""
    source = Source()
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
    source = Source()
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
