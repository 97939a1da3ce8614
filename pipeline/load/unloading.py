"""What a response that arrives late takes out of raw, so that it is validated again in the order of reading.

Belongs here: which loaded exchanges come after a response that was read before them, and removing them. Not here: loading
them again (``loading``), what a response is compared with (``validation.levels``).

A verdict follows from the responses that were read before. So what was read later and may have been compared with a response
that was not there yet is unloaded, and loaded again together with it: the tables are those of a rebuild, whatever came when.
A daily run pays nothing for it, as what it fetches was read after everything that is loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure
from pipeline.landing import Landed, Landing
from pipeline.load.pagination import begins_answer, paged_series
from pipeline.load.validation.levels import judged_together
from pipeline.openrouter.endpoints.apps import APPS
from pipeline.openrouter.endpoints.endpoint import Endpoint
from pipeline.series import BY_NAME, identify

_START = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Unloaded:
    """What was taken out, with the verdict it had, and what has to stay as its response is not in this landing any more."""

    verdicts: Mapping[str, str] = field(default_factory=dict)
    gone: Collection[str] = ()


def unload_later(
    con: store.Connection, landing: Landing, waiting: Mapping[str, Path], *, changed: Collection[str] = ()
) -> Unloaded:
    """Take out of raw what was read after one of the ``waiting`` responses, and may have been compared with it.

    ``changed`` are loaded exchanges that are to be read now and were not, or the other way round: they are taken out, too,
    with what was read after them. Where one of all those is not in landing any more, nothing is taken out: it could not be
    loaded again.
    """
    newest = {row["series"]: row["retrieved_at"] for row in store.rows(con, store.read_sql("internal/newest_exchanges"))}
    if not newest and not changed:
        return Unloaded()
    landed = landing.ids() if changed else {}
    to_read = [*waiting.values(), *(landed[one] for one in changed if one in landed)]
    since: dict[tuple[str, ...], datetime] = {}
    for name, first in _earliest(landing, to_read, newest).items():
        together = _unloaded_together(name)
        instant = _boundary(con, name, first)
        if _newest_of(together, newest) >= instant:
            since[together] = min(instant, since.get(together, instant))
    later = {
        together: store.rows(con, store.read_sql("internal/loaded_since"), series=list(together), since=instant)
        for together, instant in since.items()
    }
    by_themselves = set(changed) - {row["exchange_id"] for rows in later.values() for row in rows}
    for row in store.rows(con, store.read_sql("internal/exchanges_named"), exchange_ids=list(by_themselves)):
        names = () if row["series"] is None else (row["series"],)
        later.setdefault(names, []).append(row)
    verdicts = {row["exchange_id"]: row["outcome"] for rows in later.values() for row in rows}
    if verdicts and (gone := verdicts.keys() - landing.ids().keys()):
        return Unloaded(gone=gone)
    for together, rows in later.items():
        _remove(con, rows, {BY_NAME[name].endpoint for name in together})
    return Unloaded(verdicts)


def _earliest(landing: Landing, waiting: Iterable[Path], newest: Mapping[str, datetime]) -> dict[str, Landed]:
    """Of each series whose verdicts depend on what was read before, the earliest response that may come too late.

    A damaged one waits until it is restored. It is named, and left out, when it is loaded.
    """
    found: dict[str, Landed] = {}
    for path in waiting:
        with suppress(PermanentFailure):
            landed = landing.describe(path)
            name = identify(landed.endpoint, landed.params)
            together = () if name is None else _unloaded_together(name)
            is_page = paged_series(landed) is not None
            if name is None or not (is_page or landed.read_at <= _newest_of(together, newest)):
                continue
            landing.body(path, landed)
            before = found.get(name, landed)
            is_earlier = (landed.read_at, not begins_answer(landed)) < (before.read_at, not begins_answer(before))
            found[name] = landed if is_earlier else before
    return found


def _newest_of(together: Iterable[str], newest: Mapping[str, datetime]) -> datetime:
    return max((newest.get(name, _START) for name in together), default=_START)


def _unloaded_together(name: str) -> tuple[str, ...]:
    """The series that are unloaded since one instant; none where a late response changes no other's verdict."""
    together = judged_together(name)
    if together and BY_NAME[name].endpoint is APPS:
        # What apps were called stands by instant, whatever the list that said so.
        return tuple(other for other in BY_NAME if BY_NAME[other].endpoint is APPS)
    return together or ((name,) if BY_NAME[name].is_paged else ())


def _boundary(con: store.Connection, name: str, first: Landed) -> datetime:
    """Since when a series is unloaded for a response: since it was read, or since the answer began that it is a page of."""
    if paged_series(first) is None or begins_answer(first):
        return first.read_at
    begun = [row["retrieved_at"] for row in store.rows(con, store.read_sql("internal/first_pages"), series=name)]
    return max((instant for instant in begun if instant <= first.read_at), default=_START)


def _remove(con: store.Connection, exchanges: Sequence[Mapping[str, Any]], endpoints: Collection[Endpoint]) -> None:
    """Take exchanges out of raw with all that they brought."""
    ids = [row["exchange_id"] for row in exchanges]
    with store.transaction(con):
        for table in ("readings", "quarantine", "exchanges"):
            store.delete(con, TABLES[f"raw.{table}"], exchange_id=ids)
        if APPS in endpoints:
            store.delete(con, TABLES["raw.app_names"], retrieved_at=list({row["retrieved_at"] for row in exchanges}))
        for endpoint in endpoints:
            store.delete_unused(con, TABLES[f"raw.{endpoint.table}"], TABLES["raw.readings"])
