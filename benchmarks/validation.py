"""What Great Expectations costs, against its verdicts in Polars alone: ``python -m benchmarks.validation [ROUNDS]``.

The batches are those of a load of everything since 2025-01-01, as the load stages them. Both have every declared expectation
to judge, and must come to the same verdicts.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl

from benchmarks.contestants.judging import staged
from benchmarks.measure import Figure, Measured, Rounds, measure, peak, record, report, seconds
from benchmarks.rebuild import ONCE, land
from pipeline.landing import Landing
from pipeline.load.loading import load
from pipeline.load.validation import run
from pipeline.load.validation.expectations import EXPECTATIONS
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.settings import DataDir
from pipeline.store import Store

ROUNDS = 3
GX, POLARS = "Great Expectations", "Polars alone"
WHICH = {GX: "great_expectations", POLARS: "polars"}


class NotTheSameError(Exception):
    """The two came to other verdicts: there is nothing to compare."""


def stage(folder: Path, first_day: date = DATASET_START) -> Path:
    """Load everything since a day, and keep each batch that is handed over to be judged, in a folder of its own."""
    data_dir, kept = DataDir(folder / "landed"), folder / "batches"
    kept.mkdir()
    land(data_dir, [ONCE], first_day=first_day)
    judged = run.validate

    def keeping(batches: Mapping[str, pl.DataFrame], **named: Any) -> list[run.Result]:
        for batch, frame in batches.items():
            if not frame.is_empty():
                frame.write_ipc(kept / f"{batch}-{len(list(kept.iterdir())):03}.arrow")
        return judged(batches, **named)

    with patch.object(run, "validate", keeping), Store(data_dir).writer() as con:
        load(con, Landing(data_dir), run_id="benchmark")
    return kept


def judge(name: str, batches: Path) -> tuple[Measured, dict[str, Any]]:
    """One of the two over all batches, as a whole process, and what it said."""
    measured = measure(name, [sys.executable, "-m", "benchmarks.contestants.judging", WHICH[name], str(batches)])
    said: dict[str, Any] = json.loads(measured.output.splitlines()[-1])
    return Measured(name, measured.seconds, measured.peak_mib, measured.resident_mib, measured.cpu_seconds), said


def require_same_verdicts(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Raises NotTheSameError where the two differ."""
    if one["verdicts"] != other["verdicts"]:
        differing = sorted(name for name, rows in one["verdicts"].items() if other["verdicts"].get(name) != rows)
        raise NotTheSameError(f"{GX} and {POLARS} judge otherwise: {', '.join(differing)}")


def measured(batches: Path, rounds: int) -> tuple[Rounds, list[Figure]]:
    taken = Rounds()
    lasted: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        said = {}
        for name in WHICH:
            whole, said[name] = judge(name, batches)
            taken.add(whole)
            for part, of_part in said[name]["seconds"].items():
                lasted.setdefault((name, part), []).append(of_part)
        require_same_verdicts(said[GX], said[POLARS])
    median = {key: statistics.median(of_part) for key, of_part in lasted.items()}
    rows = sum(frame.height for _, frame, _ in staged(batches))
    return taken, [
        Figure("rows judged, of all batches", rows, "rows"),
        Figure("declared expectations", len(EXPECTATIONS), ""),
        *(Figure(f"{name}, {part}", of_part, "s") for (name, part), of_part in median.items()),
        Figure(f"judging, {GX} against {POLARS}", median[GX, "judging"] / median[POLARS, "judging"], "×"),
        Figure("whole process, time", taken.ratio(GX, POLARS, seconds), "×"),
        Figure("whole process, memory", taken.ratio(GX, POLARS, peak), "×"),
        Figure("what validation costs, import and judging", median[GX, "import"] + median[GX, "judging"], "s"),
    ]


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        taken, figures = measured(stage(Path(folder)), rounds)
    report(taken.medians(), taken.median(POLARS))
    record("validation", figures, taken.measured)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
