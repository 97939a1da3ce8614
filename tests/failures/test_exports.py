"""Whole runs beside exports that are missing or damaged: the day is published, and what is wrong is named."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import store
from pipeline.openrouter.endpoints.exports import EXPORTED
from pipeline.run.session import Workspace
from pipeline.simulator.server import SimulatedRequest, SimulatedResponse, Simulator
from pipeline.terminal import summary
from tests.failures.conftest import Story, load, raw
from tests.support import instant, settings_for

pytestmark = pytest.mark.without_page

NOW = instant("2026-09-29T07:00")
FIRST_DAY = "2026-09-01"


def spoilt(path: str, query: Mapping[str, str], response: SimulatedResponse) -> SimulatedResponse:
    """Of ten exports one is missing, one has other bytes than its manifest says."""
    if path.endswith("2026-09-25.manifest.json"):
        return replace(response, status=404, body=b'{"error":{"message":"Export not found","code":404}}')
    if path.endswith("2026-09-22.csv"):
        return replace(response, body=response.body.replace(b",1,", b",2,", 1))
    return response


def exports_of(requests: list[SimulatedRequest]) -> list[str]:
    return [one.path for one in requests if "/exports/" in one.path]


def test_spoilt_exports_are_named_and_stop_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The missing one is a warning, the damaged one a refusal that the API's newer response supersedes.

    One load of all that was landed gives the same; the next run fetches the day's export, and the one that was missing.
    """
    told = Story(tmp_path, NOW - timedelta(days=1), FIRST_DAY)
    told.day("spoilt", spoilt)
    settings, outcome = told.settings, told["spoilt"].outcome
    paths = exports_of(told["spoilt"].requests)
    assert (outcome.succeeded, outcome.failures) == (True, [])
    assert not [path for path in paths if "latest" in path]
    [warning] = [one for one in outcome.warnings if EXPORTED in one]
    assert "no manifest for the export of 2026-09-25 (404)" in warning
    assert (outcome.export_requests_made, len(paths)) == (1 + 2 * 11 - 1, 1 + 2 * 11 - 1)
    assert outcome.requests_made > 40
    summary.outcome(outcome)
    assert "exports    22 requests sent without a key" in capsys.readouterr().out
    with store.Store(settings.data_dir).reader() as con:
        refused = store.rows(con, "select reason from raw.quarantine where series = 'usage_day' and row_content = ''")
        read = store.rows(
            con,
            "select count(distinct exchange_id) as exports from raw.readings join raw.exchanges using (exchange_id) "
            "where endpoint like '/datasets/exports/%'",
        )
    assert len(refused) == 1
    assert "export of 2026-09-22 has the sha256" in refused[0]["reason"]
    assert read == [{"exports": 9}]
    other = settings_for(tmp_path / "other", simulated=True)
    shutil.copytree(settings.data_dir.landing, other.data_dir.landing)
    load(other.data_dir.path)
    for name, rows in raw(settings.data_dir.path).items():
        assert raw(other.data_dir.path)[name] == rows, name
    tomorrow = NOW + timedelta(days=1)
    source = Simulator(clock=lambda: tomorrow, limits=None)
    with Workspace(settings, clock=lambda: tomorrow, simulator=source).running() as workspace:
        assert workspace.fetch_exports(workspace.due_exports()).failures == []
    wanted = [f"/api/v1/datasets/exports/rankings-daily/2026-09-{day}" for day in (30, 25)]
    assert exports_of(source.requests)[1:] == [f"{one}.{kind}" for one in wanted for kind in ("manifest.json", "csv")]
