"""How old everything is: age and coverage of each series in the published file.

Belongs here: deciding what is stale. Not here: reading the clock, printing (``terminal``), notifying people (``incidents``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from pipeline import store
from pipeline.series import BY_NAME, EXACT_DAYS, SERIES, Series
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.wording import age

BACKUP_OLD_AFTER = timedelta(days=7)

State = Literal["recorded", "imported", "needs_key", "unread", "stale", "frozen", "fresh"]
_SHOWN: dict[State, str] = {
    "recorded": "imported only",
    "imported": "imported, newer data needs a key",
    "needs_key": "needs a key",
    "unread": "never fetched",
    "stale": "stale",
    "frozen": "unchanged for {age}",
    "fresh": "fresh",
}


@dataclass(frozen=True)
class SeriesStatus:
    """One series. ``age`` counts from the end of its newest closed period, for snapshots from its newest reading.

    ``changed_at`` is when it was last read with a period or a figure that it did not have before. ``is_expected`` is false
    where nothing newer can come: no key was ever used, and the keyless exports do not have it.
    """

    series: Series
    newest: date | None
    age: timedelta | None
    first: date | None
    periods_read: int
    periods_missing: int
    provisional: int
    known_since: datetime | None
    changed_at: datetime | None
    unchanged_for: timedelta | None
    is_expected: bool

    @property
    def has_data(self) -> bool:
        return self.newest is not None

    @property
    def is_stale(self) -> bool:
        # What is no longer fetched cannot become fresh.
        return self.is_expected and self.age is not None and self.age > self.series.stale_after

    @property
    def is_frozen(self) -> bool:
        """Fetched, and unchanged for too long: a source that responds may still have stopped."""
        limit = self.series.frozen_after
        return self.is_expected and limit is not None and self.unchanged_for is not None and self.unchanged_for > limit

    @property
    def state(self) -> State:
        if not self.series.is_asked:
            return "recorded"
        if not self.is_expected:
            return "imported" if self.has_data else "needs_key"
        if not self.has_data:
            return "unread"
        return "stale" if self.is_stale else "frozen" if self.is_frozen else "fresh"

    @property
    def shown_state(self) -> str:
        """Its freshness in a few words, for tables in English."""
        return _SHOWN[self.state].format(age=age(self.unchanged_for))

    @property
    def problem(self) -> str:
        """What is wrong with it, in a sentence; only where it is not fresh."""
        name = self.series.name
        if not self.has_data:
            return f"{name} was never fetched"
        if self.is_stale:
            return f"{name} is stale: newest {self.newest}, {age(self.age)} old, limit {age(self.series.stale_after)}"
        limit = age(self.series.frozen_after)
        return f"{name} is fetched but has not changed for {age(self.unchanged_for)}, limit {limit}"

    @property
    def is_fresh(self) -> bool:
        return (
            not self.is_stale
            and not self.is_frozen
            and (self.has_data or not self.is_expected or not self.series.is_required)
        )


@dataclass(frozen=True)
class Status:
    """``is_keyed``: whether a key was ever used for this file."""

    settings: Settings
    series: list[SeriesStatus]
    last_backup: datetime | None
    now: datetime
    built_at: datetime | None
    is_keyed: bool

    @property
    def is_backup_old(self) -> bool:
        return self.last_backup is not None and self.now - self.last_backup > BACKUP_OLD_AFTER

    @property
    def is_healthy(self) -> bool:
        return all(one.is_fresh for one in self.series)

    @property
    def news_at(self) -> datetime | None:
        """When a required series last said something new."""
        return max((one.changed_at for one in self.series if one.series.is_required and one.changed_at), default=None)

    @property
    def lacks_news(self) -> bool:
        """Whether nothing new came to the required series for longer than the one that moves each day may be old."""
        return self.news_at is not None and self.now - self.news_at > BY_NAME["usage_day"].stale_after


def status_of(settings: Settings, now: datetime) -> Status:
    """Read the published file; ``now`` is what age is measured against."""
    with open_store(settings.data_dir).reader() as con:
        found = {row["series"]: row for row in store.rows(con, store.read_sql("internal/series_status"), now=now)}
        [keyed] = store.rows(con, store.read_sql("internal/is_keyed"))
        [built] = store.rows(con, store.read_sql("internal/newest_build")) or [{"built_at": None}]
    shown = [series for series in SERIES if series.is_asked or series.name in found]
    # Of what no key was ever used for nothing newer can come, but for what the exports and other sources have.
    expected = {one for one in shown if one.is_asked and (keyed["is_keyed"] or not one.needs_key or one.name == EXACT_DAYS)}
    ages = [_status(one, found.get(one.name, {}), now, is_expected=one in expected) for one in shown]
    return Status(settings, ages, _last_backup(settings), now, built["built_at"], keyed["is_keyed"])


def _status(series: Series, row: Mapping[str, Any], now: datetime, *, is_expected: bool) -> SeriesStatus:
    """``row`` is empty where it was never read."""
    is_snapshot = series.grain == "snapshot"
    since = row.get("retrieved_at" if is_snapshot else "newest_close")
    changed_at = row.get("changed_at")
    return SeriesStatus(
        series,
        newest=row.get("last_period" if is_snapshot else "newest_closed"),
        age=since and now - since,
        first=row.get("first_period"),
        periods_read=row.get("periods_read", 0),
        periods_missing=row.get("periods_missing", 0),
        provisional=row.get("provisional_periods", 0),
        known_since=row.get("first_retrieved_at"),
        changed_at=changed_at,
        unchanged_for=changed_at and now - changed_at,
        is_expected=is_expected,
    )


def _last_backup(settings: Settings) -> datetime | None:
    try:
        at = datetime.fromisoformat(json.loads(settings.data_dir.backups.read_text())["at"])
        return at.replace(tzinfo=at.tzinfo or UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return None
