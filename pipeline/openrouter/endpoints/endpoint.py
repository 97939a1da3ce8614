"""What there is to say of an endpoint, and the pages of its responses.

Belongs here: the form of that description, and which page comes next. Not here: any one endpoint (its own file), the list
of all of them (``series``), putting pages together (``load.pagination``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.expectation import Expectation
from pipeline.openrouter.endpoints.request import MAX_SPAN_DAYS, Request
from pipeline.openrouter.endpoints.response import Answer

Source = Literal["api", "site", "gateway"]
"""Who is asked: OpenRouter's Data API with a key, its web site without one, or the second gateway. Each has a base URL, a
client and a budget of its own; only that of the API has the key.
"""

CC_BY = "CC BY 4.0"
"""The licence that the source states for its datasets."""


@dataclass(frozen=True)
class Paging:
    """``default_limit`` is how many rows a page has where the request does not say, ``most_limit`` the most that it may ask
    for. No page is requested that begins after ``last_offset``. ``is_whole_unasked``: without limit and offset it gets all
    rows. ``most_rows`` is how many the source gives on all pages, whatever more it has.
    """

    default_limit: int
    most_limit: int
    last_offset: int
    is_whole_unasked: bool = False
    most_rows: int | None = None


@dataclass(frozen=True, eq=False)  # each is itself alone: a key of mappings
class Endpoint:
    """One endpoint: how its responses are read, stored and cited.

    - ``source`` is who responds to it, ``title`` what it has, in words; without ``needs_key`` it is never sent the key.
    - ``always`` are parameters of every request.
    - ``name`` is that of its rows as a batch, ``table`` where ``raw`` stores them, ``schema`` that of the rows of ``read``.
    - ``citation`` begins the line beside a figure, where a response brings none of its own; ``licence`` is the source's.
    - ``volatile`` columns are not part of a row's content: responses that differ in nothing else are equal.
    - ``has_period`` is false where a response does not say of which days it is.
    - ``is_dated_by_day``: its `as_of` is a day, without a time.
    - ``dates`` are its parameters for the first and the last day of a span, ``longest_span_days`` is the most days of one.
    - ``cached_hours``: for so long the source may give the same response again, so that two of them confirm nothing.
    - ``measures`` are columns that cannot be zero in every row.
    - ``spares_one_in``: rows are entries that stand each for itself, so that those which cannot be read or told apart are
      set aside, up to one in so many. None: a ranking, or shares of one whole, would be false without a row.
    - ``expectations`` are those of its rows, which ``prepare`` gives the columns that they compare with.
    - ``paging`` says how the response to a request with these parameters comes in pages; None where it is one page.
    - ``in_full`` gives a request's parameters as the source takes them, defaults included.
    """

    path: str
    title: str
    name: str
    table: str
    read: Callable[[bytes], Answer]
    schema: Mapping[str, pl.DataType]
    citation: str
    licence: str | None
    volatile: frozenset[str] = frozenset({"position"})
    source: Source = "api"
    needs_key: bool = True
    always: Mapping[str, str] = field(default_factory=dict)
    has_period: bool = True
    is_dated_by_day: bool = False
    dates: tuple[str, str] = ("start_date", "end_date")
    longest_span_days: int = MAX_SPAN_DAYS
    cached_hours: int = 0
    measures: tuple[str, ...] = ()
    spares_one_in: int | None = None
    paging: Callable[[Mapping[str, str]], Paging | None] = lambda params: None
    in_full: Callable[[Mapping[str, str]], Mapping[str, str]] = dict
    prepare: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows
    expectations: tuple[Expectation, ...] = ()

    @property
    def is_dated_by_row(self) -> bool:
        """Whether each row says to which period it belongs."""
        return "period_start" in self.schema

    @property
    def content(self) -> list[str]:
        """The columns that make up a row's content."""
        return [name for name in self.schema if name not in self.volatile]

    def request(self, start: date | None = None, end: date | None = None, /, **params: str) -> Request:
        """The request with these parameters, from its first day to its last (UTC), where it is one for days."""
        days = {name: str(day) for name, day in zip(self.dates, (start, end), strict=True) if day is not None}
        return Request(self.path, self.title, {**params, **days, **self.always}, self.needs_key)

    def page(self, params: Mapping[str, str]) -> Page:
        """The page that a request with these parameters asked for. Raises ValueError for a response without pages."""
        paging = self.paging(params)
        if paging is None:
            raise ValueError(f"{self.path} does not respond in pages")
        if paging.is_whole_unasked and not {"offset", "limit"} & params.keys():
            return Page(paging, 0, None)
        asked = params.get("offset", "0"), params.get("limit", str(paging.default_limit))
        offset, limit = (int(number) if number.isdecimal() else -1 for number in asked)
        return Page(paging, offset, limit)

    def next_page(self, request: Request, body: bytes) -> Request | None:
        """The request for the page after this response; None where it was the last page, or no further one is available."""
        paging = self.paging(request.params)
        if paging is None:
            return None
        try:
            answer = self.read(body)
        except PermanentFailure:
            return None  # loading says so
        page = self.page(request.params)
        offset = page.continues_at(answer)
        if offset is None or not page.offset < offset <= paging.last_offset:
            return None
        return replace(request, params={"limit": str(paging.most_limit), **request.params, "offset": str(offset)})


@dataclass(frozen=True)
class Page:
    """The rows that a request asked for: how many it skips, and how many it may have.

    Either is -1 where it is not a number; ``limit`` is None where all rows were asked for.
    """

    paging: Paging
    offset: int
    limit: int | None

    def continues_at(self, answer: Answer) -> int | None:
        """From which row on the source has more than this page; None where the page is the last one."""
        if answer.next_offset is not None:
            return answer.next_offset
        if self.limit is None or (answer.total_rows is not None and self.offset + answer.rows_read >= answer.total_rows):
            return None
        # A first page of as many rows as the source gives by itself may be all, or how many were asked for was not heeded.
        is_doubtful = self.offset == 0 and 0 < answer.rows_read == self.paging.default_limit
        if answer.rows_read < self.limit and not is_doubtful:
            return None
        following = self.offset + min(answer.rows_read, self.limit)
        most_rows = self.paging.most_rows
        return None if most_rows is not None and following >= most_rows else following
