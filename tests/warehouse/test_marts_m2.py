"""Rows in, rows out: milestones, launches, days, movers, settling, claims and citations, computed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support import Row, instant
from tests.warehouse.names import CITED, FREE, M2, M21, RIVAL, SECOND, THIRD, W0, W1, W2, W3, W4, W5
from tests.warehouse.readings import (
    CatalogueReading,
    Reading,
    Tables,
    bounded,
    day,
    days_from,
    entry,
    settled_day,
    settled_week,
    week,
)

pytestmark = pytest.mark.made_up_levels

SONNET, GROK = "anthropic/claude-4.5-sonnet-20250929", "x-ai/grok-code-fast-1"
OTHERS: list[Row] = [(RIVAL, 50), ("other", 50)]
HALF_WEEK, OVERTAKEN, SUCCEEDED = "half of the peak coding week", "overtaken in coding", "overtaken in coding by a successor"
approx = pytest.approx
PODIUM, LAST = "weeks at coding rank 3 or better", "last day in the platform top 50"


def milestones(tables: Tables) -> dict[str, tuple[str | None, float | None]]:
    """When, and how much."""
    rows = tables.rows("select milestone, reached_on::varchar, value from marts.m2_milestones")
    return {name: (when, value) for name, when, value in rows}


def status(tables: Tables, name: str) -> str:
    """Whether it was reached, and if not whether that is known."""
    return str(tables.record("from marts.m2_milestones where milestone = $name", name=name)["milestone_status"])


def evidence(tables: Tables, name: str) -> str:
    return str(tables.record("from marts.m2_milestones where milestone = $name", name=name)["evidence"])


def claim(tables: Tables, like: str) -> dict[str, Any]:
    return tables.record("from marts.claim_checks where claim like $like", like=like)


# --- the lineage and milestones ----------------------------------------------------------------------------------------


def test_members_stack_to_the_lineage(tables: Tables) -> None:
    """A member's rows begin with its first listed week; an absent one has bounds and adds nothing to the sum."""
    tables.build(
        settled_week(W1, [(M2, 30), (RIVAL, 10), ("other", 60)]),
        settled_week(W2, [(M2, 20), (M21, 25), (RIVAL, 5), ("other", 50)]),
        settled_week(W3, [(M21, 40), (RIVAL, 20), ("other", 40)]),
    )
    assert tables.rows("""
        select week_start::varchar, position, base_permaslug, coding_token_share, coding_token_share_upper, coding_rank,
            lineage_coding_token_share
        from marts.lineage_share_weekly
        order by week_start, position
    """) == [
        (W1, 1, M2, 0.3, 0.3, 1, 0.3),
        (W2, 1, M2, 0.2, 0.2, 2, 0.45),
        (W2, 2, M21, 0.25, 0.25, 1, 0.45),
        (W3, 1, M2, None, 0.2, None, 0.4),
        (W3, 2, M21, 0.4, 0.4, 1, 0.4),
    ]  # fmt: skip


def test_milestones_of_days(tables: Tables) -> None:
    """Free first, paid two days later, the peak of both together, half of it by the upper bound, and the last listed day."""
    rival: list[Row] = [(RIVAL, 90), ("other", 10)]
    tail: list[Row] = [(SECOND, 5), ("other", 50)]
    # On the fifth day 17 are listed and `:free` may hold 5 more: half of 40 is not certain. The day after it is.
    before = [rival, [(FREE, 10), *rival], [(FREE, 20), *rival], [(FREE, 30), (M2, 10), *rival]]
    tables.build(days_from("2026-01-04", *before, [(M2, 17), *tail], [(M2, 15), *tail], [(M2, 30), *tail], tail))
    expected = {
        "first seen free": ("2026-01-05", 10),
        "first seen paid": ("2026-01-07", 10),
        "peak day": ("2026-01-07", 40),
        "days from launch to peak day": ("2026-01-07", 2),
        "half of the peak day": ("2026-01-09", 2),
        LAST: ("2026-01-10", 1),
        "peak coding week": (None, None),  # nothing is known of coding: the row is there and says so
    }
    assert milestones(tables).items() >= expected.items()
    assert "above half after it: 1" in evidence(tables, "half of the peak day")
    assert evidence(tables, "peak coding week") == "No week read lists it."


def test_a_last_day_before_a_gap_is_not_known(tables: Tables) -> None:
    """Between the last day that lists M2 and the next one read anything may have been."""
    days = days_from(W1, [(M2, 10), ("other", 10)], [(M2, 9), ("other", 10)])
    for after, told in (([settled_day("2026-01-09", OTHERS)], "listed last on 2026-01-06"), ([], "still listed")):
        tables.build(days, after)
        assert milestones(tables)[LAST] == (None, None)
        assert told in evidence(tables, LAST)
    # The first day read lists it: whether it was launched then is not known, and is said.
    assert "may have been there before" in evidence(tables, "first seen paid")


