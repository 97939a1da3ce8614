"""What a terminal is shown of scores: verdicts in words."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.terminal import tables


def scored(days_known: int, *verdicts: bool | None, of: str = "all", is_small: bool = False) -> dict[str, Any]:
    held, beats_no_change, beats_last_day = verdicts
    return {
        "scored_models": of,
        "is_backtest": True,
        "days_known": days_known,
        "weeks": 40 + days_known,
        "is_coverage_near_nominal": held,
        "beats_no_change": beats_no_change,
        "beats_last_day": beats_last_day,
        "is_small_sample": is_small,
    }


def test_a_backtest_says_what_was_not_beaten(capsys: pytest.CaptureFixture[str]) -> None:
    """Each verdict is `yes`, or names the numbers of days with which it is not; what is unknown is neither."""
    tables.backtest([scored(0, True, True, False), scored(1, True, True, False), scored(2, True, True, True)])
    tables.backtest([scored(0, False, None, None, of="a/b", is_small=True)])
    assert capsys.readouterr().out.splitlines() == [
        "all, never issued, scored in hindsight, 42 weeks",
        "  coverage within 5 points of 50, 80 and 95 %: yes",
        "  better than no change, by weighted interval score: yes",
        "  better than the last day carried on, by weighted interval score: no with 0, 1 days known",
        "a/b, never issued, scored in hindsight, 40 weeks, a small sample",
        "  coverage within 5 points of 50, 80 and 95 %: no with 0 days known",
        "  better than no change, by weighted interval score: too few earlier errors with 0 days known",
        "  better than the last day carried on, by weighted interval score: too few earlier errors with 0 days known",
    ]
