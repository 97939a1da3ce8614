"""The page of charts, opened in a real browser from disk: what it shows, and what it never does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure
from pipeline.publish.report import content, encode, page
from pipeline.publish.report.markup import light_colours
from pipeline.publish.report.section import Row
from pipeline.settings import ROOT, Settings
from pipeline.wording import printable
from tests import support
from tests.browser import Tab, opened
from tests.warehouse.readings import M2, Reading, open_tables, settled_day, settled_week, week

PICTURES = ROOT / "tests" / ".artefacts"
SCRIPT = "author/<script>document.title='taken'</script>"
TURNED = "author/\u202egnihtemos"
FORMULA = "author/=cmd()|'&amp;"
RIVAL = "x-ai/grok-code-fast-1"
SUCCESSOR = "minimax/minimax-m2.1"
TEXTS = ("ink", "muted", "lit", "blue")
MARKS_ON_PAPER = ("green", "purple", "orange", "faint", "lead", "slate", "paid")
FIRST = date(2025, 10, 20)


def readings() -> list[Reading]:
    """Eight weeks of coding and of platform: M2 enters, falls, leaves; hostile names are listed beside it."""
    shares = [None, 900, 1500, 1100, 700, 400, None, None]
    found = []
    for number, tokens in enumerate(shares):
        start = FIRST + timedelta(days=7 * number)
        rows = [(RIVAL, 4000), (SCRIPT, 800 + number), (TURNED, 500), (FORMULA, 300), ("other", 2000)]
        rows += [] if tokens is None else [(M2, tokens)]
        rows += [(SUCCESSOR, 1200)] if number > 5 else []
        is_last = number == len(shares) - 1
        found.append(
            week(str(start), f"{start + timedelta(days=7)}T01:00", rows) if is_last else settled_week(str(start), rows)
        )
        if tokens is not None:
            listed = [(M2, tokens * 10**7), (f"{M2}:free", 4 * 10**9), (RIVAL, 9 * 10**10), ("other", 10**9)]
            found += [settled_day(str(start + timedelta(days=day)), listed) for day in range(7)]
    return found


def publish(path: Path, given: Sequence[Reading], *, is_simulated: bool = False) -> Settings:
    """A data directory with a published file of these readings, built on 2026-01-02."""
    settings = support.settings_for(path, simulated=is_simulated)
    with open_tables(path) as tables:
        tables.build(given)
        build = {
            "run_id": "test", "built_at": support.instant("2026-01-02T06:31"), "version": "0.1.0", "git_commit": None,
            "reference_hashes": "{}", "is_simulated": is_simulated,
        }  # fmt: skip
        store.append_rows(tables.con, TABLES["ops.builds"], [build])
    store.Store(settings.data_dir).publish()
    return settings


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = publish(tmp_path_factory.mktemp("report"), readings(), is_simulated=True)
    page.write(settings)
    return settings


@pytest.fixture
def tab(browser: Browser, drawn: Settings) -> Iterator[Tab]:
    with opened(browser, drawn.data_dir.report.as_uri()) as tab:
        yield tab


def test_page_makes_no_request_and_logs_no_complaint(tab: Tab, drawn: Settings) -> None:
    """Every chart is drawn from the file alone, under a policy that allows no more."""
    tab.draw_all()
    assert tab.complaints == []
    assert tab.requested == [drawn.data_dir.report.as_uri()]
    assert tab.run("document.querySelectorAll('.chart.wait').length") == 0
    assert tab.run("document.querySelectorAll('.chart > div svg').length") == tab.run(
        "document.querySelectorAll('.chart').length"
    )
    assert tab.run("fetch('data:text/plain,x').then(() => 'fetched', () => 'refused')") == "refused"
    session = tab.page.context.new_cdp_session(tab.page)
    evaluated = session.send("Runtime.evaluate", {"expression": "new Function('1')", "allowUnsafeEvalBlockedByCSP": False})
    assert "EvalError" in evaluated["result"]["description"]


def test_page_is_ready_within_a_second(browser: Browser, drawn: Settings) -> None:
    """It can be used within a second of being opened, and is small enough to be sent."""
    measured = []
    for _ in range(5):  # the best one: whatever else this machine does is not the page's
        with opened(browser, drawn.data_dir.report.as_uri()) as tab:
            measured.append(tab.run("performance.getEntriesByName('ready')[0].startTime"))
    assert min(measured) < 1000
    assert drawn.data_dir.report.stat().st_size <= 1_500_000


def test_simulated_page_says_so(tab: Tab) -> None:
    """Made-up data cannot be taken for OpenRouter's: the banner stays in sight, also after scrolling."""
    tab.run("scrollTo(0, 3000)")
    assert tab.run("document.querySelector('.simulated').getBoundingClientRect().top") == 0
    assert "SIMULATED" in tab.run("document.querySelector('.simulated').innerText")
    assert tab.run("document.title").startswith("SIMULATED")


