"""Great Expectations itself: the only import of it, and the only pandas door. Runs in a ``pipeline.worker``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from pipeline.load.validation.expectations import Expectation

ROW_NUMBER = "row_number"


@dataclass(frozen=True)
class Verdict:
    """Which rows of a batch fail: none when empty, all of them when None."""

    rows: list[int] | None
    error: str | None = None


def needed_columns(declared: Sequence[Expectation], columns: Sequence[str]) -> list[str]:
    """The columns that the expectations name, so that nothing else is sent to be judged."""
    named = {
        name
        for expectation in declared
        for argument in expectation.arguments.values()
        for name in (argument if isinstance(argument, list) else [argument])
    }
    return [name for name in columns if name in named]


def judge(frame: pl.DataFrame, declared: Sequence[Expectation]) -> list[Verdict]:
    """A verdict for each declared expectation, in their order."""
    import great_expectations
    import great_expectations.expectations as kinds

    def suite(names: Collection[str]) -> great_expectations.ExpectationSuite:
        return great_expectations.ExpectationSuite(
            name="declared",
            expectations=[
                getattr(kinds, expectation.kind)(**expectation.arguments, meta={"name": expectation.name})
                for expectation in declared
                if expectation.name in names
            ],
        )

    source = _context().data_sources.add_pandas("staged")
    try:
        batch = (
            source.add_dataframe_asset("staged")
            .add_batch_definition_whole_dataframe("staged")
            .get_batch({"dataframe": frame.with_row_index(ROW_NUMBER).to_pandas()})
        )
        by_name = _named(batch.validate(suite({expectation.name for expectation in declared}), result_format="BOOLEAN_ONLY"))
        # Which rows fail is found out where some do: asking it of all takes half as long again.
        if failing := {name for name, result in by_name.items() if not result.success}:
            which = {"result_format": "COMPLETE", "unexpected_index_column_names": [ROW_NUMBER]}
            by_name |= _named(batch.validate(suite(failing), result_format=which))
    finally:
        _context().data_sources.delete("staged")
    return [_verdict(by_name.get(expectation.name)) for expectation in declared]


def _named(outcome: Any) -> dict[str, Any]:
    return {result.expectation_config.meta["name"]: result for result in outcome.results}


@cache
def _context() -> Any:
    import great_expectations

    context: Any = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


def _verdict(outcome: Any) -> Verdict:
    if outcome is None:
        # A backend that skips a check must not look like one that passed it.
        return Verdict(None, "the check was not run")
    if outcome.success:
        return Verdict([])
    rows = sorted({int(row[ROW_NUMBER]) for row in outcome.result.get("unexpected_index_list") or ()})
    if rows:
        return Verdict(rows)
    details = outcome.exception_info or {}
    for info in details.values() if "exception_message" not in details else [details]:
        if isinstance(info, dict) and info.get("exception_message"):
            return Verdict(None, f"the check could not be run: {info['exception_message']}")
    # A whole column fails where its type does.
    return Verdict(None)
