"""Countries and weights: which is certainly ahead, and in how many weeks."""

from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.publish.report.charts import countries, weights
from pipeline.publish.report.section import Row, Section
from tests.pipeline.publish.report.charts.found import found

FIRST = date(2026, 1, 5)
US_AHEAD, CN_AHEAD, TOUCHING = ((0.1, 0.4), (0.6, 0.9)), ((0.51, 0.8), (0.2, 0.49)), ((0.4, 0.7), (0.3, 0.6))
Bounds = tuple[tuple[float, float], tuple[float, float]]


def _rows(*weeks: Bounds, column: str = "country", sides: tuple[str, str] = ("CN", "US"), **more: Any) -> list[Row]:
    return [
        {
            "week_start": FIRST + timedelta(weeks=number), column: side, "coding_token_share": lower,
            "coding_token_share_lower": lower, "coding_token_share_upper": upper, "is_provisional": False, **more,
        }
        for number, pair in enumerate(weeks)
        for side, (lower, upper) in zip(sides, pair, strict=True)
    ]  # fmt: skip


def _section(rows: list[Row]) -> Section:
    return countries.section(found({"countries": rows}))


@pytest.mark.parametrize(
    ("weeks", "title"),
    [
        (
            [US_AHEAD, CN_AHEAD, TOUCHING, CN_AHEAD],
            "Chinese models led US ones in 2 of 3 final weeks since January 2026, whatever was unlisted",
        ),
        ([US_AHEAD, US_AHEAD], "US models led Chinese ones in all 2 final weeks from January 2026, whatever was unlisted"),
        ([US_AHEAD, TOUCHING, CN_AHEAD], "Chinese models led US ones in the week of 19 January 2026, whatever was unlisted"),
        # What is undecided at the end is of the run.
        (
            [US_AHEAD, CN_AHEAD, TOUCHING],
            "Chinese models led US ones in 1 of 2 final weeks since January 2026, whatever was unlisted",
        ),
        ([TOUCHING, TOUCHING], "Chinese and US models in coding"),
        ([], "Chinese and US models in coding"),
    ],
)  # fmt: skip
def test_the_title_counts_the_weeks_in_which_the_newest_leader_is_certain(weeks: list[Bounds], title: str) -> None:
    assert _section(_rows(*weeks)).title == title


def test_ranges_that_meet_in_a_point_leave_it_open() -> None:
    assert not any(row["is_ahead"] for row in _section(_rows(((0.2, 0.5), (0.5, 0.8)))).rows)


def test_a_week_that_may_still_change_is_drawn_and_not_counted() -> None:
    late = _rows(US_AHEAD, CN_AHEAD)
    for row in late[2:]:
        row["is_provisional"] = True
    section = _section(late)
    assert section.title == "US models led Chinese ones in the week of 5 January 2026, whatever was unlisted"
    assert [row["side"] for row in section.rows if row["is_ahead"]] == ["US", "CN"]


def test_a_group_without_a_row_has_at_most_what_the_other_leaves() -> None:
    [us] = (alone := _section(_rows(US_AHEAD)[1:])).rows
    assert us["is_ahead"]
    assert alone.datasets["names"] == []
    [less] = _section(_rows(TOUCHING)[1:]).rows
    assert not less["is_ahead"]


def test_a_range_is_shown_as_a_range() -> None:
    assert _section(_rows(US_AHEAD)).rows[0]["range"] == "10.0 % to 40.0 %"


def test_names_are_between_the_ranges() -> None:
    names = {row["side"]: (row["edge"], row["is_above"]) for row in _section(_rows(*[US_AHEAD] * 9)).datasets["names"]}
    assert names == {"US": (0.6, False), "CN": (0.4, True)}


def test_other_groups_are_not_drawn() -> None:
    rows = [*_rows(US_AHEAD), *_rows(US_AHEAD, sides=("FR", "unclassified"))]
    section = _section(rows)
    assert {row["country"] for row in section.rows} == {"CN", "US"}
    assert section.table_rows is not None
    assert {row["country"] for row in section.table_rows} == {"CN", "US", "unclassified"}


def test_weights_are_counted_alike() -> None:
    rows = _rows(US_AHEAD, CN_AHEAD, CN_AHEAD, column="weights", sides=("open", "closed"))
    title = weights.section(found({"weights": rows})).title
    assert title == "Open weights led closed ones in all 2 final weeks from January 2026, whatever was unlisted"
