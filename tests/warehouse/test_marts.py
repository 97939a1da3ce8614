"""Rows in, rows out: what each mart says of a handful of readings written by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.contracts.tables import TABLES
from tests.support import Row, instant
from tests.warehouse.names import CODING, FREE, M2, RIVAL, SECOND, W1, W2, W3, W4
from tests.warehouse.readings import Reading, Snapshot, Tables, bounded, day, days_of_week, settled_day, settled_week, week

pytestmark = pytest.mark.made_up_levels

PP = 1e-9
HALF: list[Row] = [(M2, 50), ("other", 50)]
SHARE = "coding_token_share"


def m2_week(tables: Tables, week_start: str) -> dict[str, Any]:
    return tables.record("from marts.m2_coding_share_weekly where week_start = $week", week=week_start)


def m2_day(tables: Tables, usage_date: str) -> dict[str, Any]:
    return tables.record("from marts.m2_usage_daily where usage_date = $day", day=usage_date)


def model_week(tables: Tables, week_start: str, model: str) -> dict[str, Any]:
    return tables.record(
        "from marts.coding_share_weekly where week_start = $week and base_permaslug = $model", week=week_start, model=model
    )


# --- the weekly share --------------------------------------------------------------------------------------------------


def test_free_and_paid_are_one_model(tables: Tables) -> None:
    """Variants are summed before shares and ranks: neither half alone would be first. A stacked variant is split at the
    first colon; 2^53 tokens and more stay exact."""
    tables.build(settled_week(W1, [(M2, 30), (RIVAL, 40), (FREE, 20), ("other", 10)]))
    row = m2_week(tables, W1)
    assert (row["coding_tokens_estimate"], row["category_tokens_estimate"]) == (50, 100)
    assert bounded(row, SHARE) == (0.5, 0.5, 0.5)
    assert (row["coding_rank"], row["models_above"], row["base_permaslug"], row["author"]) == (1, [], M2, "minimax")
    big = 2**53 + 1
    rows = [(M2, big), (f"{M2}:free:online", 2), ("other", big)]
    tables.build(settled_week(W1, rows), settled_day(W1, rows))
    row, daily = m2_week(tables, W1), m2_day(tables, W1)
    assert (row["coding_tokens_estimate"], row["category_tokens_estimate"]) == (big + 2, 2 * big + 2)
    assert (*bounded(daily, "total_tokens"), daily["platform_tokens"]) == (*[big + 2] * 3, 2 * big + 2)
    assert tables.rows("select base_permaslug, variant from core.category_usage_weekly where variant <> 'default'") == [
        (M2, "free:online")
    ]


BOTH = [(M2, 30), (FREE, 20), ("other", 50)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(HALF, [(RIVAL, 60), (SECOND, 10), ("other", 30)], (None, 0, 0.1), id="at most the smallest listed row"),
        pytest.param(HALF, [(RIVAL, 95), ("other", 5)], (None, 0, 0.05), id="never above other"),
        pytest.param(BOTH, [(RIVAL, 60), (SECOND, 10), ("other", 30)], (None, 0, 0.2), id="each unlisted variant adds"),
        pytest.param(BOTH, [(RIVAL, 75), (SECOND, 10), ("other", 15)], (None, 0, 0.15), id="together at most other"),
        pytest.param(BOTH, [(RIVAL, 60), (M2, 15), ("other", 25)], (0.15, 0.15, 0.3), id="an unlisted variant of a listed"),
        pytest.param(HALF, BOTH, (0.5, 0.5, 0.5), id="a variant counts from its first listed week"),
        pytest.param(HALF, [(RIVAL, 60), (SECOND, 40)], (None, 0, 0), id="without other absence is zero"),
    ],
)
def test_a_share_has_bounds(tables: Tables, first: list[Row], second: list[Row], expected: tuple[Any, ...]) -> None:
    """Absent is unknown, not zero: share, tokens and rank NULL, a bound by what the block does not list."""
    tables.build(settled_week(W1, first), settled_week(W2, second))
    row = m2_week(tables, W2)
    assert bounded(row, SHARE) == expected
    absent = expected[0] is None
    assert [row[name] is None for name in ("coding_tokens_estimate", "coding_rank", "models_above")] == [absent] * 3
    assert row["category_tokens_estimate"] == sum(tokens for _, tokens in second)
    assert m2_week(tables, W1)["coding_token_share_upper"] == 0.5


def test_rows_begin_with_the_first_listed_week_that_was_read(tables: Tables) -> None:
    """What was not read is not claimed to be absent: it shows in the coverage."""
    other = settled_week(W3, [(RIVAL, 50), ("other", 50)])
    tables.build(
        settled_week(W1, [(RIVAL, 50), ("other", 50)]), settled_week(W2, [(M2, 40), (RIVAL, 10), ("other", 50)]), other
    )
    assert tables.rows("select week_start::varchar from marts.m2_coding_share_weekly order by all") == [(W2,), (W3,)]
    of_rival = "select week_start::varchar from marts.coding_share_weekly where base_permaslug = $model order by all"
    assert tables.rows(of_rival, model=RIVAL) == [(W1,), (W2,), (W3,)]
    tables.build(settled_week(W1, HALF), other)
    assert tables.rows("select week_start::varchar from marts.m2_coding_share_weekly order by all") == [(W1,), (W3,)]
    assert tables.rows("select periods_read, periods_missing from core.series_coverage") == [(2, 1)]


def test_change_is_against_the_previous_calendar_week(tables: Tables) -> None:
    """In percentage points; NULL in the first week, after an unread week, and next to an absent one."""
    shares = {"2025-12-22": 20, W1: 50, W2: 30, W3: None, W4: 30}
    tables.build(
        settled_week(start, [(M2, share), ("other", 100 - share)] if share else [(RIVAL, 30), ("other", 70)])
        for start, share in shares.items()
    )
    changes = dict(tables.rows("select week_start::varchar, change_pp from marts.m2_coding_share_weekly"))
    assert changes.pop(W2) == pytest.approx(-20, abs=PP)
    assert changes == {"2025-12-22": None, W1: None, W3: None, W4: None}
    ranks = dict(
        tables.rows("select week_start::varchar, rank_change from marts.coding_leaderboard_weekly where author = 'minimax'")
    )
    assert ranks == {"2025-12-22": None, W1: None, W2: 0, W4: None}


def test_a_change_has_bounds_where_a_week_does_not_list_the_model(tables: Tables) -> None:
    """What one of the two weeks may hold unlisted is in the bounds: a rise or fall can be certain without a figure. NULL
    where neither lists it, in the first listed week, after a week that was not read, and between a cut week and a whole one.
    """
    absent: list[Row] = [(RIVAL, 60), (SECOND, 10), ("other", 30)]
    tables.build(
        settled_week(W1, absent),
        settled_week(W2, BOTH),
        settled_week(W3, absent),
        settled_week(W4, absent),
        settled_week("2026-02-02", [(M2, 15), (RIVAL, 60), ("other", 25)]),
        settled_week("2026-02-16", HALF),
        settled_week("2026-02-23", HALF, capture="top9"),
    )
    rows = tables.records("from marts.m2_coding_share_weekly order by week_start")
    found = [(row["change_pp"], row["change_pp_lower"], row["change_pp_upper"]) for row in rows]
    # Two variants of at most 10 each where neither is listed, one of at most 15 beside a listed one; then HALF and `:free`.
    assert found == [
        (None, None, None),
        (None, pytest.approx(-50), pytest.approx(-30)),
        (None, None, None),
        (None, pytest.approx(-5), pytest.approx(30)),
        (None, None, None),
        (None, None, None),
    ]
    assert [row["previous_citation"] is None for row in rows] == [True, False, True, False, True, True]
    board = tables.records("from marts.coding_leaderboard_weekly where author = 'minimax' order by week_start")
    assert [(row["change_pp_lower"], row["change_pp_upper"]) for row in board] == [
        (row["change_pp_lower"], row["change_pp_upper"]) for row in rows if row["coding_rank"] is not None
    ]
    assert all(
        row["change_pp_lower"] is None
        for row in tables.records("from marts.coding_share_weekly where week_start = $w", w=W1)
    )


def test_ranks_and_the_models_above(tables: Tables) -> None:
    """In rank order, not by the alphabet; `other` is never above anyone, however large; ties share the lower number."""
    tables.build(settled_week(W1, [("z/first", 30), ("a/second", 20), (M2, 10), ("b/below", 5), ("other", 900)]))
    row = m2_week(tables, W1)
    assert (row["coding_rank"], row["models_above"]) == (3, ["z/first", "a/second"])
    for name in ("coding_share_weekly", "coding_leaderboard_weekly"):
        assert not tables.rows(f"from marts.{name} where base_permaslug = 'other'")
    assert tables.rows("select rank from core.category_usage_weekly where is_other") == [(None,)]
    tables.build(settled_week(W1, [("z/first", 30), (M2, 20), (RIVAL, 20), (SECOND, 10), ("other", 20)]))
    ranks = dict(tables.rows("select base_permaslug, coding_rank from marts.coding_leaderboard_weekly"))
    assert ranks == {"z/first": 1, M2: 2, RIVAL: 2, SECOND: 4}
    assert m2_week(tables, W1)["models_above"] == ["z/first"]
    assert sorted(model_week(tables, W1, SECOND)["models_above"]) == sorted(["z/first", M2, RIVAL])


APP = {"rank": 1, "app_id": 1, "app_name": "App", "total_tokens": 10, "total_requests": 1}
"""The one app of a list."""

WEEKLY = [name for name, table in TABLES.items() if "week_start" in table.key]
"""Tables with figures of weeks."""


def test_every_weekly_table_says_how_many_days_a_week_has(tables: Tables) -> None:
    """A week of six days is marked wherever its tokens or shares stand, in rows of what is not listed, too."""
    listed = {"2025-06-02": HALF, "2025-06-09": HALF, "2025-06-16": [(RIVAL, 50), ("other", 50)]}
    tables.build(
        [
            Reading(series, date.fromisoformat(start), instant("2025-07-01T06:30"), tuple(of_week))
            for start, of_week in listed.items()
            for series in (CODING, "language_week/programming", "usage_week")
        ],
        [days_of_week(start, HALF, without=("2025-06-15",)) for start in listed],
        [Snapshot("app_week/popular", instant("2025-07-01T06:30"), (APP,), date.fromisoformat(start)) for start in listed],
    )
    expected = {("2025-06-02", 7), ("2025-06-09", 6), ("2025-06-16", 7)}
    # What compares with the week before begins with the second one; growth is of models that both weeks list.
    absent = {
        "marts.share_change_decomposition_weekly": {"2025-06-02"},
        "marts.growth_accounting_weekly": {"2025-06-02", "2025-06-16"},
        "core.coding_share_estimates": {"2025-06-02"},
        # Read long afterwards: nothing was put at what had been read.
        "marts.coding_share_nowcast": {"2025-06-02", "2025-06-09"},
        # No prices and no second gateway before the autumn.
        "marts.spend_share_weekly": set(listed),
        "marts.gateway_comparison_weekly": set(listed),
    }
    for name in WEEKLY:
        query = f"from {name} where week_start <= '2025-06-16'"  # estimates go on
        found = {(str(row["week_start"]), row["days_in_week"]) for row in tables.records(query)}
        assert found == {one for one in expected if one[0] not in absent.get(name, set())}, name


@pytest.mark.parametrize(
    ("times", "is_provisional"),
    [
        (["2026-01-11T23:00"], True),
        (["2026-01-12T06:00"], True),
        (["2026-01-12T03:59", "2026-01-12T06:00"], True),
        (["2026-01-12T04:00", "2026-01-12T06:00"], False),
        (["2026-01-13T23:59"], True),
        (["2026-01-14T00:00"], False),
    ],
)
def test_a_period_is_provisional_until_late_or_agreeing_readings(
    tables: Tables, times: list[str], is_provisional: bool
) -> None:
    """One reading at least 48 h after the end of a week or day, or two that agree at least 4 h after it: no longer."""
    tables.build([week(W1, at, HALF) for at in times], [day("2026-01-11", at, HALF) for at in times])
    for name in ("m2_coding_share_weekly", "coding_leaderboard_weekly", "m2_usage_daily"):
        row = tables.record(f"from marts.{name}")
        assert (row["is_provisional"], row["retrieved_at"]) == (is_provisional, instant(times[-1])), name


def test_simulated_rows_are_not_cited_as_openrouter(tables: Tables) -> None:
    """A figure of the simulator says so wherever it is quoted."""
    simulated = {"is_simulated": True}
    tables.build(
        settled_week(W1, HALF, **simulated),
        settled_day(W1, HALF, **simulated),
        day(W1, "2026-01-20T06:30", [(M2, 51), ("other", 50)], **simulated),
    )
    weekly = ("m2_coding_share_weekly", "coding_share_weekly", "coding_leaderboard_weekly")
    for name in (*weekly, "m2_usage_daily", "restatements", "m2_milestones", "claim_checks", "citations"):
        citations = {row["citation"] for row in tables.records(f"from marts.{name}")}
        assert citations
        assert all(citation.startswith("SIMULATED, not OpenRouter data, as of 2026-01-") for citation in citations), name
    assert tables.rows("select distinct is_simulated from marts.citations") == [(True,)]


# --- as of -------------------------------------------------------------------------------------------------------------


# --- the leaderboard ---------------------------------------------------------------------------------------------------


def test_the_leaderboard_lists_who_was_there(tables: Tables) -> None:
    """A row per listed model with its variants summed; a positive change of rank is a rise; NULL after an absence."""
    tables.build(
        settled_week(W1, [(RIVAL, 50), (M2, 30), ("other", 20)]),
        settled_week(W2, [(M2, 30), (RIVAL, 40), (FREE, 20), (SECOND, 5), ("other", 5)]),
        settled_week(W3, [(RIVAL, 50), (SECOND, 20), ("other", 30)]),
        settled_week(W4, [(M2, 50), (SECOND, 20), ("other", 30)]),
    )
    found = tables.rows("""
        select week_start::varchar, coding_rank, base_permaslug, author, coding_token_share, coding_tokens_estimate,
            round(change_pp, 9), rank_change
        from marts.coding_leaderboard_weekly
        order by week_start, coding_rank
    """)
    assert found == [
        (W1, 1, RIVAL, "a", 0.5, 50, None, None),
        (W1, 2, M2, "minimax", 0.3, 30, None, None),
        (W2, 1, M2, "minimax", 0.5, 50, 20, 1),
        (W2, 2, RIVAL, "a", 0.4, 40, -10, -1),
        (W2, 3, SECOND, "b", 0.05, 5, None, None),
        (W3, 1, RIVAL, "a", 0.5, 50, 10, 1),
        (W3, 2, SECOND, "b", 0.2, 20, 15, 1),
        (W4, 1, M2, "minimax", 0.5, 50, None, None),
        (W4, 2, SECOND, "b", 0.2, 20, 0, 0),
    ]


# --- the days of M2 -------------------------------------------------------------------------------------------------


def test_a_day_of_m2_tells_its_variants_apart(tables: Tables) -> None:
    """Paid, free and all further variants, their sum, and the share of the platform; unlisted variants are NULL, not 0."""
    tables.build(
        settled_day("2026-01-05", [(FREE, 10), (RIVAL, 20), ("other", 70)]),
        settled_day("2026-01-06", [(M2, 10), (FREE, 20), (f"{M2}:thinking", 3), (f"{M2}:free:online", 4), ("other", 63)]),
    )
    first, second = m2_day(tables, "2026-01-05"), m2_day(tables, "2026-01-06")
    names = ("default_tokens", "free_tokens", "other_variant_tokens", "total_tokens")
    assert [first[name] for name in names] == [None, 10, None, 10]
    assert [second[name] for name in names] == [10, 20, 7, 37]
    assert (second["platform_tokens"], second["platform_token_share"]) == (100, 0.37)
    assert (first["days_since_first_seen"], second["days_since_first_seen"]) == (0, 1)


def test_the_rank_of_m2s_day_is_over_summed_models(tables: Tables) -> None:
    """Rivals are summed too, `other` is not ranked, ties share the lower number."""
    tables.build(
        settled_day("2026-01-05", [(RIVAL, 20), (M2, 15), (FREE, 10), (f"{RIVAL}:free", 10), ("other", 900)]),
        settled_day("2026-01-06", [(RIVAL, 25), (M2, 15), (SECOND, 12), (FREE, 10), ("other", 900)]),
    )
    assert m2_day(tables, "2026-01-05")["platform_rank"] == 2
    assert m2_day(tables, "2026-01-06")["platform_rank"] == 1


def test_a_day_without_m2_has_a_row_with_bounds(tables: Tables) -> None:
    """From the first seen day on, every read day has a row; unread ones have none."""
    tables.build(
        settled_day("2026-01-04", [(RIVAL, 10), ("other", 90)]),
        settled_day("2026-01-05", [(M2, 10), (FREE, 10), ("other", 80)]),
        settled_day("2026-01-08", [(RIVAL, 50), (SECOND, 20), ("other", 30)]),
        settled_day("2026-01-09", [(RIVAL, 50), (SECOND, 10), ("other", 40)]),
        settled_day("2026-01-10", [(RIVAL, 50), (SECOND, 10)]),
    )
    assert tables.rows("""
        select usage_date::varchar, default_tokens, free_tokens, other_variant_tokens, total_tokens, total_tokens_lower,
            total_tokens_upper, platform_tokens, platform_token_share, platform_rank, days_since_first_seen
        from marts.m2_usage_daily
        order by usage_date
    """) == [
        ("2026-01-05", 10, 10, None, 20, 20, 20, 100, 0.2, 1, 0),
        ("2026-01-08", None, None, None, None, 0, 30, 100, None, None, 3),
        ("2026-01-09", None, None, None, None, 0, 20, 100, None, None, 4),
        ("2026-01-10", None, None, None, None, 0, 0, 60, None, None, 5),
    ]  # fmt: skip


# --- restatements -----------------------------------------------------------------------------------------------------
