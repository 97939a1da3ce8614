"""The pages of the documentation that follow from contracts, SQL and saved questions: one a table, one a question.

Belongs here: their text in Markdown, and where a file of the project is on the site. Not here: the drawing of the lineage
(``lineage``), MkDocs (``docs/hooks.py``), the dictionary in one page (``contracts.docs``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from posixpath import dirname, relpath

from pipeline import store
from pipeline.contracts.docs import LAYERS
from pipeline.contracts.tables import MACROS, TABLES, Table, table_of
from pipeline.publish import lineage, saved_queries
from pipeline.settings import ROOT, WAREHOUSE

DOCS = ROOT / "docs"
LINEAGE = "tables/lineage.svg"
PROJECT = {
    ROOT / "CONTRIBUTING.md": "project/contributing.md",
    ROOT / "SECURITY.md": "project/security.md",
    ROOT / "CHANGELOG.md": "project/changelog.md",
    ROOT / "benchmarks" / "README.md": "project/benchmarks.md",
    ROOT / "warehouse" / "recordings" / "README.md": "project/recordings.md",
}
"""Pages that are written elsewhere in the project, and are shown on the site, too."""

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
_FENCED = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)


def pages() -> dict[str, tuple[Path, str]]:
    """Each generated page by its place on the site: the file that its links are relative to, and its Markdown."""
    written = {place: (path, path.read_text()) for path, place in PROJECT.items()}
    made = {_table_place(name): (DOCS / "tables" / "x.md", table_page(table)) for name, table in TABLES.items()}
    asked = {
        f"questions/{one.path.stem}.md": (
            one.answer,
            f"{one.answer.read_text()}\n## The select\n\n```sql\n{one.sql.strip()}\n```\n",
        )
        for one in saved_queries.questions()
    }
    return {
        **written,
        **made,
        **asked,
        "tables/index.md": (DOCS / "tables" / "x.md", "\n".join(_index())),
        "questions/index.md": (saved_queries.INDEX, saved_queries.INDEX.read_text()),
    }


def place_of(path: Path) -> str | None:
    """Where a file of the project is on the site; None where it is not."""
    if path in PROJECT:
        return PROJECT[path]
    if path.parent == saved_queries.FOLDER and path.suffix in (".md", ".sql"):
        return f"questions/{'index' if path == saved_queries.INDEX else path.stem}.md"
    if path == WAREHOUSE / "README.md":
        return "tables/index.md"
    if path.is_relative_to(WAREHOUSE) and (name := f"{path.parent.name}.{path.stem}") in TABLES:
        return _table_place(name)
    if path.is_relative_to(DOCS) and path.suffix == ".md":
        return path.relative_to(DOCS).as_posix()
    return None


def with_links_of_the_site(markdown: str, source: Path, place: str) -> str:
    """A page whose links to files of the project lead to their pages. What has no page stays as the words of its link."""

    def led(found: re.Match[str]) -> str:
        words, target = found.groups()
        path, _, heading = target.partition("#")
        if target.startswith(("http", "#")) or (DOCS / place).parent.joinpath(path).suffix == ".svg":
            return found.group()
        there = place_of((source.parent / path).resolve())
        if there is None:
            return words if words.startswith("`") else f"`{words}`" if re.fullmatch(r"[\w./@-]+", words) else words
        return f"[{words}]({relpath(there, dirname(place) or '.')}{f'#{heading}' if heading else ''})"

    parts = _FENCED.split(markdown)
    return "".join(part if number % 2 else _LINK.sub(led, part) for number, part in enumerate(parts))


def with_nested_lists(markdown: str) -> str:
    """A page whose lists are nested by four blanks, as MkDocs wants them; written are two or three, as elsewhere."""
    lines, shift, is_code = [], 0, False
    for line in markdown.splitlines():
        blanks = len(line) - len(line.lstrip())
        if not is_code:
            shift = 4 * (blanks // 2) - blanks if line.strip() else 0
        if line.lstrip().startswith("```"):
            is_code = not is_code
        lines.append(" " * shift + line if line.strip() else line)
    return "\n".join(lines) + "\n"


# --- tables --------------------------------------------------------------------------------------------------------------


def _table_place(name: str) -> str:
    return f"tables/{name}.md"


def _linked(names: list[str]) -> str:
    tables = [name for name in names if name in TABLES]
    return ", ".join(f"[`{name}`]({_source_of(name)})" for name in tables) or "none"


def _source_of(name: str) -> str:
    """A table as a link from ``docs/tables``: by the place of its select, whether or not there is a file."""
    return f"../../warehouse/{name.replace('.', '/')}.sql"


@cache
def _licences() -> dict[str, dict[str, str]]:
    with (WAREHOUSE / "reference" / "table_sources.csv").open(newline="") as file:
        return {row["table_name"]: row for row in csv.DictReader(file)}


def _index() -> Iterator[str]:
    """The list of all tables, by layer."""
    yield "# Tables\n\nEach page has one table: what a row is, its columns, what it reads, and its select."
    yield "\nThe picture shows which table reads which, from raw through core and marts to the page of charts. A line is"
    yield "left out where a longer way shows it already. A click on a table opens its page. It is also "
    yield f"[a file of its own]({LINEAGE.rpartition('/')[2]}).\n"
    yield f'<div style="overflow-x: auto">\n{lineage.drawing()}\n</div>\n'
    for layer, job in LAYERS.items():
        yield f"## {layer}\n\n{job}\n\n| table | what it is |\n| --- | --- |"
        for name, table in TABLES.items():
            if table.schema == layer:
                yield f"| [`{name}`]({_source_of(name)}) | {_cell(table.description.partition('. ')[0].rstrip('.'))}. |"
        yield ""


def table_page(table: Table) -> str:
    """One table: its grain, how to query it, where it comes from, its columns, its select."""
    return "\n".join(_page(table))


def _page(table: Table) -> Iterator[str]:
    name = table.full_name
    yield f"# {name}\n\n{table.description}\n"
    yield f"- **Key.** {', '.join(f'`{column}`' for column in table.key)}"
    if table.is_view:
        yield "- **View.** It stores no rows: they are computed whenever it is queried."
    yield f"- **Reads.** {_linked(sorted(lineage.reads().get(name, ())))}"
    yield f"- **Read by.** {_linked(sorted(one for one, read in lineage.reads().items() if name in read))}"
    if licence := _licences().get(name):
        may = "yes" if licence["may_republish"] == "true" else "no"
        yield f"- **May be passed on.** {may}: {licence['licence']}, {licence['reason']} ([source]({licence['source']}))"
    yield f"- **Saved questions.** {_questions(name)}"
    yield "\n## Query it\n\n```sql\n" + _examples(table) + "\n```\n"
    yield "## Columns\n\n| column | type | unit | may be NULL | meaning |\n| --- | --- | --- | --- | --- |"
    for column in table.columns:
        null = "" if column.name in table.required else "yes"
        yield f"| `{column.name}` | {column.type} | {column.unit or ''} | {null} | {_cell(column.description)} |"
    if select := _select(table):
        yield f'\n## How it is computed\n\n??? note "The select"\n\n    ```sql\n{_indented(select)}\n    ```'
    yield ""


def _questions(name: str) -> str:
    found = [one for one in saved_queries.questions() if name in map(table_of, one.tables)]
    return ", ".join(f"[{one.asked}](../../warehouse/queries/{one.path.name})" for one in found) or "none"


def _examples(table: Table) -> str:
    queries = [f"from {table.full_name} limit 10;"]
    macro = MACROS.get(f"{table.name}_as_of")
    if macro and macro.table == table.full_name:
        queries.append(f"from {table.name}_as_of('infinity') limit 10; -- or '2026-07-19 12:00:00Z'")
    return "\n".join(queries)


def _select(table: Table) -> str | None:
    if table.schema in ("core", "marts", "ops"):
        return store.selects().get(table.full_name)
    return store.appended(table) if table.schema == "raw" else None


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
