"""What is opened in a browser: the page of charts, Dagster."""

from __future__ import annotations

import webbrowser

import click

from pipeline.cli import name_directory
from pipeline.cli.common import Command, require_published, settings_of
from pipeline.failures import PermanentFailure
from pipeline.settings import demo_dir
from pipeline.terminal import show
from pipeline.terminal.ui import serve


@click.command(cls=Command, example="report", exits={1: "the page could not be drawn, or no browser could be started"})
@click.option("--local", "is_local", is_flag=True, help="Also draw what may not be republished, in report/local.html.")
@click.option("--open", "is_opened", is_flag=True, help="Open the page in the default browser.")
@click.pass_context
def report(ctx: click.Context, is_local: bool, is_opened: bool) -> None:
    """Draw the page of charts again from the published file, as each run does, and print where it is."""
    settings = settings_of(ctx)
    require_published(settings)
    # What draws takes half a second to import: no help and no error needs it.
    from pipeline.publish.report.page import write

    path = write(settings, is_local=is_local)
    show.line(str(path))
    if is_opened and not webbrowser.open(path.as_uri()):
        raise PermanentFailure(f"no browser could be started on this machine: open {path} in any browser")


@click.command(cls=Command, example="ui", exits={1: "another UI has the directory, or the port is in use"})
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="On 127.0.0.1.")
@click.pass_context
def ui(ctx: click.Context, port: int) -> None:
    """Start Dagster's UI on 127.0.0.1, with the schedule on, until Ctrl-C.

    Each data directory has one UI.
    """
    settings = settings_of(ctx)
    if settings.data_dir == demo_dir():
        settings.data_dir.mark_simulated()
    name_directory(ctx)
    serve(settings, port, show.line)
