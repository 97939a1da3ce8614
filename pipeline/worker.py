"""A process of its own for what takes seconds to import: Great Expectations, and what draws the page.

Belongs here: starting it, handing it work, and its end. Not here: what it does (``validation.judge``, ``report.page``). It
imports on another core while this process still prepares, waits for the network and builds tables. Between judging and
drawing it is stopped, and started again: with both in one, two years of history took 920 MB at the peak in place of 730.

Not a ``ProcessPoolExecutor``: that one starts its process in the current directory, which the user may not be allowed to
enter, does not say why it died, and outlives a run that Dagster's UI started, as such a run is itself a child of
``multiprocessing`` and waits for it for ever. This process hangs on a socket: it ends when the other end is closed, by
whatever the process that holds it ended.
"""

from __future__ import annotations

import atexit
import importlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Lock, Thread
from types import ModuleType
from typing import IO, Any, ParamSpec, TypeVar

from pipeline.failures import TransientFailure
from pipeline.settings import ROOT

P = ParamSpec("P")
T = TypeVar("T")

# Measured on daily runs of 15.4 s on two cores, medians of five pairs: warming up saves 4.8 s of them (2.7 to 6.0) for 0.5
# seconds of a core, rehearsing the page 2.5 s (1.0 to 3.3) for 2, when it still drew all of it: it takes 0.9 now.
SLOW_IMPORT = "great_expectations"
# What it imports for one expectation that nobody declares here: a quarter of its 2.9 seconds of a core, and 60 MB.
UNUSED_BY_IT = ("scipy.stats", "altair")

_END_SECONDS = 10.0


class WorkerDied(TransientFailure):
    """The process ended before it was done; the message says how, as the end of a sentence about it."""


class _Process:
    def __init__(self) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - read when the process has ended
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._popen = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, "-c", f"from pipeline.worker import serve; serve({theirs.fileno()})"],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
            )
        self._pipe = Connection(os.dup(self._socket.fileno()))
        self._waiting = SimpleQueue[tuple[bytes, Future[Any]] | None]()
        self._results = Thread(target=self._hand_on, name="results of the worker", daemon=True)
        self._results.start()
        atexit.register(self.stop)

    @property
    def has_ended(self) -> bool:
        return self._popen.poll() is not None

    def submit(self, work: Callable[..., T], arguments: tuple[Any, ...], named: dict[str, Any]) -> Future[T]:
        future: Future[T] = Future()
        self._waiting.put((pickle.dumps((work, arguments, named)), future))
        return future

    def _hand_on(self) -> None:
        """One piece of work after the other, each with its result. Once the process has ended the rest fails."""
        while (piece := self._waiting.get()) is not None:
            packed, future = piece
            try:
                self._pipe.send_bytes(packed)
                is_done, result = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 - of our own process
            except (EOFError, OSError):
                is_done, result = False, WorkerDied(self._describe_death())
            except Exception as error:
                is_done, result = False, error
            (future.set_result if is_done else future.set_exception)(result)

    def _describe_death(self) -> str:
        try:
            code = self._popen.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            code = self._popen.wait()
        if code < 0:
            name = signal.Signals(-code).name
            why = ", as the system does when memory runs out" if -code == signal.SIGKILL else ""
            return f"its process was killed by {name}{why}: run again, and it continues from there"
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return (
            f"its process ended with exit code {code} ({said[-1] if said else 'it said nothing'}): fix that, then run again"
        )

    def stop(self) -> None:
        atexit.unregister(self.stop)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._popen.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._waiting.put(None)
        self._results.join()  # it reads what the process said until this has ended
        for one in (self._socket, self._pipe, self._errors):
            one.close()


def serve(descriptor: int) -> None:
    """What the process does: work that it receives, until the other end of its socket is closed."""
    # Ctrl-C reaches every process of a terminal, SIGTERM every one of a service. The process that started this one decides
    # what it ends.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    pipe, waiting = Connection(descriptor), SimpleQueue[bytes]()
    Thread(target=_receive, args=(pipe, waiting), name="work", daemon=True).start()
    while True:
        try:
            work, arguments, named = pickle.loads(waiting.get())  # noqa: S301 - of the process that started this one
            packed = pickle.dumps((True, work(*arguments, **named)))
        except Exception as error:
            packed = _pack(error)
        pipe.send_bytes(packed)


def _receive(pipe: Connection, waiting: SimpleQueue[bytes]) -> None:
    """Also while the process works: it ends at once when it is no longer needed."""
    with suppress(EOFError, OSError):
        while True:
            waiting.put(pipe.recv_bytes())
    os._exit(0)


def _pack(error: Exception) -> bytes:
    """The error with the traceback of this process as a note; in words where it cannot be packed and unpacked."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(packed := pickle.dumps((False, error)))  # noqa: S301 - packed here
    except Exception:
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return packed


_lock = Lock()
_process: _Process | None = None


def submit(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> Future[T]:
    """Have the worker of this process do it, in the order given; it is started with the first piece of work and again after
    it ended. ``work`` is a function of a module. The future raises WorkerDied where the process ends before this is done.
    """
    global _process  # noqa: PLW0603 - one for this process
    with _lock:
        if _process is not None and _process.has_ended:
            _process.stop()
            _process = None
        _process = _process or _Process()
        return _process.submit(work, arguments, named)


def warm_up() -> None:
    """Start the process and have it import what it needs first, without waiting for it."""
    submit(_import, SLOW_IMPORT, without=UNUSED_BY_IT)


def stop() -> None:
    """End the process, and with it what it has imported. The next piece of work starts another one."""
    global _process  # noqa: PLW0603 - one for this process
    with _lock:
        if _process is not None:
            _process.stop()
            _process = None


def _import(name: str, without: tuple[str, ...]) -> None:
    for one in without:
        sys.modules.setdefault(one, _Later(one))
    importlib.import_module(name)


class _Later(ModuleType):
    """Stands for a module until something of it is used. Python's own ``LazyLoader`` imports it at the next ``import``."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules[self.__name__] is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)
