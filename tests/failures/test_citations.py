"""A figure cites its own reading: what the citations of a row print is enough to have the row again.

Each row is compared with what the table's as-of macro gives for the newest instant that its own citations print, and the
macros with tables that were built when nothing else had been read. This is done for all that is cited, on a made-up world
that is read again and again, and on real responses.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.contracts.tables import MACROS, TABLES
from pipeline.settings import DataDir
from tests import support
from tests.warehouse import small_world
from tests.warehouse.as_known import Known, Rows, known, printed, read_at
from tests.warehouse.readings import M2, CatalogueReading, Snapshot, Tables, day, open_tables, week

pytestmark = [pytest.mark.made_up_levels, pytest.mark.timeout(900)]

AS_OF = [macro for macro in MACROS.values() if macro.parameter == "ts"]
MACRO_OF = {macro.table: macro.name for macro in AS_OF if "citation" in TABLES[macro.table].required}

KNOWN_NOW: dict[tuple[str, str], str] = {
    ("core.app_usage", "app_name"): "an app is called by its newest name in every window"
}
"""Figures that are about all that is known now, and say so in their description, each with the reason."""

Found = dict[str, list[str]]
"""By table or macro, what is not given back."""


def same(one: Any, other: Any) -> bool:
    """Equal, sums of fractions but for their last digits."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-15)
    return bool(one == other)


def not_given_back(name: str, rows: Rows, then: Rows) -> Iterator[str]:
    """What of ``rows`` the table of then does not hold."""
    for key, row in rows.items():
        if key not in then:
            yield f"{key}: no such row"
            continue
        for column, value in row.items():
            if (name, column) not in KNOWN_NOW and not same(value, then[key][column]):
                yield f"{key} {column}: {value!r}, then {then[key][column]!r}"


def shared(instants: Mapping[str, set[str]], wanted: int) -> set[str]:
    """So many of the instants of each table, or all that it has, and few in all: each costs a build."""
    every = sorted(set().union(*instants.values()))
    random.Random(1).shuffle(every)  # noqa: S311 - else the first ones of each table
    missing = {name: min(wanted, len(of_table)) for name, of_table in instants.items()}
    chosen: set[str] = set()
    while any(missing.values()):
        best = max(every, key=lambda ts: sum(ts in instants[name] for name, number in missing.items() if number))
        every.remove(best)
        chosen.add(best)
        missing = {name: number - (number > 0 and best in instants[name]) for name, number in missing.items()}
    return chosen


