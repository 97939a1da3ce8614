"""Bounds of what a day does not list: by hand on a few readings, and against the truth of the simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support import Row, instant
from tests.warehouse.names import FREE, M2, RIVAL, SECOND
from tests.warehouse.readings import Reading, Tables, days_from, settled_week

W1 = date(2026, 1, 5)

Found = tuple[int | None, int, int, list[str], bool]
"""total_tokens, total_tokens_lower, total_tokens_upper, narrowed_by, is_contradicted"""


def read(series: str, start: date | str, rows: Sequence[Row]) -> Reading:
    """A block read once, late: a slice together with its day, a week or month long after its days."""
    start = start if isinstance(start, date) else date.fromisoformat(start)
    later = 4 if series.startswith(("modality_day/", "context_day/")) else 40
    return Reading(series, start, instant(f"{start + timedelta(days=later)}T06:30"), tuple(rows))


def listing(tokens: int) -> list[Row]:
    """A day of 1000 tokens that lists M2."""
    return [(RIVAL, 880 - tokens), (M2, tokens), (SECOND, 20), ("other", 100)]


ABSENT: list[Row] = [(RIVAL, 880), (SECOND, 20), ("other", 100)]
"""A day of 1000 tokens that leaves M2 at most 20."""


def found(tables: Tables, model: str = M2) -> dict[str, Found]:
    """What is said of a variant, by day."""
    rows = tables.rows(
        "select usage_date::varchar, total_tokens, total_tokens_lower, total_tokens_upper, narrowed_by, is_contradicted "
        "from core.model_token_bounds_daily where model_permaslug = $model order by usage_date",
        model=model,
    )
    return {row[0]: row[1:] for row in rows}


def unlisted(tables: Tables, model: str = M2) -> list[tuple[Any, ...]]:
    """Lower, upper and what narrowed them, of the days that do not list the variant and contradict nothing."""
    rows = found(tables, model).values()
    return [
        (lower, upper, *kinds) for tokens, lower, upper, kinds, contradicted in rows if tokens is None and not contradicted
    ]


# --- one day -----------------------------------------------------------------------------------------------------------


def whole_week(m2_tokens: int, *, other: int = 700) -> Reading:
    """The week of seven days of 1000 tokens, M2 listed."""
    rows = [(RIVAL, 7000 - 140 - other - m2_tokens), (SECOND, 140), (M2, m2_tokens), ("other", other)]
    return read("usage_week", W1, rows)


ONE_DAY, SIX_LISTED = days_from(W1, ABSENT), days_from(W1, *[listing(50)] * 6, ABSENT)
FIVE_LISTED = days_from(W1, *[listing(50)] * 5, ABSENT, ABSENT)
TEXT, TOOLS = read("modality_day/text", W1, [(M2, 7)]), read("modality_day/tool_calling", W1, [(M2, 6)])
SHORT = [(RIVAL, 500), (M2, 4), ("other", 80)]
LONG = [(RIVAL, 398), (SECOND, 3), ("other", 15)]
MONTH_DAYS = days_from(date(2026, 1, 1), *[listing(30)] * 30, ABSENT)
MONTH = read("usage_month", "2026-01-01", [(RIVAL, 26_000), (M2, 917), (SECOND, 620), ("other", 31_000 - 27_537)])


def buckets(short: Sequence[Row], long: Sequence[Row], day: date | str = W1) -> list[Reading]:
    return [read("context_day/1K", day, short), read("context_day/1M", day, long)]


NARROWED: dict[str, tuple[list[Any], list[tuple[Any, ...]]]] = {
    # One day: what lists a part of it says that there was at least that.
    "of slices of a kind the greatest counts": ([ONE_DAY, TEXT, TOOLS], [(7, 20, "modality_day")]),
    "and of kinds": (
        [ONE_DAY, TEXT, TOOLS, read("context_day/1M", W1, [(M2, 9), ("other", 2)])], [(9, 20, "context_day")]
    ),
    "a row of nothing narrows nothing": (
        [ONE_DAY, read("modality_day/text", W1, [(M2, 0)]), read("context_day/1M", W1, [(M2, 0), ("other", 2)])], [(0, 20)]
    ),
    "buckets that make up the day are added: 4 in one, at most 3 in the other": (
        [ONE_DAY, buckets(SHORT, LONG)], [(4, 7, "context_day")]
    ),
    "with a token more they are of another state than the day": (
        [ONE_DAY, buckets(SHORT, [*LONG[:2], ("other", 16)])], [(4, 20, "context_day")]
    ),
    "and with one less": ([ONE_DAY, buckets(SHORT, [(RIVAL, 398), (M2, 3)])], [(4, 20, "context_day")]),
    "listed in both": ([ONE_DAY, buckets(SHORT, [(RIVAL, 413), (M2, 3)])], [(7, 7, "context_day")]),
    # A week says what its only unlisted day held.
    "six days of 50 and a week of 313": ([SIX_LISTED, whole_week(313)], [(13, 13, "usage_week")]),
    "two days share 30, of at most 20 each": ([FIVE_LISTED, whole_week(280)], [(10, 20, "usage_week")] * 2),
    "two days share 12": ([FIVE_LISTED, whole_week(262)], [(0, 12, "usage_week")] * 2),
    "a slice of one does not move the other": (
        [FIVE_LISTED, whole_week(280), read("modality_day/text", "2026-01-10", [(M2, 15)])],
        [(15, 20, "modality_day"), (10, 20, "usage_week")],
    ),
    "buckets that make up one leave the other no more than 26": (
        [
            days_from(W1, *[listing(50)] * 5, ABSENT, [(RIVAL, 870), (SECOND, 30), ("other", 100)]),
            buckets(SHORT, LONG, "2026-01-10"),
            whole_week(280),
        ],
        [(4, 7, "context_day"), (23, 26, "usage_week")],
    ),
    "a week that does not list it bounds the sum by its smallest row": (
        [days_from(W1, listing(50), *[ABSENT] * 6), read("usage_week", W1, [(RIVAL, 6000), (SECOND, 56), ("other", 944)])],
        [(0, 6, "usage_week")] * 6,
    ),
    # Only where the days' totals add up to the week's, to the token, do both tell of the same.
    "restated in between": ([SIX_LISTED, read("usage_week", W1, [*whole_week(313, other=699).rows[:3], ("other", 700)])],
                            [(0, 20)]),
    "a day not read": ([SIX_LISTED[1:], whole_week(313)], [(0, 20)]),
    "a day not yet in the week": (
        [SIX_LISTED, read("usage_week", W1, [(RIVAL, 5000), (M2, 300), (SECOND, 100), ("other", 600)])], [(0, 20)]
    ),
    "a running week holds just these two days": (
        [
            days_from(W1, listing(50), ABSENT),
            read("usage_week", W1, [(RIVAL, 1600), (M2, 59), (SECOND, 40), ("other", 301)]),
        ],
        [(9, 9, "usage_week")],
    ),
    "a week with a day that does not exist is whole": (
        [
            days_from(date(2025, 6, 9), *[listing(50)] * 5, ABSENT),
            read("usage_week", "2025-06-09", [(RIVAL, 5000), (M2, 263), (SECOND, 120), ("other", 617)]),
        ],
        [(13, 13, "usage_week")],
    ),
    "a month narrows like a week": ([MONTH_DAYS, MONTH], [(17, 17, "usage_month")]),
    "where both say the same both are named": (
        [MONTH_DAYS, MONTH, read("usage_week", "2026-01-26", [(RIVAL, 5000), (M2, 167), (SECOND, 120), ("other", 713)])],
        [(17, 17, "usage_month", "usage_week")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("readings", "bounds"), NARROWED.values(), ids=NARROWED.keys())
def test_what_other_readings_narrow(tables: Tables, readings: list[Any], bounds: list[tuple[Any, ...]]) -> None:
    """Lower, upper and what narrowed them, of each day that does not list the model."""
    tables.build(readings)
    assert unlisted(tables) == bounds


CONTRADICTED: dict[str, tuple[list[Any], dict[str, Found]]] = {
    "a slice lists 23 where the day leaves 20": (
        [ONE_DAY, read("modality_day/text", W1, [(M2, 23)])],
        {"2026-01-05": (None, 0, 23, [], True)},
    ),
    "buckets that make up the day list 24; the other day of the week does not lean on them": (
        [FIVE_LISTED, buckets([(RIVAL, 700), (M2, 12)], [(RIVAL, 276), (M2, 12)], "2026-01-10"), whole_week(280)],
        {"2026-01-10": (None, 0, 24, [], True), "2026-01-11": (None, 10, 20, ["usage_week"], False)},
    ),
    "a week leaves -10, though the totals agree": (
        [SIX_LISTED, whole_week(290)],
        {"2026-01-11": (None, 0, 20, [], True), "2026-01-10": (50, 50, 50, [], False)},
    ),
    "a week leaves 25": ([SIX_LISTED, whole_week(325)], {"2026-01-11": (None, 0, 25, [], True)}),
    "the week leaves 13, a slice lists 14: back to the day, which holds both": (
        [SIX_LISTED, whole_week(313), read("modality_day/text", "2026-01-11", [(M2, 14), (SECOND, 30)])],
        {"2026-01-11": (None, 0, 20, [], True)},
    ),
    "two variants with 15 each of a tail of 20": (
        [days_from(W1, [(RIVAL, 960), (SECOND, 20), ("other", 20)]), read("modality_day/text", W1, [(M2, 15), (FREE, 15)])],
        {"2026-01-05": (None, 0, 20, [], True)},
    ),
    "what the day lists stays exact": (
        [days_from(W1, listing(50)), read("modality_day/text", W1, [(M2, 51)])],
        {"2026-01-05": (50, 50, 50, [], False)},
    ),
}


@pytest.mark.parametrize(("readings", "expected"), CONTRADICTED.values(), ids=CONTRADICTED.keys())
def test_readings_that_contradict_are_all_held_and_marked(
    tables: Tables, readings: list[Any], expected: dict[str, Found]
) -> None:
    """Nothing that was read is cut off by a bound."""
    tables.build(readings)
    assert {day: found(tables)[day] for day in expected} == expected
    assert found(tables, FREE) in ({}, expected)


def test_a_model_is_seen_from_the_first_day_that_lists_it(tables: Tables) -> None:
    """A day, or a slice of one: rows begin with the first of them, and count each variant that anything lists by then."""
    readings = days_from(W1, *[ABSENT] * 7)
    month = read("usage_month", "2026-01-01", [(M2, 30), ("other", 9)])
    coding = settled_week(str(W1), [(M2, 2), (FREE, 1), ("other", 9)])
    tables.build(readings, month, coding)
    assert found(tables) == {}
    slice_ = read("modality_day/text", "2026-01-09", [(M2, 2)])
    tables.build(readings, slice_)
    assert list(found(tables)) == ["2026-01-09", "2026-01-10", "2026-01-11"]
    assert found(tables, FREE) == {}
    # The last two days were read after `:free` was known; the first one was not.
    early = [replace(one, at=instant("2026-01-12T06:30")) for one in (readings[4], slice_)]
    tables.build(readings[:4], early, readings[5:], replace(coding, at=instant("2026-01-13T06:30")))
    assert list(found(tables, FREE)) == ["2026-01-10", "2026-01-11"]
    assert unlisted(tables, FREE) == [(0, 20)] * 2


# --- what rests on the bounds --------------------------------------------------------------------------------------------

M2_DAYS = "select total_tokens, total_tokens_lower, total_tokens_upper from marts.m2_usage_daily order by usage_date"


def test_bounds_of_m2_are_summed_over_its_variants(tables: Tables) -> None:
    """`:free` is listed by the week alone: it counts from the week's first day, and the days share its 30."""
    days = days_from(W1, *[listing(50)] * 7)
    week = read("usage_week", W1, [(RIVAL, 5780), (M2, 350), (SECOND, 140), (FREE, 30), ("other", 700)])
    tables.build(days)
    assert tables.rows(M2_DAYS) == [(50, 50, 50)] * 7
    tables.build(days, week)
    assert tables.rows(M2_DAYS) == [(50, 50, 70)] * 7
    tables.build(days, week, read("modality_day/text", "2026-01-08", [(FREE, 3)]))
    assert tables.rows(M2_DAYS)[3] == (50, 53, 70)


