"""Runs without a key: the project's recordings first, then the exports; what a key adds, and what its loss stops.

Belongs here: whole runs of that mode. Not here: the first run without the internet (``failures.test_printed_commands``),
fetching exports (``run.test_exports``), what the recordings hold (``tests.test_recording``), which directory a command works
in (``run.test_directory``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import stamina

from pipeline import store
from pipeline.execute import run_daily
from pipeline.landing import Landing
from pipeline.run.outcome import Outcome
from pipeline.run.session import Workspace, refuse_lost_key
from pipeline.settings import Settings
from pipeline.simulator.server import serve
from tests.support import exchange, instant, leave_page_out, settings_for
from tests.unmarked import Unmarked

NOW = instant("2026-09-22T06:30")


def run(settings: Settings) -> Outcome:
    with stamina.set_testing(True, attempts=2, cap=True):
        return run_daily(settings, None, say=lambda message: None, clock=lambda: NOW)


def test_exports_follow_and_a_key_goes_on_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the network what needs no key is fetched, and nothing else; a key that comes later is used in the same directory,
    and is missed from then on."""
    leave_page_out(monkeypatch)
    source = Unmarked(clock=lambda: NOW)
    with serve(source) as url:
        settings = settings_for(tmp_path, api_key=None, base_url=url)
        done = run(settings)
        assert (done.failures, done.warnings) == ([], [])
        paths = [path for path, _, _ in source.heard]
        exports = [path for path in paths if "/datasets/exports/" in path]
        assert done.export_requests_made == len(exports) == 1 + 2 * 4
        # One request each of the two others that need no key.
        others = sorted(path for path in paths if path not in exports)
        assert others == ["/api/ai/leaderboard-export", "/openapi.json"]
        assert done.requests_made == len(others)
        assert not any("authorization" in headers for _, _, headers in source.heard)
        with store.connect(settings.data_dir.published, read_only=True) as con:
            [newest] = store.rows(con, "select max(usage_date) as newest from core.model_usage_daily")
            [labs] = store.rows(con, "select count(distinct usage_date) as days from marts.gateway_lab_share_daily")
        assert (newest, labs) == ({"newest": date(2026, 9, 21)}, {"days": 357})
        refuse_lost_key(settings)
        with Workspace(replace(settings, api_key="key-of-a-test"), clock=lambda: NOW).running() as workspace:
            programming = [one for one in workspace.plan() if one.series.name == "category_week/programming"]
            assert max(one.end for one in programming if one.end) == date(2026, 9, 21)
    Landing(settings.data_dir).append(exchange({}, {}, at=NOW))
    [failure] = run(settings).failures
    assert "fetched with a key, and there is no OPENROUTER_API_KEY" in failure
