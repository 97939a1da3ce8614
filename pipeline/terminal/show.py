"""What people see on a terminal: tables, progress, one-line errors.

Belongs here: printing, and nothing else. Text from outside is shown with its control characters written out.
"""

from __future__ import annotations

import csv
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.failures import PermanentFailure
from pipeline.run.jobs import DAILY, IMPORT
from pipeline.settings import MODES
from pipeline.terminal.layout import broken, fitted, table
from pipeline.wording import describe_m2, hours, minute, printable, text

if TYPE_CHECKING:
    from pipeline.alerts.freshness import SeriesStatus, Status
    from pipeline.alerts.outbox import Incident
    from pipeline.openrouter.budget import Forecast, Spent
    from pipeline.planning import Span
    from pipeline.publish.package import Exported
    from pipeline.run.outcome import Outcome
    from pipeline.series import Series

SOURCES = {"site": "OpenRouter's web site", "gateway": "the second gateway"}
SHOWN_LINES = 12
SHOWN_COLUMNS = 4

# Tables that go into a file or a pipe are not folded to a terminal's width.
_PIPED_WIDTH = 1000

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def _safe(value: Any) -> str:
    return escape(printable(str(value)))


def _lines(console: Console, message: str) -> str:
    """The message, broken between words where a terminal would break it anywhere. In a pipe it stays one line."""
    shown = printable(message)
    return escape(broken(shown, console.width) if console.is_terminal and len(shown) > console.width else shown)


def line(message: str) -> None:
    _out.print(_lines(_out, message))


def error(message: str) -> None:
    _err.print("[bold red]error:[/]" + _lines(_err, f"error: {message}").removeprefix("error:"))


def warning(message: str) -> None:
    _err.print("[bold yellow]warning:[/]" + _lines(_err, f"warning: {message}").removeprefix("warning:"))


def note(message: str) -> None:
    """A remark beside the output of a command, apart from what a pipe takes."""
    _err.print(f"[dim]{_lines(_err, message)}[/]")


@contextmanager
def progress(*, enabled: bool) -> Iterator[Callable[[str], None]]:
    """Say what is being done: in place on a terminal, nothing where there is none."""
    if not (enabled and _err.is_terminal):
        yield lambda message: None
        return
    # Dagster points the process's standard error at a log while a step runs; a copy of it still reaches the terminal.
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as terminal, Console(file=terminal).status("…") as status:
        yield lambda message: status.update(_safe(message))


def outcome(done: Outcome) -> None:
    """Summarise a run, and exit 1 if it failed."""
    for message in done.warnings[:SHOWN_LINES]:
        warning(message)
    for message in done.failures[:SHOWN_LINES]:
        error(message)
    for messages, kind in ((done.warnings, "warnings"), (done.failures, "failures")):
        if len(messages) > SHOWN_LINES:
            _err.print(f"… and {len(messages) - SHOWN_LINES} more {kind}: the run in the UI shows all")
    _summary(done)
    if done.go_on_at is not None:
        warning(
            f"the day's budget is spent, {_requests(done.requests_postponed)} remain: run `openrouter-usage backfill` again "
            f"after {minute(done.go_on_at)}"
        )
    if not done.succeeded:
        sys.exit(1)


