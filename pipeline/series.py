"""The registry of series: each question that is asked again and again, one line each.

Belongs here: what is asked, how far back it is read again, which periods are due. Not here: sending (``openrouter``),
keeping (``landing``) or interpreting the answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from pipeline.openrouter.requests import (
    CATEGORIES,
    DATASET_START,
    MAX_SPAN_DAYS,
    Category,
    ModelsRequest,
    RankingsDailyRequest,
    Request,
)

Grain = Literal["day", "week", "snapshot"]

TIME_ZONE = "UTC"
"""The one time zone: of schedules, partitions and database sessions."""

KNOWN_HOLES = "reference.known_holes"


@dataclass(frozen=True)
class Series:
    """One question: an endpoint and its parameters without dates.

    ``look_back`` is how many of the newest periods are read again by every run. ``stale_after`` is the age, counted from
    the end of the newest closed period (from the reading, for snapshots), beyond which the series is stale.
    ``min_rows`` is the fewest rows an ``api`` block can have and still be believed.
    """

    name: str
    grain: Grain
    is_required: bool
    is_sampled: bool
    look_back: int
    stale_after: timedelta
    min_rows: int
    priority: int
    category: Category | None = None

    @property
    def slug(self) -> str:
        """The name as files and asset keys carry it: the first slash separates, further ones are encoded."""
        kind, _, value = self.name.partition("/")
        return f"{kind}/{value.replace('/', '__')}" if value else kind

    def request(self, start: date | None = None, end: date | None = None) -> Request:
        """The request for one span of days (inclusive), or for the snapshot."""
        if self.grain == "snapshot":
            return ModelsRequest()
        if start is None or end is None:
            raise ValueError(f"{self.name} is asked for a span of days")
        period: Literal["day", "week"] = "day" if self.grain == "day" else "week"
        return RankingsDailyRequest(period=period, start_date=start, end_date=end, category=self.category)


def _usage_day() -> Series:
    return Series("usage_day", "day", True, False, 7, timedelta(hours=36), 40, priority=2)


def _category_week(category: Category) -> Series:
    return Series(
        f"category_week/{category}", "week", category == "programming", True, 5, timedelta(days=9), 10,
        priority=3 if category == "programming" else 4, category=category,
    )  # fmt: skip


# What cannot be read again later is asked for first.
SERIES: tuple[Series, ...] = tuple(
    sorted(
        (
            Series("models", "snapshot", False, False, 1, timedelta(hours=36), 50, priority=1),
            _usage_day(),
            *(_category_week(category) for category in CATEGORIES),
        ),
        key=lambda series: series.priority,
    )
)
BY_NAME: Mapping[str, Series] = {series.name: series for series in SERIES}
REQUIRED: frozenset[str] = frozenset(series.name for series in SERIES if series.is_required)

_SAME_QUESTION = frozenset({"start_date", "end_date", "limit", "offset"})


def identify(path: str, params: Mapping[str, str]) -> str | None:
    """The name of the series a request asked for, or None when the registry has no such question.

    ``path`` is the endpoint, as in ``/datasets/rankings-daily``; paging, limits and dates do not change the question.
    """
    if path == "/models":
        return "models" if not params else None
    if path != "/datasets/rankings-daily":
        return None
    asked = {name: value for name, value in params.items() if name not in _SAME_QUESTION}
    sampled = "category" in asked or "language_type" in asked
    period = asked.pop("period", "week" if sampled else "day")
    if not asked and period == "day":
        return "usage_day"
    if set(asked) == {"category"} and period == "week":
        name = f"category_week/{asked['category']}"
        return name if name in BY_NAME else None
    return None


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def period_length(grain: Grain) -> timedelta:
    return timedelta(days=7 if grain == "week" else 1)


def periods(grain: Grain, first_day: date, last_day: date) -> list[date]:
    """Starts of all periods of that grain that begin within the days given, both inclusive."""
    start = first_day
    if grain == "week" and start.weekday() != 0:
        start = monday_of(start) + timedelta(days=7)
    step = period_length(grain)
    count = (last_day - start) // step + 1
    return [start + step * number for number in range(max(count, 0))]


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
    existing = periods(series.grain, max(first_day, DATASET_START), last_closed_day(now))
    if series.grain == "day":
        existing = [day for day in existing if day not in holes]
    look_back = existing[-series.look_back :]
    return sorted({*look_back, *(period for period in existing if period not in read)})


def spans(series: Series, wanted: Iterable[date], *, now: datetime) -> list[Span]:
    """The fewest requests that cover the wanted periods: none is longer than the source allows."""
    if series.grain == "snapshot":
        return [Span(series, None, None, 1)]
    step = period_length(series.grain)
    groups: list[list[date]] = []
    for period in sorted(wanted):
        if groups and (period + step - groups[-1][0]).days <= MAX_SPAN_DAYS:
            groups[-1].append(period)
        else:
            groups.append([period])
    last = last_closed_day(now)
    return [Span(series, g[0], min(g[-1] + step - timedelta(days=1), last), len(g)) for g in groups]


def plan(
    *,
    now: datetime,
    read: Mapping[str, Collection[date]],
    holes: Collection[date],
    first_day: date = DATASET_START,
    chosen: Mapping[str, Collection[date]] | None = None,
) -> list[Span]:
    """Every request the next run makes, in the order it makes them: what is due, and the ``chosen`` periods."""
    asked: list[Span] = []
    for series in SERIES:
        wanted: set[date] = set((chosen or {}).get(series.name, ()))
        if series.grain != "snapshot":
            wanted.update(due(series, now=now, read=read.get(series.name, ()), holes=holes, first_day=first_day))
        asked += spans(series, wanted, now=now)
    return asked
