"""Blocks of the right shape and the wrong meaning: each measure is seen to refuse, and an unusual day is not.

The history is made up, and as even as the real one: authors that are known, figures that drift from day to day.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.report import LoadReport
from pipeline.load.validation.expectations import EXPECTATIONS
from pipeline.load.validation.thresholds import THRESHOLDS
from pipeline.settings import DataDir
from tests.failures.conftest import load
from tests.support import (
    Row,
    Shared,
    apps_body,
    exchange,
    instant,
    models_body,
    needs_history,
    rankings_body,
)

AUTHORS = ("openai", "anthropic", "google", "minimax", "deepseek", "qwen", "x-ai", "mistralai", "z-ai", "moonshotai")
LEVELS = [expectation for expectation in EXPECTATIONS if expectation.batch == "levels"]

FIRST_DAY, YESTERDAY, TODAY = date(2026, 1, 5), date(2026, 1, 19), date(2026, 1, 20)
AFTER_YESTERDAY, AFTER_TODAY = instant("2026-01-20T06:30"), instant("2026-01-21T06:30")
MONDAYS = [date(2025, 12, 1) + timedelta(days=7 * n) for n in range(8)]
THIS_MONDAY = MONDAYS[-1]
DAY, CODING, ROLEPLAY = "usage_day", "category_week/programming", "category_week/roleplay"
MODELS, APPS = "models", "app_30d/popular"

Blocks = dict[date, list[Row]]


def rows_of(period: date, *, section: int = 0, scale: float = 1.0, count: int = 45) -> list[Row]:
    """A believable block: models of known authors, whose shares drift from period to period and differ between sections."""
    drift = period.toordinal()
    tokens = {
        f"{AUTHORS[n % len(AUTHORS)]}/model-{n}": int(
            scale * 1e9 * 0.93 ** ((n * (7 if section else 1)) % count) * (1 + 0.01 * ((drift * 7 + n * 13) % 11))
        )
        for n in range(count)
    }
    listed = sorted(tokens.items(), key=lambda row: -row[1])
    return [*listed, ("other", int(scale * 3e8 * (1 + 0.01 * (drift % 5))))]


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@dataclass
class Source:
    """What the source answers at one reading, by series; a mutation changes one of them."""

    day: Blocks = field(default_factory=dict)
    coding: Blocks = field(default_factory=dict)
    roleplay: Blocks = field(default_factory=dict)
    entries: int = 120
    apps: float | None = None
    """How many times its tokens each app has in the window of the days to YESTERDAY."""

    def land(self, landing: Landing, at: datetime) -> None:
        for number, (blocks, params, length) in enumerate(
            (
                (self.day, {"period": "day"}, 1),
                (self.coding, {"period": "week", "category": "programming"}, 7),
                (self.roleplay, {"period": "week", "category": "roleplay"}, 7),
            )
        ):
            if not blocks:
                continue
            start, end = min(blocks), min(max(blocks) + timedelta(days=length - 1), at.date() - timedelta(days=1))
            dates = {"start_date": start.isoformat(), "end_date": end.isoformat()}
            body = rankings_body(blocks, as_of=at, start=start, end=end)
            landing.append(exchange(body, params | dates, at=at + timedelta(seconds=number)))
        landing.append(exchange(models_body(self.entries), {}, at=at + timedelta(seconds=9), path="/models"))
        if self.apps is not None:
            window = apps_body(as_of=at, start=YESTERDAY - timedelta(days=29), end=YESTERDAY)
            for row in window["data"]:
                row["total_tokens"] = str(int(int(row["total_tokens"]) * self.apps))
            landing.append(
                exchange(window, {"sort": "popular"}, at=at + timedelta(seconds=5), path="/datasets/app-rankings")
            )


def yesterday() -> Source:
    """All history, read once."""
    weeks = {monday: rows_of(monday) for monday in MONDAYS[:-1]}
    plays = {monday: rows_of(monday, section=1) for monday in MONDAYS[:-1]}
    # Of the week that is running, one day.
    weeks[THIS_MONDAY] = rows_of(THIS_MONDAY, scale=1 / 7)
    plays[THIS_MONDAY] = rows_of(THIS_MONDAY, section=1, scale=1 / 7)
    return Source({day: rows_of(day) for day in days(FIRST_DAY, YESTERDAY)}, weeks, plays, apps=1)


def today() -> Source:
    """The look-back a day later: the newest days again, one of them restated, and a day more of everything."""
    newest = {day: rows_of(day) for day in days(TODAY - timedelta(days=7), TODAY)}
    return Source(
        newest | {YESTERDAY: scaled(newest[YESTERDAY], 1.001)},
        {THIS_MONDAY: rows_of(THIS_MONDAY, scale=2 / 7)},
        {THIS_MONDAY: rows_of(THIS_MONDAY, section=1, scale=2 / 7)},
        apps=1.0005,
    )


def refused(path: Path) -> set[tuple[str, date | None, str]]:
    """Series, period and check of everything that was refused."""
    with store.Store(DataDir(path)).writer() as con:
        rows = store.rows(con, "select series, period_start, reason from raw.quarantine where row_content = ''")
    return {(row["series"], row["period_start"], row["reason"].partition(":")[0]) for row in rows}


@pytest.fixture(scope="module")
def believed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that has believed everything up to yesterday, to be copied."""
    path = tmp_path_factory.mktemp("believed")
    yesterday().land(Landing(DataDir(path)), AFTER_YESTERDAY)
    assert load(path).verdicts == {"loaded": 5}
    return path


