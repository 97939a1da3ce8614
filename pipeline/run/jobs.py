"""The names of the jobs, and of the assets that tell what a run did: what runs and what is run agree on them.

Belongs here: names. Not here: the jobs themselves (``pipeline.definitions``).
"""

from __future__ import annotations

DAILY, BACKFILL, REBUILD, IMPORT = "daily", "backfill", "rebuild", "import_recorded"
PUBLISHING_JOBS = frozenset({DAILY, BACKFILL, REBUILD})

IMPORTED = "landing/imported_exchanges"
EXCHANGES = "raw/exchanges"
PUBLISHED = "published/openrouter"
