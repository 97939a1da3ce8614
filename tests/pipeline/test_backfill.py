"""Backfills over two days of a small budget, against the simulator over real HTTP on loopback.

One story is told once, and each test looks at its part: the budget ends, the process is killed between asking and loading,
and in the end all history is there, each question asked once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina

from pipeline import store
from pipeline.execute import run_backfill
from pipeline.failures import PipelineFailure
from pipeline.landing import API_PREFIX
from pipeline.load import loading
from pipeline.openrouter.budget import Budget, BudgetSpent
from pipeline.openrouter.endpoints.apps import APPS
from pipeline.planning import due, most_requests
from pipeline.run import session
from pipeline.run.outcome import Outcome
from pipeline.run.session import Workspace, kept_for_daily_run
from pipeline.series import ASKED, REQUIRED
from pipeline.simulator.server import SimulatedRequest, SimulatedResponse, Simulator
from tests.support import build_order, build_tables, instant, needed_for, settings_for

pytestmark = pytest.mark.without_page

START = instant("2025-09-09T07:00")
# What needs no key has budgets of its own.
KEYED = [series for series in ASKED if series.needs_key]
MOST = sum(most_requests(series, now=START) for series in KEYED)
WEEKS_OF_APPS = [series for series in ASKED if series.endpoint is APPS and series.grain == "week"]
WEEKS = len(due(WEEKS_OF_APPS[0], now=START, read={}, holes=()))
# Of lists of coding apps nearly all are one page.
FEWEST = MOST - most_requests(WEEKS_OF_APPS[1], now=START) // 2
# For two days, with a few requests to spare on the last of them.
USABLE = FEWEST // 2 + 4
KEPT = USABLE // 4
PER_DAY = USABLE + KEPT
SENT_BEFORE_THE_KILL = 3


@dataclass
class Day:
    outcome: Outcome
    published: int
    requests_so_far: int


class Story:
    """One directory, one source that counts requests as the real one does, and a clock that is moved from day to day."""

    def __init__(self, path: Path) -> None:
        self.now = START
        self.settings = settings_for(path, simulated=True, is_unlimited=False)
        self.simulator = Simulator(clock=self.clock, limits=(10_000, PER_DAY))
        self.days: list[Day] = []

    def clock(self) -> datetime:
        return self.now

    def workspace(self) -> Workspace:
        return Workspace(self.settings, clock=self.clock, simulator=self.simulator)

    def run(self) -> Outcome:
        return run_backfill(self.settings, None, None, say=lambda message: None, clock=self.clock, simulator=self.simulator)

    def day(self) -> None:
        outcome = self.run()
        with store.Store(self.settings.data_dir).reader() as con:
            [row] = store.rows(con, "select count(*) as n from core.readings")
        self.days.append(Day(outcome, row["n"], len(self.keyed())))

    def keyed(self) -> list[SimulatedRequest]:
        """The requests that count against the budget of the key."""
        return [request for request in self.simulator.requests if request.path.startswith(API_PREFIX)]

    def until(self, at: datetime | None) -> None:
        assert at is not None
        self.now = at + timedelta(seconds=1)

    def be_killed(self) -> None:
        """Ask as a run does, and leave nothing but what landed, as a process does that ends between asking and loading."""
        with self.workspace().running() as begun:
            for span in begun.backfill()[:SENT_BEFORE_THE_KILL]:
                begun.ask(span.request(), leave=kept_for_daily_run(begun.budget))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    told = Story(tmp_path_factory.mktemp("backfill"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "DEMO_LIMITS", (10_000, PER_DAY))
        told.day()
        told.until(told.days[-1].outcome.go_on_at)
        told.be_killed()
        told.day()
        yield told


def test_budget_that_ends_is_no_failure(story: Story) -> None:
    """Each day's part is checked and published; what is left, and from when on it can be asked, is said."""
    first, last = (day.outcome for day in story.days)
    assert [(day.succeeded, day.is_published, day.failures) for day in (first, last)] == [(True, True, [])] * 2
    assert first.requests_postponed > 0
    assert (last.requests_postponed, last.go_on_at) == (0, None)
    assert 0 < story.days[0].published < story.days[1].published


