"""Rows in, rows out: milestones, launches, days, movers, settling, claims and citations, computed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline.contracts.tables import TABLES
from tests.support import Row, build_order, instant, needed_for
from tests.warehouse.readings import M2, CatalogueReading, Reading, Tables, day, open_tables, settled_day, settled_week, week

pytestmark = pytest.mark.made_up_levels

FREE = f"{M2}:free"
M21, M25 = "minimax/minimax-m2.1", "minimax/minimax-m2.5-20260211"
RIVAL, SECOND, THIRD = "a/rival", "b/second", "c/third"
SONNET = "anthropic/claude-4.5-sonnet-20250929"
GROK = "x-ai/grok-code-fast-1"
W1, W2, W3, W4, W5 = (str(date(2026, 1, 5) + timedelta(days=7 * n)) for n in range(5))


NEEDED = needed_for(["marts.m2_milestones", "marts.launch_curves", "marts.m2_coding_share_daily"])
STORY = [name for name in build_order() if name in NEEDED]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    with open_tables(tmp_path_factory.mktemp("marts_m2")) as opened:
        yield opened


def build(tables: Tables, readings: list[Reading]) -> None:
    """Core and marts as far as the story of M2 needs them: all of them would take twice as long."""
    tables.build(readings, STORY)


def milestone(tables: Tables, name: str) -> tuple[str | None, float | None]:
    """When, and how much."""
    row = tables.record("from marts.m2_milestones where milestone = $name", name=name)
    return (str(row["reached_on"]) if row["reached_on"] else None, row["value"])


def status(tables: Tables, name: str) -> str:
    """Whether it was reached, and if not whether that is known."""
    found: str = tables.record("from marts.m2_milestones where milestone = $name", name=name)["milestone_status"]
    return found


def evidence(tables: Tables, name: str) -> str:
    found: str = tables.record("from marts.m2_milestones where milestone = $name", name=name)["evidence"]
    return found


def claim(tables: Tables, like: str) -> dict[str, Any]:
    return tables.record("from marts.claim_checks where claim like $like", like=like)


def days_from(first: str, *blocks: list[Row]) -> list[Reading]:
    """Consecutive days, each read once and late."""
    start = date.fromisoformat(first)
    return [settled_day(str(start + timedelta(days=n)), rows) for n, rows in enumerate(blocks)]


# --- the lineage -------------------------------------------------------------------------------------------------------


def test_members_stack_to_the_lineage(tables: Tables) -> None:
    """A member's rows begin with its first listed week; an absent one has bounds and adds nothing to the sum."""
    tables.build(
        [
            settled_week(W1, [(M2, 30), (RIVAL, 10), ("other", 60)]),
            settled_week(W2, [(M2, 20), (M21, 25), (RIVAL, 5), ("other", 50)]),
            settled_week(W3, [(M21, 40), (RIVAL, 20), ("other", 40)]),
        ]
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


# --- milestones --------------------------------------------------------------------------------------------------------


def test_milestones_of_days(tables: Tables) -> None:
    """Free first, paid two days later, the peak of both together, half of it by the upper bound, and the last listed day."""
    build(
        tables,
        days_from(
            "2026-01-04",
            [(RIVAL, 90), ("other", 10)],
            [(FREE, 10), (RIVAL, 90), ("other", 10)],
            [(FREE, 20), (RIVAL, 90), ("other", 10)],
            [(FREE, 30), (M2, 10), (RIVAL, 90), ("other", 10)],
            # 17 are listed and `:free` may hold 5 more: half of 40 is not certain. The day after it is.
            [(M2, 17), (SECOND, 5), ("other", 50)],
            [(M2, 15), (SECOND, 5), ("other", 50)],
            [(M2, 30), (SECOND, 5), ("other", 50)],
            [(SECOND, 5), ("other", 50)],
        ),
    )
    assert milestone(tables, "first seen free") == ("2026-01-05", 10)
    assert milestone(tables, "first seen paid") == ("2026-01-07", 10)
    assert milestone(tables, "peak day") == ("2026-01-07", 40)
    assert milestone(tables, "days from launch to peak day") == ("2026-01-07", 2)
    assert milestone(tables, "half of the peak day") == ("2026-01-09", 2)
    assert "above half after it: 1" in evidence(tables, "half of the peak day")
    assert milestone(tables, "last day in the platform top 50") == ("2026-01-10", 1)
    # Nothing is known of coding: each row is there and says so.
    assert milestone(tables, "peak coding week") == (None, None)
    assert evidence(tables, "peak coding week") == "No week read lists it."


def test_a_last_day_before_a_gap_is_not_known(tables: Tables) -> None:
    """Between the last day that lists M2 and the next one read anything may have been."""
    build(
        tables,
        [
            *days_from("2026-01-05", [(M2, 10), ("other", 10)], [(M2, 9), ("other", 10)]),
            settled_day("2026-01-09", [(RIVAL, 10), ("other", 10)]),
        ],
    )
    assert milestone(tables, "last day in the platform top 50") == (None, None)
    assert "listed last on 2026-01-06" in evidence(tables, "last day in the platform top 50")
    build(tables, days_from("2026-01-05", [(M2, 10), ("other", 10)], [(M2, 9), ("other", 10)]))
    assert milestone(tables, "last day in the platform top 50") == (None, None)
    assert "still listed" in evidence(tables, "last day in the platform top 50")
    # The first day read lists it: whether it was launched then is not known, and is said.
    assert "may have been there before" in evidence(tables, "first seen paid")


def test_milestones_of_weeks(tables: Tables) -> None:
    """Into the ten, five and three; the peak; half of it; who passed it; which successor did."""
    crowd = [(f"z/{n}", 10 - n) for n in range(6)]
    build(
        tables,
        [
            settled_week("2025-12-29", [(RIVAL, 50), ("other", 50)]),
            settled_week(W1, [*crowd, (M2, 4), ("other", 1)]),
            settled_week(W2, [(RIVAL, 40), (M2, 40), (SECOND, 10), ("other", 10)]),
            settled_week(W3, [(RIVAL, 40), (SECOND, 25), (M2, 21), (M21, 4), ("other", 10)]),
            # Absent: at most 15 of 100, and M2.1 is listed above that.
            settled_week(W4, [(RIVAL, 40), (M21, 16), (SECOND, 15), ("other", 29)]),
            settled_week(W5, [(M2, 30), (RIVAL, 10), ("other", 60)]),
        ],
    )
    assert milestone(tables, "first week in the coding top 10") == (W1, 7)
    assert milestone(tables, "first week in the coding top 5") == (W2, 1)
    assert milestone(tables, "first week in the coding top 3") == (W2, 1)
    assert milestone(tables, "peak coding week") == (W2, 0.4)
    assert milestone(tables, "weeks at coding rank 3 or better") == (W5, 3)
    assert milestone(tables, "half of the peak coding week") == (W4, 2)
    assert "Not listed that week" in evidence(tables, "half of the peak coding week")
    assert "above half after it: 1" in evidence(tables, "half of the peak coding week")
    assert milestone(tables, "overtaken in coding") == (W3, 3)
    # Level with M2 the week before, `a/rival` was not below it.
    assert evidence(tables, "overtaken in coding").startswith("By b/second, below it")
    assert milestone(tables, "overtaken in coding by a successor") == (W4, 0.16)
    assert "minimax/minimax-m2.1" in evidence(tables, "overtaken in coding by a successor")
    assert milestone(tables, "peak day") == (None, None)


def test_whoever_has_more_than_its_bound_overtakes_an_absent_model(tables: Tables) -> None:
    """Its rank is then unknown, the date is not. The smallest listed row may be level with what is not listed."""
    before = settled_week(W1, [(RIVAL, 50), (M2, 30), (SECOND, 20), (THIRD, 10), ("other", 10)])
    build(tables, [before, settled_week(W2, [(RIVAL, 50), (SECOND, 11), (THIRD, 10), ("other", 40)])])
    assert milestone(tables, "overtaken in coding") == (W2, None)
    assert evidence(tables, "overtaken in coding").startswith("By b/second, below it")
    build(tables, [before, settled_week(W2, [(RIVAL, 50), (THIRD, 10), ("other", 40)])])
    assert milestone(tables, "overtaken in coding") == (None, None)
    assert status(tables, "overtaken in coding") == "cannot be known"


def test_many_overtakers_are_counted(tables: Tables) -> None:
    """Where M2 is no longer listed, nearly all others stand above it: three are named."""
    crowd = [(f"z/{n}", 20 - n) for n in range(6)]
    build(tables, [settled_week(W1, [(M2, 30), *crowd, ("other", 20)]), settled_week(W2, [*crowd, ("other", 5)])])
    assert evidence(tables, "overtaken in coding").startswith("By z/0, z/1, z/2 and 3 more, below it or absent")


def test_weeks_of_another_capture_overtake_nobody(tables: Tables) -> None:
    """A week cut at nine models and one of the interface are not compared."""
    build(
        tables,
        [
            settled_week(W1, [(M2, 30), (RIVAL, 10), ("other", 60)], capture="top9"),
            settled_week(W2, [(RIVAL, 50), (M2, 30), (M21, 10), ("other", 10)]),
        ],
    )
    assert milestone(tables, "overtaken in coding") == (None, None)
    assert status(tables, "overtaken in coding") == "cannot be known"


@pytest.mark.parametrize(
    ("before", "expected", "said"),
    [
        pytest.param([(M2, 30), (M21, 29), ("other", 41)], (W2, 0.4), "reached", id="below"),
        pytest.param([(M2, 30), ("other", 70)], (W2, 0.4), "reached", id="absent"),
        pytest.param([(M2, 30), (M21, 30), ("other", 40)], (None, None), "cannot be known", id="level"),
        pytest.param(None, (None, None), "cannot be known", id="not read"),
    ],
)
def test_a_successor_overtakes_from_below(
    tables: Tables, before: list[Row] | None, expected: tuple[str | None, float | None], said: str
) -> None:
    """Only what stood strictly below M2 the week before, or was not listed, has overtaken it since."""
    weeks = [settled_week("2025-12-29", [(M2, 30), ("other", 70)])]
    weeks += [settled_week(W1, before)] if before else []
    build(tables, [*weeks, settled_week(W2, [(M21, 40), (M2, 30), ("other", 30)])])
    assert milestone(tables, "overtaken in coding by a successor") == expected
    assert status(tables, "overtaken in coding by a successor") == said


@pytest.mark.parametrize(
    ("weeks", "said"),
    [
        pytest.param({W1: 40, W2: 30, W3: 21}, "not yet reached", id="above half in every week"),
        pytest.param({W1: 40, W2: 30, W4: 21}, "cannot be known", id="a week was not read"),
        pytest.param({W1: 40, W2: None, W3: 21}, "cannot be known", id="a week does not list it, and leaves half open"),
        pytest.param({W1: 40, W2: 20, W3: 21}, "reached", id="at half"),
        pytest.param({W1: 40}, "not yet reached", id="no week since"),
    ],
)
def test_half_says_whether_it_is_not_reached_or_not_known(tables: Tables, weeks: dict[str, int | None], said: str) -> None:
    """Of M2's milestones and of its launch curve alike."""
    build(
        tables,
        [
            settled_week(start, [(RIVAL, 45), *([] if share is None else [(M2, share)]), ("other", 55 - (share or 0))])
            for start, share in weeks.items()
        ],
    )
    assert status(tables, "half of the peak coding week") == said
    assert (milestone(tables, "half of the peak coding week")[1] is not None) == (said == "reached")
    row = curve(tables, M2)
    assert (row["half_life_status"], row["half_life_weeks"] is not None) == (said, said == "reached")


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((40, 30, 21), "not yet reached"),
        ((40, 30, -1, 21), "cannot be known"),
        ((40, None, 21), "cannot be known"),
        ((40, 20), "reached"),
    ],
)
def test_half_of_a_day_says_it_too(tables: Tables, days: tuple[int | None, ...], said: str) -> None:
    """-1 is a day that was not read, None one that does not list M2 and may hide as much as 45 of it."""
    start = date(2026, 1, 5)
    build(
        tables,
        [
            settled_day(
                str(start + timedelta(days=n)),
                [(RIVAL, 45), *([] if tokens is None else [(M2, tokens)]), ("other", 55 - (tokens or 0))],
            )
            for n, tokens in enumerate(days)
            if tokens != -1
        ],
    )
    assert status(tables, "half of the peak day") == said


