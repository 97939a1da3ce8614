"""How anything is printed: lines, tables, JSON, progress, one-line errors.

Belongs here: printing, whatever it is. Not here: what a run, a plan, a status or a comparison says (``summary``, ``plan``,
``status``, ``tables``). Text from outside is shown with its control characters written out.
"""

from __future__ import annotations

import csv
import json
import math
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from pipeline.failures import PermanentFailure
from pipeline.run.progress import Progress
from pipeline.terminal.layout import broken, fitted
from pipeline.wording import printable, text

SHOWN_LINES = 12

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def safe(value: Any) -> str:
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


def result(facts: Mapping[str, Any], form: str, as_text: Callable[[Mapping[str, Any]], None]) -> None:
    """Print what a command found: in sentences for people, or the same facts as one JSON object for programs."""
    if form == "json":
        sys.stdout.write(json.dumps(facts, indent=1, default=text) + "\n")
        return
    as_text(facts)


@contextmanager
def progress(*, enabled: bool) -> Iterator[Callable[[str], None]]:
    """Say what is being done and how long it may still take: in place on a terminal, nothing where there is none."""
    if not (enabled and _err.is_terminal):
        yield lambda message: None
        return
    found = Progress()
    # Dagster points the process's standard error at a log while a step runs; a copy of it still reaches the terminal.
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as terminal, Console(file=terminal).status(_Shown(found)):
        yield found


class _Shown:
    """Progress as rich draws it, again and again, so that the time left runs down between two messages."""

    def __init__(self, found: Progress) -> None:
        self._found = found

    def __rich__(self) -> Text:
        return Text(printable(self._found.line()), no_wrap=True, overflow="ellipsis")


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, optional: Collection[str] = ()) -> None:
    """Within the width of a terminal, without the ``optional`` columns where they do not fit; whole in a pipe."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else sys.maxsize)
    tables, left_out = fitted(headers, rows, console.width, optional=optional)
    for one in tables:
        console.print(one)
    if left_out:
        note(f"not shown in {console.width} columns: {', '.join(left_out)}")


def rows(names: Sequence[str], found: Sequence[Sequence[Any]], form: str) -> None:
    """Print the rows of a query as a table for people, or as CSV or JSON for programs.

    Numbers are printed as they are, without separators: a column may hold years or identifiers.
    """
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
    cells = [["–" if value is None else safe(text(value)) for value in row] for row in found]
    table([safe(name) for name in names], cells)


def _jsonable(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_jsonable(one) for one in value]
    if isinstance(value, dict):
        return {text(name): _jsonable(one) for name, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, bool, int, float)) else text(value)
