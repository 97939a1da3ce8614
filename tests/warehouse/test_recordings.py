"""Acceptance: the figures that the recorded responses are known to hold come out of the whole line.

The recordings are read where they lie; without them these tests are skipped.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.openrouter import recorded
from pipeline.settings import WAREHOUSE
from tests import support
from tests.support import Loaded, needs_recordings

pytestmark = needs_recordings

RISE = [date(2025, 10, 27) + timedelta(days=7 * n) for n in range(6)]
RIVALS = ["x-ai/grok-code-fast-1", "anthropic/claude-4.5-sonnet-20250929"]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Every recording, imported, loaded and built once."""
    yield from support.loaded(tmp_path_factory, support.EVERY_RECORDING)


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """The lists of apps that were read from the API."""
    yield from support.loaded(tmp_path_factory, support.HISTORY / "app-rankings")


def test_nothing_is_refused(loaded: Loaded) -> None:
    """No blocking expectation fails on what the source really sent, and nothing goes to quarantine."""
    blocking = [one for one in loaded.report.outcomes.values() if one.expectation.is_blocking]
    assert blocking
    assert [one.expectation.name for one in blocking if not one.passed] == []
    assert loaded.report.unresolved == []
    assert loaded.rows("select count(*) from raw.quarantine") == [(0,)]


def test_every_rule_holds(loaded: Loaded) -> None:
    """Real blocks break no check; a key identifies a row in every table; no view has a NULL that is not promised."""
    checks = {str(path): path.read_text() for path in (WAREHOUSE / "checks").rglob("*.sql")}
    checks |= {f"key of {name}": store.duplicated_keys(table) for name, table in TABLES.items()}
    for name, table in TABLES.items():
        if table.is_view:
            nulls = " or ".join(f'"{one}" is null' for one in table.required)
            checks[f"nulls of {name}"] = f"from {name} where {nulls}"
    assert [name for name, select in checks.items() if store.failing_rows(loaded.con, select).rows] == []