def test_no_week_on_the_podium_is_a_count_of_zero(tables: Tables) -> None:
    """0 weeks were counted, which is known; since when they may come is not reached."""
    build(tables, [settled_week(W1, [(RIVAL, 50), (SECOND, 20), (THIRD, 10), (M2, 5), ("other", 15)])])
    assert milestone(tables, "weeks at coding rank 3 or better") == (None, 0)
    assert status(tables, "weeks at coding rank 3 or better") == "not yet reached"
    assert status(tables, "first week in the coding top 3") == "not yet reached"
    assert status(tables, "first week in the coding top 5") == "reached"
    build(tables, [settled_day(W1, [(M2, 10), ("other", 10)])])
    assert milestone(tables, "weeks at coding rank 3 or better") == (None, None)
    assert status(tables, "weeks at coding rank 3 or better") == "cannot be known"


def test_a_cut_week_leaves_the_tenth_place_open(tables: Tables) -> None:
    """Not among the nine that a recorded week lists, M2 may have been tenth, but not fifth."""
    nine = [(f"z/{n}", 100 - n) for n in range(9)]
    build(
        tables,
        [
            settled_week(W1, [*nine[:8], (M2, 1), ("other", 900)], capture="top9"),
            settled_week(W2, [*nine, ("other", 900)], capture="top9"),
        ],
    )
    assert status(tables, "first week in the coding top 10") == "reached"
    assert status(tables, "first week in the coding top 5") == "not yet reached"
    build(
        tables,
        [
            settled_week(W1, [*nine, ("z/9", 90), (M2, 1), ("other", 900)]),
            settled_week(W2, [*nine, ("other", 900)], capture="top9"),
        ],
    )
    assert status(tables, "first week in the coding top 10") == "cannot be known"
    assert status(tables, "first week in the coding top 5") == "not yet reached"