def _summary(done: Outcome) -> None:
    data_dir = done.settings.data_dir
    simulated = " — SIMULATED data, not OpenRouter's" if data_dir.is_simulated else ""
    verdict = "finished" if done.succeeded else "failed"
    line(f"{done.job} {verdict} in {done.seconds:.1f} s{simulated}")
    if done.job == IMPORT:
        _imported(done)
        return
    if done.job == DAILY:
        line(f"  mode       {done.settings.mode}, {MODES[done.settings.mode]}")
    if done.requests_left_today is not None or done.requests_made:
        left = "" if done.requests_left_today is None else f", {done.requests_left_today} left in these 24 h"
        line(f"  requests   {done.requests_made} made{left}")
    if done.requests_postponed and done.go_on_at is None:
        line(f"  postponed  {_requests(done.requests_postponed)} to the next run")
    if done.export_requests_made or done.export_requests_postponed:
        left = f", {done.export_requests_postponed} left to the next run" if done.export_requests_postponed else ""
        line(f"  exports    {_requests(done.export_requests_made)} without a key{left}")
    for unit, grain in (
        ("days", "day"),
        ("weeks", "week"),
        ("months", "month"),
        ("snapshots", "snapshot"),
    ):
        changes = [change for change in done.changes if _series(change["series"]).grain == grain]
        if changes:
            new, grown, restated, same = (
                sum(change[f"{kind}_periods"] for change in changes) for kind in ("new", "grown", "restated", "confirmed")
            )
            grew = "changed" if grain == "snapshot" else "grown"  # a list without a period only changes
            line(f"  {unit:<10} {new} new, {grown} {grew}, {restated} restated, {same} confirmed")
    for why, number in done.excluded.items():
        line(f"  excluded   {number} kept in landing, {why}")
    line(f"  checks     {done.checks_passed} passed, {done.checks_failed} failed")
    if done.m2:
        line(f"  M2         {describe_m2(done.m2)}")
    if data_dir.published.exists():
        kept = "" if done.succeeded else " (as it was before this run)"
        line(f"  database   {data_dir.published}{kept}")
        if data_dir.report.exists():
            line(f"  page       {data_dir.report}{kept}")


def _imported(done: Outcome) -> None:
    if done.imported is not None:
        line(f"  responses  {done.imported['exchanges_new']} new, {done.imported['exchanges_there_before']} there before")
        for endpoint, number in done.imported["new_by_endpoint"].items():
            line(f"             {number} of {endpoint}")
        _not_asked(done.imported)
        if sum(done.imported[f"exchanges_{kind}"] for kind in ("new", "there_before")) > _unasked(done.imported):
            line("  next       openrouter-usage rebuild, with the same --data-dir")


def _unasked(imported: Mapping[str, Any]) -> int:
    return sum(imported["asked_by_no_series"].values())


def _not_asked(imported: Mapping[str, Any]) -> None:
    """What was imported although no series requests it: it changes no table."""
    unasked = imported["asked_by_no_series"]
    for question, number in list(unasked.items())[:SHOWN_LINES]:
        line(f"  not read   {number} of {question}: no series requests this, so it is kept and changes no table")
    if len(unasked) > SHOWN_LINES:
        line(f"             and {len(unasked) - SHOWN_LINES} more requests that no series makes")


def plan(spans: Sequence[Span], *, monthly_since: datetime) -> None:
    """Every request, in order, and why it is made. Everything was due again at ``monthly_since``."""
    drawn = table("", "series", "from", "to", "periods", "requests", "why")
    for number, span in enumerate(spans, start=1):
        drawn.add_row(
            str(number),
            _safe(span.series.name),
            str(span.start or "now"),
            str(span.end or "now"),
            str(span.periods),
            f"{'at least ' if span.has_more_pages else ''}{span.requests}",
            _why(span),
        )
    _print_table(drawn, optional=("requests", "why"))
    if monthly := sum(span.monthly for span in spans):
        line("")
        line(f"{monthly} periods are read again for the month: they were not since {monthly_since:%Y-%m-%d}.")


def _why(span: Span) -> str:
    """Why its periods are asked for: never read, read again by each run, or for the month; and whether that can wait."""
    if span.series.grain == "snapshot":
        return "each month" if span.series.is_monthly else "each run"
    again = span.periods - span.new - span.monthly
    counted = ((span.new, "new"), (again, "again"), (span.monthly, "again, monthly"))
    can_wait = ["can wait"] if span.is_deferrable else []
    return "; ".join([*(f"{number} {why}" for number, why in counted if number), *can_wait])


