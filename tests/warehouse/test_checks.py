"""Every check is seen to fail once, on rows corrupted by hand, and to pass on good ones.

A new file in ``warehouse/checks`` needs a corruption here: without one its test fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES, Table
from pipeline.settings import WAREHOUSE
from tests.support import build_order, instant
from tests.warehouse.readings import (
    M2,
    CatalogueReading,
    Reading,
    Snapshot,
    Tables,
    day,
    open_tables,
    settled_day,
    settled_week,
    week,
)

pytestmark = pytest.mark.made_up_levels

CHECKS = WAREHOUSE / "checks"
FILES = sorted(str(path.relative_to(CHECKS)) for path in CHECKS.rglob("*.sql"))
BUILT = [
    table for table in TABLES.values() if table.schema in ("core", "marts", "reference") or table.full_name in build_order()
]

RIVAL = "a/rival"
STEALTH = "openrouter/some-alpha"
W1, W2, W3 = (date(2026, 1, 5) + timedelta(days=7 * n) for n in range(3))


SUNDAY = date(2026, 1, 11)


def _task_rows(share: float) -> tuple[dict[str, Any], ...]:
    """Two macro categories with three tags; ``share`` is M2's in one of them."""
    shares = {"code:debug": ("code", 0.75), "code:review": ("code", 0.25), "general:chat": ("general", 1.0)}
    return (
        *(
            {"macro_category": key, "tag": "*", "model_permaslug": "*", "display_name": key}
            | dict.fromkeys(("usage_share", "token_share"), part)
            for key, part in (("code", 0.6), ("general", 0.4))
        ),
        *(
            {"macro_category": key, "tag": name, "model_permaslug": "*", "display_name": name}
            | dict.fromkeys(("usage_share", "token_share"), 0.1)
            | dict.fromkeys(("category_usage_share", "category_token_share"), part)
            for name, (key, part) in shares.items()
        ),
        *(
            {"macro_category": "code", "tag": "code:debug", "model_permaslug": model}
            | dict.fromkeys(("tag_usage_share", "tag_token_share"), part)
            for model, part in ((M2, share), (RIVAL, 0.25), (f"{M2}:free", 0.25))
        ),
    )


def _cells(*models: str) -> tuple[dict[str, Any], ...]:
    key = {"app_slug": "cline", "turn_range": "1-turn"}
    return tuple(key | {"model_permaslug": model, "median_session_cost_usd": 0.5} for model in models)


def _apps(*tokens: int) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"rank": rank, "app_id": 10 + rank, "app_name": "An app", "total_tokens": one, "total_requests": 3}
        for rank, one in enumerate(tokens, start=1)
    )


def _prices(usd: str) -> dict[str, Decimal]:
    return dict.fromkeys(("prompt_usd_per_token", "completion_usd_per_token"), Decimal(usd))


SNAPSHOTS = [
    Snapshot("task_7d", instant("2026-01-12T06:30"), _task_rows(0.5), SUNDAY),
    Snapshot("task_7d", instant("2026-01-13T06:30"), _task_rows(0.4), SUNDAY),
    Snapshot("session_cost", instant("2026-01-12T06:30"), _cells(M2, RIVAL), SUNDAY),
    Snapshot("session_cost", instant("2026-01-13T06:30"), _cells(M2), SUNDAY),
    Snapshot("app_1d/popular", instant("2026-01-12T06:30"), _apps(30, 20, 20), SUNDAY),
    Snapshot("app_30d/popular/coding", instant("2026-01-12T06:30"), _apps(40, 30), SUNDAY),
    Snapshot("app_30d/trending", instant("2026-01-12T06:30"), _apps(5, 50), SUNDAY),
    Snapshot(
        "benchmarks/artificial-analysis",
        instant("2026-01-12T06:30"),
        ({"model_permaslug": M2, "coding_index": 50.0}, {"model_permaslug": RIVAL}),
    ),
    Snapshot(
        "benchmarks/artificial-analysis",
        instant("2026-01-13T06:30"),
        (
            {"model_permaslug": M2, "coding_index": 51.0, "intelligence_index": 60.0, **_prices("0.000001")},
            {"model_permaslug": RIVAL, "intelligence_index": 65.0, **_prices("0.000003")},
            {"model_permaslug": "b/second", "intelligence_index": 59.0, **_prices("0.000002")},
        ),
    ),
]


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
                *(settled_day(str(W3 + timedelta(days=n)), [(M2, 10 + n), (RIVAL, 30), ("other", 20)]) for n in range(7)),
                Reading("category_week/marketing/seo", W1, instant("2026-01-15T06:00"), ((M2, 7), ("other", 3))),
            ]
        )
        entry = {"id": "a/x", "canonical_slug": "a/x", "name": "X", "prompt_usd_per_token": Decimal("0.1")}
        opened.load_catalogue(
            [
                CatalogueReading(instant("2026-01-05T06:30"), (entry,)),
                CatalogueReading(
                    instant("2026-01-06T06:30"), (entry | {"prompt_usd_per_token": Decimal("0.2")},), "models/all"
                ),
            ]
        )
        opened.load_snapshots(SNAPSHOTS)
        opened.build_all()
        opened.con.execute("insert into reference.accepted_levels values ('usage_day', '2026-01-05', 'made up', 'made up')")
        yield opened


@pytest.fixture
def corruptible(tables: Tables) -> Iterator[Tables]:
    """The good tables, and good again after the test."""
    tables.con.begin()
    yield tables
    tables.con.rollback()


@dataclass(frozen=True)
class Corruption:
    """A statement that breaks what the check holds, and what the failing row then says of itself."""

    statement: str
    failing_row: dict[str, Any]


