"""Whole runs beside exports that are missing or damaged: the day is published, and what is wrong is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.execute import run_daily, run_rebuild
from pipeline.openrouter.endpoints.exports import EXPORTED
from pipeline.run.outcome import Outcome
from pipeline.settings import Settings
from pipeline.simulator.server import SimulatedResponse, Simulator, Tamper
from pipeline.terminal import summary
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


def run(settings: Settings, *, days: int = 0, tamper: Tamper | None = None) -> tuple[Outcome, list[str]]:
    now = NOW + timedelta(days=days)
    source = Simulator(clock=lambda: now, limits=None, tamper=tamper)
    outcome = run_daily(settings, FIRST_DAY, say=lambda message: None, clock=lambda: now, simulator=source)
    return outcome, [path for path in (one.path for one in source.requests) if "/exports/" in path]


def raw_sums(settings: Settings) -> dict[str, tuple[int, str]]:
    """How many rows each of these tables has, and a checksum of all of them."""
    names = ("raw.readings", "raw.block_rows", "raw.exchanges", "raw.quarantine")
    with store.Store(settings.data_dir).reader() as con:
        return {name: store.checksum(con, TABLES[name], name) for name in names}


def test_spoilt_exports_are_named_and_stop_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The missing one is a warning, the damaged one a refusal that the API's newer response supersedes.

    A rebuild without the network gives the same; the next run fetches the day's export, and the one that was missing.
    """
    settings = settings_for(tmp_path, simulated=True)
    outcome, paths = run(settings, tamper=spoilt)
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
    before = raw_sums(settings)
    assert run_rebuild(settings, say=lambda message: None).succeeded
    assert raw_sums(settings) == before
    outcome, paths = run(settings, days=1)
    assert (outcome.failures, [one for one in outcome.warnings if EXPORTED in one]) == ([], [])
    wanted = [f"/api/v1/datasets/exports/rankings-daily/2026-09-{day}" for day in (30, 25)]
    assert paths[1:] == [f"{one}.{kind}" for one in wanted for kind in ("manifest.json", "csv")]
