"""What a week's coding share is put at before it is read: rows in, rows out by hand, and made-up worlds with a truth."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from statistics import fmean, median
from typing import Any

import numpy as np
import pytest
import scoringrules
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.contracts import compile as compiled
from pipeline.contracts.tables import TABLES
from tests.support import Row, instant
from tests.warehouse.readings import CODING, M2, USAGE, Reading, Tables, day, week

pytestmark = pytest.mark.made_up_levels

RIVAL = "a/rival"
ESTIMATES, NOWCAST, SCORES = "core.coding_share_estimates", "marts.coding_share_nowcast", "marts.coding_share_nowcast_scores"
W1, W2, W3 = (date(2026, 1, 5) + timedelta(days=7 * n) for n in range(3))
LEVELS = (50, 80, 95)
NEEDED = {50: 1, 80: 4, 95: 19}


def days(first: date, *shares: float | None, read_at: str | None = None) -> list[Reading]:
    """Days of the platform, each with M2's share in percent and read on the next morning; None: not listed."""
    found = []
    for number, share in enumerate(shares):
        usage_date = first + timedelta(days=number)
        m2: list[Row] = [] if share is None else [(M2, round(share * 10))]
        rest = 900 - round((share or 0) * 10)
        at = read_at or f"{usage_date + timedelta(days=1)}T06:30"
        found.append(day(str(usage_date), at, [(RIVAL, rest), *m2, ("b/last", 60), ("other", 40)]))
    return found


def coding(monday: date, share: float | None, at: str | None = None) -> Reading:
    """A week of coding with M2's share in percent, read on the Monday after it."""
    m2: list[Row] = [] if share is None else [(M2, round(share * 10))]
    rest = 1000 - round((share or 0) * 10)
    return week(str(monday), at or f"{monday + timedelta(days=7)}T06:31", [(RIVAL, rest), *m2])


def nowcasts(tables: Tables, *given: Any) -> list[dict[str, Any]]:
    """M2's nowcasts of these readings, in the order of their issues."""
    tables.build(*given)
    return tables.records(f"from {NOWCAST} where base_permaslug = '{M2}' order by issued_at, week_start")


def test_a_running_week_is_its_days_and_the_last_of_them_carried_on(tables: Tables) -> None:
    """50 % of coding at 20 % of the platform is an intensity of 2.5; it is carried to what is known of the next week."""
    rows = nowcasts(tables, days(W1, *[20] * 7), coding(W1, 50), days(W2, 10, 30))
    assert [(row["issued_at"], row["days_known"], row["days_carried"]) for row in rows] == [
        (instant("2026-01-12T06:31"), 0, 7),
        (instant("2026-01-13T06:30"), 1, 6),
        (instant("2026-01-14T06:30"), 2, 5),
    ]
    shares = [0.2, 0.1, (0.1 + 0.3 + 5 * 0.3) / 7]
    assert [row["platform_token_share_estimate"] for row in rows] == pytest.approx(shares)
    assert [row["coding_token_share_estimate"] for row in rows] == pytest.approx([2.5 * share for share in shares])
    assert {(row["week_start"], row["week_status"], row["intensity_week"], row["weeks_carried"]) for row in rows} == {
        (W2, "running", W1, 1)
    }
    assert {(row["calibration_errors"], row["coding_token_share_estimate_lower_50"]) for row in rows} == {(0, None)}


def test_a_closed_week_that_is_not_read_is_carried_further(tables: Tables) -> None:
    """Coding of the second week comes late: the intensity is then two weeks old, and both weeks are put at something."""
    rows = nowcasts(tables, days(W1, *[20] * 7), coding(W1, 50), days(W2, *[10] * 7), days(W3, 8))
    tuesday = [row for row in rows if row["issued_at"] == instant("2026-01-20T06:30")]
    assert [(row["week_start"], row["week_status"], row["days_known"], row["weeks_carried"]) for row in tuesday] == [
        (W2, "not_read", 7, 1),
        (W3, "running", 1, 2),
    ]
    assert [row["coding_token_share_estimate"] for row in tuesday] == pytest.approx([0.25, 0.2])
    shown = {
        week: (estimate, days)
        for week, estimate, *_, days in tables.rows(compiled.shown(TABLES["marts.coding_share_nowcast"]))
    }
    newest = {row["week_start"]: (row["coding_token_share_estimate"], row["days_known"]) for row in rows}
    assert shown == newest, "a run shows the newest issue of each week"


