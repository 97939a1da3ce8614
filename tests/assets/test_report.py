"""The assets of page and feed: what cannot be made warns, and fails no run that published."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from dagster import AssetCheckSeverity, materialize

from assets import report
from pipeline import worker
from pipeline.publish import feed
from pipeline.publish.report import page
from pipeline.run.session import Workspace
from pipeline.settings import Settings
from tests import support


@pytest.mark.parametrize(
    ("module", "name", "file", "doing", "verb"),
    [(page, "index", "index.html", "drawing the page", "report"), (feed, "feed", "feed.xml", "writing the feed", "rebuild")],
)
def test_what_cannot_be_made_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, file: str, doing: str, verb: str
) -> None:
    """The tables are published by then: the run goes on, the file before stays, and the warning says why and what to do."""
    settings = support.settings_for(tmp_path)
    before = settings.data_dir.report.with_name(file)
    before.parent.mkdir()
    before.write_text("the one before")

    def fail(_: Any) -> Path:
        raise ValueError("no such colour")

    monkeypatch.setattr(module, "write", fail)
    with ThreadPoolExecutor() as here:  # in place of the process that draws, which the change above does not reach
        monkeypatch.setattr(worker, "submit", here.submit)
        _makes_nothing_and_warns(settings, name, doing, verb)
    assert before.read_text() == "the one before"


def die(_: Settings) -> Path:
    os._exit(1)


@pytest.mark.parametrize("is_idle", [True, False], ids=["before", "while it draws"])
def test_a_drawing_process_that_is_stopped_costs_a_page_at_the_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_idle: bool
) -> None:
    """As the system does for want of memory: the tables are published, and the next page is drawn by another process."""
    os.kill(worker.submit(os.getpid).result(), signal.SIGKILL)
    settings = support.settings_for(tmp_path)
    [asset] = [one for one in report.build_assets() if one.key.path[-1] == "index"]
    causes = []
    for dies in (not is_idle, False):
        with monkeypatch.context() as patch:
            if dies:
                patch.setattr(report, "_draw_there", die)
            result = materialize([asset], resources={"workspace": Workspace(settings)}, raise_on_error=False)
        assert result.success
        [check] = result.get_asset_check_evaluations()
        causes.append(str(check.metadata["likely_cause"].value))
    assert ("WorkerDied" in causes[0]) is not is_idle
    assert "does not exist yet" in causes[1], "drawn by another process, and here there is nothing to draw"


def _makes_nothing_and_warns(settings: Settings, name: str, doing: str, verb: str) -> None:
    [asset] = [one for one in report.build_assets() if one.key.path[-1] == name]
    result = materialize([asset], resources={"workspace": Workspace(settings)}, raise_on_error=False)
    assert result.success
    assert result.get_asset_materialization_events() == []
    [check] = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.severity == AssetCheckSeverity.WARN
    what = doing.rsplit(maxsplit=1)[-1]
    assert check.metadata["likely_cause"].value == (
        f"{doing} failed (ValueError: no such colour): the tables are published and the {what} is unchanged; "
        f"run `openrouter-usage --verbose {verb}` for the traceback, and report it"
    )