def proof(
    spans: Sequence[Span], from_nothing: Sequence[Span], most: Mapping[str, int], *, days: int, first_day: date
) -> None:
    """The requests by kind of series, beside the ``most`` that all history may take, and what that says of the plan."""
    asked: Counter[str] = Counter()
    for span in spans:
        asked[span.series.kind] += span.requests
    allowed: Counter[str] = Counter()
    by_period: dict[str, None] = {}
    for name, number in most.items():
        series = _series(name)
        allowed[series.kind] += number
        if series.periods_a_request is not None:
            by_period[series.kind] = None
    drawn = table("kind", "requests", "at most")
    for kind, number in allowed.items():
        drawn.add_row(_safe(kind), str(asked[kind]), str(number))
    drawn.add_row("total", str(asked.total()), str(allowed.total()))
    line("")
    _print_table(drawn)
    line("")
    others = f"; of {', '.join(by_period)} one for each page of each period" if by_period else ""
    rule = f"{days} days / 366, rounded up, for each series, and one for each snapshot{others}"
    history = f"all history since {first_day}, from nothing"
    if {span.question for span in spans} != {span.question for span in from_nothing}:
        everything = sum(span.requests for span in from_nothing)
        line(f"This is a part, {_requests(asked.total())}: {history}, takes {everything}.")
        return
    if list(spans) != list(from_nothing):
        history = f"all history since {first_day}, some of it again"
    if asked.total() <= allowed.total():
        line(f"This is {history}, in the fewest requests there can be: {rule}.")
    else:
        extra = asked.total() - allowed.total()
        line(f"This is {history}: {extra} more than {rule}, as weeks and months are asked for whole.")


def forecast(requests: int, spent: Spent, coming: Forecast, *, kept: int) -> None:
    """How long the requests take, and whether they fit into the day."""
    if requests == 0:
        line("Nothing to ask for.")
        return
    if spent.per_minute is None or spent.per_day is None:
        line(f"{_requests(requests)}, without limits.")
        return
    pause = f"{_duration(coming.pause_seconds)} of it a pause" if coming.pause_seconds else "without a pause"
    if coming.fits:
        line(
            f"{_requests(coming.fits)} in about {_duration(coming.seconds)}, {pause}: {coming.answer_seconds:.1f} s an "
            f"answer, {spent.per_minute} a minute, {spent.last_minute} of them used."
        )
    used = f"{spent.last_day} of {spent.per_day} are used in the last 24 h"
    reserve = f", {kept} are kept for the daily run" if kept else ""
    if coming.next_at is None:
        line(f"They fit into the day: {used}{reserve}, {spent.per_day - spent.last_day - requests} will be left.")
        return
    line(
        f"They do not all fit into the day: {used}{reserve}. {requests - coming.fits} remain; "
        f"go on after {minute(coming.next_at)}, nothing is asked twice."
    )


def deferred(can_wait: int, postponed: int, *, kept: int, per_day: int) -> None:
    """What is asked for only while enough of the day's requests stay free, and how much of it is postponed."""
    if can_wait:
        when = f"{kept} of the day's {per_day} stay free"
        told = f"{_requests(postponed)} postponed to the next run" if postponed else "none is postponed"
        line(f"{_requests(can_wait)} can wait and {'is' if can_wait == 1 else 'are'} made only while {when}: {told}.")


def asked_elsewhere(requests: Mapping[str, int]) -> None:
    """The requests to sources that need no key, by source."""
    if requests:
        line("")
    for source, number in requests.items():
        line(f"Without a key, counted apart: {_requests(number)} to {SOURCES[source]}.")


def exports(requests: int, files: int) -> None:
    """What the keyless exports take, apart from the requests of the plan."""
    if requests:
        line("")
        line(f"Keyless exports, counted apart: at most {_requests(requests)}, for {files} dated files and their manifests.")


def _series(name: str) -> Series:
    from pipeline.series import BY_NAME  # brings Polars, which no error and no --help needs

    return BY_NAME[name]


def _requests(number: int) -> str:
    return f"{number} request{'' if number == 1 else 's'}"


