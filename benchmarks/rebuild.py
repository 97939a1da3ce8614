"""A rebuild of a long history of daily runs, all series, and how it grows: ``python -m benchmarks.rebuild [DAYS …]``.

Each day is what a run at 06:30 UTC would have landed: what is due, asked of the simulator in this process, so that the
history is there in minutes. Restatements, renamed apps and new prices are in it as the simulator makes them.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measure import COMMAND, imports_alone, measure, report
from pipeline.demo import PastRuns
from pipeline.landing import Landing
from pipeline.openrouter.requests import DATASET_START
from pipeline.settings import DataDir

HISTORIES = (365, 730)
KNOWN_HOLES = (date(2025, 6, 15), date(2025, 7, 15))


def main() -> None:
    histories = [int(argument) for argument in sys.argv[1:]] or list(HISTORIES)
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        data_dir = DataDir(Path(folder))
        data_dir.mark_simulated()
        history, landed_days = PastRuns(Landing(data_dir), holes=KNOWN_HOLES), 0
        for days in histories:
            for day in range(landed_days + 1, days + 1):
                history.run(DATASET_START + timedelta(days=day))
                sys.stderr.write(f"\r{day} of {days} days, {history.responses} responses")
            sys.stderr.write("\n")
            landed_days = days
            name = f"rebuild, {days} days, {history.responses} responses"
            measured.append(measure(name, [COMMAND, "--data-dir", folder, "rebuild"]))
            sizes = [
                sum(path.stat().st_size for path in Path(folder).rglob(pattern)) for pattern in ("*.gz", "openrouter.duckdb")
            ]
            sys.stdout.write(f"{name}: landing {sizes[0] / 2**20:.0f} MiB, database {sizes[1] / 2**20:.0f} MiB\n")
    alone = imports_alone()
    report([*measured, alone], alone)


if __name__ == "__main__":
    main()
