"""What each channel was sent, and when: nothing is sent twice, and what was not delivered is sent by the next check.

Belongs here: the state file beside the data, its lock, delivering. Not here: what is worth a message (``incidents``,
``events``), how one leaves this machine (``channels``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from filelock import FileLock, Timeout

from pipeline import durable
from pipeline.alerts.channels import Send, channels
from pipeline.failures import PipelineFailure
from pipeline.settings import Settings
from pipeline.wording import moment, printable

OPENED, RESOLVED = "opened", "resolved"
EVENT = "event/"
MET = "events"
"""Recorded as sent to a channel once it was met: the events that were there by then count as known."""

SHOWN_LINES = 15
SHOWN_CHARACTERS = 400
REMEMBERED = timedelta(days=70)
"""An event is remembered as sent for longer than it is recent, an incident for as long as it lasts."""

_LOCK_SECONDS = 120.0  # longer than all channels together may take

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Sent = dict[str, dict[str, Instant]]
"""Channel to message to the instant at which it was sent."""


@dataclass
class Incident:
    """Something that is wrong. ``key`` names it for as long as it lasts, ``message`` says it in a line."""

    key: str
    message: str
    is_urgent: bool
    since: Instant
    until: Instant | None = None

    @property
    def state(self) -> str:
        return RESOLVED if self.until else OPENED

    @property
    def name(self) -> str:
        """What the outbox calls the message that it opened, or was resolved."""
        return f"{self.state}/{self.key}/{self.since.isoformat()}"

    def __str__(self) -> str:
        """In a line, with its times."""
        until = f" to {moment(self.until)}" if self.until else ""
        return f"{self.state}: {plain(self.message)} (since {moment(self.since)}{until})"


@dataclass
class _Content:
    """What the state file holds."""

    incidents: list[Incident]
    sent: Sent | None = None


@dataclass
class State:
    """The state file as one check works on it."""

    path: Path
    now: datetime
    incidents: list[Incident] = field(default_factory=list)
    sent: Sent = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def record(self, channel: str, messages: Collection[str]) -> None:
        self.sent.setdefault(channel, {}).update(dict.fromkeys(messages, self.now))

    def deliver(self, channel: str, send: Send, messages: Collection[str], subject: str, lines: Sequence[str]) -> None:
        """Send these messages as one, and record them; else a warning, and they stay due."""
        try:
            send(subject, "\n".join(lines))
        except Exception as failure:
            waiting = f"{len(messages)} wait{'s' if len(messages) == 1 else ''} for the next check"
            self.warnings.append(f"sending by {channel} failed: {reason(failure)}; {waiting}")
        else:
            self.record(channel, messages)
            self.write()

    def write(self) -> None:
        """Replace the file at once, without what was sent long ago and can no longer be due. Under the lock."""
        due, oldest = {MET, *(one.name for one in self.incidents)}, self.now - REMEMBERED
        for channel, sent in self.sent.items():
            self.sent[channel] = {
                one: at for one, at in sent.items() if one in due or (one.startswith(EVENT) and at > oldest)
            }
        content = msgspec.json.encode(_Content(self.incidents, self.sent))
        durable.write(self.path, msgspec.json.format(content, indent=1), is_alone=True)


def read_state(settings: Settings, now: datetime) -> State:
    """The state file, or a new one with a warning where it cannot be read."""
    path = settings.data_dir.alerts
    if not path.exists():
        return State(path, now)
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_Content)
        sent = _sent_by_earlier_version(path, now) if content.sent is None else content.sent
        return State(path, now, content.incidents, sent)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        lost = "what is open may be sent again, events since the last check are not sent"
        return State(path, now, warnings=[f"{path} could not be read and is replaced: {lost}"])


def _sent_by_earlier_version(path: Path, now: datetime) -> Sent:
    """What was sent, where a version before 2026-11-29 wrote it: events in a file of their own, the rest by incident."""
    events = path.with_name("told_events.json")
    told = msgspec.json.decode(events.read_bytes()) if events.exists() else {}
    sent = {channel: {MET: now} | {EVENT + one: at for one, at in by_event.items()} for channel, by_event in told.items()}
    for one in msgspec.json.decode(path.read_bytes())["incidents"]:
        for channel, state in one["told"].items():
            opened, resolved = (f"{name}/{one['key']}/{one['since']}" for name in (OPENED, RESOLVED))
            by_name = {opened: one["since"]} | ({resolved: one["until"]} if state == "over" else {})
            sent.setdefault(channel, {}).update(by_name)
    return msgspec.convert(sent, Sent)


def check(settings: Settings, now: datetime, what: str, work: Callable[[State, Mapping[str, Send]], None]) -> list[str]:
    """Work on the state file under its lock. Returns warnings and raises nothing: a run must not fail of a message."""
    data_dir = settings.data_dir
    try:
        data_dir.path.mkdir(parents=True, exist_ok=True)
        with FileLock(data_dir.alerts.with_suffix(".lock"), timeout=_LOCK_SECONDS):
            state = read_state(settings, now)
            work(state, channels(settings.told))
            return state.warnings
    except Timeout:
        return [f"another process has been sending for over {_LOCK_SECONDS:g} s: the next check sends {what}"]
    except Exception as error:
        return [f"checking for {what} failed ({type(error).__name__}: {plain(str(error))}): the next check repeats it"]


def try_out(settings: Settings) -> dict[str, str | None]:
    """Send each channel a test message. Returns what went wrong, by channel."""
    found: dict[str, str | None] = {}
    for channel, send in channels(settings.told).items():
        found[channel] = None
        try:
            send(f"{prefix(settings)}openrouter-usage: a test", f"Incidents will be reported here.\n\n{where(settings)}")
        except Exception as failure:
            found[channel] = reason(failure)
    return found


def plain(text: str) -> str:
    """One bounded line, with what a terminal or a header would obey written out."""
    shown = printable(text)
    return shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"


def reason(failure: Exception) -> str:
    """Only our own words: those of a library may hold the address, which is a secret."""
    return str(failure) if isinstance(failure, PipelineFailure) else f"unexpected {type(failure).__name__}"


def shortened(lines: Sequence[str], rest: str) -> list[str]:
    """The first lines, and how many more there are."""
    more = len(lines) - SHOWN_LINES
    return [*lines[:SHOWN_LINES], *([f"… and {more} more: {rest}"] if more > 0 else [])]


def prefix(settings: Settings) -> str:
    """What is before each subject."""
    return "SIMULATED " if settings.data_dir.is_simulated else ""


def where(settings: Settings) -> str:
    """The last line of each message."""
    simulated = " SIMULATED data, not OpenRouter's." if settings.data_dir.is_simulated else ""
    return f"Data directory: {plain(str(settings.data_dir.path))}.{simulated}"
