"""Apps by tokens or by growth in one window of days: ``/datasets/app-rankings``.

Belongs here: its request, its rows and how they are read. Not here: what all endpoints share (``request``, ``response``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Literal, get_args

import msgspec
import polars as pl

from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.documented import Documented, Integer, Text
from pipeline.openrouter.endpoints.endpoint import CC_BY, Endpoint, Paging
from pipeline.openrouter.endpoints.expectation import BLOCK, DESCENDS, Expectation, once
from pipeline.openrouter.endpoints.request import (
    described,
    refuse_no_date,
    refuse_number,
    refuse_unknown,
    refuse_window,
    set_params,
)
from pipeline.openrouter.endpoints.response import DATED_META, Answer, Rows, read_entries, unknown_of

AppSort = Literal["popular", "trending"]
AppCategory = Literal["coding", "creative", "productivity", "entertainment"]
AppSubcategory = Literal[
    "cli-agent",
    "ide-extension",
    "cloud-agent",
    "programming-app",
    "native-app-builder",
    "creative-writing",
    "video-gen",
    "image-gen",
    "audio-gen",
    "roleplay",
    "game",
    "writing-assistant",
    "general-chat",
    "personal-agent",
    "legal",
]


APP_SORTS: tuple[AppSort, ...] = get_args(AppSort)
APP_CATEGORIES: tuple[AppCategory, ...] = get_args(AppCategory)
APP_SUBCATEGORIES: tuple[AppSubcategory, ...] = get_args(AppSubcategory)


MAX_APPS, MAX_APP_OFFSET = 100, 100
"""The most apps one response holds, and the most that may be skipped: the 200th app is the last one available."""


WINDOW_DAYS = 30
"""The days of the longer window, which is the one that the source takes where no dates are given."""

WEEK = "ISO week"
"""The window that is a week of its own, Monday to Sunday, and no trailing one."""

_OF_A_WEEK = Paging(default_limit=50, most_rows=MAX_APPS + MAX_APP_OFFSET)


APPS_SCHEMA = {
    "position": pl.Int64(),
    "rank": pl.Int64(),
    "app_id": pl.Int64(),
    "app_name": pl.String(),
    "total_tokens": pl.Int64(),
    "total_requests": pl.Int64(),
}


class _Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    rank: Integer
    app_id: Integer
    app_name: Text
    total_tokens: str
    total_requests: Integer


_DOCUMENTED = Documented(_Row, APPS_SCHEMA)


@dataclass(frozen=True)
class AppRankingsRequest:
    """Apps by tokens (`popular`) or by growth (`trending`) in one window, both dates included (UTC).

    A date that is not given is set by the API, which echoes it: the end is the last complete day, the start 30 days
    before the end. The source documents no longest span for apps; we keep to that of the rankings. Which subcategory
    belongs to which category is not published, so a pair is not judged. Raises PermanentFailure for what is refused.

    Of a trailing window one page is asked for, its first hundred apps; of an ISO week all that there are, two hundred.
    """

    sort: AppSort
    category: AppCategory | None = None
    start_date: date | None = None
    end_date: date | None = None
    limit: int = MAX_APPS
    offset: int = 0
    subcategory: AppSubcategory | None = None

    path: ClassVar[str] = "/datasets/app-rankings"
    needs_key: ClassVar[bool] = True

    def __post_init__(self) -> None:
        refuse_unknown("sort", self.sort, APP_SORTS)
        refuse_unknown("category", self.category, APP_CATEGORIES, optional=True)
        refuse_unknown("subcategory", self.subcategory, APP_SUBCATEGORIES, optional=True)
        for name, value in (("start_date", self.start_date), ("end_date", self.end_date)):
            if value is not None:
                refuse_no_date(name, value)
        refuse_window(self, self.start_date, self.end_date)
        refuse_number("limit", self.limit, 1, MAX_APPS)
        refuse_number("offset", self.offset, 0, MAX_APP_OFFSET)

    def params(self) -> dict[str, str]:
        """`sort`, `category` and `subcategory` if set, the dates that are set, `limit`, `offset`."""
        names = ("sort", "category", "subcategory", "start_date", "end_date", "limit", "offset")
        return set_params({name: getattr(self, name) for name in names})

    def from_row(self, offset: int) -> AppRankingsRequest | None:
        """The request for the page that begins there; None where the API gives no such one."""
        return replace(self, offset=offset) if offset <= MAX_APP_OFFSET else None

    def describe(self) -> str:
        """For example `popular apps, category=coding, 2026-07-01 to 2026-07-30, up to 100 from 0`."""
        filters = described(set_params({"category": self.category, "subcategory": self.subcategory}))
        start = f"{self.start_date} to " if self.start_date else "up to "
        window = f"{start}{self.end_date or 'the last complete day'}"
        return f"{self.sort} apps{filters}, {window}, up to {self.limit} from {self.offset}"


def read_apps(body: bytes) -> Answer:
    """Read an answer of ``/datasets/app-rankings``. Raises PermanentFailure where the envelope is not the contract's."""
    documented = _DOCUMENTED.read(body)
    if documented is None:
        envelope = fields.envelope_of(body, "data", "meta")
        meta = fields.meta_of(envelope, DATED_META)
        answer = read_entries(APPS_SCHEMA, fields.rows_of(envelope), _app, unknown_of(envelope, meta, DATED_META))
    else:
        rows, meta = documented
        answer = Answer(rows=rows, rows_read=rows.height)
    last_day = fields.field_of(meta, "end_date", fields.day)
    return replace(
        answer,
        as_of=fields.field_of(meta, "as_of", fields.instant),
        resolved_start=fields.field_of(meta, "start_date", fields.day),
        resolved_end=last_day,
        period_start=last_day,
    )


