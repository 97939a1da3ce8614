"""Every declared expectation is seen to pass on good answers and to fail on one that was spoilt for it (F36)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import store, worker
from pipeline.failures import TransientFailure
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.report import LoadReport
from pipeline.load.validation import judge, run
from pipeline.load.validation.expectations import BY_NAME, EXPECTATIONS
from pipeline.settings import DataDir
from pipeline.worker import stop
from tests import support
from tests.support import block_rows, exchange, instant, rankings_body

AT = instant("2026-01-14T06:30")
DAYS = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)]
SPOILT_DAY, MONDAY = DAYS[1], date(2026, 1, 5)
DAY_ROWS, WEEK_ROWS = 45, 20
DAY, WEEK, MODELS, TASKS = "usage_day", "category_week/programming", "models", "task_7d"
SESSIONS, BENCHMARKS, APPS, TRENDING = (
    *("session_cost", "benchmarks/artificial-analysis"),
    *("app_30d/popular", "app_30d/trending"),
)
LABS = "gateway_day/labs"
PAGE = 12

pytestmark = pytest.mark.made_up_levels

JUDGED_ALONE = [expectation for expectation in EXPECTATIONS if expectation.batch != "levels"]
"""Every expectation that needs nothing but the answer: ``test_levels`` has the others."""

Bodies = dict[str, dict[str, Any]]


# --- good answers --------------------------------------------------------------------------------------------------


def good_bodies() -> Bodies:
    """An answer for each kind of series, as the source gives them on a good day."""
    days = rankings_body({day: block_rows(DAY_ROWS) for day in DAYS}, as_of=AT, start=DAYS[0], end=DAYS[-1])
    week = rankings_body({MONDAY: block_rows(WEEK_ROWS)}, as_of=AT, start=MONDAY, end=date(2026, 1, 11))
    models = support.models_body(prompt="0.0000003", completion="0.0000012")
    models["data"][0]["pricing"]["prompt"], models["data"][1]["pricing"]["completion"] = "-1", "0"
    start, end = date(2025, 12, 15), date(2026, 1, 13)
    return {
        DAY: days,
        WEEK: week,
        MODELS: models,
        TASKS: support.tasks_body(end),
        SESSIONS: support.session_costs_body(range(PAGE - 1), as_of=AT, end=date(2026, 1, 11)),
        BENCHMARKS: support.benchmarks_body(as_of=AT),
        APPS: support.apps_body(as_of=AT, start=start, end=end),
        TRENDING: support.apps_body(as_of=AT, start=start, end=end),
        LABS: support.labs_body({day: {"minimax": 60.01, "openai": 39.99} for day in DAYS}, start=DAYS[0], end=DAYS[-1]),
    }


def land(landing: Landing, bodies: Bodies) -> dict[str, str]:
    """Land an answer per series. Returns the exchange's id by series."""
    asked: dict[str, tuple[str, dict[str, str]]] = {
        DAY: ("/datasets/rankings-daily", {"period": "day", "start_date": "2026-01-01", "end_date": "2026-01-03"}),
        WEEK: (
            "/datasets/rankings-daily",
            {"period": "week", "category": "programming", "start_date": "2026-01-05", "end_date": "2026-01-11"},
        ),
        MODELS: ("/models", {}),
        TASKS: ("/classifications/task", {"window": "7d"}),
        SESSIONS: ("/datasets/session-cost", {"limit": str(PAGE), "offset": "0"}),
        BENCHMARKS: ("/benchmarks", {"source": "artificial-analysis"}),
        APPS: ("/datasets/app-rankings", {"sort": "popular", "limit": "100", "offset": "0"}),
        TRENDING: ("/datasets/app-rankings", {"sort": "trending", "limit": "100", "offset": "0"}),
        LABS: (
            "/api/ai/leaderboard-export",
            {"dataset": "labs", "modality": "all", "format": "json", "from": "2026-01-01", "to": "2026-01-03"},
        ),
    }
    return {
        series: landing.append(exchange(body, asked[series][1], at=AT, path=asked[series][0])).exchange_id
        for series, body in bodies.items()
    }


@dataclass
class Load:
    """What one load of an answer per series did."""

    exchange_ids: dict[str, str]
    report: LoadReport
    quarantine: list[dict[str, Any]]

    @property
    def failed(self) -> set[str]:
        return {name for name, outcome in self.report.outcomes.items() if not outcome.passed}


