"""One vocabulary: what a person reads uses the standard terms of the field, and none of the words listed here.

Belongs here: the words, the texts in which they are looked for, and the exceptions. Not here: what the texts state.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.contracts.columns import COLUMNS
from pipeline.contracts.docs import BEGIN
from pipeline.contracts.tables import MACROS, TABLES
from pipeline.publish import saved_queries
from pipeline.publish.report.words import words
from pipeline.settings import ROOT

WORDS: dict[str, str] = {
    r"ask(s|ed|ing)?": "fetch, request, query",
    r"answer(s|ed|ing)?": "response, of the API",
    r"readings?": "fetch",
    r"believed|judged|refus(e|es|ed|al)": "accepted, validated, rejected",
    r"told|tells?|telling": "notify, report, alert, print",
    r"looks (each|every)|a look": "check, of the notifier",
    r"the book": "state file",
    r"(heart)?beat(s|en)?(?<!heartbeat)": "heartbeat; or: higher than",
    r"(is|are) over(?=[.,;:])": "resolved, ended",
    r"mend(s|ed|ing)?": "fix",
    r"anew": "again, from scratch",
    r"stands?|stood": "is, are",
    r"as (it|they) (was|were)(?=[.,;:)\n]|$| (before|and)\b)": "unchanged",
    r"set aside|made good|makes? good": "quarantined, superseded",
    r"h(e|o)lds? .{0,30}against": "compared with",
    r"verbs?": "command",
    r"who(m)?ever": "anyone who; or name the actor",
    r"take away": "export",
    r"to be had": "available",
    r"(?<!there )is no (?!longer|more)\w+": "is not a valid …; is not a …",
    r"(the|its|their) first (ten|nine|fifty)": "the top ten",
    r"at its greatest|had most": "peaked at, its busiest day",
    r"that of": "repeat the noun",
    r"settle curve": "revision curve",
    r"lens(es)?": "measure",
    r"past one machine": "scaling out",
    r"free (space or|room)": "free disk space or check the disk",
    r"weakness(es)?": "limitations",
}
"""What is not to be written, and what is written instead."""

EXCEPTIONS: dict[str, str] = {
    r"(its|their|the) answers?\b": "of a saved question, which has one",
    r"each with its answer|answer from": "as above",
    r"call it a reading": "the glossary, of tables that keep their names",
    r"questions? (and|with) (its |their )?answers?": "as above",
}
"""Phrases that hold such a word and are right, each with its reason."""

PATTERNS = {re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE): instead for words, instead in WORDS.items()}
CODE = re.compile(r"```.*?```|\b(?:raw|core|marts)\.\w+|`[^`\n]*`|\]\([^)]*\)|https?://\S+", re.DOTALL)
MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>|\{[%#].*?[%#]\}|\{\{.*?\}\}", re.DOTALL)
EXCEPTED = re.compile("|".join(EXCEPTIONS), re.IGNORECASE)
PAGES = (
    "README.md",
    "AGENTS.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "warehouse/README.md",
    "benchmarks/README.md",
    ".env.example",
    "mkdocs.yml",
)
FOLDERS = ("pipeline", "assets")
SQL_LAYERS = ("raw", "core", "marts", "ops", "export", "report", "checks")


def found_in(text: str) -> list[str]:
    """The words in a text that are not to be written, each with what is around it; code and addresses do not count."""
    plain = EXCEPTED.sub(" ", CODE.sub(" ", text))
    hits = [(match, instead) for pattern, instead in PATTERNS.items() for match in pattern.finditer(plain)]
    return [
        f"…{' '.join(plain[max(match.start() - 40, 0) : match.end() + 30].split())}… ({match.group()}: {instead})"
        for match, instead in hits
    ]


def written() -> Iterator[tuple[str, str]]:
    """Pages, descriptions of tables and columns, comments of SQL, saved questions, targets of make: where, and the text."""
    for page in [*(ROOT / name for name in PAGES), *sorted((ROOT / "docs").rglob("*.md"))]:
        yield page.relative_to(ROOT).as_posix(), page.read_text().partition(BEGIN)[0]  # the rest is of the contracts
    yield "Makefile", "\n".join(re.findall(r"## (.*)", (ROOT / "Makefile").read_text()))
    yield "pipeline/contracts/columns", "\n".join(f"`{name}` {one.description}" for name, one in COLUMNS.items())
    yield "pipeline/contracts/tables.py", "\n".join(f"`{name}` {one.description}" for name, one in TABLES.items())
    yield (
        "pipeline/contracts/tables.py",
        "\n".join(f"`{one.name}` {one.description.removeprefix(one.table)}" for one in MACROS.values()),
    )
    for layer in SQL_LAYERS:
        for path in sorted((ROOT / "warehouse" / layer).rglob("*.sql")):
            comments = [
                line.strip().removeprefix("--") for line in path.read_text().splitlines() if line.strip().startswith("--")
            ]
            yield path.relative_to(ROOT).as_posix(), " ".join(comments)
    for path in sorted((ROOT / "warehouse" / "reference").iterdir()):
        yield path.relative_to(ROOT).as_posix(), path.read_text()
    for asked in saved_queries.questions():
        yield asked.path.relative_to(ROOT).as_posix(), f"{asked.asked}\n{asked.not_shown}"


def messages(path: Path) -> Iterator[str]:
    """The texts of a module that are sentences: messages, titles, descriptions; of the command line also its docstrings."""
    tree = ast.parse(path.read_text())
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and not (isinstance(node, ast.FunctionDef) and node.decorator_list and path.parent.name == "cli")
    }
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)} - {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if id(node) in documented | bare or not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if len(node.value.split()) > 2:
            yield node.value


def shown() -> Iterator[tuple[str, str]]:
    """What the program prints, draws and sends, and what Dagster shows."""
    for path in sorted(one for folder in FOLDERS for one in (ROOT / folder).rglob("*.py")):
        if path.parent.name != "contracts":
            yield path.relative_to(ROOT).as_posix(), "\n".join(messages(path))
    yield "pipeline/publish/report/words/en.toml", "\n".join(words("en").keys.values())
    for path in sorted((ROOT / "pipeline").rglob("*.html*")):
        yield path.relative_to(ROOT).as_posix(), MARKUP.sub(" ", path.read_text())


def test_texts_use_the_terms_of_the_field() -> None:
    """No text that a person reads has a word of this project's own where the field has a standard term."""
    texts = [*written(), *shown()]
    assert {place for place, _ in texts} >= {"README.md", "docs/method.md", "pipeline/cli/runs.py", "assets/landing.py"}
    assert [(place, found) for place, text in texts for found in found_in(text)] == []


def test_words_are_found() -> None:
    """Each pattern finds what it is for, and the standard term passes."""
    said = ("an answer was refused", "nobody is told", "it stands in landing", "yesterday is no day", "the first ten")
    assert all(found_in(text) for text in said)
    assert found_in("A response was rejected: see `raw.readings`. There is no series. It is no longer the top ten.") == []
