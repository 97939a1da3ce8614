"""The head of the page: what is said of a model, and what is not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.contracts.table import M2
from pipeline.publish.report import story
from pipeline.publish.report.words import words

EN = words("en")
ROW: dict[str, Any] = {
    "base_permaslug": M2, "first_week": date(2025, 10, 27), "peak_share": 0.1231, "peak_week": date(2025, 11, 3),
    "peak_rank": 3, "best_rank": 3, "last_week": date(2025, 12, 29), "before_week": date(2025, 10, 20),
    "loser": "x-ai/grok-code-fast-1", "loser_change_pp": -10.06, "first_day": date(2025, 10, 25),
    "peak_day": date(2025, 11, 11), "peak_day_tokens": 84.3e9, "free_share_to_peak_day": 0.812,
    "free_share_to_peak_week": 0.91, "free_end_day": date(2025, 11, 12), "free_end_change": -0.54,
    "heir": "minimax/minimax-m2.5-20260211", "heir_share": 0.458, "heir_week": date(2026, 2, 16), "heir_rank": 1,
}  # fmt: skip
MODEL = {"base_permaslug": M2, "newest_rank": None, "last_listed": date(2025, 12, 29)}


def told(**changed: Any) -> story.Story:
    return story.of_model(ROW | changed, MODEL, EN)


def test_story_of_m2() -> None:
    """Height, time, price, who lost, what the end of free use did, and who went further: each with its figure."""
    found = told()
    assert found.headline == "MiniMax M2 took an eighth of coding in two weeks – most of its tokens free"
    assert found.lede == (
        "Grok Code Fast 1 lost ten points in the same weeks; when the free variant left the list, listed usage fell by 54 % "
        "in a day; three months later M2.5 led with 45.8 %."
    )
    assert [one.value for one in found.figures] == ["12.3 %", "81 %", "−10.1 pts", "45.8 %"]


@pytest.mark.parametrize(
    ("changed", "headline"),
    [
        ({"free_share_to_peak_week": 0.2}, "MiniMax M2 took an eighth of coding in two weeks"),
        ({"free_share_to_peak_week": 1.0}, "MiniMax M2 took an eighth of coding in two weeks – all of its tokens free"),
        ({"free_share_to_peak_week": None}, "MiniMax M2 took an eighth of coding in two weeks"),
        ({"peak_share": 0.114}, "MiniMax M2 took 11.4 % of coding in two weeks – most of its tokens free"),
        ({"peak_share": 0.51}, "MiniMax M2 took half of coding in two weeks – most of its tokens free"),
        (
            {"before_week": None},
            "MiniMax M2 peaked at an eighth of coding in the week of 3 November 2025 – most of its tokens free",
        ),
    ],
    ids=["mostly paid", "all free", "days not fetched", "no simple fraction", "half", "rise not seen"],
)
def test_headline_says_what_is_known(changed: dict[str, Any], headline: str) -> None:
    """No "free" where most was paid or days were not fetched, and no "in two weeks" where the rise was not seen."""
    assert told(**changed).headline == headline


def test_nothing_is_said_that_the_row_does_not_hold() -> None:
    """A model without losers, free window and successors was last listed, and has one figure."""
    unknown = dict.fromkeys(
        ("loser", "loser_change_pp", "free_end_change", "heir", "free_share_to_peak_day", "peak_day_tokens")
    )
    found = told(**unknown)
    assert found.lede == "It was last listed in the week of 29 December 2025."
    assert len(found.figures) == 1


def test_a_small_loss_or_fall_is_no_news() -> None:
    """Less than a point lost, or a fifth of the usage, is not told."""
    found = told(loser_change_pp=-0.9, free_end_change=-0.1)
    assert "Grok" not in found.lede
    assert "free variant" not in found.lede


def test_a_model_without_a_final_week_has_no_peak() -> None:
    """It can be chosen, and the page says that it has none yet."""
    [found] = story.of_models([MODEL], [], EN).values()
    assert (found.headline, found.figures) == ("MiniMax M2 has no peak in coding yet", ())