def test_milestones_of_weeks(tables: Tables) -> None:
    """Into the ten, five and three; the peak; half of it; who passed it; which successor did."""
    crowd = [(f"z/{n}", 10 - n) for n in range(6)]
    tables.build(
        settled_week(W0, OTHERS),
        settled_week(W1, [*crowd, (M2, 4), ("other", 1)]),
        settled_week(W2, [(RIVAL, 40), (M2, 40), (SECOND, 10), ("other", 10)]),
        settled_week(W3, [(RIVAL, 40), (SECOND, 25), (M2, 21), (M21, 4), ("other", 10)]),
        # Absent: at most 15 of 100, and M2.1 is listed above that.
        settled_week(W4, [(RIVAL, 40), (M21, 16), (SECOND, 15), ("other", 29)]),
        settled_week(W5, [(M2, 30), (RIVAL, 10), ("other", 60)]),
    )
    expected = {
        "first week in the coding top 10": (W1, 7),
        "first week in the coding top 5": (W2, 1),
        "first week in the coding top 3": (W2, 1),
        "peak coding week": (W2, 0.4),
        PODIUM: (W5, 3),
        HALF_WEEK: (W4, 2),
        OVERTAKEN: (W3, 3),
        SUCCEEDED: (W4, 0.16),
        "peak day": (None, None),
    }
    assert milestones(tables).items() >= expected.items()
    assert "Not listed that week" in evidence(tables, HALF_WEEK)
    assert "above half after it: 1" in evidence(tables, HALF_WEEK)
    # Level with M2 the week before, `a/rival` was not below it.
    assert evidence(tables, OVERTAKEN).startswith("By b/second, below it")
    assert "minimax/minimax-m2.1" in evidence(tables, SUCCEEDED)


THREE: list[Row] = [(RIVAL, 50), (M2, 30), (SECOND, 20), (THIRD, 10), ("other", 10)]
CROWD = [(f"z/{n}", 20 - n) for n in range(6)]


@pytest.mark.parametrize(
    ("before", "after", "capture", "when", "told"),
    [
        pytest.param(THREE, [(RIVAL, 50), (SECOND, 11), (THIRD, 10), ("other", 40)], "api", W2, "By b/second, below it",
                     id="an absent one, by who has more than its bound"),
        pytest.param(THREE, [(RIVAL, 50), (THIRD, 10), ("other", 40)], "api", None, "", id="not by the smallest listed row"),
        pytest.param([(M2, 30), *CROWD, ("other", 20)], [*CROWD, ("other", 5)], "api", W2,
                     "By z/0, z/1, z/2 and 3 more, below it or absent", id="many are counted"),
        pytest.param([(M2, 30), (RIVAL, 10), ("other", 60)], [(RIVAL, 50), (M2, 30), (M21, 10), ("other", 10)], "top9", None,
                     "", id="not by a week of another capture"),
    ],
)  # fmt: skip
def test_who_overtakes(
    tables: Tables, before: list[Row], after: list[Row], capture: str, when: str | None, told: str
) -> None:
    """Of an absent model the rank is unknown then, the date is not."""
    tables.build(settled_week(W1, before, capture=capture), settled_week(W2, after))
    assert milestones(tables)[OVERTAKEN] == (when, None)
    assert status(tables, OVERTAKEN) == ("reached" if when else "cannot be known")
    assert evidence(tables, OVERTAKEN).startswith(told)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        pytest.param([(M2, 30), (M21, 29), ("other", 41)], "reached", id="below"),
        pytest.param([(M2, 30), ("other", 70)], "reached", id="absent"),
        pytest.param([(M2, 30), (M21, 30), ("other", 40)], "cannot be known", id="level"),
        pytest.param(None, "cannot be known", id="not read"),
    ],
)
def test_a_successor_overtakes_from_below(tables: Tables, before: list[Row] | None, said: str) -> None:
    """Only what stood strictly below M2 the week before, or was not listed, has overtaken it since."""
    weeks = [settled_week(W0, [(M2, 30), ("other", 70)]), *([settled_week(W1, before)] if before else [])]
    tables.build(weeks, settled_week(W2, [(M21, 40), (M2, 30), ("other", 30)]))
    assert milestones(tables)[SUCCEEDED] == ((W2, 0.4) if said == "reached" else (None, None))
    assert status(tables, SUCCEEDED) == said


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        pytest.param([40, 30, 21], "not yet reached", id="above half each time"),
        pytest.param([40, 30, -1, 21], "cannot be known", id="one was not read"),
        pytest.param([40, None, 21], "cannot be known", id="one does not list it, and may hide as much as 45"),
        pytest.param([40, 20, 21], "reached", id="at half"),
        pytest.param([40], "not yet reached", id="none since"),
    ],
)
def test_half_says_whether_it_is_not_reached_or_not_known(tables: Tables, shares: list[int | None], said: str) -> None:
    """Of M2's milestones, of days and weeks, and of its launch curve alike."""
    readings: list[Reading] = []
    for n, share in enumerate(shares):
        rows: list[Row] = [(RIVAL, 45), *([] if share is None else [(M2, share)]), ("other", 55 - (share or 0))]
        first = date(2026, 1, 5)
        if share != -1:
            readings += [
                settled_week(str(first + timedelta(days=7 * n)), rows), settled_day(str(first + timedelta(days=n)), rows)
            ]  # fmt: skip
    tables.build(readings)
    assert [status(tables, name) for name in (HALF_WEEK, "half of the peak day")] == [said] * 2
    assert (milestones(tables)[HALF_WEEK][1] is not None) == (said == "reached")
    row = curve(tables, M2)
    assert (row["half_life_status"], row["half_life_weeks"] is not None) == (said, said == "reached")


def test_no_week_on_the_podium_is_a_count_of_zero(tables: Tables) -> None:
    """0 weeks were counted, which is known; since when they may come is not reached."""
    tables.build(settled_week(W1, [(RIVAL, 50), (SECOND, 20), (THIRD, 10), (M2, 5), ("other", 15)]))
    assert milestones(tables)[PODIUM] == (None, 0)
    tops = [f"first week in the coding top {n}" for n in (3, 5)]
    assert [status(tables, one) for one in (PODIUM, *tops)] == ["not yet reached", "not yet reached", "reached"]
    tables.build(settled_day(W1, [(M2, 10), ("other", 10)]))
    assert milestones(tables)[PODIUM] == (None, None)
    assert status(tables, PODIUM) == "cannot be known"


