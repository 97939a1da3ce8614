"""What may be asked: every combination the API refuses is refused here first, before it costs a request."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from pipeline.failures import PermanentFailure
from pipeline.openrouter.requests import (
    CATEGORIES,
    CONTEXT_BUCKETS,
    DATASET_START,
    LANGUAGE_TYPES,
    MAX_SPAN_DAYS,
    MODALITIES,
    PERIODS,
    ModelsRequest,
    RankingsDailyRequest,
    Request,
)

MONDAY, SUNDAY = date(2025, 10, 6), date(2025, 11, 2)


def asking(**changes: Any) -> RankingsDailyRequest:
    asked: dict[str, Any] = {"period": "week", "start_date": MONDAY, "end_date": SUNDAY}
    return RankingsDailyRequest(**asked | changes)


def test_only_what_is_set_is_sent_in_one_order() -> None:
    """Parameters identify a request in the archive: no unset ones, and always the same order."""
    assert list(asking(category="marketing/seo").params().items()) == [
        ("period", "week"),
        ("start_date", "2025-10-06"),
        ("end_date", "2025-11-02"),
        ("category", "marketing/seo"),
    ]
    assert list(asking(context_bucket="1M", modality="text", period="day").params()) == [
        *("period", "start_date", "end_date"),
        *("modality", "context_bucket"),
    ]
    assert ModelsRequest().params() == {}
    assert ModelsRequest("all").params() == {"output_modalities": "all"}


def test_requests_say_where_they_go_and_whether_they_need_a_key() -> None:
    """Only the catalogue answers without a key."""
    requests: list[Request] = [asking(), ModelsRequest()]
    assert [(r.path, r.needs_key) for r in requests] == [
        ("/datasets/rankings-daily", True),
        ("/models", False),
    ]


def test_descriptions_name_the_question() -> None:
    """Messages tell requests apart."""
    description = asking(category="programming").describe()
    assert description == "usage by week, category=programming, 2025-10-06 to 2025-11-02"
    assert ModelsRequest("all").describe() == "the catalogue of models, output_modalities=all"


def test_there_are_as_many_values_as_in_the_contract() -> None:
    """A value lost from an enumeration would lose a series."""
    counts = [len(v) for v in (PERIODS, CATEGORIES, LANGUAGE_TYPES, MODALITIES, CONTEXT_BUCKETS)]
    assert counts == [3, 12, 2, 5, 5]


@pytest.mark.parametrize("period", PERIODS)
def test_every_combination_of_filters_is_judged_as_the_api_does(period: str) -> None:
    """category and language_type go alone and not by day; modality and context_bucket go together."""
    for category, language_type, modality, bucket in product(
        (None, "programming"), (None, "natural"), (None, "audio"), (None, "10K")
    ):
        filters = {
            "category": category,
            "language_type": language_type,
            "modality": modality,
            "context_bucket": bucket,
        }
        sampled = [f for f in (category, language_type) if f]
        exact = [f for f in (modality, bucket) if f]
        if len(sampled) > 1 or (sampled and exact) or (sampled and period == "day"):
            with pytest.raises(PermanentFailure, match=r"^cannot ask for usage by .*; .*$"):
                asking(period=period, **filters)
        else:
            assert asking(period=period, **filters).params().keys() >= {k for k, v in filters.items() if v}


@pytest.mark.parametrize("name", ["period", "category", "language_type", "modality", "context_bucket"])
@pytest.mark.parametrize("value", ["decade", "", "Programming", 7])
def test_unknown_values_are_refused_with_the_known_ones(name: str, value: Any) -> None:
    """A typing mistake is told with the values that exist."""
    with pytest.raises(PermanentFailure, match=f"cannot ask for {name}={value!r}.*use one of"):
        asking(**{name: value})


def test_a_period_is_required() -> None:
    """None means "unset" for filters, and nothing for the period."""
    with pytest.raises(PermanentFailure, match="period=None"):
        asking(period=None)


def test_the_span_is_at_most_366_days_both_ends_included() -> None:
    """The boundary: 366 days are asked for, 367 are not."""
    first = date(2025, 3, 1)
    assert asking(start_date=first, end_date=first + timedelta(days=MAX_SPAN_DAYS - 1))
    with pytest.raises(PermanentFailure, match="that is 367 days"):
        asking(start_date=first, end_date=first + timedelta(days=MAX_SPAN_DAYS))


def test_one_day_is_a_span() -> None:
    """F21: a single day that is missing can be asked for."""
    assert asking(period="day", start_date=MONDAY, end_date=MONDAY).params()["end_date"] == "2025-10-06"


def test_dates_the_wrong_way_round_are_refused() -> None:
    """The API would answer 400."""
    with pytest.raises(PermanentFailure, match="starts after its end"):
        asking(start_date=SUNDAY, end_date=MONDAY)


def test_an_end_before_the_dataset_is_refused_and_a_start_before_it_is_not() -> None:
    """The source clamps the start of a window and refuses one that lies before its first day."""
    before = DATASET_START - timedelta(days=1)
    assert asking(start_date=before, end_date=DATASET_START)
    with pytest.raises(PermanentFailure, match="begins at 2025-01-01"):
        asking(start_date=before, end_date=before)


@pytest.mark.parametrize("name", ["start_date", "end_date"])
@pytest.mark.parametrize("value", [datetime(2025, 10, 6, tzinfo=UTC), "2025-10-06", None])
def test_only_dates_are_dates(name: str, value: Any) -> None:
    """A datetime passes for a date in Python, and would be sent with its time of day."""
    with pytest.raises(PermanentFailure, match=r"give a datetime\.date"):
        asking(**{name: value})


@pytest.mark.parametrize("value", ["", "all,", "text, image", "all&x=1", "text\n"])
def test_output_modalities_is_a_list(value: str) -> None:
    """A stray blank would silently ask for another modality."""
    with pytest.raises(PermanentFailure, match="comma-separated"):
        ModelsRequest(value)
