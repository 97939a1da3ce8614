"""The simulator: does it refuse, clamp, cut, restate and tell its story as the Data API does?

Belongs here: behaviour of the simulated source alone, in process and over loopback. Not here: what a reader
makes of it.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from pipeline.simulator.endpoints.rankings import TOP
from pipeline.simulator.server import SimulatedResponse, Simulator, serve
from pipeline.simulator.world import FLOOR, MISSING_DAYS

RANKINGS = "/api/v1/datasets/rankings-daily"
MODELS = "/api/v1/models"
TASKS = "/api/v1/classifications/task"
SESSIONS = "/api/v1/datasets/session-cost"
BENCHMARKS = "/api/v1/benchmarks"
APPS = "/api/v1/datasets/app-rankings"
FURTHER = (TASKS, SESSIONS, BENCHMARKS, APPS)
KEY = {"Authorization": "Bearer test"}
NOON = datetime(2026, 9, 28, 12, tzinfo=UTC)
CONTRACT = Path(__file__).parents[3].parent / "shared" / "contract" / "data-api.openapi.yaml"

Blocks = dict[date, dict[str, int]]


def at(instant: datetime) -> Callable[[], datetime]:
    return lambda: instant


def simulator(instant: datetime = NOON, **options: Any) -> Simulator:
    return Simulator(clock=at(instant), limits=options.pop("limits", None), **options)


def ask(source: Simulator, **query: str) -> SimulatedResponse:
    return source.respond("GET", RANKINGS, query, KEY)


def body(response: SimulatedResponse) -> dict[str, Any]:
    assert response.status == 200, response.body
    answer: dict[str, Any] = json.loads(response.body)
    return answer


def blocks(response: SimulatedResponse) -> Blocks:
    found: Blocks = defaultdict(dict)
    for row in body(response)["data"]:
        assert row["total_tokens"] == str(int(row["total_tokens"]))
        found[date.fromisoformat(row["date"])][row["model_permaslug"]] = int(row["total_tokens"])
    return dict(found)


def cut(truth: Mapping[str, int]) -> dict[str, int]:
    """The published view of a block: the top 50, ties alphabetical, and the rest as `other`."""
    ranked = sorted(truth.items(), key=lambda item: (-item[1], item[0]))
    listed, rest = dict(ranked[:TOP]), sum(tokens for _, tokens in ranked[TOP:])
    return listed | ({"other": rest} if rest else {})


def folded(block: Mapping[str, int]) -> dict[str, int]:
    """Variants summed, `other` left out."""
    sums: dict[str, int] = defaultdict(int)
    for slug, tokens in block.items():
        if slug != "other":
            sums[slug.partition(":")[0]] += tokens
    return dict(sums)


# Determinism and speed


def test_same_seed_and_clock_give_the_same_bytes() -> None:
    """A reading can be repeated; another seed is another world."""
    query = {"start_date": "2026-08-01", "end_date": "2026-09-27"}
    first, again, other = (ask(simulator(seed=seed), **query) for seed in (3, 3, 4))
    assert first == again
    assert first.body != other.body


@pytest.mark.parametrize("extra", [{}, {"category": "programming"}])
def test_a_year_is_answered_at_once(extra: dict[str, str]) -> None:
    """A demo does not wait for its source."""
    source = simulator()
    started = time.perf_counter()
    ask(source, start_date="2025-09-28", end_date="2026-09-27", **extra)
    assert time.perf_counter() - started < 1.0


def test_every_answer_says_that_it_is_simulated() -> None:
    """Simulated figures must never be mistaken for OpenRouter's, refusals included."""
    source = simulator()
    answers = [
        ask(source),
        ask(source, period="hour"),
        source.respond("GET", RANKINGS, {}, {}),
        source.respond("GET", "/api/v1/nothing", {}, KEY),
        source.respond("POST", RANKINGS, {}, KEY),
        source.respond("GET", MODELS, {}, {}),
    ]
    assert [answer.status for answer in answers] == [200, 400, 401, 404, 405, 200]
    for answer in answers:
        assert answer.headers["X-Simulated"] == "1"
        assert answer.headers["content-type"] == "application/json"
    for answer in answers[1:5]:
        assert json.loads(answer.body)["error"]["code"] == answer.status


# Refusals


@pytest.mark.parametrize(
    "query",
    [
        {"category": "programming", "period": "day"},
        {"language_type": "natural", "period": "day"},
        {"category": "programming", "language_type": "natural"},
        {"category": "programming", "modality": "text"},
        {"category": "programming", "context_bucket": "1K"},
        {"language_type": "programming", "modality": "text"},
        {"language_type": "programming", "context_bucket": "1M"},
        {"category": "cooking"},
        {"language_type": "klingon"},
        {"modality": "smell"},
        {"context_bucket": "2K"},
        {"period": "year"},
        {"start_date": "2026-9-01"},
        {"start_date": "20260901"},
        {"end_date": "2026-02-30"},
        {"end_date": "yesterday"},
        {"end_date": "2024-12-31"},
        {"start_date": "2026-09-10", "end_date": "2026-09-09"},
        {"start_date": "2025-09-01", "end_date": "2026-09-02"},
        {"start_date": "2026-09-28", "end_date": "2026-09-28"},
        {"start_date": "2026-09-28"},
        {"start_date": "2027-01-01", "end_date": "2027-01-31"},
    ],
    ids=lambda query: "&".join(f"{name}={value}" for name, value in query.items()),
)
def test_bad_requests_are_refused(query: dict[str, str]) -> None:
    """Each combination the API refuses is a 400 with a message, never an empty answer."""
    answer = ask(simulator(), **query)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic abc"}])
def test_a_missing_key_is_refused(headers: dict[str, str]) -> None:
    """Rankings need a bearer key; any non-empty one will do, under any spelling of the header's name."""
    source = simulator()
    assert source.respond("GET", RANKINGS, {}, headers).status == 401
    assert source.respond("GET", RANKINGS, {}, {"authorization": "bearer x"}).status == 200


def test_unknown_parameters_are_ignored() -> None:
    """As real APIs do: a misspelt filter is not an error, it is silently no filter."""
    assert ask(simulator(), catgory="programming").body == ask(simulator()).body


# Limits