@pytest.mark.parametrize(("is_cut", "said"), [(True, "reached"), (False, "cannot be known")])
def test_a_cut_week_leaves_the_tenth_place_open(tables: Tables, is_cut: bool, said: str) -> None:
    """Not among the nine that a recorded week lists, M2 may have been tenth, but not fifth."""
    nine = [(f"z/{n}", 100 - n) for n in range(9)]
    first: list[Row] = [*(nine[:8] if is_cut else [*nine, ("z/9", 90)]), (M2, 1), ("other", 900)]
    second = settled_week(W2, [*nine, ("other", 900)], capture="top9")
    tables.build(settled_week(W1, first, capture="top9" if is_cut else "api"), second)
    tops = [f"first week in the coding top {n}" for n in (10, 5)]
    assert [status(tables, one) for one in tops] == [said, "not yet reached"]


def test_provisional_figures_reach_no_milestone(tables: Tables) -> None:
    """A day or week that may still move is no peak yet. With nothing read there is no row: it could not be cited."""
    ten: list[Row] = [(M2, 10), ("other", 90)]
    early: list[Row] = [(M2, 99), ("other", 1)]
    tables.build(
        settled_day(W1, ten), day("2026-01-06", "2026-01-07T06:30", early),
        settled_week(W1, ten), week(W2, "2026-01-19T06:30", early),
    )  # fmt: skip
    assert milestones(tables).items() >= {"peak day": (W1, 10), "peak coding week": (W1, 0.1)}.items()
    tables.build()
    assert [tables.rows(f"from marts.{name}") for name in ("m2_milestones", "claim_checks", "citations")] == [[], [], []]


# --- launches ----------------------------------------------------------------------------------------------------------


def curve(tables: Tables, model: str) -> dict[str, Any]:
    return tables.record(
        "from marts.launch_curves where base_permaslug = $model and weeks_since_first_seen = 0", model=model
    )


def test_a_launch_curve_counts_calendar_weeks(tables: Tables) -> None:
    """From the first listed week; absent weeks with bounds; peak, half-life, percentile on every row."""
    tables.build(
        settled_week(W1, [(RIVAL, 50), ("other", 50)]),
        settled_week(W2, [(RIVAL, 60), (M2, 20), (SECOND, 10), ("other", 10)]),
        settled_week(W4, [(M2, 40), (RIVAL, 20), ("other", 40)]),
        settled_week(W5, [(RIVAL, 20), ("other", 80)]),
    )
    assert tables.rows("""
        select weeks_since_first_seen, coding_token_share, coding_token_share_upper, weeks_to_peak, half_life_weeks
        from marts.launch_curves
        where author = 'minimax'
        order by all
    """) == [(0, 0.2, 0.2, 2, 1), (2, 0.4, 0.4, 2, 1), (3, None, 0.2, 2, 1)]
    percentiles = "select distinct base_permaslug, peak_share_percentile from marts.launch_curves"
    assert dict(tables.rows(percentiles)) == {SECOND: 0, M2: 0.5, RIVAL: 1}
    # Listed in the first week read, its launch is unknown; the others entered between two weeks that were read.
    assert [curve(tables, one)["is_launch_observed"] for one in (RIVAL, M2, SECOND)] == [False, True, True]
    # B's bound is at or below half of its 10 % in no week: 10 % absent of W4 is 20 %.
    row = curve(tables, SECOND)
    assert (row["half_life_weeks"], row["half_life_status"]) == (None, "cannot be known")


def test_a_peak_is_of_final_weeks(tables: Tables) -> None:
    """What may still move is in the curve and makes no peak; a model that only such weeks list has no peak."""
    tables.build(
        settled_week(W1, [(RIVAL, 50), (SECOND, 10), ("other", 40)]),
        settled_week(W2, [(RIVAL, 40), (SECOND, 20), ("other", 40)]),
        week(W3, "2026-01-26T06:30", [(RIVAL, 60), (SECOND, 5), (M2, 30), ("other", 5)]),
    )
    rows = tables.records("from marts.launch_curves where base_permaslug = $model order by week_start", model=SECOND)
    assert [row["is_provisional"] for row in rows] == [False, False, True]
    assert {(row["peak_coding_token_share"], row["weeks_to_peak"], row["half_life_weeks"]) for row in rows} == {
        (0.2, 1, None)
    }
    assert curve(tables, RIVAL)["peak_coding_token_share"] == 0.5
    assert curve(tables, RIVAL)["peak_share_percentile"] == 1
    row = curve(tables, M2)
    names = ("peak_coding_token_share", "weeks_to_peak", "half_life_weeks", "peak_share_percentile")
    assert [row[name] for name in names] == [None] * 4
    assert (row["half_life_status"], row["is_provisional"]) == ("no peak yet", True)


def test_a_curve_is_provisional_while_its_beginning_is(tables: Tables) -> None:
    """Weeks are counted from the first listed one, and a launch is seen by the week before: both may still move."""
    first, second = [(RIVAL, 50), ("other", 50)], [(RIVAL, 40), (M2, 20), ("other", 40)]
    tables.build(week(W1, "2026-01-12T06:30", first), settled_week(W2, second), settled_week(W3, second))
    rows = tables.rows("select base_permaslug, is_provisional from marts.launch_curves order by base_permaslug, week_start")
    assert rows == [*[(RIVAL, True)] * 3, *[(M2, True)] * 2]
    tables.build(settled_week(W1, first), settled_week(W2, second), settled_week(W3, second))
    assert tables.rows("select distinct is_provisional from marts.launch_curves") == [(False,)]


