"""The budget as a promise: who shares a key never meets the source's limit, and a refusal all the same loses nothing.

Real processes with one ledger, against the simulator over HTTP, which counts and refuses as the source does, with short
windows. And whole runs that another machine on the same account leaves less than their own budget promises.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina

from pipeline.execute import run_daily
from pipeline.failures import PermanentFailure, PipelineFailure
from pipeline.openrouter.budget import Budget
from pipeline.openrouter.client import Client
from pipeline.openrouter.endpoints.rankings import RANKINGS
from pipeline.run import session
from pipeline.run.outcome import Outcome
from pipeline.series import ASKED, identify
from pipeline.settings import Settings
from pipeline.simulator.server import SimulatedResponse, Simulator, serve
from tests.loopback import in_process
from tests.support import instant, settings_for

pytestmark = pytest.mark.without_page

SCALE = 20
"""The clock of the processes and of the source runs so many times as fast as the wall's: a minute in 3 s."""
PER_MINUTE, PER_DAY = 10, 30
ASKERS, QUESTIONS = 3, 7

ASKER = """
import json, sys, time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from pipeline.openrouter.budget import Budget
from pipeline.openrouter.client import Client
from pipeline.openrouter.endpoints.rankings import RANKINGS

ledger, url, first, number, scale, began, per_minute, per_day = sys.argv[1:]
clock = lambda: 1_770_000_000 + (time.time() - float(began)) * float(scale)
sleep = lambda seconds: time.sleep(seconds / float(scale))
limits = {"per_minute": int(per_minute), "per_day": int(per_day), "margin_seconds": float(scale)}
budget = Budget(Path(ledger), **limits, clock=clock, sleep=sleep)
kept = []
same_clock = {"clock": lambda: datetime.fromtimestamp(clock(), UTC)}
with budget, Client(
    base_url=url, api_key="of-a-test", budget=budget, keep=kept.append, attempts=1, **same_clock
) as client:
    print("ready", flush=True)
    sys.stdin.readline()
    for n in range(int(number)):
        day = date.fromisoformat(first) + timedelta(days=n)
        client.fetch(RANKINGS.request(day, day, period="day"))
print(json.dumps([exchange.status for exchange in kept]))
"""


