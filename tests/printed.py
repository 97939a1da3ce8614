"""What the documents tell people to type: fenced blocks, and commands in a sentence or a table.

Belongs here: finding commands, queries and answers in the pages. Not here: what is expected of them (``test_docs``,
``failures.test_printed_commands``).
"""

from __future__ import annotations

import re
import shlex

from pipeline.settings import ROOT

PAGES = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
_IN_FORCE = [page for page in PAGES if page.name != "CHANGELOG.md"]  # what was changed once may be called otherwise now
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
ANSWERED = re.compile(r"```sql\n(.*?)```\n\n```\n(.*?)```", re.DOTALL)
"""A query, and the answer that is printed below it."""
_INLINE = re.compile(r"`([^`]+)`")
_TYPED = re.compile(r"(?:\S*/bin/)?(?:openrouter-usage|make|pip|pytest|marimo|dg|python)(?: |$)")
_CRON = re.compile(r"^(?:[\d*]+ ){5}")


def blocks(language: str) -> list[tuple[str, str]]:
    """Page and text of each fenced block of a language."""
    return [
        (page.relative_to(ROOT).as_posix(), text)
        for page in PAGES
        for found, text in _FENCE.findall(page.read_text())
        if found == language
    ]


def lines(language: str) -> list[tuple[str, str]]:
    """Page and line of each command in the blocks of a language, without prompts, times of cron and comments."""
    return [
        (page, _CRON.sub("", re.sub(r"^\$ (sudo )?", "", line.strip())).partition("  #")[0].strip())
        for page, text in blocks(language)
        for line in text.splitlines()
        if line.strip()
    ]


def in_sentences() -> list[tuple[str, str]]:
    """Page and command of each one that stands in a sentence or in a table."""
    return [
        (page.relative_to(ROOT).as_posix(), " ".join(found.split()))
        for page in _IN_FORCE
        for found in _INLINE.findall(_FENCE.sub("", page.read_text()))
        if _TYPED.match(found)
    ]


def commands() -> list[tuple[str, str]]:
    """Page and command of everything that is to be typed in a shell: in blocks, as cron's, in sentences."""
    by_cron = [(page, line) for page, line in lines("") if _TYPED.match(line)]
    return [*lines("sh"), *lines("console"), *by_cron, *in_sentences()]


def ours(language: str) -> list[tuple[str, list[str]]]:
    """Page and arguments of each command of ours in the blocks of a language."""
    found = []
    for page, line in lines(language):
        _, command, rest = line.partition("openrouter-usage ")
        if command and ("/" in line.split("openrouter-usage ")[0] or line.startswith("openrouter-usage")):
            found.append((page, shlex.split(rest)))
    return found