@pytest.mark.parametrize(("width", "starts", "ends"), [(1600, 400, 860), (390, 440, 1100)])
def test_first_screen_answers_how(browser: Browser, drawn: Settings, width: int, starts: int, ends: int) -> None:
    """Headline, sentence, figures and the chart, in what a screen shows; the banner of simulated data takes 60 pixels."""
    with opened(browser, drawn.data_dir.report.as_uri(), width=width, height=900) as tab:
        tab.draw_all()
        assert tab.run("document.getElementById('headline').innerText") == ("MiniMax M2 took a sixth of coding in two weeks")
        lede = tab.run("document.getElementById('lede').innerText")
        assert (
            lede
            == "Grok Code Fast 1 lost nine points in the same weeks; it was last listed in the week of 24 November 2025."
        )
        assert tab.run("document.querySelector('#figures b').innerText") == "16.5 %"
        assert tab.run("document.querySelector('#hero .chart').getBoundingClientRect().top") < starts
        assert tab.run("document.querySelector('#hero .source').getBoundingClientRect().bottom") < ends


MARK = """
(() => {{
    const marks = [...document.querySelectorAll("#{section} .chart > div svg .mark-{mark}.role-mark path")];
    marks.at({place}).scrollIntoView({{ block: "center" }});
    const there = marks.at({place}).getBoundingClientRect();
    return [there.x + there.width / 2, there.y + there.height / 2];
}})()
"""


@pytest.mark.parametrize(("section", "mark", "place"), [("hero", "rect", 1), ("share", "rect", 1)])
def test_click_on_a_mark_finds_its_row(tab: Tab, drawn: Settings, section: str, mark: str, place: int) -> None:
    """One step from any mark: its row in the table is lit, and a query stands there that finds it in the published file."""
    tab.draw_all()
    tab.page.mouse.click(*tab.run(MARK.format(section=section, mark=mark, place=place)))
    tab.wait_for(f"document.querySelector('#{section} .row code')")
    assert tab.run(f"document.querySelectorAll('#{section} tr.chosen').length") == 1
    assert tab.run(f"document.querySelector('#{section} tr.chosen').checkVisibility()")
    query = tab.run(f"document.querySelector('#{section} .row code').innerText")
    with store.Store(drawn.data_dir).reader() as con:
        assert len(store.rows(con, query)) >= 1, query


def test_table_that_the_script_fills_is_the_one_that_was_written(tab: Tab, drawn: Settings) -> None:
    """The figures that the script writes are written as those of the page are: two forms of a number would be two truths."""
    tab.run("location.hash = new URLSearchParams({ model: 'x-ai/grok-code-fast-1' })")
    tab.wait_for("document.querySelector('#share h2').innerText.startsWith('Grok')")
    tab.run("location.hash = 'story'")
    tab.wait_for("document.querySelector('#share h2').innerText.startsWith('MiniMax')")
    keys = [
        key for key in tab.run("[...document.querySelectorAll('section')].map((one) => one.id)") if key in ("share", "free")
    ]
    written = [row for key in keys for row in re.findall(r"<tr>(.*)", _body(drawn, key))]
    filled = tab.run(
        f"[...document.querySelectorAll({', '.join(f'#{key} tbody tr' for key in keys)!r})]"
        ".map((row) => [...row.cells].map((one) => one.textContent.trim()))"
    )
    assert [[cell.strip() for cell in re.split(r"<t[dh][^>]*>", row)[1:]] for row in written] == filled
    assert len(filled) >= 7


def _body(drawn: Settings, key: str) -> str:
    text = drawn.data_dir.report.read_text()
    found = re.search(rf'<section id="{key}".*?<tbody>(.*?)</tbody>', text, re.DOTALL)
    assert found is not None
    return found[1]


