"""The files beside the page: complete, safe to pass on, drawn again only where something changed."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pytest
import vl_convert
from playwright.sync_api import Browser

from pipeline import worker
from pipeline.publish.report import archive, engine, files, head, picture, still
from pipeline.publish.report.content import Content
from pipeline.publish.report.drawing import HATCH, LIT, compiled, finished, rows_of, width_of
from pipeline.publish.report.markup import file, light_colours
from pipeline.publish.report.section import Column, Key, Row, Section
from pipeline.publish.report.story import Story
from pipeline.publish.report.words import words
from pipeline.wording import text
from tests.browser import opened
from tests.support import instant, settings_for

M2, RIVAL = "minimax/minimax-m2", "x-ai/grok-code-fast-1"
HOSTILE = "author/<script>document.title='taken'</script>&\"]]>"
CITED = "Source: OpenRouter (openrouter.ai/rankings), as of 2026-01-02T06:00:00Z. Licensed under CC BY 4.0."
HEADLINE = "MiniMax M2 took an eighth of coding in two weeks – most of its tokens free"
BUILD: dict[str, Any] = {"built_at": instant("2026-01-02T06:31"), "version": "1.0", "git_commit": None}
PAGE = f'<!DOCTYPE html><head><link href="feed.xml"></head><body>\n{HEADLINE}<a href="#hero">M2</a></body>'
SVG = "{http://www.w3.org/2000/svg}"

DRAWN = compiled(
    finished(
        rows_of("rows").mark_bar(fill=LIT).encode(x="week_start:T", y="coding_token_share:Q"),
        rows_of("rows").transform_filter("datum.is_provisional").mark_bar(fill=HATCH).encode(x="week_start:T"),
        rows_of("rows").mark_text().encode(x=alt.value(40), y=alt.value(20), text="label:N"),
        height=200,
    )
)


def made(key: str, *, share: float = 0.12, name: str = "M2", **changes: Any) -> Section:
    """A section of two weeks; the second is provisional and not listed."""
    rows: list[Row] = [
        {"week_start": date(2025, 11, 3), "label": name, "coding_token_share": share, "is_provisional": False},
        {"week_start": date(2025, 11, 10), "label": name, "coding_token_share": None, "is_provisional": True},
    ]
    made_section = Section(
        words=words("en"), key=key, query="coding_board", title=f"{name} peaked", subtitle="Share of coding tokens.",
        note="Weekly sample.", columns=[Column(one, one) for one in rows[0]], rows=rows, datasets={"rows": rows},
        spec=DRAWN, x="week_start", legend=[Key("lit", f"{name}'s share"), Key("line", "a line")],
    )  # fmt: skip
    return replace(made_section, **changes)


def hero(share: float = 0.12, **changes: Any) -> Section:
    """The section of the card, which follows the choice of a model."""
    own = made("hero", share=share)
    rows = [{"base_permaslug": model, **row} for model in (M2, RIVAL) for row in own.rows]
    return replace(own, rows=rows, datasets={"rows": rows}, titles={M2: "M2 peaked at 12.0 %", RIVAL: "Another"}, **changes)


def latest() -> list[Row]:
    return [
        {
            "week_kind": kind, "week_start": date(2025, 11, 3), "base_permaslug": M2, "coding_token_share": None,
            "coding_token_share_lower": 0.0, "coding_token_share_upper": 0.02, "coding_rank": None,
            "is_provisional": False, "citation": CITED,
        }
        for kind in ("newest_final", "newest")
    ]  # fmt: skip


def lines(cited: str = CITED) -> dict[str, Row]:
    """The citation of the table that the sections read; that of prices may not be passed on."""
    line = {"citation": cited, "may_republish": True}
    return {"marts.coding_leaderboard_weekly": line, "marts.price_intelligence": line | {"may_republish": False}}


def content(folder: Path, sections: Sequence[Section], *, is_simulated: bool = False, **changes: Any) -> Content:
    """What ``files`` and ``head`` take. ``status`` is what the page alone says."""
    given: dict[str, Any] = {
        "settings": settings_for(folder / "data", simulated=is_simulated, public_url=changes.pop("public_url", None)),
        "words": words("en"), "is_local": False, "sections": sections, "chosen": M2, "latest": latest(),
        "stories": {M2: Story(changes.pop("headline", HEADLINE), changes.pop("lede", "Its free variant left."), ())},
        "citations": [], "lines": lines(), "build": BUILD, "status": None,
    }  # fmt: skip
    return Content(**given | changes)


def write(
    folder: Path, sections: Sequence[Section], *, page: str = PAGE, version: str | None = None, **changes: Any
) -> Path:
    version = version or archive.archive_name(folder, BUILD["built_at"], sections)
    with files.writing(folder, content(folder.parent / "settings", sections, **changes), page=page, version=version):
        pass
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("report"), [hero(), made("other", name=HOSTILE)])


def pixels(png: bytes) -> np.ndarray[Any, Any]:
    """Height × width × 4, of a PNG as the drawing library writes it: 8 bits, RGBA, each line as differences to the left."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    data, at = b"", 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0]
        data += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, colours = struct.unpack(">IIBB", png[16:26])
    lines = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(height, 1 + 4 * width)
    assert (depth, colours, set(lines[:, 0])) == (8, 6, {1})
    return np.cumsum(lines[:, 1:].reshape(height, width, 4), axis=1, dtype=np.uint8)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def moments(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in names(folder)}


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_each_drawn_section_has_its_files(written: Path) -> None:
    version = archive.names(written)[0]
    assert re.fullmatch(r"20260102T063100Z-[0-9a-f]{12}", version)
    assert names(written) == {
        ".files.json", "card.png", "latest.csv", "latest.json", "archive/index.html", f"archive/{version}/index.html",
        *(f"charts/{key}.{form}" for key in ("hero", "other") for form in ("svg", "png", "csv")),
        "embed/hero.html", "embed/other.html",
    }  # fmt: skip


