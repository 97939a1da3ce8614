"""Tasks, session costs, apps and benchmarks: snapshots in, rows, vintages and as-of tables out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support import instant
from tests.warehouse.readings import M2, Snapshot, Tables

pytestmark = pytest.mark.made_up_levels

FIRST, SECOND, THIRD, FOURTH = (instant(f"2026-01-{day}T06:30") for day in (12, 13, 14, 19))
SUNDAY, MONDAY = date(2026, 1, 11), date(2026, 1, 12)


def build(tables: Tables, *snapshots: Snapshot) -> None:
    """Build from these snapshots, loaded in the order given, each by itself."""
    tables.build(snapshots, at_once=1)


# --- rows as the readers of answers type them ------------------------------------------------------------------------


def macro(key: str, share: float) -> dict[str, Any]:
    shares = {"usage_share": share, "token_share": share / 2}
    return {"macro_category": key, "tag": "*", "model_permaslug": "*", "display_name": key.title(), **shares}


def tag(name: str, share: float, **changes: Any) -> dict[str, Any]:
    shares = {"usage_share": share, "token_share": share / 2, "category_usage_share": 0.5, "category_token_share": 0.25}
    key = {"macro_category": name.partition(":")[0], "tag": name, "model_permaslug": "*"}
    return {**key, "display_name": name.upper(), **shares, **changes}


def tag_model(name: str, model: str, share: float) -> dict[str, Any]:
    key = {"macro_category": name.partition(":")[0], "tag": name, "model_permaslug": model}
    return {**key, "tag_usage_share": share, "tag_token_share": share / 2}


def cell(model: str, cost: float, *, app: str = "cline", turns: str = "1-turn") -> dict[str, Any]:
    return {"app_slug": app, "turn_range": turns, "model_permaslug": model, "median_session_cost_usd": cost}


def app(app_id: int, tokens: int, *, name: str = "An app", rank: int = 1) -> dict[str, Any]:
    return {"app_id": app_id, "app_name": name, "rank": rank, "total_tokens": tokens, "total_requests": 7}


def score(model: str, coding: float | None, **changes: Any) -> dict[str, Any]:
    return {"model_permaslug": model, "coding_index": coding, **changes}


def task_snapshot(at: datetime, *rows: dict[str, Any], end: date = SUNDAY, **changes: Any) -> Snapshot:
    return Snapshot("task_7d", at, rows, end, **changes)


def cost_snapshot(at: datetime, *rows: dict[str, Any], end: date = SUNDAY) -> Snapshot:
    return Snapshot("session_cost", at, rows, end)


def app_snapshot(
    at: datetime, *rows: dict[str, Any], series: str = "app_30d/popular", end: date = SUNDAY, **changes: Any
) -> Snapshot:
    return Snapshot(series, at, rows, end, **changes)


def benchmark_snapshot(at: datetime, *rows: dict[str, Any], **changes: Any) -> Snapshot:
    return Snapshot("benchmarks/artificial-analysis", at, rows, **changes)


# --- rows in, rows out -----------------------------------------------------------------------------------------------


def test_a_task_has_a_row_and_so_has_its_macro_category(tables: Tables) -> None:
    """Shares are named by their measure and whole; the macro category's row has tag `*`; models have rows elsewhere."""
    build(tables, task_snapshot(FIRST, macro("code", 0.5), tag("code:debug", 0.25), tag_model("code:debug", M2, 0.125)))
    assert tables.records("from core.task_shares order by tag") == [
        {
            "window_end": SUNDAY,
            "macro_category": "code",
            "tag": name,
            "display_name": display,
            "classified_token_share": tokens,
            "classified_request_share": requests,
            "macro_token_share": of_macro and of_macro / 2,
            "macro_request_share": of_macro,
            "is_provisional": True,
            "vintages": 1,
            "retrieved_at": FIRST,
            "capture": "api",
            "citation": "Source: OpenRouter (openrouter.ai/rankings), as of 2026-01-12T06:30:00Z. Licensed under CC BY 4.0.",
        }
        for name, display, tokens, requests, of_macro in (
            ("*", "Code", 0.25, 0.5, None),
            ("code:debug", "CODE:DEBUG", 0.125, 0.25, 0.5),
        )
    ]