def test_a_curve_has_two_citations(tables: Tables) -> None:
    """Its week that of its own reading, its peak and half that of the newest reading they rest on."""
    tables.build(
        settled_week(W1, [(M2, 40), ("other", 60)]),
        settled_week(W2, [(M2, 30), ("other", 70)]),
        settled_day(W1, [(M2, 40), ("other", 60)]),
    )
    newest = (instant("2026-01-22T06:30"), CITED.format("2026-01-22T06:30:00"))
    assert tables.rows(
        "select week_start::varchar, citation, curve_retrieved_at, curve_citation from marts.launch_curves order by all"
    ) == [(start, CITED.format(f"2026-01-{number}T06:30:00"), *newest) for start, number in ((W1, 15), (W2, 22))]


def test_only_the_first_ten_have_a_curve(tables: Tables) -> None:
    """The eleventh of a week never was among the ten."""
    tables.build(settled_week(W1, [(f"m/{n:02}", 100 - n) for n in range(12)]))
    assert sorted(one for (one,) in tables.rows("select base_permaslug from marts.launch_curves")) == [
        f"m/{n:02}" for n in range(10)
    ]


def test_a_launch_that_may_lie_before_is_not_observed(tables: Tables) -> None:
    """A week unread, a week cut at nine before one that was not, or an earlier day of the platform: not the launch."""
    listed: list[Row] = [(RIVAL, 50), (M2, 20), ("other", 30)]
    weeks = [settled_week(W1, OTHERS), settled_week(W2, listed)]
    for readings, is_observed in (
        ([weeks[0], settled_week(W3, listed)], False),
        ([settled_week(W1, OTHERS, capture="top9"), weeks[1]], False),
        ([*weeks, settled_day("2026-01-04", listed)], False),
        ([*weeks, settled_day("2026-01-10", listed)], True),
    ):
        tables.build(readings)
        assert curve(tables, M2)["is_launch_observed"] is is_observed


@pytest.mark.parametrize(
    ("before", "free_on", "days", "had_free_window"),
    [(True, 3, 4, True), (True, None, 28, False), (True, None, 27, None), (True, 28, 29, False), (False, 3, 28, None)],
)
def test_a_free_window_wants_the_first_day_and_every_day(
    tables: Tables, before: bool, free_on: int | None, days: int, had_free_window: bool | None
) -> None:
    """A free row within 28 days says yes; no is only said of days that were all read, from a known first one."""
    blocks: list[list[Row]] = [[(M2, 10), ("other", 10), *([(FREE, 5)] if n == free_on else [])] for n in range(days)]
    start = [settled_day("2026-01-04", [(RIVAL, 10), ("other", 10)])] if before else []
    tables.build(settled_week(W1, [(M2, 50), ("other", 50)]), start, days_from("2026-01-05", *blocks))
    assert curve(tables, M2)["had_free_window"] is had_free_window


def test_a_first_day_after_weeks_of_coding_opens_no_window(tables: Tables) -> None:
    """A model known from earlier weeks was not launched on the first day that was read to list it."""
    days = days_from("2026-02-01", [(RIVAL, 1)], *([[(M2, 10), (FREE, 5), ("other", 10)]] * 28))
    tables.build(settled_week(W1, [(M2, 50), ("other", 50)]), days)
    assert curve(tables, M2)["had_free_window"] is None


# --- who gained, who lost ----------------------------------------------------------------------------------------------


def test_changes_of_shares_sum_to_zero(tables: Tables) -> None:
    """What enters or leaves moves between the model and `other`; M2's change stands beside each."""
    tables.build(
        settled_week(W1, [(RIVAL, 60), (M2, 20), (f"{M2}:free", 5), ("other", 15)]),
        settled_week(W2, [(RIVAL, 50), (SECOND, 30), ("other", 20)]),
    )
    found = tables.rows("""
        select base_permaslug, transition, coding_token_share_before, coding_token_share, listed_change_pp,
            m2_listed_change_pp
        from marts.share_change_decomposition_weekly
        order by all
    """)
    assert found == [
        (RIVAL, "stayed", approx(0.6), approx(0.5), approx(-10), approx(-25)),
        (SECOND, "entered", None, approx(0.3), approx(30), approx(-25)),
        (M2, "left", approx(0.25), None, approx(-25), approx(-25)),
        ("other", "tail", approx(0.15), approx(0.2), approx(5), approx(-25)),
    ]


def test_only_neighbouring_weeks_of_one_capture_are_compared(tables: Tables) -> None:
    """Not over an unread week, not over a change of the cut, and not before M2 was there."""
    rows: list[Row] = [(RIVAL, 60), (M2, 20), ("other", 20)]
    tables.build(
        settled_week("2025-12-22", rows[:1], capture="top9"),
        settled_week("2025-12-29", rows[:1], capture="top9"),
        settled_week(W1, rows, capture="top9"),
        settled_week(W2, rows),
        settled_week(W4, rows),
        settled_week(W5, rows),
    )
    assert tables.rows(
        "select distinct week_start::varchar, capture from marts.share_change_decomposition_weekly order by all"
    ) == [(W1, "top9"), (W5, "api")]


# --- settling ----------------------------------------------------------------------------------------------------------


