"""Rows in, rows out: what each mart says of a handful of readings written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.contracts.tables import MACROS, TABLES
from tests.support import Row, instant
from tests.warehouse.readings import CODING, M2, USAGE, Reading, Tables, day, open_tables, settled_day, settled_week, week

pytestmark = pytest.mark.made_up_levels

FREE = f"{M2}:free"
M21 = "minimax/minimax-m2.1"
RIVAL, SECOND = "a/rival", "b/second"
W1, W2, W3, W4 = "2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"
PP = 1e-9


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    with open_tables(tmp_path_factory.mktemp("marts")) as opened:
        yield opened


def m2_week(tables: Tables, week_start: str) -> dict[str, Any]:
    return tables.record("from marts.m2_coding_share_weekly where week_start = $week", week=week_start)


def m2_day(tables: Tables, usage_date: str) -> dict[str, Any]:
    return tables.record("from marts.m2_usage_daily where usage_date = $day", day=usage_date)


def model_week(tables: Tables, week_start: str, model: str) -> dict[str, Any]:
    return tables.record(
        "from marts.coding_share_weekly where week_start = $week and base_permaslug = $model", week=week_start, model=model
    )


def days_of_week(week_start: str, rows: list[Row], *, without: tuple[str, ...] = ()) -> list[Reading]:
    """Every day of the week with the same rows."""
    days = [str(date.fromisoformat(week_start) + timedelta(days=n)) for n in range(7)]
    return [settled_day(one, rows) for one in days if one not in without]


# --- the weekly share --------------------------------------------------------------------------------------------------


def test_free_and_paid_are_one_model(tables: Tables) -> None:
    """Variants are summed before shares and ranks: neither half alone would be first."""
    tables.build([settled_week(W1, [(M2, 30), (RIVAL, 40), (FREE, 20), ("other", 10)])])
    row = m2_week(tables, W1)
    assert row["coding_tokens_estimate"] == 50
    assert row["category_tokens_estimate"] == 100
    assert (row["coding_token_share"], row["coding_token_share_lower"], row["coding_token_share_upper"]) == (0.5, 0.5, 0.5)
    assert (row["coding_rank"], row["models_above"]) == (1, [])
    assert (row["base_permaslug"], row["author"]) == (M2, "minimax")


def test_a_stacked_variant_is_split_at_the_first_colon(tables: Tables) -> None:
    """`x:free:online` is variant `free:online` of x, and is summed with x."""
    tables.build([settled_week(W1, [(M2, 30), (f"{M2}:free:online", 5), ("other", 65)])])
    assert m2_week(tables, W1)["coding_tokens_estimate"] == 35
    assert tables.rows("select base_permaslug, variant from core.category_usage_weekly where variant <> 'default'") == [
        (M2, "free:online")
    ]


def test_an_absent_week_has_a_row_with_bounds(tables: Tables) -> None:
    """Absent is unknown, not zero: share, tokens and rank NULL; the bound is the smallest listed row of that week."""
    tables.build(
        [
            settled_week(W1, [(M2, 50), ("other", 50)]),
            settled_week(W2, [(RIVAL, 60), (SECOND, 10), ("other", 30)]),
        ]
    )
    row = m2_week(tables, W2)
    assert row["coding_token_share"] is None
    assert row["coding_tokens_estimate"] is None
    assert row["coding_rank"] is None
    assert row["models_above"] is None
    assert (row["coding_token_share_lower"], row["coding_token_share_upper"]) == (0, 0.1)
    assert row["category_tokens_estimate"] == 100


def test_the_bound_is_never_above_other(tables: Tables) -> None:
    """An unlisted model is part of `other`: where the tail is smaller than the smallest listed row, it is the bound."""
    tables.build([settled_week(W1, [(M2, 50), ("other", 50)]), settled_week(W2, [(RIVAL, 95), ("other", 5)])])
    assert m2_week(tables, W2)["coding_token_share_upper"] == 0.05


def test_each_unlisted_variant_adds_to_the_bound(tables: Tables) -> None:
    """Two variants seen before and unlisted now may each be as large as the smallest listed row."""
    tables.build(
        [
            settled_week(W1, [(M2, 30), (FREE, 20), ("other", 50)]),
            settled_week(W2, [(RIVAL, 60), (SECOND, 10), ("other", 30)]),
        ]
    )
    assert m2_week(tables, W2)["coding_token_share_upper"] == 0.2


def test_unlisted_variants_together_are_at_most_other(tables: Tables) -> None:
    """Both unlisted variants are inside the tail together."""
    tables.build(
        [
            settled_week(W1, [(M2, 30), (FREE, 20), ("other", 50)]),
            settled_week(W2, [(RIVAL, 75), (SECOND, 10), ("other", 15)]),
        ]
    )
    assert m2_week(tables, W2)["coding_token_share_upper"] == 0.15


def test_an_unlisted_variant_widens_the_bound_of_a_listed_model(tables: Tables) -> None:
    """Share and lower bound are what is listed; the upper bound allows for the variant that was seen before."""
    tables.build(
        [
            settled_week(W1, [(M2, 30), (FREE, 20), ("other", 50)]),
            settled_week(W2, [(RIVAL, 60), (M2, 15), ("other", 25)]),
        ]
    )
    row = m2_week(tables, W2)
    assert (row["coding_token_share"], row["coding_token_share_lower"]) == (0.15, 0.15)
    assert row["coding_token_share_upper"] == 0.3


def test_a_variant_not_yet_seen_does_not_widen_the_bound(tables: Tables) -> None:
    """The first-seen rule: a variant counts from the first week in which it was listed."""
    tables.build(
        [
            settled_week(W1, [(M2, 50), (RIVAL, 20), ("other", 30)]),
            settled_week(W2, [(M2, 30), (FREE, 20), ("other", 50)]),
        ]
    )
    assert m2_week(tables, W1)["coding_token_share_upper"] == 0.5
    assert m2_week(tables, W2)["coding_token_share_upper"] == 0.5


def test_without_other_absence_is_zero(tables: Tables) -> None:
    """A block without a tail lists everything: what is absent there used nothing."""
    tables.build([settled_week(W1, [(M2, 50), ("other", 50)]), settled_week(W2, [(RIVAL, 60), (SECOND, 40)])])
    row = m2_week(tables, W2)
    assert row["coding_token_share"] is None
    assert (row["coding_token_share_lower"], row["coding_token_share_upper"]) == (0, 0)


def test_there_is_no_row_before_the_first_listed_week(tables: Tables) -> None:
    """A model's rows begin with the first week that lists it."""
    tables.build(
        [
            settled_week(W1, [(RIVAL, 50), ("other", 50)]),
            settled_week(W2, [(M2, 40), (RIVAL, 10), ("other", 50)]),
            settled_week(W3, [(RIVAL, 50), ("other", 50)]),
        ]
    )
    assert tables.rows("select week_start::varchar from marts.m2_coding_share_weekly order by all") == [(W2,), (W3,)]
    assert tables.rows(
        "select week_start::varchar from marts.coding_share_weekly where base_permaslug = $model order by all", model=RIVAL
    ) == [(W1,), (W2,), (W3,)]


