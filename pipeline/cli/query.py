"""The published tables in SQL: apart from the other commands of tables, as a query takes no time to import what exports."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli import name_directory
from pipeline.cli.common import Command, output_format, require_published, settings_of
from pipeline.publish.saved_queries import read_query
from pipeline.store import ask
from pipeline.store.open import open_store
from pipeline.terminal import show
from pipeline.terminal.prompt import open_prompt


@click.command(
    cls=Command,
    example='sql "from marts.m2_milestones"',
    exits={1: "the query failed"},
    context_settings={"ignore_unknown_options": True},  # a query may begin with a comment: --
)
@click.argument("query", required=False)
@output_format("table", "csv", "json")
@click.pass_context
def sql(ctx: click.Context, query: str | None, form: str) -> None:
    """Query the published file, read-only.

    QUERY is SQL, or a file that ends in .sql. Without it a prompt opens on a terminal; in a pipe the query is read from
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
