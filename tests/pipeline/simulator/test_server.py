"""The simulator: does it refuse, clamp, cut, restate and tell its story as the Data API does?

Belongs here: behaviour of the simulated source alone, in process and over loopback. Not here: what a reader makes of it; the
forms of requests and bodies (``tests/hostile/test_contract.py``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from pipeline.simulator.endpoints import ENDPOINTS
from pipeline.simulator.endpoints.rankings import TOP
from pipeline.simulator.queries import Endpoint
from pipeline.simulator.server import SimulatedResponse, Simulator, serve
from pipeline.simulator.world import FLOOR, MISSING_DAYS, PREFIX, SEED, Ints, world_of
from tests.support import SHARED, instant

RANKINGS, MODELS = "/datasets/rankings-daily", "/models"
TASKS, SESSIONS, BENCHMARKS, APPS = (
    *("/classifications/task", "/datasets/session-cost", "/benchmarks", "/datasets/app-rankings"),
)
FURTHER = (TASKS, SESSIONS, BENCHMARKS, APPS)
KEY = {"Authorization": "Bearer test"}
NOON = instant("2026-09-28T12:00")
RISE = instant("2025-11-17T07:00")
CONTRACT = SHARED / "contract" / "data-api.openapi.yaml"
M2, SONNET, GROK_CODE = "minimax/minimax-m2", "anthropic/claude-4.5-sonnet-20250929", "x-ai/grok-code-fast-1"

WORLD = world_of(SEED)

Blocks = dict[date, dict[str, int]]


def simulator(now: datetime = NOON, **options: Any) -> Simulator:
    return Simulator(clock=lambda: now, limits=options.pop("limits", None), **options)


def ask(source: Simulator, path: str = RANKINGS, /, **query: str) -> SimulatedResponse:
    return source.respond("GET", PREFIX + path, query, KEY)


def body(response: SimulatedResponse) -> dict[str, Any]:
    assert response.status == 200, response.body
    answer: dict[str, Any] = json.loads(response.body)
    return answer


def at(path: str, now: datetime = NOON, /, **query: str) -> dict[str, Any]:
    """The body of an endpoint at an instant."""
    return body(ask(simulator(now), path, **query))


def rows(path: str, now: datetime = NOON, /, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = at(path, now, **query)["data"]
    return found


def pages(path: str, limit: int, now: datetime = NOON, /, **query: str) -> list[dict[str, Any]]:
    """Everything, page by page until a page is short."""
    found: list[dict[str, Any]] = []
    while len(page := rows(path, now, limit=str(limit), offset=str(len(found)), **query)) == limit:
        found += page
    return found + page


def by(column: str, found: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Rows by a column that is unique."""
    keyed = {row[column]: row for row in found}
    assert len(keyed) == len(found)
    return keyed


def reachable_apps(now: datetime = NOON, /, **query: str) -> dict[int, dict[str, Any]]:
    """The up to 200 apps that two full pages hold, by id."""
    return by("app_id", [app for offset in ("0", "100") for app in rows(APPS, now, limit="100", offset=offset, **query)])


def blocks(response: SimulatedResponse) -> Blocks:
    found: Blocks = defaultdict(dict)
    for row in body(response)["data"]:
        assert row["total_tokens"] == str(int(row["total_tokens"]))
        found[date.fromisoformat(row["date"])][row["model_permaslug"]] = int(row["total_tokens"])
    return dict(found)


def window(start: date, days: int = 1) -> dict[str, str]:
    return {"start_date": str(start), "end_date": str(start + timedelta(days=days - 1))}


def closing(start: date, days: int, hours: float) -> datetime:
    """So many hours after a period's end."""
    return datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=days, hours=hours)


def named(tokens: Ints) -> dict[str, int]:
    return {slug: int(n) for slug, n in zip(WORLD.slugs, tokens, strict=True) if n > 0}


def true_tokens(day: date) -> dict[str, int]:
    """Final tokens of every model variant on a day, before the cut; a missing day has none."""
    return named(WORLD.truth[WORLD.index(day)])