FIGURES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "content is stored once": ("select count(*) from raw.block_rows", [(10_139,)]),
    "a line stands for a changed value": ("select count(*) from core.block_row_vintages", [(9_579,)]),
    "M2 peaks when it is folded": (
        "select usage_date, total_tokens, round(platform_token_share, 4), platform_rank from marts.m2_usage_daily "
        "order by total_tokens desc nulls last limit 1",
        [(date(2025, 11, 11), 84_323_736_444, 0.0888, 3)],
    ),
    "its shares in the first three weeks": (
        "select round(coding_token_share, 4) from marts.m2_coding_share_weekly order by week_start limit 3",
        [(0.0751,), (0.1231,), (0.0994,)],
    ),
    "absent in January it has a bound": (
        "select coding_token_share, coding_rank, coding_token_share_lower, round(coding_token_share_upper, 4) "
        "from marts.m2_coding_share_weekly where week_start = '2026-01-05'",
        [(None, None, 0, 0.0261)],
    ),
    "and in all weeks since": (
        "select max(week_start), count(coding_token_share), count(coding_rank), max(coding_token_share_lower), "
        "bool_and(coding_token_share_upper between 1e-9 and 0.1) "
        "from marts.m2_coding_share_weekly where week_start >= '2026-01-05'",
        [(date(2026, 4, 27), 0, 0, 0, True)],
    ),
    "a fall that no figure states": (
        "select change_pp, round(change_pp_lower, 1), round(change_pp_upper, 1) from marts.coding_share_weekly "
        "where base_permaslug = 'openrouter/horizon-alpha' and week_start = '2025-08-04'",
        [(None, -21.8, -18.9)],
    ),
    "M2's exit was a fall of at least 3.1 points": (
        "select change_pp, round(change_pp_upper, 1) from marts.m2_coding_share_weekly where week_start = '2026-01-05'",
        [(None, -3.1)],
    ),
    "by list price tokens of MiniMax cost a third of the mean, those of Anthropic over four times as much": (
        "select subject, days_priced, round(priced_token_share, 4), round(list_spend_share_estimate, 4), "
        "round(list_spend_share_lower, 4), round(list_spend_share_upper, 4), list_spend_usd_estimate::bigint, "
        "round(covered_token_share, 2) from marts.spend_share_weekly "
        "where week_start = '2025-12-29' and subject in ('minimax', 'anthropic') order by subject desc",
        [
            ("minimax", 7, 0.031, 0.0098, 0.0021, 0.0469, 71_363, 0.91),
            ("anthropic", 7, 0.1351, 0.6157, 0.2321, 0.899, 4_497_990, 0.91),
        ],
    ),
    "where the catalogue was not read for months most tokens have no price": (
        "select week_start::varchar, round(unpriced_token_share, 2), round(covered_token_share, 2), "
        "price_retrieved_at::date::varchar from marts.spend_share_weekly "
        "where week_start in ('2026-06-29', '2026-07-20') and subject = 'anthropic' order by 1",
        [("2026-06-29", 0.85, 0.14, "2026-01-28"), ("2026-07-20", 0.02, 0.91, "2026-07-17")],
    ),
    "M2's list price in the middle of November was 7.4 % of Claude's": (
        "select round(measured_value, 4), verdict from marts.claim_checks where claim like 'M2 at about 8 %%'",
        [(0.0744, "confirmed")],
    ),
    "the sample was multiplied by 400, then by 800, then by less": (
        "select sample_divisor, min(week_start)::varchar, max(week_start)::varchar, count(distinct week_start) "
        "from marts.coding_share_error_weekly where week_start <= '2025-11-24' group by sample_divisor order by 2",
        [(400, "2025-05-19", "2025-11-10", 26), (800, "2025-11-17", "2025-11-17", 1), (100, "2025-11-24", "2025-11-24", 1)],
    ),
    "third for six weeks, told from the fourth by at least four errors": (
        "select coding_rank, bool_and(rank_is_resolved), count(*), round(min(z_to_next), 1), "
        "round(100 * max(coding_token_share_standard_error_estimate), 2) "
        "from marts.coding_share_error_weekly where base_permaslug = m2() and coding_rank <= 3 group by coding_rank",
        [(3, True, 6, 4.4, 0.23)],
    ),
    "then fourth to sixth, never told from the one above, always from the one below": (
        "select week_start::varchar, coding_rank, rank_lower_estimate, rank_upper_estimate, round(z_to_previous, 1), "
        "round(z_to_next, 1) from marts.coding_share_error_weekly "
        "where base_permaslug = m2() and coding_rank > 3 order by week_start",
        [
            ("2025-12-08", 5, 4, 5, 1.1, 12.9),
            ("2025-12-15", 6, 5, 6, 0.5, 11.0),
            ("2025-12-22", 6, 5, 6, 0.1, 4.8),
            ("2025-12-29", 6, 5, 6, 0.1, 5.1),
        ],
    ),
    "the intensity of M2 grew every week but one, as the free crowd left": (
        "select list(round(carried_intensity, 2) order by intensity_week) from core.coding_share_estimates "
        "where base_permaslug = 'minimax/minimax-m2' and weeks_carried = 1 and days_known = 0",
        [([1.67, 1.84, 2.0, 2.19, 2.72, 2.71, 2.89, 2.91, 2.92, 3.56],)],
    ),
    "its nowcast was off by 0.59 points where no change is by 1.51": (
        "select nowcast_method, forecasts, round(mean_absolute_error_pp, 2) from marts.coding_share_nowcast_scores "
        "where scored_models = 'minimax/minimax-m2' and days_known = 7 order by nowcast_method",
        [("intensity_carried", 9, 0.59), ("last_day_carried", 9, 1.62), ("no_change", 9, 1.51)],
    ),
    "nowcasts of all models by the median error of their logarithm, beside no change": (
        "select forecasts, round(median_absolute_log_error, 3) from marts.coding_share_nowcast_scores "
        "where scored_models = 'all' and days_known = 7 and nowcast_method <> 'last_day_carried' order by nowcast_method",
        [(75, 0.097), (75, 0.128)],
    ),
    "M2.5 leads in February": (
        "select base_permaslug, round(coding_token_share, 4) from marts.coding_leaderboard_weekly "
        "where week_start = '2026-02-09' and coding_rank = 1",
        [("minimax/minimax-m2.5-20260211", 0.3299)],
    ),
    "the lineage has at least that": (
        "select round(lineage_coding_token_share, 4) >= 0.3299 from marts.m2_coding_share_weekly "
        "where week_start = '2026-02-09'",
        [(True,)],
    ),
    "2026-07-18 as it was known first": (
        "select sum(total_tokens)::bigint from model_usage_daily_as_of('2026-07-19 12:00:00Z') "
        "where usage_date = '2026-07-18'",
        [(7_865_670_510_190,)],
    ),
    "and then, 2.35 % more": (
        "select sum(total_tokens)::bigint, round(sum(total_tokens) / 7_865_670_510_190 - 1, 4) from core.model_usage_daily "
        "where usage_date = '2026-07-18'",
        [(8_050_764_751_145, 0.0235)],
    ),
    "figures that changed after their day had closed, and none fell": (
        "select count(*), count(*) filter (tokens_after > tokens_before), count(distinct series) from marts.restatements "
        "where tokens_before is not null and tokens_after is not null",
        [(1_276, 1_276, 1)],
    ),
    "all days read within an hour of their close were revised, upward; later ones hardly": (
        "select reading_pairs, changed_pairs, upward_pair_share, round(max_relative_change, 4), "
        "bias_t between 0.5 and 1.5, sign_flips "
        "from marts.revision_statistics where hours_after_close_from in (0, 8) order by hours_after_close_from",
        [(35, 35, 1, 0.0235, True, 0), (2, 0, None, None, None, 0)],
    ),
    "the first figure of 2026-07-18, and its two values": (
        "select 'first', sum(total_tokens)::bigint from first_release('usage_day') where period_start = '2026-07-18' "
        "union all select 'value', block_tokens from marts.vintage_matrix "
        "where series = 'usage_day' and period_start = '2026-07-18' and hours_after_close >= 0 order by all",
        [("first", 7_865_670_510_190), ("value", 7_865_670_510_190), ("value", 8_050_764_751_145)],
    ),
    "days that were read once, too early": (
        "select distinct usage_date::varchar from core.model_usage_daily where is_provisional order by all",
        [("2026-07-29",), ("2026-07-30",)],
    ),
    "weeks of the last recording that nothing confirms": (
        "select distinct week_start::varchar from core.category_usage_weekly where is_provisional order by all",
        [("2026-03-30",), ("2026-04-06",), ("2026-04-13",), ("2026-04-20",), ("2026-04-27",)],
    ),
    "every recorded week was cut at nine models": ("select distinct capture from marts.coding_share_weekly", [("top9",)]),
    "three catalogues": ("select count(distinct retrieved_at) from core.readings where series = 'models'", [(3,)]),
    "some entries ended, and those that did not are those of the newest catalogue": (
        "select count(*) filter (known_to is not null) > 0, count(*) filter (known_to is null) = ("
        "  select count(*) from raw.catalogue_rows join core.readings using (block_hash) "
        "  where retrieved_at = (select max(retrieved_at) from core.readings where series = 'models')) "
        "from core.model_catalogue_vintages",
        [(True, True)],
    ),
    "Chinese models take most of coding, whoever the unlisted are": (
        "select week_start::varchar, round(coding_token_share_lower, 3), round(coding_token_share_upper, 3) "
        "from marts.country_token_share_weekly "
        "where country = 'CN' and week_start in ('2025-10-13', '2026-02-16') order by week_start",
        [("2025-10-13", 0.030, 0.154), ("2026-02-16", 0.690, 0.822)],
    ),
    "stealth models peak in November: two that were Grok 4.1 Fast": (
        "select usage_date::varchar, round(platform_token_share, 4), stealth_models from marts.stealth_token_share_daily "
        "order by platform_token_share desc nulls last limit 1",
        [("2025-11-16", 0.0971, ["openrouter/sherlock-think-alpha", "openrouter/sherlock-dash-alpha"])],
    ),
    "F29: stealth apart, less than 1 % of any day belongs to an author that nobody knows": (
        "select max(authors.platform_token_share - stealth.platform_token_share_lower) between 1e-9 and 0.01, count(*) "
        "from marts.author_token_share_daily as authors join marts.stealth_token_share_daily as stealth using (usage_date) "
        "where canonical_author = 'unclassified'",
        [(True, 153)],
    ),
    "by which measures coding is known": (
        "select distinct measure from marts.coding_share_measures_weekly order by all",
        [("category_programming",), ("platform",)],
    ),
    "three windows of tasks": (
        "select window_end::varchar, count(*), round(sum(classified_token_share) filter (tag = '*'), 3) "
        "from core.task_shares group by window_end order by window_end",
        [("2026-09-01", 33, 1.0), ("2026-09-04", 33, 1.0), ("2026-09-21", 33, 1.0)],
    ),
    "windows that were missed are counted, and nobody confirmed one": (
        "select periods_read, periods_missing, provisional_periods from core.series_coverage where series = 'task_7d'",
        [(3, 18, 3)],
    ),
    "the lists of the site, once taken for the API's, are kept and say why they are excluded": (
        "select count(*), bool_and(contains(reason, 'frontend')) from raw.exchanges where outcome = 'wrong source'",
        [(33, True)],
    ),
    "none of them is read": ("select count(*) from core.app_usage", [(0,)]),
    "M3 and gpt-oss-120b are efficient in July, M2.7 is not": (
        "select base_permaslug, intelligence_index, blended_usd_per_million, is_pareto_efficient "
        "from marts.price_intelligence where base_permaslug like 'minimax/%' or base_permaslug = 'openai/gpt-oss-120b' "
        "order by base_permaslug",
        [
            ("minimax/minimax-m2.7-20260318", 38.1, Decimal("0.4375"), False),
            ("minimax/minimax-m3-20260531", 44.4, Decimal("0.525"), True),
            ("openai/gpt-oss-120b", 23.8, Decimal("0.07025"), True),
        ],
    ),
    "M2 was ever more of coding than of all use": (
        "select round(coding_intensity, 2) from marts.coding_intensity_weekly "
        "where base_permaslug = 'minimax/minimax-m2' and coding_intensity is not null order by week_start",
        [(one,) for one in (1.67, 1.84, 2.00, 2.19, 2.72, 2.71, 2.89, 2.91, 2.92, 3.56)],
    ),
    "its rise was share, and so was its decline": (
        "select week_start > '2025-11-03', round(sum(token_log_change), 3), round(sum(market_log_change), 3), "
        "round(sum(token_share_log_change), 3) from marts.growth_accounting_weekly "
        "where base_permaslug = 'minimax/minimax-m2' group by 1 order by 1",
        [(False, 0.458, 0.056, 0.402), (True, -1.473, -0.046, -1.427)],
    ),
    "coding spreads over three times as many models within twelve weeks": (
        "select week_start::varchar, round(hhi_lower, 3), round(hhi_upper_estimate, 3), "
        "round(effective_models_lower_estimate, 1), round(effective_models_upper, 1) from marts.coding_concentration_weekly "
        "where week_start in ('2025-11-03', '2026-01-26') order by week_start",
        [("2025-11-03", 0.277, 0.279, 3.6, 3.6), ("2026-01-26", 0.079, 0.087, 11.5, 12.6)],
    ),
    "it was most concentrated the week before M2 came, whatever the unlisted are": (
        "select week_start::varchar, hhi_lower > (select max(hhi_upper) from marts.coding_concentration_weekly "
        "where week_start <> '2025-10-20') from marts.coding_concentration_weekly order by hhi_lower desc limit 1",
        [("2025-10-20", True)],
    ),
    "models stay in the list for a median of five weeks": (
        "select weeks_in_list, at_risk, round(survival_share_estimate, 4) from marts.top_list_survival_curve "
        "where counted = 'all weeks of a model' and weeks_in_list in (1, 4, 5, 8) order by weeks_in_list",
        [(1, 65, 0.7846), (4, 35, 0.5006), (5, 29, 0.4315), (8, 15, 0.2690)],
    ),
    "M2's ten weeks are more than 80 % of 65 models had, and more than 86 % of 94 stays in a row": (
        "select counted, weeks_in_list, round(shorter_stay_share, 2), is_end_observed, ("
        "  select count(*) from marts.top_list_survival as one where one.counted = stay.counted and is_start_observed) "
        "from marts.top_list_survival as stay where base_permaslug = 'minimax/minimax-m2' order by counted",
        [("all weeks of a model", 10, 0.8, True, 65), ("weeks in a row", 10, 0.86, True, 94)],
    ),
    "M2 was down to half of its peak in the fourth week, by what is listed": (
        "select distinct half_life_weeks, half_life_weeks_lower, half_life_weeks_upper, half_life_status "
        "from marts.launch_curves where base_permaslug = 'minimax/minimax-m2'",
        [(4, 4, 4, "reached")],
    ),
    "a launch within the week leaves nobody a better rank": (
        "select base_permaslug, measure_rank from marts.coding_share_measures_weekly "
        "where measure = 'platform' and week_start = '2025-11-17' and measure_rank in (2, 5) order by measure_rank",
        [("x-ai/grok-4.1-fast", 2), ("minimax/minimax-m2", 5)],
    ),
    "M2 was free to 2025-11-11, 81 % of its tokens; 0.44 of its share and 16 paid tokens for 100 free ones stayed": (
        "select first_free_day::varchar, last_free_day::varchar, window_status, round(model_free_token_share, 2), "
        "round(100 * before_7d_token_share, 2), round(100 * after_7d_token_share, 2), round(kept_7d, 2), "
        "round(paid_rise_per_free_token, 2) from marts.free_windows where base_permaslug = 'minimax/minimax-m2'",
        [("2025-10-25", "2025-11-11", "ended", 0.81, 7.42, 3.26, 0.44, 0.16)],
    ),
    "by 20 % it ends on the same day, by 50 % two days before, and 0.74 stayed": (
        "select last_free_day_at_20::varchar, round(kept_7d_at_20, 2), last_free_day_at_50::varchar, "
        "round(kept_7d_at_50, 2) from marts.free_windows where base_permaslug = 'minimax/minimax-m2'",
        [("2025-11-11", 0.44, "2025-11-09", 0.74)],
    ),
    "the day after, it had 54 % less": (
        "select round(max(total_tokens) filter (usage_date = '2025-11-12') "
        "/ max(total_tokens) filter (usage_date = '2025-11-11') - 1, 2) from marts.m2_usage_daily",
        [(-0.54,)],
    ),
    "in seven days M2 lost 4.09 points; grok gained 1.84 after it had lost 3.83, and an alpha was launched": (
        "select base_permaslug, days_from, round(listed_change_pp, 2) from marts.event_studies "
        "where event_kind = 'free_window_end' and event_model = 'minimax/minimax-m2' and days_from in (-14, 0) "
        "and base_permaslug in ('minimax/minimax-m2', 'x-ai/grok-code-fast-1', 'openrouter/sherlock-think-alpha') "
        "order by days_from, base_permaslug",
        [
            ("minimax/minimax-m2", -14, -1.6),
            ("openrouter/sherlock-think-alpha", -14, 0),
            ("x-ai/grok-code-fast-1", -14, 3.83),
            ("minimax/minimax-m2", 0, -4.09),
            ("openrouter/sherlock-think-alpha", 0, 2.65),
            ("x-ai/grok-code-fast-1", 0, 1.84),
        ],
    ),
    "9.1 % of the platform is free on these days, 2.2 to 33.4": (
        "select round(100 * avg(free_token_share), 1), round(100 * min(free_token_share), 1), "
        "round(100 * max(free_token_share), 1) from marts.free_share_daily",
        [(9.1, 2.2, 33.4)],
    ),
    "weekends by working days between the free window and Christmas, within the week": (
        "with days as (select usage_date, base_permaslug, total_tokens from core.model_usage_daily union all select "
        "usage_date, 'platform', total_tokens from core.model_usage_daily), sums as (select base_permaslug, usage_date, "
        "sum(total_tokens) as tokens from days group by all) "
        "select base_permaslug, round(avg(tokens) filter (isodow(usage_date) > 5) "
        "/ avg(tokens) filter (isodow(usage_date) < 6), 2) from sums "
        "where usage_date between '2025-11-17' and '2025-12-21' and base_permaslug in "
        "('minimax/minimax-m2', 'x-ai/grok-code-fast-1', 'platform') group by all order by 1",
        [("minimax/minimax-m2", 0.71), ("platform", 0.8), ("x-ai/grok-code-fast-1", 0.74)],
    ),
    "all of M2's weekends, by the working days around them: about level with the platform": (
        "select complete_weekends, round(weekend_factor, 2), round(weekend_token_share_factor, 2), "
        "weekend_token_share_factor_from_estimate < 1 and weekend_token_share_factor_to_estimate > 1 "
        "from marts.weekday_factors where base_permaslug = 'minimax/minimax-m2'",
        [(9, 0.83, 1.02, True)],
    ),
}