def test_unlisted_variants_are_within_the_tail_together(tables: Tables) -> None:
    """Two of them with up to 20 each, and a tail of 25; a slice that lists more than the tail is not cut off."""
    days = days_from(W1, [(RIVAL, 800), (M2, 30), (FREE, 20)], [(RIVAL, 800), (SECOND, 20), ("other", 25)])
    tables.build(days)
    assert tables.rows(M2_DAYS)[1] == (None, 0, 25)
    tables.build(days, read("modality_day/text", "2026-01-06", [(M2, 26)]))
    assert tables.rows(M2_DAYS)[1] == (None, 0, 26)


def test_an_allocated_day_lies_within_its_bounds(tables: Tables) -> None:
    """`:free` held 20 on the one day that does not list it: the day's part of coding is that of 60 of 360 tokens."""
    days = days_from(W1, *[[(RIVAL, 900), (M2, 30), (FREE, 20), ("other", 50)]] * 6, [(RIVAL, 910), (M2, 40), ("other", 50)])
    week = read("usage_week", W1, [(RIVAL, 6310), (M2, 220), (FREE, 140), ("other", 330)])
    coding = settled_week(str(W1), [(RIVAL, 500), (M2, 300), (FREE, 60), ("other", 140)])
    tables.build(days, week, coding)
    assert tables.rows(M2_DAYS)[6] == (40, 60, 60)
    allocated = tables.rows("""
        select day_coding_tokens_estimate, coding_token_share_estimate, coding_token_share_estimate_lower,
            coding_token_share_estimate_upper
        from marts.m2_coding_share_daily
        where method = 'allocated'
        order by usage_date
    """)
    assert [row[0] for row in allocated] == pytest.approx([50] * 6 + [60])
    assert allocated[6][1:] == pytest.approx([60 / (1000 / 7)] * 3)


# --- against the truth ---------------------------------------------------------------------------------------------------
