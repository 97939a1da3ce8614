"""What moved between two packages, and why, told from the two alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure
from pipeline.publish import package
from pipeline.publish.compare import compare
from pipeline.run.session import say_nothing
from pipeline.terminal import show, tables
from pipeline.terminal.tables import REASONS
from tests import support
from tests.pipeline.publish.packages import DAY, PROVISIONAL_DAY, ROWS, RUNNING_WEEK, export, load
from tests.warehouse.readings import M2, Tables, day, settled_day, week

NEW_DAY = "2026-01-13"
WATCHED = (
    *("core.readings", "core.newest_blocks", "core.blocks", "core.block_rows", "marts.citations"),
    *("core.model_usage_daily", "core.model_usage_daily_vintages", "core.category_usage_weekly"),
    "core.category_usage_weekly_vintages",
    "marts.author_token_share_daily",
)
Found = Mapping[str, Any]


def build(tables: Tables) -> None:
    names = support.needed_for(WATCHED)
    support.build_tables(tables.files, tables.con, [name for name in support.build_order() if name in names])


@pytest.fixture(scope="module")
def read_on(tables: Tables, exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package after more readings: a day restated, one confirmed, a new one, a week read again, one that ran on."""
    more = [(M2, 9_007_199_254_740_000), *ROWS[1:-1], ("other", 4)]
    tables.load(
        [
            day(DAY, "2026-01-20T06:30", more),
            day(PROVISIONAL_DAY, "2026-01-20T06:30", ROWS),
            settled_day(NEW_DAY, ROWS),
            week(DAY, "2026-01-20T06:30", ROWS),
            week(RUNNING_WEEK, "2026-01-20T06:30", more),
        ]
    )
    build(tables)
    yield export(tables, tmp_path_factory.mktemp("package") / "read on")
    tables.empty_raw()
    load(tables)
    for name in ("authors", "table_sources"):
        tables.files.replace_from_reference(tables.con, TABLES[f"reference.{name}"])
    build(tables)


@pytest.fixture(scope="module")
def moved(exported: Path, read_on: Path) -> Found:
    """What more readings moved."""
    return compare(exported, read_on, say_nothing)