def test_rest_goes_through_at_the_time_that_is_told(story: Story) -> None:
    """A day after the requests that stand in the way, and not a minute later."""
    go_on_at = story.days[0].outcome.go_on_at
    assert go_on_at is not None
    assert timedelta(days=1) <= go_on_at - START <= timedelta(days=1, minutes=1)


def test_budget_keeps_room_for_the_daily_run(story: Story) -> None:
    """A backfill leaves a fifth of the day alone."""
    assert kept_for_daily_run(Budget(None)) == 0
    assert KEPT == PER_DAY // 5
    # A second page is fetched once the first one is.
    assert story.days[0].outcome.requests_left_today in (KEPT, KEPT - 1)


def test_each_question_is_asked_once(story: Story) -> None:
    """Over both days and the kill: no question twice, and all of them in the fewest requests that history takes."""
    asked = Counter((request.path, *sorted(request.query.items())) for request in story.simulator.requests)
    assert set(asked.values()) == {1}
    others = [request for request in story.keyed() if not is_week_of_apps(request)]
    least = sum(most_requests(series, now=START) for series in KEYED if series not in WEEKS_OF_APPS)
    assert len(others) == least
    first, last = (day.requests_so_far for day in story.days)
    assert first in (USABLE, USABLE + 1)
    assert len(others) + 2 * WEEKS < last <= MOST, "some weeks take a second page"


def test_the_app_backfill_resumes_the_next_day_without_asking_twice(story: Story) -> None:
    """Each page of each week once in all, the newest weeks first, after all that cannot wait; on each of the days some."""
    pages = [request for request in story.simulator.requests if is_week_of_apps(request)]
    asked = Counter((one.query.get("category"), one.query["start_date"], one.query["offset"]) for one in pages)
    assert set(asked.values()) == {1}
    mondays = due(WEEKS_OF_APPS[0], now=START, read={}, holes=())
    assert len(mondays) == WEEKS == 35
    for category in (None, "coding"):
        firsts = [date.fromisoformat(one.query["start_date"]) for one in pages if first_page_of(one, category)]
        assert firsts == sorted(mondays, reverse=True)
    sent, first = story.keyed(), story.days[0].requests_so_far
    on_the_first_day = sum(map(is_week_of_apps, sent[:first]))
    assert 0 < on_the_first_day < sum(map(is_week_of_apps, sent))
    assert not any(map(is_week_of_apps, sent[: first - on_the_first_day]))


def is_week_of_apps(request: SimulatedRequest) -> bool:
    if not request.path.endswith(APPS.path):
        return False
    start, end = (date.fromisoformat(request.query[name]) for name in ("start_date", "end_date"))
    return (start.weekday(), (end - start).days) == (0, 6)


def first_page_of(request: SimulatedRequest, category: str | None) -> bool:
    return request.query.get("category") == category and request.query["offset"] == "0"


def test_what_is_required_comes_first(story: Story) -> None:
    """The first day's budget reaches every required series; of the weeks of apps most wait."""
    first_day = {change["series"]: change["new_periods"] for change in story.days[0].outcome.changes}
    assert first_day.keys() >= REQUIRED
    assert sum(first_day.get(series.name, 0) for series in WEEKS_OF_APPS) < WEEKS


def test_all_history_is_there_in_the_end(story: Story) -> None:
    """Every period that existed when the backfill began was read, of every series, and every snapshot."""
    with store.Store(story.settings.data_dir).reader() as con:
        read: dict[str, set[Any]] = {series.name: set() for series in ASKED}
        for row in store.rows(con, "select series, period_start from core.readings"):
            read[row["series"]].add(row["period_start"])
        holes = [row["usage_date"] for row in store.rows(con, "from reference.known_holes")]
    for series in ASKED:
        if series.grain == "snapshot":
            assert read[series.name], series.name
        elif not series.may_be_empty:
            assert set(due(series, now=START, read={}, holes=holes)) <= read[series.name], series.name


def test_nothing_is_left_to_ask_for(story: Story) -> None:
    """Neither at once nor a day later: the day that closed meanwhile is the daily run's."""
    assert story.workspace().backfill() == []
    later = Workspace(story.settings, clock=lambda: story.now + timedelta(days=1))
    assert later.backfill() == []
    assert later.plan() != []


