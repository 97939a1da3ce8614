"""Tables that are made of others: replaced only as far as what they are made of has changed.

Belongs here: by which definition a table was made, from which period on it is out of date, and replacing that part of it.
Not here: what a table contains (``warehouse``), replacing as such (``pipeline.store``).

A load notes, in its own transaction, the first period it touched; readings that were taken before others that are there
touch all of them. A table that says in its contract which column is its period is then replaced from there on; one that
does not, that is new, or whose definition is not the one it was made by, is replaced whole. Either way the rows are those
that replacing it whole would give.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline import store
from pipeline.contracts.compile import contract_of
from pipeline.contracts.tables import MACROS, TABLES, Macro, Table
from pipeline.series import UNDATED, is_undated

_STATE = TABLES[store.REFRESHED]
_OF_ANOTHER = "made of tables of another definition"


@dataclass(frozen=True)
class Recipe:
    """What a table is made and checked by. ``sources`` are the tables it reads, by way of macros too, but for raw ones;
    ``macros`` those it calls, each after those that it calls itself."""

    definition: str
    sources: tuple[str, ...]
    macros: tuple[str, ...]


def recipes() -> Mapping[str, Recipe]:
    """The recipe of each table."""
    definitions = store.definitions()
    closures: dict[str, tuple[frozenset[str], frozenset[str], tuple[str, ...]]] = {}

    def closure(name: str) -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
        """All that a name is made of, itself included, the tables that it reads, and the macros that it calls."""
        if name not in closures:
            everything: set[str] = {name}
            sources: set[str] = set()
            macros: dict[str, None] = {}
            # Raw tables are appended to, and read themselves for it: what they are made of is landing.
            reads = () if name.startswith("raw.") else definitions.get(name, {"reads": ()})["reads"]
            for read in reads:
                beneath, read_by_it, called_by_it = closure(read)
                everything |= beneath
                if isinstance(contract_of(read), Macro):
                    sources |= read_by_it
                    macros |= dict.fromkeys((*called_by_it, read))
                elif not read.startswith("raw."):
                    sources.add(read)
            closures[name] = frozenset(everything), frozenset(sources), tuple(macros)
        return closures[name]

    made = {}
    for name, table in TABLES.items():
        everything, sources, macros = closure(name)
        content = [(one, definitions.get(one, {}).get("sha256")) for one in sorted(everything)]
        columns = [(column.name, column.type) for column in table.columns]
        # A check that is new, too, has to look at all of the table.
        stated = json.dumps([content, columns, table.marked_columns, store.checks(table)])
        made[name] = Recipe(hashlib.sha256(stated.encode()).hexdigest(), tuple(sorted(sources)), macros)
    return made


def touch(con: store.Connection, periods: Iterable[tuple[str, date]], *, is_late: bool) -> None:
    """Note that readings of these periods of series came in. Belongs in the transaction that adds them.

    ``is_late``: some of them were taken before others that were loaded earlier. What was known by those times is then
    another, of any period, and everything is out of date.
    """
    first = min((date.max if is_undated(series, period) else period for series, period in periods), default=None)
    if first is not None:
        since = UNDATED if is_late else first
        store.replace_rows(
            con,
            _STATE,
            [
                {**state, "stale_from": _earlier(state["stale_from"], since)}
                for state in _states(con).values()
                if not state["table_name"].startswith("reference.")
            ],
        )


@contextmanager
def refreshing(files: store.Store, con: store.Connection, made_by: Mapping[str, Recipe] | None = None) -> Iterator[Refresh]:
    """Bring tables up to date, and note at the end how far that went.

    A note vouches for a table only as long as it is true: it is withdrawn in the transaction that makes the table by another
    definition. Where the new one is lost, tables look more out of date than they are, and are replaced once more.
    """
    refresh = Refresh(files, con, recipes() if made_by is None else made_by)
    yield refresh
    refresh.note()


class Refresh:
    """Tables being brought up to date on one connection, each after those it reads."""

    def __init__(self, files: store.Store, con: store.Connection, made_by: Mapping[str, Recipe]) -> None:
        self._files, self._con, self._recipes = files, con, made_by
        self._there = store.table_names(con)
        self._states = _states(con)
        self._passed: dict[str, dict[str, Any]] = {}
        self._macros: set[str] = set()

    def macro(self, macro: Macro) -> None:
        """Put the macro in place, once."""
        name = f"{macro.schema}.{macro.name}"
        if name not in self._macros:
            self._files.replace_macro(self._con, macro, store.read_sql(name.replace(".", "/")))
            self._macros.add(name)

    def table(self, table: Table, select: str) -> str | None:
        """Bring the table to what the select gives, in one transaction. Raises what ``Store.replace`` raises; the table is
        then as it was. Returns the condition of the rows that were replaced, None where all were, or none had to be."""
        recipe, state = self._recipes[table.full_name], self._states.get(table.full_name)
        is_known = state is not None and state["definition"] == recipe.definition and table.full_name in self._there
        since = state["stale_from"] if state is not None and is_known and table.period is not None else None
        for name in recipe.macros:  # those of today, also where the table is made alone
            self.macro(MACROS[name.partition(".")[2]])
        with store.transaction(self._con):
            if state is not None and not is_known:
                store.replace_rows(self._con, _STATE, [{**state, "definition": _OF_ANOTHER}])
            if since is not None or not is_known or table.period is None:
                self._files.replace(self._con, table, select, since=since)
        return None if since is None else store.part_since(table, since)

    def passed(self, table: Table) -> None:
        """The table is up to date and passed its checks. Until that is said it is replaced, and checked, once more."""
        self._states[table.full_name] = self._passed[table.full_name] = _made(table, self._recipes, self._states)

    def note(self) -> None:
        """Write down how far the tables are."""
        with store.transaction(self._con):
            store.replace_rows(self._con, _STATE, list(self._passed.values()))


def _states(con: store.Connection) -> dict[str, Mapping[str, Any]]:
    return {state["table_name"]: state for state in store.rows(con, store.read_sql("ops/refreshed_tables"))}


def _made(table: Table, recipes: Mapping[str, Recipe], states: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What is noted of a table that was just made. Where single tables are made, what it reads may itself be out of date."""
    recipe, stale_from = recipes[table.full_name], None
    definition = recipe.definition
    for name in recipe.sources:
        source = states.get(name)
        if source is None or source["definition"] != recipes[name].definition:
            definition = _OF_ANOTHER
        else:
            stale_from = _earlier(stale_from, source["stale_from"])
    return {"table_name": table.full_name, "definition": definition, "stale_from": stale_from}


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day is not None), default=None)
