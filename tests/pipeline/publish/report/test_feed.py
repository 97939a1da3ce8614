"""The feeds are valid Atom, made of the published file alone, whatever the names in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest

from pipeline import store
from pipeline.contracts.columns import COLUMNS
from pipeline.publish import feed
from pipeline.settings import Settings
from tests import support
from tests.atom import ATOM, broken
from tests.warehouse.readings import M2, Reading, Snapshot, open_tables, settled_day, settled_week, week

pytestmark = pytest.mark.made_up_levels

HOSTILE = "x/<script>alert('1')</script>&\x00\x0b\x1b\ufffe\u202e]]>"
NEEDED = support.needed_for(["marts.events", "marts.event_studies", "marts.citations"])
NAMES = [name for name in support.build_order() if name in NEEDED]
W1, W2, W3 = "2026-01-05", "2026-01-12", "2026-01-19"
FILES = ("feed.xml", "feed-all.xml", "feed-m2.xml")

HOUSEKEEPING = {"restated", "unclassified", "documented", "no_longer_documented"}
"""Kinds of `marts.events` that no feed shows. A new kind is put here or into warehouse/report/events.sql."""


def publish(path: Path, readings: Sequence[Reading | Snapshot], *, is_simulated: bool = False) -> Settings:
    """A data directory whose published file holds the events of these readings."""
    settings = support.settings_for(path, simulated=is_simulated)
    with open_tables(path) as tables:
        tables.build(readings, only=NAMES)
    store.Store(settings.data_dir).publish()
    return settings


def readings(**changes: bool) -> list[Reading]:
    """A hostile name and M2 enter coding one after the other; the last week is provisional and was fetched first."""
    rival = ("a/rival", 300)
    return [
        settled_week(W1, [rival, ("other", 700)], **changes),
        settled_week(W2, [rival, (HOSTILE, 400), ("other", 300)], **changes),
        week(W3, "2026-01-26T01:00", [rival, (HOSTILE, 400), (M2, 500), ("other", 800)], **changes),
    ]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return publish(tmp_path_factory.mktemp("feed"), readings())


def one(parent: ElementTree.Element, tag: str) -> ElementTree.Element:
    [found] = parent.findall(ATOM + tag)
    return found


def text(parent: ElementTree.Element, tag: str) -> str:
    return one(parent, tag).text or ""


def read(settings: Settings, file: str = "feed-all.xml") -> ElementTree.Element:
    return ElementTree.fromstring(feed.build(settings)[file])  # noqa: S314 - written by us just now


def entries(settings: Settings, file: str = "feed-all.xml") -> list[ElementTree.Element]:
    return read(settings, file).findall(f"{ATOM}entry")


# --- valid -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_feed_is_valid_atom(published: Settings, file: str) -> None:
    """Every rule of RFC 4287 that a machine can check holds, and ids are made to last."""
    content = feed.build(published)[file]
    assert broken(content) == []
    root = read(published, file)
    assert len(entries(published, file)) >= 1
    for element in (root, *entries(published, file)):
        assert UUID(text(element, "id")).version == 5
    [own] = [link.get("href") for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own == file
    assert text(root, "updated") == max(text(entry, "updated") for entry in entries(published, file))
    assert text(root, "rights").startswith("Source: OpenRouter (openrouter.ai/rankings), as of ")
    assert text(root, "rights").endswith("Z. Licensed under CC BY 4.0.")


@pytest.mark.parametrize(
    ("before", "after", "section"),
    [
        (b"<title>M", b"<title/><title>M", "4.1: feed has 2 title"),
        (b"<author>", b"<author><name/>", "4.1: author has 2 name"),
        (b"<entry>", b"<entry><logo/>", "6: entry holds logo"),
        (b"<updated>2026-01-26T01:00:00Z", b"<updated>2026-01-26 01:00", "3.3: updated"),
        (b"<id>urn:uuid:", b"<id>", "4.2.6: the id"),
        (b"<name>openrouter-usage", b"<name> ", "3.2.1"),
        (b' term="', b' term="" class="', "4.2.2.1"),
        (b'<content type="html"', b'<content type="image/png"', "4.1.3"),
        (b'type="text/html"', b'type="html"', "4.2.7.3"),
        (b'href="index.html#', b'href="index page.html#', "4.2.7.1"),
        (b'rel="self"', b'rel="via"', "4.1.1: the feed has no link to itself"),
        (b"<author>\n    <name>openrouter-usage</name>\n  </author>", b"", "4.1.1: neither"),
    ],
)
def test_a_broken_rule_is_noticed(published: Settings, before: bytes, after: bytes, section: str) -> None:
    """Each rule fails on a feed that breaks it, and names its section."""
    content = feed.build(published)["feed-all.xml"]
    assert before in content
    assert any(one.startswith(section) for one in broken(content.replace(before, after)))


# --- which events, in which order ---------------------------------------------------------------------------------------


def test_only_what_readers_want_is_in_a_feed(tmp_path: Path) -> None:
    """What concerns who runs the pipeline stays in the table: a restated figure, a model without a maker's country."""
    new = {"endpoint": "/datasets/rankings-daily", "documented_part": "value of category", "documented_value": "gaming"}
    document = Snapshot("contract", support.instant("2026-01-26T01:00"), (new,))
    days = [settled_day(W1, [(M2, 500), ("other", 100)]), settled_day("2026-01-06", [("nobody/new", 50), ("other", 100)])]
    settings = publish(tmp_path, [*readings(), *days, document])
    with store.Store(settings.data_dir).reader() as con:
        kinds = {row["event_kind"] for row in store.rows(con, "from marts.events")}
    assert kinds >= {"documented", "no_longer_documented", "unclassified", "enters_top"}
    terms = {one(entry, "category").attrib["term"] for entry in entries(settings)}
    assert kinds - terms <= HOUSEKEEPING
    assert not terms & HOUSEKEEPING


