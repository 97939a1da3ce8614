"""Old days move too, long after they left the days that each run reads again: once a month everything is read again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.run.session import Workspace
from pipeline.series import BY_NAME
from pipeline.settings import Settings
from pipeline.simulator.server import Simulator, Tamper
from tests.failures.troubles import body, on, tampered
from tests.support import build_order, build_tables, instant, needed_for, settings_for

MONTHLY_RUN = instant("2026-07-03T06:30")
OLD = (MONTHLY_RUN - timedelta(days=200)).date()


def _down(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["total_tokens"] = str(int(row["total_tokens"]) * 9_995 // 10_000)


def run(settings: Settings, now: datetime, tamper: Tamper | None) -> int:
    """Ask for what is due over HTTP in a single request, and load it. Returns how many readings differ of the old day."""
    simulator = Simulator(clock=lambda: now, limits=(30, 500), tamper=tamper)
    with Workspace(settings, clock=lambda: now, simulator=simulator).running() as workspace:
        for span in workspace.plan(OLD - timedelta(days=2)):
            workspace.ask(span.request())
        assert len(simulator.requests) == 1, "what is read again for the month is in the request of the look-back"
        with workspace.store.writer() as con:
            loading.load(con, workspace.landing, run_id="test")
            query = "select count(distinct block_hash) as n from raw.readings where period_start = $day"
            [row] = store.rows(con, query, day=OLD)
    return int(row["n"])


def test_f52_day_restated_after_it_left_the_look_back_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of 200 days ago moves down right after the month's reading, the worst moment of a month of 31 days: the run of
    31 days later finds it, and says by how much it moved."""
    monkeypatch.setattr("pipeline.planning.ASKED", (BY_NAME["usage_day"],))
    settings = settings_for(tmp_path, simulated=True)
    restated = tampered({"usage_day": body(on(OLD.isoformat(), _down))})
    blocks = [run(settings, MONTHLY_RUN + timedelta(days=n), restated if n else None) for n in (0, 1, 10, 30, 31)]
    assert blocks == [1, 1, 1, 1, 2]
    files = store.Store(settings.data_dir)
    with files.writer() as con:
        assert loading.pending(con, Landing(settings.data_dir)) == {}
        needed = set(needed_for(["marts.restatements"]))
        build_tables(files, con, [name for name in build_order() if name in needed])
        moved = store.rows(con, "select * from marts.restatements where period_start = $day", day=OLD)
    assert {row["known_after"].date() for row in moved} == {date(2026, 8, 3)}
    assert len(moved) > 40
    assert [row["tokens_after"] / row["tokens_before"] for row in moved] == pytest.approx([0.9995] * len(moved), abs=1e-5)
