"""A daily run after a short and a long history: ``python -m benchmarks.history [FOLDER] [--each-day [DAYS]]``.

Each history is simulated, all series: everything since 2025-01-01 read at once on a morning 30, 365 and 1,825 days later,
with the ten mornings before it, so that there are restatements. Timed are mornings after it, as whole processes, the
histories in turn: usual ones, on which nothing of earlier months is due. The directories are kept in FOLDER, for other
benchmarks to look at.

With ``--each-day`` every day has a daily run of its own, as in real life: DAYS of them, 1,825 where none are named, hold
80,000 files of responses. They are compared with 30. A command that was stopped goes on in its FOLDER where it was.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time as clock
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from benchmarks.measure import (
    STARTING,
    Figure,
    Measured,
    Rounds,
    at_most,
    cpu_seconds,
    measure,
    record,
    report,
    seconds,
    starting_alone,
)
from benchmarks.morning import made
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.planning import MONTHLY_DAY
from pipeline.settings import UNLIMITED_VARIABLE

HISTORIES = (30, 365, 1825)
MORNINGS = 3

FIRST_DAY = 14
"""The first of the daily runs of each day reads two weeks at once: before that no week has closed that must be there."""
RUNS_A_PROCESS = 30
FEWEST_DAYS_OF_A_MONTH = 28

MOST_TIMES_THE_SHORTEST = 1.4
MOST_MIB = 1e9 / 2**20
"""One gigabyte."""
MOST_PAGE_MB = 1.5


def morning(folder: Path, days: int, day: int) -> Measured:
    """The daily run of a day, after a history of so many."""
    command = [sys.executable, "-m", "benchmarks.morning", str(folder), morning_of(day).isoformat()]
    return measure(_name(days), command, {UNLIMITED_VARIABLE: "1"})


def usual(days: int, mornings: int) -> range:
    """The days whose mornings are timed: the first after the history between two monthly readings of everything."""
    first = days + 2
    while not MONTHLY_DAY + 1 < morning_of(first).day <= FEWEST_DAYS_OF_A_MONTH - mornings:
        first += 1
    return range(first, first + mornings)


def morning_of(day: int) -> datetime:
    return datetime.combine(DATASET_START + timedelta(days=day), time(6, 30), UTC)


def live(folder: Path, days: int) -> None:
    """A daily run for each day, but for those that the folder has. A process for every month of them bounds its memory."""
    while (done := len(made(folder))) < days - FIRST_DAY:
        number, began = min(RUNS_A_PROCESS, days - FIRST_DAY - done), clock.monotonic()
        first = morning_of(FIRST_DAY + done).isoformat()
        command = [sys.executable, "-m", "benchmarks.morning", str(folder), first, str(number)]
        subprocess.run(command, env={**os.environ, UNLIMITED_VARIABLE: "1"}, check=True)  # noqa: S603
        each = (clock.monotonic() - began) / number
        left = days - FIRST_DAY - done - number
        sys.stderr.write(
            f"{done + number} of {days - FIRST_DAY} daily runs, {each:.1f} s each, {left * each / 3600:.1f} h left\n"
        )


def _name(days: int) -> str:
    return f"daily run after {days:,} days"


def measured(folder: Path, mornings: int, histories: Sequence[int] = HISTORIES) -> Rounds:
    """Mornings after one that reads it all, and one that reads what a usual one has read already."""
    for days in histories:
        for day in (days, usual(days, mornings)[0] - 1):
            untimed = morning(folder / str(days), days, day)
            sys.stderr.write(f"{days} days: an untimed morning, {untimed.seconds:.0f} s\n")
    taken = Rounds()
    for number in range(mornings):
        for days in histories:
            taken.add(morning(folder / str(days), days, usual(days, mornings)[number]))
        taken.add(starting_alone())
    return taken


def judged(rounds: Rounds, histories: Sequence[int] = HISTORIES) -> list[Figure]:
    """On a machine that does other things besides, seconds of its cores are the steadier figure."""
    shortest, longest = _name(min(histories)), _name(max(histories))
    grown = {
        of: rounds.difference(longest, STARTING, of) / rounds.difference(shortest, STARTING, of)
        for of in (seconds, cpu_seconds)
    }
    against = f"after {max(histories):,} days against {min(histories)}"
    return [
        *(Figure(f"{_name(days)}, own work", rounds.difference(_name(days), STARTING, seconds), "s") for days in histories),
        at_most(f"own work {against}", grown[seconds], "×", MOST_TIMES_THE_SHORTEST),
        Figure(f"own work {against}, seconds of the cores", grown[cpu_seconds], "×"),
        at_most(f"peak memory of a {longest}", rounds.median(longest).peak_mib, "MiB", round(MOST_MIB)),
    ]


def weight(directory: Path) -> Figure:
    """Of the page in both languages the heavier one."""
    heaviest = max(path.stat().st_size for path in (directory / "report").glob("index*.html"))
    return at_most("page after the longest of them", heaviest / 1e6, "MB", MOST_PAGE_MB)


def main(kept: Path, histories: Sequence[int], *, each_day: bool) -> None:
    if each_day:
        for days in histories:
            live(kept / str(days), days)
    rounds = measured(kept, MORNINGS, histories)
    report(rounds.medians(), rounds.median(_name(min(histories))))
    longest = kept / str(max(histories))
    files = Figure("files of responses after the longest of them", sum(1 for one in (longest / "landing").rglob("*.*")), "")
    figures = [*judged(rounds, histories), weight(longest), files]
    record("history-each-day" if each_day else "history", figures, rounds.measured)


if __name__ == "__main__":
    parser = argparse.ArgumentParser("benchmarks.history")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--each-day", nargs="?", type=int, const=max(HISTORIES), metavar="DAYS")
    given = parser.parse_args()
    chosen = HISTORIES if given.each_day is None else (min(HISTORIES), given.each_day)
    with tempfile.TemporaryDirectory() as folder:
        main(given.folder or Path(folder), chosen, each_day=given.each_day is not None)
