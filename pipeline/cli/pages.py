"""What is looked at in a browser: the page of charts, Dagster."""

from __future__ import annotations

import click

from pipeline.cli import name_directory
from pipeline.cli.common import require_published, settings_of
from pipeline.publish.report.page import write
from pipeline.settings import demo_dir
from pipeline.terminal import show
from pipeline.terminal.ui import serve

UI_PORT = 3000


@click.command()
@click.option("--local", "is_local", is_flag=True, help="Also draw what may not be republished, in report/local.html.")
@click.pass_context
def report(ctx: click.Context, is_local: bool) -> None:
    """Draw the page of charts again from the published file, as each run does, and print where it is."""
    settings = settings_of(ctx)
    require_published(settings)
    show.line(str(write(settings, is_local=is_local)))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=UI_PORT, show_default=True, help="On 127.0.0.1.")
@click.pass_context
def ui(ctx: click.Context, port: int) -> None:
    """Open Dagster on 127.0.0.1, with the schedule on, until Ctrl-C. One per data directory."""
    settings = settings_of(ctx)
    if settings.data_dir == demo_dir():
        settings.data_dir.mark_simulated()
    name_directory(ctx)
    serve(settings, port, show.line)
