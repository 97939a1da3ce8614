"""Connections to DuckDB, the locks that keep writers apart, and transactions.

Belongs here: opening a file, waiting for it, and what is said where that fails. Not here: any SQL about tables (``tables``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from pipeline.contracts.compile import SHARED_MACROS
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.series import TIME_ZONE
from pipeline.settings import DataDir

LOCK_WAIT_SECONDS = 60.0
RUN_LOCK_WAIT_SECONDS = 600.0
# A table takes whole blocks, and most hold few rows: in blocks of 64 KB five years take a seventh less than in DuckDB's own
# of 256 KB, and a fifth less than in smaller ones, which break up the large columns. DuckDB 1.5 packs text better than its
# default form, which older clients can open, too: five years take another eighth less. An older file keeps its form until a
# rebuild.
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "default_block_size": str(64 * 1024),
    "storage_compatibility_version": "v1.5.0",
}
Connection = duckdb.DuckDBPyConnection

_IN_TRANSACTION: set[int] = set()
"""The connections that are, by their identity: DuckDB itself only says so by ending the transaction."""


@contextmanager
def run_lock(
    data_dir: DataDir,
    *,
    wait_seconds: float = RUN_LOCK_WAIT_SECONDS,
    on_wait: Callable[[str], None] = lambda message: None,
) -> Iterator[None]:
    """One run at a time works on a data directory; a killed holder frees it at once. ``on_wait`` is told of a holder."""
    data_dir.path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data_dir.run_lock)
    try:
        with suppress(Timeout):
            lock.acquire(timeout=0)
        if not lock.is_locked:
            on_wait(f"another run is working on {data_dir.path}: waiting until it has ended, {wait_seconds:.0f} s at most")
            lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise TransientFailure(
            f"another run has been working on {data_dir.path} for over {wait_seconds:.0f} s: "
            "wait until it has ended (see the UI), then run again"
        ) from error
    try:
        yield
    finally:
        lock.release()


def connect(path: Path, *, read_only: bool = False, wait_seconds: float = LOCK_WAIT_SECONDS) -> Connection:
    """Open a DuckDB file; wait for another process to let go of it, but not for ever."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            con = duckdb.connect(path, read_only=read_only, config=CONFIG)
            break
        except duckdb.IOException as error:
            if "Could not set lock" not in str(error):
                raise PermanentFailure(
                    f"opening {path} failed ({str(error).splitlines()[0]}): delete it and run "
                    "`openrouter-usage rebuild`, which brings it back from landing"
                ) from error
            if time.monotonic() > deadline:
                raise TransientFailure(
                    f"{path} has been held by another process for over {wait_seconds:.0f} s: close it there "
                    "(readers should open openrouter.duckdb), then run again"
                ) from error
            time.sleep(0.2)
    con.execute(SHARED_MACROS)
    # For all connections of this process to the file at once: a reader locks their settings.
    if con.execute("select current_setting('TimeZone')").fetchall() != [(TIME_ZONE,)]:
        con.execute(f"set global TimeZone = '{TIME_ZONE}'")
    return con


@contextmanager
def transaction(con: Connection) -> Iterator[None]:
    """All or nothing. Within another one it is a part of that."""
    if id(con) in _IN_TRANSACTION:
        yield
        return
    con.begin()
    _IN_TRANSACTION.add(id(con))
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    finally:
        _IN_TRANSACTION.discard(id(con))
    con.commit()


@contextmanager
def explained_when_full(path: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.IOException, duckdb.FatalException) as error:
        raise TransientFailure(
            f"writing {path} failed ({str(error).splitlines()[0]}): free disk space or check the disk, then run again; "
            "the file published before is unchanged"
        ) from error
