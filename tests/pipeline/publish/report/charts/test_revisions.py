"""Revisions: "always" is said only where each figure changed, and hours are those that make a day provisional."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.publish.report.charts import revisions
from tests.pipeline.publish.report.charts.found import found


def counted(start: float, end: float | None, changed: int, pairs: int, kind: str = "usage_day") -> dict[str, Any]:
    return {
        "series_kind": kind, "hours_after_close_from": start, "hours_after_close_to": end, "reading_pairs": pairs,
        "changed_pairs": changed, "median_relative_change": None, "max_relative_change": None,
    }  # fmt: skip


EARLY, LATE = counted(0, 1, 35, 35), counted(384, None, 1, 1126)


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([EARLY, LATE], "Figures fetched within 4 hours of midnight always changed (35 of 35)"),
        ([EARLY, counted(1, 2, 0, 3), LATE], "35 of 38 figures fetched within 4 hours of midnight changed"),
        ([LATE], "1 of 1,126 figures fetched 4 hours or more after midnight changed"),
        ([counted(0, 1, 2, 2, "category_week")], "How much figures still changed after their period closed"),
        ([], "How much figures still changed after their period closed"),
    ],
)
def test_the_title_counts_days(rows: list[dict[str, Any]], title: str) -> None:
    assert revisions.section(found({"revisions": rows})).title == title


def test_later_figures_are_in_the_note() -> None:
    section = revisions.section(found({"revisions": [LATE, EARLY]}))
    assert section.note.startswith("Of figures fetched later, 1 of 1,126 changed. ")
    assert [row["bucket"] for row in section.rows] == ["384+", "0–1"]
    assert not revisions.section(found({"revisions": [EARLY]})).note.startswith("Later")
