"""How old everything is: age and coverage of each series in the published file.

Belongs here: deciding what is stale. Not here: reading the clock, printing (``show``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pipeline import store
from pipeline.series import SERIES, Series
from pipeline.settings import Settings

BACKUP_OLD_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class SeriesStatus:
    """One series. ``age`` counts from the end of its newest closed period, for snapshots from its newest reading."""

    series: Series
    newest: date | None = None
    age: timedelta | None = None
    first: date | None = None
    periods_read: int = 0
    periods_missing: int = 0
    provisional: int = 0
    known_since: datetime | None = None

    @property
    def has_data(self) -> bool:
        return self.newest is not None

    @property
    def is_stale(self) -> bool:
        # What nobody asks for any more cannot become fresh.
        return self.series.is_asked and self.age is not None and self.age > self.series.stale_after


@dataclass(frozen=True)
class Status:
    settings: Settings
    series: list[SeriesStatus]
    last_backup: datetime | None
    now: datetime

    @property
    def is_backup_old(self) -> bool:
        return self.last_backup is not None and self.now - self.last_backup > BACKUP_OLD_AFTER

    @property
    def is_healthy(self) -> bool:
        return not any(one.is_stale or (one.series.is_required and not one.has_data) for one in self.series)


def status_of(settings: Settings, now: datetime) -> Status:
    """Read the published file; ``now`` is what age is measured against."""
    with store.Store(settings.data_dir).reader() as con:
        found = {row["series"]: row for row in store.rows(con, store.read_sql("ops/series_status"), now=now)}
    shown = [series for series in SERIES if series.is_asked or series.name in found]
    return Status(settings, [_status(series, found.get(series.name), now) for series in shown], _last_backup(settings), now)


def _status(series: Series, row: dict[str, object] | None, now: datetime) -> SeriesStatus:
    if row is None:
        return SeriesStatus(series)
    is_snapshot = series.grain == "snapshot"
    newest = row["last_period"] if is_snapshot else row["newest_closed"]
    since = row["retrieved_at"] if is_snapshot else row["newest_close"]
    return SeriesStatus(
        series,
        newest=newest,  # type: ignore[arg-type] # the contract's types
        age=now - since if isinstance(since, datetime) else None,
        first=row["first_period"],  # type: ignore[arg-type] # as above
        periods_read=row["periods_read"],  # type: ignore[arg-type] # as above
        periods_missing=row["periods_missing"],  # type: ignore[arg-type] # as above
        provisional=row["provisional_periods"],  # type: ignore[arg-type] # as above
        known_since=row["first_retrieved_at"],  # type: ignore[arg-type] # as above
    )


def _last_backup(settings: Settings) -> datetime | None:
    try:
        at = datetime.fromisoformat(json.loads(settings.data_dir.backups.read_text())["at"])
        return at.replace(tzinfo=at.tzinfo or UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return None
