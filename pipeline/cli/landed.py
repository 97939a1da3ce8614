"""What is done with landed responses and with the warehouse as a whole."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import store
from pipeline.cli.common import Command, output_format, require_landing, settings_of
from pipeline.landing import Landing, backed_up
from pipeline.run.facts import Facts, of_verification
from pipeline.store import run_lock
from pipeline.store.lake import migrate as move
from pipeline.store.open import open_store
from pipeline.terminal import show
from pipeline.wording import count, number


@click.command(
    cls=Command,
    example='reject ID --why "…"',
    exits={1: "an id is unknown or already rejected; nothing was changed"},
)
@click.argument("exchange_ids", nargs=-1, required=True, metavar="ID...")
@click.option("--why", metavar="REASON", help="What is wrong with them; recorded in landing.")
@click.option("--undo", is_flag=True, help="Undo the rejection: load them again.")
@click.pass_context
def reject(ctx: click.Context, exchange_ids: tuple[str, ...], why: str | None, undo: bool) -> None:
    """Remove wrong responses from the tables by their exchange_id.

    They stay in landing, and --undo loads them again. The next run excludes them, and validates again everything that was
    compared with them; rebuild does so at once.
    """
    if undo == bool(why and why.strip()):
        raise click.UsageError("give --why with what is wrong with them, or --undo to load them again")
    settings = settings_of(ctx)
    require_landing(settings)
    with run_lock(settings.data_dir):
        Landing(settings.data_dir).reject(exchange_ids, None if undo else why)
    then = "be loaded again" if undo else "be excluded"
    show.line(f"{count(len(exchange_ids), 'response')} will {then}; next: openrouter-usage rebuild")


@click.command(cls=Command, example="verify", exits={1: "a response is damaged, or was loaded and is missing"})
@output_format("text", "json")
@click.pass_context
def verify(ctx: click.Context, form: str) -> None:
    """Check every landed response by its sha256."""
    settings = settings_of(ctx)
    require_landing(settings)
    known: list[str] = []
    if settings.data_dir.published.exists():
        with open_store(settings.data_dir).reader() as con:
            known = store.values(con, "raw.exchanges", "exchange_id")
    sound, problems = Landing(settings.data_dir).verify(known)
    for problem in problems:
        show.error(problem)
    show.result(of_verification(sound, problems), form, _verified)
    ctx.exit(1 if problems else 0)


def _verified(facts: Facts) -> None:
    show.line(f"{count(facts['verified'], 'response')} verified, {number(facts['damaged'])} damaged")


@click.command(cls=Command, example="backup ../openrouter-backup", exits={1: "a response is damaged or could not be copied"})
@click.argument("target", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.pass_context
def backup(ctx: click.Context, target: Path) -> None:
    """Copy landed responses that DIR lacks, each checked by its sha256."""
    settings = settings_of(ctx)
    require_landing(settings)
    copied, present = Landing(settings.data_dir).backup(target.resolve())
    show.line(f"{count(copied, 'response')} copied to {target}, {number(present)} already there")


@click.command(cls=Command, example="restore ../openrouter-backup", exits={1: "a response could not be restored"})
@click.argument("source", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.pass_context
def restore(ctx: click.Context, source: Path) -> None:
    """Restore missing or damaged responses from DIR. Then run rebuild."""
    origin = backed_up(source.resolve())  # before anything is made here
    settings = settings_of(ctx, demo=origin.data_dir.is_simulated)
    with run_lock(settings.data_dir):
        copied, present = Landing(settings.data_dir).restore(source.resolve())
    restored = f"{count(copied, 'response')} restored from {source}, {number(present)} intact"
    show.line(f"{restored}; next: openrouter-usage rebuild")


@click.command(cls=Command, example="migrate lake", exits={1: "the copy failed; the source is unchanged"})
@click.argument("to", type=click.Choice(["lake", "file"]))
@click.pass_context
def migrate(ctx: click.Context, to: str) -> None:
    """Copy the warehouse to the lake that WAREHOUSE_URL names, or back."""
    settings = settings_of(ctx)
    with show.progress(enabled=not ctx.obj["verbose"]) as say:
        copied = move(settings.data_dir, to_lake=to == "lake", say=say)
    show.line(
        f"{count(len(copied), 'table')} copied, {sum(copied.values()):,} rows: counts and checksums agree; the source is "
        "unchanged"
    )
    if to == "file":
        show.line(f"  next       unset WAREHOUSE_URL; {settings.data_dir.build} is the warehouse from then on")
