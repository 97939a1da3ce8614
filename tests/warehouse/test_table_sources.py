"""Which kinds of series each table is taken from: measured, and compared with the list that people keep.

A kind belongs to a table that has rows from that kind alone, or other rows without it. A world in which each kind knows
something that no other kind knows makes this show.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pipeline import store
from pipeline.contracts.compile import contract_of, create_macro
from pipeline.contracts.tables import TABLES, Macro
from tests import support
from tests.warehouse import small_world
from tests.warehouse.readings import Tables

pytestmark = [pytest.mark.made_up_levels, pytest.mark.timeout(900)]

DERIVED = [name for name, table in TABLES.items() if table.schema in ("core", "marts")]
KINDS = sorted({name.partition("/")[0] for name in small_world.series()})
READINGS, SNAPSHOTS = list(small_world.readings()), list(small_world.snapshots())

Sums = dict[str, tuple[int, str]]


def built_from(tables: Tables, kinds: Iterable[str]) -> Sums:
    """What core and marts hold when nothing but these kinds was ever read."""
    tables.empty_raw()
    tables.load([one for one in READINGS if one.series.partition("/")[0] in kinds])
    tables.load_snapshots([one for one in SNAPSHOTS if one.series.partition("/")[0] in kinds])
    # Macros that no table reads take a third of the time, and hold nothing.
    needed = support.needed_for(DERIVED)
    for name in support.build_order():
        if name not in needed:
            continue
        contract, select = contract_of(name), store.select_of(name)
        if isinstance(contract, Macro):
            tables.decide("; ".join(create_macro(contract, select)))
        else:
            # A view, too: its rows are looked at again and again.
            tables.decide(f"create or replace table {name} as {select}")
    return {name: store.checksum(tables.con, TABLES[name], name) for name in DERIVED}


@pytest.fixture(scope="module")
def measured(tables: Tables) -> dict[str, set[str]]:
    """The kinds of each table."""
    everything = built_from(tables, KINDS)
    found: dict[str, set[str]] = {name: set() for name in DERIVED}
    for kind in KINDS:
        alone, without = built_from(tables, [kind]), built_from(tables, {*KINDS} - {kind})
        for name in DERIVED:
            if alone[name][0] or without[name] != everything[name]:
                found[name].add(kind)
    return found


@pytest.mark.parametrize("name", DERIVED)
def test_a_table_says_all_it_is_taken_from(tables: Tables, measured: dict[str, set[str]], name: str) -> None:
    """`series_kinds` names each kind that the table has something from, and none that nothing it reads is taken from."""
    lines = tables.rows("select table_name, series_kinds from reference.table_sources")
    stated = {one: set(kinds.split()) for one, kinds in lines}
    read = {one for one in support.needed_for([name]) if one in stated} - {name}
    assert measured[name] <= stated[name]
    assert stated[name] <= measured[name].union(*(stated[one] for one in read))
