"""/api/ai/leaderboard-export: a second gateway's shares of labs by day. It needs no key, and is not below the API's prefix.

Its traffic is another population: each lab has more or less of it than on the platform. What is spent follows from the
models' prices, so that a lab dearer than the rest is so in both places.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

import numpy as np

from pipeline.simulator.queries import Asked, Endpoint, Refusal, choice, day
from pipeline.simulator.world import HORIZON, Floats, bell, world_of

PATH = "/api/ai/leaderboard-export"
EARLIEST = date(2025, 10, 1)
LABS = {
    "x-ai": "spacexai",
    "z-ai": "zai",
    "qwen": "alibaba",
    "mistralai": "mistral",
    "meta-llama": "meta",
    "openrouter": "stealth",
}
"""The names of labs that differ from those of authors."""

MOST_LABS = 22
RANKED_DAYS = 800
"""The labs are those with the greatest mean share of tokens over so many days."""

SETTLED_HOURS = 30
"""So long after its end a day still changes."""


def answer(asked: Asked) -> dict[str, Any]:
    for name in ("dataset", "from", "to"):
        if asked[name] is None:
            raise Refusal(400, f"{name} is required")
    # The day that is running is there as far as it is known.
    start, end = asked["from"], min(asked["to"], asked.now.date(), HORIZON)
    if start < EARLIEST:
        raise Refusal(400, f"from must be on or after {EARLIEST}")
    if start > asked["to"] or start > end:
        raise Refusal(400, "the range holds no day")
    labs, shares = _shares(asked.world.seed)
    first = start.toordinal() - EARLIEST.toordinal()
    rows = []
    for n in range((end - start).days + 1):
        on = date.fromordinal(start.toordinal() + n)
        for metric, of_day in _as_known(shares[:, first + n], on, asked).items():
            for lab, share in zip(labs, of_day, strict=True):
                if share > 0:
                    rows.append(_row(on, lab, metric, float(share)))
    return {
        "dataset": asked["dataset"],
        "modality": asked["modality"],
        "from": start.isoformat(),
        "to": end.isoformat(),
        "earliest_available_date": EARLIEST.isoformat(),
        "license": "CC-BY-4.0",
        "license_url": "https://creativecommons.org/licenses/by/4.0/",
        "rows": rows,
    }


def _row(on: date, lab: str, metric: str, share: float) -> dict[str, Any]:
    return {
        "date": on.isoformat(), "group": "labs", "name": lab, "metric": metric, "modality": "all", "share_percent": share,
    }  # fmt: skip


def _as_known(weights: Floats, on: date, asked: Asked) -> dict[str, Floats]:
    """Shares in percent of requests, tokens and spend, to four decimals, as they are known at the time of the request."""
    hours = (asked.now - datetime.combine(on, time(), UTC)).total_seconds() / 3600 - 24
    left = max(0.0, 1.0 - hours / SETTLED_HOURS)
    found = {}
    for k, metric in enumerate(("requests", "tokens", "spend")):
        noise = bell(asked.world.seed, "second gateway", metric, on.toordinal(), np.arange(weights.shape[1]))
        known = weights[k] * np.exp(0.02 * left * noise)
        found[metric] = np.round(100 * known / known.sum(), 4)
    return found


@lru_cache(maxsize=2)
def _shares(seed: int) -> tuple[list[str], Floats]:
    """The labs, and what each has of requests, tokens and spend on each day since the first: metrics x days x labs."""
    world = world_of(seed)
    first = world.index(EARLIEST)
    ordinals = world.ordinals[first:]
    priced = [world.pricing_of(model) for model in world.models]
    ages = ordinals[:, None] - np.array([model.launch.toordinal() for model in world.models])
    prices = np.array([usd for usd, _ in priced]) * np.where(ages > np.array([days for _, days in priced]), 0.7, 1.0)
    tokens = world.truth[first:].astype(np.float64)
    sizes = np.exp(0.6 * bell(seed, "tokens a request", world.keys))
    labs = sorted({_lab(model.author) for model in world.models})
    of_lab = np.array([[_lab(model.author) == lab for lab in labs] for model in world.models], dtype=np.float64)
    taste = np.exp(0.5 * bell(seed, "second gateway", np.arange(len(labs))))
    # What is spent on caches and by the volume differs from lab to lab, and by little.
    paid = np.exp(0.08 * bell(seed, "paid", np.arange(len(labs))))
    measured = np.array([(tokens / sizes) @ of_lab, tokens @ of_lab, (tokens * prices) @ of_lab * paid]) * taste
    of_tokens = (measured[1] / measured[1].sum(axis=1, keepdims=True))[:RANKED_DAYS].mean(axis=0)
    kept = np.argsort(-of_tokens)[:MOST_LABS]
    return [labs[k] for k in kept], measured[:, :, kept]


def _lab(author: str) -> str:
    return LABS.get(author, author)


ENDPOINT = Endpoint(
    PATH,
    {
        "dataset": choice("labs"),
        "modality": choice("all", default="all"),
        "format": choice("json", default="json"),
        "from": day,
        "to": day,
    },
    answer,
    needs_key=False,
    prefix="",
)
