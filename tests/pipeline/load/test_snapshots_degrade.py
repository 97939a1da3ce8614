"""Whole runs while endpoints of snapshots are gone, empty or changed: what is required comes out whole all the same.

One story, told once: a first run without any of them, a good day, and four days on which each endpoint is in each trouble
once and well once. Before the last of them the database becomes one of an older version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina

from pipeline import store
from pipeline.alerts.freshness import Status, status_of
from pipeline.contracts.tables import TABLES
from pipeline.execute import run_daily
from pipeline.run.outcome import Outcome
from pipeline.series import ASKED
from pipeline.settings import Settings
from pipeline.simulator.server import SimulatedResponse, Simulator
from tests.support import instant, settings_for

pytestmark = pytest.mark.without_page

FIRST_DAY = "2026-01-01"

ENDPOINTS: dict[str, tuple[list[str], str]] = {
    "/classifications/task": (["task_7d"], "core.task_shares"),
    "/datasets/session-cost": (["session_cost"], "core.session_costs"),
    "/benchmarks": (["benchmarks/artificial-analysis"], "core.benchmark_scores"),
    "/models": (["models/all"], "core.model_catalogue"),
    "/datasets/app-rankings": (
        [one.name for one in ASKED if one.kind.startswith("app_")],
        "core.app_usage",
    ),
}
"""The series of each endpoint of snapshots, and a table of theirs."""

APPS = "/datasets/app-rankings"


def missing(answer: SimulatedResponse) -> SimulatedResponse:
    return replace(answer, status=404, body=b'{"error":{"code":404,"message":"Not Found"}}')


def empty(answer: SimulatedResponse) -> SimulatedResponse:
    body = json.loads(answer.body)
    if isinstance(body["data"], dict):
        body["data"] |= {"classifications": [], "macro_categories": []}
    else:
        body["data"] = []
    return replace(answer, body=json.dumps(body).encode())


def of_another_shape(answer: SimulatedResponse) -> SimulatedResponse:
    body = json.loads(answer.body)
    body["items"] = body.pop("data")
    return replace(answer, body=json.dumps(body).encode())


def well(answer: SimulatedResponse) -> SimulatedResponse:
    return answer


Change = Callable[[SimulatedResponse], SimulatedResponse]

REASONS: dict[Change, str] = {
    missing: "answered 404",
    empty: "answer_has_enough_rows: the source answered with nothing",
    of_another_shape: "lacks data",
}
CHANGES: list[Change] = [missing, empty, of_another_shape, well]


def may_be_empty(series: str) -> bool:
    """Of apps that did not grow there are none."""
    return series.endswith("/trending")


@dataclass
class Day:
    """What a run did, and what was published then: when each table was read last, and its rows."""

    outcome: Outcome
    at: datetime
    changes: dict[str, Change]
    read_at: dict[str, datetime | None] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    status: Status | None = None

    @property
    def unread(self) -> set[str]:
        """The series of which there is no reading of that day."""
        return {
            series for endpoint, change in self.changes.items() if change is not well for series in ENDPOINTS[endpoint][0]
        }

    @property
    def in_trouble(self) -> set[str]:
        """Those that should have had one."""
        return {series for series in self.unread if self.changes[APPS] is not empty or not may_be_empty(series)}


class Story:
    """Runs on consecutive days in one directory; ``day`` runs the next one."""

    def __init__(self, path: Path) -> None:
        self.settings: Settings = settings_for(path, simulated=True)
        self.now = instant("2026-02-10T07:00")
        self.days: dict[str, Day] = {}

    def day(self, name: str, **changes: Change) -> None:
        self.now += timedelta(days=1)
        by_endpoint = {endpoint: changes.get(endpoint, well) for endpoint in ENDPOINTS}

        def tamper(path: str, query: Any, answer: SimulatedResponse) -> SimulatedResponse:
            return by_endpoint.get(path.removeprefix("/api/v1"), well)(answer)

        simulator = Simulator(clock=self.clock, limits=None, tamper=tamper)
        outcome = run_daily(self.settings, FIRST_DAY, say=lambda message: None, clock=self.clock, simulator=simulator)
        day = self.days[name] = Day(outcome, self.now, by_endpoint)
        with self.open() as con:
            for table in TABLES.values():
                day.rows[table.full_name] = store.count(con, table.full_name)
            for _, table_name in ENDPOINTS.values():
                instant_of = "known_from" if table_name == "core.model_catalogue" else "retrieved_at"
                [(day.read_at[table_name],)] = con.execute(f"select max({instant_of}) from {table_name}").fetchall()  # noqa: S608
        # Half a day later, when what this run did not read is a day and a half old.
        day.status = status_of(self.settings, self.now + timedelta(hours=13))

    def clock(self) -> datetime:
        return self.now

    @contextmanager
    def open(self) -> Iterator[store.Connection]:
        with store.Store(self.settings.data_dir).reader() as con:
            yield con


TURNS = [f"turn {turn}" for turn in range(len(CHANGES))]


def make_older(settings: Settings) -> None:
    """Leave the build file as a version would that had other tables and did not know of tasks."""
    with store.Store(settings.data_dir).writer() as con:
        con.execute("alter table raw.readings drop column source_citation")
        con.execute("update raw.exchanges set series = null, outcome = 'unknown series' where series = 'task_7d'")
        con.execute("drop table raw.app_names")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    told = Story(tmp_path_factory.mktemp("degrade"))
    stamina.set_testing(True, attempts=2, cap=True)
    told.day("without any", **dict.fromkeys(ENDPOINTS, missing))
    told.day("good")
    for turn in TURNS:
        if turn == TURNS[-1]:
            make_older(told.settings)
        told.day(
            turn, **{path: CHANGES[(number + TURNS.index(turn)) % len(CHANGES)] for number, path in enumerate(ENDPOINTS)}
        )
    yield told
    stamina.set_testing(False)


DAYS = ["without any", "good", *TURNS]


@pytest.mark.parametrize("name", DAYS)
def test_what_is_required_is_published_whole(story: Story, name: str) -> None:
    """F5 to F8: whatever becomes of the snapshots, the run succeeds and coding's shares are of this day."""
    day = story.days[name]
    assert day.outcome.succeeded, day.outcome.failures
    assert day.outcome.failures == []
    assert day.outcome.is_published
    assert day.outcome.m2 is not None
    fresh = {change["series"] for change in day.outcome.changes}
    assert {"usage_day", "category_week/programming"} <= fresh
    good = story.days["good"].rows
    for table in ("marts.coding_share_weekly", "marts.m2_coding_share_weekly", "marts.m2_usage_daily"):
        assert day.rows[table] > 0
        assert abs(day.rows[table] - good[table]) <= 0.2 * good[table]