@pytest.mark.parametrize(("query", "figures"), FIGURES.values(), ids=FIGURES.keys())
def test_recorded_figures(loaded: Loaded, query: str, figures: list[tuple[Any, ...]]) -> None:
    """What the recorded responses are known to hold."""
    assert loaded.rows(query) == figures


def test_m2_begins_free_and_goes_on_paid(loaded: Loaded) -> None:
    """Only `:free` from 2025-10-25, the paid row from 2025-10-31, `:free` gone from 2025-11-12."""
    days = loaded.rows("""
        select usage_date, default_tokens is not null, free_tokens is not null, days_since_first_seen
        from marts.m2_usage_daily
        order by usage_date
    """)
    assert days[0] == (date(2025, 10, 25), False, True, 0)
    assert min(day for day, is_paid, *_ in days if is_paid) == date(2025, 10, 31)
    free = [day for day, _, is_free, _ in days if is_free]
    assert free == [date(2025, 10, 25) + timedelta(days=n) for n in range(len(free))]
    assert free[-1] == date(2025, 11, 11)


def test_every_mart_has_rows(loaded: Loaded) -> None:
    """Recorded rankings, tasks, apps and catalogues feed each mart, if not each of its rows. No session cost, no week of
    apps and no response of the second gateway is recorded."""
    empty = {name for name in TABLES if name.startswith("marts.") and not store.count(loaded.con, name)}
    assert empty == {
        *("marts.session_cost_comparison", "marts.app_usage_weekly", "marts.app_comovement"),
        *("marts.gateway_lab_share_daily", "marts.gateway_lab_mean_shares", "marts.gateway_comparison_weekly"),
    }


