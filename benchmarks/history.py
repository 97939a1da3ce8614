"""A daily run after a short and a long history: ``python -m benchmarks.history [FOLDER]``.

Each history is simulated, all series: everything since 2025-01-01 read at once on a morning 30, 365 and 1,825 days later,
with the ten mornings before it, so that there are restatements. Timed are mornings after it, as whole processes, the
histories in turn. The directories are kept in FOLDER, for other benchmarks to look at.
"""

from __future__ import annotations

import sys
import tempfile
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
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.settings import UNLIMITED_VARIABLE

HISTORIES = (30, 365, 1825)
MORNINGS = 3
UNTIMED = 2

MOST_TIMES_THE_SHORTEST = 1.4
MOST_MIB = 1e9 / 2**20
"""One gigabyte."""
MOST_PAGE_MB = 1.5


def morning(folder: Path, days: int, number: int) -> Measured:
    """The daily run that many mornings after a history of so many days."""
    first = datetime.combine(DATASET_START + timedelta(days=days), time(6, 30), UTC)
    instant = (first + timedelta(days=number)).isoformat()
    command = [sys.executable, "-m", "benchmarks.morning", str(folder), instant]
    return measure(_name(days), command, {UNLIMITED_VARIABLE: "1"})


def _name(days: int) -> str:
    return f"daily run after {days:,} days"


def measured(folder: Path, mornings: int, histories: Sequence[int] = HISTORIES) -> Rounds:
    """Mornings after one that reads it all and one that warms the disk."""
    for days in histories:
        for number in range(UNTIMED):
            morning(folder / str(days), days, number)
            sys.stderr.write(f"{days} days: {number + 1} of {UNTIMED} untimed mornings\n")
    taken = Rounds()
    for number in range(UNTIMED, UNTIMED + mornings):
        for days in histories:
            taken.add(morning(folder / str(days), days, number))
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


def main(kept: Path) -> None:
    rounds = measured(kept, MORNINGS)
    report(rounds.medians(), rounds.median(_name(min(HISTORIES))))
    record("history", [*judged(rounds), weight(kept / str(max(HISTORIES)))], rounds.measured)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(Path(folder))
