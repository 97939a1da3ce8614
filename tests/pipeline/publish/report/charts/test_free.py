from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.contracts.table import M2
from pipeline.publish.report.charts import free
from pipeline.publish.report.section import Row, Section
from tests.pipeline.publish.report.charts.found import found

FIRST = date(2025, 10, 25)
STORY = {
    "base_permaslug": M2, "last_week": date(2025, 12, 29), "peak_day": date(2025, 10, 27), "peak_day_tokens": 84.32e9,
    "free_share_to_peak_day": 0.812, "free_end_day": date(2025, 10, 28), "free_end_change": -0.54,
}  # fmt: skip


def _day(number: int, paid: float | None, free: float | None, **more: Any) -> Row:
    return {
        "base_permaslug": M2, "usage_date": FIRST + timedelta(days=number), "is_provisional": False, "tokens_upper": 5e9,
        "paid_tokens": paid, "free_tokens": free, **more,
    }  # fmt: skip


DAYS = [
    _day(0, 0, 10e9),
    _day(1, 2e9, 30e9),
    _day(2, 20e9, 64.32e9),
    _day(3, 38e9, 0),
    _day(4, 30e9, 0),
    _day(5, None, None),
]


PAID = [{**day, "free_tokens": day["free_tokens"] and 0} for day in DAYS]
UNREAD = STORY | dict.fromkeys(("peak_day", "peak_day_tokens", "free_share_to_peak_day"))


def _section(days: list[Row], story: Row = STORY, **more: list[Row]) -> Section:
    return free.section(found({"stories": [story], "tokens_daily": days, **more}))


def _texts(rows: list[Row]) -> list[str]:
    return [row["label"] for row in rows]


@pytest.mark.parametrize(
    ("story", "days", "title"),
    [
        (STORY, DAYS, "81 % of M2’s tokens up to its busiest day, 27 October 2025, were free"),
        (
            STORY | {"free_share_to_peak_day": 0.9987}, DAYS,
            "99.9 % of M2’s tokens up to its busiest day, 27 October 2025, were free",
        ),
        (
            STORY | {"free_share_to_peak_day": 0.0, "free_end_day": None, "peak_day": FIRST + timedelta(days=3)}, PAID,
            "M2’s busiest day was 28 October 2025, with 84.3 billion tokens",
        ),
        (UNREAD, DAYS, "M2 reached 84.3 billion tokens on 27 October 2025"),
        (STORY, [{**day, "is_provisional": True} for day in DAYS], "M2’s tokens a day, free and paid"),
        (STORY, [], "M2’s tokens a day, free and paid"),
    ],
    ids=["free", "nearly all is not all", "paid", "not all days were read", "may still change", "no day lists it"],
)  # fmt: skip
def test_the_title_says_how_much_was_free_up_to_the_peak(story: Row, days: list[Row], title: str) -> None:
    assert _section(days, story).titles[M2] == title


@pytest.mark.parametrize(
    ("story", "days", "labels", "ends"),
    [
        (
            STORY, DAYS, ["free: 81 % of all tokens to the peak", "paid only"],
            ["28 Oct: free variant gone, −54 % in a day"],
        ),
        # A free variant that is still listed is not gone.
        (
            STORY, [*DAYS[:3], _day(3, 38e9, 1e9), *DAYS[4:]], ["free: 81 % of all tokens to the peak"],
            ["28 Oct: under 30 % free, −54 % in a day"],
        ),
        (UNREAD, DAYS, ["free", "paid only"], ["28 Oct: free variant gone, −54 % in a day"]),
        (STORY, PAID, [], []),
    ],
)  # fmt: skip
def test_the_end_of_free_use_is_named(story: Row, days: list[Row], labels: list[str], ends: list[str]) -> None:
    datasets = _section(days, story).datasets
    assert (_texts(datasets["labels"]), _texts(datasets["ends"])) == (labels, ends)


def test_four_weeks_after_the_window_are_shown_and_the_rest_is_beyond() -> None:
    section = _section([*DAYS, _day(60, None, None)])
    assert [row["beyond"] for row in section.rows] == [False] * 6 + [True]


def test_an_unlisted_day_has_a_bound_and_no_figure() -> None:
    row = _section(DAYS).rows[5]
    assert (row["paid"], row["free"], row["upper"]) == (None, None, 5.0)


def test_days_that_were_not_fetched_are_a_band_with_words_where_there_is_room() -> None:
    days = [*DAYS, _day(20, 9e9, 0)]
    hole = {"first_day": FIRST + timedelta(days=6), "last_day": FIRST + timedelta(days=19)}
    short = {"first_day": FIRST + timedelta(days=6), "last_day": FIRST + timedelta(days=7)}
    before = {"first_day": FIRST - timedelta(days=9), "last_day": FIRST - timedelta(days=8)}
    section = _section(days, unread_days=[before, hole, short])
    assert _texts(section.datasets["unread"]) == ["no data 31 October 2025 to 13 November 2025", ""]
