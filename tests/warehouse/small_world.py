"""A made-up world of three weeks with a truth of its own, and every kind of series read from it, some of it again and again.

Belongs here: what is used, and when which part of it is read. Not here: what the tables must say of it (the tests).

Blocks are cut like the source's: the largest rows are listed, the rest is in ``other``. Early readings are a little too low.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.support import Row
from tests.warehouse.readings import (
    CODING,
    M2,
    USAGE,
    Reading,
    Snapshot,
    entry,
    task_rows,
)

FIRST_DAY, LAST_DAY = date(2025, 11, 3), date(2025, 11, 23)
DAYS = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
MONDAYS = DAYS[::7]
GPT, SONNET, OSS, GROK = (
    "openai/gpt-5-2025-08-07",
    "anthropic/claude-4.5-sonnet-20250929",
    "openai/gpt-oss-120b",
    "x-ai/grok-4-fast",
)
SUCCESSOR, STEALTH, NEWCOMER, UNKNOWN = "minimax/minimax-m2.1", "openrouter/polaris-alpha", "qwen/new-coder", "a/rival"
# Tokens of a day, their growth a day per mille, the days from and to which it is there, its part of coding in percent.
MODELS: Mapping[str, tuple[int, int, int, int, int]] = {
    GPT: (9_000_001, 10, 0, 21, 20),
    SONNET: (7_000_003, -5, 0, 21, 60),
    GROK: (6_000_007, 0, 0, 21, 50),
    UNKNOWN: (3_000_011, 3, 0, 21, 15),
    M2: (1_500_013, 15, 2, 12, 40),
    f"{M2}:free": (3_900_017, 20, 1, 9, 45),
    f"{M2}:extended": (400_019, 0, 4, 21, 2),
    f"{M2}:online": (150_023, 0, 8, 21, 70),
    OSS: (1_900_031, 0, 0, 21, 10),
    STEALTH: (2_500_033, 0, 6, 16, 30),
    NEWCOMER: (2_700_037, 5, 9, 21, 55),
    SUCCESSOR: (2_600_041, 40, 14, 21, 65),
    "b/small": (900_043, 0, 0, 21, 5),
    "c/smaller": (500_057, 0, 0, 21, 5),
}


def used(model: str, day: date) -> int:
    """What a model really used on a day."""
    tokens, growth, first, last, _ = MODELS[model]
    number = (day - FIRST_DAY).days
    return tokens * (1000 + growth * number) // 1000 + 101 * number if first <= number < last else 0


def cut(truth: Mapping[str, int], listed: int) -> tuple[Row, ...]:
    """A block as the source gives it: the largest rows, and the sum of what is left."""
    rows = sorted(((model, tokens) for model, tokens in truth.items() if tokens), key=lambda row: (-row[1], row[0]))
    rest = sum(tokens for _, tokens in rows[listed:])
    return (*rows[:listed], *([("other", rest)] if rest else []))


def at(day: date, days_later: int, clock: str) -> datetime:
    return datetime.combine(day + timedelta(days=days_later), time.fromisoformat(clock), UTC)


def revised(model: str, day: date) -> int:
    """The same as the source has it long after: a little less on the first four days."""
    return used(model, day) * (99 if model in (M2, GPT) and day in DAYS[:4] else 100) // 100


def total(days: Iterable[date], of: Callable[[str, date], int] = used) -> dict[str, int]:
    days = list(days)
    return {model: sum(of(model, day) for day in days) for model in MODELS}


def scaled(truth: Mapping[str, int], parts: Mapping[str, int]) -> dict[str, int]:
    """These percents of each model's tokens."""
    return {model: tokens * parts.get(model, 100) // 100 for model, tokens in truth.items()}


def lower(truth: Mapping[str, int]) -> dict[str, int]:
    """What is known of it right after midnight: the two largest lack something."""
    largest = sorted(truth, key=lambda model: -truth[model])[:2]
    return {model: tokens * 997 // 1000 if model in largest else tokens for model, tokens in truth.items()}


def twice(series: str, start: date, first: datetime, truth: Mapping[str, int], listed: int) -> Iterator[Reading]:
    """A block, first a little too low, and three days later as it was."""
    yield Reading(series, start, first, cut(lower(truth), listed))
    yield Reading(series, start, first + timedelta(days=3, seconds=1), cut(truth, listed))


def days_of_platform() -> Iterator[Reading]:
    for day in DAYS:
        truth = total([day])
        for days_later, clock, seen in ((1, "00:05:16", lower(truth)), (1, "06:30:02", truth), (4, "06:31:05", truth)):
            yield Reading(USAGE, day, at(day, days_later, clock), cut(seen, 6))
    for day in DAYS[:4]:
        yield Reading(USAGE, day, at(day, 60, "06:33:00"), cut(total([day], revised), 6))


def slices_of_platform() -> Iterator[Reading]:
    for day in DAYS:
        truth = total([day])
        text = scaled(truth, dict.fromkeys(MODELS, 90))
        short = scaled(truth, dict.fromkeys(MODELS, 40))
        long = {model: tokens - short[model] for model, tokens in truth.items()}
        yield from twice("modality_day/text", day, at(day, 2, "06:40:11"), text, 9)
        yield from twice("context_day/1K", day, at(day, 3, "06:41:12"), short, 5)
        yield from twice("context_day/1M", day, at(day, 3, "06:41:13"), long, 11)


def longer_periods() -> Iterator[Reading]:
    for monday in MONDAYS:
        week = total(monday + timedelta(days=n) for n in range(7))
        yield from twice("usage_week", monday, at(monday, 7, "06:50:20"), week, 7)
    month = FIRST_DAY.replace(day=1)
    yield from twice("usage_month", month, at(LAST_DAY, 8, "06:51:30"), total(DAYS), 8)
    yield Reading("usage_month", month, at(LAST_DAY, 60, "06:51:32"), cut(total(DAYS, revised), 8))


def weeks_of_coding() -> Iterator[Reading]:
    """Each read on every morning of the week, the last time with less than it held, and but for the last a week later."""
    coding = {model: part for model, (*_, part) in MODELS.items()}
    for monday in MONDAYS:
        for days in range(1, 8):
            so_far = scaled(total(monday + timedelta(days=n) for n in range(days)), coding)
            seen = so_far if days < 7 else lower(so_far)
            yield Reading(CODING, monday, at(monday, days, "06:35:40"), cut(seen, 5))
        whole = scaled(total(monday + timedelta(days=n) for n in range(7)), coding)
        if monday != MONDAYS[-1]:
            yield Reading(CODING, monday, at(monday, 14, "06:35:41"), cut(whole, 5))
        yield from twice("category_week/finance", monday, at(monday, 8, "06:36:00"), scaled(whole, {M2: 50}), 4)
        yield from twice("language_week/programming", monday, at(monday, 8, "06:37:00"), scaled(whole, {GPT: 70}), 6)


def tasks(day: date) -> tuple[dict[str, Any], ...]:
    """Two tags of coding over the seven days that end with this one, each with the models that have most of it."""
    truth = total(day - timedelta(days=n) for n in range(7))
    rows: list[tuple[str, float, dict[str, float]]] = []
    for name, part, free in (("code:debug", 0.75, 60), ("code:review", 0.25, 20)):
        used_here = scaled(truth, {f"{M2}:free": free})
        everything = sum(used_here.values())
        rows.append((name, part, {model: round(tokens / everything, 3) for model, tokens in cut(used_here, 4)[:4]}))
    return task_rows(*rows)


def windows() -> Iterator[Snapshot]:
    for day in (*DAYS[6::7], DAYS[15]):
        yield Snapshot("task_7d", at(day, 1, "07:01:00"), tasks(day), day, as_of=at(day, 0, "00:00:00"))
        apps = [{"rank": n, "app_id": n, "total_tokens": 9_000 - n, "total_requests": 90 - n} for n in range(1, 6)]
        for series in ("app_1d/popular", "app_30d/popular"):
            named = [{**app, "app_name": f"App {app['app_id']} of {day.day}"} for app in apps]
            yield Snapshot(series, at(day, 1, "07:02:00"), tuple(named), day)
    for number, monday in enumerate(MONDAYS):
        apps = [{"rank": n, "app_id": n, "total_tokens": 9_000_000 // n, "total_requests": 90} for n in range(1, 6)]
        for series in ("app_week/popular", "app_week/popular/coding"):
            first = tuple({**app, "app_name": f"App {app['app_id']}"} for app in apps)
            yield Snapshot(series, at(monday, 8 + number, "07:04:00"), first, monday)
            # The last app is hidden later.
            yield Snapshot(series, at(LAST_DAY, 20 + number, "07:05:00"), first[:-1], monday)
    costs = [{"app_slug": "cline", "turn_range": "1-turn", "model_permaslug": M2, "median_session_cost_usd": 0.5}]
    yield Snapshot("session_cost", at(DAYS[6], 1, "07:03:00"), tuple(costs), DAYS[6])


def catalogue(prompt: str) -> tuple[dict[str, Any], ...]:
    return (
        entry(M2, prompt, "0.0000012", hugging_face_id="MiniMaxAI/MiniMax-M2", intelligence_index=61.0, coding_index=40.0),
        entry(f"{M2}:free", "0", "0", hugging_face_id="MiniMaxAI/MiniMax-M2"),
        entry(SONNET, "0.000003", "0.000015", intelligence_index=63.0, coding_index=50.0),
        entry(GPT, "0.00000125", "0.00001", intelligence_index=68.0, coding_index=52.0),
        entry(OSS, "0.00000004", "0.0000004", hugging_face_id="openai/gpt-oss-120b", intelligence_index=58.0),
        entry(GROK, "0.0000002", "0.0000005", intelligence_index=60.0),
        entry("stability/image", "0.000001", "0.000001"),
    )


def lists_of_models() -> Iterator[Snapshot]:
    """Catalogue and scores: each read on three days, M2's price changes, and a late reading knows one model more."""
    for number, day in enumerate((DAYS[1], DAYS[8], DAYS[13])):
        yield Snapshot("models/all", at(day, 0, "06:29:10"), catalogue("0.00000015" if number < 1 else "0.0000003"))
    late = (*catalogue("0.0000002"), entry(NEWCOMER, "0.0000001", "0.0000002", hugging_face_id="Qwen/new-coder"))
    yield Snapshot("models/all", at(LAST_DAY, 30, "06:29:11"), late)
    scores = [
        {"model_permaslug": model, "intelligence_index": index, "coding_index": index - 10, "agentic_index": None}
        for model, index in ((M2, 61.0), (GPT, 68.0), (OSS, 58.0), (GROK, 60.0))
    ]
    series, asked = "benchmarks/artificial-analysis", "Source: Artificial Analysis (artificialanalysis.ai) via OpenRouter."
    for day in (DAYS[8], DAYS[18]):
        yield Snapshot(series, at(day, 0, "06:28:09"), tuple(scores), source_citation=asked)


def documented() -> Iterator[Snapshot]:
    """What is documented of one endpoint: a category that nobody knows, and later one more."""
    part = {"endpoint": "/datasets/rankings-daily", "documented_part": "value of category"}
    categories = [{**part, "documented_value": value} for value in ("programming", "gaming", "cooking")]
    for day, count in ((DAYS[3], 2), (LAST_DAY, 3)):
        yield Snapshot("contract", at(day, 1, "06:27:08"), tuple(categories[:count]))


def readings() -> list[Reading]:
    """Every reading of a ranking."""
    return [*days_of_platform(), *slices_of_platform(), *longer_periods(), *weeks_of_coding()]


def days_of_second_gateway() -> Iterator[Snapshot]:
    """Each day while it ran and twice after: four labs, one of which nobody knows, and the first days were restated."""
    for number, day in enumerate(DAYS):
        for days_later, moved in ((0, 1), (1, 0.5), (2, 0), (3, 0)):
            parts = {"minimax": 20 + number % 5 + moved, "anthropic": 45 - moved, "openai": 30 - number % 5, "newlab": 5}
            spend = parts | {"minimax": parts["minimax"] - 10, "anthropic": parts["anthropic"] + 10}
            rows = [
                {"lab": lab, "metric": metric, "share_percent": float(share)}
                for metric in ("requests", "tokens", "spend")
                for lab, share in (spend if metric == "spend" else parts).items()
            ]
            yield Snapshot("gateway_day/labs", at(day, days_later, "06:55:00"), tuple(rows), day)


def snapshots() -> list[Snapshot]:
    """Every snapshot, the days of the second gateway, and the documented API."""
    return [*windows(), *lists_of_models(), *days_of_second_gateway(), *documented()]


def series() -> set[str]:
    """The series that are read."""
    return {one.series for one in readings()} | {one.series for one in snapshots()}
