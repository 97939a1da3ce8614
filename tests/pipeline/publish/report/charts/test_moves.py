from datetime import date
from typing import Any

import pytest

from pipeline.contracts.table import M2
from pipeline.publish.report.charts import moves
from pipeline.publish.report.section import Row, Section
from tests.pipeline.publish.report.charts.found import found

BEFORE, PEAK, LAST = date(2025, 10, 20), date(2025, 11, 3), date(2025, 12, 29)
GROK, GPT, SONNET = "x-ai/grok-code-fast-1", "openai/gpt-5-2025-08-07", "anthropic/claude-4.5-sonnet-20250929"
STORY = {"base_permaslug": M2, "before_week": BEFORE, "peak_week": PEAK, "last_week": LAST, "peak_share": 0.123}
Board = dict[date, dict[str | None, float]]
BOARD: Board = {
    BEFORE: {GROK: 0.587, SONNET: 0.157, GPT: 0.018, None: 0.238},
    PEAK: {GROK: 0.486, SONNET: 0.154, M2: 0.123, None: 0.237},
    LAST: {GROK: 0.343, SONNET: 0.157, M2: 0.057, None: 0.443},
}


def _section(board: Board = BOARD, **more: Any) -> Section:
    rows = [
        {"week_start": week, "base_permaslug": slug, "coding_token_share": share}
        for week, shares in board.items()
        for slug, share in shares.items()
    ]
    return moves.section(found({"stories": [{**STORY, **more}], "coding_board": rows}))


def _bars(section: Section, span: str) -> list[Row]:
    return [row for row in section.datasets["moves"] if row["span"] == span and not row["heading"]]


@pytest.mark.parametrize(
    ("board", "changed", "title"),
    [
        (BOARD, {}, "While M2 rose to 12.3 %, Grok Code Fast 1 lost 10.1 points"),
        (BOARD, {"last_week": PEAK}, "While M2 rose to 12.3 %, Grok Code Fast 1 lost 10.1 points"),
        (BOARD, {"before_week": None}, "M2 fell to 5.7 % of coding in the week of 29 December 2025"),
        (BOARD, {"before_week": None, "last_week": PEAK}, "Who gained and lost while M2 rose and declined"),
        (
            {**BOARD, BEFORE: {**BOARD[PEAK], M2: 0.02, None: 0.34}}, {},
            "M2 rose to 12.3 % of coding in the week of 3 November 2025",
        ),
    ],
    ids=["a loser", "at its best", "there from the first week", "one week alone", "a small loss"],
)  # fmt: skip
def test_the_title_says_who_lost_most_while_it_rose(board: Board, changed: Row, title: str) -> None:
    section = _section(board, **changed)
    assert section.titles[M2] == title
    assert bool(_bars(section, "rise")) is ("before_week" not in changed)
    assert bool(_bars(section, "decline")) is ("last_week" not in changed)


def test_changes_of_a_span_sum_to_zero() -> None:
    for span in ("rise", "decline"):
        assert sum(row["change_pp"] for row in _bars(_section(), span)) == pytest.approx(0)


def test_what_entered_or_left_has_a_range_and_only_its_certain_part_is_solid() -> None:
    bars = {row["name"]: row for row in _bars(_section(), "rise")}
    m2, gpt, grok = bars["MiniMax M2"], bars["GPT-5"], bars["Grok Code Fast 1"]
    assert (m2["lower"], m2["upper"], m2["certain"]) == pytest.approx((10.5, 12.3, 10.5))
    assert m2["label"] == "up to +12.3"
    # What it had at most afterwards is more than what it had before: not even the direction is certain.
    assert (gpt["lower"], gpt["upper"], gpt["certain"]) == pytest.approx((-1.8, 10.5, 0))
    assert gpt["label"] == "up to −1.8"
    assert grok["lower"] == grok["upper"] == pytest.approx(-10.1)
    assert grok["label"] == "−10.1"


def test_six_are_named_and_the_others_are_one_bar() -> None:
    many: dict[str | None, float] = {f"maker/model-{number}x": 0.05 + number / 1000 for number in range(9)}
    none: dict[str | None, float] = dict.fromkeys(many, 0.04)
    board: Board = {
        BEFORE: {**none, None: 0.64}, PEAK: {**many, M2: 0.06, None: 0.454}, LAST: BOARD[LAST],
    }  # fmt: skip
    names = [row["name"] for row in _bars(_section(board), "rise")]
    assert len(names) == 8
    assert "MiniMax M2" in names
    assert names[-2:] == ["all others listed", "unpublished ranks"]


def test_without_ranks_below_there_is_no_room_for_what_is_not_listed() -> None:
    board: Board = {BEFORE: {GROK: 1.0, None: 0.0}, PEAK: {GROK: 0.877, M2: 0.123, None: 0.0}}
    [m2] = [row for row in _bars(_section(board), "rise") if row["kind"] == "model"]
    assert m2["lower"] == m2["upper"] == pytest.approx(12.3)
