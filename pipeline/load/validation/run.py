"""Running the declared expectations over batches.

Belongs here: verdicts row by row, having Great Expectations judge them, and the failing rows. Not here: Great Expectations
itself (``judge``), and the process in which it is imported (``pipeline.worker``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline import worker
from pipeline.failures import TransientFailure
from pipeline.load.validation import judge
from pipeline.load.validation.expectations import EXPECTATIONS
from pipeline.openrouter.endpoints.expectation import Expectation


@dataclass(frozen=True)
class Result:
    """One expectation over one batch, with its rows by series. ``failing`` are the rows that fail, with all columns."""

    expectation: Expectation
    checked: pl.DataFrame
    by_series: Mapping[str, int]
    failing: pl.DataFrame
    error: str | None = None

    @property
    def passed(self) -> bool:
        return self.failing.is_empty() and self.error is None


def validate(batches: Mapping[str, pl.DataFrame], expectations: tuple[Expectation, ...] = EXPECTATIONS) -> list[Result]:
    """Judge each batch by each expectation declared for it. An empty batch has nothing to judge.

    Raises TransientFailure, with the cause, where the worker died: the system ends it when memory runs out, for instance.
    """
    pending = []
    results: list[Result] = []
    try:
        for batch, frame in batches.items():
            declared = [expectation for expectation in expectations if expectation.batch == batch]
            if declared and not frame.is_empty():
                verdicts, errors = verdicts_of(frame, declared)
                pending.append((declared, frame, verdicts, errors, worker.submit(judge.judge, verdicts.unique())))
        for declared, frame, verdicts, errors, judged in pending:
            said = judged.result()
            by_series = dict(frame.group_by("series").len().iter_rows())
            results += [
                _result(one, frame, by_series, verdicts, errors.get(one.name), said.get(one.name)) for one in declared
            ]
    except worker.WorkerDied as death:
        raise TransientFailure(f"validating failed: {death}") from death
    return results


def verdicts_of(frame: pl.DataFrame, declared: Sequence[Expectation]) -> tuple[pl.DataFrame, dict[str, str]]:
    """For each expectation whether each row holds, and of those that could not be computed why. What is NULL holds."""
    verdicts, errors = [], {}
    for one in declared:
        try:
            verdicts.append(frame.select(one.holds.fill_null(value=True).alias(one.name)).to_series())
        except pl.exceptions.PolarsError as error:
            errors[one.name] = f"the check could not be run: {str(error).splitlines()[0]}"
    return pl.DataFrame(verdicts), errors


def _result(
    one: Expectation,
    frame: pl.DataFrame,
    by_series: Mapping[str, int],
    verdicts: pl.DataFrame,
    error: str | None,
    passed: bool | None,
) -> Result:
    if error is None and passed is None:
        # A backend that skips a check must not look like one that passed it.
        error = "the check was not run"
    if error is None and passed is not verdicts[one.name].all():
        error = "Great Expectations came to another verdict than the rows have"
    if error is not None:
        return Result(one, frame, by_series, frame, error)
    return Result(one, frame, by_series, frame.clear() if passed else frame.filter(~verdicts[one.name]))
