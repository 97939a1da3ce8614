"""What Great Expectations costs, against the same checks as plain SQL: ``python -m benchmarks.validation [ROUNDS]``.

The batches are those of a load of everything since 2025-01-01, as the load stages them. Both have every declared expectation
to judge, and must come to the same verdicts: on the batches as they are, and on batches spoilt so that every expectation
fails somewhere.
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
from pipeline.load.validation.expectations import EXPECTATIONS, Batch, Expectation
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.settings import DataDir
from pipeline.store import Store

ROUNDS = 3
GX, SQL = "Great Expectations", "plain SQL"
WHICH = {GX: "great_expectations", SQL: "sql"}


class NotTheSameError(Exception):
    """The two came to other verdicts: there is nothing to compare."""


def stage(folder: Path, first_day: date = DATASET_START) -> Path:
    """Load everything since a day, and keep each batch that is handed over to be judged, in a folder of its own."""
    data_dir, kept = DataDir(folder / "landed"), folder / "batches"
    kept.mkdir()
    land(data_dir, [ONCE], first_day=first_day)
    judged = run.validate

    def keeping(batches: Mapping[Batch, pl.DataFrame], **named: Any) -> list[run.Result]:
        for batch, frame in batches.items():
            if not frame.is_empty():
                frame.write_ipc(kept / f"{batch}-{len(list(kept.iterdir())):03}.arrow")
        return judged(batches, **named)

    with patch.object(run, "validate", keeping), Store(data_dir).writer() as con:
        load(con, Landing(data_dir), run_id="benchmark")
    return kept


def spoil(batches: Path, folder: Path) -> Path:
    """The batches with rows in which every expectation of values fails."""
    folder.mkdir()
    for name, frame, declared in staged(batches):
        if frame.height > len(declared):
            spoilt = frame
            for row, one in enumerate(declared):
                spoilt = _spoilt(spoilt, row, one)
            spoilt.write_ipc(folder / f"{name}.arrow")
    return folder


def _spoilt(frame: pl.DataFrame, row: int, expectation: Expectation) -> pl.DataFrame:
    """The frame with one row in which the expectation fails; types are those of a whole column, and stay."""
    arguments = expectation.arguments
    match expectation.kind:
        case "ExpectColumnValuesToBeInSet":
            (right,) = arguments["value_set"]
            return _with(frame, row, arguments["column"], not right if isinstance(right, bool) else right + 1)
        case "ExpectColumnValuesToBeBetween":
            wrong = arguments["max_value"] + 1 if "max_value" in arguments else arguments["min_value"] - 1
            return _with(frame, row, arguments["column"], wrong)
        case "ExpectColumnPairValuesAToBeGreaterThanB" | "ExpectColumnPairValuesToBeEqual":
            return _with(frame, row, arguments["column_A"], frame[arguments["column_B"]][row] - 1)
        case "ExpectCompoundColumnsToBeUnique":
            for column in arguments["column_list"]:
                frame = _with(frame, row, column, frame[column][-1])
            return frame
        case "ExpectColumnValuesToMatchRegex":
            return _with(frame, row, arguments["column"], "no author")
    return frame


def _with(frame: pl.DataFrame, row: int, column: str, value: object) -> pl.DataFrame:
    kind = frame.schema[column]
    wrong = pl.lit(value).cast(kind)
    return frame.with_columns(pl.when(pl.int_range(pl.len()) == row).then(wrong).otherwise(pl.col(column)).alias(column))


def judge(name: str, batches: Path) -> tuple[Measured, dict[str, Any]]:
    """One of the two over all batches, as a whole process, and what it said."""
    measured = measure(name, [sys.executable, "-m", "benchmarks.contestants.judging", WHICH[name], str(batches)])
    said: dict[str, Any] = json.loads(measured.output.splitlines()[-1])
    return Measured(name, measured.seconds, measured.peak_mib, measured.resident_mib, measured.cpu_seconds), said


def require_same_verdicts(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """How many expectations found something. Raises NotTheSameError where the two differ."""
    if one["verdicts"] != other["verdicts"]:
        differing = sorted(name for name, rows in one["verdicts"].items() if other["verdicts"].get(name) != rows)
        raise NotTheSameError(f"{GX} and {SQL} judge otherwise: {', '.join(differing)}")
    return len({name.partition(": ")[2] for name, rows in one["verdicts"].items() if rows})


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
        require_same_verdicts(said[GX], said[SQL])
    median = {key: statistics.median(of_part) for key, of_part in lasted.items()}
    rows = sum(frame.height for _, frame, _ in staged(batches))
    return taken, [
        Figure("rows judged, of all batches", rows, "rows"),
        Figure("declared expectations", len(EXPECTATIONS), ""),
        *(Figure(f"{name}, {part}", of_part, "s") for (name, part), of_part in median.items()),
        Figure(f"judging, {GX} against {SQL}", median[GX, "judging"] / median[SQL, "judging"], "×"),
        Figure("whole process, time", taken.ratio(GX, SQL, seconds), "×"),
        Figure("whole process, memory", taken.ratio(GX, SQL, peak), "×"),
        Figure("what validation costs, import and judging", median[GX, "import"] + median[GX, "judging"], "s"),
    ]


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        batches = stage(Path(folder))
        spoilt = spoil(batches, Path(folder) / "spoilt")
        found = require_same_verdicts(*(judge(name, spoilt)[1] for name in WHICH))
        taken, figures = measured(batches, rounds)
    report(taken.medians(), taken.median(SQL))
    record(
        "validation",
        [*figures, Figure("expectations that fail on spoilt batches, the same rows in both", found, "")],
        taken.measured,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
