"""The benchmarks run: each on a history of days, so that what is told in benchmarks/README.md can be repeated.

Not here: how fast anything is; dlt, which has an environment of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks import backfill, contest, history, marts, measure, size, source, validation
from benchmarks.all import as_markdown, commands
from benchmarks.contestants import floor, judging
from benchmarks.measure import Figure, Measured, Rounds
from benchmarks.rebuild import KNOWN_HOLES, ONCE, require_same_rows, rows_read
from pipeline import planning, series
from pipeline.load.validation.expectations import EXPECTATIONS
from pipeline.openrouter.endpoints import apps
from pipeline.settings import ROOT, DataDir
from tests.support import instant

NOW = instant("2025-02-03T06:30")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rounds, list[Figure], DataDir]:
    """A month of everything, by this project and by the bare script."""
    folder = tmp_path_factory.mktemp("contest")
    rounds, figures = backfill.measured(folder, 1, (contest.OURS, contest.BARE), NOW)
    return rounds, figures, DataDir(folder / "0" / contest.OURS)


def test_the_same_load_is_measured_twice(loaded: tuple[Rounds, list[Figure], DataDir]) -> None:
    """Both asked and stored the same, which ``measured`` proves, and both have time and memory."""
    rounds, figures, _ = loaded
    assert list(rounds.measured) == [contest.OURS, contest.BARE]
    assert all(run.seconds > 0 and run.peak_mib > 0 and run.cpu_seconds > 0 for run in rounds.medians())
    told = {figure.what: figure for figure in figures}
    assert told["requests"].is_met
    assert told["rows stored, by each contestant"].value > 1000
    assert told["of which loading and judging"].value > 0


def test_other_requests_or_rows_are_no_contest(loaded: tuple[Rounds, list[Figure], DataDir], tmp_path: Path) -> None:
    """Who asks for less is not faster, and who stores less neither. Contestants that cannot plan are given the requests of
    this project, each known to the registry."""
    with source.running(NOW) as one:
        given = contest.Contest(tmp_path / "day", one).begin(NOW)
        assert one.take_asked() == []
        other = contest.Contest(tmp_path, one, (contest.OURS, contest.BARE))
        questions = other.begin(NOW, "backfill")
        with pytest.raises(contest.NotTheSameError, match="other than the"):
            other.take_part(contest.BARE, NOW, questions[1:])
        _, _, data_dir = loaded
        other.data_dir.build.symlink_to(data_dir.build)
        other.require_same_rows(NOW)
        (tmp_path / "questions.json").write_text(source.as_json(questions[:1]))
        other.take_part(contest.BARE, NOW, questions[:1])
        with pytest.raises(contest.NotTheSameError, match=re.escape(questions[0].series)):
            other.require_same_rows(NOW)
    assert {question.series for question in given} == {one.name for one in series.ASKED if one.needs_key}
    assert all(series.identify(question.path, question.params) == question.series for question in given)
    ends = {question.series: question.params.get("end_date") for question in given}
    assert ends["usage_day"] == ends["app_1d/popular"] == "2025-02-02"


@pytest.mark.parametrize("days", [1, 30, 366, 367, 694, 732, 1825])
def test_the_fewest_requests_are_counted_without_the_planner(days: int) -> None:
    """Two ways of counting come to the same: from the limits of the API, and span by span."""
    now = NOW.replace(year=2025, month=1, day=1) + timedelta(days=days)
    planned = [one for one in planning.backfill(now=now, read={}, holes=KNOWN_HOLES) if one.series.needs_key]
    windows = 0 if days >= apps.WINDOW_DAYS else len([one for one in series.ASKED if one.kind == "app_30d"])
    assert len(planned) == backfill.fewest_requests(now, cells=0) - windows


def test_the_floor_of_a_rebuild_reads_all_rows(loaded: tuple[Rounds, list[Figure], DataDir], tmp_path: Path) -> None:
    """What DuckDB alone reads from landing are the rows that the load read."""
    _, _, data_dir = loaded
    rows, read = rows_read(data_dir), floor.read(data_dir.landing, str(tmp_path / "floor.duckdb"))
    require_same_rows(rows, read)
    with pytest.raises(ValueError, match="nothing to compare"):
        require_same_rows(rows, {"datasets_rankings_daily": 1})


def test_marts_and_sizes_are_told(loaded: tuple[Rounds, list[Figure], DataDir]) -> None:
    """Each mart is read twice, and no vintage repeats the one before."""
    _, _, data_dir = loaded
    read = list(marts.read(data_dir))
    assert min(mart.warm_ms for mart in read) > 0
    assert marts.judged(read)[0].goal == f"at most {marts.GOAL_MS}"
    assert {figure.what: figure.value for figure in size.judged(data_dir)}["vintage rows that repeat the one before"] == 0


def test_great_expectations_judges_as_polars_does(tmp_path: Path) -> None:
    """Both come to the same verdicts, on good batches and where rows fail."""
    batches = list(judging.staged(validation.stage(tmp_path, ONCE - timedelta(days=14))))
    [rows] = [frame for name, frame, _ in batches if name.startswith("rows")]
    spoilt = pl.concat([rows.with_columns(total_tokens=-pl.col("total_tokens")).head(3), rows.tail(-3)])
    declared = tuple(one for one in EXPECTATIONS if one.batch == "rows")
    by_suite, by_row = judging.with_great_expectations(), judging.with_polars()
    for _, frame, expectations in [*batches, ("spoilt", spoilt, declared)]:
        found = by_suite(frame, expectations)
        assert found == by_row(frame, expectations)
    assert found[[one.name for one in declared].index("tokens_are_not_negative")] == [0, 1, 2]


def test_a_process_is_measured_with_its_children() -> None:
    """Memory of a child counts, and a command that fails says why."""
    child = "import time; held = bytearray(64 << 20); time.sleep(0.5)"
    code = f"import subprocess, sys; print('done'); subprocess.run([sys.executable, '-c', {child!r}])"
    measured = measure.measure("two", [sys.executable, "-c", code])
    assert measured.peak_mib > 64
    assert measured.resident_mib >= measured.peak_mib
    assert measured.seconds > 0.5
    assert measured.output == "done"
    with pytest.raises(subprocess.CalledProcessError) as failed:
        measure.measure("none", [sys.executable, "-c", "raise SystemExit('no such thing')"])
    assert "no such thing" in failed.value.__notes__[0]


def test_ratios_are_paired() -> None:
    """A slow minute of the machine is in both, and so in neither's ratio."""
    rounds = Rounds()
    for slow in (1.0, 3.0, 1.5):
        rounds.add(Measured("ours", 4 * slow, 100))
        rounds.add(Measured("theirs", 2 * slow, 200))
    assert rounds.ratio("ours", "theirs", measure.seconds) == 2
    assert rounds.ratio("ours", "theirs", measure.peak) == 0.5
    assert rounds.difference("ours", "theirs", measure.seconds) == 3
    assert rounds.median("ours").seconds == 6


