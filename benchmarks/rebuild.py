"""A rebuild of a long history of daily runs, all series, and how it grows: ``python -m benchmarks.rebuild [DAYS …]``.

Each day is what a run at 06:30 UTC would have landed: what is due, asked of the simulator in this process, so that the
history is there in minutes. Restatements, renamed apps and new prices are in it as the simulator makes them.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from benchmarks.measure import COMMAND, imports_alone, measure, report
from pipeline.landing import Landing
from pipeline.openrouter.client import Exchange
from pipeline.openrouter.requests import DATASET_START, Request
from pipeline.openrouter.simulator import Simulator
from pipeline.openrouter.snapshots import next_page
from pipeline.series import next_period, plan
from pipeline.settings import DataDir

HISTORIES = (365, 730)
RUN_AT = time(6, 30, tzinfo=UTC)
BASE_URL = "http://simulator/api/v1"
KNOWN_HOLES = (date(2025, 6, 15), date(2025, 7, 15))


class History:
    """Days of runs, one after the other, in the landing of one directory."""

    def __init__(self, data_dir: DataDir) -> None:
        data_dir.mark_simulated()
        self._landing = Landing(data_dir)
        self._now = datetime.combine(DATASET_START + timedelta(days=1), RUN_AT)
        self._simulator = Simulator(clock=lambda: self._now, limits=None)
        self._read: dict[str, set[date]] = {}
        self.days = 0
        self.exchanges = 0

    def run_until(self, days: int) -> None:
        """Land the runs of the days that are missing."""
        while self.days < days:
            for span in plan(now=self._now, read=self._read, holes=KNOWN_HOLES):
                self._ask(span.request())
                if span.start is not None and span.end is not None:
                    period = span.start
                    while period <= span.end:
                        self._read.setdefault(span.series.name, set()).add(period)
                        period = next_period(span.series.grain, period)
            self.days += 1
            self._now = datetime.combine(self._now.date() + timedelta(days=1), RUN_AT)
            sys.stderr.write(f"\r{self.days} of {days} days, {self.exchanges} responses")
        sys.stderr.write("\n")

    def _ask(self, request: Request) -> None:
        page: Request | None = request
        while page is not None:
            answer = self._simulator.respond("GET", f"/api/v1{page.path}", page.params(), {"authorization": "Bearer any"})
            self._landing.append(
                Exchange(
                    method="GET",
                    url=BASE_URL + page.path,
                    params=page.params(),
                    retrieved_at=self._now,
                    status=answer.status,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=answer.body,
                    is_truncated=False,
                    elapsed_seconds=0.0,
                )
            )
            self.exchanges += 1
            self._now += timedelta(milliseconds=1)
            page = next_page(page, answer.body)


def main() -> None:
    histories = [int(argument) for argument in sys.argv[1:]] or list(HISTORIES)
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        history = History(DataDir(Path(folder)))
        for days in histories:
            history.run_until(days)
            name = f"rebuild, {days} days, {history.exchanges} responses"
            measured.append(measure(name, [COMMAND, "--data-dir", folder, "rebuild"]))
            sizes = [sum(path.stat().st_size for path in Path(folder).rglob(pattern)) for pattern in ("*.gz", "openrouter.duckdb")]
            sys.stdout.write(f"{name}: landing {sizes[0] / 2**20:.0f} MiB, database {sizes[1] / 2**20:.0f} MiB\n")
    alone = imports_alone()
    report([*measured, alone], alone)


if __name__ == "__main__":
    main()
