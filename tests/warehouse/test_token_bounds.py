"""Bounds of what a day does not list: by hand on a few readings, and against the truth of the simulator."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.openrouter.endpoints.rankings import CONTEXT_BUCKETS, MODALITIES
from pipeline.planning import spans
from pipeline.series import BY_NAME, Series, next_period, periods
from pipeline.simulator.server import Simulator
from tests import support
from tests.support import Row, instant
from tests.warehouse.readings import M2, Reading, Tables, open_tables, settled_day, settled_week

FREE = f"{M2}:free"
RIVAL, SECOND = "a/rival", "b/second"
W1 = date(2026, 1, 5)

BOUNDS = "core.model_token_bounds_daily"
NAMES = [name for name in support.build_order() if name in support.needed_for([BOUNDS])]
NAMES_WITH_MARTS = [
    name
    for name in support.build_order()
    if name in support.needed_for(["marts.m2_usage_daily", "marts.m2_coding_share_daily"])
]

Found = tuple[int | None, int, int, list[str], bool]
"""total_tokens, total_tokens_lower, total_tokens_upper, narrowed_by, is_contradicted"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    with open_tables(tmp_path_factory.mktemp("bounds")) as opened:
        yield opened


def read(series: str, start: date | str, rows: Sequence[Row]) -> Reading:
    """A block read once, late: a slice together with its day, a week or month long after its days."""
    start = start if isinstance(start, date) else date.fromisoformat(start)
    later = 4 if series.startswith(("modality_day/", "context_day/")) else 40
    return Reading(series, start, instant(f"{start + timedelta(days=later)}T06:30"), tuple(rows))


def days_from(first: date, *blocks: Sequence[Row]) -> list[Reading]:
    """Consecutive days of the platform."""
    return [settled_day(str(first + timedelta(days=n)), rows) for n, rows in enumerate(blocks)]


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


def test_the_day_alone_bounds_what_it_does_not_list(tables: Tables) -> None:
    """At most the smallest listed row, within the tail; nothing without a tail; what is listed is exact."""
    tables.build(
        days_from(W1, listing(50), ABSENT, [(RIVAL, 880), (SECOND, 20), ("other", 5)], [(RIVAL, 880), (SECOND, 20)]), NAMES
    )
    assert found(tables) == {
        "2026-01-05": (50, 50, 50, [], False),
        "2026-01-06": (None, 0, 20, [], False),
        "2026-01-07": (None, 0, 5, [], False),
        "2026-01-08": (None, 0, 0, [], False),
    }


def test_a_slice_states_the_least(tables: Tables) -> None:
    """What lists a part of the day says that there was at least that; the greatest of several counts, their sum does not."""
    parts = [read("modality_day/text", W1, [(M2, 7)]), read("modality_day/tool_calling", W1, [(M2, 6)])]
    tables.build([*days_from(W1, ABSENT), *parts], NAMES)
    assert found(tables) == {"2026-01-05": (None, 7, 20, ["modality_day"], False)}
    tables.build([*days_from(W1, ABSENT), *parts, read("context_day/1M", W1, [(M2, 9), ("other", 2)])], NAMES)
    assert unlisted(tables) == [(9, 20, "context_day")]
    # A row of nothing narrows nothing.
    nothing = [read("modality_day/text", W1, [(M2, 0)]), read("context_day/1M", W1, [(M2, 0), ("other", 2)])]
    tables.build([*days_from(W1, ABSENT), *nothing], NAMES)
    assert unlisted(tables) == [(0, 20)]


