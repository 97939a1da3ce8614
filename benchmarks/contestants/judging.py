"""Declared expectations over staged batches: ``python -m benchmarks.contestants.judging great_expectations|polars FOLDER``.

FOLDER holds a batch per file, as ``benchmarks.validation`` wrote them. Prints how long importing and judging took, and the
verdicts: for each file and expectation the rows that fail. Polars alone is what a run pays in any case: the verdict of each
row, which Great Expectations is handed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.load.validation.expectations import EXPECTATIONS
from pipeline.load.validation.run import verdicts_of
from pipeline.openrouter.endpoints.expectation import Expectation

Verdicts = list[list[int]]
Judge = Callable[[pl.DataFrame, Sequence[Expectation]], Verdicts]


def staged(folder: Path) -> Iterator[tuple[str, pl.DataFrame, tuple[Expectation, ...]]]:
    """Name, frame and expectations of each batch."""
    for path in sorted(folder.glob("*.arrow")):
        batch = path.stem.partition("-")[0]
        yield path.stem, pl.read_ipc(path), tuple(one for one in EXPECTATIONS if one.batch == batch)


def with_polars() -> Judge:
    def by_row(frame: pl.DataFrame, declared: Sequence[Expectation]) -> Verdicts:
        return [_failing(column) for column in _verdicts(frame, declared)]

    return by_row


def with_great_expectations() -> Judge:
    import great_expectations.expectations  # noqa: F401 - its import is timed apart

    from pipeline.load.validation.judge import judge

    def by_suite(frame: pl.DataFrame, declared: Sequence[Expectation]) -> Verdicts:
        verdicts = _verdicts(frame, declared)
        passed = judge(verdicts)
        return [[] if passed[column.name] else _failing(column) for column in verdicts]

    return by_suite


def _verdicts(frame: pl.DataFrame, declared: Sequence[Expectation]) -> pl.DataFrame:
    verdicts, errors = verdicts_of(frame, declared)
    if errors:
        raise RuntimeError("; ".join(errors.values()))
    return verdicts


def _failing(column: pl.Series) -> list[int]:
    return (~column).arg_true().to_list()


JUDGES: Mapping[str, Callable[[], Judge]] = {"great_expectations": with_great_expectations, "polars": with_polars}


def main() -> None:
    which, folder = sys.argv[1], Path(sys.argv[2])
    began = time.perf_counter()
    judge = JUDGES[which]()
    imported = time.perf_counter()
    batches = list(staged(folder))
    read = time.perf_counter()
    verdicts = {
        f"{name}: {one.name}": rows
        for name, frame, declared in batches
        for one, rows in zip(declared, judge(frame, declared), strict=True)
    }
    seconds = {"import": imported - began, "judging": time.perf_counter() - read}
    sys.stdout.write(json.dumps({"seconds": seconds, "verdicts": verdicts}) + "\n")


if __name__ == "__main__":
    main()
