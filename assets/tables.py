"""Reference, core, marts, and what ops states of them: one factory turns each reference file and each select into an asset.

Belongs here: the factory, and the checks of the tables it makes. Not here: any SQL (``warehouse/``). An asset's key is its
name, its dependencies are read from its SQL, its columns and descriptions come from its contract.

The tables of a layer are made by one op, each after what it reads: an op of its own for each would spend more time on
starting, and on writing down that it started, than on its table. Views and as-of macros store nothing: the op puts them in
place on its way, and in Dagster they are virtual, with a place in the lineage and without an event in each run.
"""

import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MaterializeResult,
    PreviewWarning,
    multi_asset,
)

from assets.failing import said_in_one_line
from assets.landing import WORKSPACE
from assets.metadata import check_result, code_version, failing_table, shown_of, source_metadata, table_metadata
from pipeline import store
from pipeline.contracts import event_thresholds
from pipeline.contracts.compile import contract_of
from pipeline.contracts.tables import TABLES, Macro, Table
from pipeline.load.report import record_results
from pipeline.run.findings import Finding
from pipeline.run.session import Workspace

# Virtual assets are marked preview; the tests of definitions would show if they changed.
warnings.filterwarnings("ignore", message="Virtual assets.*", category=PreviewWarning)

HOLDS = "invariants_hold"


def asset_key(full_name: str) -> AssetKey:
    return AssetKey(full_name.split("."))


def _check_spec(table: Table, checks: dict[str, str]) -> AssetCheckSpec:
    """One check of the table for all its selects: a check is three events, and there are dozens of selects."""
    return AssetCheckSpec(
        HOLDS,
        asset=asset_key(table.full_name),
        blocking=True,
        description=" ".join(f"{name}: {_said_by(select)}" for name, select in checks.items()),
    )


def _said_by(select: str) -> str:
    """What a check holds: the comment of its file."""
    return " ".join(line.removeprefix("--").strip() for line in select.splitlines() if line.startswith("--"))


def _run_checks(
    con: store.Connection, table: Table, checks: dict[str, str], run_id: str
) -> tuple[AssetCheckResult, list[dict[str, Any]]]:
    """Run the selects of a table: what they found together, and a row of ops for each."""
    checked = store.count(con, table.full_name)
    failing = {name: store.failing_rows(con, select) for name, select in checks.items()}
    broken = {name: found for name, found in failing.items() if found.count}
    results = [
        {
            "run_id": run_id,
            "checked_at": datetime.now(UTC),
            "series": table.full_name,
            "check_name": name,
            "severity": "ERROR",
            "passed": found.count == 0,
            "checked_count": checked,
            "failing_count": found.count,
            "detail": f"the SQL of {table.full_name}, or what it reads, breaks this: {_said_by(checks[name])}"
            if found.count
            else None,
            "failing_rows": json.dumps(found.rows, default=str) if found.rows else None,
        }
        for name, found in failing.items()
    ]
    metadata: dict[str, Any] = {"rows_checked": checked, "rows_failing": sum(found.count for found in broken.values())}
    metadata |= {f"failing_rows/{name}": failing_table(found.rows) for name, found in broken.items() if found.rows}
    causes = {name: f"{found.count} rows fail" for name, found in broken.items()}
    return check_result(asset_key(table.full_name), HOLDS, causes, is_error=True, metadata=metadata), results