def test_every_kind_of_event_is_shown_or_named_as_housekeeping() -> None:
    """A kind that is added is decided on: the dictionary names them all."""
    made = set(re.findall(r"`(\w+)`", COLUMNS["event_kind"].description))
    shown = set(re.findall(r"^        \('(\w+)', '", store.read_sql("report/events"), re.MULTILINE))
    assert {"restated", "stealth", "enters_top", "share_change", "release"} <= made
    assert made - shown == HOUSEKEEPING


def test_newest_is_what_happened_last(tmp_path: Path) -> None:
    """Not what was noticed last: an old week that is fetched later stays below, in the file and by `published`."""
    fetched = "2026-06-01T06:30"
    late = [
        week("2025-10-27", fetched, [("a/rival", 300), ("other", 700)]),
        week("2025-11-03", fetched, [(M2, 300), ("other", 700)]),
    ]
    settings = publish(tmp_path, [*readings(), *late])
    found = entries(settings)
    published_at = [text(entry, "published") for entry in found]
    assert published_at == sorted(published_at, reverse=True)
    assert published_at[0] == "2026-01-26T00:00:00Z"
    assert published_at[-1] == "2025-11-10T00:00:00Z"
    assert max(text(entry, "updated") for entry in found) == text(found[-1], "updated")


