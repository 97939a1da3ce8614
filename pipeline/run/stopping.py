"""Ctrl-C and SIGTERM during a run: both end it in order, with the same line, and within seconds.

Belongs here: noticing them, whatever libraries make of them, and the last resort. Not here: what is told (``cli``), the UI's
own end (``terminal.ui``).

Dagster catches both and reports a failed step. DuckDB reports a failed query. Python loses the exception of a signal that
arrives in a finalizer; a lock of its imports may then stay locked, and the run waits for ever. So signals are also read from
the socket that Python writes them to. A process that has not ended after a while ends as by kill -9, which is safe at any
instant.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STOPPED = "stopped by Ctrl-C or SIGTERM; what was landed is kept, and the next run continues from there"

END_SECONDS = 8.0  # fewer than the ten that a container is given

_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})


class _Watch:
    """Reads which signals arrived, and waits for the end of the process after one of those two."""

    def __init__(self) -> None:
        self._noticed, self.arriving = socket.socketpair()
        self._noticed.setblocking(False)
        self.arriving.setblocking(False)
        # Dagster points standard error at a log while a step runs.
        self._terminal = os.dup(2)
        self._lock = threading.Lock()
        self._was_stopped = False
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="signals", daemon=True)
        self._thread.start()

    def was_stopped(self) -> bool:
        with self._lock, suppress(BlockingIOError):
            self._was_stopped |= not _SIGNALS.isdisjoint(self._noticed.recv(4096))
        return self._was_stopped

    def _wait(self) -> None:
        while not self._is_over.is_set():
            select.select([self._noticed], [], [])
            if self.was_stopped():
                if not self._is_over.wait(END_SECONDS):
                    os.write(self._terminal, f"error: {STOPPED}\n".encode())
                    os._exit(1)
                return

    def close(self) -> None:
        self._is_over.set()
        self.arriving.close()  # ends what the thread waits for
        self._thread.join()
        self._noticed.close()
        os.close(self._terminal)


_watch: _Watch | None = None


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM raises KeyboardInterrupt here, as Ctrl-C does. After either, the process ends in ``END_SECONDS`` at most."""
    global _watch  # noqa: PLW0603 - signals are the process's own
    if threading.current_thread() is not threading.main_thread():  # where no signal is ever handled
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    watch = _watch = _Watch()
    signal.set_wakeup_fd(watch.arriving.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        _watch = None
        watch.close()
        signal.signal(signal.SIGTERM, before)


def require_not_stopped() -> None:
    """Raises KeyboardInterrupt where a signal arrived, for after a call that makes something else of it."""
    if _watch is not None and _watch.was_stopped():
        raise KeyboardInterrupt
