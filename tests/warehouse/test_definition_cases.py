"""Made-up worlds, one for each figure that once was not what its definition says: imported as a user would, and asked.

Belongs here: what must hold of each world. Not here: hand-made rows (the tests of each mart beside this file).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import needs_definitions
from tests.warehouse.readings import M2, Tables, open_case

pytestmark = [needs_definitions, pytest.mark.made_up_levels]

World = Callable[..., Tables]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The world of a name, with the tables that are asked for and all that they read."""
    with ExitStack() as stack:
        yield lambda name, *tables: stack.enter_context(open_case(name, tmp_path, tables))


def test_a_running_week_makes_no_peak(world: World) -> None:
    """One day of a week at 30 %, after final weeks at 10 %: the peak is 10 %, in rows of final weeks and in all others."""
    tables = world("running_week_peak", "marts.launch_curves", "marts.m2_milestones")
    curve = tables.records("from marts.launch_curves where base_permaslug = $m2 order by week_start", m2=M2)
    assert [str(row["week_start"]) for row in curve] == ["2026-02-23", "2026-03-02", "2026-03-09"]
    assert [row["is_provisional"] for row in curve] == [False, True, True]
    assert round(curve[2]["coding_token_share"], 4) == 0.3
    said = {(round(row["peak_coding_token_share"], 4), row["weeks_to_peak"], row["half_life_weeks"]) for row in curve}
    assert said == {(0.1, 0, None)}
    # The week after the peak is read and may still move: no final week since says anything of half.
    assert {row["half_life_status"] for row in curve} == {"not yet reached"}
    milestones = {row["milestone"]: row for row in tables.records("from marts.m2_milestones")}
    peak, half = milestones["peak coding week"], milestones["half of the peak coding week"]
    assert (str(peak["reached_on"]), round(peak["value"], 4), peak["milestone_status"]) == ("2026-02-23", 0.1, "reached")
    assert (half["reached_on"], half["value"], half["milestone_status"]) == (None, None, "not yet reached")


def test_nobody_overtakes_by_a_tie(world: World) -> None:
    """Level with M2 one week and above it the next is no overtaking, nor is drawing level."""
    tables = world("ties", "marts.m2_milestones", "marts.events")
    row = tables.record("from marts.m2_milestones where milestone = 'overtaken in coding'")
    assert (row["reached_on"], row["value"], row["milestone_status"]) == (None, None, "not yet reached")
    assert tables.rows("from marts.events where event_kind = 'passes'") == []


def test_a_month_does_not_date_a_launch_to_its_first_day(world: World) -> None:
    """Listed by day from the 25th on, and by the month, too: the 25th it is, to the 31st."""
    tables = world("launch_date_of_a_month", "core.models")
    row = tables.record("from core.models where base_permaslug = $m2", m2=M2)
    assert (str(row["first_listed_on"]), str(row["last_listed_on"])) == ("2026-03-25", "2026-03-31")
