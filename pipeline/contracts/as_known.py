"""As-of macros: the select of a table, reading all that it reads as it was known at an instant.

Belongs here: how a macro follows from the select of its table. Not here: which tables have one (``tables``), the selects.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from pipeline.contracts.compile import SHARED_MACROS, quoted
from pipeline.contracts.table import Macro
from pipeline.contracts.tables import TABLES

_SHARED = re.compile(r"^create or replace temp macro (\w+)\(([^)]*)\) as\s+(.+?);$", re.MULTILINE | re.DOTALL)

# A fetch is known from the instant that its citation prints, which may be a moment before the one at which the response
# was complete; with it all that had been fetched before.
_READINGS = """from core.readings
where retrieved_at <= (select max(retrieved_at) from core.readings where least(retrieved_at, cited_at) <= ts::timestamptz)"""
_MUST_BE_KNOWN = """    and (
        select case when not must_be_known or min(least(retrieved_at, cited_at)) <= ts::timestamptz then true else error(
            'nothing that ' || asked_of || ' rests on had been fetched by ' || ts || ': ' || coalesce(
                'use ' || strftime(timezone('UTC', min(least(retrieved_at, cited_at)) + interval 999999 microseconds),
                    '%Y-%m-%dT%H:%M:%SZ') || ' or later',
                'nothing was fetched later either'
            )
        ) end
        from core.readings
        where starts_with(series, rests_on)
    )"""
_KNOWN_AT = '(select max(retrieved_at) from "core.readings")'


def _until(name: str, *ends: str) -> str:
    """The rows of a table that were known by then, without the ends of spans that nobody knew of."""
    ended = ", ".join(f"case when {end} <= {_KNOWN_AT} then {end} end as {end}" for end in ends)
    return f"select * replace ({ended})\nfrom {name}\nwhere known_from <= {_KNOWN_AT}"


# What the as-of macros of all other tables come down to. Spans are cut off: what was read later changes nothing of the rows
# that were known by then but their ends, and making them again of all readings would be most of the work.
_AS_KNOWN = {
    "core.readings": _READINGS,
    "core.block_row_vintages": _until("core.block_row_vintages", "known_to"),
    "core.snapshot_row_vintages": _until("core.snapshot_row_vintages", "known_to"),
    "core.known_variants": _until("core.known_variants", "known_to", "gone_from"),
}
_TEXT_OR_NAME = re.compile(r"'(?:[^']|'')*'|\b(core|marts|raw)\.(\w+)(\s+as\b)?")
_MADE = re.compile(r'"((?:core|marts)\.\w+)"')
_READ_AT_INSTANTS = {"raw.app_names", "raw.quarantine"}


def as_known(macro: Macro, select_of: Callable[[str], str]) -> str:
    """The select of an as-of macro: that of its table, after those of all that it reads, each as it was known at ts.

    Each stands there once, under the name of its table; what a mart reads of core it asks by the macros of core. Were all of
    them asked by their macros, DuckDB would plan each as often as it is read, directly or not: 445 selects for the events.

    Contents of blocks are the same at any instant, and what people decide holds for all of them. Unless the caller says
    ``must_be_known := false``, a question before the first reading of what the table rests on is refused.
    """
    if macro.table == "core.readings":
        return f"{_READINGS}\n{_MUST_BE_KNOWN}"
    rests_on, asked_of = quoted(TABLES[macro.table].rests_on), quoted(macro.table)
    known = f"must_be_known := must_be_known, rests_on := {rests_on}, asked_of := {asked_of}"
    selects = ",\n".join(f'"{name}" as (\n{select}\n)' for name, select in _in_order(macro.table, select_of).items())
    return f"""with {selects}
select {", ".join(TABLES[macro.table].names)}
from "{macro.table}"
where (select count(*) >= 0 from readings_as_of(ts, {known}))"""  # noqa: S608 - of the contracts


def _in_order(table: str, select_of: Callable[[str], str]) -> dict[str, str]:
    """The selects of the table and of all that it reads as they were known at ts, each after what it reads."""
    found: dict[str, str] = {}
    layer = table.partition(".")[0]

    def find(name: str) -> None:
        if name in found:
            return
        own, _, short = name.partition(".")
        if own == layer:
            select = _AS_KNOWN.get(name) or _reading_as_known(select_of(name))
        else:
            select = f"from {short}_as_of(ts, must_be_known := false)"
        for read in _MADE.findall(select):
            find(read)
        found[name] = select

    find(table)
    return found


@cache
def _reading_as_known(select: str) -> str:
    code = "\n".join(line for line in select.splitlines() if not line.lstrip().startswith("--"))

    def known(found: re.Match[str]) -> str:
        text, schema, name, has_alias = found[0], found[1], found[2], found[3]
        if f"{schema}.{name}" in _READ_AT_INSTANTS:
            return f"(from {schema}.{name} where retrieved_at <= {_KNOWN_AT})"
        if schema in (None, "raw"):
            return text
        return f'"{schema}.{name}"{has_alias or f" as {name}"}'

    return _TEXT_OR_NAME.sub(known, _inlined(code))


def _inlined(select: str) -> str:
    """The select without the macros that connections of the pipeline share: readers of a published file have none."""
    for name, stated, body in _SHARED.findall(SHARED_MACROS):
        parameters = [one for one in stated.split(", ") if one]

        def meant(found: re.Match[str], parameters: list[str] = parameters, body: str = body) -> str:
            values = dict(zip(parameters, found[1].split(", "), strict=True)) if parameters else {}
            return f"({re.sub(r'[a-z_]+', lambda word: values.get(word[0], word[0]), body)})"

        select = re.sub(rf"\b{name}\(([^()]*)\)", meant, select)
    return select