def test_an_unread_week_has_no_row(tables: Tables) -> None:
    """What was not read is not claimed to be absent: it shows in the coverage."""
    tables.build([settled_week(W1, [(M2, 50), ("other", 50)]), settled_week(W3, [(M2, 60), ("other", 40)])])
    assert tables.rows("select week_start::varchar from marts.m2_coding_share_weekly order by all") == [(W1,), (W3,)]
    assert tables.rows("select periods_read, periods_missing from core.series_coverage") == [(2, 1)]


def test_change_is_against_the_previous_calendar_week(tables: Tables) -> None:
    """In percentage points; NULL in the first week, after an unread week, and next to an absent one."""
    tables.build(
        [
            settled_week("2025-12-22", [(M2, 20), ("other", 80)]),
            settled_week(W1, [(M2, 50), ("other", 50)]),
            settled_week(W2, [(M2, 30), ("other", 70)]),
            settled_week(W3, [(RIVAL, 30), ("other", 70)]),
            settled_week(W4, [(M2, 30), ("other", 70)]),
        ]
    )
    changes = dict(tables.rows("select week_start::varchar, change_pp from marts.m2_coding_share_weekly"))
    assert changes.pop(W2) == pytest.approx(-20, abs=PP)
    assert changes == {"2025-12-22": None, W1: None, W3: None, W4: None}


def test_models_above_stand_in_rank_order(tables: Tables) -> None:
    """Rank order, not the alphabet; `other` is never above anyone, however large."""
    tables.build([settled_week(W1, [("z/first", 30), ("a/second", 20), (M2, 10), ("b/below", 5), ("other", 900)])])
    row = m2_week(tables, W1)
    assert (row["coding_rank"], row["models_above"]) == (3, ["z/first", "a/second"])
    assert not tables.rows("from marts.coding_share_weekly where base_permaslug = 'other'")
    assert not tables.rows("from marts.coding_leaderboard_weekly where base_permaslug = 'other'")
    assert tables.rows("select rank from core.category_usage_weekly where is_other") == [(None,)]