def test_buckets_that_make_up_the_day_are_added(tables: Tables) -> None:
    """Listed in one bucket with 4, at most 3 in the other, none in those without a block: 4 to 7."""
    day_ = days_from(W1, ABSENT)
    short, long = [(RIVAL, 500), (M2, 4), ("other", 80)], [(RIVAL, 398), (SECOND, 3), ("other", 15)]
    tables.build([*day_, read("context_day/1K", W1, short), read("context_day/1M", W1, long)], NAMES)
    assert unlisted(tables) == [(4, 7, "context_day")]
    # One token more or less, and they tell of another state than the day: each then stands for itself.
    tables.build([*day_, read("context_day/1K", W1, short), read("context_day/1M", W1, [*long[:2], ("other", 16)])], NAMES)
    assert unlisted(tables) == [(4, 20, "context_day")]
    tables.build([*day_, read("context_day/1K", W1, short), read("context_day/1M", W1, [(RIVAL, 398), (M2, 3)])], NAMES)
    assert unlisted(tables) == [(4, 20, "context_day")]
    tables.build([*day_, read("context_day/1K", W1, short), read("context_day/1M", W1, [(RIVAL, 413), (M2, 3)])], NAMES)
    assert unlisted(tables) == [(7, 7, "context_day")]


def test_a_model_is_seen_from_the_first_day_that_lists_it(tables: Tables) -> None:
    """A day, or a slice of one: rows begin with the first of them, and count each variant that anything lists by then."""
    readings = days_from(W1, *[ABSENT] * 7)
    month = read("usage_month", "2026-01-01", [(M2, 30), ("other", 9)])
    coding = settled_week(str(W1), [(M2, 2), (FREE, 1), ("other", 9)])
    tables.build([*readings, month, coding], NAMES)
    assert found(tables) == {}
    slice_ = read("modality_day/text", "2026-01-09", [(M2, 2)])
    tables.build([*readings, slice_], NAMES)
    assert list(found(tables)) == ["2026-01-09", "2026-01-10", "2026-01-11"]
    assert found(tables, FREE) == {}
    # The last two days were read after `:free` was known; the first one was not.
    early = [replace(one, at=instant("2026-01-12T06:30")) for one in (readings[4], slice_)]
    tables.build([*readings[:4], *early, *readings[5:], replace(coding, at=instant("2026-01-13T06:30"))], NAMES)
    assert list(found(tables, FREE)) == ["2026-01-10", "2026-01-11"]
    assert unlisted(tables, FREE) == [(0, 20)] * 2


# --- week and month ------------------------------------------------------------------------------------------------------


def whole_week(m2_tokens: int, *, other: int = 700) -> Reading:
    """The week of seven days of 1000 tokens, M2 listed."""
    rows = [(RIVAL, 7000 - 140 - other - m2_tokens), (SECOND, 140), (M2, m2_tokens), ("other", other)]
    return read("usage_week", W1, rows)


def test_a_week_says_what_its_only_unlisted_day_held(tables: Tables) -> None:
    """Six days of 50 and a week of 313: the seventh held 13."""
    days = days_from(W1, *[listing(50)] * 6, ABSENT)
    tables.build([*days, whole_week(313)], NAMES)
    assert unlisted(tables) == [(13, 13, "usage_week")]
    assert found(tables)["2026-01-05"] == (50, 50, 50, [], False)


def test_several_unlisted_days_share_what_is_left(tables: Tables) -> None:
    """30 are left to two days of at most 20 each: 10 to 20. Where a slice shows 15 of one, it does not move the other."""
    days = days_from(W1, *[listing(50)] * 5, ABSENT, ABSENT)
    tables.build([*days, whole_week(280)], NAMES)
    assert unlisted(tables) == [(10, 20, "usage_week")] * 2
    tables.build([*days, whole_week(262)], NAMES)
    assert unlisted(tables) == [(0, 12, "usage_week")] * 2
    tables.build([*days, whole_week(280), read("modality_day/text", "2026-01-10", [(M2, 15)])], NAMES)
    assert unlisted(tables) == [(15, 20, "modality_day"), (10, 20, "usage_week")]


def test_buckets_of_one_day_narrow_the_other_days_of_the_week(tables: Tables) -> None:
    """30 are left to two days; buckets that make up the first leave it 4 to 7, the second is left with no more than 26."""
    days = days_from(W1, *[listing(50)] * 5, ABSENT, [(RIVAL, 870), (SECOND, 30), ("other", 100)])
    buckets = [
        read("context_day/1K", "2026-01-10", [(RIVAL, 500), (M2, 4), ("other", 80)]),
        read("context_day/1M", "2026-01-10", [(RIVAL, 398), (SECOND, 3), ("other", 15)]),
    ]
    tables.build([*days, *buckets, whole_week(280)], NAMES)
    assert unlisted(tables) == [(4, 7, "context_day"), (23, 26, "usage_week")]