@support.needs_history
def test_recorded_windows_of_apps(apps: Loaded) -> None:
    """Fifteen windows of fifty apps, none refused, with the API's figure and not the site's of the same minute."""
    assert apps.report.verdicts == {"loaded": 42}
    assert apps.rows("select count(distinct window_end), count(*) from core.app_usage") == [(15, 750)]
    assert apps.rows("select distinct citation like '%(openrouter.ai/apps)%' from core.app_usage") == [(True,)]
    assert apps.rows("""
        select app_name, total_tokens from core.app_usage where window_end = '2026-07-20' and app_rank = 1
    """) == [("Hermes Agent", 28793478035652)]


def test_events_tell_the_story(loaded: Loaded) -> None:
    """M2 enters third, gains, leaves with a bound; M2.5 comes in first. What was cut at nine is told of the first nine."""
    told = loaded.rows("""
        select period_start::varchar, event_kind, base_permaslug, previous_value, value, capture
        from marts.events
        where event_kind in ('enters_top', 'leaves_top')
            and base_permaslug in ('minimax/minimax-m2', 'minimax/minimax-m2.5-20260211')
        order by period_start
    """)
    assert told == [
        ("2025-10-27", "enters_top", "minimax/minimax-m2", None, 3, "top9"),
        ("2026-01-05", "leaves_top", "minimax/minimax-m2", 6, None, "top9"),
        ("2026-02-09", "enters_top", "minimax/minimax-m2.5-20260211", None, 1, "top9"),
        ("2026-04-27", "leaves_top", "minimax/minimax-m2.5-20260211", 7, None, "top9"),
    ]
    ((title,),) = loaded.rows("""
        select title
        from marts.events
        where event_id = 'leaves_top/category_week/programming/2026-01-05/minimax/minimax-m2'
    """)
    assert "leaves the top 9 in coding: not listed, so at most 2.6 %" in title
    ((gain,),) = loaded.rows("""
        select round(100 * (value - previous_value), 2)
        from marts.events
        where event_id = 'share_change/category_week/programming/2025-11-03/minimax/minimax-m2'
    """)
    assert gain == 4.79


