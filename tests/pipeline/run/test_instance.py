"""Dagster's home of a data directory: everything of it lies beneath the directory it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetKey,
    AssetSpec,
    DagsterEventType,
    Definitions,
    JobDefinition,
    MaterializeResult,
    ReexecutionOptions,
    asset,
    define_asset_job,
    execute_job,
    in_process_executor,
    multi_asset,
    reconstructable,
)

from pipeline.run.event_log import EventLog
from pipeline.run.instance import open_instance
from pipeline.settings import ROOT
from tests.support import settings_for


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What opening an instance sets is as before after each test."""
    for name in ("DAGSTER_HOME", "OPENROUTER_USAGE_DATA_DIR", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")


def test_home_lies_beneath_its_directory(tmp_path: Path) -> None:
    """Runs, events, schedules, artifacts and logs of a directory are in it, and nothing of them is anywhere else."""
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


def job_of_two_steps() -> JobDefinition:
    """The first makes a table and checks it, the second publishes, unless it is broken."""

    @multi_asset(
        specs=[AssetSpec("table", skippable=True)],
        check_specs=[AssetCheckSpec("holds", asset="table", blocking=True)],
        can_subset=True,
    )
    def build() -> Iterator[Any]:
        yield MaterializeResult(asset_key="table", metadata={"dagster/row_count": 3})
        yield AssetCheckResult(check_name="holds", asset_key="table", passed=True)

    @asset(deps=["table"])
    def published() -> None:
        if BROKEN:
            raise OSError("no space left")

    defs = Definitions([build, published], jobs=[define_asset_job("daily")], executor=in_process_executor)
    return defs.resolve_job_def("daily")


BROKEN: list[str] = []


def test_a_run_is_continued_from_its_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the UI does by `From failure`: the step that failed is run again, and no other. Of an output there is no event."""
    monkeypatch.setattr("tests.pipeline.run.test_instance.BROKEN", ["the disk"])
    with open_instance(settings_for(tmp_path)) as instance:
        failed = execute_job(reconstructable(job_of_two_steps), instance)
        assert not failed.success
        monkeypatch.undo()
        again = ReexecutionOptions.from_failure(failed.run_id, instance)
        done = execute_job(reconstructable(job_of_two_steps), instance, reexecution_options=again)
        assert done.success
        made = [
            [event.dagster_event for event in instance.all_logs(run_id) if event.dagster_event]
            for run_id in (failed.run_id, done.run_id)
        ]
        assert [[one.step_key for one in events if one.is_step_start] for events in made] == [
            ["build", "published"],
            ["published"],
        ]
        assert [one.asset_key for one in made[0] if one.is_step_materialization] == [AssetKey("table")]
        checked = [one for one in made[0] if one.event_type is DagsterEventType.ASSET_CHECK_EVALUATION]
        assert [one.asset_check_evaluation_data.passed for one in checked] == [True]
        assert not [one for events in made for one in events if one.is_successful_output]
