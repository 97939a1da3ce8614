"""The second gateway by hand: its labs and their authors, means of days, vintages, and OpenRouter beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support import instant
from tests.warehouse.readings import (
    CatalogueReading,
    Snapshot,
    Tables,
    days_of_week,
    entry,
)

pytestmark = pytest.mark.made_up_levels

LABS, MONDAY = "gateway_day/labs", date(2026, 3, 2)
METRICS = ("requests", "tokens", "spend")


def labs(day: date, at: str, spent: Mapping[str, float] | None = None, **percent: float) -> Snapshot:
    """A day of the second gateway as it was read at an instant: these shares of each metric, of spend those given."""
    rows = tuple(
        {"lab": lab, "metric": metric, "share_percent": share}
        for metric in METRICS
        for lab, share in (spent or percent if metric == "spend" else percent).items()
    )
    return Snapshot(LABS, instant(at), rows, day)


def week_of(spent: Mapping[str, float] | None = None, **percent: float) -> list[Snapshot]:
    return [labs(MONDAY + timedelta(days=n), "2026-03-12T06:30", spent, **percent) for n in range(7)]


def shares(tables: Tables, table: str, measure: str, **where: Any) -> dict[str, Any]:
    condition = " and ".join(f"{name} = ${name}" for name in where)
    found = tables.records(f"from marts.{table} where {condition}", **where)
    return {row["lab"]: row[measure] for row in found}


def test_a_lab_is_counted_as_its_author(tables: Tables) -> None:
    """Under OpenRouter's name where one is known; a hidden maker is of no author, an unknown name is kept with its peak."""
    tables.build(
        labs(MONDAY, "2026-03-12T06:30", minimax=50, spacexai=20, alibaba=10, stealth=15, newlab=5),
        labs(MONDAY + timedelta(days=1), "2026-03-12T06:30", minimax=97, newlab=3),
    )
    rows = tables.records("from marts.gateway_lab_share_daily where usage_date = $day and metric = 'tokens'", day=MONDAY)
    assert {row["lab"]: (row["canonical_author"], row["gateway_share"]) for row in rows} == {
        "minimax": ("minimax", 0.5),
        "spacexai": ("x-ai", 0.2),
        "alibaba": ("qwen", 0.1),
        "stealth": ("unclassified", 0.15),
        "newlab": ("unclassified", 0.05),
    }
    asked = tables.records("from ops.unclassified where attribute = 'gateway lab'")
    assert asked == [
        {
            "attribute": "gateway lab",
            "subject": "newlab",
            "last_listed_on": MONDAY + timedelta(days=1),
            "platform_token_share": None,
            "peak_gateway_share": 0.05,
        }
    ]


def test_the_notice_is_printed_as_the_source_words_it(tables: Tables) -> None:
    """With when it was fetched after it; what is simulated is never cited as the source's."""
    tables.build(labs(MONDAY, "2026-03-12T06:30", minimax=100))
    notice = '© 2026 Vercel. "AI Gateway Leaderboard Data" is licensed under CC BY 4.0. Fetched 2026-03-12T06:30:00Z.'
    assert tables.rows("select distinct citation from marts.gateway_lab_share_daily") == [(notice,)]
    cited = tables.records("from marts.citations where table_name = 'marts.gateway_lab_mean_shares'")
    assert [(one["citation"], one["licence"], one["may_republish"]) for one in cited] == [(notice, "CC BY 4.0", True)]


def test_weeks_and_months_are_plain_means_of_days(tables: Tables) -> None:
    """Each day counts the same, one that does not list the lab counts as 0, and a day that was only read while it ran does
    not count yet."""
    tables.build(
        labs(MONDAY, "2026-03-06T06:30", minimax=30, openai=70),
        labs(MONDAY + timedelta(days=1), "2026-03-06T06:30", openai=100),
        labs(MONDAY + timedelta(days=2), "2026-03-06T06:30", minimax=60, openai=40),
        labs(MONDAY + timedelta(days=4), "2026-03-06T06:30", minimax=90, openai=10),
    )
    for grain, start in (("week", MONDAY), ("month", date(2026, 3, 1))):
        found = tables.records(
            "from marts.gateway_lab_mean_shares where grain = $grain and lab = 'minimax' and metric = 'tokens'", grain=grain
        )
        (row,) = found
        assert (row["period_start"], row["days_in_mean"], row["is_provisional"]) == (start, 3, True)
        assert row["gateway_mean_share"] == pytest.approx(0.3)


def test_a_week_is_final_with_its_last_day(tables: Tables) -> None:
    tables.build(week_of(minimax=25, openai=75))
    found = tables.records("from marts.gateway_lab_mean_shares where lab = 'minimax' and metric = 'spend'")
    assert {row["grain"]: (row["days_in_mean"], row["is_provisional"]) for row in found} == {
        "week": (7, False),
        "month": (7, True),
    }


@pytest.mark.parametrize(
    ("readings", "is_provisional"),
    [
        (("2026-03-03T06:30",), True),
        (("2026-03-03T06:30", "2026-03-03T12:30"), True),
        (("2026-03-03T06:30", "2026-03-04T06:30"), False),
        (("2026-03-05T00:00",), False),
    ],
)
def test_a_cached_response_confirms_nothing(tables: Tables, readings: tuple[str, ...], is_provisional: bool) -> None:
    """Two equal readings of one morning may be one response, given twice: a day is final once two dates agree."""
    tables.build([labs(MONDAY, at, minimax=100) for at in readings])
    assert tables.rows("select distinct is_provisional from marts.gateway_lab_share_daily") == [(is_provisional,)]


