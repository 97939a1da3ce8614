"""Which periods of which series are due, and in which requests they are fetched.

Belongs here: history that was never fetched, the look-back, the monthly reading of everything, and the fewest requests for
all of them. Not here: what a series is
(``series``), sending (``openrouter.client``), the day's budget (``openrouter.budget``).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from pipeline.openrouter.endpoints.request import DATASET_START, Request
from pipeline.series import ASKED, ENDPOINTS, Series, holes_of, next_period, periods

MONTHLY_DAY = 3
"""The day of each month, from 00:00 UTC, on which everything is read again: the first on which the month before ended 48 h
ago, so that one reading makes every day, week and month of it final.
"""

SETTLED_AFTER = timedelta(hours=48)
"""Until so long after its end a period is read again by every run; ``core.blocks`` calls a later reading final.

Recorded days (``marts.revision_statistics``), by when the earlier of two readings was taken after the day's end: within an
hour all of 36 pairs differ, from 24 to 48 h one of 96 (by 6e-8 of the day), from 48 to 384 h none of 1,344, and after that
26 days of one spring, weeks old. The monthly reading is for those.
"""

NEVER = datetime.min.replace(tzinfo=UTC)

Reason = Literal["history", "new", "again", "monthly"]
"""Why a period is due: it was never read, and is older than the look-back or within it; or it is read again, by each run or
for the month.
"""


@dataclass(frozen=True)
class Span:
    """A span of days to ask a series for, both inclusive; None and None for a snapshot.

    Of its ``periods`` so many were never read (``new``), and so many are only read again for the month (``monthly``).
    ``is_deferrable`` is a request that can wait for a later run.
    """

    series: Series
    start: date | None
    end: date | None
    periods: int
    new: int = 0
    monthly: int = 0
    is_deferrable: bool = False

    @property
    def requests(self) -> int:
        """How many requests it takes, as far as it is known before."""
        return self.series.pages

    @property
    def has_more_pages(self) -> bool:
        """Whether the response may come in more pages than that."""
        paging = self.series.endpoint.paging(self.request().params)
        return paging is not None and not paging.is_whole_unasked and self.series.pages == 1

    @property
    def question(self) -> tuple[str, date | None, date | None]:
        """What is asked, whatever for."""
        return self.series.name, self.start, self.end

    def request(self) -> Request:
        return self.series.request(self.start, self.end)


def last_closed_day(now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=1)


def _last_day(series: Series, now: datetime) -> date:
    """The newest day that the source is asked for."""
    return last_closed_day(now) + timedelta(days=series.has_running_day)


def monthly_reading(now: datetime) -> datetime:
    """When everything was due again for the last time, at or before ``now``."""
    now = now.astimezone(UTC)
    of_this_month = datetime(now.year, now.month, MONTHLY_DAY, tzinfo=UTC)
    if of_this_month <= now:
        return of_this_month
    return (of_this_month - timedelta(days=MONTHLY_DAY)).replace(day=MONTHLY_DAY)


def due(
    series: Series,
    *,
    now: datetime,
    read: Mapping[date, datetime],
    holes: Collection[date],
    first_day: date = DATASET_START,
) -> dict[date, Reason]:
    """The periods to read now, in order: never read ones since ``first_day``, the look-back, those that were not yet read
    late enough after their end, and those that were not read since the monthly reading was due.

    ``read`` has the newest reading of each period by its start, and nothing else is kept: a machine that was off reads
    on its next run what it missed, once. ``holes`` are the days that do not exist in the source. The week that is running
    counts once one of its days has closed: its block is read on consecutive days.
    """
    existing = _existing(series, now=now, holes=holes, first_day=first_day)
    newest = set(existing[max(0, len(existing) - series.look_back) :])
    month = monthly_reading(now)
    found: dict[date, Reason] = {}
    for period in existing:
        read_at = read.get(period)
        if read_at is None:
            found[period] = "new" if period in newest else "history"
        elif period in newest or read_at < _settles_at(series, period):
            found[period] = "again"
        elif read_at < month:
            found[period] = "monthly"
    return found


def _settles_at(series: Series, period: date) -> datetime:
    return datetime.combine(next_period(series.grain, period), time(tzinfo=UTC)) + SETTLED_AFTER


def _existing(series: Series, *, now: datetime, holes: Collection[date], first_day: date = DATASET_START) -> list[date]:
    last = _last_day(series, now)
    found = periods(series.grain, max(first_day, series.first_day), last)
    if series.window_days is not None:
        found = [start for start in found if next_period(series.grain, start) - timedelta(days=1) <= last]
    absent = holes_of(series, holes)
    return [period for period in found if period not in absent]


def spans(series: Series, wanted: Mapping[date, Reason], *, now: datetime) -> list[Span]:
    """The fewest requests that cover the wanted periods: none is longer than the source allows.

    Weeks and months are asked for whole, as a block is complete; of the running one there is what has closed. A request can
    wait if all of its periods can: those of the month, and the history of a series that is deferrable.
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
        if groups and not series.takes_request_a_period and (_end(series, period, last) - groups[-1][0]).days < longest:
            groups[-1].append(period)
        else:
            groups.append([period])
    found = []
    for group in groups:
        why = Counter(wanted[period] for period in group)
        new, can_wait = why["new"] + why["history"], why["monthly"] + why["history"] * series.is_deferrable
        end = _end(series, group[-1], last)
        found.append(Span(series, group[0], end, len(group), new, why["monthly"], is_deferrable=can_wait == len(group)))
    return found


