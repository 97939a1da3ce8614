"""A worker of its own process, which the tests can kill; says what it does, line by line.

Started as ``python -m tests.pipeline.store.lake.worker run FOLDER INSTANT FIRST_DAY``, a daily run of a simulated directory
at a given instant, or with ``migrate FOLDER``, into the lake.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.execute import run_daily
from pipeline.settings import DataDir, Settings
from pipeline.simulator.server import Simulator
from pipeline.store.lake import migrate
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


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run(Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), sys.argv[4])
    else:
        migrate(Settings.load(Path(sys.argv[2])).data_dir, to_lake=True, say=say)
