"""What a run replaces in part has the rows that replacing it whole would give, and the rest of it was not touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline import loading, store
from pipeline.contracts.compile import contract_of
from pipeline.contracts.tables import TABLES, Macro, Table
from pipeline.demo import PastRuns
from pipeline.landing import Landing
from pipeline.refreshing import Recipe, recipes, refreshing
from pipeline.settings import DataDir
from tests import support

FIRST_DAY = date(2025, 10, 1)
FIRST_MORNING = date(2026, 1, 20)
IN_PART = sorted(name for name, table in TABLES.items() if table.period is not None)
OLD = date(2025, 10, 6)


class Days:
    """A simulated directory, run morning by morning."""

    def __init__(self, path: Path) -> None:
        self.data_dir = DataDir(path)
        self.data_dir.mark_simulated()
        self.files = store.Store(self.data_dir)
        self.past = PastRuns(Landing(self.data_dir), holes=(), first_day=FIRST_DAY)

    def land(self, morning: date) -> None:
        self.past.run(morning)

    def load(self, con: store.Connection) -> None:
        loading.load(con, Landing(self.data_dir), run_id="test")

    def refresh(self, con: store.Connection, made_by: Mapping[str, Recipe] | None = None, only: str | None = None) -> None:
        with refreshing(self.files, con, made_by) as refresh:
            for name in support.build_order():
                contract, select = contract_of(name), store.read_sql(name.replace(".", "/"))
                if isinstance(contract, Macro):
                    self.files.replace_macro(con, contract, select)
                elif only in (None, name):
                    refresh.table(contract, select)
                    refresh.passed(contract)


def contents(con: store.Connection) -> dict[str, set[tuple[str, ...]]]:
    found = {}
    for name in support.build_order():
        if not isinstance(contract_of(name), Macro):
            rows = [tuple(str(value) for value in row) for row in con.table(name).fetchall()]
            assert len(set(rows)) == len(rows)
            found[name] = set(rows)
    return found


@pytest.fixture(scope="module")
def run_before(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Two mornings, refreshed after each."""
    days = Days(tmp_path_factory.mktemp("days"))
    for number in range(2):
        days.land(FIRST_MORNING + timedelta(days=number))
        with days.files.writer() as con:
            days.load(con)
            days.refresh(con)
    return days


def test_mornings_refreshed_one_by_one_give_the_rows_of_one_build(run_before: Days, tmp_path: Path) -> None:
    with run_before.files.writer() as con:
        states = {row["table_name"]: row["stale_from"] for row in store.rows(con, "from ops.table_refreshes")}
        refreshed = contents(con)
    assert {name: states[name] for name in IN_PART} == dict.fromkeys(IN_PART), "nothing is out of date"
    whole = store.Store(DataDir(tmp_path))
    whole.data_dir.mark_simulated()
    with whole.writer() as con:
        loading.load(con, Landing(run_before.data_dir), run_id="whole")
        support.build_tables(whole, con)
        built = contents(con)
    assert built.keys() == refreshed.keys()
    for name, rows in built.items():
        assert rows or name not in IN_PART, name
        assert rows == refreshed[name], name


def test_a_load_makes_tables_stale_from_its_first_period_on_and_only_that_part_is_replaced(run_before: Days) -> None:
    run_before.land(FIRST_MORNING + timedelta(days=2))
    with run_before.files.writer() as con:
        con.execute(
            "update core.block_rows set capture = 'mark' where series = 'usage_day' and period_start = $day", {"day": OLD}
        )
        run_before.load(con)
        (stale,) = {row["stale_from"] for row in store.rows(con, "from ops.table_refreshes") if row["table_name"] in IN_PART}
        assert date(2025, 11, 15) < stale < FIRST_MORNING, "the look-back of a month, at most"
        run_before.refresh(con)
        marked = store.count(con, "core.block_rows where capture = 'mark'")
        assert marked > 0, "what lies before was not touched"
        newest = con.execute("select max(usage_date) from core.model_usage_daily").fetchall()
        assert newest == [(FIRST_MORNING + timedelta(days=1),)]

        # By another definition, the table is made anew as a whole, and with it what reads it.
        other = {
            name: replace(recipe, definition="another") if name == "core.block_rows" else recipe
            for name, recipe in recipes().items()
        }
        run_before.refresh(con, other)
        assert store.count(con, "core.block_rows where capture = 'mark'") == 0


