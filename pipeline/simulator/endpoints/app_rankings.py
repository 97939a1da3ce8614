"""/datasets/app-rankings: apps by tokens or by growth, in one window, ranked after filtering, in pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from pipeline.simulator.apps import SUBCATEGORIES, apps_of
from pipeline.simulator.queries import WINDOW, Asked, Endpoint, choice, integer
from pipeline.simulator.world import Floats


def answer(asked: Asked) -> dict[str, Any]:
    limit, offset = asked["limit"], asked["offset"]
    start, end = asked.window()

    apps, today = apps_of(asked.world.seed), asked.now.date()
    tokens = apps.volumes(start, end, today)
    order: Floats = tokens.astype(np.float64)
    if asked["sort"] == "trending":
        first = start - 3 * (end - start + timedelta(days=1))
        order -= apps.volumes(first, start - timedelta(days=1), today) / 3.0
    wanted = asked["category"]
    ranked = [
        k
        for k in np.lexsort((apps.ids, -order))
        if tokens[k] > 0 and order[k] > 0 and (wanted is None or wanted in apps.apps[k].categories)
    ]
    rows = [
        {
            "rank": rank,
            "app_id": apps.apps[k].app_id,
            "app_name": apps.name(apps.apps[k], today),
            "total_tokens": str(tokens[k]),
            "total_requests": int(tokens[k] / apps.request_size[k]) + 1,
        }
        for rank, k in enumerate(ranked[offset : offset + limit], offset + 1)
    ]
    return asked.body(rows, start_date=start.isoformat(), end_date=end.isoformat())


ENDPOINT = Endpoint(
    "/datasets/app-rankings",
    {
        "sort": choice("popular", "trending"),
        "category": choice(*SUBCATEGORIES),
        "limit": integer(50, 1, 100),
        "offset": integer(0, 0, 100),
        **WINDOW,
    },
    answer,
)
