"""Every check is seen to fail once, on corrupted rows, and to pass on good ones.

A new file in ``warehouse/checks`` needs a corruption here: without one its test fails. A rule of a contract is corrupted in
each figure that it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from pipeline import store
from pipeline.contracts import checks
from pipeline.contracts.table import Table
from pipeline.contracts.tables import TABLES
from pipeline.settings import WAREHOUSE
from tests.support import Row, build_order, instant
from tests.warehouse.readings import (
    M2,
    CatalogueReading,
    Reading,
    Snapshot,
    Tables,
    day,
    days_from,
    entry,
    open_tables,
    settled_day,
    settled_week,
    task_rows,
    usd,
    week,
)

pytestmark = pytest.mark.made_up_levels

CHECKS = WAREHOUSE / "checks"
FILES = sorted(str(path.relative_to(CHECKS).with_suffix("")) for path in CHECKS.rglob("*.sql"))
RULES = [(table, rule) for table in TABLES.values() for rule in checks.rules_of(table)]
BUILT = [
    table for table in TABLES.values() if table.schema in ("core", "marts", "reference") or table.full_name in build_order()
]

RIVAL = "a/rival"
STEALTH = "openrouter/some-alpha"
TOOL, FREE_FROM = "c/tool", date(2025, 10, 6)
W1, W2, W3, W4 = (date(2026, 1, 5) + timedelta(days=7 * n) for n in range(4))


SUNDAY = date(2026, 1, 11)


def _tasks(share: float) -> tuple[dict[str, Any], ...]:
    """Two macro categories with three tags; ``share`` is M2's in one of them."""
    debugged = {M2: share, RIVAL: 0.25, f"{M2}:free": 0.25}
    code = task_rows(("code:debug", 0.75, debugged), ("code:review", 0.25, {}), share=0.6)
    return (*code, *task_rows(("general:chat", 1.0, {}), macro="general", share=0.4))


def _cells(*models: str) -> tuple[dict[str, Any], ...]:
    key = {"app_slug": "cline", "turn_range": "1-turn"}
    return tuple(key | {"model_permaslug": model, "median_session_cost_usd": 0.5} for model in models)


def _apps(*tokens: int) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"rank": rank, "app_id": 10 + rank, "app_name": "An app", "total_tokens": one, "total_requests": 3}
        for rank, one in enumerate(tokens, start=1)
    )


def _labs(percent: float) -> tuple[dict[str, Any], ...]:
    """A day of the second gateway: M2's maker has so much of requests and tokens, and half of it of spend."""
    parts = {"requests": percent, "tokens": percent, "spend": percent / 2}
    return tuple(
        {"lab": lab, "metric": metric, "share_percent": share}
        for metric, part in parts.items()
        for lab, share in (("minimax", part), ("newlab", 100 - part))
    )


def _intervals(*bounds: tuple[float, float]) -> str:
    """What sets the intervals of 50, 80 and 95 % of a nowcast, as far as they are given."""
    ends = [(level, end, value) for level, pair in zip((50, 80, 95), bounds, strict=False)
            for end, value in zip(("lower", "upper"), pair, strict=True)]  # fmt: skip
    return ", ".join(f"coding_token_share_estimate_{end}_{level} = {value}" for level, end, value in ends)


SNAPSHOTS = [
    Snapshot("task_7d", instant("2026-01-12T06:30"), _tasks(0.5), SUNDAY),
    Snapshot("task_7d", instant("2026-01-13T06:30"), _tasks(0.4), SUNDAY),
    Snapshot("session_cost", instant("2026-01-12T06:30"), _cells(M2, RIVAL), SUNDAY),
    Snapshot("session_cost", instant("2026-01-13T06:30"), _cells(M2, "anthropic/claude"), SUNDAY),
    Snapshot("app_1d/popular", instant("2026-01-12T06:30"), _apps(30, 20, 20), SUNDAY),
    Snapshot("app_30d/popular/coding", instant("2026-01-12T06:30"), _apps(40, 30), SUNDAY),
    Snapshot("app_30d/trending", instant("2026-01-12T06:30"), _apps(5, 50), SUNDAY),
    # The second gateway in the week that has prices: M2's maker is cheaper there, too.
    *(Snapshot("gateway_day/labs", instant("2026-01-29T06:30"), _labs(20 + n), W3 + timedelta(days=n)) for n in range(7)),
    Snapshot(
        "contract",
        instant("2026-02-15T06:27"),
        ({"endpoint": "/datasets/rankings-daily", "documented_part": "value of category", "documented_value": "gaming"},),
    ),
    Snapshot("app_week/popular", instant("2026-02-15T06:30"), _apps(3, 2, 1), W1),
    Snapshot("app_week/popular/coding", instant("2026-02-15T06:31"), _apps(3, 1), W1),
    Snapshot(
        "benchmarks/artificial-analysis",
        instant("2026-01-12T06:30"),
        ({"model_permaslug": M2, "coding_index": 50.0}, {"model_permaslug": RIVAL}),
    ),
    Snapshot(
        "benchmarks/artificial-analysis",
        instant("2026-01-13T06:30"),
        (
            {"model_permaslug": M2, "coding_index": 51.0, "intelligence_index": 60.0, **usd("0.000001", "0.000001")},
            {"model_permaslug": RIVAL, "intelligence_index": 65.0, **usd("0.000003", "0.000003")},
            {"model_permaslug": "b/second", "intelligence_index": 59.0, **usd("0.000002", "0.000002")},
        ),
    ),
]