def test_events_are_few_enough_to_be_read(loaded: Loaded) -> None:
    """Fifty weeks of coding and 153 days: under eight a week. What is provisional says so; each event leads to its rows."""
    counts = dict(loaded.rows("select event_kind, count(*) from marts.events group by event_kind"))
    assert set(counts) == {
        "enters_top", "leaves_top", "passes", "share_change", "restated", "stealth", "unclassified"
    }  # fmt: skip
    assert sum(counts.values()) < 8 * 50
    assert (counts["restated"], counts["stealth"]) == (1, 4)
    assert loaded.rows("select distinct is_provisional from marts.events where period_start = '2026-04-27'") == [(True,)]
    assert [query for (query,) in loaded.rows("select evidence_query from marts.events") if not loaded.rows(query)] == []


WORDS_OF_THE_SAMPLE = {
    "from marts.m2_milestones where milestone = 'half of the peak coding week'": "0.024 points below it, z 0.2.",
    "from marts.m2_milestones where milestone = 'overtaken in coding'": (
        "By the sample it is about level with anthropic/claude-4.5-opus-20251124: rank 4 to 5."
    ),
    "from marts.claim_checks where claim like 'M2 ranked third%'": "5, against rank 4 with z of at least 10.7 (",
    "from marts.events where event_id = 'passes/category_week/programming/2025-12-08/openai/gpt-oss-120b'": (
        "In that week the sample shows it about level with anthropic/claude-4.5-sonnet-20250929: rank 2 to 3."
    ),
}