def test_the_minute_and_the_day_are_limited() -> None:
    """Beyond either sliding window: 429, and Retry-After says truly when the next request is allowed."""
    now = [NOON]
    source = Simulator(clock=lambda: now[0], limits=(2, 3))
    assert [ask(source).status, ask(source).status] == [200, 200]
    now[0] += timedelta(seconds=10.5)
    refused = ask(source)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "50")
    now[0] += timedelta(seconds=50)
    assert ask(source).status == 200
    refused = ask(source)
    assert (refused.status, refused.headers["Retry-After"]) == (429, str(86_400 - 60))
    now[0] += timedelta(seconds=int(refused.headers["Retry-After"]))
    assert ask(source).status == 200


def test_only_authenticated_requests_are_counted() -> None:
    """The catalogue needs no key, and a refused key spends nobody's budget."""
    source = simulator(limits=(1, 1))
    assert source.respond("GET", MODELS, {}, {}).status == 200
    assert source.respond("GET", RANKINGS, {}, {}).status == 401
    assert ask(source).status == 200
    assert ask(source).status == 429


# Windows


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ({}, "2026-08-29", "2026-09-27"),
        ({"end_date": "2026-09-28"}, "2026-08-29", "2026-09-27"),
        ({"start_date": "2026-09-20", "end_date": "2027-09-20"}, "2026-09-20", "2026-09-27"),
        ({"start_date": "2024-06-01", "end_date": "2025-01-31"}, "2025-01-01", "2025-01-31"),
        ({"end_date": "2025-01-05"}, "2025-01-01", "2025-01-05"),
        ({"start_date": "2025-09-27", "end_date": "2026-09-27"}, "2025-09-27", "2026-09-27"),
    ],
)
def test_windows_are_clamped_and_echoed(query: dict[str, str], start: str, end: str) -> None:
    """The resolved window is echoed, and no row lies outside it."""
    answer = body(ask(simulator(), **query))
    assert answer["meta"] == {
        "as_of": "2026-09-28T12:00:00.000Z",
        "version": "v1",
        "start_date": start,
        "end_date": end,
    }
    assert {row["date"] for row in answer["data"]} <= {
        (date.fromisoformat(start) + timedelta(days=k)).isoformat() for k in range(366)
    }
    assert answer["data"][0]["date"] == start
    assert answer["data"][-1]["date"] == end


def test_two_days_do_not_exist() -> None:
    """2025-06-15 and 2025-07-15 have no rows; asking only for such a day gives an empty answer."""
    source = simulator()
    days = blocks(ask(source, start_date="2025-06-01", end_date="2025-07-31"))
    assert {date(2025, 6, 1) + timedelta(days=k) for k in range(61)} - days.keys() == set(MISSING_DAYS)
    assert body(ask(source, start_date="2025-06-15", end_date="2025-06-15"))["data"] == []
    assert source.true_tokens(date(2025, 6, 15)) == {}


# Blocks


@pytest.mark.parametrize("day", [FLOOR, date(2025, 11, 11), date(2026, 7, 4), date(2029, 12, 31)])
def test_a_day_is_the_top_50_and_the_rest(day: date) -> None:
    """Sorted by tokens, ties alphabetical, `other` last; nothing of the truth is lost, on any day."""
    source = simulator(datetime(2030, 6, 1, tzinfo=UTC))
    stamp = day.isoformat()
    rows = body(ask(source, start_date=stamp, end_date=stamp))["data"]
    truth = source.true_tokens(day)
    assert len(rows) == TOP + 1
    assert {row["model_permaslug"]: int(row["total_tokens"]) for row in rows} == cut(truth)
    assert [row["model_permaslug"] for row in rows] == list(cut(truth))
    assert sum(int(row["total_tokens"]) for row in rows) == sum(truth.values())


def test_days_ascend() -> None:
    """Rows come by date, oldest first."""
    stamps = [row["date"] for row in body(ask(simulator()))["data"]]
    assert stamps == sorted(stamps)


def test_variants_come_and_go_around_the_cut() -> None:
    """Absence is a place below the 50th, not zero: within 90 days many variants leave and return."""
    days = blocks(ask(simulator(), start_date="2026-06-01", end_date="2026-08-29"))
    listed = [block.keys() - {"other"} for _, block in sorted(days.items())]
    ever = set().union(*listed)
    returning = {
        slug for slug in ever if sum(slug in earlier and slug not in later for earlier, later in pairwise(listed)) > 1
    }
    assert len(ever) > 60
    assert len(returning) > 5


@pytest.mark.parametrize(("week", "days"), [("2025-11-10", 7), ("2025-06-09", 6), ("2025-07-14", 6)])
def test_an_exact_week_is_the_sum_of_its_days(week: str, days: int) -> None:
    """Weeks start on Mondays; those of the missing days have six."""
    source, start = simulator(), date.fromisoformat(week)
    end = (start + timedelta(days=6)).isoformat()
    truth: dict[str, int] = defaultdict(int)
    existing = [source.true_tokens(start + timedelta(days=k)) for k in range(7)]
    assert sum(bool(day) for day in existing) == days
    for day in existing:
        for slug, tokens in day.items():
            truth[slug] += tokens
    assert blocks(ask(source, start_date=week, end_date=end, period="week")) == {start: cut(truth)}


def test_a_window_cuts_its_exact_buckets() -> None:
    """A bucket holds the days inside the window only; the dataset's first week begins on a Wednesday."""
    source = simulator()
    weeks = blocks(ask(source, start_date="2025-01-01", end_date="2025-01-06", period="week"))
    assert list(weeks) == [date(2024, 12, 30), date(2025, 1, 6)]
    assert weeks[date(2025, 1, 6)] == cut(source.true_tokens(date(2025, 1, 6)))
    months = blocks(ask(source, start_date="2026-01-31", end_date="2026-02-01", period="month"))
    assert months[date(2026, 1, 1)] == cut(source.true_tokens(date(2026, 1, 31)))


@pytest.mark.parametrize(
    "part",
    [{"modality": name} for name in ("text", "image", "image_output", "audio", "tool_calling")]
    + [{"context_bucket": name} for name in ("1K", "10K", "100K", "1M", "10M")]
    + [{"modality": "text", "context_bucket": "100K"}],
)
def test_slices_are_subsets(part: dict[str, str]) -> None:
    """A slice never exceeds the model's tokens of the day, and has its own top 50."""
    source = simulator()
    block = blocks(ask(source, start_date="2026-07-01", end_date="2026-07-01", **part))[date(2026, 7, 1)]
    truth = source.true_tokens(date(2026, 7, 1))
    assert all(0 < tokens <= truth[slug] for slug, tokens in block.items() if slug != "other")
    assert sum(block.values()) <= sum(truth.values())
    assert len(block.keys() - {"other"}) == TOP or "other" not in block