def test_provisional_figures_reach_no_milestone(tables: Tables) -> None:
    """A day or week that may still move is no peak yet."""
    build(
        tables,
        [
            settled_day("2026-01-05", [(M2, 10), ("other", 90)]),
            day("2026-01-06", "2026-01-07T06:30", [(M2, 99), ("other", 1)]),
            settled_week(W1, [(M2, 10), ("other", 90)]),
            week(W2, "2026-01-19T06:30", [(M2, 99), ("other", 1)]),
        ],
    )
    assert milestone(tables, "peak day") == ("2026-01-05", 10)
    assert milestone(tables, "peak coding week") == (W1, 0.1)


def test_nothing_read_makes_no_row(tables: Tables) -> None:
    """A milestone or a claim without any reading could not be cited."""
    tables.build([])
    assert tables.rows("from marts.m2_milestones") == []
    assert tables.rows("from marts.claim_checks") == []
    assert tables.rows("from marts.citations") == []


# --- launches ----------------------------------------------------------------------------------------------------------


def curve(tables: Tables, model: str) -> dict[str, Any]:
    return tables.record(
        "from marts.launch_curves where base_permaslug = $model and weeks_since_first_seen = 0", model=model
    )


def test_a_launch_curve_counts_calendar_weeks(tables: Tables) -> None:
    """From the first listed week; absent weeks with bounds; peak, half-life, percentile on every row."""
    build(
        tables,
        [
            settled_week(W1, [(RIVAL, 50), ("other", 50)]),
            settled_week(W2, [(RIVAL, 60), (M2, 20), (SECOND, 10), ("other", 10)]),
            settled_week(W4, [(M2, 40), (RIVAL, 20), ("other", 40)]),
            settled_week(W5, [(RIVAL, 20), ("other", 80)]),
        ],
    )
    assert tables.rows("""
        select weeks_since_first_seen, coding_token_share, coding_token_share_upper, weeks_to_peak, half_life_weeks
        from marts.launch_curves
        where author = 'minimax'
        order by all
    """) == [
        (0, 0.2, 0.2, 2, 1),
        (2, 0.4, 0.4, 2, 1),
        (3, None, 0.2, 2, 1),
    ]
    percentiles = "select distinct base_permaslug, peak_share_percentile from marts.launch_curves"
    assert dict(tables.rows(percentiles)) == {SECOND: 0, M2: 0.5, RIVAL: 1}
    # Listed in the first week read, its launch is unknown; the others entered between two weeks that were read.
    assert [curve(tables, one)["is_launch_observed"] for one in (RIVAL, M2, SECOND)] == [False, True, True]
    # B's bound is at or below half of its 10 % in no week: 10 % absent of W4 is 20 %.
    row = curve(tables, SECOND)
    assert (row["half_life_weeks"], row["half_life_status"]) == (None, "cannot be known")


