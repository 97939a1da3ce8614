"""What is wrong and since when: each incident is sent once when it opens, and once when it is resolved.

Belongs here: finding incidents in what is published and in how the newest run ended. Not here: what is stale
(``freshness``), what was sent (``outbox``), printing (``terminal.show``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline import store
from pipeline.alerts.channels import Send, beat
from pipeline.alerts.freshness import Status, status_of
from pipeline.alerts.outbox import (
    OPENED,
    RESOLVED,
    Incident,
    State,
    check,
    plain,
    prefix,
    read_state,
    reason,
    shortened,
    where,
)
from pipeline.load.report import describe_refusal
from pipeline.series import REQUIRED
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.wording import moment

RUN = "run"
NEWS = "published"


# --- what is wrong ---------------------------------------------------------------------------------------------------


def find(status: Status, refusals: Iterable[Mapping[str, Any]]) -> list[Incident]:
    """The incidents that the published file shows, the urgent ones first."""
    found = []
    if status.lacks_news:
        found.append(Incident(NEWS, _no_news(status), True, status.now))
    for one in status.series:
        name, is_required = one.series.name, one.series.is_required
        if not one.is_fresh:
            kind = "unread" if not one.has_data else "stale" if one.is_stale else "frozen"
            found.append(Incident(f"{kind}/{name}", one.problem, is_required, status.now))
    refused = {row["series"]: row for row in refusals}  # the newest of each series
    for name, row in refused.items():
        found.append(Incident(f"refused/{name}", describe_refusal(row), name in REQUIRED, status.now))
    return sorted(found, key=lambda incident: not incident.is_urgent)


def _no_news(status: Status) -> str:
    if status.news_at is None or status.built_at is None:
        return "no run has published: check whether runs are started, and how they end"
    new = f"no new data since {moment(status.news_at)}"
    if status.built_at > status.news_at + (status.now - status.news_at) / 2:
        why = "the source responds with nothing new" if status.is_keyed else "no newer export was fetched; check the network"
        return f"{new}, although a run published at {moment(status.built_at)}: {why}"
    return f"{new}: no run has published since {moment(status.built_at)}; check whether runs are started, and how they end"


def _of_run(failures: Sequence[str], now: datetime) -> Incident:
    more = f" (and {len(failures) - 1} more: see the run in the UI)" if len(failures) > 1 else ""
    return Incident(RUN, f"the newest run failed: {plain(failures[0])}{more}", True, now)


def _found(settings: Settings, now: datetime, known: Sequence[Incident], failures: Sequence[str] | None) -> list[Incident]:
    """How the newest run ended, and what is wrong in the published file. Before there is one, a failed run is all."""
    if failures is None:
        found = [one for one in known if one.until is None and one.key == RUN]
    else:
        found = [_of_run(failures, now)] if failures else []
    if settings.data_dir.published.exists():
        status = status_of(settings, now)
        with open_store(settings.data_dir).reader() as con:
            found += find(status, store.rows(con, store.read_sql("internal/unresolved_refusals")))
    return found


# --- since when ------------------------------------------------------------------------------------------------------


def open_now(settings: Settings, now: datetime) -> list[Incident]:
    """The incidents of this moment, those in the state file with the time from there. Nothing is written or sent."""
    known = read_state(settings, now).incidents
    return [one for one in _updated(known, _found(settings, now, known, None), now) if one.until is None]


def look(settings: Settings, now: datetime, *, failures: Sequence[str] | None = None) -> list[str]:
    """Bring the state file up to date and send each channel what it does not know yet. Returns warnings, raises nothing.

    ``failures`` are those of the run that has just ended, none if it went well; without them a failed run stays as it is in
    the state file. What could not be delivered is sent by the next check.
    """

    def work(state: State, sends: Mapping[str, Send]) -> None:
        found = _found(settings, now, state.incidents, failures)
        state.incidents = _updated(state.incidents, found, now)
        state.write()
        for channel, send in sends.items():
            if news := _due(state, channel):
                state.deliver(channel, send, [one.name for one in news], *_message(settings, news))
        due = [one for channel in sends for one in _due(state, channel)]
        state.incidents = [one for one in state.incidents if one.until is None or one in due]
        state.write()
        if not any(one.is_urgent for one in found):
            try:
                beat(settings.told)
            except Exception as failure:
                state.warnings.append(f"the heartbeat failed: {reason(failure)}")

    return check(settings, now, "incidents", work)


def _due(state: State, channel: str) -> list[Incident]:
    return [one for one in state.incidents if one.name not in state.sent.get(channel, {})]


def _updated(known: Sequence[Incident], found: Sequence[Incident], now: datetime) -> list[Incident]:
    """Those that are gone resolved, and the new ones last. One that stays open keeps its time and its first words."""
    there, still = {one.key for one in found}, {one.key for one in known if one.until is None}
    ended = [replace(one, until=now) if one.until is None and one.key not in there else one for one in known]
    return [*ended, *(one for one in found if one.key not in still)]


def _message(settings: Settings, news: Sequence[Incident]) -> tuple[str, list[str]]:
    """Subject and lines: what opened before what was resolved, the urgent first."""
    counts = [f"{n} {state}" for state in (OPENED, RESOLVED) if (n := sum(one.state == state for one in news))]
    ordered = sorted(news, key=lambda one: (one.state == RESOLVED, not one.is_urgent))
    lines = shortened([str(one) for one in ordered], "openrouter-usage status shows what is open")
    return f"{prefix(settings)}openrouter-usage: {', '.join(counts)}", [*lines, "", where(settings)]