def test_a_week_that_does_not_list_the_model_is_put_at_something_once(tables: Tables) -> None:
    """The days that list it are exact, the others as the last one that does, within what the block leaves (4 %)."""
    rows = nowcasts(
        tables,
        days(W1, *[20] * 7),
        coding(W1, 50),
        days(W2, 10, None, 3, None, None, 5, None),
        coding(W2, None),
        days(W3, 8),
    )
    (row,) = [one for one in rows if one["week_status"] == "not_listed"]
    assert (row["week_start"], row["issued_at"], row["days_unlisted"]) == (W2, instant("2026-01-19T06:31"), 4)
    assert row["platform_token_share_estimate"] == pytest.approx((10 + 4 + 3 + 3 + 3 + 5 + 4) / 700)
    query = "select coding_token_share from marts.m2_coding_share_weekly where week_start = $week"
    assert tables.rows(query, week=W2) == [(None,)]  # the measured table is as it was


def test_weeks_read_long_afterwards_are_put_at_the_same(tables: Tables) -> None:
    """In one go, half a year later: only the week without the model is issued, with the figures of then."""
    late = "2026-07-01T06:30"
    rows = nowcasts(
        tables,
        days(W1, *[20] * 7, read_at=late),
        coding(W1, 50, late),
        days(W2, *[10] * 7, read_at=late),
        coding(W2, None, late),
        days(W3, *[5] * 7, read_at=late),
        coding(W3, 20, late),
    )
    assert [(row["week_start"], row["week_status"], row["issued_at"]) for row in rows] == [(W2, "not_listed", instant(late))]
    assert rows[0]["coding_token_share_estimate"] == pytest.approx(0.25)


def test_an_unknown_day_ends_what_is_known_of_the_week(tables: Tables) -> None:
    """A day that nobody read is not guessed: the days after it wait for it. A hole of the source is no such day."""
    with_gap = [*days(W2, 10), *days(W2 + timedelta(days=2), 12)]
    rows = nowcasts(tables, days(W1, *[20] * 7), coding(W1, 50), with_gap)
    assert [row["days_known"] for row in rows] == [0, 1, 1]
    hole = date(2025, 7, 15)
    monday, before = hole - timedelta(days=1), hole - timedelta(days=8)
    rows = nowcasts(
        tables, days(before, *[20] * 7), coding(before, 50), days(monday, 10), days(monday + timedelta(days=2), 12)
    )
    assert [(row["days_known"], row["days_in_week"]) for row in rows] == [(0, 6), (2, 6), (3, 6)]


def test_without_a_known_intensity_nothing_is_issued(tables: Tables) -> None:
    """A day of the last week does not list the model, or the newest week that does is too old."""
    assert nowcasts(tables, days(W1, 20, None, *[20] * 5), coding(W1, 50), days(W2, 10)) == []
    rows = nowcasts(tables, days(W1, *[20] * 7), coding(W1, 50), days(W3 + timedelta(days=21), 10))
    assert [(row["week_start"], row["days_known"]) for row in rows] == [(W2, 0)]  # issued before any day of it was read


# --- worlds with a truth ---------------------------------------------------------------------------------------------

MODELS = [M2, *(f"m/{number}" for number in range(7))]


def world(seed: int, weeks: int, *, listed: int = 8, wander: float = 0.3, revised: bool = True) -> list[Reading]:
    """Weeks of made-up use, read every morning. Each model's intensity of a week is drawn independently of all others.

    Some days are read again three days later with other figures, some weeks a week later. Only ``listed`` rows are listed.
    """
    draw = random.Random(seed)  # noqa: S311 - made-up worlds that are the same again
    level = {model: draw.uniform(2, 4) for model in MODELS}
    found = []
    for number in range(weeks):
        monday = W1 + timedelta(days=7 * number)
        of_week = dict.fromkeys(MODELS, 0.0)
        for usage_date in (monday + timedelta(days=n) for n in range(7)):
            level = {model: one + draw.gauss(0, 0.03) for model, one in level.items()}
            used = {model: math.exp(one + draw.gauss(0, 0.05)) for model, one in level.items()}
            of_week = {model: tokens + used[model] for model, tokens in of_week.items()}
            found.append(_block(USAGE, usage_date, 1, 30, used, listed))
            if revised and draw.random() < 0.3:
                found.append(
                    _block(USAGE, usage_date, 4, 30, {m: u * draw.uniform(0.5, 2) for m, u in used.items()}, listed)
                )
        coded = {model: tokens * math.exp(draw.gauss(0, wander)) for model, tokens in of_week.items()}
        found.append(_block(CODING, monday, 7, 31, coded, listed))
        if revised and draw.random() < 0.5:
            found.append(_block(CODING, monday, 14, 31, _moved(coded, draw), listed))
    return found


