"""What a run did, read from its events and from the tables it left, whoever started it.

Belongs here: reading. Not here: executing (``pipeline.execute``), printing (``terminal.show``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline import store
from pipeline.failures import PermanentFailure, PipelineFailure, TransientFailure
from pipeline.load.loading import loaded
from pipeline.load.report import describe_refusal
from pipeline.openrouter.budget import BudgetSpent
from pipeline.openrouter.endpoints.exports import EXPORTED
from pipeline.run.findings import AGE_CHECKS, EXCLUDED, FAILURE, Fetch, Finding
from pipeline.run.jobs import EXCHANGES, IMPORT, IMPORTED, PUBLISHED, PUBLISHING_JOBS
from pipeline.series import EXACT_DAYS, REQUIRED
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.wording import long_day

SHOWN_SERIES = 5

_FAILURES = {one.__name__ for one in (PermanentFailure, TransientFailure, BudgetSpent)}


@dataclass
class Outcome:
    """What a run did. ``failures`` are one line each; ``warnings`` did not stop it.

    ``checks_passed`` and ``checks_failed`` count the checks of the data. What could not be fetched is no check of theirs:
    ``unreachable`` are the hosts that could not be reached. ``excluded`` counts the loaded responses that were kept and not
    read, by verdict and reason.

    ``export_requests_made`` are the requests for keyless exports, which have a budget of their own, and
    ``export_requests_postponed`` those that are left to the next run.

    ``requests_postponed`` are those that a budget had no room for; in a backfill ``go_on_at`` (UTC) is when it has room for
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
    unreachable: list[str] = field(default_factory=list)


def read_outcome(settings: Settings, job: str, run_id: str, events: Sequence[Any], *, succeeded: bool) -> Outcome:
    """What came of a run, by its events, whoever started it."""
    outcome = Outcome(job, run_id, succeeded, settings, 0.0)
    fetches: list[Fetch] = []
    aged: list[Finding] = []
    for event in events:
        kind = event.event_type_value
        if kind == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            fetches += Fetch.read(check.metadata)
            if check.check_name in AGE_CHECKS:
                aged += Finding.read(check.metadata)
            elif Fetch.name not in check.metadata:
                _read_check(outcome, check)
        elif kind == "ASSET_MATERIALIZATION":
            _read_asset(outcome, event.step_materialization_data.materialization)
        elif kind in ("STEP_FAILURE", "RUN_FAILURE", "PIPELINE_FAILURE"):
            line = _failure(event.event_specific_data)
            outcome.failures += [line] if line and line not in outcome.failures else []
    if outcome.succeeded and job in PUBLISHING_JOBS and not outcome.is_published:
        # Dagster calls a run a success when steps were left out because something before them gave no output.
        outcome.succeeded = False
        outcome.failures.append(f"nothing was published, though no step failed: see run {outcome.run_id} in the UI")
    _add_fetches(outcome, fetches, aged)
    _read_tables(outcome)
    if not outcome.succeeded and not outcome.failures:
        outcome.failures.append(f"the run failed for a reason that the UI shows: run {outcome.run_id}")
    return outcome


def _read_asset(outcome: Outcome, made: Any) -> None:
    asset = "/".join(made.asset_key.path)
    outcome.is_published |= asset == PUBLISHED
    if asset == EXCHANGES and EXCLUDED in made.metadata:
        outcome.excluded = dict(made.metadata[EXCLUDED].value)
    if asset == IMPORTED:
        outcome.imported = {name: value.value for name, value in made.metadata.items()}


def _read_check(outcome: Outcome, check: Any) -> None:
    """Count a check of the data, and take over its findings. Requests and age are counted apart."""
    findings = Finding.read(check.metadata)
    outcome.checks_passed += check.passed
    outcome.checks_failed += bool(findings)
    for one in findings:
        series = f" for {', '.join(one.series)}" if one.series else ""
        line = f"check {one.check} of {one.asset} failed{series}: {one.cause}"
        (outcome.failures if check.severity.value == "ERROR" else outcome.warnings).append(line)


def _add_fetches(outcome: Outcome, fetches: Sequence[Fetch], aged: Sequence[Finding]) -> None:
    """Count the requests, and report why some failed, then what is too old. Many series may fail for one reason, which is
    reported once.
    """
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
            reasons.setdefault(_reason(one), []).append(one)
    outcome.unreachable = sorted({one.unreachable for one in fetches if one.unreachable})
    late = [one for one in aged if one.asset == f"landing/{EXACT_DAYS}"] if outcome.settings.mode == "keyless" else []
    for reason, failed in reasons.items():
        line = _not_fetched(reason, failed)
        if late and EXPORTED in [one.series for one in failed]:
            # Without a key there is no other source: one line says why nothing newer came, and what that means.
            aged = [one for one in aged if one not in late]
            line += f"; figures end on {_end_of_figures(outcome.settings)}"
        (outcome.failures if any(one.is_error for one in failed) else outcome.warnings).append(line)
    outcome.warnings += [one.cause for one in aged]


def _reason(fetch: Fetch) -> str:
    """Why it failed. Sources that could not be reached for one reason share it, however often each was tried."""
    if fetch.unreachable is None:
        return fetch.failure or ""
    _, _, why = (fetch.failure or "").partition(f"cannot reach {fetch.unreachable}")
    return why.partition("; tried ")[0]


def _not_fetched(reason: str, failed: Sequence[Fetch]) -> str:
    if hosts := sorted({one.unreachable for one in failed if one.unreachable}):
        return f"cannot reach {' and '.join(hosts)}{reason}"
    errors = [one.series for one in failed if one.is_error]
    names = (errors or [one.series for one in failed])[:SHOWN_SERIES]
    more = f" and {len(failed) - len(names)} more" if len(failed) > len(names) else ""
    return f"not fetched: {', '.join(names)}{more}: {reason}"


def _end_of_figures(settings: Settings) -> str:
    with loaded(open_store(settings.data_dir)) as con:
        read = store.rows(con, store.read_sql("internal/read_periods"))
    return long_day(max(row["period_start"] for row in read if row["series"] == EXACT_DAYS))


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
        with loaded(files) as con:
            outcome.changes = store.rows(con, store.read_sql("internal/loads_of_run"), run_id=outcome.run_id)
            refused = store.rows(con, store.read_sql("internal/unresolved_refusals"))
        if outcome.job != IMPORT and files.data_dir.published.exists():
            newest_week = store.read_sql("internal/m2_latest")
            with files.reader() as con:
                # A failed run leaves the file of an earlier version where it is: that may lack a table.
                if store.references(newest_week) <= store.table_names(con):
                    found = store.rows(con, newest_week)
                    outcome.m2 = found[0] if found else None
    except PipelineFailure as failure:
        if outcome.succeeded and isinstance(failure, PermanentFailure):
            raise
        if str(failure) not in outcome.failures:
            outcome.warnings.append(str(failure))
        return
    finally:
        files.release()
    # What was rejected, and why, comes before the checks that noticed it.
    failing = [row for row in refused if not outcome.succeeded and row["series"] in REQUIRED]
    outcome.failures[:0] = map(describe_refusal, failing)
    outcome.warnings += [describe_refusal(row) for row in refused if row not in failing]
