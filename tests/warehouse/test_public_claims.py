"""What the public chart shows of a country, and claims that count it: by hand, and as a plain count of rows gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.contracts.tables import TABLES
from tests.support import Row, instant
from tests.warehouse.names import FREE, M2, W1, W2
from tests.warehouse.readings import Reading, Tables, days_of_week, open_tables

pytestmark = pytest.mark.made_up_levels

CHART = "from marts.visible_chart_effect_weekly where country = $country"
ROWS: list[Row] = [
    ("openai/one", 200), (M2, 150), (FREE, 120), ("mistralai/two", 100), ("poolside/three", 90), ("nobody/four", 80),
    ("google/five", 60), ("qwen/six", 50), ("z-ai/seven", 30), ("xiaomi/eight", 30), ("anthropic/nine", 20), ("other", 70),
]  # fmt: skip
"""A period of 1000 tokens. Two rows are equal at the ninth place; one maker is of no known country, one is nobody's."""
COUNTRIES = {"openai": "US", "google": "US", "minimax": "CN", "qwen": "CN", "mistralai": "FR"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    """Without the claims of the press: each test makes up its own."""
    with open_tables(tmp_path_factory.mktemp("tables")) as opened:
        opened.decide("truncate reference.public_claims")
        yield opened


def platform_week(week_start: str, rows: list[Row]) -> Reading:
    start = date.fromisoformat(week_start)
    return Reading("usage_week", start, instant(f"{week_start}T06:30").replace(month=6), tuple(rows))


# --- the chart ---------------------------------------------------------------------------------------------------------


def test_nine_rows_by_hand(tables: Tables) -> None:
    """Each variant is a row; of two equal ones the first by name is shown; what has no known country is unclassified."""
    tables.build(platform_week(W1, ROWS), days_of_week(W1, ROWS))
    china, unknown, france = (tables.record(CHART, country=one) for one in ("CN", "unclassified", "FR"))
    assert (china["series"], china["visible_tokens"]) == ("usage_week", 350)
    assert china["visible_models"] == [M2, FREE, "qwen/six", "xiaomi/eight"]
    assert china["visible_token_share"] == pytest.approx(350 / 880)
    assert china["top_50_token_share"] == pytest.approx(380 / 930)
    assert (china["platform_token_share_lower"], china["platform_token_share_upper"]) == (0.38, pytest.approx(0.62))
    assert china["visible_effect_pp_lower"] == pytest.approx(100 * (350 / 880 - 0.62))
    assert china["visible_effect_pp_upper"] == pytest.approx(100 * (350 / 880 - 0.38))
    assert unknown["visible_models"] == ["poolside/three", "nobody/four"]
    assert unknown["platform_token_share_lower"] is unknown["visible_effect_pp_lower"] is None
    assert (france["visible_tokens"], france["days_in_week"], france["is_provisional"]) == (100, 7, False)


def test_what_the_chart_does_not_show_is_there_with_nothing(tables: Tables) -> None:
    """A country whose rows are all below the ninth has 0 visible tokens; one that is not listed has no row."""
    rows: list[Row] = [(f"openai/m{number}", 100) for number in range(9)]
    tables.build(days_of_week(W1, [*rows, (M2, 99), ("other", 1)]))
    china = tables.record(CHART, country="CN")
    assert (china["visible_tokens"], china["visible_token_share"], china["visible_models"]) == (0, 0, [])
    assert china["top_50_token_share"] == pytest.approx(99 / 999)
    assert tables.rows("select country from marts.visible_chart_effect_weekly order by all") == [("CN",), ("US",)]


def test_a_week_without_its_own_block_is_the_sum_of_its_days(tables: Tables) -> None:
    """Fewer than nine rows are all visible; a day that does not list a row adds nothing to it; a day unread, no week."""
    first: list[Row] = [(M2, 10), ("openai/one", 10), ("other", 5)]
    without: list[Row] = [("openai/one", 20), ("other", 5)]
    tables.build(
        days_of_week(W1, first, without=("2026-01-11",)),
        [one for one in days_of_week(W1, without) if one.period_start == date(2026, 1, 11)],
        days_of_week(W2, first, without=("2026-01-18",)),
    )
    assert tables.rows("""
        select week_start::varchar, country, series, visible_tokens, visible_token_share = top_50_token_share
        from marts.visible_chart_effect_weekly
        order by all
    """) == [(W1, "CN", "usage_day", 60, True), (W1, "US", "usage_day", 80, True)]


def test_bounds_of_the_platform_need_its_days(tables: Tables) -> None:
    """A week of which only its own block was read has shares of the chart, and no bounds."""
    tables.build(platform_week(W1, ROWS))
    china = tables.record(CHART, country="CN")
    assert china["visible_token_share"] == pytest.approx(350 / 880)
    unknown = ("platform_token_share_lower", "platform_token_share_upper", "visible_effect_pp_lower", "platform_citation")
    assert {china[name] for name in unknown} == {None}


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    tokens=st.dictionaries(
        st.tuples(st.sampled_from([*COUNTRIES, "nobody"]), st.integers(0, 2), st.sampled_from(["", ":free"])),
        st.integers(1, 20),
        min_size=1,
        max_size=24,
    )
)
def test_the_chart_is_a_count_of_rows(tables: Tables, tokens: dict[tuple[str, int, str], int]) -> None:
    """Sorted by hand, cut at nine, and summed by country; and no check finds anything."""
    rows = {f"{author}/m{number}{variant}": amount for (author, number, variant), amount in tokens.items()}
    tables.build(days_of_week(W1, [*rows.items(), ("other", 1)]))
    ordered = sorted(rows.items(), key=lambda row: (-row[1], row[0]))
    country = {name: COUNTRIES.get(name.split("/")[0], "unclassified") for name in rows}
    visible, listed = Counter[str](), Counter[str]()
    for place, (name, amount) in enumerate(ordered):
        listed[country[name]] += amount
        visible[country[name]] += amount * (place < 9)
    found = tables.records("from marts.visible_chart_effect_weekly")
    assert {row["country"]: row["visible_tokens"] for row in found} == {one: 7 * visible[one] for one in listed}
    assert {row["country"]: row["top_50_token_share"] for row in found} == {
        one: pytest.approx(amount / listed.total()) for one, amount in listed.items()
    }
    for check in store.checks(TABLES["marts.visible_chart_effect_weekly"]).values():
        assert store.failing_rows(tables.con, check).count == 0