def test_processes_with_one_key_are_never_refused(tmp_path: Path) -> None:
    """Three processes ask at once, twice what a minute takes and more: all is answered, none refused, each counted."""
    began = time.time()
    now = lambda: datetime.fromtimestamp(1_770_000_000 + (time.time() - began) * SCALE).astimezone()  # noqa: E731
    simulator = Simulator(clock=now, limits=(PER_MINUTE, PER_DAY))
    ledger = tmp_path / "state" / "ledger.sqlite"
    with serve(simulator) as url:
        processes = [
            subprocess.Popen(
                [
                    *(sys.executable, "-c", ASKER, str(ledger), url, f"2025-0{month}-01"),
                    *map(str, (QUESTIONS, SCALE, began, PER_MINUTE, PER_DAY)),
                ],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for month in range(1, ASKERS + 1)
        ]  # fmt: skip
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        done = [process.communicate("go\n", timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * ASKERS, done
    assert [json.loads(out) for out, _ in done] == [[200] * QUESTIONS] * ASKERS
    asked = Counter(request.query["start_date"] for request in simulator.requests)
    assert set(asked.values()) == {1}
    with sqlite3.connect(ledger) as con:
        [(counted,)] = con.execute("select count(*) from sent").fetchall()
    assert counted == asked.total() == ASKERS * QUESTIONS


# --- a source that has less left than we count -----------------------------------------------------------------------

MORNING = instant("2026-02-10T07:00")
FIRST_DAY = "2026-01-26"


class Account:
    """An account on which another machine spends: from the request of number ``after`` on, the API answers 429."""

    def __init__(self, path: Path, after: int, retry_after: str) -> None:
        self.now = MORNING
        self.left: int | None = after
        self.retry_after = retry_after
        self.settings = settings_for(path, simulated=True, is_unlimited=False)
        self.asked: list[tuple[str, int]] = []

    def tamper(self, path: str, query: Any, answer: SimulatedResponse) -> SimulatedResponse:
        if not path.startswith("/api/v1/"):
            return answer  # no account is asked for
        if self.left is not None and self.left == 0:
            answer = SimulatedResponse(
                429, {**answer.headers, "Retry-After": self.retry_after}, b'{"error":{"message":"no"}}'
            )
        elif self.left is not None:
            self.left -= 1
        self.asked.append((identify(path.removeprefix("/api/v1"), query) or path, answer.status))
        return answer

    def run(self) -> Outcome:
        simulator = Simulator(clock=lambda: self.now, limits=None, tamper=self.tamper)
        return run_daily(self.settings, FIRST_DAY, say=lambda message: None, clock=lambda: self.now, simulator=simulator)


def test_account_that_others_spent_is_met_gracefully(tmp_path: Path) -> None:
    """429 after all that is required: one refusal and no more, what came is published, the next run asks for the rest."""
    account = Account(tmp_path, after=20, retry_after="7200")
    first = account.run()
    assert (first.succeeded, first.is_published) == (True, True), first.failures
    assert Counter(status for _, status in account.asked) == {200: 20, 429: 1}, "nobody goes on asking after a refusal"
    [refused] = [warning for warning in first.warnings if "returned 429" in warning]
    assert "run again after 2026-02-10 09:00:00 UTC" in refused
    answered = {series for series, status in account.asked if status == 200}
    with session.Workspace(account.settings, clock=lambda: MORNING + timedelta(hours=2)).running() as workspace:
        planned = workspace.plan(datetime.fromisoformat(FIRST_DAY).date())
    assert {one.name for one in ASKED if one.needs_key} - answered <= {span.series.name for span in planned}
    days = [str(span.start) for span in planned if span.series.name == "usage_day"]
    assert days == ["2026-02-07"], "of what was there, the look-back alone is asked for again"


# --- ledgers and clocks that misbehave -------------------------------------------------------------------------------


def test_clock_set_forward_is_answered_by_the_source(tmp_path: Path) -> None:
    """A jump forward empties our windows, and the source refuses: that ends the asking with a time, not with a storm."""
    true_time, now = MORNING, [MORNING.timestamp()]
    simulator = Simulator(clock=lambda: true_time, limits=(2, 2))
    kept: list[Any] = []
    with (
        Budget(tmp_path / "ledger", per_minute=2, per_day=2, clock=lambda: now[0]) as budget,
        Client(
            base_url="http://127.0.0.1/api/v1", api_key="of-a-test", budget=budget, keep=kept.append,
            clock=lambda: true_time,
            transport=in_process(simulator.respond),
        ) as client,
    ):  # fmt: skip
        day = (MORNING - timedelta(days=3)).date()
        question = RANKINGS.request(day, day, period="day")
        client.fetch(question)
        client.fetch(question)
        now[0] += 2 * 86_400
        with pytest.raises(
            PipelineFailure, match=r"returned 429: Rate limit exceeded; run again after 2026-02-11"
        ) as refused:
            client.fetch(question)
        assert refused.value.stops_asking
        now[0] -= 2 * 86_400
        assert budget.spent().last_day == 1, "of the jump only what was sent after it is left, as if it were sent now"
    assert [one.status for one in kept] == [200, 200, 429]


def broken(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    path.write_bytes(b"this is no database, and is long enough to be recognised as none" * 64)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [broken, a_folder])
def test_run_without_a_ledger_asks_nothing_and_says_so(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """Requests that cannot be counted are not sent: one line names the file, and what was published stays."""
    settings = settings_for(tmp_path, simulated=True, is_unlimited=False)
    ledger = settings.data_dir.path / "requests.sqlite"
    Budget(ledger).close()
    spoil(ledger)
    simulator = Simulator(clock=lambda: MORNING, limits=None)
    with pytest.raises(PermanentFailure, match=r"cannot count requests in the ledger .*requests\.sqlite"):
        _asking_once(settings, simulator)
    assert simulator.requests == []


def test_ledger_that_is_deleted_under_a_run_ends_its_asking(tmp_path: Path) -> None:
    """What can no longer be counted is no longer sent; the file's name and what to do are said."""
    path = tmp_path / "ledger"
    with Budget(path, per_day=3) as budget:
        budget.take()
        path.unlink()
        with pytest.raises(PermanentFailure, match=r"cannot count requests in the ledger .*ledger: "):
            budget.take()


def _asking_once(settings: Settings, simulator: Simulator) -> None:
    begun = session.Workspace(settings, clock=lambda: MORNING, simulator=simulator)
    with begun.running():
        begun.ask(RANKINGS.request(MORNING.date(), MORNING.date(), period="day"))


@pytest.fixture(autouse=True)
def _no_retries_in_runs(request: pytest.FixtureRequest) -> Any:
    """Whole runs do not wait: what is waited for is tested with the client alone."""
    stamina.set_testing("gracefully" in request.node.name, attempts=1)
    yield
    stamina.set_testing(False)