def test_pairs_of_readings_fall_into_spans(tables: Tables) -> None:
    """By the hours of the earlier reading; readings before the close make no pair; unchanged pairs count as pairs only."""
    tables.build(
        day("2026-01-05", "2026-01-05T23:00", [(M2, 1), ("other", 1)]),
        day("2026-01-05", "2026-01-06T00:30", [(M2, 10), ("other", 90)]),
        day("2026-01-05", "2026-01-06T05:00", [(M2, 12), ("other", 93)]),
        day("2026-01-05", "2026-01-07T05:00", [(M2, 12), ("other", 93)]),
        day("2026-01-06", "2026-01-07T00:30", [(M2, 10), ("other", 90)]),
        day("2026-01-06", "2026-01-08T00:30", [(RIVAL, 20), ("other", 81)]),
    )
    assert tables.rows("""
        select hours_after_close_from, hours_after_close_to, reading_pairs, changed_pairs, median_relative_change,
            max_relative_change, max_largest_row_relative_change
        from marts.revision_statistics
        where series_kind = 'usage_day'
        order by all
    """) == [(0, 1, 2, 2, approx(0.03), approx(0.05), approx(0.2)), (4, 8, 1, 0, None, None, None)]


def test_a_span_begins_with_its_first_instant(tables: Tables) -> None:
    """Two hours after the close to the second: the span from 2 on, not the one up to 2. The last one has no end."""
    rows = [(M2, 10), ("other", 90)]
    read_at = ("2026-01-06T00:00", "2026-01-06T01:59:59", "2026-01-06T02:00", "2026-01-22T00:00", "2026-03-01T06:30")
    tables.build([day("2026-01-05", at, rows) for at in read_at])
    spans = "select hours_after_close_from, hours_after_close_to, reading_pairs from marts.revision_statistics order by all"
    assert tables.rows(spans) == [(0, 1, 1), (1, 2, 1), (2, 4, 1), (384, None, 1)]


# --- days of coding ----------------------------------------------------------------------------------------------------

DAILY = """
    select usage_date::varchar, coding_token_share_estimate, coding_token_share_estimate_lower,
        coding_token_share_estimate_upper, day_coding_tokens_estimate, day_category_tokens_estimate
    from marts.m2_coding_share_daily
    where method = $method
    order by usage_date
"""


def allocatable(*m2_tokens: int | None) -> list[Reading]:
    """The week W1: days of 100 tokens, of which M2 has the given; None: not listed, at most 2."""
    blocks: list[list[Row]] = [
        [(RIVAL, 98 - (tokens or 0)), *([] if tokens is None else [(M2, tokens)]), ("other", 2)] for tokens in m2_tokens
    ]
    return days_from(W1, *blocks)


SPREAD = (1, 2, 3, 4, 5, 5, 20)
CODED: list[Row] = [(RIVAL, 300), (M2, 40), ("other", 60)]
DAY = 400 / 7
"""Tokens of coding on each day of a week of 400."""


def near(*values: float | None) -> list[Any]:
    return [value if value is None else pytest.approx(value) for value in values]


@pytest.mark.parametrize(
    ("rows", "tokens", "shares", "lower", "upper"),
    [
        pytest.param(CODED, SPREAD, near(*(n / DAY for n in SPREAD)), near(*(n / DAY for n in SPREAD)),
                     near(*(n / DAY for n in SPREAD)), id="40 of 400, as the exact tokens of 40 of 700 were"),
        pytest.param(CODED, (4, 4, 4, 4, 4, 4, None), [None] * 7, near(*[40 * 4 / 26 / DAY] * 6, 0),
                     near(*[40 * 4 / 24 / DAY] * 6, 40 * 2 / 26 / DAY), id="0 to 2 on the unlisted day: all are bounded"),
        pytest.param([(RIVAL, 300), (SECOND, 40), ("other", 60)], SPREAD, [None] * 7, [0] * 7,
                     near(*(n / DAY for n in SPREAD)), id="absent in the week: at most the smallest listed row"),
        pytest.param(CODED, (*[None] * 5, 1, 3), [None] * 2, near(40 / 14 / DAY, 40 * 3 / 14 / DAY),
                     near(40 / 4 / DAY, 40 * 3 / 4 / DAY), id="up to 2 on each day before the first listed one"),
    ],
)  # fmt: skip
def test_a_week_is_spread_over_its_days(
    tables: Tables, rows: list[Row], tokens: tuple[int | None, ...], shares: list[Any], lower: list[Any], upper: list[Any]
) -> None:
    """As M2's exact tokens were, on a seventh of coding each; no row before the first listed day."""
    known = [settled_week(W0, [(M2, 9)])] if rows != CODED else []
    tables.build(known, settled_week(W1, rows), allocatable(*tokens))
    found = tables.rows(DAILY, method="allocated")
    assert [list(column) for column in zip(*found, strict=True)][1:4] == [shares, lower, upper]
    assert found[-1][0] == "2026-01-11"
    if shares[0] is not None:
        assert [sum(row[n] for row in found) for n in (4, 5)] == near(40, 400)


def test_only_whole_closed_weeks_are_spread(tables: Tables) -> None:
    """A day unread, or a week not read since its close: nothing is allocated."""
    days = allocatable(*SPREAD)
    for readings in ([settled_week(W1, CODED), *days[1:]], [week(W1, "2026-01-11T23:59", CODED), *days]):
        tables.build(readings)
        assert tables.rows(DAILY, method="allocated") == []


