"""``openrouter-usage``: a thin command. Verbs that compute run through Dagster's instance, so that the UI shows them.

Belongs here: arguments, what is printed, exit codes. Not here: doing any of it.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline import wording
from pipeline.failures import PermanentFailure, PipelineFailure
from pipeline.openrouter.budget import BudgetSpent
from pipeline.run.stopping import STOPPED, stoppable
from pipeline.settings import EMAIL_TO_VARIABLE, SMTP_VARIABLE, WEBHOOK_VARIABLE, Settings, demo_dir
from pipeline.store.open import open_store
from pipeline.terminal import show

if TYPE_CHECKING:
    from pipeline.run.directory import Purpose
    from pipeline.run.outcome import Outcome

UI_PORT = 3000

NOT_FINISHED = 75
"""The exit code of a backfill whose budget ended: nothing is wrong, and the rest waits (``EX_TEMPFAIL``)."""

_NAP_SECONDS = 60.0
OBJECTS_BETWEEN_LOOKS = 100_000  # for garbage; Python's own 700 is for programs that live long


class Command(click.Group):
    """A group whose failures are one line on standard error, and a traceback only with ``--verbose``."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BudgetSpent as spent:
            self._say(ctx, str(spent))
            ctx.exit(NOT_FINISHED)
        except PipelineFailure as failure:
            self._say(ctx, str(failure))
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise  # click ends quietly when the reader of a pipe has left
        except KeyboardInterrupt:
            self._say(ctx, STOPPED)
        except sqlite3.OperationalError as error:
            self._say(
                ctx, f"writing a ledger of runs or requests failed ({error}): free space or mend the disk, then run again"
            )
        except OSError as error:
            where = "" if error.filename is None else f" {error.filename}"
            self._say(
                ctx, f"using{where} failed ({error.strerror or error}): mend it or name another folder, then run it again"
            )
        except Exception as error:
            said = (str(error).strip().splitlines() or [""])[0]
            self._say(
                ctx,
                f"unexpected {type(error).__name__}: {said}; run it again with --verbose before the verb for the "
                "traceback, and report it",
            )
        ctx.exit(1)

    def _say(self, ctx: click.Context, message: str) -> None:
        if ctx.params.get("verbose"):
            traceback.print_exc()
        ctx.obj["note"] = ""  # an error is one line, and names its directory
        show.error(message)


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where landing and the databases are.  [default: warehouse/data with a key, else warehouse/demo]",
)
@click.option("--verbose", is_flag=True, help="Show tracebacks and Dagster's log.")
@click.version_option(package_name="openrouter-usage")
@click.pass_context
def main(ctx: click.Context, data_dir: Path | None, verbose: bool) -> None:
    """Token usage on OpenRouter, kept reading by reading: how MiniMax M2 took its share of coding."""
    ctx.obj = {"data_dir": data_dir, "verbose": verbose, "note": ""}
    ctx.call_on_close(lambda: _name_directory(ctx))


def _name_directory(ctx: click.Context) -> None:
    """Say once which directory was chosen, where none was named."""
    if note := ctx.obj["note"]:
        show.note(note)
    ctx.obj["note"] = ""


def _settings(ctx: click.Context, *, demo: bool = False, purpose: Purpose = "read") -> Settings:
    """The settings of the directory that was named, or of the one that fits; the last line says which, and why."""
    from pipeline.run.directory import choose

    choice = choose(ctx.obj["data_dir"], demo=demo, purpose=purpose)
    ctx.obj["note"] = choice.note
    return choice.settings


def _settings_for_run(ctx: click.Context, *, demo: bool) -> Settings:
    """The target, marked as simulated where it is to become a demo's. Refused where key and directory do not fit."""
    from pipeline.run.session import require_key

    settings = _settings(ctx, demo=demo, purpose="fetch")
    if settings.api_key and not demo and settings.data_dir.is_simulated:
        raise PermanentFailure(
            f"{settings.data_dir.path} holds simulated data, and there is a key to ask the real source: "
            "name another folder with --data-dir, or say --demo"
        )
    if demo or (settings.api_key is None and not settings.data_dir.landing.exists()):
        settings.data_dir.mark_simulated()
    require_key(settings)
    return settings


