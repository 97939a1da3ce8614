"""``make recording FROM=../shared``: writes ``warehouse/recordings/``, the small recording that every clone has.

Belongs here: which recorded responses it takes, what it says of their origin, and its README. Not here: the form of a
recorded exchange (``pipeline.openrouter.recorded``), what the responses are good for (``test_recording``).

Bodies stay unchanged, so that a response has the same identity here and where it was taken from: it lands once.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.settings import ROOT

TARGET = ROOT / "warehouse" / "recordings"
CITATION = "Source: OpenRouter (openrouter.ai/rankings), as of {as_of}. Licensed under CC BY 4.0."


@dataclass(frozen=True)
class Part:
    """Some responses of a folder beneath the source: which files, what for, and where their values come from."""

    folder: str
    names: tuple[str, ...]
    """How the files' names begin."""
    shows: str
    origin: str


_WINDOWS = "rankings-daily/day-vintages-2026"
_WHOLE = "rankings-daily/day-full-history"
_WINDOW = (
    "response of OpenRouter's Data API, saved by a third party: rows unchanged, request and meta rebuilt, retrieved_at is "
    "when it was saved"
)
_YEAR = "response of OpenRouter's Data API, saved by a third party: body unchanged, retrieved_at is the response's own as_of"
_WEEKS = (
    "weekly figures of openrouter.ai/rankings/programming, saved by a third party: the nine largest models and the sum of "
    "the others, in the form of an API response with request and meta rebuilt; sampled estimates, of which shares mean "
    "something and levels do not"
)

PARTS = (
    Part(f"history/{_WHOLE}", ("20260724T110736Z",), "every day of 2025, top 50 and the rest", _YEAR),
    Part(f"history/{_WHOLE}", ("20260804T092247Z",), "every day of 2026 as newest known, top 50 and the rest", _YEAR),
    Part(
        f"history/{_WHOLE}",
        ("20260724T110740Z",),
        "every day of 2026 as known on 24 July: 23 May to 17 June are lower than in the fetch of 22 June",
        _YEAR,
    ),
    Part(f"recordings/{_WINDOWS}", ("20260622",), "23 May to 21 June, before the fetch of 24 July lowered them", _WINDOW),
    Part(
        f"recordings/{_WINDOWS}",
        ("20260716", "20260717", "20260718", "20260719", "2026072", "2026073"),
        "the newest 30 days, fetched just after midnight UTC, day after day: each new day is restated by the next fetch, "
        "18 July the most",
        _WINDOW,
    ),
    Part(
        "recordings/rankings-daily/week-category-programming",
        ("2026",),
        "coding (category programming) by week, top nine and the rest",
        _WEEKS,
    ),
)


@dataclass(frozen=True)
class File:
    """A file of the recording: where it goes beneath the target, its exchange, and what it shows."""

    path: Path
    exchange: dict[str, Any]
    shows: str

    @property
    def content(self) -> bytes:
        """What the file holds, before it is compressed: the same bytes for the same source."""
        return json.dumps(self.exchange, ensure_ascii=False, separators=(",", ":")).encode()


def files(source: Path) -> Iterator[File]:
    """Every file of the recording, as the folder ``source`` (with ``history`` and ``recordings``) gives it."""
    for part in PARTS:
        found = sorted(one for one in (source / part.folder).glob("*.json.gz") if one.name.startswith(part.names))
        if not found:
            raise FileNotFoundError(f"{source / part.folder} has no recorded response whose name begins with {part.names}")
        for file in found:
            exchange = json.loads(gzip.decompress(file.read_bytes()))
            cited = CITATION.format(as_of=exchange["retrieved_at"])
            # A provenance of the source names who saved the response; the licence asks for OpenRouter's name alone.
            exchange["provenance"] = f"{part.origin}. {cited}"
            yield File(Path(part.folder).relative_to(part.folder.split("/")[0]) / file.name, exchange, part.shows)


def readme(written: list[File]) -> str:
    """The page beside the files: what each is, its dates, its origin and licence, and how it was made."""
    lines = [
        "# The recording of this project",
        "",
        "Real responses of `/datasets/rankings-daily`, few enough to be in every clone: the exact tokens of each day since",
        "2025-01-01, the recorded weeks of coding, and fetches of the same days at different times, which show that",
        "figures are restated. They are usage figures and nothing else: no catalogue, no scores, no apps. Import them like",
        "any recording:",
        "",
        "```",
        "openrouter-usage --data-dir DIR import warehouse/recordings",
        "openrouter-usage --data-dir DIR rebuild",
        "```",
        "",
        "Each file is one response, gzipped JSON: `request`, `retrieved_at`, `response`, `capture` and `provenance`, which",
        "says where its values come from and what was rebuilt around them. All rows of a response are there.",
        "`retrieved_at` is when it was fetched, so that a table as of an instant is what was known then.",
        "",
        "| file | shows | days or weeks | fetched at (UTC) | rows |",
        "| --- | --- | --- | --- | ---: |",
    ]
    for file in sorted(written, key=lambda one: one.path):
        body = file.exchange["response"]["body"]
        meta = body["meta"]
        lines.append(
            f"| [{file.path.parent.name}/{file.path.name}]({file.path.as_posix()}) | {file.shows} | "
            f"{meta['start_date']} to {meta['end_date']} | {file.exchange['retrieved_at']} | {len(body['data']):,} |"
        )
    newest = max(file.exchange["retrieved_at"] for file in written)
    lines += [
        "",
        "Weeks of coding before 2026-01-19 count a model's variants as one, and every recorded week is cut at nine models:",
        "a model that is not listed is below the smallest of them, not zero.",
        "",
        "## Licence",
        "",
        f"{CITATION.format(as_of=newest)} When you pass figures on,",
        "name the source and the instant: [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/). The figures are",
        "OpenRouter's and unchanged; what was rebuilt around them is in each file's `provenance`.",
        "",
        "Written by `make recording FROM=PATH`, from a folder that holds more recorded responses.",
    ]
    return "\n".join(lines) + "\n"


def write(source: Path, target: Path) -> None:
    """Write the recording anew; what was in ``target`` goes only once every file was read."""
    written = list(files(source))
    shutil.rmtree(target, ignore_errors=True)
    for file in written:
        path = target / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(file.content, compresslevel=9, mtime=0))
    (target / "README.md").write_text(readme(written))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make recording FROM=PATH, a folder that holds recorded responses in history and recordings")
    write(Path(sys.argv[1]), TARGET)
