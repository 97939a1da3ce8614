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
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline import durable, worker
from pipeline.contracts.columns import COLUMNS
from pipeline.publish.report import archive, embed
from pipeline.publish.report.content import Content
from pipeline.publish.report.encode import json_of
from pipeline.publish.report.engine import png_of
from pipeline.publish.report.head import CARD, CARD_SECTION, CARD_SIZE, LICENCE, LICENCE_URL
from pipeline.publish.report.picture import PNG_SCALE, picture
from pipeline.publish.report.section import Row, Section
from pipeline.publish.report.still import rows_of_table, spec_of
from pipeline.wording import text

STATE = ".files.json"
_FOLDERS = ("charts", "embed")  # nobody else's: whatever else is in them goes

_AS_OF = re.compile(r"as of \S+")

_Make = Callable[[], bytes | Future[bytes]]


@contextmanager
def writing(directory: Path, content: Content, *, page: str, version: str) -> Iterator[None]:
    """Write what changed, remove what no section has any more. ``page`` is the text of ``index.html``, and ``version`` the
    name of its copy in the archive. Pictures are drawn on another core, while the caller's block does what else is to do."""
    folder, words = _Folder(directory), content.words
    for section, source in content.passed_on():
        _put_files(folder, section, content, source)
    rows = [
        {**row, "citation": content.marked(row["citation"]), "built_at": content.build["built_at"]} for row in content.latest
    ]
    for name, made in (("latest.json", _latest_json(rows, content)), ("latest.csv", csv_of(_LATEST, rows))):
        folder.put(name, made, made.encode)
    archive.keep(directory, version, page, words)
    index = archive.index(directory, words, is_simulated=content.is_simulated)
    folder.put("archive/index.html", index, index.encode)
    yield
    folder.finish()


def _put_files(folder: _Folder, section: Section, content: Content, source: str) -> None:
    """The files of a chart. Of the time of the fetch pictures have that at which they were drawn: it holds while the figures
    are the same, so that fetching them again every day does not draw every picture again."""
    key, headline, credit = section.key, content.story.headline, f"{source} {content.words('files.made_with')}"
    said = [
        section.title_of(content.chosen),
        section.subtitle,
        section.note,
        [vars(key) for key in section.legend],
        _AS_OF.sub("", credit),
        content.is_simulated,
        content.settings.public_url,
    ]
    recipe = f"{_code()} {spec_of(section, content.chosen)} {json_of(said)}"
    table = _table(section, content, source)
    folder.put(f"charts/{key}.csv", table, table.encode)
    folder.put(f"charts/{key}.svg", recipe, lambda: picture(section, content, credit).encode())
    folder.put(f"charts/{key}.png", recipe, lambda: worker.submit(png_of, picture(section, content, credit), PNG_SCALE))
    folder.put(f"embed/{key}.html", recipe, lambda: embed.page(section, content, source).encode())
    if key == CARD_SECTION:
        folder.put(
            CARD,
            f"{recipe} {headline}",
            lambda: worker.submit(png_of, picture(section, content, credit, headline=headline, size=CARD_SIZE)),
        )


def _table(section: Section, content: Content, source: str) -> str:
    """The table behind the chart, with the citation of each row."""
    rows, names = rows_of_table(section, content.chosen), [column.name for column in section.columns]
    own = {"base_permaslug": content.chosen} if section.is_by_model else {}
    given = {**own, "citation": content.marked(source)}
    return csv_of([*(own.keys() - {*names}), *names, "citation"], [{**given, **row} for row in rows])


def csv_of(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV: days and instants in ISO, NULL as nothing."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(names)
    lines.writerows(["" if row[name] is None else text(row[name]) for name in names] for row in rows)
    return written.getvalue()


_LATEST = (
    "week_kind", "week_start", "base_permaslug", "coding_token_share", "coding_token_share_lower",
    "coding_token_share_upper", "coding_rank", "is_provisional", "citation", "built_at",
)  # fmt: skip


def _latest_json(rows: Sequence[Row], content: Content) -> str:
    """The rows of latest.csv, with what each column means."""
    described = {name: COLUMNS[name].description for name in _LATEST if name in COLUMNS}
    told = {
        "description": content.words("files.latest"),
        "is_simulated": content.is_simulated,
        "headline": content.marked(content.story.headline),
        "lede": content.story.lede,
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "columns": {"week_kind": content.words("files.latest_week_kind"), **described},
        "rows": [{name: row[name] for name in _LATEST} for row in rows],
    }
    return f"{json.dumps(told, ensure_ascii=False, indent=1, default=text)}\n"


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