CORRUPTIONS = {
    "core/block_vintages/vintages_follow_each_other.sql": Corruption(
        "update core.block_vintages set known_to = known_from + interval 9 days where known_to is not null and "
        "series = 'usage_day'",
        {"series": "usage_day", "period_start": W1, "vintage_number": 1},
    ),
    "core/newest_blocks/rows_are_stored.sql": Corruption(
        "delete from raw.block_rows where series = 'category_week/marketing/seo' and is_other",
        {"series": "category_week/marketing/seo", "period_start": W1, "share_sum": pytest.approx(0.7)},
    ),
    "core/newest_blocks/weeks_begin_on_monday.sql": Corruption(
        "update core.newest_blocks set period_start = period_start + 1 where series = 'category_week/marketing/seo'",
        {"series": "category_week/marketing/seo", "period_start": date(2026, 1, 6)},
    ),
    "core/model_token_bounds_daily/bounds_hold_what_is_listed.sql": Corruption(
        "update core.model_token_bounds_daily set total_tokens_upper = 21 "
        "where usage_date = '2026-01-06' and model_permaslug = 'minimax/minimax-m2'",
        {
            "usage_date": date(2026, 1, 6),
            "model_permaslug": M2,
            "total_tokens_upper": 21,
            "smallest_tokens": 30,
            "other_tokens": 20,
        },
    ),
    "core/model_token_bounds_daily/every_listed_row_stands.sql": Corruption(
        "delete from core.model_token_bounds_daily where total_tokens = 51",
        {"usage_date": W1, "model_permaslug": M2, "listed_tokens": 51, "total_tokens": None},
    ),
    "core/model_token_bounds_daily/no_slice_is_excluded.sql": Corruption(
        "update core.model_token_bounds_daily set total_tokens_upper = 1 "
        "where usage_date = '2026-01-06' and model_permaslug = 'minimax/minimax-m2'",
        {"usage_date": date(2026, 1, 6), "model_permaslug": M2, "slice_tokens": 2, "total_tokens_upper": 1},
    ),
    "marts/events/figures_are_those_of_the_tables.sql": Corruption(
        "update marts.events set value = 9 where event_kind = 'enters_top'",
        {"value": 9.0},
    ),
    "marts/events/known_from_after_the_close.sql": Corruption(
        "update marts.events set known_from = '2026-01-12 00:00:00Z' where event_kind = 'enters_top'",
        {"known_from": instant("2026-01-12T00:00")},
    ),
    "marts/citations/line_agrees_with_the_source.sql": Corruption(
        "update marts.citations set may_republish = true where table_name = 'core.model_catalogue_vintages'",
        {"table_name": "core.model_catalogue_vintages", "licence": "no licence found", "may_republish": True},
    ),
    "marts/claim_checks/verdict_rests_on_a_measure.sql": Corruption(
        "update marts.claim_checks set verdict = 'confirmed' where claim like 'capital%'",
        {"measured_value": None, "verdict": "confirmed"},
    ),
    "marts/launch_curves/peak_and_half_agree_with_the_curve.sql": Corruption(
        "update marts.launch_curves set weeks_to_peak = 2 where base_permaslug = 'minimax/minimax-m2'",
        {"base_permaslug": M2, "peak_coding_token_share": 0.55, "weeks_to_peak": 2, "at_peak": 0.35},
    ),
    "marts/lineage_share_weekly/members_sum_to_the_lineage.sql": Corruption(
        "update marts.lineage_share_weekly set coding_token_share = 0.5 where week_start = '2026-01-05'",
        {"week_start": W1, "lineage": "minimax-m2", "member_sum": 0.5, "lineage_share": 0.55},
    ),
    "marts/m2_coding_share_daily/allocated_days_sum_to_the_week.sql": Corruption(
        "update marts.m2_coding_share_daily set day_coding_tokens_estimate = 0 "
        "where usage_date = '2026-01-19' and method = 'allocated'",
        {"week_start": W3, "days": 7, "day_coding_tokens": pytest.approx(70 - 70 * 10 / 91), "coding_tokens_estimate": 70},
    ),
    "marts/m2_coding_share_daily/bounds_hold_the_share.sql": Corruption(
        "update marts.m2_coding_share_daily set coding_token_share_estimate = 0 "
        "where method = 'captured' and usage_date = '2026-01-20'",
        {"usage_date": date(2026, 1, 20), "method": "captured", "coding_token_share_estimate": 0},
    ),
    "marts/m2_milestones/no_value_without_a_date.sql": Corruption(
        "update marts.m2_milestones set reached_on = null where milestone = 'peak day'",
        {"milestone": "peak day", "reached_on": None, "value": 51},
    ),
    "marts/m2_milestones/peaks_are_the_greatest.sql": Corruption(
        "update marts.m2_milestones set value = 50 where milestone = 'peak day'",
        {"milestone": "peak day", "value": 50, "greatest": 51},
    ),
    "marts/revision_curve/pairs_are_conserved.sql": Corruption(
        "update marts.revision_curve set changed_pairs = 0",
        {"series_kind": "usage_day", "pairs_read": 1, "changes_read": 1, "changes_shown": 0},
    ),
    "marts/share_change_decomposition_weekly/changes_sum_to_zero.sql": Corruption(
        "delete from marts.share_change_decomposition_weekly where is_other and week_start = '2026-01-12'",
        {"week_start": W2, "change_sum": pytest.approx(-15)},
    ),
    "marts/coding_leaderboard_weekly/rank_follows_tokens.sql": Corruption(
        "update marts.coding_leaderboard_weekly set coding_rank = 3 where coding_rank = 1 and coding_tokens_estimate = 55",
        {"week_start": W1, "base_permaslug": RIVAL, "coding_rank": 2, "coding_tokens_estimate": 30},
    ),
    "marts/coding_share_weekly/bounds_hold_the_share.sql": Corruption(
        "update marts.coding_share_weekly set coding_token_share = 0, coding_token_share_upper = 2 "
        "where base_permaslug = 'minimax/minimax-m2' and coding_rank is null",
        {"week_start": W2, "base_permaslug": M2, "coding_token_share": 0, "coding_token_share_upper": 2},
    ),
    "marts/coding_share_weekly/models_above_agree_with_rank.sql": Corruption(
        "update marts.coding_share_weekly set models_above = ['other'] where coding_rank = 2 and base_permaslug = 'a/rival'",
        {"week_start": W1, "base_permaslug": RIVAL, "coding_rank": 2, "models_above": ["other"]},
    ),
    "marts/coding_share_weekly/tokens_are_conserved.sql": Corruption(
        "update marts.coding_share_weekly set coding_tokens_estimate = 50 where coding_tokens_estimate = 55",
        {"week_start": W1, "folded_tokens": 80, "listed_tokens": 85},
    ),
    "marts/m2_coding_share_weekly/no_week_is_left_out.sql": Corruption(
        "delete from marts.m2_coding_share_weekly where coding_rank is null", {"week_start": W2}
    ),
    "marts/m2_usage_daily/bounds_hold_the_total.sql": Corruption(
        "update marts.m2_usage_daily set total_tokens_upper = platform_tokens + 1 where total_tokens is null",
        {"usage_date": date(2026, 1, 6), "total_tokens_upper": 51, "platform_tokens": 50},
    ),
    "marts/m2_usage_daily/no_day_is_left_out.sql": Corruption(
        "delete from marts.m2_usage_daily where usage_date = '2026-01-06'", {"usage_date": date(2026, 1, 6)}
    ),
    "marts/m2_usage_daily/variants_sum_to_total.sql": Corruption(
        "update marts.m2_usage_daily set total_tokens = 0 where total_tokens is null",
        {"usage_date": date(2026, 1, 6), "default_tokens": None, "total_tokens": 0},
    ),
    "marts/restatements/value_changed.sql": Corruption(
        "update marts.restatements set tokens_after = tokens_before",
        {"series": "usage_day", "model_permaslug": M2, "tokens_before": 50, "tokens_after": 50},
    ),
}


