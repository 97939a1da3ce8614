"""One daily run of a simulated directory at an instant of its own: ``python -m benchmarks.morning FOLDER INSTANT``.

What other benchmarks start as a whole process, so that a history can be as long as they please.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.cli import short_life
from pipeline.execute import run_daily
from pipeline.settings import DataDir, Settings, Told


def main() -> None:
    folder, now = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    DataDir(folder).mark_simulated()
    settings = replace(Settings.load(folder), told=Told())  # nobody is told of a benchmark
    outcome = run_daily(settings, None, say=lambda message: None, clock=lambda: now)
    if not outcome.succeeded:
        sys.exit("; ".join(outcome.failures))


if __name__ == "__main__":
    with short_life():
        main()
