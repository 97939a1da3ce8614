"""From landing to raw: what is believed is stored once, what is not replaces nothing and is told."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.load import loading
from pipeline.load.report import ROW_CHANGES, is_error
from pipeline.load.validation.expectations import BY_NAME
from pipeline.openrouter.client import Exchange
from tests.pipeline.load.conftest import Warehouse
from tests.support import (
    Row,
    apps_body,
    benchmarks_body,
    block_rows,
    exchange,
    instant,
    land_blocks,
    models_body,
    rankings_body,
    session_costs_body,
    tasks_body,
)

pytestmark = pytest.mark.made_up_levels

AT, LATER, LATEST = instant("2026-01-05T06:30"), instant("2026-01-06T06:30"), instant("2026-01-07T06:30")
FIRST, SECOND, THIRD = date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)
MONDAY, SUNDAY = date(2025, 12, 29), date(2026, 1, 4)
PROGRAMMING = "category_week/programming"


def answer(
    blocks: dict[date, list[Row]], *, at: datetime = AT, meta: dict[str, str] | None = None, **changes: Any
) -> Exchange:
    """Days of usage_day, asked for from the first to the last of them. ``meta`` changes what the source says of them."""
    start, end = min(blocks), max(blocks)
    body = rankings_body(blocks, as_of=at, start=start, end=end)
    body["meta"] |= meta or {}
    params = {"period": "day", "start_date": str(start), "end_date": str(end)}
    return exchange(body, params, at=at, **changes)


def odd(rows: list[Row]) -> list[Row]:
    """The block with one row below zero: it is refused."""
    return [*rows[:-2], ("author-1/negative", -1), rows[-1]]


def catalogue(at: datetime = AT, *, count: int = 60, prompt: str = "0.000001") -> Exchange:
    return exchange(models_body(count, prompt=prompt), {}, at=at, path="/models")


def cells(
    numbers: Iterable[int],
    *,
    offset: int = 0,
    limit: int = 3,
    at: datetime = AT,
    end: date | None = SUNDAY,
    **changes: Any,
) -> Exchange:
    """A page of session costs, read some seconds after the pages before it."""
    body = session_costs_body(numbers, as_of=at, end=end)
    params = {"limit": str(limit), "offset": str(offset)}
    return exchange(body, params, at=at + timedelta(seconds=offset), path="/datasets/session-cost", **changes)


def pages(count: int, *, limit: int = 3, **changes: Any) -> list[Exchange]:
    """The pages that hold so many cells, to the first one that is not full."""
    return [
        cells(range(offset, min(offset + limit, count)), offset=offset, limit=limit, **changes)
        for offset in range(0, count + 1, limit)
    ]


def tasks(at: datetime = AT, day: date = SUNDAY) -> Exchange:
    return exchange(tasks_body(day), {"window": "7d"}, at=at, path="/classifications/task")


def benchmarks(at: datetime = AT) -> Exchange:
    return exchange(benchmarks_body(as_of=at), {"source": "artificial-analysis"}, at=at, path="/benchmarks")


def apps(at: datetime = AT, *, spelt: str = "App") -> Exchange:
    body = apps_body(as_of=at, start=SUNDAY - timedelta(days=29), end=SUNDAY, spelt=spelt)
    return exchange(body, {"sort": "popular", "limit": "100", "offset": "0"}, at=at, path="/datasets/app-rankings")


def labs(at: datetime = AT) -> Exchange:
    """A day of the second gateway, on which one lab has everything."""
    row = {"date": "2026-01-04", "group": "labs", "name": "minimax", "modality": "all", "share_percent": 100}
    body = {
        **{"dataset": "labs", "modality": "all", "from": "2026-01-04", "to": "2026-01-04"},
        **{"earliest_available_date": "2025-10-01", "license": "CC-BY-4.0", "license_url": "https://creativecommons.org"},
        "rows": [{**row, "metric": metric} for metric in ("requests", "tokens", "spend")],
    }
    params = {"dataset": "labs", "modality": "all", "format": "json", "from": "2026-01-04", "to": "2026-01-04"}
    return exchange(body, params, at=at, path="/api/ai/leaderboard-export")


def document(at: datetime = AT) -> Exchange:
    """An OpenAPI document of one endpoint."""
    schema = {"type": "object", "properties": {"data": {"type": "array"}}}
    answered = {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}
    body = {"openapi": "3.1.0", "info": {"title": "an API"}, "paths": {"/datasets/rankings-daily": {"get": answered}}}
    return exchange(body, {}, at=at, path="/openapi.json")


def verdicts(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows("select series, outcome, reason from raw.exchanges order by retrieved_at, outcome")


# --- what is loaded ------------------------------------------------------------------------------------------------


def test_a_block_is_stored_as_the_source_gave_it(warehouse: Warehouse) -> None:
    """Every row of a believed block stands in raw under the source's names, digits kept past 2^53."""
    rows: list[Row] = [("author-1/largest:free", 2**53 + 1), *block_rows()]
    report = warehouse.load(answer({FIRST: rows}))
    assert report.verdicts == {"loaded": 1}
    assert warehouse.readings() == [(FIRST, AT)]
    stored = warehouse.rows("select model_permaslug, total_tokens from raw.block_rows where period_start = '2026-01-01'")
    assert sorted(stored) == sorted(rows)