def given_back(whole: Known, wanted: int) -> Found:
    """What is not given back at ``wanted`` instants of each table by its as-of macro."""
    found: Found = {name: [] for name in MACRO_OF}
    rows = {name: whole.rows(name) for name in MACRO_OF}
    chosen = shared({name: {read_at(row) for row in of_table.values()} for name, of_table in rows.items()}, wanted)
    for name, of_table in rows.items():
        by_instant: dict[str, Rows] = {}
        for key, row in of_table.items():
            if read_at(row) in chosen:
                by_instant.setdefault(read_at(row), {})[key] = row
        for ts, of_instant in sorted(by_instant.items())[:wanted]:
            then = whole.rows(name, f"{MACRO_OF[name]}('{ts}')")
            found[name] += [f"{ts} {one}" for one in not_given_back(name, of_instant, then)]
    return found


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up readings of every series, as raw holds them."""
    path = tmp_path_factory.mktemp("made_up")
    with open_tables(path) as tables:
        tables.load(small_world.readings())
        tables.load_snapshots(small_world.snapshots())
    return DataDir(path).build


@pytest.fixture(scope="module")
def made_up(build: Path) -> Iterator[Known]:
    with known(build) as whole:
        whole.build()
        yield whole


@pytest.fixture(scope="module")
def real(recorded: support.Shared) -> Found:
    with known(recorded.data_dir.build) as whole:
        whole.build()
        return given_back(whole, 1)


@pytest.fixture(scope="module")
def found(made_up: Known) -> Found:
    return given_back(made_up, 2)


@pytest.mark.parametrize("name", MACRO_OF)
def test_f47_a_citation_gives_its_row_back(found: Found, name: str) -> None:
    """As of the instants that its citations print, a row is the same."""
    assert found[name] == []


@support.needs_recordings
@pytest.mark.parametrize("name", MACRO_OF)
def test_f47_a_citation_of_real_figures_gives_them_back(real: Found, name: str) -> None:
    """The same on responses that the source really gave, some of them for years of days, and long after."""
    assert real[name] == []


def test_as_of_is_what_was_built_of_all_that_had_been_read(made_up: Known, build: Path) -> None:
    """Of every table, each row as of an instant is the one that was built when nothing after that instant was read."""
    instants = sorted({read_at(row) for row in made_up.rows("core.newest_blocks").values()})
    with known(build) as past:
        for ts in (instants[len(instants) // 3], instants[-2]):
            past.build(ts, {macro.table for macro in AS_OF})
            for macro in AS_OF:
                then = made_up.rows(macro.table, f"{macro.name}('{ts}', must_be_known := false)")
                rows = past.rows(macro.table)
                assert then.keys() == rows.keys(), (macro.name, ts)
                assert [*not_given_back("", rows, then)] == [], (macro.name, ts)


def test_f47_what_is_known_now_says_so() -> None:
    """What a later reading changes without being cited is said where the figure is described."""
    for name, column in KNOWN_NOW:
        (described,) = [one.description for one in TABLES[name].columns if one.name == column]
        assert "known now" in described, (name, column)


def test_f47_the_printed_instant_is_enough(tables: Tables) -> None:
    """A response is given a moment before it is complete, and cited to the second: as of that instant it is known."""
    first, second = ((M2, 50), ("other", 50)), ((M2, 60), ("other", 50))
    tables.build(
        week("2026-01-05", "2026-01-13T06:30:02.4", first, as_of=support.instant("2026-01-13T06:30:01.9")),
        week("2026-01-05", "2026-01-14T06:30:02.4", second, as_of=support.instant("2026-01-14T06:30:01.9")),
    )
    newest = tables.record("from marts.m2_coding_share_weekly")
    assert "as of 2026-01-14T06:30:01Z" in newest["citation"]
    for ts, tokens in ((printed(newest["citation"]), 60), ("2026-01-14T06:30:00Z", 50), ("2026-01-13T06:30:01Z", 50)):
        then = tables.record("from m2_coding_share_weekly_as_of($ts)", ts=ts)
        assert (then["coding_tokens_estimate"], printed(then["citation"]) <= ts) == (tokens, True)
    with pytest.raises(duckdb.InvalidInputException, match="fetched by 2026-01-13T06:30:00Z: use 2026-01-13T06:30:01Z"):
        tables.rows("from m2_coding_share_weekly_as_of('2026-01-13T06:30:00Z')")


def test_f47_a_day_is_no_instant(tables: Tables) -> None:
    """Where the source names the day or edition of its figures, the citation says when they were fetched, too."""
    at, last_day = support.instant("2026-01-12T06:30:00.2"), date(2026, 1, 11)
    rows = small_world.tasks(small_world.DAYS[6])
    scores = "benchmarks/artificial-analysis"
    tables.build(
        Snapshot("task_7d", at, rows, last_day, as_of=support.instant("2026-01-11T00:00")),
        Snapshot(scores, at, (), as_of=support.instant("2026-01-12T00:00")),
    )
    lines = dict(tables.rows("select series, citation from core.readings"))
    assert "as of 2026-01-11, fetched 2026-01-12T06:30:01Z" in lines["task_7d"]
    assert "as of 2026-01-12T00:00:00Z, fetched 2026-01-12T06:30:01Z" in lines[scores]
    assert tables.rows("from task_shares_as_of('2026-01-12T06:30:00Z', must_be_known := false)") == []
    with pytest.raises(duckdb.InvalidInputException, match="use 2026-01-12T06:30:01Z or later"):
        tables.rows("from task_shares_as_of('2026-01-12T06:30:00Z')")
    assert tables.rows("from task_shares_as_of('2026-01-12T06:30:01Z')") != []


def cited(row: dict[str, Any]) -> dict[str, str | None]:
    """The instants that a row's citations print, by the measure they are of."""
    return {
        name.removesuffix("citation").rstrip("_"): line and printed(line)
        for name, line in row.items()
        if name.endswith("citation")
    }


def test_f47_each_measure_of_a_row_cites_its_own_reading(tables: Tables) -> None:
    """A week's share of coding and of the platform were read apart; which models are open was told by the catalogue."""
    platform = [day(f"2026-01-{5 + n:02}", f"2026-01-{10 + n}T06:30", [(M2, 60), ("other", 40)]) for n in range(7)]
    entry = {"id": M2, "canonical_slug": M2, "name": M2, "hugging_face_id": "MiniMaxAI/MiniMax-M2"}
    coding = week("2026-01-05", "2026-01-14T06:35", [(M2, 70), ("other", 30)])
    tables.build(platform, coding, CatalogueReading(support.instant("2026-02-01T06:29"), (entry,)))
    country = tables.record("from marts.country_token_share_weekly where country = 'CN'")
    weights = tables.record("from marts.open_weight_token_share_weekly where weights = 'open'")
    measures = {"": "2026-01-16T06:30:00Z", "platform": "2026-01-16T06:30:00Z", "coding": "2026-01-14T06:35:00Z"}
    assert cited(country) == measures
    assert cited(weights) == measures | {"weights": "2026-02-01T06:29:00Z"}
    assert country["is_provisional"] is False


