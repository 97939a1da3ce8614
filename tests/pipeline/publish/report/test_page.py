"""The page of charts, opened in a real browser from disk: what it shows, asks, follows, and survives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.publish.report import encode, page
from pipeline.settings import ROOT, Settings
from pipeline.wording import percent
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


def test_page_asks_nobody_and_complains_of_nothing(tab: Tab, drawn: Settings) -> None:
    """Every chart is drawn from the file alone, under a policy that allows no more."""
    tab.draw_all()
    assert tab.complaints == []
    assert tab.requested == [drawn.data_dir.report.as_uri()]
    assert tab.run("document.querySelectorAll('.chart.wait').length") == 0
    assert tab.run("document.querySelectorAll('.chart > div svg').length") == tab.run(
        "document.querySelectorAll('.chart').length"
    )
    assert tab.run("fetch('data:text/plain,x').then(() => 'asked', () => 'refused')") == "refused"
    session = tab.page.context.new_cdp_session(tab.page)
    evaluated = session.send("Runtime.evaluate", {"expression": "new Function('1')", "allowUnsafeEvalBlockedByCSP": False})
    assert "EvalError" in evaluated["result"]["description"]


def test_page_is_soon_there(browser: Browser, drawn: Settings) -> None:
    """It can be used within a second of being opened, and is small enough to be sent."""
    measured = []
    for _ in range(5):  # the best one: whatever else this machine does is not the page's
        with opened(browser, drawn.data_dir.report.as_uri()) as tab:
            measured.append(tab.run("performance.getEntriesByName('ready')[0].startTime"))
    assert min(measured) < 1000
    assert drawn.data_dir.report.stat().st_size <= 2_000_000


def test_simulated_page_says_so(tab: Tab) -> None:
    """Made-up data cannot be taken for OpenRouter's: the banner stays in sight, also after scrolling."""
    tab.run("scrollTo(0, 3000)")
    assert tab.run("document.querySelector('.simulated').getBoundingClientRect().top") == 0
    assert "SIMULATED" in tab.run("document.querySelector('.simulated').innerText")
    assert tab.run("document.title").startswith("SIMULATED")


def test_first_screen_tells_the_story(tab: Tab) -> None:
    """M2's height, place and end in one sentence; then the newest week with its bound; and the first chart has begun."""
    answer = tab.run("document.getElementById('answer').innerText")
    assert answer == (
        "MiniMax M2 rose to 16.48 % of all coding tokens on OpenRouter in the week of 2025-11-03, was number 2 for 3 weeks "
        "(about level with the rank beside it, by the sample) and was last listed in that of 2025-11-24."
    )
    newest = tab.run("document.getElementById('newest').innerText")
    assert newest.startswith("Newest week: M2 is not listed in coding in the week of 8 December 2025: at most 6.9 %")
    assert "best of its lineage: minimax/minimax-m2.1, rank 2" in newest
    assert tab.run("document.querySelector('.chart').getBoundingClientRect().top") < 700


MARK = """
(() => {{
    const marks = [...document.querySelectorAll("#{section} .chart > div svg .mark-{mark}.role-mark path")];
    marks.at({place}).scrollIntoView({{ block: "center" }});
    const there = marks.at({place}).getBoundingClientRect();
    return [there.x + there.width / 2, there.y + there.height / 2];
}})()
"""


@pytest.mark.parametrize(
    ("section", "mark", "place"),
    [
        ("share", "rect", 1), ("share", "rect", -1), ("race", "symbol", -1), ("tokens", "rect", 3), ("tokens", "rect", 0),
        ("gained", "rect", 0), ("launch", "symbol", 2),
        ("lineage", "rect", 0), ("measures", "symbol", 0), ("countries", "symbol", 2),
    ],
)  # fmt: skip
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


def test_row_of_a_mark_is_the_row_of_that_mark(tab: Tab, drawn: Settings) -> None:
    """A bar is one week of one model: what the pointer is told, the lit row and the row of the query agree."""
    tab.draw_all()
    tab.page.mouse.click(*tab.run(MARK.format(section="lineage", mark="rect", place=1)))
    tab.wait_for("document.querySelector('#lineage .row code')")
    lit = tab.run("[...document.querySelector('#lineage tr.chosen').cells].map((one) => one.innerText)")
    told = tab.run("document.getElementById('vg-tooltip-element').innerText").split()
    with store.Store(drawn.data_dir).reader() as con:
        [row] = store.rows(con, tab.run("document.querySelector('#lineage .row code').innerText"))
    assert lit[:3] == [str(row["week_start"]), row["base_permaslug"], percent(row["coding_token_share"])]
    assert {str(row["week_start"]), row["base_permaslug"], percent(row["coding_token_share"]).replace(" ", "")} <= set(told)


