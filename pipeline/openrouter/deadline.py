"""The deadline of an attempt, and how far the attempt came.

Belongs here: ending an attempt on time whatever it waits for, and what was connected to. Not here: sending (client), what
follows from a failure to connect (reaching).
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from threading import Timer
from typing import Any, Self


class Watchdog:
    """Shuts the connection at the deadline, ``connect_seconds`` for what is not sent by then.

    httpx's timeouts start again with each read, so a source that drips headers or body would never run into one. The
    connection comes through httpx's documented extension ``trace``.
    """

    def __init__(self, seconds: float, connect_seconds: float) -> None:
        self.has_bitten = False
        self.late = f"was not done after {seconds:g} s"
        self.has_asked_proxy = False
        self.has_sent = False
        self.address: tuple[str, int] | None = None
        """Host and port of the source, or of a proxy where there is one; None before a network was used."""
        self._connection: Any = None
        self._timers = Timer(connect_seconds, self._bite_if_unsent), Timer(seconds, self._bite)

    def __enter__(self) -> Self:
        for timer in self._timers:
            timer.daemon = True
            timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        for timer in self._timers:
            timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".connect_tcp.started"):
            self.address = info["host"], info["port"]
        if event.endswith(".send_request_headers.started"):
            is_to_proxy = info["request"].method == b"CONNECT"
            self.has_asked_proxy |= is_to_proxy
            self.has_sent |= not is_to_proxy
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._connection = info["return_value"]

    def _bite_if_unsent(self) -> None:
        """What neither connects nor refuses, as a proxy that answers nothing, is not worth the time of a response."""
        if self.address is not None and not self.has_sent:
            self._bite()

    def _bite(self) -> None:
        self.has_bitten = True
        # The connection may be closed by now, or not be open yet: connecting has the timeout as its own.
        with suppress(OSError, AttributeError):
            # Not SSLSocket.shutdown, which takes the TLS state away under the reading thread.
            socket.socket.shutdown(self._connection.get_extra_info("socket"), socket.SHUT_RDWR)