def free_day(number: int) -> list[Row]:
    """Nine weeks: a model that is free for two of them, and used less on weekends."""
    is_free, is_weekend = number < 14, number % 7 > 4
    rows: list[Row] = [("d/steady", 40), (TOOL, 20 - 8 * is_weekend + number % 3), ("other", 20)]
    return [*rows, (f"{TOOL}:free", 30)] if is_free else rows


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    """Good tables: every one has rows, M2 comes and goes, figures are restated."""
    with open_tables(tmp_path_factory.mktemp("checks")) as opened:
        opened.empty_raw()
        opened.load(
            [
                settled_week("2026-01-05", [(M2, 50), (RIVAL, 30), (f"{M2}:free", 5), ("other", 15)]),
                settled_week("2026-01-12", [(RIVAL, 60), ("b/second", 10), ("other", 30)]),
                settled_day("2026-01-05", [(M2, 50), (RIVAL, 30), ("other", 20)]),
                day("2026-01-05", "2026-01-10T06:30", [(M2, 51), (RIVAL, 30), ("other", 20)]),
                settled_day("2026-01-06", [(RIVAL, 30), ("other", 20)]),
                *(
                    Reading(series, start, instant("2026-02-15T06:00"), ((M2, 7), ("other", 3)))
                    for series, start in (
                        ("usage_week", W1),
                        ("usage_week", W2),
                        ("usage_month", date(2026, 1, 1)),
                        ("language_week/programming", W1),
                        ("modality_day/text", W1),
                        ("context_day/1M", W1),
                    )
                ),
                # A slice lists M2 on a day that does not.
                Reading("modality_day/text", W1 + timedelta(days=1), instant("2026-01-10T06:31"), ((M2, 2), (RIVAL, 5))),
                settled_day("2026-01-04", [(STEALTH, 4), (RIVAL, 3), ("other", 3)]),
                # A week that was read while it ran, and all of its days.
                week("2026-01-19", "2026-01-20T06:30", [(RIVAL, 12), (M2, 8), ("other", 5)]),
                week("2026-01-19", "2026-01-21T06:30", [(RIVAL, 20), (M2, 14), ("other", 9)]),
                settled_week("2026-01-19", [(RIVAL, 90), (M2, 70), ("other", 40)]),
                settled_week("2026-01-26", [(RIVAL, 80), (M2, 75), ("other", 45)]),
                *(settled_day(str(W3 + timedelta(days=n)), [(M2, 10 + n), (RIVAL, 30), ("other", 20)]) for n in range(7)),
                Reading("category_week/marketing/seo", W1, instant("2026-01-15T06:00"), ((M2, 7), ("other", 3))),
                *days_from(FREE_FROM, *(free_day(number) for number in range(63))),
            ]
        )
        listed = entry("a/x", prompt_usd_per_token=Decimal("0.1"))
        dearer = listed | {"prompt_usd_per_token": Decimal("0.2")}
        opened.load_catalogue(
            [
                CatalogueReading(instant("2026-01-05T06:30"), (listed,)),
                CatalogueReading(instant("2026-01-06T06:30"), (dearer,), "models/all"),
                CatalogueReading(
                    instant("2026-01-18T06:30"), (dearer, entry(M2, "1", "4"), entry(RIVAL, "3", "15")), "models/all"
                ),
            ]
        )
        opened.load_snapshots(SNAPSHOTS)
        opened.build_all()
        opened.con.execute("insert into reference.accepted_levels values ('usage_day', '2026-01-05', 'made up', 'made up')")
        opened.con.execute("insert into reference.model_aliases values ('a/former', 'a/rival', 'made up', 'made up')")
        yield opened


@pytest.fixture
def corruptible(tables: Tables) -> Iterator[Tables]:
    """The good tables, and good again after the test."""
    tables.con.begin()
    yield tables
    tables.con.rollback()


