"""The registry of series: each request that is made again and again, one line each.

Belongs here: what is fetched, at which grain, how far back it is fetched again, and what makes a series stale. Not here:
which periods are due (``planning``), sending (``openrouter``), keeping (``landing``) or interpreting the responses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any, Literal

from pipeline.openrouter.endpoints.apps import APP_CATEGORIES, APPS
from pipeline.openrouter.endpoints.apps import WINDOW_DAYS as APP_WINDOW_DAYS
from pipeline.openrouter.endpoints.benchmarks import BENCHMARKS
from pipeline.openrouter.endpoints.contract import CONTRACT
from pipeline.openrouter.endpoints.endpoint import Endpoint
from pipeline.openrouter.endpoints.exports import snapshot_of
from pipeline.openrouter.endpoints.gateway import FIRST_DAY as GATEWAY_FIRST_DAY
from pipeline.openrouter.endpoints.gateway import GATEWAY
from pipeline.openrouter.endpoints.models import MODELS
from pipeline.openrouter.endpoints.rankings import CATEGORIES, CONTEXT_BUCKETS, LANGUAGE_TYPES, MODALITIES, RANKINGS
from pipeline.openrouter.endpoints.request import DATASET_START, Request
from pipeline.openrouter.endpoints.session_cost import SESSION_COST
from pipeline.openrouter.endpoints.tasks import TASKS

Grain = Literal["day", "week", "month", "snapshot"]

TIME_ZONE = "UTC"
"""The one time zone: of schedules, partitions and database sessions."""

UNDATED = DATASET_START
"""The period of what has none: such a snapshot is one block, read again and again."""

_DAY_STALE, _WEEK_STALE, _MONTH_STALE = timedelta(hours=36), timedelta(days=9), timedelta(days=33)
# What it caches for a day it may have a day later, and it fails now and then without harm to anything else.
_GATEWAY_STALE = timedelta(hours=84)
# As many days as a day stays open: read at any time of the day, its third reading is 48 h after its end, and from then on
# no recorded reading of a day changed within 16 days (``planning.SETTLED_AFTER``).
_DAYS_AGAIN = 3
# Not measured, as no week of a category was ever recorded twice by the API and no month at all; they cost no request more.
_WEEKS_AGAIN, _MONTHS_AGAIN = 5, 2
# Judgements: windows end with each day, costs of sessions are renewed about weekly, lists move more often than monthly.
_WINDOW_FROZEN, _SESSIONS_FROZEN, _LIST_FROZEN = timedelta(days=3), timedelta(days=21), timedelta(days=30)


@dataclass(frozen=True, eq=False)  # one object a series: it is a key of mappings
class Series:
    """What is fetched again and again: an endpoint and its parameters without dates.

    ``look_back`` is how many of the newest periods are read again by every run. ``stale_after`` is the age, counted from
    the end of the newest closed period (from the reading, for snapshots), beyond which the series is stale. ``frozen_after``
    is how long a snapshot may be read and stay the same in every figure until it is taken for frozen.
    ``min_rows`` is the fewest rows an ``api`` block can have and still be accepted. ``may_be_empty`` is a slice that nobody
    may have used in a period: such a period is complete without rows, and not fetched again. ``is_asked`` is false for what
    was only ever recorded: it is read where it is imported. ``window_days`` is the length of a snapshot's window, where it
    is one that ends with the last closed day; of other series that of a period, which is then asked for only once it has
    closed. ``renewed_after_days`` is how often the source renews a snapshot. ``first_day`` is the first that the source has.
    ``has_running_day``: the source has the day that is running, too, as far as it is known: it is read with the others.
    ``is_deferrable`` is a series whose history can wait: it is asked for while most of the day's requests are left, else by
    a later run. ``pages`` is how many requests a full response takes, as far as it is known.
    ``is_monthly`` is a snapshot that is asked for once a month, on the day on which everything is read again.
    """

    name: str
    grain: Grain
    endpoint: Endpoint
    look_back: int
    stale_after: timedelta
    min_rows: int
    params: Mapping[str, str] = field(default_factory=dict)
    is_required: bool = False
    is_sampled: bool = False
    may_be_empty: bool = False
    is_asked: bool = True
    window_days: int | None = None
    frozen_after: timedelta | None = None
    renewed_after_days: int = 1
    first_day: date = DATASET_START
    has_running_day: bool = False
    is_deferrable: bool = False
    is_monthly: bool = False
    pages: int = 1

    @property
    def slug(self) -> str:
        """The name as files and asset keys carry it: the first slash separates, further ones are encoded."""
        kind, _, value = self.name.partition("/")
        return f"{kind}/{value.replace('/', '__')}" if value else kind

    @property
    def needs_key(self) -> bool:
        return self.endpoint.source == "api"

    @property
    def kind(self) -> str:
        return self.name.partition("/")[0]

    def request(self, start: date | None = None, end: date | None = None) -> Request:
        """The request for one span of days (inclusive), or for the snapshot."""
        if self.grain == "snapshot" and self.window_days is None:
            return self.endpoint.request(**self.params)
        if start is None or end is None:
            raise ValueError(f"{self.name} is fetched for a span of days")
        return self.endpoint.request(start, end, **self.params)

    @cached_property
    def question(self) -> tuple[str, frozenset[tuple[str, str]]]:
        """Endpoint and parameters without dates: what makes it this series."""
        return self._first_request.path, _question(self.endpoint, self._first_request.params)

    @cached_property
    def _first_request(self) -> Request:
        return self.request(self.first_day, self.first_day + timedelta(days=(self.window_days or 1) - 1))

    @property
    def is_paged(self) -> bool:
        """Whether a response may come in pages."""
        return self.endpoint.paging(self._first_request.params) is not None

    @cached_property
    def has_dated_rows(self) -> bool:
        """Whether a response's rows say of which period they are. Else they are of one, which the response states."""
        return "period_start" in self.endpoint.schema

    @property
    def takes_request_a_period(self) -> bool:
        return self.grain != "snapshot" and not self.has_dated_rows

    @property
    def slice(self) -> str | None:
        """What stands after the first slash of the name."""
        return self.name.partition("/")[2] or None

    @property
    def title(self) -> str:
        """The name in words: ``Rankings by week, category programming``."""
        return _TITLES[self.kind] + (f", {_SLICES.get(self.kind, '')}{self.slice.replace('_', ' ')}" if self.slice else "")