def test_ties_share_the_lower_number(tables: Tables) -> None:
    """Two second places, no third; models of the same rank are not above each other."""
    tables.build([settled_week(W1, [("z/first", 30), (M2, 20), (RIVAL, 20), (SECOND, 10), ("other", 20)])])
    ranks = dict(tables.rows("select base_permaslug, coding_rank from marts.coding_leaderboard_weekly"))
    assert ranks == {"z/first": 1, M2: 2, RIVAL: 2, SECOND: 4}
    assert m2_week(tables, W1)["models_above"] == ["z/first"]
    assert sorted(model_week(tables, W1, SECOND)["models_above"]) == sorted(["z/first", M2, RIVAL])


def test_the_lineage_share_sums_its_listed_members(tables: Tables) -> None:
    """M2 and its successors; NULL where none is listed, and for a model without a lineage."""
    tables.build(
        [
            settled_week(W1, [(M2, 30), (M21, 20), (f"{M21}:free", 5), (RIVAL, 5), ("other", 40)]),
            settled_week(W2, [(M21, 25), ("other", 75)]),
            settled_week(W3, [(RIVAL, 25), ("other", 75)]),
        ]
    )
    found = dict(tables.rows("select week_start::varchar, lineage_coding_token_share from marts.m2_coding_share_weekly"))
    assert found == {W1: pytest.approx(0.55), W2: pytest.approx(0.25), W3: None}
    assert model_week(tables, W1, M21)["lineage_coding_token_share"] == pytest.approx(0.55)
    assert model_week(tables, W1, RIVAL)["lineage_coding_token_share"] is None


def test_the_platform_share_of_a_week_sums_its_days(tables: Tables) -> None:
    """Tokens over tokens of the seven days, variants summed; not the mean of seven shares."""
    days = [
        *days_of_week(W1, [(M2, 10), (FREE, 10), ("other", 80)], without=(W1,)),
        settled_day(W1, [(M2, 200), ("other", 800)]),
    ]
    tables.build([settled_week(W1, [(M2, 50), ("other", 50)]), *days])
    assert m2_week(tables, W1)["platform_token_share"] == pytest.approx((6 * 20 + 200) / (6 * 100 + 1000))


def test_the_platform_share_wants_every_day(tables: Tables) -> None:
    """One unread day, and the week's share of the platform is unknown; one that does not list M2 leaves it bounds alone."""
    rows = [(M2, 10), ("other", 90)]
    coding = settled_week(W1, [(M2, 50), ("other", 50)])
    tables.build([coding, *days_of_week(W1, rows, without=("2026-01-11",))])
    assert m2_week(tables, W1)["platform_token_share"] is None
    absent = settled_day("2026-01-11", [(RIVAL, 15), ("other", 85)])
    tables.build([coding, *days_of_week(W1, rows, without=("2026-01-11",)), absent])
    row = m2_week(tables, W1)
    assert row["platform_token_share"] is None
    assert row["platform_token_share_lower"] == pytest.approx(60 / 700)
    assert row["platform_token_share_upper"] == pytest.approx(75 / 700)
    tables.build([coding])
    assert m2_week(tables, W1)["platform_token_share"] is None


@pytest.mark.parametrize(("week_start", "hole"), [("2025-06-09", "2025-06-15"), ("2025-07-14", "2025-07-15")])
def test_two_weeks_have_six_days(tables: Tables, week_start: str, hole: str) -> None:
    """2025-06-15 and 2025-07-15 do not exist in the source: six days are the whole week, five are not."""
    coding = settled_week(week_start, [(M2, 50), ("other", 50)])
    days = days_of_week(week_start, [(M2, 10), ("other", 90)], without=(hole,))
    tables.build([coding, *days])
    assert m2_week(tables, week_start)["platform_token_share"] == pytest.approx(0.1)
    tables.build([coding, *days[1:]])
    assert m2_week(tables, week_start)["platform_token_share"] is None


WEEKLY = [name for name, table in TABLES.items() if "week_start" in table.key and not name.endswith("_vintages")]
"""Tables with figures of weeks: vintages compare a week with itself."""


