"""The asset of the page: a page that cannot be drawn warns, and fails no run that published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dagster import AssetCheckSeverity, materialize

from assets import report
from pipeline.report import page
from pipeline.workspace import Workspace
from tests import support


def test_page_that_cannot_be_drawn_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are published by then: the run goes on, the page before stays, and the warning says why and what to do."""
    settings = support.settings_for(tmp_path)
    settings.data_dir.report.parent.mkdir()
    settings.data_dir.report.write_text("the page before")

    def fail(_: Any) -> Path:
        raise ValueError("no such colour")

    monkeypatch.setattr(page, "write", fail)
    result = materialize(report.build_assets(), resources={"workspace": Workspace(settings)}, raise_on_error=False)
    assert result.success
    assert result.get_asset_materialization_events() == []
    [check] = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.severity == AssetCheckSeverity.WARN
    cause = check.metadata["likely_cause"].value
    assert cause == (
        "drawing the page failed (ValueError: no such colour): the tables are published and the page is as it was; "
        "run `openrouter-usage --verbose report` for the traceback, and report it"
    )
    assert settings.data_dir.report.read_text() == "the page before"
