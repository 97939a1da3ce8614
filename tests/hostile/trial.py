"""What becomes of hostile answers: each is asked for over a socket, kept, and loaded; time and memory are measured.

Belongs here: trying them and counting. Not here: the answers (``source``), what is asserted (``test_hostile_source``).
"""

from __future__ import annotations

import json
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import stamina

from pipeline import store
from pipeline.failures import PipelineFailure
from pipeline.landing import Landed, Landing
from pipeline.load import loading
from pipeline.openrouter.budget import Budget
from pipeline.openrouter.client import Client, Exchange
from pipeline.openrouter.endpoints.request import Request
from pipeline.openrouter.endpoints.session_cost import SESSION_COST
from pipeline.planning import plan
from pipeline.series import ASKED
from pipeline.settings import DataDir
from pipeline.simulator.server import Simulator
from tests.hostile.source import BODIES, KEY, MIB, WIRE, Reply, raw, response, rows_of, serving
from tests.support import RANKINGS, instant

NOW = instant("2026-02-10T12:00")
ATTEMPTS = 2
HASTY_SECONDS = 0.2
"""The deadline of an attempt where the answer never ends; it is what ends it."""
PATIENT_SECONDS = 10.0
"""The deadline elsewhere: not to be met on a busy machine either."""
MAX_BODY_BYTES = 8 * MIB
LONGEST_FAILURE = 1000


@dataclass
class Trial:
    """One hostile answer: what was said of it, what was kept, what it took.

    ``refusals`` are what was said: by the client, or of what it let through by the load. ``unexpected`` is an exception
    that is none of the pipeline's failures.
    """

    name: str
    refusals: list[str] = field(default_factory=list)
    unexpected: str | None = None
    kept: list[Landed] = field(default_factory=list)
    longest_part_kept: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0
    believed: bool = False

    @property
    def never_ends(self) -> bool:
        return self.name.startswith("dripped") or self.name.endswith("without end") or self.name == "silence"

    @property
    def is_clear(self) -> bool:
        """Whether it was refused, once, in a line that can be printed as it is and does not hold the key."""
        return (
            self.unexpected is None
            and not self.believed
            and len(self.refusals) == 1
            and self.refusals[0].isprintable()
            and 0 < len(self.refusals[0]) <= LONGEST_FAILURE
            and KEY.lower() not in self.refusals[0].lower()
        )


def questions() -> dict[str, Request]:
    """One request of each endpoint of the API, as the daily run would send it, by the endpoint's path."""
    spans = plan(now=NOW, read={}, holes=frozenset(), first_day=(NOW - timedelta(days=1)).date())
    found: dict[str, Request] = {}
    for series in ASKED:
        for span in spans:
            if span.series == series and series.needs_key:
                found.setdefault(span.request().path, span.request())
    return found


def good_answer(request: Request) -> bytes:
    """What the simulator answers, as a real source would write it."""
    simulator = Simulator(clock=lambda: NOW, limits=None)
    answer = simulator.respond("GET", f"/api/v1{request.path}", request.params, {"authorization": "Bearer any"})
    assert answer.status == 200
    # A full page would want another one after it.
    return shortened(answer.body, 400) if request.path == SESSION_COST.path else answer.body


def shortened(good: bytes, rows: int = 12) -> bytes:
    """An answer with its first rows only."""
    document = json.loads(good)
    del rows_of(document)[rows:]
    return json.dumps(document).encode()


def hostile() -> Iterator[tuple[str, Request, Callable[[socket.socket], None]]]:
    """Every hostile answer: those of the wire of one endpoint, the bodies of each."""
    asked = questions()
    usage = asked[RANKINGS]
    good = good_answer(usage)
    for name, reply in WIRE.items():
        yield name, usage, partial(_reply, reply, good)
    for path, request in asked.items():
        good = good_answer(request)
        for name, spoil in BODIES.items():
            yield f"{path}: {name}", request, partial(_reply, raw(response(spoil(good))), good)


def _reply(reply: Reply, good: bytes, connection: socket.socket) -> None:
    reply(connection, good)


class Ticking:
    """A clock on which no two answers were read at one time."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def ask(trial: Trial, client: Client, request: Request) -> None:
    """Ask once, and measure."""
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    began = time.monotonic()
    try:
        client.fetch(request)
    except PipelineFailure as failure:
        trial.refusals.append(str(failure))
    except Exception as error:
        trial.unexpected = f"{type(error).__name__}: {error}"
    trial.seconds = time.monotonic() - began
    trial.peak_bytes = tracemalloc.get_traced_memory()[1] - before


def try_all(data_dir: DataDir) -> list[Trial]:
    """Ask for every hostile answer, then load what was kept, all at once."""
    landing = Landing(data_dir)
    trials: list[Trial] = []
    replies: list[Callable[[socket.socket], None]] = []

    def keep(exchange: Exchange) -> None:
        trials[-1].kept.append(landing.append(exchange))
        trials[-1].longest_part_kept = max(trials[-1].longest_part_kept, len(exchange.body) * exchange.is_truncated)

    clock = Ticking()

    def client(timeout_seconds: float) -> Client:
        return Client(
            base_url=base_url,
            api_key=KEY,
            budget=Budget(None),
            keep=keep,
            attempts=ATTEMPTS,
            timeout_seconds=timeout_seconds,
            max_body_bytes=MAX_BODY_BYTES,
            clock=clock,
        )

    tracemalloc.start()
    with (
        stamina.set_testing(True, attempts=ATTEMPTS, cap=True),  # retries without their pauses
        serving(lambda connection, target: replies[-1](connection)) as base_url,
        client(HASTY_SECONDS) as hasty,
        client(PATIENT_SECONDS) as patient,
    ):
        for name, request, reply in hostile():
            trials.append(Trial(name))
            replies.append(reply)
            ask(trials[-1], hasty if trials[-1].never_ends else patient, request)
    tracemalloc.stop()
    load(data_dir, trials)
    return trials


def load(data_dir: DataDir, trials: list[Trial]) -> None:
    """Load what was kept, and add to each trial what was said of it there."""
    with store.Store(data_dir).writer() as con:
        loading.load(con, Landing(data_dir), run_id="hostile")
        found: dict[str, dict[str, Any]] = {row["exchange_id"]: row for row in store.rows(con, "from raw.exchanges")}
        rows = {row["exchange_id"] for row in store.rows(con, "from raw.readings")}
        aside: dict[str, str] = {
            row["exchange_id"]: row["reason"] for row in store.rows(con, "from raw.quarantine order by reason desc")
        }
    for trial in trials:
        for landed in trial.kept:
            exchange = found[landed.exchange_id]
            trial.believed |= exchange["outcome"] in ("loaded", "partly loaded") and landed.exchange_id in rows
        if not trial.refusals and trial.kept:
            said = found[trial.kept[-1].exchange_id]["reason"] or aside.get(trial.kept[-1].exchange_id)
            trial.refusals += [said] if said else []


def report(trials: list[Trial]) -> str:
    """What a person wants to know, in a line."""
    slowest, largest = max(trials, key=lambda one: one.seconds), max(trials, key=lambda one: one.peak_bytes)
    return (
        f"hostile answers tried: {len(trials)}, refused with one clear failure: {sum(one.is_clear for one in trials)}, "
        f"worst time {slowest.seconds:.2f} s ({slowest.name}; "
        f"{ATTEMPTS} attempts of {HASTY_SECONDS} s where there is no end), "
        f"worst memory {largest.peak_bytes / MIB:.1f} MiB ({largest.name}; bodies of up to {MAX_BODY_BYTES / MIB:.0f} MiB)"
    )