def test_a_peak_is_of_final_weeks(tables: Tables) -> None:
    """What may still move is in the curve and makes no peak; a model that only such weeks list has no peak."""
    build(
        tables,
        [
            settled_week(W1, [(RIVAL, 50), (SECOND, 10), ("other", 40)]),
            settled_week(W2, [(RIVAL, 40), (SECOND, 20), ("other", 40)]),
            week(W3, "2026-01-26T06:30", [(RIVAL, 60), (SECOND, 5), (M2, 30), ("other", 5)]),
        ],
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
    build(tables, [week(W1, "2026-01-12T06:30", first), settled_week(W2, second), settled_week(W3, second)])
    rows = tables.rows("select base_permaslug, is_provisional from marts.launch_curves order by base_permaslug, week_start")
    assert rows == [*[(RIVAL, True)] * 3, *[(M2, True)] * 2]
    build(tables, [settled_week(W1, first), settled_week(W2, second), settled_week(W3, second)])
    assert tables.rows("select distinct is_provisional from marts.launch_curves") == [(False,)]


def test_a_curve_has_two_citations(tables: Tables) -> None:
    """Its week that of its own reading, its peak and half that of the newest reading they rest on."""
    build(
        tables,
        [
            settled_week(W1, [(M2, 40), ("other", 60)]),
            settled_week(W2, [(M2, 30), ("other", 70)]),
            settled_day(W1, [(M2, 40), ("other", 60)]),
        ],
    )
    line = "Source: OpenRouter (openrouter.ai/rankings), as of {}T06:30:00Z. Licensed under CC BY 4.0."
    assert tables.rows(
        "select week_start::varchar, citation, curve_retrieved_at, curve_citation from marts.launch_curves order by all"
    ) == [
        (W1, line.format("2026-01-15"), instant("2026-01-22T06:30"), line.format("2026-01-22")),
        (W2, line.format("2026-01-22"), instant("2026-01-22T06:30"), line.format("2026-01-22")),
    ]


def test_only_the_first_ten_have_a_curve(tables: Tables) -> None:
    """The eleventh of a week never was among the ten."""
    build(tables, [settled_week(W1, [(f"m/{n:02}", 100 - n) for n in range(12)])])
    assert sorted(one for (one,) in tables.rows("select base_permaslug from marts.launch_curves")) == [
        f"m/{n:02}" for n in range(10)
    ]


def test_a_launch_that_may_lie_before_is_not_observed(tables: Tables) -> None:
    """A week unread, a week cut at nine before one that was not, or an earlier day of the platform: not the launch."""
    without, listed = [(RIVAL, 50), ("other", 50)], [(RIVAL, 50), (M2, 20), ("other", 30)]
    build(tables, [settled_week(W1, without), settled_week(W3, listed)])
    assert curve(tables, M2)["is_launch_observed"] is False
    build(tables, [settled_week(W1, without, capture="top9"), settled_week(W2, listed)])
    assert curve(tables, M2)["is_launch_observed"] is False
    weeks = [settled_week(W1, without), settled_week(W2, listed)]
    build(tables, [*weeks, settled_day("2026-01-04", listed)])
    assert curve(tables, M2)["is_launch_observed"] is False
    build(tables, [*weeks, settled_day("2026-01-10", listed)])
    assert curve(tables, M2)["is_launch_observed"] is True


@pytest.mark.parametrize(
    ("before", "free_on", "days", "had_free_window"),
    [
        (True, 3, 4, True),
        (True, None, 28, False),
        (True, None, 27, None),
        (True, 28, 29, False),
        (False, 3, 28, None),
    ],
)
def test_a_free_window_wants_the_first_day_and_every_day(
    tables: Tables, before: bool, free_on: int | None, days: int, had_free_window: bool | None
) -> None:
    """A free row within 28 days says yes; no is only said of days that were all read, from a known first one."""
    blocks: list[list[Row]] = [[(M2, 10), ("other", 10), *([(FREE, 5)] if n == free_on else [])] for n in range(days)]
    start = [settled_day("2026-01-04", [(RIVAL, 10), ("other", 10)])] if before else []
    build(tables, [settled_week(W1, [(M2, 50), ("other", 50)]), *start, *days_from("2026-01-05", *blocks)])
    assert curve(tables, M2)["had_free_window"] is had_free_window


def test_a_first_day_after_weeks_of_coding_opens_no_window(tables: Tables) -> None:
    """A model known from earlier weeks was not launched on the first day that was read to list it."""
    days = days_from("2026-02-01", [(RIVAL, 1)], *([[(M2, 10), (FREE, 5), ("other", 10)]] * 28))
    build(tables, [settled_week(W1, [(M2, 50), ("other", 50)]), *days])
    assert curve(tables, M2)["had_free_window"] is None


# --- who gained, who lost ----------------------------------------------------------------------------------------------


def test_changes_of_shares_sum_to_zero(tables: Tables) -> None:
    """What enters or leaves moves between the model and `other`; M2's change stands beside each."""
    tables.build(
        [
            settled_week(W1, [(RIVAL, 60), (M2, 20), (f"{M2}:free", 5), ("other", 15)]),
            settled_week(W2, [(RIVAL, 50), (SECOND, 30), ("other", 20)]),
        ]
    )
    found = tables.rows("""
        select base_permaslug, transition, coding_token_share_before, coding_token_share, listed_change_pp,
            m2_listed_change_pp
        from marts.share_change_decomposition_weekly
        order by all
    """)
    near = pytest.approx
    assert found == [
        (RIVAL, "stayed", near(0.6), near(0.5), near(-10), near(-25)),
        (SECOND, "entered", None, near(0.3), near(30), near(-25)),
        (M2, "left", near(0.25), None, near(-25), near(-25)),
        ("other", "tail", near(0.15), near(0.2), near(5), near(-25)),
    ]


def test_only_neighbouring_weeks_of_one_capture_are_compared(tables: Tables) -> None:
    """Not over an unread week, not over a change of the cut, and not before M2 was there."""
    rows: list[Row] = [(RIVAL, 60), (M2, 20), ("other", 20)]
    tables.build(
        [
            settled_week("2025-12-22", rows[:1], capture="top9"),
            settled_week("2025-12-29", rows[:1], capture="top9"),
            settled_week(W1, rows, capture="top9"),
            settled_week(W2, rows),
            settled_week(W4, rows),
            settled_week(W5, rows),
        ]
    )
    assert tables.rows(
        "select distinct week_start::varchar, capture from marts.share_change_decomposition_weekly order by all"
    ) == [(W1, "top9"), (W5, "api")]


# --- settling ----------------------------------------------------------------------------------------------------------


def test_pairs_of_readings_fall_into_spans(tables: Tables) -> None:
    """By the hours of the earlier reading; readings before the close make no pair; unchanged pairs count as pairs only."""
    tables.build(
        [
            day("2026-01-05", "2026-01-05T23:00", [(M2, 1), ("other", 1)]),
            day("2026-01-05", "2026-01-06T00:30", [(M2, 10), ("other", 90)]),
            day("2026-01-05", "2026-01-06T05:00", [(M2, 12), ("other", 93)]),
            day("2026-01-05", "2026-01-07T05:00", [(M2, 12), ("other", 93)]),
            day("2026-01-06", "2026-01-07T00:30", [(M2, 10), ("other", 90)]),
            day("2026-01-06", "2026-01-08T00:30", [(RIVAL, 20), ("other", 81)]),
        ]
    )
    near = pytest.approx
    assert tables.rows("""
        select hours_after_close_from, hours_after_close_to, reading_pairs, changed_pairs, median_relative_change,
            max_relative_change, max_largest_row_relative_change
        from marts.revision_curve
        where series_kind = 'usage_day'
        order by all
    """) == [
        (0, 1, 2, 2, near(0.03), near(0.05), near(0.2)),
        (4, 8, 1, 0, None, None, None),
    ]


def test_a_span_begins_with_its_first_instant(tables: Tables) -> None:
    """Two hours after the close to the second: the span from 2 on, not the one up to 2. The last one has no end."""
    rows = [(M2, 10), ("other", 90)]
    read_at = ("2026-01-06T00:00", "2026-01-06T01:59:59", "2026-01-06T02:00", "2026-01-22T00:00", "2026-03-01T06:30")
    tables.build([day("2026-01-05", at, rows) for at in read_at])
    spans = "select hours_after_close_from, hours_after_close_to, reading_pairs from marts.revision_curve order by all"
    assert tables.rows(spans) == [(0, 1, 1), (1, 2, 1), (2, 4, 1), (384, None, 1)]


def test_block_totals_follow_the_vintages(tables: Tables) -> None:
    """A line per content, `other` in the sum but never the largest row."""
    tables.build(
        [
            day("2026-01-05", "2026-01-06T06:30", [(M2, 10), (RIVAL, 20), ("other", 90)]),
            day("2026-01-05", "2026-01-07T06:30", [(M2, 30), (RIVAL, 20), ("other", 90)]),
        ]
    )
    assert tables.rows("""
        select vintage_number, block_tokens, block_rows, largest_model_permaslug, largest_row_tokens
        from core.block_totals
        order by all
    """) == [
        (1, 120, 3, RIVAL, 20),
        (2, 140, 3, M2, 30),
    ]


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


def test_a_week_is_spread_as_exact_tokens_were(tables: Tables) -> None:
    """40 of 400 coding tokens over days of 1, 2, 3, 4, 5, 5 and 20 of 100 tokens: 1/40 of M2's on a 1/7 of all."""
    build(tables, [settled_week(W1, [(RIVAL, 300), (M2, 40), ("other", 60)]), *allocatable(1, 2, 3, 4, 5, 5, 20)])
    found = tables.rows(DAILY, method="allocated")
    assert [row[1] for row in found] == pytest.approx([n / (400 / 7) for n in (1, 2, 3, 4, 5, 5, 20)])
    assert all(row[1] == pytest.approx(row[2]) == pytest.approx(row[3]) for row in found)
    assert sum(row[4] for row in found) == pytest.approx(40)
    assert sum(row[5] for row in found) == pytest.approx(400)


def test_a_day_without_a_figure_leaves_the_week_to_its_bounds(tables: Tables) -> None:
    """On the unlisted day M2 had 0 to 2 tokens: every day's part of 40 is uncertain, and bounded."""
    build(tables, [settled_week(W1, [(RIVAL, 300), (M2, 40), ("other", 60)]), *allocatable(4, 4, 4, 4, 4, 4, None)])
    found = tables.rows(DAILY, method="allocated")
    assert [row[1] for row in found] == [None] * 7
    day_tokens = 400 / 7
    assert found[0][2:4] == (pytest.approx(40 * 4 / 26 / day_tokens), pytest.approx(40 * 4 / 24 / day_tokens))
    assert found[6][2:4] == (0, pytest.approx(40 * 2 / 26 / day_tokens))


def test_an_absent_week_is_bounded_by_day(tables: Tables) -> None:
    """M2 is not in the week's list: at most the smallest listed row, spread as its days were."""
    weeks = [settled_week("2025-12-29", [(M2, 9)]), settled_week(W1, [(RIVAL, 300), (SECOND, 40), ("other", 60)])]
    build(tables, [*weeks, *allocatable(1, 2, 3, 4, 5, 5, 20)])
    found = tables.rows(DAILY, method="allocated")
    assert [row[1] for row in found] == [None] * 7
    assert [row[2] for row in found] == [0] * 7
    assert [row[3] for row in found] == pytest.approx([n / (400 / 7) for n in (1, 2, 3, 4, 5, 5, 20)])


def test_days_before_the_first_seen_one_are_bounded(tables: Tables) -> None:
    """M2 is first listed on the sixth day: it may have had 2 on each of the five before, which have no row of their own."""
    build(
        tables, [settled_week(W1, [(RIVAL, 300), (M2, 40), ("other", 60)]), *allocatable(None, None, None, None, None, 1, 3)]
    )
    found = tables.rows(DAILY, method="allocated")
    assert [row[0] for row in found] == ["2026-01-10", "2026-01-11"]
    day_tokens = 400 / 7
    assert [row[1] for row in found] == [None, None]
    assert [row[2] * day_tokens for row in found] == pytest.approx([40 * 1 / 14, 40 * 3 / 14])
    assert [row[3] * day_tokens for row in found] == pytest.approx([40 * 1 / 4, 40 * 3 / 4])


def test_only_whole_closed_weeks_are_spread(tables: Tables) -> None:
    """A day unread, or a week not read since its close: nothing is allocated."""
    rows: list[Row] = [(RIVAL, 300), (M2, 40), ("other", 60)]
    days = allocatable(1, 2, 3, 4, 5, 5, 20)
    build(tables, [settled_week(W1, rows), *days[1:]])
    assert tables.rows(DAILY, method="allocated") == []
    build(tables, [week(W1, "2026-01-11T23:59", rows), *days])
    assert tables.rows(DAILY, method="allocated") == []


def captured(tables: Tables, *names: str) -> list[tuple[Any, ...]]:
    """These columns of each captured day, in order."""
    chosen = ", ".join(names)
    return tables.rows(f"select {chosen} from marts.m2_coding_share_daily where method = 'captured' order by usage_date")  # noqa: S608


def test_a_running_week_read_on_two_days_is_differenced(tables: Tables) -> None:
    """The difference belongs to the day of the earlier reading; the last one ends after the close."""
    build(
        tables,
        [
            week(W1, "2026-01-07T06:30", [(M2, 10), (RIVAL, 50), ("other", 40)]),
            week(W1, "2026-01-08T06:30", [(M2, 30), (RIVAL, 90), ("other", 80)]),
            # A second reading of the day is not the day's first.
            week(W1, "2026-01-08T18:30", [(M2, 40), (RIVAL, 95), ("other", 85)]),
            # The 9th was not read: neither it nor the 8th has a difference.
            week(W1, "2026-01-10T06:30", [(M2, 60), (RIVAL, 100), ("other", 140)]),
            week(W1, "2026-01-11T06:30", [(M2, 61), (RIVAL, 100), ("other", 140)]),
            week(W1, "2026-01-12T06:30", [(M2, 71), (RIVAL, 110), ("other", 160)]),
            week(W1, "2026-01-13T06:30", [(M2, 72), (RIVAL, 110), ("other", 160)]),
        ],
    )
    assert tables.rows(DAILY, method="captured") == [
        ("2026-01-07", 0.2, 0.2, 0.2, 20, 100),
        ("2026-01-10", 1, 1, 1, 1, 1),
        ("2026-01-11", 0.25, 0.25, 0.25, 10, 40),
    ]


def test_a_monday_is_tuesdays_reading_less_nothing(tables: Tables) -> None:
    """A week begins at 0: one reading is enough, by noon on Tuesday. One taken on the Monday itself is no part of it."""
    earlier = week("2025-12-29", "2026-01-05T06:30", [(M2, 9), (FREE, 9)])
    monday = week(W1, "2026-01-05T12:00", [(M2, 1), ("other", 1)])
    build(tables, [earlier, monday, week(W1, "2026-01-06T06:30", [(M2, 10), (RIVAL, 5), ("other", 85)])])
    assert tables.rows(DAILY, method="captured") == [(W1, 0.1, 0.1, 0.15, 10, 100)]
    assert captured(tables, "hours_between_readings", "previous_retrieved_at", "previous_citation") == [(30.5, None, None)]
    build(tables, [earlier, week(W1, "2026-01-06T12:30", [(M2, 10), (RIVAL, 5), ("other", 85)])])
    assert captured(tables, "hours_between_readings", "coding_token_share_estimate") == [(36.5, None)]
    # Absent on Tuesday, it may have had as much as the smallest listed row for each of its variants.
    build(tables, [earlier, week(W1, "2026-01-06T06:30", [(RIVAL, 5), ("other", 95)])])
    assert tables.rows(DAILY, method="captured") == [(W1, None, 0, 0.1, None, 100)]


@pytest.mark.parametrize(
    ("later", "hours", "share"),
    [
        ("2026-01-08T00:29", 17.9833, None),
        ("2026-01-08T00:30", 18, 0.2),
        ("2026-01-08T12:30", 30, 0.2),
        ("2026-01-08T12:31", 30.0167, None),
    ],
)
def test_a_captured_day_states_the_hours_between_its_readings(
    tables: Tables, later: str, hours: float, share: float | None
) -> None:
    """From 18 to 30 hours they are about a day; what is shorter or longer has neither a share nor tokens of a day."""
    build(
        tables,
        [
            week(W1, "2026-01-07T06:30", [(M2, 10), (RIVAL, 50), ("other", 40)]),
            week(W1, later, [(M2, 30), (RIVAL, 90), ("other", 80)]),
        ],
    )
    names = ("", "_lower", "_upper")
    assert captured(
        tables,
        "round(hours_between_readings, 4)",
        *(f"coding_token_share_estimate{name}" for name in names),
        "day_coding_tokens_estimate",
        "day_category_tokens_estimate",
    ) == [(hours, share, share, share, *((20, 100) if share else (None, None)))]


def test_a_captured_day_cites_both_readings(tables: Tables) -> None:
    """Its figures are the difference of two readings, and each has its own instant."""
    times = ("2026-01-07T06:30", "2026-01-08T06:45")
    build(tables, [week(W1, at, [(M2, 10 * n), ("other", 90 * n)]) for n, at in enumerate(times, start=1)])
    line = "Source: OpenRouter (openrouter.ai/rankings), as of {}:00Z. Licensed under CC BY 4.0."
    assert captured(tables, "previous_retrieved_at", "previous_citation", "retrieved_at", "citation") == [
        (instant(times[0]), line.format(times[0]), instant(times[1]), line.format(times[1]))
    ]


def test_a_difference_over_absence_is_bounded(tables: Tables) -> None:
    """Absent in the earlier reading, M2 had 0 to 5 of it; absent in the later one, at most the smallest listed row."""
    build(
        tables,
        [
            settled_week("2025-12-29", [(M2, 9)]),
            week(W1, "2026-01-07T06:30", [(RIVAL, 50), (SECOND, 5), ("other", 45)]),
            week(W1, "2026-01-08T06:30", [(RIVAL, 80), (M2, 30), ("other", 90)]),
            week(W1, "2026-01-09T06:30", [(RIVAL, 150), (SECOND, 40), ("other", 110)]),
        ],
    )
    assert tables.rows(DAILY, method="captured") == [
        ("2026-01-07", None, 0.25, 0.3, None, 100),
        ("2026-01-08", None, 0, 0.1, None, 100),
    ]


def test_an_unlisted_variant_used_no_less_than_nothing(tables: Tables) -> None:
    """`:free` is listed in neither reading: 0 to 3. Where it leaves, the list differs, and there is no one figure."""
    build(
        tables,
        [
            settled_week("2025-12-29", [(M2, 9), (FREE, 9)]),
            week(W1, "2026-01-07T06:30", [(M2, 10), (RIVAL, 50), ("other", 40)]),
            week(W1, "2026-01-08T06:30", [(M2, 30), (RIVAL, 80), (SECOND, 3), ("other", 87)]),
            week(W1, "2026-01-09T06:30", [(M2, 40), (FREE, 4), (RIVAL, 86), ("other", 170)]),
            week(W1, "2026-01-10T06:30", [(M2, 60), (RIVAL, 130), (SECOND, 10), ("other", 200)]),
        ],
    )
    assert tables.rows(DAILY, method="captured") == [
        ("2026-01-07", 0.2, 0.2, 0.23, 20, 100),
        ("2026-01-08", None, 0.11, 0.14, None, 100),
        ("2026-01-09", None, 0.2, 0.26, None, 100),
    ]


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
    build(
        tables,
        [
            settled_week("2025-12-29", [(M2, 9)]),
            week(W1, "2026-01-07T06:30", [(M2, 10), (RIVAL, 50), ("other", 40)]),
            week(W1, "2026-01-08T06:30", after),
        ],
    )
    row = tables.record("from marts.m2_coding_share_daily")
    assert row["is_difference_negative"] is is_negative
    names = ("", "_lower", "_upper")
    assert [row[f"coding_token_share_estimate{name}"] for name in names] == [None, None, None]


# --- claims ------------------------------------------------------------------------------------------------------------


def test_the_claim_of_daily_tokens(tables: Tables) -> None:
    """Confirmed by one day; refuted only by every day of the month; before that not measurable."""
    tables.build([settled_day("2025-11-11", [(M2, 70_000_000_000), (FREE, 14_323_736_444), ("other", 1)])])
    row = claim(tables, "daily tokens%")
    assert (row["verdict"], row["measured_value"]) == ("confirmed", 84_323_736_444)
    assert row["evidence"].startswith("2025-11-11")
    days = days_from("2025-11-01", *([[(M2, 60_000_000_000), ("other", 10)]] * 30))
    tables.build(days)
    assert claim(tables, "daily tokens%")["verdict"] == "refuted"
    tables.build(days[1:])
    assert claim(tables, "daily tokens%")["verdict"] == "not measurable"
    tables.build([settled_day("2025-12-01", [(M2, 90_000_000_000), ("other", 1)])])
    row = claim(tables, "daily tokens%")
    assert (row["verdict"], row["measured_value"]) == ("not measurable", None)


def test_the_claim_of_the_third_place(tables: Tables) -> None:
    """Third, with exactly those two above; another one above, in every week of the month, refutes it."""
    weeks = ["2025-11-03", "2025-11-10", "2025-11-17", "2025-11-24"]
    third: list[Row] = [(GROK, 50), (SONNET, 20), (M2, 10), ("other", 20)]
    other: list[Row] = [(GROK, 50), (RIVAL, 20), (M2, 10), ("other", 20)]
    tables.build([settled_week(one, other) for one in weeks[:3]] + [settled_week(weeks[3], third)])
    row = claim(tables, "M2 ranked third%")
    assert (row["verdict"], row["measured_value"]) == ("confirmed", 3)
    assert weeks[3] in row["evidence"]
    tables.build([settled_week(one, other) for one in weeks])
    assert claim(tables, "M2 ranked third%")["verdict"] == "refuted"
    tables.build([settled_week(one, other) for one in weeks[:3]])
    assert claim(tables, "M2 ranked third%")["verdict"] == "not measurable"


def entry(slug: str, prompt: str, completion: str, variant: str = "") -> dict[str, Any]:
    prices = {"prompt_usd_per_token": Decimal(prompt), "completion_usd_per_token": Decimal(completion)}
    return {"id": slug + variant, "canonical_slug": slug, "name": slug, **prices}


@pytest.mark.parametrize(
    ("prompt", "verdict", "ratio"), [("0.3", "confirmed", 0.0875), ("0.6", "refuted", 0.125), ("-1", "not measurable", None)]
)
def test_the_claim_of_the_price(tables: Tables, prompt: str, verdict: str, ratio: float | None) -> None:
    """Three prompt tokens to one completion token, in the middle of November: later prices and variants are no matter."""
    entries = (
        entry(M2, prompt, "1.2" if prompt != "-1" else "-1"),
        entry(M2, "0", "0", ":free"),
        entry(SONNET, "3", "15"),
    )
    tables.empty_raw()
    first = CatalogueReading(instant("2025-11-05T06:30"), entries)
    later = CatalogueReading(instant("2025-12-05T06:30"), (entry(M2, prompt, "99" if prompt != "-1" else "-1"), entries[2]))
    tables.load_catalogue([first, later])
    tables.build_all()
    row = claim(tables, "M2 at about 8 %%")
    assert row["verdict"] == verdict
    assert row["measured_value"] == (pytest.approx(ratio) if ratio is not None else None)
    # The reading that gave the figure; without one, the newest.
    read_on = "2025-11-05" if ratio is not None else "2025-12-05"
    assert row["citation"].startswith(f"Source: OpenRouter (openrouter.ai/models), as of {read_on}")


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
    tables.empty_raw()
    tables.load_catalogue(
        [
            CatalogueReading(instant(f"2025-11-{day}T17:33"), (entry(M2, *prices), entry(SONNET, "3", "15")))
            for day, prices in zip(days, (("0.15", "0.45"), ("0.255", "1.02"), ("0.3", "1.5")), strict=True)
        ]
    )
    tables.build_all()
    row = claim(tables, "M2 at about 8 %%")
    assert row["measured_value"] == pytest.approx(ratio)
    assert row["evidence"].startswith(evidence)
    used = max((day for day in days if day <= "15"), default=days[0])
    assert f"as of 2025-11-{used}T17:33:00Z." in row["citation"]


def test_what_no_table_holds_is_not_measurable(tables: Tables) -> None:
    """Each such claim says what would be needed."""
    tables.build([settled_day(W1, [(M2, 10), ("other", 10)])])
    rows = tables.records("from marts.claim_checks where verdict = 'not measurable'")
    assert len(rows) == 8
    assert all(row["evidence"].startswith(("Needed: ", "Not measurable here: ")) for row in rows)
    assert all(row["measured_value"] is None for row in rows)


# --- citations ---------------------------------------------------------------------------------------------------------


def test_every_table_has_its_source_decided(tables: Tables) -> None:
    """A table that is added to core or marts needs a line in reference/table_sources.csv: whether it may be passed on."""
    listed = {name for (name,) in tables.rows("select table_name from reference.table_sources")}
    assert listed == {name for name, table in TABLES.items() if table.schema in ("core", "marts")}


def test_a_table_is_cited_by_its_newest_source(tables: Tables) -> None:
    """The newest answer of the series it is taken from; the catalogue's line only where nothing else is in the table."""
    tables.empty_raw()
    tables.load(
        [
            day(W1, "2026-01-08T06:30", [(M2, 10), ("other", 10)], as_of=instant("2026-01-08T06:29:59")),
            settled_week(W1, [(M2, 10), ("other", 10)]),
        ]
    )
    tables.load_catalogue(
        [CatalogueReading(instant("2026-03-01T06:30"), ({"id": "a/x", "canonical_slug": "a/x", "name": "X"},))]
    )
    tables.build_all()
    lines = {
        name: (citation, may_republish)
        for name, citation, may_republish in tables.rows("select table_name, citation, may_republish from marts.citations")
    }
    rankings = "Source: OpenRouter (openrouter.ai/rankings), as of "
    licensed = "Licensed under CC BY 4.0."
    assert lines["core.model_usage_daily"] == (f"{rankings}2026-01-08T06:29:59Z. {licensed}", True)
    # Its bounds count what any series lists.
    assert lines["marts.m2_usage_daily"] == (f"{rankings}2026-01-15T06:30:00Z. {licensed}", True)
    assert lines["marts.lineage_share_weekly"] == (f"{rankings}2026-01-15T06:30:00Z. {licensed}", True)
    assert lines["marts.m2_milestones"] == (f"{rankings}2026-01-15T06:30:00Z. {licensed}", True)
    catalogue = "Source: OpenRouter (openrouter.ai/models), as of 2026-03-01T06:30:00Z."
    assert lines["core.model_catalogue_vintages"] == (catalogue, False)
    assert lines["marts.claim_checks"] == (f"{rankings}2026-01-15T06:30:00Z.", False)


def test_a_table_whose_series_were_never_read_has_no_line(tables: Tables) -> None:
    """There is nothing in it to cite."""
    tables.build([settled_day(W1, [(M2, 10), ("other", 10)])])
    listed = {name for (name,) in tables.rows("select table_name from marts.citations")}
    assert "core.model_usage_daily" in listed
    assert not {"core.model_catalogue_vintages", "core.category_usage_weekly"} & listed


def test_simulated_tables_are_cited_as_such(tables: Tables) -> None:
    """Nothing of the simulator is cited as OpenRouter's."""
    tables.build([settled_day(W1, [(M2, 10), ("other", 10)], is_simulated=True)])
    assert {flag for (flag,) in tables.rows("select distinct is_simulated from marts.citations")} == {True}
    assert all(line.startswith("SIMULATED") for (line,) in tables.rows("select citation from marts.citations"))
    assert all(line.startswith("SIMULATED") for (line,) in tables.rows("select citation from marts.m2_milestones"))
    assert all(line.startswith("SIMULATED") for (line,) in tables.rows("select citation from marts.claim_checks"))


@pytest.mark.parametrize(
    ("first", "last", "other", "verdict"),
    [(10, 60, 5, "confirmed"), (60, 10, 5, "refuted"), (40, 50, 50, "not measurable")],
)
def test_share_of_chinese_authors_is_held_against_its_bounds(
    tables: Tables, first: int, last: int, other: int, verdict: str
) -> None:
    """A rise or fall counts only where what is not listed could not undo it."""
    days = [
        settled_day(str(start + timedelta(days=n)), [(M2, tokens), ("openai/gpt-5", 100), ("other", other)])
        for start, tokens in ((date(2025, 11, 3), first), (date(2025, 11, 24), last))
        for n in range(7)
    ]
    tables.build(days)
    row = claim(tables, "%Chinese authors%")
    assert row["verdict"] == verdict
    assert row["measured_value"] == pytest.approx(last / (last + 100 + other) - first / (first + 100 + other))