MEASURES = "marts/coding_share_measures_weekly"
FOLDED_TASKS = "core/task_macro_model_shares/bounds_hold_the_share.sql"

CORRUPTIONS |= {
    "core/known_variants/every_listed_variant_is_known.sql": Corruption(
        "delete from core.known_variants where model_permaslug = 'minimax/minimax-m2:free'",
        {"model_permaslug": f"{M2}:free"},
    ),
    "core/known_variants/spans_follow_each_other.sql": Corruption(
        "update core.known_variants set known_to = '2026-03-01' where model_permaslug = 'minimax/minimax-m2:free'",
        {"model_permaslug": f"{M2}:free", "next_from": None},
    ),
    "core/model_platform_shares_weekly/bounds_hold_the_share.sql": Corruption(
        "update core.model_platform_shares_weekly set platform_token_share = 0.75 "
        "where series = 'usage_week' and base_permaslug = 'minimax/minimax-m2'",
        {"week_start": W1, "base_permaslug": M2, "model_tokens": 7, "block_tokens": 10, "platform_token_share": 0.75},
    ),
    "core/model_platform_shares_weekly/tokens_are_conserved.sql": Corruption(
        "delete from core.model_platform_shares_weekly where series = 'usage_day' and base_permaslug = 'a/rival'",
        {"week_start": W3, "series": "usage_day", "model_tokens": 91, "listed_tokens": 301},
    ),
    "core/model_shares_weekly/bounds_hold_the_share.sql": Corruption(
        "update core.model_shares_weekly set block_token_share_lower = 0.6 "
        "where series = 'category_week/programming' and model_tokens = 55",
        {"week_start": W1, "base_permaslug": M2, "block_token_share": 0.55, "block_token_share_lower": 0.6},
    ),
    "core/model_shares_weekly/tokens_are_conserved.sql": Corruption(
        "update core.model_shares_weekly set model_tokens = 50 where model_tokens = 55",
        {"series": "category_week/programming", "week_start": W1, "folded_tokens": 80, "listed_tokens": 85},
    ),
    FOLDED_TASKS: Corruption(
        "update core.task_macro_model_shares set model_macro_token_share_upper = 1.5 where base_permaslug = 'a/rival'",
        {"window_end": SUNDAY, "macro_category": "code", "base_permaslug": RIVAL, "model_macro_token_share_upper": 1.5},
    ),
    f"{MEASURES}/bounds_hold_the_share.sql": Corruption(
        f"update {MEASURES.replace('/', '.')} set denominator = 110 where numerator = 55",
        {"week_start": W1, "measure": "category_programming", "measure_share": 0.55, "numerator": 55, "denominator": 110},
    ),
    f"{MEASURES}/comparison_is_the_mart.sql": Corruption(
        f"update {MEASURES.replace('/', '.')} set measure_share = 0.5 where numerator = 55",
        {"week_start": W1, "base_permaslug": M2, "measure_share": 0.5, "coding_token_share": 0.55},
    ),
    f"{MEASURES}/rank_follows_what_is_known.sql": Corruption(
        f"update {MEASURES.replace('/', '.')} set measure_rank = 3 where numerator = 55",
        {"week_start": W1, "measure": "category_programming", "base_permaslug": M2, "measure_rank": 3, "place": 1},
    ),
    "core/model_prices/spans_do_not_overlap.sql": Corruption(
        "update core.model_prices set known_to = null where model_permaslug = 'a/x'",
        {"model_permaslug": "a/x", "known_to": None, "next_known_from": instant("2026-01-06T06:30")},
    ),
    "core/model_prices/free_costs_nothing.sql": Corruption(
        "update core.model_prices set prompt_usd_per_million = -1 where model_permaslug = 'a/x' and known_to is null",
        {"model_permaslug": "a/x", "prompt_usd_per_million": -1},
    ),
    "ops/unpriced_usage/tokens_are_conserved.sql": Corruption(
        "update ops.unpriced_usage set listed_tokens = 31 where usage_date = '2026-01-06'",
        {"usage_date": date(2026, 1, 6), "stored_tokens": 30, "listed_tokens": 31, "unpriced_tokens": 30},
    ),
    "marts/price_intelligence/nothing_dominates_the_efficient.sql": Corruption(
        "update marts.price_intelligence set is_pareto_efficient = true where base_permaslug = 'b/second'",
        {"base_permaslug": "b/second", "intelligence_index": 59, "is_pareto_efficient": True},
    ),
}