@pytest.fixture(scope="module")
def anew(tables: Tables, read_on: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the same readings with other definitions: of authors, of some tables, of a licence and a column."""
    definitions = store.definitions()
    for name in (
        "reference.authors",
        "core.model_usage_daily_vintages",
        "core.model_usage_weekly_vintages",
        "core.category_usage_weekly_vintages",
    ):
        definitions[name] = {**definitions[name], "sha256": "0" * 64}
    tables.con.execute("insert into reference.authors values ('author', 'somebody', 'Somebody', null, 'a test', 'a test')")
    tables.con.execute(
        "update reference.table_sources set may_republish = false, reason = 'withdrawn' "
        "where table_name = 'marts.m2_milestones'"
    )
    for name in ("core.models", "core.class_token_shares", "marts.author_token_share_daily"):
        tables.build_one(name)
    view = "core.category_usage_weekly_vintages"
    renamed = f"select * replace ('another' as variant) from ({store.select_of(view)})"  # noqa: S608 - our own
    store.Store(tables.files.data_dir).make(tables.con, TABLES[view], renamed)
    curve = TABLES["marts.revision_statistics"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TABLES, curve.full_name, replace(curve, marked_columns=curve.marked_columns[:-1]))
        package = export(tables, tmp_path_factory.mktemp("package") / "anew", definitions=json.dumps(definitions))
    # Building the tables leaves a view alone whose definition is the product's.
    store.Store(tables.files.data_dir).make(tables.con, TABLES[view], store.select_of(view))
    return package


@pytest.fixture(scope="module")
def defined_anew(anew: Path, read_on: Path) -> Found:
    """What other definitions moved."""
    return compare(read_on, anew, say_nothing)


def lines(found: Found, table: str) -> set[tuple[str, str, int | None]]:
    """What happened in a table, why, and to how many rows."""
    return {(one["change"], " or ".join(one["reasons"]), one["rows"]) for one in found["tables"] if one["table"] == table}


def test_the_same_is_the_same(exported: Path) -> None:
    """Nothing moved from a package to itself."""
    found = compare(exported, exported, say_nothing)
    assert (found["tables"], found["restated"], found["definitions"]) == ([], [], [])
    assert found["same_tables"] > 40


def test_rows_move_because_they_were_read(moved: Found) -> None:
    """Each kind of reading is told apart: six rows a day and a week, of which one day is new and one restated."""
    assert lines(moved, "core.model_usage_daily") == {
        ("rows added", "new_period", 6),
        ("rows changed", "restated", 6),
        ("rows changed", "became_final", 6),
    }
    assert lines(moved, "core.category_usage_weekly") == {("rows changed", "read_again", 6), ("rows changed", "ran_on", 6)}
    assert lines(moved, "core.model_usage_daily_vintages") == {
        ("rows added", "new_period", 6),
        ("rows added", "restated", 2),
        ("rows changed", "restated", 2),
    }
    assert lines(moved, "core.readings") == {
        ("rows added", "new_period", 1),
        ("rows added", "restated", 1),
        ("rows added", "ran_on", 1),
        ("rows added", "read_again", 2),
    }


def test_no_row_is_left_unexplained(moved: Found) -> None:
    """Every table that moved says why, in a word that is explained."""
    reasons = {reason for one in moved["tables"] for reason in one["reasons"]}
    assert reasons <= REASONS.keys() - {"unexplained"}


def test_a_restated_period_has_its_size(moved: Found) -> None:
    """Tokens before and after, to the last one, and by how much."""
    (one,) = moved["restated"]
    assert (one["series"], str(one["period_start"])) == ("usage_day", DAY)
    assert one["tokens_before"] == sum(tokens for _, tokens in ROWS)
    assert one["tokens_after"] - one["tokens_before"] == -992
    assert one["relative_change"] == pytest.approx(-992 / one["tokens_before"])


def test_an_example_shows_what_changed(moved: Found) -> None:
    """A row by its key with its figures before and after, without the times of reading."""
    (restated,) = (
        one for one in moved["tables"] if one["table"] == "core.model_usage_daily" and one["reasons"] == ["restated"]
    )
    assert restated["example"]["key"] == {"usage_date": DAY, "model_permaslug": min(name for name, _ in ROWS)}
    assert restated["example"]["before"].keys() == restated["example"]["after"].keys() == {"platform_token_share"}
    assert restated["columns"] == ["platform_token_share", "total_tokens"]


def test_backwards_is_told(exported: Path, read_on: Path) -> None:
    """What is new one way is gone the other way."""
    found = compare(read_on, exported, say_nothing)
    assert ("rows left", "period_left", 6) in lines(found, "core.model_usage_daily")


def test_other_classes_of_the_same_reading(defined_anew: Found) -> None:
    """An author who is known now moves what is summed by author, and is told from what was read."""
    moved_by_author = lines(defined_anew, "marts.author_token_share_daily")
    assert {change for change, _, _ in moved_by_author} >= {"rows added", "rows changed"}
    assert {reasons for _, reasons, _ in moved_by_author} == {"reclassified"}
    assert "reference.authors" in defined_anew["definitions"]


def test_other_code_of_the_same_reading(defined_anew: Found) -> None:
    """A variant that is told otherwise is no restatement; a table whose definition alone differs did not move."""
    assert lines(defined_anew, "core.category_usage_weekly_vintages") == {("rows changed", "new_code", 14)}
    assert lines(defined_anew, "core.model_usage_weekly_vintages") == set()
    assert defined_anew["restated"] == []


def test_what_cannot_be_told_apart_is_not(exported: Path, anew: Path) -> None:
    """Where a row was read anew and its definition differs too, both are named; a new period is one all the same."""
    found = compare(exported, anew, say_nothing)
    assert lines(found, "core.model_usage_daily_vintages") == {
        ("rows added", "new_period", 6),
        ("rows added", "new_code or restated", 2),
        ("rows changed", "new_code or restated", 2),
    }


def test_tables_and_columns_that_come_and_go(defined_anew: Found) -> None:
    """What is not there any more is named, with the reason where its licence is it."""
    (gone,) = (one for one in defined_anew["tables"] if one["table"] == "marts.m2_milestones")
    assert (gone["change"], gone["left_out"]) == ("table left", "withdrawn")
    (curve,) = (one for one in defined_anew["tables"] if one["table"] == "marts.revision_statistics")
    assert (curve["change"], curve["columns"]) == ("columns left", ["citation"])


def test_a_damaged_package_is_not_compared(exported: Path, tmp_path: Path) -> None:
    """Figures that were changed since the export would be told as the source's: they are named instead."""
    damaged = Path(shutil.copytree(exported, tmp_path / "it"))
    file = damaged / "core" / "blocks.parquet"
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(PermanentFailure, match=r"core/blocks\.parquet was changed since it was exported"):
        compare(exported, damaged, say_nothing)


def test_simulated_is_not_compared_with_real(exported: Path, tmp_path: Path) -> None:
    """The difference of the demo and the source would mean nothing."""
    demo = Path(shutil.copytree(exported, tmp_path / "it"))
    descriptor = json.loads((demo / package.DESCRIPTOR).read_text())
    (demo / package.DESCRIPTOR).write_text(json.dumps({**descriptor, "simulated": True}))
    with pytest.raises(PermanentFailure, match="is SIMULATED, the other is not"):
        compare(exported, demo, say_nothing)


def test_people_and_programs_are_told(moved: Found, capsys: pytest.CaptureFixture[str]) -> None:
    """A table with the reason in words and the restated period, and the same as JSON."""
    show.result(moved, "table", tables.difference)
    shown = capsys.readouterr().out
    told = [line.split() for line in shown.splitlines()]
    assert ["core.model_usage_daily", "rows", "changed", "became", "final", "6", "is_provisional"] in told
    assert any(line[:2] == ["usage_day", DAY] for line in told)
    show.result(moved, "json", tables.difference)
    assert json.loads(capsys.readouterr().out)["restated"][0]["period_start"] == DAY
