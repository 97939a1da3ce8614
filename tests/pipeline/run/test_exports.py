"""Fetching the keyless exports over HTTP from the simulator: each file once, without the key, whatever stops a run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina

from pipeline.failures import TransientFailure
from pipeline.landing import EXPORT, Landed, Landing
from pipeline.openrouter.client import Client, Exchange
from pipeline.openrouter.endpoints.exports import FIRST_SNAPSHOT, INDEX, Manifest, file_of, manifest_of, snapshot_of
from pipeline.openrouter.endpoints.request import Request
from pipeline.run import exports, session
from pipeline.run.exports import Fetched
from pipeline.run.session import Workspace
from pipeline.settings import DataDir
from pipeline.simulator.server import SimulatedResponse, Tamper, serve
from pipeline.simulator.world import PREFIX
from tests.support import Heard, instant, settings_for

NOW = instant("2026-10-04T06:30")
KEY = "sk-or-v1-canary-that-must-not-leave"
SNAPSHOTS = [FIRST_SNAPSHOT + timedelta(days=n) for n in range(16)]
NEWEST = SNAPSHOTS[-1]


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@contextmanager
def fetching(
    path: Path, *, now: datetime = NOW, tamper: Tamper | None = None, **changes: Any
) -> Iterator[tuple[Workspace, Heard]]:
    """A workspace in a directory of simulated data, and its source."""
    settings = settings_for(path, simulated=True, **changes)
    source = Heard(clock=lambda: now, tamper=tamper)
    workspace = Workspace(settings, clock=lambda: now, simulator=source)
    with workspace.running():
        yield workspace, source


def run(path: Path, *, now: datetime = NOW, tamper: Tamper | None = None, **changes: Any) -> tuple[Fetched, list[str]]:
    """What a run fetches, and the paths that it requested."""
    with fetching(path, now=now, tamper=tamper, **changes) as (workspace, source):
        fetched = workspace.fetch_exports(workspace.due_exports())
    return fetched, [path.removeprefix(PREFIX) for path, *_ in source.heard]


def landed(path: Path) -> list[date]:
    """The snapshots whose files were landed, in order."""
    landing = Landing(DataDir(path))
    described = (landing.describe(one) for one in landing.ids().values())
    return sorted(day for one in described if one.status == 200 and (day := snapshot_of(one.endpoint)) is not None)


def change(day: date, what: str, **changes: Any) -> Tamper:
    """A source that responds otherwise for a manifest or a file of one day."""
    request = manifest_of(day) if what == "manifest" else file_of(day)

    def tamper(path: str, query: Mapping[str, str], response: SimulatedResponse) -> SimulatedResponse:
        if path != f"{PREFIX}{request.path}":
            return response
        if "said" in changes:
            return replace(response, body=json.dumps(json.loads(response.body) | changes["said"]).encode())
        return replace(response, **changes)

    return tamper


def missing(day: date, what: str = "manifest") -> Tamper:
    return change(day, what, status=404, body=b'{"error":{"message":"Export not found","code":404}}')


# --- each file once --------------------------------------------------------------------------------------------------


def test_every_dated_file_is_fetched_once(tmp_path: Path) -> None:
    """The first run fetches all of them, the newest first; the second requests nothing, as nothing new can be there."""
    first, paths = run(tmp_path)
    assert first == Fetched(requests_made=33)
    assert paths[:3] == [INDEX.path, manifest_of(NEWEST).path, file_of(NEWEST).path]
    assert landed(tmp_path) == SNAPSHOTS
    assert not [path for path in paths if "latest" in path], "an alias may mix two dates"
    assert run(tmp_path) == (Fetched(), [])


def test_before_the_snapshot_is_published_only_the_index_is_requested(tmp_path: Path) -> None:
    """At one in the morning the index still names yesterday's: no file of today is requested, so none is missing."""
    run(tmp_path)
    assert run(tmp_path, now=instant("2026-10-05T01:00")) == (Fetched(requests_made=1), [INDEX.path])


