"""The effects of a run, one by one: what it asks, syncs, renames, copies, and every statement that writes to DuckDB.

Belongs here: counting them in the process that runs, and stopping at the chosen one, so that whoever watches can kill it
there. Not here: choosing, killing, comparing (``cases``).
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from unittest import mock

from pipeline import store
from pipeline.landing import Landing
from pipeline.openrouter.client import Client
from pipeline.store import embedded

Mode = Literal["before", "inside", "after", "torn", "full"]

STAGES = ("fetching", "landing", "loading", "building", "publishing")
_WRITING = frozenset({"attach", "checkpoint", "comment", "create", "detach", "drop", "insert"})


@dataclass(frozen=True)
class Effect:
    """One effect of a run, and how long it took."""

    stage: str
    name: str
    seconds: float
    is_file: bool = False


@dataclass(frozen=True)
class Strike:
    """The effect at which a run is struck, by its place among those of its stage.

    ``torn``: half of the file is there. ``full``: the disk is, and the run lives on.
    """

    stage: str
    number: int
    mode: Mode


class Effects:
    """Everything that one run does to the world, in order. ``reached`` is called at the strike."""

    def __init__(self, strike: Strike | None = None, reached: Callable[[], object] = lambda: None) -> None:
        self.seen: list[Effect] = []
        self._strike, self._reached = strike, reached
        self._stage = "starting"

    def say(self, message: str) -> None:
        """What a run says that it does is the stage it is in."""
        self._stage = message.split(maxsplit=1)[0]

    def _stop(self) -> None:
        self._reached()
        while True:
            signal.pause()

    def passes(self, name: str, do: Callable[[], Any], file: int | None = None) -> Any:
        stage = self._stage if self._stage in STAGES else "starting"
        number = sum(effect.stage == stage for effect in self.seen)
        is_here = self._strike is not None and (self._strike.stage, self._strike.number) == (stage, number)
        mode = self._strike.mode if self._strike is not None and is_here else None
        # Its place is taken before it is done: effects within it come after it.
        place = len(self.seen)
        self.seen.append(Effect(stage, name, 0.0))
        if mode == "before":
            self._stop()
        if mode == "torn" and file is not None:
            os.truncate(f"/proc/self/fd/{file}", os.fstat(file).st_size // 2)
            self._stop()
        if mode == "full":
            self._reached()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if mode == "inside":
            self._reached()
        began = time.monotonic()
        done = do()
        is_file = file is not None and stat.S_ISREG(os.fstat(file).st_mode)
        self.seen[place] = Effect(stage, name, time.monotonic() - began, is_file)
        if mode in ("inside", "after"):
            self._stop()
        return done

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Put this between the process and its effects."""
        passes = self.passes
        fsync, replace, copyfile = os.fsync, os.replace, shutil.copyfile
        connect, fetch, append = store.connect, Client.fetch, Landing.append

        def appended(landing: Landing, exchange: Any) -> Any:
            before, self._stage = self._stage, "landing"
            try:
                return passes("landing a response", lambda: append(landing, exchange))
            finally:
                self._stage = before

        stand_ins: list[tuple[Any, str, Callable[..., Any]]] = [
            (os, "fsync", lambda file: passes("sync", lambda: fsync(file), file)),
            (os, "replace", lambda *names, **how: passes("rename", lambda: replace(*names, **how))),
            (shutil, "copyfile", lambda *names: passes("copy", lambda: copyfile(*names))),
            (embedded, "connect", lambda *names, **how: _Watched(connect(*names, **how), self)),
            (Client, "fetch", lambda *asked, **how: passes("ask", lambda: fetch(*asked, **how))),
            (Landing, "append", appended),
        ]
        with ExitStack() as stack:
            for owner, name, stand_in in stand_ins:
                stack.enter_context(mock.patch.object(owner, name, stand_in))
            yield


class _Watched:
    """A connection to DuckDB whose writing statements are effects."""

    def __init__(self, con: Any, effects: Effects) -> None:
        self._con, self._effects = con, effects

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._con, name)
        if name not in ("begin", "commit", "rollback", "close"):
            return found
        return lambda: self._effects.passes(name, found)

    def execute(self, statement: str, *parameters: Any) -> Any:
        word = statement.split(maxsplit=1)[0].lower()
        if word not in _WRITING:
            return self._con.execute(statement, *parameters)
        return self._effects.passes(word, lambda: self._con.execute(statement, *parameters))

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
