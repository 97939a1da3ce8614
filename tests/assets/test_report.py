"""The assets of page and feed: what cannot be made warns, and fails no run that published."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from dagster import AssetCheckSeverity, materialize

from assets import report
from pipeline.report import feed, page
from pipeline.workspace import Workspace
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
    [asset] = [one for one in report.build_assets() if one.key.path[-1] == name]
    result = materialize([asset], resources={"workspace": Workspace(settings)}, raise_on_error=False)
    assert result.success
    assert result.get_asset_materialization_events() == []
    [check] = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.severity == AssetCheckSeverity.WARN
    what = doing.rsplit(maxsplit=1)[-1]
    assert check.metadata["likely_cause"].value == (
        f"{doing} failed (ValueError: no such colour): the tables are published and the {what} is as it was; "
        f"run `openrouter-usage --verbose {verb}` for the traceback, and report it"
    )
    assert before.read_text() == "the one before"
