"""When the daily job runs by itself: 06:30 UTC, when nearly every figure of the day before is final."""

from __future__ import annotations

from dagster import DefaultScheduleStatus, RunRequest, ScheduleDefinition, ScheduleEvaluationContext

from pipeline.run.jobs import DAILY
from pipeline.series import TIME_ZONE

DAILY_CRON = "30 6 * * *"


def daily_schedule() -> ScheduleDefinition:
    """The daily job each day. Dagster does not catch up on a missed tick: the next run fetches what is due."""

    def request(context: ScheduleEvaluationContext) -> RunRequest:
        return RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%dT%H:%MZ}")

    return ScheduleDefinition(
        name="daily",
        job_name=DAILY,
        cron_schedule=DAILY_CRON,
        execution_timezone=TIME_ZONE,
        execution_fn=request,
        default_status=DefaultScheduleStatus.RUNNING,
        description="The daily job at 06:30 UTC. What was missed while Dagster was off is fetched by the next run.",
    )
