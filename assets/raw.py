"""Raw: landing typed and judged, in one op, because what is refused must not be stored.

Belongs here: the assets and their checks. Not here: the steps (``pipeline.load.loading``), the expectations
(``pipeline.load.validation``).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from assets.failing import said_in_one_line
from assets.landing import EXPORTS, WORKSPACE, landing_key, show_fetched_days
from assets.metadata import check_result, code_version, failing_table, table_metadata
from assets.report import rehearse
from pipeline import store, worker
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure
from pipeline.load.append import RAW_TABLES
from pipeline.load.loading import is_of_another_version, load
from pipeline.load.report import PERIOD_CHANGES, ROW_CHANGES, CheckOutcome, LoadReport, describe_refusal, is_error
from pipeline.load.validation.expectations import EXPECTATIONS
from pipeline.run.findings import EXCLUDED
from pipeline.run.jobs import REBUILD
from pipeline.run.session import Workspace
from pipeline.series import ASKED, ENDPOINTS, EXACT_DAYS, REQUIRED

GROUP = "raw"
SOUND = "landed_responses_are_sound"
AGREES = "exports_agree_with_the_api"
SHOWN_REASONS = 3

_JUDGED: dict[str, AssetKey] = {
    "exchanges": AssetKey(["raw", "exchanges"]),
    "blocks": AssetKey(["raw", "readings"]),
    "rows": AssetKey(["raw", "block_rows"]),
    "levels": AssetKey(["raw", "readings"]),
    **{endpoint.name: AssetKey(["raw", endpoint.table]) for endpoint in ENDPOINTS.values() if endpoint.expectations},
}


def _specs() -> list[AssetSpec]:
    references = [
        AssetKey(["reference", name])
        for name in ("known_holes", "authors", "accepted_levels", "wrong_sources", "model_aliases")
    ]
    upstream = [*(landing_key(series) for series in ASKED), EXPORTS, *references]
    return [
        AssetSpec(
            AssetKey(["raw", name]),
            deps=upstream,
            group_name=GROUP,
            kinds={"duckdb", "polars"} | ({"greatexpectations"} if AssetKey(["raw", name]) in _JUDGED.values() else set()),
            description=TABLES[f"raw.{name}"].description,
            metadata=table_metadata(TABLES[f"raw.{name}"]),
            code_version=code_version(f"raw.{name}"),
        )
        for name in RAW_TABLES
    ]


def _check_specs() -> Iterator[AssetCheckSpec]:
    for one in EXPECTATIONS:
        asset = _JUDGED[one.batch]
        yield AssetCheckSpec(one.name, asset=asset, blocking=one.is_blocking, description=one.description)
    yield AssetCheckSpec(
        SOUND, asset=_JUDGED["exchanges"], description="Every response to load is unchanged since it was landed."
    )
    yield AssetCheckSpec(
        AGREES,
        asset=_JUDGED["blocks"],
        description="A daily export and the API agree on a closed day when both were fetched within two hours: in every "
        "figure, or to 2.4 % of the total where the day closed less than three days before.",
    )


@multi_asset(name="raw__load", specs=_specs(), check_specs=list(_check_specs()), required_resource_keys=WORKSPACE)
def load_landing(context: AssetExecutionContext) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    with said_in_one_line():
        workspace: Workspace = context.resources.workspace
        report, counts, differing = _load(context, workspace)
        # Great Expectations takes 190 MB, which would lie beside what builds the tables and draws the page.
        worker.stop()
        rehearse(workspace.settings)
        for refusal in report.unresolved:
            context.log.error(describe_refusal(refusal))
        for endpoint, number in report.unknown_endpoints.items():
            context.log.info(f"{number} responses of {endpoint} are kept in landing; no series reads them yet")
        for why, number in report.excluded.items():
            context.log.info(f"{number} responses are kept in landing and not read, {why}")
        for name in RAW_TABLES:
            yield MaterializeResult(asset_key=AssetKey(["raw", name]), metadata=_metadata(name, report, counts[name]))
        for outcome in report.outcomes.values():
            yield _check_result(outcome, report)
        yield _soundness(report)
        yield _agreement(differing)
        if failing := [outcome for outcome in report.outcomes.values() if is_error(outcome, report)]:
            raise Failure(description=_said(failing[0], report), allow_retries=False)


def _load(context: AssetExecutionContext, workspace: Workspace) -> tuple[LoadReport, dict[str, int], list[dict[str, Any]]]:
    """What the load did, the rows of each table after it, and the rows in which exports and the API differ.

    The store stays held: nobody else writes before the page.
    """
    is_rebuild = context.run.job_name == REBUILD
    with workspace.store.state() as con:
        from_scratch = is_rebuild or is_of_another_version(con)
    if from_scratch and not is_rebuild:
        context.log.info("the database is of another version: it is built again from landing")
    if not from_scratch:
        workspace.store.hold()
    with workspace.store.rebuilding() if from_scratch else workspace.store.writer() as con:
        report = load(
            con,
            workspace.landing,
            run_id=context.run.run_id,
            on_progress=lambda done, total: workspace.say(f"loading {done} of {total} responses"),
        )
        counts = {name: store.count(con, f"raw.{name}") for name in RAW_TABLES}
        if is_rebuild and counts["readings"] == 0:
            why = _why_nothing_was_read(con, workspace.landing.root, report)
            raise PermanentFailure(f"rebuilding failed, {why}; the tables are unchanged")
        read = store.rows(con, store.read_sql("internal/read_periods"))
        differing = store.rows(con, store.read_sql("internal/exports_against_the_api"))
    workspace.store.hold()
    show_fetched_days(context, sorted(row["period_start"] for row in read if row["series"] == EXACT_DAYS))
    return report, counts, differing


def build_assets() -> list[AssetsDefinition]:
    return [load_landing]


def _why_nothing_was_read(con: store.Connection, root: Path, report: LoadReport) -> str:
    became = store.rows(con, store.read_sql("internal/exchange_outcomes"))
    if report.damaged:
        return f"{root} holds no response that could be read: {report.damaged[0]}"
    if not became:
        return f"{root} holds no response: bring it back with `openrouter-usage restore DIR`"
    told = [
        f"{one['exchanges']} {one['outcome']}, first {one['exchange_id']} of {one['endpoint']}: {one['reason']}"
        for one in became[:SHOWN_REASONS]
    ]
    more = "" if len(became) <= SHOWN_REASONS else f"; and {len(became) - SHOWN_REASONS} more reasons"
    return f"none of the responses in {root} brought a row: {'; '.join(told)}{more}"


def _said(failing: CheckOutcome, report: LoadReport) -> str:
    """What a required series had refused, and why, the first of it; else the check that could not be made."""
    refused = [describe_refusal(one) for one in report.unresolved if one["series"] in REQUIRED]
    more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    return f"{refused[0]}{more}" if refused else f"check {failing.expectation.name} could not be made: {failing.error}"


def _metadata(name: str, report: LoadReport, rows: int) -> dict[str, Any]:
    metadata: dict[str, Any] = {"dagster/row_count": rows, "rows_added": report.rows_added.get(name, 0)}
    if name == "exchanges":
        metadata |= {f"exchanges_{verdict.replace(' ', '_')}": n for verdict, n in report.verdicts.items()}
        if report.judged_again:
            metadata |= {"exchanges_judged_again": report.judged_again, "verdicts_changed": report.verdicts_changed}
        if report.excluded:
            metadata[EXCLUDED] = MetadataValue.json(report.excluded)
        if report.unknown_endpoints:
            metadata["unknown_endpoints"] = MetadataValue.json(report.unknown_endpoints)
    changes = {"block_rows": ROW_CHANGES, "readings": PERIOD_CHANGES}.get(name, ())
    return metadata | {column: sum(change[column] for change in report.changes) for column in changes}


def _soundness(report: LoadReport) -> AssetCheckResult:
    """Damage stops nothing: the rest is loaded, and what it covered is asked for again. It is said until it is mended."""
    more = f" ({len(report.damaged)} in all: `openrouter-usage verify` lists them)" if len(report.damaged) > 1 else ""
    causes = {SOUND: f"{report.damaged[0]}{more}; the others were loaded"} if report.damaged else {}
    metadata = _counted(report.exchanges + len(report.damaged), len(report.damaged))
    return check_result(_JUDGED["exchanges"], SOUND, causes, metadata=metadata)


def _agreement(differing: list[dict[str, Any]]) -> AssetCheckResult:
    """Exports that differ stop nothing: both readings are kept, and the later one counts."""
    asset, metadata = _JUDGED["blocks"], {"rows_failing": len(differing)}
    if not differing:
        return check_result(asset, AGREES, {}, metadata=metadata)
    first = differing[0]
    cause = (
        f"{len(differing)} rows differ, the newest of {first['period_start']}: {first['model_permaslug']} has "
        f"{first['export_tokens']} tokens in the export and {first['api_tokens']} in the API's response"
    )
    table = {"failing_rows": failing_table(differing, values=("export_tokens", "api_tokens"))}
    return check_result(asset, AGREES, {AGREES: cause}, series=[EXACT_DAYS], metadata=metadata | table)


def _counted(checked: int, failing: int) -> dict[str, Any]:
    return {"rows_checked": checked, "rows_failing": failing}


def _check_result(outcome: CheckOutcome, report: LoadReport) -> AssetCheckResult:
    expectation, asset = outcome.expectation, _JUDGED[outcome.expectation.batch]
    metadata = _counted(sum(outcome.checked.values()), sum(outcome.failing.values()))
    if outcome.measured is not None:
        metadata["least_measured"], metadata["most_measured"] = outcome.measured
    if not outcome.passed:
        metadata["failing_by_series"] = MetadataValue.json(outcome.failing)
        if outcome.rows:
            metadata["failing_rows"] = failing_table(outcome.rows, values=expectation.columns)
    return check_result(
        asset,
        expectation.name,
        {} if outcome.passed else {expectation.name: outcome.error or expectation.likely_cause},
        series=outcome.failing,
        # A refusal that later readings made good, or of an optional series, is reported and stops nothing.
        is_error=is_error(outcome, report),
        metadata=metadata,
    )