def test_without_scripts_the_drawings_show(browser: Browser, drawn: Settings) -> None:
    """Readers who allow no scripts see every chart and every table, and no box that does nothing."""
    with opened(browser, drawn.data_dir.report.as_uri(), has_scripts=False) as tab:
        drawings = tab.page.locator(".chart > svg").all()
        assert len(drawings) >= 6
        for drawing in drawings:
            if not drawing.is_visible():
                continue  # under the hood, which is closed
            box = drawing.bounding_box()
            assert box is not None
            assert box["width"] > 500
            assert box["height"] > 30
        assert not tab.page.locator(".explore").is_visible()
        assert not tab.page.locator(".kit").first.is_visible()
        tab.screenshot(PICTURES / "without-scripts.png")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("width", "is_dark"), [(390, True), (900, False), (1600, False)])
def test_page_fits_its_width_and_keeps_the_rules_of_accessibility(
    browser: Browser, drawn: Settings, width: int, is_dark: bool, language: str
) -> None:
    """From a phone to a wide screen nothing has to be moved sideways, and axe finds nothing against it, with every chart
    drawn and every table open; pictures of it are kept to look at."""
    url = drawn.data_dir.report.with_name("index.html" if language == "en" else f"index.{language}.html").as_uri()
    with opened(browser, url, width=width, is_dark=is_dark) as tab:
        tab.draw_all()
        assert tab.run("document.documentElement.lang") == language
        assert tab.run("document.documentElement.scrollWidth") == width
        assert tab.run("Math.max(...[...document.querySelectorAll('.chart svg')].map((one) => one.clientWidth))") <= width
        tab.screenshot(PICTURES / f"{language}-{width}{'-dark' if is_dark else ''}.png")
        tab.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        tab.draw_all()
        found = Axe().run(tab.page)
        assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found.response["violations"]] == []
        only_contrast = {"runOnly": ["color-contrast"]}
        assert len(Axe().run(tab.page, context="h2", options=only_contrast).response["passes"]) == 1
        assert tab.complaints == []


@pytest.mark.parametrize("is_dark", [False, True])
def test_colours_stand_out_from_the_paper(browser: Browser, drawn: Settings, is_dark: bool) -> None:
    """What axe cannot see in drawings: text at 4.5 to 1 from the paper, marks at 3 to 1, words in areas at 4.5 to 1."""
    style = "getComputedStyle(document.documentElement)"
    names = [*light_colours()]
    with opened(browser, drawn.data_dir.report.as_uri(), is_dark=is_dark) as tab:
        colours = {name: tab.run(f"{style}.getPropertyValue('--{name}').trim()") for name in names}
    light = {name: luminance(colour) for name, colour in colours.items()}
    on_paper = {name: contrast(light["paper"], light[name]) for name in (*TEXTS, *MARKS_ON_PAPER)}
    assert [name for name, one in on_paper.items() if one < (4.5 if name in TEXTS else 3.0)] == []
    areas = {"on-dark": ("lit", "lead"), "on-light": ("listed", "below", "tan", "slate", "sage", "mauve")}
    words = {(text, area): contrast(light[text], light[area]) for text, found in areas.items() for area in found}
    assert {pair: round(one, 2) for pair, one in words.items() if one < 4.5} == {}


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of ``#rrggbb``, as WCAG defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_hostile_names_are_only_names(tab: Tab) -> None:
    """A model may be called whatever its maker likes: nothing of it runs, nothing of it turns the text round."""
    tab.run(f"location.hash = new URLSearchParams({{ model: {SCRIPT!r} }})")
    tab.wait_for("document.querySelector('#share h2').innerText.startsWith('<script>')")
    tab.draw_all()
    assert tab.run("document.getElementById('model').value").startswith("<script>")
    assert tab.run("document.title") != "taken"
    assert "\u202e" not in tab.run("document.documentElement.outerHTML")
    options = tab.run("[...document.getElementById('models').options].map((one) => one.value)")
    for name in (FORMULA, printable(TURNED)):
        assert any(name.partition("/")[2][1:] in one for one in options), name
    assert tab.complaints == []


def test_page_says_how_old_its_data_is(tab: Tab) -> None:
    """The age of every series is counted again when the page is opened: an old page does not look fresh."""
    text = tab.run("document.querySelector('.kicker').innerText")
    age = tab.run("Math.floor((Date.now() - Date.parse('2025-12-15')) / 86400000)")
    assert f"coding data to 14 December 2025 · {age:,} days old" in text, "its data's age, not its own"
    assert tab.run("document.querySelector('.kicker').classList.contains('stale')")
    row = "[...document.querySelectorAll('#health tbody tr')].find((one) => one.cells[0].textContent === 'usage_day')"
    assert tab.run(f"{row}.querySelector('.state').textContent").startswith("stale")
    assert tab.run(f"Number.parseInt({row}.querySelector('.age').textContent.replace(',', ''))") > 24 * 30