BOUNDS_OF_CLASSES = "core/class_token_shares/bounds_hold_the_share.sql"
SUM_OF_COUNTRIES = "marts/country_token_share_weekly/shares_sum_to_one.sql"
SUM_OF_WEIGHTS = "marts/open_weight_token_share_weekly/shares_sum_to_one.sql"
STEALTH_AGREES = "marts/stealth_token_share_daily/names_and_bounds_agree.sql"
ONE_COUNTRY = "scope = 'coding' and classification = 'country' and period_start = '2026-01-05' and model_class"

CORRUPTIONS |= {
    "core/class_token_shares/bounds_hold_the_share.sql": Corruption(
        f"update core.class_token_shares set block_token_share_upper = 2 where {ONE_COUNTRY} = 'CN'",
        {"scope": "coding", "period_start": W1, "model_class": "CN", "block_token_share_upper": 2},
    ),
    "core/class_token_shares/shares_sum_to_one.sql": Corruption(
        f"update core.class_token_shares set block_token_share = block_token_share + 0.5 where {ONE_COUNTRY} = 'other'",
        {"scope": "coding", "period_start": W1, "classification": "country", "share_sum": pytest.approx(1.5)},
    ),
    "core/class_token_shares/tokens_are_conserved.sql": Corruption(
        f"update core.class_token_shares set class_tokens = class_tokens + 1 where {ONE_COUNTRY} = 'other'",
        {"scope": "coding", "period_start": W1, "classification": "country", "stored_tokens": 100, "shown_tokens": 101},
    ),
    "core/model_weights/spans_follow_each_other.sql": Corruption(
        "update core.model_weights set valid_to = '2026-02-01' where base_permaslug = 'a/x'",
        {"base_permaslug": "a/x", "valid_to": date(2026, 2, 1)},
    ),
    "core/model_kinds/no_router_is_a_stealth_model.sql": Corruption(
        "update core.model_kinds set is_router = true, is_stealth = true where base_permaslug = 'b/second'",
        {"base_permaslug": "b/second", "is_stealth": True, "is_router": True},
    ),
    "core/model_weights/no_router_has_weights.sql": Corruption(
        "update core.model_kinds set is_router = true where base_permaslug = 'a/x'",
        {"base_permaslug": "a/x", "has_open_weights": False},
    ),
    "core/models/every_listed_model_stands.sql": Corruption(
        "delete from core.models where base_permaslug = 'b/second'", {"base_permaslug": "b/second", "period_start": W2}
    ),
    "marts/author_coding_token_share_weekly/shares_sum_to_one.sql": Corruption(
        "delete from marts.author_coding_token_share_weekly where week_start = '2026-01-05' and canonical_author = 'other'",
        {"week_start": W1, "share_sum": pytest.approx(0.85)},
    ),
    "marts/author_token_share_daily/shares_sum_to_one.sql": Corruption(
        "delete from marts.author_token_share_daily where usage_date = '2026-01-06' and canonical_author = 'other'",
        {"usage_date": date(2026, 1, 6), "share_sum": pytest.approx(0.6)},
    ),
    SUM_OF_COUNTRIES: Corruption(
        "update marts.country_token_share_weekly set coding_token_share = 0.65 "
        "where week_start = '2026-01-05' and country = 'other'",
        {"week_start": W1, "coding_share_sum": pytest.approx(1.5)},
    ),
    SUM_OF_WEIGHTS: Corruption(
        "update marts.open_weight_token_share_weekly set coding_token_share = 0.65 "
        "where week_start = '2026-01-05' and weights = 'other'",
        {"week_start": W1, "coding_share_sum": pytest.approx(1.5)},
    ),
    STEALTH_AGREES: Corruption(
        "update marts.stealth_token_share_daily set stealth_models = [] where usage_date = '2026-01-04'",
        {"usage_date": date(2026, 1, 4), "platform_token_share": 0.4, "stealth_models": []},
    ),
    "marts/stealth_token_share_daily/no_day_is_left_out.sql": Corruption(
        "delete from marts.stealth_token_share_daily where usage_date = '2026-01-06'", {"usage_date": date(2026, 1, 6)}
    ),
    "ops/unclassified/nothing_known_is_asked_for.sql": Corruption(
        "insert into ops.unclassified by name "
        "select 'author' as attribute, 'minimax' as subject, date '2026-01-05' as last_listed_on",
        {"attribute": "author", "subject": "minimax"},
    ),
    "reference/authors/names_stand_for_one_maker.sql": Corruption(
        "update reference.authors set country = 'US' where author = 'alibaba'", {"author": "alibaba", "country": "US"}
    ),
    "reference/authors/no_name_is_reserved.sql": Corruption(
        "update reference.authors set country = 'China' where author = 'baidu'", {"author": "baidu", "country": "China"}
    ),
    "reference/open_weights/pattern_names_an_author.sql": Corruption(
        "update reference.open_weights set model_pattern = '*' where model_pattern = 'anthropic/*'", {"model_pattern": "*"}
    ),
    "reference/routers/no_variant_is_named.sql": Corruption(
        "update reference.routers set base_permaslug = 'openrouter/free:beta' where base_permaslug = 'openrouter/free'",
        {"base_permaslug": "openrouter/free:beta"},
    ),
    "reference/stealth_models/unmasking_is_whole.sql": Corruption(
        "update reference.stealth_models set unmasked_on = '2026-07-01' where base_permaslug = 'openrouter/owl-alpha'",
        {"base_permaslug": "openrouter/owl-alpha", "unmasked_as": None},
    ),
}  # fmt: skip