def true_category_tokens(week: date) -> dict[str, int]:
    """Final sampled tokens of every model variant in a week of programming, before the cut."""
    base = WORLD.truth[WORLD.week_slice(week)].sum(axis=0)
    return named(WORLD.week_tokens("category", "programming", week, base))


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


# --- what every endpoint has in common


def test_an_endpoint_of_another_site_is_not_below_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each path belongs to one place: what is beside the API is not found below its prefix, nor the other way round."""
    beside = Endpoint("/beside.json", {}, lambda asked: {"data": []}, needs_key=False, prefix="")
    monkeypatch.setitem(ENDPOINTS, beside.path, beside)
    paths = ("/beside.json", f"{PREFIX}/beside.json", RANKINGS)
    assert [simulator().respond("GET", path, {}, KEY).status for path in paths] == [200, 404, 404]


@pytest.mark.parametrize("path", [path for path, one in ENDPOINTS.items() if one.needs_key])
def test_an_endpoint_repeats_itself_needs_a_key_and_is_counted(path: str) -> None:
    """Same clock, same bytes; another month, another answer. All share one budget."""
    first, again, earlier = (ask(simulator(now), path) for now in (NOON, NOON, NOON - timedelta(days=70)))
    assert first == again
    assert body(first)["data"] != body(earlier)["data"]
    source = simulator(limits=(1, 500))
    assert source.respond("GET", PREFIX + path, {}, {}).status == 401
    assert source.respond("POST", PREFIX + path, {}, KEY).status == 405
    assert ask(source, path).status == 200
    assert ask(source).status == 429
    assert ask(source, path).headers["X-Simulated"] == "1"


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "status"),
    [
        ("GET", RANKINGS, {}, KEY, 200),
        ("GET", RANKINGS, {"catgory": "programming"}, KEY, 200),
        ("GET", RANKINGS, {}, {"authorization": "bearer x"}, 200),
        ("GET", MODELS, {}, {}, 200),
        ("GET", RANKINGS, {"period": "hour"}, KEY, 400),
        ("GET", RANKINGS, {}, {}, 401),
        ("GET", RANKINGS, {}, {"Authorization": "Bearer "}, 401),
        ("GET", RANKINGS, {}, {"Authorization": "Basic abc"}, 401),
        ("GET", "/nothing", {}, KEY, 404),
        ("POST", RANKINGS, {}, KEY, 405),
    ],
)
def test_every_answer_says_that_it_is_simulated(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], status: int
) -> None:
    """Simulated figures must never be mistaken for OpenRouter's, refusals included. Any non-empty key will do, and a
    misspelt filter is silently no filter, as with real APIs."""
    answer = simulator().respond(method, PREFIX + path, query, headers)
    assert answer.status == status
    assert (answer.headers["X-Simulated"], answer.headers["content-type"]) == ("1", "application/json")
    if status != 200:
        assert json.loads(answer.body)["error"]["code"] == status
    elif path == RANKINGS:
        assert answer == ask(simulator())


REFUSED = {
    RANKINGS: [
        *({"category": "programming"} | other for other in ({"period": "day"}, {"language_type": "natural"})),
        *({"category": "programming"} | other for other in ({"modality": "text"}, {"context_bucket": "1K"})),
        *({"language_type": "programming"} | other for other in ({"modality": "text"}, {"context_bucket": "1M"})),
        {"language_type": "natural", "period": "day"},
        *({"category": "cooking"}, {"language_type": "klingon"}, {"modality": "smell"}, {"context_bucket": "2K"}),
        *({"period": "year"}, {"start_date": "2026-9-01"}, {"start_date": "20260901"}),
        *({"end_date": day} for day in ("2026-02-30", "yesterday", "2024-12-31")),
        *({"start_date": "2026-09-10", "end_date": "2026-09-09"}, {"start_date": "2025-09-01", "end_date": "2026-09-02"}),
        *({"start_date": "2026-09-28", "end_date": "2026-09-28"}, {"start_date": "2026-09-28"}),
        {"start_date": "2027-01-01", "end_date": "2027-01-31"},
    ],
    TASKS: [{"window": name} for name in ("30d", "", "7")],
    SESSIONS: [
        *({"limit": limit} for limit in ("0", "501", "-1", "ten", "1.5", "")),
        *({"offset": offset} for offset in ("-1", "5001", "")),
    ],
    BENCHMARKS: [{"source": "aa"}],
    APPS: [
        *({"limit": "0"}, {"limit": "101"}, {"offset": "101"}, {"sort": "best"}, {"category": "cooking"}),
        {"end_date": "2024-12-31"},
        *({"start_date": "2026-09-28"}, {"start_date": "2026-09-10", "end_date": "2026-09-09"}),
    ],
}


@pytest.mark.parametrize(("path", "query"), [(path, query) for path, some in REFUSED.items() for query in some], ids=str)
def test_bad_requests_are_refused(path: str, query: dict[str, str]) -> None:
    """What the API refuses is a 400 with a message, never an empty answer or another question's."""
    answer = ask(simulator(), path, **query)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize("day", ["2025-01-01", "2025-01-02", "2025-02-10", "2040-06-01"])