def test_a_week_that_does_not_list_the_variant_bounds_its_sum(tables: Tables) -> None:
    """The smallest row of the week is 56: after 50 on one day no more than 6 are left to any other."""
    days = days_from(W1, listing(50), *[ABSENT] * 6)
    week = read("usage_week", W1, [(RIVAL, 6000), (SECOND, 56), ("other", 944)])
    tables.build([*days, week], NAMES)
    assert unlisted(tables) == [(0, 6, "usage_week")] * 6


@pytest.mark.parametrize("case", ["restated in between", "a day not read", "a day not yet in it"])
def test_a_week_of_another_state_narrows_nothing(tables: Tables, case: str) -> None:
    """Only where the days' totals add up to the week's, to the token, do both tell of the same."""
    days = days_from(W1, *[listing(50)] * 6, ABSENT)
    week = whole_week(313)
    if case == "restated in between":
        week = whole_week(313, other=699)
        week = read("usage_week", W1, [*week.rows[:3], ("other", 700)])
        assert sum(tokens for _, tokens in week.rows) == 7001
    elif case == "a day not read":
        days = days[1:]
    else:
        week = read("usage_week", W1, [(RIVAL, 5000), (M2, 300), (SECOND, 100), ("other", 600)])
    tables.build([*days, week], NAMES)
    assert unlisted(tables) == [(0, 20)]


def test_a_running_week_narrows_the_days_that_it_holds(tables: Tables) -> None:
    """Two days are read and the week holds just these: the second had 9."""
    tables.build(
        [
            *days_from(W1, listing(50), ABSENT),
            read("usage_week", W1, [(RIVAL, 1600), (M2, 59), (SECOND, 40), ("other", 301)]),
        ],
        NAMES,
    )
    assert unlisted(tables) == [(9, 9, "usage_week")]


def test_a_week_with_a_day_that_does_not_exist_is_whole(tables: Tables) -> None:
    """2025-06-15 is not in the source: six days add up to the week of 2025-06-09."""
    days = days_from(date(2025, 6, 9), *[listing(50)] * 5, ABSENT)
    week = read("usage_week", "2025-06-09", [(RIVAL, 5000), (M2, 263), (SECOND, 120), ("other", 617)])
    tables.build([*days, week], NAMES)
    assert unlisted(tables) == [(13, 13, "usage_week")]


def test_a_month_narrows_like_a_week(tables: Tables) -> None:
    """30 days of 10 and a month of 317: the 31st held 17. Where the week says the same, both are named."""
    days = days_from(date(2026, 1, 1), *[listing(30)] * 30, ABSENT)
    month = read("usage_month", "2026-01-01", [(RIVAL, 26_000), (M2, 917), (SECOND, 620), ("other", 31_000 - 27_537)])
    tables.build([*days, month], NAMES)
    assert unlisted(tables) == [(17, 17, "usage_month")]
    week = read("usage_week", "2026-01-26", [(RIVAL, 5000), (M2, 167), (SECOND, 120), ("other", 713)])
    tables.build([*days, month, week], NAMES)
    assert unlisted(tables) == [(17, 17, "usage_month", "usage_week")]


# --- readings that contradict --------------------------------------------------------------------------------------------


def test_a_slice_above_the_bound_of_the_day_is_not_cut_off(tables: Tables) -> None:
    """The day leaves 20, a slice read at another time lists 23: 0 to 23, and marked."""
    tables.build([*days_from(W1, ABSENT), read("modality_day/text", W1, [(M2, 23)])], NAMES)
    assert found(tables) == {"2026-01-05": (None, 0, 23, [], True)}


def test_buckets_above_the_bound_of_the_day_are_not_cut_off(tables: Tables) -> None:
    """Buckets that make up the day list 24 of what it leaves 20 for; the other day of the week does not lean on them."""
    bucket_rows = [[(RIVAL, 700), (M2, 12)], [(RIVAL, 276), (M2, 12)]]
    buckets = [read(f"context_day/{name}", "2026-01-10", rows) for name, rows in zip(("1K", "1M"), bucket_rows, strict=True)]
    tables.build([*days_from(W1, *[listing(50)] * 5, ABSENT, ABSENT), *buckets, whole_week(280)], NAMES)
    assert found(tables)["2026-01-10"] == (None, 0, 24, [], True)
    assert found(tables)["2026-01-11"] == (None, 10, 20, ["usage_week"], False)