def test_loading_twice_adds_nothing(warehouse: Warehouse) -> None:
    """What is known is not read again."""
    land_blocks(warehouse.landing, {FIRST: block_rows(), SECOND: block_rows()}, at=AT)
    assert warehouse.load(catalogue()).exchanges == 2
    before = warehouse.raw()
    again = warehouse.load()
    assert (again.exchanges, again.verdicts, again.changes, set(again.rows_added.values())) == (0, {}, [], set())
    assert warehouse.raw() == before


def test_the_order_of_rows_is_no_part_of_a_block(warehouse: Warehouse) -> None:
    """Equal figures listed in another order are the same content."""
    tied: list[Row] = [("author-1/a", 20_000), ("author-2/b", 20_000)]
    land_blocks(warehouse.landing, {FIRST: [*tied, *block_rows()]}, at=AT)
    land_blocks(warehouse.landing, {FIRST: [*reversed(tied), *block_rows()]}, at=LATER)
    warehouse.load()
    assert warehouse.rows("select count(distinct block_hash) from raw.readings") == [(1,)]


def test_two_requests_that_overlap_give_one_reading(warehouse: Warehouse) -> None:
    """The same block at the same instant in two responses stands in raw for each, and counts once in core."""
    land_blocks(warehouse.landing, {FIRST: block_rows(), SECOND: block_rows()}, at=AT)
    land_blocks(warehouse.landing, {SECOND: block_rows()}, at=AT)
    warehouse.load(build=["core.readings"])
    assert warehouse.readings() == [(FIRST, AT), (SECOND, AT), (SECOND, AT)]
    assert warehouse.rows("select period_start from core.readings order by all") == [(FIRST,), (SECOND,)]