def test_every_figure_is_available_without_seeing(tab: Tab) -> None:
    """Each chart has a name, a table with caption and scopes behind it, its query and its citation."""
    for section in tab.run("[...document.querySelectorAll('section')].map((one) => one.id)"):
        assert tab.run(f"document.querySelector('#{section} h2').textContent"), section
    assert tab.run("[...document.querySelectorAll('table')].every((one) => one.caption && one.tHead)")
    assert tab.run("[...document.querySelectorAll('th')].every((one) => one.scope)")
    assert tab.run("[...document.querySelectorAll('.chart')].every((one) => one.closest('section').querySelector('table'))")
    assert tab.run("[...document.querySelectorAll('.scroll')].every((one) => one.tabIndex === 0 && one.ariaLabel)")
    queries = tab.run("[...document.querySelectorAll('section details.sql code')].map((one) => one.textContent)")
    assert all((ROOT / path).is_file() for path in queries)
    assert "warehouse/marts/coding_share_weekly.sql" in queries
    tab.run("document.querySelector('#share details.sql').open = true")
    tab.wait_for("document.querySelector('#share details.sql pre').textContent")
    shown = tab.run("[...document.querySelectorAll('#share details.sql pre')].map((one) => one.textContent)")
    assert shown == [
        (ROOT / path).read_text().strip()
        for path in tab.run("[...document.querySelectorAll('#share details.sql code')].map((one) => one.textContent)")
    ]
    assert tab.run("new Set([...document.querySelectorAll('[id]')].map((one) => one.id)).size") == tab.run(
        "document.querySelectorAll('[id]').length"
    )


def test_empty_tables_are_said_to_be_empty(browser: Browser, tmp_path: Path) -> None:
    """Where nothing was fetched the page says so, chart by chart, and draws nothing."""
    with opened(browser, page.write(publish(tmp_path, [])).as_uri()) as tab:
        assert tab.run("document.getElementById('lede').innerText") == "No week of coding has been fetched yet."
        assert tab.run("document.querySelectorAll('.nothing li').length") >= 12
        assert tab.run("document.querySelectorAll('.chart').length") == 0
        assert tab.run("document.documentElement.dataset.ready") == "yes"
        assert tab.complaints == []
        assert "SIMULATED" not in tab.run("document.body.innerText")


def test_a_file_that_no_run_built_is_refused(tmp_path: Path) -> None:
    """The page would not know of when it is."""
    settings = publish(tmp_path, readings())
    with store.Store(settings.data_dir).writer() as con:
        con.execute("delete from ops.builds")
    store.Store(settings.data_dir).publish()
    with pytest.raises(PermanentFailure, match=r"no build is recorded in .*: run `openrouter-usage rebuild`"):
        page.write(settings)


def test_same_file_gives_the_same_page(drawn: Settings) -> None:
    """Drawn again from the same published file, the page is the same to the byte."""
    assert page.build(drawn) == page.build(drawn)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        # Only what is nowhere known, or nowhere set, is left out; what is not known is null, never zero.
        ([{"from": 0.0, "known": None, "is_set": False}], {"from": {"v": [0.0]}}),
        (
            [{"share": None, "rank": 1}, {"share": 0.25, "rank": None}],
            {"share": {"v": [None, 0.25]}, "rank": {"v": [1, None]}},
        ),
        # A bound of what is measured is that itself; what the first does not know is carried.
        (
            [{"share": 0.25, "upper": 0.25}, {"share": None, "upper": 0.01}, {"share": 0.5, "upper": 0.5}],
            {"share": {"v": [0.25, None, 0.5]}, "upper": {"c": "share", "v": [0.01]}},
        ),
    ],
    ids=["zero is carried", "absent is a gap", "only what is more than another column"],
)
def test_rows_are_carried_by_column(rows: list[Row], columns: dict[str, Any]) -> None:
    assert encode.columns(rows) == columns


def test_a_source_is_cited_once_by_its_newest_fetch() -> None:
    old, new = ("Source: OpenRouter, as of 2026-05-04T09:13:57Z.", "Source: OpenRouter, as of 2026-08-04T09:22:47Z.")
    assert content.newest_of([old, "Scores: a maker.", new]) == [new, "Scores: a maker."]
