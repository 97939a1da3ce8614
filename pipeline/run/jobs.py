"""The names of the jobs and of the assets that tell what a run did, and a job's configuration: what runs and what is run
agree on them.

Belongs here: names, and configurations as Dagster takes them. Not here: the jobs themselves (``pipeline.definitions``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.openrouter.endpoints.request import DATASET_START

DAILY, BACKFILL, REBUILD, IMPORT = "daily", "backfill", "rebuild", "import_recorded"
PUBLISHING_JOBS = frozenset({DAILY, BACKFILL, REBUILD})

IMPORTED = "landing/imported_exchanges"
EXCHANGES = "raw/exchanges"
PUBLISHED = "published/openrouter"
ASKING = "asking"
"""The resource that tells the step which fetches from which day to fetch."""


def fetching_config(first_day: str | None = None, last_day: str | None = None) -> dict[str, Any]:
    """The configuration of a job that fetches: from ``first_day`` on, and of a backfill to ``last_day``, as far as given."""
    until = {"last_day": last_day} if last_day else {}
    return {"resources": {ASKING: {"config": {"first_day": first_day or DATASET_START.isoformat(), **until}}}}


def import_config(path: Path) -> dict[str, Any]:
    """The import job's configuration: what to take in."""
    return {"ops": {"landing__imported_exchanges": {"config": {"path": str(path)}}}}
