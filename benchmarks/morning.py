"""Daily runs of a simulated directory: ``python -m benchmarks.morning FOLDER INSTANT [NUMBER]``.

What other benchmarks start as a whole process, so that a history can be as long as they please: one daily run at INSTANT, or
NUMBER of them, one a day from INSTANT on. FOLDER/mornings has a line for each that was made. The first of a directory
fetches all of OpenRouter's daily exports: a run takes 200 files, and would catch up with a history of years for weeks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from pipeline.cli import short_life
from pipeline.execute import run_daily
from pipeline.run import exports, session
from pipeline.settings import DataDir, Settings, Told

ALL_FILES = 100_000


def made(folder: Path) -> list[datetime]:
    """When the daily runs of a directory were made, each by its own clock."""
    mornings = folder / "mornings"
    return [datetime.fromisoformat(line) for line in mornings.read_text().splitlines()] if mornings.exists() else []


def main(folder: Path, mornings: Iterator[datetime]) -> None:
    DataDir(folder).mark_simulated()
    settings = replace(Settings.load(folder), told=Told())  # nobody is told of a benchmark
    for now in mornings:
        most = exports.MOST_FILES if made(folder) else ALL_FILES
        with patch.object(exports, "MOST_FILES", most), patch.object(session, "MOST_FILES", most):
            outcome = run_daily(settings, None, say=lambda message: None, clock=lambda now=now: now)  # type: ignore[misc]
        if not outcome.succeeded:
            sys.exit("; ".join(outcome.failures))
        with (folder / "mornings").open("a") as kept:
            kept.write(f"{now.isoformat()}\n")


if __name__ == "__main__":
    first, number = datetime.fromisoformat(sys.argv[2]), int([*sys.argv, "1"][3])
    with short_life():
        main(Path(sys.argv[1]), (first + timedelta(days=day) for day in range(number)))
