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

from pipeline.openrouter.simulator import FLOOR, MISSING_DAYS, TOP, SimulatedResponse, Simulator, serve

RANKINGS = "/api/v1/datasets/rankings-daily"
MODELS = "/api/v1/models"
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
    """Embedding and image models are in the catalogue only when asked for."""
    default, everything = catalogue(), catalogue(output_modalities="all")
    added = {tuple(everything[entry_id]["architecture"]["output_modalities"]) for entry_id in everything - default.keys()}
    assert default.keys() < everything.keys()
    assert added == {("embeddings",), ("image",)}


def test_some_prices_change() -> None:
    """Prices are decimal strings per token, and some are lowered while the model is listed."""
    earlier, later = catalogue(datetime(2025, 10, 1, tzinfo=UTC)), catalogue()
    prices = [
        (float(earlier[entry_id]["pricing"]["prompt"]), float(later[entry_id]["pricing"]["prompt"]))
        for entry_id in earlier.keys() & later.keys()
    ]
    assert all(new <= old for old, new in prices)
    assert 0 < sum(new < old for old, new in prices) < len(prices) / 2


def test_ranked_models_are_found_by_canonical_slug() -> None:
    """Nearly every ranked model is in the catalogue by slug; some are not, as in reality."""
    slugs = {entry["canonical_slug"] for entry in catalogue(output_modalities="all").values()}
    ranked = {slug.partition(":")[0] for slug in simulator().true_tokens(date(2026, 9, 27))}
    assert 0.85 < len(ranked & slugs) / len(ranked) < 1.0


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