def test_context_buckets_add_up_to_the_day() -> None:
    """Every request has one length: the blocks of the five buckets sum to the day's, to the token."""
    source, day = simulator(), date(2026, 7, 1)
    window = {"start_date": str(day), "end_date": str(day)}
    buckets = [blocks(ask(source, context_bucket=name, **window))[day] for name in ("1K", "10K", "100K", "1M", "10M")]
    assert sum(sum(block.values()) for block in buckets) == sum(source.true_tokens(day).values())
    assert all(tokens > 1 for tokens in buckets[-1].values()), "who does not take the longest has none of it"


def test_a_small_slice_has_no_other() -> None:
    """`other` is absent when its tail is empty."""
    block = blocks(ask(simulator(), start_date="2026-07-01", end_date="2026-07-01", modality="image_output"))
    assert "other" not in block[date(2026, 7, 1)]


# Sampled datasets


def test_a_category_answers_in_whole_weeks() -> None:
    """A closed week is whole, however the window cuts it; week is the default grain."""
    source = simulator()
    weeks = blocks(ask(source, category="programming", start_date="2025-11-05", end_date="2025-11-12"))
    assert weeks == {
        week: cut(source.true_category_tokens("programming", week)) for week in (date(2025, 11, 3), date(2025, 11, 10))
    }


def test_a_category_month_is_made_of_weeks() -> None:
    """A week counts for the month it starts in."""
    source = simulator()
    weeks = blocks(ask(source, category="legal", start_date="2026-03-02", end_date="2026-03-31"))
    months = blocks(ask(source, category="legal", start_date="2026-03-02", end_date="2026-03-31", period="month"))
    assert list(months) == [date(2026, 3, 1)]
    assert sum(months[date(2026, 3, 1)].values()) == sum(sum(week.values()) for week in weeks.values())


def test_the_running_week_grows_past_end_date() -> None:
    """The trailing bucket holds traffic up to now: two readings on one day of one window differ."""
    window = {"category": "programming", "start_date": "2026-09-21", "end_date": "2026-09-22"}
    morning, evening = (
        blocks(ask(simulator(datetime(2026, 9, 23, hour, tzinfo=UTC)), **window))[date(2026, 9, 21)] for hour in (3, 21)
    )
    final = simulator().true_category_tokens("programming", date(2026, 9, 21))
    assert sum(morning.values()) < sum(evening.values()) < sum(final.values())
    assert all(morning[slug] <= evening[slug] for slug in morning.keys() & evening.keys())


def test_sampled_levels_may_exceed_the_platform() -> None:
    """Shares of a category mean something, levels do not."""
    source, week = simulator(), date(2025, 11, 10)
    platform = sum(source.true_tokens(week + timedelta(days=k)).get("minimax/minimax-m2", 0) for k in range(7))
    assert source.true_category_tokens("programming", week)["minimax/minimax-m2"] > platform


@pytest.mark.parametrize("language_type", ["natural", "programming"])
def test_language_types_answer(language_type: str) -> None:
    """The second sampled dataset is weekly as well."""
    weeks = blocks(ask(simulator(), language_type=language_type, end_date="2026-09-27"))
    assert all(week.weekday() == 0 and len(block) == TOP + 1 for week, block in weeks.items())


# Restatement


