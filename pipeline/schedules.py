"""When the daily job runs by itself: 06:30 UTC, when nearly every figure of the day before is final."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from dagster import DefaultScheduleStatus, RunRequest, ScheduleDefinition, ScheduleEvaluationContext
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pipeline.series import TIME_ZONE

DAILY_CRON = "30 6 * * *"


def daily_schedule(job: UnresolvedAssetJobDefinition, tags: Callable[[date], dict[str, str]]) -> ScheduleDefinition:
    """The daily job each day; ``tags`` names the partitions of the daily series for a run on the day given.

    A tick that was missed is not caught up by Dagster: the next run asks for everything that is due.
    """

    def request(context: ScheduleEvaluationContext) -> RunRequest:
        at = context.scheduled_execution_time
        return RunRequest(run_key=f"{at:%Y-%m-%dT%H:%MZ}", tags=tags(at.date()))

    return ScheduleDefinition(
        name="daily",
        job=job,
        cron_schedule=DAILY_CRON,
        execution_timezone=TIME_ZONE,
        execution_fn=request,
        default_status=DefaultScheduleStatus.RUNNING,
        description="The daily job at 06:30 UTC. What was missed while Dagster was off, the next run asks for.",
    )