def test_real_budget_keeps_enough_for_the_daily_run(tmp_path: Path) -> None:
    """What is kept of 500 requests takes one of each series, and some more for those that are repeated."""
    with Budget(tmp_path / "ledger") as budget:
        assert kept_for_daily_run(budget) == 100 > 1.5 * len(ASKED)


def test_without_budget_and_without_data_nothing_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new directory whose budget others have spent gets no empty database: it is said when to come back."""
    monkeypatch.setattr(session, "DEMO_LIMITS", (10_000, 2))
    told = Story(tmp_path)
    with session.open_budget(told.settings, told.clock) as budget:
        budget.take()
        budget.take()
    with pytest.raises(BudgetSpent, match=r"run `openrouter-usage backfill` again after 2025-09-10 07:00:01 UTC"):
        told.run()
    assert not told.settings.data_dir.published.exists()
    assert told.simulator.requests == []


def test_a_week_of_apps_without_its_second_page_is_asked_for_again(tmp_path: Path) -> None:
    """It is not taken for whole, whether the run ended between the pages or the source failed; the other weeks are not
    asked for again."""
    week = "2025-07-14"

    def broken(path: str, query: Any, answer: SimulatedResponse) -> SimulatedResponse:
        is_second_page = path.endswith(APPS.path) and (query.get("start_date"), query.get("offset")) == (week, "100")
        return replace(answer, status=500, body=b"{}") if is_second_page else answer

    settings = settings_for(tmp_path, simulated=True)

    def asked(tamper: Any) -> tuple[list[date | None], Counter[str]]:
        """The weeks of apps that a backfill asks for, as it asks for them, and how many pages it sent for of each."""
        simulator = Simulator(clock=lambda: START, limits=None, tamper=tamper)
        with Workspace(settings, clock=lambda: START, simulator=simulator).running() as workspace:
            spans = workspace.backfill(date(2025, 7, 1), date(2025, 8, 31))
            wanted = [span for span in spans if span.series == WEEKS_OF_APPS[0]]
            for span in wanted:
                with suppress(PipelineFailure):
                    workspace.ask(span.request())
        with store.Store(settings.data_dir).writer() as con:
            loading.load(con, workspace.landing, run_id="test")
        return [span.start for span in wanted], Counter(one.query["start_date"] for one in simulator.requests)

    with stamina.set_testing(True, attempts=1):
        weeks, pages = asked(broken)
        assert len(weeks) == 8
        assert asked(None) == ([date.fromisoformat(week)], {week: 2})
    assert pages[week] == 2
    with store.Store(settings.data_dir).writer() as con:
        needed = needed_for(["core.app_list_weekly"])
        build_tables(store.Store(settings.data_dir), con, [one for one in build_order() if one in needed])
        query = "select app_rank from core.app_list_weekly where week_start = '2025-07-14' and app_category = 'all'"
        ranks = store.rows(con, query)
    assert sorted(row["app_rank"] for row in ranks) == list(range(1, len(ranks) + 1))
    assert len(ranks) > 100


def test_days_outside_the_ones_named_are_not_asked_for(tmp_path: Path) -> None:
    """--from and --to narrow a backfill, also where the answer to a required series is refused: that fails the run."""

    def empty_days(path: str, query: Any, answer: SimulatedResponse) -> SimulatedResponse:
        if query.get("period") == "day" and not {"modality", "context_bucket"} & set(query):
            return replace(answer, body=json.dumps(json.loads(answer.body) | {"data": []}).encode())
        return answer

    settings = settings_for(tmp_path, simulated=True)
    simulator = Simulator(clock=lambda: START, limits=None, tamper=empty_days)
    outcome = run_backfill(
        settings, "2025-07-01", "2025-08-31", say=lambda message: None, clock=lambda: START, simulator=simulator
    )
    assert not outcome.succeeded
    assert any("usage_day" in failure for failure in outcome.failures)
    assert not settings.data_dir.published.exists()
    starts = {change["series"]: change["new_periods"] for change in outcome.changes}
    assert starts["category_week/programming"] == 8  # 2025-07-07 to 2025-08-31
    assert starts["usage_month"] == 2