def _duration(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"  # noqa: PLR2004 - a minute


def status(found: Status, incidents_open: Sequence[Incident]) -> None:
    drawn = table("series", "newest", "age", "read", "missing", "provisional", "first", "as-of since", "")
    needing_key = [one for one in found.series if not one.has_data and not one.is_expected]
    for one in found.series:
        if one in needing_key:
            continue
        if not one.has_data:
            need = "[red]no data[/]" if one.series.is_required else "no data"
            drawn.add_row(_safe(one.series.name), "–", "–", "–", "–", "–", "–", "–", need)
            continue
        drawn.add_row(
            _safe(one.series.name),
            str(one.newest),
            hours(one.age),
            str(one.periods_read),
            str(one.periods_missing),
            str(one.provisional),
            str(one.first),
            "–" if one.known_since is None else f"{one.known_since:%Y-%m-%d %H:%M}Z",
            _freshness(one),
        )
    _print_table(drawn, optional=("first", "as-of since", "provisional", "missing", "read"))
    if needing_key:
        line(f"{len(needing_key)} more series need a key.")
    if incidents_open:
        incidents(incidents_open)
    if found.settings.data_dir.is_simulated:
        line("SIMULATED data, not OpenRouter's.")
    if found.last_backup is None:
        warning("landing was never backed up, and cannot be fetched again: openrouter-usage backup DIR")
    elif found.is_backup_old:
        days = (found.now - found.last_backup).days
        warning(
            f"the last backup of landing is {days} days old, and later responses are here alone: openrouter-usage backup DIR"
        )
    else:
        line(f"Last backup {found.last_backup:%Y-%m-%d %H:%M} UTC.")


def exported(written: Exported) -> None:
    """Where the package is, and which tables are not in it."""
    simulated = " — SIMULATED data, not OpenRouter's" if written.is_simulated else ""
    line(f"{written.path}{simulated}")
    line(f"  as of      {written.as_of:%Y-%m-%d %H:%M:%S}Z")
    line(f"  tables     {written.tables}, {written.rows} rows, {written.size_bytes / 1e6:.1f} MB")
    line(f"  story      {written.story} files with the rows behind the charts of the page")
    for name, reason in written.left_out.items():
        line(f"  left out   {name}: {reason}")


def difference(found: Mapping[str, Any], form: str) -> None:
    """What moved between two exports: tables for people, or JSON for programs."""
    from pipeline.publish.compare import REASONS  # brings DuckDB, which no error needs

    if form == "json":
        sys.stdout.write(json.dumps(found, indent=1, default=text) + "\n")
        return
    simulated = " — SIMULATED data, not OpenRouter's" if found["after"]["simulated"] else ""
    for side, name in (("before", "From"), ("after", "To  ")):
        one = found[side]
        code = f"version {one['version']}, commit {one['git_commit'] or 'unknown'}"
        line(f"{name} {one['path']}, as of {one['as_of']}, {code}{simulated}")
    if found["before"]["as_of"] > found["after"]["as_of"]:
        warning("the first export is the newer one: what is told runs backwards")
    if found["definitions"]:
        line(f"Other definitions: {', '.join(found['definitions'])}")
    if not found["tables"]:
        line(f"Nothing moved: {found['same_tables']} tables are the same.")
        return
    line("")
    drawn = table("table", "what", "why", "rows", "columns")
    for one in found["tables"]:
        why = " or ".join(one["reasons"]).replace("_", " ") + (f" ({one['left_out']})" if "left_out" in one else "")
        more = len(one["columns"]) - SHOWN_COLUMNS
        told = ", ".join(one["columns"][:SHOWN_COLUMNS]) + (f" and {more} more" if more > 0 else "")
        rows_moved = "–" if one["rows"] is None else str(one["rows"])
        drawn.add_row(_safe(one["table"]), one["change"], _safe(why), rows_moved, _safe(told))
    _print_table(drawn)
    for reason in sorted({reason for one in found["tables"] for reason in one["reasons"]}):
        line(f"  {reason.replace('_', ' ')}: {REASONS[reason]}")
    line(f"{found['same_tables']} tables are the same.")
    _restated(found["restated"])


def _restated(periods: Sequence[Mapping[str, Any]]) -> None:
    if not periods:
        return
    drawn = table("restated", "period", "tokens before", "tokens after", "change")
    for one in sorted(periods, key=lambda period: -abs(period["relative_change"] or 0))[:SHOWN_LINES]:
        tokens = ("–" if one[side] is None else str(one[side]) for side in ("tokens_before", "tokens_after"))
        change = "–" if one["relative_change"] is None else f"{100 * one['relative_change']:+.4f} %"
        drawn.add_row(_safe(one["series"]), str(one["period_start"]), *tokens, change)
    line("")
    _print_table(drawn)
    if len(periods) > SHOWN_LINES:
        line(f"… and {len(periods) - SHOWN_LINES} more periods: --format json has all")


def incidents(found: Sequence[Incident]) -> None:
    """The open ones, a line each."""
    for one in found:
        line(str(one))
    if not found:
        line("No incident is open.")


def _freshness(one: SeriesStatus) -> str:
    if not one.is_expected:
        return one.state
    if one.is_frozen:
        return f"[red]frozen[/], unchanged for {hours(one.unchanged_for)}"
    return f"[red]stale[/], over {hours(one.series.stale_after)}" if one.is_stale else "fresh"


def _print_table(wide: Table, *, optional: Collection[str] = ()) -> None:
    """Within the width of a terminal, without the ``optional`` columns where they do not fit; whole in a pipe."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    tables, left_out = fitted(wide, console.width, optional=optional) if sys.stdout.isatty() else ([wide], [])
    for one in tables:
        console.print(one)
    if left_out:
        note(f"not shown in {console.width} columns: {', '.join(left_out)}")


def backtest(found: Sequence[Mapping[str, Any]]) -> None:
    """Whether the intervals held, and which simple method was not beaten, with which numbers of days known."""
    verdicts = (
        ("is_coverage_near_nominal", "coverage within 5 points of 50, 80 and 95 %"),
        ("beats_no_change", "better than no change, by weighted interval score"),
        ("beats_last_day", "better than the last day carried on, by weighted interval score"),
    )
    for of, group in groupby(found, key=lambda row: (row["scored_models"], row["is_backtest"])):
        scores = list(group)
        kind = "never issued, scored in hindsight" if of[1] else "issued before the week was read"
        small = ", a small sample" if any(row["is_small_sample"] for row in scores) else ""
        line(f"{_safe(of[0])}, {kind}, {max(row['weeks'] for row in scores)} weeks{small}")
        for name, says in verdicts:
            failed = [str(row["days_known"]) for row in scores if row[name] is False]
            unknown = [str(row["days_known"]) for row in scores if row[name] is None]
            parts = [f"no with {', '.join(failed)} days known"] if failed else []
            parts += [f"too few earlier errors with {', '.join(unknown)} days known"] if unknown else []
            line(f"  {says}: {'; '.join(parts) or 'yes'}")


def rows(names: Sequence[str], found: Sequence[Sequence[Any]], form: str) -> None:
    """Print a query's answer as a table for people, or as CSV or JSON for programs."""
    if form == "json":
        if len(set(names)) < len(names):
            raise PermanentFailure("the query gives two columns one name, and JSON would keep only one: name them with `as`")
        answer = [dict(zip(names, map(_jsonable, row), strict=True)) for row in found]
        sys.stdout.write(json.dumps(answer, indent=1) + "\n")
        return
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([["" if value is None else text(value) for value in row] for row in found])
        return
    drawn = table(*(_safe(name) for name in names))
    for row in found:
        drawn.add_row(*("–" if value is None else _safe(text(value)) for value in row))
    _print_table(drawn)


def _jsonable(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_jsonable(one) for one in value]
    if isinstance(value, dict):
        return {text(name): _jsonable(one) for name, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, bool, int, float)) else text(value)
