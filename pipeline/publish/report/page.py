"""The page ``report/index.html``: the published tables as charts, in one file that makes no network requests.

Belongs here: finding the rows, and writing the page in each language. Not here: figures (``warehouse/report/*.sql``), what a
section draws and says (``charts``), the head of the page (``story``), markup (``render``), files beside it (``files``). The
page is a function of the published file: the same file gives the same bytes, its instant is the build's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import durable, store
from pipeline.alerts.freshness import Status, status_of
from pipeline.contracts.table import M2
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure
from pipeline.publish.report import archive, files, head, kept, render, still, story
from pipeline.publish.report.section import Nothing, Row, Section
from pipeline.publish.report.sections import sections_of
from pipeline.publish.report.words import LANGUAGES, Language, Words, words
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.wording import printable

CODING = "category_week/programming"
KEPT = ".drawings.json.gz"


def write(settings: Settings, *, is_local: bool = False) -> Path:
    """Build the page in every language from the published file, with the files beside it. Returns where the English one is.

    ``is_local`` makes ``local.html`` beside it, in English only, which also has what may not be passed on.
    """
    directory = settings.data_dir.report.parent
    directory.mkdir(parents=True, exist_ok=True)
    if is_local:
        path = directory / "local.html"
        durable.write(path, build(settings, is_local=True).encode())
        return path
    with kept.from_run_to_run(directory / KEPT):
        _write(settings, directory, _read(settings, LANGUAGES))
    return settings.data_dir.report


def write_release(settings: Settings, directory: Path) -> None:
    """Build the page and the files beside it in a new folder. Its instant is the newest fetch, so that tables which
    were built from the same responses at another time give the same bytes."""
    directory.mkdir()
    found = _read(settings, LANGUAGES)
    _write(settings, directory, [replace(one, build={**one.build, "built_at": one.build["as_of"]}) for one in found])
    (directory / files.STATE).unlink()  # it is for the next run


def _write(settings: Settings, directory: Path, found: Sequence[_Read]) -> None:
    read, *translated = found
    status = status_of(settings, read.build["built_at"])
    version = archive.archive_name(directory, read.build["built_at"], read.sections)
    text = _text(settings, read, status, version)
    durable.write(directory / settings.data_dir.report.name, text.encode())
    with files.writing(
        directory,
        read.sections,
        page=text,
        version=version,
        model=read.chosen,
        headline=read.story.headline,
        lede=read.story.lede,
        latest=read.latest,
        source_of=read.source_of,
        build=read.build,
        public_url=settings.public_url,
        is_simulated=settings.data_dir.is_simulated,
        words=read.words,
    ):
        for one in translated:
            durable.write(directory / render.file_name(one.words.language), _text(settings, one, status, version).encode())


def rehearse(settings: Settings) -> None:
    """Do what takes long the first time and needs no rows: imports, the start of the drawing engine, what the run before
    kept; before a first run, bundling Vega and the specifications."""
    render.vega(settings)
    still.start()
    before = settings.data_dir.report.with_name(KEPT)
    kept.take(before)
    if not before.exists():
        for language in LANGUAGES:
            sections_of(Nothing(words(language)))


def build(settings: Settings, language: Language = "en", *, is_local: bool = False) -> str:
    """The page alone, as text."""
    [read] = _read(settings, [language], is_local=is_local)
    return _text(settings, read, status_of(settings, read.build["built_at"]), None)


@dataclass(frozen=True)
class _Read:
    """What one reading of the published file found, in one language. ``lines`` are the citations by table."""

    sections: list[Section]
    stories: Mapping[str, story.Story]
    chosen: str
    citations: list[Row]
    lines: Mapping[str, Row]
    build: Row
    latest: list[Row]
    words: Words
    is_local: bool

    @property
    def story(self) -> story.Story:
        return self.stories[self.chosen]

    def source_of(self, section: Section) -> str | None:
        """Its citations, where its figures may be passed on; else None."""
        names = store.references(store.read_sql(f"report/{section.query}"))
        if not all(self.lines[name]["may_republish"] for name in names if name in self.lines):
            return None
        return " ".join(render.citations_of(section, self.lines))


def _read(settings: Settings, languages: Sequence[Language], *, is_local: bool = False) -> list[_Read]:
    """The same rows in each language."""
    with open_store(settings.data_dir).reader() as con:
        found = _Tables(con, words(languages[0]), is_local=is_local)
        builds = found("internal/newest_build")
        if not builds:
            raise PermanentFailure(
                f"no build is recorded in {settings.data_dir.published}, so the page cannot say of when it is: run "
                "`openrouter-usage rebuild`, then `openrouter-usage report`"
            )
        lines = _lines(con, found("citations"))
        return [_read_in(found.said_in(words(language)), builds[0], lines) for language in languages]


def _read_in(found: _Tables, build: Row, lines: Mapping[str, Row]) -> _Read:
    told = story.of_models(found("models"), found("stories"), found.words)
    chosen = M2 if M2 in told else next(iter(told), M2)
    return _Read(
        sections=sections_of(found),
        stories=told or {chosen: story.nothing(found.words)},
        chosen=chosen,
        citations=found("citations"),
        lines=lines,
        build=build,
        latest=found("latest"),
        words=found.words,
        is_local=found.is_local,
    )


def _text(settings: Settings, read: _Read, status: Status, version: str | None) -> str:
    """The page; with ``version`` it names its copy in the archive."""
    tags = head.head_tags(
        [section for section, _ in files.passed_on(read.sections, read.source_of)],
        file_name=render.file_name(read.words.language),
        headline=read.story.headline,
        lede=read.story.lede,
        built_at=read.build["built_at"],
        public_url=settings.public_url,
        is_simulated=settings.data_dir.is_simulated,
        words=read.words,
    )
    return render.page(
        settings,
        sections=read.sections,
        stories=read.stories,
        chosen=read.chosen,
        coding_end=_coding_end(status),
        status=status,
        citations=read.citations,
        lines=read.lines,
        build=read.build,
        words=read.words,
        is_local=read.is_local,
        head=tags,
        version=version,
    )


class _Tables:
    """Rows of the page's queries, each found once. Names from outside have their control characters written out here."""

    def __init__(
        self, con: store.Connection, words: Words, *, is_local: bool, known: dict[str, list[Row]] | None = None
    ) -> None:
        self._con = con
        self._known = {} if known is None else known
        self.words = words
        self.is_local = is_local

    def said_in(self, words: Words) -> _Tables:
        """The same rows with other words."""
        return _Tables(self._con, words, is_local=self.is_local, known=self._known)

    def __call__(self, query: str) -> list[Row]:
        if query not in self._known:
            path = query if "/" in query else f"report/{query}"
            rows = store.rows(self._con, store.read_sql(path))
            for row in rows:
                row |= {name: printable(value) for name, value in row.items() if isinstance(value, str)}
            self._known[query] = rows
        return [dict(row) for row in self._known[query]]  # a chart writes into its rows


def _clean(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def _coding_end(status: Status) -> Any:
    """The end of the newest week of coding."""
    return next((status.now - one.age for one in status.series if one.series.name == CODING and one.age), None)


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