CORRUPTIONS: dict[str, list[str]] = {
    "core/block_vintages/vintages_follow_each_other": [
        "set known_to = known_from + interval 9 days where known_to is not null and series = 'usage_day'",
        "set known_to = null where known_to is not null and series = 'usage_day'",
        "set last_read_at = known_to where known_to is not null and series = 'usage_day'",
        "set last_read_at = known_from - interval 1 day where series = 'category_week/marketing/seo'",
        "set block_hash = (select block_hash from core.block_vintages where series = 'usage_day' and vintage_number "
        "= 2) where series = 'usage_day' and vintage_number = 1 and known_to is not null",
    ],
    "core/class_token_shares/tokens_are_conserved": [
        "set class_tokens = class_tokens + 1 where scope = 'coding' and classification = 'country' and period_start "
        "= '2026-01-05' and model_class = 'other'",
        "delete where classification = 'stealth' and period_start = '2026-01-06'",
    ],
    "core/class_token_shares/what_has_no_class_has_no_bounds": [
        "set block_token_share_lower = null, block_token_share_upper = null where model_class = 'CN' and scope = 'coding' "
        "and period_start = '2026-01-05'",
        *(f"set {change} where scope = 'coding' and classification = 'country' and period_start = '2026-01-05' "
          "and model_class = 'unclassified'"
          for change in ("block_token_share = null", "block_token_share_lower = 0")),
    ],
    "core/known_variants/every_listed_variant_is_known": ["delete where model_permaslug = 'minimax/minimax-m2:free'"],
    "core/model_kinds/no_router_is_a_stealth_model": [
        "set is_router = true, is_stealth = true where base_permaslug = 'b/second'",
        "update reference.routers set base_permaslug = 'b/second' where base_permaslug = 'openrouter/free'; update "
        "reference.stealth_models set base_permaslug = 'b/second' where base_permaslug = 'openrouter/owl-alpha'",
    ],
    "core/model_platform_shares_weekly/tokens_are_conserved": [
        "delete where series = 'usage_day' and base_permaslug = 'a/rival'",
    ],
    "core/model_prices/free_costs_nothing": [
        "set prompt_usd_per_million = -1 where model_permaslug = 'a/x' and known_to is null",
    ],
    "core/model_token_bounds_daily/every_listed_row_stands": [
        "delete where total_tokens = 51",
        "set total_tokens = 2 where usage_date = '2026-01-06' and model_permaslug = 'minimax/minimax-m2'",
    ],
    "core/model_token_bounds_daily/no_slice_is_excluded": [
        "set total_tokens_upper = 1 where usage_date = '2026-01-06' and model_permaslug = 'minimax/minimax-m2'",
    ],
    "core/model_token_bounds_daily/what_is_listed_is_exact": [
        "set total_tokens_upper = 21 where usage_date = '2026-01-06' and model_permaslug = 'minimax/minimax-m2'",
        "set total_tokens_lower = -1 where total_tokens = 51",
        "set total_tokens_upper = 52 where total_tokens = 51",
    ],
    "core/model_weights/no_router_has_weights": [
        "update core.model_kinds set is_router = true where base_permaslug = 'a/x'",
    ],
    "core/models/every_listed_model_stands": [
        "delete where base_permaslug = 'b/second'",
        "set last_listed_on = '2026-01-10' where base_permaslug = 'b/second'",
    ],
    "core/newest_blocks/newest_reading_is_shown": [
        "delete where series = 'session_cost'",
        "set block_hash = '0' where series = 'session_cost'",
        "set retrieved_at = '2026-01-12 06:30:00Z' where series = 'session_cost'",
    ],
    "core/newest_blocks/popular_ranks_follow_tokens": [
        "update raw.app_rows set total_tokens = 31 where total_tokens = 20 and app_rank = 2",
        "delete from raw.app_rows where total_tokens = 40 and app_rank = 1",
    ],
    "core/newest_blocks/rows_are_stored": [
        "delete from raw.block_rows where series = 'category_week/marketing/seo' and is_other",
        "delete from raw.block_rows where series = 'category_week/marketing/seo'",
        "update raw.block_rows set block_tokens = 1 where series = 'category_week/marketing/seo' and is_other",
        "update raw.block_rows set total_tokens = 0, block_tokens = 0 where series = 'category_week/marketing/seo'",
    ],
    "core/newest_blocks/weeks_begin_on_monday": [
        "set period_start = period_start + 1 where series = 'category_week/marketing/seo'",
    ],
    "core/snapshot_row_vintages/no_value_twice_in_a_row": [
        "set is_listed = true where not is_listed",
        *(f"insert into core.snapshot_row_vintages from (select * replace (timestamptz '2026-02-01 06:30:00Z' as "
          f"known_from) from core.snapshot_row_vintages where series = '{series}' and row_key like '{key}' "
          "and known_to is null)"
          for series, key in (("task_7d", f"%{M2}"), ("session_cost", f"%{M2}"), ("session_cost", "%a/rival"),
                              ("app_30d/trending", "11"), ("benchmarks/artificial-analysis", "a/rival"), ("models", "a/x"))),
    ],
    "core/snapshot_row_vintages/open_lines_are_the_newest_rows": [
        "delete where row_key = 'a/x'",
        *(f"delete where series = '{series}' and row_key like '{key}'"
          for series, key in (("task_7d", "%a/rival"), ("session_cost", f"%{M2}"), ("app_30d/trending", "11"),
                              ("benchmarks/artificial-analysis", M2))),
        "set is_listed = true where not is_listed",
    ],
    "core/snapshot_row_vintages/rows_are_stored": [
        "delete from raw.session_cost_rows where block_hash = (select max(block_hash) from raw.session_cost_rows)",
        "delete from raw.app_rows where total_tokens in (30, 20)",
        "delete from raw.catalogue_rows where prompt_usd_per_unit = 0.1",
    ],
    "core/task_macro_model_shares/listed_models_have_no_more_than_all": [
        "update raw.task_rows set tag_token_share = 0.52 where model_permaslug = 'a/rival'",
        "update raw.task_rows set tag_request_share = 0.5 where model_permaslug = 'a/rival'",
    ],
    "core/task_macro_model_shares/parts_sum_to_their_whole": [
        "update raw.task_rows set classified_token_share = 0.62 where tag = '*' and macro_category = 'code'",
        "update raw.task_rows set classified_request_share = 0.5 where tag = '*' and macro_category = 'code'",
        "update raw.task_rows set macro_request_share = 0.5 where tag = 'general:chat'",
        "update raw.task_rows set macro_token_share = null where tag = 'general:chat'",
        "delete from raw.task_rows where tag = 'code:review'",
        "update raw.task_rows set macro_category = 'another' where tag = '*' and macro_category = 'code'",
    ],
    "marts/citations/line_agrees_with_the_source": [
        "set may_republish = true where table_name = 'core.model_catalogue_vintages'",
        "set is_simulated = true where table_name = 'marts.m2_usage_daily'",
    ],
    "marts/claim_checks/verdict_rests_on_a_measure": [
        "set verdict = 'confirmed' where claim like 'capital%'",
        "set verdict = 'unknown' where claim like 'capital%'",
        "set verdict = 'undecided' where claim like 'capital%'",
    ],
    "marts/coding_share_error_weekly/divisor_divides_every_row": [
        *(f"set {change} where week_start = '2026-01-05'"
          for change in ("sample_divisor = 15", "sampled_tokens_estimate = 100")),
    ],
    "marts/coding_share_error_weekly/rank_follows_the_error": [
        *(f"set {change} where week_start = '2026-01-05' and base_permaslug = 'a/rival'"
          for change in ("coding_token_share_standard_error_estimate = 0.01", "rank_lower_estimate = 3",
                         "rank_upper_estimate = 1", "rank_is_resolved = true", "rank_is_resolved = null",
                         "z_to_previous = 2", "apps_citation = null")),
        "set sampled_tokens_estimate = 21 where week_start = '2026-01-05' and base_permaslug = 'a/rival'",
    ],
    "marts/coding_share_measures_weekly/comparison_is_the_mart": ["set measure_share = 0.5 where numerator = 55"],
    "marts/coding_share_nowcast/estimate_is_the_product": [
        *(f"set {change} where base_permaslug = 'a/rival'"
          for change in ("coding_token_share_estimate = 0.9", "carried_intensity = 0.1",
                         "platform_token_share_estimate = 0.1", "weeks_carried = 2", "days_carried = 6",
                         "days_unlisted = 1")),
    ],
    "marts/coding_share_nowcast/intervals_nest": [
        *(f"set calibration_errors = {errors}, {changes} where base_permaslug = 'a/rival'"
          for errors, changes in (
              (1, "coding_token_share_estimate_lower_50 = null"),
              (0, _intervals((0.1, 0.9))),
              (1, "coding_token_share_estimate_lower_50 = 0.1, coding_token_share_estimate_upper_50 = null"),
              (1, _intervals((0.9, 0.9))),
              (4, _intervals((0.2, 0.7), (0.1, 0.6))),
              (4, _intervals((0.2, 0.7), (0.3, 0.8))),
              (19, _intervals((0.2, 0.7), (0.1, 0.8), (0.1, 0.7))),
              (19, _intervals((0.2, 0.7), (0.1, 0.8), (0.15, 0.9))),
              (18, _intervals((0.2, 0.7), (0.1, 0.8), (0.1, 0.8))),
              (19, _intervals((0.2, 0.7), (0.1, 0.8))))),
    ],
    "marts/coding_share_nowcast/nothing_later_is_used": [
        *(f"set {change} where base_permaslug = 'a/rival'"
          for change in ("coding_retrieved_at = issued_at + interval 1 second",
                         "platform_retrieved_at = issued_at + interval 1 second",
                         "week_status = 'not_listed'", "issued_at = '2026-02-20 00:00:00Z'")),
    ],
    "marts/coding_share_nowcast_scores/methods_are_compared_on_the_same": [
        *(f"set {change} where nowcast_method = 'no_change' and scored_models = 'all'"
          for change in ("forecasts = 9", "weeks_scored = 9", "coverage_share_50 = 0.5")),
    ],
    "marts/coding_share_weekly/models_above_agree_with_rank": [
        "set models_above = ['other'] where coding_rank = 2 and base_permaslug = 'a/rival'",
        "set models_above = [] where author = 'minimax' and coding_rank is null",
        "set models_above = [] where author = 'a' and coding_rank = 2",
        "set base_permaslug = 'other' where author = 'a' and coding_rank = 2",
    ],
    "marts/coding_concentration_weekly/bounds_are_in_order": [
        "set hhi_upper = 0.01 where week_start = '2026-01-12'",
        "set hhi_lower = 0.9 where week_start = '2026-01-12'",
        "set hhi_lower = 0.1, effective_models_upper = 10 where week_start = '2026-01-12'",
        "set hhi_upper = 1.5, effective_models_lower = 1 / 1.5 where week_start = '2026-01-12'",
        *(f"set {name} = 9 where week_start = '2026-01-12'" for name in (
            "effective_models_lower", "effective_models_lower_estimate", "effective_models_upper")),
        "delete where week_start = '2026-01-12'",
    ],
    "marts/coding_intensity_weekly/intensity_is_the_quotient": [
        "set coding_intensity = 2 where coding_intensity is not null and week_start = '2026-01-05'",
        *(f"set {name} = 5 where coding_intensity is not null and week_start = '2026-01-05'"
          for name in ("coding_intensity_lower", "coding_intensity_upper")),
        "set coding_intensity = null where coding_intensity is not null and week_start = '2026-01-05'",
        "set coding_intensity_upper = null where coding_intensity is not null and week_start = '2026-01-05'",
    ],
    "marts/events/figures_are_those_of_the_tables": ["set value = 9 where event_kind = 'enters_top'"],
    "marts/events/known_from_after_the_close": ["set known_from = '2026-01-12 00:00:00Z' where event_kind = 'enters_top'"],
    "marts/app_comovement/compared_are_listed_throughout": [
        *(f"set {change} where app_category = 'all' and app_id = 11"
          for change in ("rank_correlation = 0.5", "changes_compared = 9", "exceeds_chance = false", "weeks_listed = 9",
                         "rank_correlation = 1.1, changes_compared = 9, rank_correlation_by_chance = 0.9, "
                         "exceeds_chance = true")),
    ],
    "marts/app_usage_weekly/list_covers_its_apps": [
        *(f"set {change} where app_category = 'all' and app_rank = 1"
          for change in ("app_list_token_share = 0.9", "app_list_token_share = null", "app_token_share = 0.31",
                         "app_rank = 0")),
        "set app_rank = 201 where app_category = 'all' and app_rank = 3",
        "set app_rank = case app_rank when 1 then 2 when 2 then 1 else 3 end where app_category = 'all'",
    ],
    "marts/country_claim_checks/platform_verdict_follows_its_bounds": [
        "set platform_value_upper = 1 where claim like '% 4.12 %'",
        "set platform_verdict = 'undecided' where claim like '% 4.12 %'",
        "delete where claim like '% 4.12 %'",
        *(f"set measured_value = 1.4, verdict = '{verdict}', platform_value_lower = {lower}, "
          f"platform_value_upper = {upper}, platform_verdict = '{said}' where claim like '% {figure} %'"
          for figure, verdict, lower, upper, said in (
              ("4.12", "confirmed", 0.5, 0.9, "undecided"), ("4.12", "confirmed", 0.5, 1.1, "refuted"),
              ("4.12", "confirmed", 0.9, 1.1, "confirmed"), ("4.12", "undecided", 0.5, 0.9, "refuted"),
              ("4.12", "confirmed", 0.9, 0.8, "refuted"), ("7.941", "refuted", 2, 2.11, "refuted"),
              ("7.941", "refuted", 2.2, 2.3, "undecided"), ("51", "confirmed", 0.4, 0.6, "undecided"),
          )),
    ],
    "marts/event_studies/changes_are_those_of_the_shares": [
        "set listed_change_pp = listed_change_pp + 1 where event_kind = 'free_window_end' and event_role = 'event' and "
        "days_from = 7",
        *(f"set {change} where event_kind = 'free_window_end' and event_role = 'event' and days_from = 7"
          for change in ("listed_share = null", "event_role = 'beside'", "earliest_event_on = event_on + 1")),
    ],
    "marts/free_share_daily/tokens_are_conserved": [
        "set other_tokens = other_tokens + 1 where usage_date = '2025-10-06'",
        "set free_models = 0 where usage_date = '2025-10-06'",
    ],
    "marts/free_windows/kept_is_after_by_before": [
        *(f"set {change} where base_permaslug = 'c/tool'"
          for change in ("kept_7d = kept_7d + 0.1", "kept_28d = kept_28d + 0.1", "kept_7d = null", "kept_28d = null",
                         "window_status = 'open'", "window_status = 'left the list'")),
    ],
    "marts/free_windows/windows_follow_each_other": [
        *(f"set {change} where base_permaslug = 'c/tool'"
          for change in ("free_days = 15", "free_days = 0", "last_free_day_at_20 = last_free_day - 1",
                         "last_free_day_at_50 = last_free_day + 1", "last_free_day_at_50 = first_free_day - 1")),
        "insert into marts.free_windows from (select * replace (2 as window_number, last_free_day + 28 as first_free_day, "
        "last_free_day + 28 as last_free_day, 1 as free_days, last_free_day + 28 as last_free_day_at_20, null as "
        "last_free_day_at_50) from marts.free_windows where base_permaslug = 'c/tool')",
    ],
    "marts/launch_curves/peak_and_half_agree_with_the_curve": [
        "set weeks_to_peak = 2 where base_permaslug = 'minimax/minimax-m2'",
        "set half_life_weeks_upper = 0 where author = 'minimax'",
        "set half_life_weeks_upper = 9 where author = 'minimax'",
        "set half_life_weeks_lower = 2, half_life_weeks = null where author = 'minimax'",
        "set half_life_weeks = null where author = 'minimax'",
        "set coding_token_share = 0.6 where author = 'minimax' and coding_rank = 2",
        "set half_life_status = 'cannot be known' where author = 'minimax'",
        "set half_life_status = 'no peak yet', half_life_weeks = null, half_life_weeks_upper = null "
        "where author = 'minimax'",
    ],
    "marts/growth_accounting_weekly/parts_sum_to_the_whole": [
        *(f"set {name} = {name} + 0.1 where week_start = '2026-01-19'"
          for name in ("token_log_change", "market_log_change", "token_share_log_change")),
        *(f"set {name} = {name} + 1 where week_start = '2026-01-19'"
          for name in ("model_tokens", "block_tokens", "previous_days_in_week")),
        "set market_log_change = market_log_change + 1, token_share_log_change = token_share_log_change - 1 "
        "where week_start = '2026-01-19'",
        "set week_start = '2025-01-06' where week_start = '2026-01-19'",
    ],
    "marts/lineage_share_weekly/members_sum_to_the_lineage": [
        "set coding_token_share = 0.5 where week_start = '2026-01-05'",
        "set coding_token_share = 0 where coding_rank is null",
        "insert into marts.lineage_share_weekly from (select * replace ('x/x' as base_permaslug, 0.1 as "
        "lineage_coding_token_share, null as coding_token_share) from marts.lineage_share_weekly where coding_rank = "
        "1)",
    ],
    "marts/m2_coding_share_daily/allocated_days_sum_to_the_week": [
        "set day_coding_tokens_estimate = 0 where usage_date = '2026-01-19' and method = 'allocated'",
        "set day_category_tokens_estimate = 1 where usage_date = '2026-01-19'",
        "set day_category_tokens_estimate = 201 where usage_date = '2026-01-19'",
        "delete where usage_date = '2026-01-19'",
    ],
    "marts/m2_coding_share_daily/readings_give_a_share": [
        "set coding_token_share_estimate_upper = null where method = 'captured' and usage_date = '2026-01-20'",
        *(f"set {change} where method = 'captured' and usage_date = '2026-01-{day}'"
          for change, day in (("is_difference_negative = true", 20), ("day_category_tokens_estimate = 0", 20),
                              ("hours_between_readings = 17.9", 20), ("hours_between_readings = 30.1", 20),
                              ("hours_between_readings = 36.1", 19))),
    ],
    "marts/m2_milestones/no_value_without_a_date": [
        "set reached_on = null where milestone = 'peak day'",
        "set reached_on = '2025-12-31' where milestone = 'peak day'",
        "set milestone_status = 'cannot be known' where milestone = 'peak day'",
        "set milestone_status = 'reached' where milestone = 'last day in the platform top 50'",
    ],
    "marts/m2_milestones/peaks_are_the_greatest": [
        "set value = 50 where milestone = 'peak day'",
        "set value = null where milestone = 'peak coding week'",
    ],
    "marts/m2_usage_daily/bounds_are_those_of_the_variants": [
        "set total_tokens_upper = platform_tokens + 1 where total_tokens is null",
        "set total_tokens_lower = -1 where total_tokens is null",
        "set total_tokens_lower = 1 where total_tokens is null",
    ],
    "marts/m2_usage_daily/variants_sum_to_total": [
        "set total_tokens = 0 where total_tokens is null",
        "set free_tokens = 1 where total_tokens = 51",
    ],
    "marts/price_intelligence/nothing_dominates_the_efficient": [
        "set is_pareto_efficient = true where base_permaslug = 'b/second'",
    ],
    "marts/restatements/value_changed": [
        "set tokens_after = tokens_before",
        "set known_after = known_before",
    ],
    "marts/revision_statistics/figures_agree": [
        "set sign_flips = 1",
        "set mean_relative_revision = 0.5",
        "set mean_absolute_relative_revision = 0.5",
        "set changed_pair_share = 0.5",
        "set bias_t = 3",
        "set top_ten_changed_pairs = 2",
    ],
    "marts/revision_statistics/pairs_are_conserved": [
        "set changed_pairs = 0",
        "delete",
    ],
    "marts/share_change_decomposition_weekly/changes_sum_to_zero": ["delete where is_other and week_start = '2026-01-12'"],
    "marts/session_cost_comparison/every_pair_is_there": [
        "delete",
        "set session_cost_ratio = 2",
        "set claude_session_cost_usd = 0.25, session_cost_ratio = 2",
        "set turn_range = '2-9-turns'; delete from raw.session_cost_rows where model_permaslug = 'anthropic/claude'",
    ],
    "marts/gateway_comparison_weekly/each_population_keeps_its_own": [
        *(f"set {change} where canonical_author = 'minimax' and week_start = '2026-01-19'"
          for change in ("gateway_token_mean_share = platform_token_share", "gateway_spend_mean_share = 0.5",
                         "gateway_request_mean_share = null", "list_spend_share_estimate = 0.5",
                         "list_spend_less_tokens_pp_estimate = 1", "gateway_spend_less_tokens_pp = 1",
                         "spend_sign_agrees_estimate = not spend_sign_agrees_estimate",
                         "spend_sign_agrees_estimate = null")),
    ],
    "marts/gateway_lab_mean_shares/means_are_those_of_the_days": [
        *(f"{change} where grain = 'week' and lab = 'minimax' and metric = 'spend'"
          for change in ("set gateway_mean_share = gateway_mean_share + 1e-6", "set days_in_mean = 6", "delete")),
    ],
    "marts/gateway_lab_share_daily/shares_sum_to_one": [
        "set gateway_share = gateway_share + 0.001 where usage_date = '2026-01-20' and lab = 'newlab' and metric = 'spend'",
        "delete where usage_date = '2026-01-20' and metric = 'tokens'",
        "insert into marts.gateway_lab_share_daily select * replace (date '2026-03-01' as usage_date, 1 as gateway_share) "
        "from marts.gateway_lab_share_daily where usage_date = '2026-01-20' and metric = 'tokens' and lab = 'newlab'",
    ],
    "marts/gateway_comparison_weekly/labs_lead_to_authors": [
        "update reference.gateway_labs set canonical_author = 'alibaba' where lab = 'alibaba'",
    ],
    "marts/spend_share_weekly/models_and_authors_come_to_the_same": [
        *(f"set {name} = {name} * 2 where subject = 'minimax'" for name in
          ("listed_tokens", "priced_tokens", "list_spend_usd_lower", "list_spend_usd_estimate", "list_spend_usd_upper")),
        "delete where spend_of = 'author'",
    ],
    "marts/spend_share_weekly/shares_are_those_of_the_spend": [
        *(f"set {name} = {change} where subject = 'minimax'"
          for end in ("lower", "estimate", "upper")
          for name in (f"list_spend_share_{end}", f"list_spend_usd_{end}")
          for change in ("null", f"{name} * 1.1")),
        *(f"set {change} where subject = 'minimax'"
          for change in ("listed_tokens = listed_tokens + 1", "unpriced_tokens = unpriced_tokens + 1",
                         "priced_token_share = 0.5", "zero_price_tokens = priced_tokens", "unpriced_token_share = 0.5")),
    ],
    "marts/stealth_token_share_daily/names_and_share_agree": [
        "set stealth_models = [] where usage_date = '2026-01-04'",
        "set platform_token_share = 0 where usage_date = '2026-01-06'",
    ],
    "marts/visible_chart_effect_weekly/nine_rows_are_visible": [
        *(f"set {change} where week_start = '2025-10-06' and country = 'unclassified'"
          for change in ("visible_models = []", "visible_tokens = 0", "visible_models = repeat(['a/x'], 10)",
                         "visible_effect_pp_lower = 1", "top_50_token_share = 0.5", "visible_token_share = 0.5")),
        *(f"set {change} where week_start = '2026-01-19' and country = 'CN'"
          for change in ("visible_effect_pp_lower = visible_effect_pp_lower + 1", "visible_effect_pp_upper = null")),
    ],
    "marts/weekday_factors/intervals_hold_the_factors": [
        *(f"set {change} where base_permaslug = 'c/tool'"
          for change in ("is_small_sample = true", "complete_weekends = 99", "weekend_token_share_factor = null",
                         "weekend_factor = 2", "weekend_factor_from_estimate = null", "weekend_token_share_factor = 2",
                         "weekend_factor_from_estimate = 0", "weekend_token_share_factor_to_estimate = null",
                         "weekend_token_share_factor_to_estimate = 9")),
    ],
    "marts/vintage_matrix/vintages_are_whole": [
        "set m2_tokens = 0 where series = 'usage_day' and period_start = '2026-01-05'",
        "delete where series = 'usage_day' and period_start = '2026-01-05' and vintage_number = 1",
    ],
    "marts/top_list_survival/stays_are_those_of_the_list": [
        "set weeks_in_list = 2 where base_permaslug = 'b/second' and counted = 'weeks in a row'",
        "set last_week = '2026-01-26' where base_permaslug = 'b/second' and counted = 'weeks in a row'",
        "set last_week = '2026-01-05' where base_permaslug = 'b/second' and counted = 'all weeks of a model'",
        "set shorter_stay_share = null where base_permaslug = 'b/second' and counted = 'weeks in a row'",
        "delete where base_permaslug = 'b/second' and counted = 'weeks in a row'",
    ],
    "marts/top_list_survival_curve/curve_falls_by_those_that_end": [
        "set survival_share_estimate = 0.9 where counted = 'weeks in a row'",
        "set at_risk = 3 where counted = 'weeks in a row' and weeks_in_list = 1",
        "set ended = 0, survival_share_estimate = 1 where counted = 'weeks in a row'",
        "set weeks_in_list = 2 where counted = 'weeks in a row'",
    ],
    "ops/unclassified/nothing_known_is_asked_for": [
        "insert into ops.unclassified by name select 'gateway lab' as attribute, 'minimax' as subject, date '2026-01-05' "
        "as last_listed_on",
        "insert into ops.unclassified by name select 'author' as attribute, 'minimax' as subject, date '2026-01-05' as "
        "last_listed_on",
        "insert into ops.unclassified by name select 'country' as attribute, 'minimax' as subject, date '2026-01-05' as "
        "last_listed_on",
        "insert into ops.unclassified by name select 'open weights' as attribute, 'a/x' as subject, date '2026-01-05' as "
        "last_listed_on",
    ],
    "ops/unpriced_usage/tokens_are_conserved": ["set listed_tokens = 31 where usage_date = '2026-01-06'"],
    "reference/authors/names_stand_for_one_maker": [
        "set country = 'US' where author = 'alibaba'",
        "set maker = 'Another' where author = 'alibaba'",
        "set canonical_author = 'nobody' where author = 'alibaba'",
        "set canonical_author = 'bytedance', maker = 'ByteDance' where author = 'alibaba'",
    ],
    "reference/authors/no_name_is_reserved": [
        "set country = 'China' where author = 'baidu'",
        "set canonical_author = 'other' where author = 'baidu'",
        "set canonical_author = 'unclassified' where author = 'baidu'",
        "set canonical_author = 'openrouter' where author = 'baidu'",
        "set canonical_author = 'stealth' where author = 'baidu'",
        "set canonical_author = '~baidu' where author = 'baidu'",
    ],
    "reference/model_aliases/alias_leads_to_a_model": [
        "insert into reference.model_aliases values ('a/x', 'a/x', '', '')",
        "insert into reference.model_aliases values ('a/rival', 'c/z', '', '')",
        "insert into reference.model_aliases values ('a/x:free', 'b/y', '', '')",
        "insert into reference.model_aliases values ('a/x', 'y', '', '')",
    ],
    "reference/open_weights/pattern_names_an_author": [
        "set model_pattern = '*' where model_pattern = 'anthropic/*'",
        "set model_pattern = '*/glm-4.6' where model_pattern = 'z-ai/glm-4.6'",
        "set model_pattern = 'z-ai' where model_pattern = 'z-ai/glm-4.6'",
        "set model_pattern = 'z-ai/glm-4.6:free' where model_pattern = 'z-ai/glm-4.6'",
    ],
    "reference/public_claims/claim_can_be_measured": [
        *(f"set {change} where claim like '% 4.12 %'"
          for change in ("country = 'China'", "compared_country = 'CN'", "compared_country = 'us'",
                         "compared_country = null", "unit = 'share of tokens'", "last_day = '2026-02-08'",
                         "counted_rows = 0", "holds_from = null", "claimed_value = 0.9", "holds_below = 1.4")),
        "set compared_country = 'US' where claim like '% 51 %'",
    ],
    "reference/stealth_models/unmasking_is_whole": [
        "set unmasked_on = '2026-07-01' where base_permaslug = 'openrouter/owl-alpha'",
        "set unmasked_as = base_permaslug where base_permaslug = 'openrouter/owl-alpha'",
    ],
}  # fmt: skip