@pytest.mark.parametrize(("rows", "words"), WORDS_OF_THE_SAMPLE.items())
def test_words_follow_the_error(recording: Loaded, rows: str, words: str) -> None:
    """What turns on a difference that the sample does not tell says so; third place, which it does tell, says how surely."""
    ((evidence,),) = recording.rows(f"select evidence {rows}")
    assert words in evidence


def test_changes_without_a_figure_are_certain_all_the_same(loaded: Loaded, recording: Loaded) -> None:
    """64 falls and 23 rises of models that one of two weeks does not list. A catalogue knows more variants that may be
    unlisted: beside it fewer are certain.
    """
    query = """
        select count_if(change_pp_upper < 0), count_if(change_pp_lower > 0)
        from marts.coding_share_weekly
        where change_pp is null
    """
    assert recording.rows(query) == [(64, 23)]
    assert loaded.rows(query) == [(58, 21)]


def test_the_press_counted_the_nine_rows_of_the_chart(recording: Loaded) -> None:
    """Reported were 4.12 and 2.94, 5.16, 4.69 and 3.294, 12.96 and 3.03, 7.941 and 3.76, 9.22 and 4.93 trillion tokens."""
    assert recording.rows("""
        select
            week_start::varchar,
            round(any_value(visible_tokens) filter (country = 'CN') / 1e12, 3),
            round(any_value(visible_tokens) filter (country = 'US') / 1e12, 3)
        from marts.visible_chart_effect_weekly
        where week_start in ('2026-02-09', '2026-02-16', '2026-03-09', '2026-03-30', '2026-05-04', '2026-05-18')
        group by week_start
        order by week_start
    """) == [
        ("2026-02-09", 4.119, 2.933), ("2026-02-16", 5.155, 3.154), ("2026-03-09", 4.683, 3.288),
        ("2026-03-30", 12.954, 3.028), ("2026-05-04", 7.939, 3.761), ("2026-05-18", 9.214, 4.924),
    ]  # fmt: skip
    assert recording.rows("""
        select country, round(visible_token_share, 3), round(top_50_token_share, 3), round(platform_token_share_lower, 3),
            round(platform_token_share_upper, 3), len(visible_models)
        from marts.visible_chart_effect_weekly
        where week_start = '2026-02-09' and country in ('CN', 'US')
        order by country
    """) == [("CN", 0.584, 0.447, 0.419, 0.490, 4), ("US", 0.416, 0.532, 0.500, 0.571, 5)]


