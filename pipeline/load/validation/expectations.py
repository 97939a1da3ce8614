"""Every declared expectation, once: what must hold, of which batch, whether its failure refuses, and its likely cause.

Belongs here: declarations. Not here: running them (``run``), or building the batches (``batches``).

A batch is a frame with a row per thing that is judged: ``rows`` of rankings, their ``blocks``, ``levels`` of blocks beside
those that were believed before them, ``exchanges`` of all kinds, and the rows of each shape of snapshot: ``catalogue``,
``tasks``, ``session_costs``, ``benchmarks``, ``apps``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pipeline.load.validation.thresholds import THRESHOLDS

Batch = Literal["rows", "blocks", "levels", "exchanges", "catalogue", "tasks", "session_costs", "benchmarks", "apps"]

BATCHES: tuple[Batch, ...] = get_args(Batch)

MAX_BLOCK_ROWS = 51
"""The top 50 and `other`."""

SHARE_TOLERANCE = 1e-9

USD_PER_TOKEN = (1e-8, 1e-5)
"""Where the median price of a prompt token lies in a catalogue: from 3e-7 to 5e-7 USD in 68 recorded ones. Written for a
thousand tokens, or in cents, it would be a thousand or a hundred times as much."""

TASK_SHARE_TOLERANCE = 0.01
"""Shares of tasks come with three decimals: in what was recorded, siblings sum to 1 within 0.001."""


@dataclass(frozen=True)
class Expectation:
    """``kind`` is the class in ``great_expectations.expectations``, ``arguments`` are what it is built with.

    ``names`` is the column of the response that what fails contradicts, where a refusal has to name both.
    """

    name: str
    batch: Batch
    kind: str
    arguments: Mapping[str, Any]
    description: str
    likely_cause: str
    is_blocking: bool = True
    names: str | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that it judges."""
        named = [self.arguments[name] for name in ("column", "column_A", "column_B") if name in self.arguments]
        return [*named, *self.arguments.get("column_list", [])]


def _is(column: str, value: Any) -> dict[str, Any]:
    return {"column": column, "value_set": [value]}


_IN_SET = "ExpectColumnValuesToBeInSet"
_BETWEEN = "ExpectColumnValuesToBeBetween"
_OF_TYPE = "ExpectColumnValuesToBeOfType"
_AT_LEAST = "ExpectColumnPairValuesAToBeGreaterThanB"
_EQUAL = "ExpectColumnPairValuesToBeEqual"
_UNIQUE = "ExpectCompoundColumnsToBeUnique"
_REGEX = "ExpectColumnValuesToMatchRegex"

_ACCEPT = "if the source is right, say so in warehouse/reference/accepted_levels.csv and rebuild"


def _within(column: str, name: str, description: str, likely_cause: str, names: str | None = None) -> Expectation:
    """What was measured of a block beside others lies within its threshold."""
    threshold = THRESHOLDS[column]
    return Expectation(
        name, "levels", _BETWEEN, threshold.arguments(column), description, likely_cause, threshold.is_blocking, names
    )


