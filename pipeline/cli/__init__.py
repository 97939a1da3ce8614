"""``openrouter-usage``: a thin command. What computes runs through Dagster's instance, so that the UI shows it.

Belongs here: the group, its errors in one line, what each command is for. Not here: the commands (the modules of this
package), doing any of it. A command's module is imported when it is called, so that ``--help`` takes no library along.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from pipeline.failures import PipelineFailure
from pipeline.openrouter.budget import BudgetSpent
from pipeline.program import PROGRAM
from pipeline.run.stopping import STOPPED
from pipeline.terminal import show

NOT_FINISHED = 75
"""The exit code of a backfill whose budget ended: nothing is wrong, and the rest waits (``EX_TEMPFAIL``)."""

OBJECTS_BETWEEN_LOOKS = 100_000  # for garbage; Python's own 700 is for programs that live long

COMMANDS: Final = {
    "run": ("runs", "Fetch what is due, validate, build and publish."),
    "status": ("state", "Show what is wrong and how old the data is."),
    "report": ("pages", "Draw the page of charts again."),
    "sql": ("query", "Query the published file, read-only."),
    "export": ("tables", "Export tables as Parquet and CSV."),
    "diff": ("tables", "Compare two exports: what moved, and why."),
    "plan": ("state", "Show the requests of the next run."),
    "backfill": ("runs", "Fetch all missing history without repeating requests."),
    "import": ("runs", "Import recorded API responses."),
    "rebuild": ("runs", "Build every table again from landing."),
    "verify": ("landed", "Check every landed response by its sha256."),
    "backup": ("landed", "Copy landed responses to a folder."),
    "restore": ("landed", "Restore landed responses from a backup."),
    "reject": ("landed", "Remove wrong responses from the tables."),
    "alert": ("state", "Notify of incidents and events, as each run does."),
    "backtest": ("tables", "Score the nowcasts over all recorded weeks."),
    "ui": ("pages", "Start Dagster's UI, with the schedule on."),
    "migrate": ("landed", "Copy the warehouse to the lake, or back."),
    "completion": ("shell", "Print the shell's completion script."),
}
"""Each command, in the order in which people meet them: its module in this package, and what the list of commands says."""


def command(name: str) -> click.Command:
    """The command itself, imported now."""
    module = import_module(f"{__name__}.{COMMANDS[name][0]}")
    found: click.Command = getattr(module, "import_" if name == "import" else name)
    return found


class _Deferred(click.Command):
    """A command as the list of commands has it. It is imported when it is called, or its options are completed."""

    def make_context(self, info_name: str | None, *arguments: Any, **options: Any) -> click.Context:
        return command(self.name or "").make_context(info_name, *arguments, **options)


class Commands(click.Group):
    """A failure is one line on standard error, a traceback only with ``--verbose``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in our order

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise  # click ends quietly when the reader of a pipe has left
        except (Exception, KeyboardInterrupt) as error:
            if ctx.params.get("verbose"):
                traceback.print_exc()
            if ctx.obj:  # else the command could not even be imported
                ctx.obj["note"] = ""  # an error is one line, and names its directory
            show.error(_in_a_line(error))
            ctx.exit(NOT_FINISHED if isinstance(error, BudgetSpent) else 1)


def _in_a_line(error: BaseException) -> str:
    match error:
        case PipelineFailure():
            return str(error)
        case KeyboardInterrupt():
            return STOPPED
        case sqlite3.OperationalError():
            return (
                f"writing a ledger of runs or requests failed ({error}): free disk space or check the disk, then run again"
            )
        case OSError():
            where = "" if error.filename is None else f" {error.filename}"
            return f"using{where} failed ({error.strerror or error}): fix it or name another folder, then try again"
    said = (str(error).strip().splitlines() or [""])[0]
    return (
        f"unexpected {type(error).__name__}: {said}; run it again with --verbose before the command for the traceback, "
        "and report it"
    )


@click.group(
    cls=Commands,
    commands=[_Deferred(name, short_help=short) for name, (_, short) in COMMANDS.items()],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The data directory: responses, databases and page.  [default: warehouse/data, for the demo warehouse/demo; of "
    "an installed wheel these are in the user's data folder]",
)
@click.option("--verbose", is_flag=True, help="Show tracebacks and Dagster's log.")
@click.version_option(package_name=PROGRAM)
@click.pass_context
def main(ctx: click.Context, data_dir: Path | None, verbose: bool) -> None:
    """Token usage on OpenRouter, every fetch kept: how MiniMax M2 took its share of coding."""
    ctx.obj = {"data_dir": data_dir, "verbose": verbose, "note": ""}
    ctx.call_on_close(lambda: name_directory(ctx))


def name_directory(ctx: click.Context) -> None:
    """Say once which directory was chosen, where none was named."""
    if note := ctx.obj["note"]:
        show.note(note)
    ctx.obj["note"] = ""


def program() -> None:
    """The command as a process of its own."""
    _open_closed_streams()
    with short_life():
        main()


def _open_closed_streams() -> None:
    """Open the null device for standard streams that are closed, as some services start programs.

    Python has None in their place. The next file that is opened, a database for instance, would get the number of the
    stream, and all that is written to that stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # It gets the lowest free number: that of the stream, as the streams before it are open by now.
            null = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(null, True)  # for the processes that this one starts
            setattr(sys, name, os.fdopen(null, mode, encoding="utf-8"))


@contextmanager
def short_life() -> Iterator[None]:
    """A process that lives for seconds looks for garbage seldom, and not at its end: that takes two of them."""
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        gc.freeze()
