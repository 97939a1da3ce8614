"""Apps by week: how much of the platform a list covers, and what moved with M2, walked in plain Python beside SciPy."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr

from tests.support import Row, instant
from tests.warehouse.names import M2, RIVAL, SECOND
from tests.warehouse.readings import CODING, Reading, Snapshot, Tables

pytestmark = pytest.mark.made_up_levels

FIRST = date(2025, 10, 27)
BEFORE = [FIRST - timedelta(weeks=n) for n in range(4, 0, -1)]
WEEKS = [FIRST + timedelta(weeks=n) for n in range(10)]
AFTER = [WEEKS[-1] + timedelta(weeks=n) for n in range(1, 5)]
PLATFORM = 10**13
M2_SHARES = [0.045, 0.067, 0.050, 0.032, 0.024, 0.0226, 0.0216, 0.0163, 0.0178, 0.0161]
ASKED_AT = instant("2026-03-02T06:30:00")


def platform_week(week: date, m2_share: float | None, platform: int = PLATFORM) -> Reading:
    m2 = round(platform * m2_share) if m2_share else 0
    rows: list[Row] = [(RIVAL, platform // 2), *([(M2, m2)] if m2 else []), ("other", platform - platform // 2 - m2)]
    return Reading("usage_week", week, instant(f"{week + timedelta(days=10)}T06:30:00"), tuple(rows))


def coding_week(week: date, m2_share: float | None) -> Reading:
    m2 = [(M2, int(10**9 * 2 * m2_share))] if m2_share else []
    rows = [(RIVAL, 6 * 10**8), (SECOND, 2 * 10**8), *m2, ("other", 10**7)]
    return Reading(CODING, week, instant(f"{week + timedelta(days=10)}T06:30:01"), tuple(rows))


def story(shares: Sequence[float] = M2_SHARES) -> list[Reading]:
    """The platform and coding from four weeks before M2 to four weeks after."""
    weeks = [*((week, None) for week in BEFORE), *zip(WEEKS, shares, strict=False), *((week, None) for week in AFTER)]
    return [reading for week, share in weeks for reading in (platform_week(week, share), coding_week(week, share))]


def app_week(week: date, tokens: Mapping[int, int], at: str | None = None, *, coding: bool = False) -> Snapshot:
    """A week of apps, two requests each, fetched long after."""
    ranked = sorted(tokens.items(), key=lambda one: (-one[1], one[0]))
    rows = [
        {"rank": rank, "app_id": app, "app_name": f"App {app}", "total_tokens": count, "total_requests": 2}
        for rank, (app, count) in enumerate(ranked, 1)
    ]
    read_at = instant(at) if at else ASKED_AT + timedelta(seconds=(week - FIRST).days)
    return Snapshot("app_week/popular/coding" if coding else "app_week/popular", read_at, tuple(rows), week)


def moved(tables: Tables) -> dict[int, dict[str, Any]]:
    return {row["app_id"]: row for row in tables.records("from marts.app_comovement where app_category = 'all'")}


def test_a_list_says_how_much_of_the_platform_it_covers(tables: Tables) -> None:
    """Tokens a request, shares of the exact week, the coverage of each list, and since when they are known."""
    tables.build(
        platform_week(FIRST, 0.05),
        app_week(FIRST, {1: 2 * 10**12, 2: 10**12}, "2026-03-02T06:30:00"),
        app_week(FIRST, {2: 10**12}, "2026-03-02T06:30:01", coding=True),
        app_week(FIRST + timedelta(weeks=1), {1: 7}, "2026-03-02T06:30:02"),
    )
    assert tables.rows("""
        select
            week_start, app_category, app_id, app_name, app_rank, total_tokens, tokens_per_request, app_token_share,
            app_list_token_share, days_in_week, is_provisional, known_from
        from marts.app_usage_weekly
        order by all
    """) == [
        (FIRST, "all", 1, "App 1", 1, 2 * 10**12, 1e12, 0.2, 0.3, 7, False, ASKED_AT),
        (FIRST, "all", 2, "App 2", 2, 10**12, 5e11, 0.1, 0.3, 7, False, ASKED_AT),
        (FIRST, "coding", 2, "App 2", 1, 10**12, 5e11, 0.1, 0.1, 7, False, ASKED_AT + timedelta(seconds=1)),
        # The platform's week was not fetched: its share is not known.
        (FIRST + timedelta(weeks=1), "all", 1, "App 1", 1, 7, 3.5, None, None, 7, False, ASKED_AT + timedelta(seconds=2)),
    ]
    assert tables.rows("select distinct citation, platform_citation from marts.app_usage_weekly order by all limit 1") == [
        (
            "Source: OpenRouter (openrouter.ai/apps), as of 2026-03-02T06:30:00Z. Licensed under CC BY 4.0.",
            "Source: OpenRouter (openrouter.ai/rankings), as of 2025-11-06T06:30:00Z. Licensed under CC BY 4.0.",
        )
    ]


def test_a_past_week_is_known_as_on_the_day_of_the_fetch(tables: Tables) -> None:
    """An app that was hidden between two fetches leaves the week; as of the first it is there, and before nothing is."""
    tables.build(
        platform_week(FIRST, 0.05),
        app_week(FIRST, {1: 2 * 10**12, 2: 10**12}, "2026-03-02T06:30:00"),
        app_week(FIRST, {1: 2 * 10**12}, "2026-04-06T06:30:00"),
    )
    assert tables.rows("select app_id, vintages, known_from from marts.app_usage_weekly") == [
        (1, 2, instant("2026-04-06T06:30:00"))
    ]
    assert tables.rows(
        "select app_id, known_from, known_to, is_listed, total_tokens from core.app_list_weekly_vintages order by all"
    ) == [
        (1, ASKED_AT, None, True, 2 * 10**12),
        (2, ASKED_AT, instant("2026-04-06T06:30:00"), True, 10**12),
        (2, instant("2026-04-06T06:30:00"), None, False, None),
    ]
    assert tables.rows("select app_id from app_usage_weekly_as_of('2026-03-02 06:30:00Z') order by all") == [(1,), (2,)]
    before = "from app_usage_weekly_as_of('2025-12-01 00:00:00Z', must_be_known := false)"
    assert tables.rows(f"select count(*) {before}") == [(0,)]


def test_trailing_windows_are_another_table(tables: Tables) -> None:
    """Weeks are in no table of trailing windows, and these in none of weeks."""
    app_row = {"rank": 1, "app_id": 1, "app_name": "App", "total_tokens": 5, "total_requests": 1}
    tables.build(
        app_week(FIRST, {1: 7}),
        Snapshot("app_30d/popular", ASKED_AT, (app_row,), FIRST + timedelta(days=6)),
    )
    assert tables.rows("select window_days, total_tokens from core.app_usage") == [(30, 5)]
    assert tables.rows("select count(*) from core.app_usage_vintages") == [(1,)]
    assert tables.rows("select week_start, total_tokens from core.app_list_weekly") == [(FIRST, 7)]


def weekly(start: float, changes: Sequence[float]) -> list[int]:
    """Tokens of an app week by week, by these log changes."""
    levels = [math.log(start)]
    for change in changes:
        levels.append(levels[-1] + change)
    return [round(math.exp(level)) for level in levels]


def test_what_moved_with_m2(tables: Tables) -> None:
    """One app moves as M2 does, one the other way; one that a week does not list is not compared, its means are unknown."""
    changes = log_changes(M2_SHARES)
    with_m2 = weekly(1e12, changes)
    against = weekly(1e11, [-change for change in changes])
    lists = [{1: t, 2: a, 3: 5 * 10**9} for t, a in zip(with_m2, against, strict=True)]
    del lists[4][3]
    tables.build(
        *story(),
        *(app_week(week, {1: 10**12, 4: 77}) for week in BEFORE),
        *(app_week(week, one) for week, one in zip(WEEKS, lists, strict=True)),
        *(app_week(week, {1: 2 * 10**12}) for week in AFTER),
    )
    found = moved(tables)
    assert {app: row["rank_correlation"] for app, row in found.items()} == {
        1: pytest.approx(1),
        2: pytest.approx(-1),
        3: None,
        4: None,
    }
    assert [found[1][name] for name in ("first_week", "last_week", "weeks_listed", "changes_compared", "apps_compared")] == [
        WEEKS[0],
        WEEKS[-1],
        10,
        9,
        2,
    ]
    assert (found[1]["is_small_sample"], found[1]["exceeds_chance"], found[3]["exceeds_chance"]) == (True, True, None)
    assert found[1]["before_app_token_share"] == pytest.approx(0.1)
    assert found[1]["during_app_token_share"] == pytest.approx(sum(with_m2) / 10 / PLATFORM)
    assert found[1]["after_app_token_share"] == pytest.approx(0.2)
    assert (found[3]["weeks_listed"], found[3]["during_app_token_share"]) == (9, None)
    assert (found[2]["before_app_token_share"], found[4]["weeks_listed"]) == (None, 0)


def test_without_m2_nothing_moved_with_it(tables: Tables) -> None:
    """Nor with too few weeks: fewer than five changes have no correlation."""
    tables.build(platform_week(FIRST, None), coding_week(FIRST, None), app_week(FIRST, {1: 7}))
    assert moved(tables) == {}


def test_few_changes_have_no_correlation(tables: Tables) -> None:
    """Of four changes nothing is said, and the shares are there."""
    weeks = WEEKS[:5]
    tables.build(
        *(platform_week(week, share) for week, share in zip(weeks, M2_SHARES, strict=False)),
        *(coding_week(week, share) for week, share in zip(weeks, M2_SHARES, strict=False)),
        *(app_week(week, {1: 10**9 * n}) for n, week in enumerate(weeks, 1)),
    )
    row = moved(tables)[1]
    assert (row["weeks_listed"], row["rank_correlation"], row["changes_compared"]) == (5, None, None)
    assert row["apps_compared"] == 0
    assert row["during_app_token_share"] == pytest.approx(3 * 10**9 / PLATFORM)


def by_chance(m2: Sequence[float], apps: Sequence[Sequence[float]]) -> float:
    """The largest |correlation| of all apps that 95 of 100 of the 199 shuffles stay within."""
    m2_places = rankdata(m2, "min")
    largest = []
    for shuffle in range(1, 200):
        order = sorted(range(1, len(m2) + 1), key=lambda n: hashlib.md5(f"{shuffle} {n}".encode()).hexdigest())  # noqa: S324
        drawn = {week: place for place, week in enumerate(order, 1)}
        shuffled = [m2_places[drawn[week] - 1] for week in range(1, len(m2) + 1)]
        largest.append(max(abs(spearmanr(shuffled, app).statistic) for app in apps))
    return float(sorted(largest)[math.ceil(0.95 * len(largest)) - 1])


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6))
def test_correlations_are_scipys_and_chance_is_that_of_all_apps(tables: Tables, seed: int) -> None:
    """Growth of the market is in neither side, as shares are compared."""
    chooser = random.Random(seed)  # noqa: S311
    market = [int(PLATFORM * 1.1**n) for n in range(10)]
    shares = [chooser.uniform(0.01, 0.08) for _ in WEEKS]
    apps = {app: [chooser.uniform(0.001, 0.05) for _ in WEEKS] for app in range(1, 9)}
    build(tables, market, shares, apps)
    found = moved(tables)
    m2 = log_changes([round(total * share) / total for total, share in zip(market, shares, strict=True)])
    changes = {
        app: log_changes([round(total * share) / total for total, share in zip(market, one, strict=True)])
        for app, one in apps.items()
    }
    for app, one in changes.items():
        assert found[app]["rank_correlation"] == pytest.approx(spearmanr(m2, one).statistic)
    chance = by_chance(m2, list(changes.values()))
    assert found[1]["rank_correlation_by_chance"] == pytest.approx(chance)


def log_changes(levels: Sequence[float]) -> list[float]:
    return [math.log(now / before) for before, now in pairwise(levels)]


def build(tables: Tables, market: Sequence[int], shares: Sequence[float], apps: Mapping[int, Sequence[float]]) -> None:
    """M2 and the apps with these shares of a platform that grows."""
    readings: list[Any] = []
    for n, week in enumerate(WEEKS):
        readings += [platform_week(week, shares[n], market[n]), coding_week(week, shares[n])]
        readings.append(app_week(week, {app: round(market[n] * one[n]) for app, one in apps.items()}))
    tables.build(*readings)
