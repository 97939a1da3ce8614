"""Measures: the title has the span of its best week, and no share of a week that does not list M2."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from pipeline.publish.report import drawing
from pipeline.publish.report.charts import measures
from tests.pipeline.publish.report.charts.found import found


def measured(measure: str, share: float | None, moment: str = measures.BEST) -> dict[str, Any]:
    return {
        "moment": moment, "measure": measure, "week_start": date(2025, 11, 3), "quantity": "tokens", "measure_share": share,
        "measure_share_lower": share or 0, "measure_share_upper": share or 0.02, "measure_rank": None, "is_sampled": True,
        "is_provisional": False,
    }  # fmt: skip


def test_the_title_has_the_span_of_the_best_week() -> None:
    rows = [measured("platform", 0.067), measured("category_programming", 0.123), measured("platform", 0.3, measures.NEWEST)]
    section = measures.section(found({"measures": rows}))
    assert section.title == "M2 had 12.3 % of coding tokens and 6.7 % of the whole platform"
    assert [row["measure"] for row in section.rows] == ["category_programming", "platform", "platform"]


def test_what_is_not_listed_has_no_share() -> None:
    section = measures.section(found({"measures": [measured("platform", None), measured("category_programming", 0.123)]}))
    assert section.title == "M2 had 12.3 % in the week of 3 November 2025"
    assert section.rows[1]["at_most"] == "at most 2.0 %"
    assert [key.text for key in section.legend] == [
        "best week of coding",
        "best week of coding: not listed, at most this much",
    ]
    newest = measures.section(found({"measures": [measured("platform", 0.1, measures.NEWEST)]}))
    assert newest.title == "M2’s share by each measure"
    assert [key.kind for key in newest.legend] == ["blue"]
    assert measures.section(found({})).rows == []


def test_a_bound_never_wears_the_accent_colour() -> None:
    """What is not listed is grey; a bound far beyond what is measured is a text beside zero, and no bar."""
    section = measures.section(found({"measures": [measured("platform", 0.1), measured("task_code_tokens", None)]}))
    assert section.spec is not None
    absent: set[str] = set()
    for one in section.spec["data"]:  # each after its source
        if one.get("source") in absent or "!isValid" in json.dumps(one.get("transform", [])):
            absent.add(one["name"])
    bounds = [one for one in section.spec["marks"] if one["from"]["data"] in absent]
    assert len(bounds) == 2
    assert [one for one in bounds if drawing.LIT in json.dumps(one)] == []
    far = measured("task_code_tokens", None) | {"measure_share_upper": 0.45}
    near = measured("category_programming", None)
    rows = measures.section(found({"measures": [measured("platform", 0.1), far, near]})).rows
    assert {row["measure"]: row["bound_at"] for row in rows if row["measure_share"] is None} == {
        "task_code_tokens": 0.0, "category_programming": 0.02,
    }  # fmt: skip