def test_a_table_made_alone_stays_as_stale_as_what_it_reads(run_before: Days) -> None:
    run_before.land(FIRST_MORNING + timedelta(days=3))
    with run_before.files.writer() as con:
        run_before.load(con)
        run_before.refresh(con, only="core.block_rows")
        state = "select stale_from is not null from ops.table_refreshes where table_name = 'core.block_rows'"
        assert con.execute(state).fetchall() == [(True,)]
        run_before.refresh(con)
        assert con.execute(state).fetchall() == [(False,)]
        assert con.execute("select max(period_start) from core.block_rows where series = 'usage_day'").fetchall() == [
            (FIRST_MORNING + timedelta(days=2),)
        ]


def test_a_table_that_did_not_pass_is_replaced_and_looked_at_once_more(run_before: Days) -> None:
    """Else the next run would look at its newest part only, and publish the rest."""
    name = "core.block_rows"
    run_before.land(FIRST_MORNING + timedelta(days=4))
    with run_before.files.writer() as con:
        run_before.load(con)
        run_before.refresh(con, only="core.newest_blocks")
        parts = []
        for is_good in (False, True, True):
            with refreshing(run_before.files, con) as refresh:
                parts.append(refresh.table(TABLES[name], store.read_sql("core/block_rows")))
                if is_good:
                    refresh.passed(TABLES[name])
        run_before.refresh(con)
    assert parts[0] is not None
    assert parts[0] == parts[1], "its check failed, so it is as stale as before"


def test_a_definition_that_is_taken_back_is_not_taken_for_what_stands(run_before: Days) -> None:
    """A table that was made by another definition, and did not pass or was not noted, is made anew by the old one."""
    name = "core.block_rows"
    with run_before.files.writer() as con:
        con.execute("create temporary table doubled as from core.block_rows")
        con.execute("update doubled set total_tokens = 2 * total_tokens")
        run_before.refresh(con)
        good = store.checksum(con, TABLES[name], name)
        made_by = recipes()
        other = {**made_by, name: replace(made_by[name], definition="another")}
        with refreshing(run_before.files, con, other) as refresh:
            refresh.table(TABLES[name], "from doubled")
        assert store.checksum(con, TABLES[name], name) != good
        run_before.refresh(con)
        assert store.checksum(con, TABLES[name], name) == good


def test_a_table_that_is_made_alone_is_made_by_the_macros_of_today(run_before: Days) -> None:
    name = "core.block_rows"
    with run_before.files.writer() as con:
        run_before.refresh(con)
        good = store.checksum(con, TABLES[name], name)
        con.execute("create or replace macro main.block_rows_as_of(ts) as table from core.block_rows limit 0")
        con.execute("delete from ops.table_refreshes where table_name = $name", {"name": name})
        with refreshing(run_before.files, con) as refresh:
            refresh.table(TABLES[name], store.read_sql("core/block_rows"))
            refresh.passed(TABLES[name])
        assert store.checksum(con, TABLES[name], name) == good


def test_a_new_check_has_the_whole_table_made_and_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    before, checks = recipes(), store.checks

    def more(table: Table) -> dict[str, str]:
        return checks(table) | ({"new": "select 1"} if table.name == "blocks" else {})

    monkeypatch.setattr(store, "checks", more)
    assert [name for name, recipe in recipes().items() if recipe.definition != before[name].definition] == ["core.blocks"]


def test_every_recipe_names_what_a_table_reads_through_macros() -> None:
    made_by = recipes()
    assert "core.block_row_vintages" in made_by["core.block_rows"].sources
    assert "core.blocks" in made_by["core.block_rows"].sources
    assert not any(source.startswith("raw.") for recipe in made_by.values() for source in recipe.sources)
    assert len({recipe.definition for recipe in made_by.values()}) == len(made_by)