@pytest.mark.parametrize(("m2_tokens", "upper"), [(290, 20), (325, 25)], ids=["too little", "too much"])
def test_a_week_that_its_days_contradict_is_not_cut_off(tables: Tables, m2_tokens: int, upper: int) -> None:
    """Six days of 50, and a week that leaves -10 or 25 to a day of at most 20, though the totals agree."""
    tables.build([*days_from(W1, *[listing(50)] * 6, ABSENT), whole_week(m2_tokens)], NAMES)
    assert found(tables)["2026-01-11"] == (None, 0, upper, [], True)
    assert found(tables)["2026-01-10"] == (50, 50, 50, [], False)


def test_week_and_slice_that_contradict_are_both_held(tables: Tables) -> None:
    """The week leaves 13, a slice lists 14: back to what the day says, which holds both."""
    tables.build(
        [
            *days_from(W1, *[listing(50)] * 6, ABSENT),
            whole_week(313),
            read("modality_day/text", "2026-01-11", [(M2, 14), (SECOND, 30)]),
        ],
        NAMES,
    )
    assert found(tables)["2026-01-11"] == (None, 0, 20, [], True)


def test_more_than_the_tail_contradicts_the_day(tables: Tables) -> None:
    """Two variants with 15 each of a tail of 20: one of them is wrong, and nobody knows which."""
    day_ = days_from(W1, [(RIVAL, 960), (SECOND, 20), ("other", 20)])
    tables.build([*day_, read("modality_day/text", W1, [(M2, 15), (FREE, 15)])], NAMES)
    assert found(tables) == found(tables, FREE) == {"2026-01-05": (None, 0, 20, [], True)}


def test_what_the_day_lists_stays_exact(tables: Tables) -> None:
    """A slice says more than the day's own row: the row is what is quoted, as it was read."""
    tables.build([*days_from(W1, listing(50)), read("modality_day/text", W1, [(M2, 51)])], NAMES)
    assert found(tables) == {"2026-01-05": (50, 50, 50, [], False)}


# --- what rests on the bounds --------------------------------------------------------------------------------------------

M2_DAYS = "select total_tokens, total_tokens_lower, total_tokens_upper from marts.m2_usage_daily order by usage_date"


def test_bounds_of_m2_are_summed_over_its_variants(tables: Tables) -> None:
    """`:free` is listed by the week alone: it counts from the week's first day, and the days share its 30."""
    days = days_from(W1, *[listing(50)] * 7)
    week = read("usage_week", W1, [(RIVAL, 5780), (M2, 350), (SECOND, 140), (FREE, 30), ("other", 700)])
    tables.build(days, NAMES_WITH_MARTS)
    assert tables.rows(M2_DAYS) == [(50, 50, 50)] * 7
    tables.build([*days, week], NAMES_WITH_MARTS)
    assert tables.rows(M2_DAYS) == [(50, 50, 70)] * 7
    tables.build([*days, week, read("modality_day/text", "2026-01-08", [(FREE, 3)])], NAMES_WITH_MARTS)
    assert tables.rows(M2_DAYS)[3] == (50, 53, 70)


def test_unlisted_variants_are_within_the_tail_together(tables: Tables) -> None:
    """Two of them with up to 20 each, and a tail of 25; a slice that lists more than the tail is not cut off."""
    days = days_from(W1, [(RIVAL, 800), (M2, 30), (FREE, 20)], [(RIVAL, 800), (SECOND, 20), ("other", 25)])
    tables.build(days, NAMES_WITH_MARTS)
    assert tables.rows(M2_DAYS)[1] == (None, 0, 25)
    tables.build([*days, read("modality_day/text", "2026-01-06", [(M2, 26)])], NAMES_WITH_MARTS)
    assert tables.rows(M2_DAYS)[1] == (None, 0, 26)