def test_every_weekly_table_says_how_many_days_a_week_has(tables: Tables) -> None:
    """A week of six days is marked wherever its tokens or shares stand, in rows of what is not listed, too."""
    rows = [(M2, 50), ("other", 50)]
    listed = {"2025-06-02": rows, "2025-06-09": rows, "2025-06-16": [(RIVAL, 50), ("other", 50)]}
    readings = [
        Reading(series, date.fromisoformat(week_start), instant("2025-07-01T06:30"), tuple(of_week))
        for week_start, of_week in listed.items()
        for series in (CODING, "language_week/programming", "usage_week")
    ]
    days = [one for week_start in listed for one in days_of_week(week_start, rows, without=("2025-06-15",))]
    tables.build([*readings, *days])
    expected = {("2025-06-02", 7), ("2025-06-09", 6), ("2025-06-16", 7)}
    # What compares with the week before begins with the second one.
    begins = {"marts.share_change_decomposition_weekly": "2025-06-09"}
    for name in WEEKLY:
        found = {(str(row["week_start"]), row["days_in_week"]) for row in tables.records(f"from {name}")}
        assert found == {one for one in expected if one[0] >= begins.get(name, "")}, name


def test_a_week_tells_its_vintages_and_its_newest_confirmation(tables: Tables) -> None:
    """A, B, A are three vintages; reading A once more confirms it and adds none."""
    a, b = [(M2, 50), ("other", 50)], [(M2, 51), ("other", 50)]
    times = ["2026-01-12T06:00", "2026-01-13T06:00", "2026-01-14T06:00", "2026-01-15T06:00"]
    tables.build([week(W1, at, rows) for at, rows in zip(times, [a, b, a, a], strict=True)])
    row = m2_week(tables, W1)
    assert row["vintages"] == 3
    assert row["coding_tokens_estimate"] == 50
    assert row["retrieved_at"] == instant("2026-01-15T06:00")


@pytest.mark.parametrize(
    ("times", "is_provisional"),
    [
        (["2026-01-11T23:00"], True),
        (["2026-01-12T06:00"], True),
        (["2026-01-12T03:59", "2026-01-12T06:00"], True),
        (["2026-01-12T04:00", "2026-01-12T06:00"], False),
        (["2026-01-13T23:59"], True),
        (["2026-01-14T00:00"], False),
    ],
)
def test_a_week_is_provisional_until_late_or_agreeing_readings(
    tables: Tables, times: list[str], is_provisional: bool
) -> None:
    """One reading ≥ 48 h after the week's end, or two that agree ≥ 4 h after it, and it no longer is."""
    tables.build([week(W1, at, [(M2, 50), ("other", 50)]) for at in times])
    assert m2_week(tables, W1)["is_provisional"] is is_provisional
    assert tables.record("from marts.coding_leaderboard_weekly")["is_provisional"] is is_provisional


def test_the_citation_names_the_sources_own_time(tables: Tables) -> None:
    """`as of` is the source's time of its answer, of the newest reading that confirms the row."""
    rows = [(M2, 50), ("other", 50)]
    tables.build(
        [
            week(W1, "2026-01-13T06:30", rows, as_of=instant("2026-01-13T06:29:58")),
            week(W1, "2026-01-14T06:30", rows, as_of=instant("2026-01-14T06:29:57")),
            day(W1, "2026-01-14T06:31", rows, as_of=instant("2026-01-14T06:30:56")),
        ]
    )
    cited = "Source: OpenRouter (openrouter.ai/rankings), as of 2026-01-14T06:29:57Z. Licensed under CC BY 4.0."
    assert m2_week(tables, W1)["citation"] == cited
    assert tables.record("from marts.coding_leaderboard_weekly")["citation"] == cited
    assert (
        m2_day(tables, W1)["citation"]
        == "Source: OpenRouter (openrouter.ai/rankings), as of 2026-01-14T06:30:56Z. Licensed under CC BY 4.0."
    )


def test_simulated_rows_are_not_cited_as_openrouter(tables: Tables) -> None:
    """A figure of the simulator says so wherever it is quoted."""
    rows, changed = [(M2, 50), ("other", 50)], [(M2, 51), ("other", 50)]
    tables.build(
        [
            settled_week(W1, rows, is_simulated=True),
            settled_day(W1, rows, is_simulated=True),
            day(W1, "2026-01-20T06:30", changed, is_simulated=True),
        ]
    )
    for name in (
        "m2_coding_share_weekly",
        "coding_share_weekly",
        "coding_leaderboard_weekly",
        "m2_usage_daily",
        "restatements",
    ):
        citations = {row["citation"] for row in tables.records(f"from marts.{name}")}
        assert citations
        assert all(citation.startswith("SIMULATED, not OpenRouter data, as of 2026-01-") for citation in citations)


