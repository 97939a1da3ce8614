"""How lines and tables fit the width of a terminal: broken between words, never inside a number, a date or a name.

Belongs here: measuring and breaking. Not here: what is printed, and where (``show``).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

_GAP = 2  # between columns
_FIELD = re.compile(r"  \w+ +|\w+: ")
_UNIT = re.compile(r"(?<=\d) (?=%|(?:h|s|min|MB|UTC)\b)")  # stays with its number

Row = Sequence[str]
"""Cells, in the markup of rich."""


def broken(message: str, width: int) -> str:
    """The line in as many as it takes; those after the first begin below its value, if it begins with a name."""
    found = _FIELD.match(message)
    lines = textwrap.wrap(
        _UNIT.sub("\xa0", message),
        width,
        subsequent_indent=" " * len(found[0]) if found else "",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace("\xa0", " ")


def table(*headers: str, widths: Sequence[int] = (), rows: Sequence[Row] = ()) -> Table:
    """A table without lines, its columns as wide as given, or as they need."""
    drawn = Table(box=None, header_style="bold", pad_edge=False, show_header=any(headers))
    for n, header in enumerate(headers):
        drawn.add_column(header, overflow="fold", width=widths[n] if widths else None)
    for row in rows:
        drawn.add_row(*row)
    return drawn


def fitted(wide: Table, width: int, *, optional: Collection[str] = ()) -> tuple[list[Table], list[str]]:
    """The table within the width, and the ``optional`` columns, the first of them first, that were left out for it.

    Where even its longest words do not fit beside each other, each row becomes a table of names and values.
    """
    columns = [[str(column.header), *map(str, column.cells)] for column in wide.columns]
    for left_out in range(len(optional) + 1):
        dropped = list(optional)[:left_out]
        kept = [column for column in columns if column[0] not in dropped]
        if widths := _widths(kept, width):
            headers, *rows = zip(*kept, strict=True)
            return [table(*headers, widths=widths, rows=rows)], dropped
    headers, *rows = zip(*columns, strict=True)
    return [_record(headers, row, width) for row in rows or [("",) * len(headers)]], []


def _widths(columns: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide to draw each: as it needs, or less, but never less than its longest word; empty where that is too wide."""
    texts = [[Text.from_markup(cell).plain for cell in column] for column in columns]
    needed = [max(cell_len(text) for text in column) for column in texts]
    found = [max((cell_len(word) for text in column for word in text.split()), default=0) for column in texts]
    left = width - sum(found) - _GAP * (len(columns) - 1)
    if left < 0:
        return []
    while left and found != needed:
        # The one that is farthest from what it needs gets the next column of the screen.
        _, n = max((need / max(have, 1), n) for n, (need, have) in enumerate(zip(needed, found, strict=True)) if have < need)
        found[n] += 1
        left -= 1
    return found


def _record(headers: Sequence[str], row: Row, width: int) -> Table:
    names = max(map(cell_len, headers))
    return table("", "", widths=[names, max(width - names - _GAP, 1)], rows=[*zip(headers, row, strict=True), ("", "")])
