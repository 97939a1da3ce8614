"""Exports beside the API's responses: one series, in the order of reading, and refused where they are not whole."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.failures import PermanentFailure
from pipeline.landing import Landing
from pipeline.openrouter.endpoints.exports import INDEX, file_of, manifest_of, window_of
from pipeline.settings import DataDir
from tests.exports import export_lines, land_export, manifest_body, written
from tests.pipeline.load.conftest import Warehouse
from tests.support import Row, block_rows, exchange, instant, land_blocks

pytestmark = pytest.mark.made_up_levels

SNAPSHOT = date(2026, 10, 8)
LAST = date(2026, 10, 7)
AT = instant("2026-10-08T01:46:15.433")
MOVED = block_rows(largest=10_001)
Land = Callable[[Landing], Any]


def differing(warehouse: Warehouse) -> list[dict[str, Any]]:
    with warehouse.open() as con:
        return store.rows(con, store.read_sql("internal/exports_against_the_api"))


VINTAGES = ("core.readings", "core.block_vintages")


def api(rows: list[Row] | None = None, *, at: str = "2026-10-08T06:30", days: int = 7) -> Land:
    """A response of the API for the newest days."""
    blocks = {LAST - timedelta(days=n): block_rows() for n in range(days)}
    return lambda landing: land_blocks(landing, blocks | ({LAST: rows} if rows else {}), at=instant(at))


def export(snapshot: date = SNAPSHOT, **changes: Any) -> Land:
    return lambda landing: land_export(landing, snapshot, **changes)


def vintages(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """When each vintage of the newest day was read first and last."""
    return warehouse.rows(
        "select known_from, last_read_at from core.block_vintages where period_start = '2026-10-07' order by vintage_number"
    )


# --- one series ------------------------------------------------------------------------------------------------------


def test_an_export_is_thirty_days_of_the_series(warehouse: Warehouse) -> None:
    """Thirty blocks, read when the manifest says, cited as the source asks for."""
    land_export(warehouse.landing, SNAPSHOT)
    report = warehouse.load(build=VINTAGES)
    assert (report.verdicts, report.unresolved) == ({"loaded": 1}, [])
    found = warehouse.rows(
        "select min(period_start), max(period_start), count(*), any_value(retrieved_at) from raw.readings"
    )
    assert found == [(*window_of(SNAPSHOT), 30, AT)]
    asked = warehouse.rows("select series, requested_start, requested_end, resolved_start, provenance from raw.exchanges")
    assert asked == [("usage_day", *window_of(SNAPSHOT), window_of(SNAPSHOT)[0], "export")]
    cited = "Source: OpenRouter (openrouter.ai), as of 2026-10-08T01:46:15Z. Licensed under CC BY 4.0."
    assert warehouse.rows("select distinct citation from core.readings") == [(cited,)]


def test_same_contents_as_the_api_are_one_vintage(warehouse: Warehouse) -> None:
    """The export was read first, the API confirms it: one vintage, and nothing was restated."""
    for land in (api(), export()):
        land(warehouse.landing)
    warehouse.load(build=VINTAGES)
    assert vintages(warehouse) == [(AT, instant("2026-10-08T06:30"))]
    assert warehouse.rows("select count(distinct block_hash) from raw.block_rows where period_start = '2026-10-07'") == [
        (1,)
    ]


def test_other_contents_are_a_restatement(warehouse: Warehouse) -> None:
    """The API's later response differs in one row: two vintages of one capture, which are compared."""
    for land in (api(MOVED), export()):
        land(warehouse.landing)
    warehouse.load(build=VINTAGES)
    assert vintages(warehouse) == [(AT, AT), (instant("2026-10-08T06:30"), instant("2026-10-08T06:30"))]
    assert warehouse.rows("select distinct capture from core.readings") == [("api",)]