def test_pictures_open_and_are_not_blank(written: Path) -> None:
    """The card has the size that link previews want; on each picture there are text, and bars in the accent."""
    for name in ("card.png", "charts/hero.png", "charts/other.png"):
        drawn = pixels((written / name).read_bytes())
        height, width = drawn.shape[:2]
        assert (width, height) == (1200, 630) if name == "card.png" else width == 1362, name
        accent = np.array([int(light_colours()["lit"][at : at + 2], 16) for at in (1, 3, 5)], dtype=np.uint8)
        assert (drawn[:, :, 3] == 255).all(), "a picture without background is black in dark readers"
        assert (drawn[:, :, :3] == accent).all(axis=2).sum() > 1000
        assert (drawn[:, :, :3] < 60).all(axis=2).sum() > 500


def test_pictures_are_compressed_without_loss(tmp_path: Path) -> None:
    svg = picture.picture(hero(), content(tmp_path, []), CITED)
    drawn, small = vl_convert.svg_to_png(svg, scale=1), engine.png_of(svg)
    assert (pixels(drawn) == pixels(small)).all()
    assert len(small) < len(drawn)


def test_drawings_stand_alone(written: Path) -> None:
    """A picture has its title, source, date and licence, no colour of the page's, and only what it has itself."""
    for key, title in (("hero", "M2 peaked at 12.0 %"), ("other", f"{HOSTILE} peaked")):
        root = ElementTree.parse(written / f"charts/{key}.svg").getroot()  # noqa: S314 - our own file
        found = " ".join(node.text or "" for node in root.iter(f"{SVG}text"))
        said = re.sub(r"\s", "", found)
        for wanted in (
            title,
            "Share of coding tokens.",
            "Weekly sample.",
            "provisional, may still change",
            CITED,
        ):
            assert re.sub(r"\s", "", wanted) in said
        drawn = (written / f"charts/{key}.svg").read_text()
        assert "var(" not in drawn
        assert set(re.findall(r"url\(#([\w-]+)\)", drawn)) <= set(re.findall(r' id="([\w-]+)"', drawn))
        assert list(root.iter(f"{SVG}script")) == list(root.iter(f"{SVG}image")) == []