EXPECTATIONS: tuple[Expectation, ...] = (
    # --- exchanges ----------------------------------------------------------------------------------------------
    Expectation(
        "answer_is_readable", "exchanges", _IN_SET, _is("is_readable", True),
        "The body is JSON with the envelope of the contract.",
        "the envelope has changed, or something between the source and us answered",
    ),
    Expectation(
        "answer_has_enough_rows", "exchanges", _AT_LEAST,
        {"column_A": "rows_read", "column_B": "fewest_rows", "or_equal": True},
        "The answer is not empty, and a catalogue is not a fragment.",
        "the source answered with nothing: it is being rebuilt, or the question is no longer understood",
    ),
    Expectation(
        "every_row_is_dated", "exchanges", _IN_SET, _is("undated_rows", 0),
        "Every row says to which period it belongs; of a set, most entries can be read and told apart: half of a "
        "catalogue's, all but one in 25 of others'.",
        "a field was renamed or changed its type",
    ),
    Expectation(
        "every_entry_is_typed", "exchanges", _IN_SET, _is("rows_set_aside", 0),
        "Every entry of a set (a catalogue, scores, costs) can be read and told from the others.",
        "some entries are written otherwise, or stand twice: they are in raw.quarantine, the rest is loaded",
        is_blocking=False,
    ),
    Expectation(
        "resolved_dates_equal_asked", "exchanges", _IN_SET, _is("resolved_days_off", 0),
        "The source answered for the days that were asked for; rows are filed under their own dates.",
        "the source clamped the span: it holds fewer days than were asked for",
        is_blocking=False,
    ),
    Expectation(
        "no_period_is_missing", "exchanges", _IN_SET, _is("missing_periods", 0),
        "Every period of the resolved span has rows, but for the days known not to exist.",
        "the source lacks a day: it is asked for again by the next runs; if it never comes, it belongs in known_holes.csv",
        is_blocking=False,
    ),
    Expectation(
        "no_page_is_missing", "exchanges", _IN_SET, _is("missing_pages", 0),
        "A response in pages begins with its first page and ends with its last one.",
        "a run was stopped between two pages, or the source gave out no more rows: by its default, or by its limit",
    ),
    Expectation(
        "no_entry_is_missing", "exchanges", _IN_SET, _is("missing_entries", 0),
        "A catalogue has as many entries as the source says there are.",
        "the source counts a few entries that it does not list: such a catalogue shows nothing gone; with more it is a page",
        is_blocking=False,
    ),
    Expectation(
        "window_has_its_days", "exchanges", _IN_SET, _is("window_days_off", 0),
        "A trailing window has as many days as its series says.",
        "the source clamped the window, or changed its default",
    ),
    Expectation(
        "no_unknown_fields", "exchanges", _IN_SET, _is("unknown_fields", 0),
        "The answer has no field that the contract does not know.",
        "the source added a field: it is kept in landing and ignored",
        is_blocking=False,
    ),
    Expectation(
        "no_measure_is_all_zero", "exchanges", _IN_SET, _is("zero_measures", 0),
        "No price, cost, index or count of a snapshot is zero in every row.",
        "the measure is missing in the source while its rows are there",
    ),
    Expectation(
        "prices_are_per_token", "exchanges", _BETWEEN,
        {"column": "median_usd_per_token", "min_value": USD_PER_TOKEN[0], "max_value": USD_PER_TOKEN[1]},
        "The median price of a prompt token in a catalogue is that of a token.",
        "prices are given for a thousand or a million tokens, or in another currency",
    ),
    # --- blocks -------------------------------------------------------------------------------------------------
    Expectation(
        "every_row_is_typed", "blocks", _IN_SET, _is("untyped_rows", 0),
        "Every row of the block has the fields and types of the contract.",
        "a field was renamed or changed its type; the rows are in raw.quarantine",
    ),
    Expectation(
        "block_has_at_most_51_rows", "blocks", _BETWEEN,
        {"column": "rows_in_block", "min_value": 1, "max_value": MAX_BLOCK_ROWS},
        "A block holds the top 50 and `other`, no more.",
        "the source changed its cut, or the rows of two sections came in one answer",
    ),
    Expectation(
        "block_has_enough_rows", "blocks", _AT_LEAST,
        {"column_A": "rows_in_block", "column_B": "fewest_rows_in_block", "or_equal": True},
        "A block of the interface is not a fragment.",
        "the source answered before the period was counted, or lists something other than models",
    ),
    Expectation(
        "other_at_most_once", "blocks", _BETWEEN, {"column": "other_rows", "min_value": 0, "max_value": 1},
        "The aggregated tail stands at most once in a block.",
        "the rows of two sections came in one answer",
    ),
    Expectation(
        "other_is_there", "blocks", _IN_SET, _is("is_cut", False),
        "A block of all usage has the aggregated tail: there are always more than 50 models.",
        "the answer was cut: it ends amid a block",
    ),
    Expectation(
        "other_is_last", "blocks", _IN_SET, _is("rows_after_other", 0),
        "The aggregated tail is pinned last.",
        "the answer is sorted otherwise than the contract says: ranks may be meant otherwise too",
    ),
    Expectation(
        "block_is_not_all_zero", "blocks", _BETWEEN, {"column": "block_tokens", "min_value": 1},
        "Some tokens were used in the period.",
        "the measure is missing in the source while its rows are there",
    ),
    Expectation(
        "shares_sum_to_one", "blocks", _BETWEEN,
        {"column": "share_sum", "min_value": 1 - SHARE_TOLERANCE, "max_value": 1 + SHARE_TOLERANCE},
        "The shares of a block's rows, each between 0 and 1, sum to 1.",
        "a figure of the block is out of scale or below zero",
    ),
    Expectation(
        "variants_conserve_tokens", "blocks", _EQUAL, {"column_A": "folded_tokens", "column_B": "block_tokens"},
        "Summing variants into models, `other` apart, keeps all tokens.",
        "a row has no model to be summed into, or stands twice",
    ),
    # --- levels -------------------------------------------------------------------------------------------------
    _within(
        "known_author_share", "authors_are_known",
        "Most of a block's listed tokens are of makers that are known.",
        "the rows are apps or labels written like models, or another section's answer; if they are new makers, name them in "
        "warehouse/reference/authors.csv and rebuild",
    ),
    _within(
        "total_to_median", "total_is_on_scale",
        "A block's tokens are within a factor of 8 of the median of its nearest closed periods.",
        f"the unit has changed, part of the answer is missing, or other things than models are counted; {_ACCEPT}",
    ),
    _within(
        "sampled_total_to_median", "sampled_total_is_on_scale",
        "The tokens of a sampled block are within a factor of 50 of the median of its nearest closed periods.",
        f"the unit has changed, or part of the answer is missing; {_ACCEPT}",
    ),
    _within(
        "other_to_median", "other_is_on_scale",
        "The aggregated tail is within a factor of 50 of the median of its nearest closed periods.",
        f"the unit of one value has changed, or the source cuts its list elsewhere; {_ACCEPT}",
    ),
    _within(
        "largest_gap", "neighbours_are_on_scale",
        "No row has more than 100 times the tokens of the row after it.",
        "one value is in another unit",
    ),
    _within(
        "turnover", "list_is_kept",
        "At least 40 % of the models listed were listed in the nearest block too.",
        f"the rows are of another section, or the list is sorted by something else; {_ACCEPT}",
    ),
    _within(
        "nearer_to_another", "section_is_its_own",
        "A category's shares do not lie nearer to another category's than to its own.",
        f"the source gave one section's rows under another's name; {_ACCEPT}",
    ),
    _within(
        "repeats_another_period", "period_is_its_own",
        "No block equals that of another period, row by row.",
        "the source is frozen and gives an old period's figures under a new date",
    ),
    _within(
        "window_drift", "window_is_the_same",
        "Read again, the apps of a trailing window have the tokens that they had.",
        "one of the two readings is of another window or from another source; remove the wrong one with "
        "`openrouter-usage reject`",
        names="reading_before",
    ),
    _within(
        "tokens_to_reading_before", "tokens_do_not_fall",
        "Read again, a period has at most 1 % fewer tokens than before; a week to date only grows.",
        f"part of the answer is missing, or the source took tokens back; {_ACCEPT}",
    ),
    _within(
        "restated_to", "restatement_is_small",
        "Read again after its close, a period grew by no more than a tenth.",
        "the source restates more than it was ever seen to: marts.restatements lists it",
    ),
    _within(
        "rows_to_reading_before", "snapshot_keeps_its_length",
        "A snapshot has at least half the rows of the one before.",
        f"the answer was cut, by a default limit or a filter that is not ours; {_ACCEPT}",
    ),
    # --- rows ---------------------------------------------------------------------------------------------------
    Expectation(
        "period_start_is_a_date", "rows", _OF_TYPE, {"column": "period_start", "type_": "datetime64"},
        "Periods are dates.",
        "the code that reads answers has changed",
    ),
    Expectation(
        "tokens_are_integers", "rows", _OF_TYPE, {"column": "total_tokens", "type_": "int64"},
        "Tokens are 64-bit integers end to end.",
        "the code that reads answers has changed",
    ),
    Expectation(
        "tokens_are_not_negative", "rows", _BETWEEN, {"column": "total_tokens", "min_value": 0},
        "No row has fewer than no tokens.",
        "the source corrects by subtraction, or a figure overflowed there",
    ),
    Expectation(
        "model_has_an_author", "rows", _REGEX, {"column": "model_permaslug", "regex": r"^(other|~?[^\s/:]+/\S+)\Z"},
        "A row is a model, written author/model, or `other`.",
        "the rows are apps or labels, not models: another section's answer, or the page has changed",
    ),
    Expectation(
        "model_once_in_block", "rows", _UNIQUE,
        {"column_list": ["exchange_id", "period_start", "model_permaslug"]},
        "A model variant stands once in a block.",
        "the answer overlaps itself, or two sections came in one answer",
    ),
    Expectation(
        "rows_descend", "rows", _AT_LEAST,
        {"column_A": "tokens_of_row_before", "column_B": "total_tokens", "or_equal": True},
        "Within a block rows stand in descending order of tokens, `other` apart.",
        "the order is not by tokens: ranks may be meant otherwise",
    ),
    Expectation(
        "week_begins_on_monday", "rows", _IN_SET, _is("days_after_monday", 0),
        "Weeks are named by their ISO Monday.",
        "the source changed where its weeks begin",
    ),
    Expectation(
        "period_is_within_resolved_dates", "rows", _IN_SET, _is("days_outside_resolved", 0),
        "Every row lies in the span that the source says it answered for.",
        "the answer belongs to another question",
    ),
    Expectation(
        "period_has_begun", "rows", _IN_SET, _is("days_before_it_begins", 0),
        "No row is of a period after the day of reading.",
        "the source's clock or ours is wrong, or its dates mean something else",
    ),
    # --- catalogue ----------------------------------------------------------------------------------------------
    Expectation(
        "catalogue_id_once", "catalogue", _UNIQUE, {"column_list": ["exchange_id", "id"]},
        "An entry of the catalogue stands once in an answer.",
        "the key of the catalogue is no longer `id`",
    ),
    # --- tasks --------------------------------------------------------------------------------------------------
    Expectation(
        "task_row_once", "tasks", _UNIQUE, {"column_list": ["exchange_id", "macro_category", "tag", "model_permaslug"]},
        "A macro category, a tag and a model of a tag each stand once in an answer.",
        "the answer overlaps itself",
    ),
    Expectation(
        "task_model_has_an_author", "tasks", _REGEX, {"column": "model_or_all", "regex": r"^~?[^\s/:]+/\S+\Z"},
        "A model of a task is named as rankings do.",
        "the rows are not models: the answer's layout has changed",
    ),
    Expectation(
        "task_share_is_not_negative", "tasks", _BETWEEN, {"column": "least_share", "min_value": 0},
        "No share is below zero.",
        "shares are written in another way",
    ),
    Expectation(
        "task_share_is_at_most_one", "tasks", _BETWEEN, {"column": "greatest_share", "max_value": 1},
        "No share is above one.",
        "shares are written as percentages",
    ),
    Expectation(
        "task_shares_sum_to_one", "tasks", _BETWEEN,
        {"column": "shares_off", "min_value": 0, "max_value": TASK_SHARE_TOLERANCE},
        "Macro categories sum to 1, so do the tags of each, and the listed models of a tag to no more. Each has the other.",
        "part of the answer is missing, or shares are of another whole than the contract says",
    ),
    # --- session cost -------------------------------------------------------------------------------------------
    Expectation(
        "session_cost_once", "session_costs", _UNIQUE,
        {"column_list": ["exchange_id", "app_slug", "turn_range", "model_permaslug"]},
        "A cell of app, turns and model stands once in the pages of an answer.",
        "the source was renewed while its pages were read",
    ),
    Expectation(
        "session_cost_is_not_negative", "session_costs", _BETWEEN, {"column": "median_session_cost_usd", "min_value": 0},
        "No session costs less than nothing.",
        "costs are written in another way",
    ),
    Expectation(
        "session_model_has_an_author", "session_costs", _REGEX,
        {"column": "model_permaslug", "regex": r"^~?[^\s/:]+/\S+\Z"},
        "A model of a session is named as rankings do.",
        "the rows are not models: the answer's layout has changed",
    ),
    # --- benchmarks ---------------------------------------------------------------------------------------------
    Expectation(
        "benchmark_model_once", "benchmarks", _UNIQUE, {"column_list": ["exchange_id", "model_permaslug"]},
        "A model is scored once in an answer.",
        "scores are given for several settings of one model",
    ),
    Expectation(
        "benchmark_model_has_an_author", "benchmarks", _REGEX,
        {"column": "model_permaslug", "regex": r"^~?[^\s/:]+/\S+\Z"},
        "A scored model is named as rankings do.",
        "the rows are not models: the answer's layout has changed",
    ),
    Expectation(
        "index_is_on_scale", "benchmarks", _IN_SET, _is("indices_off_scale", 0),
        "An index lies between 0 and 100.",
        "the scale of the index has changed",
    ),
    # --- apps ---------------------------------------------------------------------------------------------------
    Expectation(
        "app_once", "apps", _UNIQUE, {"column_list": ["exchange_id", "app_id"]},
        "An app stands once in an answer.",
        "the answer overlaps itself",
    ),
    Expectation(
        "app_ranks_count_up", "apps", _IN_SET, _is("rank_off", 0),
        "Ranks count the rows from 1.",
        "the answer is not the first page, or is sorted otherwise than the contract says",
    ),
    Expectation(
        "app_rows_descend", "apps", _AT_LEAST,
        {"column_A": "tokens_of_row_before", "column_B": "total_tokens", "or_equal": True},
        "Popular apps stand in descending order of tokens.",
        "the order is not by tokens: ranks may be meant otherwise",
    ),
    Expectation(
        "app_figures_are_not_negative", "apps", _BETWEEN, {"column": "least_figure", "min_value": 0},
        "No app has fewer than no tokens or requests.",
        "the source corrects by subtraction, or a figure overflowed there",
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Expectation] = {expectation.name: expectation for expectation in EXPECTATIONS}
