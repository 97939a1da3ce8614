"""What is asked for: every period that is missing or due, nothing else, in the fewest requests that the source takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.openrouter.endpoints.apps import AppRankingsRequest
from pipeline.openrouter.endpoints.models import ModelsRequest
from pipeline.openrouter.endpoints.rankings import CATEGORIES
from pipeline.openrouter.endpoints.request import DATASET_START, MAX_SPAN_DAYS
from pipeline.planning import (
    Span,
    backfill,
    due,
    last_closed_day,
    monthly_reading,
    most_requests,
    plan,
    postponed_of,
    spans,
)
from pipeline.series import ASKED, BY_NAME, REQUIRED, SERIES, Series, identify, next_period, period_of, periods
from tests.support import instant

DAY, WEEK, MODELS = BY_NAME["usage_day"], BY_NAME["category_week/programming"], BY_NAME["models/all"]
MONTH = BY_NAME["usage_month"]
HOLES = [date(2025, 6, 15), date(2025, 7, 15)]
SNAPSHOTS = [series for series in ASKED if series.grain == "snapshot"]
APP_WEEKS = [BY_NAME["app_week/popular"], BY_NAME["app_week/popular/coding"]]
MORNING = time(6, 30, tzinfo=UTC)
EACH_GRAIN = pytest.mark.parametrize("series", [DAY, WEEK, MONTH], ids=["day", "week", "month"])


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def asked(span: Span) -> list[date]:
    """The periods that a request for this span reads."""
    assert span.start is not None
    assert span.end is not None
    return periods(span.series.grain, span.start, span.end)


def starts_due(
    series: Series,
    *,
    now: datetime,
    read: Collection[date],
    holes: Collection[date],
    first_day: date = DATASET_START,
) -> list[date]:
    """Starts of all that is due where those periods were read just now."""
    return due(series, now=now, read=dict.fromkeys(read, now), holes=holes, first_day=first_day).periods


def read_until(series: Series, now: datetime, *, gaps: set[date] | None = None) -> dict[date, datetime]:
    """Every period that could be read at ``now``, but for the gaps: read then."""
    every = starts_due(series, now=now, read=(), holes=HOLES)
    return {period: now for period in every if period not in (gaps or set())}


# --- the first run -------------------------------------------------------------------------------------------------


def test_the_first_run_asks_for_everything_in_few_requests() -> None:
    """At the end of November 2026 all of the past takes two requests a series, and one of the second gateway; what has no
    past comes before the rest, and the required series before the optional ones. Weeks of apps come last, each by
    itself, the newest first."""
    everything = plan(now=instant("2026-11-23T06:30"), read={}, holes=HOLES)
    planned = [span for span in everything if span.series not in APP_WEEKS]
    now = instant("2026-11-23T06:30")
    assert len(planned) == sum(most_requests(series, now=now) for series in ASKED if series not in APP_WEEKS)
    weeks = [span for span in everything if span.series in APP_WEEKS]
    assert all(span.is_deferrable for span in everything[len(planned) + len(APP_WEEKS) :])
    for series in APP_WEEKS:
        starts = [span.start for span in weeks if span.series is series]
        assert starts == sorted(periods("week", date(2025, 1, 6), date(2026, 11, 16)), reverse=True)
    dated = next(number for number, span in enumerate(planned) if span.series.grain != "snapshot")
    assert planned[0].series.name == "task_7d"
    required = ["usage_day"] * 2 + ["category_week/programming"] * 2
    assert [span.series.name for span in planned[dated : dated + 4]] == required
    assert {sum(span.series.name == f"category_week/{category}" for span in planned) for category in CATEGORIES} == {2}
    names = [series.name for series in ASKED]
    assert set(names[dated : dated + 2]) == {"usage_day", "category_week/programming"} == REQUIRED
    assert sorted(names[dated + 1 : dated + 13]) == sorted(f"category_week/{category}" for category in CATEGORIES)
    newer, older = (span for span in planned if span.series is DAY)
    assert (older.start, newer.end) == (DATASET_START, date(2026, 11, 22)), "the newest come first"


def test_a_snapshot_is_asked_for_once_a_run() -> None:
    """What has no past takes one request a run, whatever was read; windows of apps end with the last closed day."""
    now = instant("2026-11-23T06:30")
    (span,) = [one for one in plan(now=now, read={MODELS.name: {DATASET_START: now}}, holes=()) if one.series is MODELS]
    assert (span.start, span.end) == (None, None)
    assert span.request() == ModelsRequest("all")
    day = date(2026, 11, 22)
    (apps,) = spans(BY_NAME["app_1d/popular"], [], now=instant("2026-11-23T06:30"))
    assert apps.request() == AppRankingsRequest("popular", start_date=day, end_date=day)
    (apps,) = spans(BY_NAME["app_30d/trending"], [], now=instant("2026-11-23T06:30"))
    assert apps.request() == AppRankingsRequest("trending", start_date=date(2026, 10, 24), end_date=day)


SIX_YEARS = [datetime.combine(date(2025, 1, 2) + timedelta(days=number), MORNING) for number in range(365 * 6 + 7)]


@pytest.mark.parametrize("planned", [plan, backfill], ids=["run", "backfill"])
@pytest.mark.parametrize("series", [WEEK, MONTH, MODELS], ids=["week", "month", "snapshot"])
def test_history_takes_no_request_more_than_its_days(
    series: Series, planned: Callable[..., list[Span]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every day until 2031-01-05: days / 366, rounded up, though weeks and months are whole; one for a snapshot."""
    monkeypatch.setattr("pipeline.planning.ASKED", (series,))
    assert SIX_YEARS[-1] == instant("2031-01-07T06:30")
    over = [now.date() for now in SIX_YEARS if len(planned(now=now, read={}, holes=HOLES)) > most_requests(series, now=now)]
    assert over == ([date(2031, 1, 6)] if series is WEEK else [])


