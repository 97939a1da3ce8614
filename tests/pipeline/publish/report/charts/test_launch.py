"""Launches: no peak and no half-life is made up, and the title counts what the strip shows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.contracts.table import M2
from pipeline.publish.report.charts import launch
from pipeline.publish.report.words import words
from tests.pipeline.publish.report.charts.found import found

HALF: dict[str, Any] = {
    "half_life_weeks_lower": 2, "half_life_weeks_upper": None, "half_life_status": "not yet reached",
    "half_life_is_resolved": None,
}  # fmt: skip


def launched(slug: str, peak: float | None) -> dict[str, Any]:
    return {
        "base_permaslug": slug, "first_week": date(2025, 10, 27), "peak_coding_token_share": peak,
        "weeks_to_peak": None if peak is None else 1, **HALF,
    }  # fmt: skip


def titled(*launches: dict[str, Any]) -> str:
    return launch.section(found({"launches": launches, "models": [{"base_permaslug": M2, **HALF}]})).titles[M2]


def test_the_title_counts_the_launches_below_it() -> None:
    title = titled(launched("a/high", 0.5), launched(M2, 0.12), launched("a/low", 0.1), launched("a/new", None))
    assert title == "First listed in coding in the week of 27 October 2025, M2 peaked higher than 1 of 2 others"


def test_no_peak_is_made_up() -> None:
    """Alone it has a peak but nobody below it; with provisional weeks only it has none; what was not seen is said."""
    assert titled(launched(M2, 0.12)) == "First listed in coding in the week of 27 October 2025, M2 peaked at 12.0 %"
    assert (
        titled(launched("a/high", 0.5), launched(M2, None))
        == "M2, first listed in coding in the week of 27 October 2025, has no final week yet"
    )
    assert titled(launched("a/high", 0.5)) == "The launch of M2 in coding was not observed"
    section = launch.section(found({"launches": [launched(M2, None)], "models": [{"base_permaslug": M2, **HALF}]}))
    assert section.datasets["own"] == []


@pytest.mark.parametrize(
    ("half", "said"),
    [
        ({}, ""),
        (
            {"half_life_weeks_upper": 3, "half_life_weeks_lower": 3, "half_life_status": "reached"},
            ", half of it 3 weeks later",
        ),
        ({"half_life_weeks_upper": 4, "half_life_status": "reached"}, ", half of it 2 to 4 weeks later"),
        (
            {"half_life_weeks_upper": 4, "half_life_status": "reached", "half_life_is_resolved": False},
            ", about half of it 4 weeks later",
        ),
        ({"half_life_status": "cannot be known"}, ", when it halved is not known"),
    ],
)
def test_half_is_said_to_be_unknown_only_where_it_is(half: dict[str, Any], said: str) -> None:
    """A model that is still above half of its peak has no half-life yet, and the label ends before it."""
    assert launch.half_of(HALF | half, words("en")) == said


def test_names_of_close_peaks_are_apart() -> None:
    section = launch.section(found({"launches": [launched(f"a/m{one}", 0.3 - one / 1000) for one in range(6)]}))
    for is_narrow in (False, True):
        names = [row for row in section.datasets["names"] if row["is_narrow"] is is_narrow]
        assert len(names) == len({(row["align"], row["dx"], row["dy"]) for row in names}) == launch.PEERS