@pytest.mark.parametrize("read_later", ["api", "top9"])
def test_what_the_interface_gave_wins_over_a_cut_recording(tables: Tables, read_later: str) -> None:
    """A recorded week cut at nine models never replaces the interface's block, nor is either a restatement of the other."""
    whole = [(M2, 50), (RIVAL, 20), (SECOND, 10), ("other", 20)]
    cut = [(M2, 51), (RIVAL, 20), ("other", 30)]
    early, late = "2026-01-20T06:30", "2026-02-20T06:30"
    tables.build(
        [
            week(W1, late if read_later == "api" else early, whole),
            week(W1, late if read_later == "top9" else early, cut, capture="top9"),
        ]
    )
    row = m2_week(tables, W1)
    assert (row["capture"], row["coding_tokens_estimate"]) == ("api", 50)
    assert row["retrieved_at"] == instant(late if read_later == "api" else early)
    assert row["vintages"] == (2 if read_later == "api" else 1)
    assert tables.rows("select distinct capture from marts.coding_leaderboard_weekly") == [("api",)]
    assert not tables.rows("from marts.restatements")


def test_a_cut_recording_stands_where_nothing_else_was_read(tables: Tables) -> None:
    """Recorded weeks say that they were cut, and are restated only by their like."""
    tables.build(
        [
            settled_week(W1, [(M2, 50), ("other", 50)], capture="top9"),
            week(W1, "2026-02-20T06:30", [(M2, 52), ("other", 50)], capture="top9"),
        ]
    )
    assert m2_week(tables, W1)["capture"] == "top9"
    assert tables.rows("select model_permaslug, tokens_before, tokens_after, capture from marts.restatements") == [
        (M2, 50, 52, "top9")
    ]


def test_other_categories_do_not_count_as_coding(tables: Tables) -> None:
    """The marts of coding read `programming` only; a category may have a slash in its name."""
    tables.build(
        [
            settled_week(W1, [(M2, 50), ("other", 50)]),
            Reading("category_week/marketing/seo", date(2026, 1, 5), instant("2026-01-15T06:00"), ((M2, 7), ("other", 3))),
        ]
    )
    assert m2_week(tables, W1)["category_tokens_estimate"] == 100
    assert tables.rows(
        "select category, sum(tokens_estimate)::bigint from core.category_usage_weekly group by all order by all"
    ) == [
        ("marketing/seo", 10),
        ("programming", 100),
    ]


def test_tokens_beyond_the_floats_stay_exact(tables: Tables) -> None:
    """Sums pass 2^53: integers end to end."""
    big = 2**53 + 1
    tables.build(
        [
            settled_week(W1, [(M2, big), (FREE, 2), ("other", big)]),
            settled_day(W1, [(M2, big), (FREE, 2), ("other", big)]),
        ]
    )
    assert m2_week(tables, W1)["coding_tokens_estimate"] == big + 2
    assert m2_week(tables, W1)["category_tokens_estimate"] == 2 * big + 2
    row = m2_day(tables, W1)
    assert (row["total_tokens"], row["platform_tokens"]) == (big + 2, 2 * big + 2)
    assert (row["total_tokens_lower"], row["total_tokens_upper"]) == (big + 2, big + 2)


# --- as of -------------------------------------------------------------------------------------------------------------


def test_the_share_as_of_an_instant(tables: Tables) -> None:
    """Nothing before the first reading; the first figure until the second reading; then the second, from that instant on."""
    tables.build(
        [
            week(W1, "2026-01-12T06:30", [(M2, 50), ("other", 50)]),
            week(W1, "2026-01-14T06:30", [(M2, 20), ("other", 80)]),
        ]
    )

    def share(ts: str, macro: str) -> list[tuple[Any, ...]]:
        columns = "select coding_token_share, is_provisional, vintages, retrieved_at"
        return tables.rows(f"{columns} from {macro}($ts) where base_permaslug = $model", ts=ts, model=M2)

    first = (0.5, True, 1, instant("2026-01-12T06:30"))
    second = (0.2, False, 2, instant("2026-01-14T06:30"))
    for macro in ("coding_share_weekly_as_of", "m2_coding_share_weekly_as_of"):
        assert share("2026-01-12 06:29:59.999999Z", macro) == []
        assert share("2026-01-12 06:30:00Z", macro) == [first]
        assert share("2026-01-14 06:29:59Z", macro) == [first]
        assert share("2026-01-14 06:30:00Z", macro) == [second]
        assert share("infinity", macro) == [second]