def test_rows_of_m2_begin_with_its_first_listed_day(tables: Tables) -> None:
    """A month that lists it does not make a launch of its first day."""
    month = read("usage_month", "2026-01-01", [(M2, 90), (SECOND, 40), ("other", 9)])
    tables.build([*days_from(W1, ABSENT, listing(50), ABSENT), month], NAMES_WITH_MARTS)
    assert tables.rows("select usage_date::varchar, days_since_first_seen from marts.m2_usage_daily order by all") == [
        ("2026-01-06", 0),
        ("2026-01-07", 1),
    ]


def test_an_allocated_day_lies_within_its_bounds(tables: Tables) -> None:
    """`:free` held 20 on the one day that does not list it: the day's part of coding is that of 60 of 360 tokens."""
    days = days_from(W1, *[[(RIVAL, 900), (M2, 30), (FREE, 20), ("other", 50)]] * 6, [(RIVAL, 910), (M2, 40), ("other", 50)])
    week = read("usage_week", W1, [(RIVAL, 6310), (M2, 220), (FREE, 140), ("other", 330)])
    coding = settled_week(str(W1), [(RIVAL, 500), (M2, 300), (FREE, 60), ("other", 140)])
    tables.build([*days, week, coding], NAMES_WITH_MARTS)
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

EXACT = [
    BY_NAME[name]
    for name in (
        *("usage_day", "usage_week", "usage_month"),
        *(f"modality_day/{one}" for one in MODALITIES),
        *(f"context_day/{one}" for one in CONTEXT_BUCKETS),
    )
]
KEY = {"authorization": "Bearer none"}


def morning_after(day: date, hours: float) -> datetime:
    """So many hours after the end of a day."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) + timedelta(hours=hours)


def answers(seed: int, series: Series, first: date, last: date, at: datetime) -> Iterator[tuple[dict[str, str], bytes, str]]:
    """What the simulator answers to the requests that a first run makes for these days."""
    source = Simulator(seed=seed, clock=lambda: at, limits=None)
    for span in spans(series, periods(series.grain, first, last), now=at):
        request = span.request()
        answer = source.respond("GET", f"/api/v1{request.path}", request.params(), KEY)
        assert answer.status == 200, answer.body
        yield request.params(), answer.body, request.path


@cache
def blocks_of(seed: int, name: str, first: date, last: date, at: datetime) -> list[Reading]:
    """The blocks of one series, as they are read at an instant."""
    blocks: dict[date, list[Row]] = defaultdict(list)
    for _, body, _ in answers(seed, BY_NAME[name], first, last, at):
        for row in json.loads(body)["data"]:
            blocks[date.fromisoformat(row["date"])].append((row["model_permaslug"], int(row["total_tokens"])))
    return [Reading(name, start, at, tuple(rows), is_simulated=True) for start, rows in blocks.items()]


# The day's own block and nothing else, in the words of the design: what is not listed is at most min(smallest, `other`).
AGAINST_THE_DAY = """
    with days as (
        select
            period_start as usage_date,
            least(
                min(total_tokens) filter (not is_other), coalesce(sum(total_tokens) filter (is_other), 0)
            ) as unlisted_upper
        from core.block_rows
        where series = 'usage_day'
        group by all
    )
    select
        usage_date, model_permaslug, bounds.total_tokens, total_tokens_lower, total_tokens_upper, is_contradicted,
        narrowed_by, unlisted_upper
    from core.model_token_bounds_daily as bounds
    join days using (usage_date)