def test_restatement_only_rises_and_settles() -> None:
    """Right after midnight nearly every day is a little short; rows only rise; after 36 h all are final."""
    hours = (5 / 60, 1.0, 2.5, 4.0, 12.0, 36.0)
    short, late = [], 0
    days = [date(2026, 1, 1) + timedelta(days=k) for k in range(200)]
    for day in days:
        stamp, close = day.isoformat(), datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        readings = [blocks(ask(simulator(close + timedelta(hours=h)), start_date=stamp, end_date=stamp))[day] for h in hours]
        truth = cut(simulator().true_tokens(day))
        for earlier, later in pairwise(readings):
            assert all(earlier[slug] <= later[slug] for slug in earlier.keys() & later.keys())
        assert readings[-1] == truth
        short.append(1 - sum(readings[0].values()) / sum(truth.values()))
        late += readings[3] != truth
    short.sort()
    assert sum(part > 0 for part in short) > 0.9 * len(days)
    assert 5e-6 < short[len(short) // 2] < 5e-5
    assert 1e-4 < short[-1] < 0.025
    assert 0 < late < 12


def test_category_weeks_are_restated_too() -> None:
    """Weeks settle as days do, at their own pace."""
    changed = 0
    for k in range(20):
        week = date(2026, 1, 5) + timedelta(days=7 * k)
        close = datetime(week.year, week.month, week.day, tzinfo=UTC) + timedelta(days=7)
        window = {"category": "programming", "start_date": str(week), "end_date": str(week)}
        early, final = (blocks(ask(simulator(close + timedelta(hours=h)), **window))[week] for h in (0.1, 36.0))
        assert all(early[slug] <= final[slug] for slug in early.keys() & final.keys())
        assert final == cut(simulator().true_category_tokens("programming", week))
        changed += early != final
    assert changed > 15


# The story


def test_m2_arrives_free_turns_paid_and_fades() -> None:
    """Free from 2025-10-25, paid from 10-31, free gone from 11-12; folded, it peaks on 11-11, then fades."""
    source = simulator()
    days = blocks(ask(source, start_date="2025-10-01", end_date="2026-09-27"))
    free = sorted(day for day, block in days.items() if "minimax/minimax-m2:free" in block)
    paid = sorted(day for day, block in days.items() if "minimax/minimax-m2" in block)
    assert (free[0], free[-1]) == (date(2025, 10, 25), date(2025, 11, 11))
    assert date(2025, 10, 31) <= paid[0] <= date(2025, 11, 7)
    assert date(2026, 1, 1) < paid[-1] < date(2026, 6, 1)
    assert "minimax/minimax-m2" not in source.true_tokens(date(2025, 10, 30))
    assert "minimax/minimax-m2" in source.true_tokens(date(2025, 10, 31))
    family = {day: folded(block).get("minimax/minimax-m2", 0) for day, block in days.items()}
    peak = max(family, key=lambda day: family[day])
    assert peak == date(2025, 11, 11)
    assert 80e9 < family[peak] < 88e9


@pytest.mark.parametrize("seed", [1, 7, 99])
def test_m2_is_third_in_programming_for_six_weeks(seed: int) -> None:
    """Behind Grok Code Fast and Sonnet 4.5 from 2025-10-27; M2.5 leads in early 2026, then M2 is gone."""
    source = simulator(seed=seed)
    query = {"category": "programming", "start_date": "2025-10-20", "end_date": "2026-04-05"}
    weeks = blocks(ask(source, **query))
    for k in range(6):
        block = weeks[date(2025, 10, 27) + timedelta(days=7 * k)]
        sums = folded(block)
        assert sorted(sums, key=lambda slug: -sums[slug])[:3] == [
            "x-ai/grok-code-fast-1",
            "anthropic/claude-4.5-sonnet-20250929",
            "minimax/minimax-m2",
        ]
        assert 0.05 < sums["minimax/minimax-m2"] / sum(block.values()) < 0.125
    for week in (date(2026, 2, 16), date(2026, 3, 2), date(2026, 3, 9)):
        block = weeks[week]
        assert max(block, key=lambda slug: block[slug]) == "minimax/minimax-m2.5-20260211"
        assert 0.25 < block["minimax/minimax-m2.5-20260211"] / sum(block.values()) < 0.46
    assert not any(slug.partition(":")[0] == "minimax/minimax-m2" for slug in weeks[date(2026, 3, 30)])


def test_the_platform_grows() -> None:
    """About 0.3 T tokens a day at first, 1 T in November 2025, 8 T in mid 2026."""
    source = simulator()
    for day, least, most in (
        (date(2025, 1, 2), 0.27, 0.33),
        (date(2025, 11, 20), 0.9, 1.1),
        (date(2026, 7, 1), 7.2, 8.8),
    ):
        assert least < sum(source.true_tokens(day).values()) / 1e12 < most


def test_the_list_has_every_odd_kind() -> None:
    """Variants, stacked variants, stealth models and an embedding model are listed at some time."""
    source, listed = simulator(), set[str]()
    for start in ("2025-01-01", "2025-12-31"):
        end = (date.fromisoformat(start) + timedelta(days=270)).isoformat()
        for block in blocks(ask(source, start_date=start, end_date=end)).values():
            listed |= block.keys()
    for ending in (":free", ":thinking", ":beta", ":free:online", "-alpha"):
        assert any(slug.endswith(ending) for slug in listed), ending
    assert "openai/text-embedding-3-small" in listed


# Catalogue


def catalogue(instant: datetime = NOON, **query: str) -> dict[str, dict[str, Any]]:
    """Entries by id; ids are unique."""
    entries = body(simulator(instant).respond("GET", MODELS, query, {}))["data"]
    by_id = {entry["id"]: entry for entry in entries}
    assert len(by_id) == len(entries)
    return by_id


def test_the_catalogue_holds_what_was_launched() -> None:
    """Ids and slugs differ as in reality; a free variant is an entry of its own under the shared slug."""
    before, during = (catalogue(datetime(2025, *day, tzinfo=UTC)) for day in ((10, 24), (11, 1)))
    assert not any(entry_id.startswith("minimax/minimax-m2") for entry_id in before)
    free, paid = during["minimax/minimax-m2:free"], during["minimax/minimax-m2"]
    assert free["canonical_slug"] == paid["canonical_slug"] == "minimax/minimax-m2"
    assert (free["pricing"]["prompt"], free["pricing"]["completion"]) == ("0", "0")
    sonnet = during["anthropic/claude-sonnet-4.5"]
    assert sonnet["canonical_slug"] == "anthropic/claude-4.5-sonnet-20250929"
    assert all(entry["name"].startswith("SIMULATED ") for entry in during.values())
    assert "minimax/minimax-m2:free" not in catalogue()


def test_all_output_modalities_are_another_series() -> None:
    """What gives no text back is in the catalogue only when asked for."""
    default, everything = catalogue(), catalogue(output_modalities="all")
    added = {tuple(everything[entry_id]["architecture"]["output_modalities"]) for entry_id in everything - default.keys()}
    assert default.keys() < everything.keys()
    assert added == {("embeddings",), ("image",), ("transcription",), ("speech",)}


def test_the_catalogue_comes_in_pages_where_they_are_asked_for() -> None:
    """Page by page by the links that the answers give: every entry once, in the order of the whole."""
    source = simulator()
    whole = json.loads(source.respond("GET", MODELS, {}, {}).body)
    assert whole["links"]["next"] is None
    found, query = [], {"limit": "30"}
    while True:
        page = json.loads(source.respond("GET", MODELS, query, {}).body)
        assert page["total_count"] == whole["total_count"]
        found += page["data"]
        if page["links"]["next"] is None:
            break
        query = dict(httpx.URL(page["links"]["next"]).params)
    assert found == whole["data"]
    assert len(found) > 60


def test_the_catalogue_comes_in_pages_though_nobody_asked() -> None:
    """A source that gives no more than so many at once links the next page, and heeds no larger one."""
    source = Simulator(clock=lambda: NOON, limits=None, catalogue_page=40)
    first = json.loads(source.respond("GET", MODELS, {"output_modalities": "all"}, {}).body)
    assert (len(first["data"]), first["total_count"] > 80) == (40, True)
    query = dict(httpx.URL(first["links"]["next"]).params) | {"limit": "1000"}
    assert query["offset"] == "40"
    assert len(json.loads(source.respond("GET", MODELS, query, {}).body)["data"]) == 40


def test_some_prices_change() -> None:
    """Prices are decimal strings per token, and some are lowered while the model is listed."""
    earlier, later = catalogue(datetime(2025, 10, 1, tzinfo=UTC)), catalogue()
    prices = [
        (float(earlier[entry_id]["pricing"]["prompt"]), float(later[entry_id]["pricing"]["prompt"]))
        for entry_id in earlier.keys() & later.keys()
    ]
    assert all(new <= old for old, new in prices)
    assert 0 < sum(new < old for old, new in prices) < len(prices) / 2


def test_free_variants_cost_nothing_and_others_something() -> None:
    """F14: a free variant is never priced as the paid one."""
    entries = catalogue(datetime(2026, 7, 1, tzinfo=UTC), output_modalities="all")
    free = {entry_id for entry_id in entries if entry_id.endswith(":free")}
    assert len(free) > 3
    for entry_id, entry in entries.items():
        costs_nothing = {entry["pricing"]["prompt"], entry["pricing"]["completion"]} == {"0"}
        assert costs_nothing == (entry_id in free)


def test_ranked_models_are_found_by_canonical_slug() -> None:
    """Nearly every ranked model is in the catalogue by slug; some are not, as in reality."""
    slugs = {entry["canonical_slug"] for entry in catalogue(output_modalities="all").values()}
    ranked = {slug.partition(":")[0] for slug in simulator().true_tokens(date(2026, 9, 27))}
    assert 0.85 < len(ranked & slugs) / len(ranked) < 1.0


# The further endpoints


def further(path: str, instant: datetime = NOON, seed: int = 7, /, **query: str) -> SimulatedResponse:
    return simulator(instant, seed=seed).respond("GET", path, query, KEY)


def rows(path: str, instant: datetime = NOON, /, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(further(path, instant, **query))["data"]
    return found


def pages(path: str, limit: int, instant: datetime = NOON, /, **query: str) -> list[dict[str, Any]]:
    """Everything, page by page until a page is short."""
    found: list[dict[str, Any]] = []
    while True:
        page = rows(path, instant, limit=str(limit), offset=str(len(found)), **query)
        found += page
        if len(page) < limit:
            return found


def reachable_apps(instant: datetime = NOON, /, **query: str) -> dict[int, dict[str, Any]]:
    """The up to 200 apps that two full pages hold, by id."""
    found = [app for offset in ("0", "100") for app in rows(APPS, instant, limit="100", offset=offset, **query)]
    by_id = {app["app_id"]: app for app in found}
    assert len(by_id) == len(found)
    return by_id


@pytest.mark.parametrize("path", FURTHER)
def test_the_further_endpoints_repeat_themselves(path: str) -> None:
    """Same seed and clock, same bytes; another seed or another month, another answer."""
    first, again, other = (further(path, NOON, seed) for seed in (3, 3, 4))
    assert first == again
    assert first.body != other.body
    assert body(further(path, NOON - timedelta(days=70), 3))["data"] != body(first)["data"]


@pytest.mark.parametrize("path", FURTHER)
def test_the_further_endpoints_need_a_key_and_are_counted(path: str) -> None:
    """They share one budget with the rankings."""
    source = simulator(limits=(1, 500))
    assert source.respond("GET", path, {}, {}).status == 401
    assert source.respond("POST", path, {}, KEY).status == 405
    assert source.respond("GET", path, {}, KEY).status == 200
    assert ask(source).status == 429
    assert source.respond("GET", path, {}, KEY).headers["X-Simulated"] == "1"


@pytest.mark.parametrize("day", ["2025-01-01", "2025-01-02", "2025-02-10", "2040-06-01"])
@pytest.mark.parametrize("path", FURTHER)
def test_the_further_endpoints_answer_under_any_clock(path: str, day: str) -> None:
    """Before there is data they are empty, or refuse a window without days; after the world's end they stand still."""
    answer = further(path, datetime.fromisoformat(f"{day}T12:00:00+00:00"))
    assert answer.status == (400 if (path, day) == (APPS, "2025-01-01") else 200)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        *((TASKS, {"window": window}) for window in ("30d", "", "7")),
        *((SESSIONS, {"limit": limit}) for limit in ("0", "501", "-1", "ten", "1.5", "")),
        *((SESSIONS, {"offset": offset}) for offset in ("-1", "5001", "")),
        (SESSIONS, {"turn_range": "2-turns"}),
        (BENCHMARKS, {"source": "aa"}),
        (BENCHMARKS, {"task_type": "cooking"}),
        (BENCHMARKS, {"benchmark_type": "mmlu"}),
        (BENCHMARKS, {"max_results": "0"}),
        *((APPS, {"limit": limit}) for limit in ("0", "101")),
        (APPS, {"offset": "101"}),
        (APPS, {"sort": "best"}),
        (APPS, {"category": "cooking"}),
        (APPS, {"subcategory": "coding"}),
        (APPS, {"category": "creative", "subcategory": "cli-agent"}),
        (APPS, {"end_date": "2024-12-31"}),
        (APPS, {"start_date": "2026-09-28"}),
        (APPS, {"start_date": "2026-09-10", "end_date": "2026-09-09"}),
    ],
    ids=str,
)
def test_the_further_endpoints_refuse_what_the_contract_refuses(path: str, query: dict[str, str]) -> None:
    """A 400 with a message, never another question's answer."""
    answer = further(path, **query)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["message"]


