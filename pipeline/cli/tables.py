"""The published tables for others: queried, exported, compared."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli import name_directory
from pipeline.cli.common import require_published, settings_of
from pipeline.publish import package
from pipeline.publish.compare import compare
from pipeline.publish.saved_queries import read_query
from pipeline.store import ask, read_sql
from pipeline.store.open import open_store
from pipeline.terminal import show
from pipeline.terminal.prompt import open_prompt


@click.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="[DIR]", required=False)
@click.pass_context
def export(ctx: click.Context, target: Path | None) -> None:
    """Export the published tables as Parquet and CSV, with a datapackage.json and the rows behind each chart (story/).

    Without DIR, to exports/ in the data directory, named after the newest fetch. An earlier export there is replaced.
    """
    settings = settings_of(ctx)
    require_published(settings)
    with show.progress(enabled=not ctx.obj["verbose"]) as say:
        written = package.export(settings, target, say)
    show.exported(written)


@click.command()
@click.argument("before", type=click.Path(path_type=Path, file_okay=False), metavar="A")
@click.argument("after", type=click.Path(path_type=Path, file_okay=False), metavar="B")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="Output format.",
)  # fmt: skip
@click.pass_context
def diff(ctx: click.Context, before: Path, after: Path, form: str) -> None:
    """Compare export A with export B: what moved, and why.

    Exits 0 once compared, whatever moved.
    """
    with show.progress(enabled=not ctx.obj["verbose"]) as say:
        found = compare(before, after, say)
    show.difference(found, form)


@click.command(context_settings={"ignore_unknown_options": True})  # a query may begin with a comment: --
@click.argument("query", required=False)
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True,
    help="Output format.",
)  # fmt: skip
@click.pass_context
def sql(ctx: click.Context, query: str | None, form: str) -> None:
    """Query the published file, read-only: openrouter-usage sql "from marts.m2_coding_share_weekly".

    QUERY may also be a file that ends in .sql. Without one, a prompt opens on a terminal; in a pipe the query is read from
    standard input.
    """
    settings = settings_of(ctx)
    require_published(settings)
    if query is None and sys.stdin.isatty() and sys.stdout.isatty():
        name_directory(ctx)
        open_prompt(settings, form)
    if query is None:
        query = sys.stdin.read()
    elif query.endswith(".sql"):
        query = read_query(Path(query))
    with open_store(settings.data_dir).reader() as con:
        names, rows = ask(con, query)
    show.rows(names, rows, form)


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True,
    help="Output format.",
)  # fmt: skip
@click.pass_context
def backtest(ctx: click.Context, form: str) -> None:
    """Score the nowcasts of coding shares over all recorded weeks, by the days of the week that are known.

    Weeks for which no nowcast was issued are scored as if each day had been fetched when it closed. Errors and CRPS are in
    percentage points, held_50 to held_95 are how many percent of the intervals held.
    """
    settings = settings_of(ctx)
    require_published(settings)
    with open_store(settings.data_dir).reader() as con:
        names, rows = ask(con, read_sql("internal/backtest"))
    if not rows and form == "table":
        show.line("No week can be scored yet: two weeks of coding in a row are needed, with every day of the first.")
        return
    show.rows(names, rows, form)
    if form == "table":
        show.backtest([dict(zip(names, row, strict=True)) for row in rows])
