"""Events of hand-made readings: what is told, since when, and what is no event because nobody can know it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import support
from tests.warehouse.names import CODING, M2, W1, W2, W3
from tests.warehouse.readings import Reading, Tables, day, open_tables, settled_day, settled_week, week

pytestmark = pytest.mark.made_up_levels

RIVAL, THIRD = "openai/rival", "google/third"
STEALTH = "openrouter/some-alpha"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    with open_tables(tmp_path_factory.mktemp("events")) as opened:
        # The thresholds of the file are for people to change: these tests state their own.
        opened.decide("delete from reference.event_thresholds")
        opened.decide("""
            insert into reference.event_thresholds by name
            select
                series, '*' as model_pattern, true as is_followed, 2 as top, 2 as passes_within, 5.0 as share_change_pp,
                0.01 as restated_change, 0.1 as stealth_share
            from (values ('category_week/programming'), ('usage_day')) as followed (series)
        """)
        yield opened


def events(tables: Tables, readings: list[Reading], *kinds: str) -> list[dict[str, Any]]:
    """The events of these readings, but for those of models that are unclassified if kinds are named."""
    tables.build(readings)
    found = tables.records("from marts.events order by event_id")
    return [one for one in found if not kinds or one["event_kind"] in kinds]


def said(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(one["event_kind"], one["base_permaslug"], one["previous_value"], one["value"]) for one in found]


def steady(**tokens: int) -> list[support.Row]:
    """Rows in which RIVAL and THIRD stand at 40 and 30 of 100, unless told otherwise, and `other` has the rest."""
    rows = {RIVAL: 400, THIRD: 300, **{name.replace("__", "/"): count for name, count in tokens.items()}}
    return [*rows.items(), ("other", 1000 - sum(rows.values()))]


def ranked(*models: str) -> list[support.Row]:
    """Rows in this order, each with 10 of 1000 less than the one before; beyond the second place nobody moves much."""
    return [*((model, 200 - 10 * place) for place, model in enumerate(models)), ("other", 1000)]


def test_a_model_enters_and_leaves_the_first(tables: Tables) -> None:
    """Ranks before and after, the models it passed, and the bound of what is not listed."""
    found = events(
        tables,
        [
            settled_week(W1, ranked(RIVAL, THIRD, M2)),
            settled_week(W2, ranked(M2, RIVAL, THIRD)),
            settled_week(W3, ranked(RIVAL, THIRD)),
        ],
        "enters_top",
        "leaves_top",
    )
    assert said(found) == [
        ("enters_top", M2, 3, 1),
        ("enters_top", THIRD, 3, 2),
        ("leaves_top", THIRD, 2, 3),
        ("leaves_top", M2, 1, None),
    ]
    entered, _, _, left = found
    assert entered["event_id"] == f"enters_top/{CODING}/{W2}/{M2}"
    assert entered["other_models"] == [RIVAL, THIRD]
    assert (entered["category"], entered["author"], entered["unit"]) == ("programming", "minimax", "rank")
    assert entered["title"] == (
        f"{M2} enters the top 2 in coding: rank 1 with 12.7 % in the week of 12 January 2026, "
        "rank 3 with 11.5 % the week before"
    )
    assert left["title"] == (
        f"{M2} leaves the top 2 in coding: not listed, so at most 13.7 % in the week of 19 January 2026, "
        "rank 1 with 12.7 % the week before"
    )
    for one in found:
        assert tables.rows(one["evidence_query"])


def test_who_is_below_a_cut_list_may_stand_anywhere(tables: Tables) -> None:
    """Of a week that lists one model only its first is known, whatever the threshold, and its entry says so."""
    cut: dict[str, Any] = {"capture": "top9"}
    found = events(
        tables,
        [settled_week(W1, [(RIVAL, 600), ("other", 400)], **cut), settled_week(W2, [(M2, 600), ("other", 400)], **cut)],
        "enters_top",
        "leaves_top",
    )
    assert said(found) == [("enters_top", M2, None, 1), ("leaves_top", RIVAL, 1, None)]
    assert all("the top 1 in coding" in one["title"] for one in found)
    assert all("cut at nine" in one["evidence"] for one in found)


def test_variants_that_are_not_listed_may_keep_a_model_among_the_first(tables: Tables) -> None:
    """Two unlisted variants may sum to more than the last listed model has: nobody knows that it left."""
    weeks = [
        settled_week(W1, [(RIVAL, 300), (M2, 200), (f"{M2}:free", 90), ("other", 500)]),
        settled_week(W2, [(RIVAL, 300), (THIRD, 150), ("other", 500)]),
    ]
    assert events(tables, weeks, "leaves_top") == []
    weeks[0] = settled_week(W1, [(RIVAL, 300), (M2, 290), ("other", 500)])
    assert said(events(tables, weeks, "leaves_top")) == [("leaves_top", M2, 2, None)]
    # Nor that it entered: it may have been there, unlisted, before.
    listed = [(RIVAL, 300), (M2, 200), (f"{M2}:free", 90), ("other", 500)]
    unlisted = [(RIVAL, 300), (THIRD, 150), ("other", 500)]
    weeks = [settled_week(W1, listed), settled_week(W2, unlisted), settled_week(W3, listed)]
    assert said(events(tables, weeks, "enters_top")) == [("enters_top", THIRD, None, 2)]


@pytest.mark.parametrize(
    "weeks",
    [
        pytest.param([settled_week(W1, ranked(RIVAL, THIRD)), settled_week(W3, ranked(M2, RIVAL))], id="unread week"),
        pytest.param(
            [settled_week(W1, ranked(RIVAL, THIRD), capture="top9"), settled_week(W2, ranked(M2, RIVAL))], id="capture"
        ),
        pytest.param(
            [settled_week(W1, ranked(RIVAL, THIRD)), week(W2, "2026-01-15T06:30", ranked(M2, RIVAL))], id="running week"
        ),
        pytest.param(
            [week(W1, "2026-01-08T06:30", ranked(RIVAL, THIRD)), settled_week(W2, ranked(M2, RIVAL))],
            id="week before never read whole",
        ),
    ],
)
def test_weeks_that_cannot_be_compared_make_no_event(tables: Tables, weeks: list[Reading]) -> None:
    """What happened in between, beside a cut, or in half a week, is not known."""
    assert events(tables, weeks, "enters_top", "leaves_top", "passes", "share_change") == []


def test_an_event_of_an_unsettled_week_is_provisional_and_stays_the_same_event(tables: Tables) -> None:
    """Readings that come later settle it: neither its id nor since when it is known changes, also when its figure does."""
    before = settled_week(W1, steady())
    first = week(W2, "2026-01-19T06:30", steady(**{"minimax__minimax-m2": 100, RIVAL: 290}))
    restated = week(W2, "2026-01-20T06:30", steady(**{"minimax__minimax-m2": 100, RIVAL: 280}))
    agreeing = week(W2, "2026-01-21T06:30", steady(**{"minimax__minimax-m2": 100, RIVAL: 280}))
    [told] = events(tables, [before, first], "share_change")
    assert (told["is_provisional"], told["known_from"]) == (True, support.instant("2026-01-19T06:30"))
    assert told["value"] == pytest.approx(0.29)
    [settled] = events(tables, [before, first, restated, agreeing], "share_change")
    assert settled["value"] == pytest.approx(0.28)
    assert not settled["is_provisional"]
    assert (settled["event_id"], settled["known_from"]) == (told["event_id"], told["known_from"])


def test_an_event_is_provisional_while_the_week_before_is(tables: Tables) -> None:
    """A change has two sides, and either may still move."""
    weeks = [week(W1, "2026-01-12T06:30", steady()), settled_week(W2, steady(**{RIVAL: 200}))]
    assert [one["is_provisional"] for one in events(tables, weeks, "share_change")] == [True]


def test_an_event_that_a_later_reading_shows_is_known_since_then(tables: Tables) -> None:
    """A share that a restatement brings beyond the threshold is news of that reading, not of the first one."""
    before = settled_week(W1, steady())
    first = week(W2, "2026-01-19T06:30", steady(**{RIVAL: 360}))
    assert events(tables, [before, first], "share_change") == []
    [told] = events(tables, [before, first, week(W2, "2026-01-20T06:30", steady(**{RIVAL: 340}))], "share_change")
    assert told["known_from"] == support.instant("2026-01-20T06:30")


def test_running_readings_do_not_date_an_event(tables: Tables) -> None:
    """Content that was read before the close and confirmed after it is known since the first reading after it."""
    before = settled_week(W1, steady())
    same = steady(**{RIVAL: 290})
    [told] = events(tables, [before, week(W2, "2026-01-18T06:30", same), week(W2, "2026-01-19T06:30", same)], "share_change")
    assert told["known_from"] == support.instant("2026-01-19T06:30")


def test_a_share_moves_by_points_of_the_category(tables: Tables) -> None:
    """Both ways, from the threshold on; free and paid are one model, and `other` is none."""
    found = events(
        tables,
        [
            settled_week(W1, [(RIVAL, 400), (M2, 100), (f"{M2}:free", 100), ("other", 400)]),
            settled_week(W2, [(RIVAL, 351), (M2, 290), ("other", 359)]),
            settled_week(W3, [(RIVAL, 300), (M2, 240), ("other", 460)]),
        ],
        "share_change",
    )
    assert [(one["base_permaslug"], one["title"].split(":")[0]) for one in found] == [
        (M2, f"{M2} gains 9.0 percentage points of coding"),
        (M2, f"{M2} loses 5.0 percentage points of coding"),
        (RIVAL, f"{RIVAL} loses 5.1 percentage points of coding"),
    ]


def test_a_model_passes_whom_it_stood_below(tables: Tables) -> None:
    """Who draws level has not passed; who only gets a better rank because another left the first has passed that one."""
    weeks = [
        settled_week(W1, [(RIVAL, 300), (M2, 200), (THIRD, 100), ("other", 400)]),
        settled_week(W2, [(RIVAL, 200), (M2, 200), (THIRD, 100), ("other", 500)]),
        settled_week(W3, [(RIVAL, 300), (M2, 200), (THIRD, 100), ("other", 400)]),
    ]
    assert events(tables, weeks, "passes") == []
    weeks[2] = settled_week(W3, [(THIRD, 300), (M2, 200), (RIVAL, 100), ("other", 400)])
    assert events(tables, weeks, "passes") == []  # THIRD enters; M2 falls from a shared first place
    weeks[1] = settled_week(W2, [(M2, 300), (RIVAL, 200), (THIRD, 100), ("other", 400)])
    [passed, *_] = events(tables, weeks[:2], "passes")
    assert (passed["base_permaslug"], passed["other_models"], passed["previous_value"], passed["value"]) == (
        M2,
        [RIVAL],
        2,
        1,
    )


def test_one_restatement_is_one_event_of_its_block(tables: Tables) -> None:
    """The model that moved most is named, others beside it; what moved less than the threshold is none."""
    readings = [
        day(W1, "2026-01-06T06:30", [(RIVAL, 1000), (M2, 1000), (THIRD, 1000), ("other", 1000)]),
        day(W1, "2026-01-07T06:30", [(RIVAL, 1020), (M2, 1100), (THIRD, 1010), ("other", 2000)]),
        day(W1, "2026-01-08T06:30", [(RIVAL, 1020), (M2, 1100), (THIRD, 1011), ("other", 2000)]),
    ]
    [told] = events(tables, readings, "restated")
    assert (told["base_permaslug"], told["other_models"]) == (M2, [RIVAL])
    assert (told["previous_value"], told["value"], told["unit"]) == (1000, 1100, "tokens")
    assert told["title"] == f"{M2} on 5 January 2026 is restated by +10.0 %, from 1000 to 1100 tokens, and 1 more by less"
    assert told["known_from"] == support.instant("2026-01-07T06:30")
    assert tables.rows(told["evidence_query"])


def test_a_new_model_that_nobody_classified_is_told_once(tables: Tables) -> None:
    """Listed since the second day on: it is new. What the first day lists may be old, and known models are no event."""
    rows = [("nobody/old", 500), (M2, 500), ("other", 100)]
    days = [settled_day(W1, rows), settled_day("2026-01-06", [*rows, ("nobody/new", 50)])]
    days.append(settled_day("2026-01-07", [*rows, ("nobody/new", 60)]))
    assert [(one["event_id"], str(one["period_start"])) for one in events(tables, days, "unclassified")] == [
        ("unclassified/nobody/new", "2026-01-06")
    ]


def test_a_model_after_unread_days_is_not_said_to_be_new(tables: Tables) -> None:
    """Where the day or week before was not read it may have been listed there; a day that does not exist leaves no gap."""
    rows = [("nobody/old", 500), (M2, 500), ("other", 100)]
    days = [settled_day("2025-06-10", rows), settled_day("2025-06-14", [*rows, ("nobody/late", 55)])]
    days.append(settled_day("2025-06-16", [*rows, ("nobody/late", 55), ("nobody/new", 55)]))
    weeks = [settled_week(W1, rows), settled_week(W3, [*rows, ("nobody/coder", 275)])]
    titles = {one["base_permaslug"]: one["title"] for one in events(tables, [*days, *weeks], "unclassified")}
    unknown = "is unclassified: no author, country, open weights known;"
    assert titles == {
        "nobody/late": f"nobody/late {unknown} listed on 14 June 2025 with 4.8 % (the day before was not fetched)",
        "nobody/new": f"nobody/new {unknown} first listed on 16 June 2025 with 4.5 %",
        "nobody/coder": f"nobody/coder {unknown} listed in programming in the week of 19 January 2026 with 20.0 % "
        "(the week before was not fetched)",
    }


def stealth_days(shares: dict[str, int]) -> list[Reading]:
    """Days on which the stealth model has so many of 100."""
    return [settled_day(one, [(STEALTH, share), (M2, 95 - share), ("other", 5)]) for one, share in shares.items()]


def test_a_stealth_model_arises_beside_a_day_that_was_read(tables: Tables) -> None:
    """After unread days, and on the first day of all, it may have been there for long: no event, nor on the days after."""
    first, last = {"2025-06-01": 20, "2025-06-02": 20}, {"2025-06-14": 5, "2025-06-16": 20}
    assert events(tables, stealth_days(first), "stealth") == []
    assert events(tables, stealth_days(first | {"2025-06-10": 20, "2025-06-11": 20}), "stealth") == []
    # 15 June 2025 does not exist: the day before is the 14th. Of the others of the seven days before some were not read.
    [told] = events(tables, stealth_days(last | {"2025-06-09": 5}), "stealth")
    assert (str(told["period_start"]), told["evidence"]) == (
        "2025-06-16",
        "Not so much on any of the seven days before, 4 of which were not fetched.",
    )
    whole = {f"2025-06-{number:02}": 5 for number in range(9, 15)} | last
    for days in (whole, whole | {"2025-06-15": 5}):
        [told] = events(tables, stealth_days(days), "stealth")
        assert told["evidence"] == "Not so much on any of the seven days before."


def test_a_stealth_event_is_known_once_both_days_are(tables: Tables) -> None:
    """That it rose is told by two days: the later of their readings makes it known."""
    risen = day("2026-01-06", "2026-01-10T06:30", [(STEALTH, 20), (M2, 75), ("other", 5)])
    before = day(W1, "2026-02-01T06:30", [(M2, 95), ("other", 5)])
    assert events(tables, [risen], "stealth") == []
    [told] = events(tables, [risen, before], "stealth")
    assert (told["known_from"], told["is_provisional"]) == (support.instant("2026-02-01T06:30"), False)
    # A day before that may still move may still bring the event down.
    early = day(W1, "2026-01-06T06:30", [(M2, 95), ("other", 5)])
    assert [one["is_provisional"] for one in events(tables, [risen, early], "stealth")] == [True]


def test_a_stealth_model_is_told_when_it_rises_and_not_every_day(tables: Tables) -> None:
    """A day below the threshold is no end of it, seven days are."""
    shares = [5, 10, 20, 5, 20, *[5] * 7, 20]
    days = [
        settled_day(f"2026-01-{number:02}", [(STEALTH, share), (M2, 95 - share), ("other", 5)])
        for number, share in enumerate(shares, start=1)
    ]
    found = events(tables, days, "stealth")
    assert [(str(one["period_start"]), one["value"]) for one in found] == [
        ("2026-01-02", pytest.approx(0.10)),
        ("2026-01-13", pytest.approx(0.20)),
    ]
    assert tables.rows(found[0]["evidence_query"])


def test_thresholds_of_a_model_outweigh_those_of_all(tables: Tables) -> None:
    """The longest pattern that fits decides; who is not followed makes no event."""
    weeks = [settled_week(W1, steady(**{M2: 100})), settled_week(W2, steady(**{M2: 80, RIVAL: 300}))]
    assert said(events(tables, weeks, "share_change")) == [("share_change", RIVAL, 0.4, 0.3)]
    copied = (
        "select * replace ({} as model_pattern, {} as share_change_pp, {} as is_followed) from reference.event_thresholds"
    )
    every = "where series like 'category%' and model_pattern = '*'"
    try:
        for pattern, points, follow in (("minimax/*", 1.5, True), ("openai/*", 1.0, False)):
            chosen = copied.format(f"'{pattern}'", points, follow)
            tables.decide(f"insert into reference.event_thresholds {chosen} {every}")
        found = events(tables, weeks, "share_change")
    finally:
        tables.decide("delete from reference.event_thresholds where model_pattern <> '*'")
    assert [(one["base_permaslug"], one["value"]) for one in found] == [(M2, pytest.approx(0.08))]


def test_order_and_repetition_of_readings_change_nothing(tables: Tables) -> None:
    """A rebuild, an import in another order and a reading that confirms give the same events, to the column."""
    readings = [
        settled_week(W1, ranked(RIVAL, THIRD, M2)),
        week(W2, "2026-01-19T06:30", ranked(M2, RIVAL, THIRD)),
        week(W2, "2026-01-20T06:30", ranked(M2, THIRD, RIVAL)),
        settled_week(W3, steady(**{"nobody/new": 100})),
        settled_week(W3, steady(**{"nobody/new": 150}), as_of=support.instant("2026-02-01T06:30")),
        *stealth_days({"2026-01-05": 5, "2026-01-06": 20}),
    ]
    told = events(tables, readings)
    assert len({one["event_id"] for one in told}) == len(told) > 5
    assert events(tables, [*reversed(readings), *readings]) == told
    confirmed = [*readings, week(W2, "2026-01-24T06:30", ranked(M2, THIRD, RIVAL))]
    changing = {"citation", "retrieved_at", "previous_citation", "previous_retrieved_at", "is_provisional"}
    assert [{k: v for k, v in one.items() if k not in changing} for one in events(tables, confirmed)] == [
        {k: v for k, v in one.items() if k not in changing} for one in told
    ]


def test_hostile_names_are_only_names(tables: Tables) -> None:
    """A quote in a slug breaks neither the evidence nor what it selects."""
    name = "x/it's <b>"
    weeks = [settled_week(W1, ranked(RIVAL, THIRD)), settled_week(W2, ranked(name, RIVAL))]
    [told] = [one for one in events(tables, weeks, "enters_top") if one["base_permaslug"] == name]
    assert tables.rows(told["evidence_query"])