def test_models_of_a_task_are_ranked_by_requests(tables: Tables) -> None:
    """A variant is a row of its own; ties share the lower number, and each tag counts for itself."""
    rows = (
        *(tag_model("code:debug", model, share) for model, share in ((f"{M2}:free", 0.2), (M2, 0.4), ("a/b", 0.2))),
        *(tag_model("code:debug", model, 0.1) for model in ("c/d",)),
        tag_model("data:extract", "a/b", 0.01),
    )
    build(tables, task_snapshot(FIRST, macro("code", 1), *rows))
    assert tables.rows("""
        select tag, request_rank, model_permaslug, base_permaslug, variant, author, tag_request_share, tag_token_share
        from core.task_model_shares
        order by tag, request_rank, model_permaslug
    """) == [
        ("code:debug", 1, M2, M2, "default", "minimax", 0.4, 0.2),
        ("code:debug", 2, "a/b", "a/b", "default", "a", 0.2, 0.1),
        ("code:debug", 2, f"{M2}:free", M2, "free", "minimax", 0.2, 0.1),
        ("code:debug", 4, "c/d", "c/d", "default", "c", 0.1, 0.05),
        ("data:extract", 1, "a/b", "a/b", "default", "a", 0.01, 0.005),
    ]


def test_session_costs_are_cited_as_the_source_asks(tables: Tables) -> None:
    """By the page of the interface, not of the rankings, with the time of the response and the licence."""
    build(tables, cost_snapshot(FIRST, cell(M2, 0.5)))
    assert tables.rows("select distinct citation from core.session_costs") == [
        (
            "Source: OpenRouter Data API (openrouter.ai/docs/cookbook/administration/data-api), as of 2026-01-12T06:30:00Z. "
            "Licensed under CC BY 4.0.",
        )
    ]


def test_session_costs_are_told_by_app_turns_and_model(tables: Tables) -> None:
    """A session that costs nothing is a session."""
    rows = (cell(M2, 1.5), cell(M2, 2.5, turns="2-9-turns"), cell(f"{M2}:free", 0), cell(M2, 3.5, app="kilo-code"))
    build(tables, cost_snapshot(FIRST, *rows))
    assert tables.rows("""
        select window_end, app_slug, turn_range, model_permaslug, base_permaslug, variant, author, median_session_cost_usd
        from core.session_costs
        order by all
    """) == [
        (SUNDAY, "cline", "1-turn", M2, M2, "default", "minimax", 1.5),
        (SUNDAY, "cline", "1-turn", f"{M2}:free", M2, "free", "minimax", 0.0),
        (SUNDAY, "cline", "2-9-turns", M2, M2, "default", "minimax", 2.5),
        (SUNDAY, "kilo-code", "1-turn", M2, M2, "default", "minimax", 3.5),
    ]


def test_a_list_of_apps_says_which_it_is(tables: Tables) -> None:
    """Window, order and category are columns; lists with the same rows do not run into one (F23)."""
    lists = ("app_1d/popular", "app_30d/popular", "app_30d/popular/coding", "app_30d/trending")
    build(tables, *(app_snapshot(FIRST, app(5, 2**53 + 1), series=series) for series in lists))
    assert tables.rows("""
        select window_end, window_days, app_sort, app_category, app_id, app_name, app_rank, total_tokens, total_requests
        from core.app_usage
        order by all
    """) == [
        (SUNDAY, days, sort, category, 5, "An app", 1, 2**53 + 1, 7)
        for days, sort, category in (
            (1, "popular", "all"),
            (30, "popular", "all"),
            (30, "popular", "coding"),
            (30, "trending", "all"),
        )
    ]
    assert tables.rows("select count(*) from raw.app_rows") == [(1,)]
    assert tables.rows("select distinct citation from core.app_usage") == [
        ("Source: OpenRouter (openrouter.ai/apps), as of 2026-01-12T06:30:00Z. Licensed under CC BY 4.0.",)
    ]


