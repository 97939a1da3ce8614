"""Running the declared expectations over batches.

Belongs here: having them judged, and turning what is said into failing rows. Not here: Great Expectations itself
(``judge``), and the process in which it is imported (``pipeline.worker``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline import worker
from pipeline.failures import TransientFailure
from pipeline.load.validation import judge
from pipeline.load.validation.expectations import EXPECTATIONS, Batch, Expectation


@dataclass(frozen=True)
class Result:
    """One expectation over one batch. ``failing`` are the rows that fail, with all columns of the batch."""

    expectation: Expectation
    checked: pl.DataFrame
    failing: pl.DataFrame
    error: str | None = None

    @property
    def passed(self) -> bool:
        return self.failing.is_empty() and self.error is None


def validate(batches: Mapping[Batch, pl.DataFrame], expectations: tuple[Expectation, ...] = EXPECTATIONS) -> list[Result]:
    """Judge each batch by each expectation declared for it. An empty batch has nothing to judge.

    Raises TransientFailure, with the cause, where the worker died: the system ends it when memory runs out, for instance.
    """
    pending = []
    results: list[Result] = []
    try:
        for batch, frame in batches.items():
            declared = tuple(expectation for expectation in expectations if expectation.batch == batch)
            if declared and not frame.is_empty():
                columns = judge.needed_columns(declared, frame.columns)
                pending.append((declared, frame, worker.submit(judge.judge, frame.select(columns), declared)))
        for declared, frame, verdicts in pending:
            for expectation, verdict in zip(declared, verdicts.result(), strict=True):
                failing = frame if verdict.rows is None else frame[verdict.rows]
                results.append(Result(expectation, frame, failing, verdict.error))
    except worker.WorkerDied as death:
        raise TransientFailure(f"validating failed: {death}") from death
    return results
