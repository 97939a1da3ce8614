"""Running a job through Dagster's instance, and what came of it.

Belongs here: executing in this process, and reading the run's events into an ``Outcome``. Not here: printing.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.announcements import announce
from pipeline.failures import TransientFailure
from pipeline.incidents import look
from pipeline.instance import open_instance
from pipeline.landing import Landing
from pipeline.liveness import end_dead_runs, held
from pipeline.openrouter.budget import Budget, BudgetSpent, Unlimited
from pipeline.series import ASKED, REQUIRED
from pipeline.settings import Settings
from pipeline.stopping import require_not_stopped
from pipeline.worker import warm_up
from pipeline.workspace import Clock, kept_for_daily_run, open_budget, utc_now

SHOWN_SERIES = 5

Say = Callable[[str], None]

_SERIES_OF = {f"landing/{series.slug}": series.name for series in ASKED}


@dataclass
class Outcome:
    """What a run did. ``failures`` are one line each; ``warnings`` did not stop it.

    ``excluded`` counts the loaded responses that were kept and not read, by verdict and reason.

    ``requests_postponed`` are those that a backfill's budget had no room for, ``go_on_at`` (UTC) is when it has room for
    them, or for as many of them as a day takes.
    """

    job: str
    run_id: str
    succeeded: bool
    settings: Settings
    seconds: float
    requests_made: int = 0
    requests_left_today: int | None = None
    requests_postponed: int = 0
    go_on_at: datetime | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    checks_passed: int = 0
    checks_failed: int = 0
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_published: bool = False
    m2: dict[str, Any] | None = None
    imported: Mapping[str, Any] | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    not_fetched: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)


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
    from pipeline.definitions import DAILY, daily_config

    outcome = _execute(
        settings,
        DAILY,
        daily_config(first_day),
        say,
        verbose,
        clock=clock,
        **overrides,
    )
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
    """Raises BudgetSpent when nothing may be asked now and nothing is there that could be published."""
    with open_budget(settings, clock) as budget:
        next_at = budget.forecast(1, leave=kept_for_daily_run(budget)).next_at
    if next_at is not None and not Landing(settings.data_dir).ids():
        raise BudgetSpent(
            "nothing was asked, as the day's budget is spent: run `openrouter-usage backfill` again after "
            f"{next_at:%Y-%m-%d %H:%M:%S} UTC",
            next_at,
        )
    warm_up()
    from pipeline.definitions import BACKFILL, backfill_config

    outcome = _execute(settings, BACKFILL, backfill_config(first_day, last_day), say, verbose, clock=clock, **overrides)
    with open_budget(settings, clock) as budget:
        outcome.requests_left_today = _left_today(budget)
        next_at = budget.forecast(outcome.requests_postponed, leave=kept_for_daily_run(budget)).next_at
    if next_at is not None and outcome.go_on_at is not None:
        outcome.go_on_at = max(next_at, outcome.go_on_at)
    return outcome


def _left_today(budget: Budget | Unlimited) -> int | None:
    spent = budget.spent()
    return None if spent.per_day is None else spent.per_day - spent.last_day


def run_rebuild(settings: Settings, *, say: Say, verbose: bool = False, **overrides: Any) -> Outcome:
    warm_up()
    from pipeline.definitions import REBUILD

    aside = store.open_store(settings.data_dir).set_broken_build_aside()
    outcome = _execute(settings, REBUILD, {}, say, verbose, **overrides)
    outcome.changes = []  # everything is new to a new build
    if aside is not None:
        outcome.warnings.append(f"the old build could not be opened; it was moved to {aside}, and may be deleted")
    return outcome


def run_import(settings: Settings, path: Path, *, say: Say, verbose: bool = False, **overrides: Any) -> Outcome:
    from pipeline.definitions import IMPORT, import_config

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
    from dagster._core.definitions.job_base import InMemoryJob
    from dagster._core.execution.api import execute_run

    from pipeline.definitions import PUBLISHING_JOBS, build_defs, origin_of

    defs = build_defs(settings, say=say, **overrides)
    level = "DEBUG" if verbose else "CRITICAL"
    # Dagster's own remarks (on steps that a failure leaves out, for instance) are for its log, not for this summary.
    logging.getLogger("dagster").setLevel(level)
    job_def = defs.resolve_job_def(job)
    run_id = str(uuid.uuid4())
    with open_instance(settings) as instance, held(settings.data_dir, run_id):
        dead = end_dead_runs(settings, instance)
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


def read_outcome(settings: Settings, job: str, run_id: str, events: Sequence[Any], *, succeeded: bool) -> Outcome:
    """What came of a run, by its events, whoever started it."""
    from pipeline.definitions import PUBLISHING_JOBS

    outcome = Outcome(job, run_id, succeeded, settings, 0.0)
    _read_events(outcome, events)
    if outcome.succeeded and job in PUBLISHING_JOBS and not outcome.is_published:
        # Dagster calls a run a success when steps were left out because something before them gave no output.
        outcome.succeeded = False
        outcome.failures.append(f"nothing was published, though no step failed: see run {outcome.run_id} in the UI")
    for failure, not_fetched in outcome.not_fetched.items():
        is_error = any(required for _, required in not_fetched)
        names = [series for series, required in not_fetched if required == is_error]
        (outcome.failures if is_error else outcome.warnings).append(
            f"not fetched: {_listed(names, len(not_fetched) - len(names))}: {failure}"
        )
    _read_tables(outcome)
    if not outcome.succeeded and not outcome.failures:
        outcome.failures.append(f"the run failed for a reason that the UI shows: run {outcome.run_id}")
    return outcome


def _listed(names: Sequence[str], others: int) -> str:
    """A few names and how many more there are: all series may fail for one reason."""
    shown, more = names[:SHOWN_SERIES], len(names[SHOWN_SERIES:]) + others
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _read_events(outcome: Outcome, events: Sequence[Any]) -> None:
    from pipeline.definitions import IMPORTED, PUBLISHED

    for event in events:
        kind = event.event_type_value
        if kind == "ASSET_CHECK_EVALUATION":
            _read_check(outcome, event.asset_check_evaluation_data)
        elif kind == "ASSET_MATERIALIZATION":
            made = event.step_materialization_data.materialization
            outcome.is_published |= made.asset_key == PUBLISHED
            if "excluded" in made.metadata:
                outcome.excluded = dict(made.metadata["excluded"].value)
            if made.asset_key == IMPORTED:
                outcome.imported = {name: value.value for name, value in made.metadata.items()}
        elif kind in ("STEP_FAILURE", "RUN_FAILURE", "PIPELINE_FAILURE"):
            outcome.failures += [line for line in _failures(event) if line not in outcome.failures]


def _read_check(outcome: Outcome, check: Any) -> None:
    metadata = {name: value.value for name, value in check.metadata.items()}
    outcome.requests_made += metadata.get("requests_made", 0)
    if "requests_postponed" in metadata:
        outcome.requests_postponed += metadata["requests_postponed"]
        outcome.go_on_at = datetime.fromisoformat(metadata["free_at"])
        return
    if check.passed:
        outcome.checks_passed += 1
        return
    outcome.checks_failed += 1
    asset, is_error = "/".join(check.asset_key.path), check.severity.value == "ERROR"
    if "failure" in metadata:
        # Many series may fail for one reason, which is said once.
        outcome.not_fetched.setdefault(metadata["failure"], []).append((_SERIES_OF.get(asset, asset), is_error))
        return
    cause = metadata.get("likely_cause") or f"{metadata.get('rows_failing')} rows fail"
    series = ", ".join(metadata.get("failing_by_series", {}))
    line = f"check {check.check_name} of {asset} failed{f' for {series}' if series else ''}: {cause}"
    (outcome.failures if is_error else outcome.warnings).append(line)


def _failures(event: Any) -> Iterator[str]:
    """The one line of our own failure, wherever it stands in the chain; else the error's first line."""
    data = event.event_specific_data
    error = getattr(data, "error", None)
    chain = []
    while error is not None:
        chain.append(error)
        error = error.cause
    for link in reversed(chain):
        if link.cls_name in ("PermanentFailure", "TransientFailure", "BudgetSpent"):
            yield _after_class(link.message)
            return
    if any(link.cls_name in ("DagsterAssetCheckFailedError", "Failure") for link in chain):
        return  # said by the check itself
    if chain:
        yield f"unexpected {chain[-1].cls_name}: {_after_class(chain[-1].message)} (run it with --verbose, and report it)"


def _after_class(message: str) -> str:
    lines = message.strip().splitlines()
    return lines[0].partition(": ")[2] or lines[0] if lines else ""


def _read_tables(outcome: Outcome) -> None:
    files = store.open_store(outcome.settings.data_dir)
    try:
        with files.state() as con:
            outcome.changes = store.rows(con, store.read_sql("ops/loads_of_run"), run_id=outcome.run_id)
            refused = store.rows(con, store.read_sql("ops/unresolved_refusals"))
        if outcome.job != "import_recorded" and files.data_dir.published.exists():
            with files.reader() as con:
                found = store.rows(con, store.read_sql("ops/m2_latest"))
                outcome.m2 = found[0] if found else None
    except TransientFailure as failure:
        if str(failure) not in outcome.failures:
            outcome.warnings.append(str(failure))
        return
    finally:
        files.release()
    from pipeline.loading import describe_refusal

    # What was refused, and why, comes before the checks that noticed it.
    failing = [row for row in refused if not outcome.succeeded and row["series"] in REQUIRED]
    outcome.failures[:0] = map(describe_refusal, failing)
    outcome.warnings += [describe_refusal(row) for row in refused if row not in failing]
