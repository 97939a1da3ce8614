"""What the page and the files beside it say: one reading of the published file, in one language.

Belongs here: finding the rows, their citations, and which may be passed on. Not here: figures (``warehouse/report/*.sql``),
what a section draws and says (``charts``), and how it is written (``render``, ``files``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pipeline import store
from pipeline.alerts.freshness import Status, status_of
from pipeline.contracts.table import M2
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure
from pipeline.publish.report import story
from pipeline.publish.report.section import Found, Row, Section
from pipeline.publish.report.sections import sections_of
from pipeline.publish.report.story import Story
from pipeline.publish.report.words import LANGUAGES, Language, Words, words
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.wording import printable

SIMULATED = "SIMULATED"

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def file_name(language: Language) -> str:
    return "index.html" if language == "en" else f"index.{language}.html"


@dataclass(frozen=True)
class Content:
    """``lines`` are the citations by table, ``status`` the state of each series when the file was built."""

    settings: Settings
    words: Words
    is_local: bool
    sections: Sequence[Section]
    stories: Mapping[str, Story]
    chosen: str
    latest: Sequence[Row]
    citations: Sequence[Row]
    lines: Mapping[str, Row]
    build: Row
    status: Status

    @property
    def story(self) -> Story:
        return self.stories[self.chosen]

    @cached_property
    def is_simulated(self) -> bool:
        return self.settings.data_dir.is_simulated

    def marked(self, text: str) -> str:
        """The text; of simulated data with a word before it that says so."""
        return f"{SIMULATED} – {text}" if self.is_simulated and SIMULATED not in text else text

    def citations_of(self, section: Section) -> list[str]:
        """The lines below a chart: its own, or the citation of each table that its query reads, with its licence. One a
        source: that of the newest fetch."""
        if section.citations is not None:
            return newest_of(section.citations)
        return newest_of(
            row["citation"] if row["may_republish"] else f"{row['citation']} No licence to pass it on was found."
            for row in self._lines_of(section)
        )

    def passed_on(self) -> Iterator[tuple[Section, str]]:
        """The sections that have files, and the citation of each: those that are drawn, of rows that may be passed on."""
        for section in self.sections:
            if section.is_drawn and all(row["may_republish"] for row in self._lines_of(section)):
                yield section, " ".join(self.citations_of(section))

    def _lines_of(self, section: Section) -> list[Row]:
        names = sorted(store.references(store.read_sql(f"report/{section.query}")))
        return [self.lines[name] for name in names if name in self.lines]


def newest_of(citations: Iterable[str]) -> list[str]:
    """Of lines that differ in nothing but their instants the newest."""
    newest: dict[str, str] = {}
    for line in citations:
        source = _INSTANT.sub("", line)
        newest[source] = max(line, newest.get(source, ""))
    return list(newest.values())


def read(
    settings: Settings, languages: Sequence[Language] = LANGUAGES, *, is_local: bool = False, is_release: bool = False
) -> list[Content]:
    """The same rows in each language. Names from outside have their control characters written out.

    The instant of a release is the newest fetch, so that tables which were built from the same responses at another time
    give the same bytes.
    """
    with open_store(settings.data_dir).reader() as con:

        @cache
        def rows_of(query: str) -> list[Row]:
            rows = store.rows(con, store.read_sql(query if "/" in query else f"report/{query}"))
            return [{name: _clean(value) for name, value in row.items()} for row in rows]

        builds = rows_of("internal/newest_build")
        if not builds:
            raise PermanentFailure(
                f"no build is recorded in {settings.data_dir.published}, so the page cannot say of when it is: run "
                "`openrouter-usage rebuild`, then `openrouter-usage report`"
            )
        [build] = builds
        if is_release:
            build |= {"built_at": build["as_of"]}
        status, lines = status_of(settings, build["built_at"]), _lines(con, rows_of("citations"))
        contents = []
        for language in languages:
            found = Found(rows_of, words(language), is_local)
            stories = story.of_models(found("models"), found("stories"), found.words)
            chosen = M2 if M2 in stories else next(iter(stories), M2)
            contents.append(
                Content(
                    settings=settings,
                    words=found.words,
                    is_local=is_local,
                    sections=sections_of(found),
                    stories=stories or {chosen: story.nothing(found.words)},
                    chosen=chosen,
                    latest=found("latest"),
                    citations=found("citations"),
                    lines=lines,
                    build=build,
                    status=status,
                )
            )
        return contents


def _clean(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def _lines(con: store.Connection, citations: Sequence[Row]) -> dict[str, Row]:
    """The citation of each table; of those whose rows have their own the newest of these. The line of a whole table is
    that of all it was computed from, so a share of coding would have the instant at which days were fetched.
    """
    lines = {}
    for row in citations:
        name = row["table_name"]
        has_own = name.startswith("marts.") and {"citation", "retrieved_at"} <= {one.name for one in TABLES[name].columns}
        own = store.newest(con, name, "citation", by="retrieved_at") if has_own else None
        lines[name] = row if own is None else row | {"citation": _clean(own)}
    return lines
