"""Rows and blocks of rankings as they are validated: with what a row is compared with beside it.

Belongs here: deriving columns from staged rows. Not here: what must hold (``expectations``).
"""

from __future__ import annotations

import polars as pl

from pipeline.openrouter.endpoints.expectation import BLOCK


def rows_batch(staged: pl.DataFrame) -> pl.DataFrame:
    """Rows of rankings with what surrounds them.

    ``staged`` has exchange_id, series, retrieved_at, grain, resolved_start, resolved_end, position, period_start,
    model_permaslug, total_tokens; a row per model of each staged block, in the answer's order.
    """
    is_week = pl.col("grain") == "week"
    # A week or month belongs to a span when it shares a day with it.
    earliest = (
        pl.when(is_week)
        .then(pl.col("resolved_start").dt.offset_by("-6d"))
        .when(pl.col("grain") == "month")
        .then(pl.col("resolved_start").dt.month_start())
        .otherwise(pl.col("resolved_start"))
    )
    before = (earliest - pl.col("period_start")).dt.total_days().clip(lower_bound=0)
    after = (pl.col("period_start") - pl.col("resolved_end")).dt.total_days().clip(lower_bound=0)
    is_other = pl.col("model_permaslug") == "other"
    return staged.with_columns(
        is_other=is_other,
        tokens_of_row_before=pl.when(is_other)
        .then(pl.col("total_tokens"))
        .otherwise(pl.col("total_tokens").shift(1).over(BLOCK))
        .fill_null(pl.col("total_tokens")),
        days_outside_resolved=before + after,
        days_before_it_begins=(pl.col("period_start") - pl.col("retrieved_at").dt.date())
        .dt.total_days()
        .clip(lower_bound=0),
    )


def blocks_batch(rows: pl.DataFrame, untyped: pl.DataFrame) -> pl.DataFrame:
    """One row per staged block.

    ``rows`` is a ``rows_batch`` with fewest_rows_in_block; ``untyped`` has exchange_id, series, period_start and
    untyped_rows for blocks that lost rows because they could not be typed.
    """
    share = pl.col("total_tokens") / pl.col("total_tokens").sum().over(BLOCK)
    last_position = pl.col("position").max().over(BLOCK)
    blocks = (
        rows.with_columns(
            # A share outside 0 to 1 cannot be one: it spoils the sum instead of cancelling out.
            share=pl.when(share.is_between(0, 1)).then(share),
            after_other=pl.when(pl.col("is_other")).then(last_position - pl.col("position")).otherwise(0),
        )
        .group_by([*BLOCK, "series"], maintain_order=True)
        .agg(
            rows_in_block=pl.len().cast(pl.Int64),
            fewest_rows_in_block=pl.col("fewest_rows_in_block").first(),
            other_rows=pl.col("is_other").sum().cast(pl.Int64),
            rows_after_other=pl.col("after_other").max(),
            block_tokens=pl.col("total_tokens").sum(),
            share_sum=pl.when(pl.col("share").is_null().any()).then(float("inf")).otherwise(pl.col("share").sum()),
        )
    )
    folded = (
        rows.filter(pl.col("model_permaslug").str.contains("/") | pl.col("is_other"))
        .group_by([*BLOCK, pl.col("model_permaslug").str.split(":").list.first().alias("base_permaslug")])
        .agg(pl.col("total_tokens").sum())
        .group_by(BLOCK)
        .agg(folded_tokens=pl.col("total_tokens").sum())
    )
    lost = untyped.select([*BLOCK, "series", "untyped_rows"])
    return (
        blocks.join(folded, on=BLOCK, how="left")
        .join(lost, on=[*BLOCK, "series"], how="full", coalesce=True)
        .with_columns(
            pl.col("folded_tokens", "block_tokens", "other_rows", "rows_after_other", "untyped_rows").fill_null(0),
            pl.col("rows_in_block", "fewest_rows_in_block", "share_sum").fill_null(0),
        )
    )