def test_as_of_knows_no_later_variant_day_or_week(tables: Tables) -> None:
    """What was read after the instant changes nothing: neither the platform's days, nor changes. A bound is that of its own
    reading, whatever is known since."""
    days = days_of_week(W2, [(M2, 10), ("other", 90)])
    tables.build(
        [
            week(W2, "2026-01-22T06:30", [(M2, 50), (RIVAL, 10), ("other", 40)]),
            week(W1, "2026-02-01T06:30", [(M2, 30), (FREE, 10), (RIVAL, 20), ("other", 40)]),
            *days[:6],
            day("2026-01-18", "2026-02-01T06:30", [(M2, 10), ("other", 90)]),
        ]
    )
    then = tables.record("from m2_coding_share_weekly_as_of('2026-01-25 00:00:00Z')")
    assert str(then["week_start"]) == W2
    assert (then["coding_token_share_upper"], then["change_pp"], then["platform_token_share"]) == (0.5, None, None)
    now = m2_week(tables, W2)
    assert now["coding_token_share_upper"] == 0.5
    assert (now["change_pp"], now["previous_retrieved_at"]) == (pytest.approx(10, abs=PP), instant("2026-02-01T06:30"))
    assert (now["platform_token_share"], now["platform_retrieved_at"]) == (pytest.approx(0.1), instant("2026-02-01T06:30"))


def test_the_m2_mart_is_a_filter_on_the_mart_of_all_models(tables: Tables) -> None:
    """One definition: the same rows, the same columns."""
    tables.build(
        [
            settled_week(W1, [(M2, 50), (M21, 10), ("other", 40)]),
            settled_week(W2, [(RIVAL, 50), ("other", 50)]),
        ]
    )
    filtered = tables.rows("from marts.coding_share_weekly where base_permaslug = $model order by all", model=M2)
    assert len(filtered) == 2
    assert tables.rows("from marts.m2_coding_share_weekly order by all") == filtered
    assert tables.rows("from m2_coding_share_weekly_as_of('infinity') order by all") == filtered


def test_an_as_of_table_has_the_columns_of_its_table(tables: Tables) -> None:
    """In the same order, so that one can be put where the other is."""
    tables.build([settled_week(W1, [(M2, 50), ("other", 50)])])
    for macro in MACROS.values():
        columns = [name for name, *_ in tables.rows(f"describe from {macro.name}('infinity')")]
        assert columns == [column.name for column in TABLES[macro.table].columns], macro.name


# --- the leaderboard ---------------------------------------------------------------------------------------------------


def test_the_leaderboard_lists_who_was_there(tables: Tables) -> None:
    """A row per listed model with its variants summed; a positive change of rank is a rise; NULL after an absence."""
    tables.build(
        [
            settled_week(W1, [(RIVAL, 50), (M2, 30), ("other", 20)]),
            settled_week(W2, [(M2, 30), (RIVAL, 40), (FREE, 20), (SECOND, 5), ("other", 5)]),
            settled_week(W3, [(RIVAL, 50), (SECOND, 20), ("other", 30)]),
            settled_week(W4, [(M2, 50), (SECOND, 20), ("other", 30)]),
        ]
    )
    found = tables.rows("""
        select week_start::varchar, coding_rank, base_permaslug, author, coding_token_share, coding_tokens_estimate,
            round(change_pp, 9), rank_change
        from marts.coding_leaderboard_weekly
        order by week_start, coding_rank
    """)
    assert found == [
        (W1, 1, RIVAL, "a", 0.5, 50, None, None),
        (W1, 2, M2, "minimax", 0.3, 30, None, None),
        (W2, 1, M2, "minimax", 0.5, 50, 20, 1),
        (W2, 2, RIVAL, "a", 0.4, 40, -10, -1),
        (W2, 3, SECOND, "b", 0.05, 5, None, None),
        (W3, 1, RIVAL, "a", 0.5, 50, 10, 1),
        (W3, 2, SECOND, "b", 0.2, 20, 15, 1),
        (W4, 1, M2, "minimax", 0.5, 50, None, None),
        (W4, 2, SECOND, "b", 0.2, 20, 0, 0),
    ]


def test_rank_change_is_against_the_previous_calendar_week(tables: Tables) -> None:
    """After an unread week nothing is compared."""
    tables.build(
        [
            settled_week(W1, [(RIVAL, 50), (M2, 30), ("other", 20)]),
            settled_week(W3, [(M2, 50), (RIVAL, 30), ("other", 20)]),
        ]
    )
    assert {change for (change,) in tables.rows("select rank_change from marts.coding_leaderboard_weekly")} == {None}


# --- the days of M2 -------------------------------------------------------------------------------------------------


