"""Typed requests: what can be asked of OpenRouter's Data API, and nothing that it would refuse.

Belongs here: the endpoints' parameters, their permitted values and combinations. A request that cannot be
answered raises before it is sent, because a refused request costs as much of the budget as an answered one.
Not here: sending (client), the budget, which requests are due (series).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Protocol, get_args

from pipeline.failures import PermanentFailure

Period = Literal["day", "week", "month"]
Category = Literal[
    "programming",
    "roleplay",
    "marketing",
    "marketing/seo",
    "technology",
    "science",
    "translation",
    "legal",
    "finance",
    "health",
    "trivia",
    "academia",
]
LanguageType = Literal["natural", "programming"]
Modality = Literal["text", "image", "image_output", "audio", "tool_calling"]
ContextBucket = Literal["1K", "10K", "100K", "1M", "10M"]
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
TurnRange = Literal["1-turn", "2-9-turns", "10-49-turns", "50-plus-turns"]
TaskWindow = Literal["7d"]
BenchmarkSource = Literal["artificial-analysis", "design-arena", "openrouter"]

PERIODS: tuple[Period, ...] = get_args(Period)
CATEGORIES: tuple[Category, ...] = get_args(Category)
LANGUAGE_TYPES: tuple[LanguageType, ...] = get_args(LanguageType)
MODALITIES: tuple[Modality, ...] = get_args(Modality)
CONTEXT_BUCKETS: tuple[ContextBucket, ...] = get_args(ContextBucket)
APP_SORTS: tuple[AppSort, ...] = get_args(AppSort)
APP_CATEGORIES: tuple[AppCategory, ...] = get_args(AppCategory)
APP_SUBCATEGORIES: tuple[AppSubcategory, ...] = get_args(AppSubcategory)
TURN_RANGES: tuple[TurnRange, ...] = get_args(TurnRange)
TASK_WINDOWS: tuple[TaskWindow, ...] = get_args(TaskWindow)
BENCHMARK_SOURCES: tuple[BenchmarkSource, ...] = get_args(BenchmarkSource)

DATASET_START = date(2025, 1, 1)
"""The first day the source has."""

MAX_SPAN_DAYS = 366
"""The most days, both ends included, one request may span."""

MAX_APPS, MAX_APP_OFFSET = 100, 100
"""The most apps one answer holds, and the most that may be skipped: the 200th app is the last to be had."""

MAX_CELLS, MAX_CELL_OFFSET = 500, 5000
"""The same for the cells of session cost."""

MAX_MODELS, MAX_MODEL_OFFSET = 1000, 50_000
"""The most entries of a page of the catalogue, and ours: the first entry of a page that is still asked for."""


class Request(Protocol):
    """One question to the API. It is data: the client turns it into an HTTP request."""

    @property
    def path(self) -> str:
        """Below the API's base URL, starting with `/`."""

    @property
    def needs_key(self) -> bool:
        """Whether the endpoint answers only with an API key."""

    def params(self) -> dict[str, str]:
        """The query parameters that are set, always in the same order."""

    def describe(self) -> str:
        """The question in a few words, for messages."""


def _refuse_unknown(name: str, value: object, permitted: tuple[str, ...], *, optional: bool = False) -> None:
    if value not in permitted and not (optional and value is None):
        raise PermanentFailure(
            f"cannot ask for {name}={value!r}: the API does not know it; use one of {', '.join(permitted)}"
        )


def _refuse_number(name: str, value: object, least: int, most: int) -> None:
    # True is an int to isinstance, and would be sent as a word.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise PermanentFailure(f"cannot ask for {name}={value!r}: give a whole number from {least} to {most}")


def _refuse_no_date(name: str, value: object) -> None:
    # A datetime is a date to isinstance, and would be sent with its time.
    if not isinstance(value, date) or isinstance(value, datetime):
        raise PermanentFailure(
            f"cannot ask for {name}={value!r}: it is a {type(value).__name__}; give a datetime.date (UTC)"
        )


def _refuse_window(request: Request, start: date | None, end: date | None) -> None:
    """Refuse a window that is wrong as far as it is given; the API sets an end that is not."""
    if start and end and start > end:
        raise PermanentFailure(f"cannot ask for {request.describe()}: it starts after its end; swap the dates")
    if end and end < DATASET_START:
        raise PermanentFailure(
            f"cannot ask for {request.describe()}: the source begins at {DATASET_START}; ask for a later end_date"
        )
    days = (end - start).days + 1 if start and end else 0
    if days > MAX_SPAN_DAYS:
        raise PermanentFailure(
            f"cannot ask for {request.describe()}: that is {days} days, and the API answers at most"
            f" {MAX_SPAN_DAYS}; split it into several requests"
        )