def test_no_claim_of_the_press_holds_on_the_platform(recording: Loaded) -> None:
    """Four hold in the rows that they counted, and on the platform at neither bound; one is open, one before the data."""
    assert recording.rows("""
        select round(claimed_value, 2), round(measured_value, 3), verdict, round(platform_value_lower, 3),
            round(platform_value_upper, 3), platform_verdict
        from marts.claim_checks
        where claimed_denominator is not null
        order by claimed_value
    """) == [
        (0.02, None, "not measurable", None, None, "not measurable"),
        (0.5, 0.512, "confirmed", 0.385, 0.454, "refuted"),
        (0.51, 0.454, "undecided", 0.454, 0.552, "undecided"),
        (0.61, 0.606, "confirmed", 0.470, 0.529, "refuted"),
        (1.4, 1.404, "confirmed", 0.734, 0.980, "refuted"),
        (2.11, 2.111, "confirmed", 0.861, 1.462, "refuted"),
    ]
    counted = ("CN 4.119 against US 2.933", "CN 5.285 of 8.715", "CN 14.681 of 28.686", "CN 7.939 against US 3.761")
    evidence = [text for (text,) in recording.rows("select evidence from marts.claim_checks")]
    assert [one for one in counted if not any(f"{one} trillion tokens" in text for text in evidence)] == []
    assert any("The first week known, of 2025-01-06, has CN at 6.1 to 13.4 %." in text for text in evidence)


