"""Dagster's home of a data directory: everything of it lies beneath the directory it is about."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.run.event_log import EventLog
from pipeline.run.instance import open_instance
from pipeline.settings import ROOT
from tests.support import settings_for


def test_home_lies_beneath_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs, events, schedules, artifacts and logs of a directory are in it, and nothing of them is anywhere else."""
    for name in ("DAGSTER_HOME", "OPENROUTER_USAGE_DATA_DIR", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")
    settings = settings_for(tmp_path)
    with open_instance(settings) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        assert instance.get_runs() == []
    config = yaml.safe_load((settings.data_dir.dagster_home / "dagster.yaml").read_text())
    folders = [part["config"]["base_dir"] for part in config.values() if "base_dir" in part.get("config", {})]
    assert len(folders) == 5
    assert all(Path(folder).is_relative_to(settings.data_dir.dagster_home) for folder in folders)


def test_bare_dagster_keeps_its_files_in_the_project() -> None:
    """Started by hand in the root, Dagster writes below .dagster/, which git ignores."""
    config = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    folders = [part["config"]["base_dir"] for part in config.values() if "base_dir" in part.get("config", {})]
    assert len(folders) == 5
    assert all(folder.startswith(".dagster/") for folder in folders)
