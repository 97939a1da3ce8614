"""The invented world behind the simulator: which models there are, what they cost, and their tokens of each day.

Belongs here: the story and its curves, prices, what the sampled and sliced datasets make of the truth, and the seeded
numbers that all of it is drawn from. A world is a pure function of its seed. Not here: apps (apps); requests, refusals and
bodies (queries, endpoints).

The story resembles the real one, so that a demo has something to show: MiniMax M2 arrives free, becomes third in
programming, turns paid, and gives way to its successors. No figure is OpenRouter's.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

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

# --- The story: what happens to whom ------------------------------------------------------------------------
# Curves are knots "YYMMDD=billions of tokens a day", joined by straight lines in log space. The first knot is
# the launch; `x` is the day the variant is gone; past the last knot a curve halves every FADE_DAYS.

FADE_DAYS = 110.0
PLATFORM = """
250101=300 250601=390 250901=640 251120=1010 260110=950 260215=1750 260401=3000 260515=5000 260701=8000
270101=9500 351231=30000
"""

# One variant a line: permaslug, the part of its tokens that is programming, and its curve.
STORY = """
minimax/minimax-m2:free 0.62 251025=6 251027=20 251029=32 251101=55 251107=59 251109=36 251111=32 251112=x
minimax/minimax-m2 0.62 251031=1.6 251105=2.2 251107=11 251110=39 251111=52 251112=46 251114=40 251126=38
  251206=28 251212=17 260104=13 260131=5 260301=2 260415=.8
minimax/minimax-m2.1 0.7 251223=4 260107=44 260116=22 260203=70 260220=60 260401=9 260701=2
minimax/minimax-m2.5-20260211 0.72 260211=90 260217=560 260301=390 260314=400 260401=150 260701=14
minimax/minimax-m2.7-20260318 0.72 260318=40 260328=270 260412=190 260501=80 260701=22
minimax/minimax-m3-20260531 0.5 260531=110 260622=540 260708=640 260801=310 261101=110
x-ai/grok-code-fast-1 0.94 250826=20 250910=150 251101=205 251124=170 251220=80 260120=75 260301=20 260501=4
x-ai/grok-4-fast 0.12 250919=14 251010=30 251215=20 260301=6
x-ai/grok-4.1-fast 0.05 251119=4 251125=80 251215=24 260301=20
x-ai/grok-4.1-fast:free 0.05 251119=30 251125=90 251203=x
anthropic/claude-3.5-sonnet 0.5 241022=42 250220=55 250305=30 250701=8 251101=2 260301=.8
anthropic/claude-3.5-sonnet:beta 0.5 241022=9 250305=6 250801=1.2 250901=x
anthropic/claude-3-7-sonnet-20250219 0.65 250224=14 250401=44 250520=48 250801=15 251101=6 260601=2
anthropic/claude-3-7-sonnet-20250219:thinking 0.5 250224=4 250501=9 250801=3 251201=x
anthropic/claude-4-sonnet-20250522 0.72 250522=18 250620=78 250820=84 250930=58 251015=24 260101=11 260601=3
anthropic/claude-4.5-sonnet-20250929 0.62 250929=24 251013=72 251105=104 251124=92 260115=76 260301=48
  260701=18
