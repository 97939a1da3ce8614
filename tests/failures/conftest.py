"""The days that the failures come on: one data directory, run day by day as by its schedule, and single answers loaded.

A whole run costs seconds, so that one day carries what does not interfere. Each test looks at its part of its day.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import stamina

from pipeline import store
from pipeline.alerts.freshness import Status, status_of
from pipeline.execute import run_daily
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.append import RAW_TABLES
from pipeline.load.report import LoadReport
from pipeline.run.outcome import Outcome
from pipeline.series import BY_NAME, identify
from pipeline.settings import DataDir
from pipeline.simulator.server import SimulatedRequest, SimulatedResponse, Simulator, Tamper
from tests import support
from tests.failures import troubles
from tests.failures.troubles import body, on, tampered
from tests.warehouse.conftest import tables  # noqa: F401 - a fixture

FIRST_DAY = "2025-10-20"

PROGRAMMING = "category_week/programming"
REQUIRED = ("usage_day", PROGRAMMING)
M2 = "minimax/minimax-m2"
UNPRICED = "google/gemini-2.5-flash"
NEWCOMER, STEALTH = "newcomer/first-model-20251124", "openrouter/quiet-alpha"
MOVED = {
    "models/all": troubles.moved,
    "benchmarks/artificial-analysis": troubles.status(404),
    "task_7d": troubles.status(500),
    "session_cost": troubles.web_page,
    "app_1d/popular": troubles.status(410),
    "app_30d/trending": troubles.wait_and_ask_again,
    "gateway_day/labs": body(troubles.shares_of_97),
}
"""Endpoints and questions that are no longer where they were, each in a way of its own."""

without_a_day = on("2025-11-23", troubles.no_rows)


@dataclass
class Day:
    """One run: what came of it, what was published after it, and what the source was asked."""

    at: datetime
    outcome: Outcome
    file: Path
    published: str
    requests: list[SimulatedRequest]
    landed: set[str]
    status: Status

    @cached_property
    def series(self) -> list[str]:
        """What each request was for, or its path where that is none of ours."""
        return [identify(one.path.removeprefix(troubles.PREFIX), one.query) or one.path for one in self.requests]

    def asked(self, series: str) -> list[SimulatedRequest]:
        return [one for one, name in zip(self.requests, self.series, strict=True) if name == series]

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """What the published file answers."""
        return store.rows(self._con, query, **parameters)

    @cached_property
    def _con(self) -> store.Connection:
        return store.connect(self.file, read_only=True)

    def row(self, query: str, **parameters: Any) -> dict[str, Any]:
        (found,) = self.rows(query, **parameters)
        return found

    def has_rows(self, table: str) -> bool:
        return bool(self.rows(f"from {table} limit 1"))

    def said(self, *words: str) -> list[str]:
        """The failures in which all these words stand."""
        return [line for line in self.outcome.failures if all(word in line for word in words)]

    def warned(self, *words: str) -> list[str]:
        return [line for line in self.outcome.warnings if all(word in line for word in words)]


@dataclass
class Story:
    """Runs in one directory; ``day`` is the next one at seven in the morning."""

    path: Path
    now: datetime
    first_day: str
    days: dict[str, Day] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = support.settings_for(self.path / "data", simulated=True)
        self.landing = Landing(self.settings.data_dir)

    def __getitem__(self, name: str) -> Day:
        return self.days[name]

    def clock(self) -> datetime:
        return self.now

    def day(self, name: str, tamper: Tamper | None = None, *, days_later: int = 1) -> None:
        self.now += timedelta(days=days_later)
        before = set(self.landing.ids())
        simulator = Simulator(clock=self.clock, limits=None, tamper=tamper)
        outcome = run_daily(self.settings, self.first_day, say=lambda message: None, clock=self.clock, simulator=simulator)
        file = self.path / f"{name}.duckdb"
        assert outcome.is_published or self.days, outcome.failures
        shutil.copyfile(self.settings.data_dir.published, file)
        self.days[name] = Day(
            self.now,
            outcome,
            file,
            hashlib.sha256(file.read_bytes()).hexdigest(),
            simulator.requests,
            set(self.landing.ids()) - before,
            status_of(self.settings, self.now),
        )

    def body_of(self, exchange_id: str) -> bytes:
        """The bytes kept of a response."""
        path = self.landing.ids()[exchange_id]
        return self.landing.body(path, self.landing.describe(path))


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A good day, that lacks a model in the catalogue; three bad ones; and odd ones that come out."""
    told = Story(tmp_path_factory.mktemp("failures"), support.instant("2025-11-20T07:00"), FIRST_DAY)
    # As many attempts as there are by default, without pauses.
    stamina.set_testing(True, attempts=10, cap=True)
    with pytest.MonkeyPatch.context() as patch:
        # A week of days is read again, so that each trouble has a day of its own.
        patch.setattr("pipeline.planning.SETTLED_AFTER", timedelta(days=7))
        _tell(told)
    yield told
    stamina.set_testing(False)


def _tell(told: Story) -> None:
    told.day("good", tampered({"models/all": body(troubles.unlisted(UNPRICED))}))
    told.day("empty", tampered({}, otherwise=body(troubles.empty)))
    told.day("spoilt", tampered(spoilt()))
    told.day("error", tampered({"usage_day": troubles.status(500)}))
    told.day("moved", tampered(MOVED | {"usage_day": body(troubles.new_fields, *odd_days(), without_a_day)}))
    keeping = Keeping(tampered(odd()))
    told.day("odd", keeping.tamper)
    told.day("frozen", keeping.give_again, days_later=22)
    for name in ("good", "moved", "odd", "frozen"):
        assert told[name].outcome.succeeded, (name, told[name].outcome.failures)