def _set(values: dict[str, Any]) -> dict[str, str]:
    """Parameters as they are sent, without those that are not set."""
    return {name: str(value) for name, value in values.items() if value is not None}


def _described(filters: dict[str, str]) -> str:
    return "".join(f", {name}={value}" for name, value in filters.items())


@dataclass(frozen=True)
class RankingsDailyRequest:
    """Token totals of the top 50 models and `other`, per period, both dates included (UTC).

    `category` and `language_type` read a sampled dataset that exists by week and month only, and go with no
    other filter; `modality` and `context_bucket` narrow the exact one. Raises PermanentFailure for what the
    API refuses.
    """

    period: Period
    start_date: date
    end_date: date
    category: Category | None = None
    language_type: LanguageType | None = None
    modality: Modality | None = None
    context_bucket: ContextBucket | None = None

    path: ClassVar[str] = "/datasets/rankings-daily"
    needs_key: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _refuse_unknown("period", self.period, PERIODS)
        _refuse_unknown("category", self.category, CATEGORIES, optional=True)
        _refuse_unknown("language_type", self.language_type, LANGUAGE_TYPES, optional=True)
        _refuse_unknown("modality", self.modality, MODALITIES, optional=True)
        _refuse_unknown("context_bucket", self.context_bucket, CONTEXT_BUCKETS, optional=True)
        _refuse_no_date("start_date", self.start_date)
        _refuse_no_date("end_date", self.end_date)
        _refuse_window(self, self.start_date, self.end_date)
        self._refuse_filters()

    def _refuse_filters(self) -> None:
        if self.category and self.language_type:
            raise PermanentFailure(
                f"cannot ask for {self.describe()}: category and language_type cannot be combined; ask for each alone"
            )
        sampled = "category" if self.category else "language_type" if self.language_type else None
        exact = "modality" if self.modality else "context_bucket" if self.context_bucket else None
        if sampled and exact:
            raise PermanentFailure(
                f"cannot ask for {self.describe()}: {sampled} is sampled and {exact} exact, and the API"
                " does not combine them; ask for each alone"
            )
        if sampled and self.period == "day":
            raise PermanentFailure(
                f"cannot ask for {self.describe()}: {sampled} is sampled by week; use period='week' or 'month'"
            )

    def _filters(self) -> dict[str, str]:
        names = ("category", "language_type", "modality", "context_bucket")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def params(self) -> dict[str, str]:
        """`period`, `start_date`, `end_date`, then the filters that are set."""
        return {
            "period": self.period,
            "start_date": self.start_date.isoformat(),
            "end_date": self.end_date.isoformat(),
            **self._filters(),
        }

    def describe(self) -> str:
        """For example `usage by week, category=programming, 2025-10-06 to 2025-11-02`."""
        return f"usage by {self.period}{_described(self._filters())}, {self.start_date} to {self.end_date}"


@dataclass(frozen=True)
class ModelsRequest:
    """The catalogue of models with prices. `output_modalities` is a comma-separated list or `all`; unset,
    the source lists models with text output only. It is asked for whole; `offset` and `limit` are those of a page, where the
    source gives it in pages. Raises PermanentFailure for what is refused.
    """

    output_modalities: str | None = None
    offset: int | None = None
    limit: int | None = None

    path: ClassVar[str] = "/models"
    needs_key: ClassVar[bool] = False

    def __post_init__(self) -> None:
        # Not an enumeration: the source adds modalities, and says so for none of them.
        value = self.output_modalities
        if value is not None and not re.fullmatch(r"[a-z_]+(,[a-z_]+)*", value):
            raise PermanentFailure(
                f"cannot ask for output_modalities={value!r}: it is no comma-separated list;"
                " use for example 'all' or 'text,image'"
            )
        if self.offset is not None:
            _refuse_number("offset", self.offset, 0, MAX_MODEL_OFFSET)
        if self.limit is not None:
            _refuse_number("limit", self.limit, 1, MAX_MODELS)

    def params(self) -> dict[str, str]:
        """Those of `output_modalities`, `offset` and `limit` that are set."""
        return _set({name: getattr(self, name) for name in ("output_modalities", "offset", "limit")})

    def from_row(self, offset: int) -> ModelsRequest | None:
        """The request for the page that begins there; None beyond the last that is asked for."""
        return replace(self, offset=offset, limit=MAX_MODELS) if offset <= MAX_MODEL_OFFSET else None

    def describe(self) -> str:
        """For example `the catalogue of models, output_modalities=all`."""
        return f"the catalogue of models{_described(self.params())}"


