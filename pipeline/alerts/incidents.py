"""What is wrong, since when, and who was told: each incident is told once when it opens, and once when it is over.

Belongs here: finding incidents in what is published and in how the newest run ended, and the book of them beside the data.
Not here: what is stale (``freshness``), how a message is sent (``channels``), printing (``terminal.show``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipeline import durable, store
from pipeline.alerts.channels import Send, beat, channels
from pipeline.alerts.freshness import Status, status_of
from pipeline.failures import PipelineFailure
from pipeline.load.report import describe_refusal
from pipeline.series import REQUIRED
from pipeline.settings import DataDir, Settings
from pipeline.store.open import open_store

SHOWN_LINES = 15
SHOWN_CHARACTERS = 400
_LOCK_SECONDS = 120.0  # longer than all channels together may take

RUN = "run"
NEWS = "published"
OPENED, OVER = "opened", "over"


@dataclass(frozen=True)
class Incident:
    """Something that is wrong. ``key`` names it for as long as it lasts, ``message`` says it in a line."""

    key: str
    message: str
    is_urgent: bool


@dataclass
class Entry:
    """An incident in the book: when it was first and last seen, and what each channel was told of it."""

    incident: Incident
    since: datetime
    until: datetime | None = None
    told: dict[str, str] = field(default_factory=dict)

    def news_for(self, channel: str) -> str | None:
        state = OVER if self.until else OPENED
        return None if self.told.get(channel) == state else state


# --- what is wrong ---------------------------------------------------------------------------------------------------


def find(status: Status, refusals: Iterable[Mapping[str, Any]]) -> list[Incident]:
    """The incidents that the published file shows, the urgent ones first."""
    found = []
    if status.lacks_news:
        found.append(Incident(NEWS, _no_news(status), is_urgent=True))
    for one in status.series:
        name, is_required = one.series.name, one.series.is_required
        if not one.is_fresh:
            kind = "unread" if not one.has_data else "stale" if one.is_stale else "frozen"
            found.append(Incident(f"{kind}/{name}", f"{name} is {one.state}", is_required))
    refused = {row["series"]: row for row in refusals}  # the newest of each series
    for name, row in refused.items():
        found.append(Incident(f"refused/{name}", describe_refusal(row), name in REQUIRED))
    return sorted(found, key=lambda incident: not incident.is_urgent)


def _no_news(status: Status) -> str:
    new = f"nothing new was published since {_minute(status.news_at)}"
    if status.built_at and status.news_at and status.built_at > status.news_at + (status.now - status.news_at) / 2:
        return f"{new}, though a run published as late as {_minute(status.built_at)}: the source answers and stands still"
    return f"{new}: no run has published since {_minute(status.built_at)}; look whether runs are started, and how they end"


def _minute(instant: datetime | None) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if instant else "ever"


def _of_run(failures: Sequence[str]) -> Incident:
    more = f" (and {len(failures) - 1} more: see the run in the UI)" if len(failures) > 1 else ""
    return Incident(RUN, f"the newest run failed: {plain(failures[0])}{more}", is_urgent=True)


def plain(text: str) -> str:
    """One bounded line, with what a terminal or a header would obey written out."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
    return shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"


def _found(settings: Settings, now: datetime, book: Sequence[Entry], failures: Sequence[str] | None) -> list[Incident]:
    """How the newest run ended, and what is wrong in the published file. Before there is one, a failed run is all."""
    if failures is None:
        found = [entry.incident for entry in book if entry.until is None and entry.incident.key == RUN]
    else:
        found = [_of_run(failures)] if failures else []
    if settings.data_dir.published.exists():
        status = status_of(settings, now)
        with open_store(settings.data_dir).reader() as con:
            found += find(status, store.rows(con, store.read_sql("internal/unresolved_refusals")))
    return found


# --- the book --------------------------------------------------------------------------------------------------------


def open_now(settings: Settings, now: datetime) -> list[Entry]:
    """The incidents of this moment, those that are in the book with the time from there. Nothing is written or told."""
    try:
        book = _read(settings.data_dir.alerts)
    except ValueError:
        book = []
    return [entry for entry in _updated(book, _found(settings, now, book, None), now) if entry.until is None]


def look(settings: Settings, now: datetime, *, failures: Sequence[str] | None = None) -> list[str]:
    """Bring the book up to date and tell each channel what it does not know yet. Returns warnings, and raises nothing.

    ``failures`` are those of the run that has just ended, none if it went well; without them how runs end is as it was in
    the book. What could not be delivered is told by the next look.
    """
    try:
        with held(settings.data_dir):
            return _look(settings, now, failures)
    except Timeout:
        return [f"another process has been telling of incidents for over {_LOCK_SECONDS:g} s: the next look does it"]
    # Whatever it is, a run must not fail because nobody could be told of it.
    except Exception as error:
        return [f"looking for incidents failed ({type(error).__name__}: {plain(str(error))}): the next look does it"]


def held(data_dir: DataDir) -> FileLock:
    """The lock of the books of what was told."""
    data_dir.path.mkdir(parents=True, exist_ok=True)
    return FileLock(data_dir.alerts.with_suffix(".lock"), timeout=_LOCK_SECONDS)


