"""The feed ``report/feed.xml``: the newest events as an Atom feed (RFC 4287), beside the page.

Belongs here: the form of the feed. Not here: what an event is (``warehouse/marts/events.sql``). The feed is a function of
the published file and has no clock: an entry is as old as the first reading that showed its event.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from pipeline import durable, store
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.wording import printable

_NAMESPACE = uuid5(NAMESPACE_URL, "https://openrouter.ai/rankings#openrouter-usage")
_NOTHING_READ = datetime(1970, 1, 1, tzinfo=UTC)


def write(settings: Settings) -> Path:
    """Build the feed from the published file and swap it in. Returns where it is."""
    content = build(settings)
    path = settings.data_dir.feed
    path.parent.mkdir(parents=True, exist_ok=True)
    durable.write(path, content)
    return path


def build(settings: Settings) -> bytes:
    """The feed, in UTF-8."""
    with open_store(settings.data_dir).reader() as con:
        events = store.rows(con, store.read_sql("report/events"))
        citations = {row["table_name"]: row for row in store.rows(con, store.read_sql("report/citations"))}
    cited = citations.get("marts.events")
    is_simulated = settings.data_dir.is_simulated
    prefix = "SIMULATED – " if is_simulated else ""
    updated = max((event["known_from"] for event in events), default=cited["as_of"] if cited else _NOTHING_READ)
    feed = ElementTree.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en"})
    _add(feed, "id", _identifier("feed", is_simulated))
    _add(feed, "title", f"{prefix}Models in coding on OpenRouter: events")
    _add(feed, "updated", _instant(updated))
    _add(_add(feed, "author"), "name", "openrouter-usage")
    _add(feed, "link", rel="self", type="application/atom+xml", href="feed.xml")
    _add(feed, "link", rel="alternate", type="text/html", href="index.html")
    if cited:
        _add(feed, "rights", cited["citation"])
    for event in events:
        _entry(feed, event, prefix, is_simulated)
    ElementTree.indent(feed)
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)) + b"\n"


def _entry(feed: ElementTree.Element, event: dict[str, Any], prefix: str, is_simulated: bool) -> None:
    provisional = "Provisional: the next readings may still change it." if event["is_provisional"] else "Final."
    shown = [f"{prefix}{event['title']}.", provisional, event["evidence"], event["citation"], event["previous_citation"]]
    paragraphs = "".join(f"<p>{_html(text)}</p>" for text in dict.fromkeys(shown) if text is not None)
    known_from = _instant(event["known_from"])
    entry = _add(feed, "entry")
    _add(entry, "id", _identifier(event["event_id"], is_simulated))
    _add(entry, "title", prefix + event["title"])
    _add(entry, "updated", known_from)
    _add(entry, "published", known_from)
    _add(entry, "link", rel="alternate", type="text/html", href="index.html")
    _add(entry, "category", term=event["event_kind"])
    _add(entry, "content", f"{paragraphs}<pre>{_html(event['evidence_query'])}</pre>", type="html")


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


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