def test_without_snapshots_their_tables_are_empty(story: Story) -> None:
    """F1: nothing read is an empty table and no data, neither a failure nor a figure; the public file has them all."""
    day = story.days["without any"]
    assert day.in_trouble == {series for names, _ in ENDPOINTS.values() for series in names}
    for _, table in ENDPOINTS.values():
        assert (day.rows[table], day.read_at[table]) == (0, None)
        assert day.rows[f"{table}_vintages"] == 0
    assert day.status is not None
    assert {one.series.name for one in day.status.series if not one.has_data} == day.in_trouble


def test_a_good_day_fills_every_table(story: Story) -> None:
    """The day after, everything is there, nothing warns, and nothing is without data."""
    day = story.days["good"]
    assert [warning for warning in day.outcome.warnings if "backed up" not in warning] == []
    assert all(day.rows[table] > 0 for table in TABLES if table.startswith("core."))
    assert day.status is not None
    assert day.status.is_healthy
    assert all(one.has_data for one in day.status.series)


@pytest.mark.parametrize("name", ["without any", *TURNS])
def test_each_series_in_trouble_is_named_with_the_reason(story: Story, name: str) -> None:
    """F3: a warning for every series that could not be read, and none for another.

    Where all of landing is read anew, checks tell of older answers too; what waits for a better reading does not. How old
    a series is stands in a warning of its own.
    """
    day = story.days[name]
    for endpoint, change in day.changes.items():
        for series in ENDPOINTS[endpoint][0]:
            unread = [one for one in day.outcome.warnings if not one.startswith("check series_are_fresh of ")]
            told = [one for one in unread if series in one.replace(",", " ").replace(":", " ").split()]
            if series in day.in_trouble:
                assert any(REASONS[change] in one for one in told), (series, day.outcome.warnings)
            else:
                assert [one for one in told if name != TURNS[-1] or not one.startswith("check ")] == [], series


@pytest.mark.parametrize("name", TURNS)
def test_only_the_series_in_trouble_grow_stale(story: Story, name: str) -> None:
    """F3, F38: what was not read has the age of its last reading; everything else is fresh."""
    status = story.days[name].status
    assert status is not None
    assert {one.series.name for one in status.series if one.is_stale} == story.days[name].unread
    assert not status.is_healthy


@pytest.mark.parametrize(("endpoint", "table"), [(endpoint, table) for endpoint, (_, table) in ENDPOINTS.items()])
def test_a_table_keeps_what_was_read_well(story: Story, endpoint: str, table: str) -> None:
    """F1: a bad day leaves its tables as they were on the last good one, and a good one brings them on."""
    last_good = story.days["good"]
    for name in TURNS:
        day = story.days[name]
        if day.changes[endpoint] is well:
            # An entry of the catalogue says since when it is as it is.
            assert day.read_at[table] == day.at or table == "core.model_catalogue"
            assert day.rows[table] > 0
            last_good = day
        else:
            assert (day.rows[table], day.read_at[table]) == (last_good.rows[table], last_good.read_at[table]), name


def test_what_was_refused_is_kept(story: Story) -> None:
    """A refused answer can still be looked at, with its reason."""
    with story.open() as con:
        refused = store.rows(con, "select distinct series, reason from raw.quarantine where row_content = ''")
    reasons = {(row["series"], row["reason"].partition(":")[0]) for row in refused}
    for names, _ in ENDPOINTS.values():
        for series in names:
            assert may_be_empty(series) or (series, "answer_has_enough_rows") in reasons
            assert any(found == series and "lacks data" in reason for found, reason in reasons)


def test_a_database_of_an_older_version_is_built_anew(story: Story) -> None:
    """The run after an update brings the tables into shape by itself, and reads what was kept unread before."""
    day, before = story.days[TURNS[-1]], story.days[TURNS[-2]]
    assert day.rows["raw.exchanges"] > before.rows["raw.exchanges"]
    with story.open() as con:
        assert con.execute("select count(*) from raw.exchanges where outcome = 'unknown series'").fetchall() == [(0,)]
        assert con.execute("select count(*) from raw.readings where source_citation is not null").fetchall() > [(0,)]
        read = con.execute("select retrieved_at from raw.readings where series = 'task_7d' order by all").fetchall()
    wells = [one.at for one in story.days.values() if one.changes["/classifications/task"] is well]
    assert [at for (at,) in read] == wells
    assert day.rows["raw.app_names"] >= before.rows["raw.app_names"]
    assert day.rows["ops.builds"] == before.rows["ops.builds"] + 1, "the history of runs is carried over"
