"""The press's count: the title is of a week that a report was about, and of no other."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipeline.publish.report.charts import press
from tests.pipeline.publish.report.charts.found import found


def week(day: date, said_by: str | None = None) -> dict[str, Any]:
    return {
        "week_start": day, "visible_token_share": 0.584, "top_50_token_share": 0.447, "platform_token_share_lower": 0.4192,
        "platform_token_share_upper": 0.49, "visible_effect_pp_lower": 9.4, "visible_effect_pp_upper": 16.5,
        "said_by": said_by, "is_provisional": False,
    }  # fmt: skip


def test_the_title_is_of_the_first_week_that_was_reported() -> None:
    weeks = [week(date(2026, 2, 2)), week(date(2026, 2, 9), "National Business Daily, 27 February 2026")]
    section = press.section(found({"press": [*weeks, week(date(2026, 5, 4), "AIbase, day not established")]}))
    assert section.title == "Chinese models: 58 % of the nine visible rows, 42–49 % of the platform, week of 9 February 2026"
    assert [row["said_by"] for row in section.rows if row["said_by"]] == ["National Business Daily", "AIbase"]


def test_without_a_reported_week_it_claims_nothing() -> None:
    section = press.section(found({"press": [week(date(2026, 2, 2))]}))
    assert section.title == "Share of Chinese models: the nine visible rows and the platform"
    assert press.section(found({})).rows == []


def test_a_range_has_no_middle() -> None:
    [visible, platform] = press.section(found({"press": [week(date(2026, 2, 9))]})).rows
    assert (visible["share"], visible["upper"]) == (0.584, None)
    assert (platform["share"], platform["lower"], platform["upper"]) == (None, 0.4192, 0.49)
