"""Dagster's home of a data directory: everything of it lies beneath the directory it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from dagster import AssetKey, DagsterEvent, DagsterEventType, EventLogEntry
from dagster._core.events import AssetMaterializationPlannedData

from pipeline.run.event_log import EventLog
from pipeline.run.instance import open_instance
from pipeline.settings import ROOT
from tests.support import settings_for


def test_home_lies_beneath_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs, events, schedules, artifacts and logs of a directory are in it, and nothing of them is anywhere else."""
    for name in ("DAGSTER_HOME", "OPENROUTER_USAGE_DATA_DIR", "DAGSTER_DISABLE_TELEMETRY", "DAGSTER_EVENT_BATCH_SIZE"):
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


def test_what_a_run_plans_is_stored_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails leaves none of the others, neither in the run's own file nor in the index of all runs."""
    for name in ("DAGSTER_HOME", "OPENROUTER_USAGE_DATA_DIR", "DAGSTER_DISABLE_TELEMETRY", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
    keys = [AssetKey("first"), AssetKey("second")]
    planned = [
        EventLogEntry(  # type: ignore[no-untyped-call]
            error_info=None,
            level="info",
            user_message="",
            run_id="run",
            timestamp=1.0,
            dagster_event=DagsterEvent(
                event_type_value=DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value,
                job_name="daily",
                event_specific_data=AssetMaterializationPlannedData(key),
            ),
        )
        for key in keys
    ]
    with open_instance(settings_for(tmp_path)) as instance:
        log = instance.event_log_storage
        with monkeypatch.context() as patch:
            patch.setattr(EventLog, "_tags_for_asset_event", _fails_for(keys[1]))
            with pytest.raises(OSError, match="no space"):
                log.store_event_batch(planned)
        assert not list(log.get_logs_for_run("run"))
        assert not log.get_asset_records(keys)
        log.store_event_batch(planned)
        assert len(log.get_logs_for_run("run")) == 2
        assert {record.asset_entry.asset_key for record in log.get_asset_records(keys)} == set(keys)


def _fails_for(key: AssetKey) -> Callable[[EventLog, EventLogEntry], dict[str, str]]:
    def tags(_: EventLog, event: EventLogEntry) -> dict[str, str]:
        if event.get_dagster_event().asset_key == key:
            raise OSError("no space left")
        return {}

    return tags
