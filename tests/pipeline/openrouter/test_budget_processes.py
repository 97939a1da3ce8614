"""The budget as a promise: who shares a key never meets the source's limit, and what cannot be counted is not sent.

Real processes with one ledger, against the simulator over HTTP, which counts and refuses as the source does, with short
windows.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.failures import PermanentFailure
from pipeline.openrouter.budget import Budget
from pipeline.openrouter.endpoints.rankings import RANKINGS
from pipeline.run.session import Workspace
from pipeline.simulator.server import Simulator, serve
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


# --- ledgers that cannot be used -------------------------------------------------------------------------------------

MORNING = instant("2026-02-10T07:00")


def test_run_without_a_ledger_asks_nothing_and_says_so(tmp_path: Path) -> None:
    """Requests that cannot be counted are not sent: one line names the file, and what was published stays."""
    settings = settings_for(tmp_path, simulated=True, is_unlimited=False)
    ledger = settings.data_dir.path / "requests.sqlite"
    ledger.write_bytes(b"this is no database, and is long enough to be recognised as none" * 64)
    simulator = Simulator(clock=lambda: MORNING, limits=None)
    begun = Workspace(settings, clock=lambda: MORNING, simulator=simulator)
    with begun.running(), pytest.raises(PermanentFailure, match=r"cannot count requests in the ledger .*requests\.sqlite"):
        begun.ask(RANKINGS.request(MORNING.date(), MORNING.date(), period="day"))
    assert simulator.requests == []


def test_ledger_that_is_deleted_under_a_run_ends_its_asking(tmp_path: Path) -> None:
    """What can no longer be counted is no longer sent; the file's name and what to do are said."""
    path = tmp_path / "ledger"
    with Budget(path, per_day=3) as budget:
        budget.take()
        path.unlink()
        with pytest.raises(PermanentFailure, match=r"cannot count requests in the ledger .*ledger: "):
            budget.take()
