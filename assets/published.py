"""Published: the file that readers open, swapped in after every check passed.

Belongs here: what is written down of a build, and the swap. Not here: how files are swapped (``pipeline.store``).
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, MetadataValue, asset

from assets.failing import said_in_one_line
from assets.landing import WORKSPACE
from assets.metadata import shown_of
from pipeline import program, store
from pipeline.contracts.tables import TABLES
from pipeline.publish import checkout
from pipeline.run import jobs
from pipeline.run.session import Workspace

PUBLISHED = AssetKey(jobs.PUBLISHED.split("/"))


def _build(run_id: str, built_at: datetime, *, is_simulated: bool) -> dict[str, Any]:
    references = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in store.reference_files()}
    return {
        "run_id": run_id,
        "built_at": built_at,
        "version": program.version(),
        "git_commit": checkout.commit(),
        "reference_hashes": json.dumps(references),
        "definitions": json.dumps(store.definitions()),
        "is_simulated": is_simulated,
    }


def _spent(workspace: Workspace) -> dict[str, int]:
    """The requests of this run, and those of the last 24 hours, of which the account has so many. A rebuild asks nothing."""
    if not workspace.requests_made:
        return {}
    return {"requests_made": workspace.requests_made, "requests_spent_24h": workspace.budget.spent().last_day}


def build_assets(upstream: Sequence[AssetKey]) -> list[AssetsDefinition]:
    """The published file; ``upstream`` is everything that must have passed its checks first."""

    @asset(
        key=PUBLISHED,
        deps=list(upstream),
        group_name="published",
        kinds={"duckdb", "file"},
        description="The DuckDB file that readers open: a copy of the build, replaced as a whole. When a check fails, the "
        "file of the run before stays unchanged.",
        required_resource_keys=WORKSPACE,
    )
    def openrouter(context: AssetExecutionContext) -> MaterializeResult[None]:
        workspace: Workspace = context.resources.workspace
        workspace.say("publishing")
        data_dir = workspace.settings.data_dir
        with said_in_one_line(), workspace.store.writer() as con:
            build = _build(context.run.run_id, workspace.clock(), is_simulated=data_dir.is_simulated)
            store.append_rows(con, TABLES["ops.builds"], [build])
            workspace.store.replace_macros(con)
        with said_in_one_line():
            size = workspace.store.publish()
        with workspace.store.reader() as con:
            latest = store.rows(con, store.read_sql("internal/m2_latest"))
            (residuals,) = store.rows(con, store.read_sql("internal/residuals"))
            share = shown_of(con, "marts.m2_coding_share_weekly")
        metadata: dict[str, Any] = {"path": MetadataValue.path(data_dir.published), "dagster/size_bytes": size}
        metadata |= {name: share[name] for name in ("sparkline",) if name in share}
        metadata |= _spent(workspace)
        metadata |= {name: share for name, share in residuals.items() if share is not None}
        if latest:
            metadata |= {
                name: value
                for name, value in latest[0].items()
                if isinstance(value, (int, float, str)) and not isinstance(value, bool)
            }
        return MaterializeResult(metadata=metadata)

    return [openrouter]
