"""The request ledger: how many requests a key has sent, counted across processes and restarts.

Belongs here: counting requests before they are sent, waiting for the minute, refusing for the day. Not
here: sending (client), and where a machine keeps its state (settings).

Written on sqlite3 rather than on a rate-limiting library: a full day has to be told at once even while the
minute is full too, and a clock that was set back must neither free requests nor block them for as long as
the jump.
"""

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from threading import Lock
from typing import Any, Self

from pipeline.failures import PermanentFailure, TransientFailure


@dataclass(frozen=True)
class Spent:
    """Requests sent in the sliding windows, and their limits (None: unlimited)."""

    last_minute: int
    last_day: int
    per_minute: int | None
    per_day: int | None


@dataclass(frozen=True)
class Forecast:
    """How requests would go through the windows, one after the other from now on.

    `fits` of them go through before the day is full: in `seconds`, `pause_seconds` of which are spent waiting for the
    minute, at `answer_seconds` from one request to the next. `next_at` (UTC) is when as many of the rest as a day has
    room for can be sent in one go; None if all fit.
    """

    fits: int
    seconds: float
    pause_seconds: float
    answer_seconds: float
    next_at: datetime | None


# Taken for the time of an answer until the ledger can tell.
ASSUMED_ANSWER_SECONDS = 1.0


class BudgetSpent(TransientFailure):
    """The day's requests are used up. `free_at` (UTC) is when the next one may be sent."""

    def __init__(self, message: str, free_at: datetime) -> None:
        super().__init__(message, stops_asking=True)
        self.free_at = free_at