@pytest.fixture
def history(believed: Path, tmp_path: Path) -> Path:
    """A directory of the test's own that has believed everything up to yesterday."""
    return shutil.copytree(believed, tmp_path, dirs_exist_ok=True)


def failed(report: LoadReport) -> set[str]:
    return {name for name, outcome in report.outcomes.items() if not outcome.passed}


def test_an_ordinary_day_passes(history: Path) -> None:
    """Nothing is held against a day like those before, and every measure was taken."""
    today().land(Landing(DataDir(history)), AFTER_TODAY)
    report = load(history)
    assert failed(report) == set()
    assert refused(history) == set()
    measured = {outcome.expectation.name for outcome in report.outcomes.values() if outcome.measured is not None}
    assert measured >= {expectation.name for expectation in LEVELS}


# --- each measure, seen to refuse ----------------------------------------------------------------------------------


def scaled(rows: list[Row], factor: float, *, only: Callable[[str], bool] = lambda model: True) -> list[Row]:
    return [(model, int(tokens * factor) if only(model) else tokens) for model, tokens in rows]


def of(author: str, rows: list[Row], *, number: int = 99) -> list[Row]:
    """The first rows under other names."""
    return [
        (f"{author}/app-{n}" if n < number and model != "other" else model, tokens) for n, (model, tokens) in enumerate(rows)
    ]


def change_day(change: Callable[[list[Row]], list[Row]], day: date = TODAY) -> Callable[[Source], None]:
    def mutate(source: Source) -> None:
        source.day[day] = change(source.day[day])

    return mutate


def swap_sections(source: Source) -> None:
    source.coding = {THIS_MONDAY: rows_of(THIS_MONDAY, section=1, scale=2.2 / 7)}


def fall(source: Source) -> None:
    source.coding = {THIS_MONDAY: rows_of(THIS_MONDAY, scale=0.97 / 7)}


def shrink(source: Source) -> None:
    source.entries = 59


LAST_LISTED = rows_of(TODAY)[-2][0]

Refusal = tuple[str, date | None]
MUTANTS: Mapping[str, list[tuple[Callable[[Source], None], Refusal]]] = {
    "authors_are_known": [(change_day(lambda rows: of("cline", rows)), (DAY, TODAY))],
    "total_is_on_scale": [
        *((change_day(partial(scaled, factor=factor)), (DAY, TODAY)) for factor in (1e3, 1e6, 1e-3, 0.064)),
        # A day that was believed before is not put in its place either.
        (change_day(lambda rows: scaled(rows, 1e3), YESTERDAY), (DAY, YESTERDAY)),
    ],
    "sampled_total_is_on_scale": [
        (lambda source: source.coding.update({THIS_MONDAY: rows_of(THIS_MONDAY, scale=1e3)}), (CODING, THIS_MONDAY)),
    ],
    "other_is_on_scale": [
        (change_day(partial(scaled, factor=factor, only=lambda model: model == "other")), (DAY, TODAY))
        for factor in (1e-3, 1e3)
    ],
    "neighbours_are_on_scale": [
        (change_day(lambda rows: scaled(rows, 1e-3, only=lambda model: model == LAST_LISTED)), (DAY, TODAY)),
        (change_day(lambda rows: scaled(rows, 1e3, only=lambda model: model == rows[0][0])), (DAY, TODAY)),
    ],
    "list_is_kept": [(change_day(lambda rows: of("openai", rows, number=30)), (DAY, TODAY))],
    "section_is_its_own": [
        (swap_sections, (CODING, THIS_MONDAY)),
        (
            lambda source: setattr(source, "roleplay", {THIS_MONDAY: rows_of(THIS_MONDAY, scale=2 / 7)}),
            (ROLEPLAY, THIS_MONDAY),
        ),
    ],
    "period_is_its_own": [(change_day(lambda rows: rows_of(YESTERDAY)), (DAY, TODAY))],
    "tokens_do_not_fall": [
        (fall, (CODING, THIS_MONDAY)),
        (change_day(lambda rows: scaled(rows, 0.98), YESTERDAY), (DAY, YESTERDAY)),
    ],
    "window_is_the_same": [(lambda source: setattr(source, "apps", 1.012), (APPS, None))],
    "snapshot_keeps_its_length": [(shrink, (MODELS, None))],
}


