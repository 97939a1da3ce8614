"""What is done with landed responses and with the warehouse as a whole."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import store
from pipeline.cli.common import require_landing, settings_of
from pipeline.landing import Landing, backed_up
from pipeline.store import run_lock
from pipeline.store.lake import migrate as move
from pipeline.store.open import open_store
from pipeline.terminal import show


@click.command()
@click.argument("exchange_ids", nargs=-1, required=True, metavar="ID...")
@click.option("--why", metavar="REASON", help="What is wrong with them; recorded in landing.")
@click.option("--undo", is_flag=True, help="Undo the rejection: load them again.")
@click.pass_context
def reject(ctx: click.Context, exchange_ids: tuple[str, ...], why: str | None, undo: bool) -> None:
    """Remove wrong responses from the tables by their exchange_id. They stay in landing, and --undo loads them again.

    The next run excludes them and validates everything that was compared with them again; rebuild does so at once.
    """
    if undo == bool(why and why.strip()):
        raise click.UsageError("give --why with what is wrong with them, or --undo to load them again")
    settings = settings_of(ctx)
    require_landing(settings)
    with run_lock(settings.data_dir):
        Landing(settings.data_dir).reject(exchange_ids, None if undo else why)
    number = f"{len(exchange_ids)} response{'' if len(exchange_ids) == 1 else 's'}"
    show.line(f"{number} will {'be loaded again' if undo else 'be excluded'}; next: openrouter-usage rebuild")


@click.command()
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Check every landed response by its sha256. Exits 1 if one is damaged, or was loaded and is missing."""
    settings = settings_of(ctx)
    require_landing(settings)
    known: list[str] = []
    if settings.data_dir.published.exists():
        with open_store(settings.data_dir).reader() as con:
            known = store.values(con, "raw.exchanges", "exchange_id")
    sound, problems = Landing(settings.data_dir).verify(known)
    for problem in problems:
        show.error(problem)
    show.line(f"{sound} responses verified, {len(problems)} damaged")
    ctx.exit(1 if problems else 0)


@click.command()
@click.argument("target", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.pass_context
def backup(ctx: click.Context, target: Path) -> None:
    """Copy landed responses that DIR lacks, each checked by its sha256."""
    settings = settings_of(ctx)
    require_landing(settings)
    copied, present = Landing(settings.data_dir).backup(target.resolve())
    show.line(f"{copied} responses copied to {target}, {present} were already there")


@click.command()
@click.argument("source", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.pass_context
def restore(ctx: click.Context, source: Path) -> None:
    """Restore missing or damaged responses from DIR. Then run rebuild."""
    origin = backed_up(source.resolve())  # before anything is made here
    settings = settings_of(ctx, demo=origin.data_dir.is_simulated)
    with run_lock(settings.data_dir):
        copied, present = Landing(settings.data_dir).restore(source.resolve())
    show.line(f"{copied} responses restored from {source}, {present} were intact; next: openrouter-usage rebuild")


@click.command()
@click.argument("to", type=click.Choice(["lake", "file"]))
@click.pass_context
def migrate(ctx: click.Context, to: str) -> None:
    """Copy the warehouse to the lake that WAREHOUSE_URL names, or back."""
    settings = settings_of(ctx)
    with show.progress(enabled=not ctx.obj["verbose"]) as say:
        copied = move(settings.data_dir, to_lake=to == "lake", say=say)
    show.line(
        f"copied {len(copied)} tables, {sum(copied.values()):,} rows: counts and checksums agree; the source is unchanged"
    )
    if to == "file":
        show.line(f"  next       unset WAREHOUSE_URL; {settings.data_dir.build} is the warehouse from then on")
