from datetime import date, timedelta
from typing import Any

from pipeline.contracts.table import M2
from pipeline.publish.report.charts import free
from pipeline.publish.report.section import Row
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
MUCH_LATER = [_day(60, None, None)]


def _texts(rows: list[Row]) -> list[str]:
    return [row["label"] for row in rows]


def test_the_title_says_how_much_was_free_up_to_the_peak() -> None:
    section = free.section(found({"stories": [STORY], "tokens_daily": DAYS}))
    assert section.titles[M2] == "81 % of M2’s tokens up to its busiest day, 27 October 2025, were free"
    assert _texts(section.datasets["labels"]) == ["free: 81 % of all tokens to the peak", "paid only"]
    assert _texts(section.datasets["ends"]) == ["28 Oct: free variant gone, −54 % in a day"]


def test_nearly_all_is_not_all() -> None:
    section = free.section(found({"stories": [{**STORY, "free_share_to_peak_day": 0.9987}], "tokens_daily": DAYS}))
    assert section.titles[M2].startswith("99.9 % of")


def test_a_free_variant_that_is_still_listed_is_not_gone() -> None:
    days = [*DAYS[:3], _day(3, 38e9, 1e9), *DAYS[4:]]
    section = free.section(found({"stories": [STORY], "tokens_daily": days}))
    assert _texts(section.datasets["ends"]) == ["28 Oct: under 30 % free, −54 % in a day"]
    assert "paid only" not in _texts(section.datasets["labels"])


def test_without_free_use_the_title_has_the_busiest_day() -> None:
    days = [{**day, "free_tokens": day["free_tokens"] and 0} for day in DAYS]
    story = {**STORY, "free_share_to_peak_day": 0.0, "free_end_day": None, "peak_day": FIRST + timedelta(days=3)}
    section = free.section(found({"stories": [story], "tokens_daily": days}))
    assert section.titles[M2] == "M2’s busiest day was 28 October 2025, with 84.3 billion tokens"
    assert section.datasets["labels"] == []


def test_no_day_is_the_busiest_where_not_all_were_read() -> None:
    story = {**STORY, "peak_day": None, "peak_day_tokens": None, "free_share_to_peak_day": None}
    section = free.section(found({"stories": [story], "tokens_daily": DAYS}))
    assert section.titles[M2] == "M2 reached 84.3 billion tokens on 27 October 2025"
    assert _texts(section.datasets["labels"])[0] == "free"


def test_a_day_that_may_still_change_is_no_claim() -> None:
    days = [{**day, "is_provisional": True} for day in DAYS]
    section = free.section(found({"stories": [STORY], "tokens_daily": days}))
    assert section.titles[M2] == "M2’s tokens a day, free and paid"


def test_a_model_that_no_day_lists_has_a_plain_title() -> None:
    section = free.section(found({"stories": [STORY]}))
    assert section.titles[M2] == section.title == "M2’s tokens a day, free and paid"
    assert not section.rows
    assert section.nothing


def test_four_weeks_after_the_window_are_shown_and_the_rest_is_beyond() -> None:
    section = free.section(found({"stories": [STORY], "tokens_daily": DAYS + MUCH_LATER}))
    assert [row["beyond"] for row in section.rows] == [False] * 6 + [True]


def test_an_unlisted_day_has_a_bound_and_no_figure() -> None:
    row = free.section(found({"stories": [STORY], "tokens_daily": DAYS})).rows[5]
    assert (row["paid"], row["free"], row["upper"]) == (None, None, 5.0)


def test_days_that_were_not_fetched_are_a_band_with_words_where_there_is_room() -> None:
    days = [*DAYS, _day(20, 9e9, 0)]
    hole = {"first_day": FIRST + timedelta(days=6), "last_day": FIRST + timedelta(days=19)}
    short = {"first_day": FIRST + timedelta(days=6), "last_day": FIRST + timedelta(days=7)}
    before = {"first_day": FIRST - timedelta(days=9), "last_day": FIRST - timedelta(days=8)}
    section = free.section(found({"stories": [STORY], "tokens_daily": days, "unread_days": [before, hole, short]}))
    assert _texts(section.datasets["unread"]) == ["no data 31 October 2025 to 13 November 2025", ""]