def _app(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    unknown |= row.keys() - set(_Row.__struct_fields__)
    yield {
        "rank": fields.integer(row["rank"], "rank"),
        "app_id": fields.integer(row["app_id"], "app_id"),
        "app_name": fields.text(row["app_name"], "app_name"),
        "total_tokens": fields.tokens(row["total_tokens"]),
        "total_requests": fields.integer(row["total_requests"], "total_requests"),
    }


def _in_full(params: Mapping[str, str]) -> dict[str, str]:
    return {"sort": "popular", **params, "window": _window(params)}


def _window(params: Mapping[str, str]) -> str:
    """How many days the window has, as many as the source takes where no dates are given; or that it is a week."""
    if "start_date" not in params:
        return str(WINDOW_DAYS)
    try:
        first, last = (date.fromisoformat(params[name]) for name in ("start_date", "end_date"))
    except (KeyError, ValueError):
        return "unknown"
    return WEEK if (first.weekday(), (last - first).days) == (0, 6) else str((last - first).days + 1)


def _paging(params: Mapping[str, str]) -> Paging | None:
    return _OF_A_WEEK if _window(params) == WEEK else None


def _beside_the_one_before(staged: pl.DataFrame) -> pl.DataFrame:
    """Apps of a window, each beside the one before. Trending ones stand in the order of their growth, which is not told."""
    is_popular = pl.col("series").str.contains("/popular", literal=True)
    before = pl.when(is_popular).then(pl.col("total_tokens").shift(1).over(BLOCK)).fill_null(pl.col("total_tokens"))
    return staged.with_columns(tokens_of_row_before=before)


EXPECTATIONS = (
    Expectation(
        "app_once", "apps", once("exchange_id", "app_id"),
        "A response has each app once.",
        "the response repeats itself",
    ),
    Expectation(
        "app_ranks_count_up", "apps", pl.col("rank") == pl.col("position"),
        "Ranks count the rows from 1.",
        "the response is not the first page, or its order is not the documented one",
    ),
    Expectation(
        "app_rows_descend", "apps", DESCENDS,
        "Popular apps are in descending order of tokens.",
        "the order is not by tokens: ranks may have another meaning",
    ),
    Expectation(
        "app_figures_are_not_negative", "apps", pl.min_horizontal("total_tokens", "total_requests") >= 0,
        "Tokens and requests of apps are never negative.",
        "the source corrects by subtraction, or a figure overflowed there",
    ),
)  # fmt: skip


APPS = Endpoint(
    path=AppRankingsRequest.path,
    request=AppRankingsRequest,
    name="apps",
    table="app_rows",
    read=read_apps,
    schema=APPS_SCHEMA,
    citation="Source: OpenRouter (openrouter.ai/apps)",
    licence=CC_BY,
    # The source spells the same app in more than one way.
    volatile=frozenset({"position", "app_name"}),
    measures=("total_tokens", "total_requests"),
    paging=_paging,
    in_full=_in_full,
    prepare=_beside_the_one_before,
    expectations=EXPECTATIONS,
)
