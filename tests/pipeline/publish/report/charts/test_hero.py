"""The first chart: its names have room or are in the legend, and no event label is crossed by the rule of another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from pipeline.contracts.table import M2
from pipeline.publish.report.charts import hero
from pipeline.publish.report.section import Row, Section
from tests.pipeline.publish.report.charts.found import found

FIRST = date(2025, 9, 1)
DEEP, GROK = "deepseek/deepseek-v3.2", "x-ai/grok-code-fast-1"


def _section() -> Section:
    """Twenty weeks: Grok leads, M2 enters in the ninth, DeepSeek passes 15 % in one."""
    board: list[Row] = []
    for number in range(20):
        shares = {GROK: 0.5, M2: 0.1 if number >= 8 else 0.0, DEEP: 0.2 if number == 15 else 0.01}
        listed = sorted((one for one in shares if shares[one]), key=lambda one: -shares[one])
        week: dict[str, Any] = {"week_start": FIRST + timedelta(weeks=number), "is_provisional": False, "author": "any"}
        board += [
            {**week, "base_permaslug": one, "coding_token_share": shares[one], "coding_rank": rank}
            for rank, one in enumerate(listed, 1)
        ]
        board.append({**week, "base_permaslug": None, "coding_token_share": 1 - sum(shares.values()), "coding_rank": None})
    entered = FIRST + timedelta(weeks=8)
    story = {
        "base_permaslug": M2, "first_week": entered, "peak_week": entered, "free_share_to_peak_week": 0.8,
        "free_end_day": entered + timedelta(days=16),
    }  # fmt: skip
    return hero.section(found({"coding_board": board, "stories": [story]}))


def _names(section: Section, *, is_narrow: bool) -> dict[str, Row]:
    return {row["label"]: row for row in section.datasets["names"] if row["is_narrow"] is is_narrow}


def test_a_name_without_room_on_a_phone_is_in_the_legend_there() -> None:
    section = _section()
    assert "DeepSeek" in _names(section, is_narrow=False)
    assert "DeepSeek" not in _names(section, is_narrow=True)
    unnamed = {row["label"]: (row["kind"], row["is_wide"]) for row in section.datasets["unnamed"]}
    assert unnamed["DeepSeek"] == ("tan", False)
    assert "Grok Code Fast 1" not in unnamed


def test_a_name_is_away_from_event_rules_where_there_is_room() -> None:
    section = _section()
    name = _names(section, is_narrow=False)["Grok Code Fast 1"]
    assert all(abs(name["at"] - mark["at"]) > timedelta(weeks=2) for mark in section.datasets["marks"])


def test_an_event_label_is_above_those_whose_rules_it_would_cross() -> None:
    marks = _section().datasets["marks"]
    assert [(mark["label"].partition(":")[0], mark["level"]) for mark in marks] == [("27 Oct", 1), ("12 Nov", 0)]