def _look(settings: Settings, now: datetime, failures: Sequence[str] | None) -> list[str]:
    path = settings.data_dir.alerts
    warnings = []
    try:
        book = _read(path)
    except ValueError:
        book = []
        warnings.append(f"{path} could not be read and is begun anew: what is open may be told again")
    found = _found(settings, now, book, failures)
    sends = channels(settings.told)
    book = _updated(book, found, now)
    _write(path, book)
    for channel, send in sends.items():
        if problem := _tell(settings, book, channel, send):
            warnings.append(problem)
        else:
            _write(path, book)
    _write(path, [entry for entry in book if entry.until is None or any(map(entry.news_for, sends))])
    if not any(incident.is_urgent for incident in found):
        try:
            beat(settings.told)
        except Exception as failure:
            warnings.append(f"the heartbeat failed: {said(failure)}")
    return warnings


def _updated(book: Sequence[Entry], found: Sequence[Incident], now: datetime) -> list[Entry]:
    """The book with what is over closed, and what is new behind it. What stays open keeps its time and its first words."""
    there = {incident.key for incident in found}
    known = {entry.incident.key for entry in book if entry.until is None}
    for entry in book:
        if entry.until is None and entry.incident.key not in there:
            entry.until = now
    return [*book, *(Entry(incident, now) for incident in found if incident.key not in known)]


def _tell(settings: Settings, book: Sequence[Entry], channel: str, send: Send) -> str | None:
    """Tell one channel everything that is news to it, in one message. Returns what went wrong."""
    news = [(entry, state) for entry in book if (state := entry.news_for(channel))]
    if not news:
        return None
    try:
        send(*_message(settings, news))
    except Exception as failure:
        return f"telling by {channel} failed: {said(failure)}; {len(news)} to tell wait for the next look"
    for entry, state in news:
        entry.told[channel] = state
    return None


def _message(settings: Settings, news: Sequence[tuple[Entry, str]]) -> tuple[str, str]:
    """Subject and text."""
    counts = [f"{n} {state}" for state in (OPENED, OVER) if (n := sum(one == state for _, one in news))]
    ordered = sorted(news, key=lambda one: (one[1] == OVER, not one[0].incident.is_urgent))
    lines = [describe(entry) for entry, _ in ordered[:SHOWN_LINES]]
    if len(news) > SHOWN_LINES:
        lines.append(f"… and {len(news) - SHOWN_LINES} more: openrouter-usage status shows what is open")
    return f"{prefix(settings)}openrouter-usage: {', '.join(counts)}", "\n".join([*lines, "", where(settings)])


def describe(entry: Entry) -> str:
    """An incident in a line, with its times."""
    until = f" to {_minute(entry.until)}" if entry.until else ""
    return f"{OVER if entry.until else OPENED}: {plain(entry.incident.message)} (since {_minute(entry.since)}{until})"


def try_out(settings: Settings) -> dict[str, str | None]:
    """Send each channel a message that says that it is a trial. Returns what went wrong, by channel."""
    found: dict[str, str | None] = {}
    for channel, send in channels(settings.told).items():
        found[channel] = None
        try:
            send(f"{prefix(settings)}openrouter-usage: a trial", f"Incidents will be told here.\n\n{where(settings)}")
        except Exception as failure:
            found[channel] = said(failure)
    return found


def said(failure: Exception) -> str:
    """Only our own words: those of a library may hold the address, which is a secret."""
    return str(failure) if isinstance(failure, PipelineFailure) else f"unexpected {type(failure).__name__}"


def prefix(settings: Settings) -> str:
    """What stands before each subject."""
    return "SIMULATED " if settings.data_dir.is_simulated else ""


def where(settings: Settings) -> str:
    """The last line of each message."""
    simulated = " SIMULATED data, not OpenRouter's." if settings.data_dir.is_simulated else ""
    return f"Of {plain(str(settings.data_dir.path))}.{simulated}"


def _read(path: Path) -> list[Entry]:
    """Raises ValueError for what is no book."""
    if not path.exists():
        return []
    try:
        return [
            Entry(
                Incident(str(one["key"]), str(one["message"]), bool(one["is_urgent"])),
                _instant(one["since"]),
                None if one["until"] is None else _instant(one["until"]),
                {str(channel): str(state) for channel, state in one["told"].items()},
            )
            for one in json.loads(path.read_bytes())["incidents"]
        ]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} is no book of incidents") from error


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return instant


def _write(path: Path, book: Sequence[Entry]) -> None:
    kept = [
        {
            "key": entry.incident.key,
            "message": plain(entry.incident.message),
            "is_urgent": entry.incident.is_urgent,
            "since": entry.since.isoformat(),
            "until": entry.until and entry.until.isoformat(),
            "told": entry.told,
        }
        for entry in book
    ]
    write_book(path, {"incidents": kept})


def write_book(path: Path, content: object) -> None:
    """Replace a book at once. Under the lock."""
    durable.write(path, json.dumps(content, indent=1).encode(errors="backslashreplace"), is_alone=True)
