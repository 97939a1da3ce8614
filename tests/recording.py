"""Make ``warehouse/recordings``: ``python -m tests.recording SHARED``, or ``make recording FROM=SHARED``.

Belongs here: which recorded responses come with the project, and what is said of them. Not here: taking them in
(``pipeline.landing``). Only rankings are copied, whole responses with the instants at which they were read: no catalogue and
no scores, for which no licence was found, and no names of whoever kept them.
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

from pipeline.settings import RECORDINGS

MOST_BYTES = 1_500_000
LICENCE = "Source: OpenRouter (openrouter.ai/rankings). Licensed under CC BY 4.0"


@dataclass(frozen=True)
class Kind:
    """Recorded responses of one kind: which files of the source they are, and what is said of each."""

    files: tuple[str, ...]
    holds: str
    provenance: str


KINDS = {
    "days": Kind(
        (
            "history/rankings-daily/day-full-history/*-2025.json.gz",
            "history/rankings-daily/day-full-history/20260724T110740Z-2026.json.gz",
            "history/rankings-daily/day-full-history/20260804T092247Z-2026.json.gz",
        ),
        "Every day since 2025-01-01, as read on 2026-07-24, and those of 2026 again on 2026-08-04. The days of 23 May to 17 "
        "June are lower there than in the readings of the newest 30 days before them.",
        "a response of the Data API, kept in a public archive: the body as it was",
    ),
    "newest-days": Kind(
        ("recordings/rankings-daily/day-vintages-2026/*",),
        "The newest 30 days, read on 41 occasions from 2026-06-22 to 2026-07-31: what was restated, and by how much.",
        "the default response of the Data API, kept in a public archive: the rows as they were, `meta` put together again",
    ),
    "programming-weeks": Kind(
        ("recordings/rankings-daily/week-category-programming/*",),
        "The weeks from 2025-05-19 to 2026-04-27 in the category programming, cut at the nine largest models. A sampled "
        "estimate: shares mean something, levels do not.",
        "the page of rankings in the category programming, kept in a public archive: the nine largest models and the rest, "
        "put into the form in which the Data API responds",
    ),
}


def main(source: Path, target: Path = RECORDINGS) -> None:
    """Write the recordings anew. Raises OSError where a file of the source is missing."""
    shutil.rmtree(target, ignore_errors=True)
    for name, kind in KINDS.items():
        (target / name).mkdir(parents=True)
        for file in _files(source, kind):
            recorded = json.loads(gzip.decompress(file.read_bytes()))
            kept = _kept(recorded, f"{kind.provenance}. {LICENCE}, as of {recorded['retrieved_at']}.")
            (target / name / file.name).write_bytes(gzip.compress(kept, compresslevel=9, mtime=0))
    (target / "README.md").write_text(_readme(target), encoding="utf-8")


def _files(source: Path, kind: Kind) -> Iterator[Path]:
    for pattern in kind.files:
        found = sorted(source.glob(pattern))
        if not found:
            raise FileNotFoundError(f"{source / pattern} is missing: name the folder that holds history/ and recordings/")
        yield from found


def _kept(recorded: dict[str, Any], provenance: str) -> bytes:
    return json.dumps({**recorded, "provenance": provenance}, separators=(",", ":"), ensure_ascii=False).encode()


def _readme(target: Path) -> str:
    lines = [
        "# Recorded responses",
        "",
        "Real responses of OpenRouter, with the instants at which they were read. `make run` takes them in where there is",
        "no key; `openrouter-usage import warehouse/recordings` does so in any data directory. One file is one exchange:",
        "`{request, retrieved_at, response: {status, body}, capture, provenance}`, gzipped JSON.",
        "",
        f"{LICENCE}; each file names its instant. They were made from a larger collection by `make recording FROM=FOLDER`.",
        "",
        "| folder | files | kB | what it holds |",
        "| --- | --- | --- | --- |",
    ]
    for name, kind in KINDS.items():
        sizes = [file.stat().st_size for file in (target / name).iterdir()]
        lines.append(f"| `{name}` | {len(sizes)} | {sum(sizes) / 1000:.0f} | {kind.holds} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
