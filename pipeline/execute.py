"""Running a job through Dagster's instance, in this process.

Belongs here: executing, and what a command does before and after. Not here: what a run did (``run.outcome``), printing.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.alerts.events import announce
from pipeline.alerts.incidents import look
from pipeline.landing import Landing
from pipeline.openrouter.budget import Budget, BudgetSpent
from pipeline.run.instance import open_instance
from pipeline.run.jobs import (
    BACKFILL,
    DAILY,
    IMPORT,
    PUBLISHING_JOBS,
    REBUILD,
    fetching_config,
    import_config,
)
from pipeline.run.liveness import end_dead_runs, held
from pipeline.run.outcome import Outcome, read_outcome
from pipeline.run.progress import Progress, steps_seconds_of_last_run
from pipeline.run.session import Clock, kept_for_daily_run, open_budget, require_key, utc_now
from pipeline.run.stopping import require_not_stopped
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.worker import warm_up

Say = Callable[[str], None]


def run_daily(
    settings: Settings,
    first_day: str | None,
    *,
    say: Say,
    verbose: bool = False,
    clock: Clock = utc_now,
    **overrides: Any,
) -> Outcome:
    warm_up()
    outcome = _execute(settings, DAILY, fetching_config(first_day), say, verbose, clock=clock, **overrides)
    if settings.mode != "keyless":
        with open_budget(settings, clock) as budget:
            outcome.requests_left_today = _left_today(budget)
    return outcome


def run_backfill(
    settings: Settings,
    first_day: str | None,
    last_day: str | None,
    *,
    say: Say,
    verbose: bool = False,
    clock: Clock = utc_now,
    **overrides: Any,
) -> Outcome:
    """Raises BudgetSpent when no request may be sent now and nothing was landed that could be published."""
    require_key(settings)
    with open_budget(settings, clock) as budget:
        next_at = budget.forecast(1, leave=kept_for_daily_run(budget)).next_at
    if next_at is not None and not Landing(settings.data_dir).ids():
        raise BudgetSpent(
            "no request was sent, as the day's budget is spent: run `openrouter-usage backfill` again after "
            f"{next_at:%Y-%m-%d %H:%M:%S} UTC",
            next_at,
        )
    warm_up()
    outcome = _execute(settings, BACKFILL, fetching_config(first_day, last_day), say, verbose, clock=clock, **overrides)
    with open_budget(settings, clock) as budget:
        outcome.requests_left_today = _left_today(budget)
        next_at = budget.forecast(outcome.requests_postponed, leave=kept_for_daily_run(budget)).next_at
    if next_at is not None and outcome.go_on_at is not None:
        outcome.go_on_at = max(next_at, outcome.go_on_at)
    return outcome


def _left_today(budget: Budget) -> int | None:
    spent = budget.spent()
    return None if spent.per_day is None else spent.per_day - spent.last_day


def run_rebuild(settings: Settings, *, say: Say, verbose: bool = False, **overrides: Any) -> Outcome:
    warm_up()
    aside = open_store(settings.data_dir).set_broken_build_aside()
    outcome = _execute(settings, REBUILD, {}, say, verbose, **overrides)
    outcome.changes = []  # everything is new to a new build
    if aside is not None:
        outcome.warnings.append(f"the old build could not be opened; it was moved to {aside}, and may be deleted")
    return outcome


def run_import(settings: Settings, path: Path, *, say: Say, verbose: bool = False, **overrides: Any) -> Outcome:
    return _execute(settings, IMPORT, import_config(path), say, verbose, **overrides)


def _execute(
    settings: Settings,
    job: str,
    run_config: Mapping[str, Any],
    say: Say,
    verbose: bool,
    **overrides: Any,
) -> Outcome:
    began = time.monotonic()
    say("starting Dagster")
    # Dagster takes seconds to import: meanwhile the worker imports what it needs.
    from dagster._core.definitions.job_base import InMemoryJob
    from dagster._core.execution.api import execute_run

    from pipeline.definitions import build_defs, origin_of

    defs = build_defs(settings, say=say, **overrides)
    level = "DEBUG" if verbose else "CRITICAL"
    # Dagster's own remarks (on steps that a failure leaves out, for instance) are for its log, not for this summary.
    logging.getLogger("dagster").setLevel(level)
    job_def = defs.resolve_job_def(job)
    run_id = str(uuid.uuid4())
    with open_instance(settings) as instance, held(settings.data_dir, run_id):
        dead = end_dead_runs(settings, instance)
        if isinstance(say, Progress):  # only where somebody sees it is the time left estimated
            say.steps_seconds = steps_seconds_of_last_run(instance, job)
            if job == REBUILD:
                say.expect(0)
        run = instance.create_run_for_job(
            job_def,
            run_id=run_id,
            run_config={**run_config, "loggers": {"console": {"config": {"log_level": level}}}},
            tags=job_def.run_tags,
            remote_job_origin=origin_of(job),
        )
        try:
            result = execute_run(InMemoryJob(job_def), run, instance)
        finally:
            require_not_stopped()
    outcome = read_outcome(settings, job, run_id, result.all_events, succeeded=result.success)
    outcome.warnings[:0] = dead
    if job in PUBLISHING_JOBS:
        now = overrides.get("clock", utc_now)()
        outcome.warnings[:0] = look(settings, now, failures=[] if outcome.succeeded else outcome.failures)
        outcome.warnings += announce(settings, now)
    outcome.seconds = time.monotonic() - began
    return outcome
