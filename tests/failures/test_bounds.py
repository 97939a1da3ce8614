"""Bounds use all that the file knows; an unlisted day is not zero; two captures are not compared; two minutes are no day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support import instant, needs_definitions
from tests.warehouse.names import FREE, M2, RIVAL
from tests.warehouse.readings import CatalogueReading, Reading, Tables, open_case, settled_day, settled_week, week

pytestmark = pytest.mark.made_up_levels

CODING, MEASURES, DAYS = "marts.m2_coding_share_weekly", "marts.coding_share_measures_weekly", "marts.m2_coding_share_daily"
PLATFORM, DAY_BOUNDS = "core.model_platform_shares_weekly", "core.model_token_bounds_daily"
ONLINE = f"{M2}:online"
TRUE_CODING_SHARE = 0.08310
"""Of the case: `:free` just below the list."""


def platform_figures(tables: Tables, week_start: str) -> tuple[Any, Any, Any]:
    """M2's share of the platform in a week and its bounds: the same in every table that has them."""
    of_week = "where week_start = $week and base_permaslug = $model"
    in_all: list[tuple[Any, Any, Any]] = []
    for query, share in (
        (f"from {PLATFORM} {of_week}", "platform_token_share"),
        (f"from {MEASURES} {of_week} and measure = 'platform'", "measure_share"),
        (f"from marts.coding_share_weekly {of_week}", "platform_token_share"),
    ):
        for row in tables.records(query, week=week_start, model=M2):
            in_all.append((row[share], row[f"{share}_lower"], row[f"{share}_upper"]))
    assert len(in_all) >= 2
    assert len(set(in_all)) == 1, in_all
    return in_all[0]


def first_of_m2(tables: Tables, name: str, period: str) -> str:
    """The first period in which a table has M2."""
    return str(min(row[period] for row in tables.records(f"from {name}") if row["base_permaslug"] == M2))


# --- F45: a bound uses all that the file knows -----------------------------------------------------------------------------


@needs_definitions
def test_f45_a_bound_counts_the_variants_that_other_series_list(tmp_path: Path) -> None:
    """The days list M2 and M2:free, coding M2 alone: the week's bound covers `:free`, and so do those of its days."""
    with open_case("variant_known_to_the_platform", tmp_path, [CODING, DAYS]) as tables:
        row = tables.record(f"from {CODING}")
        assert row["coding_token_share_upper"] == pytest.approx(0.08333, abs=5e-6)
        assert row["coding_token_share_lower"] == row["coding_token_share"] < TRUE_CODING_SHARE
        assert row["unlisted_variants"] == 1
        days = tables.records(f"from {DAYS} where method = 'allocated'")
    assert len(days) == 7
    for day in days:
        share = day["coding_token_share_estimate"]
        assert day["coding_token_share_estimate_upper"] > share * TRUE_CODING_SHARE / row["coding_token_share"]


