"""Landing: one asset per series, fetched by one loop, and the import of recorded exchanges.

Belongs here: which requests an asset sends and what it reports. Not here: sending (``pipeline.openrouter``), keeping
(``pipeline.landing``), planning (``pipeline.series``).
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    BetaWarning,
    Config,
    ConfigurableResource,
    DailyPartitionsDefinition,
    Failure,
    MaterializeResult,
    MetadataValue,
    asset,
    multi_asset,
)
from pydantic import Field

from assets.failing import said_in_one_line
from pipeline.failures import PermanentFailure, PipelineFailure
from pipeline.openrouter.budget import BudgetSpent
from pipeline.openrouter.endpoints.endpoint import Source
from pipeline.openrouter.endpoints.exports import EXPORTED
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.planning import Span, spans
from pipeline.run import jobs
from pipeline.run.exports import REQUESTS_A_FILE, Fetched
from pipeline.run.findings import Fetch, as_metadata
from pipeline.run.jobs import ASKING
from pipeline.run.session import Workspace, kept_for_daily_run, kept_from_deferrable
from pipeline.series import ASKED, BY_NAME, EXACT_DAYS, REQUIRED, TIME_ZONE, Series, identify
from pipeline.worker import warm_up

# `backfill_policy` is marked beta; the snapshot of asset keys and the range tests would show if it changed.
warnings.filterwarnings("ignore", message=".*backfill_policy.*", category=BetaWarning)

GROUP = "landing"
WORKSPACE = {"workspace"}

IMPORTED = AssetKey(jobs.IMPORTED.split("/"))

# A job that makes a partitioned asset asks in the UI for partitions: days are shown as an asset of their own, which no job
# makes.
# The slices are daily too, but a line in the event log for each day of each would cost a first run more than all its work.
FETCHED_DAYS = AssetKey(["landing", "fetched_days"])
EXPORTS = AssetKey(["landing", *EXPORTED.split("/")])
FETCHED, OTHERS_FETCHED = "fetched", "optional_series_are_fetched"
SHOWN = ("requests_made", "periods_asked")
NAMED_FAILURES = 3
USAGE_DAYS = DailyPartitionsDefinition(start_date=DATASET_START.isoformat(), timezone=TIME_ZONE)


class Asking(ConfigurableResource[None]):
    """What a run asks the source for. Configured once for all series, as a resource."""

    first_day: str = Field(
        default=DATASET_START.isoformat(),
        description="Periods before this day are not fetched, YYYY-MM-DD.",
    )
    last_day: str | None = Field(
        default=None,
        description="Only of a backfill: periods that end after this day are not fetched, YYYY-MM-DD.",
    )


def landing_key(series: Series) -> AssetKey:
    return AssetKey(["landing", *series.slug.split("/")])


def _tags(series: Series) -> dict[str, str]:
    """What the catalogue of the UI is filtered by."""
    return {
        "figures": "sampled" if series.is_sampled else "exact",
        "need": "required" if series.is_required else "optional",
    }


def _spec(series: Series) -> AssetSpec:
    kind = "Sampled estimates" if series.is_sampled else "Exact figures"
    need = "required" if series.is_required else "optional"
    access = "fetched with the API key" if series.needs_key else "fetched without a key"
    return AssetSpec(
        landing_key(series),
        group_name=GROUP,
        kinds={"python", "json"},
        tags=_tags(series),
        skippable=True,
        description=f"{series.title}. {kind}, {need}, {access}. One pair of files per response of `{series.name}`: the body "
        "as it was received, and beside it the request, the time and the sha256.",
        metadata={"series": series.name, "endpoint": series.endpoint.path},
    )


def _exports_spec() -> AssetSpec:
    return AssetSpec(
        EXPORTS,
        group_name=GROUP,
        kinds={"python", "csv"},
        tags={"figures": "exact", "need": "optional"},
        skippable=True,
        description=f"Daily exports of OpenRouter, fetched without a key. A second source of `{EXACT_DAYS}`: one pair of "
        "files per dated file, its bytes as they were received and what its manifest says. Each is fetched once; files that "
        "were missed are fetched later. The manifests and the index are kept, too.",
    )


def _checks() -> Iterator[AssetCheckSpec]:
    """A check of its own for each required series. The optional ones share one that names those that failed: a check is
    three events, and one for each series would be a sixth of all events of a daily run.
    """
    yield AssetCheckSpec(
        OTHERS_FETCHED,
        asset=landing_key(BY_NAME[EXACT_DAYS]),
        description="All requests of this run for optional series succeeded.",
    )
    for series in ASKED:
        if series.is_required:
            yield AssetCheckSpec(
                FETCHED,
                asset=landing_key(series),
                blocking=True,
                description="All requests of this run for this series succeeded.",
            )


def _fetched(key: AssetKey, check: str, fetches: Sequence[Fetch]) -> AssetCheckResult:
    failed = [one for one in fetches if one.failure]
    causes = {"failing_series": ", ".join(one.series for one in failed), "likely_cause": failed[0].failure} if failed else {}
    return AssetCheckResult(
        passed=not failed,
        asset_key=key,
        check_name=check,
        severity=AssetCheckSeverity.ERROR if any(one.is_error for one in fetches) else AssetCheckSeverity.WARN,
        metadata={**causes, Fetch.name: MetadataValue.json(as_metadata(fetches))},
    )


def _turns(selected: Sequence[Series], asked: Sequence[Span]) -> Iterator[tuple[Series, list[Span]]]:
    """The requests of a run, by series: first what cannot wait, of each in turn, then the rest in the order of the plan."""
    for series in selected:
        yield series, [span for span in asked if span.series == series and not span.is_deferrable]
    rest = [span for span in asked if span.series in selected and span.is_deferrable]
    for series, those in groupby(rest, key=lambda span: span.series):
        yield series, list(those)


def _left_free(context: AssetExecutionContext, workspace: Workspace, span: Span) -> int:
    """How many of the day's requests the first one of a span must leave: in a daily run only one that can wait leaves any,
    and those for its further pages besides.
    """
    if _is_backfill(context):
        return kept_for_daily_run(workspace.budget)
    if not span.is_deferrable:
        return 0
    return kept_from_deferrable(workspace.budget_of(span.series.endpoint.source)) + span.requests - 1


def _fetch_spans(context: AssetExecutionContext, workspace: Workspace, found: Fetch, asked: Sequence[Span]) -> None:
    """Send requests for one series, and add to what was ``found``.

    A budget that is spent is no failure for what can wait, which later runs ask for, and no error in a backfill: the next
    one goes on.
    """
    is_backfill = _is_backfill(context)
    made_before, answered = workspace.requests_made, 0
    found.periods_asked += sum(span.periods for span in asked)
    try:
        for span in asked:
            for received in workspace.ask(span.request(), leave=_left_free(context, workspace, span)):
                found.rows += received.rows
                if received.newest is not None:
                    found.newest_period = max(found.newest_period or "", received.newest.isoformat())
            found.periods_read_again_for_the_month += span.monthly
            answered += 1
    except PipelineFailure as error:
        waiting = asked[answered:]
        is_postponed = isinstance(error, BudgetSpent) and (is_backfill or waiting[0].is_deferrable)
        if is_postponed:
            found.requests_postponed += sum(span.requests for span in waiting)
        if is_backfill and isinstance(error, BudgetSpent):
            found.free_at = error.free_at.isoformat()
        if is_backfill or not is_postponed:
            context.log.warning(f"{found.series}: {error}")
            found.failure, found.unreachable = str(error), error.unreachable
            found.is_error = BY_NAME[found.series].is_required and not is_postponed
    found.requests_made += workspace.requests_made - made_before


def _fetch(
    context: AssetExecutionContext,
    workspace: Workspace,
    selected: Sequence[Series],
    asked: Sequence[Span],
    snapshots: list[date] | None,
) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    """Send the requests of several series, one after the other, then those of the exports unless they are None.

    One that fails does not stop the rest.
    """
    found = {series: Fetch(series.name, 0, 0) for series in selected}
    broken: dict[Series, Exception] = {}
    for series, spans_asked in _turns(selected, asked):
        if series in broken or (found[series].failure and not found[series].is_postponed):
            continue
        try:
            _fetch_spans(context, workspace, found[series], spans_asked)
        except Exception as error:  # of ours to fix: raised once the others, some of which have no past, were fetched
            context.log.exception(f"{series.name}: fetching failed")
            broken[series] = error
    fetches = [one for series, one in found.items() if series not in broken]
    for one in fetches:
        key = landing_key(BY_NAME[one.series])
        if not one.is_error:
            # Also for an optional series that failed: Dagster would leave out every step after one that is missing.
            yield MaterializeResult(asset_key=key, metadata=_shown(one, workspace, BY_NAME[one.series].endpoint.source))
        if one.series in REQUIRED:
            yield _fetched(key, FETCHED, [one])
    if snapshots is not None:
        fetches.append(_fetch_exports(context, workspace, snapshots))
        yield MaterializeResult(asset_key=EXPORTS, metadata=_shown(fetches[-1], workspace, "site"))
    together = AssetCheckKey(landing_key(BY_NAME[EXACT_DAYS]), OTHERS_FETCHED)
    if together in context.selected_asset_check_keys:
        optional = [one for one in fetches if one.series not in REQUIRED]
        yield _fetched(together.asset_key, together.name, optional)
    if broken:
        raise next(iter(broken.values()))
    if failures := [f"{one.series}: {one.failure}" for one in fetches if one.is_error]:
        raise Failure(description="; ".join(failures), allow_retries=False)


def _fetch_exports(context: AssetExecutionContext, workspace: Workspace, snapshots: list[date]) -> Fetch:
    """Fetch the snapshots that are due. They are optional; a budget that ends leaves the rest to the next run."""
    try:
        done = workspace.fetch_exports(snapshots)
    except PipelineFailure as error:
        done = Fetched(failures=[str(error)], unreachable=error.unreachable)
    for failure in done.failures:
        context.log.warning(f"{EXPORTED}: {failure}")
    named = done.failures[:NAMED_FAILURES]
    more = [f"{len(done.failures) - len(named)} more"] if len(done.failures) > len(named) else []
    return Fetch(
        EXPORTED,
        done.requests_made,
        len(snapshots),
        failure="; ".join([*named, *more]) or None,
        unreachable=done.unreachable,
        requests_postponed=REQUESTS_A_FILE * done.postponed,
    )


def _shown(one: Fetch, workspace: Workspace, source: Source) -> dict[str, Any]:
    """What a run fetched of a series, and from where: the host, and whether the key went with the requests."""
    shown = {name: value for name, value in asdict(one).items() if name in SHOWN or value}
    if one.requests_made:
        shown |= {"host": workspace.host_of(source), "access": "with the API key" if source == "api" else "keyless"}
    return shown


def _day(name: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise PermanentFailure(f"{name} is {value!r}: write it as YYYY-MM-DD") from error


def _is_backfill(context: AssetExecutionContext) -> bool:
    """By the job's name: the UI leaves its configuration out of runs that are started without the launchpad."""
    return context.run.job_name == jobs.BACKFILL


