"""A stand-in for OpenRouter's Data API: invented figures, real behaviour.

Belongs here: how requests are admitted, counted and routed, the rankings and the catalogue as the API answers them
(refusals, clamping, the top-50 cut, restatements, sampled categories), and a small HTTP server. Not here: the
invented world (simulated_world, simulated_apps); the endpoints beside rankings and catalogue (simulated_endpoints);
how answers are fetched, kept or interpreted; recorded figures; the network beyond loopback.

No figure is OpenRouter's, and every answer says so (``X-Simulated: 1``).
"""

from __future__ import annotations

import argparse
import json
import math
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np

from pipeline.simulator import endpoints
from pipeline.simulator.queries import Refusal, choice, integer, number, resolved_window, stamp
from pipeline.simulator.world import (
    CONTEXT_BUCKETS,
    FLOOR,
    HORIZON,
    MISSING_DAYS,
    PREFIX,
    Ints,
    World,
    world_of,
)

__all__ = [
    "FLOOR",
    "HORIZON",
    "MISSING_DAYS",
    "TOP",
    "SimulatedRequest",
    "SimulatedResponse",
    "Simulator",
    "Tamper",
    "serve",
]

TOP = 50

PERIODS = ("day", "week", "month")
MODALITIES = ("text", "image", "image_output", "audio", "tool_calling")
CATEGORIES = (
    *("programming", "roleplay", "marketing", "marketing/seo", "technology", "science"),
    *("translation", "legal", "finance", "health", "trivia", "academia"),
)
LANGUAGE_TYPES = ("natural", "programming")
CHOICES = {
    "period": PERIODS,
    "modality": MODALITIES,
    "context_bucket": CONTEXT_BUCKETS,
    "category": CATEGORIES,
    "language_type": LANGUAGE_TYPES,
}

# What `/models` may be narrowed by. Refused where it is wrong; where right, only `output_modalities` and pages are obeyed.
CATALOGUE_CHOICES = {
    "category": CATEGORIES,
    "sort": (
        *("most-popular", "newest", "top-weekly", "pricing-low-to-high", "pricing-high-to-low", "context-high-to-low"),
        *("throughput-high-to-low", "latency-low-to-high", "intelligence-high-to-low", "coding-high-to-low"),
        *("agentic-high-to-low", "design-arena-elo-high-to-low"),
    ),
    "distillable": ("true", "false"),
    "zdr": ("true",),
    "region": ("eu", "us"),
}
CATALOGUE_NUMBERS = (
    *("min_price", "max_price", "min_output_price", "max_output_price", "min_intelligence_index", "max_intelligence_index"),
    *("min_coding_index", "max_coding_index", "min_agentic_index", "max_agentic_index"),
)
CATALOGUE_RATES = ("min_tool_success_rate", "max_tool_success_rate")
CATALOGUE_AGES = ("min_age_days", "max_age_days")
CATALOGUE_PAGE, LARGEST_CATALOGUE_PAGE = 500, 1000

Endpoint = Callable[[World, Mapping[str, str], datetime], dict[str, Any]]
FURTHER_ENDPOINTS: dict[str, Endpoint] = {
    f"{PREFIX}/classifications/task": endpoints.tasks,
    f"{PREFIX}/datasets/session-cost": endpoints.session_cost,
    f"{PREFIX}/benchmarks": endpoints.benchmarks,
    f"{PREFIX}/datasets/app-rankings": endpoints.app_rankings,
}

