"""How a world is read: at which instants, which series, how far back; and what the file can know of it by an instant.

Belongs here: the exchanges of a world, as recorded ones, and a plain account of them. Not here: what is true (``world``).
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.series import BY_NAME, period_of, periods
from tests.support import RANKINGS, rankings_body, recorded
from tests.warehouse.readings import CODING, USAGE
from tests.worlds.world import (
    BUCKETS,
    LANGUAGE,
    OTHER_CATEGORY,
    SLICES,
    World,
    bodies_of_catalogue,
    body_of_tasks,
    close_of,
    midnight,
)

RECORDED_ROWS = 9
CATALOGUE, TASKS = "models/all", "task_7d"
OPTIONAL = {OTHER_CATEGORY: 0.4, LANGUAGE: 0.4, "usage_week": 0.6, "usage_month": 0.5, TASKS: 0.5, CATALOGUE: 0.75}


@dataclass(frozen=True)
class CatalogueRead:
    at: datetime
    names: frozenset[str]
    suffixes: frozenset[str]
    bases: frozenset[str]


@dataclass
class Account:
    """What was read of a world. ``readings``: the instants at which each period of a series was, oldest first. ``listings``:
    when each variant was listed, and until when that shows it in use."""

    readings: dict[tuple[str, date], list[datetime]] = field(default_factory=dict)
    listings: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    catalogues: list[CatalogueRead] = field(default_factory=list)

    def newest(self, series: str, period_start: date, by: datetime | None = None) -> datetime | None:
        """When the period was last read, by an instant. A reading is known from the second that its citation prints."""
        read = self.readings.get((series, period_start), [])
        count = len(read) if by is None else bisect_right(read, by, key=lambda at: at.replace(microsecond=0))
        return read[count - 1] if count else None

    def is_named(self, name: str, by: datetime) -> bool:
        """Whether anything read by then lists the variant."""
        in_catalogue = any(one.at <= by and name in one.names for one in self.catalogues)
        return in_catalogue or any(at <= by for at, _ in self.listings.get(name, ()))

    def was_gone(self, name: str, begins: datetime, by: datetime) -> bool:
        """Whether a catalogue from before a period lacks the variant, and nothing read by an instant lists it since."""
        base, _, suffix = name.partition(":")
        for one in self.catalogues:
            is_telling = (suffix or "default") in one.suffixes and any(
                base in other.bases for other in self.catalogues if other.at <= one.at
            )
            if one.at > min(begins, by) or name in one.names or not is_telling:
                continue
            listed_since = any(at <= by and until > one.at for at, until in self.listings.get(name, ()))
            catalogued_since = any(one.at < other.at <= by and name in other.names for other in self.catalogues)
            if not listed_since and not catalogued_since:
                return True
        return False

    def _list(self, names: Iterator[str] | list[str], at: datetime, until: datetime) -> None:
        for name in names:
            if name != "other":
                self.listings.setdefault(name, []).append((at, min(at, until)))

    def add_blocks(self, series: str, blocks: dict[date, Any], at: datetime) -> None:
        for period_start, rows in blocks.items():
            self.readings.setdefault((series, period_start), []).append(at)
            self._list([name for name, _ in rows], at, close_of(series, period_start))

    def add_tasks(self, body: dict[str, Any], window_end: date, at: datetime) -> None:
        self.readings.setdefault((TASKS, window_end), []).append(at)
        names = [model["id"] for tag in body["data"]["classifications"] for model in tag["models"]]
        self._list(names, at, close_of(TASKS, window_end))

    def add_catalogue(self, entries: list[dict[str, Any]], at: datetime) -> None:
        names = frozenset(one["id"] for one in entries)
        suffixes = frozenset(one.partition(":")[2] or "default" for one in names)
        self.catalogues.append(CatalogueRead(at, names, suffixes, frozenset(one["canonical_slug"] for one in entries)))


class Reader:
    """Reads a world, and writes each exchange down as a recorded one in a folder."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder, self.account = world, folder, Account()
        self.random = world.random
        self._written = 0
        self._series = [name for name, part in OPTIONAL.items() if self.random.random() < part]
        if self.random.random() < 0.5:
            self._series += [name for name in SLICES if name in BUCKETS or self.random.random() < 0.5]

    def read(self) -> None:
        """Everything that is ever read of the world."""
        if self.random.random() < 0.3:
            self._recorded_weeks()
        for at in self._runs():
            self._run(at)

    def _runs(self) -> list[datetime]:
        """Mornings and nights: some while the world goes on, and one that is late enough for final figures."""
        number = int(self.random.integers(0, 6))
        days = sorted(self.random.uniform(2, 7 * self.world.weeks + 4, number))
        first = midnight(self.world.first_day)
        during = [first + timedelta(days=float(day)) for day in days if self.random.random() < 0.4]
        mornings = [first + timedelta(days=int(day), hours=6.5) for day in days]
        late = self.world.end + timedelta(days=float(self.random.uniform(0.01, 12)))
        return sorted({*during, *mornings, late})

    def _run(self, at: datetime) -> None:
        """One run: what cannot be read later first, and everything a few seconds after the last."""
        moment = at
        for series in (TASKS, CATALOGUE, USAGE, CODING, OTHER_CATEGORY, LANGUAGE, "usage_week", "usage_month", *SLICES):
            is_required = series in (USAGE, CODING)
            if not is_required and (series not in self._series or self.random.random() < 0.15):
                continue
            moment += timedelta(seconds=float(self.random.uniform(0.3, 20)))
            if series == CATALOGUE:
                self._catalogue(moment)
            elif series == TASKS:
                self._tasks(moment)
            else:
                self._blocks(series, moment)

    def _blocks(self, series: str, at: datetime, capture: str = "api", first: date | None = None) -> None:
        """One response: from the first period that was never read, or is read again, to the last closed day."""
        grain = BY_NAME[series].grain
        last = min(at.date() - timedelta(days=1), self.world.days[-1])
        begin = period_of(grain, self.world.first_day)
        starts = [one for one in periods(grain, begin, last) if one in self.world.days or grain != "day"]
        known = [one for one in starts if (series, one) in self.account.readings]
        wanted = sorted({*starts[-self._look_back(grain) :], *(one for one in starts if one not in known)})
        if not wanted:
            return
        asked = [one for one in starts if one >= (first or wanted[0])]
        most = RECORDED_ROWS if capture == "top9" else None
        blocks = {one: rows for one in asked if (rows := self.world.block(series, one, at, most))}
        if not blocks:
            return
        kind, _, value = series.partition("/")
        question = {"category_week": "category", "language_week": "language_type", "modality_day": "modality"}
        params = {"period": grain, "start_date": asked[0].isoformat(), "end_date": last.isoformat()}
        if value:
            params[question.get(kind, "context_bucket")] = value
        self._write(RANKINGS, params, rankings_body(blocks, as_of=at, start=asked[0], end=last), at, capture)
        self.account.add_blocks(series, blocks, at)

    def _look_back(self, grain: str) -> int:
        return {"day": 7, "week": int(self.random.integers(1, 4)), "month": 1}[grain]

    def _recorded_weeks(self) -> None:
        """Weeks of coding as they were recorded once, cut at nine models, before the interface was read."""
        at = midnight(self.world.first_day) + timedelta(days=float(self.random.uniform(7.3, 7 * self.world.weeks)))
        self._blocks(CODING, at, "top9")

    def _catalogue(self, at: datetime) -> None:
        entries = bodies_of_catalogue(self.world.catalogue(at))
        self._write("/models", {"output_modalities": "all"}, {"data": entries}, at)
        self.account.add_catalogue(entries, at)

    def _tasks(self, at: datetime) -> None:
        window_end = min(at.date() - timedelta(days=1), self.world.days[-1])
        body = body_of_tasks(self.world, window_end)
        if window_end < self.world.first_day + timedelta(days=6) or (TASKS, window_end) in self.account.readings:
            return
        self._write("/classifications/task", {"window": "7d"}, body, at)
        self.account.add_tasks(body, window_end, at)

    def _write(self, path: str, params: dict[str, str], body: Any, at: datetime, capture: str = "api") -> None:
        self._written += 1
        (self.folder / f"{self._written:04}.json").write_text(
            json.dumps(recorded(body, params, at=at, path=path, capture=capture))
        )
