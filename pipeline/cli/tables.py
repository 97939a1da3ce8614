"""The published tables for others: exported, compared, scored."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.common import Command, output_format, require_published, settings_of
from pipeline.publish import package
from pipeline.publish.compare import compare
from pipeline.store import ask, read_sql
from pipeline.store.open import open_store
from pipeline.terminal import show
from pipeline.terminal.tables import backtest as print_backtest
from pipeline.terminal.tables import difference, exported


@click.command(cls=Command, example="export ../usage", exits={1: "nothing was exported"})
@click.argument("target", type=click.Path(path_type=Path), metavar="[DIR]", required=False)
@output_format("text", "json")
@click.pass_context
def export(ctx: click.Context, target: Path | None, form: str) -> None:
    """Export the published tables as Parquet and CSV, with a datapackage.json and the rows behind each chart (story/).

    Without DIR the export goes to exports/ in the data directory and is named after the day of the newest fetch. An earlier
    export there is replaced.
    """
    settings = settings_of(ctx)
    require_published(settings)
    with show.progress(enabled=not ctx.obj["verbose"]) as say:
        written = package.export(settings, target, say)
    show.result(written, form, exported)


@click.command(cls=Command, example="diff ../usage ../usage", exits={1: "a folder holds no export that can be compared"})
@click.argument("before", type=click.Path(path_type=Path, file_okay=False), metavar="A")
@click.argument("after", type=click.Path(path_type=Path, file_okay=False), metavar="B")
@output_format("table", "json")
@click.pass_context
def diff(ctx: click.Context, before: Path, after: Path, form: str) -> None:
    """Compare export A with export B: what moved, and why."""
    with show.progress(enabled=not ctx.obj["verbose"]) as say:
        found = compare(before, after, say)
    show.result(found, form, difference)


@click.command(cls=Command, example="backtest")
@output_format("table", "csv", "json")
@click.pass_context
def backtest(ctx: click.Context, form: str) -> None:
    """Score the nowcasts of coding shares over all recorded weeks, by the days of the week that are known.

    Weeks without a nowcast are scored as if each day had been fetched when it closed. Errors and CRPS are in percentage
    points; held_50 to held_95 are the percentage of intervals that contained the measured share.
    """
    settings = settings_of(ctx)
    require_published(settings)
    with open_store(settings.data_dir).reader() as con:
        names, rows = ask(con, read_sql("internal/backtest"))
    if not rows and form == "table":
        show.line("No week can be scored yet: that needs two consecutive weeks of coding, with every day of the first.")
        return
    show.rows(names, rows, form)
    if form == "table":
        print_backtest([dict(zip(names, row, strict=True)) for row in rows])