def test_a_day_of_m2_tells_its_variants_apart(tables: Tables) -> None:
    """Paid, free and all further variants, their sum, and the share of the platform; unlisted variants are NULL, not 0."""
    tables.build(
        [
            settled_day("2026-01-05", [(FREE, 10), (RIVAL, 20), ("other", 70)]),
            settled_day(
                "2026-01-06", [(M2, 10), (FREE, 20), (f"{M2}:thinking", 3), (f"{M2}:free:online", 4), ("other", 63)]
            ),
        ]
    )
    first, second = m2_day(tables, "2026-01-05"), m2_day(tables, "2026-01-06")
    names = ("default_tokens", "free_tokens", "other_variant_tokens", "total_tokens")
    assert [first[name] for name in names] == [None, 10, None, 10]
    assert [second[name] for name in names] == [10, 20, 7, 37]
    assert (second["platform_tokens"], second["platform_token_share"]) == (100, 0.37)
    assert (first["days_since_first_seen"], second["days_since_first_seen"]) == (0, 1)


def test_the_rank_of_m2s_day_is_over_summed_models(tables: Tables) -> None:
    """Rivals are summed too, `other` is not ranked, ties share the lower number."""
    tables.build(
        [
            settled_day("2026-01-05", [(RIVAL, 20), (M2, 15), (FREE, 10), (f"{RIVAL}:free", 10), ("other", 900)]),
            settled_day("2026-01-06", [(RIVAL, 25), (M2, 15), (SECOND, 12), (FREE, 10), ("other", 900)]),
        ]
    )
    assert m2_day(tables, "2026-01-05")["platform_rank"] == 2
    assert m2_day(tables, "2026-01-06")["platform_rank"] == 1


def test_a_day_without_m2_has_a_row_with_bounds(tables: Tables) -> None:
    """From the first seen day on, every read day has a row; unread ones have none."""
    tables.build(
        [
            settled_day("2026-01-04", [(RIVAL, 10), ("other", 90)]),
            settled_day("2026-01-05", [(M2, 10), (FREE, 10), ("other", 80)]),
            settled_day("2026-01-08", [(RIVAL, 50), (SECOND, 20), ("other", 30)]),
            settled_day("2026-01-09", [(RIVAL, 50), (SECOND, 10), ("other", 40)]),
            settled_day("2026-01-10", [(RIVAL, 50), (SECOND, 10)]),
        ]
    )
    assert tables.rows("""
        select usage_date::varchar, default_tokens, free_tokens, other_variant_tokens, total_tokens, total_tokens_lower,
            total_tokens_upper, platform_tokens, platform_token_share, platform_rank, days_since_first_seen
        from marts.m2_usage_daily
        order by usage_date
    """) == [
        ("2026-01-05", 10, 10, None, 20, 20, 20, 100, 0.2, 1, 0),
        ("2026-01-08", None, None, None, None, 0, 30, 100, None, None, 3),
        ("2026-01-09", None, None, None, None, 0, 20, 100, None, None, 4),
        ("2026-01-10", None, None, None, None, 0, 0, 60, None, None, 5),
    ]  # fmt: skip


def test_an_unlisted_variant_widens_the_bound_of_the_day(tables: Tables) -> None:
    """What is listed, and for the variant seen before at most min(smallest listed, `other`)."""
    tables.build(
        [
            settled_day("2026-01-05", [(M2, 10), (FREE, 10), ("other", 80)]),
            settled_day("2026-01-06", [(M2, 30), (RIVAL, 20), ("other", 50)]),
            settled_day("2026-01-07", [(M2, 30), (RIVAL, 20), ("other", 5)]),
        ]
    )
    bounds = "select total_tokens, total_tokens_lower, total_tokens_upper from marts.m2_usage_daily order by usage_date"
    assert tables.rows(bounds) == [(20, 20, 20), (30, 30, 50), (30, 30, 35)]


def test_a_day_is_provisional_until_late_or_agreeing_readings(tables: Tables) -> None:
    """A day read once soon after midnight is provisional, with the time of its newest reading."""
    rows = [(M2, 10), ("other", 90)]
    tables.build(
        [
            day("2026-01-05", "2026-01-06T06:30", rows),
            day("2026-01-05", "2026-01-07T06:30", rows),
            day("2026-01-06", "2026-01-07T06:30", rows),
            day("2026-01-07", "2026-01-10T06:30", rows),
        ]
    )
    assert tables.rows(
        "select usage_date::varchar, is_provisional, retrieved_at from marts.m2_usage_daily order by all"
    ) == [
        ("2026-01-05", False, instant("2026-01-07T06:30")),
        ("2026-01-06", True, instant("2026-01-07T06:30")),
        ("2026-01-07", False, instant("2026-01-10T06:30")),
    ]