def test_missed_days_heal(tmp_path: Path) -> None:
    """A machine that was off for a week fetches what it missed."""
    run(tmp_path, now=NOW - timedelta(days=8))
    _, paths = run(tmp_path)
    assert len(paths) == 17
    assert landed(tmp_path) == SNAPSHOTS


def test_days_can_be_limited(tmp_path: Path) -> None:
    """A snapshot is counted to its newest day, the one before its date. Before there were exports none is due."""
    assert run(tmp_path, now=instant("2026-09-19T23:59")) == (Fetched(), [])
    with fetching(tmp_path) as (workspace, _):
        assert workspace.due_exports(date(2026, 9, 27), date(2026, 9, 29)) == [date(2026, 9, day) for day in (30, 29, 28)]


# --- what stops a run ------------------------------------------------------------------------------------------------


def test_a_budget_that_ends_leaves_the_rest_to_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fails, and nothing is fetched twice: 21 requests are the index and ten files."""
    monkeypatch.setattr(session, "DEMO_LIMITS", (1000, 21))
    fetched, _ = run(tmp_path, is_unlimited=False)
    assert fetched == Fetched(requests_made=21, postponed=6)
    again, paths = run(tmp_path, is_unlimited=False)
    assert (again.failures, again.postponed, paths) == ([], 6, [])
    monkeypatch.setattr(session, "DEMO_LIMITS", (1000, 1000))
    rest, paths = run(tmp_path, is_unlimited=False)
    assert (rest.postponed, len(paths)) == (0, 13)
    assert landed(tmp_path) == SNAPSHOTS


def test_a_run_fetches_so_many_files_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_FILES", 5)
    fetched, _ = run(tmp_path)
    assert fetched.postponed == 11
    assert landed(tmp_path) == SNAPSHOTS[-5:]


def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a manifest and its file a run is killed: the next one fetches this file and those that were left."""

    class Killed(BaseException):
        pass

    append = Landing.append

    def killed_at_one(self: Landing, exchange: Exchange, manifest: Manifest | None = None) -> Landed:
        if exchange.url.endswith(file_of(SNAPSHOTS[10]).path):
            raise Killed
        return append(self, exchange, manifest)

    monkeypatch.setattr(Landing, "append", killed_at_one)
    with pytest.raises(Killed):
        run(tmp_path)
    monkeypatch.undo()
    assert landed(tmp_path) == SNAPSHOTS[11:]
    assert run(tmp_path)[0].requests_made == 1 + 2 * 11
    assert landed(tmp_path) == SNAPSHOTS


# --- what is wrong at the source -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (missing(SNAPSHOTS[11]), ["no manifest for the export of 2026-09-30", "404", "again until 2026-10-07"]),
        (missing(SNAPSHOTS[11], "file"), ["no file for the export of 2026-09-30", "404"]),
        (missing(SNAPSHOTS[1]), ["2026-09-20", "404", "not requested again"]),
        (change(SNAPSHOTS[11], "manifest", status=503, body=b""), ["2026-09-30", "503"]),
        (change(SNAPSHOTS[11], "manifest", said={"schema_version": "v2"}), ["2026-09-30", "schema_version"]),
    ],
    ids=["no manifest", "no file", "old", "503", "version"],
)
def test_one_that_fails_is_named_and_stops_no_other(tmp_path: Path, tamper: Tamper, words: list[str]) -> None:
    fetched, _ = run(tmp_path, tamper=tamper)
    [failure] = fetched.failures
    assert all(word in failure for word in words), failure
    assert "\n" not in failure
    assert len(landed(tmp_path)) == 15
    run(tmp_path)
    assert (len(landed(tmp_path)) == 16) == ("not requested again" not in failure), "it comes with the next run"