def _end(series: Series, period: date, last: date) -> date:
    return min(next_period(series.grain, period) - timedelta(days=1), last)


def most_requests(series: Series, *, now: datetime, first_day: date = DATASET_START, last_day: date | None = None) -> int:
    """The most requests that all history of a series may take: its days / the longest span, rounded up; one for a
    snapshot. Of a series whose periods each take a request, as many as they are.

    ``plan`` and ``backfill`` keep to it until 2031-01-05. From the day after a weekly series takes one more on some days,
    which cannot be avoided: no more than 52 whole weeks, 364 days, go into a request.
    """
    if series.grain == "snapshot":
        return 1
    if series.takes_request_a_period:
        existing = _existing(series, now=now, holes=(), first_day=first_day)
        last = min(last_day or date.max, last_closed_day(now))
        return sum(_end(series, start, date.max) <= last for start in existing) * series.pages
    until = now + timedelta(days=series.has_running_day)
    days = days_of_history(now=until, first_day=max(first_day, series.first_day), last_day=last_day)
    return math.ceil(days / series.endpoint.longest_span_days)


def days_of_history(*, now: datetime, first_day: date = DATASET_START, last_day: date | None = None) -> int:
    """How many days have closed since ``first_day``, up to ``last_day`` if it is given."""
    return max(0, (min(last_day or date.max, last_closed_day(now)) - max(first_day, DATASET_START)).days + 1)


def plan(
    *,
    now: datetime,
    read: Mapping[str, Mapping[date, datetime]],
    holes: Collection[date],
    first_day: date = DATASET_START,
    is_keyed: bool = True,
) -> list[Span]:
    """Every request the next run makes, in the order it makes them; without a key those that need none.

    Within a series the newest periods come first: when the budget ends early, it is the oldest that wait. What can wait
    comes last.
    """
    asked: list[Span] = []
    for series in ASKED:
        if series.needs_key and not is_keyed:
            continue
        known = read.get(series.name, {})
        if series.grain == "snapshot":
            is_due = not series.is_monthly or max(known.values(), default=NEVER) < monthly_reading(now)
            asked += spans(series, {}, now=now) if is_due else []
            continue
        found = spans(series, due(series, now=now, read=known, holes=holes, first_day=first_day), now=now)
        if not known:
            found = _first_reading(found, most_requests(series, now=now, first_day=first_day), now)
        asked += reversed(found)
    return sorted(asked, key=_order)


def _order(span: Span) -> tuple[int, int]:
    """What cannot wait, as it comes; then the monthly reading, exact days first; then history that can wait, the newest of
    all such series first, and that again.
    """
    if not span.is_deferrable:
        return 0, 0
    if not span.series.is_deferrable:
        return (1 if span.series.grain == "day" else 2), 0
    return (4 if span.monthly == span.periods else 3), -(span.start or date.min).toordinal()


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
    read: Mapping[str, Mapping[date, datetime]],
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
        known = read.get(series.name, {})
        if series.grain == "snapshot":
            asked += [] if known else spans(series, {}, now=now)
            continue
        missing = {
            period: why
            for period, why in due(series, now=now, read=known, holes=holes, first_day=first_day).items()
            if why in ("history", "new") and (last_day is None or _end(series, period, date.max) <= last_day)
        }
        found = spans(series, missing, now=now)
        if known:
            found = [span for span in found if span.start and missing[span.start] == "history"]
        else:
            found = _first_reading(found, most_requests(series, now=now, first_day=first_day, last_day=last_day), now)
        asked += reversed(found)
    return sorted(asked, key=_order)


def postponed_of(spans: Sequence[Span], *, room: int | None) -> list[Span]:
    """Those of a plan that a run leaves to a later one, where the day has ``room`` for so many requests before what is kept
    from what can wait; None: without limits. From the first that does not fit on, nothing that can wait is asked for.
    """
    if room is None:
        return []
    for number, span in enumerate(spans):
        room -= span.requests
        if span.is_deferrable and room < 0:
            return list(spans[number:])
    return []


def next_page(request: Request, body: bytes) -> Request | None:
    """The request for the page after this response; None where it was the last page, or no further one is available."""
    return ENDPOINTS[request.path].next_page(request, body)