# --- claims ------------------------------------------------------------------------------------------------------------

DAY: list[Row] = [(M2, 40), ("openai/one", 30), ("openai/two", 25), ("nobody/three", 3), ("other", 2)]
"""China has 40 to 45 %, the United States 55 to 60 %; of the two largest rows one is Chinese."""


def judged(tables: Tables, *days: list[Reading], **stated: Any) -> dict[str, Any]:
    """The row of one claim about the week of 5 January."""
    claim = {
        "claim": "made up", "claim_zh": "made up",
        "claimed_value": 1, "unit": "share of tokens", "holds_from": None, "holds_below": None,
        "country": "CN", "compared_country": None, "first_day": W1, "last_day": "2026-01-11", "counted_rows": None,
        "claimed_denominator": "made up", "claimed_denominator_zh": "made up", "outlet": "A paper", "outlet_zh": "A paper",
        "reason_zh": "made up", "reported_on": "2026-01-20",
        "reason": "made up", "source": "there",
    } | stated  # fmt: skip
    tables.decide("truncate reference.public_claims")
    names = ", ".join(f"${name}" for name in claim)
    tables.decide(f"insert into reference.public_claims ({', '.join(claim)}) values ({names})", **claim)  # noqa: S608
    tables.build(*(days or (days_of_week(W1, DAY),)))
    row = tables.record("from marts.claim_checks where claim = 'made up'")
    of_countries = tables.record("from marts.country_claim_checks")
    assert {name: value for name, value in row.items() if name in of_countries} == {name: of_countries[name] for name in row}
    for name in ("marts.claim_checks", "marts.country_claim_checks", "reference.public_claims"):
        for check in store.checks(TABLES[name]).values():
            assert store.failing_rows(tables.con, check).rows == []
    return row


