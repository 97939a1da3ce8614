"""A made-up source of which everything is known: variants that come and go, what each used, and what is restated when.

Belongs here: the truth at an instant, and what the source lists of it. Not here: when it is read (``readings``), nor what is
published of it (``bounds``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.openrouter.endpoints.rankings import CONTEXT_BUCKETS
from pipeline.series import BY_NAME, next_period
from tests.support import Row
from tests.warehouse.readings import CODING, M2, USAGE

Vector = npt.NDArray[np.int64]
"""Tokens, one for each variant of the world in order."""

LANGUAGE, OTHER_CATEGORY = "language_week/programming", "category_week/roleplay"
SAMPLED = (CODING, OTHER_CATEGORY, LANGUAGE)
BUCKETS = tuple(f"context_day/{name}" for name in CONTEXT_BUCKETS[:3])
SLICES = ("modality_day/text", "modality_day/tool_calling", *BUCKETS)
LINEAGE = (M2, "minimax/minimax-m2.1", "minimax/minimax-m2.5-20260211")
MACROS, TAGS_OF_A_MACRO, MODELS_OF_A_TAG = ("code", "general"), 10, 10

HOLES = (date(2025, 6, 15), date(2025, 7, 15))
FEWEST_VARIANTS = 41
"""With traffic on each day: the source lists 40 at least, or its block is refused."""
BASES, STEADY_BASES = 30, 18
SUFFIXES = ("free", "thinking", "online", "beta", "free:online")
IN_CATALOGUE = ("default", "free", "thinking")
FIRST_MONDAYS = (date(2025, 5, 19), date(2025, 7, 7), date(2025, 9, 1), date(2025, 11, 24), date(2026, 1, 26))


@dataclass(frozen=True)
class Variant:
    """``lives`` are the spans in which it is offered, begin inclusive, end exclusive."""

    base: str
    suffix: str
    lives: tuple[tuple[datetime, datetime], ...]
    is_catalogued: bool

    @property
    def name(self) -> str:
        return self.base if self.suffix == "default" else f"{self.base}:{self.suffix}"

    def hours_alive(self, begin: datetime, end: datetime) -> float:
        overlaps = (min(end, last) - max(begin, first) for first, last in self.lives)
        return sum(max(one.total_seconds(), 0) for one in overlaps) / 3600

    def is_alive(self, at: datetime) -> bool:
        return any(first <= at < last for first, last in self.lives)


@dataclass(frozen=True)
class Tag:
    """A task: its part of its macro category, and of its own tokens and requests the part of every variant."""

    part: float
    tokens: npt.NDArray[np.float64]
    requests: npt.NDArray[np.float64]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def close_of(series: str, period_start: date) -> datetime:
    """00:00 UTC after the period's last day. A trailing window is named by that day."""
    grain = BY_NAME[series].grain
    return midnight(next_period("day" if grain == "snapshot" else grain, period_start))