# Tasks


def code_share(slug: str, data: Mapping[str, Any]) -> float:
    """The listed token share of a model's variants in the macro category `code`."""
    return sum(
        float(tag["category_token_share"] * model["tag_token_share"])
        for tag in data["classifications"]
        for model in tag["models"]
        if tag["macro_category"] == "code" and model["id"].partition(":")[0] == slug
    )


@pytest.mark.parametrize("hour", [0, 23])
def test_tasks_cover_the_days_before_today(hour: int) -> None:
    """The window ends with the last complete day, whatever the hour; `as_of` is that date, not an instant."""
    data = body(further(TASKS, datetime(2026, 9, 28, hour, 30, tzinfo=UTC)))["data"]
    assert (data["window_days"], data["as_of"]) == (7, "2026-09-27")
    assert data == body(further(TASKS))["data"]


@pytest.mark.parametrize("instant", [datetime(2025, 11, 17, 7, tzinfo=UTC), NOON])
def test_shares_of_tasks_add_up(instant: datetime) -> None:
    """Shares are rounded to three decimals: macro categories and tags sum to 1 but for that; a tag's models do not."""
    data = body(further(TASKS, instant))["data"]
    tags, macros = data["classifications"], data["macro_categories"]
    assert [macro["key"] for macro in macros] == ["code", "data", "agent", "general"]
    for share in ("usage_share", "token_share"):
        assert sum(macro[share] for macro in macros) == pytest.approx(1, abs=0.002)
        assert sum(tag[share] for tag in tags) == pytest.approx(1, abs=0.015)
        for macro in macros:
            members = [tag for tag in tags if tag["macro_category"] == macro["key"]]
            assert sum(tag[share] for tag in members) == pytest.approx(macro[share], abs=0.007)
            assert sum(tag[f"category_{share}"] for tag in members) == pytest.approx(1, abs=0.007)
    assert [tag["usage_share"] for tag in tags] == sorted((tag["usage_share"] for tag in tags), reverse=True)
    for tag in tags:
        usage = [model["tag_usage_share"] for model in tag["models"]]
        assert len(usage) == 10
        assert usage == sorted(usage, reverse=True)
        assert 0.3 < sum(model["tag_token_share"] for model in tag["models"]) < 0.97


