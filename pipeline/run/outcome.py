"""What a run did, read from its events and from the tables it left, whoever started it.

Belongs here: reading. Not here: executing (``pipeline.execute``), printing (``terminal.show``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline import store
from pipeline.failures import TransientFailure
from pipeline.load.report import describe_refusal
from pipeline.run.jobs import IMPORT, IMPORTED, PUBLISHED, PUBLISHING_JOBS
from pipeline.series import ASKED, REQUIRED
from pipeline.settings import Settings
from pipeline.store.open import open_store

SHOWN_SERIES = 5

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


def read_outcome(settings: Settings, job: str, run_id: str, events: Sequence[Any], *, succeeded: bool) -> Outcome:
    """What came of a run, by its events, whoever started it."""
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
    for event in events:
        kind = event.event_type_value
        if kind == "ASSET_CHECK_EVALUATION":
            _read_check(outcome, event.asset_check_evaluation_data)
        elif kind == "ASSET_MATERIALIZATION":
            made = event.step_materialization_data.materialization
            asset = "/".join(made.asset_key.path)
            outcome.is_published |= asset == PUBLISHED
            if "excluded" in made.metadata:
                outcome.excluded = dict(made.metadata["excluded"].value)
            if asset == IMPORTED:
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
    files = open_store(outcome.settings.data_dir)
    try:
        with files.state() as con:
            outcome.changes = store.rows(con, store.read_sql("ops/loads_of_run"), run_id=outcome.run_id)
            refused = store.rows(con, store.read_sql("ops/unresolved_refusals"))
        if outcome.job != IMPORT and files.data_dir.published.exists():
            with files.reader() as con:
                found = store.rows(con, store.read_sql("ops/m2_latest"))
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
