"""A worker of its own process: one daily run of a simulated directory into the lake, at a given instant.

Started by the tests as ``python -m tests.lake.worker FOLDER INSTANT FIRST_DAY``; says what it does, line by line.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from pipeline.execute import run_daily
from pipeline.openrouter.simulator import Simulator
from pipeline.settings import DataDir, Settings


def main() -> None:
    folder, now, first_day = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3]
    DataDir(folder).mark_simulated()
    outcome = run_daily(
        Settings.load(folder),
        first_day,
        say=lambda message: print(message, flush=True),  # noqa: T201 - read by the test that started it
        clock=lambda: now,
        simulator=Simulator(clock=lambda: now, limits=None),
    )
    if not outcome.succeeded:
        sys.exit("; ".join(outcome.failures))


if __name__ == "__main__":
    main()