@pytest.mark.parametrize("path", FURTHER)
def test_the_further_endpoints_answer_under_any_clock(path: str, day: str) -> None:
    """Before there is data they are empty, or refuse a window without days; after the world's end nothing changes."""
    assert ask(simulator(instant(f"{day}T12:00")), path).status == (400 if (path, day) == (APPS, "2025-01-01") else 200)


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
    without_key = [source.respond("GET", PREFIX + path, {}, {}).status for path in (MODELS, RANKINGS)]
    assert [*without_key, ask(source).status, ask(source).status] == [200, 401, 200, 429]


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ({}, "2026-08-29", "2026-09-27"),
        ({"end_date": "2026-09-28"}, "2026-08-29", "2026-09-27"),
        ({"start_date": "2026-09-20"}, "2026-09-20", "2026-09-27"),
        ({"end_date": "2026-08-31"}, "2026-08-02", "2026-08-31"),
        ({"start_date": "2026-09-20", "end_date": "2027-09-20"}, "2026-09-20", "2026-09-27"),
        ({"start_date": "2024-06-01", "end_date": "2025-01-31"}, "2025-01-01", "2025-01-31"),
        ({"end_date": "2025-01-05"}, "2025-01-01", "2025-01-05"),
        ({"start_date": "2025-09-27", "end_date": "2026-09-27"}, "2025-09-27", "2026-09-27"),
    ],
)
def test_windows_are_clamped_and_echoed(query: dict[str, str], start: str, end: str) -> None:
    """The resolved window is echoed, and no row lies outside it."""
    rankings, apps = at(RANKINGS, **query), at(APPS, **query)
    meta = {"as_of": "2026-09-28T12:00:00.000Z", "version": "v1", "start_date": start, "end_date": end}
    assert rankings["meta"] == apps["meta"] == meta
    days = [row["date"] for row in rankings["data"]]
    assert days == sorted(days), "oldest first"
    assert (days[0], days[-1]) == (start, end)


# --- blocks of rankings


def test_two_days_do_not_exist() -> None:
    """2025-06-15 and 2025-07-15 have no rows; asking only for such a day gives an empty answer."""
    source = simulator()
    days = blocks(ask(source, start_date="2025-06-01", end_date="2025-07-31"))
    assert {date(2025, 6, 1) + timedelta(days=k) for k in range(61)} - days.keys() == set(MISSING_DAYS)
    assert body(ask(source, **window(MISSING_DAYS[0])))["data"] == []
    assert true_tokens(MISSING_DAYS[0]) == {}


@pytest.mark.parametrize("day", [FLOOR, date(2025, 11, 11), date(2026, 7, 4), date(2029, 12, 31)])
def test_a_day_is_the_top_50_and_the_rest(day: date) -> None:
    """Sorted by tokens, ties alphabetical, `other` last; nothing of the truth is lost, on any day."""
    source = simulator(instant("2030-06-01T00:00"))
    found, truth = blocks(ask(source, **window(day)))[day], true_tokens(day)
    assert list(found.items()) == list(cut(truth).items())
    assert (len(found), sum(found.values())) == (TOP + 1, sum(truth.values()))


