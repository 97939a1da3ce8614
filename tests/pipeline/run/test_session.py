"""What a run asks for, given what lies in landing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.landing import Landing
from pipeline.run.session import Workspace
from tests.support import block_rows, exchange, instant, land_blocks, rankings_body, settings_for

NOW = instant("2026-01-20T06:30")
FIRST_DAY = date(2026, 1, 1)


def days_asked(path: Path) -> int:
    """How many days of the platform a run would ask for now."""
    plan = Workspace(settings_for(path), clock=lambda: NOW).plan(FIRST_DAY)
    return sum(span.periods for span in plan if span.series.name == "usage_day")


def test_what_was_landed_and_not_loaded_is_not_asked_for_again(tmp_path: Path) -> None:
    """A run that was stopped between asking and loading costs no second request for what it had."""
    assert days_asked(tmp_path) == 19
    land_blocks(Landing(settings_for(tmp_path).data_dir), {date(2026, 1, 5): block_rows()}, at=instant("2026-01-19T06:30"))
    assert days_asked(tmp_path) == 18


def test_snapshot_that_was_landed_and_not_loaded_is_not_asked_for_again(tmp_path: Path) -> None:
    """The same for the catalogue, in a backfill: it asks only for snapshots that were never read."""
    settings = settings_for(tmp_path)
    assert any(span.series.name == "models/all" for span in Workspace(settings, clock=lambda: NOW).backfill())
    refused = exchange({"error": {}}, {"output_modalities": "all"}, at=NOW - timedelta(days=4), path="/models", status=500)
    Landing(settings.data_dir).append(refused)
    assert any(span.series.name == "models/all" for span in Workspace(settings, clock=lambda: NOW).backfill())
    Landing(settings.data_dir).append(
        exchange({"data": []}, {"output_modalities": "all"}, at=NOW - timedelta(days=3), path="/models")
    )
    assert not any(span.series.name == "models/all" for span in Workspace(settings, clock=lambda: NOW).backfill())


def test_damaged_description_does_not_keep_a_run_from_asking(tmp_path: Path) -> None:
    """What stands beside a response was damaged before it was loaded: the plan is made as if it were not there."""
    landing = Landing(settings_for(tmp_path).data_dir)
    land_blocks(landing, {date(2026, 1, 5): block_rows()}, at=instant("2026-01-19T06:30"))
    [described] = landing.ids().values()
    described.write_text("{")
    assert days_asked(tmp_path) == 19


@pytest.mark.parametrize("harm", ["body cut off", "wrong clock"])
def test_what_cannot_be_loaded_is_asked_for_again(tmp_path: Path, harm: str) -> None:
    """A response whose bytes were damaged before it was loaded, or whose time is not to be trusted, covers nothing."""
    landing = Landing(settings_for(tmp_path).data_dir)
    day, at = date(2026, 1, 5), instant("2026-01-19T06:30")
    params = {"period": "day", "start_date": str(day), "end_date": str(day)}
    headers = {"date": "Mon, 19 Jan 2026 09:30:00 GMT"} if harm == "wrong clock" else {}
    landing.append(
        exchange(rankings_body({day: block_rows()}, as_of=at, start=day, end=day), params, at=at, headers=headers)
    )
    if harm == "body cut off":
        [described] = landing.ids().values()
        described.with_suffix(".body.gz").write_bytes(b"")
    assert days_asked(tmp_path) == 19


def test_a_run_sweeps_what_killed_runs_left(tmp_path: Path) -> None:
    """Half written files under temporary names are gone once the next run holds the lock; what was landed is not touched."""
    settings = settings_for(tmp_path)
    data_dir, landing = settings.data_dir, Landing(settings.data_dir)
    land_blocks(landing, {date(2026, 1, 5): block_rows()}, at=NOW)
    [described] = landing.ids().values()
    left = [
        described.with_name(".20260119T063000.000000Z-0123456789abcdef.json.4711.tmp"),
        data_dir.path / ".openrouter.duckdb.4711.tmp",
        data_dir.path / "build.new.duckdb",
        data_dir.path / "build.new.duckdb.wal",
    ]
    for path in left:
        path.write_bytes(b"half")
    before = set(data_dir.landing.rglob("*")) - {left[0]}
    with Workspace(settings).running():
        assert [path for path in left if path.exists()] == []
        assert set(data_dir.landing.rglob("*")) == before
