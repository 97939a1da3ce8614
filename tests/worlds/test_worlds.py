"""A few random worlds on each run of the tests; ``make worlds`` compares 200."""

from __future__ import annotations

import pytest

from tests.worlds.bounds import KNOWN, Result, compared

WORLDS = 4


@pytest.fixture(scope="module")
def result() -> Result:
    found = Result()
    for seed in range(1, WORLDS + 1):
        found.add(compared(seed))
    return found


def test_no_published_bound_excludes_the_truth(result: Result) -> None:
    """Wherever the file knows each variant with traffic by the instant of the reading, weekly and daily."""
    assert result.failures == []
    assert sum(one.rows[KNOWN] for one in result.tallies.values()) > 5_000


def test_bounds_are_narrower_than_all_that_is_not_listed(result: Result) -> None:
    """A bound that allows everything excludes nothing, and says nothing."""
    widths = {
        name: one.width / one.room
        for name, one in result.tallies.items()
        if one.room and not name.startswith(("measure task", "lineage"))
    }
    assert {
        "category_week",
        "platform by usage_day",
        "platform by usage_week",
        "variant by day",
        "M2 by day",
    } <= widths.keys()
    assert max(widths.values()) < 0.3, widths
