"""Coding by several measures, tasks folded into models, and price against intelligence: rows in, rows out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support import instant
from tests.warehouse.readings import (
    M2,
    CatalogueReading,
    Reading,
    Snapshot,
    Tables,
    entry,
    open_tables,
    settled_day,
    settled_week,
    task_rows,
    usd,
)

pytestmark = pytest.mark.made_up_levels

RIVAL = "a/rival"
GPT, OSS, GROK = "openai/gpt-5-2025-08-07", "openai/gpt-oss-120b", "x-ai/grok-4-fast"
MONDAY, SUNDAY = date(2026, 1, 5), date(2026, 1, 11)
HALF = 0.0005  # shares of tasks come with three decimals


# --- tasks folded into models ----------------------------------------------------------------------------------------


def folded(tables: Tables, *tags: tuple[str, float, dict[str, float]]) -> dict[str, dict[str, Any]]:
    tables.build(Snapshot("task_7d", instant("2026-01-12T06:30"), task_rows(*tags), SUNDAY))
    return {row["base_permaslug"]: row for row in tables.records("from core.task_macro_model_shares")}


def test_a_model_that_every_tag_lists_has_a_share(tables: Tables) -> None:
    """Its shares of the tags, weighted by the tags; rounding alone leaves room."""
    row = folded(tables, ("code:debug", 0.75, {RIVAL: 0.4, M2: 0.2}), ("code:review", 0.25, {RIVAL: 0.8}))[RIVAL]
    assert row["model_macro_token_share"] == pytest.approx(0.75 * 0.4 + 0.25 * 0.8)
    assert row["model_macro_token_share_lower"] == pytest.approx((0.75 - HALF) * (0.4 - HALF) + (0.25 - HALF) * (0.8 - HALF))
    assert row["model_macro_token_share_upper"] == pytest.approx((0.75 + HALF) * (0.4 + HALF) + (0.25 + HALF) * (0.8 + HALF))
    assert (row["classified_token_share"], row["classified_request_share"]) == (0.4, 0.4)


def test_a_tag_that_does_not_list_a_model_is_not_one_without_it(tables: Tables) -> None:
    """No share, and room for what the tag leaves: in requests no more than its last listed model, in tokens all the rest."""
    row = folded(tables, ("code:debug", 0.75, {RIVAL: 0.4, M2: 0.2}), ("code:review", 0.25, {RIVAL: 0.7}))[M2]
    assert row["model_macro_token_share"] is None
    assert row["model_macro_request_share"] is None
    listed = (0.75 + HALF) * (0.2 + HALF)
    assert row["model_macro_token_share_lower"] == pytest.approx((0.75 - HALF) * (0.2 - HALF))
    assert row["model_macro_token_share_upper"] == pytest.approx(listed + (0.25 + HALF) * (0.3 + HALF))
    assert row["model_macro_request_share_upper"] == pytest.approx(listed + (0.25 + HALF) * (0.3 + HALF))
    row = folded(tables, ("code:debug", 0.75, {RIVAL: 0.4, M2: 0.2}), ("code:review", 0.25, {RIVAL: 0.5, "b/c": 0.1}))[M2]
    assert row["model_macro_request_share_upper"] == pytest.approx(listed + (0.25 + HALF) * (0.1 + HALF))


def test_variants_are_one_model_and_an_unlisted_one_leaves_room(tables: Tables) -> None:
    """Free and paid are summed; where only one of them is listed, the other may have what is left."""
    rows = folded(
        tables, ("code:debug", 0.75, {M2: 0.3, f"{M2}:free": 0.2}), ("code:review", 0.25, {M2: 0.4, RIVAL: 0.2, "b/c": 0.1})
    )
    assert rows[M2]["model_macro_token_share"] == pytest.approx(0.75 * 0.5 + 0.25 * 0.4)
    assert rows[M2]["model_macro_request_share_upper"] == pytest.approx(
        (0.75 + HALF) * (0.5 + 2 * HALF) + (0.25 + HALF) * (0.4 + HALF + 0.1 + HALF)
    )


def test_what_was_never_listed_anywhere_has_no_row(tables: Tables) -> None:
    """Members of a lineage are followed from when they were first seen, and not before."""
    assert set(folded(tables, ("code:debug", 1.0, {RIVAL: 0.5}))) == {RIVAL}


# --- measures ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    """One week of coding by all five measures, and a week after it that only the category tells of."""
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    with open_tables(tmp_path_factory.mktemp("seen")) as opened:
        opened.build(
            settled_week("2026-01-05", [(M2, 30), (RIVAL, 50), ("other", 20)]),
            settled_week("2026-01-12", [(RIVAL, 80), ("other", 20)]),
            Reading(
                "language_week/programming", MONDAY, instant("2026-01-15T06:00"), ((RIVAL, 70), (M2, 10), ("other", 20))
            ),
            (settled_day(str(day), [(RIVAL, 60), (M2, 20), ("other", 20)]) for day in days[:6]),
            settled_day(str(days[6]), [(RIVAL, 80), ("other", 20)]),
        )
        opened.load_snapshots(
            [
                Snapshot(
                    "task_7d", instant("2026-01-12T06:30"), task_rows(("code:debug", 1.0, {RIVAL: 0.5, M2: 0.25})), SUNDAY
                ),
                # Read after everything else.
                Snapshot(
                    "app_30d/popular",
                    instant("2026-03-01T06:30"),
                    ({"rank": 1, "app_id": 1, "app_name": "An app", "total_tokens": 5, "total_requests": 1},),
                    date(2026, 2, 28),
                ),
                # A window that is no calendar week.
                Snapshot(
                    "task_7d", instant("2026-01-13T06:30"), task_rows(("code:debug", 1.0, {M2: 0.9})), date(2026, 1, 12)
                ),
            ]
        )
        opened.build_all()
        yield opened


def measure(tables: Tables, name: str, model: str = M2, week: date = MONDAY) -> dict[str, Any]:
    return tables.record(
        "from marts.coding_share_measures_weekly where measure = $name and base_permaslug = $model and week_start = $week",
        name=name,
        model=model,
        week=week,
    )


@pytest.mark.parametrize(
    ("name", "share", "numerator", "denominator", "rank", "quantity", "is_sampled"),
    [
        ("category_programming", 0.3, 30, 100, 2, "tokens", True),
        ("language_programming", 0.1, 10, 100, 2, "tokens", True),
        ("task_code_tokens", 0.25, 0.1, 0.4, 2, "tokens", True),
        ("task_code_requests", 0.25, 0.1, 0.4, 2, "requests", True),
    ],
)
def test_a_week_through_each_measure(
    seen: Tables, name: str, share: float, numerator: float, denominator: float, rank: int, quantity: str, is_sampled: bool
) -> None:
    """Each measure gives its own numerator and denominator, says what it counts, and how far it is from the category."""
    row = measure(seen, name)
    assert row["measure_share"] == pytest.approx(share)
    assert (row["numerator"], row["denominator"]) == pytest.approx((numerator, denominator))
    assert (row["measure_rank"], row["quantity"], row["is_sampled"]) == (rank, quantity, is_sampled)
    assert row["difference_pp"] == pytest.approx(100 * (share - 0.3))
    # Two figures without bounds differ for being two samples.
    assert row["is_disjoint"] is (True if name.startswith("task_") else None)
    assert row["category_retrieved_at"] == instant("2026-01-15T06:30")


def test_a_day_without_the_model_leaves_the_platform_measure_without_a_share(seen: Tables) -> None:
    """Six listed days are a least share of the week, not a share of it."""
    row = measure(seen, "platform")
    assert (row["measure_share"], row["numerator"]) == (None, None)
    assert row["measure_share_lower"] == pytest.approx(120 / 700)
    assert row["measure_share_upper"] == pytest.approx(140 / 700)
    # It is ranked by what is known of it: left out, it would let those below it move up.
    assert row["measure_rank"] == 2
    rival = measure(seen, "platform", RIVAL)
    assert (rival["measure_share"], rival["is_sampled"]) == (pytest.approx(440 / 700), False)


def test_a_model_absent_from_a_measure_has_bounds_there(seen: Tables) -> None:
    """NULL, not zero; and a measure that was not read that week has no row."""
    row = measure(seen, "category_programming", week=date(2026, 1, 12))
    assert (row["measure_share"], row["measure_share_lower"], row["measure_share_upper"]) == (None, 0, 0.2)
    assert row["difference_pp"] is None
    found = seen.rows("select distinct measure from marts.coding_share_measures_weekly where week_start = '2026-01-12'")
    assert found == [("category_programming",)]


def test_tasks_are_a_measure_by_the_day(seen: Tables) -> None:
    """Each trailing window is dated by its end, whether it is a calendar week or not; it has shares and no tokens."""
    rows = seen.records("from marts.m2_coding_share_daily where method = 'task_window' order by usage_date")
    assert [(row["usage_date"], row["coding_token_share_estimate"]) for row in rows] == [
        (SUNDAY, pytest.approx(0.25)),
        (date(2026, 1, 12), pytest.approx(0.9)),
    ]
    for row in rows:
        assert row["coding_token_share_estimate_lower"] < row["coding_token_share_estimate"]
        assert row["coding_token_share_estimate"] < row["coding_token_share_estimate_upper"]
        assert row["day_coding_tokens_estimate"] is row["day_category_tokens_estimate"] is None


# --- price against intelligence --------------------------------------------------------------------------------------


def score(model: str, intelligence: float | None, **changes: Any) -> dict[str, Any]:
    return {"model_permaslug": model, "intelligence_index": intelligence, **changes}


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    """A day with scores in the catalogue alone, two days of benchmarks; M2's price falls in between."""
    with open_tables(tmp_path_factory.mktemp("priced")) as opened:
        opened.build(settled_day("2026-01-11", [(M2, 40), (f"{M2}:free", 10), (RIVAL, 5), ("other", 1)]))
        opened.load_catalogue(
            [
                CatalogueReading(
                    instant("2026-01-05T00:00"),
                    (
                        entry("minimax/minimax-m2", "0.0000004", "0.0000012", intelligence_index=58.0),
                        entry("minimax/minimax-m2:free", "0", "0"),
                        entry("openai/gpt-5", "0.000001", "0.00001", canonical_slug=GPT),
                    ),
                ),
                CatalogueReading(
                    # Read a minute after the scores of its day.
                    instant("2026-01-12T06:31"),
                    (
                        entry("minimax/minimax-m2", "0.0000002", "0.0000010"),
                        entry("openai/gpt-5", "0.000001", "0.00001", canonical_slug=GPT),
                        entry(OSS, "0.0000001", "0.0000001"),
                        entry("x-ai/grok-4-fast", "-1", "-1"),
                    ),
                    "models/all",
                ),
            ]
        )
        scores = (score(M2, 61.0), score(GPT, 68.0), score(OSS, 58.0), score(GROK, 60.0, **usd("0.0000002", "0.0000006")))
        opened.load_snapshots(
            [
                Snapshot(
                    "benchmarks/artificial-analysis", instant("2026-01-12T06:30"), (*scores, score("b/unpriced", 50.0))
                ),
                Snapshot(
                    "benchmarks/artificial-analysis",
                    instant("2026-01-13T06:30"),
                    (*scores[:3], score("b/dear", 60.0), score("b/new", None)),
                ),
            ]
        )
        opened.build_all()
        yield opened