# Snapshots: tasks, session costs, apps, benchmarks, catalogue.
MACROS_SUM = "core/task_macro_model_shares/macro_categories_sum_to_one.sql"
TAGS_SUM = "core/task_macro_model_shares/tags_sum_to_one_in_their_category.sql"
MODELS_OF_TAG = "core/task_macro_model_shares/listed_models_have_no_more_than_all.sql"
APP_RANKS = "core/newest_blocks/popular_ranks_follow_tokens.sql"
NEWEST_READING = "core/newest_blocks/newest_reading_is_shown.sql"
LINES_FOLLOW = "core/snapshot_row_vintages/lines_do_not_overlap.sql"
LINES_CHANGE = "core/snapshot_row_vintages/no_value_twice_in_a_row.sql"
LINES_OPEN = "core/snapshot_row_vintages/open_lines_are_the_newest_rows.sql"

CORRUPTIONS |= {
    MACROS_SUM: Corruption(
        "update raw.task_rows set classified_token_share = 0.62 where tag = '*' and macro_category = 'code'",
        {"window_end": SUNDAY, "token_share_sum": pytest.approx(1.02), "request_share_sum": pytest.approx(1)},
    ),
    TAGS_SUM: Corruption(
        "update raw.task_rows set macro_request_share = 0.5 where tag = 'general:chat'",
        {"window_end": SUNDAY, "macro_category": "general", "request_share_sum": 0.5, "has_category": True},
    ),
    MODELS_OF_TAG: Corruption(
        "update raw.task_rows set tag_token_share = 0.52 where model_permaslug = 'a/rival'",
        {"tag": "code:debug", "token_share_sum": pytest.approx(1.17), "request_share_sum": pytest.approx(0.9)},
    ),
    APP_RANKS: Corruption(
        "update raw.app_rows set total_tokens = 31 where total_tokens = 20 and app_rank = 2",
        {"series": "app_1d/popular", "app_id": 12, "app_rank": 2, "total_tokens": 31},
    ),
    NEWEST_READING: Corruption(
        "delete from core.newest_blocks where series = 'session_cost'",
        {"series": "session_cost", "period_start": SUNDAY, "retrieved_at": None},
    ),
    LINES_FOLLOW: Corruption(
        "update core.snapshot_row_vintages set known_to = known_from + interval 9 days "
        "where series = 'session_cost' and known_to is not null",
        {"series": "session_cost", "period_start": SUNDAY, "known_to": instant("2026-01-21T06:30")},
    ),
    LINES_CHANGE: Corruption(
        "update core.snapshot_row_vintages set is_listed = true where not is_listed",
        {"series": "session_cost", "period_start": SUNDAY, "known_from": instant("2026-01-13T06:30"), "is_listed": True},
    ),
    LINES_OPEN: Corruption(
        "delete from core.snapshot_row_vintages where row_key = 'a/x'",
        {"series": "models", "row_key": "a/x", "is_stated": True, "is_open": None},
    ),
}

