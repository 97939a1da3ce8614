"""Reference, core, marts, and what ops states of them: one factory turns each CSV and each SQL file into an asset.

Belongs here: the factory, and the checks of the tables it makes. Not here: any SQL (``warehouse/``). An asset's key is its
file's path, its dependencies are read from its SQL, its columns and descriptions come from its contract.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    asset,
)

from assets.landing import WORKSPACE
from assets.metadata import failing_table
from pipeline import store
from pipeline.contracts.compile import contract_of, dagster_schema
from pipeline.contracts.tables import TABLES, Macro, Table
from pipeline.loading import record_results
from pipeline.settings import ROOT, WAREHOUSE
from pipeline.workspace import Workspace

KEY_CHECK = "key_is_unique"


def asset_key(full_name: str) -> AssetKey:
    return AssetKey(full_name.split("."))


def _metadata(contract: Table | Macro, path: Path) -> dict[str, Any]:
    metadata: dict[str, Any] = {"file": str(path.relative_to(ROOT))}
    if isinstance(contract, Table):
        metadata |= {
            "dagster/column_schema": dagster_schema(contract),
            "dagster/table_name": contract.full_name,
        }
    return metadata


def _checks(table: Table) -> dict[str, str]:
    """The selects that return failing rows of a table, by the check's name: its key, and each file in warehouse/checks."""
    files = sorted((WAREHOUSE / "checks" / table.schema / table.name).glob("*.sql"))
    return {KEY_CHECK: store.duplicated_keys(table), **{path.stem: path.read_text() for path in files}}


def _check_spec(table: Table, name: str, select: str) -> AssetCheckSpec:
    return AssetCheckSpec(
        name,
        asset=asset_key(table.full_name),
        blocking=True,
        description=_said_by(table, select),
    )


def _said_by(table: Table, select: str) -> str:
    """What a check holds: the comment of its file, or what the key is for."""
    said = " ".join(line.removeprefix("--").strip() for line in select.splitlines() if line.startswith("--"))
    return said or f"{', '.join(table.key)} identifies a row."


def _run_checks(con: store.Connection, table: Table, checks: dict[str, str], run_id: str) -> Iterator[AssetCheckResult]:
    checked = store.count(con, table.full_name)
    results: list[dict[str, Any]] = []
    for name, select in checks.items():
        failing = store.failing_rows(con, select)
        results.append(
            {
                "run_id": run_id,
                "checked_at": datetime.now(UTC),
                "series": table.full_name,
                "check_name": name,
                "severity": "ERROR",
                "passed": failing.count == 0,
                "checked_count": checked,
                "failing_count": failing.count,
                "detail": None
                if failing.count == 0
                else f"the SQL of {table.full_name}, or what it reads, breaks this: {_said_by(table, select)}",
                "failing_rows": json.dumps(failing.rows, default=str) if failing.rows else None,
            }
        )
        metadata: dict[str, Any] = {"rows_checked": checked, "rows_failing": failing.count}
        if failing.rows:
            metadata["failing_rows"] = failing_table(failing.rows)
        yield AssetCheckResult(
            passed=failing.count == 0,
            asset_key=asset_key(table.full_name),
            check_name=name,
            severity=AssetCheckSeverity.ERROR,
            metadata=metadata,
        )
    record_results(con, results)


def _from_sql(path: Path) -> AssetsDefinition:
    full_name = f"{path.parent.name}.{path.stem}"
    contract = contract_of(full_name)
    select = path.read_text().strip()
    checks = _checks(contract) if isinstance(contract, Table) else {}

    @asset(
        key=asset_key(full_name),
        deps=[asset_key(name) for name in sorted(store.references(select))],
        group_name=path.parent.name,
        kinds={"duckdb", "sql"},
        description=contract.description,
        metadata=_metadata(contract, path),
        check_specs=[_check_spec(contract, *check) for check in checks.items()] if isinstance(contract, Table) else [],
        required_resource_keys=WORKSPACE,
    )
    def build(context: AssetExecutionContext) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        workspace: Workspace = context.resources.workspace
        workspace.say(f"building {full_name}")
        with workspace.store.writer() as con:
            if isinstance(contract, Macro):
                workspace.store.replace_macro(con, contract, select)
                yield MaterializeResult()
                return
            rows = workspace.store.replace(con, contract, select)
            yield MaterializeResult(metadata={"dagster/row_count": rows})
            yield from _run_checks(con, contract, checks, context.run.run_id)

    return build


def _from_csv(table: Table) -> AssetsDefinition:
    path = WAREHOUSE / "reference" / f"{table.name}.csv"
    checks = _checks(table)

    @asset(
        key=asset_key(table.full_name),
        group_name=table.schema,
        kinds={"csv", "duckdb"},
        description=table.description,
        metadata=_metadata(table, path),
        check_specs=[_check_spec(table, *check) for check in checks.items()],
        required_resource_keys=WORKSPACE,
    )
    def read(context: AssetExecutionContext) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        workspace: Workspace = context.resources.workspace
        with workspace.store.writer() as con:
            rows = workspace.store.replace_from_csv(con, table)
            yield MaterializeResult(metadata={"dagster/row_count": rows})
            yield from _run_checks(con, table, checks, context.run.run_id)

    return read


def build_assets() -> list[AssetsDefinition]:
    """Every table and macro that is not raw, in no particular order."""
    reference = [_from_csv(table) for table in TABLES.values() if table.schema == "reference"]
    return [*reference, *(_from_sql(path) for path in store.table_files())]