@dataclass(frozen=True)
class AppRankingsRequest:
    """Apps by tokens (`popular`) or by growth (`trending`) in one window, both dates included (UTC).

    A date that is not given is set by the API, which echoes it: the end is the last complete day, the start 30 days
    before the end. The source documents no longest span for apps; we keep to that of the rankings. Which subcategory
    belongs to which category is not published, so a pair is not judged. Raises PermanentFailure for what is refused.
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
        _refuse_unknown("sort", self.sort, APP_SORTS)
        _refuse_unknown("category", self.category, APP_CATEGORIES, optional=True)
        _refuse_unknown("subcategory", self.subcategory, APP_SUBCATEGORIES, optional=True)
        for name, value in (("start_date", self.start_date), ("end_date", self.end_date)):
            if value is not None:
                _refuse_no_date(name, value)
        _refuse_window(self, self.start_date, self.end_date)
        _refuse_number("limit", self.limit, 1, MAX_APPS)
        _refuse_number("offset", self.offset, 0, MAX_APP_OFFSET)

    def params(self) -> dict[str, str]:
        """`sort`, `category` and `subcategory` if set, the dates that are set, `limit`, `offset`."""
        names = ("sort", "category", "subcategory", "start_date", "end_date", "limit", "offset")
        return _set({name: getattr(self, name) for name in names})

    def describe(self) -> str:
        """For example `popular apps, category=coding, 2026-07-01 to 2026-07-30, up to 100 from 0`."""
        filters = _described(_set({"category": self.category, "subcategory": self.subcategory}))
        start = f"{self.start_date} to " if self.start_date else "up to "
        window = f"{start}{self.end_date or 'the last complete day'}"
        return f"{self.sort} apps{filters}, {window}, up to {self.limit} from {self.offset}"


@dataclass(frozen=True)
class SessionCostRequest:
    """Median cost of a session by app, model and number of turns, as of the source's weekly snapshot.

    The cells come in pages of at most 500: ask on until a page is short. `app_slug` and `model` (an exact
    permaslug) are the source's own, and unknown ones have no cells. Raises PermanentFailure for what the API refuses.
    """

    limit: int = MAX_CELLS
    offset: int = 0
    app_slug: str | None = None
    model: str | None = None
    turn_range: TurnRange | None = None

    path: ClassVar[str] = "/datasets/session-cost"
    needs_key: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _refuse_number("limit", self.limit, 1, MAX_CELLS)
        _refuse_number("offset", self.offset, 0, MAX_CELL_OFFSET)
        for name, value in (("app_slug", self.app_slug), ("model", self.model)):
            if value is not None and (not isinstance(value, str) or not re.fullmatch(r"\S+", value)):
                raise PermanentFailure(f"cannot ask for {name}={value!r}: give the source's own name, or leave it unset")
        _refuse_unknown("turn_range", self.turn_range, TURN_RANGES, optional=True)

    def _filters(self) -> dict[str, str]:
        return _set({"app_slug": self.app_slug, "model": self.model, "turn_range": self.turn_range})

    def params(self) -> dict[str, str]:
        """The filters that are set, `limit`, `offset`."""
        return {**self._filters(), "limit": str(self.limit), "offset": str(self.offset)}

    def from_row(self, offset: int) -> SessionCostRequest | None:
        """The request for the page that begins there; None where the API gives no such one."""
        return replace(self, offset=offset) if offset <= MAX_CELL_OFFSET else None

    def describe(self) -> str:
        """For example `cost of sessions, turn_range=1-turn, up to 500 from 0`."""
        return f"cost of sessions{_described(self._filters())}, up to {self.limit} from {self.offset}"


@dataclass(frozen=True)
class TaskClassificationsRequest:
    """Shares of tasks, and of models within them, over the days before today. The source keeps no past of them."""

    window: TaskWindow = "7d"

    path: ClassVar[str] = "/classifications/task"
    needs_key: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _refuse_unknown("window", self.window, TASK_WINDOWS)

    def params(self) -> dict[str, str]:
        """`window`."""
        return {"window": self.window}

    def describe(self) -> str:
        """For example `shares of tasks, window=7d`."""
        return f"shares of tasks, window={self.window}"


@dataclass(frozen=True)
class BenchmarksRequest:
    """Scores of models from one source. The API would mix sources of different shapes if none were named; we name
    one. Raises PermanentFailure for a source it does not know.
    """

    source: BenchmarkSource = "artificial-analysis"

    path: ClassVar[str] = "/benchmarks"
    needs_key: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _refuse_unknown("source", self.source, BENCHMARK_SOURCES)

    def params(self) -> dict[str, str]:
        """`source`."""
        return {"source": self.source}

    def describe(self) -> str:
        """For example `benchmarks, source=artificial-analysis`."""
        return f"benchmarks, source={self.source}"
