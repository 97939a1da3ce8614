"""The invented world behind the simulator: which models there are, what they cost, and their tokens of each day.

Belongs here: curves, prices, what the sampled and sliced datasets make of the truth, and the seeded numbers that all of it
is drawn from. A world is a pure function of its seed; its tables are in ``world.toml``. Not here: apps (apps); requests,
refusals and bodies (queries, endpoints).

The story resembles the real one, so that a demo has something to show: MiniMax M2 arrives free, becomes third in
programming, turns paid, and gives way to its successors. No figure is OpenRouter's.
"""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

SEED = 7  # the world that is served
FLOOR = date(2025, 1, 1)  # the dataset begins here
HORIZON = date(2035, 12, 31)  # the invented world ends here; later clocks see no newer day
MISSING_DAYS = (date(2025, 6, 15), date(2025, 7, 15))  # days the source does not have
PREFIX = "/api/v1"
CONTEXT_BUCKETS = ("1K", "10K", "100K", "1M", "10M")
CATEGORIES = (
    *("programming", "roleplay", "marketing", "marketing/seo", "technology", "science"),
    *("translation", "legal", "finance", "health", "trivia", "academia"),
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DATA = tomllib.loads(Path(__file__).with_name("world.toml").read_text(encoding="utf-8"))

FADE_DAYS = 110.0  # past its last knot a curve halves in so many days
LAUNCH_EVERY_DAYS = 21

# How far a sampled level lies above the true share: levels of these datasets mean nothing, shares do.
SAMPLE_SCALE = {"programming": 1.9}
# This week of the sampled datasets looks cut off, and spills into the next.
SPILL = {date(2025, 11, 3): 0.75, date(2025, 11, 10): 1.25}


def uniform(seed: int, *keys: int | str | Ints) -> Floats:
    """Uniform numbers in [0, 1), a pure function of seed and keys (splitmix64), broadcast over array keys."""
    return np.asarray(_hash(seed, *keys) >> np.uint64(11), dtype=np.float64) * 2.0**-53


def bell(seed: int, *keys: int | str | Ints) -> Floats:
    """Bell-shaped numbers in (-1.5, 1.5), standard deviation 0.5: three uniforms from one hash, summed."""
    bits = _hash(seed, *keys)
    parts = [np.asarray((bits >> np.uint64(s)) & np.uint64(0x1FFFFF), dtype=np.float64) for s in (0, 21, 42)]
    total: Floats = (parts[0] + parts[1] + parts[2]) * 2.0**-21 - 1.5
    return total


def _hash(seed: int, *keys: int | str | Ints) -> npt.NDArray[np.uint64]:
    state = np.full(1, seed % 2**64, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            number = crc32(key.encode()) if isinstance(key, str) else key
            state = (state ^ np.asarray(number).astype(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return state


def knots(curve: str) -> tuple[list[int], list[float], int | None]:
    """Ordinals and values (tokens a day) of a curve, and the ordinal of the day it is gone from."""
    days, values, gone = [], [], None
    for knot in curve.split():
        stamp, value = knot.split("=")
        day = date(2000 + int(stamp[:2]), int(stamp[2:4]), int(stamp[4:])).toordinal()
        if value == "x":
            gone = day
        else:
            days.append(day)
            values.append(float(value) * 1e9)
    return days, values, gone


def levels_of(curve: str, ordinals: Ints) -> Floats:
    """Tokens of a curve on each of the days; zero before its launch and once it is gone."""
    days, values, gone = knots(curve)
    level = np.exp(np.interp(ordinals, days, np.log(values)))
    level *= 0.5 ** (np.maximum(ordinals - days[-1], 0) / FADE_DAYS)
    level[(ordinals < days[0]) | (ordinals >= (gone or math.inf))] = 0.0
    return np.asarray(level, dtype=np.float64)


@dataclass(frozen=True)
class Model:
    """One model variant: identity and what does not change from day to day."""

    permaslug: str
    launch: date
    gone: date | None
    programming: float
    in_catalogue: bool = True
    pricing: tuple[str, str] | None = None

    @property
    def base(self) -> str:
        return self.permaslug.partition(":")[0]

    @property
    def variant(self) -> str:
        return self.permaslug.partition(":")[2]

    @property
    def author(self) -> str:
        return self.permaslug.partition("/")[0]

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        if self.outputs == ("transcription",):
            return ("audio",)
        if self.author == "google":
            return ("text", "image", "audio", "file")
        many = ("anthropic", "openai", "amazon", "x-ai", "xiaomi")
        sees = (self.author in many and "embedding" not in self.base) or "vision" in self.base
        return ("text", "image") if sees else ("text",)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        if "embedding" in self.base:
            return ("embeddings",)
        if "flux" in self.base:
            return ("image",)
        if "whisper" in self.base or "transcribe" in self.base:
            return ("transcription",)
        if "aura" in self.base:
            return ("speech",)
        return ("image", "text") if self.base.endswith("-image") else ("text",)

    @property
    def catalogue_id(self) -> str:
        """The id of the catalogue: undated, and Claude's line before its version, unlike the permaslug."""
        name = re.sub(r"-20\d{6}$|-20(2[5-9]|3\d)-\d\d-\d\d$", "", self.base)
        name = re.sub(r"/claude-(\d[\d.]*)-([a-z]+)$", r"/claude-\2-\1", name) if "-4" in name else name
        name = name.replace("claude-3-7", "claude-3.7").replace("claude-3-5", "claude-3.5")
        return f"{name}:{self.variant}" if self.variant else name

    def alive(self, day: date) -> bool:
        """Whether it is launched and not yet gone."""
        return self.launch <= day and (self.gone is None or day < self.gone)

    @property
    def title(self) -> str:
        """Its name for people, without author and variant."""
        return re.split(r"[/:]", self.catalogue_id)[1].replace("-", " ").title()


class World:
    """The truth of every day: a matrix days x models, final after all restatements. Read-only once built."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.ordinals: Ints = np.arange(FLOOR.toordinal(), HORIZON.toordinal() + 1, dtype=np.int64)
        story = list(_story(self.ordinals))
        crowd = list(_crowd(seed, self.ordinals))
        told = np.array([level for _, level in story])
        weights = np.array([weight for _, weight in crowd])
        platform = levels_of(DATA["platform"], self.ordinals)
        rest = np.maximum(platform - told.sum(axis=0), 0.15 * platform)
        levels = np.concatenate([told, weights / weights.sum(axis=0) * rest]).T

        self.models = [model for model, _ in story + crowd]
        unranked = (line.split() for line in DATA["unranked"].strip().splitlines())
        self.unranked = [
            Model(slug, FLOOR, None, 0.0, pricing=(prompt, completion)) for slug, prompt, completion in unranked
        ]
        self.slugs = [model.permaslug for model in self.models]
        self._told = {model.base for model, _ in story}
        self.keys: Ints = np.array([crc32(slug.encode()) for slug in self.slugs], dtype=np.int64)
        self.alphabetical: Ints = np.argsort(np.argsort(np.array(self.slugs))).astype(np.int64)
        # The story has a steady hand; the crowd jitters, so that variants come and go around the cut.
        jitter = np.where(np.arange(len(self.models)) < len(story), 0.03, 0.22)
        levels *= np.exp(jitter * bell(seed, "day", self.keys, self.ordinals[:, None]))
        levels[(self.ordinals - 1) % 7 >= 5] *= 0.84  # noqa: PLR2004 - Saturday and Sunday: ordinal 1 was a Monday
        levels[[day.toordinal() - int(self.ordinals[0]) for day in MISSING_DAYS]] = 0.0
        self.truth: Ints = levels.astype(np.int64)
        self.truth.setflags(write=False)
        self._shares: dict[tuple[str, str], Floats] = {}

    def index(self, day: date) -> int:
        return day.toordinal() - int(self.ordinals[0])

    def is_told(self, model: Model) -> bool:
        """Whether a model is of the story, not of the crowd."""
        return model.base in self._told

    def sampled_share(self, dimension: str, value: str) -> Floats:
        """Fraction of each model's tokens that a sampled dataset gives to a category or language type."""
        if (dimension, value) not in self._shares:
            programming = np.array([model.programming for model in self.models])
            if value == "programming":
                share = programming
            elif dimension == "language_type":
                share = 1.0 - 0.6 * programming
            else:
                mean = 0.10 if value == "roleplay" else 0.02
                share = mean * (1.0 - programming) * np.exp(1.6 * bell(self.seed, value, self.keys))
            self._shares[dimension, value] = share * [model.outputs[0] == "text" for model in self.models]
        return self._shares[dimension, value]

    def exact_slice(self, tokens: Ints, modality: str | None, bucket: str | None) -> Ints:
        """What of each model's tokens is in a slice of the exact dataset. The five context buckets add up to the token."""
        part = self._part(modality)
        if bucket is None:
            return np.asarray(tokens * part, dtype=np.float64).astype(np.int64)
        # Short requests are common; only some models take the longest at all.
        sizes = 0.3 + uniform(self.seed, "context", self.keys, np.arange(5)[:, None])
        sizes *= np.array([[0.10], [0.30], [0.42], [0.17], [0.01]])
        sizes[4, uniform(self.seed, "longest", self.keys) > 0.15] = 0.0  # noqa: PLR2004
        sums = np.cumsum(sizes, axis=0)
        bounds = part * np.vstack([np.zeros(len(self.models)), sums / sums[-1]])
        k = CONTEXT_BUCKETS.index(bucket)
        below, up_to = np.asarray(tokens * bounds[k : k + 2, None], dtype=np.float64).astype(np.int64)
        return np.asarray(up_to - below, dtype=np.int64)

    def _part(self, modality: str | None) -> Floats:
        """What part of each model's tokens a modality has; None: all of them."""
        if modality is None:
            return np.ones(len(self.models))
        if modality == "tool_calling":
            # A row of the source sums many requests, and passes whole where one of them called a tool: nearly all do.
            calls = ["text" in model.outputs for model in self.models]
            return (1.0 - 0.01 * uniform(self.seed, modality, self.keys)) * calls
        if modality in ("text", "image_output"):
            output = modality.removesuffix("_output")
            return np.array([float(output in model.outputs) for model in self.models])
        takes = [modality in model.inputs for model in self.models]
        return 0.3 * uniform(self.seed, modality, self.keys) * takes

    def week_tokens(self, dimension: str, value: str, week: date, base: Floats | Ints) -> Ints:
        """A sampled week: the models' tokens of the week, scaled and shaken as the sample does."""
        scale = SAMPLE_SCALE.get(value, 1.2) * SPILL.get(week, 1.0)
        noise = np.exp(0.10 * bell(self.seed, dimension, value, self.keys, week.toordinal()))
        return np.asarray(base * self.sampled_share(dimension, value) * scale * noise).astype(np.int64)

    def shortfall(self, series: str, ordinal: int, hours: float) -> Floats:
        """Fraction of each row still missing `hours` after a period's close; it only falls, to zero.

        Most periods lack about 0.002 % at first and are final within 4 h; about one in 30 lacks up to 2.4 %,
        and one in 60 settles only within 36 h.
        """
        size, rare, pace, slow = (float(uniform(self.seed, series, ordinal, k)[0]) for k in range(4))
        lacking = 3e-5 * math.exp(3.0 * (size - 0.5)) if rare > 1 / 30 else 4e-4 * 90.0**size
        settles = 12.0 + 24.0 * pace if slow < 1 / 60 else 0.5 + 3.5 * pace
        left = max(0.0, 1.0 - max(hours, 0.0) / settles) ** 1.5
        if left == 0.0:
            return np.zeros(1)
        # A third of the rows never changes.
        rows: Floats = np.maximum(3.0 * uniform(self.seed, series, "row", self.keys, ordinal) - 1.0, 0.0)
        missing: Floats = rows * (lacking * left)
        return missing

    def price(self, model: Model, day: date) -> float:
        """US dollars a prompt token on a day; free variants cost nothing, and some prices are lowered once."""
        per_token, lowered_after = self.pricing_of(model)
        return per_token * 0.7 if (day - model.launch).days > lowered_after else per_token

    def pricing_of(self, model: Model) -> tuple[float, float]:
        """US dollars a prompt token at first, and how many days after its launch that is lowered by 30 %."""
        price, cut = (float(uniform(self.seed, "catalogue", model.base, k)[0]) for k in range(2))
        per_token = 0.0 if "free" in model.variant else 1e-7 * 40.0**price
        return per_token, 60 + 400 * cut if cut < 0.4 else math.inf  # noqa: PLR2004 - 60 to 220 days

    def prices(self, model: Model, day: date) -> dict[str, str]:
        """Prices as the API writes them: decimal strings, of most models for a token."""
        if model.pricing is not None:
            return dict(zip(("prompt", "completion"), model.pricing, strict=True))
        prompt = self.price(model, day)
        completion = 0.0 if model.outputs == ("embeddings",) else prompt * 4
        return {
            name: f"{usd:.10f}".rstrip("0").rstrip(".") for name, usd in (("prompt", prompt), ("completion", completion))
        }

    def week_slice(self, week: date) -> slice:
        """The week's existing days as rows of the truth; the dataset's first week is cut by its floor."""
        first = self.index(week)
        return slice(max(first, 0), max(first + 7, 0))


def _story(ordinals: Ints) -> Iterator[tuple[Model, Floats]]:
    """The models of the story with their tokens on each day; an indented line continues the one before."""
    for line in DATA["story"].strip().replace("\n  ", " ").splitlines():
        permaslug, programming, curve = line.split(maxsplit=2)
        days, _, gone = knots(curve)
        end = date.fromordinal(gone) if gone else None
        yield Model(permaslug, date.fromordinal(days[0]), end, float(programming)), levels_of(curve, ordinals)


def _crowd(seed: int, ordinals: Ints) -> Iterator[tuple[Model, Floats]]:
    """Background models with their weight on each day: veterans, then a launch every few weeks, for ever."""

    def coding(slug: str) -> float:
        return 0.7 if "cod" in slug else 0.03 + 0.30 * float(uniform(seed, "coding", slug)[0]) ** 2

    for rank, slug in enumerate(DATA["veterans"].split()):
        u = float(uniform(seed, "veteran", slug)[0])
        weight = (rank + 4.0) ** -1.1 * 0.5 ** ((ordinals - ordinals[0]) / (60.0 + 110.0 * u))
        launch = FLOOR - timedelta(days=20 + int(400 * u))
        yield Model(slug, launch, None, coding(slug), u > 0.06), weight + 1e-4  # noqa: PLR2004
    families = DATA["families"].split()
    for k in itertools.count():
        day, size, rise, fall, style, free = (float(uniform(seed, "newcomer", k, j)[0]) for j in range(6))
        launch = FLOOR + timedelta(days=LAUNCH_EVERY_DAYS * k + 10 + int(13 * day))
        if launch > HORIZON:
            return
        family = families[k * 7 % len(families)]
        stamp = ("", f"-{launch:%Y%m%d}", f"-{launch:%Y%m%d}", f"-{launch:%m%d}")[int(4 * style)]
        slug = f"{family}-{4 + k // len(families)}.{int(9 * day)}{stamp}"
        age = (ordinals - launch.toordinal()).astype(np.float64)
        grown, half_life = 5.0 + 55.0 * rise, 80.0 + 250.0 * fall
        peak = 0.02 * math.exp(4.0 * (size - 0.6))
        weight = peak * (0.03 + 0.97 * 0.5 ** (np.maximum(age - grown, 0.0) / half_life))
        weight *= np.clip((age + 1.0) / grown, 0.0, 1.0) * (age >= 0)
        yield Model(slug, launch, None, coding(slug), style > 0.06), weight  # noqa: PLR2004
        if free < 1 / 6:
            yield Model(f"{slug}:free", launch, None, coding(slug)), 0.6 * weight


@lru_cache(maxsize=4)
def world_of(seed: int) -> World:
    """The world of a seed, built once."""
    return World(seed)