def _moved(used: dict[str, float], draw: random.Random) -> dict[str, float]:
    return {model: tokens * draw.uniform(0.5, 2) for model, tokens in used.items()}


def _block(series: str, period: date, after: int, minute: int, used: dict[str, float], listed: int) -> Reading:
    rows = sorted(((model, round(1e6 * tokens)) for model, tokens in used.items()), key=lambda row: -row[1])
    rest = sum(tokens for _, tokens in rows[listed:]) + 10_000
    at = datetime.combine(period + timedelta(days=after), time(6, minute), UTC)
    return Reading(series, period, at, (*rows[:listed], ("other", rest)))


def failing(tables: Tables) -> list[str]:
    """The checks of the two tables that do not hold."""
    return [
        name
        for table in (NOWCAST, SCORES)
        for name, select in {**store.checks(TABLES[table]), "key": store.duplicated_keys(TABLES[table])}.items()
        if tables.records(select)
    ]


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000), listed=st.integers(2, 8), known=st.integers(8, 45))
def test_an_issue_is_never_rewritten_and_uses_nothing_later(tables: Tables, seed: int, listed: int, known: int) -> None:
    """What was issued by any day is, to the row, what a build of that day's readings alone gives. Intervals nest."""
    readings = world(seed, 8, listed=listed)
    tables.build(readings)
    assert failing(tables) == []
    until = instant(f"{W1 + timedelta(days=known)}T12:00")
    order = "order by issued_at, week_start, base_permaslug"
    later = tables.records(f"from {NOWCAST} where issued_at <= $until {order}", until=until)
    tables.build([one for one in readings if one.at <= until])
    assert tables.records(f"from {NOWCAST} {order}") == later
    assert failing(tables) == []


@pytest.fixture(scope="module")
def exchangeable(tables: Tables) -> Tables:
    """A world of 60 weeks whose errors are drawn alike in every week."""
    tables.build(world(1, 60, wander=0.2, revised=False))
    return tables


def test_intervals_hold_as_often_as_they_say(exchangeable: Tables) -> None:
    """Of errors that are drawn alike each interval holds within 5 points of its part."""
    rows = exchangeable.records(f"from {SCORES} where scored_models = 'all'")
    large = [row for row in rows if row["forecasts_with_intervals"] > 300]
    assert len(large) == 24
    assert all(row["is_coverage_near_nominal"] and not row["is_small_sample"] for row in large)
    # Each was issued while its week ran. When all days were known the week was read, too.
    assert {row["is_backtest"] for row in large if row["days_known"] < 7} == {False}


def test_hindsight_scores_what_was_issued(exchangeable: Tables) -> None:
    """The same world read in one go long afterwards: nothing was issued, and each score is the same."""
    query = f"from {SCORES} order by scored_models, nowcast_method, days_known"
    issued = exchangeable.records(query)
    late = instant("2028-01-01T06:30")
    readings = [Reading(one.series, one.period_start, late, one.rows) for one in world(1, 60, wander=0.2, revised=False)]
    exchangeable.build(readings)
    backtest = exchangeable.records(query)
    assert {row["is_backtest"] for row in backtest} == {True}
    assert len(backtest) == len(issued) == 48
    for one, other in zip(issued, backtest, strict=True):
        for name in set(one) - {"is_backtest", "retrieved_at", "capture", "citation"}:
            same = pytest.approx(other[name], rel=1e-9) if isinstance(other[name], float) else other[name]
            assert one[name] == same, name


# --- scores, recomputed ----------------------------------------------------------------------------------------------


