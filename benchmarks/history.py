"""A daily run after a short and a long history: ``python -m benchmarks.history [FOLDER]``.

Each history is simulated, all series: everything since 2025-01-01 read at once on a morning 30, 365 and 1,825 days later,
with the ten mornings before it, so that there are restatements. Timed are the mornings after it, as whole processes. The
directories are kept in FOLDER, for other benchmarks to look at.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from benchmarks.measure import Measured, measure, report
from pipeline.openrouter.requests import DATASET_START
from pipeline.settings import UNLIMITED_VARIABLE

HISTORIES = (30, 365, 1825)
MORNINGS = 3


def daily(folder: Path, days: int) -> Measured:
    """The median of some mornings after so many days of history; the greatest of their peaks."""
    first = datetime.combine(DATASET_START + timedelta(days=days), time(6, 30), UTC)
    measured = []
    for number in range(MORNINGS + 2):
        instant = (first + timedelta(days=number)).isoformat()
        measured.append(
            measure(instant, [sys.executable, "-m", "benchmarks.morning", str(folder), instant], {UNLIMITED_VARIABLE: "1"})
        )
    timed = measured[2:]  # the first reads it all, the second warms the disk
    return Measured(
        f"daily run after {days} days",
        statistics.median(one.seconds for one in timed),
        max(one.peak_mib for one in timed),
    )


def main(kept: Path) -> None:
    measured = [daily(kept / str(days), days) for days in HISTORIES]
    report(measured, measured[0])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(Path(folder))
