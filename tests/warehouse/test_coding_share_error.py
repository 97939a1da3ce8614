"""Sampling error of coding shares: hand-made weeks, the formula walked in plain Python, and requests drawn at random."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline import store
from tests.support import Row, instant
from tests.warehouse.names import CODING, M2, RIVAL, SECOND, THIRD, W0, W1, W2, W3, W4
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
    assert row["coding_token_share_standard_error_estimate"] == pytest.approx(
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
    assert only["coding_token_share_standard_error_estimate"] == 0


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
    assert after["coding_token_share_standard_error_estimate"] == pytest.approx(
        before["coding_token_share_standard_error_estimate"] * math.sqrt(3 / 7)
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
        for said in ("coding_token_share_standard_error_estimate", "z_to_next", "z_to_previous"):
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


def of_parts(scale: int, **parts: int) -> list[Row]:
    """A week in parts of 1000, of which ``scale`` decides how large its sample is; all of it was multiplied by 400."""
    shown = {M2: parts["m2"], RIVAL: parts["rival"], SECOND: parts["second"], "other": 1000 - sum(parts.values())}
    return [(model, 400 * (scale * part + (model == "other"))) for model, part in shown.items() if part]


@pytest.fixture(params=[(MILLION // 10, True), (1000 * MILLION, False)], ids=["small sample", "large sample"])
def story(request: pytest.FixtureRequest, tables: Tables) -> bool:
    """M2 second by a hair, at half of its peak by a hair, passed by a hair. Whether the sample leaves that open."""
    scale, is_level = request.param
    tables.build(
        settled_week(W0, of_parts(scale, m2=0, rival=500, second=210)),
        settled_week(W1, of_parts(scale, m2=400, rival=410, second=50)),
        settled_week(W2, of_parts(scale, m2=430, rival=410, second=50)),
        settled_week(W3, of_parts(scale, m2=214, rival=200, second=213)),
        settled_week(W4, of_parts(scale, m2=211, rival=200, second=213)),
    )
    return bool(is_level)


def test_milestones_say_what_the_sample_leaves_open(tables: Tables, story: bool) -> None:
    """The figures stay; the evidence says about level, with the figure, where a difference is below two errors."""
    found = {row["milestone"]: row for row in tables.records("from marts.m2_milestones")}
    assert (str(found["peak coding week"]["reached_on"]), str(found["half of the peak coding week"]["reached_on"])) == (
        W2,
        W3,
    )
    assert str(found["overtaken in coding"]["reached_on"]) == W4
    said = {
        "peak coding week": f"About level with the week of {W1} by the samples: z 0.",
        "half of the peak coding week": "By the samples that week is about level with half: 0.100 points below it, z 0.",
        "overtaken in coding": "By the sample it is about level with b/second: rank 1 or lower.",
    }
    for milestone, words in said.items():
        assert (words in found[milestone]["evidence"]) == story, milestone
    assert ("about level" in found["weeks at coding rank 3 or better"]["evidence"]) == story


def test_events_say_what_the_sample_leaves_open(tables: Tables, story: bool) -> None:
    """A pass and a change of share are the events that they are; which of them the sample does not tell, is said."""
    found = {
        row["event_id"]: row for row in tables.records("from marts.events where event_kind in ('passes', 'share_change')")
    }
    passes = found[f"passes/{CODING}/{W2}/{M2}"]
    assert ("In that week the sample shows it about level with a/rival: rank 1 to 2." in passes["evidence"]) == story
    assert ("In the week before the sample shows it about level with a/rival: rank 1 to 2." in passes["evidence"]) == story
    assert passes["title"].startswith(f"{M2} takes the lead from a/rival in coding: rank 1")
    change = found[f"share_change/{CODING}/{W2}/{M2}"]
    assert ("The sample does not tell this change from none: z 0." in change["evidence"]) == story
    fall = found[f"share_change/{CODING}/{W3}/{M2}"]
    assert "does not tell" not in fall["evidence"]


def test_half_lives_say_what_the_sample_leaves_open(tables: Tables, story: bool) -> None:
    """By the error of half the peak and of the week at or below it, which are two samples. Not reached: nothing is said."""
    curves = tables.records("select distinct on (base_permaslug) * from marts.launch_curves")
    found = {row["base_permaslug"]: (row["half_life_weeks"], row["half_life_is_resolved"]) for row in curves}
    assert found[M2] == (1, not story)
    assert found[SECOND] == (None, None)
    error = {week: errors(tables, week)[M2] for week in (W2, W3)}
    (z,) = [row["half_life_z"] for row in curves if row["base_permaslug"] == M2]
    expected = (error[W2]["coding_token_share"] / 2 - error[W3]["coding_token_share"]) / math.hypot(
        error[W2]["coding_token_share_standard_error_estimate"] / 2, error[W3]["coding_token_share_standard_error_estimate"]
    )
    assert z == pytest.approx(expected)


def test_newest_rank_is_a_span_where_the_sample_leaves_it_open(tables: Tables, story: bool) -> None:
    """Behind the summary of a run and the page's line on the newest week."""
    assert tables.record(store.read_sql("internal/m2_latest"))["rank_span"] == ("1 or lower" if story else None)