def load(path: Path, bodies: Bodies) -> Load:
    data_dir = support.prepared(DataDir(path))
    landing = Landing(data_dir)
    exchange_ids = land(landing, bodies)
    with store.Store(data_dir).writer() as con:
        report = loading.load(con, landing, run_id="test")
        quarantine = store.rows(con, "select exchange_id, series, period_start, reason, row_content from raw.quarantine")
    return Load(exchange_ids, report, quarantine)


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, pl.DataFrame]:
    """The frames that a load of good answers hands over to be judged."""
    handed: dict[str, pl.DataFrame] = {}

    def validate(frames: Mapping[str, pl.DataFrame]) -> list[run.Result]:
        handed.update(frames)
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "validate", validate)
        load(tmp_path_factory.mktemp("good"), good_bodies())
    return handed


def test_good_answers_pass_every_expectation(tmp_path: Path) -> None:
    """Nothing is held against good answers, and every expectation looked at something."""
    loaded = load(tmp_path, good_bodies())
    assert loaded.failed == set()
    assert [one.name for one in JUDGED_ALONE if not loaded.report.outcomes[one.name].checked] == []
    assert loaded.quarantine == []
    assert loaded.report.verdicts == {"loaded": len(good_bodies())}


# --- each expectation, seen to fail --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutation:
    """A change to the good answers; ``marks`` are what every failing row says, ``series`` whose answer is spoilt."""

    series: str
    change: Callable[[dict[str, Any]], object]
    marks: Mapping[str, Any] = field(default_factory=dict)


def day_row(body: dict[str, Any], position: int) -> dict[str, Any]:
    """One row of the middle day; positions count from 0, `other` stands last."""
    rows: list[dict[str, Any]] = [row for row in body["data"] if row["date"] == SPOILT_DAY.isoformat()]
    return rows[position]