def spoilt() -> dict[str, troubles.Change]:
    """Each day of the look-back is spoilt in a way of its own, and so are weeks and snapshots."""
    return {
        "usage_day": body(
            on("2025-11-16", lambda rows: rows[7].update(total_tokens=None)),
            on("2025-11-17", troubles.by_price),
            on("2025-11-18", troubles.tokens(lambda n: f"{n / 1e9:.1f}B")),
            on("2025-11-19", troubles.tokens(lambda n: str(n * 18 // 280))),
            on("2025-11-20", troubles.called("cline/app-{}")),
            on("2025-11-21", troubles.called("Kilo Code {}")),
            on("2025-11-22", troubles.tokens(lambda n: "0")),
        ),
        PROGRAMMING: body(troubles.rename("data", "rows")),
        "usage_month": body(troubles.rename("start_date", "from")),
        "language_week/natural": body(troubles.in_meta(version="v2")),
        "category_week/finance": body(troubles.from_sunday),
        "usage_week": body(troubles.first_rows(100)),
        "session_cost": body(troubles.first_rows(100)),
        "app_30d/popular": body(troubles.in_meta(start_date="2025-11-16")),
    }


def odd_days() -> list[troubles.Spoil]:
    """What the source tells of the newest day from then on: a model that nobody knows, and one without a maker's name."""
    return [on("2025-11-24", troubles.renamed(0, STEALTH), troubles.renamed(2, NEWCOMER))]


def odd() -> dict[str, troubles.Change]:
    """What is true, however odd."""
    return {
        "usage_day": body(
            *odd_days(),
            on("2025-11-20", troubles.without("openai/gpt-4o-mini")),
            on("2025-11-21", lambda rows: rows[0].update(total_tokens=str(int(rows[0]["total_tokens"]) + 10**9))),
            on("2025-11-25", troubles.without(M2)),
        ),
        "models/all": body(
            troubles.every_entry(context_length=131072.0),
            troubles.entry("x-ai/grok-4.1-fast:free", pricing={"prompt": "0.0000002", "completion": "0.0000005"}),
            troubles.entry("deepseek/deepseek-chat-v3-0324:free", pricing=None),
            troubles.again("openai/gpt-4o-mini", pricing={"prompt": "0.5", "completion": "0.5"}),
        ),
        "benchmarks/artificial-analysis": body(troubles.entry(0, coding_index=None), troubles.entry(1, agentic_index=51)),
        "app_30d/trending": body(troubles.empty),
    }


class Keeping:
    """Keeps the answers of one day, and gives them again whatever is asked later."""

    def __init__(self, tamper: Tamper) -> None:
        self._tamper = tamper
        self._kept: dict[str, list[SimulatedResponse]] = {}

    def tamper(self, path: str, query: Any, answer: SimulatedResponse) -> SimulatedResponse:
        given = self._tamper(path, query, answer)
        self._kept.setdefault(self._question(path, query), []).append(given)
        return given

    def give_again(self, path: str, query: Any, answer: SimulatedResponse) -> SimulatedResponse:
        return self._kept[self._question(path, query)][-1]

    def _question(self, path: str, query: Any) -> str:
        return json.dumps([path, sorted((name, query[name]) for name in query.keys() - {"start_date", "end_date"})])


# --- without Dagster -----------------------------------------------------------------------------------------------------


class Answers:
    """Answers of the simulated source, landed, loaded and built in a directory of their own."""

    def __init__(self, path: Path) -> None:
        self.data_dir = DataDir(path)
        self.data_dir.mark_simulated()
        support.prepared(self.data_dir)
        self.landing = Landing(self.data_dir)
        self.report = LoadReport()

    def land(self, series: str, start: str, end: str, at: str, *spoils: troubles.Spoil) -> str:
        """Ask for a span of days at an instant, and keep the answer. Returns its id."""
        read_at = support.instant(at)
        request = BY_NAME[series].request(*(datetime.fromisoformat(day).date() for day in (start, end)))
        simulator = Simulator(clock=lambda: read_at, limits=None)
        given = simulator.respond("GET", troubles.PREFIX + request.path, request.params, {"authorization": "Bearer none"})
        given = body(*spoils)(given)
        landed = support.exchange(
            given.body, request.params, at=read_at, path=request.path, status=given.status, headers=given.headers
        )
        return self.landing.append(landed).exchange_id

    def load(self, names: Iterable[str] = ()) -> None:
        """Load what was landed, and build these tables with all that they read."""
        files = store.Store(self.data_dir)
        needed = support.needed_for(names)
        with files.writer() as con:
            self.report = loading.load(con, self.landing, run_id="test")
            support.build_tables(files, con, [name for name in support.build_order() if name in needed])

    @contextmanager
    def open(self) -> Iterator[store.Connection]:
        with store.Store(self.data_dir).writer() as con:
            yield con

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.open() as con:
            return store.rows(con, query, **parameters)


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path)


Raw = dict[str, list[tuple[Any, ...]]]


def load(path: Path) -> LoadReport:
    """Load what the directory's landing holds and its build does not."""
    with store.Store(DataDir(path)).writer() as con:
        return loading.load(con, Landing(DataDir(path)), run_id="test")


def raw(path: Path) -> Raw:
    """Every raw table, sorted."""
    with store.connect(DataDir(path).build, read_only=True) as con:
        return {name: sorted(con.execute(f"from raw.{name}").fetchall(), key=repr) for name in RAW_TABLES}