# --- restatements -----------------------------------------------------------------------------------------------------

RESTATED = """
    select series, period_start::varchar, model_permaslug, tokens_before, tokens_after, known_before, known_after,
        hours_after_close
    from marts.restatements
    order by all
"""


def test_a_changed_figure_is_a_restatement(tables: Tables) -> None:
    """`other` included; the unchanged row is not; the old value's last reading and the hours to the new one's first."""
    tables.build(
        [
            day("2026-01-05", "2026-01-06T00:30", [(M2, 10), (RIVAL, 5), ("other", 90)]),
            day("2026-01-05", "2026-01-06T06:30", [(M2, 10), (RIVAL, 5), ("other", 90)]),
            day("2026-01-05", "2026-01-07T06:30", [(M2, 11), (RIVAL, 5), ("other", 95)]),
            day("2026-01-05", "2026-01-08T06:30", [(M2, 11), (RIVAL, 5), ("other", 95)]),
        ]
    )
    seen = (instant("2026-01-06T06:30"), instant("2026-01-07T06:30"), 30.5)
    assert tables.rows(RESTATED) == [
        (USAGE, "2026-01-05", M2, 10, 11, *seen),
        (USAGE, "2026-01-05", "other", 90, 95, *seen),
    ]


def test_the_last_reading_with_the_old_value_may_be_of_a_later_vintage(tables: Tables) -> None:
    """The figure stood while others changed: it is known until the reading before its own change."""
    tables.build(
        [
            day("2026-01-05", "2026-01-06T06:30", [(M2, 10), ("other", 90)]),
            day("2026-01-05", "2026-01-07T06:30", [(M2, 10), ("other", 91)]),
            day("2026-01-05", "2026-01-08T06:30", [(M2, 12), ("other", 91)]),
        ]
    )
    assert tables.rows(RESTATED) == [
        (USAGE, "2026-01-05", M2, 10, 12, instant("2026-01-07T06:30"), instant("2026-01-08T06:30"), 54.5),
        (USAGE, "2026-01-05", "other", 90, 91, instant("2026-01-06T06:30"), instant("2026-01-07T06:30"), 30.5),
    ]


def test_a_running_period_is_not_restated(tables: Tables) -> None:
    """Growing until it closes is no restatement, nor is the first reading after it; one at the close counts as closed."""
    growing = [
        week(W1, "2026-01-08T06:30", [(M2, 10), ("other", 90)]),
        week(W1, "2026-01-11T23:59", [(M2, 20), ("other", 90)]),
    ]
    tables.build([*growing, week(W1, "2026-01-12T00:00", [(M2, 30), ("other", 90)])])
    assert tables.rows(RESTATED) == []
    closed = week(W1, "2026-01-12T00:00", [(M2, 30), ("other", 90)])
    tables.build([*growing, closed, week(W1, "2026-01-12T06:00", [(M2, 40), ("other", 90)])])
    assert tables.rows(RESTATED) == [(CODING, W1, M2, 30, 40, instant("2026-01-12T00:00"), instant("2026-01-12T06:00"), 6.0)]


def test_entering_and_leaving_rows_have_no_tokens(tables: Tables) -> None:
    """A row that leaves the top 50 has no figure after, one that enters has none before; coming back is entering."""
    tables.build(
        [
            day("2026-01-05", "2026-01-06T06:30", [(M2, 10), ("other", 90)]),
            day("2026-01-05", "2026-01-07T06:30", [(RIVAL, 20), ("other", 90)]),
            day("2026-01-05", "2026-01-08T06:30", [(M2, 10), (RIVAL, 20), ("other", 90)]),
        ]
    )
    assert tables.rows("""
        select model_permaslug, tokens_before, tokens_after, hours_after_close
        from marts.restatements
        order by known_after, model_permaslug
    """) == [(RIVAL, None, 20, 30.5), (M2, 10, None, 30.5), (M2, None, 10, 54.5)]


def test_a_hole_that_is_filled_does_not_stand_in_for_a_missing_day(tables: Tables) -> None:
    """A day that the source was known to lack, and then gave, does not make up for another one that was not read."""
    coding = settled_week("2025-06-09", [(M2, 50), ("other", 50)])
    days = [settled_day(str(date(2025, 6, 9) + timedelta(days=n)), [(M2, 10), ("other", 90)]) for n in range(1, 7)]
    tables.build([coding, *days])
    assert tables.rows("select platform_token_share from marts.m2_coding_share_weekly") == [(None,)]
