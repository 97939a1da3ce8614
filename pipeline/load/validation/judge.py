"""Great Expectations itself: the only import of it, and the only pandas door. Runs in a ``pipeline.worker``."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl


def judge(verdicts: pl.DataFrame) -> dict[str, bool]:
    """Whether each column of verdicts is true in every row. What Great Expectations did not run is not there."""
    gx, batches = _great_expectations()
    # Of the distinct values, not of each: the library then takes half the time, and most of it is its own, not the rows'.
    only = gx.expectations.ExpectColumnDistinctValuesToBeInSet
    expectations = [only(column=name, value_set=[True], meta={"name": name}) for name in verdicts.columns]
    suite = gx.ExpectationSuite(name="declared", expectations=expectations)
    outcome = batches.get_batch({"dataframe": verdicts.to_pandas()}).validate(suite, result_format="BOOLEAN_ONLY")
    return {result.expectation_config.meta["name"]: bool(result.success) for result in outcome.results}


@cache
def _great_expectations() -> tuple[Any, Any]:
    """The library, and a source of batches, made once: each takes as long as judging a small batch does."""
    # Seconds and 150 MB: only the process that judges imports it.
    import great_expectations

    context: Any = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("staged").add_dataframe_asset("staged")
    return great_expectations, asset.add_batch_definition_whole_dataframe("staged")