def captured(tables: Tables, *names: str) -> list[tuple[Any, ...]]:
    """These columns of each captured day, in order."""
    rows = tables.records("from marts.m2_coding_share_daily where method = 'captured' order by usage_date")
    return [tuple(row[name] for name in names) for row in rows]


RUNNING: dict[str, tuple[list[Reading], list[tuple[Any, ...]]]] = {
    "a difference is of the day of the earlier reading; the first reading of a day counts; none over the unread 9th": (
        [
            week(W1, f"2026-01-{at}:30", [(M2, m2), (RIVAL, rival), ("other", other)])
            for at, m2, rival, other in (
                *(("07T06", 10, 50, 40), ("08T06", 30, 90, 80), ("08T18", 40, 95, 85), ("10T06", 60, 100, 140)),
                *(("11T06", 61, 100, 140), ("12T06", 71, 110, 160), ("13T06", 72, 110, 160)),
            )
        ],
        [("2026-01-07", 0.2, 0.2, 0.2, 20, 100), ("2026-01-10", 1, 1, 1, 1, 1), ("2026-01-11", 0.25, 0.25, 0.25, 10, 40)],
    ),
    "a Monday is the reading of Tuesday less nothing, whatever was read on the Monday itself": (
        [
            week(W0, "2026-01-05T06:30", [(M2, 9), (FREE, 9)]),
            week(W1, "2026-01-05T12:00", [(M2, 1), ("other", 1)]),
            week(W1, "2026-01-06T06:30", [(M2, 10), (RIVAL, 5), ("other", 85)]),
        ],
        [(W1, 0.1, 0.1, 0.15, 10, 100)],
    ),
    "absent on Tuesday it had at most the smallest listed row for each variant": (
        [week(W0, "2026-01-05T06:30", [(M2, 9), (FREE, 9)]), week(W1, "2026-01-06T06:30", [(RIVAL, 5), ("other", 95)])],
        [(W1, None, 0, 0.1, None, 100)],
    ),
    "a difference over absence is bounded: 0 to 5 of the earlier reading, at most the smallest row of the later": (
        [
            settled_week(W0, [(M2, 9)]),
            week(W1, "2026-01-07T06:30", [(RIVAL, 50), (SECOND, 5), ("other", 45)]),
            week(W1, "2026-01-08T06:30", [(RIVAL, 80), (M2, 30), ("other", 90)]),
            week(W1, "2026-01-09T06:30", [(RIVAL, 150), (SECOND, 40), ("other", 110)]),
        ],
        [("2026-01-07", None, 0.25, 0.3, None, 100), ("2026-01-08", None, 0, 0.1, None, 100)],
    ),
    "an unlisted variant used no less than nothing; where it leaves, the list differs, and there is no one figure": (
        [
            settled_week(W0, [(M2, 9), (FREE, 9)]),
            week(W1, "2026-01-07T06:30", [(M2, 10), (RIVAL, 50), ("other", 40)]),
            week(W1, "2026-01-08T06:30", [(M2, 30), (RIVAL, 80), (SECOND, 3), ("other", 87)]),
            week(W1, "2026-01-09T06:30", [(M2, 40), (FREE, 4), (RIVAL, 86), ("other", 170)]),
            week(W1, "2026-01-10T06:30", [(M2, 60), (RIVAL, 130), (SECOND, 10), ("other", 200)]),
        ],
        [
            ("2026-01-07", 0.2, 0.2, 0.23, 20, 100),
            ("2026-01-08", None, 0.11, 0.14, None, 100),
            ("2026-01-09", None, 0.2, 0.26, None, 100),
        ],
    ),
}


@pytest.mark.parametrize(("readings", "days"), RUNNING.values(), ids=RUNNING.keys())
def test_a_running_week_read_day_by_day_is_differenced(
    tables: Tables, readings: list[Reading], days: list[tuple[Any, ...]]
) -> None:
    """Day, share and bounds, tokens of M2 and of all; the last difference ends after the close."""
    tables.build(readings)
    assert tables.rows(DAILY, method="captured") == days


@pytest.mark.parametrize(
    ("later", "hours", "share"),
    [
        ("2026-01-08T00:29", 17.9833, None),
        ("2026-01-08T00:30", 18, 0.2),
        ("2026-01-08T12:30", 30, 0.2),
        ("2026-01-08T12:31", 30.0167, None),
    ],
)
def test_a_captured_day_states_its_hours_and_cites_both_readings(
    tables: Tables, later: str, hours: float, share: float | None
) -> None:
    """From 18 to 30 hours they are about a day; what is shorter or longer has neither a share nor tokens of a day."""
    first = "2026-01-07T06:30"
    rows = [[(M2, 10), (RIVAL, 50), ("other", 40)], [(M2, 30), (RIVAL, 90), ("other", 80)]]
    tables.build(week(W1, first, rows[0]), week(W1, later, rows[1]))
    figures = (share, share, share, *((20, 100) if share else (None, None)))
    assert tables.rows(DAILY, method="captured") == [("2026-01-07", *figures)]
    assert captured(tables, "hours_between_readings") == [(pytest.approx(hours, abs=1e-4),)]
    assert captured(tables, "previous_retrieved_at", "previous_citation", "retrieved_at", "citation") == [
        (instant(first), CITED.format(f"{first}:00"), instant(later), CITED.format(f"{later}:00"))
    ]