def test_what_free_windows_left(recording: Loaded) -> None:
    """Eleven windows that kept anything, of at least 2 % of the platform: a median of 0.28."""
    assert recording.rows("""
        select count(kept_7d), round(median(kept_7d), 2) from marts.free_windows
        where window_status = 'ended' and free_days >= 3 and before_7d_token_share >= 0.02
    """) == [(11, 0.28)]


def test_the_recording_of_every_clone_gives_m2_the_same_weeks(loaded: Loaded, recording: Loaded) -> None:
    """Each column of M2's weeks is the same, but for the platform's bounds: a clone has more days."""
    differing = {"platform_token_share_lower", "platform_token_share_upper", "platform_retrieved_at", "platform_citation"}
    columns = [one.name for one in TABLES["marts.m2_coding_share_weekly"].columns if one.name not in differing]
    query = f"select {', '.join(columns)} from marts.m2_coding_share_weekly order by week_start"  # noqa: S608
    assert recording.rows(query) == loaded.rows(query)


def test_the_recording_of_every_clone_measures_the_price(recording: Loaded) -> None:
    """Without a key there is no catalogue: the prices are those noted from it, and the evidence names them."""
    assert recording.rows("select count(*) from core.model_prices") == [(0,)]
    assert recording.rows("""
        select round(measured_value, 4), verdict, contains(evidence, 'fetched 2025-11-15T17:33:58Z')
        from marts.claim_checks
        where claim like 'M2 at about 8 %%'
    """) == [(0.0744, "confirmed", True)]


@support.needs_history
def test_list_prices_are_those_of_the_catalogue() -> None:
    """Each price of `reference.list_prices` is what the catalogue, fetched at the instant that is named, said."""
    with (WAREHOUSE / "reference" / "list_prices.csv").open() as file:
        prices = list(csv.DictReader(file))
    catalogues = {
        f"{one.retrieved_at:%Y-%m-%dT%H:%M:%SZ}": json.loads(one.body)["data"]
        for one, *_ in map(recorded.read, (support.HISTORY / "models" / "text").glob("202511*"))
    }
    for price in prices:
        fetched_at = price["source"].rpartition(" ")[2]
        slug, _, variant = price["model_permaslug"].partition(":")
        (entry,) = [
            one for one in catalogues[fetched_at] if one["canonical_slug"] == slug and one["id"].partition(":")[2] == variant
        ]
        assert fetched_at.startswith(price["listed_on"])
        for token in ("prompt", "completion"):
            assert Decimal(entry["pricing"][token]) * 1_000_000 == Decimal(price[f"{token}_usd_per_million"])
    assert len(prices) == 5
