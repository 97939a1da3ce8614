"""Revisions: how far figures move after their close, what they were at first, and every value they have had.

Belongs here: ``marts.revision_statistics``, ``marts.vintage_matrix``, ``first_release``. Not here: single restated figures
(``test_marts``), what the recordings hold (``test_recordings``).
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import instant
from tests.warehouse.readings import CODING, M2, USAGE, Reading, Tables, day, week

RIVAL = "a/rival"
FIRST = date(2026, 1, 5)
FEWEST_CLUSTERS = 10
TOTALS = st.integers(50, 150)


def revised(*totals: tuple[int, int]) -> list[Reading]:
    """Consecutive days, each read half an hour after its close and a day later, with these totals."""
    read = []
    for number, pair in enumerate(totals):
        usage_date = FIRST + timedelta(days=number)
        close = datetime.combine(usage_date + timedelta(days=1), time(), UTC)
        for hours, tokens in zip((0.5, 24.5), pair, strict=True):
            rows = ((M2, 1), ("other", tokens - 1))
            read.append(Reading(USAGE, usage_date, close + timedelta(hours=hours), rows))
    return read


def clustered_t(revisions: dict[date, list[float]]) -> float:
    """Mean ÷ its cluster-robust standard error, as in Cameron and Miller (2015), written out."""
    every = [one for found in revisions.values() for one in found]
    mean = sum(every) / len(every)
    groups = len(revisions)
    meat = sum(sum(one - mean for one in found) ** 2 for found in revisions.values())
    return mean / (math.sqrt(groups / (groups - 1) * meat) / len(every))


def test_revisions_are_summed_over_all_pairs(tables: Tables) -> None:
    """Unchanged pairs count as 0; what rose is upward; the spread is that of the sample."""
    tables.build(revised((100, 110), (100, 100), (200, 190), (100, 100)))
    row = tables.record("from marts.revision_statistics where hours_after_close_from = 0")
    moves = [0.1, 0, -0.05, 0]
    assert (row["reading_pairs"], row["day_clusters"], row["changed_pairs"]) == (4, 4, 2)
    assert (row["changed_pair_share"], row["upward_pair_share"]) == (0.5, 0.5)
    assert row["mean_relative_revision"] == pytest.approx(statistics.mean(moves))
    assert row["median_relative_revision"] == pytest.approx(statistics.median(moves))
    assert row["mean_absolute_relative_revision"] == pytest.approx(statistics.mean(map(abs, moves)))
    assert row["median_absolute_relative_revision"] == pytest.approx(statistics.median(map(abs, moves)))
    assert row["standard_deviation_of_relative_revision"] == pytest.approx(statistics.stdev(moves))
    assert row["bias_t"] is None, "of four days"


def test_a_correction_of_many_days_is_one_cluster(tables: Tables) -> None:
    """Twelve old days that one fetch found lower are one cause, not twelve: there is no t. Found on twelve days they are."""
    days = [FIRST + timedelta(days=n) for n in range(12)]
    first = [day(str(one), "2026-02-20T06:30", [(M2, 1), ("other", 99)]) for one in days]
    together = [day(str(one), "2026-02-21T06:30", [(M2, 1), ("other", 98 - n)]) for n, one in enumerate(days)]
    one_by_one = [
        Reading(USAGE, one, instant("2026-02-21T06:30") + timedelta(days=n), ((M2, 1), ("other", 98 - n)))
        for n, one in enumerate(days)
    ]
    query = "select day_clusters, upward_pair_share, bias_t from marts.revision_statistics where changed_pairs = 12"
    tables.build(first, together)
    assert tables.rows(query) == [(1, 0, None)]
    tables.build(first, one_by_one)
    wanted = clustered_t({one: [-(n + 1) / 100] for n, one in enumerate(days)})
    assert tables.rows(query) == [(12, 0, pytest.approx(wanted, rel=1e-9))]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TOTALS, TOTALS), min_size=FEWEST_CLUSTERS, max_size=25), st.integers(1, 3))
def test_bias_is_clustered_by_the_day_of_the_later_reading(
    tables: Tables, totals: list[tuple[int, int]], days_at_once: int
) -> None:
    """Whatever moved: the t is that of the textbook, NULL below ten clusters and where nothing moved."""
    readings: list[Reading] = []
    revisions: dict[date, list[float]] = defaultdict(list)
    for number, (before, after) in enumerate(totals):
        usage_date = FIRST + timedelta(days=number)
        seen = instant("2026-03-01T06:30") + timedelta(days=number // days_at_once)
        readings += [
            Reading(USAGE, usage_date, instant("2026-02-20T06:30"), ((M2, 1), ("other", before))),
            Reading(USAGE, usage_date, seen, ((M2, 1), ("other", after))),
        ]
        revisions[seen.date()].append((after + 1) / (before + 1) - 1)
    tables.build(readings)
    (row,) = tables.records("from marts.revision_statistics where hours_after_close_from = 384")
    assert row["day_clusters"] == len(revisions)
    has_moved = any(one for found in revisions.values() for one in found)
    if len(revisions) < FEWEST_CLUSTERS or not has_moved:
        assert row["bias_t"] is None
    elif len({before / after for before, after in totals}) > 1:
        assert row["bias_t"] == pytest.approx(clustered_t(revisions), rel=1e-6, abs=1e-9)


def test_a_flip_is_counted_where_the_weekly_change_turns(tables: Tables) -> None:
    """100 a week before: 99 revised to 101 turns a fall into a rise; 98 to 99 does not. Without that week nothing is
    compared. What the week before was when the later reading came counts, not what it became since.
    """
    tables.build(
        day("2026-01-05", "2026-01-06T00:30", [(M2, 1), ("other", 99)]),
        day("2026-01-05", "2026-03-01T06:30", [(M2, 1), ("other", 499)]),
        day("2026-01-06", "2026-01-07T00:30", [(M2, 1), ("other", 99)]),
        day("2026-01-12", "2026-01-13T00:30", [(M2, 1), ("other", 98)]),
        day("2026-01-12", "2026-01-14T00:30", [(M2, 1), ("other", 100)]),
        day("2026-01-13", "2026-01-14T00:30", [(M2, 1), ("other", 97)]),
        day("2026-01-13", "2026-01-15T00:30", [(M2, 1), ("other", 98)]),
        day("2026-01-14", "2026-01-15T00:30", [(M2, 1), ("other", 97)]),
        day("2026-01-14", "2026-01-16T00:30", [(M2, 1), ("other", 98)]),
    )
    row = tables.record("from marts.revision_statistics where hours_after_close_from = 0")
    # The day of 5 January itself was changed, and had no week before.
    assert (row["changed_pairs"], row["compared_weekly_changes"], row["sign_flips"]) == (4, 2, 1)


def test_ranks_of_the_top_ten_are_followed_with_variants_summed(tables: Tables) -> None:
    """A free variant that grows lifts its model past the next; the eleventh that comes in and the tenth that falls out are
    changes too; a revision that leaves the order is none."""
    crowd = [(f"a/m{n}", 100 - n) for n in range(9)]
    tables.build(
        day("2026-01-05", "2026-01-06T00:30", [*crowd, (M2, 40), (f"{M2}:free", 10), (RIVAL, 45)]),
        day("2026-01-05", "2026-01-07T00:30", [*crowd, (M2, 40), (f"{M2}:free", 4), (RIVAL, 45)]),
        day("2026-01-06", "2026-01-07T00:30", [*crowd, (M2, 30), (f"{M2}:free", 10), (RIVAL, 39)]),
        day("2026-01-06", "2026-01-08T00:30", [*crowd, (M2, 31), (f"{M2}:free", 10), (RIVAL, 39)]),
        day("2026-01-07", "2026-01-08T00:30", [*crowd, (M2, 95), (RIVAL, 39)]),
        day("2026-01-07", "2026-01-09T00:30", [*crowd, (M2, 101), (RIVAL, 39)]),
    )
    row = tables.record("from marts.revision_statistics where hours_after_close_from = 0")
    # First: M2 leaves the ten, its rival enters. Third: M2, level with the sixth, goes to the top past six.
    assert (row["changed_pairs"], row["top_ten_changed_pairs"], row["top_ten_rank_changes"]) == (3, 2, 2 + 7)


FIRST_FIGURES = "select period_start::varchar, total_tokens, retrieved_at, vintages from first_release($series) order by all"


def test_first_figures_are_those_at_or_after_the_close(tables: Tables) -> None:
    """The running day's reading is passed over, the close itself counts, a later revision changes nothing; other series and
    days that were read only while they ran have no row."""
    tables.build(
        day("2026-01-05", "2026-01-05T23:00", [(M2, 1)]),
        day("2026-01-05", "2026-01-06T00:00", [(M2, 10)]),
        day("2026-01-05", "2026-01-07T06:30", [(M2, 12)]),
        day("2026-01-06", "2026-01-06T23:00", [(M2, 5)]),
        week("2026-01-05", "2026-01-13T06:30", [(M2, 70), (RIVAL, 30)]),
        week("2026-01-05", "2026-01-20T06:30", [(M2, 71), (RIVAL, 30)]),
    )
    assert tables.rows(FIRST_FIGURES, series=USAGE) == [("2026-01-05", 10, instant("2026-01-06T00:00"), 2)]
    assert tables.rows(FIRST_FIGURES, series=CODING) == [
        ("2026-01-05", 30, instant("2026-01-13T06:30"), 1),
        ("2026-01-05", 70, instant("2026-01-13T06:30"), 1),
    ]
    cited = "select model_permaslug, block_token_share, is_provisional, citation from first_release($series) order by all"
    (m2, _) = sorted(tables.rows(cited, series=CODING), reverse=True, key=lambda row: row[1])
    assert m2[:3] == (M2, 0.7, True)
    assert "as of 2026-01-13T06:30:00Z" in m2[3]


def test_first_figures_of_no_series_are_an_error(tables: Tables) -> None:
    """A name misspelt is said to be one; a series that was never read has no rows."""
    tables.build(day("2026-01-05", "2026-01-06T06:30", [(M2, 1)]))
    with pytest.raises(duckdb.InvalidInputException, match=r"'usage_days' is not a series of reference\.series"):
        tables.rows(FIRST_FIGURES, series="usage_days")
    assert tables.rows(FIRST_FIGURES, series="usage_week") == []


def test_every_value_has_its_line(tables: Tables) -> None:
    """A line for each vintage, M2's variants summed, NULL where none is listed; a confirmation moves only `retrieved_at`."""
    tables.build(
        day("2026-01-05", "2026-01-05T23:00", [(RIVAL, 9), ("other", 1)]),
        day("2026-01-05", "2026-01-06T00:30", [(M2, 10), (f"{M2}:free", 5), ("other", 85)]),
        day("2026-01-05", "2026-01-07T00:30", [(M2, 10), (f"{M2}:free", 5), ("other", 85)]),
        day("2026-01-05", "2026-01-08T00:30", [(M2, 11), ("other", 89)]),
    )
    assert tables.rows("""
        select vintage_number, known_from, known_to, hours_after_close, block_tokens, m2_tokens, m2_token_share, retrieved_at
        from marts.vintage_matrix
        order by all
    """) == [
        (1, instant("2026-01-05T23:00"), instant("2026-01-06T00:30"), -1, 10, None, None, instant("2026-01-05T23:00")),
        (2, instant("2026-01-06T00:30"), instant("2026-01-08T00:30"), 0.5, 100, 15, 0.15, instant("2026-01-07T00:30")),
        (3, instant("2026-01-08T00:30"), None, 48.5, 100, 11, 0.11, instant("2026-01-08T00:30")),
    ]


def test_a_column_of_the_matrix_is_the_table_as_it_was_known(tables: Tables) -> None:
    """Rows that were known at an instant are the blocks that the as-of macro gives for it: so the matrix is pivoted."""
    tables.build(revised((100, 110), (100, 100), (200, 190)))
    at = instant("2026-01-07T06:00")
    column = tables.rows(
        "select period_start, block_tokens from marts.vintage_matrix "
        "where known_from <= $at and (known_to is null or known_to > $at) order by all",
        at=at,
    )
    assert len(column) == 2
    as_known = "select usage_date, sum(total_tokens)::bigint from model_usage_daily_as_of($at) group by all order by all"
    assert column == tables.rows(as_known, at=at)
