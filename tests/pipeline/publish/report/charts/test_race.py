"""The race: its title says of a rank what the sample allows, and names do not lie on each other."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.contracts.table import M2
from pipeline.publish.report.charts import race
from tests.pipeline.publish.report.charts.found import found

STORY: dict[str, Any] = {
    "base_permaslug": M2, "best_rank": 3, "best_rank_week": date(2025, 10, 27), "weeks_at_best_rank": 6,
    "weeks_about_level": 0,
}  # fmt: skip


def rank(slug: str, weeks_later: int, place: int | None, share: float = 0.1) -> dict[str, Any]:
    week = date(2025, 10, 27) + timedelta(weeks=weeks_later)
    return {
        "base_permaslug": slug, "week_start": week, "coding_rank": place, "coding_token_share": share,
        "is_provisional": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("story", "title"),
    [
        ({}, "M2 was no. 3 in coding for 6 weeks, first 27 October 2025"),
        ({"weeks_about_level": 2}, "M2 was no. 3 in coding for 6 weeks (2 about level), first 27 October 2025"),
        ({"weeks_about_level": 6}, "M2 was about no. 3 in coding for 6 weeks, first 27 October 2025"),
        (
            {"best_rank": None, "best_rank_week": None, "weeks_at_best_rank": 0, "weeks_about_level": None},
            "M2 has no final week in coding yet",
        ),
    ],
)
def test_a_rank_that_the_sample_does_not_tell_is_about_one(story: dict[str, Any], title: str) -> None:
    assert race.section(found({"models": [STORY | story], "coding_ranks": [rank(M2, 0, 3)]})).titles == {M2: title}


def test_names_at_the_best_week_of_each_do_not_overlap() -> None:
    """A line that was never in the top three has a name of its own, for when it is chosen, but takes no room."""
    rows = [rank(f"a/model-number-{one}", one // 4, 1 + one % 3) for one in range(12)]
    rows += [rank("a/model-number-0", 5, 9), rank("b/low", 2, 4), rank("b/low", 3, None, 0.0)]
    names = {row["base_permaslug"]: row for row in race.section(found({"coding_ranks": rows})).datasets["names"]}
    assert names["a/model-number-0"]["coding_rank"] == 1
    assert not names["b/low"]["is_top"]
    places = [(row["week_start"], row["coding_rank"], row["dy"], row["align"]) for row in names.values() if row["is_top"]]
    assert len(places) == len(set(places)) >= 6


def test_the_table_has_a_row_a_week() -> None:
    section = race.section(found({"coding_ranks": [rank(M2, 0, 3), rank("x/one", 0, 3), rank("x/one", 1, None)]}))
    assert section.table_rows == [
        {"week_start": date(2025, 10, 27), "rank_1": None, "rank_2": None, "rank_3": f"{M2}, x/one"},
    ]