@dataclass(frozen=True)
class _Source:
    """What is made: a table, a view or a macro, by a file or by a select that follows from another one's."""

    contract: Table | Macro
    path: Path | None
    select: str | None

    @property
    def full_name(self) -> str:
        return self.contract.full_name

    @property
    def key(self) -> AssetKey:
        return asset_key(self.full_name)

    @property
    def reads(self) -> frozenset[str]:
        return store.references(self.select) if self.select else frozenset()

    @property
    def checks(self) -> dict[str, str]:
        return store.checks(self.contract) if isinstance(self.contract, Table) else {}

    @property
    def is_stored(self) -> bool:
        return isinstance(self.contract, Table) and not self.contract.is_view

    @property
    def _group(self) -> str:
        """Core's as-of macros and vintages are apart from what is shown first."""
        family = next((one for one in ("_as_of", "_vintages") if self.contract.name.endswith(one)), "")
        return self.contract.schema + ("" if self.is_stored else family)

    def spec(self) -> AssetSpec:
        kind = {".py": "python"}.get(self.path.suffix, self.path.suffix[1:]) if self.path else "sql"
        return AssetSpec(
            self.key,
            deps=[asset_key(name) for name in sorted(self.reads)],
            group_name=self._group,
            kinds={"duckdb", kind if self.is_stored else "view"},
            description=self.contract.description,
            metadata={**source_metadata(self.path, self.select), **table_metadata(self.contract)},
            code_version=code_version(self.full_name),
            # A blocking check that fails ends the op before it comes to the tables after it.
            skippable=self.is_stored,
            is_virtual=not self.is_stored,
        )

    def make(self, files: store.Store, con: store.Connection) -> None:
        if self.select is not None:
            files.make(con, self.contract, self.select)
        elif isinstance(self.contract, Table):
            files.replace_from_reference(con, self.contract)

    def shown(self, con: store.Connection) -> dict[str, Any]:
        """What the UI shows of it."""
        return {"dagster/row_count": store.count(con, self.full_name), **shown_of(con, self.full_name)}


def _in_order(sources: Sequence[_Source]) -> list[_Source]:
    """Each after what it reads; the order is the same every time."""
    by_name = {source.full_name: source for source in sources}
    graph = {name: sorted(by_name[name].reads & by_name.keys()) for name in sorted(by_name)}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


def _layer(schema: str, sources: Sequence[_Source]) -> AssetsDefinition:
    ordered = _in_order(sources)

    @multi_asset(
        name=schema,
        specs=[source.spec() for source in ordered if source.is_stored],
        check_specs=[
            _check_spec(source.contract, source.checks)
            for source in ordered
            if isinstance(source.contract, Table) and source.checks
        ],
        can_subset=True,
        required_resource_keys=WORKSPACE,
    )
    def build(context: AssetExecutionContext) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        workspace: Workspace = context.resources.workspace
        with said_in_one_line(), workspace.store.writer() as con:
            kept: list[dict[str, Any]] = []
            try:
                for source in ordered:
                    yield from _made(context, workspace, con, source, kept)
            finally:  # what was checked, however the layer ends
                record_results(con, kept)

    return build


def _made(
    context: AssetExecutionContext, workspace: Workspace, con: store.Connection, source: _Source, kept: list[dict[str, Any]]
) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    """Make a table or view, and check the table. ``kept`` is given a row of ops for each of its checks."""
    table = source.contract
    if isinstance(table, Macro):  # put in place when the file is published
        return
    if table.is_view:
        source.make(workspace.store, con)
    if source.key in context.selected_asset_keys:
        workspace.say(f"building {source.full_name}")
        source.make(workspace.store, con)
        yield MaterializeResult(asset_key=source.key, metadata=source.shown(con))
    # A check may be run by itself, on the table as it is.
    if AssetCheckKey(source.key, HOLDS) in context.selected_asset_check_keys:
        result, results = _run_checks(con, table, source.checks, context.run.run_id)
        kept.extend(results)
        yield result
        if broken := [one.check for one in Finding.read(result.metadata)]:
            raise Failure(
                description=f"{source.full_name} breaks {', '.join(broken)}: {_said_by(source.checks[broken[0]])}",
                allow_retries=False,
            )


def build_assets() -> tuple[list[AssetsDefinition], list[AssetSpec]]:
    """Every table that is not raw, an op for each layer; and every view and macro, which no run materialises."""
    event_thresholds.read()  # what it cannot mean is refused before anything is asked of the source
    sources = [
        *(_Source(table, store.reference_file(table), None) for table in TABLES.values() if table.schema == "reference"),
        *(_Source(contract_of(name), store.select_file(name), select) for name, select in store.selects().items()),
    ]
    layers = dict.fromkeys(source.contract.schema for source in sources)
    tables = [_layer(layer, [source for source in sources if source.contract.schema == layer]) for layer in layers]
    return tables, [source.spec() for source in sources if not source.is_stored]
