"""Freshness of each series, by its newest published period and not by a run having been green.

Belongs here: showing in the UI what ``pipeline.alerts.freshness`` finds. Checks are made once the tables are published,
and never stop a run: notifying somebody is the business of ``pipeline.alerts.incidents``.

A required series has a check of its own. The optional ones share one, whose table shows every series: a check is three
events, and one for each series would be a tenth of all events of a daily run.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSpec,
    MetadataValue,
    TableRecord,
    multi_asset_check,
)

from assets.landing import WORKSPACE, landing_key
from assets.metadata import check_result
from assets.published import PUBLISHED
from pipeline.alerts.freshness import SeriesStatus, status_of
from pipeline.run.findings import IS_FRESH, SERIES_ARE_FRESH
from pipeline.run.session import Workspace
from pipeline.series import ASKED


def build_check() -> AssetChecksDefinition:
    """One op for the freshness of all series."""
    required = {AssetCheckKey(landing_key(series), IS_FRESH): series for series in ASKED if series.is_required}
    together = AssetCheckKey(PUBLISHED, SERIES_ARE_FRESH)

    @multi_asset_check(
        name="freshness",
        specs=[
            *(
                AssetCheckSpec(
                    key.name,
                    asset=key.asset_key,
                    additional_deps=[PUBLISHED],
                    description=f"{series.title}: the newest published period is recent enough.",
                )
                for key, series in required.items()
            ),
            AssetCheckSpec(
                together.name,
                asset=together.asset_key,
                description="Every optional series is recent enough, and none was fetched again and again without a change.",
            ),
        ],
        can_subset=True,
        required_resource_keys=WORKSPACE,
    )
    def freshness(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        workspace: Workspace = context.resources.workspace
        found = [one for one in status_of(workspace.settings, workspace.clock()).series if one.series.is_asked]
        for key, series in required.items():
            if key in context.selected_asset_check_keys:
                [one] = [one for one in found if one.series == series]
                yield _result(key, [one], {name: value for name, value in _shown(one).items() if value is not None})
        if together in context.selected_asset_check_keys:
            ages = {f"age_hours/{one.series.name}": age for one in found if (age := _hours(one.age)) is not None}
            table = MetadataValue.table([TableRecord({"series": one.series.name, **_shown(one)}) for one in found])
            yield _result(together, [one for one in found if not one.series.is_required], {"series": table, **ages})

    return freshness


def _shown(one: SeriesStatus) -> dict[str, str | float | None]:
    return {
        "newest_period": None if one.newest is None else one.newest.isoformat(),
        "age_hours": _hours(one.age),
        "limit_hours": _hours(one.series.stale_after),
        "unchanged_hours": _hours(one.unchanged_for),
        "state": one.shown_state,
    }


def _hours(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds() / 3600, 2)


def _result(key: AssetCheckKey, judged: list[SeriesStatus], metadata: dict[str, Any]) -> AssetCheckResult:
    not_fresh = "; ".join(one.problem for one in judged if not one.is_fresh)
    return check_result(key.asset_key, key.name, {key.name: not_fresh} if not_fresh else {}, metadata=metadata)