@pytest.mark.parametrize(
    ("name", "mutate", "refusal"),
    [(name, *mutant) for name, mutants in MUTANTS.items() for mutant in mutants],
    ids=[f"{name} {number}" for name, mutants in MUTANTS.items() for number in range(len(mutants))],
)
def test_each_level_is_seen_to_fail(history: Path, name: str, mutate: Callable[[Source], None], refusal: Refusal) -> None:
    """A block of the wrong meaning is refused, its failing row names it, and the blocks beside it are believed."""
    source = today()
    mutate(source)
    source.land(Landing(DataDir(history)), AFTER_TODAY)
    report = load(history)
    outcome = report.outcomes[name]
    assert outcome.failing == {refusal[0]: 1}
    measure = str(outcome.expectation.measure)
    assert [(row["series"], THRESHOLDS[measure].holds(row[measure])) for row in outcome.rows] == [(refusal[0], False)]
    assert {(series, period) for series, period, _ in refused(history)} == {refusal}
    with store.Store(DataDir(history)).writer() as con:
        (kept,) = store.rows(con, "select count(*) as n from raw.readings where series = 'usage_day'")
    assert kept["n"] == 15 + (7 if refusal[0] == DAY else 8)


def test_a_section_that_is_read_alone_is_compared_with_the_others(history: Path) -> None:
    """A load of one category compares it with those that were loaded before, as a rebuild does."""
    Source(coding={THIS_MONDAY: rows_of(THIS_MONDAY, section=1, scale=2 / 7)}).land(Landing(DataDir(history)), AFTER_TODAY)
    assert load(history).outcomes["section_is_its_own"].failing == {CODING: 1}


def test_a_large_restatement_is_seen_to_fail_and_believed(history: Path) -> None:
    """A closed day that grows by more than was ever seen is news: a warning, not a refusal."""
    source = today()
    source.day[YESTERDAY] = scaled(source.day[YESTERDAY], 1.2)
    source.land(Landing(DataDir(history)), AFTER_TODAY)
    report = load(history)
    assert failed(report) == {"restatement_is_small"}
    assert report.outcomes["restatement_is_small"].failing == {DAY: 1}
    assert refused(history) == set()


def test_no_level_is_left_out() -> None:
    """Each declared measure has something that it was seen to refuse, or to warn of."""
    assert {*MUTANTS, "restatement_is_small"} == {expectation.name for expectation in LEVELS}
    assert {expectation.measure for expectation in LEVELS} == THRESHOLDS.keys()


# --- what is unusual, and right ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda rows: [("newcomer/unheard-of", rows[0][1] * 8), *rows[1:]], id="an unknown model that leads"),
        pytest.param(lambda rows: [(f"openrouter/stealth-{n}", rows[n][1]) for n in range(20)] + rows[20:], id="stealth"),
        pytest.param(lambda rows: scaled(rows, 3), id="three times as much"),
        pytest.param(lambda rows: scaled(rows, 0.4), id="less than half"),
    ],
)
def test_an_unusual_day_passes(history: Path, change: Callable[[list[Row]], list[Row]]) -> None:
    """What has happened, or may well happen, freezes nothing (F9)."""
    source = today()
    source.day[TODAY] = change(source.day[TODAY])
    source.land(Landing(DataDir(history)), AFTER_TODAY)
    assert failed(load(history)) == set()


