"""What fetches or builds: each a run of Dagster, printed as it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline import execute, wording
from pipeline.alerts.channels import channels
from pipeline.alerts.incidents import look
from pipeline.cli import NOT_FINISHED
from pipeline.cli.common import (
    Command,
    day_of,
    from_option,
    output_format,
    require_landing,
    run_with_progress,
    settings_of,
)
from pipeline.failures import PermanentFailure, PipelineFailure
from pipeline.openrouter.budget import BudgetSpent
from pipeline.run import session
from pipeline.run.facts import of_plan
from pipeline.settings import MODES, Settings
from pipeline.terminal import show
from pipeline.terminal.plan import plan as print_plan
from pipeline.terminal.summary import outcome

_NAP_SECONDS = 60.0
_FAILED = (
    "a required series was not fetched or was rejected, or the run was stopped; the published file is unchanged or complete"
)


def _settings_for_run(ctx: click.Context, *, demo: bool) -> Settings:
    """The target, marked as simulated for a demo. Raises PermanentFailure where key and directory do not fit."""
    settings = settings_of(ctx, demo=demo)
    if settings.api_key and not demo and settings.data_dir.is_simulated:
        raise PermanentFailure(
            f"{settings.data_dir.path} holds simulated data, and a key for real data is set: "
            "name another folder with --data-dir, or use --demo"
        )
    if demo:
        settings.data_dir.mark_simulated()
    session.refuse_lost_key(settings)
    return settings


@click.command(
    cls=Command,
    example="run",
    exits={1: _FAILED},
    epilog=" ".join(f"Mode {mode} — {sentence}." for mode, sentence in MODES.items()),
)
@click.option("--demo", is_flag=True, help="Use the built-in simulator, even with a key.")
@from_option
@output_format("text", "json")
@click.pass_context
def run(ctx: click.Context, demo: bool, first_day: str | None, form: str) -> None:
    """Fetch what is due, validate, build and publish.

    Without a key it uses the recordings of this project and OpenRouter's daily exports.
    """
    with _failure_is_reported(ctx, demo=demo):
        settings = _settings_for_run(ctx, demo=demo)
        done = run_with_progress(ctx, execute.run_daily, settings, first_day)
    outcome(done, form)


@contextmanager
def _failure_is_reported(ctx: click.Context, *, demo: bool) -> Iterator[None]:
    """What keeps a run from beginning, a lost key for instance, is reported as a failed run is."""
    try:
        yield
    except BudgetSpent:
        raise
    except PipelineFailure as failure:
        settings = settings_of(ctx, demo=demo)
        if channels(settings.told) and settings.data_dir.path.exists():
            for message in look(settings, session.utc_now(), failures=[str(failure)]):
                show.warning(message)
        raise


@click.command(
    cls=Command,
    example="backfill --plan",
    exits={
        1: _FAILED,
        NOT_FINISHED: "the day's budget is spent; nothing is wrong: run it again later",
    },
)
@click.option("--demo", is_flag=True, help="Use the built-in simulator, even with a key.")
@from_option
@click.option("--to", "last_day", callback=day_of, metavar="DATE", help="Fetch nothing after this day.")
@click.option(
    "--wait", is_flag=True, help="When the day's budget is spent, wait until requests are available, then continue."
)
@click.option("--plan", "is_plan", is_flag=True, help="Show the requests without sending them.")
@click.pass_context
def backfill(ctx: click.Context, demo: bool, first_day: str | None, last_day: str | None, wait: bool, is_plan: bool) -> None:
    """Fetch all missing history without repeating requests.

    A fifth of the day's budget is kept for the daily run. When the rest is spent, what was fetched is published: run it
    again later to continue. It needs a key, or --demo.
    """
    if is_plan:
        print_plan(of_plan(settings_of(ctx, demo=demo), first_day, last_day, is_backfill=True))
        return
    with _failure_is_reported(ctx, demo=demo):
        settings = _settings_for_run(ctx, demo=demo)
    while True:
        with _failure_is_reported(ctx, demo=demo):
            done = run_with_progress(ctx, execute.run_backfill, settings, first_day, last_day)
        outcome(done)
        if done.go_on_at is None:
            return
        if not wait:
            ctx.exit(NOT_FINISHED)
        _wait_until(done.go_on_at)


def _wait_until(instant: datetime) -> None:
    """Sleep in naps, as a machine that was suspended meanwhile would oversleep."""
    show.line(f"waiting until {wording.minute(instant)} for the day's budget; the daily run can start meanwhile")
    while (seconds := (instant - datetime.now(UTC)).total_seconds()) > 0:
        time.sleep(min(seconds, _NAP_SECONDS))


@click.command("import", cls=Command, example="import warehouse/recordings", exits={1: "nothing was imported"})
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def import_(ctx: click.Context, path: Path) -> None:
    """Import recorded API responses with their original timestamps.

    PATH is a .json or .json.gz file, or a folder of them. Then run rebuild.
    """
    outcome(run_with_progress(ctx, execute.run_import, settings_of(ctx), path.resolve()))


@click.command(cls=Command, example="rebuild", exits={1: "the build failed; the published file is unchanged"})
@click.pass_context
def rebuild(ctx: click.Context) -> None:
    """Build every table again from landing, and publish. Needs no network."""
    settings = settings_of(ctx)
    require_landing(settings)
    outcome(run_with_progress(ctx, execute.run_rebuild, settings))