def _due(context: AssetExecutionContext, workspace: Workspace) -> tuple[list[Span], list[date] | None]:
    """What to ask for: everything that is due; in a backfill, what was never read. And the snapshots of the exports that are
    due; None where the asset was not selected.
    """
    asking: Asking = context.resources.asking
    first_day = _day("first_day", asking.first_day)
    last_day = _day("last_day", asking.last_day) if _is_backfill(context) and asking.last_day else None
    if _is_backfill(context):
        asked = workspace.backfill(first_day, last_day)
    else:
        workspace.begin(first_day)
        asked = workspace.plan(first_day)
    snapshots = workspace.due_exports(first_day, last_day) if EXPORTS in context.selected_asset_keys else None
    return asked, snapshots


@multi_asset(
    name=GROUP,
    specs=[*(_spec(one) for one in ASKED), _exports_spec()],
    check_specs=list(_checks()),
    can_subset=True,
    required_resource_keys=WORKSPACE | {ASKING},
)
def fetch(context: AssetExecutionContext) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    """Every series, in the order in which they are asked for: what cannot be read again comes first, the exports last."""
    workspace: Workspace = context.resources.workspace
    warm_up()
    selected = [one for one in ASKED if landing_key(one) in context.selected_asset_keys]
    with said_in_one_line():
        asked, snapshots = _due(context, workspace)
        with workspace.expecting(asked, snapshots or []):
            yield from _fetch(context, workspace, selected, asked, snapshots)