class World:
    """Everything follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.random = random = np.random.default_rng(seed)
        self.weeks = int(random.integers(3, 6))
        self.first_day = FIRST_MONDAYS[int(random.integers(len(FIRST_MONDAYS)))] + timedelta(
            days=7 * int(random.integers(3))
        )
        days = [self.first_day + timedelta(days=n) for n in range(7 * self.weeks)]
        self.days = [day for day in days if day not in HOLES]
        self.end = midnight(days[-1] + timedelta(days=1))
        while True:
            self.variants = self._variants()
            self._states = {day: self._states_of(day) for day in self.days}
            if min(np.count_nonzero(tokens) for states in self._states.values() for _, tokens in states) >= FEWEST_VARIANTS:
                break
        number = len(self.variants)
        self.names = [one.name for one in self.variants]
        self.parts = {name: random.uniform(0.05, 1, number) * (random.random(number) > 0.2) for name in (*SAMPLED, *SLICES)}
        self.divisors = {name: int(random.choice([1, 100, 400])) for name in SAMPLED}
        self.listed_rows = {
            **dict.fromkeys((USAGE, "usage_week", "usage_month"), int(random.integers(40, 51))),
            **{name: int(random.integers(10, 51)) for name in SAMPLED},
            **{name: int(random.integers(3, 51)) for name in SLICES},
        }

    # --- who there is --------------------------------------------------------------------------------------------------

    def _variants(self) -> list[Variant]:
        bases = [*LINEAGE, *(f"maker-{n % 7}/model-{n}" for n in range(BASES - len(LINEAGE)))]
        found: list[Variant] = []
        for number, base in enumerate(bases):
            is_steady, is_catalogued = number % BASES < STEADY_BASES and number > 0, self.random.random() < 0.85
            suffixes = [one for one in SUFFIXES if self.random.random() < 0.35]
            if number == 0 or self.random.random() < 0.9 or not suffixes:
                suffixes.insert(0, "default")
            lives = [self._lives(is_steady and self.random.random() < 0.8) for _ in suffixes]
            if "beta" in suffixes and self.random.random() < 0.5:
                # What was `beta` goes on under another name.
                renamed_at, (first, last) = self._instant(), lives[suffixes.index("beta")][0]
                lives[suffixes.index("beta")] = ((first, min(last, renamed_at)),)
                suffixes.append("preview")
                lives.append(((renamed_at, max(last, renamed_at)),))
            found += [
                Variant(base, suffix, spans, is_catalogued and suffix in IN_CATALOGUE)
                for suffix, spans in zip(suffixes, lives, strict=True)
            ]
        return found

    def _instant(self) -> datetime:
        hours = float(self.random.uniform(-24, 24 * (7 * self.weeks + 1)))
        return midnight(self.first_day) + timedelta(hours=round(hours))

    def _lives(self, is_steady: bool) -> tuple[tuple[datetime, datetime], ...]:
        ever = (midnight(self.first_day) - timedelta(days=60), self.end + timedelta(days=60))
        kind = 1.0 if is_steady else self.random.random()
        moments = sorted(self._instant() for _ in range(2))
        if kind < 0.25:
            return ((moments[0], ever[1]),)
        if kind < 0.5:
            return ((ever[0], moments[1]),)
        if kind < 0.7:
            return ((ever[0], moments[0]), (moments[1], ever[1]))
        return (ever,)

    # --- what each used ------------------------------------------------------------------------------------------------

    @cached_property
    def _sizes(self) -> npt.NDArray[np.float64]:
        return np.exp(np.random.default_rng(int(self.random.integers(2**31))).normal(12, 1.2, 1000))

    def _states_of(self, day: date) -> list[tuple[datetime, Vector]]:
        """A day's tokens, from when on the source gives them: soon after its end too few, and restated now and then."""
        random, closed = self.random, midnight(day + timedelta(days=1))
        alive = np.array([one.hours_alive(midnight(day), closed) / 24 for one in self.variants])
        number = len(alive)
        final = np.rint(self._sizes[:number] * np.exp(random.normal(0, 0.25, number)) * alive).astype(np.int64)
        final[random.random(number) < 0.02] = 0
        early = np.rint(final * (1 - 0.03 * random.random(number) * (random.random(number) < 0.5))).astype(np.int64)
        states = [(closed, early), (closed + timedelta(hours=float(random.uniform(0.2, 6))), final)]
        if random.random() < 0.2:
            moved = np.where(random.random(number) < 0.5, random.uniform(0.98, 1.02, number), 1)
            later = closed + timedelta(hours=float(random.uniform(6, 24 * 20)))
            states.append((later, np.rint(final * moved).astype(np.int64)))
        return states

    def day(self, day: date, at: datetime) -> Vector:
        """A closed day as the source knows it at an instant."""
        return next(tokens for since, tokens in reversed(self._states[day]) if since <= at)

    def truth(self, series: str, period_start: date, at: datetime) -> Vector:
        """What every variant used in a period of a ranking, as far as it has closed, as the source knows it by then."""
        grain = BY_NAME[series].grain
        if grain == "day":
            return self._sliced(series, self.day(period_start, at))
        last = next_period(grain, period_start)
        closed = [day for day in self.days if period_start <= day < last and midnight(day + timedelta(days=1)) <= at]
        total = sum((self.day(day, at) for day in closed), np.zeros(len(self.variants), np.int64))
        if series not in SAMPLED:
            return total
        divisor = self.divisors[series]
        return (total * self.parts[series] // divisor).astype(np.int64) * divisor

    def _sliced(self, series: str, tokens: Vector) -> Vector:
        if series == USAGE:
            return tokens
        if series not in BUCKETS:
            return (tokens * self.parts[series]).astype(np.int64)
        # Every token is in one of the buckets.
        rest = tokens
        for name in BUCKETS[: BUCKETS.index(series)]:
            rest = rest - (rest * self.parts[name]).astype(np.int64)
        return rest if series == BUCKETS[-1] else (rest * self.parts[series]).astype(np.int64)

    # --- what the source says ------------------------------------------------------------------------------------------

    def block(self, series: str, period_start: date, at: datetime, most: int | None = None) -> list[Row]:
        """The rows that the source lists of a period: the largest, and all others in one."""
        tokens = self.truth(series, period_start, at)
        ranked = sorted(np.flatnonzero(tokens), key=lambda one: (-tokens[one], self.names[one]))
        most = most or self.listed_rows[series]
        rows = [(self.names[one], int(tokens[one])) for one in ranked[:most]]
        other = int(tokens[ranked[most:]].sum())
        return [*rows, ("other", other)] if other else rows

    def catalogue(self, at: datetime) -> list[Variant]:
        """The variants that the catalogue lists at an instant."""
        return [one for one in self.variants if one.is_catalogued and one.is_alive(at)]

    def tasks(self, window_end: date) -> dict[tuple[str, str], Tag]:
        """What was classified of the seven days that end with a day, by macro category and tag."""
        random = np.random.default_rng(window_end.toordinal())
        closed = midnight(window_end + timedelta(days=1))
        week = [day for day in self.days if window_end - timedelta(days=7) < day <= window_end]
        use = sum((self.day(day, closed) for day in week), np.zeros(len(self.variants), np.int64)).astype(float)
        tags = {}
        for macro in MACROS:
            cuts = np.sort(random.choice(np.arange(1, 1000), TAGS_OF_A_MACRO - 1, replace=False))
            parts = np.diff([0, *cuts, 1000]) / 1000
            for number, part in enumerate(parts):
                shares = [use * np.exp(random.normal(0, 1, len(use))) * (random.random(len(use)) < 0.6) for _ in range(2)]
                tags[macro, f"{macro}:{number}"] = Tag(float(part), *(one / one.sum() for one in shares))
        return tags


def bodies_of_catalogue(listed: Sequence[Variant], fillers: int = 60) -> list[dict[str, Any]]:
    """Entries of ``/models``: what a world offers, and models that nobody uses, some of them free."""
    named = [(one.base, one.suffix) for one in listed]
    named += [(f"idle/model-{n}", "free" if n % 10 == 0 else "default") for n in range(fillers)]
    return [_entry(base, suffix) for base, suffix in named]


def _entry(base: str, suffix: str) -> dict[str, Any]:
    price = "0" if suffix == "free" else "0.0000004"
    return {
        "id": base if suffix == "default" else f"{base}:{suffix}",
        "canonical_slug": base,
        "name": base,
        "created": 1_700_000_000,
        "context_length": 200_000,
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
        "pricing": {"prompt": price, "completion": price},
    }


def body_of_tasks(world: World, window_end: date) -> dict[str, Any]:
    """A response of ``/classifications/task``: the ten with most requests of each tag, to three decimals."""
    both = {"usage_share": 0.5, "token_share": 0.5}
    return {
        "data": {
            "window_days": 7,
            "as_of": window_end.isoformat(),
            "macro_categories": [{"key": key, "label": key, **both} for key in MACROS],
            "classifications": list(_tags(world, window_end)),
        }
    }


def _tags(world: World, window_end: date) -> Iterator[dict[str, Any]]:
    for (macro, name), tag in world.tasks(window_end).items():
        ranked = [one for one in np.argsort(-tag.requests, kind="stable") if tag.requests[one] > 0][:MODELS_OF_A_TAG]
        yield {
            "tag": name,
            "display_name": name,
            "macro_category": macro,
            "usage_share": round(tag.part / 2, 3),
            "token_share": round(tag.part / 2, 3),
            "category_usage_share": tag.part,
            "category_token_share": tag.part,
            "models": [
                {
                    "id": world.names[one],
                    "tag_usage_share": round(float(tag.requests[one]), 3),
                    "tag_token_share": round(float(tag.tokens[one]), 3),
                }
                for one in ranked
            ],
        }