def period_of(grain: Grain, day: date) -> date:
    """Start of the period of that grain that holds the day."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


_daily = partial(Series, grain="day", endpoint=RANKINGS, look_back=_DAYS_AGAIN, stale_after=_DAY_STALE)
_sliced_day = partial(_daily, min_rows=1, may_be_empty=True)  # nobody may have used the slice on a day
_weekly = partial(Series, grain="week", endpoint=RANKINGS, look_back=_WEEKS_AGAIN, stale_after=_WEEK_STALE)
_sampled_week = partial(_weekly, min_rows=10, is_sampled=True)
_snapshot = partial(Series, grain="snapshot", look_back=1, stale_after=_DAY_STALE, frozen_after=_WINDOW_FROZEN)
# Each week is a request of its own, in two pages, from the first whole week that the source has.
_app_week = partial(
    _weekly,
    endpoint=APPS,
    look_back=1,
    window_days=7,
    first_day=period_of("week", DATASET_START + timedelta(days=6)),
    is_deferrable=True,
    pages=2,
)


def _app_lists(name: str, window_days: int) -> Iterator[Series]:
    windows = partial(_snapshot, endpoint=APPS, window_days=window_days)
    yield windows(f"{name}/popular", min_rows=10, params={"sort": "popular"})
    for one in APP_CATEGORIES:
        yield windows(f"{name}/popular/{one}", min_rows=1, params={"sort": "popular", "category": one})
    # Of apps that did not grow there are none.
    yield windows(f"{name}/trending", min_rows=0, params={"sort": "trending"})


# In the order in which they are fetched: what cannot be read again later, what is required, the rest.
SERIES: tuple[Series, ...] = (
    _snapshot("task_7d", endpoint=TASKS, min_rows=20),
    _snapshot("session_cost", endpoint=SESSION_COST, min_rows=1, frozen_after=_SESSIONS_FROZEN, renewed_after_days=7),
    _snapshot("benchmarks/artificial-analysis", endpoint=BENCHMARKS, min_rows=10, frozen_after=_LIST_FROZEN),
    _snapshot("models/all", endpoint=MODELS, min_rows=50, frozen_after=_LIST_FROZEN, params={"output_modalities": "all"}),
    # What was recorded of the models with text output only.
    _snapshot("models", endpoint=MODELS, min_rows=50, is_asked=False),
    _daily("usage_day", min_rows=40, params={"period": "day"}, is_required=True),
    *(
        _sampled_week(f"category_week/{one}", params={"period": "week", "category": one}, is_required=one == "programming")
        for one in sorted(CATEGORIES, key=lambda one: one != "programming")
    ),
    *(_sampled_week(f"language_week/{one}", params={"period": "week", "language_type": one}) for one in LANGUAGE_TYPES),
    _weekly("usage_week", min_rows=40, params={"period": "week"}),
    Series("usage_month", "month", RANKINGS, _MONTHS_AGAIN, _MONTH_STALE, 40, {"period": "month"}),
    *(_sliced_day(f"modality_day/{one}", params={"period": "day", "modality": one}) for one in MODALITIES),
    *(_sliced_day(f"context_day/{one}", params={"period": "day", "context_bucket": one}) for one in CONTEXT_BUCKETS),
    *_app_lists("app_1d", 1),
    *_app_lists("app_30d", APP_WINDOW_DAYS),
    _app_week("app_week/popular", min_rows=10, params={"sort": "popular"}),
    _app_week("app_week/popular/coding", min_rows=1, params={"sort": "popular", "category": "coding"}),
    Series(
        "gateway_day/labs",
        "day",
        GATEWAY,
        35,
        _GATEWAY_STALE,
        1,
        first_day=GATEWAY_FIRST_DAY,
        has_running_day=True,
    ),
    # A month in which it could not be fetched is reported by that run; after two it is stale.
    Series("contract", "snapshot", CONTRACT, 1, timedelta(days=70), 0, renewed_after_days=31, is_monthly=True),
)
ASKED: tuple[Series, ...] = tuple(series for series in SERIES if series.is_asked)
ENDPOINTS: Mapping[str, Endpoint] = {series.endpoint.path: series.endpoint for series in SERIES}
"""All endpoints that are read, by path."""

BY_NAME: Mapping[str, Series] = {series.name: series for series in SERIES}
EXACT_DAYS = "usage_day"
"""The series that the keyless exports are a second source of."""

REQUIRED: frozenset[str] = frozenset(series.name for series in SERIES if series.is_required)

_TITLES = {
    "usage_day": "Rankings by day, in total",
    "usage_week": "Rankings by week, in total",
    "usage_month": "Rankings by month, in total",
    "category_week": "Rankings by week",
    "language_week": "Rankings by week",
    "modality_day": "Rankings by day",
    "context_day": "Rankings by day",
    "task_7d": "Tasks of the last seven days",
    "session_cost": "Costs of coding sessions",
    "benchmarks": "Benchmark scores",
    "models": "Catalogue of models",
    "app_1d": "App rankings of the last day",
    "app_30d": "App rankings of the last 30 days",
    "app_week": "App rankings by week",
    "gateway_day": "Second gateway by day",
    "contract": "OpenAPI document of the Data API",
}
_SLICES = {
    "category_week": "category ",
    "language_week": "languages: ",
    "modality_day": "modality ",
    "context_day": "context length ",
    "benchmarks": "source ",
}
_SAME_QUESTION = frozenset({"limit", "offset"})


def _question(endpoint: Endpoint, params: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    ignored = _SAME_QUESTION | set(endpoint.dates)
    return frozenset((name, value) for name, value in endpoint.in_full(params).items() if name not in ignored)


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
            "cached_hours": series.endpoint.cached_hours,
            "cited_as": series.endpoint.citation,
            "licence": series.endpoint.licence,
        }
        for series in SERIES
    ]


def identify(path: str, params: Mapping[str, str]) -> str | None:
    """The name of the series a request asked for, or None when the registry has no such question.

    ``path`` is the endpoint, as in ``/datasets/rankings-daily``; paging, limits and dates do not change the question.
    """
    if snapshot_of(path) is not None:
        return EXACT_DAYS
    endpoint = ENDPOINTS.get(path)
    return None if endpoint is None else _BY_QUESTION.get((path, _question(endpoint, params)))


def holes_of(series: Series, holes: Collection[date]) -> Collection[date]:
    """Those of the days that OpenRouter's rankings do not have which a series does not have either."""
    return holes if series.grain == "day" and series.endpoint.source == "api" else ()


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