anthropic/claude-4.5-opus-20251124 0.65 251124=5 251207=15 251210=33 260115=95 260210=40 260501=6
anthropic/claude-4.6-opus-20260205 0.55 260205=40 260301=110 260410=150 260420=70 260701=33
anthropic/claude-4.6-sonnet-20260217 0.5 260217=30 260315=130 260601=190 260801=120
anthropic/claude-4.7-opus-20260416 0.55 260416=60 260515=280 260701=330 260725=140 260901=40
anthropic/claude-4.8-opus-20260528 0.55 260528=60 260620=340 260720=320 261001=90
google/gemini-2.0-flash-001 0.1 250205=6 250320=38 250601=44 251101=25 260301=14 260701=7
google/gemini-2.5-flash 0.14 250617=20 250901=44 251201=62 260701=92
google/gemini-2.5-flash-lite 0.05 250722=6 251101=19 260701=90
google/gemini-2.5-pro 0.25 250617=15 250801=30 251101=26 260301=18 260701=14
google/gemini-3-flash-preview-20251217 0.35 251217=14 260115=75 260401=120 260701=155
google/gemini-2.5-flash-image 0 251007=1.8 260101=3.4 260701=9
openai/gpt-4o-mini 0.12 240718=27 250601=17 251101=10 260701=38
openai/gpt-4.1-mini-2025-04-14 0.2 250414=5 250910=17 251101=7 260701=20
openai/gpt-5-2025-08-07 0.45 250807=8 250915=18 251101=9 260401=3
openai/gpt-oss-120b 0.25 250805=3 251101=12 251205=26 251213=64 260101=40 260701=75
openai/gpt-5.2-20251211 0.55 251211=12 251218=50 260115=28 260310=70 260701=24
openai/gpt-5.5-20260423 0.4 260423=40 260601=170 260801=50
openai/text-embedding-3-small 0 251020=6 260301=14 260701=26 271231=60
deepseek/deepseek-chat-v3-0324 0.1 250324=8 250601=20 251101=17 260301=8
deepseek/deepseek-chat-v3-0324:free 0.06 250324=10 250601=18 250901=5 251101=1.8 260115=x
deepseek/deepseek-chat-v3-0324:free:online 0.04 250401=1.8 250601=3 250901=2 251101=x
deepseek/deepseek-v3.2-20251201 0.2 251201=14 260115=40 260701=65
deepseek/deepseek-v4-flash-20260423 0.35 260423=120 260601=650 260801=1000 270101=400
deepseek/deepseek-v4-pro-20260423 0.45 260423=60 260601=300 260801=520 270101=200
tngtech/deepseek-r1t2-chimera:free 0.08 250708=2 251015=11 260115=11 260410=2 260501=x
qwen/qwen3-coder-480b-a35b-07-25 0.88 250722=8 250815=32 250910=12 251101=5 260301=3
qwen/qwen3.6-plus-04-02:free 0.6 260402=500 260406=880 260412=280 260420=x
moonshotai/kimi-k2.5-0127 0.66 260127=30 260204=230 260212=190 260301=90 260501=40 260701=22
moonshotai/kimi-k2.6-20260420 0.75 260420=130 260430=360 260601=90 260701=34
z-ai/glm-4.6 0.3 250930=4 251101=16 251220=14 260301=3
z-ai/glm-5-20260211 0.55 260211=25 260220=110 260401=60 260701=28
z-ai/glm-5.2-20260616 0.55 260616=90 260715=620 260801=450 261201=150
xiaomi/mimo-v2-pro-20260318 0.62 260318=140 260327=600 260402=420 260420=80 260601=20
xiaomi/mimo-v2.5-20260422 0.45 260422=60 260601=400 260722=1300 260801=720 261101=250
tencent/hy3-preview-20260421:free 0.55 260421=60 260502=600 260630=480 260706=x
tencent/hy3-20260706:free 0.45 260706=600 260715=1400 260721=x
tencent/hy3-20260706 0.45 260720=500 260801=600 261101=250
stepfun/step-3.7-flash-20260528 0.35 260528=50 260625=220 260801=300 261101=80
nvidia/nemotron-3-ultra-550b-a55b-20260604:free 0.35 260604=40 260715=380 260901=200 261215=x
openrouter/horizon-alpha 0.6 250730=14 250803=62 250806=x
openrouter/sonoma-sky-alpha 0.25 250905=12 250912=44 250922=x
openrouter/polaris-alpha 0.4 251106=6 251111=15 251115=x
openrouter/hunter-alpha 0.35 260311=40 260317=210 260321=x
black-forest-labs/flux.2-pro 0 251125=.3 260701=1.2
"""

# Models that were there when the dataset begins, largest first; they share what the story leaves over.
VETERANS = """
google/gemini-flash-1.5 google/gemini-2.0-flash-exp:free mistralai/mistral-nemo
meta-llama/llama-3.1-70b-instruct gryphe/mythomax-l2-13b openai/gpt-4o-2024-11-20
meta-llama/llama-3.3-70b-instruct anthropic/claude-3-haiku google/gemini-flash-1.5-8b deepseek/deepseek-chat
microsoft/wizardlm-2-8x22b meta-llama/llama-3.1-8b-instruct qwen/qwen-2.5-72b-instruct
openai/gpt-4o-2024-08-06 anthropic/claude-3-5-haiku anthropic/claude-3-opus
nousresearch/hermes-3-llama-3.1-405b mistralai/mistral-tiny cohere/command-r-08-2024 x-ai/grok-2-1212
qwen/qwen-2.5-coder-32b-instruct amazon/nova-lite-v1 google/gemini-pro-1.5 anthropic/claude-3-5-haiku:beta
meta-llama/llama-3.1-405b-instruct google/gemma-2-9b-it:free mistralai/mixtral-8x7b-instruct openai/o1-mini
meta-llama/llama-3.2-3b-instruct sao10k/l3.1-euryale-70b microsoft/phi-4 amazon/nova-micro-v1
google/gemma-2-27b-it mistralai/codestral-2501 openai/gpt-3.5-turbo thedrummer/rocinante-12b
infermatic/mn-inferor-12b liquid/lfm-40b meta-llama/llama-3.2-11b-vision-instruct
nvidia/llama-3.1-nemotron-70b-instruct qwen/qwq-32b-preview openai/gpt-4-turbo mistralai/mistral-large-2411
eva-unit-01/eva-qwen-2.5-72b amazon/nova-pro-v1 openai/o1-2024-12-17 undi95/toppy-m-7b perplexity/sonar
cohere/command-r-plus-08-2024 ai21/jamba-1-5-large anthracite-org/magnum-v4-72b
sophosympatheia/midnight-rose-70b neversleep/llama-3-lumimaid-70b
"""

# In the catalogue and in no ranking, with both prices: what is not priced by the token, and a router.
UNRANKED = """
openai/whisper-1 0.006 0
microsoft/mai-transcribe-1.5 0.36 0
deepgram/aura-2 0.00003 0
openrouter/auto -1 -1
"""

# Lines that keep launching new models for ever, so that a top 50 is full under any clock.
FAMILIES = """
mistralai/mistral-small qwen/qwen-plus meta-llama/llama google/gemma nvidia/nemotron cohere/command
amazon/nova openai/gpt-nano x-ai/grok-mini inclusionai/ling bytedance-seed/seed arcee-ai/trinity
baidu/ernie-lite nousresearch/hermes kwaipilot/kat-coder poolside/laguna upstage/solar mistralai/devstral
perplexity/sonar-next ibm-granite/granite
"""
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
        platform = levels_of(PLATFORM, self.ordinals)
        rest = np.maximum(platform - told.sum(axis=0), 0.15 * platform)
        levels = np.concatenate([told, weights / weights.sum(axis=0) * rest]).T

        self.models = [model for model, _ in story + crowd]
        unranked = (line.split() for line in UNRANKED.strip().splitlines())
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
        below, up_to = self._fractions(modality, bucket)
        return (tokens * up_to).astype(np.int64) - (tokens * below).astype(np.int64)

    def _fractions(self, modality: str | None, bucket: str | None) -> tuple[Floats, Floats]:
        """From which to which fraction of each model's tokens a slice holds."""
        part = np.ones(len(self.models))
        if modality == "tool_calling":
            # A row of the source sums many requests, and passes whole where one of them called a tool: nearly all do.
            calls = ["text" in model.outputs for model in self.models]
            part *= (1.0 - 0.01 * uniform(self.seed, modality, self.keys)) * calls
        elif modality == "text":
            part *= ["text" in model.outputs for model in self.models]
        elif modality == "image_output":
            part *= ["image" in model.outputs for model in self.models]
        elif modality is not None:
            takes = [modality in model.inputs for model in self.models]
            part *= 0.3 * uniform(self.seed, modality, self.keys) * takes
        if bucket is not None:
            # Short requests are common; only some models take the longest at all.
            sizes = 0.3 + uniform(self.seed, "context", self.keys, np.arange(5)[:, None])
            sizes *= np.array([[0.10], [0.30], [0.42], [0.17], [0.01]])
            sizes[4, uniform(self.seed, "longest", self.keys) > 0.15] = 0.0  # noqa: PLR2004
            sums = np.cumsum(sizes, axis=0)
            bounds = np.vstack([np.zeros(len(self.models)), sums / sums[-1]])
            k = CONTEXT_BUCKETS.index(bucket)
            return part * bounds[k], part * bounds[k + 1]
        return np.zeros(len(self.models)), part

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
        price, cut = (float(uniform(self.seed, "catalogue", model.base, k)[0]) for k in range(2))
        per_token = 0.0 if "free" in model.variant else 1e-7 * 40.0**price
        if cut < 0.4 and (day - model.launch).days > 60 + 400 * cut:  # noqa: PLR2004 - 60 to 220 days after its launch
            per_token *= 0.7
        return per_token

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
    """The models of STORY with their tokens on each day; an indented line continues the one before."""
    for line in STORY.strip().replace("\n  ", " ").splitlines():
        permaslug, programming, curve = line.split(maxsplit=2)
        days, _, gone = knots(curve)
        end = date.fromordinal(gone) if gone else None
        yield Model(permaslug, date.fromordinal(days[0]), end, float(programming)), levels_of(curve, ordinals)


def _crowd(seed: int, ordinals: Ints) -> Iterator[tuple[Model, Floats]]:
    """Background models with their weight on each day: veterans, then a launch every few weeks, for ever."""

    def coding(slug: str) -> float:
        return 0.7 if "cod" in slug else 0.03 + 0.30 * float(uniform(seed, "coding", slug)[0]) ** 2

    for rank, slug in enumerate(VETERANS.split()):
        u = float(uniform(seed, "veteran", slug)[0])
        weight = (rank + 4.0) ** -1.1 * 0.5 ** ((ordinals - ordinals[0]) / (60.0 + 110.0 * u))
        launch = FLOOR - timedelta(days=20 + int(400 * u))
        yield Model(slug, launch, None, coding(slug), u > 0.06), weight + 1e-4  # noqa: PLR2004
    families = FAMILIES.split()
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