def statement_of(table: str, change: str) -> str:
    """``set …`` and ``delete …`` are about the table that the check guards."""
    if change.startswith("set "):
        return f"update {table} {change}"
    return re.sub(r"^delete(?= where|$)", f"delete from {table}", change)


def broken_bounds(table: Table, name: str) -> Iterator[str]:
    """What a figure with bounds cannot be, together with them."""
    whole, rules = (1 if name in checks.shares(table) else 100), table.rules

    def figures(value: float | None, lower: float | None, upper: float | None) -> str:
        ends = {name: value, f"{name}_lower": lower, f"{name}_upper": upper}
        return ", ".join(f"{end} = {'null' if one is None else one * whole}" for end, one in ends.items())

    yield figures(0.5, 0.5, 0.4)
    if name.endswith("_pp"):
        yield from (figures(-0.8, -0.5, -0.4), figures(-0.3, -0.5, -0.4), figures(0.4, None, None), figures(0.4, 0.4, None))
        return
    yield figures(0, -1, 0.5)
    yield figures(0.8, 0.4, 0.6)
    if name not in rules.below.split():
        yield figures(0.2, 0.4, 0.6)
    if name not in f"{rules.below} {rules.between}".split():
        yield figures(0.5, 0.4, 0.6)
    if name not in f"{rules.partly} {rules.below} {rules.between}".split():
        yield figures(None, 0.4, 0.6)
    if f"{name}_lower" not in table.required:
        yield figures(0.4, None, 0.6)
        if name not in rules.open_above.split():
            yield figures(0.4, 0.4, None)


