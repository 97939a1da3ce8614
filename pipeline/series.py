"""The registry of series: each question that is asked again and again, one line each.

Belongs here: what is asked, how far back it is read again, which periods are due. Not here: sending (``openrouter``),
keeping (``landing``) or interpreting the answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from typing import Any, Literal

from pipeline.openrouter.endpoints import apps
from pipeline.openrouter.endpoints.apps import APP_CATEGORIES, AppRankingsRequest, AppSort
from pipeline.openrouter.endpoints.benchmarks import BenchmarksRequest
from pipeline.openrouter.endpoints.endpoint import Endpoint
from pipeline.openrouter.endpoints.models import ModelsRequest
from pipeline.openrouter.endpoints.rankings import (
    CATEGORIES,
    CONTEXT_BUCKETS,
    LANGUAGE_TYPES,
    MODALITIES,
    RankingsDailyRequest,
)
from pipeline.openrouter.endpoints.registry import ENDPOINTS
from pipeline.openrouter.endpoints.request import DATASET_START, MAX_SPAN_DAYS, Request
from pipeline.openrouter.endpoints.session_cost import SessionCostRequest
from pipeline.openrouter.endpoints.tasks import TaskClassificationsRequest

Grain = Literal["day", "week", "month", "snapshot"]

TIME_ZONE = "UTC"
"""The one time zone: of schedules, partitions and database sessions."""

UNDATED = DATASET_START
"""The period of what has none: such a snapshot is one block, read again and again."""

_DAY_STALE, _WEEK_STALE, _MONTH_STALE = timedelta(hours=36), timedelta(days=9), timedelta(days=33)
# Judgements: windows end with each day, costs of sessions are renewed about weekly, lists move more often than monthly.
_WINDOW_FROZEN, _SESSIONS_FROZEN, _LIST_FROZEN = timedelta(days=3), timedelta(days=21), timedelta(days=30)


@dataclass(frozen=True)
class Series:
    """One question: an endpoint and its parameters without dates.

    ``look_back`` is how many of the newest periods are read again by every run. ``stale_after`` is the age, counted from
    the end of the newest closed period (from the reading, for snapshots), beyond which the series is stale. ``frozen_after``
    is how long a snapshot may be read and stay the same in every figure until it is not believed to be alive.
    ``min_rows`` is the fewest rows an ``api`` block can have and still be believed. ``ask`` makes the request; it is given
    ``start_date`` and ``end_date``, or nothing for a snapshot. ``may_be_empty`` is a slice that nobody may have used in a
    period: such a period is answered for when it has no rows, and not asked for again. ``is_asked`` is false for what
    was only ever recorded: it is read where it is imported. ``window_days`` is the length of a snapshot's window, where it
    is one that ends with the last closed day. ``renewed_after_days`` is how often the source renews a snapshot.
    """

    name: str
    grain: Grain
    ask: Callable[..., Request]
    look_back: int
    stale_after: timedelta
    min_rows: int
    is_required: bool = False
    is_sampled: bool = False
    may_be_empty: bool = False
    is_asked: bool = True
    window_days: int | None = None
    frozen_after: timedelta | None = None
    renewed_after_days: int = 1

    @property
    def slug(self) -> str:
        """The name as files and asset keys carry it: the first slash separates, further ones are encoded."""
        kind, _, value = self.name.partition("/")
        return f"{kind}/{value.replace('/', '__')}" if value else kind

    @property
    def kind(self) -> str:
        return self.name.partition("/")[0]

    def request(self, start: date | None = None, end: date | None = None) -> Request:
        """The request for one span of days (inclusive), or for the snapshot."""
        if self.grain == "snapshot" and self.window_days is None:
            return self.ask()
        if start is None or end is None:
            raise ValueError(f"{self.name} is asked for a span of days")
        return self.ask(start_date=start, end_date=end)

    @cached_property
    def question(self) -> tuple[str, frozenset[tuple[str, str]]]:
        """Endpoint and parameters without dates: what makes it this series."""
        request = self.request(DATASET_START, DATASET_START + timedelta(days=(self.window_days or 1) - 1))
        return request.path, _question(request.path, request.params())

    @property
    def slice(self) -> str | None:
        """What stands after the first slash of the name."""
        return self.name.partition("/")[2] or None

    @property
    def endpoint(self) -> Endpoint:
        return ENDPOINTS[self.question[0]]


def _slice(name: str, **filters: Any) -> Series:
    ask = partial(RankingsDailyRequest, period="day", **filters)
    return Series(name, "day", ask, 7, _DAY_STALE, 1, may_be_empty=True)


def _weekly(name: str, min_rows: int, *, is_sampled: bool = True, is_required: bool = False, **filters: Any) -> Series:
    ask = partial(RankingsDailyRequest, period="week", **filters)
    return Series(name, "week", ask, 5, _WEEK_STALE, min_rows, is_required=is_required, is_sampled=is_sampled)


def _snapshot(name: str, min_rows: int, ask: Callable[..., Request], **changes: Any) -> Series:
    return Series(name, "snapshot", ask, 1, _DAY_STALE, min_rows, **{"frozen_after": _WINDOW_FROZEN, **changes})


def _apps(name: str, **changes: Any) -> Iterator[Series]:
    sorts: tuple[AppSort, ...] = ("popular", "trending")
    popular, trending = (partial(AppRankingsRequest, sort) for sort in sorts)
    yield _snapshot(f"{name}/popular", 10, popular, **changes)
    for one in APP_CATEGORIES:
        yield _snapshot(f"{name}/popular/{one}", 1, partial(popular, category=one), **changes)
    # Of apps that did not grow there are none.
    yield _snapshot(f"{name}/trending", 0, trending, **changes)


# In the order in which they are asked for: what cannot be read again later, what is required, the rest.
SERIES: tuple[Series, ...] = (
    _snapshot("task_7d", 20, TaskClassificationsRequest),
    _snapshot("session_cost", 1, SessionCostRequest, frozen_after=_SESSIONS_FROZEN, renewed_after_days=7),
    _snapshot("benchmarks/artificial-analysis", 10, BenchmarksRequest, frozen_after=_LIST_FROZEN),
    _snapshot("models/all", 50, partial(ModelsRequest, "all"), frozen_after=_LIST_FROZEN),
    # What was recorded of the models with text output only.
    _snapshot("models", 50, ModelsRequest, is_asked=False),
    Series("usage_day", "day", partial(RankingsDailyRequest, period="day"), 7, _DAY_STALE, 40, is_required=True),
    _weekly("category_week/programming", 10, is_required=True, category="programming"),
    *(_weekly(f"category_week/{one}", 10, category=one) for one in CATEGORIES if one != "programming"),
    *(_weekly(f"language_week/{one}", 10, language_type=one) for one in LANGUAGE_TYPES),
    _weekly("usage_week", 40, is_sampled=False),
    Series("usage_month", "month", partial(RankingsDailyRequest, period="month"), 2, _MONTH_STALE, 40),
    *(_slice(f"modality_day/{one}", modality=one) for one in MODALITIES),
    *(_slice(f"context_day/{one}", context_bucket=one) for one in CONTEXT_BUCKETS),
    *_apps("app_1d", window_days=1),
    *_apps("app_30d", window_days=apps.WINDOW_DAYS),
)
ASKED: tuple[Series, ...] = tuple(series for series in SERIES if series.is_asked)
BY_NAME: Mapping[str, Series] = {series.name: series for series in SERIES}
REQUIRED: frozenset[str] = frozenset(series.name for series in SERIES if series.is_required)

_SAME_QUESTION = frozenset({"start_date", "end_date", "limit", "offset"})


def _question(path: str, params: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in ENDPOINTS[path].in_full(params).items() if name not in _SAME_QUESTION)


_BY_QUESTION = {series.question: series.name for series in SERIES}


def described() -> list[dict[str, Any]]:
    """The registry as rows of ``reference.series``: what SQL has to know of a series."""
    return [
        {
            "series": series.name,
            "series_kind": series.kind,
            "slice": series.slice,
            "endpoint": series.endpoint.path,
            "grain": series.grain,
            "is_required": series.is_required,
            "is_sampled": series.is_sampled,
            "has_period": series.endpoint.has_period,
            "days_between_periods": {"day": 1, "week": 7, "month": None}.get(series.grain, series.renewed_after_days),
            "window_days": series.window_days,
            "is_dated_by_day": series.endpoint.is_dated_by_day,
            "cited_as": series.endpoint.citation,
            "licence": series.endpoint.licence,
        }
        for series in SERIES
    ]


def is_undated(series: str, period_start: date) -> bool:
    """Whether a block is of a snapshot that has no period, and its ``period_start`` says nothing."""
    return period_start == UNDATED and BY_NAME[series].grain == "snapshot"


def identify(path: str, params: Mapping[str, str]) -> str | None:
    """The name of the series a request asked for, or None when the registry has no such question.

    ``path`` is the endpoint, as in ``/datasets/rankings-daily``; paging, limits and dates do not change the question.
    """
    return _BY_QUESTION.get((path, _question(path, params))) if path in ENDPOINTS else None


def period_of(grain: Grain, day: date) -> date:
    """Start of the period of that grain that holds the day."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def next_period(grain: Grain, start: date) -> date:
    """Start of the period after the one that begins on ``start``."""
    if grain == "month":
        return (start.replace(day=1) + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if grain == "week" else 1)


