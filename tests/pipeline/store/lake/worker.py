"""A worker of its own process, which the tests can kill; says what it does, line by line.

Started as ``python -m tests.pipeline.store.lake.worker run FOLDER INSTANT FIRST_DAY``, a daily run of a simulated directory
at a given instant; with ``migrate FOLDER``, into the lake; with ``load FOLDER``, what is landed there, into raw; or
with ``stay FOLDER SECONDS``, a transaction that is open until a line comes in, under a lock
that others have after so many seconds without a sign of life.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.execute import run_daily
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.settings import DataDir, Settings
from pipeline.simulator.server import Simulator
from pipeline.store import lake_lock
from pipeline.store.lake import migrate
from pipeline.store.open import open_store
from tests.support import leave_page_out


def say(message: str) -> None:
    print(message, flush=True)  # noqa: T201 - read by the test that started it


def run(folder: Path, now: datetime, first_day: str) -> None:
    DataDir(folder).mark_simulated()
    simulator = Simulator(clock=lambda: now, limits=None)
    leave_page_out(pytest.MonkeyPatch())
    outcome = run_daily(Settings.load(folder), first_day, say=say, clock=lambda: now, simulator=simulator)
    if not outcome.succeeded:
        sys.exit("; ".join(outcome.failures))


def load(folder: Path) -> None:
    files = open_store(Settings.load(folder).data_dir)
    with files.writer() as con:
        loading.load(con, Landing(files.data_dir), run_id=str(folder))
        say("loaded")
    files.release()


def stay(folder: Path, lease_seconds: float) -> None:
    pytest.MonkeyPatch().setattr(lake_lock, "LEASE_SECONDS", lease_seconds)
    with open_store(Settings.load(folder).data_dir).writer() as con:
        con.execute("insert into ops.loads select 'of the vanished', now(), '', 0, 0, 0, 0")
        say("written")
        sys.stdin.readline()


if __name__ == "__main__":
    verb, target, *more = sys.argv[1:]
    if verb == "run":
        run(Path(target), datetime.fromisoformat(more[0]), more[1])
    elif verb == "load":
        load(Path(target))
    elif verb == "stay":
        stay(Path(target), float(more[0]))
    else:
        migrate(Settings.load(Path(target)).data_dir, to_lake=True, say=say)
