"""The SQL files of ``warehouse``: which select makes what, and what it reads.

Belongs here: finding, reading and parsing them. Not here: running them.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipeline import series
from pipeline.contracts import compile as compiled
from pipeline.contracts import event_thresholds
from pipeline.contracts.as_known import as_known
from pipeline.contracts.checks import rules_of
from pipeline.contracts.tables import MACROS, TABLES, Macro, Table
from pipeline.failures import PermanentFailure
from pipeline.settings import WAREHOUSE
from pipeline.store.connect import Connection

_TABLE_READ = re.compile(r'"schema_name":"([^"]+)","table_name":"([^"]+)"')
_FUNCTION_READ = re.compile(r'"function_name":"([^"]+)"')


def sql_files(layer: str) -> list[Path]:
    return sorted((WAREHOUSE / layer).glob("*.sql"))


def selects() -> dict[str, str]:
    """The select of each table, view and macro that is made of others: all of core and marts, and some of ops."""
    stated = [f"ops.{path.stem}" for path in sql_files("ops")]
    made = [name for name, table in TABLES.items() if table.schema in ("core", "marts")]
    macros = [f"{macro.schema}.{macro.name}" for macro in MACROS.values()]
    return {name: select_of(name) for name in (*made, *macros, *stated)}


def select_file(full_name: str) -> Path | None:
    """Where the select of a table or view is written, and what a macro follows from; None where the contract gives it."""
    name = full_name.removesuffix("_as_of")
    path = WAREHOUSE / f"{name.replace('.', '/')}.sql"
    return path if path.exists() else None


def select_of(full_name: str) -> str:
    """What a table, view or macro is made by. Raises KeyError where that is not a select."""
    path, contract = select_file(full_name), compiled.contract_of(full_name)
    if isinstance(contract, Macro) and contract.parameter == "ts":
        return as_known(contract, select_of)
    return compiled.select_of(contract) if path is None else path.read_text().strip()


def appended(table: Table) -> str:
    """What adds the staged rows of a raw table that it does not hold: its own file, or the form of them all."""
    own = WAREHOUSE / "raw" / f"{table.name}.sql"
    return own.read_text().strip() if own.exists() else compiled.appended(table)


def reference_files() -> list[Path]:
    """What people decide: each file is a table, its name is the table's."""
    return sorted(path for path in (WAREHOUSE / "reference").iterdir() if path.suffix in (".csv", ".toml"))


def reference_file(table: Table) -> Path:
    """Where the rows of a table of reference are written: in a file of data, or in the code that they are facts of."""
    return next((path for path in reference_files() if path.stem == table.name), Path(series.__file__))


def reference_rows(table: Table) -> list[dict[str, Any]] | None:
    """The rows of a table of reference that Python reads; None where DuckDB reads its file."""
    read = {"event_thresholds": event_thresholds.read, "series": series.described}.get(table.name)
    return None if read is None else read()


def read_sql(path: str) -> str:
    """The one select of ``warehouse/<path>.sql``."""
    return (WAREHOUSE / f"{path}.sql").read_text().strip()


@cache
def _parser() -> Connection:
    return duckdb.connect()


@cache
def references(sql: str) -> frozenset[str]:
    """Names of the tables and as-of macros a select reads, as ``schema.name``; parsed, not bound.

    They are found in the text of the tree: as Python's objects it takes half a second of every start, 30 kB for each select.
    The select is a literal: of a parameter DuckDB finds out what it is by importing pandas.
    """
    [(tree,)] = _parser().execute(f"select json_serialize_sql({compiled.quoted(sql)})").fetchall()
    if tree.startswith('{"error":true'):
        raise PermanentFailure(f"DuckDB cannot parse this select: {json.loads(tree)['error_message']}: {sql[:200]}")
    macros = [MACROS[name] for name in _FUNCTION_READ.findall(tree) if name in MACROS]
    return frozenset(f"{schema}.{name}" for schema, name in _TABLE_READ.findall(tree)) | {one.full_name for one in macros}


def definitions() -> dict[str, dict[str, Any]]:
    """What each public table is made of: the hash of its select or reference file, and what that reads."""
    texts = {name: appended(table) for name, table in TABLES.items() if table.schema == "raw"} | selects()
    found: dict[str, dict[str, Any]] = {
        f"reference.{path.stem}": {"sha256": _sha256(path.read_bytes()), "reads": []} for path in reference_files()
    }
    found["reference.series"] = {"sha256": _sha256(json.dumps(series.described()).encode()), "reads": []}
    for name, text in texts.items():
        renames = compiled.names_counted_otherwise(TABLES[name]) if name in TABLES else None
        reads = references(text) | (references(renames) - {name} if renames else frozenset())
        found[name] = {"sha256": _sha256(text.encode()), "reads": sorted(reads)}
    return dict(sorted(found.items()))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def checks(table: Table) -> dict[str, str]:
    """The selects that return failing rows of a table, by the check's name: of its contract, and its files in
    warehouse/checks.
    """
    files = sorted((WAREHOUSE / "checks" / table.schema / table.name).glob("*.sql"))
    return {rule.name: rule.select for rule in rules_of(table)} | {path.stem: path.read_text() for path in files}
