"""How things are and what is next: nothing is fetched or built."""

from __future__ import annotations

from datetime import date

import click

from pipeline.alerts.events import announce
from pipeline.alerts.freshness import status_of
from pipeline.alerts.incidents import look, open_now
from pipeline.alerts.outbox import try_out
from pipeline.cli.common import first_day_of, require_published, settings_of
from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.planning import days_of_history, most_requests
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
    most = {one.name: most_requests(one, now=now, first_day=first, last_day=last) for one in ASKED}
    snapshots = workspace.due_exports(first, last)[:MOST_FILES]
    if settings.mode == "keyless":
        show.line(f"No request to the Data API: {KEY_VARIABLE} is not set.")
        show.exports(requests_for(snapshots), len(snapshots))
        return
    show.plan(spans)
    show.exports(requests_for(snapshots), len(snapshots))
    show.proof(spans, from_nothing, most, days=days_of_history(now=now, first_day=first, last_day=last), first_day=first)
    with session.open_budget(settings, workspace.clock) as budget:
        kept = session.kept_for_daily_run(budget) if is_backfill else 0
        show.forecast(len(spans), budget.spent(), budget.forecast(len(spans), leave=kept), kept=kept)


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
