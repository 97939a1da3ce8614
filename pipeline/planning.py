"""Which periods of which series are due, and in which requests they are fetched.

Belongs here: the look-back, history that was never fetched, and the fewest requests for both. Not here: what a series is
(``series``), sending (``openrouter.client``), the day's budget (``openrouter.budget``).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipeline.openrouter.endpoints.request import DATASET_START, Request
from pipeline.series import ASKED, ENDPOINTS, Series, holes_of, next_period, periods


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


def _last_day(series: Series, now: datetime) -> date:
    """The newest day that the source is asked for."""
    return last_closed_day(now) + timedelta(days=series.has_running_day)


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
    last = _last_day(series, now)
    found = periods(series.grain, max(first_day, series.first_day), last)
    if series.window_days is not None:
        found = [start for start in found if next_period(series.grain, start) - timedelta(days=1) <= last]
    absent = holes_of(series, holes)
    return [period for period in found if period not in absent]


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
    last = _last_day(series, now)
    longest = series.endpoint.longest_span_days
    groups: list[list[date]] = []
    for period in sorted(wanted):
        is_full = groups and len(groups[-1]) == series.periods_a_request
        if groups and not is_full and (_end(series, period, last) - groups[-1][0]).days < longest:
            groups[-1].append(period)
        else:
            groups.append([period])
    return [Span(series, group[0], _end(series, group[-1], last), len(group)) for group in groups]


def _end(series: Series, period: date, last: date) -> date:
    return min(next_period(series.grain, period) - timedelta(days=1), last)


def most_requests(series: Series, *, now: datetime, first_day: date = DATASET_START, last_day: date | None = None) -> int:
    """The most requests that all history of a series may take: its days / the longest span, rounded up; one for a
    snapshot. Of a series with so many periods a request, its periods by that number.

    ``plan`` and ``backfill`` keep to it until 2031-01-05. From the day after a weekly series takes one more on some days,
    which cannot be avoided: no more than 52 whole weeks, 364 days, go into a request.
    """
    if series.grain == "snapshot":
        return 1
    if series.periods_a_request is not None:
        last = min(last_day or date.max, last_closed_day(now))
        return math.ceil(len(periods(series.grain, max(first_day, series.first_day), last)) / series.periods_a_request)
    until = now + timedelta(days=series.has_running_day)
    days = days_of_history(now=until, first_day=max(first_day, series.first_day), last_day=last_day)
    return math.ceil(days / series.endpoint.longest_span_days)


def days_of_history(*, now: datetime, first_day: date = DATASET_START, last_day: date | None = None) -> int:
    """How many days have closed since ``first_day``, up to ``last_day`` if it is given."""
    return max(0, (min(last_day or date.max, last_closed_day(now)) - max(first_day, DATASET_START)).days + 1)


def plan(
    *,
    now: datetime,
    read: Mapping[str, Collection[date]],
    holes: Collection[date],
    first_day: date = DATASET_START,
    is_keyed: bool = True,
) -> list[Span]:
    """Every request the next run makes, in the order it makes them; without a key those that need none.

    Within a series the newest periods come first: when the budget ends early, it is the oldest that wait.
    """
    asked: list[Span] = []
    for series in ASKED:
        if series.needs_key and not is_keyed:
            continue
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


def next_page(request: Request, body: bytes) -> Request | None:
    """The request for the page after this response; None where it was the last page, or no further one is available."""
    return ENDPOINTS[request.path].next_page(request, body)
