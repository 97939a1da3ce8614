"""A figure of a day says how long that day was: what two readings some minutes apart tell is no day's share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import needs_definitions
from tests.warehouse.readings import open_case

pytestmark = [needs_definitions, pytest.mark.made_up_levels]

DAYS = "marts.m2_coding_share_daily"


def captured_days(name: str, path: Path) -> dict[str, dict[str, Any]]:
    with open_case(name, path, [DAYS]) as tables:
        rows = tables.records(f"from {DAYS} where method = 'captured'")
    return {str(row["usage_date"]): row for row in rows}


def test_f48_two_minutes_are_no_day(tmp_path: Path) -> None:
    """Read at 23:59 and at 00:01: the interval states its length, and neither a share nor tokens are given as that day's."""
    days = captured_days("two_minutes", tmp_path)
    assert set(days) == {"2026-03-04"}
    row = days["2026-03-04"]
    assert row["hours_between_readings"] == pytest.approx(2 / 60)
    assert {row[name] for name in row if "_estimate" in name} == {None}
    assert row["is_difference_negative"] is False


def test_f48_a_block_that_stood_still_fell_nowhere(tmp_path: Path) -> None:
    """Unchanged from one morning to the next: a difference of 0, which is not negative, and no share of nothing."""
    days = captured_days("stalled_week", tmp_path)
    assert {day: row["is_difference_negative"] for day, row in days.items()} == dict.fromkeys(
        ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"), False
    )
    stalled = days.pop("2026-03-04")
    assert (stalled["day_coding_tokens_estimate"], stalled["day_category_tokens_estimate"]) == (0, 0)
    assert {stalled[f"coding_token_share_estimate{bound}"] for bound in ("", "_lower", "_upper")} == {None}
    assert {round(row["coding_token_share_estimate"], 4) for row in days.values()} == {0.071}


def test_f48_a_monday_is_tuesdays_reading_less_nothing(tmp_path: Path) -> None:
    """The week begins at 0: its first day is what the first reading after that day holds, and needs no reading before it."""
    days = captured_days("stalled_week", tmp_path)
    monday = days["2026-03-02"]
    assert monday["day_coding_tokens_estimate"] == 30_000_000_000
    assert monday["day_category_tokens_estimate"] == 422_399_999_992
    assert (monday["hours_between_readings"], monday["previous_retrieved_at"], monday["previous_citation"]) == (
        30.5,
        None,
        None,
    )
    others = [row for day, row in days.items() if day != "2026-03-02"]
    assert {row["hours_between_readings"] for row in others} == {24}
