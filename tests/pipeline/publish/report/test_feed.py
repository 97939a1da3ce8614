"""The feed is valid Atom, made of the published file alone, whatever the names in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest

from pipeline import store
from pipeline.publish import feed
from pipeline.settings import Settings
from tests import support
from tests.warehouse.readings import M2, Reading, Snapshot, open_tables, settled_week, week

pytestmark = pytest.mark.made_up_levels

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "x/<script>alert('1')</script>&\x00\x0b\x1b\ufffe\u202e]]>"
NEEDED = support.needed_for(["marts.events", "marts.citations"])
NAMES = [name for name in support.build_order() if name in NEEDED]
W1, W2, W3 = "2026-01-05", "2026-01-12", "2026-01-19"


def publish(path: Path, readings: Sequence[Reading | Snapshot], *, is_simulated: bool = False) -> Settings:
    """A data directory whose published file holds the events of these readings."""
    settings = support.settings_for(path, simulated=is_simulated)
    with open_tables(path) as tables:
        tables.build(readings, only=NAMES)
    store.Store(settings.data_dir).publish()
    return settings


def readings(**changes: bool) -> list[Reading]:
    """A hostile name and M2 enter coding one after the other; the last week is provisional."""
    rival = ("a/rival", 300)
    return [
        settled_week(W1, [rival, ("other", 700)], **changes),
        settled_week(W2, [rival, (HOSTILE, 400), ("other", 300)], **changes),
        week(W3, "2026-01-26T01:00", [rival, (HOSTILE, 400), (M2, 500), ("other", 800)], **changes),
    ]


def test_what_openrouter_documents_is_not_in_the_feed(tmp_path: Path) -> None:
    """It is news for whoever runs this, and stays in the table."""
    new = {"endpoint": "/datasets/rankings-daily", "documented_part": "value of category", "documented_value": "gaming"}
    document = Snapshot("contract", support.instant("2026-01-26T01:00"), (new,))
    settings = publish(tmp_path, [*readings(), document])
    with store.Store(settings.data_dir).reader() as con:
        kinds = {row["event_kind"] for row in store.rows(con, "from marts.events")}
    assert kinds >= {"documented", "no_longer_documented", "enters_top"}
    terms = {found.attrib["term"] for found in read(settings).iter(f"{ATOM}category")}
    assert "enters_top" in terms
    assert not terms & {"documented", "no_longer_documented"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return publish(tmp_path_factory.mktemp("feed"), readings())


def one(parent: ElementTree.Element, tag: str) -> ElementTree.Element:
    """The element that RFC 4287 wants exactly once."""
    [found] = parent.findall(ATOM + tag)
    return found


def text(parent: ElementTree.Element, tag: str) -> str:
    return one(parent, tag).text or ""


def read(settings: Settings) -> ElementTree.Element:
    return ElementTree.fromstring(feed.write(settings).read_bytes())  # noqa: S314 - written by us just now


def test_feed_holds_what_the_rfc_requires(published: Settings) -> None:
    """RFC 4287, 4.1.1 and 4.1.2: id, title, updated exactly once, an author, links that differ; ids absolute and unique."""
    root = read(published)
    assert root.tag == f"{ATOM}feed"
    assert text(one(root, "author"), "name")
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) > 3
    for element in (root, *entries):
        assert UUID(text(element, "id")).version == 5
        assert urlsplit(text(element, "id")).scheme == "urn"
        assert text(element, "title")
        assert datetime.fromisoformat(text(element, "updated")).tzinfo is not None
        links = [(link.get("rel"), link.get("type"), link.get("href")) for link in element.findall(f"{ATOM}link")]
        assert ("alternate", "text/html", "index.html") in links
        assert len(set(links)) == len(links)
    assert [link.get("href") for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"] == ["feed.xml"]
    assert len({text(entry, "id") for entry in entries}) == len(entries)
    for entry in entries:
        assert one(entry, "content").get("type") == "html"
        assert [category.get("term") for category in entry.findall(f"{ATOM}category")]
    order = [child.tag for child in root]
    assert order.index(f"{ATOM}entry") == len(order) - len(entries)  # what is the feed's own stands before the entries
    updated = [text(entry, "updated") for entry in entries]
    assert updated == sorted(updated, reverse=True)
    assert text(root, "updated") == updated[0] == "2026-01-26T01:00:00Z"
    assert text(root, "rights").startswith("Source: OpenRouter (openrouter.ai/rankings), as of ")
    assert text(root, "rights").endswith("Z. Licensed under CC BY 4.0.")


def test_entries_say_what_a_reader_needs(published: Settings) -> None:
    """Figures, whether they may still change, as of when, and the query behind them."""
    contents = [text(entry, "content") for entry in read(published).findall(f"{ATOM}entry")]
    [m2] = [content for content in contents if M2 in content and "enters" in content]
    assert "enters the first 2 of programming: rank 1 with 25.00 % in the week of 2026-01-19" in m2
    assert "Provisional: " in m2
    assert "as of 2026-01-26T01:00:00Z" in m2
    assert "<pre>from core.model_shares_weekly where " in m2
    assert any("<p>Final.</p>" in content for content in contents)


def test_hostile_names_stay_text(published: Settings) -> None:
    """What XML forbids is written out, and no markup of a name reaches a reader that shows HTML."""
    content = feed.write(published).read_bytes().decode()
    assert not re.search("[\x00-\x08\x0b-\x1f\ufffe\u202e]", content)
    root = read(published)
    hostile = [entry for entry in root.findall(f"{ATOM}entry") if "alert(" in text(entry, "title")]
    assert hostile
    for entry in hostile:
        assert "<script>" in text(entry, "title")  # of type text: shown as it is
        assert "<script>" not in text(entry, "content")
        assert "&lt;script&gt;" in text(entry, "content")


def test_the_same_readings_give_the_same_bytes(published: Settings, tmp_path: Path) -> None:
    """There is no clock in it: another build of the same readings in another order is the same file."""
    again = publish(tmp_path, list(reversed(readings())))
    assert feed.build(again) == feed.build(published)


def test_simulated_events_say_so_and_are_others(published: Settings, tmp_path: Path) -> None:
    """In the feed's title, in each entry's, and by ids that no real event has; no licence is claimed for them."""
    root = read(publish(tmp_path, readings(is_simulated=True), is_simulated=True))
    entries = root.findall(f"{ATOM}entry")
    assert all(text(element, "title").startswith("SIMULATED – ") for element in (root, *entries))
    assert text(root, "rights").startswith("SIMULATED, not OpenRouter data")
    real = {text(element, "id") for element in (read(published), *read(published).findall(f"{ATOM}entry"))}
    assert not real & {text(element, "id") for element in (root, *entries)}


def test_a_feed_without_events_is_a_feed(tmp_path: Path) -> None:
    """Nothing read yet, or nothing happened: valid all the same."""
    root = read(publish(tmp_path, []))
    assert text(root, "updated") == "1970-01-01T00:00:00Z"
    assert root.findall(f"{ATOM}entry") == []
