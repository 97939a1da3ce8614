"""What assets show in the UI, where more than one of them shows it.

Belongs here: owner, freshness, links to the code, and the forms of metadata. Not here: what a single asset reports.
"""

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

from dagster import (
    AnchorBasedFilePathMapping,
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
    link_code_references_to_git,
    with_source_code_references,
)

from assets.sparkline import sparkline
from pipeline import store
from pipeline.contracts import compile
from pipeline.contracts.tables import TABLES, Macro, Table
from pipeline.program import PROGRAM
from pipeline.run.findings import Finding, as_metadata
from pipeline.settings import ROOT, Settings

# Links to code are marked beta; the tests of definitions would show if they changed.
warnings.filterwarnings("ignore", message=".*(CodeReference|with_source_code_references).*", category=BetaWarning)

OWNERS = ["team:openrouter-usage"]
CODE = "dagster/code_references"
METHOD = ROOT / "docs" / "method.md"
SIMULATED_KIND = {"SIMULATED"}  # stands on every asset of a demo in the graph; there may be three kinds
# Of a check that fails: what fits a screen. Every event is read whole whenever its page is opened; ops holds the rest.
SHOWN_ROWS, SHOWN_COLUMNS, SHOWN_CHARACTERS = 20, 4, 60
_MODEL = ("model_permaslug", "base_permaslug", "subject", "app_name", "author")
_REST = "other columns"

# Every daily run makes every asset of its way anew, so one rule holds for all: a day and a half without is too long.
MADE_DAILY = FreshnessPolicy.time_window(fail_window=timedelta(hours=36))


def as_shown(
    built: Sequence[AssetsDefinition | AssetSpec], *, made_by_hand: Iterable[AssetKey], settings: Settings
) -> list[AssetsDefinition | AssetSpec]:
    """Give assets what holds for all of them: an owner, links to their code, the page and the docs, how old they may be,
    whether they are a demo's.

    ``made_by_hand`` are those that no daily run makes.
    """
    by_hand, is_simulated, links = frozenset(made_by_hand), settings.data_dir.is_simulated, _links(settings)

    def shown(spec: AssetSpec) -> AssetSpec:
        return spec.replace_attributes(
            owners=OWNERS,
            metadata={**spec.metadata, **links},
            freshness_policy=None if spec.key in by_hand or spec.is_virtual else MADE_DAILY,
            kinds=spec.kinds | SIMULATED_KIND if is_simulated else spec.kinds,
            description=f"SIMULATED, not OpenRouter's data. {spec.description}" if is_simulated else spec.description,
        )

    linked = with_source_code_references(
        [shown(one) if isinstance(one, AssetSpec) else one.map_asset_specs(shown) for one in built]
    )
    if repository := repository_url():
        mapping = AnchorBasedFilePathMapping(ROOT / "pyproject.toml", "pyproject.toml")
        linked = link_code_references_to_git(linked, repository, "HEAD", mapping)
    return [one for one in linked if isinstance(one, (AssetsDefinition, AssetSpec))]


def repository_url() -> str | None:
    """Where the code is published: `Repository` of `project.urls`, at GitHub or GitLab; None where it names none."""
    urls = dict(line.split(", ", 1) for line in metadata(PROGRAM).get_all("Project-URL") or [])
    found = urls.get("Repository", "").rstrip("/")
    return found if "github" in found or "gitlab" in found else None


def _links(settings: Settings) -> dict[str, MetadataValue]:
    """From every asset to the page and to the definitions."""
    page, repository = settings.data_dir.report, repository_url()
    served, published = settings.public_address(page.name), f"{repository}/tree/HEAD/{METHOD.relative_to(ROOT)}"
    links: dict[str, MetadataValue] = {
        "page": MetadataValue.url(served) if settings.public_url else MetadataValue.path(page)
    }
    if repository:
        links["docs"] = MetadataValue.url(published)
    elif METHOD.exists():  # it does not where a wheel is installed
        links["docs"] = MetadataValue.path(METHOD)
    return links


def table_metadata(contract: Table | Macro) -> dict[str, Any]:
    """Columns with their meaning and key, and the name to ask for. A macro has the columns of its table."""
    if isinstance(contract, Table):
        return {"dagster/column_schema": _column_schema(contract), "dagster/table_name": contract.full_name}
    return {
        "dagster/column_schema": _column_schema(TABLES[contract.table]),
        "dagster/table_name": f"main.{contract.name}",
    }


@cache
def _hashes() -> dict[str, str]:
    return {name: one["sha256"] for name, one in store.definitions().items()}


def code_version(full_name: str) -> str | None:
    """The beginning of the hash that ``ops.builds`` keeps: the UI marks a table whose definition has changed since."""
    found = _hashes().get(full_name)
    return None if found is None else found[:12]


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


def failing_table(rows: Sequence[dict[str, Any]], *, values: Sequence[str] = ()) -> MetadataValue:
    """Failing rows as a table of the UI that fits a screen: the model first, then the ``values`` that are wrong, then the
    period and the other columns. Those for which there is no room share the last column; long texts are cut.

    Values that the UI has no type for are shown as text.
    """
    row = rows[0]
    model = [name for name in _MODEL if name in row][:1]
    numbers = [name for name, value in row.items() if isinstance(value, (int, float)) and not isinstance(value, bool)]
    wrong = [name for name in values if name in row] or numbers[:2]
    periods = [name for name, value in row.items() if isinstance(value, date)]
    names = list(dict.fromkeys((*model, *wrong, *periods, *numbers, *row)))
    apart, rest = names[:SHOWN_COLUMNS], names[SHOWN_COLUMNS:]

    def record(one: dict[str, Any]) -> TableRecord:
        shown = {name: _cell(one[name]) for name in apart}
        if rest:
            shown[_REST] = _cell(", ".join(f"{name}={_cell(one[name])}" for name in rest if one[name] is not None))
        return TableRecord(shown)

    return MetadataValue.table(records=[record(one) for one in rows[:SHOWN_ROWS]])


def _cell(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, (int, float, bool)):
        return value
    text = json.dumps(value, default=str) if isinstance(value, (list, dict)) else str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def check_result(
    asset: AssetKey,
    check: str,
    causes: Mapping[str, str],
    *,
    series: Iterable[str] = (),
    is_error: bool = False,
    metadata: Mapping[str, Any],
) -> AssetCheckResult:
    """A check as Dagster keeps it: passed without ``causes``, which say by the name of what fails why it does, of these
    ``series``; ``is_error`` says whether they fail the run.
    """
    found = [Finding(name, "/".join(asset.path), cause, list(series)) for name, cause in causes.items()]
    shown = dict(metadata)
    if found:
        shown |= {"likely_cause": "; ".join(causes.values()), Finding.name: MetadataValue.json(as_metadata(found))}
    return AssetCheckResult(
        passed=not found,
        asset_key=asset,
        check_name=check,
        severity=AssetCheckSeverity.ERROR if is_error else AssetCheckSeverity.WARN,
        metadata=shown,
    )