def test_a_hatch_is_explained_where_there_is_one(tmp_path: Path) -> None:
    own = made("other")
    for section, times in ((own, 1), (replace(own, datasets={"rows": own.rows[:1]}), 0)):
        write(tmp_path, [section])
        for name in ("charts/other.svg", "embed/other.html"):
            assert (tmp_path / name).read_text().count("provisional, may still change") == times


def test_nothing_on_a_picture_is_outside_it(tmp_path: Path) -> None:
    """Long titles and sources wrap, whatever is in them."""
    for letter in ("W", "m ", "中", "a<b ", "M2 took 12.3 % of coding "):
        line = letter * (300 // len(letter))
        for bold in (True, False):
            lines = picture.wrapped(line, 860, 26, bold=bold, is_even=bold)
            assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", line)
            assert max(width_of(one, 26, bold=bold) for one in lines) <= 860
    capitals, source = "NOW ON OPENROUTER: GROK CODE FAST 1 AND GPT-5 " * 4, f"{CITED} {HOSTILE} " * 4
    for title, size in ((HEADLINE * 3, None), (capitals, (1200, 630)), ("W" * 90, None)):
        section = hero(subtitle=title)
        svg = picture.picture(section, content(tmp_path, []), source, headline=title, size=size)
        assert (pixels(engine.png_of(svg))[:, -12:] == 255).all()
        assert (pixels(engine.png_of(svg))[-12:] == 255).all()


def test_tables_are_the_rows(written: Path) -> None:
    """The table behind the chart, that of the chosen model, with the citation beside each row; NULL is nothing, not 0."""
    for key, own in (("hero", {"base_permaslug": M2}), ("other", {})):
        section = hero() if key == "hero" else made("other", name=HOSTILE)
        wanted = [
            {**own, **{name: "" if value is None else text(value) for name, value in row.items()}, "citation": CITED}
            for row in still.rows_of_table(section, M2)
        ]
        assert rows_of_csv(written / f"charts/{key}.csv") == wanted
        assert wanted[1]["coding_token_share"] == ""
        assert wanted[0]["week_start"] == "2025-11-03"


def test_newest_figures_are_flat_and_documented(written: Path) -> None:
    as_json = json.loads((written / "latest.json").read_text())
    rows = rows_of_csv(written / "latest.csv")
    assert [row["week_kind"] for row in rows] == ["newest_final", "newest"]
    assert rows[0]["built_at"] == "2026-01-02T06:31:00Z"
    assert rows[0]["coding_token_share"] == ""
    assert list(rows[0]) == list(as_json["rows"][0]) == list(as_json["columns"])
    assert all(as_json["columns"].values())
    assert as_json["rows"][0]["coding_token_share"] is None
    assert as_json["rows"][0]["citation"] == CITED


def test_embeds_make_no_request_and_need_no_script(written: Path, browser: Browser) -> None:
    """On a phone the narrow drawing shows, in the dark dark colours; the only address is that of the page."""
    for key in ("hero", "other"):
        path = written / f"embed/{key}.html"
        source = path.read_text()
        assert "<script" not in source
        assert re.findall(r'(?:href|src)="([^"]*)"', source) == ["data:,", f"../index.html#{key}"]
        assert "default-src 'none'; style-src 'sha256-" in unescape(source)
        for width, kind in ((900, "wide"), (390, "narrow")):
            with opened(browser, path.as_uri(), width=width, is_dark=True, has_scripts=False) as tab:
                assert (tab.requested, tab.complaints) == ([path.as_uri()], [])
                assert tab.page.locator(".chart svg:visible").count() == 1
                assert tab.page.locator(f".chart.{kind} svg").is_visible()
                assert tab.run("document.documentElement.scrollWidth") <= width
                assert tab.run("getComputedStyle(document.documentElement).backgroundColor") == "rgb(20, 20, 22)"
                assert tab.page.title() == ("M2 peaked at 12.0 %" if key == "hero" else f"{HOSTILE} peaked")


def test_every_colour_has_a_dark_one() -> None:
    _, dark = file("colours.css").split("@media screen and (prefers-color-scheme: dark)")
    assert [colour for colour in light_colours() if f"--{colour}: " not in dark] == []


def test_embeds_lead_to_the_public_page(tmp_path: Path) -> None:
    write(tmp_path, [hero()], public_url="https://example.org/m2")
    assert 'href="https://example.org/m2/#hero"' in (tmp_path / "embed/hero.html").read_text()


def test_what_is_unchanged_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [hero(), made("other")])
    before = moments(tmp_path)
    monkeypatch.setattr(vl_convert, "vega_to_svg", _never)
    monkeypatch.setattr(vl_convert, "svg_to_png", _never)
    write(tmp_path, [hero(), made("other")])
    assert moments(tmp_path) == before


