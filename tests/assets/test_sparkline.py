"""The image that M2's assets show in the UI, taken apart as a reader sees it: where its line runs, and what it says."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from assets.sparkline import COLUMNS, HEIGHT, INLINE_CHARACTERS, Point, sparkline

MONDAY = date(2025, 10, 27)


def weeks(*values: float | None) -> list[Point]:
    return [(MONDAY + timedelta(weeks=number), value) for number, value in enumerate(values)]


def lines(markdown: str) -> list[list[tuple[float, float]]]:
    """The stretches of the drawn line, as points in the image's own units."""
    image = unquote(markdown.partition("(data:image/svg+xml,")[2].partition(")")[0])
    path = ET.fromstring(image)[-1].attrib["d"]  # noqa: S314 - our own
    found = []
    for stretch in path.split("M")[1:]:
        start, _, steps = stretch.partition("l")
        (x, y), moves = (float(one) for one in start.split(",")), [float(n) for n in re.findall(r"-?\d+", steps)]
        points = [(x, y)]
        for dx, dy in zip(moves[::2], moves[1::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        found.append(points)
    return found


def test_line_rises_from_zero_to_the_greatest() -> None:
    """Heights are in proportion: half the greatest share stands half as high."""
    [line] = lines(sparkline("coding_token_share", weeks(0.0, 0.06, 0.12)) or "")
    assert line == [(0, HEIGHT), (1, HEIGHT / 2), (2, 0)]


@pytest.mark.parametrize("absent", [weeks(0.1, None, 0.1, 0.1), [p for p in weeks(0.1, 0, 0.1, 0.1) if p[1]]])
def test_absent_is_a_gap(absent: list[Point]) -> None:
    """A week without a value breaks the line, be it listed as NULL or not read at all; it is not drawn at zero."""
    assert [[x for x, _ in line] for line in lines(sparkline("coding_token_share", absent) or "")] == [[0, 0], [2, 3]]


def test_words_say_what_was_last_and_greatest() -> None:
    """The image needs no axis: measure, dates and figures stand beside it."""
    assert (sparkline("coding_token_share", weeks(0.1, 0.1231, 0.05)) or "").endswith(
        "`coding_token_share`, newest 2025-11-10: 5.00%; greatest 12.31% on 2025-11-03"
    )
    assert "newest 2025-11-10: not listed; the last time 2025-11-03 with 84,323; greatest" in (
        sparkline("total_tokens", weeks(1, 84_323, None)) or ""
    )


def test_what_was_never_listed_has_no_line() -> None:
    """No image is better than an empty one."""
    assert sparkline("coding_token_share", weeks(None, None)) is None
    assert sparkline("coding_token_share", []) is None


@pytest.mark.parametrize("days", [1, 2, COLUMNS, COLUMNS + 1, 700, 3000])
def test_image_stays_short_enough_to_be_shown_in_place(days: int) -> None:
    """However long the history, and however much it jumps, the UI shows the image without a click."""
    points: list[Point] = [(MONDAY + timedelta(days=day), (day * 7919) % 1000 * 10.0**8) for day in range(days)]
    drawn = sparkline("coding_token_share_estimate", points) or ""
    assert 0 < len(drawn) < INLINE_CHARACTERS
    [line] = lines(drawn)
    assert min(y for _, y in line) == (0 if days > 1 else HEIGHT)