def test_what_was_not_scored_is_unknown(tables: Tables) -> None:
    """Neither an index nor a price is made up (F20)."""
    prices = {"prompt_usd_per_token": Decimal("0.0000003"), "completion_usd_per_token": Decimal(0)}
    build(tables, benchmark_snapshot(FIRST, score(M2, 50, intelligence_index=61.5, **prices), score("a/b:thinking", None)))
    assert tables.rows("""
        select
            model_permaslug, base_permaslug, variant, author, intelligence_index, coding_index, agentic_index,
            prompt_usd_per_token, completion_usd_per_token, retrieved_at
        from core.benchmark_scores
        order by model_permaslug desc
    """) == [
        (M2, M2, "default", "minimax", 61.5, 50.0, None, Decimal("0.0000003"), Decimal(0), FIRST),
        ("a/b:thinking", "a/b", "thinking", "a", None, None, None, None, None, FIRST),
    ]


@pytest.mark.parametrize(
    ("given", "is_simulated", "line"),
    [
        ("Source: Artificial Analysis.", False, "Source: Artificial Analysis, as of 2026-01-12T06:30:00Z."),
        ("SIMULATED. No score", True, "SIMULATED. No score, as of 2026-01-12T06:30:00Z."),
        (None, True, "SIMULATED, not OpenRouter data, as of 2026-01-12T06:30:00Z."),
    ],
)
def test_a_source_is_cited_as_it_asks(tables: Tables, given: str | None, is_simulated: bool, line: str) -> None:
    """Benchmarks bring the line of who made them; it is completed by the instant, and ends with one point."""
    build(tables, benchmark_snapshot(FIRST, score(M2, 50), source_citation=given, is_simulated=is_simulated))
    assert tables.rows("select citation from core.benchmark_scores") == [(line,)]