def periods(grain: Grain, first_day: date, last_day: date) -> list[date]:
    """Starts of all periods of that grain that begin within the days given, both inclusive."""
    start = period_of(grain, first_day)
    if start < first_day:
        start = next_period(grain, start)
    found = []
    while start <= last_day:
        found.append(start)
        start = next_period(grain, start)
    return found


@dataclass(frozen=True)
class Span:
    """A span of days to ask a series for, both inclusive; None and None for a snapshot."""

    series: Series
    start: date | None
    end: date | None
    periods: int

    def request(self) -> Request:
        return self.series.request(self.start, self.end)


def last_closed_day(now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=1)


def due(
    series: Series,
    *,
    now: datetime,
    read: Collection[date],
    holes: Collection[date],
    first_day: date = DATASET_START,
) -> list[date]:
    """Starts of the periods to read now: never read ones since ``first_day``, and the look-back.

    ``read`` are the starts of periods that were read, ``holes`` the days that do not exist in the source. The week that
    is running counts once one of its days has closed: its block is read on consecutive days.
    """
    existing = _existing(series, now=now, holes=holes, first_day=first_day)
    look_back = existing[-series.look_back :]
    return sorted({*look_back, *(period for period in existing if period not in read)})


def _existing(series: Series, *, now: datetime, holes: Collection[date], first_day: date = DATASET_START) -> list[date]:
    found = periods(series.grain, max(first_day, DATASET_START), last_closed_day(now))
    return [day for day in found if day not in holes] if series.grain == "day" else found


