"""A daily run against a bare script and against dlt: ``python -m benchmarks.daily [MORNINGS]``.

Everything since 2025-01-01 is there when it begins. Each morning, all series, every contestant sends the requests that this
project plans, to one source on loopback, without limits, and stores the same rows; that they are the same is proved before
anything is told. Whole processes, in turn.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import source
from benchmarks.contest import ALL, BARE, DLT, DLT_TUNED, OURS, Contest, parts
from benchmarks.measure import STARTING, Figure, Rounds, at_most, cpu_seconds, peak, record, report, seconds, starting_alone

FIRST = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
MORNINGS = 3
UNTIMED = 2
MOST_TIMES_DLT = 3.5


def measured(
    folder: Path, mornings: int, names: Sequence[str] = ALL, first: datetime = FIRST
) -> tuple[Rounds, list[Figure]]:
    """That many mornings, after one that reads everything and one that warms the disk."""
    rounds, rows = Rounds(), []
    with source.running(first) as one:
        contest = Contest(folder, one, names)
        for day in range(UNTIMED + mornings):
            now = first + timedelta(days=day)
            questions = contest.begin(now)
            for name in names:
                taken = contest.take_part(name, now, questions)
                if day >= UNTIMED:
                    rounds.add(taken)
            rows.append(contest.require_same_rows(now))
            if day >= UNTIMED:
                rounds.add(starting_alone())
    figures = [
        Figure("requests of a morning", len(questions), ""),
        Figure("rows stored of them, by each contestant", rows[-1], "rows"),
        *(Figure(f"of which {part}", lasted, "s") for part, lasted in parts(contest.data_dir).items()),
    ]
    return rounds, figures


def judged(rounds: Rounds) -> list[Figure]:
    """The goals, against dlt as it comes and as it is fastest."""
    own = rounds.difference(OURS, STARTING, seconds)
    return [
        Figure("daily run, whole process", rounds.median(OURS).seconds, "s"),
        Figure("daily run, own work after imports", own, "s"),
        at_most(f"whole process against {DLT}, time", rounds.ratio(OURS, DLT, seconds), "×", MOST_TIMES_DLT),
        *(
            Figure(f"whole process against {name}, {what}", rounds.ratio(OURS, name, of), "×")
            for name in (BARE, DLT, DLT_TUNED)
            for what, of in (("time", seconds), ("seconds of the cores", cpu_seconds), ("memory", peak))
            if (name, what) != (DLT, "time")
        ),
    ]


def main(mornings: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rounds, figures = measured(Path(folder), mornings)
    report(rounds.medians(), rounds.median(OURS))
    record("daily", [*judged(rounds), *figures], rounds.measured)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MORNINGS)
