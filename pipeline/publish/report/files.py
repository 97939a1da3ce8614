"""Everything in ``report/`` beside the page: card, pictures, tables, embeds, the newest figures, archived versions.

Belongs here: which files there are, and drawing only what changed. Not here: how a picture looks (``picture``), an embed
(``embed``), a version (``archive``), and the page itself (``page``). What may not be passed on is in no file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, partial
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline import durable, worker
from pipeline.contracts.columns import COLUMNS
from pipeline.publish.report import archive, embed
from pipeline.publish.report.encode import json_of
from pipeline.publish.report.engine import png_of
from pipeline.publish.report.head import CARD, CARD_SECTION, CARD_SIZE, LICENCE, LICENCE_URL
from pipeline.publish.report.picture import PNG_SCALE, SIMULATED, picture
from pipeline.publish.report.section import Row, Section
from pipeline.publish.report.still import rows_of_table, spec_of
from pipeline.publish.report.words import Words
from pipeline.wording import text

STATE = ".files.json"
_FOLDERS = ("charts", "embed")  # nobody else's: whatever else is in them goes

_AS_OF = re.compile(r"as of \S+")

_Make = Callable[[], bytes | Future[bytes]]
SourceOf = Callable[[Section], str | None]
"""The citation of a section's rows; None where they may not be passed on."""


@contextmanager
def writing(
    directory: Path,
    sections: Sequence[Section],
    *,
    page: str,
    version: str,
    model: str,
    headline: str,
    lede: str,
    latest: Sequence[Row],
    source_of: SourceOf,
    build: Row,
    public_url: str | None,
    is_simulated: bool,
    words: Words,
) -> Iterator[None]:
    """Write what changed, remove what no section has any more. ``page`` is the text of ``index.html``, and ``version`` the
    name of its copy in the archive. Pictures are drawn on another core, while the caller's block does what else is to do."""
    folder = _Folder(directory)
    for section, source in passed_on(sections, source_of):
        shown = _Shown(section, model, source, is_simulated, words, public_url)
        for name, recipe, make in shown.files():
            folder.put(name, recipe, make)
        if section.key == CARD_SECTION:
            folder.put(CARD, f"{shown.recipe} {headline}", partial(shown.card, headline))
    rows = [{**row, "citation": _marked(row["citation"], is_simulated), "built_at": build["built_at"]} for row in latest]
    as_json, as_csv = _latest_json(rows, headline, lede, is_simulated, words), csv_of(_LATEST, rows)
    folder.put("latest.json", as_json.decode(), lambda: as_json)
    folder.put("latest.csv", as_csv.decode(), lambda: as_csv)
    archive.keep(directory, version, page, words)
    index = archive.index(directory, words, is_simulated=is_simulated)
    folder.put("archive/index.html", index, index.encode)
    yield
    folder.finish()


def passed_on(sections: Sequence[Section], source_of: SourceOf) -> Iterator[tuple[Section, str]]:
    """The sections that have files, and the citation of each: those that are drawn, of rows that may be passed on."""
    for section in sections:
        if section.spec is not None and section.rows and (source := source_of(section)) is not None:
            yield section, source


