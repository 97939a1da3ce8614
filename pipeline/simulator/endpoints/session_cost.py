"""/datasets/session-cost: cells of the snapshot that ends with the last complete Sunday, in pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

from pipeline.simulator.apps import apps_of
from pipeline.simulator.queries import Asked, Endpoint, integer
from pipeline.simulator.world import FLOOR, World, bell, uniform

TURN_RANGES = ("1-turn", "2-9-turns", "10-49-turns", "50-plus-turns")
SESSION_SIZE = (11.0, 85.0, 800.0, 5200.0)  # thousands of tokens of a session, by turn range
WINDOW_DAYS = 30
MODELS_OF_A_HARNESS = 16
TOO_FEW = 0.12  # the part of the cells that hold too few sessions to be published


def answer(asked: Asked) -> dict[str, Any]:
    last = asked.last_complete_day
    end = last - timedelta(days=(last.weekday() + 1) % 7)
    published = end - timedelta(days=WINDOW_DAYS - 1) >= FLOOR
    cells = list(_cells(asked.world, end)) if published else []
    return asked.body(
        cells[asked["offset"] : asked["offset"] + asked["limit"]],
        window_days=WINDOW_DAYS if published else None,
        window_end_date=end.isoformat() if published else None,
    )


def _cells(world: World, end: date) -> Iterator[dict[str, Any]]:
    """The published cells of a snapshot, sorted by slug, model and turns; small ones are left out for privacy."""
    seed, start, apps = world.seed, world.index(end) - WINDOW_DAYS + 1, apps_of(world.seed)
    coding = world.truth[start : start + WINDOW_DAYS].sum(axis=0) * world.sampled_share("category", "programming")
    for app in sorted((app for app in apps.apps if app.slug), key=lambda app: app.slug or ""):
        if app.launch > end - timedelta(days=WINDOW_DAYS):
            continue
        liking = coding * np.exp(1.6 * bell(seed, "liking", world.keys, app.app_id))
        liked = np.argsort(-liking, kind="stable")[:MODELS_OF_A_HARNESS]
        liked = liked[liking[liked] > 0]
        cell = (app.app_id, world.keys[liked][:, None], np.arange(len(TURN_RANGES), dtype=np.int64))
        published = uniform(seed, "too few", *cell) >= TOO_FEW
        # Most of a session is prompt, and most of the prompt is cached: hence 0.76 prompt prices a token.
        price = np.array([world.price(world.models[k], end) for k in liked])[:, None]
        medians = 0.76 * price * np.array(SESSION_SIZE) * 1e3 * np.exp(0.9 * bell(seed, "session", *cell))
        medians *= np.exp(0.12 * bell(seed, "snapshot", end.toordinal(), *cell))
        for place in np.argsort(world.alphabetical[liked]):
            for turn, turn_range in enumerate(TURN_RANGES):
                if published[place, turn]:
                    yield {
                        "app_slug": app.slug,
                        "app_name": apps.name(app, end),
                        "turn_range": turn_range,
                        "model_permaslug": world.slugs[liked[place]],
                        "median_session_cost_usd": round(float(medians[place, turn]), 4),
                    }


ENDPOINT = Endpoint("/datasets/session-cost", {"limit": integer(100, 1, 500), "offset": integer(0, 0, 5000)}, answer)