# --- The API ------------------------------------------------------------------------------------------------


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
    """OpenRouter's Data API, answering from the world of `seed` as it would be read at `clock()`.

    Thread safe. `limits` are requests a minute and a day (sliding windows by the clock; None: unlimited).
    `tamper` sees every answer last and may replace it, so that a test can make the source misbehave. `catalogue_page` is how
    many entries of the catalogue there are on a page, whether pages are asked for or not; None: as many as are asked for.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        clock: Callable[[], datetime] = _utc_now,
        limits: tuple[int, int] | None = (30, 500),
        tamper: Tamper | None = None,
        catalogue_page: int | None = None,
    ) -> None:
        self._world = world_of(seed)
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

    def true_tokens(self, day: date) -> dict[str, int]:
        """Final tokens of every model variant on a day, before the top-50 cut; a missing day has none."""
        if not FLOOR <= day <= HORIZON:
            return {}
        return self._named(self._world.truth[self._world.index(day)])

    def true_category_tokens(self, category: str, week_start: date) -> dict[str, int]:
        """Final sampled tokens of every model variant in a category's week, before the top-50 cut."""
        if category not in CATEGORIES or week_start.weekday() != 0:
            raise ValueError(f"not a category's week: {category!r}, {week_start} (weeks start on Mondays)")
        base = self._world.truth[self._week_slice(week_start)].sum(axis=0)
        return self._named(self._world.week_tokens("category", category, week_start, base))

    def respond(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> SimulatedResponse:
        """Answer one request; `path` carries the `/api/v1` prefix."""
        now = self._clock().astimezone(UTC)
        with self._lock:
            self._requests.append(SimulatedRequest(method, path, dict(query), now))
        try:
            response = _json(200, self._route(method, path, query, headers, now))
        except Refusal as refusal:
            body = {"error": {"code": refusal.status, "message": refusal.message}}
            response = _json(refusal.status, body, refusal.headers)
        return self._tamper(path, query, response) if self._tamper else response

    def _route(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], now: datetime
    ) -> dict[str, Any]:
        if path not in (f"{PREFIX}/models", f"{PREFIX}/datasets/rankings-daily", *FURTHER_ENDPOINTS):
            raise Refusal(404, "Not Found")
        if method != "GET":
            raise Refusal(405, "Method Not Allowed", {"allow": "GET"})
        if path == f"{PREFIX}/models":
            return self._models(query, now)
        self._admit(headers, now)
        if path in FURTHER_ENDPOINTS:
            return FURTHER_ENDPOINTS[path](self._world, query, now)
        return self._rankings(query, now)

    def _admit(self, headers: Mapping[str, str], now: datetime) -> None:
        """Check the key and count the request against the limits; a refused request is not counted."""
        given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
        if not re.fullmatch(r"(?i)bearer +\S+", given.strip()):
            raise Refusal(401, "Missing Authentication header")
        if self._limits is None:
            return
        with self._lock:
            self._counted = [at for at in self._counted if now - at < timedelta(days=1)]
            waits = []
            for limit, window in zip(self._limits, (timedelta(minutes=1), timedelta(days=1)), strict=True):
                inside = [at for at in self._counted if now - at < window]
                if len(inside) >= limit:
                    # With no request allowed at all, the whole window is the honest answer.
                    waits.append(inside[-limit] + window - now if limit else window)
            if waits:
                seconds = math.ceil(max(waits).total_seconds())
                raise Refusal(429, "Rate limit exceeded", {"Retry-After": str(max(seconds, 1))})
            self._counted.append(now)

    # Rankings

    def _rankings(self, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
        asked = {name: value for name, values in CHOICES.items() if (value := choice(query, name, values)) is not None}
        sampled = [name for name in ("category", "language_type") if name in asked]
        if len(sampled) > 1 or (sampled and {"modality", "context_bucket"} & asked.keys()):
            raise Refusal(400, "category and language_type cannot be combined with another filter")
        period = asked.get("period", "week" if sampled else "day")
        if sampled and period == "day":
            raise Refusal(400, "category and language_type are weekly: period must be week or month")
        start, end = resolved_window(query, now)
        if sampled:
            blocks = self._sampled_blocks((sampled[0], asked[sampled[0]]), (start, end), period, now)
        else:
            part = (asked.get("modality"), asked.get("context_bucket"))
            blocks = self._exact_blocks(part, (start, end), period, now)
        return {
            "data": [row for bucket, tokens in sorted(blocks.items()) for row in self._rows(bucket, tokens)],
            "meta": {
                "as_of": stamp(now),
                "version": "v1",
                "start_date": start.isoformat(),
                "end_date": end.isoformat(),
            },
        }

    def _exact_blocks(
        self, part: tuple[str | None, str | None], window: tuple[date, date], period: str, now: datetime
    ) -> dict[date, Ints]:
        """Sums of the window's days by bucket, each day as it stands at `now`; `part` is modality and context bucket."""
        world, (start, end) = self._world, window
        tokens = world.truth[world.index(start) : world.index(end) + 1].copy()
        days = [start + timedelta(days=k) for k in range(len(tokens))]
        for k in range(max(0, len(days) - 3), len(days)):  # older days are final
            hours = _hours_since(days[k] + timedelta(days=1), now)
            lacking = world.shortfall("day", days[k].toordinal(), hours)
            tokens[k] -= (tokens[k] * lacking).astype(np.int64)
        tokens = world.exact_slice(tokens, *part)
        blocks: dict[date, Ints] = {}
        for day, row in zip(days, tokens, strict=True):
            bucket = _bucket(day, period)
            blocks[bucket] = blocks[bucket] + row if bucket in blocks else row
        return blocks

    def _sampled_blocks(
        self, dataset: tuple[str, str], window: tuple[date, date], period: str, now: datetime
    ) -> dict[date, Ints]:
        """Whole weeks that touch the window: the last may hold traffic past `end`, up to now."""
        world, (dimension, value), (start, end) = self._world, dataset, window
        blocks: dict[date, Ints] = {}
        week = _bucket(start, "week")
        while week <= end:
            days = self._week_slice(week)
            # A day that is still running counts by its elapsed part; later days have not happened.
            ages = [_hours_since(FLOOR + timedelta(days=k), now) / 24 for k in range(days.start, days.stop)]
            elapsed = np.clip(np.array(ages), 0.0, 1.0)[:, None]
            tokens = world.week_tokens(dimension, value, week, (world.truth[days] * elapsed).sum(axis=0))
            hours = _hours_since(week + timedelta(days=7), now)
            lacking = world.shortfall(f"{dimension}/{value}", week.toordinal(), hours)
            tokens -= (tokens * lacking).astype(np.int64)
            bucket = _bucket(week, period)
            blocks[bucket] = blocks[bucket] + tokens if bucket in blocks else tokens
            week += timedelta(days=7)
        return blocks

    def _rows(self, bucket: date, tokens: Ints) -> Iterator[dict[str, str]]:
        order = np.lexsort((self._world.alphabetical, -tokens))
        stamp = bucket.isoformat()
        for k in order[:TOP]:
            if tokens[k] > 0:
                slug = self._world.slugs[k]
                yield {"date": stamp, "model_permaslug": slug, "total_tokens": str(tokens[k])}
        if (rest := int(tokens[order[TOP:]].sum())) > 0:
            yield {"date": stamp, "model_permaslug": "other", "total_tokens": str(rest)}

    def _week_slice(self, week: date) -> slice:
        """The week's existing days as rows of the truth; the dataset's first week is cut by its floor."""
        first = self._world.index(week)
        return slice(max(first, 0), max(first + 7, 0))

    def _named(self, tokens: Ints) -> dict[str, int]:
        return {slug: int(n) for slug, n in zip(self._world.slugs, tokens, strict=True) if n > 0}

    # Catalogue

    def _models(self, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
        _refuse_catalogue_filters(query)
        wanted = set(query.get("output_modalities", "text").split(","))
        today = now.date()
        entries = []
        for model in (*self._world.models, *self._world.unranked):
            # `:online` is a way of asking, not a model.
            listed = model.alive(today) and model.in_catalogue and "online" not in model.variant
            if listed and ("all" in wanted or wanted & set(model.outputs)):
                entries.append(self._world.catalogue_entry(model, today))
        entries.sort(key=lambda entry: (-entry["created"], entry["id"]))
        total, following = len(entries), None
        if self._catalogue_page or {"limit", "offset"} & query.keys():
            limit = integer(query, "limit", CATALOGUE_PAGE, 1, LARGEST_CATALOGUE_PAGE)
            limit = min(limit, self._catalogue_page or limit)
            first = 0 if query.get("offset") == "null" else integer(query, "offset", 0, 0)
            if first + limit < total:
                following = f"{PREFIX}/models?{urlencode({**query, 'offset': first + limit, 'limit': limit})}"
            entries = entries[first : first + limit]
        return {"data": entries, "total_count": total, "links": {"next": following}}


def _refuse_catalogue_filters(query: Mapping[str, str]) -> None:
    for name, permitted in CATALOGUE_CHOICES.items():
        choice(query, name, permitted)
    integer(query, "context", 1, 1)
    for name in CATALOGUE_NUMBERS:
        number(query, name, 0)
    for name in CATALOGUE_RATES:
        number(query, name, 0, 1)
    for name in CATALOGUE_AGES:
        if query.get(name) != "null":
            integer(query, name, 0, 0)


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> SimulatedResponse:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    always = {"content-type": "application/json", "X-Simulated": "1"}
    return SimulatedResponse(status, {**always, **(headers or {})}, text.encode())


def _bucket(day: date, period: str) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def _hours_since(close: date, now: datetime) -> float:
    """Hours from the first instant of a day; negative before it."""
    return (now - datetime.combine(close, time(), UTC)).total_seconds() / 3600


# --- Over HTTP ----------------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    """Keeps track of its connections, so that closing it also ends those a client keeps alive."""

    daemon_threads = True

    def __init__(self, port: int, simulator: Simulator) -> None:
        self.simulator = simulator
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that left is no news
            super().handle_error(request, client_address)

    def close(self) -> None:
        self.server_close()
        for connection in list(self._open):
            with suppress(OSError):  # its client was faster
                connection.shutdown(socket.SHUT_RDWR)


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
def serve(simulator: Simulator, *, port: int = 0) -> Iterator[str]:
    """Serve on 127.0.0.1 (port 0: any free one) while the context lasts; yields the base URL."""
    server = _Server(port, simulator)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="simulator", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{PREFIX}"
    finally:
        server.shutdown()
        thread.join()
        server.close()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Serve the simulated Data API on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--seed", type=int, default=7, help="which invented world to serve (default: 7)")
    options = parser.parse_args(arguments)
    with serve(Simulator(seed=options.seed), port=options.port) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.stdout.write("stopped\n")


if __name__ == "__main__":
    main()
