"""All expectations: those of responses, blocks, levels and rows of rankings, and those that each endpoint declares.

Belongs here: declarations that are not about the rows of one snapshot. Not here: those that are (``openrouter.endpoints``),
running them (``run``), building the batches (``batches``), numbers of plausibility (``thresholds``).

A batch is a frame with a row per thing that is validated: ``exchanges`` of all kinds, ``rows`` of rankings, their
``blocks``, ``levels`` of blocks beside those that were accepted before them, and the rows of each snapshot by the name of
its endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.load.validation.thresholds import THRESHOLDS
from pipeline.openrouter.endpoints.expectation import DESCENDS, IS_MODEL, Expectation, once
from pipeline.series import ENDPOINTS

MAX_BLOCK_ROWS = 51
"""The top 50 and `other`."""

SHARE_TOLERANCE = 1e-9

USD_PER_TOKEN = (1e-8, 1e-5)
"""Where the median price of a prompt token lies in a catalogue: from 3e-7 to 5e-7 USD in 68 recorded ones. Written for a
thousand tokens, or in cents, it would be a thousand or a hundred times as much."""


def _is_of(name: str, wanted: pl.DataType) -> pl.Expr:
    return _(name).map_batches(
        lambda found: pl.repeat(found.dtype == wanted, len(found), eager=True), return_dtype=pl.Boolean()
    )


_ = pl.col

EXPECTATIONS: tuple[Expectation, ...] = (
    # --- exchanges ----------------------------------------------------------------------------------------------
    Expectation(
        "answer_is_readable", "exchanges", _("is_readable"),
        "The body of the response is JSON with the documented envelope.",
        "the envelope has changed, or a proxy responded in place of the source",
    ),
    Expectation(
        "answer_has_enough_rows", "exchanges", _("rows_read") >= _("fewest_rows"),
        "The response is not empty, and a catalogue is complete.",
        "the source is being rebuilt, or no longer understands the request",
    ),
    Expectation(
        "every_row_is_dated", "exchanges", _("undated_rows") == 0,
        "Every row has its period. Of a set, most entries can be read and are different: half of a catalogue, all but one "
        "in 25 of any other set.",
        "a field was renamed or changed its type",
    ),
    Expectation(
        "every_entry_is_typed", "exchanges", _("rows_set_aside") == 0,
        "Every entry of a set (a catalogue, scores, costs) can be read and is different from the others.",
        "some entries have another form, or are repeated: they are in raw.quarantine, the rest is loaded",
        is_blocking=False,
    ),
    Expectation(
        "resolved_dates_equal_asked", "exchanges", _("resolved_days_off") == 0,
        "The response covers the requested days; rows are stored under their own dates.",
        "the source shortened the span: it has fewer days than were requested",
        is_blocking=False,
    ),
    Expectation(
        "no_period_is_missing", "exchanges", _("missing_periods") == 0,
        "Every period of the response has rows, except the days that are known to be missing in the source.",
        "the source lacks a day: the next runs request it again; if it never comes, it belongs in known_holes.csv",
        is_blocking=False,
    ),
    Expectation(
        "no_page_is_missing", "exchanges", _("missing_pages") == 0,
        "A response in pages is complete, from the first page to the last.",
        "a run was stopped between two pages, or the source sent no more rows: by its default, or by its limit",
    ),
    Expectation(
        "no_entry_is_missing", "exchanges", _("missing_entries") == 0,
        "A catalogue has as many entries as the source counts.",
        "the source counts a few entries that it does not list: such a catalogue shows nothing gone; with more it is a page",
        is_blocking=False,
    ),
    Expectation(
        "window_has_its_days", "exchanges", _("window_days_off") == 0,
        "A window has the length of its series, and a week begins on a Monday.",
        "the source shortened the window, or changed its default",
    ),
    Expectation(
        "no_unknown_fields", "exchanges", _("unknown_fields") == 0,
        "The response has no undocumented field.",
        "the source added a field: it is kept in landing and ignored",
        is_blocking=False,
    ),
    Expectation(
        "no_measure_is_all_zero", "exchanges", _("zero_measures") == 0,
        "No price, cost, index or count is zero in every row of a snapshot.",
        "the source has the rows, but not the measure",
    ),
    Expectation(
        "prices_are_per_token", "exchanges", _("median_usd_per_token").is_between(*USD_PER_TOKEN),
        "Prices in a catalogue are per token, by their median.",
        "prices are given for a thousand or a million tokens, or in another currency",
    ),
    # --- blocks -------------------------------------------------------------------------------------------------
    Expectation(
        "every_row_is_typed", "blocks", _("untyped_rows") == 0,
        "Every row of the block has the fields and types of the contract.",
        "a field was renamed or changed its type; the rows are in raw.quarantine",
    ),
    Expectation(
        "block_has_at_most_51_rows", "blocks", _("rows_in_block").is_between(1, MAX_BLOCK_ROWS),
        "A block has at most 51 rows: the top 50 and `other`.",
        "the source changed its cut, or one response has the rows of two sections",
    ),
    Expectation(
        "block_has_enough_rows", "blocks", _("rows_in_block") >= _("fewest_rows_in_block"),
        "A block of the API is complete.",
        "the source responded before the period was counted, or lists something other than models",
    ),
    Expectation(
        "other_at_most_once", "blocks", _("other_rows") <= 1,
        "A block has `other` at most once.",
        "one response has the rows of two sections",
    ),
    Expectation(
        "other_is_there", "blocks", (_("other_rows") > 0) | ~_("series").str.starts_with("usage_"),
        "A block of all usage has the row `other`: there are always more than 50 models.",
        "the response was cut off within a block",
    ),
    Expectation(
        "other_is_last", "blocks", _("rows_after_other") == 0,
        "`other` is the last row of its block.",
        "the order is not the documented one: ranks may have another meaning, too",
    ),
    Expectation(
        "block_is_not_all_zero", "blocks", _("block_tokens") >= 1,
        "Every period has some tokens.",
        "the source has the rows, but not the measure",
    ),
    Expectation(
        "shares_sum_to_one", "blocks", _("share_sum").is_between(1 - SHARE_TOLERANCE, 1 + SHARE_TOLERANCE),
        "The shares of a block's rows, each between 0 and 1, sum to 1.",
        "a figure of the block is out of scale or below zero",
    ),
    Expectation(
        "variants_conserve_tokens", "blocks", _("folded_tokens") == _("block_tokens"),
        "Summing variants into models loses no tokens.",
        "a row has no model, or is repeated",
    ),
    # --- levels -------------------------------------------------------------------------------------------------
    *(
        Expectation(
            threshold.check, "levels", ~_("thresholds_passed").list.contains(threshold.check),
            threshold.description, threshold.likely_cause, threshold.is_blocking, measure, threshold.names,
        )
        for measure, threshold in THRESHOLDS.items()
    ),
    # --- rows ---------------------------------------------------------------------------------------------------
    Expectation(
        "period_start_is_a_date", "rows", _is_of("period_start", pl.Date()),
        "Periods are dates.",
        "the code that reads responses has changed",
    ),
    Expectation(
        "tokens_are_integers", "rows", _is_of("total_tokens", pl.Int64()),
        "Tokens are 64-bit integers.",
        "the code that reads responses has changed",
    ),
    Expectation(
        "tokens_are_not_negative", "rows", _("total_tokens") >= 0,
        "Token counts are never negative.",
        "the source corrects by subtraction, or a figure overflowed there",
    ),
    Expectation(
        "model_has_an_author", "rows", IS_MODEL | (_("model_permaslug") == "other"),
        "A row is a model, written author/model, or `other`.",
        "the rows are apps or labels, not models: another section's response, or the page has changed",
    ),
    Expectation(
        "model_once_in_block", "rows", once("exchange_id", "period_start", "model_permaslug"),
        "A block has each model variant once.",
        "the response repeats itself, or has the rows of two sections",
    ),
    Expectation(
        "rows_descend", "rows", DESCENDS,
        "Rows of a block are in descending order of tokens, except `other`.",
        "the order is not by tokens: ranks may have another meaning",
    ),
    Expectation(
        "week_begins_on_monday", "rows", (_("grain") != "week") | (_("period_start").dt.weekday() == 1),
        "Weeks are named by their ISO Monday.",
        "the source changed where its weeks begin",
    ),
    Expectation(
        "period_is_within_resolved_dates", "rows", _("days_outside_resolved") == 0,
        "Every row is within the span that the response states.",
        "the response belongs to another request",
    ),
    Expectation(
        "period_has_begun", "rows", _("days_before_it_begins") == 0,
        "No row is of a period that had not begun when it was fetched.",
        "the clock of the source or of this machine is wrong, or its dates have another meaning",
    ),
    # --- the rows of each snapshot ------------------------------------------------------------------------------
    *(expectation for endpoint in ENDPOINTS.values() for expectation in endpoint.expectations),
)  # fmt: skip

BY_NAME: Mapping[str, Expectation] = {expectation.name: expectation for expectation in EXPECTATIONS}
