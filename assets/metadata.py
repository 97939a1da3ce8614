"""What assets show in the UI, where more than one of them shows it.

Belongs here: owner, freshness, links to the code, and the forms of metadata. Not here: what a single asset reports.
"""

import json
import warnings
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    BetaWarning,
    CodeReferencesMetadataValue,
    FreshnessPolicy,
    LocalFileCodeReference,
    MetadataValue,
    TableColumn,
    TableColumnConstraints,
    TableRecord,
    TableSchema,
    with_source_code_references,
)

from assets.sparkline import sparkline
from pipeline import store
from pipeline.contracts import compile
from pipeline.contracts.tables import TABLES, Macro, Table
from pipeline.run.findings import Finding, as_metadata
from pipeline.settings import ROOT

# Links to code are marked beta; the tests of definitions would show if they changed.
warnings.filterwarnings("ignore", message=".*(CodeReference|with_source_code_references).*", category=BetaWarning)

OWNERS = ["team:openrouter-usage"]
CODE = "dagster/code_references"
SIMULATED_KIND = {"SIMULATED"}  # stands on every asset of a demo in the graph; there may be three kinds
SHOWN_ROWS = 100  # of a check that fails: every event is read whole whenever its page is opened

# Every daily run makes every asset of its way anew, so one rule holds for all: a day and a half without is too long.
MADE_DAILY = FreshnessPolicy.time_window(fail_window=timedelta(hours=36))


def as_shown(
    built: Sequence[AssetsDefinition | AssetSpec], *, made_by_hand: Iterable[AssetKey], is_simulated: bool
) -> list[AssetsDefinition | AssetSpec]:
    """Give assets what holds for all of them: an owner, links to their code, how old they may be, whether they are a demo's.

    ``made_by_hand`` are those that no daily run makes.
    """
    by_hand = frozenset(made_by_hand)

    def shown(spec: AssetSpec) -> AssetSpec:
        return spec.replace_attributes(
            owners=OWNERS,
            freshness_policy=None if spec.key in by_hand or spec.is_virtual else MADE_DAILY,
            kinds=spec.kinds | SIMULATED_KIND if is_simulated else spec.kinds,
            description=f"SIMULATED, not OpenRouter's data. {spec.description}" if is_simulated else spec.description,
        )

    linked = with_source_code_references(
        [shown(one) if isinstance(one, AssetSpec) else one.map_asset_specs(shown) for one in built]
    )
    return [one for one in linked if isinstance(one, (AssetsDefinition, AssetSpec))]


def table_metadata(contract: Table | Macro) -> dict[str, Any]:
    """Columns with their meaning and key, and the name to ask for. A macro has the columns of its table."""
    if isinstance(contract, Table):
        return {"dagster/column_schema": _column_schema(contract), "dagster/table_name": contract.full_name}
    return {
        "dagster/column_schema": _column_schema(TABLES[contract.table]),
        "dagster/table_name": f"main.{contract.name}",
    }


def source_metadata(path: Path | None, select: str | None) -> dict[str, Any]:
    """Where an asset's SQL or CSV is, as a link into an editor, and the SQL itself, as some follows from its contract."""
    path = path or Path(compile.__file__)
    metadata: dict[str, Any] = {
        "file": str(path.relative_to(ROOT)),
        CODE: CodeReferencesMetadataValue(code_references=[LocalFileCodeReference(file_path=str(path))]),
    }
    return metadata if select is None else {**metadata, "sql": MetadataValue.md(f"```sql\n{select}\n```")}


def _column_schema(table: Table) -> TableSchema:
    return TableSchema(
        columns=[
            TableColumn(
                column.name,
                type=column.type,
                description=column.description,
                constraints=TableColumnConstraints(
                    nullable=column.name not in table.required,
                    unique=table.key == (column.name,),
                    other=["key"] if column.name in table.key else None,
                ),
            )
            for column in table.columns
        ]
    )


def shown_of(con: store.Connection, full_name: str) -> dict[str, Any]:
    """The numbers of a table's newest period, which plot themselves run by run, and a sparkline of the first of them.

    Their contracts say which; most tables have none. NULL is left out: absent is not zero. What is not by days or weeks, but
    by a number, has no sparkline.
    """
    if not TABLES[full_name].shown:
        return {}
    rows = store.rows(con, compile.shown(TABLES[full_name]))
    if not rows:
        return {}
    period, measure, *_ = rows[0]
    rows = list({row[period]: row for row in rows}.values())
    metadata = {name: str(value) if name == period else value for name, value in rows[-1].items() if value is not None}
    by_date = isinstance(rows[-1][period], date)
    line = sparkline(measure, [(row[period], row[measure]) for row in rows]) if by_date else None
    return metadata if line is None else {**metadata, "sparkline": MetadataValue.md(line)}


def failing_table(rows: Sequence[dict[str, Any]], *, first: Sequence[str] = ()) -> MetadataValue:
    """Failing rows as a table of the UI, the columns of ``first`` before the others, which may be many.

    Values that the UI has no type for are shown as text.
    """
    names = dict.fromkeys([*(name for name in first if name in rows[0]), *rows[0]])

    def shown(value: Any) -> str | int | float | bool | None:
        if value is None or isinstance(value, (str, int, float, bool)):
            return value
        return json.dumps(value, default=str) if isinstance(value, (list, dict)) else str(value)

    return MetadataValue.table(
        records=[TableRecord({name: shown(row[name]) for name in names}) for row in rows[:SHOWN_ROWS]]
    )


def check_result(
    asset: AssetKey,
    check: str,
    findings: Sequence[Finding],
    *,
    is_error: bool = False,
    metadata: dict[str, Any] | None = None,
) -> AssetCheckResult:
    """A check as Dagster keeps it: passed without ``findings``; ``is_error`` says whether they fail the run."""
    shown = dict(metadata or {})
    if findings:
        shown |= {
            "likely_cause": "; ".join(one.cause for one in findings),
            Finding.name: MetadataValue.json(as_metadata(findings)),
        }
    return AssetCheckResult(
        passed=not findings,
        asset_key=asset,
        check_name=check,
        severity=AssetCheckSeverity.ERROR if is_error else AssetCheckSeverity.WARN,
        metadata=shown,
    )


def finding(asset: AssetKey, check: str, cause: str, series: Iterable[str] = ()) -> Finding:
    return Finding(check, "/".join(asset.path), cause, list(series))
