"""Running the declared expectations over batches.

Belongs here: the worker process that judges, and turning what it says into failing rows. Not here: Great Expectations
itself (``judge``): it takes seconds to import, so one process of its own does that, on another core, while this one still
prepares (``warm_up``) and waits for the network.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache

import polars as pl

from pipeline.failures import TransientFailure
from pipeline.validation import judge
from pipeline.validation.expectations import EXPECTATIONS, Batch, Expectation


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


@cache
def _worker() -> ProcessPoolExecutor:
    # Spawned, not forked: this process has threads, of Polars and DuckDB among others.
    return ProcessPoolExecutor(
        max_workers=1, mp_context=multiprocessing.get_context("spawn"), initializer=judge.end_with_parent
    )


def warm_up() -> None:
    """Start the worker and have it import what it needs, without waiting for it. A dead one is replaced."""
    try:
        _worker().submit(judge.warm_up)
    except BrokenProcessPool:
        _worker.cache_clear()


def validate(batches: Mapping[Batch, pl.DataFrame], expectations: tuple[Expectation, ...] = EXPECTATIONS) -> list[Result]:
    """Judge each batch by each expectation declared for it. An empty batch has nothing to judge.

    Raises TransientFailure where the worker was stopped, by the system for want of memory for instance.
    """
    pending = []
    results: list[Result] = []
    try:
        for batch, frame in batches.items():
            declared = tuple(expectation for expectation in expectations if expectation.batch == batch)
            if declared and not frame.is_empty():
                columns = judge.needed_columns(declared, frame.columns)
                pending.append((declared, frame, _worker().submit(judge.judge, frame.select(columns), declared)))
        for declared, frame, verdicts in pending:
            for expectation, verdict in zip(declared, verdicts.result(), strict=True):
                failing = frame if verdict.rows is None else frame[verdict.rows]
                results.append(Result(expectation, frame, failing, verdict.error))
    except BrokenProcessPool as error:
        _worker.cache_clear()
        raise TransientFailure(
            "validating failed, its process was stopped from outside (for want of memory?): nothing was loaded, run again"
        ) from error
    return results