@pytest.mark.parametrize(("hour", "hours", "share"), [("06:30", 30.5, 0.1), ("12:30", 36.5, None)])
def test_a_monday_wants_a_reading_by_noon_on_tuesday(tables: Tables, hour: str, hours: float, share: float | None) -> None:
    """A week begins at 0: one reading is enough."""
    tables.build(week(W1, f"2026-01-06T{hour}", [(M2, 10), (RIVAL, 5), ("other", 85)]))
    names = ("hours_between_readings", "coding_token_share_estimate", "previous_retrieved_at", "previous_citation")
    assert captured(tables, *names) == [(hours, share, None, None)]


@pytest.mark.parametrize(
    ("after", "is_negative"),
    [
        pytest.param([(M2, 9), (RIVAL, 90), ("other", 60)], True, id="M2 fell"),
        pytest.param([(M2, 20), (RIVAL, 45), ("other", 40)], True, id="all others together fell"),
        pytest.param([(M2, 10), (RIVAL, 40), ("other", 40)], True, id="the block fell"),
        pytest.param([(RIVAL, 90), (SECOND, 5), ("other", 60)], True, id="M2 fell out, and below what it had"),
        pytest.param([(M2, 10), (RIVAL, 50), ("other", 40)], False, id="nothing moved"),
        pytest.param([(M2, 11), (RIVAL, 49), ("other", 40)], True, id="the block did not grow, but M2 did"),
    ],
)
def test_a_difference_that_is_no_use_has_no_share(tables: Tables, after: list[Row], is_negative: bool) -> None:
    """Usage never falls: the sample was scaled again. Where nothing moved nothing fell, and there is no share of nothing."""
    before = week(W1, "2026-01-07T06:30", [(M2, 10), (RIVAL, 50), ("other", 40)])
    tables.build(settled_week(W0, [(M2, 9)]), before, week(W1, "2026-01-08T06:30", after))
    row = tables.record("from marts.m2_coding_share_daily")
    assert row["is_difference_negative"] is is_negative
    assert bounded(row, "coding_token_share_estimate") == (None, None, None)


# --- claims ------------------------------------------------------------------------------------------------------------


def test_the_claim_of_daily_tokens(tables: Tables) -> None:
    """Confirmed by one day; refuted only by every day of the month; before that not measurable."""
    tables.build(settled_day("2025-11-11", [(M2, 70_000_000_000), (FREE, 14_323_736_444), ("other", 1)]))
    row = claim(tables, "daily tokens%")
    assert (row["verdict"], row["measured_value"]) == ("confirmed", 84_323_736_444)
    assert row["evidence"].startswith("2025-11-11")
    days = days_from("2025-11-01", *([[(M2, 60_000_000_000), ("other", 10)]] * 30))
    in_december = settled_day("2025-12-01", [(M2, 90_000_000_000), ("other", 1)])
    for given, verdict in ((days, "refuted"), (days[1:], "not measurable"), ([in_december], "not measurable")):
        tables.build(given)
        row = claim(tables, "daily tokens%")
        assert row["verdict"] == verdict
    assert row["measured_value"] is None


def test_the_claim_of_the_third_place(tables: Tables) -> None:
    """Third, with exactly those two above; another one above, in every week of the month, refutes it."""
    weeks = ["2025-11-03", "2025-11-10", "2025-11-17", "2025-11-24"]
    other = [settled_week(one, [(GROK, 50), (RIVAL, 20), (M2, 10), ("other", 20)]) for one in weeks]
    third = settled_week(weeks[3], [(GROK, 50), (SONNET, 20), (M2, 10), ("other", 20)])
    for given, verdict in ((other, "refuted"), (other[:3], "not measurable"), ([*other[:3], third], "confirmed")):
        tables.build(given)
        row = claim(tables, "M2 ranked third%")
        assert row["verdict"] == verdict
    assert row["measured_value"] == 3
    assert weeks[3] in row["evidence"]


@pytest.mark.parametrize(
    ("prompt", "verdict", "ratio"), [("0.3", "confirmed", 0.0875), ("0.6", "refuted", 0.125), ("-1", "not measurable", None)]
)
def test_the_claim_of_the_price(tables: Tables, prompt: str, verdict: str, ratio: float | None) -> None:
    """Three prompt tokens to one completion token, in the middle of November: later prices and variants are no matter."""
    first, later = ("1.2", "99") if prompt != "-1" else ("-1", "-1")
    others = (entry(FREE, "0", "0"), entry(SONNET, "3", "15"))
    tables.build(
        CatalogueReading(instant("2025-11-05T06:30"), (entry(M2, prompt, first), *others)),
        CatalogueReading(instant("2025-12-05T06:30"), (entry(M2, prompt, later), others[1])),
    )
    row = claim(tables, "M2 at about 8 %%")
    assert (row["verdict"], row["measured_value"]) == (verdict, ratio and pytest.approx(ratio))
    # The reading that gave the figure; without one, the newest.
    read_on = "2025-11-05" if ratio is not None else "2025-12-05"
    assert row["citation"].startswith(f"Source: OpenRouter (openrouter.ai/models), as of {read_on}")


@pytest.fixture
def unnoted(tables: Tables) -> Iterator[None]:
    """No list price is noted by hand."""
    tables.decide("create or replace temp table noted_before as from reference.list_prices")
    tables.decide("truncate reference.list_prices")
    yield
    tables.decide("insert into reference.list_prices from noted_before")


