"""Events as messages: what happened among the models, each sent once to each channel that reports incidents.

Belongs here: which events are news to a channel. Not here: what an event is (``warehouse/marts/events.sql``), what is wrong
(``incidents``), what was sent (``outbox``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pipeline import store
from pipeline.alerts.channels import Send, channels
from pipeline.alerts.outbox import EVENT, MET, SHOWN_LINES, State, check, plain, prefix, shortened, where
from pipeline.settings import Settings
from pipeline.store.open import open_store

RECENT = timedelta(days=35)
"""Weeks are fetched again for so long. What a backfill finds of older times is history, not news; the feed has it."""


def announce(settings: Settings, now: datetime) -> list[str]:
    """Send each channel the recent events of final figures that it does not know yet, in one message. Returns warnings.

    What is there when a channel is met for the first time, or when the state file was lost, counts as known.
    """
    if not channels(settings.told) or not settings.data_dir.published.exists():
        return []

    def work(state: State, sends: Mapping[str, Send]) -> None:
        with open_store(settings.data_dir).reader() as con:
            if "marts.events" not in store.table_names(con):
                return
            events = store.rows(con, store.read_sql("internal/recent_events"), since=now - RECENT)
        for channel, send in sends.items():
            sent = state.sent.get(channel, {})
            news = [event for event in events if EVENT + event["event_id"] not in sent]
            known = [EVENT + event["event_id"] for event in news]
            if MET not in sent:
                state.record(channel, [MET, *known])
                state.write()
            elif news:
                state.deliver(channel, send, known, *_message(settings, news))

    return check(settings, now, "events", work)


def _message(settings: Settings, news: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """Subject and lines."""
    lines = shortened([plain(event["title"]) for event in news], "marts.events holds them all")
    lines += dict.fromkeys(event["advice"] for event in news if event["advice"] is not None)
    subject = f"{prefix(settings)}openrouter-usage: {len(news)} event{'s' if len(news) > 1 else ''}"
    cited = dict.fromkeys(event[name] for event in news[:SHOWN_LINES] for name in ("citation", "previous_citation"))
    return subject, [*lines, "", *(line for line in cited if line is not None), where(settings)]