def test_history_is_judged_by_its_own_work() -> None:
    """What starting costs does not hide that the rest has grown."""
    rounds = Rounds()
    for days, seconds in ((30, 6.0), (365, 6.5), (1825, 8.0)):
        rounds.add(Measured(f"daily run after {days:,} days", seconds, 300, cpu_seconds=seconds))
    rounds.add(Measured(measure.STARTING, 4.0, 200, cpu_seconds=4.0))
    grown = next(figure for figure in history.judged(rounds) if "against" in figure.what)
    assert (grown.value, grown.verdict) == (2, "missed")


def test_usual_mornings_are_timed() -> None:
    """Three in a row of one month, each after its monthly reading, which an untimed morning makes."""
    for days in history.HISTORIES:
        timed = [history.morning_of(day) for day in history.usual(days, 3)]
        assert days + 2 <= history.usual(days, 3)[0] <= days + 14
        assert {(at.year, at.month) for at in timed} == {(timed[0].year, timed[0].month)}
        assert timed[0].day - 1 > planning.MONTHLY_DAY


def test_a_history_of_each_day_continues_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process is handed the morning after the last one that was made; what is there is not made again."""
    handed: list[tuple[str, int]] = []

    def run(command: list[str], **_: Any) -> None:
        first, number = datetime.fromisoformat(command[-2]), int(command[-1])
        handed.append((command[-2], number))
        with (tmp_path / "mornings").open("a") as kept:
            kept.writelines(f"{(first + timedelta(days=day)).isoformat()}\n" for day in range(number))

    monkeypatch.setattr(subprocess, "run", run)
    for days in (16, 50, 50):
        history.live(tmp_path, days)
    assert handed == [
        ("2025-01-15T06:30:00+00:00", 2),
        ("2025-01-17T06:30:00+00:00", 30),
        ("2025-02-16T06:30:00+00:00", 4),
    ]


def test_figures_are_kept_with_the_machine(tmp_path: Path) -> None:
    """A figure without the machine and the commit says nothing; the page has all that was measured."""
    figures = [
        measure.at_most("time", 0.75, "×", 1),
        measure.at_least("rows", 1200, "rows/s", 2000),
        Figure("size", 3, "MiB"),
    ]
    measure.record("trial", figures, {"ours": [Measured("ours", 1.0, 2.0)]}, tmp_path)
    kept = json.loads((tmp_path / "trial.json").read_text())
    assert {"cores", "cpu", "memory_mib", "python", "duckdb", "commit", "measured_at"} <= kept["machine"].keys()
    assert kept["runs"]["ours"][0]["seconds"] == 1
    page = as_markdown(tmp_path)
    assert "| time | 0.75 × | at most 1 | met |" in page
    assert "| rows | 1,200 rows/s | at least 2,000 | missed |" in page


def test_every_benchmark_of_the_whole_is_there() -> None:
    """What one command runs in turn exists, and is told in the page of the benchmarks."""
    page = (ROOT / "benchmarks" / "README.md").read_text()
    for module, *_ in commands(Path("histories")):
        assert f"python -m benchmarks.{module}" in page
        assert (ROOT / "benchmarks" / f"{module}.py").exists()
