"""Free windows, event studies, free shares, weekend factors: by hand, and as a plain walk over the days gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support import Row
from tests.warehouse.readings import CatalogueReading, Reading, Tables, days_from, settled_day

pytestmark = pytest.mark.made_up_levels

MONDAY = date(2026, 3, 2)
TOOL, STEADY, SMALL = "a/tool", "b/steady", "c/small"
FREE = f"{TOOL}:free"


def block(**tokens: int) -> list[Row]:
    """A day of 1000 tokens; what is not named is `other`."""
    names = {"tool": TOOL, "free": FREE, "steady": STEADY, "small": SMALL}
    rows: list[Row] = [(names[name], number) for name, number in tokens.items() if number]
    return [*rows, ("other", 1000 - sum(tokens.values()))]


def day_of(number: int) -> date:
    return MONDAY + timedelta(days=number)


BEFORE, FOR_NOTHING, AFTER = block(tool=20, steady=600), block(tool=20, free=80, steady=600), block(tool=50, steady=600)
"""Twenty days paid, ten free, thirty paid again."""
STORY = [*[BEFORE] * 20, *[FOR_NOTHING] * 10, *[AFTER] * 30]


# --- free windows --------------------------------------------------------------------------------------------------------


def test_a_window_by_hand(tables: Tables) -> None:
    """80 of 100 tokens are free for ten days; then half of the share is left, and 30 more tokens are paid."""
    tables.build(days_from(MONDAY, *STORY))
    window = tables.record("from marts.free_windows")
    assert (window["base_permaslug"], window["window_number"], window["window_status"]) == (TOOL, 1, "ended")
    assert (window["first_free_day"], window["last_free_day"], window["free_days"]) == (day_of(20), day_of(29), 10)
    assert (window["listed_free_tokens"], window["listed_paid_tokens"], window["model_free_token_share"]) == (800, 200, 0.8)
    assert (window["before_7d_token_share"], window["after_7d_token_share"], window["kept_7d"]) == (0.1, 0.05, 0.5)
    # 28 days before the end: 18 paid, 10 free.
    assert window["before_28d_token_share"] == pytest.approx((18 * 20 + 10 * 100) / 28_000)
    assert window["kept_28d"] == pytest.approx(0.05 / window["before_28d_token_share"])
    assert window["paid_rise_per_free_token"] == (50 - 20) / 80
    assert (window["last_free_day_at_20"], window["last_free_day_at_50"]) == (day_of(29), day_of(29))
    assert (window["kept_7d_at_20"], window["kept_7d_at_50"]) == (0.5, 0.5)
    # The free variant may go on unlisted: at most as large as the smallest row, 50 of 1000.
    assert (window["after_7d_token_share_lower"], window["after_7d_token_share_upper"]) == (0.05, 0.1)
    assert (window["kept_7d_lower"], window["kept_7d_upper"]) == (0.5, 1)


def test_thresholds_end_a_window_on_other_days(tables: Tables) -> None:
    """Free tokens fade: 80 %, then 40 %, then 25 %: each threshold has its own last day."""
    fading = [block(tool=20, free=80)] * 8 + [block(tool=60, free=40)] * 8 + [block(tool=75, free=25)] * 8
    tables.build(days_from(MONDAY, *fading, *[block(tool=50)] * 8))
    window = tables.record("from marts.free_windows")
    assert [window[name] for name in ("last_free_day_at_50", "last_free_day", "last_free_day_at_20")] == [
        day_of(7),
        day_of(15),
        day_of(23),
    ]
    assert [window[name] for name in ("kept_7d_at_50", "kept_7d", "kept_7d_at_20")] == [1, 1, 0.5]
    assert window["model_free_token_share"] == pytest.approx(0.6)


def test_a_short_pause_is_within_a_window_a_long_one_ends_it(tables: Tables) -> None:
    """27 days without are a pause, 28 are an end."""
    free, paid = block(tool=20, free=80), block(tool=20)
    tables.build(days_from(MONDAY, free, *[paid] * 27, free, *[paid] * 28, free, *[paid] * 7))
    assert tables.rows(
        "select window_number, first_free_day, last_free_day, free_days from marts.free_windows order by 1"
    ) == [
        (1, day_of(0), day_of(28), 2),
        (2, day_of(57), day_of(57), 1),
    ]


def status(tables: Tables, *readings: Reading | Sequence[Reading]) -> tuple[Any, ...]:
    """What is said of the one window, and what is known of the seven days after it."""
    tables.build(*readings)
    window = tables.record("from marts.free_windows")
    after = [window[f"after_7d_token_share{end}"] for end in ("", "_lower", "_upper")]
    return (window["window_status"], *after, window["kept_7d"], window["paid_rise_per_free_token"])


def test_what_cannot_be_said_of_a_window(tables: Tables) -> None:
    """Open while its seven days are not over, unknown where one was not fetched, gone where none lists the model."""
    readings = days_from(MONDAY, *STORY)
    unread = [one for number, one in enumerate(readings) if number != 33]
    assert status(tables, readings[:36]) == ("open", None, None, None, None, None)
    assert status(tables, unread) == ("cannot be known", None, None, None, None, None)
    gone = days_from(day_of(30), *[block(steady=600, small=7)] * 7)
    known = status(tables, readings[:30], gone)
    assert known == ("left the list", None, 0, pytest.approx(0.014), None, None)
    # Listed on some days: at least that, and no figure.
    some = days_from(day_of(30), *[AFTER] * 4, *[block(steady=600)] * 3)
    ended, share, lower, upper, kept, rise = status(tables, readings[:30], some)
    assert (ended, share, kept, rise) == ("ended", None, None, None)
    assert lower == pytest.approx(4 * 0.05 / 7)
    assert lower < upper


def test_a_day_that_does_not_exist_is_not_missing(tables: Tables) -> None:
    """The source has no 2025-06-15: six days after a window are all there are."""
    readings = [settled_day(str(date(2025, 5, 13) + timedelta(days=n)), rows) for n, rows in enumerate(STORY)]
    ended, share, *_ = status(tables, [one for one in readings if one.period_start != date(2025, 6, 15)])
    assert (ended, share) == ("ended", 0.05)


def test_a_new_model_counts_from_its_first_day_on(tables: Tables) -> None:
    """Free for three days from the launch on: days before the launch are not counted."""
    tables.build(days_from(MONDAY, *[block(steady=600)] * 20, *[block(free=100, steady=600)] * 3, *[AFTER] * 7))
    window = tables.record("from marts.free_windows")
    assert (window["free_days"], window["before_7d_token_share"], window["kept_7d"]) == (3, 0.1, 0.5)
    # No paid token before: those after are all new.
    assert (window["model_free_token_share"], window["paid_rise_per_free_token"]) == (1, 0.5)


# --- event studies -------------------------------------------------------------------------------------------------------


def studies(tables: Tables, kind: str) -> dict[tuple[str, int], float]:
    """Changes by model and span of the events of a kind."""
    rows = tables.rows(
        "select base_permaslug, days_from, round(listed_change_pp, 6) from marts.event_studies where event_kind = $kind",
        kind=kind,
    )
    return {(model, days): change for model, days, change in rows}


def test_the_end_of_a_window_by_hand(tables: Tables) -> None:
    """The model falls by five points, nobody else moves, and what it lost is not listed."""
    tables.build(days_from(MONDAY, *STORY))
    assert tables.rows("""
        select distinct event_model, event_on, earliest_event_on, control
        from marts.event_studies where event_kind = 'free_window_end'
    """) == [(TOOL, day_of(30), day_of(30), "platform total")]
    found = studies(tables, "free_window_end")
    assert [found[TOOL, days] for days in (-14, 0, 7, 14, 21)] == [
        pytest.approx(-100 * 0.08 * 4 / 7, abs=1e-6),
        -5,
        -5,
        -5,
        -5,
    ]
    assert [found[STEADY, days] for days in (-14, 0, 7, 14, 21)] == [0] * 5
    assert found["all others", 0] == 5
    assert tables.rows("""
        select event_role, listed_days_before, listed_days, round(listed_share_before, 6)
        from marts.event_studies where event_kind = 'free_window_end' and days_from = 0 order by 1
    """) == [("beside", 7, 7, 0.6), ("event", 7, 7, 0.1), ("rest", None, None, 0.3)]


def test_spans_of_unread_days_have_no_row(tables: Tables) -> None:
    """Two weeks after the end are read, the third lacks a day; without the week before there is no event at all."""
    readings = days_from(MONDAY, *STORY)
    spans = "select distinct days_from from marts.event_studies where event_kind = 'free_window_end' order by 1"
    tables.build([one for number, one in enumerate(readings) if number != 46])
    assert tables.rows(spans) == [(-14,), (0,), (7,), (21,)]
    tables.build([one for number, one in enumerate(readings) if number != 25])
    assert tables.rows(spans) == []


def catalogue(at: datetime, usd: str, created_on: date | None) -> CatalogueReading:
    created_at = None if created_on is None else datetime.fromisoformat(f"{created_on}T12:00:00+00:00")
    price = dict.fromkeys(("prompt_usd_per_token", "completion_usd_per_token"), Decimal(usd))
    entry = {"id": TOOL, "canonical_slug": TOOL, "name": "Tool", "created_at": created_at, **price}
    return CatalogueReading(at, (entry,))


def noon(number: int) -> datetime:
    return datetime.fromisoformat(f"{day_of(number)}T12:00:00+00:00")


def test_releases_and_prices_are_dated_by_the_catalogue(tables: Tables) -> None:
    """Listed since day 20, created on day 18; a new price between catalogues two days apart counts, ten days apart not."""
    days = days_from(MONDAY, *[block(steady=600)] * 20, *[block(tool=100, steady=600)] * 20)
    catalogues = [catalogue(noon(n), usd, day_of(18)) for n, usd in ((22, "0.1"), (25, "0.1"), (27, "0.2"), (37, "0.3"))]
    tables.build(days, catalogues)
    assert tables.rows("""
        select distinct event_kind, event_on, earliest_event_on, event_retrieved_at, event_citation is not null
        from marts.event_studies order by 1
    """) == [
        ("price_change", day_of(27), day_of(25), noon(27), True),
        ("release", day_of(18), day_of(18), noon(22), True),
    ]
    # Nothing is listed on the first two days.
    assert studies(tables, "release")[TOOL, 0] == pytest.approx(100 * 0.1 * 5 / 7, abs=1e-6)
    tables.build(days)
    assert tables.rows("select distinct event_kind, event_on, event_citation from marts.event_studies") == [
        ("release", day_of(20), None)
    ]


def test_a_model_that_is_never_among_the_ten_largest_has_no_event(tables: Tables) -> None:
    """Ten models are larger than the one that comes."""
    giants: list[Row] = [(f"big/{n}", 100 - n) for n in range(10)]
    tables.build(days_from(MONDAY, *[[*giants, ("other", 45)]] * 15, *[[*giants, (TOOL, 5), ("other", 40)]] * 15))
    assert tables.rows("from marts.event_studies") == []


# --- free share ------------------------------------------------------------------------------------------------------------


def test_free_share_by_hand(tables: Tables) -> None:
    """Combinations of `:free` count, other variants do not; what is not listed may be free or not."""
    mixed: list[Row] = [(FREE, 10), (f"{STEADY}:free:online", 20), (f"{STEADY}:thinking", 30), (SMALL, 15), ("other", 25)]
    tables.build(days_from(MONDAY, mixed, [(SMALL, 60), ("other", 40)]))
    assert tables.rows("""
        select listed_free_tokens, listed_paid_tokens, other_tokens, free_models, free_token_share, free_token_share_lower,
            free_token_share_upper
        from marts.free_share_daily order by usage_date
    """) == [(30, 45, 25, 2, 0.3, 0.3, 0.55), (None, 60, 40, 0, None, 0, 0.4)]


# --- weekend factors -------------------------------------------------------------------------------------------------------


def weekly(tokens: Sequence[int], platform: int = 100_000) -> list[Reading]:
    """Days from a Monday on, with these tokens of one model."""
    return days_from(MONDAY, *[[(TOOL, number), ("other", platform - number)] for number in tokens])


def factor_of(tables: Tables, model: str = TOOL) -> dict[str, Any]:
    return tables.record("from marts.weekday_factors where base_permaslug = $model", model=model)


def test_a_steady_rise_is_no_weekend(tables: Tables) -> None:
    """By as much more each day: weekends by the working days on both sides are half of them, whatever the rise is."""
    rising = [(1000 + 10 * n) * (1 if n % 7 > 4 else 2) for n in range(40)]
    tables.build(weekly(rising))
    found = factor_of(tables)
    assert (found["complete_weekends"], found["is_small_sample"]) == (5, False)
    assert (found["first_week_start"], found["last_week_start"]) == (MONDAY, day_of(28))
    assert found["weekend_factor"] == pytest.approx(0.5)
    assert found["weekend_token_share_factor"] == pytest.approx(0.5)
    # The platform, of which this is a part, does not change.
    platform = factor_of(tables, "platform")
    assert (platform["weekend_factor"], platform["weekend_token_share_factor"]) == (1, None)


def test_small_samples_have_no_interval(tables: Tables) -> None:
    """Four weekends count, one has a working day after it that does not list the model."""
    tables.build(weekly([900 + n for n in range(33)]), days_from(day_of(33), *[[(STEADY, 5), ("other", 5)]] * 7))
    found = factor_of(tables)
    assert (found["complete_weekends"], found["is_small_sample"]) == (4, True)
    assert found["weekend_factor"] is not None
    ends = [name for name in found if name.endswith("_estimate")]
    assert len(ends) == 6
    assert [found[name] for name in ends] == [None] * 6


@pytest.mark.parametrize(("weekends", "quantile"), [(5, 2.776445), (6, 2.570582), (12, 2.200985)])
def test_intervals_are_those_of_a_statistician(tables: Tables, weekends: int, quantile: float) -> None:
    """Ratio estimator, one cluster for each weekend, Newey and West's weight for neighbours, Student's t from its table."""
    random = np.random.default_rng(weekends)
    tokens = random.integers(1_000, 9_000, 7 * weekends + 5)
    tables.build(weekly([int(one) for one in tokens]))
    found = factor_of(tables)
    whole = tokens[: 7 * weekends].reshape(-1, 7).astype(float)
    working = np.append(whole[:, :5].sum(axis=1), tokens[7 * weekends :].sum())
    base = np.array([one + later for one, later in pairwise(working)]) / 10
    weekend = whole[:, 5:].mean(axis=1)
    factor = weekend.sum() / base.sum()
    residual = weekend - factor * base
    squares = (residual**2).sum() + 2 * 0.5 * (residual[1:] * residual[:-1]).sum()
    error = np.sqrt(weekends / (weekends - 1) * squares) / base.sum()
    assert found["weekend_factor"] == pytest.approx(factor, rel=1e-12)
    assert found["weekend_factor_standard_error_estimate"] == pytest.approx(error, rel=1e-9)
    half = (found["weekend_factor_to_estimate"] - found["weekend_factor_from_estimate"]) / 2
    assert half / error == pytest.approx(quantile, abs=0.001)
    # The platform has the same tokens every day: shares are tokens by another unit.
    assert found["weekend_token_share_factor"] == pytest.approx(factor, rel=1e-9)
    assert found["weekend_token_share_factor_standard_error_estimate"] == pytest.approx(error, rel=1e-9)


# --- random worlds ---------------------------------------------------------------------------------------------------------

VARIANTS = (TOOL, FREE, f"{TOOL}:thinking", STEADY, f"{STEADY}:free:online", SMALL, f"{SMALL}:free")
Truth = list[dict[str, int]]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Truth, int, set[int]]:
    """What was used on each day, how many rows are listed, which days are not read. The first day lists all."""
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    number = draw(st.integers(30, 75))
    size = {name: random.lognormal(5, 1) for name in VARIANTS}
    gone = {name: int(random.integers(5, 90)) for name in VARIANTS}
    days = [
        {name: int(size[name] * random.lognormal(0, 0.3)) * (n < gone[name]) + (n == 0) for name in VARIANTS}
        for n in range(number)
    ]
    unread = {int(one) for one in random.integers(1, number, int(random.integers(0, 3)))}
    return days, int(random.integers(2, 6)), unread


def listed(truth: dict[str, int], rows: int) -> list[Row]:
    ranked = sorted(((name, tokens) for name, tokens in truth.items() if tokens), key=lambda row: (-row[1], row[0]))
    rest = sum(tokens for _, tokens in ranked[rows:])
    return [*ranked[:rows], *([("other", rest)] if rest else [])] or [("other", 1)]


def is_free(name: str) -> bool:
    return name.partition(":")[2].split(":")[0] == "free"


def windows_of(blocks: dict[int, dict[str, int]], model: str, threshold: float) -> list[tuple[int, int, int]]:
    """First day, last day, free days: a plain walk."""
    found: list[tuple[int, int, int]] = []
    for number, rows in sorted(blocks.items()):
        mine = {name: tokens for name, tokens in rows.items() if name.partition(":")[0] == model}
        free = sum(tokens for name, tokens in mine.items() if is_free(name))
        if free and free >= threshold * sum(mine.values()):
            if found and number - found[-1][1] <= 28:
                found[-1] = (found[-1][0], number, found[-1][2] + 1)
            else:
                found.append((number, number, 1))
    return found


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(world=worlds())
def test_random_worlds(tables: Tables, world: tuple[Truth, int, set[int]]) -> None:
    """Windows are those of the walk and do not overlap, identities hold, and the truth lies within the bounds."""
    days, rows, unread = world
    blocks = {n: dict(listed(truth, len(VARIANTS) if n == 0 else rows)) for n, truth in enumerate(days) if n not in unread}
    tables.build([settled_day(str(day_of(n)), list(one.items())) for n, one in blocks.items()])

    windows = tables.records("from marts.free_windows order by base_permaslug, window_number")
    walked = [
        (model, number, *(day_of(one) for one in window[:2]), window[2])
        for model in (TOOL, STEADY, SMALL)
        for number, window in enumerate(windows_of(blocks, model, 0.3), start=1)
    ]
    keys = ("base_permaslug", "window_number", "first_free_day", "last_free_day", "free_days")
    assert [tuple(window[key] for key in keys) for window in windows] == walked
    for window in windows:
        last = (window["last_free_day"] - MONDAY).days
        for length in (7, 28):
            check_shares(window, days, last, length)
        looser = windows_of(blocks, window["base_permaslug"], 0.2)
        (end,) = [end for start, end, _ in looser if start <= last <= end]
        assert window["last_free_day_at_20"] == day_of(end)

    shares = tables.records("from marts.free_share_daily order by usage_date")
    for row, (number, one) in zip(shares, sorted(blocks.items()), strict=True):
        free = sum(tokens for name, tokens in days[number].items() if is_free(name)) / row["platform_tokens"]
        assert row["free_token_share_lower"] - 1e-12 <= free <= row["free_token_share_upper"] + 1e-12
        parts = (row["listed_free_tokens"] or 0) + row["listed_paid_tokens"] + row["other_tokens"]
        assert parts == row["platform_tokens"] == sum(one.values())

    sums = tables.rows("""
        select sum(listed_change_pp), sum(listed_share), sum(listed_share_before), count_if(event_role = 'event')
        from marts.event_studies group by event_kind, event_model, event_on, days_from
    """)
    assert sums == [(pytest.approx(0, abs=1e-9), pytest.approx(1), pytest.approx(1), 1)] * len(sums)


def check_shares(window: dict[str, Any], days: Truth, last: int, length: int) -> None:
    """The true shares before and after, and their quotient, are within the bounds, where these are known."""
    model = window["base_permaslug"]
    spans = {"before": range(max(last - length + 1, 0), last + 1), "after": range(last + 1, last + 1 + length)}
    true = {}
    for name, span in spans.items():
        share, lower, upper = (window[f"{name}_{length}d_token_share{end}"] for end in ("", "_lower", "_upper"))
        assert (lower is None) == (upper is None)
        if lower is not None:
            used = [days[number] for number in span]
            mine = sum(tokens for one in used for variant, tokens in one.items() if variant.partition(":")[0] == model)
            true[name] = mine / (sum(sum(one.values()) for one in used) or 1)
            assert lower - 1e-12 <= true[name] <= upper + 1e-12
            assert share is None or share == pytest.approx(lower)
    kept, lower, upper = (window[f"kept_{length}d{end}"] for end in ("", "_lower", "_upper"))
    if kept is not None:
        assert kept == pytest.approx(window[f"after_{length}d_token_share"] / window[f"before_{length}d_token_share"])
    if lower is not None and true["before"]:
        assert lower - 1e-12 <= true["after"] / true["before"]
        assert upper is None or true["after"] / true["before"] <= upper + 1e-12