def knowing(tables: Tables, *others: Reading, catalogues: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> int:
    """How many variants of M2 a week of coding that lists none of them may hold, and its bound agrees."""
    coding = [
        settled_week("2026-01-26", [(M2, 40), (RIVAL, 20), ("other", 40)]),
        settled_week("2026-02-02", [(RIVAL, 50), ("b/second", 10), ("other", 40)]),
    ]
    slugs = {"author/a": "author/a", "author/a:free": "author/a", M2: M2, FREE: M2}
    entries = {one: {"id": one, "canonical_slug": slug, "name": one} for one, slug in slugs.items()}
    lists = [
        CatalogueReading(instant(at), (entries["author/a"], *(entries[one] for one in listed))) for at, listed in catalogues
    ]
    tables.build(coding, others, lists)
    row = tables.record(f"from {CODING} where week_start = '2026-02-02'")
    assert row["coding_token_share_upper"] == min(10 * row["unlisted_variants"], 40) / 100
    return int(row["unlisted_variants"])


def test_f45_what_is_known_and_what_is_gone(tables: Tables) -> None:
    """Whatever lists a variant by the reading's instant makes it known. It is gone where a catalogue from before the week
    lacks it, that lists the model and variants of that name, and nothing lists it since."""
    day = settled_day("2026-01-10", [(RIVAL, 60), (FREE, 20), ("other", 20)])
    slice_ = Reading("modality_day/text", date(2026, 1, 10), instant("2026-01-11T06:30"), ((FREE, 20),))
    elsewhere = Reading("category_week/roleplay", date(2026, 1, 5), instant("2026-01-20T06:30"), ((ONLINE, 5), ("other", 5)))
    too_late = settled_day("2026-02-16", [(RIVAL, 60), (FREE, 20), ("other", 20)])
    without_free, with_free = (M2, "author/a:free"), (M2, FREE, "author/a:free")
    before, during = "2026-02-01T06:30", "2026-02-04T06:30"
    assert knowing(tables) == 1
    assert knowing(tables, day) == knowing(tables, slice_) == knowing(tables, elsewhere) == 2
    assert knowing(tables, day, slice_, elsewhere) == 3
    # Read after the week was: not known by then.
    assert knowing(tables, too_late) == 1
    assert knowing(tables, catalogues=((before, with_free),)) == 2
    assert knowing(tables, day, catalogues=((before, without_free),)) == 1
    # It may have been there for a part of the week.
    assert knowing(tables, day, catalogues=((during, without_free),)) == 2
    # No catalogue of the time lists any variant called `online`, or `free`, or the model.
    assert knowing(tables, elsewhere, catalogues=((before, with_free),)) == 3
    assert knowing(tables, day, catalogues=((before, (M2,)),)) == 2
    assert knowing(tables, day, catalogues=((before, ("author/a:free",)),)) == 2
    # Back again, by a later catalogue or by use.
    assert knowing(tables, day, catalogues=(("2026-01-28T06:30", without_free), (before, with_free))) == 2
    back = settled_day("2026-02-03", [(RIVAL, 60), (FREE, 20), ("other", 20)])
    assert knowing(tables, day, back, catalogues=((before, without_free),)) == 2


@needs_definitions
def test_f45_a_block_without_other_leaves_no_room(tmp_path: Path) -> None:
    """What it does not list has bounds of exactly 0, and a NULL share and rank as everywhere: in a week without `other` and,
    but for its one token, in one with it."""
    curves, makers = "marts.launch_curves", "marts.author_coding_token_share_weekly"
    with open_case("no_other", tmp_path, [CODING, MEASURES, curves, makers]) as tables:
        for name, share in (
            ("core.model_shares_weekly", "block_token_share"),
            (CODING, "coding_token_share"),
            (MEASURES, "measure_share"),
            (curves, "coding_token_share"),
            (makers, "coding_token_share"),
        ):
            key = "canonical_author" if name == makers else "base_permaslug"
            rows = tables.records(f"from {name} where {key} in ('minimax', $m2) order by week_start", m2=M2)
            _, without, with_one_token = [(row[share], row[f"{share}_lower"], row[f"{share}_upper"]) for row in rows]
            assert without == (None, 0, 0), name
            assert with_one_token == (None, 0, pytest.approx(1 / 377_499_999_993)), name
        weeks = tables.records(f"from {CODING} order by week_start")
        assert [(row["unlisted_variants"], row["coding_rank"]) for row in weeks] == [(0, 1), (1, None), (1, None)]


def test_f45_a_bound_is_that_of_its_own_reading(tables: Tables) -> None:
    """What is learnt later changes no bound; read again, the week is bounded by what is known then."""
    first = [(M2, 40), (RIVAL, 20), ("other", 40)]
    second = [(RIVAL, 50), ("b/second", 10), ("other", 40)]
    readings = [
        week("2026-01-26", "2026-02-05T06:30", first),
        week("2026-02-02", "2026-02-12T06:30", second),
        Reading("usage_day", date(2026, 2, 12), instant("2026-02-16T06:30"), ((RIVAL, 60), (FREE, 20), ("other", 20))),
    ]
    upper = "select coding_token_share_upper from marts.m2_coding_share_weekly where week_start = '2026-02-02'"
    then = upper.replace("marts.m2_coding_share_weekly", "m2_coding_share_weekly_as_of('2026-02-12 06:30:00Z')")
    tables.build(readings)
    assert tables.rows(upper) == [(0.1,)]
    tables.build(readings, week("2026-02-02", "2026-03-01T06:30", second))
    assert tables.rows(upper) == [(0.2,)]
    assert tables.rows(then) == [(0.1,)]


@pytest.mark.parametrize("capture", ["api", "top9"])
def test_f45_a_captured_day_counts_the_variants_that_other_series_list(tables: Tables, capture: str) -> None:
    """The running week lists M2 alone, a day before it `:free`, too: that may be in both readings, however they were cut."""
    running = [
        week("2026-01-05", "2026-01-06T06:30", [(M2, 40), (RIVAL, 20), ("other", 40)], capture=capture),
        week("2026-01-05", "2026-01-07T06:30", [(M2, 80), (RIVAL, 40), ("other", 80)], capture=capture),
    ]
    known = Reading("usage_day", date(2026, 1, 3), instant("2026-01-04T06:30"), ((RIVAL, 60), (FREE, 20), ("other", 20)))

    def estimated(*readings: Reading) -> tuple[Any, ...]:
        tables.build(readings)
        row = tables.record(f"from {DAYS} where method = 'captured' and usage_date = '2026-01-06'")
        return (*(row[f"coding_token_share_estimate{bound}"] for bound in ("", "_lower", "_upper")), row["capture"])

    assert estimated(*running) == (0.4, 0.4, 0.4, capture)
    # M2 used 80 - 40 of 200 - 100; `:free` at most the 40 of the smallest listed row, and at least nothing.
    assert estimated(*running, known) == (0.4, 0.4, 0.8, capture)


# --- F46: an unlisted day is no day without ------------------------------------------------------------------------------


@needs_definitions
def test_f46_there_is_no_row_of_the_platform_before_the_first_listing(tmp_path: Path) -> None:
    """First listed on 25 March; that the month lists it, too, says nothing of its first days."""
    with open_case("launch_date_of_a_month", tmp_path, [MEASURES, "marts.m2_usage_daily", "core.models"]) as tables:
        (model,) = tables.records("from core.models where base_permaslug = $m2", m2=M2)
        assert (str(model["first_listed_on"]), str(model["last_listed_on"])) == ("2026-03-25", "2026-03-31")
        assert first_of_m2(tables, MEASURES, "week_start") == "2026-03-23"
        assert first_of_m2(tables, DAY_BOUNDS, "usage_date") == "2026-03-25"
        assert tables.rows("select min(usage_date)::varchar from marts.m2_usage_daily") == [("2026-03-25",)]


def test_f46_a_week_is_its_own_block_where_that_was_read(tables: Tables) -> None:
    """The week's own block is one reading of all of it: the sum of days that were read at other times is not beside it."""
    days = [settled_day(f"2026-01-{5 + n:02}", [(M2, 10), (RIVAL, 80), ("other", 10)]) for n in range(7)]
    coding = settled_week("2026-01-05", [(M2, 50), ("other", 50)])
    own = Reading("usage_week", date(2026, 1, 5), instant("2026-01-20T06:30"), ((RIVAL, 570), (M2, 75), ("other", 65)))
    tables.build(coding, days)
    assert platform_figures(tables, "2026-01-05") == pytest.approx((0.1, 0.1, 0.1))
    tables.build(coding, days, own)
    assert platform_figures(tables, "2026-01-05") == pytest.approx((75 / 710,) * 3)


@needs_definitions
def test_f46_a_row_is_provisional_while_any_figure_of_it_is(tmp_path: Path) -> None:
    """Coding is final; Sunday was read once, five minutes after its end."""
    with open_case("provisional_platform_days", tmp_path, [CODING, MEASURES]) as tables:
        row = tables.record(f"from {CODING}")
        measures = {
            one["measure"]: one["is_provisional"]
            for one in tables.records(f"from {MEASURES}")
            if one["base_permaslug"] == M2
        }
    assert (row["is_coding_provisional"], row["is_provisional"]) == (False, True)
    assert measures == {"category_programming": False, "platform": True}


@needs_definitions
def test_f46_nothing_compares_what_was_cut_with_what_was_not(tmp_path: Path) -> None:
    """A week recorded at nine models, then one of the interface: neither a change nor a rise in rank."""
    with open_case("two_captures", tmp_path, [CODING, "marts.coding_leaderboard_weekly"]) as tables:
        board = tables.records("from marts.coding_leaderboard_weekly")
        assert len(board) == 59
        assert {(row["change_pp"], row["rank_change"], row["previous_citation"]) for row in board} == {(None, None, None)}
        assert tables.rows("select count(change_pp), count(previous_citation) from marts.coding_share_weekly") == [(0, 0)]


# --- F48: two minutes are no day -----------------------------------------------------------------------------------------


@needs_definitions
def test_f48_two_minutes_are_no_day(tmp_path: Path) -> None:
    """Read at 23:59 and at 00:01: the interval states its length, and neither a share nor tokens are given as that day's."""
    with open_case("two_minutes", tmp_path, [DAYS]) as tables:
        row = tables.record(f"from {DAYS} where method = 'captured'")
    assert str(row["usage_date"]) == "2026-03-04"
    assert row["hours_between_readings"] == pytest.approx(2 / 60)
    assert {row[name] for name in row if "_estimate" in name} == {None}
    assert row["is_difference_negative"] is False
