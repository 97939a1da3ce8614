"""Versions of the page, each kept as it was, so that a link to one leads to what was cited.

Belongs here: ``archive/<version>/index.html`` and the list of versions. Not here: the page (``page``). A version is kept
when its figures are none of an earlier one; none is ever removed. Each takes as much as the page, about 0.8 MB.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from pipeline import durable
from pipeline.publish.report import markup
from pipeline.publish.report.section import Section
from pipeline.publish.report.words import Words
from pipeline.wording import text

FOLDER = "archive"
_INSTANT = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}")
# A link of the page to a file beside it.
_LINK = re.compile(r'(<(?:a|link) [^>]*?href=")(?![a-z]+:|[#/])')


def archive_name(directory: Path, built_at: datetime, sections: Sequence[Section]) -> str:
    """The version that has these figures: the kept one, or the one to be kept, named after its build."""
    figures = [[section.key, section.datasets or section.rows, section.table_rows] for section in sections]
    digest = hashlib.sha256(json.dumps(figures, default=text).encode()).hexdigest()[:12]
    kept = [name for name in names(directory) if name.endswith(digest)]
    return kept[0] if kept else f"{built_at.astimezone(UTC).strftime(_INSTANT)}-{digest}"


def names(directory: Path) -> list[str]:
    """The versions that are kept, oldest first."""
    found = (path.parent.name for path in (directory / FOLDER).glob("*/index.html"))
    return sorted(name for name in found if _NAME.fullmatch(name))


def keep(directory: Path, name: str, page: str, words: Words) -> None:
    """Keep the page as this version, if it is not kept yet: with a line that says so, and links that lead out of there."""
    path = directory / FOLDER / name / "index.html"
    if path.exists():
        return
    line = f'<p class="nothing">{escape(words("files.archive_banner", day=_day(name)))}'
    newest = f'<a href="index.html">{escape(words("files.archive_newest"))}</a></p>'
    copied = _LINK.sub(r"\1../../", page.replace("<body>", f"<body>\n{line} {newest}", 1))
    durable.make_folder(path.parent, kept="the versions before are unchanged")
    durable.write(path, copied.encode())


def index(directory: Path, words: Words, *, is_simulated: bool) -> str:
    """The list of versions, newest first."""
    versions = [(name, words("files.archive_version", day=_day(name))) for name in reversed(names(directory))]
    style = markup.style_of("embed.css")
    return markup.template("archive.html.j2").render(
        policy=markup.policy(style), style=style, words=words, versions=versions, is_simulated=is_simulated
    )


def _day(name: str) -> datetime:
    return datetime.strptime(name.partition("-")[0], _INSTANT).replace(tzinfo=UTC)
