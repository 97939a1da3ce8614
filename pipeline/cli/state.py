"""How things are and what is next: nothing is fetched or built."""

from __future__ import annotations

import click

from pipeline.alerts.events import announce
from pipeline.alerts.freshness import Status, status_of
from pipeline.alerts.incidents import look, open_now
from pipeline.alerts.outbox import try_out
from pipeline.cli.common import Command, from_option, output_format, require_published, settings_of
from pipeline.failures import PermanentFailure
from pipeline.run import session
from pipeline.run.facts import of_plan, of_status
from pipeline.settings import EMAIL_TO_VARIABLE, SMTP_VARIABLE, WEBHOOK_VARIABLE
from pipeline.terminal import show
from pipeline.terminal.plan import plan as print_plan
from pipeline.terminal.status import status as print_status


@click.command(cls=Command, example="plan")
@from_option
@click.option("--all", "is_all", is_flag=True, help="Plan the full history, as if nothing had been fetched.")
@output_format("text", "json")
@click.pass_context
def plan(ctx: click.Context, first_day: str | None, is_all: bool, form: str) -> None:
    """Show the requests of the next run, compared with the limits and the minimum.

    No request is sent.
    """
    show.result(of_plan(settings_of(ctx), first_day, None, is_all=is_all), form, print_plan)


@click.command(cls=Command, example="status --all", exits={1: "a series is stale, or a required one was never fetched"})
@click.option("--all", "is_all", is_flag=True, help="Also show every series, and the open incidents in full.")
@output_format("text", "json")
@click.pass_context
def status(ctx: click.Context, is_all: bool, form: str) -> None:
    """Show what is wrong, how old the data is, and where it is, in six lines."""
    settings = settings_of(ctx)
    require_published(settings)
    now = session.utc_now()
    found = status_of(settings, now)
    show.result(of_status(found, open_now(settings, now)), form, lambda facts: print_status(facts, is_all=is_all))
    _warn_of_backup(found)
    ctx.exit(0 if found.is_healthy else 1)


def _warn_of_backup(found: Status) -> None:
    if found.last_backup is None:
        show.warning("landing was never backed up, and cannot be fetched again: openrouter-usage backup DIR")
    elif found.is_backup_old:
        days = (found.now - found.last_backup).days
        show.warning(
            f"the last backup of landing is {days} days old, and later responses exist only here: "
            "openrouter-usage backup DIR"
        )


@click.command(cls=Command, example="alert", exits={1: "a message could not be sent"})
@click.option("--test", "is_trial", is_flag=True, help="Send a test message to each channel.")
@click.pass_context
def alert(ctx: click.Context, is_trial: bool) -> None:
    """Notify of new and resolved incidents, and of events, as each run does.

    Schedule it hourly: it also notifies when no run was started at all.
    """
    settings = settings_of(ctx)
    if is_trial:
        tried = try_out(settings)
        if not tried:
            raise PermanentFailure(
                f"no alert channel is configured: set {WEBHOOK_VARIABLE}, or {EMAIL_TO_VARIABLE} and {SMTP_VARIABLE}"
            )
        warnings = [f"{channel}: {problem}" for channel, problem in tried.items() if problem]
        sent = ", ".join(one for one, problem in tried.items() if not problem)
        show.line(f"Test message sent by {sent}." if sent else "No test message was sent.")
    else:
        require_published(settings)
        now = session.utc_now()
        warnings = [*look(settings, now), *announce(settings, now)]
        for incident in (found := open_now(settings, now)):
            show.line(str(incident))
        if not found:
            show.line("No incident is open.")
    for message in warnings:
        show.warning(message)
    ctx.exit(1 if warnings else 0)