def test_fetched_again_only_tables_change(tmp_path: Path) -> None:
    """Figures that are the same keep their pictures, whose citation holds; each row of a table has the newest."""
    write(tmp_path, [hero()])
    before = moments(tmp_path)
    again = CITED.replace("2026-01-02", "2026-01-03")
    write(tmp_path, [hero()], lines=lines(again))
    now = moments(tmp_path)
    assert {name for name in now if now[name] != before[name]} == {"charts/hero.csv", ".files.json"}
    assert rows_of_csv(tmp_path / "charts/hero.csv")[0]["citation"] == again


def _never(*_: Any, **__: Any) -> Any:
    raise AssertionError("drawn again")


@pytest.mark.parametrize(
    ("change", "rewritten"),
    [
        ({"share": 0.2}, {"charts/other.svg", "charts/other.png", "charts/other.csv", "embed/other.html"}),
        ({"note": "Another note."}, {"charts/other.svg", "charts/other.png", "embed/other.html"}),
    ],
    ids=["a figure", "a note"],
)  # fmt: skip
def test_a_change_rewrites_only_its_own_files(tmp_path: Path, change: dict[str, Any], rewritten: set[str]) -> None:
    write(tmp_path, [hero(), made("other")])
    before = moments(tmp_path)
    write(tmp_path, [hero(), made("other", **change)])
    now = moments(tmp_path)
    versions = {name for name in now if name.startswith("archive/")}
    assert {name for name in now if now[name] != before.get(name)} - versions - {".files.json"} == rewritten


