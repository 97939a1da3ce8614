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
from pipeline.settings import DataDir
from pipeline.simulator.server import SimulatedResponse, Simulator
from tests.failures.troubles import body, on
from tests.support import build_order, build_tables, instant, needed_for, settings_for

MONTHLY_RUN = instant("2026-07-03T06:30")
RESTATED_AFTER = timedelta(minutes=1)
OLD = (MONTHLY_RUN - timedelta(days=200)).date()
FIRST_DAY = OLD - timedelta(days=2)
USAGE_DAY = BY_NAME["usage_day"]


class Source:
    """The simulator, which at one moment restates a day down, as the real source did."""

    def __init__(self) -> None:
        self.now = MONTHLY_RUN
        self.simulator = Simulator(clock=lambda: self.now, limits=(30, 500), tamper=self._tamper)

    def _tamper(self, path: str, query: Any, answer: SimulatedResponse) -> SimulatedResponse:
        is_restated = self.now >= MONTHLY_RUN + RESTATED_AFTER and answer.status == 200
        return body(on(OLD.isoformat(), _down))(answer) if is_restated else answer


def _down(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["total_tokens"] = str(int(row["total_tokens"]) * 9_995 // 10_000)


class Directory:
    """A directory that is run every morning: asks for what is due over HTTP. Loading waits at times, as after a run that was
    stopped, which changes nothing of what is due.
    """

    def __init__(self, path: Path, source: Source) -> None:
        self.settings = settings_for(path, simulated=True)
        self.source = source
        self.requests: dict[datetime, int] = {}

    def run(self, *, is_loaded: bool) -> None:
        asked_before = len(self.source.simulator.requests)
        workspace = Workspace(self.settings, clock=lambda: self.source.now, simulator=self.source.simulator)
        with workspace.running():
            for span in workspace.plan(FIRST_DAY):
                workspace.ask(span.request())
            self.requests[self.source.now] = len(self.source.simulator.requests) - asked_before
            if not is_loaded:
                return
            with workspace.store.writer() as con:
                loading.load(con, workspace.landing, run_id="test")

    def blocks(self) -> int:
        """How many different readings there are of the old day."""
        with store.Store(self.settings.data_dir).writer() as con:
            [row] = store.rows(
                con,
                "select count(distinct block_hash) as n from raw.readings where series = $series and period_start = $day",
                series=USAGE_DAY.name,
                day=OLD,
            )
        return int(row["n"])


def test_f52_day_restated_after_it_left_the_look_back_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of 200 days ago moves down in the minute after the month's reading, the worst moment of a month of 31 days: the
    daily runs find it 31 days later, in the same single request as the look-back, and say by how much it moved."""
    monkeypatch.setattr("pipeline.planning.ASKED", (USAGE_DAY,))
    source = Source()
    runs = Directory(tmp_path, source)
    runs.run(is_loaded=True)
    for number in range(1, 31):
        source.now = MONTHLY_RUN + timedelta(days=number)
        runs.run(is_loaded=number % 10 == 0)
    assert runs.blocks() == 1
    source.now += timedelta(days=1)
    runs.run(is_loaded=True)
    assert runs.blocks() == 2
    assert source.now - (MONTHLY_RUN + RESTATED_AFTER) <= timedelta(days=31)
    assert source.now.date() == date(2026, 8, 3)
    assert set(runs.requests.values()) == {1}
    files = store.Store(DataDir(tmp_path))
    with files.writer() as con:
        assert loading.pending(con, Landing(DataDir(tmp_path))) == {}
        needed = set(needed_for(["marts.restatements"]))
        build_tables(files, con, [name for name in build_order() if name in needed])
        moved = store.rows(con, "select * from marts.restatements where period_start = $day", day=OLD)
    assert {row["known_after"].date() for row in moved} == {date(2026, 8, 3)}
    assert len(moved) > 40
    assert [row["tokens_after"] / row["tokens_before"] for row in moved] == pytest.approx([0.9995] * len(moved), abs=1e-5)