@dataclass(frozen=True)
class _Shown:
    """A section as its files show it."""

    section: Section
    model: str
    source: str
    is_simulated: bool
    words: Words
    public_url: str | None

    @property
    def title(self) -> str:
        return self.section.titles.get(self.model, self.section.title)

    @cached_property
    def recipe(self) -> str:
        """All that its pictures are made of, but for the time of the fetch: the one drawn holds while the figures are
        the same, so that fetching them again every day does not draw every picture again."""
        own = self.section
        credit = _AS_OF.sub("", self._credit)
        said = [
            self.title,
            own.subtitle,
            own.note,
            [vars(key) for key in own.legend],
            credit,
            self.is_simulated,
            self.public_url,
        ]
        return f"{_code()} {spec_of(own, self.model)} {json_of(said)}"

    def files(self) -> Iterator[tuple[str, str, _Make]]:
        """Name, recipe, and how it is made."""
        key, recipe = self.section.key, self.recipe
        table = self.table()
        yield f"charts/{key}.csv", table.decode(), lambda: table
        yield f"charts/{key}.svg", recipe, lambda: self.svg().encode()
        yield f"charts/{key}.png", recipe, lambda: worker.submit(png_of, self.svg(), PNG_SCALE)
        yield f"embed/{key}.html", recipe, lambda: self._embedded().encode()

    def svg(self) -> str:
        return picture(
            self.section, self.model, title=self.title, subtitle=self.section.subtitle, source=self._credit,
            is_simulated=self.is_simulated, words=self.words,
        )  # fmt: skip

    def card(self, headline: str) -> Future[bytes]:
        """The picture of links to the page: its headline, and this chart."""
        svg = picture(
            self.section, self.model, title=headline, subtitle=self.title, source=self._credit,
            is_simulated=self.is_simulated, words=self.words, size=CARD_SIZE,
        )  # fmt: skip
        return worker.submit(png_of, svg)

    def table(self) -> bytes:
        """The table behind the chart, with the citation of each row."""
        rows, names = rows_of_table(self.section, self.model), [column.name for column in self.section.columns]
        if self.section.is_by_model and "base_permaslug" not in names:
            names = ["base_permaslug", *names]
        cited = _marked(self.source, self.is_simulated)
        own = {"base_permaslug": self.model} if self.section.is_by_model else {}
        return csv_of([*names, "citation"], [{**own, "citation": cited, **row} for row in rows])

    @property
    def _credit(self) -> str:
        return f"{self.source} {self.words('files.made_with')}"

    def _embedded(self) -> str:
        return embed.page(
            self.section, self.model, title=self.title, source=self.source, is_simulated=self.is_simulated,
            words=self.words, public_url=self.public_url,
        )  # fmt: skip


def csv_of(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows as CSV: days and instants in ISO, NULL as nothing."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(names)
    lines.writerows(["" if row[name] is None else text(row[name]) for name in names] for row in rows)
    return written.getvalue().encode()


_LATEST = (
    "week_kind", "week_start", "base_permaslug", "coding_token_share", "coding_token_share_lower",
    "coding_token_share_upper", "coding_rank", "is_provisional", "citation", "built_at",
)  # fmt: skip


def _latest_json(rows: Sequence[Row], headline: str, lede: str, is_simulated: bool, words: Words) -> bytes:
    """The rows of latest.csv, with what each column means."""
    described = {name: COLUMNS[name].description for name in _LATEST if name in COLUMNS}
    content = {
        "description": words("files.latest"),
        "is_simulated": is_simulated,
        "headline": f"{SIMULATED} – {headline}" if is_simulated else headline,
        "lede": lede,
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "columns": {"week_kind": words("files.latest_week_kind"), **described},
        "rows": [{name: row[name] for name in _LATEST} for row in rows],
    }
    return f"{json.dumps(content, ensure_ascii=False, indent=1, default=text)}\n".encode()


def _marked(citation: str, is_simulated: bool) -> str:
    return f"{SIMULATED} – {citation}" if is_simulated and SIMULATED not in citation else citation


@cache
def _code() -> str:
    """What the pictures are drawn with: they are drawn again when this changes."""
    digest = hashlib.sha256(metadata.version("vl-convert-python").encode())
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in (".py", ".css", ".j2"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


class _Folder:
    """The files by name, and the hash of what each was made of: what is made of the same is not made again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._state = directory / STATE
        self._before: dict[str, str] = json.loads(self._state.read_bytes()) if self._state.exists() else {}
        self._now: dict[str, str] = {}
        self._awaited: dict[Path, Future[bytes]] = {}

    def put(self, name: str, recipe: str, make: _Make) -> None:
        path, made_of = self._directory / name, hashlib.sha256(recipe.encode()).hexdigest()
        if self._before.get(name) != made_of or not path.exists():
            self._state.unlink(missing_ok=True)  # a writer that is killed leaves none, and all is made again
            durable.make_folder(path.parent, kept="the files before are unchanged")
            made = make()
            if isinstance(made, Future):
                self._awaited[path] = made
            else:
                durable.write(path, made)
        self._now[name] = made_of

    def finish(self) -> None:
        for path, made in self._awaited.items():
            durable.write(path, made.result())
        if self._awaited:
            worker.stop()
        there = [path for folder in _FOLDERS for path in (self._directory / folder).glob("*")]
        for path in [*there, self._directory / CARD]:
            if path.relative_to(self._directory).as_posix() not in self._now:
                path.unlink(missing_ok=True)
        if self._now != self._before or not self._state.exists():
            durable.write(self._state, json.dumps(self._now, indent=0).encode())