@asset(
    key=FETCHED_DAYS,
    group_name=GROUP,
    kinds={"python", "json"},
    tags=_tags(BY_NAME[EXACT_DAYS]),
    description=f"{BY_NAME[EXACT_DAYS].title}: one partition per day that was fetched. Materialize days to fetch them "
    "again; the next daily run loads them. No job includes this asset, so no job needs you to choose a day.",
    partitions_def=USAGE_DAYS,
    backfill_policy=BackfillPolicy.single_run(),
    required_resource_keys=WORKSPACE,
)
def fetched_days(context: AssetExecutionContext) -> MaterializeResult[None]:
    workspace: Workspace = context.resources.workspace
    days = [date.fromisoformat(key) for key in context.partition_keys]
    with said_in_one_line():
        for span in spans(BY_NAME[EXACT_DAYS], days, now=workspace.clock()):
            workspace.ask(span.request())
    return MaterializeResult(metadata={"requests_made": workspace.requests_made})


class ImportConfig(Config):
    path: str = Field(description="A recorded API response, or a folder of them: .json or .json.gz.")


@asset(
    key=IMPORTED,
    group_name=GROUP,
    kinds={"python", "json"},
    description="Imported recordings. One pair of files per recorded API response, with its original time of retrieval.",
    required_resource_keys=WORKSPACE,
)
def imported_exchanges(context: AssetExecutionContext, config: ImportConfig) -> MaterializeResult[None]:
    workspace: Workspace = context.resources.workspace
    new: dict[str, int] = {}
    unasked: dict[str, int] = {}
    there = 0
    with said_in_one_line():
        for _, landed, is_new in workspace.landing.import_recorded(Path(config.path)):
            workspace.say(f"importing {landed.endpoint} of {landed.retrieved_at}")
            if identify(landed.endpoint, landed.params) is None:
                question = f"{landed.endpoint}?{urlencode(landed.params)}".rstrip("?")
                unasked[question] = unasked.get(question, 0) + 1
            if is_new:
                new[landed.endpoint] = new.get(landed.endpoint, 0) + 1
            else:
                there += 1
    return MaterializeResult(
        metadata={
            "exchanges_new": sum(new.values()),
            "exchanges_there_before": there,
            "new_by_endpoint": new,
            "asked_by_no_series": unasked,
        }
    )


def show_fetched_days(context: AssetExecutionContext, days: Sequence[date]) -> None:
    """Show as partitions the days that were fetched or imported and are not shown yet."""
    known = context.instance.get_materialized_partitions(FETCHED_DAYS)
    for day in days:
        if day.isoformat() not in known:
            context.log_event(AssetMaterialization(FETCHED_DAYS, partition=day.isoformat()))


def build_assets() -> list[AssetsDefinition]:
    return [fetch, fetched_days, imported_exchanges]
