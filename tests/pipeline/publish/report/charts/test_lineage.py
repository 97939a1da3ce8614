from datetime import date
from typing import Any

from pipeline.contracts.table import M2
from pipeline.publish.report.charts import lineage
from pipeline.publish.report.section import Row, Section
from tests.pipeline.publish.report.charts.found import found

M21 = "minimax/minimax-m2.1"
FIRST, SECOND, THIRD = date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 19)


def _row(week: date, position: int, share: float | None, total: float | None, **more: Any) -> Row:
    return {
        "week_start": week, "position": position, "base_permaslug": (M2, M21)[position - 1], "coding_token_share": share,
        "coding_token_share_lower": share or 0.0, "coding_token_share_upper": share or 0.03, "coding_rank": share and 3,
        "lineage_coding_token_share": total, "is_provisional": False, **more,
    }  # fmt: skip


ROWS = [
    _row(FIRST, 1, 0.08, 0.08), _row(FIRST, 2, None, 0.08),
    _row(SECOND, 1, 0.05, 0.15), _row(SECOND, 2, 0.10, 0.15),
    _row(THIRD, 1, None, 0.30, is_provisional=True), _row(THIRD, 2, 0.30, 0.30, is_provisional=True),
]  # fmt: skip


def _section(rows: list[Row]) -> Section:
    return lineage.section(found({"lineage": rows}))


def test_the_title_has_the_best_final_week_of_all_together() -> None:
    assert _section(ROWS).title == "M2’s family peaked at 15.0 % of coding in the week of 12 January 2026"


def test_members_are_stacked_eldest_first_and_the_unlisted_are_in_the_table_alone() -> None:
    section = _section(ROWS)
    drawn = [(row["label"], row["from_share"], round(row["to_share"], 9)) for row in section.datasets["lineage"]]
    assert drawn == [("M2", 0.0, 0.08), ("M2", 0.0, 0.05), ("M2.1", 0.05, 0.15), ("M2.1", 0.0, 0.30)]
    assert section.table_rows == ROWS


def test_each_member_is_named_above_the_stack_of_its_best_week() -> None:
    names = {row["label"]: (row["at"], row["top"]) for row in _section(ROWS).datasets["names"]}
    assert names == {"M2": (date(2026, 1, 8), 0.08), "M2.1": (date(2026, 1, 22), 0.30)}


def test_weeks_that_may_still_change_claim_nothing() -> None:
    assert _section([{**row, "is_provisional": True} for row in ROWS]).title == "M2 and its successors in coding"


def test_a_lineage_that_coding_never_listed_has_no_chart() -> None:
    section = _section([_row(FIRST, 1, None, None)])
    assert not section.rows
    assert section.nothing
