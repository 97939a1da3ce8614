"""What a contract of a table, a view or an as-of macro says.

Belongs here: the forms. Not here: the tables (``tables``), what they are compiled to (``compile``, ``checks``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from pipeline.contracts.columns import COLUMNS, Column

Schema = Literal["reference", "raw", "core", "marts", "ops"]
M2 = "minimax/minimax-m2"
"""The model whose share of coding is the story: MiniMax M2, all variants."""

MODEL = "model_permaslug base_permaslug variant author? is_other"
CITED = "capture citation"
SCHEMAS: tuple[Schema, ...] = get_args(Schema)


@dataclass(frozen=True)
class Blocks:
    """The blocks of a series, or of every weekly one ("") that a table has a period of each of, from the first one that has
    such rows: ``of`` is their condition. ``tokens`` is the column whose sum in a period is that of those rows, or "".
    """

    series: str
    period: str
    of: str = "true"
    tokens: str = ""


@dataclass(frozen=True)
class Rules:
    """What holds of the figures of a table, beyond what follows from its columns: ``checks`` has the SQL. All name columns.

    ``whole`` and ``part``: in the rows that agree in these, shares sum to 1, or to at most 1. ``quotient``: the first ÷ the
    second is the third. A share that has bounds is its lower one, and where it is NULL that is 0, except: ``partly`` may be
    NULL while something of it is known, ``below`` may be less than what is known, ``between`` is anywhere within its bounds.
    The upper bound of ``open_above`` may be NULL: nothing limits it. ``rank``: the first is the place by the second within
    ``part``. ``has_gaps``: a span may end before the next one begins.
    """

    whole: str = ""
    part: str = ""
    quotient: str = ""
    partly: str = ""
    below: str = ""
    between: str = ""
    open_above: str = ""
    rank: str = ""
    has_gaps: bool = False
    blocks: Blocks | None = None


@dataclass(frozen=True)
class Table:
    """``columns`` that may be NULL are marked by a trailing ``?``. ``key`` identifies a row.

    A view stores nothing: its rows follow from the tables it reads whenever it is queried. ``shown`` are its period and the
    figures that a run shows of it, the first of them as a line, of the rows that meet ``shown_of``. ``needs`` is how the
    names of the series begin without a fetch of which there is nothing to know of the table.
    """

    schema: Schema
    name: str
    description: str
    key: tuple[str, ...]
    marked_columns: tuple[str, ...]
    is_view: bool = False
    rules: Rules = Rules()
    order: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    shown_of: str = "true"
    needs: str = ""

    @property
    def rests_on(self) -> str:
        """How the names of the series begin without a fetch of which the table is empty; "" is any series."""
        return self.needs or (self.rules.blocks.series if self.rules.blocks else "")

    @property
    def stored_by(self) -> tuple[str, ...]:
        """By what its rows are stored: in runs of equal values they take the least room."""
        return self.order or self.key

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    # Asked thousands of times a run.
    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(COLUMNS[name.rstrip("?")] for name in self.marked_columns)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(name.rstrip("?") for name in self.marked_columns)

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name in self.marked_columns if not name.endswith("?"))


@dataclass(frozen=True)
class Macro:
    """A table macro in schema ``main``: ``name(ts)`` is ``table`` as it was known at ``ts``. One with another ``parameter``
    gives rows of that table in another way, which ``about`` describes.
    """

    schema: Schema
    name: str
    table: str
    parameter: str = "ts"
    about: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def description(self) -> str:
        return (
            self.about
            or f"{self.table} as it was known at ts, for instance '2026-07-19 12:00:00Z'; 'infinity' is the newest fetch."
        )

    @staticmethod
    def of(table: Table) -> Macro:
        return Macro(table.schema, f"{table.name}_as_of", table.full_name)


def table(
    full_name: str,
    description: str,
    *,
    key: str,
    columns: str,
    is_view: bool = False,
    rules: Rules = Rules(),
    order: str = "",
    shown: str = "",
    shown_of: str = "true",
    needs: str = "",
) -> Table:
    """The contract, its key, columns, order and what is shown separated by spaces."""
    layer, _, name = full_name.partition(".")
    schema = next(one for one in SCHEMAS if one == layer)
    lists = [tuple(names.split()) for names in (key, columns, order, shown)]
    return Table(schema, name, description, lists[0], lists[1], is_view, rules, lists[2], lists[3], shown_of, needs)
