"""What may be asked: every combination the API refuses is refused here first, before it costs a request."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.apps import (
    APP_CATEGORIES,
    APP_SORTS,
    APP_SUBCATEGORIES,
    MAX_APP_OFFSET,
    MAX_APPS,
    AppRankingsRequest,
)
from pipeline.openrouter.endpoints.benchmarks import BENCHMARK_SOURCES, BenchmarksRequest
from pipeline.openrouter.endpoints.models import ModelsRequest
from pipeline.openrouter.endpoints.rankings import (
    CATEGORIES,
    CONTEXT_BUCKETS,
    LANGUAGE_TYPES,
    MODALITIES,
    PERIODS,
    RankingsDailyRequest,
)
from pipeline.openrouter.endpoints.request import DATASET_START, MAX_SPAN_DAYS, Request
from pipeline.openrouter.endpoints.session_cost import MAX_CELL_OFFSET, MAX_CELLS, TURN_RANGES, SessionCostRequest
from pipeline.openrouter.endpoints.tasks import TASK_WINDOWS, TaskClassificationsRequest

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
    assert AppRankingsRequest("popular").params() == {"sort": "popular", "limit": "100", "offset": "0"}
    apps = AppRankingsRequest("trending", "coding", MONDAY, SUNDAY, limit=20, offset=40, subcategory="cli-agent")
    assert list(apps.params().items()) == [
        *(("sort", "trending"), ("category", "coding"), ("subcategory", "cli-agent")),
        *(("start_date", "2025-10-06"), ("end_date", "2025-11-02"), ("limit", "20"), ("offset", "40")),
    ]
    assert SessionCostRequest(offset=500).params() == {"limit": "500", "offset": "500"}
    cells = SessionCostRequest(10, 0, "hermes-agent", "minimax/minimax-m2", "1-turn")
    assert list(cells.params()) == ["app_slug", "model", "turn_range", "limit", "offset"]
    assert TaskClassificationsRequest().params() == {"window": "7d"}
    assert BenchmarksRequest().params() == {"source": "artificial-analysis"}


def test_requests_say_where_they_go_and_whether_they_need_a_key() -> None:
    """Only the catalogue answers without a key."""
    requests: list[Request] = [
        *(asking(), ModelsRequest(), AppRankingsRequest("popular")),
        *(SessionCostRequest(), TaskClassificationsRequest(), BenchmarksRequest()),
    ]
    assert [(r.path, r.needs_key) for r in requests] == [
        ("/datasets/rankings-daily", True),
        ("/models", False),
        ("/datasets/app-rankings", True),
        ("/datasets/session-cost", True),
        ("/classifications/task", True),
        ("/benchmarks", True),
    ]


def test_descriptions_name_the_question() -> None:
    """Messages tell requests apart."""
    description = asking(category="programming").describe()
    assert description == "usage by week, category=programming, 2025-10-06 to 2025-11-02"
    assert ModelsRequest("all").describe() == "the catalogue of models, output_modalities=all"
    assert TaskClassificationsRequest().describe() == "shares of tasks, window=7d"
    assert BenchmarksRequest().describe() == "benchmarks, source=artificial-analysis"
    cells = SessionCostRequest(offset=500, turn_range="1-turn")
    assert cells.describe() == "cost of sessions, turn_range=1-turn, up to 500 from 500"


@pytest.mark.parametrize(
    ("dates", "window"),
    [
        ({}, "up to the last complete day"),
        ({"end_date": SUNDAY}, "up to 2025-11-02"),
        ({"start_date": MONDAY}, "2025-10-06 to the last complete day"),
        ({"start_date": MONDAY, "end_date": SUNDAY}, "2025-10-06 to 2025-11-02"),
    ],
)
def test_a_window_of_apps_may_be_left_to_the_api(dates: dict[str, Any], window: str) -> None:
    """Either date has a default at the source, so one of them is enough; the message says which window is meant."""
    apps = AppRankingsRequest("popular", "coding", **dates, offset=100)
    assert apps.describe() == f"popular apps, category=coding, {window}, up to 100 from 100"
    assert {name for name in apps.params() if name.endswith("_date")} == dates.keys()


def test_there_are_as_many_values_as_in_the_contract() -> None:
    """A value lost from an enumeration would lose a series."""
    counts = [len(v) for v in (PERIODS, CATEGORIES, LANGUAGE_TYPES, MODALITIES, CONTEXT_BUCKETS)]
    assert counts == [3, 12, 2, 5, 5]
    further = (APP_SORTS, APP_CATEGORIES, APP_SUBCATEGORIES, TURN_RANGES, TASK_WINDOWS, BENCHMARK_SOURCES)
    assert [len(v) for v in further] == [2, 4, 15, 4, 1, 3]


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


@pytest.mark.parametrize(
    ("request_type", "name", "optional"),
    [
        (AppRankingsRequest, "sort", False),
        (AppRankingsRequest, "category", True),
        (AppRankingsRequest, "subcategory", True),
        (SessionCostRequest, "turn_range", True),
        (TaskClassificationsRequest, "window", False),
        (BenchmarksRequest, "source", False),
    ],
)
def test_the_further_endpoints_refuse_unknown_values_too(request_type: Any, name: str, optional: bool) -> None:
    """Unset is a value only where the API has no default we rely on."""
    asked = {"sort": "popular"} if request_type is AppRankingsRequest else {}
    for value in ("", "Coding", 7) if optional else ("", "Coding", 7, None):
        with pytest.raises(PermanentFailure, match=f"cannot ask for {name}={value!r}.*use one of"):
            request_type(**asked | {name: value})


@pytest.mark.parametrize(
    ("request_type", "name", "least", "most"),
    [
        (AppRankingsRequest, "limit", 1, MAX_APPS),
        (AppRankingsRequest, "offset", 0, MAX_APP_OFFSET),
        (SessionCostRequest, "limit", 1, MAX_CELLS),
        (SessionCostRequest, "offset", 0, MAX_CELL_OFFSET),
    ],
)
def test_pages_stay_within_their_bounds(request_type: Any, name: str, least: int, most: int) -> None:
    """F32: a page is asked for in full or refused, never cut in silence."""
    asked = {"sort": "popular"} if request_type is AppRankingsRequest else {}
    for value in (least, most):
        assert request_type(**asked | {name: value}).params()[name] == str(value)
    for wrong in (least - 1, most + 1, 2.0, "10", True, None):
        with pytest.raises(PermanentFailure, match=f"cannot ask for {name}=.* from {least} to {most}"):
            request_type(**asked | {name: wrong})


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ({"start_date": SUNDAY, "end_date": MONDAY}, "starts after its end"),
        ({"end_date": DATASET_START - timedelta(days=1)}, "begins at 2025-01-01"),
        ({"start_date": MONDAY, "end_date": MONDAY + timedelta(days=MAX_SPAN_DAYS)}, "that is 367 days"),
        ({"start_date": datetime(2025, 10, 6, tzinfo=UTC)}, r"give a datetime\.date"),
        ({"end_date": "2025-10-06"}, r"give a datetime\.date"),
    ],
)
def test_windows_of_apps_are_judged_as_those_of_rankings(dates: dict[str, Any], message: str) -> None:
    """The API resolves both alike."""
    with pytest.raises(PermanentFailure, match=message):
        AppRankingsRequest("popular", **dates)


@pytest.mark.parametrize("name", ["app_slug", "model"])
@pytest.mark.parametrize("value", ["", "two words", "tail\n", 7])
def test_names_of_the_source_are_single_words(name: str, value: Any) -> None:
    """An empty or torn name would find nothing, and pass for a harness without sessions."""
    with pytest.raises(PermanentFailure, match=f"cannot ask for {name}="):
        SessionCostRequest(**{name: value})
