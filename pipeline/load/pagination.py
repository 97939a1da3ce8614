"""The pages of one answer: which exchanges belong together, and whether all of them are there.

Belongs here: grouping exchanges into answers, and putting the pages of one together. Not here: asking for the next page
(``openrouter.endpoints``), what is stored of an answer (``loading``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from itertools import accumulate
from pathlib import Path

import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.landing import Landed, Landing
from pipeline.openrouter.endpoints.endpoint import Endpoint, Page
from pipeline.openrouter.endpoints.response import Answer
from pipeline.series import BY_NAME, ENDPOINTS, identify

ENTRIES_FOR_ONE_MISSING = 25
"""Of so many entries that the source counts one may be missing: it counts some that it does not list."""


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
        answer: Pages = []
        for path, landed in sorted(read, key=lambda page: (page[1].read_at, _window(page[1]), _page(page[1]).offset)):
            if answer and not _follows(landed, *answer[-1]):
                yield answer
                answer = []
            answer.append((landed, landing.body(path, landed)))
        yield answer


def paged_series(landed: Landed) -> str | None:
    """The series whose answers come in pages, and of which this is one that was answered."""
    name = identify(landed.endpoint, landed.params)
    # A page that broke off was asked for again: the pages after it follow its second answer.
    is_page = name is not None and BY_NAME[name].is_paged and landed.status == HTTPStatus.OK and not landed.is_truncated
    return name if is_page else None


def begins_answer(landed: Landed) -> bool:
    """Whether no page can stand before this response, as far as its request says."""
    return paged_series(landed) is None or _page(landed).offset == 0


def is_last_page(landed: Landed, body: bytes) -> bool:
    """Whether the answer that this response belongs to ends with it. Raises PermanentFailure where it cannot be read."""
    return paged_series(landed) is None or _page(landed).continues_at(ENDPOINTS[landed.endpoint].read(body)) is None


def _window(landed: Landed) -> tuple[str, ...]:
    """The days that were asked for, which are the same for all pages of an answer."""
    return tuple(landed.params.get(name, "") for name in ("start_date", "end_date"))


def _page(landed: Landed) -> Page:
    return ENDPOINTS[landed.endpoint].page(landed.params)


def _follows(landed: Landed, before: Landed, body: bytes) -> bool:
    """Whether a page begins where the one before it ends, which says that there is more."""
    page = _page(before)
    if _page(landed).offset <= page.offset or _window(landed) != _window(before):
        return False
    try:
        return _page(landed).offset == page.continues_at(ENDPOINTS[before.endpoint].read(body))
    except PermanentFailure:
        # What cannot be read is refused with all its pages.
        return page.limit is not None and _page(landed).offset == page.offset + page.limit


def together(pages: Sequence[Answer]) -> Answer:
    """The pages of one answer as one. Raises PermanentFailure where they tell of different windows or numbers of rows."""
    last = pages[-1]
    if len(pages) == 1:
        return last
    # Only a page beyond the last row may lack what it tells of.
    windows = {page.period_start for page in pages if page.rows_read}
    if len(windows) > 1:
        raise PermanentFailure("the pages have different windows: the source was renewed while it was read")
    totals = {page.total_rows for page in pages}
    if len(totals) > 1:
        raise PermanentFailure("the pages count different numbers of rows: the source was renewed while it was read")
    # Each page counts its rows from 1.
    rows_before = accumulate((page.rows_read for page in pages), initial=0)
    rows = [page.rows.with_columns(pl.col("position") + before) for page, before in zip(pages, rows_before, strict=False)]
    return replace(
        last,
        rows=pl.concat(rows),
        rows_read=sum(page.rows_read for page in pages),
        bad_rows=[row for page in pages for row in page.bad_rows],
        unknown_fields=tuple(sorted({name for page in pages for name in page.unknown_fields})),
        period_start=next(iter(windows), last.period_start),
    )


def missing_pages(endpoint: Endpoint, pages: Sequence[Landed], answers: Sequence[Answer]) -> int:
    """In how many places of the answer pages are missing: before the first one, between two of them, after the last one."""
    if endpoint.paging(pages[-1].params) is None:
        return 0
    first, last = _page(pages[0]), _page(pages[-1])
    read = accumulate((answer.rows_read for answer in answers), initial=first.offset)
    gaps = sum(_page(page).offset != before for page, before in zip(pages, read, strict=False))
    # Where the source did not heed how many were asked for, there is more after as many as it gives by itself.
    is_cut = answers[0].rows_read == first.paging.default_limit < (first.limit or 0) and any(
        page.rows_read for page in answers[1:]
    )
    # What it says there is and does not give is on a page that it does not name.
    is_short = missing_entries(answers) * ENTRIES_FOR_ONE_MISSING > (answers[-1].total_rows or 0)
    return (first.offset != 0) + gaps + (last.continues_at(answers[-1]) is not None or is_cut or is_short)


def missing_entries(answers: Sequence[Answer]) -> int:
    """How many entries the source counts that are on none of the pages."""
    return max(0, (answers[-1].total_rows or 0) - sum(page.rows_read for page in answers))
