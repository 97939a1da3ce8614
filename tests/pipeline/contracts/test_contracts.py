"""Files, contracts, database and design agree; each layer reads only what it may; SQL stands where it belongs."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipeline import store
from pipeline.contracts import catalogue, docs
from pipeline.contracts.columns import COLUMNS
from pipeline.contracts.compile import contract_of
from pipeline.contracts.tables import MACROS, TABLES, Macro, Table
from pipeline.settings import ROOT, WAREHOUSE, DataDir
from tests import support

LAYERS = ("core", "marts")
APPENDED = {"ops.validation_results", "ops.loads", "ops.builds"}  # by runs: they have no select
NAMES = support.build_order()
MAY_READ = {"core": {"raw", "reference", "core"}, "marts": {"core", "reference", "marts"}, "ops": {"core", "reference"}}


def described(con: store.Connection, select: str) -> list[tuple[str, str]]:
    """Names and types of a select's columns, as the database reports them."""
    found = con.execute(f"describe {select}").fetchall()
    return [(name, type_.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")) for name, type_, *_ in found]


def promised(table: Table) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in table.columns]


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[store.Connection]:
    """A build file with every table and macro, and no rows."""
    files = store.Store(DataDir(tmp_path_factory.mktemp("contracts")))
    with files.writer() as opened:
        support.build_tables(files, opened)
        yield opened


# --- files and contracts ----------------------------------------------------------------------------------------------


def test_every_file_has_a_contract_and_every_contract_a_file() -> None:
    """A file's path is its name: neither a table without a select nor a select that no one promised."""
    contracts = {name for name, table in TABLES.items() if table.schema in (*LAYERS, "ops")} - APPENDED
    contracts |= {f"{macro.schema}.{macro.name}" for macro in MACROS.values()}
    assert set(NAMES) == contracts
    assert {f"raw.{path.stem}" for path in store.sql_files("raw")} <= set(TABLES)
    listed = {f"reference.{path.stem}" for path in store.reference_files()} | {"reference.series"}
    assert listed == {name for name, table in TABLES.items() if table.schema == "reference"}


def test_a_select_gives_what_its_contract_promises(con: store.Connection) -> None:
    """Names and types are equal. A macro also keeps the order of its table, so that one can stand in for the other; a select
    of a table need not, as its rows are stored by name.
    """
    for name in NAMES:
        contract = contract_of(name)
        if isinstance(contract, Macro):
            asked = "'infinity', must_be_known := false" if contract.parameter == "ts" else "'usage_day'"
            assert described(con, f"from {contract.name}({asked})") == promised(TABLES[contract.table]), name
        else:
            assert sorted(described(con, store.select_of(name))) == sorted(promised(contract)), name


def test_the_database_has_the_columns_of_the_contract(con: store.Connection) -> None:
    """In the order of the contract; what may be NULL is what the contract marks."""
    required: dict[str, set[str]] = {name: set() for name in TABLES}
    of_tables = "select schema_name || '.' || table_name, column_name from duckdb_columns() where not is_nullable"
    for name, column in con.execute(of_tables).fetchall():
        required.setdefault(name, set()).add(column)
    for name, table in TABLES.items():
        assert described(con, f"from {name}") == promised(table), name
        # Nothing can be required of a view: what it reads has it, and the test of keys and NULLs looks.
        assert required[name] == (set() if table.is_view else set(table.required)), name


def test_a_table_says_what_a_row_is() -> None:
    """A description begins with the grain, a key is there, stands among the columns, and no column stands twice."""
    for name, table in TABLES.items():
        assert re.match(r"One row per \S+", table.description), name
        assert table.key, name
        assert set(table.key) <= set(table.names), name
        assert len(set(table.names)) == len(table.columns), name


def test_macros_take_an_instant(con: store.Connection) -> None:
    """As-of macros stand in schema main and take ts, and whether a question before the first reading is refused."""
    found = con.execute(
        "select function_name, parameters from duckdb_functions() where function_type = 'table_macro' and not internal"
    ).fetchall()
    takes = dict(found)
    assert takes.pop("readings_as_of") == ["ts", "must_be_known", "rests_on", "asked_of"]
    assert takes.pop("first_release") == ["series"]
    assert takes == {name: ["ts", "must_be_known"] for name in MACROS if name not in ("readings_as_of", "first_release")}


def test_every_mart_can_be_asked_as_of_an_instant() -> None:
    """Whatever is cited, and what it is made of."""
    cited = {name for name, table in TABLES.items() if table.schema in ("core", "marts") and "citation" in table.names}
    assert cited <= {macro.table for macro in MACROS.values()}
    # These have rows as soon as any series was read, or say themselves what is needed.
    silent = {table.name for table in TABLES.values() if table.schema == "marts" and not table.rests_on}
    assert silent == {
        "citations", "claim_checks", "coding_share_measures_weekly", "country_token_share_weekly", "events", "m2_milestones",
        "open_weight_token_share_weekly", "price_intelligence", "restatements", "revision_statistics", "vintage_matrix",
    }  # fmt: skip


def test_what_selects_share_is_in_no_file(con: store.Connection) -> None:
    """The macros of macros.sql are those of a connection: whoever opens a published file needs none of them."""
    scalar = "from duckdb_functions() where function_type = 'macro' and not internal"
    found = con.execute(f"select database_name, function_name {scalar}").fetchall()
    shared = ("closing_of", "conformal_error", "interval_score", "is_restated", "m2", "written_day")
    assert sorted(found) == [("temp", name) for name in shared]
    views = con.execute("select sql from duckdb_views() where not internal").fetchall()
    assert not [sql for (sql,) in views if re.search(rf"\b({'|'.join(shared)})\(", sql)]


def test_every_mart_can_be_cited() -> None:
    """Capture and citation stand in every row of a mart."""
    for table in TABLES.values():
        if table.schema == "marts":
            assert {"capture", "citation"} <= set(table.required)


def test_every_weekly_table_says_how_many_days_its_weeks_have() -> None:
    """Two weeks of 2025 have six days: whoever compares tokens of weeks sees it in the row."""
    weekly = {name: table for name, table in TABLES.items() if table.schema in LAYERS and "week_start" in table.names}
    assert len(weekly) > 10
    assert {name for name, table in weekly.items() if "days_in_week" not in table.required} == set()


# --- what a reader is told ---------------------------------------------------------------------------------------------


def test_the_data_dictionary_is_not_stale() -> None:
    """The page and the catalogue for programs are compiled from the contracts: `make format` writes them."""
    assert docs.PAGE.read_text() == docs.page()
    assert catalogue.FILE.read_text() == catalogue.written()


# --- who reads whom ----------------------------------------------------------------------------------------------------


def test_a_layer_reads_only_what_it_may() -> None:
    """Core reads raw, reference and core; marts core, reference, each other; ops core, reference: as the page says."""
    for name in NAMES:
        read = store.references(store.select_of(name))
        assert {one.partition(".")[0] for one in read} <= MAY_READ[name.partition(".")[0]], name
        assert read <= {*TABLES, *NAMES} - {name}, name


# --- how SQL is written ------------------------------------------------------------------------------------------------

SQL_FILES = sorted(str(path.relative_to(WAREHOUSE)) for path in WAREHOUSE.rglob("*.sql"))


def parsed(file: str) -> dict[str, Any]:
    """The one select of a file, as DuckDB's parser gives it."""
    (tree,) = duckdb.execute("select json_serialize_sql(?)", [(WAREHOUSE / file).read_text()]).fetchall()[0]
    content = json.loads(tree)
    assert not content["error"], content
    (statement,) = content["statements"]
    node: dict[str, Any] = statement["node"]
    return node


def test_a_file_is_one_select() -> None:
    """One statement, and a select: tables are made in one place only."""
    for file in SQL_FILES:
        assert file == "macros.sql" or parsed(file)["type"] in ("SELECT_NODE", "SET_OPERATION_NODE"), file


def test_sql_is_lower_case() -> None:
    """But for comments and texts."""
    for file in SQL_FILES:
        code = re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", (WAREHOUSE / file).read_text())
        assert code == code.lower(), file


def test_stored_tables_name_their_columns_and_are_not_ordered() -> None:
    """A final `*` takes all of one table or macro, as a filter, or adds to the columns that the file has named itself. A
    table has no order: whoever reads it asks for one.
    """
    for file in SQL_FILES:
        if not file.startswith(LAYERS):
            continue
        node = parsed(file)
        stars = [one for one in node.get("select_list", []) if one["class"] == "STAR"]
        source = node.get("from_table", {})
        own = {entry["key"] for entry in node["cte_map"]["map"]}
        is_filter = len(node.get("select_list", [])) == 1 and source["type"] in ("BASE_TABLE", "TABLE_FUNCTION")
        assert not stars or is_filter or (source["type"] == "BASE_TABLE" and source["table_name"] in own), file
        assert not {one["type"] for one in node["modifiers"]} & {"ORDER_MODIFIER", "LIMIT_MODIFIER"}, file


MAY_HOLD_SQL = {
    "pipeline/store/embedded.py",
    "pipeline/store/reader.py",
    "pipeline/store/tables.py",
    "pipeline/store/lake.py",
    "pipeline/store/lake_copy.py",
    "pipeline/store/lake_lock.py",
    "pipeline/contracts/as_known.py",
    "pipeline/contracts/compile.py",
    "pipeline/contracts/checks.py",
    "pipeline/contracts/families.py",
    "pipeline/openrouter/budget.py",  # the ledger of requests: SQLite, no part of the warehouse
}
SQL = re.compile(
    r"\b(create\s+(or\s+replace\s+)?(table|macro|schema|view)|insert\s+into|delete\s+from|drop\s+(table|macro|schema|view)"
    r"|alter\s+table|comment\s+on|select\b.+\bfrom\b)",
    re.IGNORECASE | re.DOTALL,
)


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text of a module that is not a docstring; an f-string as one text."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_sql_stands_in_files() -> None:
    """No SQL in Python strings, but for what manages the database's files and tables."""
    for path in [path for top in ("pipeline", "assets") for path in (ROOT / top).rglob("*.py")]:
        found = [text for text in texts(ast.parse(path.read_text())) if SQL.search(text)]
        assert str(path.relative_to(ROOT)) in MAY_HOLD_SQL or found == [], path


def test_every_column_is_used() -> None:
    """A column that no table has is no promise."""
    assert set(COLUMNS) == {column.name for table in TABLES.values() for column in table.columns}
