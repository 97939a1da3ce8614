"""Which runs are alive, and the end of those whose process was killed.

Belongs here: the lock that a process holds for as long as it works on a run, and what follows from finding one free. Not
here: the lock of the data directory, for which runs wait (``store.run_lock``).

A killed process cannot report that its run is over. For Dagster the run stays "started", and as it launches one run at a
time, it would launch no other ever again. The operating system frees a lock however its holder ended, it is never taken
for another process's as a process id may be, and it says nothing of runs of other machines: those have no lock file here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pipeline.settings import DataDir, Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

KILLED = (
    "the process of this run was killed (kill -9, power cut, out of memory, or the UI that launched it was stopped): "
    "the responses it fetched are kept, and the next run continues from there"
)

_HELD: dict[Path, FileLock] = {}
"""The locks that this process holds for runs, by their files."""


def _folder(data_dir: DataDir) -> Path:
    return data_dir.dagster_home / "running"


def _take(path: Path, wait_seconds: float = 0) -> FileLock | None:
    """The lock, or None where another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        return None
    return lock


def hold(data_dir: DataDir, run_id: str) -> None:
    """Say that this process works on a run, until it ends or lets go. Saying it again changes nothing."""
    path = _folder(data_dir) / f"{run_id}.lock"
    if path in _HELD:
        return
    # Under its name nobody ever finds it free: it gets the name when it is locked.
    unlocked = path.with_suffix(".new")
    lock = _take(unlocked)
    if lock is not None:
        _HELD[path] = lock
        unlocked.replace(path)


@contextmanager
def held(data_dir: DataDir, run_id: str) -> Iterator[None]:
    """Say so from before the run exists until it has ended, of a run that is not all that this process does."""
    hold(data_dir, run_id)
    path = _folder(data_dir) / f"{run_id}.lock"
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        _HELD.pop(path).release()


@contextmanager
def only_ui(data_dir: DataDir, wait_seconds: float = 0) -> Iterator[bool]:
    """Hold the lock of the one UI of a data directory; False where another process holds it."""
    lock = _take(data_dir.dagster_home / "ui.lock", wait_seconds)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


def end_dead_runs(settings: Settings, instance: DagsterInstance, *, is_ui: bool = False) -> list[str]:
    """Mark runs of this data directory as failed whose process is dead. Returns a line for each.

    ``is_ui`` says that the caller is the UI, and nothing that it launched runs yet.
    """
    unfinished = _unfinished(instance)
    ended: list[str] = []
    locks = {path.stem: path for path in _folder(settings.data_dir).glob("*.lock")}
    for run_id, path in locks.items():
        lock = _take(path)
        if lock is not None:
            ended += _end(instance, run_id)
            path.unlink(missing_ok=True)
            lock.release()
    # A run that the UI launched has no lock for the seconds in which its process starts, and none if that was killed then.
    # While the UI lives it ends such a run itself. Where runs of several machines are kept, it may be another machine's.
    without = [run_id for run_id in unfinished if run_id not in locks]
    if without and settings.dagster_postgres_url is None:
        with only_ui(settings.data_dir) as has_no_ui:
            if is_ui or has_no_ui:
                ended += [line for run_id in without for line in _end(instance, run_id)]
    return ended


def _unfinished(instance: DagsterInstance, run_id: str | None = None) -> dict[str, DagsterRun]:
    from dagster import DagsterRunStatus, RunsFilter

    # What is queued waits for a process, and needs none.
    statuses = (
        DagsterRunStatus.NOT_STARTED,
        DagsterRunStatus.STARTING,
        DagsterRunStatus.STARTED,
        DagsterRunStatus.CANCELING,
    )
    chosen = RunsFilter(statuses=statuses, run_ids=None if run_id is None else [run_id])
    return {run.run_id: run for run in instance.get_runs(chosen)}


def _end(instance: DagsterInstance, run_id: str) -> Iterator[str]:
    """Looks again: it may have ended by itself since it was found."""
    from dagster._core.events import JobFailureData, RunFailureReason
    from dagster_shared.error import SerializableErrorInfo

    for run in _unfinished(instance, run_id).values():
        error = SerializableErrorInfo(f"TransientFailure: {KILLED}", [], "TransientFailure")
        instance.report_run_failed(run, KILLED, JobFailureData(error, RunFailureReason.UNEXPECTED_TERMINATION, None))
        yield f"an earlier run ({run.job_name}, {run_id.partition('-')[0]}) was killed and is now marked as failed"
