"""Rows in, rows out: intensity, growth, concentration, how long models stay in the list, and half-lives as intervals."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline import store
from tests.support import Row, instant
from tests.warehouse.names import FREE, M2, RIVAL, SECOND, THIRD, W0, W1, W2, W3, W4, W5
from tests.warehouse.readings import Reading, Tables, days_of_week, settled_week, week

pytestmark = pytest.mark.made_up_levels

approx = pytest.approx
USAGE_WEEK, MODELS, ROWS = "usage_week", "all weeks of a model", "weeks in a row"


def platform_week(week_start: str, rows: list[Row]) -> Reading:
    """A week of the platform, read once and late."""
    start = date.fromisoformat(week_start)
    return Reading(USAGE_WEEK, start, instant(f"{start + timedelta(days=10)}T06:30"), tuple(rows))


# --- intensity ---------------------------------------------------------------------------------------------------------


def test_intensity_is_the_quotient_of_two_shares_with_the_bounds_of_both(tables: Tables) -> None:
    """Exact where both list the model, bounded where one does, open above where the platform may hold none of it."""
    tables.build(
        settled_week(W1, [(M2, 30), (RIVAL, 50), ("other", 20)]),
        settled_week(W2, [(RIVAL, 80), (SECOND, 10), ("other", 10)]),
        settled_week(W3, [(M2, 40), (RIVAL, 50), ("other", 10)]),
        settled_week(W4, [(RIVAL, 80), (SECOND, 10), ("other", 10)]),
        settled_week(W5, [(M2, 40), (RIVAL, 50), ("other", 10)]),
        platform_week(W1, [(M2, 15), (RIVAL, 45), ("other", 40)]),
        platform_week(W2, [(M2, 20), (RIVAL, 60), ("other", 20)]),
        platform_week(W3, [(RIVAL, 70), (SECOND, 20), ("other", 10)]),
        platform_week(W4, [(RIVAL, 70), (SECOND, 20), ("other", 10)]),
        platform_week(W5, [(RIVAL, 70), (SECOND, 30)]),  # without `other`: certainly none of it
    )
    found = tables.rows("""
        select week_start::varchar, coding_intensity, coding_intensity_lower, coding_intensity_upper
        from marts.coding_intensity_weekly
        where author = 'minimax'
        order by week_start
    """)
    assert found == [
        (W1, approx(2), approx(2), approx(2)),
        (W2, None, 0, approx(0.1 / 0.2)),
        (W3, None, approx(0.4 / 0.1), None),
    ]  # neither lists it in the fourth, and a share of exactly 0 divides nothing in the fifth


# --- growth ------------------------------------------------------------------------------------------------------------


def test_growth_is_of_the_market_and_of_the_share(tables: Tables) -> None:
    """Half the share of twice the market is no change. A week that was last read while it ran has none."""
    running = Reading(USAGE_WEEK, date.fromisoformat(W4), instant("2026-01-28T06:30"), ((M2, 1), (RIVAL, 9)))
    tables.build(
        platform_week(W1, [(M2, 40), (RIVAL, 60)]),
        platform_week(W2, [(M2, 40), (RIVAL, 160)]),
        platform_week(W3, [(M2, 80), (RIVAL, 120)]),
        running,
    )
    assert tables.rows("""
        select week_start::varchar, token_log_change, market_log_change, token_share_log_change
        from marts.growth_accounting_weekly
        where author = 'minimax'
        order by week_start
    """) == [
        (W2, approx(0), approx(math.log(2)), approx(-math.log(2))),
        (W3, approx(math.log(2)), approx(0), approx(math.log(2))),
    ]


def test_a_week_of_six_days_is_no_fall(tables: Tables) -> None:
    """The same tokens on each day that exists are no change of tokens a day."""
    rows: list[Row] = [(M2, 40), (RIVAL, 60)]
    tables.build(days_of_week("2025-06-02", rows), days_of_week("2025-06-09", rows, without=("2025-06-15",)))
    row = tables.record(f"from marts.growth_accounting_weekly where base_permaslug = '{M2}'")
    assert (row["model_tokens"], row["days_in_week"], row["previous_days_in_week"]) == (240, 6, 7)
    assert [row[f"{one}_log_change"] for one in ("token", "market", "token_share")] == [approx(0)] * 3


def test_a_gap_is_not_compared_over(tables: Tables) -> None:
    """Two weeks with an unread one between them, or one of a model that is not listed, have no row."""
    tables.build(
        platform_week(W1, [(M2, 40), (RIVAL, 60)]),
        platform_week(W3, [(M2, 40), (RIVAL, 60)]),
        platform_week(W4, [(RIVAL, 60), ("other", 40)]),
    )
    assert tables.rows("select week_start::varchar, base_permaslug from marts.growth_accounting_weekly") == [(W4, RIVAL)]


# --- concentration -----------------------------------------------------------------------------------------------------


def test_concentration_sums_variants_and_bounds_the_tail(tables: Tables) -> None:
    """By hand: M2's unlisted `:free` may have the whole tail in the second week, as it was listed in the first."""
    tables.build(
        settled_week(W1, [(M2, 40), (FREE, 20), (RIVAL, 30), ("other", 10)]),
        settled_week(W2, [(M2, 60), (RIVAL, 20), ("other", 20)]),
        settled_week(W3, [(M2, 50), (RIVAL, 50)]),
    )
    found = tables.rows("""
        select
            week_start::varchar, listed_models, hhi_lower, hhi_upper_estimate, hhi_upper, effective_models_lower,
            effective_models_lower_estimate, effective_models_upper
        from marts.coding_concentration_weekly
        order by week_start
    """)
    first = 0.6**2 + 0.3**2
    second = 0.6**2 + 0.2**2
    assert [row[:5] for row in found] == [
        (W1, 2, approx(first), approx(first + 0.1 * 0.2), approx(first + 0.1 * 0.2)),
        (W2, 2, approx(second), approx(second + 0.2 * 0.2), approx(0.8**2 + 0.2**2)),
        (W3, 2, approx(0.5), approx(0.5), approx(0.5)),
    ]
    for _, _, lower, estimate, upper, *models in found:
        assert models == [approx(1 / upper), approx(1 / estimate), approx(1 / lower)]