@pytest.mark.parametrize(("week", "days"), [("2025-11-10", 7), ("2025-06-09", 6), ("2025-07-14", 6)])
def test_an_exact_week_is_the_sum_of_its_days(week: str, days: int) -> None:
    """Weeks start on Mondays; those of the missing days have six."""
    source, start = simulator(), date.fromisoformat(week)
    truth: dict[str, int] = defaultdict(int)
    existing = [true_tokens(start + timedelta(days=k)) for k in range(7)]
    assert sum(bool(day) for day in existing) == days
    for day in existing:
        for slug, tokens in day.items():
            truth[slug] += tokens
    assert blocks(ask(source, period="week", **window(start, 7))) == {start: cut(truth)}


def test_a_window_cuts_its_exact_buckets() -> None:
    """A bucket holds the days inside the window only; the dataset's first week begins on a Wednesday."""
    source = simulator()
    weeks = blocks(ask(source, period="week", **window(FLOOR, 6)))
    assert list(weeks) == [date(2024, 12, 30), date(2025, 1, 6)]
    assert weeks[date(2025, 1, 6)] == cut(true_tokens(date(2025, 1, 6)))
    months = blocks(ask(source, period="month", **window(date(2026, 1, 31), 2)))
    assert months[date(2026, 1, 1)] == cut(true_tokens(date(2026, 1, 31)))


BUCKETS = ("1K", "10K", "100K", "1M", "10M")


def test_context_buckets_add_up_to_the_day() -> None:
    """Every request has one length: the blocks of the five buckets sum to the day's, to the token."""
    source, day = simulator(), date(2026, 7, 1)
    buckets = [blocks(ask(source, context_bucket=name, **window(day)))[day] for name in BUCKETS]
    assert sum(sum(block.values()) for block in buckets) == sum(true_tokens(day).values())
    assert all(tokens > 1 for tokens in buckets[-1].values()), "who does not take the longest has none of it"


# --- sampled datasets


def test_a_category_answers_in_whole_weeks() -> None:
    """A closed week is whole, however the window cuts it; a month is of the weeks that start in it. Week is the default."""
    source, weeks = simulator(), (date(2025, 11, 3), date(2025, 11, 10))
    found = blocks(ask(source, category="programming", start_date="2025-11-05", end_date="2025-11-12"))
    assert found == {week: cut(true_category_tokens(week)) for week in weeks}
    months = blocks(ask(source, category="programming", start_date="2025-11-05", end_date="2025-11-12", period="month"))
    assert list(months) == [date(2025, 11, 1)]
    assert sum(months[date(2025, 11, 1)].values()) == sum(sum(week.values()) for week in found.values())


def test_the_running_week_grows_past_end_date() -> None:
    """The trailing bucket holds traffic up to now: two readings on one day of one window differ."""
    week = date(2026, 9, 21)
    morning, evening = (
        blocks(ask(simulator(instant(f"2026-09-23T{hour}:00")), category="programming", **window(week, 2)))[week]
        for hour in ("03", "21")
    )
    final = true_category_tokens(week)
    assert sum(morning.values()) < sum(evening.values()) < sum(final.values())
    assert all(morning[slug] <= evening[slug] for slug in morning.keys() & evening.keys())


# --- restatement


def test_restatement_only_rises_and_settles() -> None:
    """Right after midnight nearly every day is a little short; rows only rise; after 36 h all are final."""
    short, late = [], 0
    for day in (date(2026, 1, 1) + timedelta(days=k) for k in range(200)):
        times = [closing(day, 1, hours) for hours in (5 / 60, 1.0, 2.5, 4.0, 12.0, 36.0)]
        readings = [blocks(ask(simulator(now), **window(day)))[day] for now in times]
        truth = cut(true_tokens(day))
        for earlier, later in pairwise(readings):
            assert all(earlier[slug] <= later[slug] for slug in earlier.keys() & later.keys())
        assert readings[-1] == truth
        short.append(1 - sum(readings[0].values()) / sum(truth.values()))
        late += readings[3] != truth
    short.sort()
    assert sum(part > 0 for part in short) > 180
    assert 5e-6 < short[100] < 5e-5
    assert 1e-4 < short[-1] < 0.025
    assert 0 < late < 12