def snapshot(tables: Tables, day: str) -> dict[str, dict[str, Any]]:
    rows = tables.records("from marts.price_intelligence where snapshot_on = $day", day=day)
    return {row["base_permaslug"]: row for row in rows}


def test_a_snapshot_is_priced_at_its_price(priced: Tables) -> None:
    """Three prompt tokens to one completion token, at what the catalogue said on that day (F17)."""
    before, after = snapshot(priced, "2026-01-05")[M2], snapshot(priced, "2026-01-12")[M2]
    assert (before["score_source"], before["intelligence_index"]) == ("models", 58)
    assert before["blended_usd_per_million"] == Decimal("0.6")
    assert (before["has_free_variant"], after["has_free_variant"]) == (True, False)
    assert (after["score_source"], after["intelligence_index"], after["price_source"]) == ("benchmarks", 61, "models")
    assert after["blended_usd_per_million"] == Decimal("0.4")
    assert (before["total_tokens"], after["total_tokens"]) == (None, 50)


def test_a_day_is_priced_at_its_price_and_free_is_nothing(priced: Tables) -> None:
    """Spans of one price each; what is free costs 0; before the first reading there is no price (F14, F17)."""
    rows = priced.rows(
        "select model_permaslug, blended_usd_per_million, known_from, known_to from core.model_prices "
        "where base_permaslug in ('minimax/minimax-m2', 'x-ai/grok-4-fast') order by all"
    )
    first, second = instant("2026-01-05T00:00"), instant("2026-01-12T06:31")
    assert rows == [
        (M2, Decimal("0.4"), second, None),
        (M2, Decimal("0.6"), first, second),
        (f"{M2}:free", Decimal(0), first, second),
        (GROK, None, second, None),
    ]