def _day(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no day: write it as YYYY-MM-DD") from error


def _first_day(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    day, today = _day(ctx, param, value), datetime.now(UTC).date()
    if day is not None and day > today.isoformat():
        raise click.BadParameter(f"{day} is in the future: today is {today} (UTC)")
    return day


@main.command()
@click.option("--demo", is_flag=True, help="Ask the built-in simulator, even if there is a key.")
@click.option("--from", "first_day", callback=_first_day, metavar="DATE", help="Ask for nothing before this day.")
@click.pass_context
def run(ctx: click.Context, demo: bool, first_day: str | None) -> None:
    """Ask for what is due, check it, build the tables, publish them.

    Live with OPENROUTER_API_KEY, else the demo against the simulator. Exits 1 when a required series failed.
    """
    from pipeline.execute import run_daily

    with _failure_is_told(ctx, demo=demo):
        settings = _settings_for_run(ctx, demo=demo)
        done = _with_progress(ctx, lambda say: run_daily(settings, first_day, say=say, verbose=ctx.obj["verbose"]))
    show.outcome(done)


@contextmanager
def _failure_is_told(ctx: click.Context, *, demo: bool) -> Iterator[None]:
    """What keeps a run from beginning, a key that got lost for instance, is told as the failure of a run is."""
    from pipeline.alerts.channels import channels
    from pipeline.alerts.incidents import look
    from pipeline.run.session import utc_now

    try:
        yield
    except BudgetSpent:
        raise
    except PipelineFailure as failure:
        settings = _settings(ctx, demo=demo, purpose="fetch")
        if channels(settings.told) and settings.data_dir.path.exists():
            for message in look(settings, utc_now(), failures=[str(failure)]):
                show.warning(message)
        raise


@main.command()
@click.option("--demo", is_flag=True, help="Ask the built-in simulator, even if there is a key.")
@click.option("--from", "first_day", callback=_first_day, metavar="DATE", help="Ask for nothing before this day.")
@click.option("--to", "last_day", callback=_day, metavar="DATE", help="Ask for nothing after this day.")
@click.option("--wait", is_flag=True, help="When the day's budget is spent, wait until there is room, and go on.")
@click.option("--plan", "is_plan", is_flag=True, help="Show the requests, and send none.")
@click.pass_context
def backfill(ctx: click.Context, demo: bool, first_day: str | None, last_day: str | None, wait: bool, is_plan: bool) -> None:
    """Ask for all history that was never read, and nothing twice.

    A fifth of the day's budget stays for the daily run. Where the rest ends, what is there is published and the exit code
    is 75: run it again later, it goes on from there. Exits 1 when a required series failed.
    """
    from pipeline.execute import run_backfill

    if is_plan:
        _show_plan(_settings(ctx, demo=demo, purpose="fetch"), first_day, last_day, is_backfill=True)
        return
    with _failure_is_told(ctx, demo=demo):
        settings = _settings_for_run(ctx, demo=demo)
    while True:
        with _failure_is_told(ctx, demo=demo):
            done = _with_progress(
                ctx, lambda say: run_backfill(settings, first_day, last_day, say=say, verbose=ctx.obj["verbose"])
            )
        show.outcome(done)
        if done.go_on_at is None:
            return
        if not wait:
            ctx.exit(NOT_FINISHED)
        _wait_until(done.go_on_at)


def _wait_until(instant: datetime) -> None:
    """Sleep in naps, as a machine that was suspended meanwhile would oversleep."""
    show.line(f"waiting until {wording.minute(instant)} for the day's budget; the daily run may come meanwhile")
    while (seconds := (instant - datetime.now(UTC)).total_seconds()) > 0:
        time.sleep(min(seconds, _NAP_SECONDS))


@main.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def import_(ctx: click.Context, path: Path) -> None:
    """Take recorded exchanges into landing, as if they had been read at their time."""
    from pipeline.execute import run_import

    settings = _settings(ctx, purpose="bring")
    show.outcome(_with_progress(ctx, lambda say: run_import(settings, path.resolve(), say=say, verbose=ctx.obj["verbose"])))


@main.command()
@click.argument("exchange_ids", nargs=-1, required=True, metavar="ID...")
@click.option("--why", metavar="REASON", help="What is wrong with them; recorded in landing.")
@click.option("--undo", is_flag=True, help="Undo the rejection: load them again.")
@click.pass_context
def reject(ctx: click.Context, exchange_ids: tuple[str, ...], why: str | None, undo: bool) -> None:
    """Remove wrong responses from the tables by their exchange_id. They stay in landing, and --undo loads them again.

    The next run excludes them and validates everything that was compared with them again; rebuild does so at once.
    """
    from pipeline.landing import Landing
    from pipeline.store import run_lock

    if undo == bool(why and why.strip()):
        raise click.UsageError("give --why with what is wrong with them, or --undo to load them again")
    settings = _settings(ctx)
    _require_landing(settings)
    with run_lock(settings.data_dir):
        Landing(settings.data_dir).reject(exchange_ids, None if undo else why)
    number = f"{len(exchange_ids)} response{'' if len(exchange_ids) == 1 else 's'}"
    show.line(f"{number} will {'be loaded again' if undo else 'be excluded'}; next: openrouter-usage rebuild")


@main.command()
@click.pass_context
def rebuild(ctx: click.Context) -> None:
    """Build every table anew from landing, and publish. Needs no network."""
    from pipeline.execute import run_rebuild

    settings = _settings(ctx)
    _require_landing(settings)
    show.outcome(_with_progress(ctx, lambda say: run_rebuild(settings, say=say, verbose=ctx.obj["verbose"])))


@main.command()
@click.option("--from", "first_day", callback=_first_day, metavar="DATE", help="Ask for nothing before this day.")
@click.option("--all", "is_all", is_flag=True, help="As if nothing had been read yet: all history, from nothing.")
@click.pass_context
def plan(ctx: click.Context, first_day: str | None, is_all: bool) -> None:
    """Show the requests that the next run would make, against the limits and the fewest possible."""
    _show_plan(_settings(ctx, purpose="fetch"), first_day, None, is_all=is_all)


def _show_plan(
    settings: Settings, first_day: str | None, last_day: str | None, *, is_all: bool = False, is_backfill: bool = False
) -> None:
    from pipeline.openrouter.endpoints.request import DATASET_START
    from pipeline.planning import days_of_history, most_requests
    from pipeline.run.session import Workspace, kept_for_daily_run, open_budget
    from pipeline.series import ASKED

    show.line(f"Of {settings.data_dir.path} ({settings.mode}):")
    first = max(date.fromisoformat(first_day), DATASET_START) if first_day else DATASET_START
    last = date.fromisoformat(last_day) if last_day else None
    workspace = Workspace(settings)
    if is_backfill:
        spans, from_nothing = workspace.backfill(first, last), workspace.backfill(first, last, from_nothing=True)
    else:
        spans, from_nothing = workspace.plan(first, from_nothing=is_all), workspace.plan(first, from_nothing=True)
    now = workspace.clock()
    most = {one.name: most_requests(one, now=now, first_day=first, last_day=last) for one in ASKED}
    show.plan(spans)
    show.proof(spans, from_nothing, most, days=days_of_history(now=now, first_day=first, last_day=last), first_day=first)
    with open_budget(settings, workspace.clock) as budget:
        kept = kept_for_daily_run(budget) if is_backfill else 0
        show.forecast(len(spans), budget.spent(), budget.forecast(len(spans), leave=kept), kept=kept)


@main.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Show age and coverage of each series, and open incidents.

    Exits 1 if a series is stale or a required one was never read.
    """
    from pipeline.alerts.freshness import status_of
    from pipeline.alerts.incidents import open_now
    from pipeline.run.session import utc_now

    settings = _settings(ctx)
    _require_published(settings)
    now = utc_now()
    found = status_of(settings, now)
    show.status(found, open_now(settings, now))
    ctx.exit(0 if found.is_healthy else 1)


@main.command()
@click.option("--test", "is_trial", is_flag=True, help="Send each channel a message that says that it is a trial.")
@click.pass_context
def alert(ctx: click.Context, is_trial: bool) -> None:
    """Tell of incidents that opened or are over, and of events, as each run does. Exits 1 if somebody could not be told.

    For a second line of cron: it also tells when no run was started at all.
    """
    from pipeline.alerts.events import announce
    from pipeline.alerts.incidents import look, open_now, try_out
    from pipeline.run.session import utc_now

    settings = _settings(ctx)
    if is_trial:
        tried = try_out(settings)
        if not tried:
            raise PermanentFailure(f"nobody is told: set {WEBHOOK_VARIABLE}, or {EMAIL_TO_VARIABLE} and {SMTP_VARIABLE}")
        warnings = [f"{channel}: {problem}" for channel, problem in tried.items() if problem]
        show.line(f"A trial was sent by {', '.join(one for one, problem in tried.items() if not problem) or 'no channel'}.")
    else:
        _require_published(settings)
        now = utc_now()
        warnings = [*look(settings, now), *announce(settings, now)]
        show.incidents(open_now(settings, now))
    for message in warnings:
        show.warning(message)
    ctx.exit(1 if warnings else 0)


@main.command()
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Recompute the sha256 of every landed response. Exits 1 if one is damaged, or was loaded and is gone."""
    from pipeline import store
    from pipeline.landing import Landing

    settings = _settings(ctx)
    _require_landing(settings)
    known: list[str] = []
    if settings.data_dir.published.exists():
        with open_store(settings.data_dir).reader() as con:
            known = store.values(con, "raw.exchanges", "exchange_id")
    sound, problems = Landing(settings.data_dir).verify(known)
    for problem in problems:
        show.error(problem)
    show.line(f"{sound} responses are as they were landed, {len(problems)} are not")
    ctx.exit(1 if problems else 0)


@main.command()
@click.argument("target", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.pass_context
def backup(ctx: click.Context, target: Path) -> None:
    """Copy what DIR lacks of landing, each response checked by its sha256."""
    from pipeline.landing import Landing

    settings = _settings(ctx)
    _require_landing(settings)
    copied, present = Landing(settings.data_dir).backup(target.resolve())
    show.line(f"{copied} responses copied to {target}, {present} were there")


@main.command()
@click.argument("source", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.pass_context
def restore(ctx: click.Context, source: Path) -> None:
    """Bring back from DIR what is missing or damaged in landing. Then run rebuild."""
    from pipeline.landing import Landing, backed_up
    from pipeline.store import run_lock

    origin = backed_up(source.resolve())  # before anything is made here
    settings = _settings(ctx, demo=origin.data_dir.is_simulated, purpose="bring")
    with run_lock(settings.data_dir):
        copied, present = Landing(settings.data_dir).restore(source.resolve())
    show.line(f"{copied} responses restored from {source}, {present} were sound; next: openrouter-usage rebuild")


@main.command()
@click.option("--local", "is_local", is_flag=True, help="Also draw what may not be passed on, in report/local.html.")
@click.pass_context
def report(ctx: click.Context, is_local: bool) -> None:
    """Draw the page of charts again from the published file, as each run does, and print where it is."""
    from pipeline.publish.report.page import write

    settings = _settings(ctx)
    _require_published(settings)
    show.line(str(write(settings, is_local=is_local)))


@main.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="[DIR]", required=False)
@click.pass_context
def export(ctx: click.Context, target: Path | None) -> None:
    """Write the published tables to take away: Parquet, CSV and datapackage.json.

    Without DIR, to exports/ in the data directory, named after the newest reading. An earlier export there is replaced.
    """
    from pipeline.publish import package

    settings = _settings(ctx)
    _require_published(settings)
    with show.progress(enabled=not ctx.obj["verbose"]) as say:
        written = package.export(settings, target, say)
    show.exported(written)


@main.command()
@click.argument("before", type=click.Path(path_type=Path, file_okay=False), metavar="A")
@click.argument("after", type=click.Path(path_type=Path, file_okay=False), metavar="B")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="How the answer is printed.",
)  # fmt: skip
@click.pass_context
def diff(ctx: click.Context, before: Path, after: Path, form: str) -> None:
    """Say what moved from export A to export B, and why.

    Exits 0 when they were compared, whatever moved.
    """
    from pipeline.publish.compare import compare

    with show.progress(enabled=not ctx.obj["verbose"]) as say:
        found = compare(before, after, say)
    show.difference(found, form)


@main.command(context_settings={"ignore_unknown_options": True})  # a query may begin with a comment: --
@click.argument("query", required=False)
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True,
    help="How rows are printed.",
)  # fmt: skip
@click.pass_context
def sql(ctx: click.Context, query: str | None, form: str) -> None:
    """Ask the published file, read-only: openrouter-usage sql "from marts.m2_coding_share_weekly".

    QUERY may also be a file that ends in .sql. Without one, on a terminal, a prompt opens; else it is read from standard
    input.
    """
    from pipeline.store import ask
    from pipeline.store.open import open_store

    settings = _settings(ctx)
    _require_published(settings)
    if query is None and sys.stdin.isatty() and sys.stdout.isatty():
        from pipeline.terminal.prompt import converse

        _name_directory(ctx)
        converse(settings, form)
        return
    if query is None:
        query = sys.stdin.read()
    elif query.endswith(".sql"):
        from pipeline.publish.saved_queries import read_query

        query = read_query(Path(query))
    with open_store(settings.data_dir).reader() as con:
        names, rows = ask(con, query)
    show.rows(names, rows, form)


@main.command()
@click.argument("to", type=click.Choice(["lake", "file"]))
@click.pass_context
def migrate(ctx: click.Context, to: str) -> None:
    """Copy the warehouse to the lake that WAREHOUSE_URL names, or back."""
    from pipeline.store.lake import migrate as move

    settings = _settings(ctx)
    with show.progress(enabled=not ctx.obj["verbose"]) as say:
        copied = move(settings.data_dir, to_lake=to == "lake", say=say)
    show.line(
        f"copied {len(copied)} tables, {sum(copied.values()):,} rows: counts and checksums agree; the source is as it was"
    )
    if to == "file":
        show.line(f"  next       unset WAREHOUSE_URL; {settings.data_dir.build} is the warehouse from then on")


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=UI_PORT, show_default=True, help="On 127.0.0.1.")
@click.pass_context
def ui(ctx: click.Context, port: int) -> None:
    """Open Dagster on 127.0.0.1, with the schedule on, until Ctrl-C. One at a time on a data directory."""
    from pipeline.terminal.ui import serve

    settings = _settings(ctx)
    if settings.data_dir == demo_dir():
        settings.data_dir.mark_simulated()
    _name_directory(ctx)
    serve(settings, port, show.line)


def _with_progress(ctx: click.Context, work: Callable[[Callable[[str], None]], Outcome]) -> Outcome:
    with stoppable(), show.progress(enabled=not ctx.obj["verbose"]) as say:
        return work(say)


def _require_landing(settings: Settings) -> None:
    if not settings.data_dir.landing.exists():
        raise PermanentFailure(
            f"{settings.data_dir.path} has no landed responses: `openrouter-usage run` asks for them, "
            f"`openrouter-usage import PATH` brings recorded ones{_where_the_demo_is(settings)}"
        )


def _require_published(settings: Settings) -> None:
    if not settings.data_dir.published.exists():
        raise PermanentFailure(
            f"{settings.data_dir.published} does not exist yet: `openrouter-usage run` or `rebuild` publishes it"
            f"{_where_the_demo_is(settings)}"
        )


def _where_the_demo_is(settings: Settings) -> str:
    if settings.data_dir != demo_dir() and demo_dir().published.exists():
        return "; the demo's tables: openrouter-usage --data-dir warehouse/demo …"
    return ""


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