def test_f47_a_row_of_absence_cites_what_shows_the_class(tables: Tables) -> None:
    """That a maker was there before is known since a reading lists it: no row says so earlier."""
    tables.build(
        day("2026-01-06", "2026-01-10T06:30", [("openai/gpt-5", 60), ("other", 40)]),
        day("2026-01-05", "2026-03-01T06:30", [(M2, 60), ("other", 40)]),
    )
    rows = tables.records("from marts.author_token_share_daily where usage_date = '2026-01-06'")
    found = {row["canonical_author"]: (row["platform_token_share"], cited(row)[""]) for row in rows}
    assert found["openai"] == (0.6, "2026-01-10T06:30:00Z")
    assert found["minimax"] == (None, "2026-03-01T06:30:00Z")


def test_f47_a_row_of_an_absent_model_cites_what_shows_the_model(tables: Tables) -> None:
    """That the model was there before is known since a reading lists it, here a later one: before it, there is no row."""
    absent, listed = [("a/rival", 60), ("other", 40)], [("a/rival", 50), (M2, 10), ("other", 40)]
    late = "2026-03-01T06:30"
    tables.build(
        (day(f"2026-01-{12 + n}", "2026-01-22T06:30", absent) for n in range(7)),
        week("2026-01-12", "2026-01-22T06:35", absent),
        (day(f"2026-01-{5 + n:02}", late, listed) for n in range(7)),
        week("2026-01-05", late, listed),
    )
    for name in ("core.model_shares_weekly", "core.model_platform_shares_weekly", "marts.m2_coding_share_weekly"):
        row = tables.record(f"from {name} where week_start = '2026-01-12' and base_permaslug = $m2", m2=M2)
        assert {printed(row[one]) for one in row if one.endswith("citation") and row[one]} == {f"{late}:00Z"}, name
        assert row["retrieved_at"] == support.instant(late)
    row = tables.record("from marts.m2_usage_daily where usage_date = '2026-01-12'")
    assert cited(row) == {"": "2026-01-22T06:30:00Z", "bounds": f"{late}:00Z"}


def test_f47_a_restatement_cites_both_readings(tables: Tables) -> None:
    """The figure before is that of the last reading which gave it: as of either instant the table gives its figure."""
    tables.build(
        day("2026-01-05", "2026-01-06T01:00", [(M2, 1000), ("other", 9000)]),
        day("2026-01-05", "2026-01-06T06:30", [(M2, 1000), ("other", 9100)]),
        day("2026-01-05", "2026-01-07T06:30", [(M2, 1200), ("other", 9100)]),
        day("2026-01-05", "2026-01-08T06:30", [(M2, 1300), ("other", 9200)]),
    )
    rows = tables.records("from marts.restatements where model_permaslug = $m2 order by known_after", m2=M2)
    events = tables.records(
        "from marts.events where event_kind = 'restated' and base_permaslug = $m2 order by known_from", m2=M2
    )
    assert [cited(row) for row in rows] == [
        {"": "2026-01-07T06:30:00Z", "previous": "2026-01-06T06:30:00Z"},
        {"": "2026-01-08T06:30:00Z", "previous": "2026-01-07T06:30:00Z"},
    ]
    assert [cited(event) for event in events] == [cited(row) for row in rows]
    # 1,200 was restated before it was final.
    assert [event["is_provisional"] for event in events] == [True, False]
    for row in rows:
        for column, line in (("tokens_after", row["citation"]), ("tokens_before", row["previous_citation"])):
            then = tables.record("from model_usage_daily_as_of($ts) where base_permaslug = $m2", ts=printed(line), m2=M2)
            assert then["total_tokens"] == row[column]


def test_f47_an_event_cites_both_of_its_readings(tables: Tables) -> None:
    """A move of a week is told by two weeks, a stealth model by the days before, a first listing by the day before."""
    stealth = "openrouter/some-alpha"
    days = [
        day("2026-01-05", "2026-01-10T06:30", [(M2, 95), ("other", 5)]),
        day("2026-01-06", "2026-01-12T06:30", [(M2, 95), ("other", 5)]),
        day("2026-01-07", "2026-01-11T06:30", [(stealth, 40), (M2, 45), ("nobody/new", 10), ("other", 5)]),
    ]
    weeks = [
        week("2026-01-05", "2026-02-01T06:30", [(M2, 70), ("other", 30)]),
        week("2026-01-12", "2026-01-25T06:30", [(M2, 40), ("other", 60)]),
    ]
    tables.build(days, weeks)
    events = {row["event_kind"]: row for row in tables.records("from marts.events")}
    assert {kind: cited(row) for kind, row in events.items()} == {
        "share_change": {"": "2026-01-25T06:30:00Z", "previous": "2026-02-01T06:30:00Z"},
        "stealth": {"": "2026-01-11T06:30:00Z", "previous": "2026-01-12T06:30:00Z"},
        "unclassified": {"": "2026-01-11T06:30:00Z", "previous": "2026-01-12T06:30:00Z"},
    }
    for row in events.values():
        assert row["retrieved_at"] < row["previous_retrieved_at"]
