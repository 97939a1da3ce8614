"""What is generated from the contracts: the data dictionary in ``warehouse/README.md``, and the catalogue for programs.

``python -m pipeline.contracts.docs`` writes both, ``--check`` fails when one is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.contracts import catalogue
from pipeline.contracts.tables import MACROS, TABLES, Macro, Table
from pipeline.settings import ROOT, WAREHOUSE

PAGE = WAREHOUSE / "README.md"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"

LAYERS = {
    "marts": "The tables that people quote.",
    "core": "The project's names, one grain a table, vintages resolved.",
    "raw": "The contents of landing, typed, with the source's names.",
    "reference": "Decisions by people, each row with its reason.",
    "ops": "How the tables were built, and what no reference row covers yet. A rebuild may differ here.",
}


def dictionary() -> str:
    """The generated part of the page, in Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for layer, job in LAYERS.items():
        yield f"## {layer}\n\n{job}\n"
        for table in TABLES.values():
            if table.schema == layer:
                yield from _table(table)
        yield from _macros([macro for macro in MACROS.values() if macro.schema == layer])


def _macros(macros: list[Macro]) -> Iterator[str]:
    if as_of := [macro for macro in macros if macro.parameter == "ts"]:
        names = ", ".join(f"`{macro.name}`" for macro in as_of)
        rejected = "An instant before the first fetch is rejected; with `must_be_known := false` the macro returns no row."
        said = f"{names}: each gives the table of its name, for instance {as_of[0].description} {rejected}"
        yield f"### {as_of[0].schema} as of an instant\n\n{said}\n"
    for macro in macros:
        if macro.parameter != "ts":
            yield f"### {macro.name}({macro.parameter})\n\n{macro.description}\n"


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.full_name}\n\n{'A view. ' if table.is_view else ''}{table.description} Key: {', '.join(table.key)}.\n"
    yield "| column | type | may be NULL | meaning |\n| --- | --- | --- | --- |"
    for column in table.columns:
        meaning = column.description.replace("|", "\\|")
        yield f"| {column.name} | {column.type} | {'' if column.name in table.required else 'yes'} | {meaning} |"
    yield ""


def page() -> str:
    """The whole page as it should be: what people wrote, and the generated part between its marks."""
    head, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{dictionary()}\n{END}{tail}"


def write(wanted: Mapping[Path, str], arguments: list[str]) -> int:
    """Write generated files; with ``--check`` name those that are stale instead. Returns the exit code."""
    if arguments == ["--check"]:
        stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run `make format`, and commit it\n")
        return 1 if stale else 0
    for path, text in wanted.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(write({PAGE: page(), catalogue.FILE: catalogue.written()}, sys.argv[1:]))
