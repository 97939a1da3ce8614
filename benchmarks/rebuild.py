"""A rebuild from landing against DuckDB's own reading of the same files: ``python -m benchmarks.rebuild [DAYS …] [once]``.

DAYS are daily runs that were landed, all series, 30 and 365 by default; ``once`` is everything since 2025-01-01 read in one
go. Each day is what a run at 06:30 UTC would have landed: what is due, asked of the simulator in this process, so that the
history is there in minutes. Restatements, renamed apps and new prices are in it as the simulator makes them.

Sizes on disk are told of each history besides: it is daily runs that read a period again and again.

The floor is a process that has DuckDB read every body into tables with ``read_json``, and does nothing else.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks import size
from benchmarks.measure import (
    COMMAND,
    STARTING,
    Figure,
    Rounds,
    at_least,
    at_most,
    measure,
    record,
    report,
    seconds,
    starting_alone,
)
from pipeline.landing import Landing
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.settings import DataDir
from pipeline.simulator.history import PastRuns

HISTORIES = ("once", "30", "365")
ROUNDS = 3
LANDED = "landed"
KNOWN_HOLES = (date(2025, 6, 15), date(2025, 7, 15))
ONCE = date(2026, 11, 2)

MOST_TIMES_THE_FLOOR = 4
FEWEST_ROWS_A_SECOND = 150_000


def mornings(history: str) -> list[date]:
    if history == "once":
        return [ONCE]
    return [DATASET_START + timedelta(days=day) for day in range(1, int(history) + 1)]


def land(
    data_dir: DataDir,
    on: Sequence[date],
    *,
    first_day: date = DATASET_START,
    say: Callable[[str], object] = lambda message: None,
) -> None:
    """Land what runs on those mornings would have."""
    data_dir.mark_simulated()
    past = PastRuns(Landing(data_dir), holes=KNOWN_HOLES, first_day=first_day)
    for number, morning in enumerate(on, start=1):
        past.run(morning)
        say(f"\r{number} of {len(on)} days, {past.responses} responses")


def rows_read(data_dir: DataDir) -> dict[str, int]:
    """All rows of all responses that the load read, by endpoint."""
    with duckdb.connect(str(data_dir.build), read_only=True) as con:
        return dict(con.sql("select endpoint, sum(rows_read)::bigint from raw.exchanges group by endpoint").fetchall())


def measured(history: str, folder: Path, rounds: int) -> tuple[Rounds, int]:
    """The rebuild, its floor and starting alone, in turn; and how many rows were read."""
    data_dir = DataDir(folder / LANDED)
    land(data_dir, mornings(history), say=sys.stderr.write)
    sys.stderr.write("\n")
    rebuild, floor = f"rebuild {history}", f"read_json {history}"
    read_json = [sys.executable, "-m", "benchmarks.contestants.floor", str(data_dir.landing)]
    taken = Rounds()
    for number in range(rounds):
        taken.add(measure(rebuild, [COMMAND, "--data-dir", str(data_dir.path), "rebuild"]))
        taken.add(measure(floor, [*read_json, str(folder / f"{number}.duckdb")]))
        taken.add(starting_alone())
    rows = rows_read(data_dir)
    require_same_rows(rows, json.loads(taken.measured[floor][-1].output))
    return taken, sum(rows.values())


def require_same_rows(rows: Mapping[str, int], floor: Mapping[str, int]) -> None:
    """Raises ValueError where the floor did not read the rankings whole, which are most of the rows."""
    ours, read = rows["/datasets/rankings-daily"], floor["datasets_rankings_daily"]
    if ours != read:
        raise ValueError(f"the load read {ours:,} rows of rankings, the floor {read:,}: there is nothing to compare")


def judged(history: str, rounds: Rounds, rows: int) -> list[Figure]:
    rebuild, floor = f"rebuild {history}", f"read_json {history}"
    own, whole = rounds.difference(rebuild, STARTING, seconds), rounds.median(rebuild).seconds
    return [
        Figure(f"{rebuild}, rows read", rows, "rows"),
        at_most(f"{rebuild} against {floor}", rounds.ratio(rebuild, floor, seconds), "×", MOST_TIMES_THE_FLOOR),
        Figure(f"{rebuild}, own work after imports", own, "s"),
        at_least(f"{rebuild}, own work", rows / own, "rows/s", FEWEST_ROWS_A_SECOND),
        Figure(f"{rebuild}, whole process", rows / whole, "rows/s"),
        Figure(f"{floor}, whole process", rows / rounds.median(floor).seconds, "rows/s"),
    ]


def main(histories: Sequence[str]) -> None:
    figures: list[Figure] = []
    runs = {}
    for history in histories:
        with tempfile.TemporaryDirectory() as folder:
            rounds, rows = measured(history, Path(folder), ROUNDS)
            sizes = size.judged(DataDir(Path(folder) / LANDED))
        report(rounds.medians(), rounds.median(STARTING))
        figures += judged(history, rounds, rows)
        figures += [replace(figure, what=f"rebuild {history}, {figure.what}") for figure in sizes]
        runs.update({f"{name}, {history}" if name == STARTING else name: taken for name, taken in rounds.measured.items()})
    record("rebuild", figures, runs)


if __name__ == "__main__":
    main(sys.argv[1:] or HISTORIES)