class Budget:
    """At most `per_minute` requests in any minute and `per_day` in any 24 hours, over all processes that share `path`.
    Without a `path` there are no limits, as for a simulator on this machine: requests are only counted, in memory.

    Seconds everywhere. The source counts a request when it arrives, we when it leaves: two requests a
    window apart here can be closer there by the difference of their ways. `margin_seconds` lengthens both
    windows by as much. Raises PermanentFailure if the file cannot be used, TransientFailure if another
    process holds it for longer than `lock_seconds`.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        per_minute: int = 30,
        per_day: int = 500,
        margin_seconds: float = 1,
        lock_seconds: float = 30,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.path = path
        self._is_limited = path is not None
        self._per_minute, self._per_day = per_minute, per_day
        self._minute, self._day = 60 + margin_seconds, 86_400 + margin_seconds
        # The wall clock, as the ledger outlives the process and any monotonic clock.
        self._clock, self._sleep = clock, sleep
        self._lock_seconds = lock_seconds
        self._lock = Lock()
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            # Autocommit: transactions are opened below, and only there.
            self._ledger = sqlite3.connect(
                path or ":memory:", timeout=lock_seconds, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        with self._transaction():
            self._ledger.execute("create table if not exists sent (sent_at real not null)")
            self._ledger.execute("create index if not exists sent_by_time on sent (sent_at)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. What was recorded stays."""
        self._ledger.close()

    def take(self, on_wait: Callable[[float], None] | None = None, *, leave: int = 0) -> int:
        """Record one request that is about to be sent; first wait while the minute is full. Returns what to give back.

        `on_wait` is told the seconds before each wait. Raises BudgetSpent at once, without recording or
        waiting, if the day is full, or has no more than `leave` requests left. A request that is recorded
        and never sent stays counted until it is given back: the other way round would overspend.
        """
        while isinstance(found := self._wait_or_take(leave), float):
            if on_wait is not None:
                on_wait(found)
            self._sleep(found)
        return found

    def give_back(self, ticket: int) -> None:
        """Count a request no longer, of which nothing reached the source."""
        with self._transaction():
            self._ledger.execute("delete from sent where rowid = ?", (ticket,))

    def spent(self) -> Spent:
        """What the windows hold now."""
        with self._transaction():
            now = self._clock()
            minute, day = (
                self._one("select count(*) from sent where sent_at > ?", now - window)
                for window in (self._minute, self._day)
            )
        limits = (self._per_minute, self._per_day) if self._is_limited else (None, None)
        return Spent(minute, day, *limits)

    def forecast(self, requests: int, *, leave: int = 0) -> Forecast:
        """What would happen to so many requests. Nothing is recorded; `leave` is as in `take`."""
        with self._transaction():
            now = self._clock()
            rows = self._ledger.execute("select min(sent_at, ?) from sent where sent_at > ?", (now, now - self._day))
            sent: list[float] = sorted(sent_at for (sent_at,) in rows)
        # A longer time than the minute's window passed between two runs, or in waiting.
        apart = [later - one for one, later in pairwise(sent) if later - one < self._minute]
        answer = median(apart) if apart else ASSUMED_ANSWER_SECONDS
        if not self._is_limited:
            return Forecast(requests, requests * answer, 0.0, answer, None)
        limit = self._per_day - leave
        fits = max(0, min(requests, limit - len(sent)))
        at, pause = now, 0.0
        for _ in range(fits):
            free_at = sent[-self._per_minute] + self._minute if len(sent) >= self._per_minute else at
            pause += max(0.0, free_at - at)
            at = max(at, free_at)
            sent.append(at)
            at += answer
        rest = min(requests - fits, limit)
        next_at = datetime.fromtimestamp(sent[len(sent) - limit + rest - 1] + self._day, UTC) if rest else None
        return Forecast(fits, at - now, pause, answer, next_at)

    def _wait_or_take(self, leave: int) -> int | float:
        """Record a request and return its row, or return the seconds until the minute has room."""
        with self._transaction():
            # Read inside the lock: waiting for it may have taken long.
            now = self._clock()
            # Sent in the future means that the clock was set back. How long ago it was is unknown: take it
            # as now, which is late enough to be safe and not later.
            self._ledger.execute("update sent set sent_at = ? where sent_at > ?", (now, now))
            self._ledger.execute("delete from sent where sent_at <= ?", (now - self._day,))
            day_free_at = self._free_at(self._per_day - leave, self._day)
            minute_free_at = self._free_at(self._per_minute, self._minute)
            if not self._is_limited or max(day_free_at, minute_free_at) <= now:
                return int(self._ledger.execute("insert into sent values (?) returning rowid", (now,)).fetchone()[0])
        # Outside the transaction: raising inside would undo what a clock set back has made necessary.
        if day_free_at > now:
            until = datetime.fromtimestamp(day_free_at, UTC)
            raise BudgetSpent(
                f"cannot send another request: all {self._per_day - leave:,} requests of the last 24 hours are used"
                f"{f', {leave:,} more are kept for other runs' if leave else ''};"
                f" run again after {until:%Y-%m-%d %H:%M:%S} UTC",
                until,
            )
        return float(minute_free_at - now)

    def _free_at(self, limit: int, window: float) -> float:
        """When the oldest of the last `limit` requests leaves the window (epoch seconds; 0: there are
        fewer).
        """
        sent_at = self._one("select sent_at from sent order by sent_at desc limit 1 offset ?", limit - 1)
        return 0 if sent_at is None else sent_at + window

    def _one(self, query: str, parameter: float) -> Any:
        row = self._ledger.execute(query, (parameter,)).fetchone()
        return row and row[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Alone with the ledger, among threads and processes. SQLite frees it when its holder dies."""
        with self._lock:
            try:
                self._ledger.execute("begin immediate")
                with self._ledger:  # commits, or rolls back
                    yield
            except sqlite3.Error as error:
                raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> PermanentFailure | TransientFailure:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            return TransientFailure(
                f"cannot count a request: another process has held the ledger {self.path} for"
                f" {self._lock_seconds:g} s; run again when it is done"
            )
        return PermanentFailure(
            f"cannot count requests in the ledger {self.path}: {error}; make the place writable, or if the"
            " file is broken delete it once 24 hours have passed without a request"
        )


def budget_path(state_dir: Path, api_key: str) -> Path:
    """The ledger of a key: named by the first 16 hex digits of its SHA-256, so that the key is written
    nowhere.
    """
    return state_dir / f"budget-{hashlib.sha256(api_key.encode()).hexdigest()[:16]}.sqlite"