# --- the story


def test_m2_arrives_free_turns_paid_and_fades() -> None:
    """Free from 2025-10-25, paid from 10-31, free gone from 11-12; folded, it peaks on 11-11, then fades."""
    source = simulator()
    days = blocks(ask(source, start_date="2025-10-01", end_date="2026-09-27"))
    free, paid = (sorted(day for day, block in days.items() if slug in block) for slug in (f"{M2}:free", M2))
    assert (free[0], free[-1]) == (date(2025, 10, 25), date(2025, 11, 11))
    assert date(2025, 10, 31) <= paid[0] <= date(2025, 11, 7)
    assert date(2026, 1, 1) < paid[-1] < date(2026, 6, 1)
    assert [M2 in true_tokens(date(2025, 10, day)) for day in (30, 31)] == [False, True]
    family = {day: folded(block).get(M2, 0) for day, block in days.items()}
    assert max(family, key=lambda day: family[day]) == date(2025, 11, 11)
    assert 80e9 < family[date(2025, 11, 11)] < 88e9


def test_m2_is_third_in_programming_for_six_weeks() -> None:
    """Behind Grok Code Fast and Sonnet 4.5 from 2025-10-27; M2.5 leads in early 2026, then M2 is gone."""
    query = {"category": "programming", "start_date": "2025-10-20", "end_date": "2026-04-05"}
    weeks = blocks(ask(simulator(), **query))
    for k in range(6):
        block = weeks[date(2025, 10, 27) + timedelta(days=7 * k)]
        sums = folded(block)
        assert sorted(sums, key=lambda slug: -sums[slug])[:3] == [GROK_CODE, SONNET, M2]
        assert 0.05 < sums[M2] / sum(block.values()) < 0.125
    for week in (date(2026, 2, 16), date(2026, 3, 2), date(2026, 3, 9)):
        block = weeks[week]
        assert max(block, key=lambda slug: block[slug]) == "minimax/minimax-m2.5-20260211"
        assert 0.25 < block["minimax/minimax-m2.5-20260211"] / sum(block.values()) < 0.46
    assert M2 not in folded(weeks[date(2026, 3, 30)])


def test_the_list_has_every_odd_kind() -> None:
    """Variants, stacked variants, stealth models and an embedding model are listed at some time."""
    windows = [window(start, 271) for start in (date(2025, 1, 1), date(2025, 12, 31))]
    listed = {row["model_permaslug"] for asked in windows for row in rows(RANKINGS, **asked)}
    for ending in (":free", ":thinking", ":beta", ":free:online", "-alpha", "openai/text-embedding-3-small"):
        assert any(slug.endswith(ending) for slug in listed), ending


# --- catalogue


def catalogue(now: datetime = NOON, **query: str) -> dict[str, dict[str, Any]]:
    return by("id", rows(MODELS, now, **query))


def test_the_catalogue_holds_what_was_launched() -> None:
    """Ids and slugs differ as in reality; a free variant is an entry of its own under the shared slug."""
    before, during = catalogue(instant("2025-10-24T00:00")), catalogue(instant("2025-11-01T00:00"))
    assert not any(entry_id.startswith(M2) for entry_id in before)
    free, paid = during[f"{M2}:free"], during[M2]
    assert free["canonical_slug"] == paid["canonical_slug"] == M2
    assert (free["pricing"]["prompt"], free["pricing"]["completion"]) == ("0", "0")
    assert during["anthropic/claude-sonnet-4.5"]["canonical_slug"] == SONNET
    assert all(entry["name"].startswith("SIMULATED ") for entry in during.values())
    assert f"{M2}:free" not in catalogue()


