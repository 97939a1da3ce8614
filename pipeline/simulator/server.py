"""A stand-in for OpenRouter's Data API: invented figures, real behaviour.

Belongs here: how requests are admitted, counted and routed, and a small HTTP server. Not here: what is answered (endpoints)
and of what (world, apps); how answers are fetched, kept or interpreted; recorded figures; the network beyond loopback.

No figure is OpenRouter's, and every answer says so (``X-Simulated: 1``).
"""

from __future__ import annotations

import json
import math
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipeline.simulator.endpoints import ENDPOINTS
from pipeline.simulator.queries import Asked, Document, Endpoint, Refusal
from pipeline.simulator.world import PREFIX, SEED, world_of


@dataclass(frozen=True)
class SimulatedRequest:
    """What was asked, and when by the simulator's clock."""

    method: str
    path: str
    query: dict[str, str]
    at: datetime


@dataclass(frozen=True)
class SimulatedResponse:
    """What is answered."""

    status: int
    headers: dict[str, str]
    body: bytes


Tamper = Callable[[str, Mapping[str, str], SimulatedResponse], SimulatedResponse]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Simulator:
    """OpenRouter's Data API, answering from its world as it would be read at `clock()`.

    Thread safe. `limits` are requests a minute and a day (sliding windows by the clock; None: unlimited).
    `tamper` sees every answer last and may replace it, so that a test can make the source misbehave. `catalogue_page` is how
    many entries of the catalogue there are on a page, whether pages are asked for or not; None: as many as are asked for.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = _utc_now,
        limits: tuple[int, int] | None = (30, 500),
        tamper: Tamper | None = None,
        catalogue_page: int | None = None,
    ) -> None:
        self._world = world_of(SEED)
        self._clock = clock
        self._limits = limits
        self._tamper = tamper
        self._catalogue_page = catalogue_page
        self._lock = threading.Lock()
        self._requests: list[SimulatedRequest] = []
        self._counted: list[datetime] = []

    @property
    def requests(self) -> list[SimulatedRequest]:
        """A copy of everything that was asked so far, in order."""
        with self._lock:
            return list(self._requests)

    def respond(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> SimulatedResponse:
        """Answer one request; `path` is the whole one, the API's with its prefix `/api/v1`."""
        now = self._clock().astimezone(UTC)
        with self._lock:
            self._requests.append(SimulatedRequest(method, path, dict(query), now))
        status, further = 200, {"content-type": "application/json"}
        body: dict[str, Any] | Document
        try:
            endpoint = self._admitted(method, path, headers, now)
            below = path.removeprefix(f"{endpoint.route}/") if endpoint.is_folder else ""
            body = endpoint.answer(Asked(self._world, now, query, endpoint.values(query), self._catalogue_page, below))
        except Refusal as refusal:
            status, further = refusal.status, further | refusal.headers
            body = {"error": {"code": status, "message": refusal.message}}
        if isinstance(body, Document):
            further, content = {"content-type": body.content_type}, body.content
        else:
            content = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        response = SimulatedResponse(status, {"X-Simulated": "1"} | further, content)
        return self._tamper(path, query, response) if self._tamper else response

    def _admitted(self, method: str, path: str, headers: Mapping[str, str], now: datetime) -> Endpoint:
        """Find the endpoint, check the key, and count the request against the limits; a refused one is not counted."""
        found = (
            one for one in ENDPOINTS.values() if path == one.route or (one.is_folder and path.startswith(f"{one.route}/"))
        )
        endpoint = next(found, None)
        if endpoint is None:
            raise Refusal(404, "Not Found")
        if method != "GET":
            raise Refusal(405, "Method Not Allowed", {"allow": "GET"})
        if not endpoint.needs_key:
            return endpoint
        given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
        if not re.fullmatch(r"(?i)bearer +\S+", given.strip()):
            raise Refusal(401, "Missing Authentication header")
        if self._limits is not None:
            with self._lock:
                self._count(self._limits, now)
        return endpoint

    def _count(self, limits: tuple[int, int], now: datetime) -> None:
        self._counted = [at for at in self._counted if now - at < timedelta(days=1)]
        waits = []
        for limit, window in zip(limits, (timedelta(minutes=1), timedelta(days=1)), strict=True):
            inside = [at for at in self._counted if now - at < window]
            if len(inside) >= limit:
                # With no request allowed at all, the whole window is the honest answer.
                waits.append(inside[-limit] + window - now if limit else window)
        if waits:
            seconds = math.ceil(max(waits).total_seconds())
            raise Refusal(429, "Rate limit exceeded", {"Retry-After": str(max(seconds, 1))})
        self._counted.append(now)


# --- Over HTTP ----------------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that left is no news
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave together, at once: Nagle and delayed acknowledgement would cost 40 ms a request.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        answer = self.server.simulator.respond(self.command, parts.path, query, dict(self.headers.items()))
        if self.command != "GET":  # an unread body would pass for the next request
            self.close_connection = True
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    # The names are http.server's.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The header ``Date``: by the simulator's clock, not the machine's."""
        asked = self.server.simulator.requests
        return super().date_time_string(asked[-1].at.timestamp() if asked else timestamp)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


@contextmanager
def serve(simulator: Simulator) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1 while the context lasts; yields the base URL."""
    server = _Server(simulator)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="simulator", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{PREFIX}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