def test_pointer_is_told_nothing_of_what_is_not_known(tab: Tab) -> None:
    """Over the range of a week that does not list M2 stand a dash and the bounds, and no share of 0."""
    tab.draw_all()
    absent = "marks.findIndex(one => one.__data__.datum.coding_token_share == null)"
    tab.page.mouse.click(*tab.run(MARK.format(section="share", mark="rect", place=absent)))
    told = tab.run("document.getElementById('vg-tooltip-element').innerText").split("\n")
    assert told[told.index("share") + 1] == "–"
    assert told[told.index("at most") + 1] > "3.0"


def test_choice_of_a_model_is_in_the_address_and_can_be_undone(tab: Tab, drawn: Settings) -> None:
    """Choosing redraws what follows the choice and changes the address; the back button undoes it, a link brings it back."""
    chosen = "(() => [document.getElementById('model').value, document.querySelector('#share h2').innerText])()"
    assert tab.run(chosen) == [M2, tab.run("document.querySelector('#share h2').innerText")]
    tab.run(
        "(() => { const box = document.getElementById('model'); box.value = 'x-ai/grok-code-fast-1';"
        " box.dispatchEvent(new Event('change')); })()"
    )
    tab.wait_for("document.querySelector('#share h2').innerText.startsWith('grok')")
    assert tab.run("location.hash") == f"#model={quote(RIVAL, safe='')}"
    assert "grok-code-fast-1 was at its greatest" in tab.run(chosen)[1]
    assert tab.run("document.querySelectorAll('#share tbody tr').length") == 8
    tab.run("history.back()")
    tab.wait_for("document.querySelector('#share h2').innerText.startsWith('M2')")
    assert tab.run(chosen)[0] == M2
    tab.page.goto("about:blank")  # else another fragment of the same page would load nothing
    tab.page.goto(f"{drawn.data_dir.report.as_uri()}#model={quote(SUCCESSOR, safe='')}")
    tab.wait_for("document.documentElement.dataset.ready === 'yes'")
    assert tab.run(chosen)[0] == SUCCESSOR
    tab.draw_all()
    assert tab.complaints == []


def test_table_that_the_script_fills_is_the_one_that_was_written(tab: Tab, drawn: Settings) -> None:
    """The figures that the script writes are written as those of the page are: two forms of a number would be two truths."""
    written = re.findall(r"<tr>(.*)", _body(drawn, "share") + _body(drawn, "tokens"))
    filled = tab.run(
        "[...document.querySelectorAll('#share tbody tr, #tokens tbody tr')]"
        ".map((row) => [...row.cells].map((one) => one.textContent.trim()))"
    )
    assert [[cell.strip() for cell in re.split(r"<t[dh][^>]*>", row)[1:]] for row in written] == filled
    assert len(filled) > 40


def _body(drawn: Settings, key: str) -> str:
    text = drawn.data_dir.report.read_text()
    found = re.search(rf'<section id="{key}".*?<tbody>(.*?)</tbody>', text, re.DOTALL)
    assert found is not None
    return found[1]


def test_without_scripts_the_drawings_show(browser: Browser, drawn: Settings) -> None:
    """Whoever allows no scripts sees every chart and every table, and no box that does nothing."""
    with opened(browser, drawn.data_dir.report.as_uri(), has_scripts=False) as tab:
        drawings = tab.page.locator(".chart > svg").all()
        assert len(drawings) >= 6
        for drawing in drawings:
            box = drawing.bounding_box()
            assert box is not None
            assert box["width"] > 500
            assert box["height"] > 30
        assert not tab.page.locator(".choose").is_visible()
        tab.screenshot(PICTURES / "without-scripts.png")


@pytest.mark.parametrize(("width", "is_dark"), [(390, True), (900, False), (1600, False)])
def test_page_fits_its_width_and_keeps_the_rules_of_accessibility(
    browser: Browser, drawn: Settings, width: int, is_dark: bool
) -> None:
    """From a telephone to a wide screen nothing has to be moved sideways, and axe finds nothing against it, with every chart
    drawn and every table open; pictures of it are kept for looking at."""
    with opened(browser, drawn.data_dir.report.as_uri(), width=width, is_dark=is_dark) as tab:
        tab.draw_all()
        assert tab.run("document.documentElement.scrollWidth") == width
        assert tab.run("Math.max(...[...document.querySelectorAll('.chart svg')].map((one) => one.clientWidth))") <= width
        tab.screenshot(PICTURES / f"{width}{'-dark' if is_dark else ''}.png")
        tab.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = Axe().run(tab.page)
        assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found.response["violations"]] == []
        only_contrast = {"runOnly": ["color-contrast"]}
        assert len(Axe().run(tab.page, context="h2", options=only_contrast).response["passes"]) == 1