def test_all_output_modalities_are_another_series() -> None:
    """What gives no text back is in the catalogue only when asked for."""
    default, everything = catalogue(), catalogue(output_modalities="all")
    added = {tuple(everything[entry_id]["architecture"]["output_modalities"]) for entry_id in everything - default.keys()}
    assert default.keys() < everything.keys()
    assert added == {("embeddings",), ("image",), ("transcription",), ("speech",)}


@pytest.mark.parametrize(
    ("largest", "query", "size"), [(None, {"limit": "30"}, 30), (40, {}, 40), (40, {"limit": "1000"}, 40)]
)
def test_the_catalogue_comes_in_pages(largest: int | None, query: dict[str, str], size: int) -> None:
    """By the links that the answers give, asked for or not: every entry once, in the order of the whole. A source that gives
    no more than so many at once heeds no larger limit."""
    source, whole = simulator(catalogue_page=largest), at(MODELS)
    assert whole["links"]["next"] is None
    found: list[dict[str, Any]] = []
    asked = query
    while True:
        page = body(ask(source, MODELS, **asked))
        assert page["total_count"] == whole["total_count"] > 60
        found += page["data"]
        if page["links"]["next"] is None:
            break
        assert len(page["data"]) == size
        asked = dict(httpx.URL(page["links"]["next"]).params) | query
    assert found == whole["data"]


def test_free_variants_cost_nothing_and_others_something() -> None:
    """F14: a free variant is never priced as the paid one."""
    entries = catalogue(instant("2026-07-01T00:00"), output_modalities="all")
    free = {entry_id for entry_id in entries if entry_id.endswith(":free")}
    assert len(free) > 3
    assert free == {name for name, one in entries.items() if one["pricing"]["prompt"] == one["pricing"]["completion"] == "0"}


# --- tasks


@pytest.mark.parametrize("hour", ["00", "23"])
def test_tasks_cover_the_days_before_today(hour: str) -> None:
    """The window ends with the last complete day, whatever the hour; `as_of` is that date, not an instant."""
    data = at(TASKS, instant(f"2026-09-28T{hour}:30"))["data"]
    assert (data["window_days"], data["as_of"]) == (7, "2026-09-27")
    assert data == at(TASKS)["data"]


# --- session cost


@pytest.mark.parametrize("now", [RISE, NOON])
def test_session_cost_is_longer_than_its_longest_page(now: datetime) -> None:
    """F32: the default limit truncates several hundred cells to 100, and so does the largest one."""
    first, cells = rows(SESSIONS, now), pages(SESSIONS, 500, now)
    assert (len(first), len(rows(SESSIONS, now, limit="500"))) == (100, 500)
    assert 500 < len(cells) < 1_000
    assert cells == pages(SESSIONS, 77, now)
    assert len({(row["app_slug"], row["model_permaslug"], row["turn_range"]) for row in cells}) == len(cells)
    assert cells[:100] == first
    assert rows(SESSIONS, now, offset="5000") == []


def test_session_cost_is_refreshed_by_the_week() -> None:
    """The snapshot ends with the last complete Sunday and lasts a week; too early there is none."""
    answers = {day: at(SESSIONS, instant(f"2026-09-{day}T07:00"), limit="500") for day in (20, 21, 27, 28)}
    ends = [answer["meta"]["window_end_date"] for answer in answers.values()]
    assert ends == ["2026-09-13", "2026-09-20", "2026-09-20", "2026-09-27"]
    assert answers[21]["data"] == answers[27]["data"] != answers[28]["data"]
    early = at(SESSIONS, instant("2025-01-20T00:00"))
    assert (early["data"], early["meta"]["window_days"], early["meta"]["window_end_date"]) == ([], None, None)


# --- apps


def test_apps_are_ranked_in_pages() -> None:
    """Ranks are absolute over pages, each app comes once, and nothing lies beyond the 200th."""
    assert len(rows(APPS)) == 50
    apps = list(reachable_apps().values())
    assert [app["rank"] for app in apps] == list(range(1, 201))
    tokens = [int(app["total_tokens"]) for app in apps]
    assert tokens == sorted(tokens, reverse=True)
    assert rows(APPS, limit="5", offset="3") == apps[3:8]