# Further things that one check holds at once.
MORE_OF_SNAPSHOTS: list[tuple[str, str, dict[str, Any]]] = [
    (
        MACROS_SUM,
        "update raw.task_rows set classified_request_share = 0.5 where tag = '*' and macro_category = 'code'",
        {"request_share_sum": pytest.approx(0.9)},
    ),
    (
        TAGS_SUM,
        "update raw.task_rows set macro_token_share = null where tag = 'general:chat'",
        {"macro_category": "general", "token_share_sum": None, "request_share_sum": 1},
    ),
    (
        TAGS_SUM,
        "delete from raw.task_rows where tag = 'code:review'",
        {"macro_category": "code", "token_share_sum": 0.75},
    ),
    (
        TAGS_SUM,
        "delete from raw.task_rows where tag = '*' and macro_category = 'code'",
        {"macro_category": "code", "has_category": False},
    ),
    (
        MODELS_OF_TAG,
        "update raw.task_rows set tag_request_share = 0.5 where model_permaslug = 'a/rival'",
        {"tag": "code:debug", "request_share_sum": pytest.approx(1.15)},
    ),
    (
        APP_RANKS,
        "delete from raw.app_rows where total_tokens = 40 and app_rank = 1",
        {"series": "app_30d/popular/coding", "app_rank": 2},
    ),
    (
        NEWEST_READING,
        "update core.newest_blocks set block_hash = '0' where series = 'session_cost'",
        {"series": "session_cost"},
    ),
    (
        NEWEST_READING,
        "update core.newest_blocks set retrieved_at = '2026-01-12 06:30:00Z' where series = 'session_cost'",
        {"series": "session_cost", "last_read_at": instant("2026-01-13T06:30")},
    ),
    (
        LINES_FOLLOW,
        "update core.snapshot_row_vintages set known_to = null where series = 'session_cost'",
        {"series": "session_cost", "known_to": None},
    ),
    (
        LINES_FOLLOW,
        "update core.snapshot_row_vintages set known_to = known_from where series = 'app_30d/trending' and row_key = '11'",
        {"series": "app_30d/trending"},
    ),
    *(
        (
            LINES_CHANGE,
            "insert into core.snapshot_row_vintages from (select * replace ("
            "timestamptz '2026-02-01 06:30:00Z' as known_from) from core.snapshot_row_vintages "
            f"where series = '{series}' and row_key like '{row_key}' and known_to is null)",
            {"series": series, "known_from": instant("2026-02-01T06:30")},
        )
        for series, row_key in (
            ("task_7d", f"%{M2}"),
            ("session_cost", f"%{M2}"),
            ("session_cost", f"%{RIVAL}"),
            ("app_30d/trending", "11"),
            ("benchmarks/artificial-analysis", RIVAL),
            ("models", "a/x"),
        )
    ),
    *(
        (
            LINES_OPEN,
            f"delete from core.snapshot_row_vintages where series = '{series}' and row_key like '{row_key}'",
            {"series": series, "is_stated": True, "is_open": None},
        )
        for series, row_key in (
            ("task_7d", f"%{RIVAL}"),
            ("session_cost", f"%{M2}"),
            ("app_30d/trending", "11"),
            ("benchmarks/artificial-analysis", M2),
        )
    ),
    (
        LINES_OPEN,
        "update core.snapshot_row_vintages set is_listed = true where not is_listed",
        {"series": "session_cost", "is_stated": None, "is_open": True},
    ),
]
MORE_CORRUPTIONS = [
    *((file, Corruption(statement, failing_row)) for file, statement, failing_row in MORE_OF_SNAPSHOTS),
    *(
        ("core/block_vintages/vintages_follow_each_other.sql", Corruption(f"update core.block_vintages set {change}", {}))
        for change in (
            "known_to = null where known_to is not null and series = 'usage_day'",
            "last_read_at = known_to where known_to is not null and series = 'usage_day'",
            "last_read_at = known_from - interval 1 day where series = 'category_week/marketing/seo'",
            "block_hash = (select block_hash from core.block_vintages where series = 'usage_day' and vintage_number = 2) "
            "where series = 'usage_day' and vintage_number = 1 and known_to is not null",
        )
    ),
    *(
        ("core/newest_blocks/rows_are_stored.sql", Corruption(statement, {}))
        for statement in (
            "delete from raw.block_rows where series = 'category_week/marketing/seo'",
            "update raw.block_rows set block_token_share = 1 where series = 'category_week/marketing/seo' and is_other",
            "delete from raw.session_cost_rows",
            "delete from raw.app_rows where total_tokens in (30, 20)",
            "delete from raw.catalogue_rows where prompt_usd_per_unit = 0.1",
        )
    ),
    (
        "marts/coding_leaderboard_weekly/rank_follows_tokens.sql",
        Corruption(
            "update marts.coding_leaderboard_weekly set coding_tokens_estimate = 30 where coding_tokens_estimate = 55",
            {"base_permaslug": M2, "coding_rank": 1, "coding_tokens_estimate": 30},
        ),
    ),
    *(
        ("marts/coding_share_weekly/bounds_hold_the_share.sql", Corruption(statement, {"base_permaslug": M2}))
        for statement in (
            "update marts.coding_share_weekly set coding_token_share_lower = -0.1 "
            "where author = 'minimax' and coding_rank is null",
            "update marts.coding_share_weekly set coding_token_share_lower = 0.05 "
            "where author = 'minimax' and coding_rank is null",
            "update marts.coding_share_weekly set coding_token_share = 0.1 where author = 'minimax' and coding_rank = 1",
            "update marts.coding_share_weekly set coding_token_share_upper = 0.1 "
            "where author = 'minimax' and coding_rank = 1",
        )
    ),
    *(
        ("marts/coding_share_weekly/models_above_agree_with_rank.sql", Corruption(statement, {}))
        for statement in (
            "update marts.coding_share_weekly set models_above = [] where author = 'minimax' and coding_rank is null",
            "update marts.coding_share_weekly set models_above = [] where author = 'a' and coding_rank = 2",
            "update marts.coding_share_weekly set base_permaslug = 'other' where author = 'a' and coding_rank = 2",
        )
    ),
    *(
        ("core/model_token_bounds_daily/bounds_hold_what_is_listed.sql", Corruption(statement, {"usage_date": day_}))
        for statement, day_ in (
            ("update core.model_token_bounds_daily set total_tokens_lower = -1 where total_tokens = 51", W1),
            ("update core.model_token_bounds_daily set total_tokens_upper = 52 where total_tokens = 51", W1),
            (
                "update core.model_token_bounds_daily set total_tokens_lower = 21 "
                "where usage_date = '2026-01-06' and model_permaslug = 'minimax/minimax-m2'",
                date(2026, 1, 6),
            ),
        )
    ),
    (
        "core/model_token_bounds_daily/every_listed_row_stands.sql",
        Corruption(
            "update core.model_token_bounds_daily set total_tokens = 2 "
            "where usage_date = '2026-01-06' and model_permaslug = 'minimax/minimax-m2'",
            {"usage_date": date(2026, 1, 6), "listed_tokens": None, "total_tokens": 2},
        ),
    ),
    *(
        ("marts/m2_usage_daily/bounds_hold_the_total.sql", Corruption(statement, {"usage_date": date(2026, 1, 6)}))
        for statement in (
            "update marts.m2_usage_daily set total_tokens_lower = -1 where total_tokens is null",
            "update marts.m2_usage_daily set total_tokens_lower = 1 where total_tokens is null",
            "update marts.m2_usage_daily set total_tokens_upper = -1 where total_tokens is null",
        )
    ),
    (
        "marts/m2_usage_daily/variants_sum_to_total.sql",
        Corruption(
            "update marts.m2_usage_daily set free_tokens = 1 where total_tokens = 51",
            {"free_tokens": 1, "total_tokens": 51},
        ),
    ),
    (
        "marts/m2_coding_share_weekly/no_week_is_left_out.sql",
        Corruption("delete from marts.m2_coding_share_weekly where week_start = '2026-01-05'", {"week_start": W1}),
    ),
    (
        "marts/coding_leaderboard_weekly/rank_follows_tokens.sql",
        Corruption(
            "update marts.coding_leaderboard_weekly set coding_rank = 1 where week_start = '2026-01-05'",
            {"week_start": W1, "coding_rank": 1},
        ),
    ),
    *(
        (
            BOUNDS_OF_CLASSES,
            Corruption(f"update core.class_token_shares set {change} where {ONE_COUNTRY} = '{model_class}'", {}),
        )
        for change, model_class in (
            ("block_token_share_lower = -0.1, block_token_share = -0.1", "CN"),
            ("block_token_share_lower = 0.5", "CN"),
            ("block_token_share_upper = 0.1", "CN"),
            ("block_token_share_upper = null", "CN"),
            ("block_token_share = null", "unclassified"),
            ("block_token_share_lower = 0", "unclassified"),
            ("block_token_share_upper = 1", "other"),
        )
    ),
    (
        "core/class_token_shares/tokens_are_conserved.sql",
        Corruption(
            "delete from core.class_token_shares where classification = 'stealth' and period_start = '2026-01-06'",
            {"scope": "platform", "classification": "stealth", "stored_tokens": 50, "shown_tokens": None},
        ),
    ),
    (
        "core/model_weights/spans_follow_each_other.sql",
        Corruption("update core.model_weights set valid_to = valid_from where base_permaslug = 'a/x'", {}),
    ),
    (
        "core/models/every_listed_model_stands.sql",
        Corruption("update core.models set last_listed_on = '2026-01-10' where base_permaslug = 'b/second'", {}),
    ),
    *(
        (file, Corruption(statement, {"platform_share_sum": platform, "coding_share_sum": coding}))
        for file, table, column in (
            (SUM_OF_COUNTRIES, "marts.country_token_share_weekly", "country"),
            (SUM_OF_WEIGHTS, "marts.open_weight_token_share_weekly", "weights"),
        )
        for statement, platform, coding in (
            (
                f"update {table} set platform_token_share = 0.5 where week_start = '2026-01-05' and {column} = 'other'",
                0.5,
                pytest.approx(1),
            ),
            (f"update {table} set coding_token_share = null where week_start = '2026-01-12'", None, None),
        )
    ),
    *(
        (STEALTH_AGREES, Corruption(f"update marts.stealth_token_share_daily set {change} where usage_date = '{day_}'", {}))
        for change, day_ in (
            ("platform_token_share = 0", "2026-01-06"),
            ("platform_token_share_lower = 0.1", "2026-01-06"),
            ("platform_token_share_upper = 0.3", "2026-01-04"),
            ("platform_token_share_upper = 1.1", "2026-01-04"),
        )
    ),
    *(
        (
            "ops/unclassified/nothing_known_is_asked_for.sql",
            Corruption(
                f"insert into ops.unclassified by name select '{attribute}' as attribute, '{subject}' as subject, "
                "date '2026-01-05' as last_listed_on",
                {"attribute": attribute, "subject": subject},
            ),
        )
        for attribute, subject in (("country", "minimax"), ("open weights", "a/x"))
    ),
    *(
        ("reference/authors/names_stand_for_one_maker.sql", Corruption(statement, {"author": "alibaba"}))
        for statement in (
            "update reference.authors set maker = 'Another' where author = 'alibaba'",
            "update reference.authors set canonical_author = 'nobody' where author = 'alibaba'",
            "update reference.authors set canonical_author = 'bytedance', maker = 'ByteDance' where author = 'alibaba'",
        )
    ),
    *(
        (
            "reference/authors/no_name_is_reserved.sql",
            Corruption(
                f"update reference.authors set canonical_author = '{name}' where author = 'baidu'", {"author": "baidu"}
            ),
        )
        for name in ("other", "unclassified", "openrouter", "stealth", "~baidu")
    ),
    *(
        (
            "reference/open_weights/pattern_names_an_author.sql",
            Corruption(
                f"update reference.open_weights set model_pattern = '{pattern}' where model_pattern = 'z-ai/glm-4.6'", {}
            ),
        )
        for pattern in ("*/glm-4.6", "z-ai", "z-ai/glm-4.6:free")
    ),
    (
        "core/model_kinds/no_router_is_a_stealth_model.sql",
        Corruption(
            "update reference.routers set base_permaslug = 'b/second' where base_permaslug = 'openrouter/free'; "
            "update reference.stealth_models set base_permaslug = 'b/second' where base_permaslug = 'openrouter/owl-alpha'",
            {},
        ),
    ),
    (
        "reference/routers/no_variant_is_named.sql",
        Corruption("update reference.routers set base_permaslug = 'router' where base_permaslug = 'openrouter/free'", {}),
    ),
    *(
        (
            "reference/stealth_models/unmasking_is_whole.sql",
            Corruption(f"update reference.stealth_models set {change} where base_permaslug = 'openrouter/owl-alpha'", {}),
        )
        for change in ("unmasked_as = base_permaslug", "base_permaslug = 'openrouter/owl-alpha:free'")
    ),
    (
        "marts/restatements/value_changed.sql",
        Corruption("update marts.restatements set known_after = known_before", {"model_permaslug": M2}),
    ),
    (
        "marts/citations/line_agrees_with_the_source.sql",
        Corruption(
            "update marts.citations set is_simulated = true where table_name = 'marts.m2_usage_daily'",
            {"table_name": "marts.m2_usage_daily", "is_simulated": True},
        ),
    ),
    *(
        ("marts/claim_checks/verdict_rests_on_a_measure.sql", Corruption(statement, {}))
        for statement in (
            "update marts.claim_checks set verdict = 'unknown' where claim like 'capital%'",
            "update marts.claim_checks set verdict = 'refuted', measured_value = 1 where claim like '%Chinese%'",
        )
    ),
    *(
        ("marts/launch_curves/peak_and_half_agree_with_the_curve.sql", Corruption(statement, {"base_permaslug": M2}))
        for statement in (
            "update marts.launch_curves set half_life_weeks = 0 where author = 'minimax'",
            "update marts.launch_curves set half_life_weeks = 9 where author = 'minimax'",
            "update marts.launch_curves set coding_token_share = 0.6 where author = 'minimax' and coding_rank = 2",
            "update marts.launch_curves set half_life_status = 'cannot be known' where author = 'minimax'",
            "update marts.launch_curves set half_life_status = 'no peak yet', half_life_weeks = null "
            "where author = 'minimax'",
        )
    ),
    *(
        ("marts/lineage_share_weekly/members_sum_to_the_lineage.sql", Corruption(statement, {"lineage": "minimax-m2"}))
        for statement in (
            "update marts.lineage_share_weekly set coding_token_share = 0 where coding_rank is null",
            "insert into marts.lineage_share_weekly from (select * replace ('x/x' as base_permaslug, "
            "0.1 as lineage_coding_token_share, null as coding_token_share) "
            "from marts.lineage_share_weekly where coding_rank = 1)",
        )
    ),
    *(
        ("marts/m2_coding_share_daily/allocated_days_sum_to_the_week.sql", Corruption(statement, {"week_start": W3}))
        for statement in (
            "update marts.m2_coding_share_daily set day_category_tokens_estimate = 1 where usage_date = '2026-01-19'",
            "update marts.m2_coding_share_daily set day_category_tokens_estimate = 201 where usage_date = '2026-01-19'",
            "delete from marts.m2_coding_share_daily where usage_date = '2026-01-19'",
        )
    ),
    *(
        (
            "marts/m2_coding_share_daily/bounds_hold_the_share.sql",
            Corruption(
                f"update marts.m2_coding_share_daily set {broken} where method = 'captured' and usage_date = '{usage_date}'",
                {"method": "captured"},
            ),
        )
        for usage_date, broken in (
            ("2026-01-20", "coding_token_share_estimate_lower = -1"),
            ("2026-01-20", "coding_token_share_estimate_upper = 2"),
            ("2026-01-20", "coding_token_share_estimate = 1"),
            ("2026-01-20", "coding_token_share_estimate_upper = null"),
            ("2026-01-20", "is_difference_negative = true"),
            ("2026-01-20", "coding_token_share_estimate = null, coding_token_share_estimate_lower = 0.9"),
            ("2026-01-20", "day_category_tokens_estimate = 0"),
            ("2026-01-20", "hours_between_readings = 17.9"),
            ("2026-01-20", "hours_between_readings = 30.1"),
            ("2026-01-19", "hours_between_readings = 36.1"),
        )
    ),
    (
        "marts/m2_milestones/no_value_without_a_date.sql",
        Corruption(
            "update marts.m2_milestones set reached_on = '2025-12-31' where milestone = 'peak day'",
            {"milestone": "peak day", "reached_on": date(2025, 12, 31)},
        ),
    ),
    *(
        (
            "marts/m2_milestones/no_value_without_a_date.sql",
            Corruption(
                f"update marts.m2_milestones set milestone_status = '{said}' where milestone = '{milestone}'",
                {"milestone": milestone, "milestone_status": said},
            ),
        )
        for milestone, said in (("peak day", "cannot be known"), ("last day in the platform top 50", "reached"))
    ),
    (
        "marts/m2_milestones/peaks_are_the_greatest.sql",
        Corruption(
            "update marts.m2_milestones set value = null where milestone = 'peak coding week'",
            {"milestone": "peak coding week", "value": None, "greatest": 0.55},
        ),
    ),
    (
        "marts/revision_curve/pairs_are_conserved.sql",
        Corruption("delete from marts.revision_curve", {"pairs_read": 1, "pairs_shown": None}),
    ),
]