def test_the_order_of_loading_does_not_matter(tmp_path: Path) -> None:
    """Whatever the order in which responses arrive and are loaded, raw is the same to the row."""
    exchanges = [
        *(
            answer({FIRST: block_rows(largest=10_000 + n // 2), SECOND: block_rows()}, at=AT + timedelta(days=n))
            for n in range(5)
        ),
        answer({FIRST: block_rows(), SECOND: odd(block_rows())}, at=AT + timedelta(hours=1)),
        *(answer({day: block_rows() for day in days}, at=AT + timedelta(hours=2)) for days in ([FIRST, SECOND], [SECOND])),
        answer({THIRD: block_rows()}, at=AT, status=500),
        answer({THIRD: block_rows()}, at=AT, meta={"version": "v2"}),
        exchange({}, {"source": "design-arena"}, at=AT, path="/benchmarks"),
        *(catalogue(AT + timedelta(days=n), prompt=f"0.00000{1 + n % 2}") for n in range(3)),
        *(cells(range(n), at=at) for n, at in ((1, AT), (2, LATER), (0, LATEST))),
        *(tasks(at, at.date()) for at in (AT, LATER)),
        *(apps(at, spelt=name) for name, at in (("App", AT), ("app", LATER), ("App", LATEST))),
        *(each(at) for each in (benchmarks, labs, document) for at in (AT, LATER)),
    ]
    one, other = Warehouse(tmp_path / "one"), Warehouse(tmp_path / "other")
    one.load(*exchanges)
    random.Random(5).shuffle(exchanges)  # noqa: S311
    for part in (exchanges[:6], exchanges[6:15], exchanges[15:]):
        other.load(*part)
    assert one.raw() == other.raw()
    assert {len(rows) > 0 for rows in one.raw().values()} == {True}


def test_landing_in_pieces_is_the_same_as_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many exchanges are loaded at once changes nothing."""
    one, other = Warehouse(tmp_path / "one"), Warehouse(tmp_path / "other")
    for warehouse in (one, other):
        for day in range(3):
            land_blocks(warehouse.landing, {FIRST: block_rows(), SECOND: block_rows()}, at=AT + timedelta(days=day))
    one.load()
    monkeypatch.setattr(loading, "BYTES_AT_ONCE", 1)
    seen: list[tuple[int, int]] = []
    with other.open() as con:
        loading.load(con, other.landing, run_id="run 1", on_progress=lambda done, total: seen.append((done, total)))
    assert one.raw() == other.raw()
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


# --- snapshots -----------------------------------------------------------------------------------------------------

SNAPSHOTS: dict[str, tuple[Callable[[datetime], Exchange], str, int, date]] = {
    "models/all": (
        lambda at: exchange(json.loads(catalogue(at).body), {"output_modalities": "all"}, at=at, path="/models"),
        "catalogue_rows",
        60,
        date(2025, 1, 1),
    ),
    "task_7d": (tasks, "task_rows", 2 + 20 + 60, SUNDAY),
    "session_cost": (lambda at: cells(range(2), at=at), "session_cost_rows", 2, SUNDAY),
    "benchmarks/artificial-analysis": (benchmarks, "benchmark_rows", 10, date(2025, 1, 1)),
    "app_30d/popular": (apps, "app_rows", 12, SUNDAY),
}


@pytest.mark.parametrize("series", SNAPSHOTS)
def test_a_snapshot_read_again_is_stored_once(warehouse: Warehouse, series: str) -> None:
    """The same content adds a reading and no rows; it is filed under its window's last day, or under one day for all."""
    read, table, rows, period_start = SNAPSHOTS[series]
    for at in (AT, LATER, LATEST):
        report = warehouse.load(read(at))
        assert (report.verdicts, report.unresolved) == ({"loaded": 1}, [])
        assert report.rows_added[table] == (rows if at == AT else 0)
    assert warehouse.readings(series) == [(period_start, at) for at in (AT, LATER, LATEST)]
    assert warehouse.rows("select count(distinct block_hash) from raw.readings") == [(1,)]
    assert warehouse.rows(f"select count(*) from raw.{table}") == [(rows,)]  # noqa: S608 (a name of this very file)


def test_a_refused_window_waits_for_the_next_one(warehouse: Warehouse) -> None:
    """A snapshot is not asked for again, whatever its window: a later reading ends the warning, an earlier one does not."""

    def app_day(day: date, at: datetime, count: int = 12) -> Exchange:
        asked = {"sort": "popular", "start_date": str(day), "end_date": str(day), "limit": "100", "offset": "0"}
        body = apps_body(count, as_of=at, start=day, end=day)
        return exchange(body, asked, at=at, path="/datasets/app-rankings")

    report = warehouse.load(app_day(AT.date() - timedelta(days=1), AT), app_day(AT.date(), LATER, count=0))
    assert [one["series"] for one in report.unresolved] == ["app_1d/popular"]
    assert warehouse.load(app_day(LATER.date(), LATEST)).unresolved == []


# --- answers in pages ----------------------------------------------------------------------------------------------


def stored_cells(warehouse: Warehouse) -> list[tuple[date, datetime, int]]:
    """Period, instant and number of cells of each reading of session costs."""
    return warehouse.rows("""
        select period_start, retrieved_at, count(*)::integer
        from raw.readings
        join raw.session_cost_rows using (block_hash)
        where series = 'session_cost'
        group by all
        order by retrieved_at
    """)


def seconds(count: int, at: datetime = AT) -> datetime:
    return at + timedelta(seconds=count)


@pytest.mark.parametrize("at_once", [1, 10**6], ids=["one by one", "together"])
@pytest.mark.parametrize(
    ("count", "last"),
    [(2, 0), (3, 3), (4, 3), (6, 6), (8, 6)],
    ids=["one page", "a full page and an empty one", "two pages", "full pages and an empty one", "three pages"],
)
def test_pages_make_one_block(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, at_once: int, count: int, last: int
) -> None:
    """All cells of an answer are one reading, taken with its last page, wherever chunks of exchanges end (F32)."""
    monkeypatch.setattr(loading, "BYTES_AT_ONCE", at_once)
    between = [catalogue(seconds(1)), answer({FIRST: block_rows()}, at=seconds(4)), tasks(seconds(5))]
    report = warehouse.load(*pages(count), *between)
    assert report.verdicts == {"loaded": len(between) + last // 3 + 1}
    assert stored_cells(warehouse) == [(SUNDAY, seconds(last), count)]
    told = "select retrieved_at, rows_read, reason from raw.exchanges where series = 'session_cost' order by retrieved_at"
    *first_pages, (_, _, reason) = warehouse.rows(told)
    assert reason is None
    assert [(at, rows) for at, rows, _ in first_pages] == [(seconds(n), 3) for n in range(0, last, 3)]
    assert all(reason.startswith("a page of ") for _, _, reason in first_pages)


def test_the_empty_page_after_the_last_cell_may_name_no_window(warehouse: Warehouse) -> None:
    """The window is that of the pages that have cells."""
    assert warehouse.load(*pages(6)[:-1], cells([], offset=6, end=None)).verdicts == {"loaded": 3}
    assert stored_cells(warehouse) == [(SUNDAY, seconds(6), 6)]


def test_pages_of_days_are_not_mixed(warehouse: Warehouse) -> None:
    """Each day's pages are a reading of their own, also where a day before broke off: that one is refused alone."""
    report = warehouse.load(*pages(4), *pages(7, at=LATER)[:-1], *pages(5, at=LATEST))
    assert stored_cells(warehouse) == [(SUNDAY, seconds(3), 4), (SUNDAY, seconds(3, LATEST), 5)]
    assert report.verdicts == {"loaded": 4, "refused": 2}
    assert report.unresolved == [], "the next day made it good"


def test_pages_are_one_content_however_they_are_cut(warehouse: Warehouse) -> None:
    """Asked in smaller pages, the same cells are the same block."""
    report = warehouse.load(*pages(7), *pages(7, limit=5, at=LATER))
    assert warehouse.rows("select count(*), count(distinct block_hash) from raw.readings") == [(2, 1)]
    assert report.rows_added["session_cost_rows"] == 7


UNWHOLE: dict[str, tuple[list[Exchange], str]] = {
    "no first page": (pages(7, at=LATER)[1:], "no_page_is_missing"),
    "no last page": (pages(7, at=LATER)[:-1], "no_page_is_missing"),
    "a page that is missing between": ([pages(7, at=LATER)[0], pages(7, at=LATER)[2]], "no_page_is_missing"),
    "more cells than the source gives out": (
        [cells(range(n, n + 2500), offset=n, limit=2500, at=LATER) for n in (0, 2500, 5000)],
        "no_page_is_missing",
    ),
    "pages of different windows": (
        [*pages(7, at=LATER)[:-1], cells([6], offset=6, at=LATER, end=SUNDAY + timedelta(days=7))],
        "different windows",
    ),
    "a page that overlaps another": ([*pages(7, at=LATER)[:-1], cells([5], offset=6, at=LATER)], "session_cost_once"),
    "a page that is no page": (
        [
            *pages(7, at=LATER)[:-1],
            exchange(b"<html>", {"limit": "3", "offset": "6"}, at=seconds(6, LATER), path="/datasets/session-cost"),
        ],
        "web page",
    ),
    "a page of a length that is not a number": (
        [exchange(json.loads(cells([1]).body), {"limit": "all"}, at=LATER, path="/datasets/session-cost")],
        "no_page_is_missing",
    ),
    "no cells at all": ([cells([], at=LATER)], "answer_has_enough_rows"),
}


@pytest.mark.parametrize(("spoilt", "reason"), UNWHOLE.values(), ids=UNWHOLE.keys())
def test_pages_that_are_not_the_whole_answer_are_refused(warehouse: Warehouse, spoilt: list[Exchange], reason: str) -> None:
    """Nothing of them is loaded, the tables stay as they were, and the reason is told; the run goes on (F8, F32)."""
    warehouse.load(*pages(4))
    before = warehouse.raw()
    report = warehouse.load(*spoilt)
    assert report.verdicts == {"refused": len(spoilt)}
    after = warehouse.raw()
    assert {name for name in after if after[name] != before[name]} == {"exchanges", "quarantine"}
    assert {refusal["series"] for refusal in report.unresolved} == {"session_cost"}
    assert any(reason in refusal["reason"] for refusal in report.unresolved)
    assert not any(is_error(outcome, report) for outcome in report.outcomes.values())


@pytest.mark.parametrize(
    "odd",
    [
        {"status": 500},
        {"status": 429},
        {"is_truncated": True},
    ],
    ids=["server error", "too many requests", "broken off"],
)
def test_a_page_that_was_asked_for_again_does_no_harm(warehouse: Warehouse, odd: dict[str, Any]) -> None:
    """What was answered badly and then well is one answer: a snapshot that cannot be had later is not lost to a retry."""
    for page in pages(7):
        warehouse.landing.append(replace(page, **odd, retrieved_at=page.retrieved_at - timedelta(milliseconds=500)))
        warehouse.landing.append(page)
    report = warehouse.load()
    assert stored_cells(warehouse) == [(SUNDAY, seconds(6), 7)]
    assert report.verdicts["loaded"] == 3
    assert report.unresolved == []


# --- a database of another version ---------------------------------------------------------------------------------


def test_a_database_of_this_version_is_kept(warehouse: Warehouse) -> None:
    """A new one, a filled one and one with questions that nobody knows: none is built anew for nothing."""
    assert not warehouse.is_of_another_version()
    warehouse.load(
        answer({FIRST: block_rows()}),
        exchange({}, {"period": "month", "category": "legal"}, at=AT),
        answer({THIRD: block_rows()}, status=500),
    )
    assert not warehouse.is_of_another_version()


@pytest.mark.parametrize(
    "statement",
    [
        "alter table raw.readings drop column source_citation",
        "alter table raw.readings add column novel varchar",
        "alter table raw.catalogue_rows rename column block_hash to period_start",
        "alter table raw.app_rows alter column total_tokens type double",
        "alter table ops.loads drop column restated_periods",
    ],
)
def test_a_table_of_another_shape_is_noticed(warehouse: Warehouse, statement: str) -> None:
    """A column that is gone, new, renamed or of another type: what is appended to would not fit (F35)."""
    warehouse.load(answer({FIRST: block_rows()}))
    with warehouse.open() as con:
        con.execute(statement)
    assert warehouse.is_of_another_version()


def test_an_answer_that_was_not_understood_before_is_noticed(warehouse: Warehouse) -> None:
    """What an older version kept unread, because no series asked it, is read by the one that knows it."""
    warehouse.load(tasks())
    assert not warehouse.is_of_another_version()
    with warehouse.open() as con:
        con.execute("update raw.exchanges set series = null, outcome = 'unknown series'")
    assert warehouse.is_of_another_version()


# --- what is refused -----------------------------------------------------------------------------------------------


def test_a_refused_block_leaves_the_others_of_its_answer(warehouse: Warehouse) -> None:
    """One bad block is quarantined by name; the blocks around it are loaded."""
    landed = warehouse.landing.append(answer({FIRST: block_rows(), SECOND: odd(block_rows()), THIRD: block_rows()}))
    report = warehouse.load()
    assert warehouse.readings() == [(FIRST, AT), (THIRD, AT)]
    assert warehouse.rows("select distinct period_start from raw.block_rows order by 1") == [(FIRST,), (THIRD,)]
    assert report.verdicts == {"partly loaded": 1}
    ((exchange_id, period, reason),) = warehouse.rows("select exchange_id, period_start, reason from raw.quarantine")
    assert (exchange_id, period) == (landed.exchange_id, SECOND)
    assert reason == f"tokens_are_not_negative: {BY_NAME['tokens_are_not_negative'].likely_cause}"


# --- what is kept and not read -------------------------------------------------------------------------------------


def test_what_no_series_asks_is_listed(warehouse: Warehouse) -> None:
    """Responses of other endpoints and questions stay in landing, are counted, and fail nothing."""
    report = warehouse.load(
        exchange(b"\xff not read", {"source": "openrouter"}, at=AT, path="/benchmarks"),
        exchange({}, {"period": "month", "category": "legal"}, at=AT),
    )
    assert report.verdicts == {"unknown series": 2}
    assert report.unknown_endpoints == {"/benchmarks": 1, "/datasets/rankings-daily": 1}
    assert {(series, verdict) for series, verdict, _ in verdicts(warehouse)} == {(None, "unknown series")}
    assert all(outcome.passed for outcome in report.outcomes.values())


# --- refusals that wait --------------------------------------------------------------------------------------------


def test_a_refusal_waits_for_a_good_reading_of_its_period(warehouse: Warehouse) -> None:
    """A refused block of a required series fails every run until its period was read well (F3)."""
    land_blocks(warehouse.landing, {FIRST: block_rows()}, at=AT)
    refused = warehouse.landing.append(answer({SECOND: odd(block_rows())}))
    report = warehouse.load()
    assert [(one["series"], one["exchange_id"]) for one in report.unresolved] == [("usage_day", refused.exchange_id)]
    assert is_error(report.outcomes["tokens_are_not_negative"], report)
    land_blocks(warehouse.landing, {FIRST: block_rows()}, at=LATER)
    assert [one["exchange_id"] for one in warehouse.load().unresolved] == [refused.exchange_id]
    land_blocks(warehouse.landing, {SECOND: block_rows()}, at=LATEST)
    assert warehouse.load().unresolved == []


def test_a_refused_answer_waits_for_its_days(warehouse: Warehouse) -> None:
    """A refused envelope is made good by a good reading of the days that were asked for, not of days before or after."""
    assert len(warehouse.load(answer({FIRST: block_rows()}, meta={"version": "v2"})).unresolved) == 1
    for days in (-5, 20):
        land_blocks(warehouse.landing, {FIRST + timedelta(days=days): block_rows()}, at=LATER + timedelta(days=20))
        assert len(warehouse.load().unresolved) == 1
    land_blocks(warehouse.landing, {FIRST: block_rows()}, at=LATEST)
    assert warehouse.load().unresolved == []


def test_a_refusal_of_one_series_is_not_made_good_by_another(warehouse: Warehouse) -> None:
    """A week that was read in one category says nothing of another's."""
    land_blocks(warehouse.landing, {MONDAY: odd(block_rows())}, at=AT, category="programming")
    land_blocks(warehouse.landing, {MONDAY: block_rows()}, at=LATER, category="science")
    assert [one["series"] for one in warehouse.load().unresolved] == [PROGRAMMING]


def test_an_earlier_reading_of_other_days_makes_nothing_good(warehouse: Warehouse) -> None:
    """What is imported from before a refusal, of other periods, does not resolve it."""
    warehouse.load(answer({SECOND: odd(block_rows())}, at=LATER))
    land_blocks(warehouse.landing, {FIRST: block_rows()}, at=AT)
    assert len(warehouse.load().unresolved) == 1


def test_an_optional_series_does_not_fail_the_run(warehouse: Warehouse) -> None:
    """A refusal of an optional series is listed, and is no error (F8)."""
    land_blocks(warehouse.landing, {MONDAY: odd(block_rows())}, at=AT, category="science")
    report = warehouse.load()
    assert [one["series"] for one in report.unresolved] == ["category_week/science"]
    assert not any(is_error(outcome, report) for outcome in report.outcomes.values())


# --- what is remembered --------------------------------------------------------------------------------------------


def test_a_load_says_what_was_new_and_what_changed(warehouse: Warehouse) -> None:
    """For each series a load counts periods never read before, periods that grew while they ran (F51), closed ones that
    differ, and those that agree.
    """
    land_blocks(warehouse.landing, {FIRST: block_rows(), SECOND: block_rows()}, at=AT)
    warehouse.load()
    land_blocks(warehouse.landing, {FIRST: block_rows(), SECOND: block_rows(largest=20_000), THIRD: block_rows()}, at=LATER)
    running = MONDAY + timedelta(days=7)  # the week of AT, LATER and LATEST
    land_blocks(warehouse.landing, {MONDAY: block_rows(), running: block_rows()}, at=LATER, category="programming")
    warehouse.load()
    weeks = {MONDAY: block_rows(largest=10_001), running: block_rows(largest=20_000)}
    land_blocks(warehouse.landing, weeks, at=LATEST, category="programming")
    report = warehouse.load()
    counts = (
        "select run_id, series, new_periods, grown_periods, restated_periods, confirmed_periods "
        "from ops.loads order by run_id, series"
    )
    assert warehouse.rows(counts) == [
        ("run 1", "usage_day", 2, 0, 0, 0),
        ("run 2", PROGRAMMING, 2, 0, 0, 0),
        ("run 2", "usage_day", 1, 0, 1, 1),
        ("run 3", PROGRAMMING, 0, 1, 1, 0),
    ]
    (change,) = report.changes
    assert [change[name] for name in ROW_CHANGES] == [0, 45, 45]


def test_a_list_without_a_period_never_closes(warehouse: Warehouse) -> None:
    """A catalogue that changed is not restated: it has no period that could have closed."""
    for at, count in ((AT, 60), (LATER, 61)):
        report = warehouse.load(catalogue(at, count=count))
    (change,) = report.changes
    assert (change["grown_periods"], change["restated_periods"]) == (1, 0)


def test_every_check_is_written_down_for_each_series(warehouse: Warehouse) -> None:
    """A run remembers each check of each series that it looked at, with counts, and the failing rows of what failed."""
    land_blocks(warehouse.landing, {FIRST: block_rows(), SECOND: odd(block_rows())}, at=AT)
    land_blocks(warehouse.landing, {MONDAY: block_rows()}, at=AT, category="programming")
    warehouse.landing.append(catalogue())
    started = datetime.now(UTC)
    warehouse.load()
    written = warehouse.rows(
        "select series, check_name, passed, checked_count, failing_count, detail is null, failing_rows is null, checked_at "
        "from ops.validation_results"
    )
    pairs = {(series, check) for series, check, *_ in written}
    assert len(pairs) == len(written)
    expected = {
        (series, name)
        for name, expectation in BY_NAME.items()
        for series in ("usage_day", PROGRAMMING, "models")
        if expectation.batch in {"exchanges", *({"catalogue"} if series == "models" else {"rows", "blocks"})}
    }
    assert pairs == expected
    failed = [row[:7] for row in written if not row[2]]
    assert ("usage_day", "tokens_are_not_negative", False, 2 * len(block_rows()), 1, False, False) in failed
    assert {row[0] for row in failed} == {"usage_day"}
    assert all(row[5] and row[6] for row in written if row[2])
    assert all(started - timedelta(seconds=1) <= row[7] for row in written)


@pytest.mark.parametrize(
    ("suffix", "content"),
    [(".body.gz", b""), (".body.gz", gzip.compress(b"{}")), (".json", b"{"), (".body.gz", None)],
    ids=["cut off", "other bytes", "no description", "gone"],
)
def test_a_damaged_response_is_left_aside_until_it_is_restored(
    warehouse: Warehouse, suffix: str, content: bytes | None
) -> None:
    """The others are loaded, each load names it and leaves it untouched; once it is back it is loaded like any other."""
    land_blocks(warehouse.landing, {FIRST: block_rows()}, at=AT)
    (described,) = warehouse.landing.ids().values()
    land_blocks(warehouse.landing, {SECOND: block_rows()}, at=LATER)
    file = described.with_suffix(suffix)
    sound = file.read_bytes()
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    reports = [warehouse.load(), warehouse.load()]
    assert [report.verdicts for report in reports] == [{"loaded": 1}, {}]
    for report in reports:
        (line,) = report.damaged
        assert str(file) in line
        assert "openrouter-usage restore" in line
    assert (file.read_bytes() if file.exists() else None) == content
    file.write_bytes(sound)
    mended = warehouse.load()
    assert (mended.verdicts, mended.damaged) == ({"loaded": 1}, [])


def test_what_is_not_in_landing_any_more_stays_loaded(warehouse: Warehouse) -> None:
    """It could not be loaded again: a response from before it changes nothing of it, and that is told."""
    land_blocks(warehouse.landing, {FIRST: block_rows()}, at=LATER)
    warehouse.load()
    for path in warehouse.landing.ids().values():
        path.unlink()
    land_blocks(warehouse.landing, {FIRST: block_rows()}, at=AT)
    report = warehouse.load()
    assert (report.verdicts, report.judged_again) == ({"loaded": 1}, 0)
    assert warehouse.readings() == [(FIRST, AT), (FIRST, LATER)]
    (line,) = report.damaged
    assert "openrouter-usage restore" in line


@pytest.mark.parametrize("off", [timedelta(hours=-1), timedelta(days=400)], ids=["set back", "far ahead"])
def test_a_reading_of_a_wrong_clock_is_kept_and_not_loaded(warehouse: Warehouse, off: timedelta) -> None:
    """Filed under a time at which it was not read, it would stand before or behind others for ever."""
    dates = {"start_date": str(FIRST), "end_date": str(FIRST)}
    body = rankings_body({FIRST: block_rows()}, as_of=AT, start=FIRST, end=FIRST)
    misdated = exchange(body, {"period": "day", **dates}, at=AT + off, headers={"date": format_datetime(AT, usegmt=True)})
    warehouse.landing.append(misdated)
    land_blocks(warehouse.landing, {FIRST: block_rows()}, at=AT)
    report = warehouse.load()
    assert report.verdicts == {"wrong clock": 1, "loaded": 1}
    assert report.unresolved == []
    assert warehouse.rows("select count(*) from raw.readings") == [(1,)]


def test_unknown_field_that_cannot_be_written(warehouse: Warehouse) -> None:
    """Half a character in a field's name is reported as well as it can be, and stops nothing."""
    body = rankings_body({FIRST: block_rows()}, as_of=AT, start=FIRST, end=FIRST)
    body["data"][0]["\ud800"] = 1
    assert warehouse.load(exchange(body, {"period": "day"}, at=AT)).verdicts == {"loaded": 1}
