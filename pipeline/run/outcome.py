"""What a run did, read from its events and from the tables it left, whoever started it.

Belongs here: reading. Not here: executing (``pipeline.execute``), printing (``terminal.show``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pipeline import store
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.load.report import describe_refusal
from pipeline.openrouter.budget import BudgetSpent
from pipeline.openrouter.endpoints.exports import EXPORTED
from pipeline.run.findings import EXCLUDED, FAILURE, Fetch, Finding
from pipeline.run.jobs import EXCHANGES, IMPORT, IMPORTED, PUBLISHED, PUBLISHING_JOBS
from pipeline.series import EXACT_DAYS, REQUIRED
from pipeline.settings import Settings
from pipeline.store.open import open_store

SHOWN_SERIES = 5

_FAILURES = {one.__name__ for one in (PermanentFailure, TransientFailure, BudgetSpent)}


@dataclass
class Outcome:
    """What a run did. ``failures`` are one line each; ``warnings`` did not stop it.

    ``excluded`` counts the loaded responses that were kept and not read, by verdict and reason.

    ``export_requests_made`` are the requests for keyless exports, which have a budget of their own, and
    ``export_requests_postponed`` those that are left to the next run.

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
    export_requests_made: int = 0
    export_requests_postponed: int = 0
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


def read_outcome(settings: Settings, job: str, run_id: str, events: Sequence[Any], *, succeeded: bool) -> Outcome:
    """What came of a run, by its events, whoever started it."""
    outcome = Outcome(job, run_id, succeeded, settings, 0.0)
    fetches: list[Fetch] = []
    for event in events:
        kind = event.event_type_value
        if kind == "ASSET_CHECK_EVALUATION":
            fetches += _read_check(outcome, event.asset_check_evaluation_data)
        elif kind == "ASSET_MATERIALIZATION":
            _read_asset(outcome, event.step_materialization_data.materialization)
        elif kind in ("STEP_FAILURE", "RUN_FAILURE", "PIPELINE_FAILURE"):
            line = _failure(event.event_specific_data)
            outcome.failures += [line] if line and line not in outcome.failures else []
    if outcome.succeeded and job in PUBLISHING_JOBS and not outcome.is_published:
        # Dagster calls a run a success when steps were left out because something before them gave no output.
        outcome.succeeded = False
        outcome.failures.append(f"nothing was published, though no step failed: see run {outcome.run_id} in the UI")
    stale = [line for line in outcome.warnings if line.startswith(f"check is_fresh of landing/{EXACT_DAYS} failed")]
    unfetched = [one.failure for one in fetches if one.series == EXPORTED and one.failure]
    is_behind = settings.mode == "keyless" and bool(stale and unfetched)
    _add_fetches(outcome, [replace(one, failure=None) if is_behind else one for one in fetches])
    _read_tables(outcome)
    if is_behind:
        others = [f"{one.series}: {one.failure}" for one in fetches if one.series != EXPORTED and one.failure]
        _say_where_figures_end(outcome, stale, [*unfetched, *others])
    if not outcome.succeeded and not outcome.failures:
        outcome.failures.append(f"the run failed for a reason that the UI shows: run {outcome.run_id}")
    return outcome


def _say_where_figures_end(outcome: Outcome, stale: Sequence[str], unfetched: Sequence[str]) -> None:
    """Without a key there is no other source: one line says why nothing newer came, and what that means."""
    with open_store(outcome.settings.data_dir).state() as con:
        read = store.rows(con, store.read_sql("internal/read_periods"))
    newest = max((row["period_start"] for row in read if row["series"] == EXACT_DAYS), default=None)
    outcome.warnings = [line for line in outcome.warnings if line not in stale]
    outcome.warnings.append(f"OpenRouter's exports could not be fetched, so figures end on {newest}: {'; '.join(unfetched)}")


def _read_asset(outcome: Outcome, made: Any) -> None:
    asset = "/".join(made.asset_key.path)
    outcome.is_published |= asset == PUBLISHED
    if asset == EXCHANGES and EXCLUDED in made.metadata:
        outcome.excluded = dict(made.metadata[EXCLUDED].value)
    if asset == IMPORTED:
        outcome.imported = {name: value.value for name, value in made.metadata.items()}


