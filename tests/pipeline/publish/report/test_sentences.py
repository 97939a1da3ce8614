"""What the page says of a model, from the row that says it: no peak and no half-life is made up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.publish.report import sentences

ROW: dict[str, Any] = {
    "base_permaslug": "a/model-20260101",
    "last_listed": date(2026, 1, 12),
    "peak_coding_token_share": 0.2,
    "peak_week": date(2026, 1, 5),
    "best_rank": 2,
    "best_rank_week": date(2026, 1, 5),
    "weeks_at_best_rank": 1,
    "weeks_about_level": 0,
    "half_life_is_resolved": None,
    "is_launch_observed": True,
    "weeks_to_peak": 1,
    "half_life_weeks_lower": 2,
    "half_life_weeks_upper": None,
    "half_life_status": "not yet reached",
    "peak_share_percentile": 0.5,
    "newest_rank": 2,
}
NO_PEAK = dict.fromkeys(
    ("peak_coding_token_share", "peak_week", "best_rank", "best_rank_week", "weeks_to_peak", "peak_share_percentile")
) | {"weeks_at_best_rank": 0, "half_life_status": "no peak yet"}


@pytest.mark.parametrize(
    ("half", "said"),
    [
        ({}, "all launches seen"),
        (
            {"half_life_weeks_lower": 3, "half_life_weeks_upper": 3, "half_life_status": "reached"},
            "and was down to half 3 weeks later",
        ),
        ({"half_life_weeks_upper": 4, "half_life_status": "reached"}, "and was down to half 2 to 4 weeks later"),
        (
            {
                "half_life_weeks_lower": 3,
                "half_life_weeks_upper": 3,
                "half_life_status": "reached",
                "half_life_is_resolved": False,
            },
            "and was about at half, by the sample, 3 weeks later",
        ),
        ({"half_life_status": "cannot be known"}, "when it was down to half cannot be known"),
    ],
)
def test_half_is_said_to_be_unknown_only_where_it_is(half: dict[str, Any], said: str) -> None:
    """A model that is still above half of its peak has no half-life yet, and the sentence ends before it."""
    assert sentences.of_model(ROW | half, None)["launch"].endswith(said)


def test_a_model_that_only_moving_weeks_list_has_no_peak() -> None:
    """Neither a share, a rank nor a launch is told of it, and the page's first sentence does without."""
    told = sentences.of_model(ROW | NO_PEAK, None)
    assert {told[key] for key in ("share", "race", "launch")} == {
        "model is listed in no final week of coding yet: it has no peak"
    }
    assert sentences.answer(ROW | NO_PEAK, []) == "MiniMax M2 has no peak in coding yet: no final week lists it."


def test_a_successor_is_not_praised_for_a_week_that_may_still_move() -> None:
    """Its best week is a final one."""
    heir = {"base_permaslug": "minimax/minimax-m2.5", "position": 3, "coding_rank": 1, "week_start": date(2026, 1, 12)}
    heir |= {"rank_is_resolved": None}
    answers = [
        sentences.answer(ROW, [{**heir, "coding_token_share": 0.5, "is_provisional": provisional}])
        for provisional in (True, False)
    ]
    assert ["its successor M2.5" in one for one in answers] == [False, True]


def test_a_place_that_the_sample_does_not_tell_is_said_to_be_about_level() -> None:
    """Of the weeks at its best rank those about level with another are counted; a successor's number is about one."""
    level = ROW | {"weeks_at_best_rank": 3, "weeks_about_level": 2}
    said = "for 3 weeks (in 2 of them about level with the rank beside it, by the sample)"
    assert f"stood at rank 2 in coding {said}, first in" in sentences.of_model(level, None)["race"]
    heir = {"base_permaslug": "minimax/minimax-m2.5", "position": 3, "coding_rank": 1, "week_start": date(2026, 1, 12)}
    heir |= {"coding_token_share": 0.5, "is_provisional": False}
    for resolved, number in ((False, "to about number 1"), (True, "to number 1"), (None, "to number 1")):
        told = sentences.answer(level, [heir | {"rank_is_resolved": resolved}])
        assert f"was number 2 {said}" in told
        assert f"went on {number} with" in told