def test_a_broken_connection_is_not_taken_for_a_missing_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one before it was missing; of this one no response came at all."""
    fetch = Client.fetch

    def broken_once(self: Client, request: Request, *, leave: int = 0) -> Exchange:
        if request.path == manifest_of(SNAPSHOTS[10]).path:
            raise TransientFailure("it broke off")
        return fetch(self, request, leave=leave)

    monkeypatch.setattr(Client, "fetch", broken_once)
    absent, broken = run(tmp_path, tamper=missing(SNAPSHOTS[11]))[0].failures
    assert "404" in absent
    assert broken == "the export of 2026-09-29 was not fetched: it broke off"


@pytest.mark.parametrize(
    "tamper",
    [missing(NEWEST), missing(NEWEST, "file"), change(NEWEST, "manifest", said={"schema_version": "v2"})],
    ids=["no manifest", "no file", "refused manifest"],
)
def test_what_is_missing_or_refused_is_requested_for_a_week(tmp_path: Path, tamper: Tamper) -> None:
    """The source may publish it late; after a week it is not requested again, not even by a later version of the index."""
    for days in (0, 7, 8, 9, 10):
        fetched, paths = run(tmp_path, now=NOW + timedelta(days=days), tamper=tamper)
        assert (manifest_of(NEWEST).path in paths) == (days <= 8), days
        assert len(fetched.failures) == (days <= 8)


def test_a_damaged_file_is_fetched_again(tmp_path: Path) -> None:
    """Its bytes are not those of the manifest: both files are kept, and the whole one ends the requests."""
    fetched, _ = run(tmp_path, tamper=change(NEWEST, "file", body=b"date\r\n"))
    assert fetched.failures == [], "loading refuses it"
    _, paths = run(tmp_path)
    assert paths == [INDEX.path, manifest_of(NEWEST).path, file_of(NEWEST).path]
    assert landed(tmp_path) == [*SNAPSHOTS, NEWEST]
    assert run(tmp_path) == (Fetched(), [])


def test_an_index_that_fails_is_one_failure(tmp_path: Path) -> None:
    """Without it nobody knows what there is: nothing else is requested."""

    def tamper(path: str, query: Mapping[str, str], response: SimulatedResponse) -> SimulatedResponse:
        return replace(response, body=b"{}") if path.endswith("index.json") else response

    fetched, paths = run(tmp_path, tamper=tamper)
    [failure] = fetched.failures
    assert "index.json" in failure
    assert paths == [INDEX.path]


def test_without_a_network_one_failure_says_so(tmp_path: Path) -> None:
    """Nothing listens there: the run does not try the files one after the other."""
    workspace = Workspace(settings_for(tmp_path, base_url="http://127.0.0.1:9/api/v1"), clock=lambda: NOW)
    with workspace.running():
        [failure] = workspace.fetch_exports(workspace.due_exports()).failures
    assert "cannot reach 127.0.0.1" in failure


# --- the key ---------------------------------------------------------------------------------------------------------


def unmarked(path: str, query: Mapping[str, str], response: SimulatedResponse) -> SimulatedResponse:
    """As the real source responds, without the mark of a simulated one."""
    return replace(response, headers={"content-type": response.headers["content-type"]})


@pytest.mark.parametrize("key", [KEY, None], ids=["with a key", "without"])
def test_the_key_is_not_sent(tmp_path: Path, key: str | None) -> None:
    """A live directory, over HTTP: no header of any request holds the key, and no response counts as fetched with one."""
    source = Heard(clock=lambda: NOW, tamper=unmarked)
    with serve(source) as base_url:
        workspace = Workspace(settings_for(tmp_path, base_url=base_url, api_key=key), clock=lambda: NOW)
        with workspace.running():
            workspace.fetch_exports(workspace.due_exports())
    assert len(source.heard) == 33
    for path, query, headers in source.heard:
        assert KEY not in f"{path} {query} {headers}"
        assert "authorization" not in headers
        assert "text/csv" in headers["accept"]
    landing = Landing(DataDir(tmp_path))
    assert {landing.describe(path).provenance for path in landing.ids().values()} == {EXPORT}
    assert not landing.has_keyed_responses()