def spans(series: Series, wanted: Iterable[date], *, now: datetime) -> list[Span]:
    """The fewest requests that cover the wanted periods: none is longer than the source allows.

    Weeks and months are asked for whole, as a block is complete; of the running one there is what has closed.
    """
    if series.grain == "snapshot":
        if series.window_days is None:
            return [Span(series, None, None, 1)]
        # Its days are named: how many the source takes by itself is told in more than one way.
        last = last_closed_day(now)
        first = last - timedelta(days=series.window_days - 1)
        return [Span(series, first, last, 1)] if first >= DATASET_START else []
    last = last_closed_day(now)
    groups: list[list[date]] = []
    for period in sorted(wanted):
        if groups and (_end(series, period, last) - groups[-1][0]).days < MAX_SPAN_DAYS:
            groups[-1].append(period)
        else:
            groups.append([period])
    return [Span(series, group[0], _end(series, group[-1], last), len(group)) for group in groups]


def _end(series: Series, period: date, last: date) -> date:
    return min(next_period(series.grain, period) - timedelta(days=1), last)


def most_requests(series: Series, *, now: datetime, first_day: date = DATASET_START, last_day: date | None = None) -> int:
    """The most requests that all history of a series may take: its days / 366, rounded up; one for a snapshot.

    ``plan`` and ``backfill`` keep to it until 2031-01-05. From the day after a weekly series takes one more on some days,
    which cannot be avoided: no more than 52 whole weeks, 364 days, go into a request.
    """
    if series.grain == "snapshot":
        return 1
    return math.ceil(days_of_history(now=now, first_day=first_day, last_day=last_day) / MAX_SPAN_DAYS)


def days_of_history(*, now: datetime, first_day: date = DATASET_START, last_day: date | None = None) -> int:
    """How many days have closed since ``first_day``, up to ``last_day`` if it is given."""
    return max(0, (min(last_day or date.max, last_closed_day(now)) - max(first_day, DATASET_START)).days + 1)


def plan(
    *,
    now: datetime,
    read: Mapping[str, Collection[date]],
    holes: Collection[date],
    first_day: date = DATASET_START,
) -> list[Span]:
    """Every request the next run makes, in the order it makes them.

    Within a series the newest periods come first: when the budget ends early, it is the oldest that wait.
    """
    asked: list[Span] = []
    for series in ASKED:
        wanted: list[date] = []
        if series.grain != "snapshot":
            wanted = due(series, now=now, read=read.get(series.name, ()), holes=holes, first_day=first_day)
        found = spans(series, wanted, now=now)
        if not read.get(series.name):
            found = _first_reading(found, most_requests(series, now=now, first_day=first_day), now)
        asked += reversed(found)
    return asked


def _first_reading(found: list[Span], most: int, now: datetime) -> list[Span]:
    """The requests for a series that was never read: the running period waits where it alone would make one too many.

    That is so on the first days of some years. The next run's look-back has it.
    """
    if len(found) <= most or (last := found[-1]).start is None:
        return found
    is_running = next_period(last.series.grain, last.start) > last_closed_day(now) + timedelta(days=1)
    return found[:-1] if is_running and len(found) > 1 else found


def backfill(
    *,
    now: datetime,
    read: Mapping[str, Collection[date]],
    holes: Collection[date],
    first_day: date = DATASET_START,
    last_day: date | None = None,
) -> list[Span]:
    """Every request of a backfill, in the order of ``plan``: what was never read, of snapshots too, and nothing again.

    ``last_day`` leaves out periods that end later. Once a series was read, a request for periods of the look-back alone is
    left to the next run, which makes it anyway: else each day that closes while a backfill waits for its budget would cost
    it a request for every series.
    """
    asked: list[Span] = []
    for series in ASKED:
        known = read.get(series.name, ())
        if series.grain == "snapshot":
            asked += [] if known else spans(series, (), now=now)
            continue
        existing = _existing(series, now=now, holes=holes)
        look_back = existing[-series.look_back :]
        missing = [
            period
            for period in existing
            if period not in known
            and period >= first_day
            and (last_day is None or next_period(series.grain, period) - timedelta(days=1) <= last_day)
        ]
        found = spans(series, missing, now=now)
        if known:
            found = [span for span in found if span.start not in look_back]
        else:
            found = _first_reading(found, most_requests(series, now=now, first_day=first_day, last_day=last_day), now)
        asked += reversed(found)
    return asked
