"""A sparkline: a measure over time as an image of a few hundred bytes, beside its newest and its greatest value in words.

Belongs here: drawing. Not here: what is drawn (the contracts), the charts of the page (``pipeline.publish.report``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby, pairwise
from urllib.parse import quote

# Dagster shows Markdown in place below this length, and behind a button above it.
INLINE_CHARACTERS = 1000
COLUMNS, HEIGHT = 72, 32
FEW = 100  # of less the decimals are said, too

Point = tuple[date, float | None]


def sparkline(measure: str, points: Sequence[Point]) -> str | None:
    """Markdown; None where the measure was never known. ``points`` are in the order of time.

    A period without a value is a gap, be it that its value is NULL or that it has no row: absent is not zero. Zero is the
    bottom of the image. Where there are more periods than columns, a column is as high as the greatest of its periods.
    """
    known = [(at, value) for at, value in points if value is not None]
    if not known:
        return None
    newest = points[-1][0]
    top_at, top = max(known, key=lambda point: point[1])
    last_at, last = known[-1]
    said = _said(measure, last) if last_at == newest else f"not listed; the last time {last_at} with {_said(measure, last)}"
    words = f"`{measure}`, newest {newest}: {said}; greatest {_said(measure, top)} on {top_at}"
    image = quote(_svg(*_columns(points), top), safe="='/:.,")
    return f"![{measure} from {points[0][0]} to {newest}](data:image/svg+xml,{image})\n\n{words}"


def _said(measure: str, value: float) -> str:
    if "share" in measure:
        return f"{value:.2%}"
    return f"{value:,.0f}" if abs(value) >= FEW else f"{value:.2f}"


def _columns(points: Sequence[Point]) -> tuple[int, list[tuple[int, float]]]:
    """How many columns the image has, and those with a value. Periods that follow each other stand side by side."""
    days = [at.toordinal() for at, _ in points]
    period = min((b - a for a, b in pairwise(days)), default=1)
    length = (days[-1] - days[0]) // period + 1
    width = min(COLUMNS, length)
    greatest: dict[int, float] = {}
    for day, (_, value) in zip(days, points, strict=True):
        if value is not None:
            column = (day - days[0]) // period * width // length
            greatest[column] = max(value, greatest.get(column, value))
    return width, sorted(greatest.items())


def _svg(width: int, columns: Sequence[tuple[int, float]], top: float) -> str:
    stretches = groupby(enumerate(columns), key=lambda numbered: numbered[1][0] - numbered[0])
    line = "".join(_stretch([column for _, column in stretch], top or 1) for _, stretch in stretches)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='288' height='48' viewBox='-1 -1 {width + 1} {HEIGHT + 2}' "
        f"preserveAspectRatio='none'><path d='M-1-1h{width + 1}v{HEIGHT + 2}h-{width + 1}' fill='#8882'/><path d='{line}' "
        "fill='none' stroke='#4f43dd' stroke-width='1.5' stroke-linecap='round' vector-effect='non-scaling-stroke'/></svg>"
    )


def _stretch(columns: Sequence[tuple[int, float]], top: float) -> str:
    """A line through columns without a gap between them; a column that stands alone is a dot."""
    (x, first), *rest = columns
    heights = [HEIGHT - round(value / top * HEIGHT) for value in (first, *(value for _, value in rest))]
    steps = [f"1,{to - at}" for at, to in pairwise(heights)] or ["0,0"]
    return f"M{x},{heights[0]}l{','.join(steps)}".replace(",-", "-")
