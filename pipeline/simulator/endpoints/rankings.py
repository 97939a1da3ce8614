"""/datasets/rankings-daily: the top 50 of each day, week or month, exact or sampled, as known at the time of asking."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from pipeline.simulator.queries import WINDOW, Asked, Endpoint, Refusal, choice
from pipeline.simulator.world import CATEGORIES, CONTEXT_BUCKETS, FLOOR, Ints, World

TOP = 50
EXACT = {
    "modality": choice("text", "image", "image_output", "audio", "tool_calling"),
    "context_bucket": choice(*CONTEXT_BUCKETS),
}
SAMPLED = {"category": choice(*CATEGORIES), "language_type": choice("natural", "programming")}


def answer(asked: Asked) -> dict[str, Any]:
    sampled = [(name, asked[name]) for name in SAMPLED if asked[name]]
    if len(sampled) > 1 or (sampled and any(asked[name] for name in EXACT)):
        raise Refusal(400, "category and language_type cannot be combined with another filter")
    period = asked["period"] or ("week" if sampled else "day")
    if sampled and period == "day":
        raise Refusal(400, "category and language_type are weekly: period must be week or month")
    start, end = asked.window()
    blocks: dict[date, Ints] = {}
    for day, tokens in _sampled(asked, *sampled[0], start, end) if sampled else _exact(asked, start, end):
        bucket = {"day": day, "week": _monday(day), "month": day.replace(day=1)}[period]
        blocks[bucket] = blocks[bucket] + tokens if bucket in blocks else tokens
    rows = [row for bucket, tokens in sorted(blocks.items()) for row in _rows(asked.world, bucket, tokens)]
    return asked.body(rows, start_date=start.isoformat(), end_date=end.isoformat())


def _exact(asked: Asked, start: date, end: date) -> Iterator[tuple[date, Ints]]:
    """The window's days, each as it is known now."""
    world = asked.world
    tokens = world.truth[world.index(start) : world.index(end) + 1].copy()
    days = [start + timedelta(days=k) for k in range(len(tokens))]
    for k in range(max(0, len(days) - 3), len(days)):  # older days are final
        hours = _hours_since(days[k] + timedelta(days=1), asked.now)
        tokens[k] -= (tokens[k] * world.shortfall("day", days[k].toordinal(), hours)).astype(np.int64)
    yield from zip(days, world.exact_slice(tokens, asked["modality"], asked["context_bucket"]), strict=True)


def _sampled(asked: Asked, dimension: str, value: str, start: date, end: date) -> Iterator[tuple[date, Ints]]:
    """Whole weeks that touch the window: the last may hold traffic past `end`, up to now."""
    world, week = asked.world, _monday(start)
    while week <= end:
        days = world.week_slice(week)
        # A day that is still running counts by its elapsed part; later days have not happened.
        ages = [_hours_since(FLOOR + timedelta(days=k), asked.now) / 24 for k in range(days.start, days.stop)]
        elapsed = np.clip(np.array(ages), 0.0, 1.0)[:, None]
        tokens = world.week_tokens(dimension, value, week, (world.truth[days] * elapsed).sum(axis=0))
        hours = _hours_since(week + timedelta(days=7), asked.now)
        yield week, tokens - (tokens * world.shortfall(f"{dimension}/{value}", week.toordinal(), hours)).astype(np.int64)
        week += timedelta(days=7)


def _rows(world: World, bucket: date, tokens: Ints) -> Iterator[dict[str, str]]:
    order = np.lexsort((world.alphabetical, -tokens))
    listed = [(world.slugs[k], tokens[k]) for k in order[:TOP]]
    for slug, count in [*listed, ("other", tokens[order[TOP:]].sum())]:
        if count > 0:
            yield {"date": bucket.isoformat(), "model_permaslug": slug, "total_tokens": str(count)}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _hours_since(close: date, now: datetime) -> float:
    """Hours from the first instant of a day; negative before it."""
    return (now - datetime.combine(close, time(), UTC)).total_seconds() / 3600


ENDPOINT = Endpoint(
    "/datasets/rankings-daily", {"period": choice("day", "week", "month"), **EXACT, **SAMPLED, **WINDOW}, answer
)