def test_a_writer_that_was_killed_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing says of a file that it is current when it may not be: the next writer makes all again."""
    write(tmp_path, [hero()])
    old = (tmp_path / "charts/hero.svg").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(worker, "submit", _never)
        with pytest.raises(AssertionError):
            write(tmp_path, [hero(0.3)])
    assert (tmp_path / "charts/hero.svg").read_bytes() != old
    write(tmp_path, [hero()])
    assert (tmp_path / "charts/hero.svg").read_bytes() == old


def test_files_of_a_section_that_is_gone_are_removed(tmp_path: Path) -> None:
    """Also those that no state file knows of. The archive keeps its versions."""
    write(tmp_path, [hero(), made("other")])
    (tmp_path / "charts/of-long-ago.svg").write_text("")
    (tmp_path / ".files.json").unlink()
    write(tmp_path, [made("other")])
    assert {path.name for path in (tmp_path / "charts").iterdir()} == {"other.svg", "other.png", "other.csv"}
    assert {path.name for path in (tmp_path / "embed").iterdir()} == {"other.html"}
    assert not (tmp_path / "card.png").exists()
    assert len(archive.names(tmp_path)) == 2


def test_what_may_not_be_passed_on_is_in_no_file(tmp_path: Path) -> None:
    """Neither a section that draws nothing here, nor one of which no citation allows it."""
    write(tmp_path, [hero(), made("empty", rows=[], datasets={"rows": []}), made("secret", query="price")])
    assert not [name for name in names(tmp_path) if "empty" in name or "secret" in name]


def test_simulated_data_says_so_in_every_file(tmp_path: Path) -> None:
    page = "<!DOCTYPE html><head></head><body>SIMULATED</body>"
    write(tmp_path, [hero()], is_simulated=True, page=page)
    plain = write(tmp_path / "plain", [hero()])
    for name in names(plain) - {".files.json"}:
        own = (tmp_path / name).read_bytes()
        if name.endswith(".png"):
            assert own != (plain / name).read_bytes()
        else:
            assert b"SIMULATED" in own, name
    assert all(row["citation"].startswith("SIMULATED") for row in rows_of_csv(tmp_path / "charts/hero.csv"))
    assert ">SIMULATED</text>" in (tmp_path / "charts/hero.svg").read_text()
    assert "SIMULATED" in head.head_tags(content(tmp_path, [hero()], is_simulated=True))


# --- archive --------------------------------------------------------------------------------------------------------------


def test_a_version_is_kept_where_figures_changed(tmp_path: Path) -> None:
    """The same figures have the same version, whenever they are built; it is never written again."""
    first = archive.archive_name(tmp_path, instant("2026-01-02T06:31"), [hero()])
    write(tmp_path, [hero()], version=first)
    kept = (tmp_path / "archive" / first / "index.html").read_text()
    assert archive.archive_name(tmp_path, instant("2026-01-03T06:31"), [hero()]) == first
    write(tmp_path, [hero()], version=first, page="<body>another</body>")
    assert (tmp_path / "archive" / first / "index.html").read_text() == kept
    second = archive.archive_name(tmp_path, instant("2026-01-04T06:31"), [hero(0.2)])
    assert second.startswith("20260104T063100Z-")
    write(tmp_path, [hero(0.2)], version=second)
    assert archive.names(tmp_path) == [first, second]
    listed = (tmp_path / "archive/index.html").read_text()
    assert listed.index(f'href="{second}/index.html"') < listed.index(f'href="{first}/index.html"')


def test_a_version_says_that_it_is_one_and_its_links_lead_out(written: Path) -> None:
    [version] = archive.names(written)
    kept = (written / "archive" / version / "index.html").read_text()
    assert "Archived version of 2 January 2026: newer figures may exist." in kept.replace("\u00a0", " ")
    assert re.findall(r'href="([^"]*)"', kept) == ["../../feed.xml", "../../index.html", "#hero"]


# --- what the head of the page says ---------------------------------------------------------------------------------------


def data_set(tags: str) -> dict[str, Any]:
    [content] = re.findall(r'<script type="application/ld\+json">(.*)</script>', tags, re.DOTALL)
    found: dict[str, Any] = json.loads(content)
    return found


def test_without_an_address_the_head_names_none(tmp_path: Path) -> None:
    tags = head.head_tags(content(tmp_path, [hero()]))
    found = data_set(tags)
    assert tags.count("<") == 2
    assert (found["@type"], found["temporalCoverage"]) == ("Dataset", "2025-11-03/2025-11-10")
    assert found["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert 50 <= len(found["description"]) <= 5000
    assert "distribution" not in found


def test_with_an_address_links_have_a_preview(tmp_path: Path) -> None:
    public_url = "https://example.org/m2"
    tags = head.head_tags(content(tmp_path, [hero(), made("other")], public_url=public_url))
    assert '<link rel="canonical" href="https://example.org/m2/">' in tags
    assert '<meta property="og:image" content="https://example.org/m2/card.png">' in tags
    assert f'<meta property="og:title" content="{HEADLINE}">' in tags
    assert '<meta name="twitter:card" content="summary_large_image">' in tags
    urls = [one["contentUrl"] for one in data_set(tags)["distribution"]]
    assert urls == [f"https://example.org/m2/{name}" for name in ("latest.csv", "charts/hero.csv", "charts/other.csv")]
    without_hero = head.head_tags(content(tmp_path, [made("other")], public_url=public_url))
    assert "card.png" not in without_hero


def test_no_text_leaves_its_place_in_the_head(browser: Browser, tmp_path: Path) -> None:
    """Hostile texts stay texts, and JSON-LD is data: a policy without scripts has nothing to complain of."""
    said = content(tmp_path, [hero()], headline=HOSTILE, lede=HOSTILE, public_url=f"https://e.org/{HOSTILE}")
    tags = head.head_tags(said)
    policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    with opened(browser, "about:blank") as tab:
        tab.page.set_content(f"<head>{policy}<title>own</title>{tags}</head>")
        assert tab.page.title() == "own"
        assert tab.page.locator('[property="og:title"]').get_attribute("content") == HOSTILE
        assert tab.run("JSON.parse(document.querySelector('script').textContent)['@type']") == "Dataset"
        assert (tab.requested, tab.complaints) == ([], [])