def _read_check(outcome: Outcome, check: Any) -> list[Fetch]:
    """Count a check and take over its findings. Returns what it says of requests, which is summed up at the end."""
    fetches, findings = Fetch.read(check.metadata), Finding.read(check.metadata)
    outcome.checks_passed += check.passed
    outcome.checks_failed += bool(findings) or any(one.failure and not one.is_postponed for one in fetches)
    for one in findings:
        series = f" for {', '.join(one.series)}" if one.series else ""
        line = f"check {one.check} of {one.asset} failed{series}: {one.cause}"
        (outcome.failures if check.severity.value == "ERROR" else outcome.warnings).append(line)
    return fetches


def _add_fetches(outcome: Outcome, fetches: Sequence[Fetch]) -> None:
    """Many series may fail for one reason, which is said once, and with it a few of their names."""
    reasons: dict[str, list[Fetch]] = {}
    for one in fetches:
        if one.series == EXPORTED:
            outcome.export_requests_made += one.requests_made
            outcome.export_requests_postponed += one.requests_postponed
        else:
            outcome.requests_made += one.requests_made
            outcome.requests_postponed += one.requests_postponed
        if one.free_at is not None:
            outcome.go_on_at = datetime.fromisoformat(one.free_at)
        elif one.failure is not None:
            reasons.setdefault(one.failure, []).append(one)
    for failure, failed in reasons.items():
        errors = [one.series for one in failed if one.is_error]
        names = (errors or [one.series for one in failed])[:SHOWN_SERIES]
        more = f" and {len(failed) - len(names)} more" if len(failed) > len(names) else ""
        (outcome.failures if errors else outcome.warnings).append(f"not fetched: {', '.join(names)}{more}: {failure}")


def _failure(data: Any) -> str | None:
    """The one line of our own failure; else the error's first line. None where a check has said it."""
    if (own := getattr(data, "user_failure_data", None)) is not None:
        return str(own.metadata[FAILURE].value) if FAILURE in own.metadata else None
    chain = []
    error = getattr(data, "error", None)
    while error is not None:
        chain.append(error)
        error = error.cause
    for link in reversed(chain):
        if link.cls_name in _FAILURES:
            return _message(link)
    if not chain or any(link.cls_name in ("DagsterAssetCheckFailedError", "Failure") for link in chain):
        return None
    return f"unexpected {chain[-1].cls_name}: {_message(chain[-1])} (run it with --verbose, and report it)"


def _message(error: Any) -> str:
    """The first line of an error, which Dagster keeps as Python prints it: after the name of its class."""
    line: str = next(iter(error.message.strip().splitlines()), "")
    return re.sub(rf"^[\w.]*{re.escape(error.cls_name or '')}: ", "", line)


def _read_tables(outcome: Outcome) -> None:
    files = open_store(outcome.settings.data_dir)
    try:
        with files.state() as con:
            outcome.changes = store.rows(con, store.read_sql("internal/loads_of_run"), run_id=outcome.run_id)
            refused = store.rows(con, store.read_sql("internal/unresolved_refusals"))
        if outcome.job != IMPORT and files.data_dir.published.exists():
            newest_week = store.read_sql("internal/m2_latest")
            with files.reader() as con:
                # A failed run leaves the file of an earlier version where it is: that may lack a table.
                if all(store.has_table(con, name) for name in store.references(newest_week)):
                    found = store.rows(con, newest_week)
                    outcome.m2 = found[0] if found else None
    except TransientFailure as failure:
        if str(failure) not in outcome.failures:
            outcome.warnings.append(str(failure))
        return
    finally:
        files.release()
    # What was refused, and why, comes before the checks that noticed it.
    failing = [row for row in refused if not outcome.succeeded and row["series"] in REQUIRED]
    outcome.failures[:0] = map(describe_refusal, failing)
    outcome.warnings += [describe_refusal(row) for row in refused if row not in failing]
