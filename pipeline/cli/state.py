"""How things are and what is next: nothing is fetched or built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import click

from pipeline.alerts.events import announce
from pipeline.alerts.freshness import status_of
from pipeline.alerts.incidents import look, open_now
from pipeline.alerts.outbox import try_out
from pipeline.cli.common import first_day_of, require_published, settings_of
from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.planning import Span, days_of_history, monthly_reading, most_requests, postponed_of
from pipeline.run import session
from pipeline.run.exports import MOST_FILES, requests_for
from pipeline.series import ASKED
from pipeline.settings import EMAIL_TO_VARIABLE, KEY_VARIABLE, SMTP_VARIABLE, WEBHOOK_VARIABLE, Settings
from pipeline.terminal import show


@click.command()
@click.option("--from", "first_day", callback=first_day_of, metavar="DATE", help="Fetch nothing before this day.")
@click.option("--all", "is_all", is_flag=True, help="Plan the full history, as if nothing had been fetched.")
@click.pass_context
def plan(ctx: click.Context, first_day: str | None, is_all: bool) -> None:
    """Show the requests of the next run, compared with the limits and the minimum."""
    show_plan(settings_of(ctx), first_day, None, is_all=is_all)


def show_plan(
    settings: Settings, first_day: str | None, last_day: str | None, *, is_all: bool = False, is_backfill: bool = False
) -> None:
    show.line(f"Of {settings.data_dir.path} ({settings.mode}):")
    first = max(date.fromisoformat(first_day), DATASET_START) if first_day else DATASET_START
    last = date.fromisoformat(last_day) if last_day else None
    workspace = session.Workspace(settings)
    if is_backfill:
        spans, from_nothing = workspace.backfill(first, last), workspace.backfill(first, last, from_nothing=True)
    else:
        spans, from_nothing = workspace.plan(first, from_nothing=is_all), workspace.plan(first, from_nothing=True)
    now = workspace.clock()
    is_keyed = settings.mode != "keyless"
    if not is_keyed:
        show.line(f"No request to the Data API: {KEY_VARIABLE} is not set.")
    if spans or is_keyed:
        show.plan(spans, monthly_since=monthly_reading(now))
    snapshots = workspace.due_exports(first, last)[:MOST_FILES]
    show.exports(requests_for(snapshots), len(snapshots))
    show.asked_elsewhere(Counter(span.series.endpoint.source for span in spans if not span.series.needs_key))
    if not is_keyed:
        return
    most = {one.name: most_requests(one, now=now, first_day=first, last_day=last) for one in ASKED}
    show.proof(spans, from_nothing, most, days=days_of_history(now=now, first_day=first, last_day=last), first_day=first)
    _show_forecast(settings, workspace, [span for span in spans if span.series.needs_key], is_backfill=is_backfill)


def _show_forecast(settings: Settings, workspace: session.Workspace, spans: Sequence[Span], *, is_backfill: bool) -> None:
    """How the requests of the key go through its limits. In a backfill everything waits alike."""
    with session.open_budget(settings, workspace.clock) as budget:
        spent = budget.spent()
        if is_backfill:
            kept, requests = session.kept_for_daily_run(budget), sum(span.requests for span in spans)
            show.forecast(requests, spent, budget.forecast(requests, leave=kept), kept=kept)
            return
        kept = session.kept_from_deferrable(budget)
        room = None if spent.per_day is None else spent.per_day - kept - spent.last_day
        postponed = sum(span.requests for span in postponed_of(spans, room=room))
        requests = sum(span.requests for span in spans) - postponed
        show.forecast(requests, spent, budget.forecast(requests), kept=0)
        if spent.per_day is not None:
            can_wait = sum(span.requests for span in spans if span.is_deferrable)
            show.deferred(can_wait, postponed, kept=kept, per_day=spent.per_day)


@click.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Show age and coverage of each series, and open incidents.

    Exits 1 if a series is stale or a required one was never fetched.
    """
    settings = settings_of(ctx)
    require_published(settings)
    now = session.utc_now()
    found = status_of(settings, now)
    show.status(found, open_now(settings, now))
    ctx.exit(0 if found.is_healthy else 1)


@click.command()
@click.option("--test", "is_trial", is_flag=True, help="Send a test message to each channel.")
@click.pass_context
def alert(ctx: click.Context, is_trial: bool) -> None:
    """Notify of incidents that opened or were resolved, and of events, as each run does. Exits 1 if a message failed.

    Meant for a second line of cron: it also notifies when no run was started at all.
    """
    settings = settings_of(ctx)
    if is_trial:
        tried = try_out(settings)
        if not tried:
            raise PermanentFailure(
                f"no alert channel is configured: set {WEBHOOK_VARIABLE}, or {EMAIL_TO_VARIABLE} and {SMTP_VARIABLE}"
            )
        warnings = [f"{channel}: {problem}" for channel, problem in tried.items() if problem]
        show.line(
            f"A test message was sent by {', '.join(one for one, problem in tried.items() if not problem) or 'no channel'}."
        )
    else:
        require_published(settings)
        now = session.utc_now()
        warnings = [*look(settings, now), *announce(settings, now)]
        show.incidents(open_now(settings, now))
    for message in warnings:
        show.warning(message)
    ctx.exit(1 if warnings else 0)
