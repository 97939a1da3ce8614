"""The Atom feeds (RFC 4287) beside the page: ``feed.xml`` has the newest events, ``feed-all.xml`` all of them,
``feed-m2.xml`` those of M2's family.

Belongs here: the form of a feed, and which feeds there are. Not here: what an event is (``warehouse/marts/events.sql``),
which kinds are shown (``warehouse/report/events.sql``). A feed is a function of the published file and has no clock: an
entry is published when its period ends, and updated by the fetch that first showed it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from pipeline import durable, store
from pipeline.publish.report.names import display
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.wording import printable

NEWEST_ENTRIES = 50

# People read names; the content has the query, with the slug.
_SLUG = re.compile(r"\b[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*[a-z0-9]")
_NAMESPACE = uuid5(NAMESPACE_URL, "https://openrouter.ai/rankings#openrouter-usage")
_NOTHING_FETCHED = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = "index.html"
# What a link shows on the page beside the event: the weeks before and after it.
_BEFORE, _AFTER = timedelta(weeks=8), timedelta(weeks=4)

_Events = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Feed:
    """One file of events. ``file`` without its ending is also what its id is made from, so it never changes."""

    file: str
    title: str
    of: Callable[[_Events], _Events]


FEEDS = (
    Feed("feed.xml", "Models in coding on OpenRouter: newest events", lambda events: events[:NEWEST_ENTRIES]),
    Feed("feed-all.xml", "Models in coding on OpenRouter: all events", lambda events: events),
    Feed(
        "feed-m2.xml",
        "MiniMax M2 and its successors on OpenRouter: all events",
        lambda events: [event for event in events if event["is_of_m2_family"]],
    ),
)


def write(settings: Settings) -> Path:
    """Write every feed from the published file. Returns where the first one is."""
    path = settings.data_dir.feed
    path.parent.mkdir(parents=True, exist_ok=True)
    for name, content in build(settings).items():
        durable.write(path.with_name(name), content)
    return path


def build(settings: Settings) -> dict[str, bytes]:
    """Each feed in UTF-8, by the name of its file."""
    with open_store(settings.data_dir).reader() as con:
        events = store.rows(con, store.read_sql("report/events"))
        citations = {row["table_name"]: row for row in store.rows(con, store.read_sql("report/citations"))}
    return {one.file: _feed(settings, one, one.of(events), citations.get("marts.events")) for one in FEEDS}


def _feed(settings: Settings, one: Feed, events: _Events, cited: Mapping[str, Any] | None) -> bytes:
    is_simulated = settings.data_dir.is_simulated
    prefix = "SIMULATED – " if is_simulated else ""
    updated = max((event["known_from"] for event in events), default=cited["as_of"] if cited else _NOTHING_FETCHED)
    feed = ElementTree.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en"})
    _add(feed, "id", _identifier(one.file.removesuffix(".xml"), is_simulated))
    _add(feed, "title", prefix + one.title)
    _add(feed, "updated", _instant(updated))
    _add(_add(feed, "author"), "name", "openrouter-usage")
    _add(feed, "link", rel="self", type="application/atom+xml", href=settings.public_address(one.file))
    _add(feed, "link", rel="alternate", type="text/html", href=settings.public_address(_PAGE))
    if cited:
        _add(feed, "rights", cited["citation"])
    for event in events:
        _entry(feed, event, prefix, settings)
    ElementTree.indent(feed)
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)) + b"\n"


def _entry(feed: ElementTree.Element, event: Mapping[str, Any], prefix: str, settings: Settings) -> None:
    provisional = "Provisional: later fetches may still change it." if event["is_provisional"] else "Final."
    title = prefix + _SLUG.sub(lambda slug: display(slug[0]), event["title"])
    shown = [f"{title}.", provisional, event["evidence"], event["citation"], event["previous_citation"]]
    paragraphs = "".join(f"<p>{_html(text)}</p>" for text in dict.fromkeys(shown) if text is not None)
    entry = _add(feed, "entry")
    _add(entry, "id", _identifier(event["event_id"], settings.data_dir.is_simulated))
    _add(entry, "title", title)
    _add(entry, "updated", _instant(event["known_from"]))
    _add(entry, "published", _instant(_end_of(event["last_day"])))
    _add(entry, "link", rel="alternate", type="text/html", href=settings.public_address(f"{_PAGE}#{_place(event)}"))
    _add(entry, "category", term=event["event_kind"], label=event["label"])
    _add(entry, "content", f"{paragraphs}<pre>{_html(event['evidence_query'])}</pre>", type="html")


def _place(event: Mapping[str, Any]) -> str:
    """Where the page shows the event, in the words of page.js: its model in the first chart, in the weeks around it."""
    start: date = event["period_start"]
    return urlencode({"model": event["base_permaslug"], "chart": "hero", "from": start - _BEFORE, "until": start + _AFTER})


def _add(parent: ElementTree.Element, tag: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    """An element with text. What XML cannot hold is written out."""
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = None if text is None else printable(text)
    return element


def _html(text: str) -> str:
    return escape(printable(text), quote=False)


def _identifier(name: str, is_simulated: bool) -> str:
    """The same for ever, and another for simulated data: a reader of both feeds must not take one for the other."""
    return uuid5(_NAMESPACE, f"simulated/{name}" if is_simulated else name).urn


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