def quantile(errors: Sequence[float], coverage: float) -> float | None:
    """The split-conformal one of the earlier errors, as the literature has it."""
    place = math.ceil(round((len(errors) + 1) * coverage, 9))
    return sorted(errors)[place - 1] if place <= len(errors) else None


def ends(estimate: float, error: float) -> tuple[float, float]:
    return estimate / math.exp(error), min(estimate * math.exp(error), 1)


def crps(outcome: float, estimate: float, errors: Sequence[float], coverages: Sequence[float]) -> float:
    """CRPS by the ends of the intervals of these coverages; that of 0 is the estimate."""
    ends_by_level = {0.5: estimate}
    for coverage in coverages:
        low, high = ends(estimate, (quantile(errors, coverage) or 0) if coverage else 0)
        ends_by_level |= {(1 - coverage) / 2: low, (1 + coverage) / 2: high}
    if 0 not in coverages:
        del ends_by_level[0.5]
    levels = np.array(sorted(ends_by_level))
    return float(scoringrules.crps_quantile(outcome, np.array([ends_by_level[one] for one in levels]), levels))


def recomputed(estimates: list[dict[str, Any]], column: str) -> Iterator[tuple[int, dict[str, float]]]:
    """The scores by days known of estimates in ``column``, from core alone, by scoringrules."""
    by_days = sorted(estimates, key=lambda row: row["days_known"])
    for days_known, group in groupby(by_days, key=lambda row: row["days_known"]):
        rows = list(group)
        scored: dict[str, list[float]] = {name: [] for name in ("is", "wis", "crps", *map(str, LEVELS))}
        for row in rows:
            errors = [
                abs(math.log(one[column] / one["coding_token_share"]))
                for one in rows
                if timedelta() < row["week_start"] - one["week_start"] <= timedelta(days=91)
            ]
            if len(errors) < NEEDED[95]:
                continue
            outcome, estimate = row["coding_token_share"], row[column]
            intervals = [ends(estimate, quantile(errors, level / 100) or math.inf) for level in LEVELS]
            for level, (low, high) in zip(LEVELS, intervals, strict=True):
                scored[str(level)].append(low <= outcome <= high)
            scored["is"].append(float(scoringrules.interval_score(outcome, *intervals[-1], 0.05)))
            # By weights α ÷ 2 the score is the CRPS of the estimate and the six ends. The library's own function takes the
            # estimate for its error (0.10).
            scored["wis"].append(crps(outcome, estimate, errors, [0, *(level / 100 for level in LEVELS)]))
            scored["crps"].append(crps(outcome, estimate, errors, [0.05 + 0.1 * n for n in range(10)]))
        yield (
            days_known,
            {
                "forecasts": len(rows),
                "forecasts_with_intervals": len(scored["is"]),
                "median_absolute_log_error": median(abs(math.log(row[column] / row["coding_token_share"])) for row in rows),
                "mean_absolute_error_pp": 100 * fmean(abs(row[column] - row["coding_token_share"]) for row in rows),
                **{f"coverage_share_{level}": fmean(scored[str(level)]) for level in LEVELS},
                "mean_interval_score_95_pp": 100 * fmean(scored["is"]),
                "mean_weighted_interval_score_pp": 100 * fmean(scored["wis"]),
                "mean_crps_pp": 100 * fmean(scored["crps"]),
            },
        )


@pytest.mark.parametrize(
    ("method", "column"),
    [
        ("intensity_carried", "coding_token_share_estimate"),
        ("last_day_carried", "last_day_token_share_estimate"),
        ("no_change", "no_change_token_share_estimate"),
    ],
)
def test_scores_are_those_of_another_library(tables: Tables, method: str, column: str) -> None:
    """Interval score, weighted interval score and CRPS, recomputed from what was estimated and what came."""
    tables.build(world(7, 24))
    estimates = tables.records(f"from {ESTIMATES} where weeks_carried = 1 and coding_token_share is not null")
    found = tables.records(
        f"from {SCORES} where scored_models = 'all' and nowcast_method = $method order by days_known", method=method
    )
    expected = dict(recomputed(estimates, column))
    assert [row["days_known"] for row in found] == list(expected) == list(range(8))
    for row in found:
        figures = {name: row[name] for name in expected[row["days_known"]]}
        assert figures == pytest.approx(expected[row["days_known"]], rel=1e-9, abs=1e-9)