def test_a_filter_ranks_again() -> None:
    """Ranks count within the filter, and a category is a part of the whole."""
    whole = reachable_apps()
    for query in ({"category": "entertainment"}, {"category": "coding"}):
        some = pages(APPS, 100, **query)
        assert [app["rank"] for app in some] == list(range(1, len(some) + 1))
        assert 0 < len(some) < len(whole)
        assert all(whole[app["app_id"]] | {"rank": 0} == app | {"rank": 0} for app in some if app["app_id"] in whole)


def test_the_past_changes_when_apps_are_hidden_or_merged() -> None:
    """A closed window read again a year later: some apps are gone, one has grown by what was merged into it."""
    then, now = (
        {app_id: int(app["total_tokens"]) for app_id, app in reachable_apps(day, **window(date(2026, 3, 2), 30)).items()}
        for day in (instant("2026-04-02T00:00"), instant("2027-04-02T00:00"))
    )
    changed = {app_id for app_id in then.keys() & now.keys() if then[app_id] != now[app_id]}
    assert 0 < len(then.keys() - now.keys()) < 15
    assert len(changed) == 1
    lost = sum(then[app_id] for app_id in then.keys() - now.keys())
    gained = sum(now[app_id] - then[app_id] for app_id in changed)
    assert 0 < gained < lost < 0.1 * sum(then.values())  # what is merged lives on, what is hidden does not


# --- over HTTP


def test_it_serves_over_http_without_stalls() -> None:
    """The same answers over loopback, on a kept connection, without delayed-acknowledgement pauses."""
    source = simulator()
    with serve(source) as url, httpx.Client(base_url=url, headers=KEY, trust_env=False) as client:
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/api/v1")
        answer = client.get("/datasets/rankings-daily", params={"category": "marketing/seo"})
        assert answer.content == ask(source, category="marketing/seo").body
        assert (answer.headers["x-simulated"], answer.http_version) == ("1", "HTTP/1.1")
        assert client.post("/models", content=b"{}").status_code == client.head("/models").status_code == 405
        answers = [client.get("/nothing") for _ in range(20)]
        assert {one.status_code for one in answers} == {404}
        assert sorted(one.elapsed.total_seconds() for one in answers)[10] < 0.03


def test_it_stops_answering_when_it_is_stopped() -> None:
    """Leaving the context takes the source away."""
    with serve(simulator()) as url:
        assert httpx.get(f"{url}/models", trust_env=False).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/models", trust_env=False)


# --- conformance


@pytest.mark.skipif(not CONTRACT.exists(), reason="the published contract is not part of this checkout")
@pytest.mark.parametrize(
    ("schema", "path", "query", "limits"),
    [
        # Answers and refusals of any query: tests/hostile/test_contract.py.
        ("ModelsListResponse", MODELS, {"output_modalities": "all"}, None),
        ("AppRankingsResponse", APPS, {"limit": "100", "sort": "trending"}, None),
        ("SessionCostResponse", SESSIONS, {"limit": "500"}, None),
        *(("UnauthorizedResponse", path, None, None) for path in (RANKINGS, *FURTHER)),
        *(("TooManyRequestsResponse", path, {}, (0, 0)) for path in (RANKINGS, *FURTHER)),
    ],
)
def test_bodies_conform_to_the_contract(
    schema: str, path: str, query: dict[str, str] | None, limits: tuple[int, int] | None
) -> None:
    """The longest bodies, and the refusals for a key and a limit, are what the published schemas say."""
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:contract", resource)
    answer = simulator(limits=limits).respond("GET", PREFIX + path, query or {}, {} if query is None else KEY)
    assert answer.status == {"Unauth": 401, "TooMan": 429}.get(schema[:6], 200)
    reference = {"$ref": f"urn:contract#/components/schemas/{schema}"}
    assert list(OAS31Validator(reference, registry=registry).iter_errors(json.loads(answer.body))) == []