"""


def counted_against_truth(con: store.Connection, seed: int) -> dict[str, int]:
    """Asserts of every row that it holds the truth and is no wider than the day alone; how many were narrowed."""
    source = Simulator(seed=seed)
    counts: dict[str, int] = defaultdict(int)
    truth: dict[date, dict[str, int]] = {}
    for row in store.rows(con, AGAINST_THE_DAY):
        day = row["usage_date"]
        tokens = truth.setdefault(day, source.true_tokens(day)).get(row["model_permaslug"], 0)
        lower, upper = row["total_tokens_lower"], row["total_tokens_upper"]
        assert lower <= tokens <= upper, row | {"truth": tokens}
        if row["total_tokens"] is not None:
            assert lower == upper == row["total_tokens"] == tokens, row
            counts["listed"] += 1
            continue
        assert row["is_contradicted"] or 0 <= lower <= upper <= row["unlisted_upper"], row
        counts["unlisted"] += 1
        counts["narrowed"] += (lower, upper) != (0, row["unlisted_upper"])
        counts["known"] += lower == upper
        counts["contradicted"] += row["is_contradicted"]
        for kind in row["narrowed_by"]:
            counts[kind] += 1
        assert bool(row["narrowed_by"]) == ((lower, upper) != (0, row["unlisted_upper"])) or row["is_contradicted"], row
    return counts


@pytest.mark.parametrize(
    ("seed", "first", "last"),
    [
        (7, date(2025, 10, 20), date(2025, 12, 14)),
        (3, date(2025, 6, 2), date(2025, 7, 27)),  # both days that do not exist
        (11, date(2025, 1, 1), date(2025, 1, 26)),
    ],
    ids=["M2 rises", "holes", "beginning"],
)
def test_simulated_truth_lies_within_every_bound(tmp_path: Path, seed: int, first: date, last: date) -> None:
    """Everything landed late: no bound excludes the truth, none is wider than the day's, and most are narrower."""
    at = morning_after(last, 72.5)
    data_dir = support.settings_for(tmp_path, simulated=True).data_dir
    landing, files = Landing(data_dir), store.Store(data_dir)
    for series in EXACT:
        for params, body, path in answers(seed, series, first, last, at):
            headers = {"x-simulated": "1"}
            landing.append(support.exchange(body, params, at=at, path=path, headers=headers))
    with files.writer() as con:
        loading.load(con, landing, run_id="test")
        support.build_tables(files, con, NAMES_WITH_MARTS)
        counts = counted_against_truth(con, seed)
        sums = store.rows(con, "from marts.m2_usage_daily")
    assert counts["contradicted"] == 0
    assert counts["narrowed"] > counts["unlisted"] // 2, counts
    assert counts["known"] > 0, counts
    assert all(counts[kind] for kind in ("modality_day", "context_day", "usage_week")), counts
    for row in sums:
        truth = Simulator(seed=seed).true_tokens(row["usage_date"])
        tokens = sum(count for model, count in truth.items() if model.partition(":")[0] == M2)
        assert row["total_tokens_lower"] <= tokens <= row["total_tokens_upper"]


SPAN = (date(2025, 10, 27), date(2025, 11, 16))


@cache
def readings_of(seed: int, series: Series) -> list[tuple[Reading | None, Reading]]:
    """Each period of a series twice: as it was read within minutes of its end, where it was there, and when final."""
    final = blocks_of(seed, series.name, *SPAN, morning_after(SPAN[1], 72.5))
    early: dict[date, Reading] = {}
    for one in final:
        last = min(next_period(series.grain, one.period_start) - timedelta(days=1), SPAN[1])
        for read_early in blocks_of(seed, series.name, one.period_start, last, morning_after(last, 0.1)):
            early[read_early.period_start] = read_early
    return [(early.get(one.period_start), one) for one in final]


@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(1, 2),
    early=st.sampled_from((0.0, 0.1, 0.5, 1.0)),
    unread=st.sampled_from((0.0, 0.02, 0.2)),
    choice=st.integers(0, 2**32).map(random.Random),
)
def test_readings_of_different_states_never_exclude_the_truth(
    tables: Tables, seed: int, early: float, unread: float, choice: random.Random
) -> None:
    """Days are read when final; of all else some is read before it was restated, and some of it, days too, never."""
    readings: list[Reading] = []
    for series in EXACT:
        for before, final in readings_of(seed, series):
            is_early = before is not None and series.name != "usage_day" and choice.random() < early
            if choice.random() >= unread:
                readings.append(before if is_early and before else final)
    tables.build(readings, NAMES)
    counts = counted_against_truth(tables.con, seed)
    # What was read while the days still stood otherwise narrows nothing.
    assert counts["narrowed"] > 0 or early == 1