def test_the_newest_are_some_of_all(published: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """`feed.xml` is the beginning of `feed-all.xml`, with the same ids, so that no reader shows an event twice."""
    monkeypatch.setattr(feed, "NEWEST_ENTRIES", 2)
    every = [text(entry, "id") for entry in entries(published)]
    assert len(every) > 2
    assert [text(entry, "id") for entry in entries(published, "feed.xml")] == every[:2]
    assert len({text(read(published, file), "id") for file in FILES}) == len(FILES)


def test_family_has_a_feed_of_its_own(published: Settings) -> None:
    """M2 and its successors, as the reference table names them, and nobody else."""
    titles = [text(entry, "title") for entry in entries(published, "feed-m2.xml")]
    assert titles
    assert all(title.startswith("MiniMax M2") for title in titles)
    assert len(titles) < len(entries(published))


# --- what an entry says -------------------------------------------------------------------------------------------------


def test_entries_say_what_a_reader_needs(published: Settings) -> None:
    """Figures, whether they may still change, as of when, and the query behind them."""
    contents = [text(entry, "content") for entry in entries(published)]
    [m2] = [content for content in contents if M2 in content and "enters" in content]
    assert "enters the top 2 in coding: rank 1 with 25.0 % in the week of 19 January 2026" in m2
    assert "Provisional: " in m2
    assert "as of 2026-01-26T01:00:00Z" in m2
    assert "<pre>from core.model_shares_weekly where " in m2
    assert any("<p>Final.</p>" in content for content in contents)


def test_releases_and_ends_of_free_windows_are_told(tmp_path: Path) -> None:
    """They come from tables of their own: dated by the day, linked to their row, known since the day that shows them."""
    other = ("other", 100)
    days = [settled_day(f"2026-02-{number:02}", [("a/steady", 900), other]) for number in range(1, 10)]
    days += [
        settled_day(f"2026-02-{number:02}", [("a/steady", 900), ("b/new:free", 400), other]) for number in range(10, 15)
    ]
    days += [settled_day(f"2026-02-{number:02}", [("a/steady", 900), ("b/new", 100), other]) for number in range(15, 28)]
    settings = publish(tmp_path, days)
    told = {one(entry, "category").attrib["term"]: entry for entry in entries(settings)}
    assert text(told["release"], "title") == "New is first listed on 10 February 2026"
    assert text(told["free_window_end"], "title").startswith(
        "New is no longer mostly free from 15 February 2026, after 5 free days: it keeps "
    )
    for entry in told.values():
        query = re.findall(r"<pre>(.*)</pre>", text(entry, "content"))[0]
        with store.Store(settings.data_dir).reader() as con:
            assert store.rows(con, query)
    assert text(told["free_window_end"], "updated") > "2026-02-22"
    assert broken(feed.build(settings)["feed.xml"]) == []


def test_link_leads_to_the_model_and_its_weeks(published: Settings) -> None:
    """Below a public address all links are absolute; without one they stay beside the page."""
    for settings, base in (
        (published, ""),
        (replace(published, public_url="https://example.org/usage"), "https://example.org/usage/"),
    ):
        for file in FILES:
            root = read(settings, file)
            assert {link.get("href") for link in root.findall(f"{ATOM}link")} == {f"{base}{file}", f"{base}index.html"}
            assert broken(feed.build(settings)[file]) == []
        [m2] = [entry for entry in entries(settings, "feed-m2.xml") if "enters" in text(entry, "title")]
        href = one(m2, "link").attrib["href"]
        assert href.partition("#")[0] == f"{base}index.html"
        place = {name: value for name, [value] in parse_qs(urlsplit(href).fragment).items()}
        assert place == {"model": M2, "chart": "hero", "from": "2025-11-24", "until": "2026-02-16"}
        assert date.fromisoformat(place["from"]) < date.fromisoformat(W3) < date.fromisoformat(place["until"])


def test_hostile_names_stay_text(published: Settings) -> None:
    """What XML forbids is written out, and no markup of a name reaches a reader that shows HTML."""
    content = feed.build(published)["feed-all.xml"].decode()
    assert not re.search("[\x00-\x08\x0b-\x1f\ufffe\u202e]", content)
    hostile = [entry for entry in entries(published) if "alert(" in text(entry, "title")]
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
    settings = publish(tmp_path, readings(is_simulated=True), is_simulated=True)
    root = read(settings)
    assert all(text(element, "title").startswith("SIMULATED – ") for element in (root, *entries(settings)))
    assert text(root, "rights").startswith("SIMULATED, not OpenRouter data")
    real = {text(element, "id") for element in (read(published), *entries(published))}
    assert not real & {text(element, "id") for element in (root, *entries(settings))}


def test_a_feed_without_events_is_a_feed(tmp_path: Path) -> None:
    """Nothing fetched yet, or nothing happened: valid all the same, and every file is there."""
    settings = publish(tmp_path, [])
    assert feed.write(settings) == settings.data_dir.feed
    for file in FILES:
        content = settings.data_dir.feed.with_name(file).read_bytes()
        assert broken(content) == []
        assert datetime.fromisoformat(text(read(settings, file), "updated")).year == 1970
        assert entries(settings, file) == []
