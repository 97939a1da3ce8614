"""Everything since 2025-01-01 from nothing, against a bare script and dlt: ``python -m benchmarks.backfill [ROUNDS]``.

All series, one source on loopback, without limits; every contestant sends the same requests and stores the same rows, which
is proved before anything is told. This project keeps every answer, judges it, and builds vintages and all tables besides.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks import source
from benchmarks.contest import ALL, DLT, DLT_TUNED, OURS, Contest, parts
from benchmarks.measure import Figure, Rounds, at_most, cpu_seconds, peak, record, report, seconds
from benchmarks.source import Question
from pipeline.openrouter.endpoints import apps, rankings
from pipeline.openrouter.endpoints.apps import APPS

NOW = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
ROUNDS = 3

MOST_OF_TIME = {DLT: 0.35, DLT_TUNED: 1.0}
MOST_OF_MEMORY = 0.6


def fewest_requests(now: datetime, cells: int, further_pages_of_apps: int = 0) -> int:
    """The least possible number of requests, from the limits of the API alone, and without a look at the planner.

    A series by day, week or month takes its days / 366, rounded up; weeks are whole from 2025-01-06 on. What has no past
    takes one, and a list in pages of 500 one more for each page that was full. Each whole week of apps takes one in each
    of two lists, and one more where its first page was full.
    """
    by_day = 1 + len(rankings.MODALITIES) + len(rankings.CONTEXT_BUCKETS)
    by_month = 1
    by_week = 1 + len(rankings.CATEGORIES) + len(rankings.LANGUAGE_TYPES)
    app_lists = 1 + len(apps.APP_CATEGORIES) + 1  # popular, popular by category, trending
    windows = 2  # of a day and of thirty
    lists = 1 + 1 + 1  # tasks, scores, the catalogue
    return (
        (by_day + by_month) * _spans(date(2025, 1, 1), now)
        + by_week * _spans(date(2025, 1, 6), now)
        + app_lists * windows
        + lists
        + cells // 500
        + 1
        + 2 * max(0, (now.date() - date(2025, 1, 6)).days // 7)
        + further_pages_of_apps
    )


def _spans(first: date, now: datetime) -> int:
    """How many spans of 366 days hold the days from the first to yesterday."""
    return max(0, math.ceil((now.date() - first).days / 366))


def measured(folder: Path, rounds: int, names: Sequence[str] = ALL, now: datetime = NOW) -> tuple[Rounds, list[Figure]]:
    taken = Rounds()
    with source.running(now) as one:
        for number in range(rounds):
            contest = Contest(folder / str(number), one, names)
            questions = contest.begin(now, "backfill")
            for name in names:
                taken.add(contest.take_part(name, now, questions, "backfill"))
            rows = contest.require_same_rows(now)
    figures = [
        *_of_requests(questions, now, contest),
        Figure("rows stored, by each contestant", rows, "rows"),
        *(Figure(f"of which {part}", lasted, "s") for part, lasted in parts(contest.data_dir).items()),
    ]
    return taken, figures


def _of_requests(questions: Sequence[Question], now: datetime, contest: Contest) -> list[Figure]:
    cells, _ = contest.rows(OURS, now)["session_cost"]
    further_pages_of_apps = sum(question.path == APPS.path and question.params["offset"] != "0" for question in questions)
    fewest = fewest_requests(now, cells, further_pages_of_apps)
    return [
        at_most("requests", len(questions), "", fewest),
        Figure("the least possible number of requests", fewest, ""),
    ]


def judged(rounds: Rounds) -> list[Figure]:
    """The goals, against dlt as it comes and as it is fastest."""
    found = []
    for name, most in MOST_OF_TIME.items():
        found.append(at_most(f"backfill against {name}, time", rounds.ratio(OURS, name, seconds), "×", most))
        found.append(Figure(f"backfill against {name}, seconds of the cores", rounds.ratio(OURS, name, cpu_seconds), "×"))
        found.append(at_most(f"backfill against {name}, memory", rounds.ratio(OURS, name, peak), "×", MOST_OF_MEMORY))
    return found


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        taken, figures = measured(Path(folder), rounds)
    report(taken.medians(), taken.median(OURS))
    record("backfill", [*judged(taken), *figures], taken.measured)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
