"""The questions of ``warehouse/queries``: what each file asks, and its answer in Markdown.

Belongs here: reading a file's header, and rendering. Not here: asking (``store.ask``), which database is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import wording
from pipeline.contracts.tables import table_of
from pipeline.failures import PermanentFailure
from pipeline.settings import WAREHOUSE
from pipeline.wording import printable

FOLDER = WAREHOUSE / "queries"
INDEX = FOLDER / "README.md"

_NOT_SHOWN, _TABLES = "Does not show: ", "Tables: "

Answer = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""Names of the columns, and rows."""


@dataclass(frozen=True)
class Question:
    """A file of ``warehouse/queries``: its header in words, and its select."""

    path: Path
    asked: str
    not_shown: str
    tables: tuple[str, ...]
    """As they are written in SQL: ``schema.name``, as-of macros without a schema."""
    sql: str

    @property
    def answer(self) -> Path:
        """Where the answer from the project's recording is written."""
        return self.path.with_suffix(".md")

    @property
    def licensed(self) -> frozenset[str]:
        """The tables whose licence decides: a macro falls under that of its table, what people decide here under none."""
        return frozenset(table for table in map(table_of, self.tables) if not table.startswith("reference."))


def question(path: Path) -> Question:
    """The question of a file whose header is ``-- …?``, ``-- Does not show: …``, ``-- Tables: …``."""
    text = path.read_text()
    header = [line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")]
    asked, _, rest = " ".join(header).partition(f" {_NOT_SHOWN}")
    not_shown, _, tables = rest.partition(f" {_TABLES}")
    if not (asked and not_shown and tables):
        raise ValueError(f"{path}: the header states a question, `{_NOT_SHOWN.strip()}` and `{_TABLES.strip()}`")
    return Question(path, asked, not_shown, tuple(tables.split(", ")), text)


def read_query(path: Path) -> str:
    """The statements of a file that a reader names."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise PermanentFailure(
            f"reading {path} failed ({said}): name a file of SQL, for instance one of warehouse/queries"
        ) from error


def questions() -> list[Question]:
    return [question(path) for path in sorted(FOLDER.glob("*.sql"))]


def without_citations(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[Answer, list[str]]:
    """The answer without its columns of citations, and the lines that stood in them: they go below, each once."""
    kept = [place for place, name in enumerate(names) if name != "citation" and not name.endswith("_citation")]
    if len(kept) == len(names) or not kept:
        return (names, rows), []
    cited = sorted(set(range(len(names))) - set(kept))
    lines = sorted({row[place] for row in rows for place in cited if row[place] is not None})
    return ([names[place] for place in kept], [[row[place] for place in kept] for row in rows]), lines


def page(asked: Question, answer: Answer, *, may_republish: bool) -> str:
    """The answer as a page: rows only where every table it comes from may be passed on. Without rows, it needs a key."""
    (names, rows), citations = without_citations(*answer)
    lines = [
        f"# {asked.asked}",
        "",
        f"Query: [{asked.path.name}]({asked.path.name}), of {', '.join(f'`{table}`' for table in asked.tables)}.",
        "",
        f"Does not show: {asked.not_shown}",
        "",
    ]
    if may_republish and rows:
        lines += [_row(names), _row(["---"] * len(names))]
        lines += [_row(["–" if value is None else wording.text(value) for value in row]) for row in rows]
        lines += ["", *(f"{citation}  " for citation in citations), *([""] if citations else [])]
        lines.append("Answer from [the project's recording](../recordings/README.md); written by `make answers`.")
    else:
        reason = "" if may_republish else " that may be shown here: no licence to pass such figures on was found"
        lines.append(
            f"This needs a key: the project's recording has no rows for it{reason}. Query your own file with "
            f"`openrouter-usage sql warehouse/queries/{asked.path.name}`. Its columns: {', '.join(f'`{n}`' for n in names)}."
        )
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    escaped = [printable(cell).replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def index(all_of_them: Sequence[Question]) -> str:
    """The list of questions, each with its file and its answer."""
    lines = [
        "# Questions",
        "",
        "Each file is one select, with its answer beside it.",
        "The answers come from [the project's recording](../recordings/README.md).",
        "Query your own published file:",
        "",
        "```",
        f"openrouter-usage sql warehouse/queries/{all_of_them[0].path.name}",
        "```",
        "",
        _row(["question", "select", "answer"]),
        _row(["---"] * 3),
        *(
            _row([one.asked, f"[{one.path.name}]({one.path.name})", f"[{one.answer.name}]({one.answer.name})"])
            for one in all_of_them
        ),
        "",
        "Written by `make answers`.",
    ]
    return "\n".join(lines) + "\n"


def pages(ask: Callable[[str], Answer], may_republish: Collection[str]) -> dict[Path, str]:
    """Every page as it should be, by its path. ``may_republish`` are the tables that may be passed on."""
    found = questions()
    kept = {one.answer: page(one, ask(one.sql), may_republish=one.licensed <= set(may_republish)) for one in found}
    return {INDEX: index(found), **kept}
