"""The lock of a lake: one worker writes at a time, and one that vanished is neither waited for nor let in again.

Belongs here: sessions of the catalogue's PostgreSQL, the lock that a worker keeps alive, the fence against who lost it. Not
here: what is written under the lock (``lake``), what is said where PostgreSQL fails (``lake_failures``).
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg2
from psycopg2.errors import LockNotAvailable

from pipeline import store
from pipeline.failures import TransientFailure
from pipeline.settings import LAKE_PREFIX, Lake
from pipeline.store.lake_failures import TAKEN_OVER, told_of_postgresql

LOCK = 0x6F72_7573  # of all that write to one catalogue
ATTACHING_LOCK = LOCK + 1  # of all that attach it
LOCK_POLL_SECONDS = 0.2
LEASE_SECONDS = 60
"""PostgreSQL ends a session that said nothing for so long, and frees its lock: TCP alone does not notice a process that was
stopped, nor for hours a machine that was switched off."""

COMMIT_SECONDS = 5
"""Longer than any commit takes. One that was cut off in its middle is ended by the worker that takes over."""

_REACHING = "connect_timeout=10 keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000"
"""How long a worker waits for a PostgreSQL that vanished."""

_WORKER = "openrouter-usage/"
# The name of whoever has the lock, and the refusal of every commit of a worker with another name. The row is locked until
# the commit is through, so that nobody takes over in the middle of it.
_FENCE = f"""
create table openrouter_usage_writer (name text not null);
insert into openrouter_usage_writer values ('');
create function openrouter_usage_fence() returns trigger language plpgsql as $$
begin
    if current_setting('application_name') like '{_WORKER}%' then
        perform from openrouter_usage_writer where name = current_setting('application_name') for share;
        if not found then
            raise exception '{TAKEN_OVER}';
        end if;
    end if;
    return new;
end $$;
create trigger openrouter_usage_fence before insert on ducklake_snapshot
    for each row execute function openrouter_usage_fence();
"""
# Those of its sessions that would have been rejected, had they got so far.
_END_WRITER = """
select pg_terminate_backend(pid) from pg_stat_activity
where application_name = (select name from openrouter_usage_writer) and datname = current_database()
"""


class WriterLock:
    """The lock of a lake, as one worker takes it and keeps it alive."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._worker = f"{_WORKER}{uuid.uuid4().hex}"
        self._session: Any = None
        self._released = threading.Event()

    @property
    def url(self) -> str:
        """What DuckLake attaches: by the name of this worker its commits are let through."""
        return f"{LAKE_PREFIX}{_REACHING} {self._lake.catalogue} application_name={self._worker}"

    @contextmanager
    def catalogue(self) -> Iterator[Any]:
        """A cursor of the catalogue's PostgreSQL itself. Locks taken through it end with it."""
        with told_of_postgresql(), closing(self._open()) as session, session.cursor() as cursor:
            yield cursor

    def _open(self) -> Any:
        ending = f"-c idle_session_timeout={int(LEASE_SECONDS * 1000)}"
        session = psycopg2.connect(f"{_REACHING} {self._lake.catalogue}", options=ending)
        session.autocommit = True
        return session

    def acquire(self) -> None:
        """Be the one who writes. PostgreSQL frees the lock of a process that dies at once, of one that vanished soon."""
        if self._session is not None:
            return
        deadline = time.monotonic() + store.RUN_LOCK_WAIT_SECONDS
        with told_of_postgresql():
            session = self._open()
            try:
                with session.cursor() as cursor:
                    while not _try_lock(cursor):
                        if time.monotonic() > deadline:
                            raise TransientFailure(
                                f"another worker has been writing to the lake for over {store.RUN_LOCK_WAIT_SECONDS:.0f} s: "
                                "wait until it has ended, then run again; what was landed is kept"
                            )
                        time.sleep(LOCK_POLL_SECONDS)
            except BaseException:
                session.close()
                raise
        self._session, self._released = session, threading.Event()
        threading.Thread(target=_keep_alive, args=(session, self._released), daemon=True).start()

    def take_over(self) -> None:
        """Have PostgreSQL reject the commits of whoever had the lock before, and does not know that it was lost."""
        named = "update openrouter_usage_writer set name = %s"
        with told_of_postgresql(), self._session.cursor() as cursor:
            cursor.execute("select to_regclass('openrouter_usage_writer') is null")
            if cursor.fetchone() == (True,):
                cursor.execute(f"begin; {_FENCE}; commit")
            cursor.execute(f"set lock_timeout = {int(COMMIT_SECONDS * 1000)}")
            try:
                cursor.execute(named, (self._worker,))
            except LockNotAvailable:  # it vanished in the middle of a commit
                cursor.execute(_END_WRITER)
                cursor.execute(named, (self._worker,))

    def release(self) -> None:
        """Let others write."""
        self._released.set()
        if self._session is not None:
            self._session.close()
        self._session = None


def _try_lock(cursor: Any) -> bool:
    cursor.execute("select pg_try_advisory_lock(%s)", (LOCK,))
    return bool(cursor.fetchone() == (True,))


def _keep_alive(session: Any, released: threading.Event) -> None:
    with suppress(psycopg2.Error):  # the lock is lost: once another has it, the fence rejects what is committed
        while not released.wait(LEASE_SECONDS / 4):
            with session.cursor() as cursor:
                cursor.execute("select 1")