def broken_spans(table: Table) -> Iterator[str]:
    """A span of no length, two at a time, two that say the same, and one that ends before the next begins."""
    start, end = next(ends for ends in (("known_from", "known_to"), ("valid_from", "valid_to")) if ends[0] in table.key)
    name, later = table.full_name, f"{start} + interval 9 days"
    is_open = f"rowid = (select min(rowid) from {name} where {end} is null)"
    again = f"insert into {name} from (select * replace ({later} as {start}) from {name} where {is_open})"
    yield f"update {name} set {end} = {start} where rowid = (select min(rowid) from {name})"
    yield again
    yield f"{again}; update {name} set {end} = {later} where {is_open}"
    if not table.rules.has_gaps:
        yield f"update {name} set {end} = {later} where {is_open}"


def in_one_row(table: Table, change: str, where: str = "true") -> str:
    name = table.full_name
    return statement_of(name, f"{change} where rowid = (select min(rowid) from {name} where {where})")


def broken_sums(table: Table) -> Iterator[str]:
    """A part that is missing or too great, or all unknown; where only some parts are there, one that is more than all."""
    parts = checks.parts(table)
    for name in parts:
        if table.rules.whole:
            yield in_one_row(table, "delete", f"{name} > 0")
            yield in_one_row(table, f"set {name} = {name} + 0.5", f"{name} is not null")
            yield f"update {table.full_name} set {', '.join(f'{part} = null' for part in parts)}"
        else:
            summed = f"{name}_lower" if name in checks.bounded(table) else name
            yield in_one_row(table, f"set {summed} = 1.1")


