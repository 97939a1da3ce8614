"""What a load did, and what of it is kept in ``ops``.

Belongs here: counting, and the lines about refusals. Not here: what is counted (``loading``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.load.exclusions import EXCLUDED
from pipeline.series import BY_NAME, REQUIRED

if TYPE_CHECKING:
    from pipeline.load.stage import Exchange
    from pipeline.load.validation import run
    from pipeline.openrouter.endpoints.expectation import Expectation


@dataclass
class CheckOutcome:
    """One expectation over everything a load looked at, series by series. ``measured`` are the extremes of a level."""

    expectation: Expectation
    checked: Counter[str] = field(default_factory=Counter)
    failing: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)
    measured: tuple[float, float] | None = None
    error: str | None = None

    def add(self, result: run.Result) -> None:
        self.error = self.error or result.error
        self.checked.update(result.by_series)
        if not result.failing.is_empty():
            self.failing.update(result.failing["series"])
            self.rows += result.failing.group_by("series", maintain_order=True).head(store.SHOWN_FAILING_ROWS).to_dicts()
        if self.expectation.measure is not None:
            found = result.checked[self.expectation.measure]
            measured = [one for one in (found.min(), found.max(), *(self.measured or ())) if one is not None]
            self.measured = (min(measured), max(measured)) if measured else None

    @property
    def passed(self) -> bool:
        return not self.failing and self.error is None


PERIOD_CHANGES = ("new_periods", "grown_periods", "restated_periods", "confirmed_periods")
ROW_CHANGES = ("rows_new", "rows_grown", "rows_restated")


@dataclass
class LoadReport:
    """What a load did. ``changes`` has the counts of ``PERIOD_CHANGES`` and ``ROW_CHANGES`` for each series that was read,
    ``unresolved`` the refusals that fail the run, a line each.

    ``damaged`` says of each response that is not as it was landed why it was left out. It stays where it is, and is loaded
    like any other once it was restored. ``judged_again`` are responses that had been loaded before, and were read after one
    that came only now: ``verdicts`` are without them, and ``verdicts_changed`` of them have another verdict than before.
    """

    exchanges: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    unknown_endpoints: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    rows_added: Counter[str] = field(default_factory=Counter)
    changes: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[str, CheckOutcome] = field(default_factory=dict)
    unresolved: list[dict[str, Any]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    judged_again: int = 0
    verdicts_changed: int = 0


def count_verdicts(report: LoadReport, exchanges: Iterable[Exchange], before: Mapping[str, str]) -> None:
    """Count what became of exchanges. ``before`` are the verdicts of those that had been loaded."""
    for one in exchanges:
        report.exchanges += 1
        if (verdict_before := before.get(one.exchange_id)) is not None:
            report.judged_again += 1
            report.verdicts_changed += one.outcome != verdict_before
            continue
        report.verdicts[one.outcome] += 1
        if one.outcome == "unknown series":
            report.unknown_endpoints[one.endpoint] += 1
        if one.outcome in EXCLUDED:
            report.excluded[f"{one.outcome}: {one.reason}"] += 1


def record(con: store.Connection, report: LoadReport, run_id: str) -> None:
    """Keep in ops what a load did and what it checked."""
    now = datetime.now(UTC)
    results = [row for outcome in report.outcomes.values() for row in _rows_of(outcome, run_id, now)]
    store.append_rows(con, TABLES["ops.validation_results"], results)
    store.append_rows(
        con,
        TABLES["ops.loads"],
        [
            {"run_id": run_id, "loaded_at": now, **{name: change[name] for name in ("series", *PERIOD_CHANGES)}}
            for change in report.changes
        ],
    )


def is_error(outcome: CheckOutcome, report: LoadReport, series: str | None = None) -> bool:
    """Whether a failing check fails the run: it refuses, and a required series waits for a better reading."""
    if outcome.passed or not outcome.expectation.is_blocking:
        return False
    if outcome.error is not None:
        return True
    waiting = {refusal["series"] for refusal in report.unresolved} & REQUIRED
    return bool(waiting & ({series} if series else outcome.failing.keys()))


def describe_refusal(refusal: Mapping[str, Any]) -> str:
    """A refusal that no later reading has made good, in one line."""
    first, last, number = refusal["first_period"], refusal["last_period"], refusal["periods"]
    period = "" if first is None else f" {first}" if first == last else f" {first} to {last} ({number} periods)"
    need = "required" if BY_NAME[refusal["series"]].is_required else "optional"
    return (
        f"rejected {refusal['series']}{period} ({need}), fetched {refusal['retrieved_at']:%Y-%m-%d %H:%M:%SZ}: "
        f"{refusal['reason']}; the response is kept as {refusal['exchange_id']}: if it is wrong, remove it with "
        f"`openrouter-usage reject {refusal['exchange_id']} --why '…'`"
    )


def _rows_of(outcome: CheckOutcome, run_id: str, now: datetime) -> Iterator[dict[str, Any]]:
    expectation = outcome.expectation
    for series, checked in sorted(outcome.checked.items()):
        failing = outcome.failing[series]
        examples = [row for row in outcome.rows if row["series"] == series]
        yield {
            "run_id": run_id,
            "checked_at": now,
            "series": series,
            "check_name": expectation.name,
            "severity": "ERROR" if expectation.is_blocking else "WARN",
            "passed": failing == 0 and outcome.error is None,
            "checked_count": checked,
            "failing_count": failing,
            "detail": (outcome.error or f"likely cause: {expectation.likely_cause}") if failing or outcome.error else None,
            "failing_rows": json.dumps(examples, default=str) if examples else None,
        }
