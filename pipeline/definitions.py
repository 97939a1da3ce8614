"""Everything Dagster knows, from one function with overrides.

Belongs here: jobs and their schedule, and putting assets and the sensor beside them; the only module here that imports from
``assets``.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from dagster import (
    AssetsDefinition,
    AssetSelection,
    DefaultScheduleStatus,
    Definitions,
    InitResourceContext,
    ResourceDefinition,
    ScheduleDefinition,
    define_asset_job,
    definitions,
    in_process_executor,
    resource,
)
from dagster._core.definitions.repository_definition.valid_definitions import SINGLETON_REPOSITORY_NAME
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from assets import freshness, landing, published, raw, report, tables
from assets.metadata import as_shown
from pipeline.program import PROGRAM
from pipeline.run.directory import choose
from pipeline.run.jobs import (
    ASKING,
    BACKFILL,
    DAILY,
    IMPORT,
    PUBLISHING_JOBS,
    REBUILD,
    fetching_config,
    import_config,
)
from pipeline.run.liveness import hold
from pipeline.run.sensor import alert_sensor
from pipeline.run.session import Clock, Workspace, say_nothing, utc_now
from pipeline.series import TIME_ZONE
from pipeline.settings import Settings
from pipeline.simulator.server import Simulator

CODE_LOCATION = PROGRAM  # as in pyproject.toml
SIMULATED = "SIMULATED"
"""What the UI shows of a demo: a tag of jobs and runs, a kind of every asset, the first word of descriptions."""


def origin_of(job: str) -> RemoteJobOrigin:
    """With it the UI shows a run of the command line under its job, in lists and on the timeline."""
    location = RegisteredCodeLocationOrigin(CODE_LOCATION)
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME), job)


def _workspace(
    settings: Settings | None,
    clock: Clock,
    say: Callable[[str], None],
    simulator: Simulator | None,
) -> ResourceDefinition:
    @resource(description="The data directory under its run lock, the source, the clock.")
    def workspace(context: InitResourceContext) -> Iterator[Workspace]:
        chosen = settings or choose().settings
        if context.run is not None:
            hold(chosen.data_dir, context.run.run_id)
        parts = Workspace(chosen, clock=clock, say=say, simulator=simulator)
        with parts.running(on_wait=context.log.warning if context.log else say_nothing) as opened:
            yield opened

    return workspace


BY_HAND = [landing.FETCHED_DAYS, landing.IMPORTED]
"""What no job of every day makes."""


def _jobs(tags: Mapping[str, str], about: str) -> list[UnresolvedAssetJobDefinition]:
    everything = AssetSelection.all() - AssetSelection.assets(*BY_HAND)
    no_network = everything - AssetSelection.groups("landing")
    recorded = AssetSelection.assets(landing.IMPORTED)
    return [
        define_asset_job(name, selection, config=config, tags=tags, description=f"{about}{description}")
        for name, selection, config, description in (
            (DAILY, everything, fetching_config(), "Fetch what is due, validate, build and publish."),
            (
                BACKFILL,
                everything,
                fetching_config(),
                "Fetch all missing history, as far as the day's budget goes; validate, build and publish.",
            ),
            (REBUILD, no_network, None, "Build every table from landing, without the network."),
            (
                IMPORT,
                recorded,
                import_config(Path("/path/to/recordings")),
                "Import recorded API responses, a file or a folder named by `path`. Then run rebuild.",
            ),
        )
    ]


def build_defs(
    settings: Settings | None = None,
    *,
    clock: Clock = utc_now,
    say: Callable[[str], None] = say_nothing,
    simulator: Simulator | None = None,
) -> Definitions:
    """All definitions. Without ``settings`` they are read from the environment when a run begins."""
    chosen = settings or choose().settings
    is_simulated = chosen.data_dir.is_simulated
    tags = {"data": SIMULATED} if is_simulated else {}
    about = f"{SIMULATED}, not OpenRouter's data. " if is_simulated else ""
    sql_assets, views = tables.build_assets()
    built: list[AssetsDefinition] = [
        *landing.build_assets(),
        *raw.build_assets(),
        *sql_assets,
        *published.build_assets([*(key for one in sql_assets for key in one.keys), *(view.key for view in views)]),
        *report.build_assets(),
    ]
    return Definitions(
        assets=as_shown([*built, *views], made_by_hand=BY_HAND, settings=chosen),
        asset_checks=[freshness.build_check()],
        jobs=_jobs(tags, about),
        schedules=[
            ScheduleDefinition(
                name="daily",
                job_name=DAILY,
                cron_schedule="30 6 * * *",  # nearly every figure of the day before is final by then
                execution_timezone=TIME_ZONE,
                default_status=DefaultScheduleStatus.RUNNING,
                description="The daily job at 06:30 UTC. What was missed while Dagster was off is fetched by the next run.",
            )
        ],
        sensors=[alert_sensor(settings, clock, PUBLISHING_JOBS)],
        resources={"workspace": _workspace(settings, clock, say, simulator), ASKING: landing.Asking()},
        executor=in_process_executor,
    )


@definitions
def defs() -> Definitions:
    """What ``dg`` loads."""
    return build_defs()
