"""Sampling error of coding shares: hand-made weeks, the formula walked in plain Python, and requests drawn at random."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support import Row, instant
from tests.warehouse.names import M2, RIVAL, SECOND, THIRD, W1, W2
from tests.warehouse.readings import Snapshot, Tables, settled_week, week

pytestmark = pytest.mark.made_up_levels

CV = 1.5
MILLION = 1_000_000
# Shares 0.3, 0.2, 0.19, 0.1 and a tail, multiplied by 400: 100 million sampled tokens.
SHARES = {RIVAL: 30, M2: 20, SECOND: 19, THIRD: 10, "other": 21}
WEEK: list[Row] = [(model, 400 * MILLION * part + 400 * (model == "other")) for model, part in SHARES.items()]


def errors(tables: Tables, week_start: str = W1) -> dict[str, dict[str, Any]]:
    found = tables.records(
        "from marts.coding_share_error_weekly where week_start = $week order by coding_rank", week=week_start
    )
    return {row["base_permaslug"]: row for row in found}


def coding_apps(at: str, *tokens: int, series: str = "app_30d/popular/coding") -> Snapshot:
    """A list of coding apps with two requests each."""
    rows = [
        {"rank": n, "app_id": n, "app_name": "An app", "total_tokens": one, "total_requests": 2}
        for n, one in enumerate(tokens, 1)
    ]
    return Snapshot(series, instant(at), tuple(rows), instant(at).date())


def z_of(one: float, other: float, requests: float) -> float:
    """The difference of two shares of one sample, in standard errors."""
    return abs(one - other) / math.sqrt((one + other - (one - other) ** 2) * (1 + CV**2) / requests)


def test_error_and_ranks_of_a_week(tables: Tables) -> None:
    """What divides each row shows the sample, by which neighbours are told apart or not; beyond the list nothing is told."""
    tables.build(settled_week(W1, WEEK))
    found = errors(tables)
    total = sum(tokens for _, tokens in WEEK)
    requests = total / 400 / 70_000
    row = found[M2]
    assert (row["sample_divisor"], row["sampled_tokens_estimate"]) == (400, total // 400)
    assert row["sampled_requests_estimate"] == pytest.approx(requests)
    assert (row["tokens_per_request_estimate"], row["tokens_per_request_source"], row["apps_citation"]) == (
        70_000,
        "assumed",
        None,
    )
    shares = {model: tokens / total for model, tokens in WEEK}
    assert row["share_standard_error_estimate"] == pytest.approx(
        math.sqrt(shares[M2] * (1 - shares[M2]) * (1 + CV**2) / requests)
    )
    assert row["z_to_previous"] == pytest.approx(z_of(shares[RIVAL], shares[M2], requests))
    assert row["z_to_next"] == pytest.approx(z_of(shares[M2], shares[SECOND], requests))
    said = {
        model: (one["coding_rank"], one["rank_lower_estimate"], one["rank_upper_estimate"], one["rank_is_resolved"])
        for model, one in found.items()
    }
    assert said == {RIVAL: (1, 1, 1, True), M2: (2, 2, 3, False), SECOND: (3, 2, 3, False), THIRD: (4, 4, None, None)}
    assert found[RIVAL]["z_to_previous"] is None
    assert found[THIRD]["z_to_next"] is None


def test_without_a_tail_the_last_place_is_told_and_equals_share_their_places(tables: Tables) -> None:
    """A block without `other` lists all there is. Two models with equal tokens take both places, and their z is 0."""
    tables.build(
        settled_week(W1, [(RIVAL, 900 * MILLION + 1), (M2, 300 * MILLION), (SECOND, 300 * MILLION), (THIRD, MILLION)])
    )
    found = errors(tables)
    assert [(one["rank_lower_estimate"], one["rank_upper_estimate"]) for one in found.values()] == [
        (1, 1),
        (2, 3),
        (2, 3),
        (4, 4),
    ]
    assert [one["rank_is_resolved"] for one in found.values()] == [True, False, False, True]
    assert (found[SECOND]["z_to_next"], found[M2]["z_to_previous"]) == (0, 0)
    tables.build(settled_week(W1, [(M2, 300 * MILLION)]))
    (only,) = errors(tables).values()
    assert (only["rank_lower_estimate"], only["rank_upper_estimate"], only["rank_is_resolved"]) == (1, 1, True)
    assert only["share_standard_error_estimate"] == 0


def test_tokens_of_a_request_are_those_of_coding_apps_known_by_then(tables: Tables) -> None:
    """The median app of the newest list fetched by then; of two lists at once the longer window's. A later
    one changes nothing of a week fetched before it.
    """
    tables.build(
        week(W1, "2026-01-15T06:30", WEEK),
        week(W2, "2026-01-25T06:30", WEEK),
        coding_apps("2026-01-20T06:30", 100_000, 60_000, 20_000),
        coding_apps("2026-01-20T06:30", 2, 2, 2, series="app_1d/popular/coding"),
        coding_apps("2026-01-14T06:30", 8, 8, 8, series="app_30d/popular"),
        coding_apps("2026-01-26T06:30", 2, 2, 2),
    )
    before, after = errors(tables)[M2], errors(tables, W2)[M2]
    assert (before["tokens_per_request_estimate"], before["tokens_per_request_source"]) == (70_000, "assumed")
    assert (after["tokens_per_request_estimate"], after["tokens_per_request_source"]) == (30_000, "app_30d/popular/coding")
    assert after["apps_retrieved_at"] == instant("2026-01-20T06:30")
    assert "2026-01-20T06:30:00Z" in after["apps_citation"]
    assert after["share_standard_error_estimate"] == pytest.approx(
        before["share_standard_error_estimate"] * math.sqrt(3 / 7)
    )


weeks = st.lists(st.integers(1, 10_000), min_size=2, max_size=12)


@settings(deadline=None, max_examples=8, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(tokens=weeks, tail=st.integers(0, 10_000), divisor=st.sampled_from([1, 100, 400]))
def test_what_holds_of_any_week(tables: Tables, tokens: list[int], tail: int, divisor: int) -> None:
    """Neighbours agree on the z between them, spans hold the rank, and a multiplied sample says the same."""
    models = [(f"a/model-{n}", one * MILLION) for n, one in enumerate(tokens)] + (
        [("other", tail * MILLION)] if tail else []
    )
    tables.build(settled_week(W1, models), settled_week(W2, [(model, divisor * one) for model, one in models]))
    found, multiplied = errors(tables), errors(tables, W2)
    ordered = sorted(found.values(), key=lambda row: (row["coding_rank"], row["base_permaslug"]))
    for above, below in pairwise(ordered):
        assert above["z_to_next"] == pytest.approx(below["z_to_previous"])
        assert above["rank_lower_estimate"] <= below["rank_lower_estimate"]
        if above["rank_upper_estimate"] is None:
            assert below["rank_upper_estimate"] is None
        assert above["rank_lower_estimate"] <= above["coding_rank"] <= (above["rank_upper_estimate"] or math.inf)
    for name, row in found.items():
        again = multiplied[name]
        assert again["sample_divisor"] == divisor * row["sample_divisor"]
        for said in ("share_standard_error_estimate", "z_to_next", "z_to_previous"):
            assert again[said] == (None if row[said] is None else pytest.approx(row[said]))


def test_formula_is_what_drawn_requests_show() -> None:
    """Requests drawn at random, of sizes that vary by 1.5: shares and their differences err as the formula says."""
    rng = np.random.default_rng(1)
    draws, requests, chances = 3000, 4000, (0.12, 0.06, 0.82)
    sigma = math.sqrt(math.log(1 + CV**2))
    shares = np.empty((draws, len(chances)))
    for n in range(draws):
        sizes = rng.lognormal(0, sigma, requests)
        shares[n] = (
            np.bincount(rng.choice(len(chances), requests, p=chances), weights=sizes, minlength=len(chances)) / sizes.sum()
        )
    expected = math.sqrt(0.12 * 0.88 * (1 + CV**2) / requests)
    assert np.std(shares[:, 0]) == pytest.approx(expected, rel=0.06)
    error_of_difference = 0.06 / z_of(0.12, 0.06, requests)
    assert np.std(shares[:, 0] - shares[:, 1]) == pytest.approx(error_of_difference, rel=0.06)
