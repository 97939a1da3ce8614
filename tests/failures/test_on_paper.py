"""What is on the page is on paper, too, and in a picture of the whole page."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import Browser

from pipeline.publish.report import page
from tests.browser import Tab, opened
from tests.pipeline.publish.report.test_page import publish, readings

NEVER_IDLE = "window.requestIdleCallback = () => {}; window.IntersectionObserver = class { observe() {} };"
"""Nothing is drawn by the page's script as long as the page is only looked at: as if it were printed at once."""
MARKS = """
[...document.querySelectorAll('.chart')].map((chart) => {
    const marks = [...chart.querySelectorAll('svg path:not([opacity="0"])')];
    return marks.filter((one) => {
        const box = one.getBoundingClientRect();
        return box.width + box.height > 1 && one.checkVisibility({ visibilityProperty: true });
    }).length;
})
"""
COLOURS = """
async ({ picture, boxes }) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return boxes.map(([x, y, width, height]) => {
        const seen = new Set(new Uint32Array(canvas.getImageData(x, y, width, height).data.buffer));
        return seen.size;
    });
}
"""
BOXES = """
[...document.querySelectorAll('.chart')].map((one) => {
    const box = one.getBoundingClientRect();
    return [box.x, box.y + scrollY, box.width, box.height];
})
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page.write(publish(tmp_path_factory.mktemp("paper"), readings(), is_simulated=True)).as_uri()


@pytest.fixture
def at_once(browser: Browser, url: str) -> Iterator[Tab]:
    """The page, before its script had time for any chart."""
    with opened(browser, url, before=NEVER_IDLE) as tab:
        yield tab


def paths_of(pdf: bytes) -> int:
    """How many lines and areas are drawn."""
    document = pypdfium2.PdfDocument(pdf)
    kind = pypdfium2.raw.FPDF_PAGEOBJ_PATH
    return sum(1 for sheet in document for _ in sheet.get_objects(filter=[kind], max_depth=15))


def test_f50_no_chart_is_empty_on_paper(at_once: Tab) -> None:
    """Printed as soon as it is open, the page has every chart, drawn for this reader, with every mark of it."""
    assert min(at_once.run(MARKS)) > 0, "before it is printed"
    printed = at_once.page.pdf(print_background=True)
    assert at_once.run("document.querySelectorAll('.chart > svg, .chart > .drawing').length") == 0
    marks = at_once.run(MARKS)
    assert len(marks) >= 8
    assert min(marks) > 0
    assert paths_of(printed) >= sum(marks)


@pytest.mark.parametrize("width", [390, 1600])
def test_f50_no_chart_is_empty_in_a_picture_of_the_page(at_once: Tab, browser: Browser, width: int, tmp_path: Path) -> None:
    """ "Capture full page", on a telephone and on a wide screen, shows what was never scrolled into view."""
    at_once.page.set_viewport_size({"width": width, "height": 800})
    at_once.screenshot(tmp_path / "page.png")
    given = {"picture": base64.b64encode((tmp_path / "page.png").read_bytes()).decode(), "boxes": at_once.run(BOXES)}
    with opened(browser, "about:blank") as reader:
        assert min(reader.page.evaluate(COLOURS, given)) > 3


def test_f50_charts_that_are_not_looked_at_are_drawn_in_time(browser: Browser, url: str) -> None:
    """Nobody has to scroll for a chart to be drawn at its width, and there is no instant at which it is empty."""
    with opened(browser, url) as tab:
        tab.draw_all()
        assert min(tab.run(MARKS)) > 0
        assert tab.complaints == []


def test_f50_tables_are_printed_whole(browser: Browser, url: str) -> None:
    """A table that scrolls on the screen is not cut on paper."""
    with opened(browser, url) as tab:
        tab.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        tab.page.emulate_media(media="print")
        cut = "[...document.querySelectorAll('.scroll')].filter((one) => one.scrollHeight > one.clientHeight + 1).length"
        assert tab.run(cut) == 0
