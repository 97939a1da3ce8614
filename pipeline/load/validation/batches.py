"""What is judged, laid out for judging: one frame per batch, with what a row is compared with beside it.

Belongs here: deriving columns from staged rows. Not here: what must hold (``expectations``).
"""

from __future__ import annotations

import polars as pl

from pipeline.openrouter.endpoints.tasks import ALL

BLOCK = ["exchange_id", "period_start"]


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


def tasks_batch(staged: pl.DataFrame) -> pl.DataFrame:
    """Shares of tasks with what their siblings sum to: macro categories together, tags of one, listed models of a tag.

    ``staged`` has a row per macro category (tag and model ``*``), tag (model ``*``) and model. ``shares_off`` is by how
    much the sum of a row's siblings misses 1, or passes it where only the largest are listed. A tag whose macro category
    is not there is off by 1, a macro category without tags by its share.
    """
    is_macro, is_model = pl.col("tag") == ALL, pl.col("model_permaslug") != ALL
    siblings = ["exchange_id", "period_start", "macro_level", "tag_level"]
    of_macro = ["exchange_id", "period_start", "macro_category"]
    off: list[pl.Expr] = [pl.when(~is_model & ~is_macro.any().over(of_macro)).then(1.0)]
    for measure in ("usage", "token"):
        share = (
            pl.when(is_model)
            .then(pl.col(f"tag_{measure}_share"))
            .when(is_macro)
            .then(pl.col(f"{measure}_share"))
            .otherwise(pl.col(f"category_{measure}_share"))
        )
        missed = share.sum().over(siblings) - 1
        off.append(pl.when(is_model).then(missed.clip(lower_bound=0)).otherwise(missed.abs()))
        off.append(pl.when(is_macro & ~(~is_macro).any().over(of_macro)).then(share))
    return (
        staged.with_columns(
            macro_level=pl.when(is_macro).then(pl.lit(ALL)).otherwise(pl.col("macro_category")),
            tag_level=pl.when(is_model).then(pl.col("tag")).otherwise(pl.lit(ALL)),
        )
        .with_columns(shares_off=pl.max_horizontal(*off))
        .drop("macro_level", "tag_level")
    )


def apps_batch(staged: pl.DataFrame) -> pl.DataFrame:
    """Apps of a window, each beside the one before. Trending ones stand in the order of their growth, which is not told."""
    is_popular = pl.col("series").str.contains("/popular", literal=True)
    before = pl.when(is_popular).then(pl.col("total_tokens").shift(1).over(BLOCK)).fill_null(pl.col("total_tokens"))
    return staged.with_columns(tokens_of_row_before=before)
