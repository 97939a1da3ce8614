"""What the commands report, as one JSON object each: ``--format json`` prints it, and the text is written from the same.

Belongs here: the keys of these objects, what they mean, and filling them. Not here: printing (``terminal``). A key that is
listed here stays; new ones may be added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pipeline.alerts.freshness import SeriesStatus, Status
from pipeline.alerts.incidents import RUN
from pipeline.alerts.outbox import Incident
from pipeline.failures import PipelineFailure
from pipeline.openrouter.endpoints.endpoint import Source
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.planning import Span, days_of_history, monthly_reading, most_requests, postponed_of
from pipeline.run import session
from pipeline.run.exports import MOST_FILES, requests_for
from pipeline.series import ASKED, BY_NAME, EXACT_DAYS, next_period
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.run.outcome import Outcome

Facts = Mapping[str, Any]

CODING = "category_week/programming"
_GRAINS: Final = {"day": "days", "week": "weeks", "month": "months", "snapshot": "snapshots"}

KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    "run": {
        "job": "name of the job",
        "run_id": "id of the run in Dagster",
        "succeeded": "false if the run failed; the exit code is then 1",
        "seconds": "how long it took",
        "mode": "`live`, `keyless` or `demo`",
        "simulated": "true if the data is simulated",
        "requests_sent": "requests sent, without those for exports",
        "requests_left_today": "requests the key has left in these 24 hours; null without a key",
        "requests_postponed": "requests left to a later run",
        "continue_after": "when a backfill can continue; null if it is complete",
        "export_requests_sent": "requests sent for the daily exports, which need no key",
        "export_requests_postponed": "of these, requests left to the next run",
        "unreachable": "hosts that could not be reached",
        "periods": "days, weeks, months and snapshots: how many are new, grew, were restated, are unchanged",
        "excluded": "responses kept in landing and not loaded: number by reason",
        "checks_passed": "checks of the data that passed",
        "checks_failed": "checks of the data that failed",
        "m2": "MiniMax M2 in the newest week of coding, the row that the summary is written from; null if there is none",
        "published": "path of the published file; null if there is none",
        "page": "path of the page; null if there is none",
        "published_now": "true if this run published; else the file is unchanged",
        "warnings": "what went wrong and did not stop the run",
        "failures": "why the run failed",
    },
    "status": {
        "data_dir": "the data directory",
        "mode": "`live`, `keyless` or `demo`",
        "simulated": "true if the data is simulated",
        "healthy": "false if a series is stale or a required one was never fetched; the exit code is then 1",
        "incidents": "open incidents: key, message, urgent, since",
        "exact_days_to": "the newest day with exact figures; null if there is none",
        "exact_days_age_hours": "hours since that day ended",
        "coding_to": "the last day of the newest week of coding; null if there is none",
        "coding_age_hours": "hours since that day ended",
        "series_with_data": "series that have data",
        "series_never_fetched": "series without data that a run fetches",
        "series_needing_a_key": "series without data that need a key",
        "periods": "periods that were fetched, over all series",
        "periods_missing": "periods that are missing between the first and the newest",
        "periods_provisional": "periods that can still change",
        "built_at": "when the published file was built",
        "last_run_failed": "true if the newest run failed",
        "budgets": "by host, with and without the key: requests left today and allowed a day; null if unlimited or unknown",
        "published": "path of the published file",
        "page": "path of the page; null if there is none",
        "last_backup": "when landing was last backed up; null if never",
        "series": "for each series: newest, age, coverage and state",
    },
    "plan": {
        "data_dir": "the data directory",
        "mode": "`live`, `keyless` or `demo`",
        "requests": "the requests in their order: series, source, from, to, periods, requests, whether more pages may "
        "follow, how many periods are new, fetched again, and fetched again for the month, and whether it can wait",
        "fetched_again_before": "periods that were last fetched before this day are fetched again for the month",
        "exports": "the daily exports: files, and at most so many requests; counted apart",
        "by_kind": "requests by kind of series, at most so many for a full history, and whether each period is a request",
        "needed": "requests of this plan",
        "full_history": "requests for a full history",
        "is_full_history": "true if this plan fetches a full history",
        "is_repeated": "true if some of that history was fetched before",
        "at_most": "at most so many requests for a full history",
        "first_day": "the first day of that history",
        "days": "its length in days",
        "limits": "the key's limits and what is used of them: per_minute, per_day, used_last_minute, used_last_day",
        "kept": "requests of the day that are kept for the daily run",
        "kept_from_deferrable": "requests of the day that stay free of what can wait",
        "deferrable": "requests that can wait",
        "postponed": "of these, requests left to the next run",
        "forecast": "requests to send now, how many fit into the day, their seconds, and when to continue with the rest",
    },
    "verify": {
        "verified": "responses whose sha256 is the one that was recorded",
        "damaged": "responses that are damaged or missing",
        "problems": "one line for each of them",
    },
    "export": {
        "path": "the folder",
        "as_of": "when the newest response in it was fetched",
        "simulated": "true if the data is simulated",
        "tables": "number of tables",
        "rows": "number of rows",
        "size_bytes": "size of the files",
        "story": "number of files with the rows behind the charts of the page",
        "left_out": "tables that may not be republished, each with the reason",
    },
}


def of_run(done: Outcome) -> Facts:
    data_dir = done.settings.data_dir
    return {
        "job": done.job,
        "run_id": done.run_id,
        "succeeded": done.succeeded,
        "seconds": round(done.seconds, 1),
        "mode": done.settings.mode,
        "simulated": data_dir.is_simulated,
        "requests_sent": done.requests_made,
        "requests_left_today": done.requests_left_today,
        "requests_postponed": done.requests_postponed,
        "continue_after": done.go_on_at,
        "export_requests_sent": done.export_requests_made,
        "export_requests_postponed": done.export_requests_postponed,
        "unreachable": done.unreachable,
        "periods": _periods(done.changes),
        "excluded": dict(done.excluded),
        "checks_passed": done.checks_passed,
        "checks_failed": done.checks_failed,
        "m2": done.m2,
        "published": data_dir.published if data_dir.published.exists() else None,
        "page": data_dir.report if data_dir.report.exists() else None,
        "published_now": done.is_published,
        "warnings": done.warnings,
        "failures": done.failures,
    }


def _periods(changes: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    kinds = {"new": "new", "grew": "grown", "restated": "restated", "unchanged": "confirmed"}
    for grain, unit in _GRAINS.items():
        of_grain = [change for change in changes if BY_NAME[change["series"]].grain == grain]
        if of_grain:
            found[unit] = {kind: sum(change[f"{name}_periods"] for change in of_grain) for kind, name in kinds.items()}
    return found


def of_status(found: Status, incidents: Sequence[Incident]) -> Facts:
    settings = found.settings
    by_name = {one.series.name: one for one in found.series}
    days, coding = by_name[EXACT_DAYS], by_name[CODING]
    empty = [one for one in found.series if not one.has_data]
    return {
        "data_dir": settings.data_dir.path,
        "mode": settings.mode,
        "simulated": settings.data_dir.is_simulated,
        "healthy": found.is_healthy,
        "incidents": [
            {"key": one.key, "message": one.message, "urgent": one.is_urgent, "since": one.since} for one in incidents
        ],
        "exact_days_to": _last_day(days),
        "exact_days_age_hours": _hours(days.age),
        "coding_to": _last_day(coding),
        "coding_age_hours": _hours(coding.age),
        "series_with_data": len(found.series) - len(empty),
        "series_never_fetched": sum(one.is_expected for one in empty),
        "series_needing_a_key": sum(not one.is_expected for one in empty),
        "periods": sum(one.periods_read for one in found.series),
        "periods_missing": sum(one.periods_missing for one in found.series),
        "periods_provisional": sum(one.provisional for one in found.series),
        "built_at": found.built_at,
        "last_run_failed": any(one.key == RUN for one in incidents),
        "budgets": _budgets(settings),
        "published": settings.data_dir.published,
        "page": settings.data_dir.report if settings.data_dir.report.exists() else None,
        "last_backup": found.last_backup,
        "series": [_series(one) for one in found.series],
    }


def _series(one: SeriesStatus) -> Facts:
    return {
        "series": one.series.name,
        "required": one.series.is_required,
        "newest": one.newest,
        "age_hours": _hours(one.age),
        "periods": one.periods_read,
        "periods_missing": one.periods_missing,
        "periods_provisional": one.provisional,
        "first": one.first,
        "known_since": one.known_since,
        "fresh": one.is_fresh,
        "expected": one.is_expected,
        "state": one.shown_state,
    }


def _last_day(one: SeriesStatus) -> date | None:
    return None if one.newest is None else next_period(one.series.grain, one.newest) - timedelta(days=1)


def _hours(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds() / 3600, 1)


def _budgets(settings: Settings) -> list[dict[str, Any]]:
    """What is left of the day, with the key before without it."""
    hosts = {"api": settings.base_url, "site": settings.base_url, "gateway": settings.gateway_url}
    sources: tuple[Source, ...] = ("site", "gateway") if settings.mode == "keyless" else ("api", "site", "gateway")
    found = []
    for source in sources:
        host = urlsplit(hosts[source]).hostname
        left = per_day = None
        with suppress(PipelineFailure), session.open_budget(settings, source=source) as budget:
            spent = budget.spent()
            per_day = spent.per_day
            left = None if per_day is None else per_day - spent.last_day
        found.append({"host": host, "with_key": source == "api", "left": left, "per_day": per_day})
    return found


def of_plan(
    settings: Settings, first_day: str | None, last_day: str | None, *, is_all: bool = False, is_backfill: bool = False
) -> Facts:
    """Every request, and how it goes through the limits. ``is_all`` plans as if nothing had been fetched."""
    first = max(date.fromisoformat(first_day), DATASET_START) if first_day else DATASET_START
    last = date.fromisoformat(last_day) if last_day else None
    workspace = session.Workspace(settings)
    if is_backfill:
        spans, from_nothing = workspace.backfill(first, last), workspace.backfill(first, last, from_nothing=True)
    else:
        spans, from_nothing = workspace.plan(first, from_nothing=is_all), workspace.plan(first, from_nothing=True)
    now = workspace.clock()
    snapshots = workspace.due_exports(first, last)[:MOST_FILES]
    most = {one.name: most_requests(one, now=now, first_day=first, last_day=last) for one in ASKED}
    kinds, kinds_most = Counter[str](), Counter[str]()
    for span in spans:
        kinds[span.series.kind] += span.requests
    by_period = {one.kind for one in ASKED if one.takes_request_a_period}
    for name, number in most.items():
        kinds_most[BY_NAME[name].kind] += number
    return {
        "data_dir": settings.data_dir.path,
        "mode": settings.mode,
        "requests": [_request(span) for span in spans],
        "fetched_again_before": monthly_reading(now).date(),
        "exports": {"files": len(snapshots), "requests": requests_for(snapshots)},
        "by_kind": [
            {"kind": kind, "requests": kinds[kind], "at_most": number, "each_period_apart": kind in by_period}
            for kind, number in kinds_most.items()
        ],
        "needed": sum(span.requests for span in spans),
        "full_history": sum(span.requests for span in from_nothing),
        "is_full_history": {span.question for span in spans} == {span.question for span in from_nothing},
        "is_repeated": list(spans) != list(from_nothing),
        "at_most": sum(most.values()),
        "first_day": first,
        "days": days_of_history(now=now, first_day=first, last_day=last),
        **_forecast(settings, workspace, [span for span in spans if span.series.needs_key], is_backfill=is_backfill),
    }


def _request(span: Span) -> Facts:
    return {
        "series": span.series.name,
        "source": span.series.endpoint.source,
        "from": span.start,
        "to": span.end,
        "periods": span.periods,
        "requests": span.requests,
        "may_have_more_pages": span.has_more_pages,
        "snapshot": span.series.grain == "snapshot",
        "each_month": span.series.is_monthly,
        "new": span.new,
        "again": span.periods - span.new - span.monthly,
        "again_for_the_month": span.monthly,
        "can_wait": span.is_deferrable,
    }


def _forecast(settings: Settings, workspace: session.Workspace, spans: Sequence[Span], *, is_backfill: bool) -> Facts:
    """How the requests of the key go through its limits. In a backfill everything waits alike."""
    if settings.mode == "keyless":  # without a key there is no limit of one
        numbers = dict.fromkeys(("kept", "kept_from_deferrable", "deferrable", "postponed"), 0)
        return {"limits": None, **numbers, "forecast": None}
    with session.open_budget(settings, workspace.clock) as budget:
        spent = budget.spent()
        kept = session.kept_for_daily_run(budget) if is_backfill else 0
        kept_from_deferrable = 0 if is_backfill else session.kept_from_deferrable(budget)
        postponed = 0
        if not is_backfill:
            room = None if spent.per_day is None else spent.per_day - kept_from_deferrable - spent.last_day
            postponed = sum(span.requests for span in postponed_of(spans, room=room))
        requests = sum(span.requests for span in spans) - postponed
        coming = budget.forecast(requests, leave=kept)
    return {
        "limits": {
            "per_minute": spent.per_minute,
            "per_day": spent.per_day,
            "used_last_minute": spent.last_minute,
            "used_last_day": spent.last_day,
        },
        "kept": kept,
        "kept_from_deferrable": kept_from_deferrable,
        "deferrable": 0 if is_backfill else sum(span.requests for span in spans if span.is_deferrable),
        "postponed": postponed,
        "forecast": {
            "requests": requests,
            "fits": coming.fits,
            "seconds": coming.seconds,
            "pause_seconds": coming.pause_seconds,
            "response_seconds": coming.answer_seconds,
            "continue_after": coming.next_at,
        },
    }


def of_verification(verified: int, problems: Sequence[str]) -> Facts:
    return {"verified": verified, "damaged": len(problems), "problems": list(problems)}