def test_a_price_that_varies_is_taken_from_the_scores(priced: Tables) -> None:
    """-1 is no price; where the benchmarks give one it is used, and said; where none is known there is none."""
    grok = snapshot(priced, "2026-01-12")[GROK]
    assert (grok["price_source"], grok["blended_usd_per_million"]) == ("benchmarks", Decimal("0.3"))
    dear = snapshot(priced, "2026-01-13")["b/dear"]
    assert (dear["price_source"], dear["blended_usd_per_million"], dear["is_pareto_efficient"]) == (None, None, None)
    assert snapshot(priced, "2026-01-13")["b/new"]["intelligence_index"] is None


def test_efficient_is_what_nothing_beats(priced: Tables) -> None:
    """Cheapest, or more intelligent than all that cost no more."""
    found = {model: row["is_pareto_efficient"] for model, row in snapshot(priced, "2026-01-12").items()}
    assert found == {OSS: True, GROK: True, M2: True, GPT: True, "b/unpriced": None}
    # 0.40 dollars for 61 against 0.30 for 60: each has its merit; without the dear ones nothing is beaten either.
    assert set(snapshot(priced, "2026-01-13")) == {M2, GPT, OSS, "b/dear", "b/new"}


def test_scores_of_later_do_not_decide_claims(priced: Tables) -> None:
    """What was scored only after the article is said, with its day, and confirms or refutes nothing."""
    rows = {row["claim"]: row for row in priced.records("from marts.claim_checks")}
    near = rows["M2 within 10 % of GPT-5 on the intelligence index"]
    assert (near["measured_value"], near["verdict"]) == (pytest.approx(7 / 68), "not measurable")
    assert near["evidence"].startswith(
        "Needed: scores fetched up to 2025-11-30. The first fetched with both models are of 2026-01-12: M2 61.0"
    )
    above = rows["M2 above gpt-oss-120b on the intelligence index"]
    assert (above["measured_value"], above["verdict"]) == (3, "not measurable")
    corner = rows["M2 in the corner of high intelligence and low price, beside Grok 4 Fast"]
    # Of four priced models M2 is third in price, which is its greatest distance: one without a price is not the dearest.
    assert (corner["measured_value"], corner["verdict"]) == (pytest.approx(2 / 3), "not measurable")


def test_claims_on_scores_are_measured_by_what_was_scored_then(tables: Tables) -> None:
    """The newest scores of both models up to the day of the article: not the first ones, and none of later."""
    days = {"2025-11-05": (50, 60), "2025-11-20": (61, 64), "2025-12-05": (90, 60)}
    tables.build(
        Snapshot("benchmarks/artificial-analysis", instant(f"{day}T06:30"), (score(M2, one), score(GPT, other)))
        for day, (one, other) in days.items()
    )
    row = tables.record("from marts.claim_checks where claim like '%GPT-5%'")
    assert (row["measured_value"], row["verdict"]) == (pytest.approx(3 / 64), "confirmed")
    assert row["evidence"].startswith("Scores of 2025-11-20: M2 61.0, the other 64.0.")
    assert "2025-11-20" in row["citation"]
