"""The documentation as a site: it builds without a warning, its links lead somewhere, and it makes no request.

Belongs here: what holds for the built site, and for the picture of the lineage. Not here: what pages say (``test_docs``).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.publish import lineage, saved_queries, site
from pipeline.settings import ROOT
from tests.support import Loaded

FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "embed": "src", "object": "data"}
RESOURCES = ("stylesheet", "icon", "preload", "preconnect", "prefetch", "modulepreload", "dns-prefetch", "manifest")


class Html(HTMLParser):
    """What a page fetches, where its links lead, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.anchors.add(values["id"])
        if tag in FETCHED and FETCHED[tag] in values:
            self.fetched.append(values[FETCHED[tag]])
        if tag == "link" and values.get("rel", "").split(" ")[-1] in RESOURCES:
            self.fetched.append(values["href"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it, where no network can be reached."""
    folder = tmp_path_factory.mktemp("site")
    unreachable = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("mkdocs")), "build", "--quiet", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, env={**os.environ, **unreachable, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True,
        timeout=200, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def parsed(built: Path) -> dict[Path, Html]:
    return {path: Html(path.read_text()) for path in sorted(built.rglob("*.html"))}


def test_each_table_and_each_question_has_a_page(built: Path) -> None:
    """A reader finds every table and every saved question by its name."""
    assert {path.stem for path in (built / "tables").glob("*.html")} - {"index"} == set(TABLES)
    asked = {one.path.stem for one in saved_queries.questions()}
    assert {path.stem for path in (built / "questions").glob("*.html")} - {"index"} == asked


def test_links_lead_somewhere(parsed: dict[Path, Html]) -> None:
    """Each link within the site leads to a file that is there, and to an anchor that is on it."""
    broken = []
    for path, html in parsed.items():
        for link in html.links:
            if link.startswith(("http", "mailto:")) or path.name == "404.html":
                continue
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            anchors = parsed[target].anchors if target in parsed else set()
            if not target.is_file() or (anchor and anchor not in anchors and anchor != "__top"):
                broken.append(f"{path.name}: {link}")
    assert len(parsed) > len(TABLES)
    assert broken == []


def test_nothing_is_fetched_from_elsewhere(built: Path, parsed: dict[Path, Html]) -> None:
    """No page names a script, style, font or picture of another place, and no style does."""
    fetched = {one for html in parsed.values() for one in html.fetched}
    assert fetched
    assert {one for one in fetched if "//" in one} == set()
    styles = list(built.rglob("*.css"))
    assert styles
    assert [path.name for path in styles if re.search(r"url\([\"']?(https?:)?//", path.read_text())] == []


def test_a_browser_makes_no_request(browser: Browser, built: Path) -> None:
    """Opened from the disk, no page requests anything but files of the site."""
    requested: list[str] = []
    tab = browser.new_page()
    tab.on("request", lambda request: requested.append(request.url))
    for name in ("index.html", "method.html", "tables/index.html", "tables/marts.coding_share_weekly.html"):
        tab.goto(f"{built.as_uri()}/{name}")
        tab.wait_for_load_state("networkidle")
    tab.close()
    assert len(requested) > 10
    assert [url for url in requested if not url.startswith(built.as_uri())] == []


def examples() -> Iterator[tuple[str, str]]:
    for name, table in TABLES.items():
        block = re.search(r"```sql\n(.*?)```", site.table_page(table), re.DOTALL)
        assert block
        for query in filter(None, (line.partition(";")[0] for line in block[1].splitlines())):
            yield name, query


def test_examples_of_the_tables_are_queries(recording: Loaded) -> None:
    """Each query that a page of a table prints is one of the published file, and gives that table's columns."""
    shown = list(examples())
    with store.Store(recording.data_dir).reader() as con:
        given = {query: {row[0] for row in store.ask(con, f"describe {query}")[1]} for _, query in shown}
    assert [query for name, query in shown if not given[query] >= set(TABLES[name].names)] == []
    assert len(given) > len(TABLES)


def test_lists_are_nested_as_the_site_wants_them() -> None:
    """What is nested by two or three blanks is nested by four, code in a list with its list; other code stays."""
    written = [
        "- a",
        "  - b",
        "",
        "    ```sh",
        "    make",
        "      run",
        "    ```",
        "",
        "1. c",
        "   d",
        "",
        "```",
        "  y",
        "```",
    ]
    nested = ["- a", "    - b", "", "        ```sh", "        make", "          run", "        ```", "", "1. c", "    d"]
    assert site.with_nested_lists("\n".join(written)).splitlines() == [*nested, "", "```", "  y", "```"]


# --- the lineage ---------------------------------------------------------------------------------------------------------


def test_a_table_page_names_what_it_reads() -> None:
    """What a page lists is what the select reads: hand-checked for one table."""
    page = site.table_page(TABLES["marts.m2_coding_share_weekly"])
    assert "**Reads.** [`marts.coding_share_weekly`]" in page
    assert "how_fast_did_m2_rise.sql" in page
    assert "m2_coding_share_weekly_as_of('infinity')" in page
    assert "CC BY 4.0" in page


def test_the_picture_has_every_table_once_and_every_way(built: Path) -> None:
    """Each table is drawn once, and whatever reads another, directly or not, can be reached from it along the lines."""
    reads = lineage.read_by_layer()
    drawn = lineage.without_detours(reads)
    ordered = [name for _, names in lineage.columns(drawn) for name in names]
    assert sorted(ordered) == sorted(reads)

    def behind(name: str, way: lineage.Reads) -> set[str]:
        return set(way[name]).union(*(behind(one, way) for one in way[name]))

    assert {name: behind(name, drawn) for name in reads} == {name: behind(name, reads) for name in reads}
    assert sum(map(len, drawn.values())) < sum(map(len, reads.values()))
    links = Html((built / site.LINEAGE).read_text()).links
    assert sorted(links) == sorted(f"{name}.html" for name in reads if name in TABLES)


def test_no_table_is_right_of_what_reads_it() -> None:
    """The picture is read from left to right."""
    reads = lineage.without_detours(lineage.read_by_layer())
    places = {name: column for column, (_, names) in enumerate(lineage.columns(reads)) for name in names}
    assert [(name, one) for name, read in reads.items() for one in read if places[one] >= places[name]] == []


def test_macros_count_as_their_tables() -> None:
    """A table that reads another as of an instant reads that table."""
    assert {one for read in lineage.reads().values() for one in read} <= set(TABLES)