def corruptions_of(table: Table, rule: str) -> Iterator[str]:
    """Statements that each break a rule of the contract in one row, or in one period."""
    one = partial(in_one_row, table)
    rules, bounded = table.rules, checks.bounded(table)
    if rule == checks.FIGURES:
        for name in checks.shares(table):
            yield from (one(f"set {name} = 1.1"), one(f"set {name} = -0.1"))
        for name in bounded:
            yield from (one(f"set {change}") for change in broken_bounds(table, name))
    elif rule == checks.QUOTIENT:
        part, whole, share = rules.quotient.split()
        yield one(f"set {part} = {part} + 1", f"{part} is not null")
        yield one(f"set {whole} = {whole} * 2", f"{part} > 0")
        yield one(f"set {part} = null", f"{part} is not null")
        yield one(f"set {share} = null", f"{share} is not null")
    elif rule == checks.SUMS:
        yield from broken_sums(table)
    elif rule == checks.RANKS:
        rank, measure = rules.rank.split()
        yield one(f"set {rank} = {rank} + 1", f"{rank} is not null")
        yield f"update {table.full_name} set {measure} = 0 where {rank} = 1"
    elif rule == checks.BLOCKS and rules.blocks:
        key = f"({', '.join(name for name in table.key if name in ('series', rules.blocks.period))})"
        yield f"delete from {table.full_name} where {key} = (select min({key}) from {table.full_name})"
        yield f"update {table.full_name} set {rules.blocks.period} = date '2020-01-06'"
        if tokens := rules.blocks.tokens:
            yield one(f"set {tokens} = {tokens} + 1", f"{tokens} is not null")
    elif rule == checks.NAMES:
        yield from (one(f"set base_permaslug = {name}") for name in ("base_permaslug || ':free'", "'router'"))
    elif rule == checks.SPANS:
        yield from broken_spans(table)


