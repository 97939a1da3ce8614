"""Typed requests: what can be asked of OpenRouter's Data API, and nothing that it would refuse.

Belongs here: the endpoints' parameters, their permitted values and combinations. A request that cannot be
answered raises before it is sent, because a refused request costs as much of the budget as an answered one.
Not here: sending (client), the budget, which requests are due (series).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal, Protocol, get_args

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

PERIODS: tuple[Period, ...] = get_args(Period)
CATEGORIES: tuple[Category, ...] = get_args(Category)
LANGUAGE_TYPES: tuple[LanguageType, ...] = get_args(LanguageType)
MODALITIES: tuple[Modality, ...] = get_args(Modality)
CONTEXT_BUCKETS: tuple[ContextBucket, ...] = get_args(ContextBucket)

DATASET_START = date(2025, 1, 1)
"""The first day the source has."""

MAX_SPAN_DAYS = 366
"""The most days, both ends included, one request may span."""


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
        permitted: tuple[tuple[str, tuple[str, ...]], ...] = (
            ("period", PERIODS),
            ("category", CATEGORIES),
            ("language_type", LANGUAGE_TYPES),
            ("modality", MODALITIES),
            ("context_bucket", CONTEXT_BUCKETS),
        )
        for name, values in permitted:
            value = getattr(self, name)
            if (value is not None or name == "period") and value not in values:
                raise PermanentFailure(
                    f"cannot ask for {name}={value!r}: the API does not know it; use one of {', '.join(values)}"
                )
        self._refuse_dates()
        self._refuse_filters()

    def _refuse_dates(self) -> None:
        for name in ("start_date", "end_date"):
            value = getattr(self, name)
            # A datetime is a date to isinstance, and would be sent with its time.
            if not isinstance(value, date) or isinstance(value, datetime):
                raise PermanentFailure(
                    f"cannot ask for {name}={value!r}: it is a {type(value).__name__}; give a datetime.date (UTC)"
                )
        if self.start_date > self.end_date:
            raise PermanentFailure(f"cannot ask for {self.describe()}: it starts after its end; swap the dates")
        if self.end_date < DATASET_START:
            raise PermanentFailure(
                f"cannot ask for {self.describe()}: the source begins at {DATASET_START}; ask for a later end_date"
            )
        days = (self.end_date - self.start_date).days + 1
        if days > MAX_SPAN_DAYS:
            raise PermanentFailure(
                f"cannot ask for {self.describe()}: that is {days} days, and the API answers at most"
                f" {MAX_SPAN_DAYS}; split it into several requests"
            )

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
        filters = "".join(f", {name}={value}" for name, value in self._filters().items())
        return f"usage by {self.period}{filters}, {self.start_date} to {self.end_date}"


@dataclass(frozen=True)
class ModelsRequest:
    """The catalogue of models with prices. `output_modalities` is a comma-separated list or `all`; unset,
    the source lists models with text output only. Raises PermanentFailure if it is not such a list.
    """

    output_modalities: str | None = None

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

    def params(self) -> dict[str, str]:
        """`output_modalities`, if set."""
        return {} if self.output_modalities is None else {"output_modalities": self.output_modalities}

    def describe(self) -> str:
        """For example `the catalogue of models, output_modalities=all`."""
        filters = "".join(f", {name}={value}" for name, value in self.params().items())
        return f"the catalogue of models{filters}"