def in_row(position: int, **changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda body: day_row(body, position).update(changes)


def in_meta(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda body: body["meta"].update(changes)


def in_entry(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda body: body["data"][7].update(changes)


def in_entries(number: int, **changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda body: [entry.update(changes) for entry in body["data"][:number]]


def in_tag(number: int, **changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda body: body["data"]["classifications"][number].update(changes)


def in_tag_model(**changes: Any) -> Callable[[dict[str, Any]], object]:
    """The first model of the fourth tag."""
    return lambda body: body["data"]["classifications"][3]["models"][0].update(changes)


def all_rows(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda body: [row.update(changes) for row in body["data"]]


def from_the_future(body: dict[str, Any]) -> None:
    """The week after the next, as if it were over."""
    body["meta"].update(start_date="2026-01-19", end_date="2026-01-25")
    del body["data"][12:]
    for row in body["data"]:
        row["date"] = "2026-01-19"


def in_lab(*numbers: int, **changes: Any) -> Callable[[dict[str, Any]], object]:
    """Rows of the middle day of the second gateway: two labs of requests, of tokens, of spend."""
    return lambda body: [body["rows"][6 + number].update(changes) for number in numbers]


def in_macro(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda body: body["data"]["macro_categories"][0].update(changes)


def with_day(*rows: tuple[str, int]) -> Callable[[dict[str, Any]], object]:
    """The middle day's rows replaced."""

    def change(body: dict[str, Any]) -> None:
        first, last = DAYS[0].isoformat(), DAYS[-1].isoformat()
        spoilt = [
            {"date": SPOILT_DAY.isoformat(), "model_permaslug": model, "total_tokens": str(tokens)} for model, tokens in rows
        ]
        body["data"] = [
            *(row for row in body["data"] if row["date"] == first),
            *spoilt,
            *(row for row in body["data"] if row["date"] == last),
        ]

    return change


def every(field_name: str, value: Any) -> Callable[[dict[str, Any]], object]:
    def change(body: dict[str, Any]) -> None:
        for row in body["data"]:
            if row["date"] == SPOILT_DAY.isoformat():
                row[field_name] = value

    return change


GOOD_DAY = block_rows(DAY_ROWS)
TOP, SECOND, THIRD = (model for model, _ in GOOD_DAY[:3])
IN_DAY: dict[str, Any] = {"period_start": SPOILT_DAY}
ALL_OF_TAG: dict[str, Any] = {"tag": "code:3", "model_permaslug": "*"}
IN_TAG_MODEL: dict[str, Any] = {"tag": "code:3", "model_permaslug": "author/model-0"}
CELL = good_bodies()[SESSIONS]["data"][0] | {"turn_range": "2-9-turns"}

MUTATIONS: dict[str, Mutation] = {
    # exchanges
    "answer_is_readable": Mutation(DAY, in_meta(version="v2"), {"is_readable": False}),
    "answer_has_enough_rows": Mutation(MODELS, lambda body: body["data"].__delitem__(slice(10, None)), {"rows_read": 10}),
    "every_row_is_dated": Mutation(DAY, in_row(3, date="2026-1-2"), {"undated_rows": 1}),
    "every_entry_is_typed": Mutation(MODELS, in_entry(pricing=None), {"rows_set_aside": 1, "undated_rows": 0}),
    "resolved_dates_equal_asked": Mutation(DAY, in_meta(start_date="2025-12-31"), {"resolved_days_off": 1}),
    "no_period_is_missing": Mutation(DAY, with_day(), {"missing_periods": 1}),
    "no_page_is_missing": Mutation(
        SESSIONS, lambda body: body["data"].append(dict(CELL)), {"rows_read": PAGE, "missing_pages": 1}
    ),
    "no_entry_is_missing": Mutation(MODELS, lambda body: body.update(total_count=61), {"missing_entries": 1}),
    "window_has_its_days": Mutation(APPS, in_meta(start_date="2025-12-14"), {"window_days_off": 1}),
    "no_unknown_fields": Mutation(DAY, in_row(3, reasoning_tokens="1"), {"unknown_fields": 1}),
    "prices_are_per_token": Mutation(
        MODELS, all_rows(pricing={"prompt": "0.0003", "completion": "0.0012"}), {"median_usd_per_token": 0.0003}
    ),
    "no_measure_is_all_zero": Mutation(SESSIONS, all_rows(median_session_cost_usd=0), {"zero_measures": 1}),
    # blocks
    "every_row_is_typed": Mutation(DAY, in_row(3, total_tokens=9970), IN_DAY | {"untyped_rows": 1}),
    "block_has_at_most_51_rows": Mutation(DAY, with_day(*block_rows(51)), IN_DAY | {"rows_in_block": 52}),
    "block_has_enough_rows": Mutation(DAY, with_day(*block_rows(38)), IN_DAY | {"rows_in_block": 39}),
    "other_at_most_once": Mutation(DAY, with_day(*GOOD_DAY, ("other", 4000)), IN_DAY | {"other_rows": 2}),
    "other_is_there": Mutation(DAY, with_day(*GOOD_DAY[:-1]), IN_DAY | {"other_rows": 0}),
    "other_is_last": Mutation(DAY, with_day(*GOOD_DAY[:-2], GOOD_DAY[-1], GOOD_DAY[-2]), IN_DAY | {"rows_after_other": 1}),
    "block_is_not_all_zero": Mutation(DAY, every("total_tokens", "0"), IN_DAY | {"block_tokens": 0}),
    "shares_sum_to_one": Mutation(DAY, in_row(-1, total_tokens="-5000"), IN_DAY),
    "variants_conserve_tokens": Mutation(DAY, in_row(0, model_permaslug="Cline"), IN_DAY),
    # rows
    "tokens_are_not_negative": Mutation(DAY, in_row(-2, total_tokens="-1"), IN_DAY | {"total_tokens": -1}),
    "model_has_an_author": Mutation(DAY, in_row(4, model_permaslug="Kilo Code"), IN_DAY | {"model_permaslug": "Kilo Code"}),
    "model_once_in_block": Mutation(DAY, in_row(1, model_permaslug=TOP), IN_DAY | {"model_permaslug": TOP}),
    "rows_descend": Mutation(
        DAY, in_row(2, total_tokens="9991"), IN_DAY | {"model_permaslug": THIRD, "tokens_of_row_before": 9990}
    ),
    "week_begins_on_monday": Mutation(
        WEEK,
        lambda body: body["data"][5].update(date="2026-01-06"),
        {"period_start": date(2026, 1, 6)},
    ),
    "period_is_within_resolved_dates": Mutation(
        DAY, in_row(6, date="2026-01-05"), {"period_start": date(2026, 1, 5), "days_outside_resolved": 2}
    ),
    "period_has_begun": Mutation(WEEK, from_the_future, {"period_start": date(2026, 1, 19), "days_before_it_begins": 5}),
    # catalogue
    "catalogue_id_once": Mutation(MODELS, in_entries(31, id="author/model-6"), {"id": "author/model-6"}),
    # tasks
    "task_row_once": Mutation(TASKS, in_tag(3, tag="code:2"), {"macro_category": "code", "tag": "code:2"}),
    "task_model_has_an_author": Mutation(TASKS, in_tag_model(id="Cline"), {"tag": "code:3", "model_permaslug": "Cline"}),
    "task_share_is_not_negative": Mutation(
        TASKS, in_tag_model(tag_token_share=-0.001), IN_TAG_MODEL | {"tag_token_share": -0.001}
    ),
    "task_share_is_at_most_one": Mutation(TASKS, in_tag(3, usage_share=6), ALL_OF_TAG | {"usage_share": 6.0}),
    "task_shares_sum_to_one": Mutation(
        TASKS, in_macro(token_share=0.68), {"tag": "*", "model_permaslug": "*", "shares_off": pytest.approx(0.02)}
    ),
    # session cost
    "session_cost_once": Mutation(
        SESSIONS, in_entry(model_permaslug="author/model-6"), {"app_slug": "cline", "model_permaslug": "author/model-6"}
    ),
    "session_cost_is_not_negative": Mutation(
        SESSIONS, in_entry(median_session_cost_usd=-0.01), {"model_permaslug": "author/model-7"}
    ),
    "session_model_has_an_author": Mutation(SESSIONS, in_entry(model_permaslug="Cline"), {"model_permaslug": "Cline"}),
    # benchmarks
    "benchmark_model_once": Mutation(
        BENCHMARKS, in_entry(model_permaslug="author/model-6"), {"model_permaslug": "author/model-6"}
    ),
    "benchmark_model_has_an_author": Mutation(BENCHMARKS, in_entry(model_permaslug="M2"), {"model_permaslug": "M2"}),
    "index_is_on_scale": Mutation(
        BENCHMARKS, in_entry(coding_index=100.5), {"model_permaslug": "author/model-7", "coding_index": 100.5}
    ),
    # apps
    "app_once": Mutation(APPS, in_entry(app_id=106), {"app_id": 106}),
    "app_ranks_count_up": Mutation(APPS, in_entry(rank=7), {"app_id": 107, "rank": 7, "position": 8}),
    "app_rows_descend": Mutation(
        APPS, in_entry(total_tokens="9941"), {"app_id": 107, "total_tokens": 9941, "tokens_of_row_before": 9940}
    ),
    "app_figures_are_not_negative": Mutation(TRENDING, in_entry(total_requests=-1), {"app_id": 107, "total_requests": -1}),
    # second gateway
    "gateway_row_is_typed": Mutation(LABS, in_lab(1, share_percent="39.99"), IN_DAY | {"lab": None}),
    "gateway_day_was_requested": Mutation(
        LABS, in_lab(*range(6), date="2026-01-04"), {"period_start": date(2026, 1, 4), "last_day": DAYS[-1]}
    ),
    "gateway_lab_once": Mutation(LABS, in_lab(1, name="minimax"), IN_DAY | {"lab": "minimax", "metric": "requests"}),
    "gateway_metrics_are_known": Mutation(
        LABS, in_lab(4, 5, metric="cost"), IN_DAY | {"metrics_of_day": "cost,requests,tokens"}
    ),
    "gateway_share_is_a_percentage": Mutation(
        LABS, lambda body: (in_lab(0, share_percent=101)(body), in_lab(1, share_percent=-1)(body)), IN_DAY
    ),
    "gateway_shares_sum_to_100": Mutation(
        LABS, in_lab(2, share_percent=57.01), IN_DAY | {"metric": "tokens", "share_sum": pytest.approx(97)}
    ),
}

# Further things that one expectation holds.
MORE_MUTATIONS: list[tuple[str, Mutation]] = [
    # A name that ends in a line break is no model's.
    ("model_has_an_author", Mutation(DAY, in_row(4, model_permaslug="a/b\n"), IN_DAY | {"model_permaslug": "a/b\n"})),
    ("no_measure_is_all_zero", Mutation(MODELS, all_rows(pricing={"prompt": "0", "completion": "0"}), {"zero_measures": 2})),
    ("no_measure_is_all_zero", Mutation(BENCHMARKS, all_rows(coding_index=0), {"zero_measures": 1})),
    ("no_measure_is_all_zero", Mutation(APPS, all_rows(total_requests=0), {"zero_measures": 1})),
    *(
        ("answer_has_enough_rows", Mutation(series, lambda body: body.update(data=[]), {"rows_read": 0}))
        for series in (DAY, MODELS, SESSIONS, BENCHMARKS, APPS)
    ),
    (
        "answer_has_enough_rows",
        Mutation(TASKS, lambda body: body["data"].update(classifications=[], macro_categories=[]), {"rows_read": 0}),
    ),
    # A snapshot that lost a row is not the snapshot: it has no period of its own that could be refused alone. A set of many
    # entries may lose a few.
    ("every_row_is_dated", Mutation(MODELS, in_entries(31, id=5), {"undated_rows": 31})),
    # Prices of a million tokens: every entry is set aside, which is too many.
    ("every_row_is_dated", Mutation(MODELS, all_rows(pricing={"prompt": "0.3", "completion": "1.2"}), {"undated_rows": 60})),
    # A page is not the whole.
    *(
        ("no_page_is_missing", Mutation(MODELS, change, {"missing_pages": 1}))
        for change in (
            lambda body: body.update(total_count=120),
            lambda body: body.update(links={"next": "/api/v1/models?offset=60&limit=60"}),
        )
    ),
    *(
        ("every_entry_is_typed", Mutation(MODELS, change, {"rows_set_aside": number}))
        for number, change in (
            (1, in_entry(canonical_slug="Cline")),
            (1, in_entry(pricing={"prompt": "-1", "completion": "-2"})),
            (1, in_entry(pricing={"prompt": "0.3", "completion": "1.2"})),
            (4, in_entries(3, id="author/model-6")),
            (30, in_entries(30, pricing=None)),
        )
    ),
    ("every_row_is_dated", Mutation(TASKS, in_tag(3, models=None), {"undated_rows": 1})),
    *(
        ("every_row_is_dated", Mutation(series, in_entry(**{name: 5}), {"undated_rows": 1}))
        for series, name in (
            (SESSIONS, "turn_range"),
            (BENCHMARKS, "model_permaslug"),
            (APPS, "total_tokens"),
        )
    ),
    *(
        ("no_unknown_fields", Mutation(series, in_entry(novel=1), {"unknown_fields": 1}))
        for series in (SESSIONS, BENCHMARKS, APPS)
    ),
    ("no_unknown_fields", Mutation(TASKS, in_tag_model(novel=1), {"unknown_fields": 1})),
    ("window_has_its_days", Mutation(TRENDING, in_meta(start_date="2026-01-13"), {"window_days_off": 29})),
    ("task_share_is_not_negative", Mutation(TASKS, in_macro(usage_share=-0.6), {"macro_category": "code", "tag": "*"})),
    ("task_share_is_at_most_one", Mutation(TASKS, in_tag_model(tag_usage_share=50), IN_TAG_MODEL)),
    (
        "task_shares_sum_to_one",
        Mutation(TASKS, in_tag(3, category_usage_share=0.12), {"macro_category": "code", "model_permaslug": "*"}),
    ),
    (
        "task_shares_sum_to_one",
        Mutation(TASKS, in_tag_model(tag_token_share=0.7), {"tag": "code:3", "shares_off": pytest.approx(0.075)}),
    ),
    (
        "task_shares_sum_to_one",
        Mutation(
            TASKS,
            lambda body: body["data"]["macro_categories"][0].update(key="other", usage_share=0.6),
            {},
        ),
    ),
    (
        "task_shares_sum_to_one",
        Mutation(TASKS, lambda body: body["data"].update(macro_categories=[]), {"shares_off": 1.0}),
    ),
    (
        "task_shares_sum_to_one",
        Mutation(
            TASKS,
            lambda body: body["data"]["classifications"].__delitem__(slice(10)),
            {"macro_category": "code", "tag": "*", "shares_off": pytest.approx(0.7)},
        ),
    ),
    ("index_is_on_scale", Mutation(BENCHMARKS, in_entry(agentic_index=-0.1), {"agentic_index": -0.1})),
    ("app_ranks_count_up", Mutation(TRENDING, in_entry(rank=0), {"app_id": 107, "rank": 0})),
    ("app_figures_are_not_negative", Mutation(TRENDING, in_entry(total_tokens="-5"), {"app_id": 107, "total_tokens": -5})),
]

# Readers of answers type every column, so that only a change of the code could bring another type here.
FRAME_MUTATIONS: dict[str, pl.Expr] = {
    "period_start_is_a_date": pl.col("period_start").cast(pl.String),
    "tokens_are_integers": pl.col("total_tokens").cast(pl.Float64),
}


@pytest.mark.parametrize("name", FRAME_MUTATIONS)
def test_another_type_is_seen_to_fail(name: str, batches: Mapping[str, pl.DataFrame]) -> None:
    frame = batches["rows"].with_columns(FRAME_MUTATIONS[name])
    results = {result.expectation.name: result for result in run.validate({"rows": frame})}
    assert not results[name].passed
    assert results[name].failing.equals(frame)


@pytest.mark.parametrize(
    ("name", "mutation"),
    [*MUTATIONS.items(), *MORE_MUTATIONS],
    ids=[*MUTATIONS, *(f"{name} of {mutation.series}" for name, mutation in MORE_MUTATIONS)],
)
def test_each_expectation_is_seen_to_fail(tmp_path: Path, name: str, mutation: Mutation) -> None:
    """An answer spoilt for an expectation fails it, its failing rows name the place, and a blocking one refuses it."""
    expectation = BY_NAME[name]
    bodies = {mutation.series: good_bodies()[mutation.series]}
    mutation.change(bodies[mutation.series])
    loaded = load(tmp_path, bodies)
    outcome = loaded.report.outcomes[name]
    assert not outcome.passed
    assert outcome.error is None
    assert outcome.failing.keys() == {mutation.series}
    assert len(outcome.rows) == min(outcome.failing[mutation.series], store.SHOWN_FAILING_ROWS)
    expected = {"exchange_id": loaded.exchange_ids[mutation.series], "series": mutation.series, **mutation.marks}
    assert [{name: row[name] for name in expected} for row in outcome.rows] == [expected] * len(outcome.rows)
    spoilt = {row["exchange_id"] for row in loaded.quarantine if row["row_content"] == ""}
    if expectation.is_blocking:
        assert spoilt == {loaded.exchange_ids[mutation.series]}
    else:
        assert loaded.failed == {name} | (loaded.failed & {"no_period_is_missing"})
        assert spoilt == set()
        assert loaded.report.verdicts == {"loaded": 1}


def test_every_expectation_has_its_mutation() -> None:
    """Every declared expectation was seen to fail, and every mutation belongs to one."""
    assert sorted([*MUTATIONS, *FRAME_MUTATIONS]) == sorted(expectation.name for expectation in JUDGED_ALONE)


EDGES: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "51 rows": (DAY, with_day(*block_rows(50))),
    "40 rows": (DAY, with_day(*block_rows(39))),
    "no other in a category": (WEEK, lambda body: body["data"].pop()),
    "other above all": (DAY, in_row(-1, total_tokens="999999")),
    "equal rows": (DAY, in_row(1, total_tokens="10000")),
    "zero tail": (DAY, in_row(-2, total_tokens="0")),
    "figures past 2^53": (DAY, in_row(0, total_tokens="900719925474099301")),
    "variants that stack": (DAY, in_row(1, model_permaslug=f"{TOP}:free:online")),
    "redirect": (DAY, in_row(1, model_permaslug="~author/model-latest")),
    "shares that were rounded": (TASKS, in_macro(usage_share=0.605)),
    "a tag without models": (TASKS, in_tag(3, models=[])),
    "a model that has all of a tag": (
        TASKS,
        in_tag(3, models=[{"id": "author/model-0:free", "tag_usage_share": 1, "tag_token_share": 1}]),
    ),
    "a session that costs nothing": (SESSIONS, in_entry(median_session_cost_usd=0)),
    "nothing measured": (
        BENCHMARKS,
        in_entry(intelligence_index=None, coding_index=None, agentic_index=None, pricing=None),
    ),
    "ends of the scale": (BENCHMARKS, in_entry(intelligence_index=100, coding_index=0)),
    "apps with equal tokens": (APPS, in_entry(total_tokens="9940")),
    "an app without figures": (APPS, lambda body: body["data"][-1].update(total_tokens="0", total_requests=0)),
    "apps in the order of their growth": (TRENDING, in_entry(total_tokens="1000000")),
    "no app that grew": (TRENDING, lambda body: body.update(data=[])),
    "a price that varies": (MODELS, in_entry(pricing={"prompt": "-1", "completion": "-1"})),
}


@pytest.mark.parametrize(("series", "change"), EDGES.values(), ids=EDGES.keys())
def test_odd_but_true_answers_pass(tmp_path: Path, series: str, change: Callable[[dict[str, Any]], object]) -> None:
    """What the source really does is not held against it."""
    body = good_bodies()[series]
    change(body)
    assert load(tmp_path, {series: body}).failed == set()


# --- a check that is not run ---------------------------------------------------------------------------------------


def say_nothing(verdicts: pl.DataFrame) -> dict[str, bool]:
    return {}


def contradict(verdicts: pl.DataFrame) -> dict[str, bool]:
    return dict.fromkeys(verdicts.columns, True)


def test_a_check_that_was_skipped_counts_as_failed(
    monkeypatch: pytest.MonkeyPatch, batches: Mapping[str, pl.DataFrame]
) -> None:
    """What a backend leaves out has not passed (F36), nor what it passes against what the rows show."""
    monkeypatch.setattr(judge, "judge", say_nothing)
    for result in run.validate({"rows": batches["rows"]}):
        assert (result.passed, result.error) == (False, "the check was not run")
        assert result.failing.equals(batches["rows"])
    monkeypatch.setattr(judge, "judge", contradict)
    spoilt = batches["rows"].with_columns(total_tokens=-pl.col("total_tokens"))
    results = {one.expectation.name: one for one in run.validate({"rows": spoilt})}
    assert "another verdict" in str(results["tokens_are_not_negative"].error)
    assert results["period_has_begun"].passed


@pytest.mark.parametrize("name", ["tokens_are_not_negative", "rows_descend", "model_once_in_block", "tokens_are_integers"])
def test_a_check_that_crashes_counts_as_failed(name: str, batches: Mapping[str, pl.DataFrame]) -> None:
    """A check whose column is gone fails for every row and says so, and the checks beside it are run (F36)."""
    frame = batches["rows"].drop(BY_NAME[name].columns[-1])
    results = {result.expectation.name: result for result in run.validate({"rows": frame})}
    assert not results[name].passed
    assert results[name].failing.height == frame.height
    assert results["week_begins_on_monday"].passed


def die(*_: Any) -> dict[str, bool]:
    os._exit(1)


def test_dead_worker_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed while it judges costs one run: it is said so, and the next one starts another."""
    frame = pl.DataFrame({"exchange_id": ["a"], "series": ["usage_day"], "unknown_fields": [0]})
    with monkeypatch.context() as patch:
        patch.setattr(judge, "judge", die)
        with pytest.raises(TransientFailure, match="its process ended with exit code 1"):
            run.validate({"exchanges": frame})
    assert run.validate({"exchanges": frame})


def test_a_worker_that_was_killed_while_idle_costs_nothing() -> None:
    frame = pl.DataFrame({"exchange_id": ["a"], "series": ["usage_day"], "unknown_fields": [0]})
    with pytest.raises(worker.WorkerDied):
        worker.submit(os._exit, 1).result()
    assert run.validate({"exchanges": frame})


def test_a_worker_that_was_stopped_has_ended_and_is_replaced() -> None:
    before = worker.submit(os.getpid).result()
    stop()
    assert not Path(f"/proc/{before}").exists()
    assert worker.submit(os.getpid).result() != before
    stop()
    stop()


def test_worker_ends_with_a_killed_run() -> None:
    """A run that is killed cannot stop its worker: it ends by itself, and holds neither memory nor output for ever."""
    started = (
        "import time; from pipeline import worker; worker.submit(int).result(); print('ready', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", started], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"ready\n"
        killed.kill()
        # The worker writes to the same pipe: its end is seen when nobody does any more.
        assert killed.communicate(timeout=60)[0] == b""
