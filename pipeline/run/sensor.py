"""What Dagster's daemon looks at while nothing runs: whether there are incidents and events to tell of.

Runs started in the UI or by the schedule are told of from here; those of the command line tell by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from dagster import (
    DagsterEventType,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from pipeline.alerts.events import announce
from pipeline.alerts.incidents import look
from pipeline.run.directory import choose
from pipeline.run.liveness import end_dead_runs
from pipeline.run.outcome import read_outcome
from pipeline.settings import Settings

LOOK_EVERY_SECONDS = 300
_RUNS_LOOKED_AT = 20
_EVENTS = {
    DagsterEventType.ASSET_CHECK_EVALUATION,
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.STEP_FAILURE,
    DagsterEventType.RUN_FAILURE,
}


def alert_sensor(settings: Settings | None, clock: Callable[[], datetime], jobs: Collection[str]) -> SensorDefinition:
    """Looks every five minutes; the cursor is the newest run of ``jobs`` that ended and was looked at."""

    @sensor(
        name="alert",
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Report incidents when they open and when they are resolved: failed runs, stale series. Starts no run.",
    )
    def alert(context: SensorEvaluationContext) -> SkipReason:
        chosen = settings or choose().settings
        dead = end_dead_runs(chosen, context.instance)
        ended = RunsFilter(statuses=[DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE])
        runs = context.instance.get_runs(ended, limit=_RUNS_LOOKED_AT)
        run = next((one for one in runs if one.job_name in jobs), None)
        failures = None
        if run is not None and run.run_id != context.cursor:
            entries = context.instance.all_logs(run.run_id, of_type=_EVENTS)
            events = [entry.dagster_event for entry in entries if entry.dagster_event]
            outcome = read_outcome(chosen, run.job_name, run.run_id, events, succeeded=run.is_success)
            failures = [] if outcome.succeeded else outcome.failures
            context.update_cursor(run.run_id)
        now = clock()
        return SkipReason("; ".join([*dead, *look(chosen, now, failures=failures), *announce(chosen, now)]) or "looked")

    return alert
