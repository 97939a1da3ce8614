"""What a reader does with the page: choosing a model, comparing, a range of time, reading out, and giving a chart away."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser

from pipeline.publish.report import page, render
from pipeline.settings import Settings
from tests.browser import Tab, opened
from tests.pipeline.publish.report.test_page import RIVAL, SUCCESSOR, publish, readings

COLOURS = """
async (content) => {
    const image = new Image();
    image.src = `data:image/png;base64,${content}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return new Set(new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer)).size;
}
"""
HEADLINE = "document.getElementById('headline').innerText"
SHARE = "document.querySelector('#share h2').innerText"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = publish(tmp_path_factory.mktemp("exploring"), readings(), is_simulated=True)
    page.write(settings)
    return settings


@pytest.fixture
def tab(browser: Browser, drawn: Settings) -> Iterator[Tab]:
    with opened(browser, drawn.data_dir.report.as_uri()) as tab:
        tab.draw_all()
        yield tab


def choose(tab: Tab, box: str, value: str) -> None:
    """As a reader does it: type a name, or take an entry, and leave the box."""
    tab.run(
        f"(() => {{ const box = document.getElementById({box!r}); box.value = {value!r};"
        " box.dispatchEvent(new Event('change')); })()"
    )


def test_choice_of_a_model_is_in_the_address_and_can_be_undone(tab: Tab, drawn: Settings) -> None:
    """Headline, charts and tables follow; the back button undoes it, a link brings it back, and one click leads to M2."""
    first = tab.run(HEADLINE)
    choose(tab, "model", "grok code fast 1")
    tab.wait_for(f"{HEADLINE}.startsWith('Grok Code Fast 1')")
    assert tab.run("location.hash") == f"#model={quote(RIVAL, safe='')}"
    assert tab.run(SHARE).startswith("Grok Code Fast 1 peaked at ")
    assert tab.run("document.querySelectorAll('#share tbody tr').length") == 8
    tab.run("history.back()")
    tab.wait_for(f"{HEADLINE}.startsWith('MiniMax M2 ')")
    assert tab.run(HEADLINE) == first
    tab.page.goto("about:blank")  # else another fragment of the same page would load nothing
    tab.page.goto(f"{drawn.data_dir.report.as_uri()}#model={quote(SUCCESSOR, safe='')}")
    tab.wait_for("document.documentElement.dataset.ready === 'yes'")
    assert tab.run("document.getElementById('model').value") == "MiniMax M2.1"
    tab.run("document.getElementById('back').click()")
    tab.wait_for(f"{HEADLINE}.startsWith('MiniMax M2 ')")
    tab.draw_all()
    assert tab.complaints == []


def test_unknown_name_is_said_to_be_unknown(tab: Tab) -> None:
    """Nothing changes, and the page says why."""
    choose(tab, "model", "GPT-99")
    assert tab.run("document.getElementById('unknown').innerText") == "No model of that name is listed in coding."
    assert tab.run("location.hash") == ""


def test_up_to_four_models_are_compared(tab: Tab) -> None:
    """Each has a line with its name; a chip takes it away again."""
    choose(tab, "compare", "Grok Code Fast 1")
    choose(tab, "compare", "MiniMax M2.1")
    tab.draw_all()
    drawn = "[...document.querySelectorAll('#share .chart svg text')].map((one) => one.textContent)"
    assert {"MiniMax M2", "Grok Code Fast 1", "MiniMax M2.1"} <= set(tab.run(drawn))
    assert tab.run("location.hash").count("with=") == 2
    tab.run("document.querySelector('.chip').click()")
    tab.draw_all()
    assert "Grok Code Fast 1" not in tab.run(drawn)


def test_range_of_time_by_select_and_by_drag(tab: Tab) -> None:
    """Charts by week show the weeks within it; the address has it."""
    bars = "document.querySelectorAll('#share .chart svg .mark-rect.role-mark path').length"
    before = tab.run(bars)
    choose(tab, "from", "2025-11-03")
    choose(tab, "until", "2025-11-10")
    tab.draw_all()
    assert tab.run("location.hash") == "#from=2025-11-03&until=2025-11-10"
    assert tab.run(bars) < before
    tab.run("document.getElementById('back').click()")
    tab.draw_all()
    tab.run("document.querySelector('#share .chart').scrollIntoView({ block: 'center' })")
    box = tab.page.locator("#share .chart > div").first.bounding_box()
    assert box is not None
    tab.page.mouse.move(box["x"] + 80, box["y"] + 120)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 120, steps=5)
    tab.page.mouse.up()
    tab.wait_for("location.hash.includes('from=')")
    assert "until=" in tab.run("location.hash")


def test_nearest_week_is_read_out_by_pointer_and_by_keys(tab: Tab) -> None:
    """One box has all areas of the week; arrow keys do the same, and a live region says it."""
    tab.page.locator("#hero .chart > div").first.hover(position={"x": 300, "y": 200})
    tip = tab.run("document.querySelector('#hero .tip').innerText")
    assert "week of 2025-" in tip
    assert "Grok Code Fast 1" in tip
    assert "other listed models" in tip
    tab.run("document.querySelector('#hero .chart > div').focus()")
    tab.page.keyboard.press("Home")
    tab.page.keyboard.press("ArrowRight")
    said = tab.run("document.querySelector('#hero .live').textContent")
    assert said.startswith("week of 2025-10-27: ")
    assert "M2 family" in said
    tab.run("document.querySelector('#share .chart > div').focus()")
    tab.page.keyboard.press("End")
    assert "at most" in tab.run("document.querySelector('#share .live').textContent"), "no share of a week that lists none"


def test_csv_of_a_chart_is_its_table_with_its_citation(tab: Tab) -> None:
    """Plain numbers, ISO dates, absent as nothing, and no cell that a spreadsheet runs."""
    with tab.page.expect_download() as waiting:
        tab.run("document.querySelector('#hero .kit [data-do=csv]').click()")
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    assert len(rows) == tab.run("document.querySelectorAll('#hero tbody tr').length")
    assert {row["week_start"] for row in rows} >= {"2025-10-20", "2025-12-08"}
    assert all(0 < float(row["coding_token_share"]) < 1 for row in rows)
    assert all(row["citation"].startswith("Source: OpenRouter") for row in rows)
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())


def test_long_table_is_whole_with_scripts_and_says_so_without(
    browser: Browser, drawn: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has its end; opening it, or a mark that is clicked, brings all rows, of the model that is chosen."""
    monkeypatch.setattr(render, "LONGEST_TABLE", 3)
    path = drawn.data_dir.report.with_name("short.html")
    path.write_text(page.build(drawn))
    rows = "document.querySelectorAll('#{0} tbody tr').length"
    with opened(browser, path.as_uri(), has_scripts=False) as tab:
        assert tab.page.locator("#hero tbody tr").count() == tab.page.locator("#share tbody tr").count() == 3
        assert "The last 3 of 39 rows" in str(tab.page.locator("#hero .cut").text_content())
    with opened(browser, path.as_uri()) as tab:
        tab.run(
            "document.querySelectorAll('#hero details.data, #share details.data').forEach((one) => { one.open = true; })"
        )
        tab.wait_for(f"{rows.format('hero')} === 39 && {rows.format('share')} === 7")
        assert not tab.run("document.querySelector('#hero .cut').checkVisibility()")
        choose(tab, "model", "Grok Code Fast 1")
        tab.wait_for(f"{rows.format('share')} === 8")
        choose(tab, "model", "MiniMax M2")
        tab.wait_for(f"{rows.format('share')} === 7")
        assert tab.complaints == []


def test_picture_of_a_chart_stands_alone(tab: Tab) -> None:
    """It carries title, source with date and licence, and says that it is simulated; it refers to nothing of the page. A
    hatch, which the page explains once, is explained on it."""
    for key, said in (("hero", [tab.run(HEADLINE), "may still change"]), ("share", ["MiniMax M2 peaked"])):
        with tab.page.expect_download() as waiting:
            tab.run(f"document.querySelector('#{key} .kit [data-do=svg]').click()")
        content = waiting.value.path().read_bytes()
        text = " ".join(ElementTree.fromstring(content).itertext())  # noqa: S314 - our own
        assert [one for one in (*said, "CC BY 4.0", "SIMULATED") if one not in text] == []
        assert ("may still change" in text) is (b"url(#hatch)" in content), key
        assert b"var(--" not in content


def test_picture_of_every_chart_opens_and_is_not_blank(tab: Tab) -> None:
    """Each chart can be taken away as a PNG that shows something."""
    tab.run("document.getElementById('hood').open = true")
    tab.draw_all()
    charts = tab.run("[...document.querySelectorAll('.chart')].map((one) => one.closest('section').id)")
    assert len(charts) >= 6
    blank = []
    for key in charts:
        with tab.page.expect_download() as waiting:
            tab.run(f"document.querySelector('#{key} .kit [data-do=png]').click()")
        if tab.page.evaluate(COLOURS, base64.b64encode(waiting.value.path().read_bytes()).decode()) <= 20:
            blank.append(key)
    assert blank == []
    assert tab.complaints == []


def test_legend_hides_and_shows_what_it_names(tab: Tab) -> None:
    """An entry that is pressed again brings its marks back."""
    dots = "document.querySelectorAll('#measures .chart svg path').length"
    entry = "document.querySelector('#measures .legend button')"
    before = tab.run(dots)
    tab.run(f"{entry}.click()")
    tab.wait_for(f"{dots} < {before}")
    assert tab.run(f"{entry}.ariaPressed") == "false"
    tab.run(f"{entry}.click()")
    tab.wait_for(f"{dots} === {before}")


def test_family_of_m2_is_pinned(tab: Tab) -> None:
    """The first that the list offers are M2 and its successors."""
    offered = tab.run("[...document.getElementById('models').options].map((one) => one.value)")
    assert offered[:2] == ["MiniMax M2", "MiniMax M2.1"]


@pytest.mark.parametrize(("kind", "said"), [("link", "chart=share"), ("embed", "embed/share.html"), ("cite", "CC BY 4.0")])
def test_link_embed_and_citation_are_offered_as_text(tab: Tab, kind: str, said: str) -> None:
    """A box has them ready to copy, with the reader's choice in the link."""
    choose(tab, "model", "Grok Code Fast 1")
    tab.draw_all()
    tab.run(f"document.querySelector('#share .kit [data-do={kind}]').click()")
    text = tab.run("document.querySelector('#dialog textarea').value")
    assert said in text
    if kind != "embed":
        assert "model=x-ai%2Fgrok-code-fast-1" in text
    tab.run("document.getElementById('close').click()")
    assert not tab.run("document.getElementById('dialog').open")


def test_link_to_a_chart_lands_on_it(browser: Browser, drawn: Settings) -> None:
    """Below the bar that sticks, also where the chart is under the hood."""
    with opened(browser, f"{drawn.data_dir.report.as_uri()}#chart=share") as tab:
        tab.draw_all()
        top = tab.run("document.querySelector('#share h2').getBoundingClientRect().top")
        bar = tab.run("document.querySelector('.bar').getBoundingClientRect().bottom")
        assert bar - 2 <= top < 500