def test_a_wrong_answer_does_not_become_the_measure(history: Path) -> None:
    """However long the source goes on with it, ten days of a wrong unit are ten refused days, and the eleventh is judged
    by those before.
    """
    for number in range(1, 11):
        day = TODAY + timedelta(days=number - 1)
        Source({day: scaled(rows_of(day), 1e3)}).land(Landing(DataDir(history)), AFTER_TODAY + timedelta(days=number - 1))
        load(history)
    found = {(period, check) for series, period, check in refused(history) if series == DAY}
    assert found == {(day, "total_is_on_scale") for day in days(TODAY, TODAY + timedelta(days=9))}
    good = TODAY + timedelta(days=10)
    Source({good: rows_of(good)}).land(Landing(DataDir(history)), AFTER_TODAY + timedelta(days=10))
    assert failed(load(history)) == set()


def test_an_accepted_level_is_believed(history: Path) -> None:
    """A line in accepted_levels.csv lets the series stand where it stands now, and no longer measures it by what was."""
    with store.Store(DataDir(history)).writer() as con:
        line = {"series": DAY, "period_start": TODAY, "reason": "cached tokens are counted", "source": "the changelog"}
        store.append_rows(con, TABLES["reference.accepted_levels"], [line])
    for number in range(4):
        day = TODAY + timedelta(days=number)
        Source({day: scaled(rows_of(day), 20)}).land(Landing(DataDir(history)), AFTER_TODAY + timedelta(days=number))
        assert failed(load(history)) == set()
    # From then on the new level is the measure.
    day = TODAY + timedelta(days=4)
    Source({day: rows_of(day)}).land(Landing(DataDir(history)), AFTER_TODAY + timedelta(days=4))
    assert failed(load(history)) == {"total_is_on_scale"}


def test_the_first_answer_is_measured_by_itself(tmp_path: Path) -> None:
    """Where nothing was believed yet, the other days of the same answer are the measure; with too few there is none."""
    source = Source({day: rows_of(day) for day in days(FIRST_DAY, YESTERDAY)})
    source.day[TODAY - timedelta(days=5)] = scaled(source.day[TODAY - timedelta(days=5)], 1e3)
    source.land(Landing(DataDir(tmp_path / "many")), AFTER_YESTERDAY)
    assert failed(load(tmp_path / "many")) == {"total_is_on_scale", "other_is_on_scale"}
    assert refused(tmp_path / "many") == {(DAY, TODAY - timedelta(days=5), "total_is_on_scale")}
    few = Source({FIRST_DAY: rows_of(FIRST_DAY), YESTERDAY: scaled(rows_of(YESTERDAY), 1e3)})
    few.land(Landing(DataDir(tmp_path / "few")), AFTER_YESTERDAY)
    assert "total_is_on_scale" not in failed(load(tmp_path / "few"))


@pytest.mark.parametrize("at_once", [1, 10_000, 10**6], ids=["one by one", "a few", "together"])
def test_a_verdict_does_not_depend_on_how_many_are_loaded_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """A rebuild, which loads many answers at once, believes what the daily runs believed one by one."""
    landing = Landing(DataDir(tmp_path))
    yesterday().land(landing, AFTER_YESTERDAY)
    for number in range(3):
        day = TODAY + timedelta(days=number)
        factor = 7 if number == 0 else 45
        Source({day: scaled(rows_of(day), factor)}).land(landing, AFTER_TODAY + timedelta(days=number))
    monkeypatch.setattr(loading, "BYTES_AT_ONCE", at_once)
    load(tmp_path)
    # Seven times the median passes; 45 times does not, though it is less than eight times the day before.
    wrong = {TODAY + timedelta(days=1), TODAY + timedelta(days=2)}
    assert {(series, period) for series, period, _ in refused(tmp_path)} == {(DAY, day) for day in wrong}


# --- the evidence --------------------------------------------------------------------------------------------------


@needs_history
def test_recorded_responses_raise_no_false_alarm(recorded: Shared) -> None:
    """On all that was recorded no blocking check fires, and the extremes are those that the thresholds state."""
    report = recorded.report
    assert report.verdicts == {"loaded": 218, "wrong source": 33}
    blocking = [outcome for outcome in report.outcomes.values() if outcome.expectation.is_blocking]
    assert len(blocking) > len(LEVELS)
    assert [outcome.expectation.name for outcome in blocking if not outcome.passed] == []
    for expectation in LEVELS:
        threshold = THRESHOLDS[str(expectation.measure)]
        measured = report.outcomes[expectation.name].measured
        if threshold.is_simulated:
            assert measured is None, f"{expectation.name} has been recorded: state what was"
        else:
            assert measured == pytest.approx(threshold.observed, abs=0.0006), expectation.name
        assert all(threshold.holds(extreme) for extreme in threshold.observed)