@pytest.mark.parametrize("table", BUILT, ids=lambda table: table.full_name)
def test_good_tables_have_rows_to_judge(tables: Tables, table: Table) -> None:
    """A check passes on an empty table, whatever it says: none is empty here."""
    assert store.count(tables.con, table.full_name) > 0


@pytest.mark.parametrize("table", BUILT, ids=lambda table: table.full_name)
def test_good_tables_pass(tables: Tables, table: Table) -> None:
    """A check returns nothing where nothing is wrong."""
    found = {name: store.failing_rows(tables.con, select) for name, select in store.checks(table).items()}
    assert found == dict.fromkeys(found, store.FailingRows(0, []))


@pytest.mark.parametrize("file", FILES)
def test_a_corrupted_table_fails(corruptible: Tables, file: str) -> None:
    """A check that returned nothing returns one row; one that holds several things fails for each of them alone."""
    table = ".".join(file.split("/")[:-1])
    assert CORRUPTIONS[file]
    for change in CORRUPTIONS[file]:
        corruptible.con.execute(statement_of(table, change))
        assert store.failing_rows(corruptible.con, (CHECKS / f"{file}.sql").read_text()).count == 1, change
        corruptible.con.rollback()
        corruptible.con.begin()


@pytest.mark.parametrize(("table", "rule"), RULES, ids=[f"{table.full_name}-{rule.name}" for table, rule in RULES])
def test_a_broken_rule_of_a_contract_fails(corruptible: Tables, table: Table, rule: checks.Rule) -> None:
    """The check of a contract fails for each figure that it holds."""
    changes = list(corruptions_of(table, rule.name))
    assert changes
    for change in changes:
        corruptible.con.execute(change)
        assert store.failing_rows(corruptible.con, store.checks(table)[rule.name]).count > 0, change
        corruptible.con.rollback()
        corruptible.con.begin()