# --- vintages --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """One table of snapshots: how to read it with these values by key, and where they are found again.

    ``snapshot`` takes the instant and a value for each key.
    """

    table: str
    snapshot: Callable[[datetime, dict[str, float]], Snapshot]
    key: str
    value: str


KINDS = [
    Kind(
        "task_shares",
        lambda at, values: task_snapshot(
            at, macro("code", 1), *(tag(f"code:{key}", value) for key, value in values.items())
        ),
        "split_part(tag, ':', 2)",
        "classified_request_share",
    ),
    Kind(
        "task_model_shares",
        lambda at, values: task_snapshot(
            at, tag("code:debug", 1), *(tag_model("code:debug", f"m/{key}", value) for key, value in values.items())
        ),
        "split_part(model_permaslug, '/', 2)",
        "tag_request_share",
    ),
    Kind(
        "session_costs",
        lambda at, values: cost_snapshot(at, *(cell("a/b", value, app=key) for key, value in values.items())),
        "app_slug",
        "median_session_cost_usd",
    ),
    Kind(
        "app_usage",
        lambda at, values: app_snapshot(at, *(app(ord(key), int(4 * value)) for key, value in values.items())),
        "chr(app_id::integer)",
        "total_tokens / 4",
    ),
    Kind(
        "benchmark_scores",
        lambda at, values: benchmark_snapshot(at, *(score(f"m/{key}", value) for key, value in values.items())),
        "split_part(model_permaslug, '/', 2)",
        "coding_index",
    ),
]
OF_EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)

# What was read, reading by reading; and the lines of the row x: value, from, to.
HISTORIES: dict[str, tuple[list[dict[str, float]], list[tuple[Any, ...]]]] = {
    "nothing changes": ([{"x": 0.5, "y": 0.25}] * 3, [(0.5, FIRST, None)]),
    "another row changes": ([{"x": 0.5, "y": 0.25}, {"x": 0.5, "y": 0.75}, {"x": 0.5}], [(0.5, FIRST, None)]),
    "a value changes": ([{"x": 0.5, "y": 0.25}, {"x": 0.75, "y": 0.25}], [(0.5, FIRST, SECOND), (0.75, SECOND, None)]),
    "a row enters": ([{"y": 0.25}, {"x": 0.5, "y": 0.25}], [(0.5, SECOND, None)]),
    "a row leaves": (
        [{"x": 0.5, "y": 0.25}, {"y": 0.25}, {"y": 0.25}, {"y": 0.75}],
        [(0.5, FIRST, SECOND), (None, SECOND, None)],
    ),
    "a row returns": (
        [{"x": 0.5, "y": 0.25}, {"y": 0.25}, {"x": 0.5, "y": 0.25}],
        [(0.5, FIRST, SECOND), (None, SECOND, THIRD), (0.5, THIRD, None)],
    ),
    "a row returns with another value": (
        [{"x": 0.5, "y": 0.25}, {"y": 0.25}, {"x": 0.75, "y": 0.25}],
        [(0.5, FIRST, SECOND), (None, SECOND, THIRD), (0.75, THIRD, None)],
    ),
    "a value comes back": (
        [{"x": 0.5, "y": 0.25}, {"x": 0.75, "y": 0.25}, {"x": 0.5, "y": 0.25}],
        [(0.5, FIRST, SECOND), (0.75, SECOND, THIRD), (0.5, THIRD, None)],
    ),
    "a zero is a value": ([{"x": 0.5, "y": 0.25}, {"x": 0, "y": 0.25}], [(0.5, FIRST, SECOND), (0, SECOND, None)]),
}


@OF_EACH_KIND
@pytest.mark.parametrize(("readings", "expected"), HISTORIES.values(), ids=HISTORIES.keys())
def test_a_line_for_each_value_that_a_row_has_had(
    tables: Tables, kind: Kind, readings: list[dict[str, float]], expected: list[tuple[Any, ...]]
) -> None:
    """From its first reading to the first one with another value; what left is listed no more, and not zero (F17, F26)."""
    taken = [kind.snapshot(at, one) for at, one in zip((FIRST, SECOND, THIRD, FOURTH), readings, strict=False)]
    query = f"""
        select {kind.value}, known_from, known_to, is_listed, capture
        from core.{kind.table}_vintages
        where {kind.key} = 'x'
        order by known_from
    """  # noqa: S608 (names of this very file)
    lines = [(*line, line[0] is not None, "api") for line in expected]
    build(tables, *taken)
    assert tables.rows(query) == lines
    build(tables, *reversed(taken))
    assert tables.rows(query) == lines, "the order of import matters"


@OF_EACH_KIND
def test_a_table_as_it_was_known(tables: Tables, kind: Kind) -> None:
    """Before the first reading there is nothing; an instant belongs to the reading taken at it or last before it."""
    readings = ({"x": 0.5, "y": 0.25}, {"x": 0.75}, {"x": 0.75, "y": 0.25})
    build(tables, *(kind.snapshot(at, one) for at, one in zip((FIRST, SECOND, FOURTH), readings, strict=True)))
    then = f"{kind.table}_as_of($ts, must_be_known := false)"
    query = f"select {kind.key}, {kind.value}, retrieved_at from {then} where {kind.key} in ('x', 'y')"  # noqa: S608
    for ts, expected in (
        ("2026-01-12 06:29:59.999999Z", []),
        ("2026-01-12 06:30:00Z", [("x", 0.5, FIRST), ("y", 0.25, FIRST)]),
        ("2026-01-13 00:00:00Z", [("x", 0.5, FIRST), ("y", 0.25, FIRST)]),
        ("2026-01-13 06:30:00Z", [("x", 0.75, SECOND)]),
        ("2026-01-13 08:00:00+01:00", [("x", 0.75, SECOND)]),
        ("2026-01-19 06:29:59.999999Z", [("x", 0.75, SECOND)]),
        ("infinity", [("x", 0.75, FOURTH), ("y", 0.25, FOURTH)]),
    ):
        assert sorted(tables.rows(query, ts=ts)) == expected, ts
    newest = tables.rows(f"from core.{kind.table} order by all")
    assert newest == tables.rows(f"from {kind.table}_as_of('2026-01-20') order by all")
    assert len(newest) >= 2


def test_a_snapshot_of_a_window_is_provisional_until_it_agrees(tables: Tables) -> None:
    """Or was read two days after the window's end; as of an earlier instant it is provisional still."""
    same = (cell("a/b", 1.0),)
    build(tables, cost_snapshot(FIRST, *same), cost_snapshot(SECOND, *same), cost_snapshot(FOURTH, cell("a/b", 2.0)))
    query = "select is_provisional, vintages, retrieved_at from session_costs_as_of($ts)"
    assert tables.rows(query, ts="2026-01-12 12:00:00Z") == [(True, 1, FIRST)]
    assert tables.rows(query, ts="2026-01-13 12:00:00Z") == [(False, 1, SECOND)]
    assert tables.rows(query, ts="infinity") == [(False, 2, FOURTH)]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("task_shares", tag("code:debug", 0.5), {"token_share": 0.75}),
        ("task_shares", tag("code:debug", 0.5), {"category_token_share": None}),
        ("task_model_shares", tag_model("code:debug", M2, 0.5), {"tag_token_share": 0.75}),
        ("app_usage", app(1, 10), {"rank": 2}),
        ("app_usage", app(1, 10), {"total_requests": 8}),
        ("benchmark_scores", score(M2, 50), {"coding_index": None}),
        ("benchmark_scores", score(M2, 50), {"agentic_index": 0.0}),
        ("benchmark_scores", score(M2, 50), {"prompt_usd_per_token": Decimal(0)}),
        ("benchmark_scores", score(M2, 50), {"completion_usd_per_token": Decimal("1e-15")}),
    ],
    ids=str,
)
def test_any_changed_figure_begins_a_line(tables: Tables, kind: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """A line stands for one content of all figures; NULL differs from every figure, also from 0."""
    take = {"task": task_snapshot, "app": app_snapshot, "benchmark": benchmark_snapshot}[kind.partition("_")[0]]
    build(tables, take(FIRST, before), take(SECOND, before | after))
    query = f"select known_from, known_to, is_listed from core.{kind}_vintages order by known_from"  # noqa: S608
    assert tables.rows(query) == [(FIRST, SECOND, True), (SECOND, None, True)]


def test_what_a_task_is_called_is_no_figure(tables: Tables) -> None:
    """Another label makes another content, which is shown, and no line."""
    build(
        tables, task_snapshot(FIRST, tag("code:debug", 1)), task_snapshot(SECOND, tag("code:debug", 1, display_name="Bugs"))
    )
    assert tables.rows("select display_name from core.task_shares") == [("Bugs",)]
    assert tables.rows("select known_from, known_to from core.task_shares_vintages") == [(FIRST, None)]


def test_a_row_of_another_window_ends_no_line(tables: Tables) -> None:
    """Each window has lines of its own, all of them open: a window is not restated by the next (F22)."""
    build(
        tables, app_snapshot(FIRST, app(1, 10), app(2, 5, rank=2), end=SUNDAY), app_snapshot(SECOND, app(1, 20), end=MONDAY)
    )
    query = "select window_end, app_id, total_tokens, known_to, is_listed from core.app_usage_vintages order by all"
    assert tables.rows(query) == [(SUNDAY, 1, 10, None, True), (SUNDAY, 2, 5, None, True), (MONDAY, 1, 20, None, True)]


# --- names of apps ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ts", "name"),
    [
        ("2026-01-12 06:30:00Z", "Before"),
        ("2026-01-12 23:59:00Z", "Before"),
        ("2026-01-13 06:30:00Z", "After"),
        ("infinity", "After"),
    ],
)
def test_an_app_is_called_as_it_was_then(tables: Tables, ts: str, name: str) -> None:
    """Every window shows the name that was the newest at the instant: an app is one, whatever the window."""
    build(tables, app_snapshot(FIRST, app(1, 10, name="Before")), app_snapshot(SECOND, app(1, 20, name="After"), end=MONDAY))
    query = "select distinct app_name from app_usage_as_of($ts)"
    assert tables.rows(query, ts=ts) == [(name,)]