@pytest.mark.parametrize("is_dark", [False, True])
def test_colours_stand_out_from_the_paper(browser: Browser, drawn: Settings, is_dark: bool) -> None:
    """What axe cannot see in drawings: text at 4.5 to 1 from the paper, marks at 3 to 1."""
    names = ("paper", "ink", "muted", "lit", "blue", "green", "purple", "orange", "faint")
    style = "getComputedStyle(document.documentElement)"
    with opened(browser, drawn.data_dir.report.as_uri(), is_dark=is_dark) as tab:
        light = {name: luminance(tab.run(f"{style}.getPropertyValue('--{name}').trim()")) for name in names}
    paper = light.pop("paper")
    contrast = {name: (max(paper, one) + 0.05) / (min(paper, one) + 0.05) for name, one in light.items()}
    assert [name for name, one in contrast.items() if one < (4.5 if name in TEXTS else 3.0)] == []


def luminance(colour: str) -> float:
    """The relative luminance of ``#rrggbb``, as WCAG defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_hostile_names_are_only_names(tab: Tab) -> None:
    """A model may be called whatever its maker likes: nothing of it runs, nothing of it turns the text round."""
    for name in (SCRIPT, FORMULA, page._clean(TURNED)):
        assert tab.run(f"[...document.getElementById('model').options].some((one) => one.value === {name!r})"), name
    tab.run(f"location.hash = new URLSearchParams({{ model: {SCRIPT!r} }})")
    tab.wait_for("document.querySelector('#share h2').innerText.startsWith('<script>')")
    tab.draw_all()
    assert tab.run("document.getElementById('model').value") == SCRIPT
    assert tab.run("document.title") != "taken"
    assert "\u202e" not in tab.run("document.documentElement.outerHTML")
    assert tab.complaints == []


def test_page_says_how_old_it_is(tab: Tab) -> None:
    """The age of every series is counted again when the page is opened: an old page does not look fresh."""
    text = tab.run("document.getElementById('age').parentElement.innerText")
    age = tab.run("Math.floor((Date.now() - Date.parse('2025-12-15')) / 86400000)")
    assert f"Coding data to the end of 2025-12-14, {age} days old." in text, "its data's age, not its own"
    row = "[...document.querySelectorAll('#health tbody tr')].find((one) => one.cells[0].innerText === 'usage_day')"
    assert tab.run(f"{row}.querySelector('.state').innerText").startswith("stale")
    assert tab.run(f"Number.parseInt({row}.querySelector('.age').innerText.replace(',', ''))") > 24 * 30


def test_every_figure_can_be_had_without_seeing(tab: Tab) -> None:
    """Each chart has a name, a table with caption and scopes behind it, its question and its line to cite."""
    for section in tab.run("[...document.querySelectorAll('section')].map((one) => one.id)"):
        heading = tab.run(f"document.querySelector('#{section} h2').innerText")
        assert heading, section
    assert tab.run("[...document.querySelectorAll('table')].every((one) => one.caption && one.tHead)")
    assert tab.run("[...document.querySelectorAll('th')].every((one) => one.scope)")
    assert tab.run("[...document.querySelectorAll('.chart')].every((one) => one.closest('section').querySelector('table'))")
    assert tab.run("[...document.querySelectorAll('.scroll')].every((one) => one.tabIndex === 0 && one.ariaLabel)")
    questions = tab.run("[...document.querySelectorAll('section code')].map((one) => one.textContent)")
    assert all((ROOT / path).is_file() for path in questions)
    assert "warehouse/marts/coding_share_weekly.sql" in questions
    assert tab.run("new Set([...document.querySelectorAll('[id]')].map((one) => one.id)).size") == tab.run(
        "document.querySelectorAll('[id]').length"
    )


def test_empty_tables_are_said_to_be_empty(browser: Browser, tmp_path: Path) -> None:
    """Where nothing was read the page says so, chart by chart, and draws nothing."""
    with opened(browser, page.write(publish(tmp_path, [])).as_uri()) as tab:
        assert "no week that lists it was read yet" in tab.run("document.getElementById('answer').innerText")
        assert tab.run("document.querySelectorAll('.nothing').length") >= 11
        assert tab.run("document.querySelectorAll('.chart').length") == 0
        assert tab.run("document.documentElement.dataset.ready") == "yes"
        assert tab.complaints == []
        assert "SIMULATED" not in tab.run("document.body.innerText")


def test_same_file_gives_the_same_page(drawn: Settings) -> None:
    """Drawn again from the same published file, the page is the same to the byte."""
    assert page.build(drawn) == page.build(drawn)


def test_zero_is_carried() -> None:
    """A column of zeros is a column: only what is nowhere known, or nowhere set, is left out."""
    assert encode.columns([{"from": 0.0, "known": None, "is_set": False}]) == {"from": {"v": [0.0]}}


def test_absent_is_a_gap() -> None:
    """What is not known is left out or null on its way into the page, never zero."""
    assert encode.columns([{"share": None, "rank": 1}, {"share": 0.25, "rank": None}]) == {
        "share": {"v": [None, 0.25]},
        "rank": {"v": [1, None]},
    }
