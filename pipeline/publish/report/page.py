"""The page ``report/index.html``: the published tables as charts, in one file that makes no network requests.

Belongs here: when which file is written. Not here: what the page says (``content``), what a section draws and says
(``charts``), the head of the page (``story``), markup (``render``), files beside it (``files``). The page is a function of
the published file: the same file gives the same bytes, its instant is the build's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline import durable
from pipeline.publish.report import archive, content, files, kept, render, still
from pipeline.publish.report.content import Content
from pipeline.publish.report.section import Found
from pipeline.publish.report.sections import sections_of
from pipeline.publish.report.words import LANGUAGES, words
from pipeline.settings import Settings

KEPT = ".drawings.json.gz"


def write(settings: Settings, *, is_local: bool = False) -> Path:
    """Build the page in every language from the published file, with the files beside it. Returns where the English one is.

    ``is_local`` makes ``local.html`` beside it, in English only, which also has what may not be passed on.
    """
    directory = settings.data_dir.report.parent
    directory.mkdir(parents=True, exist_ok=True)
    if is_local:
        kept.take(directory / KEPT)
        path = directory / "local.html"
        durable.write(path, build(settings, is_local=True).encode())
        return path
    with kept.from_run_to_run(directory / KEPT):
        _write(directory, content.read(settings))
    return settings.data_dir.report


def write_release(settings: Settings, directory: Path) -> None:
    """Build the page and the files beside it in a new folder."""
    directory.mkdir()
    _write(directory, content.read(settings, is_release=True))
    (directory / files.STATE).unlink()  # it is for the next run


def _write(directory: Path, contents: Sequence[Content]) -> None:
    read, *translated = contents
    version = archive.archive_name(directory, read.build["built_at"], read.sections)
    text = render.page(read, version)
    durable.write(directory / content.file_name(read.words.language), text.encode())
    with files.writing(directory, read, page=text, version=version):
        for one in translated:
            durable.write(directory / content.file_name(one.words.language), render.page(one, version).encode())


def rehearse(settings: Settings) -> None:
    """Do what takes long the first time and needs no rows: imports, the start of the drawing engine, what the run before
    kept; before a first run, bundling Vega and the specifications."""
    before = settings.data_dir.report.with_name(KEPT)
    kept.take(before)
    render.vega()
    still.start()
    if not before.exists():
        for language in LANGUAGES:
            sections_of(Found(lambda query: [], words(language)))


def build(settings: Settings, *, is_local: bool = False) -> str:
    """The English page alone, as text."""
    [read] = content.read(settings, ["en"], is_local=is_local)
    return render.page(read)