@settings(deadline=None, max_examples=15)
@given(now=st.datetimes(datetime(2025, 1, 2), datetime(2031, 1, 5), timezones=st.just(UTC)))  # noqa: DTZ001
def test_history_of_days_takes_exactly_the_days(now: datetime) -> None:
    """Nothing is lost at the seams of the daily series, and every kind together keeps to what it may take."""
    for planned in (plan, backfill):
        asked_of = Counter(span.series.name for span in planned(now=now, read={}, holes=HOLES))
        most = {series.name: most_requests(series, now=now) for series in ASKED}
        assert all(asked_of[name] <= number for name, number in most.items())
        assert asked_of["usage_day"] == most["usage_day"] == -(-((now.date() - DATASET_START).days) // MAX_SPAN_DAYS)


@EACH_GRAIN
def test_first_reading_leaves_out_no_closed_period(series: Series, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the running period may wait for the next run, where it would cost a request by itself."""
    monkeypatch.setattr("pipeline.planning.ASKED", (series,))
    left_out = set()
    for now in SIX_YEARS[:: 61 if series is DAY else 5] + SIX_YEARS[724:734]:
        found = plan(now=now, read={}, holes=HOLES)
        covered = {period for span in found for period in asked(span)}
        for period in set(starts_due(series, now=now, read=(), holes=HOLES)) - covered:
            assert next_period(series.grain, period) >= now.date()
            left_out.add(now.date())
    assert (date(2027, 1, 3) in left_out) == (series is MONTH)
    assert len(left_out) < 4


def test_the_second_gateway_gives_all_its_days_at_once() -> None:
    """However many they are, the running one with them; from then on the newest 35. It needs no key."""
    labs = BY_NAME["gateway_day/labs"]
    for now, days in (
        (instant("2025-10-01T06:30"), 1),
        (instant("2026-10-07T06:30"), 372),
        (instant("2030-01-01T06:30"), 1554),
    ):
        (span,) = [one for one in plan(now=now, read={}, holes=HOLES, is_keyed=False) if one.series is labs]
        assert (span.series, span.start, span.end, span.periods) == (labs, date(2025, 10, 1), now.date(), days)
        assert most_requests(labs, now=now) == 1
    read = {labs.name: dict.fromkeys(periods("day", date(2025, 10, 1), date(2026, 10, 7)), instant("2026-10-07T06:30"))}
    now = instant("2026-10-08T06:30")
    (span,) = [one for one in plan(now=now, read=read, holes=HOLES, is_keyed=False) if one.series is labs]
    assert (span.start, span.end, span.periods) == (date(2026, 9, 4), date(2026, 10, 8), 35)


# --- backfills -----------------------------------------------------------------------------------------------------


def test_backfill_asks_for_what_was_never_read() -> None:
    """Snapshots that were read stay as they are, gaps are requested, the look-back is the daily run's; so is what closes
    while a backfill waits, until it is older than the look-back."""
    now = instant("2026-11-25T06:30")
    read = {series.name: read_until(series, now) for series in ASKED if series.grain != "snapshot"}
    assert [span.series for span in backfill(now=now, read=read, holes=HOLES)] == SNAPSHOTS
    read |= {series.name: {date(2026, 11, 1): now} for series in SNAPSHOTS}
    for wait in (0, 3):
        assert backfill(now=now + timedelta(days=wait), read=read, holes=HOLES) == []
    assert {span.series.grain for span in backfill(now=now + timedelta(days=4), read=read, holes=HOLES)} == {"day"}
    read["usage_day"] = read_until(DAY, now, gaps={date(2025, 2, 20), date(2026, 11, 24)})
    (gap,) = backfill(now=now, read=read, holes=HOLES)
    assert (gap.series, gap.start, gap.end) == (DAY, date(2025, 2, 20), date(2025, 2, 20))


@EACH_GRAIN
def test_backfill_keeps_to_the_days_named(series: Series) -> None:
    """Periods lie whole between the two days, both included."""
    first, last = date(2026, 3, 4), date(2026, 6, 30)
    spans_ = backfill(now=instant("2026-11-25T06:30"), read={}, holes=HOLES, first_day=first, last_day=last)
    (span,) = [span for span in spans_ if span.series is series]
    assert {"day": (first, last), "week": (date(2026, 3, 9), date(2026, 6, 28)), "month": (date(2026, 4, 1), last)}[
        series.grain
    ] == (span.start, span.end)


# --- later runs ----------------------------------------------------------------------------------------------------


def test_known_holes_are_not_requested() -> None:
    """Days that the source does not have are not missing, and the weeks they lie in are; a hole that nobody decided on is
    requested again (F2, F33)."""
    now = instant("2025-07-18T06:30")
    wanted = starts_due(DAY, now=now, read=(), holes=HOLES)
    assert not set(HOLES) & set(wanted)
    assert wanted[-3:] == [date(2025, 7, 14), date(2025, 7, 16), date(2025, 7, 17)]
    assert {date(2025, 6, 9), date(2025, 7, 14)} <= set(starts_due(WEEK, now=now, read=(), holes=HOLES))
    now = instant("2025-12-01T06:30")
    assert starts_due(DAY, now=now, read=read_until(DAY, now), holes=HOLES[:1])[0] == HOLES[1]


@pytest.mark.parametrize(
    ("first_day", "day", "week"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 2)),
        (date(2026, 3, 3), date(2026, 3, 3), date(2026, 3, 9)),
        (date(2024, 6, 1), DATASET_START, date(2025, 1, 6)),
        (date(1, 1, 1), DATASET_START, date(2025, 1, 6)),
    ],
)
def test_a_start_narrows_what_is_asked_for(first_day: date, day: date, week: date) -> None:
    """Nothing before the day given is asked for, nor before the first day of the source, whatever is given."""
    now = instant("2026-11-25T06:30")
    found = [starts_due(series, now=now, read=(), holes=HOLES, first_day=first_day)[0] for series in (DAY, WEEK)]
    assert found == [day, week]
    for series in (DAY, WEEK, MONTH):
        assert starts_due(series, now=now, read=(), holes=HOLES, first_day=date(2027, 6, 1)) == []
        assert spans(series, [], now=now) == []


# --- everything once a month ---------------------------------------------------------------------------------------


class Runs:
    """Runs of one directory that ask for what is due, as long as the day has ``room`` for what can wait."""

    def __init__(self) -> None:
        self.read: dict[str, dict[date, datetime]] = {}

    def run(self, now: datetime, *, room: int = 200) -> list[Span]:
        planned = plan(now=now, read=self.read, holes=HOLES)
        postponed = postponed_of(planned, room=room)
        made = [span for span in planned if span not in postponed]
        for span in made:
            is_snapshot = span.series.grain == "snapshot"
            self.read.setdefault(span.series.name, {}).update(
                dict.fromkeys([DATASET_START] if is_snapshot else asked(span), now)
            )
        return made


@pytest.mark.parametrize(
    ("now", "due_at"),
    [
        ("2026-11-03T00:00", "2026-11-03"),
        ("2026-11-02T23:59", "2026-10-03"),
        ("2026-12-31T12:00", "2026-12-03"),
        ("2027-01-01T00:00", "2026-12-03"),
        ("2028-03-01T06:30", "2028-02-03"),
    ],
)
def test_everything_is_due_on_one_day_a_month(now: str, due_at: str) -> None:
    """On the third, from midnight UTC, wherever the machine is: the month before ended 48 h ago."""
    at = instant(now)
    assert monthly_reading(at) == instant(f"{due_at}T00:00")
    assert monthly_reading(at.astimezone(timezone(timedelta(hours=-11)))) == instant(f"{due_at}T00:00")


@settings(deadline=None, max_examples=10)
@given(
    day=st.integers(0, 364),
    minute=st.integers(0, 1439),
    after=st.integers(0, 1439),
    age=st.integers(4, 300),
)
def test_old_day_is_read_again_within_31_days(day: int, minute: int, after: int, age: int) -> None:
    """Whenever it is restated, and at whatever time of day the run is: the worst are months of 31 days."""
    first = instant("2026-10-20T00:00") + timedelta(days=day, minutes=minute)
    restated = first + timedelta(minutes=after)
    period = (restated - timedelta(days=age)).date()
    read: dict[date, datetime] = {}
    for number in range(40):
        now = first + timedelta(days=number)
        # No more than this day of the past, which is as any other.
        wanted = due(DAY, now=now, read=read, holes=HOLES, first_day=period)
        read |= dict.fromkeys([one for one in wanted.periods if (now.date() - one).days <= 4 or one == period], now)
        read |= dict.fromkeys(wanted.new, now)
        if now > restated and read[period] == now:
            break
    assert now - restated <= timedelta(days=31)


def test_31_days_are_the_longest_that_it_takes() -> None:
    """Restated in the minute after a month's reading: in a month of 31 days the next one is 31 days later, to the minute."""
    run, old = instant("2026-12-03T06:30"), date(2026, 5, 16)
    read = dict.fromkeys(starts_due(DAY, now=run, read=(), holes=HOLES), run)
    found = [
        number
        for number in range(1, 32)
        if old in due(DAY, now=run + timedelta(days=number), read=read, holes=HOLES).monthly
    ]
    assert found == [31]


@EACH_GRAIN
def test_machine_that_was_off_reads_again_once(series: Series) -> None:
    """Months without a run: everything is due at once in the fewest requests, and after that the look-back alone."""
    now = instant("2027-02-20T06:30")
    read = read_until(series, instant("2026-09-10T06:30"))
    wanted = due(series, now=now, read=read, holes=HOLES)
    assert wanted.periods == starts_due(series, now=now, read=(), holes=HOLES)
    assert len(spans(series, wanted.periods, now=now)) == most_requests(series, now=now)
    read |= dict.fromkeys(wanted.periods, now)
    again = due(series, now=now + timedelta(minutes=1), read=read, holes=HOLES)
    assert (again.new, again.monthly) == (frozenset(), frozenset())
    assert again.periods == wanted.periods[-series.look_back :]


@pytest.mark.parametrize("at", [time(0, 45, tzinfo=UTC), MORNING, time(23, 59, tzinfo=UTC)], ids=str)
@EACH_GRAIN
def test_every_period_is_read_48_h_after_its_end(series: Series, at: time) -> None:
    """At whatever time of day the run is, also where runs were missed: each period becomes final by the look-back."""
    read: dict[date, datetime] = {}
    for number in range(24):
        now = datetime.combine(date(2026, 11, 5) + timedelta(days=number), at)
        if number in (7, 8, 9, 10, 11):
            continue
        read |= dict.fromkeys(due(series, now=now, read=read, holes=HOLES).periods, now)
    ends = {period: datetime.combine(next_period(series.grain, period), time(tzinfo=UTC)) for period in read}
    open_ = [period for period, end in ends.items() if read[period] < end + timedelta(hours=48)]
    assert open_ == [period for period, end in ends.items() if now < end + timedelta(hours=48)]


def test_requests_of_a_normal_day_and_of_the_monthly_one() -> None:
    """At least 300 of 500 requests are to spare on both, with all that is asked for."""
    runs = Runs()
    runs.run(instant("2026-11-10T06:30"), room=10_000)
    normal = runs.run(instant("2026-11-11T06:30"))
    assert sum(span.requests for span in normal) <= 200
    assert not any(span.monthly or span.is_deferrable or span.new > 1 or span.series.is_monthly for span in normal)
    for number in range(12, 33):
        runs.run(instant("2026-11-01T06:30") + timedelta(days=number - 1))
    on_the_day = plan(now=instant("2026-12-03T06:30"), read=runs.read, holes=HOLES)
    dated = [series for series in ASKED if series.grain != "snapshot" and not series.is_deferrable]
    for series in dated:
        mine = [span for span in on_the_day if span.series is series]
        assert len(mine) <= most_requests(series, now=instant("2026-12-03T06:30")), "look-back and month share requests"
        every = starts_due(series, now=instant("2026-12-03T06:30"), read=(), holes=HOLES)
        assert sum(span.periods for span in mine) == len(every)
    made = runs.run(instant("2026-12-03T06:30"))
    assert sum(span.requests for span in made) <= 200
    waiting = [span for span in on_the_day if span.is_deferrable]
    assert [span.series for span in waiting[:1]] == [DAY]
    assert on_the_day[-len(waiting) :] == waiting, "what can wait comes last"
    grains = [span.series.grain for span in waiting if not span.series.is_deferrable]
    assert grains == sorted(grains, key=lambda grain: grain != "day"), "exact days first"


def test_postponed_requests_are_made_by_the_next_run() -> None:
    """What can wait waits from the first request on for which the day has no room, and nothing is asked twice."""
    runs = Runs()
    runs.run(instant("2026-11-10T06:30"), room=10_000)
    on_the_day = instant("2026-12-03T06:30")
    planned = plan(now=on_the_day, read=runs.read, holes=HOLES)
    must = sum(span.requests for span in planned if not span.is_deferrable)
    can_wait = [span for span in planned if span.is_deferrable]
    first = runs.run(on_the_day, room=must + 3)
    assert [span for span in first if span.is_deferrable] == can_wait[:3]
    later = [span for number in range(1, 5) for span in runs.run(on_the_day + timedelta(days=number)) if span.is_deferrable]
    assert [span.question for span in later] == [span.question for span in can_wait[3:]]
    assert not any(span.monthly for span in runs.run(on_the_day + timedelta(days=5)))
    assert postponed_of(planned, room=None) == []
    assert postponed_of(planned, room=0) == can_wait


def test_history_that_can_wait_comes_last_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a series whose history can wait the look-back cannot, and no week is read again before all were read."""
    apps = replace(WEEK, name="apps", is_deferrable=True, periods_a_request=1, look_back=1, pages=2)
    monkeypatch.setattr("pipeline.planning.ASKED", (apps, DAY))
    now = instant("2026-12-03T06:30")
    days_read = read_until(DAY, instant("2026-12-02T06:30"))
    weeks_read = {date(2026, 1, 5): instant("2026-11-20T06:30")}
    found = plan(now=now, read={DAY.name: days_read, "apps": weeks_read}, holes=HOLES)
    assert [(span.series, span.start) for span in found[:2]] == [(apps, date(2026, 11, 30)), (DAY, date(2026, 1, 2))]
    assert [span.series for span in found if span.is_deferrable][:2] == [DAY, apps]
    weeks = [span.start for span in found[3:] if span.start]
    assert weeks == [*sorted(weeks[:-1], reverse=True), date(2026, 1, 5)]
    assert len(weeks) == 99
    assert {span.requests for span in found if span.series is apps} == {2}
    (*_, oldest) = backfill(now=now, read={DAY.name: days_read, "apps": weeks_read}, holes=HOLES)
    assert oldest.start == date(2025, 1, 6)


def test_snapshot_of_once_a_month_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the third or with the next run after it, and on the first run."""
    monthly = replace(MODELS, is_monthly=True)
    monkeypatch.setattr("pipeline.planning.ASKED", (monthly,))
    runs = Runs()
    mornings = [instant("2026-10-30T06:30") + timedelta(days=number) for number in range(70) if not 30 < number < 40]
    made = [now.date() for now in mornings if runs.run(now)]
    assert made == [date(2026, 10, 30), date(2026, 11, 3), date(2026, 12, 9), date(2027, 1, 3)]


# --- edges of the calendar -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "newest_day", "newest_week"),
    [
        ("2026-11-23T00:00", "2026-11-22", "2026-11-16"),
        ("2026-11-23T23:59", "2026-11-22", "2026-11-16"),
        ("2026-11-24T00:00", "2026-11-23", "2026-11-23"),
        ("2026-11-29T23:59", "2026-11-28", "2026-11-23"),
        ("2026-01-01T00:00", "2025-12-31", "2025-12-29"),
        ("2027-01-01T00:01", "2026-12-31", "2026-12-28"),
        ("2028-02-29T12:00", "2028-02-28", "2028-02-28"),
        ("2028-03-01T00:00", "2028-02-29", "2028-02-28"),
    ],
)
def test_only_days_that_have_ended_are_asked_for(now: str, newest_day: str, newest_week: str) -> None:
    """A day counts from the midnight that ends it, a week once one of its days has: on a Monday the running one has none."""
    at = instant(now)
    (*_, day), (*_, week) = (starts_due(series, now=at, read=(), holes=HOLES) for series in (DAY, WEEK))
    assert (day.isoformat(), week.isoformat()) == (newest_day, newest_week)
    for series, wanted in ((DAY, day), (WEEK, week)):
        (span,) = spans(series, [wanted], now=at)
        assert span.start == wanted
        assert span.end is not None
        assert span.end < at.date()


def test_days_are_utc_days_the_leap_day_included() -> None:
    """Wherever the machine is (F10); and the year around a leap day takes one request of 366 days."""
    now = datetime(2026, 11, 24, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert starts_due(DAY, now=now, read=(), holes=())[-1] == last_closed_day(now) == date(2026, 11, 22)
    now = instant("2029-01-01T06:30")
    (span,) = spans(DAY, starts_due(DAY, now=now, read=(), holes=(), first_day=date(2028, 1, 1)), now=now)
    assert (span.start, span.end, span.periods) == (date(2028, 1, 1), date(2028, 12, 31), 366)


@pytest.mark.parametrize("now", ["2025-01-01T12:00", "2024-12-01T12:00"])
def test_before_the_source_began_only_snapshots_are_due(now: str) -> None:
    """A clock that is years behind asks for nothing that cannot be answered."""
    found = [span.series for span in plan(now=instant(now), read={}, holes=HOLES)]
    assert found == [series for series in SNAPSHOTS if series.window_days is None]


def test_periods_begin_within_the_days_given() -> None:
    """Weeks are their Mondays, and an empty span has none."""
    assert periods("week", date(2026, 1, 6), date(2026, 1, 19)) == [date(2026, 1, 12), date(2026, 1, 19)]
    assert periods("day", date(2026, 1, 2), date(2026, 1, 1)) == []
    assert periods("week", date(2026, 1, 6), date(2026, 1, 11)) == []
    ends = [next_period(grain, date(2028, 2, 1)) for grain in ("day", "week", "month")]
    assert ends == [date(2028, 2, 2), date(2028, 2, 8), date(2028, 3, 1)]


instants = st.datetimes(min_value=datetime(2024, 12, 1), max_value=datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@EACH_GRAIN
@settings(deadline=None, max_examples=60)
@given(now=instants, rhythm=st.integers(1, 400), first=st.dates(date(2024, 1, 1), date(2031, 1, 1)))
def test_what_is_wanted_is_asked_for_and_can_be_asked(series: Series, now: datetime, rhythm: int, first: date) -> None:
    """Whatever was read: each wanted period lies in a span, no span is too long, overlaps another or leaves the source."""
    every = starts_due(series, now=now, read=(), holes=HOLES)
    read = [period for period in every if period.toordinal() % rhythm]
    wanted = starts_due(series, now=now, read=read, holes=HOLES, first_day=first)
    found = spans(series, wanted, now=now)
    for span in found:
        request = span.request()
        assert request.params()["period"] == series.grain
        assert span.start is not None
        assert span.end is not None
        assert DATASET_START <= span.start <= span.end <= last_closed_day(now)
        assert (span.end - span.start).days + 1 <= MAX_SPAN_DAYS
        assert series.grain == "day" or span.start == period_of(series.grain, span.start)
    covered = [period for span in found for period in asked(span)]
    assert set(wanted) <= set(covered)
    assert len(covered) == len(set(covered))
    assert sum(span.periods for span in found) == len(wanted)
    missing = {period for period in every if period >= first} - set(read)
    assert missing <= set(wanted)
    # Nothing is requested without end: what was read is due again within the look-back alone.
    wanted = starts_due(series, now=now, read=(), holes=HOLES, first_day=first)
    again = starts_due(series, now=now, read=wanted, holes=HOLES, first_day=first)
    assert again == wanted[-series.look_back :]
    assert len(spans(series, again, now=now)) <= 1


# --- names ---------------------------------------------------------------------------------------------------------

RANKINGS, APPS = "/datasets/rankings-daily", "/datasets/app-rankings"


@pytest.mark.parametrize("series", SERIES, ids=lambda series: series.name)
def test_a_request_is_recognised_as_its_series(series: Series) -> None:
    """What a series asks for is identified as that series, in whatever order its parameters stand."""
    now = instant("2026-01-12T06:30")
    (span,) = spans(series, [period_of(series.grain, date(2026, 1, 5))], now=now)
    request = span.request()
    params = request.params()
    assert identify(request.path, params) == series.name
    assert identify(request.path, dict(reversed(params.items()))) == series.name


@pytest.mark.parametrize(
    ("path", "params", "name"),
    [
        (RANKINGS, {}, "usage_day"),
        (RANKINGS, {"period": "day"}, "usage_day"),
        (RANKINGS, {"start_date": "2026-01-01"}, "usage_day"),
        (RANKINGS, {"period": "day", "limit": "100", "offset": "100"}, "usage_day"),
        (RANKINGS, {"category": "programming"}, "category_week/programming"),
        (RANKINGS, {"category": "marketing/seo", "period": "week"}, "category_week/marketing/seo"),
        (RANKINGS, {"category": "programming", "period": "month"}, None),
        (RANKINGS, {"category": "programming", "period": "day"}, None),
        (RANKINGS, {"category": "cooking"}, None),
        (RANKINGS, {"category": "programming", "language_type": "natural"}, None),
        (RANKINGS, {"period": "week"}, "usage_week"),
        (RANKINGS, {"period": "month"}, "usage_month"),
        (RANKINGS, {"language_type": "programming"}, "language_week/programming"),
        (RANKINGS, {"modality": "text"}, "modality_day/text"),
        (RANKINGS, {"period": "day", "context_bucket": "1M"}, "context_day/1M"),
        ("/models", {}, "models"),
        ("/models", {"output_modalities": "all"}, "models/all"),
        ("/models", {"output_modalities": "text"}, None),
        ("/classifications/task", {"window": "7d"}, "task_7d"),
        ("/classifications/task", {}, "task_7d"),
        ("/classifications/task", {"window": "30d"}, None),
        ("/datasets/session-cost", {"limit": "500", "offset": "500"}, "session_cost"),
        ("/datasets/session-cost", {"turn_range": "1-turn"}, None),
        ("/benchmarks", {"source": "artificial-analysis"}, "benchmarks/artificial-analysis"),
        ("/benchmarks", {}, None),
        (APPS, {}, "app_30d/popular"),
        (APPS, {"sort": "popular", "limit": "20"}, "app_30d/popular"),
        (APPS, {"sort": "trending"}, "app_30d/trending"),
        (APPS, {"category": "coding"}, "app_30d/popular/coding"),
        (APPS, {"category": "coding", "subcategory": "cli-agent"}, None),
        (APPS, {"start_date": "2026-07-01", "end_date": "2026-07-30"}, "app_30d/popular"),
        (APPS, {"start_date": "2026-07-30", "end_date": "2026-07-30"}, "app_1d/popular"),
        (APPS, {"start_date": "2026-07-01", "end_date": "2026-07-07"}, None),
        (APPS, {"start_date": "2026-07-01"}, None),
        (APPS, {"start_date": "a day", "end_date": "2026-07-30"}, None),
        (RANKINGS, {"period": "day", "provider": "x"}, None),  # a filter that the registry does not know
        ("/datasets/rankings-daily/", {}, None),
        ("", {}, None),
    ],
)
def test_a_question_is_told_from_its_neighbours(path: str, params: dict[str, str], name: str | None) -> None:
    """Dates and paging change no question, a period left out has the source's default, other questions are no series."""
    assert identify(path, params) == name


def test_names_are_encoded_once() -> None:
    """A category with a slash makes no folder of its own, and no two series share a name in files."""
    assert BY_NAME["category_week/marketing/seo"].slug == "category_week/marketing__seo"
    assert (DAY.slug, WEEK.slug) == ("usage_day", "category_week/programming")
    assert len({series.slug for series in SERIES}) == len(SERIES) == len(BY_NAME)


def test_a_series_with_periods_is_not_requested_without_dates() -> None:
    with pytest.raises(ValueError, match="span of days"):
        DAY.request()