@pytest.mark.parametrize("table", BUILT, ids=lambda table: table.full_name)
def test_good_keys_are_unique(tables: Tables, table: Table) -> None:
    """The compiled key check returns nothing where each key stands once."""
    assert store.failing_rows(tables.con, store.duplicated_keys(table)).count == 0


@pytest.mark.parametrize("table", [one for one in BUILT if not one.is_view], ids=lambda table: table.full_name)
def test_a_doubled_row_fails(corruptible: Tables, table: Table) -> None:
    """The compiled key check returns the key that stands twice, and how often it does."""
    doubled = corruptible.records(f"from {table.full_name} limit 1")[0]
    insert = f"insert into {table.full_name} from {table.full_name} where "
    corruptible.con.execute(
        insert + " and ".join(f'"{name}" = ?' for name in table.key), [doubled[name] for name in table.key]
    )
    failing = store.failing_rows(corruptible.con, store.duplicated_keys(table))
    assert failing.rows == [{name: doubled[name] for name in table.key} | {"occurrences": 2}]


def test_no_corruption_is_left_behind() -> None:
    """A corruption whose check is gone goes too."""
    assert set(CORRUPTIONS) <= set(FILES)
    assert FILES


def test_a_check_lies_beside_a_table_that_exists() -> None:
    """Checks are found by the name of their table: one in a misspelt folder would never run."""
    assert {".".join(file.split("/")[:-1]) for file in FILES} <= {table.full_name for table in BUILT}
