"""The second gateway over real HTTP: asked once for all its days, then for the newest, without a key, and never in the way.

Belongs here: what runs request of it, and what becomes of a wrong response. Not here: reading its responses
(``openrouter.test_endpoints``), what is accepted (``load.validation``), the tables (``warehouse.test_gateway``).
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import stamina

from pipeline import store
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.report import LoadReport
from pipeline.openrouter.client import Client
from pipeline.openrouter.endpoints.gateway import GATEWAY
from pipeline.run import session
from pipeline.run.session import Workspace
from pipeline.settings import DEFAULT_GATEWAY_URL, Settings
from pipeline.simulator.server import SimulatedResponse, Tamper, serve
from tests.failures import troubles
from tests.support import Heard, instant, settings_for

LABS = "gateway_day/labs"
KEY = "sk-or-v1-canary-that-must-not-leave"
NOW = instant("2026-10-07T06:30")

Query = Mapping[str, str]


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


class Source(Heard):
    """A source by whose word nothing is simulated."""

    def respond(self, method: str, path: str, query: Query, headers: Mapping[str, str]) -> SimulatedResponse:
        response = super().respond(method, path, query, headers)
        kept = {name: value for name, value in response.headers.items() if name != "X-Simulated"}
        body = response.body.replace(b"SIMULATED, no score is real. ", b"").replace(
            b"SIMULATED, not OpenRouter", b"Source: no"
        )
        return replace(response, headers=kept, body=body)

    def asked(self) -> list[Query]:
        return [query for path, query, _ in self.heard if path == GATEWAY.path]


def fetch(settings: Settings, now: datetime) -> LoadReport:
    """Send what a run on that morning would send to the second gateway, and load it."""
    with Workspace(settings, clock=lambda: now).running() as workspace:
        for span in workspace.plan():
            if span.series.name == LABS:
                workspace.ask(span.request())
    return load(settings)


def load(settings: Settings) -> LoadReport:
    with store.Store(settings.data_dir).writer() as con:
        return loading.load(con, Landing(settings.data_dir), run_id="test")


def days_read(settings: Settings) -> list[date]:
    with store.connect(settings.data_dir.build, read_only=True) as con:
        return [day for (day,) in con.execute("select distinct period_start from raw.readings order by all").fetchall()]


@pytest.fixture(scope="module")
def first_morning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Source]:
    """A directory after its first fetch, and the source. Tests go on in a copy."""
    path, source = tmp_path_factory.mktemp("gateway"), Source(clock=lambda: NOW)
    with serve(source) as url:
        fetch(settings_for(path, api_key=KEY, base_url=url), NOW)
    return path, source


@contextmanager
def next_morning(
    first_morning: tuple[Path, Source], path: Path, tamper: Tamper | None = None
) -> Iterator[tuple[Settings, Source]]:
    """The day after the first fetch, in a copy of its directory, and the source of that day."""
    shutil.copytree(first_morning[0], path, dirs_exist_ok=True)
    source = Source(clock=lambda: NOW + timedelta(days=1), tamper=tamper)
    with serve(source) as url:
        yield settings_for(path, api_key=KEY, base_url=url), source


def test_all_days_come_in_one_request_and_then_the_newest(first_morning: tuple[Path, Source], tmp_path: Path) -> None:
    """Every day since 2025-10-01, the running one included; 35 a day later. No request brings the key there."""
    _, first = first_morning
    with next_morning(first_morning, tmp_path) as (settings, second):
        assert days_read(settings) == [date(2025, 10, 1) + timedelta(days=n) for n in range(372)]
        fetch(settings, NOW + timedelta(days=1))
    assert [(one["from"], one["to"]) for one in [*first.asked(), *second.asked()]] == [
        ("2025-10-01", "2026-10-07"),
        ("2026-09-04", "2026-10-08"),
    ]
    heard = [*first.heard, *second.heard]
    assert not [headers for _, _, headers in heard if "authorization" in headers]
    assert KEY not in json.dumps(heard)
    with store.connect(settings.data_dir.build, read_only=True) as con:
        twice = con.execute(
            "select period_start from raw.readings group by all having count(distinct block_hash) = 2 order by all"
        ).fetchall()
    assert twice == [(date(2026, 10, 6),), (date(2026, 10, 7),)], "the running day grew, and the one before was restated"


def test_the_key_is_for_the_api_alone(tmp_path: Path) -> None:
    """In one run the API is sent the key, and the second gateway, at another address, is not; beside a stand-in for the API
    that address is the stand-in's, unless another one is named.
    """
    assert settings_for(tmp_path).gateway_url == DEFAULT_GATEWAY_URL
    assert settings_for(tmp_path, base_url="http://127.0.0.1:5/api/v1").gateway_url == "http://127.0.0.1:5"
    source = Source(clock=lambda: NOW)
    with serve(source) as url:
        settings = settings_for(tmp_path, api_key=KEY, base_url=url)
        with Workspace(settings, clock=lambda: NOW).running() as workspace:
            for span in workspace.plan(date(2026, 10, 1)):
                if span.series.name in (LABS, "usage_day"):
                    workspace.ask(span.request())
    keys = {path: headers.get("authorization") for path, _, headers in source.heard}
    assert keys == {"/api/v1/datasets/rankings-daily": f"Bearer {KEY}", GATEWAY.path: None}


# --- a response that is wrong ----------------------------------------------------------------------------------------


def spoilt(change: Callable[[dict[str, Any]], object]) -> Tamper:
    """A second gateway whose body is changed; everything else is as ever."""

    def tamper(path: str, query: Query, response: SimulatedResponse) -> SimulatedResponse:
        if path != GATEWAY.path:
            return response
        body = json.loads(response.body)
        change(body)
        return replace(response, body=json.dumps(body).encode())

    return tamper


def instead(**changes: Any) -> Tamper:
    return lambda path, query, response: replace(response, **changes) if path == GATEWAY.path else response


def late(path: str, query: Query, response: SimulatedResponse) -> SimulatedResponse:
    if path == GATEWAY.path:
        time.sleep(2)
    return response


# Every expectation is seen to fail in `load.validation`, every wrong form of a body in `openrouter.test_endpoints`.
REFUSED = b'{"error":"from must not be before earliest_available_date"}'
FORMS: dict[str, tuple[Tamper, str]] = {
    "a 400": (instead(status=400, body=REFUSED), "400"),
    "sums of 97": (spoilt(troubles.shares_of_97), "gateway_shares_sum_to_100"),
    "a web page": (instead(body=b"<!doctype html><title>AI Gateway</title>"), "web page"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_bad_form_is_one_failure(first_morning: tuple[Path, Source], tmp_path: Path, form: str) -> None:
    """One line says what is wrong, one check fails that says the same, and what was read before stays as it was.

    That a run publishes everything else is tested with every optional endpoint (``failures.test_catalogue``).
    """
    spoil, reason = FORMS[form]
    with next_morning(first_morning, tmp_path, spoil) as (settings, _):
        if form == "a 400":
            with pytest.raises(PermanentFailure, match=r"second gateway.* returned 400"):
                fetch(settings, NOW + timedelta(days=1))
            report = load(settings)
        else:
            report = fetch(settings, NOW + timedelta(days=1))
    assert [reason in one["reason"] for one in report.unresolved] == [True] * (form != "a 400")
    failed = {name for name, one in report.outcomes.items() if not one.passed and one.expectation.is_blocking}
    assert len(failed) == (form != "a 400"), failed
    assert days_read(settings)[-1] == date(2026, 10, 7)


def test_a_response_that_never_comes_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one failure of that series, and no other source is asked less for it."""
    monkeypatch.setattr(session, "Client", partial(Client, timeout_seconds=1.5))
    source = Source(clock=lambda: NOW, tamper=late)
    with serve(source) as url:
        settings = settings_for(tmp_path, api_key=KEY, base_url=url)
        with Workspace(settings, clock=lambda: NOW).running() as workspace:
            spans = {span.series.name: span for span in workspace.plan(date(2026, 10, 1))}
            with pytest.raises(TransientFailure, match="second gateway"):
                workspace.ask(spans[LABS].request())
            workspace.ask(spans["usage_day"].request())
    assert load(settings).unresolved == []


def test_a_gateway_that_is_down_stops_no_other_source(tmp_path: Path) -> None:
    """What it is asked fails at once and names the host, and the API is asked as ever."""
    source = Source(clock=lambda: NOW)
    with serve(source) as url:
        settings = settings_for(tmp_path, api_key=KEY, base_url=url, gateway_base_url="http://127.0.0.1:9")
        with Workspace(settings, clock=lambda: NOW).running() as workspace:
            spans = {span.series.name: span for span in workspace.plan(date(2026, 10, 1))}
            for _ in range(2):
                with pytest.raises(TransientFailure, match=r"cannot reach 127\.0\.0\.1: ") as failed:
                    workspace.ask(spans[LABS].request())
                assert failed.value.unreachable == "127.0.0.1"
            assert workspace.ask(spans["usage_day"].request())[0].rows > 0
            workspace.fetch_exports([NOW.date()])
    assert "/api/v1/datasets/rankings-daily" in {path for path, *_ in source.heard}
    assert any("/datasets/exports/" in path for path, *_ in source.heard)
