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
