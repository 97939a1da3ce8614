"""Fetching the keyless exports: the index, then manifest and file of each snapshot that was not landed yet.

Belongs here: which snapshots are due, and the order of the requests. Not here: what an export must say
(``openrouter.endpoints.exports``), keeping it (``landing``), validating its rows (``load``).

A dated file never changes, so it is fetched once. What was landed is read from landing alone: a run that is killed, or whose
budget ends, leaves the rest to the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.failures import PermanentFailure, PipelineFailure
from pipeline.landing import Landed, Landing
from pipeline.openrouter.budget import Budget, BudgetSpent, Unlimited
from pipeline.openrouter.client import CLOCK_TOLERANCE, Client, Exchange
from pipeline.openrouter.endpoints.exports import (
    FIRST_SNAPSHOT,
    INDEX,
    MOST_BYTES,
    Manifest,
    file_of,
    manifest_of,
    read_index,
    read_manifest,
)
from pipeline.openrouter.endpoints.request import DATASET_START

MOST_FILES = 200
"""So many snapshots are fetched in one run, the newest first."""

REQUESTS_A_FILE = 2
_RETRIED_FOR = timedelta(days=7)
"""A snapshot that was missing or damaged is requested again until it is older than this."""

_ATTEMPTS = 2
"""Fewer than for the API: what is not fetched today is fetched tomorrow, and a machine without a network soon knows."""


@dataclass
class Fetched:
    """What a run fetched of the exports. ``postponed`` are the snapshots that the budget had no room for, ``unreachable`` is
    the host where it could not be reached."""

    requests_made: int = 0
    failures: list[str] = field(default_factory=list)
    postponed: int = 0
    unreachable: str | None = None


def due(landing: Landing, *, now: datetime, first_day: date = DATASET_START, last_day: date | None = None) -> list[date]:
    """The dates of the snapshots to fetch, the newest first. Those of the future, as the index says, are left out later.

    A snapshot is counted to the newest of its days, the one before its date, where days are limited.
    """
    today = now.astimezone(UTC).date()
    found = []
    # The first one is a day old before anything is requested: by clocks before that there are no exports.
    for age in range((today - FIRST_SNAPSHOT).days + 1 if today > FIRST_SNAPSHOT else 0):
        day = today - timedelta(days=age)
        newest = day - timedelta(days=1)
        if first_day <= newest <= (last_day or today) and not _is_settled(landing, day, today):
            found.append(day)
    return found


def requests_for(days: list[date]) -> int:
    """The most requests that fetching these snapshots takes in one run."""
    return 1 + REQUESTS_A_FILE * min(len(days), MOST_FILES) if days else 0


def _is_settled(landing: Landing, day: date, today: date) -> bool:
    """Whether requesting a snapshot would bring nothing new: its file was landed, or it was long enough in vain."""
    retried_until = day + _RETRIED_FOR
    for _, landed in landing.responses_of(file_of(day).path):
        is_whole = landed.manifest is not None and landed.manifest.describes(landed.size, landed.sha256)
        if is_whole or (today > retried_until and (landed.manifest is not None or _is_missing(landed, retried_until))):
            return True
    return any(
        _is_missing(landed, retried_until) or _is_refused(landing, path, landed, day, retried_until)
        for path, landed in landing.responses_of(manifest_of(day).path)
    )


def _is_missing(landed: Landed, retried_until: date) -> bool:
    return landed.status == HTTPStatus.NOT_FOUND and landed.read_at.date() > retried_until


def _is_refused(landing: Landing, path: Path, landed: Landed, day: date, retried_until: date) -> bool:
    if landed.status != HTTPStatus.OK or landed.is_truncated or landed.read_at.date() <= retried_until:
        return False
    try:
        _manifest(landing.body(path, landed), day, landed.url, landed.read_at)
    except PermanentFailure:
        return True
    return False


def _manifest(body: bytes, day: date, url: str, at: datetime) -> Manifest:
    return read_manifest(body, day, host=urlsplit(url).hostname or "", by=at + CLOCK_TOLERANCE)


class Exports:
    """Fetches snapshots from ``base_url``, within a budget of their own. ``say`` is told what is being fetched."""

    def __init__(
        self,
        landing: Landing,
        *,
        base_url: str,
        budget: Budget | Unlimited,
        clock: Callable[[], datetime],
        say: Callable[[str], None],
    ) -> None:
        self._landing, self._clock, self._say = landing, clock, say
        self._announced: Manifest | None = None
        self._fetched = Fetched()
        self._status = 0
        # It has no key: none can be sent, whatever is requested.
        self._client = Client(
            base_url=base_url,
            api_key=None,
            budget=budget,
            keep=self._keep,
            attempts=_ATTEMPTS,
            max_body_bytes=MOST_BYTES,
            accept="application/json, text/csv",
            clock=clock,
            on_wait=lambda seconds, reason: say(f"waiting {seconds:.0f} s: {reason}"),
        )

    def fetch(self, days: list[date]) -> Fetched:
        """Fetch these snapshots, as far as the index says that they exist. One that fails does not stop the others."""
        with self._client as client:
            try:
                self._say(f"fetching {INDEX.describe()}")
                newest = read_index(client.fetch(INDEX).body)
            except BudgetSpent:
                self._fetched.postponed = len(days)
                return self._fetched
            except PipelineFailure as failure:
                self._fetched.failures.append(f"{INDEX.describe()}: {failure}")
                self._fetched.unreachable = failure.unreachable
                return self._fetched
            existing = [day for day in days if day <= newest]
            self._fetched.postponed = max(0, len(existing) - MOST_FILES)
            self._fetch_each(client, existing[:MOST_FILES])
        return self._fetched

    def _fetch_each(self, client: Client, days: list[date]) -> None:
        for number, day in enumerate(days):
            try:
                self._fetch_one(client, day)
            except BudgetSpent:
                self._fetched.postponed += len(days) - number
                return
            except PipelineFailure as failure:
                self._fetched.failures.append(self._described(day, failure))
                self._fetched.unreachable = failure.unreachable or self._fetched.unreachable
                if failure.stops_asking:
                    return

    def _fetch_one(self, client: Client, day: date) -> None:
        self._say(f"fetching {file_of(day).describe()}")
        self._announced, self._status = None, 0
        answered = client.fetch(manifest_of(day))
        manifest = _manifest(answered.body, day, answered.url, answered.retrieved_at)
        self._announced = manifest
        client.fetch(file_of(day))

    def _keep(self, exchange: Exchange) -> None:
        self._fetched.requests_made += 1
        self._status = exchange.status
        is_file = exchange.status == HTTPStatus.OK and not exchange.is_truncated
        self._landing.append(exchange, self._announced if is_file else None)

    def _described(self, day: date, failure: PipelineFailure) -> str:
        if self._status == HTTPStatus.NOT_FOUND:
            what = "manifest" if self._announced is None else "file"
            until = day + _RETRIED_FOR
            is_young = self._clock().astimezone(UTC).date() <= until
            again = f"requested again until {until}" if is_young else "not requested again"
            return f"the source has no {what} for the export of {day} (404): {again}; other exports hold most of its days"
        return f"the export of {day} was not fetched: {failure}"
