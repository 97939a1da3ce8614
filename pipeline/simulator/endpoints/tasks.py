"""/classifications/task: shares of the 7 days up to the last complete one, to three decimals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from pipeline.simulator.queries import Asked, Endpoint, choice
from pipeline.simulator.world import DATA, Floats, World, bell

WINDOW_DAYS = 7
MODELS_OF_A_TAG = 10

MACRO_CATEGORIES: dict[str, str] = DATA["tasks"]
# How a model's tokens go to the macro categories: of its programming, and of the rest.
SPLIT = {"code": (0.7, 0.0), "data": (0.0, 0.13), "agent": (0.3, 0.32), "general": (0.0, 0.55)}


@dataclass(frozen=True)
class Task:
    """One tag with its tokens and requests by model."""

    tag: str
    name: str
    macro: str
    tokens: Floats
    requests: Floats


def answer(asked: Asked) -> dict[str, Any]:
    last = asked.last_complete_day
    found = list(true_tasks(asked.world, last))
    whole = _totals(found)
    macros = {macro: _totals(task for task in found if task.macro == macro) for macro in MACRO_CATEGORIES}
    rows = [
        {
            "tag": task.tag,
            "display_name": task.name,
            "macro_category": task.macro,
            **_shares("", _totals([task]), whole),
            **_shares("category_", _totals([task]), macros[task.macro]),
            "models": list(_models(asked.world, task)),
        }
        for task in sorted(found, key=lambda task: (-task.requests.sum(), task.tag))
    ]
    categories = [{"key": macro, "label": macro.title(), **_shares("", part, whole)} for macro, part in macros.items()]
    data = {"window_days": WINDOW_DAYS, "as_of": last.isoformat(), "macro_categories": categories, "classifications": rows}
    return {"data": data}


def true_tasks(world: World, last: date) -> Iterator[Task]:
    """Each tag's tokens and requests; a model's code tags together are in proportion to its programming."""
    end = world.index(last) + 1
    text = np.array([model.outputs[0] == "text" for model in world.models])
    used = world.truth[max(end - WINDOW_DAYS, 0) : max(end, 0)].sum(axis=0) * text
    if not used.any():
        return
    programming = world.sampled_share("category", "programming")
    verbosity = np.exp(0.5 * bell(world.seed, "verbosity", world.keys))
    for macro, text_of_tags in MACRO_CATEGORIES.items():
        lines = [[part.strip() for part in line.split("|")] for line in text_of_tags.strip().splitlines()]
        of_programming, of_rest = SPLIT[macro]
        volume = used * (of_programming * programming + of_rest * (1.0 - programming))
        weights = np.array(
            [float(weight) * np.exp(0.35 * bell(world.seed, "tag", tag, world.keys)) for tag, _, weight, _ in lines]
        )
        weights /= weights.sum(axis=0)
        for (tag, name, _, size), weight in zip(lines, weights, strict=True):
            tokens = volume * weight * np.exp(0.04 * bell(world.seed, "sample", tag, world.keys, last.toordinal()))
            yield Task(tag, name, macro, tokens, tokens / (float(size) * 1e3 * verbosity))


def _models(world: World, task: Task) -> Iterator[dict[str, Any]]:
    """The top models by requests; a variant is a model of its own."""
    whole = task.requests.sum(), task.tokens.sum()
    for k in np.lexsort((world.alphabetical, -task.requests))[:MODELS_OF_A_TAG]:
        if task.requests[k] > 0:
            yield {"id": world.slugs[k], **_shares("tag_", (task.requests[k], task.tokens[k]), whole)}


def _totals(tasks: Iterable[Task]) -> tuple[float, float]:
    """Requests and tokens."""
    sums = [(task.requests.sum(), task.tokens.sum()) for task in tasks]
    return float(sum(requests for requests, _ in sums)), float(sum(tokens for _, tokens in sums))


def _shares(prefix: str, part: tuple[float, float], whole: tuple[float, float]) -> dict[str, float]:
    return {
        f"{prefix}{name}_share": round(float(some) / every, 3) if every > 0 else 0.0
        for name, some, every in zip(("usage", "token"), part, whole, strict=True)
    }


ENDPOINT = Endpoint("/classifications/task", {"window": choice("7d")}, answer)
