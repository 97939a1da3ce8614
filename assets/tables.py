"""Reference, core, marts, and what ops states of them: one factory turns each reference and each SQL file into an asset.

Belongs here: the factory, and the checks of the tables it makes. Not here: any SQL (``warehouse/``). An asset's key is its
file's path, its dependencies are read from its SQL, its columns and descriptions come from its contract.

The tables of a layer are made by one op, each after what it reads: an op of its own for each would spend more time on
starting, and on writing down that it started, than on its table.
"""

import json
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MaterializeResult,
    multi_asset,
)

from assets.failing import said_in_one_line
from assets.landing import WORKSPACE
from assets.metadata import failing_table, shown_of, source_metadata, table_metadata
from pipeline import event_thresholds, store
from pipeline.contracts.compile import contract_of
from pipeline.contracts.tables import TABLES, Macro, Table
from pipeline.loading import record_results
from pipeline.refreshing import Refresh, refreshing
from pipeline.workspace import Workspace

T = TypeVar("T")
_END: Any = object()


def asset_key(full_name: str) -> AssetKey:
    return AssetKey(full_name.split("."))


def _check_spec(table: Table, name: str, select: str) -> AssetCheckSpec:
    return AssetCheckSpec(
        name,
        asset=asset_key(table.full_name),
        blocking=True,
        description=_said_by(select),
    )


def _said_by(select: str) -> str:
    """What a check holds: the comment of its file."""
    return " ".join(line.removeprefix("--").strip() for line in select.splitlines() if line.startswith("--"))


def _run_checks(
    con: store.Connection, table: Table, checks: dict[str, str], run_id: str, part: str | None
) -> Iterator[AssetCheckResult]:
    """Look at the part of the table that was replaced; the rest was looked at when it was made."""
    checked = store.count(con, table.full_name, part=part)
    results: list[dict[str, Any]] = []
    for name, select in checks.items():
        failing = store.failing_rows(con, select, part=part)
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
                else f"the SQL of {table.full_name}, or what it reads, breaks this: {_said_by(select)}",
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


@dataclass(frozen=True)
class _Source:
    """One file that makes a table or a macro."""

    path: Path
    contract: Table | Macro

    @property
    def full_name(self) -> str:
        return f"{self.contract.schema}.{self.contract.name}"

    @property
    def key(self) -> AssetKey:
        return asset_key(self.full_name)

    @property
    def select(self) -> str:
        return self.path.read_text().strip()

    @property
    def reads(self) -> frozenset[str]:
        return store.references(self.select) if self.path.suffix == ".sql" else frozenset()

    @property
    def checks(self) -> dict[str, str]:
        return store.checks(self.contract) if isinstance(self.contract, Table) else {}

    def spec(self) -> AssetSpec:
        return AssetSpec(
            self.key,
            deps=[asset_key(name) for name in sorted(self.reads)],
            group_name=self.contract.schema,
            kinds={"duckdb", self.path.suffix.removeprefix(".")},
            description=self.contract.description,
            metadata={**source_metadata(self.path), **table_metadata(self.contract)},
            # A blocking check that fails ends the op before it comes to the tables after it.
            skippable=True,
        )

    def build(self, files: store.Store, con: store.Connection, refresh: Refresh) -> str | None:
        """Bring the table or macro up to date. Returns the condition of its rows that were replaced, where not all were."""
        if isinstance(self.contract, Macro):
            refresh.macro(self.contract)
            return None
        if self.path.suffix != ".sql":
            files.replace_from_reference(con, self.contract)
            return None
        return refresh.table(self.contract, self.select)

    def shown(self, con: store.Connection) -> dict[str, Any]:
        """What the UI shows of it."""
        if isinstance(self.contract, Macro):
            return {}
        return {"dagster/row_count": store.count(con, self.full_name), **shown_of(con, self.full_name)}


def _in_order(sources: Sequence[_Source]) -> list[_Source]:
    """Each after what it reads; the order is the same every time."""
    by_name = {source.full_name: source for source in sources}
    graph = {name: sorted(by_name[name].reads & by_name.keys()) for name in sorted(by_name)}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


def _one_ahead(results: Generator[T, None, None]) -> Iterator[T]:
    """The results, each made in a thread of its own while Dagster writes down the one before."""
    with closing(results), ThreadPoolExecutor(max_workers=1) as thread:
        ahead = thread.submit(next, results, _END)
        while (result := ahead.result()) is not _END:
            ahead = thread.submit(next, results, _END)
            yield result


def _layer(schema: str, sources: Sequence[_Source]) -> AssetsDefinition:
    ordered = _in_order(sources)

    @multi_asset(
        name=schema,
        specs=[source.spec() for source in ordered],
        check_specs=[
            _check_spec(source.contract, *check)
            for source in ordered
            if isinstance(source.contract, Table)
            for check in source.checks.items()
        ],
        can_subset=True,
        required_resource_keys=WORKSPACE,
    )
    def build(context: AssetExecutionContext) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        with said_in_one_line():
            yield from _one_ahead(made(context))

    def made(context: AssetExecutionContext) -> Generator[MaterializeResult[None] | AssetCheckResult, None, None]:
        workspace: Workspace = context.resources.workspace
        with workspace.store.writer() as con, refreshing(workspace.store, con) as refresh:
            for source in ordered:
                part = None
                if source.key in context.selected_asset_keys:
                    workspace.say(f"building {source.full_name}")
                    part = source.build(workspace.store, con, refresh)
                    yield MaterializeResult(asset_key=source.key, metadata=source.shown(con))
                if not isinstance(source.contract, Table):
                    continue
                # A check may be run by itself, on the table as it stands.
                asked = {check.name for check in context.selected_asset_check_keys if check.asset_key == source.key}
                checks = {name: select for name, select in source.checks.items() if name in asked}
                results = list(_run_checks(con, source.contract, checks, context.run.run_id, part)) if checks else []
                yield from results
                if broken := [result.check_name for result in results if not result.passed]:
                    raise Failure(
                        description=f"{source.full_name} breaks {', '.join(map(str, broken))}: "
                        f"{_said_by(source.checks[str(broken[0])])}",
                        allow_retries=False,
                    )
                if source.key in context.selected_asset_keys and checks.keys() == source.checks.keys():
                    refresh.passed(source.contract)

    return build


def build_assets() -> list[AssetsDefinition]:
    """Every table and macro that is not raw: an op for each layer."""
    event_thresholds.read()  # what it cannot mean is refused before anything is asked of the source
    sources = [
        *(_Source(store.reference_file(table), table) for table in TABLES.values() if table.schema == "reference"),
        *(_Source(path, contract_of(f"{path.parent.name}.{path.stem}")) for path in store.table_files()),
    ]
    layers = dict.fromkeys(source.contract.schema for source in sources)
    return [_layer(layer, [source for source in sources if source.contract.schema == layer]) for layer in layers]