def test_code_tasks_follow_programming() -> None:
    """A model's share of `code` is its share of the programming category of the same days, sampling apart."""
    data, truth = body(further(TASKS, datetime(2025, 11, 17, 7, tzinfo=UTC)))["data"], simulator()
    week = folded(truth.true_category_tokens("programming", date(2025, 11, 10)))
    for slug in ("minimax/minimax-m2", "x-ai/grok-code-fast-1", "anthropic/claude-4.5-sonnet-20250929"):
        assert code_share(slug, data) == pytest.approx(week[slug] / sum(week.values()), rel=0.2)


@pytest.mark.parametrize("seed", [1, 7, 99])
def test_m2_is_seen_in_code_tasks(seed: int) -> None:
    """Absent before its launch, in every code tag in November 2025, free and paid apart; not listed a year later."""
    before, rise, after = (
        body(further(TASKS, datetime(*day, 7, tzinfo=UTC), seed))["data"]
        for day in ((2025, 10, 25), (2025, 11, 10), (2026, 9, 28))
    )
    assert code_share("minimax/minimax-m2", before) == code_share("minimax/minimax-m2", after) == 0
    assert 0.03 < code_share("minimax/minimax-m2", rise) < 0.15
    listed = [{model["id"] for model in tag["models"]} for tag in rise["classifications"] if tag["macro_category"] == "code"]
    assert all("minimax/minimax-m2:free" in ids for ids in listed)
    assert any("minimax/minimax-m2" in ids for ids in listed)


# Session cost


def cell_key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["app_slug"], row["model_permaslug"], row["turn_range"]


@pytest.mark.parametrize("instant", [datetime(2025, 11, 17, 7, tzinfo=UTC), NOON])
def test_session_cost_is_longer_than_its_longest_page(instant: datetime) -> None:
    """F32: the default limit truncates several hundred cells to 100, and so does the largest one."""
    assert len(rows(SESSIONS, instant)) == 100
    assert len(rows(SESSIONS, instant, limit="500")) == 500
    cells = pages(SESSIONS, 500, instant)
    assert 500 < len(cells) < 1_000
    assert cells == pages(SESSIONS, 77, instant)
    assert len({cell_key(row) for row in cells}) == len(cells)
    assert cells[:100] == rows(SESSIONS, instant)
    assert rows(SESSIONS, instant, offset="5000") == []


def test_session_cost_is_filtered() -> None:
    """By harness, exact model and turns, together; an unknown name has no cells."""
    cells = pages(SESSIONS, 500)
    model = cells[0]["model_permaslug"]
    for query in (
        {"app_slug": "kestrel"},
        {"model": model},
        {"turn_range": "10-49-turns"},
        {"app_slug": cells[0]["app_slug"], "model": model},
    ):
        names = {"app_slug": "app_slug", "model": "model_permaslug", "turn_range": "turn_range"}
        wanted = [row for row in cells if all(row[names[name]] == value for name, value in query.items())]
        assert pages(SESSIONS, 500, **query) == wanted != []
    assert rows(SESSIONS, app_slug="nobody") == rows(SESSIONS, model="nobody/nothing") == []


