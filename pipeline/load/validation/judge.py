"""Great Expectations itself: the only import of it, and the only pandas door. Runs in a ``pipeline.worker``."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl


def judge(verdicts: pl.DataFrame) -> dict[str, bool]:
    """Whether each column of verdicts is true in every row. What Great Expectations did not run is not there."""
    import great_expectations
    import great_expectations.expectations as kinds

    in_set: Any = kinds.ExpectColumnValuesToBeInSet  # type: ignore[attr-defined]
    expectations = [in_set(column=name, value_set=[True], meta={"name": name}) for name in verdicts.columns]
    suite = great_expectations.ExpectationSuite(name="declared", expectations=expectations)
    batch = _definition().get_batch({"dataframe": verdicts.to_pandas()})
    outcome = batch.validate(suite, result_format="BOOLEAN_ONLY")
    return {result.expectation_config.meta["name"]: bool(result.success) for result in outcome.results}


@cache
def _definition() -> Any:
    """Made once: each takes as long as judging a small batch does."""
    import great_expectations

    context: Any = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return (
        context.data_sources.add_pandas("staged")
        .add_dataframe_asset("staged")
        .add_batch_definition_whole_dataframe("staged")
    )
