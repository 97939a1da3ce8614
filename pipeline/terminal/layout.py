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
_FIELD = re.compile(r"  \w+(?: \w+)? {2,}|\w+: ")
_FIGURE = re.compile(r"(≥ )?[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?( (%|h|days?))?")
_NOTHING = ("", "–")
_UNIT = re.compile(r"(?<=\d) (?=%|(?:h|s|min|MB|UTC)\b)")  # stays with its number

Row = Sequence[str]
"""Names or cells, in the markup of rich."""


def broken(message: str, width: int) -> str:
    """The line in as many as it takes. Those after the first begin below its value, if it begins with a name and its longest
    word, as a path, has room there."""
    found = _FIELD.match(message)
    room = width - max(map(len, message.split()), default=0)
    lines = textwrap.wrap(
        _UNIT.sub("\xa0", message),
        width,
        subsequent_indent=" " * max(0, min(len(found[0]), room)) if found else "",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace("\xa0", " ")


def table(headers: Row, rows: Sequence[Row], widths: Sequence[int]) -> Table:
    """A table without lines. Columns of figures are right-aligned."""
    drawn = Table(box=None, header_style="bold", pad_edge=False, show_header=any(headers))
    for n, header in enumerate(headers):
        cells = [Text.from_markup(row[n]).plain for row in rows]
        drawn.add_column(
            header,
            overflow="fold",
            width=widths[n],
            justify="right" if header and _are_figures(cells) else "left",
        )
    for row in rows:
        drawn.add_row(*row)
    return drawn


def _are_figures(cells: Sequence[str]) -> bool:
    return any(cell not in _NOTHING for cell in cells) and all(cell in _NOTHING or _FIGURE.fullmatch(cell) for cell in cells)


def fitted(
    headers: Row, rows: Sequence[Row], width: int, *, optional: Collection[str] = ()
) -> tuple[list[Table], list[str]]:
    """The table within the width, and the ``optional`` columns, the first of them first, that were left out for it.

    Where even its longest words do not fit beside each other, each row becomes a table of names and values.
    """
    for left_out in range(len(optional) + 1):
        dropped = list(optional)[:left_out]
        kept = [n for n, header in enumerate(headers) if header not in dropped]
        some = [[row[n] for n in kept] for row in rows]
        names = [headers[n] for n in kept]
        if widths := _widths(list(zip(names, *some, strict=True)), width):
            return [table(names, some, widths)], dropped
    return [_record(headers, row, width) for row in rows or [("",) * len(headers)]], []


def _widths(columns: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide to draw each: as it needs, or less, but never less than its longest word; empty where that is too wide."""
    texts = [[Text.from_markup(cell).plain for cell in column] for column in columns]
    needed = [max(cell_len(text) for text in column) for column in texts]
    found = [max(cell_len(word) for text in column for word in _words(text)) for column in texts]
    room = width - _GAP * (len(columns) - 1)
    if sum(needed) <= room:
        return needed
    for _ in range(room - sum(found)):
        # The one that is farthest from what it needs gets the next column of the screen.
        _, n = max((need / max(have, 1), n) for n, (need, have) in enumerate(zip(needed, found, strict=True)) if have < need)
        found[n] += 1
    return found if sum(found) <= room else []


def _words(text: str) -> list[str]:
    """What is not broken: a figure with its unit, else each word."""
    return [text] if _FIGURE.fullmatch(text) else text.split() or [""]


def _record(headers: Sequence[str], row: Row, width: int) -> Table:
    names = max(map(cell_len, headers))
    values = [*zip(headers, row, strict=True), ("", "")]
    return table(("", ""), values, [names, max(width - names - _GAP, 1)])