@pytest.mark.usefixtures("unnoted")
@pytest.mark.parametrize(
    ("days", "ratio", "evidence"),
    [
        (("07", "15", "18"), 0.074375, "List prices at the end of 2025-11-15"),
        (("16", "18", "20"), 0.0375, "List prices as first known, on 2025-11-16, which is after 2025-11-15"),
        (("03", "05", "07"), 0.1, "List prices at the end of 2025-11-15"),
    ],
)
def test_the_price_of_the_claim_is_that_of_its_day(
    tables: Tables, days: tuple[str, ...], ratio: float, evidence: str
) -> None:
    """The newest price read by the end of 15 November; without one by then the first one, and so said."""
    tables.build(
        CatalogueReading(instant(f"2025-11-{day}T17:33"), (entry(M2, *prices), entry(SONNET, "3", "15")))
        for day, prices in zip(days, (("0.15", "0.45"), ("0.255", "1.02"), ("0.3", "1.5")), strict=True)
    )
    row = claim(tables, "M2 at about 8 %%")
    assert row["measured_value"] == pytest.approx(ratio)
    assert row["evidence"].startswith(evidence)
    used = max((day for day in days if day <= "15"), default=days[0])
    assert f"as of 2025-11-{used}T17:33:00Z." in row["citation"]


@pytest.mark.parametrize("days", [(), ("16", "18")])
def test_without_a_catalogue_by_then_the_price_is_the_one_noted(tables: Tables, days: tuple[str, ...]) -> None:
    """Figures of `reference.list_prices` are not fetched: the evidence names their source, the citation is no catalogue's.

    A catalogue that was read later knows nothing of that day."""
    late = (entry(M2, "0.3", "99"), entry(SONNET, "3", "15"))
    tables.build(
        settled_day(W1, [(M2, 10), ("other", 10)]),
        (CatalogueReading(instant(f"2025-11-{day}T17:33"), late) for day in days),
    )
    row = claim(tables, "M2 at about 8 %%")
    assert (row["measured_value"], row["verdict"]) == (pytest.approx(0.44625 / 6), "confirmed")
    of = "https://openrouter.ai/api/v1/models, fetched 2025-11"
    noted = f"M2 {of}-15T17:33:58Z; Claude Sonnet 4.5 {of}-07T18:15:38Z; three prompt tokens"
    assert row["evidence"].startswith(f"List prices noted from the catalogue of that time: {noted}")
    assert "(reference.list_prices)" in row["evidence"]
    assert row["citation"].startswith("Source: OpenRouter (openrouter.ai/rankings)")


def test_what_is_noted_speaks_only_where_no_catalogue_does(tables: Tables) -> None:
    """A catalogue of that day that lists no price of M2 has the word."""
    tables.build(CatalogueReading(instant("2025-11-14T17:33"), (entry(M2, "-1", "-1"), entry(SONNET, "3", "15"))))
    assert claim(tables, "M2 at about 8 %%")["verdict"] == "not measurable"


def test_what_no_table_holds_is_not_measurable(tables: Tables) -> None:
    """Each such claim says what would be needed."""
    tables.build(settled_day(W1, [(M2, 10), ("other", 10)]))
    rows = tables.records("from marts.claim_checks where verdict = 'not measurable'")
    assert len(rows) == 13
    assert all(row["evidence"].startswith(("Needed: ", "Not measurable here: ")) for row in rows)
    assert {row["measured_value"] for row in rows} == {None}
    # A table whose series were never read has no line to cite it by.
    listed = {name for (name,) in tables.rows("select table_name from marts.citations")}
    assert "core.model_usage_daily" in listed
    assert not {"core.model_catalogue_vintages", "core.category_usage_weekly"} & listed


@pytest.mark.parametrize(
    ("first", "last", "other", "verdict"), [(10, 60, 5, "confirmed"), (60, 10, 5, "refuted"), (40, 50, 50, "undecided")]
)
def test_share_of_chinese_authors_is_compared_with_its_bounds(
    tables: Tables, first: int, last: int, other: int, verdict: str
) -> None:
    """A rise or fall counts only where what is not listed could not undo it."""
    tables.build(
        days_from(start, *[[(M2, tokens), ("openai/gpt-5", 100), ("other", other)]] * 7)
        for start, tokens in (("2025-11-03", first), ("2025-11-24", last))
    )
    row = claim(tables, "%Chinese authors%")
    assert row["verdict"] == verdict
    assert row["measured_value"] == pytest.approx(last / (last + 100 + other) - first / (first + 100 + other))


# --- citations ---------------------------------------------------------------------------------------------------------


def test_a_table_is_cited_by_its_newest_source(tables: Tables) -> None:
    """The newest response of the series it is taken from; the catalogue's line only where nothing else is in the table."""
    tables.build(
        day(W1, "2026-01-08T06:30", [(M2, 10), ("other", 10)], as_of=instant("2026-01-08T06:29:59")),
        settled_week(W1, [(M2, 10), ("other", 10)]),
        CatalogueReading(instant("2026-03-01T06:30"), ({"id": "a/x", "canonical_slug": "a/x", "name": "X"},)),
    )
    rows = tables.rows("select table_name, citation, may_republish from marts.citations")
    lines = {name: line for name, *line in rows}
    coding = CITED.format("2026-01-15T06:30:00")
    expected = {
        "core.model_usage_daily": [CITED.format("2026-01-08T06:29:59"), True],
        "marts.m2_usage_daily": [coding, True],  # its bounds count what any series lists
        "marts.lineage_share_weekly": [coding, True],
        "marts.m2_milestones": [coding, True],
        "core.model_catalogue_vintages": ["Source: OpenRouter (openrouter.ai/models), as of 2026-03-01T06:30:00Z.", False],
        "marts.claim_checks": [coding.removesuffix(" Licensed under CC BY 4.0."), False],
    }
    assert {name: lines[name] for name in expected} == expected
