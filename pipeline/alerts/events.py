"""Events are told, each once: what happened among the models, through the channels that tell of incidents.

Belongs here: which events are news to a channel, and the book of what it was told. Not here: what an event is
(``warehouse/marts/events.sql``), what is wrong (``incidents``), how a message is sent (``channels``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import Timeout

from pipeline import store
from pipeline.alerts.channels import Send, channels
from pipeline.alerts.incidents import SHOWN_LINES, held, plain, prefix, said, where, write_book
from pipeline.settings import Settings
from pipeline.store.open import open_store

RECENT = timedelta(days=35)
"""Weeks are re-read for so long. What a backfill finds of older times is history, not news; the feed has it."""

Book = dict[str, dict[str, str]]
"""By channel, the events it was told of, with when."""


def announce(settings: Settings, now: datetime) -> list[str]:
    """Tell each channel of the recent events of final figures that it does not know yet, in one message.

    What is there when a channel is met for the first time, or when the book was lost, counts as known. Returns warnings, and
    raises nothing: what could not be delivered is told by the next look.
    """
    sends = channels(settings.told)
    if not sends or not settings.data_dir.published.exists():
        return []
    try:
        with held(settings.data_dir):
            return _announce(settings, now, sends)
    except Timeout:
        return ["another process has been telling for too long: the next look tells of events"]
    # Whatever it is, a run must not fail because nobody could be told of it.
    except Exception as error:
        return [f"looking for events to tell failed ({type(error).__name__}: {plain(str(error))}): the next look does it"]


def _announce(settings: Settings, now: datetime, sends: Mapping[str, Send]) -> list[str]:
    path = settings.data_dir.told_events
    warnings = []
    try:
        book = _read(path)
    except ValueError:
        book = {}
        warnings.append(f"{path} could not be read and is begun anew: events since the last look are not told")
    with open_store(settings.data_dir).reader() as con:
        if not store.has_table(con, "marts.events"):
            return []
        events = store.rows(con, store.read_sql("internal/recent_events"), since=now - RECENT)
    for channel, send in sends.items():
        is_new = channel not in book
        told = {one: at for one, at in book.get(channel, {}).items() if datetime.fromisoformat(at) > now - 2 * RECENT}
        news = [event for event in events if event["event_id"] not in told]
        if news and not is_new:
            try:
                send(*_message(settings, news))
            except Exception as failure:
                warnings.append(f"telling events by {channel} failed: {said(failure)}; {len(news)} wait for the next look")
                continue
        if news or is_new:
            book[channel] = told | {event["event_id"]: now.isoformat() for event in news}
            write_book(path, book)
    return warnings


def _message(settings: Settings, news: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Subject and text."""
    lines = [plain(event["title"]) for event in news[:SHOWN_LINES]]
    if len(news) > SHOWN_LINES:
        lines.append(f"… and {len(news) - SHOWN_LINES} more: marts.events and the feed hold them all")
    subject = f"{prefix(settings)}openrouter-usage: {len(news)} event{'s' if len(news) > 1 else ''}"
    cited = dict.fromkeys(event[name] for event in news[:SHOWN_LINES] for name in ("citation", "previous_citation"))
    return subject, "\n".join([*lines, "", *(line for line in cited if line is not None), where(settings)])


def _read(path: Path) -> Book:
    """Raises ValueError for what is no book."""
    if not path.exists():
        return {}
    try:
        book = json.loads(path.read_bytes())
        for told in book.values():
            for at in told.values():
                if datetime.fromisoformat(at).tzinfo is None:
                    raise ValueError(f"{at} has no zone")
    except (AttributeError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is no book of events") from error
    return dict(book)