def test_a_restated_day_makes_a_vintage(tables: Tables) -> None:
    """What it said before is kept, and asked for by its instant; a lab that left has no share from then on."""
    tables.build(
        labs(MONDAY, "2026-03-03T06:30", minimax=30, openai=68, newlab=2),
        labs(MONDAY, "2026-03-04T06:30", minimax=31, openai=69),
    )
    found = tables.rows(
        "select lab, gateway_share, is_listed, known_to is null from core.gateway_lab_shares_daily_vintages"
        " where metric = 'tokens' order by lab, known_from"
    )
    assert found == [
        ("minimax", 0.3, True, False),
        ("minimax", 0.31, True, True),
        ("newlab", 0.02, True, False),
        ("newlab", None, False, True),
        ("openai", 0.68, True, False),
        ("openai", 0.69, True, True),
    ]
    tables.files.replace_macros(tables.con)
    then = tables.rows(
        "select lab, gateway_share from gateway_lab_share_daily_as_of('2026-03-03 12:00:00Z')"
        " where metric = 'spend' order by lab"
    )
    assert then == [("minimax", 0.3), ("newlab", 0.02), ("openai", 0.68)]


PRICES = CatalogueReading(
    instant("2026-03-01T06:30"), (entry("minimax/m", "0.000001", "0.000001"), entry("anthropic/c", "0.00001", "0.00001"))
)


def compared(tables: Tables) -> dict[str, dict[str, Any]]:
    return {row["canonical_author"]: row for row in tables.records("from marts.gateway_comparison_weekly")}


def test_openrouter_beside_the_second_gateway(tables: Tables) -> None:
    """Each share is of its own population: 60 % of tokens and 13 % of list spend here, a fifth and a tenth there."""
    tables.build(
        PRICES,
        days_of_week("2026-03-02", [("minimax/m", 60), ("anthropic/c", 40)]),
        week_of({"minimax": 10, "anthropic": 85, "xai": 2, "spacexai": 3}, minimax=20, anthropic=70, xai=4, spacexai=6),
    )
    found = compared(tables)
    minimax = found["minimax"]
    assert (minimax["platform_token_share"], minimax["list_spend_share_estimate"]) == (0.6, pytest.approx(60 / 460))
    assert minimax["gateway_token_mean_share"] == minimax["gateway_request_mean_share"] == pytest.approx(0.2)
    assert minimax["gateway_spend_mean_share"] == pytest.approx(0.1)
    assert minimax["list_spend_less_tokens_pp_estimate"] == pytest.approx(100 * (60 / 460 - 0.6))
    assert minimax["gateway_spend_less_tokens_pp"] == pytest.approx(-10)
    assert (minimax["gateway_days"], minimax["days_in_week"], minimax["spend_sign_agrees_estimate"]) == (7, 7, True)
    assert minimax["platform_citation"].startswith("Source: OpenRouter")
    assert minimax["gateway_citation"].startswith("© 2026 Vercel.")
    assert found["anthropic"]["spend_sign_agrees_estimate"] is True
    # Two names of one author are summed; OpenRouter does not list it, so nothing is said of its sign.
    assert found["x-ai"]["gateway_token_mean_share"] == pytest.approx(0.1)
    assert (found["x-ai"]["platform_token_share"], found["x-ai"]["spend_sign_agrees_estimate"]) == (None, None)


def test_signs_may_disagree(tables: Tables) -> None:
    tables.build(
        PRICES,
        days_of_week("2026-03-02", [("minimax/m", 60), ("anthropic/c", 40)]),
        week_of({"minimax": 30, "anthropic": 70}, minimax=20, anthropic=80),
    )
    assert {name: row["spend_sign_agrees_estimate"] for name, row in compared(tables).items()} == {
        "minimax": False,
        "anthropic": False,
    }


def test_without_openrouter_the_second_gateway_is_still_there(tables: Tables) -> None:
    tables.build(week_of(minimax=20, anthropic=80))
    row = compared(tables)["minimax"]
    assert (row["platform_citation"], row["platform_token_share"], row["capture"]) == (None, None, "api")
    assert row["citation"] == row["gateway_citation"]


@settings(max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(days=st.lists(st.lists(st.integers(0, 1_000), min_size=3, max_size=3).filter(any), min_size=1, max_size=7))
def test_means_of_shares_sum_to_one(tables: Tables, days: list[list[int]]) -> None:
    """Whatever the shares of the days are, their means are shares again, and those of one lab lie between its days'."""
    names = ("minimax", "openai", "newlab")
    percents = [[100 * part / sum(day) for part in day] for day in days]
    tables.build(
        [
            labs(MONDAY + timedelta(days=n), "2026-03-12T06:30", None, **dict(zip(names, day, strict=True)))
            for n, day in enumerate(percents)
        ]
    )
    found = shares(tables, "gateway_lab_mean_shares", "gateway_mean_share", grain="week", metric="tokens")
    assert sum(found.values()) == pytest.approx(1)
    for k, name in enumerate(names):
        of_days = [day[k] / 100 for day in percents]
        assert min(of_days) - 1e-9 <= found[name] <= max(of_days) + 1e-9
        assert found[name] == pytest.approx(sum(of_days) / len(days))