def test_longer_sessions_cost_more_and_free_ones_nothing() -> None:
    """F14: a free variant's sessions cost 0; for the others the median rises with the turns."""
    cells = pages(SESSIONS, 500, datetime(2025, 11, 17, 7, tzinfo=UTC))
    by_turns: dict[str, list[float]] = defaultdict(list)
    for row in cells:
        if ":free" in row["model_permaslug"]:
            assert row["median_session_cost_usd"] == 0
        else:
            by_turns[row["turn_range"]].append(row["median_session_cost_usd"])
    middle = [
        sorted(costs)[len(costs) // 2]
        for costs in (by_turns[turns] for turns in ("1-turn", "2-9-turns", "10-49-turns", "50-plus-turns"))
    ]
    assert middle == sorted(middle)
    assert 0 < middle[0] < 0.1 < middle[-1] < 50
    assert "minimax/minimax-m2:free" in {row["model_permaslug"] for row in cells}


def test_session_cost_is_refreshed_by_the_week() -> None:
    """The snapshot ends with the last complete Sunday and stands for a week; too early there is none."""
    answers = {day: body(further(SESSIONS, datetime(2026, 9, day, 7, tzinfo=UTC), limit="500")) for day in (20, 21, 27, 28)}
    ends = [answers[day]["meta"]["window_end_date"] for day in (20, 21, 27, 28)]
    assert ends == ["2026-09-13", "2026-09-20", "2026-09-20", "2026-09-27"]
    assert answers[21]["data"] == answers[27]["data"] != answers[28]["data"]
    early = body(further(SESSIONS, datetime(2025, 1, 20, tzinfo=UTC)))
    assert (early["data"], early["meta"]["window_days"], early["meta"]["window_end_date"]) == ([], None, None)


# Benchmarks


def scores(instant: datetime = NOON) -> dict[str, dict[str, Any]]:
    found = rows(BENCHMARKS, instant, source="artificial-analysis")
    by_slug = {item["model_permaslug"]: item for item in found}
    assert len(by_slug) == len(found)
    return by_slug


@pytest.mark.parametrize("instant", [datetime(2025, 11, 17, 7, tzinfo=UTC), NOON])
def test_m2_is_scored_below_gpt_5_and_above_gpt_oss(instant: datetime) -> None:
    """The scores the story needs, among some forty."""
    found = scores(instant)
    assert 25 < len(found) < 70
    for slug, expected in {
        "minimax/minimax-m2": 61,
        "openai/gpt-5-2025-08-07": 68,
        "anthropic/claude-4.5-sonnet-20250929": 63,
        "x-ai/grok-4-fast": 60,
        "openai/gpt-oss-120b": 58,
    }.items():
        assert found[slug]["intelligence_index"] == pytest.approx(expected, abs=0.8)
    indices = [item[name] for item in found.values() for name in ("intelligence_index", "coding_index", "agentic_index")]
    assert all(10 < index < 90 for index in indices if index is not None)
    assert 0 < sum(index is None for index in indices) < len(indices) / 5
    assert any(item["pricing"] is None for item in found.values())


def test_only_launched_models_are_scored_and_scores_move_a_little() -> None:
    """Nothing is known before a launch; a score measured again differs by less than two points."""
    launch, later = scores(datetime(2025, 10, 24, tzinfo=UTC)), scores()
    assert "minimax/minimax-m2" not in launch
    assert "minimax/minimax-m2" in scores(datetime(2025, 10, 25, tzinfo=UTC))
    common = launch.keys() & later.keys()
    moves = [
        abs(launch[slug][index] - later[slug][index])
        for slug in common
        for index in ("intelligence_index", "coding_index", "agentic_index")
        if launch[slug][index] is not None
    ]
    assert 0 < max(moves) < 2
    week_by_week = [scores(NOON + timedelta(days=7 * k))["minimax/minimax-m2"]["intelligence_index"] for k in range(18)]
    assert 0 < sum(a != b for a, b in pairwise(week_by_week)) < 5


def test_prices_of_benchmarks_are_the_catalogues() -> None:
    """One price, two endpoints."""
    by_slug = {entry["canonical_slug"]: entry for entry in catalogue().values() if ":" not in entry["id"]}
    for slug, item in scores().items():
        if item["pricing"] is not None:
            assert item["pricing"] == {name: by_slug[slug]["pricing"][name] for name in ("prompt", "completion")}


def test_a_source_not_named_is_all_sources() -> None:
    """Then there is no citation for the whole; a named source has its own, and the count is of the models shown."""
    named, mixed = body(further(BENCHMARKS, source="artificial-analysis")), body(further(BENCHMARKS))
    assert mixed["meta"] | {"source": 0} == named["meta"] | {"source": 0, "source_url": None, "citation": None}
    assert mixed["meta"]["source"] is None
    assert named["meta"]["citation"].startswith("SIMULATED")
    assert "Artificial Analysis (artificialanalysis.ai)" in named["meta"]["citation"]
    assert named["meta"]["model_count"] == len(named["data"])
    assert rows(BENCHMARKS, source="design-arena") == rows(BENCHMARKS, task_type="search") == []
    assert body(further(BENCHMARKS, max_results="3"))["meta"]["model_count"] == 3
    coding = [item["coding_index"] for item in rows(BENCHMARKS, task_type="coding")]
    assert coding == sorted(coding, reverse=True)


# Apps


def test_apps_are_ranked_in_pages() -> None:
    """Ranks are absolute over pages, each app comes once, and nothing lies beyond the 200th."""
    assert len(rows(APPS)) == 50
    first, second = rows(APPS, limit="100"), rows(APPS, limit="100", offset="100")
    assert [app["rank"] for app in first + second] == list(range(1, 201))
    assert len({app["app_id"] for app in first + second}) == 200
    tokens = [int(app["total_tokens"]) for app in first + second]
    assert tokens == sorted(tokens, reverse=True)
    assert rows(APPS, limit="5", offset="3") == first[3:8]


def test_apps_are_part_of_the_platform() -> None:
    """What apps use is less than what the models gave, day by day; requests are fewer than tokens."""
    for day in ("2025-11-11", "2026-09-20"):
        window = {"start_date": day, "end_date": day}
        apps = reachable_apps(**window).values()
        platform = sum(simulator().true_tokens(date.fromisoformat(day)).values())
        assert 0.4 < sum(int(app["total_tokens"]) for app in apps) / platform < 0.8
        assert all(0 < app["total_requests"] < int(app["total_tokens"]) for app in apps)
    assert rows(APPS, start_date="2025-06-15", end_date="2025-06-15") == []


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ({}, "2026-08-29", "2026-09-27"),
        ({"start_date": "2026-09-20"}, "2026-09-20", "2026-09-27"),
        ({"end_date": "2026-08-31"}, "2026-08-02", "2026-08-31"),
        ({"start_date": "2024-01-01", "end_date": "2025-01-31"}, "2025-01-01", "2025-01-31"),
    ],
)
def test_windows_of_apps_are_clamped_and_echoed(query: dict[str, str], start: str, end: str) -> None:
    """As those of the rankings."""
    meta = body(further(APPS, **query))["meta"]
    assert meta == {"as_of": "2026-09-28T12:00:00.000Z", "version": "v1", "start_date": start, "end_date": end}


def test_a_filter_ranks_anew() -> None:
    """Ranks count within the filter; a subcategory is part of its category, and both are parts of the whole."""
    whole = reachable_apps()
    for query in ({"category": "entertainment"}, {"subcategory": "cli-agent"}):
        some = pages(APPS, 100, **query)
        assert [app["rank"] for app in some] == list(range(1, len(some) + 1))
        assert 0 < len(some) < len(whole)
        assert all(whole[app["app_id"]] | {"rank": 0} == app | {"rank": 0} for app in some if app["app_id"] in whole)
    both = pages(APPS, 100, category="coding", subcategory="cli-agent")
    assert both == pages(APPS, 100, subcategory="cli-agent")
    assert {app["app_id"] for app in both} <= reachable_apps(category="coding").keys()


def test_trending_ranks_by_growth() -> None:
    """Excess over the mean of the three windows before; who has none is omitted, so the list is short."""
    trending = pages(APPS, 100, sort="trending", start_date="2026-09-21", end_date="2026-09-27")
    assert 0 < len(trending) < 150
    windows = [reachable_apps(start_date=f"2026-09-{day:02}", end_date=f"2026-09-{day + 6:02}") for day in (21, 14, 7)] + [
        reachable_apps(start_date="2026-08-31", end_date="2026-09-06")
    ]
    tokens = [{app_id: int(app["total_tokens"]) for app_id, app in window.items()} for window in windows]
    excess = {app_id: now - sum(past.get(app_id, 0) for past in tokens[1:]) / 3 for app_id, now in tokens[0].items()}
    first = [app["app_id"] for app in trending[:10]]
    assert first == sorted(excess, key=lambda app_id: -excess[app_id])[:10]
    assert all(excess[app_id] > 0 for app_id in first)


