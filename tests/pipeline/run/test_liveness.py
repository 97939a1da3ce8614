"""Runs whose process is dead are ended, and no other: not of another process, not of another machine, not what is queued."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, RunsFilter, job
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from pipeline.run import liveness
from pipeline.run.outcome import read_outcome
from pipeline.settings import Settings
from tests.support import settings_for


@job
def daily() -> None:
    """A job of no steps."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as opened:
        yield opened


@contextmanager
def process(settings: Settings, *, held: str | None = None, is_ui: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Another process on the data directory, at work on the run ``held``, or the directory's UI. It ends with the test."""
    lines = [
        "import time",
        "from contextlib import nullcontext",
        "from pathlib import Path",
        "from pipeline.run import liveness",
        "from pipeline.settings import DataDir",
        f"data_dir = DataDir(Path({str(settings.data_dir.path)!r}))",
        f"liveness.hold(data_dir, {held!r})" if held else "",
        f"with liveness.only_ui(data_dir) if {is_ui} else nullcontext():",
        "    print('at work', flush=True)",
        "    time.sleep(600)",
    ]
    with subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "at work\n"
        try:
            yield started
        finally:
            started.kill()


# What the daemon launches a run by; Dagster has no queued run without.
_AT = LoadableTargetOrigin(executable_path=sys.executable, module_name="pipeline.definitions")
CODE = JobPythonOrigin("daily", RepositoryPythonOrigin(sys.executable, ModuleCodePointer("pipeline.definitions", "defs")))
ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(InProcessCodeLocationOrigin(_AT), "__repository__"), "daily")


def run_of(instance: DagsterInstance, status: DagsterRunStatus = DagsterRunStatus.STARTED) -> str:
    return instance.create_run_for_job(daily, status=status, remote_job_origin=ORIGIN, job_code_origin=CODE).run_id


def statuses(instance: DagsterInstance) -> dict[str, DagsterRunStatus]:
    return {run.run_id: run.status for run in instance.get_runs(RunsFilter())}


def test_run_of_a_killed_process_is_failed_and_says_so(settings: Settings, instance: DagsterInstance) -> None:
    """Found by its lock, which the system freed. The message tells that it was killed, in the UI and to the alerts."""
    killed = run_of(instance)
    with process(settings, held=killed) as other:
        assert liveness.end_dead_runs(settings, instance) == []
        other.kill()
        other.wait()
        (line,) = liveness.end_dead_runs(settings, instance)
    assert "daily" in line
    assert statuses(instance) == {killed: DagsterRunStatus.FAILURE}
    entries = instance.all_logs(killed, of_type=DagsterEventType.RUN_FAILURE)
    (event,) = [entry.dagster_event for entry in entries if entry.dagster_event]
    outcome = read_outcome(settings, "daily", killed, [event], succeeded=False)
    assert outcome.failures == [liveness.KILLED]
    assert liveness.end_dead_runs(settings, instance) == []
    assert not [*(settings.data_dir.dagster_home / "running").iterdir()]


def test_run_that_is_alive_stays(settings: Settings, instance: DagsterInstance) -> None:
    """One of this process, and one of another, while a third was killed."""
    mine, others, killed = (run_of(instance) for _ in range(3))
    with liveness.held(settings.data_dir, mine), process(settings, held=others):
        assert len(liveness.end_dead_runs(settings, instance)) == 1
        assert statuses(instance) == {
            mine: DagsterRunStatus.STARTED,
            others: DagsterRunStatus.STARTED,
            killed: DagsterRunStatus.FAILURE,
        }


@pytest.mark.parametrize("status", [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING])
def test_run_that_was_killed_before_it_took_a_lock(
    settings: Settings, instance: DagsterInstance, status: DagsterRunStatus
) -> None:
    """While a UI lives it may just be starting, and is the UI's to end; without one, or when one starts, it is dead."""
    starting = run_of(instance, status)
    with process(settings, is_ui=True):
        assert liveness.end_dead_runs(settings, instance) == []
        assert statuses(instance) == {starting: status}
        assert len(liveness.end_dead_runs(settings, instance, is_ui=True)) == 1
    again = run_of(instance, status)
    assert len(liveness.end_dead_runs(settings, instance)) == 1
    assert statuses(instance) == dict.fromkeys((starting, again), DagsterRunStatus.FAILURE)


def test_runs_of_other_machines_stay(settings: Settings, instance: DagsterInstance) -> None:
    """Where several machines keep their runs in one PostgreSQL, one without a lock here is not this machine's to end."""
    shared = replace(settings, dagster_postgres_url="postgresql+psycopg2://user@host/dagster")
    theirs, killed = run_of(instance), run_of(instance)
    with process(settings, held=killed) as other:
        other.kill()
        other.wait()
    assert len(liveness.end_dead_runs(shared, instance, is_ui=True)) == 1
    assert statuses(instance) == {theirs: DagsterRunStatus.STARTED, killed: DagsterRunStatus.FAILURE}


def test_what_is_queued_or_has_ended_stays(settings: Settings, instance: DagsterInstance) -> None:
    """A queued run needs no process. One that ended by itself, before its process was killed, ended as it did."""
    queued, ended = run_of(instance, DagsterRunStatus.QUEUED), run_of(instance, DagsterRunStatus.SUCCESS)
    with process(settings, held=ended) as other:
        other.kill()
        other.wait()
    assert liveness.end_dead_runs(settings, instance) == []
    assert statuses(instance) == {queued: DagsterRunStatus.QUEUED, ended: DagsterRunStatus.SUCCESS}


def test_one_ui_at_a_time(settings: Settings) -> None:
    """Another one is refused while it lives, and no longer than that."""
    with process(settings, is_ui=True) as other:
        with liveness.only_ui(settings.data_dir) as is_only:
            assert not is_only
        other.kill()
        other.wait()
        with liveness.only_ui(settings.data_dir) as is_only:
            assert is_only
