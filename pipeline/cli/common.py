"""What the commands share: the directory that one works in, what has to be there, progress, days.

Belongs here: what two modules of this package need. Not here: a command.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import click

from pipeline.failures import PermanentFailure
from pipeline.run.directory import choose
from pipeline.run.outcome import Outcome
from pipeline.run.stopping import stoppable
from pipeline.settings import Settings, demo_dir
from pipeline.terminal import show


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
        raise click.BadParameter(f"{value!r} is not a valid day: expected YYYY-MM-DD") from error


def first_day_of(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    day, today = day_of(ctx, param, value), datetime.now(UTC).date()
    if day is not None and day > today.isoformat():
        raise click.BadParameter(f"{day} is in the future: today is {today} (UTC)")
    return day


def with_progress(ctx: click.Context, work: Callable[[Callable[[str], None]], Outcome]) -> Outcome:
    with stoppable(), show.progress(enabled=not ctx.obj["verbose"]) as say:
        return work(say)


def require_landing(settings: Settings) -> None:
    if not settings.data_dir.landing.exists():
        raise PermanentFailure(
            f"{settings.data_dir.path} has no landed responses: `openrouter-usage run` fetches them, "
            f"`openrouter-usage import PATH` imports recorded ones{_where_the_demo_is(settings)}"
        )


def require_published(settings: Settings) -> None:
    if not settings.data_dir.published.exists():
        raise PermanentFailure(
            f"{settings.data_dir.published} does not exist yet: `openrouter-usage run` or `rebuild` publishes it"
            f"{_where_the_demo_is(settings)}"
        )


def _where_the_demo_is(settings: Settings) -> str:
    if settings.data_dir != demo_dir() and demo_dir().published.exists():
        return "; the demo's tables: openrouter-usage --data-dir warehouse/demo …"
    return ""