def test_a_name_flips_and_its_id_does_not() -> None:
    """F25: some apps are spelt in two ways, on different days, for the same window and the same figures."""
    window = {"limit": "100", "start_date": "2026-07-01", "end_date": "2026-07-30"}
    names: dict[int, list[str]] = defaultdict(list)
    for k in range(12):
        for app in rows(APPS, NOON + timedelta(days=k), **window):
            names[app["app_id"]].append(app["app_name"])
    flipping = [spelt for spelt in names.values() if len(set(spelt)) > 1]
    assert 0 < len(flipping) < len(names) / 8
    assert all(len(set(spelt)) == 2 for spelt in flipping)
    assert any(spelt[0] == spelt[k + 2] != spelt[k + 1] for spelt in flipping for k in range(10))


def test_the_past_changes_when_apps_are_hidden_or_merged() -> None:
    """A closed window read again a year later: some apps are gone, one has grown by what was merged into it."""
    window = {"start_date": "2026-03-02", "end_date": "2026-03-31"}
    then, now = (
        {app_id: int(app["total_tokens"]) for app_id, app in reachable_apps(day, **window).items()}
        for day in (datetime(2026, 4, 2, tzinfo=UTC), datetime(2027, 4, 2, tzinfo=UTC))
    )
    changed = {app_id for app_id in then.keys() & now.keys() if then[app_id] != now[app_id]}
    assert 0 < len(then.keys() - now.keys()) < 15
    assert len(changed) == 1
    assert all(now[app_id] > then[app_id] for app_id in changed)
    lost = sum(then[app_id] for app_id in then.keys() - now.keys())
    gained = sum(now[app_id] - then[app_id] for app_id in changed)
    assert 0 < gained < lost < 0.1 * sum(then.values())  # what is merged lives on, what is hidden does not


def test_apps_and_their_sessions_have_the_same_names() -> None:
    """A harness is found in both by its name, but for spellings."""
    harnesses = {row["app_name"] for row in pages(SESSIONS, 500)}
    ranked = {app["app_name"] for app in rows(APPS, limit="100")}
    assert len(harnesses) > 8
    assert len(harnesses - ranked) <= 2


# Testing aids


def test_tamper_has_the_last_word() -> None:
    """A test can make the source misbehave."""

    def break_rankings(path: str, query: Mapping[str, str], answer: SimulatedResponse) -> SimulatedResponse:
        return SimulatedResponse(502, answer.headers, b"<html>") if path == RANKINGS else answer

    source = simulator(tamper=break_rankings)
    assert ask(source, period="week") == SimulatedResponse(502, ask(source).headers, b"<html>")
    assert source.respond("GET", MODELS, {}, {}).status == 200


def test_requests_are_remembered() -> None:
    """What was asked, and when, can be asserted, from any thread."""
    source = simulator()
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: ask(source, period="week").body, range(32)))
    assert len(answers) == 1
    assert len(source.requests) == 32
    asked = source.requests[0]
    assert (asked.method, asked.path, asked.query, asked.at) == ("GET", RANKINGS, {"period": "week"}, NOON)


# Over HTTP


def test_it_serves_over_http_without_stalls() -> None:
    """The same answers over loopback, on a kept connection, without delayed-acknowledgement pauses."""
    source = simulator()
    with serve(source) as url, httpx.Client(base_url=url, headers=KEY, trust_env=False) as client:
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/api/v1")
        answer = client.get("/datasets/rankings-daily", params={"category": "marketing/seo"})
        assert answer.content == ask(source, category="marketing/seo").body
        assert answer.headers["x-simulated"] == "1"
        assert answer.http_version == "HTTP/1.1"
        assert client.post("/models", content=b"{}").status_code == 405
        assert client.head("/models").status_code == 405
        assert client.get("/nothing").status_code == 404
        waits = sorted(client.get("/nothing").elapsed.total_seconds() for _ in range(20))
        assert waits[10] < 0.03


def test_it_stops_answering_when_it_is_stopped() -> None:
    """Leaving the context ends kept connections too, so a test can take the source away; its port is free."""
    threads = threading.active_count()
    with httpx.Client(headers=KEY, trust_env=False) as client:
        with serve(simulator()) as url:
            assert client.get(f"{url}/models").status_code == 200
        with pytest.raises(httpx.TransportError):
            client.get(f"{url}/models")
    port = httpx.URL(url).port
    assert port is not None
    with serve(simulator(), port=port) as again:
        assert again == url
    deadline = time.monotonic() + 5
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= threads


# Conformance


@pytest.mark.skipif(not CONTRACT.exists(), reason="the published contract is not part of this checkout")
@pytest.mark.parametrize(
    ("schema", "status", "path", "query", "headers"),
    [
        ("RankingsDailyResponse", 200, RANKINGS, {}, KEY),
        ("RankingsDailyResponse", 200, RANKINGS, {"category": "programming"}, KEY),
        ("BadRequestResponse", 400, RANKINGS, {"period": "hour"}, KEY),
        ("UnauthorizedResponse", 401, RANKINGS, {}, {}),
        ("TooManyRequestsResponse", 429, RANKINGS, {}, KEY),
        ("ModelsListResponse", 200, MODELS, {}, {}),
        ("ModelsListResponse", 200, MODELS, {"output_modalities": "all"}, {}),
        ("TaskClassificationResponse", 200, TASKS, {"window": "7d"}, KEY),
        ("SessionCostResponse", 200, SESSIONS, {"limit": "500"}, KEY),
        ("UnifiedBenchmarksResponse", 200, BENCHMARKS, {"source": "artificial-analysis"}, KEY),
        ("UnifiedBenchmarksResponse", 200, BENCHMARKS, {}, KEY),
        ("AppRankingsResponse", 200, APPS, {"limit": "100", "sort": "trending"}, KEY),
        *(("UnauthorizedResponse", 401, path, {}, {}) for path in FURTHER),
        *(("TooManyRequestsResponse", 429, path, {}, KEY) for path in FURTHER),
        ("BadRequestResponse", 400, TASKS, {"window": "30d"}, KEY),
        ("BadRequestResponse", 400, APPS, {"limit": "0"}, KEY),
    ],
)
def test_bodies_conform_to_the_contract(
    schema: str, status: int, path: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    """Every kind of body is what the published schemas say."""
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:contract", resource)
    source = simulator(limits=(0, 0) if status == 429 else None)
    answer = source.respond("GET", path, query, headers)
    assert answer.status == status
    reference = {"$ref": f"urn:contract#/components/schemas/{schema}"}
    errors = list(OAS31Validator(reference, registry=registry).iter_errors(json.loads(answer.body)))
    assert errors == []