@pytest.fixture(scope="module")
def bare() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables that the selects of concentration and of the curve read, with the columns that they read."""
    with duckdb.connect() as con:
        con.execute("""
            create schema core;
            create schema marts;
            create table core.category_usage_weekly (
                week_start date, category varchar, base_permaslug varchar, variant varchar, is_other boolean,
                category_token_share double, days_in_week bigint, is_provisional boolean, retrieved_at timestamptz,
                capture varchar, citation varchar
            );
            create table core.known_variants (
                base_permaslug varchar, variant varchar, known_from timestamptz, known_to timestamptz, gone_from timestamptz
            );
            create table marts.top_list_survival (
                counted varchar, weeks_in_list bigint, is_start_observed boolean, is_end_observed boolean,
                is_provisional boolean, retrieved_at timestamptz, capture varchar, citation varchar
            );
        """)
        yield con


WORLDS = st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=3), min_size=2, max_size=8)


@settings(max_examples=60, deadline=None)
@given(worlds=WORLDS, listed=st.integers(1, 12))
def test_the_true_concentration_is_within_its_bounds(
    bare: duckdb.DuckDBPyConnection, worlds: list[list[int]], listed: int
) -> None:
    """Models with up to three variants each, all known, of which the list shows the largest rows."""
    rows = sorted(((tokens, f"a/{n}", str(v)) for n, one in enumerate(worlds) for v, tokens in enumerate(one)), reverse=True)
    whole = sum(tokens for tokens, *_ in rows)
    bare.execute("delete from core.category_usage_weekly; delete from core.known_variants")
    for tokens, model, variant in rows[:listed]:
        values = [model, variant, False, tokens / whole]
        bare.execute(
            "insert into core.category_usage_weekly values "
            "('2026-01-05', 'programming', ?, ?, ?, ?, 7, false, '2026-02-01', 'api', 'x')",
            values,
        )
    if rest := sum(tokens for tokens, *_ in rows[listed:]):
        bare.execute(
            "insert into core.category_usage_weekly values "
            "('2026-01-05', 'programming', 'other', 'default', true, ?, 7, false, '2026-02-01', 'api', 'x')",
            [rest / whole],
        )
    bare.executemany(
        "insert into core.known_variants values (?, ?, '2026-01-01', null, null)", [list(one[1:]) for one in rows]
    )
    truth = float(sum(Fraction(sum(one), whole) ** 2 for one in worlds))
    names = "hhi_lower, hhi_upper, hhi_upper_estimate, effective_models_lower, effective_models_upper"
    ((lower, upper, estimate, fewest, most),) = bare.execute(
        f"select {names} from ({store.select_of('marts.coding_concentration_weekly')})"  # noqa: S608
    ).fetchall()
    assert lower - 1e-9 <= truth <= upper + 1e-9
    assert fewest - 1e-9 <= 1 / truth <= most + 1e-9
    assert lower <= estimate <= upper + 1e-9
    if all(len(one) == 1 for one in worlds):
        assert truth <= estimate + 1e-9


# --- how long models stay ----------------------------------------------------------------------------------------------


def stays(tables: Tables, counted: str) -> list[tuple[Any, ...]]:
    return tables.rows(
        """
        select base_permaslug, first_week::varchar, weeks_in_list, is_start_observed, is_end_observed, shorter_stay_share
        from marts.top_list_survival
        where counted = $counted
        order by base_permaslug, first_week
        """,
        counted=counted,
    )


def test_a_stay_is_counted_as_far_as_it_was_seen(tables: Tables) -> None:
    """The first week hides starts, the last one ends; a model that comes back has two stays in a row and one in all."""
    tables.build(
        settled_week(W1, [(RIVAL, 50), ("other", 50)]),
        settled_week(W2, [(RIVAL, 50), (M2, 20), (SECOND, 10), ("other", 20)]),
        settled_week(W3, [(RIVAL, 50), (SECOND, 10), ("other", 40)]),
        settled_week(W4, [(M2, 50), (SECOND, 10), ("other", 40)]),
        week(W5, "2026-02-05T06:30", [(THIRD, 90), ("other", 10)]),  # it ran when it was read
    )
    assert stays(tables, ROWS) == [
        (RIVAL, W1, 3, False, True, None),
        (SECOND, W2, 3, True, False, approx(2 / 3)),
        (M2, W2, 1, True, True, 0),
        (M2, W4, 1, True, False, 0),
    ]
    assert stays(tables, MODELS) == [
        (RIVAL, W1, 3, False, True, None),
        (SECOND, W2, 3, True, False, 0.5),
        (M2, W2, 2, True, False, 0),
    ]
    assert tables.rows("select distinct capture, is_provisional from marts.top_list_survival") == [("api", False)]


def test_an_unread_week_hides_ends_and_starts(tables: Tables) -> None:
    """Who was there before it may have left in it, who is there after it may have come in it."""
    rows: list[Row] = [(RIVAL, 50), (M2, 20), ("other", 30)]
    tables.build(
        settled_week(W0, [(RIVAL, 50), ("other", 50)]),
        settled_week(W1, [*rows, (THIRD, 9)]),
        settled_week(W3, [*rows, (SECOND, 10)]),
        settled_week(W4, [(RIVAL, 50), ("other", 50)]),
    )
    assert [one[:5] for one in stays(tables, ROWS)] == [
        (RIVAL, W0, 2, False, False),
        (RIVAL, W3, 2, False, False),
        (SECOND, W3, 1, False, True),
        (THIRD, W1, 1, True, False),
        (M2, W1, 1, True, False),
        (M2, W3, 1, False, True),
    ]
    # M2 was in the list for at least two weeks: the unread one may be a third.
    assert [one[:5] for one in stays(tables, MODELS) if one[0] == M2] == [(M2, W1, 2, True, False)]


def test_the_list_is_the_first_nine_whatever_a_week_shows(tables: Tables) -> None:
    """The tenth of a whole week is not in the list, so that weeks cut at nine compare."""
    nine: list[Row] = [(f"z/{n}", 100 - n) for n in range(9)]
    tables.build(
        settled_week(W1, [*nine, ("other", 9)], capture="top9"),
        settled_week(W2, [*nine, (M2, 50), ("other", 9)]),
        settled_week(W3, [*nine[:8], (M2, 50), ("other", 9)]),
    )
    assert [one for one in stays(tables, ROWS) if one[0] in (M2, "z/8")] == [
        (M2, W3, 1, True, False, 0),
        ("z/8", W1, 2, False, True, None),
    ]


OBSERVED = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(observed=OBSERVED)
def test_the_curve_is_that_of_scipy(bare: duckdb.DuckDBPyConnection, observed: list[tuple[int, bool]]) -> None:
    """Kaplan and Meier's estimate, Greenwood's error and the log-log interval, to 1e-9; it never rises."""
    bare.execute("delete from marts.top_list_survival")
    bare.executemany(
        "insert into marts.top_list_survival values ('a', ?, ?, ?, false, '2026-02-01', 'api', 'x')",
        [[weeks, True, ended] for weeks, ended in observed] + [[20, False, True]],
    )
    names = (
        "weeks_in_list, survival_share_estimate, survival_standard_error_estimate, survival_share_estimate_lower, "
        "survival_share_estimate_upper"
    )
    select = store.select_of("marts.top_list_survival_curve")
    found = bare.execute(f"select {names} from ({select}) order by weeks_in_list").fetchall()  # noqa: S608
    assert [row[0] for row in found] == list(range(1, max(weeks for weeks, _ in observed) + 1))
    assert all(later[1] <= earlier[1] for earlier, later in pairwise(found))
    sample = stats.CensoredData(
        uncensored=[weeks for weeks, ended in observed if ended], right=[weeks for weeks, ended in observed if not ended]
    )
    curve = stats.ecdf(sample).sf
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # undefined where all have ended: so is ours
        plain, logs = (curve.confidence_interval(0.95, method=method) for method in ("linear", "log-log"))
    z = stats.norm.ppf(0.975)
    for weeks, survival, error, lower, upper in found:
        assert survival == approx(float(curve.evaluate(weeks)), abs=1e-9)
        if not 0 < survival < 1:
            assert (lower, upper) == (None, None)
            assert error is None if survival == 0 else error == 0
            continue
        # scipy cuts the plain interval at 0 and 1: one of its sides is whole unless the error is very large.
        sides = [survival - plain.low.evaluate(weeks), plain.high.evaluate(weeks) - survival]
        whole = [side for side, end in zip(sides, (survival, 1 - survival), strict=True) if side < end - 1e-12]
        assert all(error == approx(side / z, abs=1e-9) for side in whole)
        assert lower == approx(float(logs.low.evaluate(weeks)), abs=1e-9)
        assert upper == approx(float(logs.high.evaluate(weeks)), abs=1e-9)


# --- half-lives as intervals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "half_life", "status"),
    [
        pytest.param([40, 30, 20], (2, 2, 2), "reached", id="listed each week"),
        pytest.param([40, 30, None, 20], (None, 2, 3), "reached", id="not listed before, with bounds on both sides of half"),
        pytest.param([40, -1, 20], (None, 1, 2), "reached", id="the week before was not read"),
        pytest.param(
            [40, 30, 21], (None, 3, None), "not yet reached", id="above half each time: a later week at the earliest"
        ),
        pytest.param([40, 30, None, 21], (None, 2, None), "cannot be known", id="it may have been, in the second"),
        pytest.param([40], (None, 1, None), "not yet reached", id="none since"),
    ],
)
def test_a_half_life_is_an_interval(
    tables: Tables, shares: list[int | None], half_life: tuple[int | None, ...], status: str
) -> None:
    """From the earliest week in which the share can have been at most half to the first in which it certainly was."""
    weeks = [date.fromisoformat(W1) + timedelta(days=7 * n) for n in range(len(shares))]
    tables.build(
        settled_week(str(start), [(RIVAL, 45), *([] if share is None else [(M2, share)]), ("other", 55 - (share or 0))])
        for start, share in zip(weeks, shares, strict=True)
        if share != -1
    )
    row = tables.record(f"from marts.launch_curves where base_permaslug = '{M2}' and weeks_since_first_seen = 0")
    found = (row["half_life_weeks"], row["half_life_weeks_lower"], row["half_life_weeks_upper"])
    assert (found, row["half_life_status"]) == (half_life, status)
