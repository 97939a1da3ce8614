"""Weeks of apps from landing to raw: two pages make one block, filed under its Monday; a page alone is no week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.openrouter.client import Exchange
from pipeline.openrouter.endpoints.apps import APPS
from pipeline.run.session import Workspace
from tests.pipeline.load.conftest import Warehouse
from tests.support import apps_body, exchange, instant, settings_for

pytestmark = pytest.mark.made_up_levels

AT = instant("2026-02-03T06:30")
MONDAY = date(2025, 11, 3)
WEEK = timedelta(days=6)


def rows(count: int, offset: int = 0) -> list[dict[str, Any]]:
    """Made-up apps from a rank on, in descending order."""
    return [
        {"rank": n, "app_id": n, "app_name": f"App {n}", "total_tokens": str(10**6 - n), "total_requests": n}
        for n in range(offset + 1, offset + count + 1)
    ]


def page(
    count: int,
    offset: int = 0,
    *,
    first: int | None = None,
    seconds: int = 0,
    start: date = MONDAY,
    resolved: date | None = None,
    days: int = 7,
) -> Exchange:
    """So many apps of a week, from ``offset`` on; ``first`` is another rank to begin with."""
    at = AT + timedelta(seconds=seconds + offset // 50)
    began = resolved or start
    body = apps_body(0, as_of=at, start=began, end=began + timedelta(days=days - 1))
    body["data"] = rows(count, offset if first is None else first - 1)
    params = {
        "sort": "popular",
        "start_date": str(start),
        "end_date": str(start + WEEK),
        "limit": "100",
        "offset": str(offset),
    }
    return exchange(body, params, at=at, path=APPS.path)


def weeks(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Monday, instant and number of apps of each week that was read."""
    return warehouse.rows(
        "select period_start, retrieved_at, count(*), max(app_rank) from raw.readings "
        "join raw.app_rows using (block_hash) group by all order by all"
    )


@pytest.mark.parametrize(
    ("pages", "apps"),
    [
        ([page(100), page(80, 100)], 180),
        ([page(100), page(100, 100)], 200),
        ([page(100), page(0, 100)], 100),
        ([page(100), page(50, 100)], 150),
        ([page(50), page(0, 50)], 50),
        ([page(49)], 49),
    ],
    ids=[
        "two pages",
        "all there are",
        "just a page",
        "as many on the second as by default",
        "as many as by default",
        "one page",
    ],
)
def test_a_week_is_whole(warehouse: Warehouse, pages: list[Exchange], apps: int) -> None:
    """Ranks count up over both pages, and the block is named by its Monday. The two hundredth app is the last that there
    is, whatever more the source has."""
    assert warehouse.load(*pages).verdicts.keys() == {"loaded"}
    assert weeks(warehouse) == [(MONDAY, pages[-1].retrieved_at, apps, apps)]


@pytest.mark.parametrize(
    ("pages", "why"),
    [
        ([page(100)], "no_page_is_missing"),
        ([page(80, 100)], "no_page_is_missing"),
        ([page(50)], "no_page_is_missing"),
        ([page(50), page(50, 50)], "no_page_is_missing"),
        ([page(100), page(80, 100, first=100)], "app_once"),
        ([page(100), page(80, 100, first=1)], "app_once"),
        ([page(100), page(80, 100, first=102)], "app_ranks_count_up"),
        ([page(40, resolved=MONDAY + timedelta(days=1))], "window_has_its_days"),
        ([page(40, days=6)], "window_has_its_days"),
        ([page(9)], "answer_has_enough_rows"),
    ],
    ids=[
        "the second page failed", "no first page", "cut by default", "the limit was not heeded", "the list moved by one",
        "the first page twice", "an app between them is missing", "a Tuesday", "six days", "too few",
    ],
)  # fmt: skip
def test_what_is_no_whole_week_is_not_stored(warehouse: Warehouse, pages: list[Exchange], why: str) -> None:
    """It is rejected as a whole, and due again."""
    report = warehouse.load(*pages)
    assert report.verdicts.keys() == {"refused"}
    assert any(one["reason"].startswith(why) for one in report.unresolved), report.unresolved
    assert weeks(warehouse) == []
    assert workspace(warehouse).due() == [MONDAY]


class Weeks(Workspace):
    """The run that follows, and the week that it asks for."""

    def due(self) -> list[date]:
        return [span.start for span in self.backfill(MONDAY, MONDAY + WEEK) if span.series.name == "app_week/popular"]  # type: ignore[misc]


def workspace(warehouse: Warehouse) -> Weeks:
    return Weeks(settings_for(warehouse.landing.data_dir.path), clock=lambda: AT)


def test_what_landed_and_was_not_loaded_is_a_week_with_its_last_page(warehouse: Warehouse) -> None:
    """A run that was killed between two pages asks for the week again; after the second one it does not."""
    warehouse.load()
    warehouse.landing.append(page(100))
    assert workspace(warehouse).due() == [MONDAY]
    warehouse.landing.append(page(80, 100))
    assert workspace(warehouse).due() == []


def test_a_page_alone_does_not_spoil_the_week_that_is_read_later(warehouse: Warehouse) -> None:
    """Of two weeks whose pages came in turn each is put together with its own."""
    later = MONDAY + timedelta(days=7)
    report = warehouse.load(page(100), page(100, seconds=10, start=later), page(70, 100, seconds=10, start=later))
    assert report.verdicts == {"refused": 1, "loaded": 2}
    assert [found[0] for found in weeks(warehouse)] == [later]
    report = warehouse.load(page(100, seconds=20), page(80, 100, seconds=20))
    assert [found[0] for found in weeks(warehouse)] == [MONDAY, later]
    assert report.unresolved == []


def test_weeks_of_one_instant_are_told_apart(warehouse: Warehouse) -> None:
    """Recordings may carry the instant of a whole set."""
    later = MONDAY + timedelta(days=7)
    together = [page(100), page(80, 100, seconds=-2), page(100, start=later), page(70, 100, seconds=-2, start=later)]
    assert warehouse.load(*together).verdicts == {"loaded": 4}
    assert [(found[0], found[2]) for found in weeks(warehouse)] == [(MONDAY, 180), (later, 170)]
