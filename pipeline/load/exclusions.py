"""Which responses in landing are excluded from the tables, whatever they hold, and why.

Belongs here: responses that a person rejected, recordings of a source known to be another one, and recordings that
contradict what the source returned to us. Not here: what a response's own rows show (``validation``), and the record of what
a person rejected (``landing``).

All three follow from landing and ``reference`` alone, not from what was loaded before: a rebuild excludes what a run does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.failures import PermanentFailure
from pipeline.landing import LIVE, Landed, Landing
from pipeline.load.validation.levels import window_drift
from pipeline.load.validation.thresholds import THRESHOLDS
from pipeline.openrouter.endpoints.apps import APPS
from pipeline.openrouter.endpoints.response import Answer
from pipeline.series import BY_NAME, ENDPOINTS, identify

REJECTED, CONTRADICTED, WRONG_SOURCE = EXCLUDED = "rejected", "contradicted", "wrong source"

_WINDOW_IS_THE_SAME_FOR = timedelta(days=1)


@dataclass(frozen=True)
class _Window:
    """One response to a request for a trailing window."""

    exchange_id: str
    series: str
    read_at: datetime
    is_live: bool


@dataclass(frozen=True)
class Exclusions:
    """``by_id`` has verdict and reason of single responses; ``wrong_sources`` are the rows of the reference."""

    by_id: Mapping[str, tuple[str, str]]
    wrong_sources: Sequence[Mapping[str, Any]]

    def verdict(self, landed: Landed) -> tuple[str, str] | None:
        """Verdict and reason of an excluded response; None for any other."""
        if (found := self.by_id.get(landed.exchange_id)) is not None:
            return found
        for one in self.wrong_sources:
            if one["endpoint"] == landed.endpoint and one["provenance_part"] in landed.provenance:
                return WRONG_SOURCE, f"{one['reason']} ({one['source']})"
        return None

    def changed(self, con: store.Connection, landing: Landing) -> set[str]:
        """The loaded exchanges of this landing that were read and are excluded now, or the other way round.

        Of several landings that lead to one lake each knows its own decisions alone.
        """
        before = {row["exchange_id"]: row["outcome"] for row in store.rows(con, store.read_sql("internal/excluded"))}
        now = {exchange_id: verdict for exchange_id, (verdict, _) in self.by_id.items()}
        changed = {one for one in before.keys() | now.keys() if before.get(one) != now.get(one)}
        if not changed:
            return set()
        loaded = set(store.values(con, "raw.exchanges", "exchange_id"))
        return changed & loaded & landing.ids().keys()


def find_exclusions(con: store.Connection, landing: Landing, waiting: Mapping[str, Path]) -> Exclusions:
    """What of landing is excluded. ``waiting`` are the exchanges that the open database does not know yet."""
    rejected = {exchange_id: (REJECTED, why) for exchange_id, why in landing.rejections().items()}
    contradicted = {
        exchange_id: (CONTRADICTED, reason) for exchange_id, reason in _contradicted(con, landing, waiting, rejected).items()
    }
    return Exclusions({**contradicted, **rejected}, store.table(con, "reference.wrong_sources"))


def _contradicted(
    con: store.Connection, landing: Landing, waiting: Mapping[str, Path], rejected: Mapping[str, Any]
) -> dict[str, str]:
    """Why each recorded window that differs from what the source returned to us for the same window is excluded."""
    windows = [
        window for window in (*_loaded(con), *_waiting(landing, waiting.values())) if window.exchange_id not in rejected
    ]
    recorded = [window for window in windows if not window.is_live]
    ours = [window for window in windows if window.is_live]
    if not recorded or not ours:
        return {}
    paths = landing.ids()
    found = {}
    for one in recorded:
        near = [
            other
            for other in ours
            if other.series == one.series and abs(other.read_at - one.read_at) <= _WINDOW_IS_THE_SAME_FOR
        ]
        for other in sorted(near, key=lambda other: (abs(other.read_at - one.read_at), other.exchange_id)):
            drift = _drift(landing, paths, one, other)
            if drift is None:
                continue
            if not THRESHOLDS["window_drift"].holds(drift):
                found[one.exchange_id] = (
                    f"it contradicts {other.exchange_id}, which the source returned to us for the same window: the median "
                    f"app differs by {drift:.2f} of a day's tokens"
                )
            break
    return found


def _loaded(con: store.Connection) -> list[_Window]:
    return [
        _Window(row["exchange_id"], row["series"], row["retrieved_at"], row["provenance"] == LIVE)
        for row in store.rows(con, store.read_sql("internal/windows_answered"))
    ]


def _waiting(landing: Landing, paths: Iterable[Path]) -> list[_Window]:
    found = []
    folder = landing.folder(APPS.path)
    for path in paths:
        if not path.is_relative_to(folder):
            continue
        with suppress(PermanentFailure):  # loading names what is damaged
            landed = landing.describe(path)
            name = identify(landed.endpoint, landed.params)
            if name is not None and landed.status == HTTPStatus.OK:
                found.append(_Window(landed.exchange_id, name, landed.read_at, landed.provenance == LIVE))
    return found


def _drift(landing: Landing, paths: Mapping[str, Path], one: _Window, other: _Window) -> float | None:
    """How far two responses of one window lie apart; None where they are of two windows, or one cannot be read."""
    try:
        this, that = (_answer(landing, paths[window.exchange_id]) for window in (one, other))
    except (PermanentFailure, KeyError):
        return None
    days = BY_NAME[one.series].window_days
    if days is None or (this.resolved_start, this.resolved_end) != (that.resolved_start, that.resolved_end):
        return None
    return window_drift(_tokens(this), _tokens(that), days)


def _answer(landing: Landing, path: Path) -> Answer:
    landed = landing.describe(path)
    return ENDPOINTS[landed.endpoint].read(landing.body(path, landed))


def _tokens(answer: Answer) -> dict[str, int]:
    return {str(app): tokens for app, tokens in answer.rows.select("app_id", "total_tokens").iter_rows()}