@pytest.mark.parametrize("table", BUILT, ids=lambda table: table.full_name)
def test_good_tables_have_rows_to_judge(tables: Tables, table: Table) -> None:
    """A check passes on an empty table, whatever it says: none is empty here."""
    assert store.count(tables.con, table.full_name) > 0


@pytest.mark.parametrize("file", FILES)
def test_good_tables_pass(tables: Tables, file: str) -> None:
    """A check returns nothing where nothing is wrong."""
    assert store.failing_rows(tables.con, (CHECKS / file).read_text()) == store.FailingRows(0, [])


@pytest.mark.parametrize("file", FILES)
def test_a_corrupted_table_fails(corruptible: Tables, file: str) -> None:
    """A check returns the corrupted row, and no other."""
    assert_fails(corruptible, file, CORRUPTIONS[file])


@pytest.mark.parametrize(("file", "corruption"), MORE_CORRUPTIONS, ids=[file for file, _ in MORE_CORRUPTIONS])
def test_each_thing_a_check_holds_is_seen_to_fail(corruptible: Tables, file: str, corruption: Corruption) -> None:
    """A check that holds several things fails for each of them alone."""
    assert_fails(corruptible, file, corruption)


def assert_fails(corruptible: Tables, file: str, corruption: Corruption) -> None:
    corruptible.con.execute(corruption.statement)
    failing = store.failing_rows(corruptible.con, (CHECKS / file).read_text())
    assert failing.count == 1
    assert failing.rows == [failing.rows[0] | corruption.failing_row]


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