def test_a_claim_that_holds_only_for_what_it_counted(tables: Tables) -> None:
    """40 against 30 in the two largest rows; at most 45 against 55 on the platform."""
    row = judged(tables, counted_rows=2, unit="ratio of tokens", compared_country="US", claimed_value=1.3, holds_from=1)
    assert (row["measured_value"], row["verdict"]) == (pytest.approx(4 / 3), "confirmed")
    assert (row["platform_value_lower"], row["platform_value_upper"]) == (
        pytest.approx(0.40 / 0.60),
        pytest.approx(0.45 / 0.55),
    )
    assert row["platform_verdict"] == "refuted"
    assert (row["source"], row["source_url"]) == ("A paper, 20 January 2026", "there")
    assert "CN had 40.0 to 45.0 %, US 55.0 to 60.0 %" in row["evidence"]
    # A third row more, and it does not hold there either.
    row = judged(tables, counted_rows=3, unit="ratio of tokens", compared_country="US", claimed_value=1.3, holds_from=1)
    assert (row["measured_value"], row["verdict"], row["platform_verdict"]) == (pytest.approx(40 / 55), "refuted", "refuted")


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        ({"holds_from": 0.4, "holds_below": 0.46}, "confirmed"),
        ({"holds_below": 0.451, "claimed_value": 0.45}, "confirmed"),
        ({"holds_from": 0.41, "holds_below": 0.46}, "undecided"),
        ({"holds_below": 0.44}, "undecided"),
        ({"holds_from": 0.46}, "refuted"),
        ({"holds_below": 0.4}, "refuted"),
    ],
)
def test_a_claim_on_the_platform_is_judged_at_both_bounds(tables: Tables, stated: dict[str, float], verdict: str) -> None:
    """What is listed is 40 %, what is of no known country or not listed 5 % more: both decide, or neither."""
    row = judged(tables, **{"claimed_value": stated.get("holds_from", 0.1)} | stated)
    assert (row["verdict"], row["platform_verdict"]) == (verdict, verdict)
    assert (row["measured_value"], row["platform_value_lower"], row["platform_value_upper"]) == (
        0.4,
        0.4,
        pytest.approx(0.45),
    )


def test_a_claim_is_not_measurable_without_all_of_its_days(tables: Tables) -> None:
    """It says which days, and what the first week known has, where that is later."""
    row = judged(
        tables, days_of_week(W1, DAY, without=("2026-01-07",)), days_of_week(W2, DAY), holds_below=0.5, claimed_value=0.5
    )
    assert (row["verdict"], row["platform_verdict"]) == ("not measurable", "not measurable")
    assert row["measured_value"] is row["platform_value_lower"] is row["platform_value_upper"] is None
    assert row["evidence"].startswith(
        "Needed: every day from 2026-01-05 to 2026-01-11 in the series usage_day. "
        "The first week known, of 2026-01-12, has CN at 40.0 to 45.0 %."
    )


def test_a_country_that_is_not_listed_bounds_nothing(tables: Tables) -> None:
    """Against one that may have had none the ratio has no upper bound; one that may have had all has a lower bound of 0."""
    france = {"unit": "ratio of tokens", "compared_country": "FR", "counted_rows": 2, "claimed_value": 5, "holds_from": 5}
    row = judged(tables, **france)
    assert (row["measured_value"], row["verdict"]) == (None, "not measurable")
    assert (row["platform_value_lower"], row["platform_value_upper"]) == (pytest.approx(0.40 / 0.05), None)
    assert row["platform_verdict"] == "confirmed"
    row = judged(tables, country="FR", counted_rows=1, holds_from=0.01, reported_on=None)
    assert (row["measured_value"], row["verdict"], row["platform_value_lower"]) == (0, "refuted", 0)
    assert (row["platform_verdict"], row["source"]) == ("undecided", "A paper, day not established")