STORY = [export(), api(MOVED), export(SNAPSHOT + timedelta(days=1), changed={LAST: MOVED}), export(is_damaged=True)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_any_order_of_arrival_gives_what_a_rebuild_gives(tmp_path: Path, order: tuple[int, ...]) -> None:
    """Files of past days come after what was read later: the tables are those of a rebuild."""
    grown, rebuilt = Warehouse(tmp_path / "grown"), Warehouse(tmp_path / "rebuilt")
    for one in order:
        STORY[one](grown.landing)
        grown.load()
        STORY[one](rebuilt.landing)
    rebuilt.load()
    assert grown.raw() == rebuilt.raw()


def test_a_backup_keeps_the_manifest(warehouse: Warehouse, tmp_path: Path) -> None:
    """What verifies a file travels with it."""
    landed = land_export(warehouse.landing, SNAPSHOT)
    warehouse.landing.backup(tmp_path / "copy")
    other = Landing(DataDir(tmp_path / "copy"))
    [path] = other.ids().values()
    assert other.describe(path) == landed
    assert land_export(warehouse.landing, SNAPSHOT) == landed, "the same file lands once"
    assert len(warehouse.landing.ids()) == 1


# --- what is refused -------------------------------------------------------------------------------------------------


def test_an_export_is_not_judged_by_the_hour_it_was_fetched_at(warehouse: Warehouse) -> None:
    """It was fetched weeks after the instant that it is filed under: that is no wrong clock."""
    land_export(warehouse.landing, SNAPSHOT, headers={"date": "Tue, 17 Nov 2026 06:30:00 GMT"})
    assert warehouse.load().verdicts == {"loaded": 1}


MOVED_WINDOW = written(export_lines(SNAPSHOT - timedelta(days=1)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_damaged": True}, "bytes, its manifest says"),
        ({"body": MOVED_WINDOW}, "30 days, 2026-09-07 to 2026-10-06: the 30 days 2026-09-08 to 2026-10-07 were expected"),
        ({"body": MOVED_WINDOW.replace(b"rank,", b"place,", 1)}, "has the columns"),
    ],
    ids=["damaged", "window", "header"],
)
def test_a_file_that_is_not_whole_is_refused_and_named(warehouse: Warehouse, changes: dict[str, Any], words: str) -> None:
    """It brings no row; the line says which snapshot, what is wrong, and where the file is kept."""
    landed = land_export(warehouse.landing, SNAPSHOT, **changes)
    report = warehouse.load()
    assert report.verdicts == {"refused": 1}
    [refusal] = report.unresolved
    assert (refusal["series"], refusal["exchange_id"]) == ("usage_day", landed.exchange_id)
    assert words in refusal["reason"]
    assert "export of 2026-10-08" in refusal["reason"]
    assert warehouse.rows("from raw.readings") == []


@pytest.mark.parametrize("later", [export(SNAPSHOT + timedelta(days=1)), export(), api()], ids=["next", "again", "api"])
def test_a_refused_export_is_superseded(warehouse: Warehouse, later: Land) -> None:
    """By the export of the next day, by the same one fetched again and whole, or by the API."""
    land_export(warehouse.landing, SNAPSHOT, is_damaged=True)
    assert warehouse.load().unresolved
    later(warehouse.landing)
    assert warehouse.load().unresolved == []


def test_one_bad_row_refuses_its_day_alone(warehouse: Warehouse) -> None:
    """A rank that does not follow from the tokens: the day is quarantined, the other 29 are loaded."""
    lines = export_lines(SNAPSHOT)
    land_export(warehouse.landing, SNAPSHOT, body=written([*lines[:-2], lines[-2].replace(",45,", ",7,"), lines[-1]]))
    report = warehouse.load()
    assert report.verdicts == {"partly loaded": 1}
    assert warehouse.rows("select count(*), max(period_start) from raw.readings") == [(29, LAST - timedelta(days=1))]
    assert [one["first_period"] for one in report.unresolved] == [LAST]


def test_a_file_without_its_manifest_is_refused(warehouse: Warehouse) -> None:
    """Nothing says whether it is whole, or when it was read."""
    [refusal] = warehouse.load(exchange(written(export_lines(SNAPSHOT)), {}, at=AT, path=file_of(SNAPSHOT).path)).unresolved
    assert "no manifest" in refusal["reason"]


def test_what_is_beside_the_files_is_kept_and_read_by_no_series(warehouse: Warehouse) -> None:
    """Index, manifests, and what broke off or was missing: none of it is a refusal, or an endpoint that is not known."""
    said = manifest_body(SNAPSHOT, b"")
    for request, body, changes in (
        (INDEX, {"datasets": []}, {}),
        (manifest_of(SNAPSHOT), said, {}),
        (manifest_of(SNAPSHOT + timedelta(days=1)), {"error": {}}, {"status": 404}),
        (file_of(SNAPSHOT), {"error": {}}, {"status": 404}),
        (file_of(SNAPSHOT), written(export_lines(SNAPSHOT))[:100], {"is_truncated": True}),
    ):
        warehouse.landing.append(exchange(body, {}, at=AT, path=request.path, **changes))
    report = warehouse.load()
    assert report.verdicts == {"no figures": 2, "error response": 3}
    assert (report.unknown_endpoints, report.unresolved) == ({}, [])
    assert not warehouse.is_of_another_version()


@pytest.mark.parametrize(
    "harm", [{"retrieved_at": "2026-10-08T01:47:00Z"}, {"snapshot_date": "x"}, {"another_field": 1}, None]
)
def test_a_damaged_manifest_is_damage(warehouse: Warehouse, harm: dict[str, Any] | None) -> None:
    """What stands beside a body has to fit it: else the exchange is left out, and named."""
    land_export(warehouse.landing, SNAPSHOT)
    [path] = warehouse.landing.ids().values()
    beside = json.loads(path.read_text())
    beside["manifest"] = beside["manifest"] | harm if harm else "none"
    path.write_text(json.dumps(beside))
    with pytest.raises(PermanentFailure, match="is damaged"):
        warehouse.landing.describe(path)
    [damaged] = warehouse.load().damaged
    assert str(path) in damaged


# --- compared with the API -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "at", "day", "listed"),
    [
        (block_rows(), "2026-10-08T03:00", LAST, 0),
        (MOVED, "2026-10-08T03:00", LAST, 0),
        (block_rows(largest=11_000), "2026-10-08T03:00", LAST, 45),
        (block_rows(largest=11_000), "2026-10-08T03:47", LAST, 0),
        (block_rows(), "2026-10-08T03:00", LAST - timedelta(days=4), 0),
        (MOVED, "2026-10-08T03:00", LAST - timedelta(days=4), 45),
        (MOVED, "2026-10-08T00:00", LAST - timedelta(days=4), 45),
    ],
    ids=["same", "revised", "another figure", "hours later", "same old day", "old day", "before"],
)
def test_differences_from_the_api_are_listed(warehouse: Warehouse, rows: list[Row], at: str, day: date, listed: int) -> None:
    """Within two hours both say the same of a day that had closed for long; a young day may be revised by 2.4 %."""
    land_export(warehouse.landing, SNAPSHOT)
    land_blocks(warehouse.landing, {day: rows}, at=instant(at))
    warehouse.load()
    found = differing(warehouse)
    assert len(found) == listed
    assert {one["period_start"] for one in found} == ({day} if listed else set())
    assert all(one["export_tokens"] != one["api_tokens"] for one in found)


def test_a_difference_is_listed_for_a_week(warehouse: Warehouse) -> None:
    land_export(warehouse.landing, SNAPSHOT)
    land_blocks(warehouse.landing, {LAST - timedelta(days=4): MOVED}, at=instant("2026-10-08T03:00"))
    land_export(warehouse.landing, SNAPSHOT + timedelta(days=7))
    warehouse.load()
    assert differing(warehouse)
    land_export(warehouse.landing, SNAPSHOT + timedelta(days=8))
    warehouse.load()
    assert differing(warehouse) == []
