"""Which reader understands which endpoint, and what makes two of its answers equal.

Belongs here: one entry per endpoint. Not here: the readers (``responses``, ``snapshots``), where rows are stored
(``load``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.openrouter import requests, responses, snapshots
from pipeline.openrouter.responses import Answer


@dataclass(frozen=True)
class Shape:
    """The answers of one endpoint. ``schema`` is that of their rows.

    ``volatile`` are columns that are not part of a row's content: two answers that differ in nothing else are equal.
    ``is_paged`` answers may come in several pages, which make one block. ``measures`` are columns that cannot be zero in
    every row. ``spares_one_in``: rows are entries that stand each for itself, so that those which cannot be read or told
    apart are set aside, up to one in so many; None: a ranking or shares of one whole would be false without a row.
    """

    name: str
    read: Callable[[bytes], Answer]
    schema: Mapping[str, pl.DataType]
    volatile: frozenset[str] = frozenset({"position"})
    is_paged: bool = False
    measures: tuple[str, ...] = ()
    spares_one_in: int | None = None

    @property
    def content(self) -> list[str]:
        """The columns that make up a row's content."""
        return [name for name in self.schema if name not in self.volatile]


SHAPES: Mapping[str, Shape] = {
    requests.RankingsDailyRequest.path: Shape(
        "rankings",
        responses.read_rankings,
        responses.RANKINGS_SCHEMA,
        # A row's period is that of its block.
        volatile=frozenset({"position", "period_start"}),
    ),
    requests.ModelsRequest.path: Shape(
        "catalogue",
        snapshots.read_catalogue,
        snapshots.CATALOGUE_SCHEMA,
        is_paged=True,
        spares_one_in=snapshots.SPARED_IN_CATALOGUE,
        measures=("prompt_usd_per_unit", "completion_usd_per_unit"),
    ),
    requests.TaskClassificationsRequest.path: Shape("tasks", snapshots.read_tasks, snapshots.TASKS_SCHEMA),
    requests.SessionCostRequest.path: Shape(
        "session_costs",
        snapshots.read_session_costs,
        snapshots.SESSION_COSTS_SCHEMA,
        is_paged=True,
        spares_one_in=snapshots.SPARED_IN_FIGURES,
        measures=("median_session_cost_usd",),
    ),
    requests.BenchmarksRequest.path: Shape(
        "benchmarks",
        snapshots.read_benchmarks,
        snapshots.BENCHMARKS_SCHEMA,
        spares_one_in=snapshots.SPARED_IN_FIGURES,
        measures=("intelligence_index", "coding_index", "agentic_index"),
    ),
    requests.AppRankingsRequest.path: Shape(
        "apps",
        snapshots.read_apps,
        snapshots.APPS_SCHEMA,
        # The source spells the same app in more than one way.
        volatile=frozenset({"position", "app_name"}),
        measures=("total_tokens", "total_requests"),
    ),
}
"""By the endpoint's path."""
