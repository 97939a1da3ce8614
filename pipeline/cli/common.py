"""What the commands share: how one explains itself, the directory it works in, what has to be there, progress, days.

Belongs here: what two modules of this package need. Not here: a command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from pipeline.failures import PermanentFailure
from pipeline.landing import Landing
from pipeline.program import PROGRAM
from pipeline.run.directory import choose
from pipeline.run.stopping import stoppable
from pipeline.settings import Settings, demo_dir
from pipeline.terminal import show
from pipeline.wording import count

if TYPE_CHECKING:
    from pipeline.run.outcome import Outcome


class Command(click.Command):
    """A command whose help ends with its exit codes beside 0 and 2, and an example that works on a fresh clone."""

    def __init__(self, *arguments: Any, example: str, exits: Mapping[int, str] | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.example = f"{PROGRAM} {example}"
        self.exits = {0: "done", **(exits or {}), 2: "the command line is wrong"}

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), self.exits[code]) for code in sorted(self.exits)])
        with formatter.section("Example"):
            formatter.write_text(self.example)


def output_format(*forms: str) -> Callable[[Any], Any]:
    """The option ``--format``; the first of the forms is the default."""
    return click.option(
        "--format", "form", type=click.Choice(forms), default=forms[0], show_default=True, help="Output format."
    )


def settings_of(ctx: click.Context, *, demo: bool = False) -> Settings:
    """The settings of the directory that was named, or of the usual one, which the last line names."""
    choice = choose(ctx.obj["data_dir"], demo=demo)
    ctx.obj["note"] = choice.note
    return choice.settings


def day_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise click.BadParameter(f"invalid date {value!r}: expected YYYY-MM-DD.") from error


def first_day_of(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    day, today = day_of(ctx, param, value), datetime.now(UTC).date()
    if day is not None and day > today.isoformat():
        raise click.BadParameter(f"{day} is in the future: today is {today} (UTC).")
    return day


from_option = click.option(
    "--from", "first_day", callback=first_day_of, metavar="DATE", help="Fetch nothing before this day."
)


def run_with_progress(ctx: click.Context, work: Callable[..., Outcome], *arguments: Any) -> Outcome:
    with stoppable(), show.progress(enabled=not ctx.obj["verbose"]) as say:
        return work(*arguments, say=say, verbose=ctx.obj["verbose"])


def require_landing(settings: Settings) -> None:
    if not settings.data_dir.landing.exists():
        raise PermanentFailure(_nothing_fetched(settings))


def require_published(settings: Settings) -> None:
    if settings.data_dir.published.exists():
        return
    if not settings.data_dir.has_responses:
        raise PermanentFailure(_nothing_fetched(settings))
    responses = count(len(Landing(settings.data_dir).ids()), "response")
    raise PermanentFailure(
        f"{settings.data_dir.path} has {responses} and no tables yet: `{PROGRAM} rebuild` builds and publishes them"
    )


def _nothing_fetched(settings: Settings) -> str:
    return (
        f"{settings.data_dir.path} has no data yet: `{PROGRAM} run` fetches it and builds the tables, "
        f"`{PROGRAM} import PATH` imports recorded responses{_where_the_demo_is(settings)}"
    )


def _where_the_demo_is(settings: Settings) -> str:
    if settings.data_dir != demo_dir() and demo_dir().published.exists():
        return f"; the demo's tables: {PROGRAM} --data-dir {demo_dir().path} …"
    return ""
