"""The pages of one answer: which exchanges belong together, and whether all of them are there.

Belongs here: grouping exchanges into answers, and putting the pages of one together. Not here: asking for the next page
(``openrouter.snapshots``), what is stored of an answer (``loading``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.landing import Landed, Landing
from pipeline.openrouter.responses import Answer
from pipeline.openrouter.shapes import SHAPES, Shape
from pipeline.series import BY_NAME, identify

SHAPE_OF: Mapping[str, Shape] = {name: SHAPES[series.question[0]] for name, series in BY_NAME.items()}
"""By the series' name."""

_DEFAULT_PAGE = {"limit": "100", "offset": "0"}
"""What the source takes where a request for a page does not say."""


Pages = list[tuple[Landed, bytes]]
"""One answer: the exchanges that make it up, each with its body."""


def answers_of(landing: Landing, paths: Iterable[Path], damaged: list[str]) -> Iterator[Pages]:
    """The exchanges, oldest first, and then the pages of one answer together. Each body is read as it is asked for.

    Those that are not as they were landed are left out, as if they were not there, and said in ``damaged``.
    """
    paged: dict[str, list[tuple[Path, Landed]]] = {}
    for path in paths:
        try:
            landed = landing.describe(path)
            body = landing.body(path, landed)
        except PermanentFailure as failure:
            damaged.append(str(failure))
            continue
        name = paged_series(landed)
        if name is None:
            yield [(landed, body)]
        else:
            paged.setdefault(name, []).append((path, landed))
    for read in paged.values():
        answer: list[tuple[Path, Landed]] = []
        for path, landed in sorted(read, key=lambda page: (page[1].read_at, _page(page[1]))):
            if answer and not _follows(landed, answer[-1][1]):
                yield _with_bodies(landing, answer)
                answer = []
            answer.append((path, landed))
        yield _with_bodies(landing, answer)


def _with_bodies(landing: Landing, pages: Sequence[tuple[Path, Landed]]) -> Pages:
    return [(landed, landing.body(path, landed)) for path, landed in pages]


def paged_series(landed: Landed) -> str | None:
    """The series whose answers come in pages, and of which this is one that was answered."""
    name = identify(landed.endpoint, landed.params)
    # A page that broke off was asked for again: the pages after it follow its second answer.
    is_page = name is not None and SHAPE_OF[name].is_paged and landed.status == HTTPStatus.OK and not landed.is_truncated
    return name if is_page else None


def begins_answer(landed: Landed) -> bool:
    """Whether no page can stand before this response, as far as its request says."""
    return paged_series(landed) is None or _page(landed)[0] == 0


def _page(landed: Landed) -> tuple[int, int]:
    """How many rows a page skips, and how many it may have; -1 where the request does not say so in numbers."""
    numbers = ({**_DEFAULT_PAGE, **landed.params}[name] for name in ("offset", "limit"))
    offset, limit = (int(number) if number.isdecimal() else -1 for number in numbers)
    return offset, limit


def _follows(landed: Landed, before: Landed) -> bool:
    offset, limit = _page(before)
    return _page(landed) == (offset + limit, limit)


def together(pages: Sequence[Answer]) -> Answer:
    """The pages of one answer as one. Raises PermanentFailure where they tell of different windows."""
    last = pages[-1]
    # Only a page beyond the last row may lack what it tells of.
    windows = {page.period_start for page in pages if page.rows_read}
    if len(windows) > 1:
        raise PermanentFailure("the pages tell of different windows: the source was renewed while it was read")
    return replace(
        last,
        rows=pl.concat([page.rows for page in pages]),
        rows_read=sum(page.rows_read for page in pages),
        bad_rows=[row for page in pages for row in page.bad_rows],
        unknown_fields=tuple(sorted({name for page in pages for name in page.unknown_fields})),
        period_start=next(iter(windows), last.period_start),
    )


def missing_pages(shape: Shape, pages: Sequence[Landed], answers: Sequence[Answer]) -> int:
    """How many ends of the answer are not there: the pages before the first one, and those after a last one that is full."""
    if not shape.is_paged:
        return 0
    first_offset, _ = _page(pages[0])
    _, limit = _page(pages[-1])
    # A single page of just as many rows as the source gives by itself was cut: it did not heed how many were asked for.
    is_cut = len(pages) == 1 and answers[0].rows_read == int(_DEFAULT_PAGE["limit"]) < limit
    return (first_offset != 0) + (answers[-1].rows_read >= limit or is_cut)
