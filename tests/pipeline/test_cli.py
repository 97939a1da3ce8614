"""The command as people meet it: what it prints, where, its exit codes, and that a failure is one line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import Result

from pipeline import cli, execute, planning, wording
from pipeline.landing import Landing
from pipeline.openrouter.budget import Budget, BudgetSpent, budget_path
from pipeline.openrouter.client import Client
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.run import session
from pipeline.run.outcome import Outcome, read_outcome
from pipeline.run.session import Workspace
from pipeline.series import ASKED
from pipeline.settings import MODES, DataDir, Settings
from pipeline.terminal import summary
from pipeline.terminal.show import SHOWN_LINES
from pipeline.wording import describe_m2
from tests.support import block_rows, command, instant, land_small, rankings_body, recorded, settings_for

pytestmark = [pytest.mark.made_up_levels, pytest.mark.usefixtures("own_machine")]

KEY = "sk-or-v1-abc"
NOW = instant("2026-11-23T07:00")
HOSTILE = "author/[bold]evil[/]\x1b[31m\u202e<script>"
"""Rich markup, a colour, a turn of the writing direction, a tag: all of it a model's name that the source could send."""
WRITTEN_OUT = r"author/[bold]evil[/]\x1b[31m\u202e<script>"


@pytest.fixture
def with_key(own_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", f" {KEY}\n")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return tmp_path / "empty"


@pytest.fixture
def landed(tmp_path: Path) -> Path:
    """A directory with landed responses and nothing else."""
    return land_small(tmp_path / "landed").path


class Runs:
    """Stands for ``run_daily``: keeps what it was called with, and runs nothing."""

    def __init__(self) -> None:
        self.calls: list[tuple[Settings, str | None]] = []

    def __call__(self, chosen: Settings, first_day: str | None, **_: Any) -> Outcome:
        self.calls.append((chosen, first_day))
        return Outcome("daily", "run", True, chosen, 0.1)

    @property
    def only(self) -> Settings:
        [(chosen, _)] = self.calls
        return chosen


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    found = Runs()
    monkeypatch.setattr(execute, "run_daily", found)
    return found


def only_error(result: Result) -> str:
    """The one line on standard error of a call that failed and printed nothing else."""
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


def files_in(path: Path) -> dict[Path, bytes]:
    return {found.relative_to(path): found.read_bytes() for found in path.rglob("*") if found.is_file()}


# --- arguments -------------------------------------------------------------------------------------------------------


def in_shell(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The installed command, in a process of its own. A variable that is set and empty also hides that of a .env."""
    own = {"PATH": os.environ["PATH"], "HOME": str(home), "OPENROUTER_API_KEY": "", "PYTHONDONTWRITEBYTECODE": "1"}
    binary = Path(sys.executable).parent / "openrouter-usage"
    return subprocess.run([binary, *arguments], env=own, capture_output=True, text=True, timeout=60, check=False)


def test_exit_codes_of_the_installed_command(landed: Path, tmp_path: Path) -> None:
    """2 is a wrong call, 1 a failed one: without a key nothing is sent, nothing lands, and that is one line."""
    wrong = in_shell("runn", home=tmp_path)
    assert (wrong.returncode, wrong.stderr.splitlines()[-1][:32]) == (2, "Error: No such command 'runn'. D"[:32])
    failed = in_shell("--data-dir", str(landed), "run", home=tmp_path)
    (line,) = failed.stderr.splitlines()
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "OPENROUTER_API_KEY" in line
    assert len(Landing(DataDir(landed)).ids()) == 2


@pytest.mark.parametrize("verb", ["run", "plan", "backfill"])
@pytest.mark.parametrize(
    ("day", "words"),
    [
        *(
            (day, f"Error: Invalid value for '--from': invalid date {day!r}: expected YYYY-MM-DD.\n")
            for day in ("2026-02-30", "")
        ),
        ("yesterday", "invalid date 'yesterday': expected YYYY-MM-DD."),
        ("2130-01-01", "2130-01-01 is in the future: today is 20"),
    ],
)
def test_day_that_is_none_is_one_line(runs: Runs, empty: Path, verb: str, day: str, words: str) -> None:
    """A mistyped --from, or one that has not come yet, says how to write a day, and nothing is run."""
    result = command(verb, "--from", day, data_dir=empty)
    assert result.exit_code == 2
    assert words in result.stderr
    assert (runs.calls, empty.exists()) == ([], False)


def test_first_day_is_handed_on(runs: Runs, empty: Path) -> None:
    """A day is handed on as YYYY-MM-DD, however ISO let it be written."""
    command("run", "--from", "20260201", data_dir=empty)
    assert [first_day for _, first_day in runs.calls] == ["2026-02-01"]


# --- which directory, which mode -------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["option", "variable", "default"])
def test_run_without_a_key_never_touches_real_data(
    runs: Runs, landed: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """A key that got lost must not turn a real directory into a demo: one line says what to do, nothing runs."""
    if by == "variable":
        monkeypatch.setenv("OPENROUTER_USAGE_DATA_DIR", str(landed))
    if by == "default":
        default = landed.parent / "warehouse" / "data"
        default.parent.mkdir()
        landed = landed.rename(default)
    before = files_in(landed)
    said = only_error(command("run", data_dir=landed if by == "option" else None))
    assert "fetched with a key, and there is no OPENROUTER_API_KEY: set it in the environment or in .env" in said
    assert (runs.calls, files_in(landed)) == ([], before)


def test_run_without_a_key_is_keyless(runs: Runs, tmp_path: Path) -> None:
    """In a new directory, and beside imported responses, which need no key; nothing is simulated unless it is asked for."""
    file = record_day(tmp_path / "recorded.json", date(2026, 1, 1))
    assert len(list(Landing(DataDir(tmp_path / "warehouse" / "data")).import_recorded(file))) == 1
    for data_dir in (tmp_path / "empty", None):
        result = command("run", data_dir=data_dir)
        assert (result.exit_code, runs.calls[-1][0].mode) == (0, "keyless")
        assert f"  mode       keyless, {MODES['keyless']}" in result.stdout.splitlines()
    assert result.stderr == f"data directory: {tmp_path / 'warehouse' / 'data'}\n"
    assert not list(tmp_path.rglob("SIMULATED"))


@pytest.mark.parametrize("key", ["", KEY])
def test_demo_has_its_own_directory(
    runs: Runs, landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """With and without a key; simulated responses never land beside real ones."""
    monkeypatch.setenv("OPENROUTER_API_KEY", key)
    assert "the demo cannot run there: name another folder" in only_error(command("run", "--demo", data_dir=landed))
    assert (runs.calls, (landed / "SIMULATED").exists()) == ([], False)
    assert command("run", "--demo").exit_code == 0
    assert (runs.only.mode, runs.only.data_dir.path) == ("demo", tmp_path / "warehouse" / "demo")


@pytest.mark.usefixtures("with_key")
def test_run_with_a_key_is_live(runs: Runs, empty: Path) -> None:
    """The real source is used, and the directory is not marked; where simulated data is, the key is a mistake."""
    result = command("run", data_dir=empty)
    assert (result.exit_code, runs.only.mode, runs.only.api_key) == (0, "live", KEY)
    assert not empty.exists()
    DataDir(empty).mark_simulated()
    assert "holds simulated data, and a key for real data is set" in only_error(command("run", data_dir=empty))
    assert len(runs.calls) == 1
    assert command("run", "--demo", data_dir=empty).exit_code == 0


@pytest.mark.parametrize(
    "arguments", [["status"], ["sql", "select 1"], ["backtest"], ["verify"], ["backup", "elsewhere"], ["rebuild"]]
)
def test_empty_directory_is_one_line_with_the_next_step(empty: Path, arguments: list[str]) -> None:
    """Commands that need data say which command brings it, and make nothing."""
    said = only_error(command(*arguments, data_dir=empty))
    assert "has no data yet: `openrouter-usage run` fetches it and builds the tables" in said
    assert "`openrouter-usage import PATH` imports recorded responses" in said
    assert "it holds no folder named landing" in only_error(command("restore", "nowhere", data_dir=empty))
    assert not empty.exists()


def test_empty_directory_says_where_the_demo_is(empty: Path, tmp_path: Path) -> None:
    """Who ran the demo and then reads without naming its directory is told how to."""
    demo = DataDir(tmp_path / "warehouse" / "demo")
    assert "demo" not in only_error(command("status", data_dir=empty))
    demo.path.mkdir(parents=True)
    demo.published.touch()
    assert f"openrouter-usage --data-dir {demo.path} …" in only_error(command("status", data_dir=empty))


def test_backtest_of_too_little_says_what_it_needs(published: Path) -> None:
    """Ten days and one week of coding: a sentence for people, an empty list for programs."""
    result = command("backtest", data_dir=published)
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        ["No week can be scored yet: that needs two consecutive weeks of coding, with every day of the first."],
    )
    assert json.loads(command("backtest", "--format", "json", data_dir=published).stdout) == []


def test_what_reads_imports_nothing_that_takes_long(published: Path) -> None:
    """Each of these takes longer to import than the whole command takes."""
    calls = [["--data-dir", str(published), *call] for call in (["status"], ["sql", "select 1"], ["report", "--help"])]
    code = (
        "import sys; from pipeline.cli import main; "
        f"[main(one, standalone_mode=False) for one in {calls!r}]; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = done.stdout.splitlines()[-1].split()
    assert "polars" in imported
    assert not {"altair", "dagster", "great_expectations", "pandas", "scipy"} & set(imported)


def test_directory_beneath_a_file(runs: Runs, tmp_path: Path) -> None:
    """A directory that cannot be made is one line that names it."""
    (tmp_path / "file").write_text("x")
    said = only_error(command("run", data_dir=tmp_path / "file" / "sub"))
    assert "unexpected" not in said
    assert str(tmp_path / "file") in said
    assert runs.calls == []


# --- failures --------------------------------------------------------------------------------------------------------


def failing(error: BaseException) -> Callable[..., Outcome]:
    def run_daily(*_: Any, **__: Any) -> Outcome:
        raise error

    return run_daily


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            KeyboardInterrupt(),
            "stopped by Ctrl-C or SIGTERM; what was landed is kept, and the next run continues from there",
        ),
        (ZeroDivisionError("first\nsecond"), "unexpected ZeroDivisionError: first; run it again with --verbose"),
        (RuntimeError(), "unexpected RuntimeError: ; run it again with --verbose"),
        (RuntimeError(HOSTILE), f"unexpected RuntimeError: {WRITTEN_OUT}"),
    ],
)
def test_whatever_happens_is_one_line(empty: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str) -> None:
    """Nobody meets a traceback that was not asked for, nor text that a terminal obeys; --verbose shows it, for reports."""
    monkeypatch.setattr(execute, "run_daily", failing(error))
    assert only_error(command("run", data_dir=empty)).startswith(said)
    result = command("--verbose", "run", data_dir=empty)
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback (most recent call last):")
    assert "in run_daily" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: ")


# --- plan ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def in_november(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of ``plan`` does not move: how many requests a first run needs grows with the calendar."""
    monkeypatch.setattr(session, "Workspace", partial(session.Workspace, clock=lambda: NOW))


EVERYTHING = planning.plan(now=NOW, read={}, holes=())
ALL_HISTORY = sum(span.requests for span in EVERYTHING)
"""The requests that everything takes in November 2026."""
OF_THE_KEY = [span for span in EVERYTHING if span.series.needs_key]
CAN_WAIT = sum(span.requests for span in OF_THE_KEY if span.is_deferrable)
FIRST_POSTPONED = sum(span.requests for span in planning.postponed_of(OF_THE_KEY, room=200))
MADE = sum(span.requests for span in OF_THE_KEY) - FIRST_POSTPONED
"""Those that a first run makes with the key."""


def asked_by(result: Result) -> list[list[str]]:
    """The printed requests, without the heading and their numbers."""
    assert result.exit_code == 0, result.output
    table = result.stdout.partition("\n\n")[0].splitlines()[1:]
    assert table[0].split() == ["no", "series", "from", "to", "periods", "requests", "why"]
    return [line.split()[1:5] for line in table[1:]]


@pytest.mark.usefixtures("in_november", "with_key")
def test_plan_of_a_first_run(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is sent it can be seen what will be: two requests a series, in order, that no plan does with less."""
    monkeypatch.setattr(Client, "fetch", failing(AssertionError("plan sends nothing")))
    result = command("plan", data_dir=empty)
    requests = asked_by(result)
    for one in (
        ["models/all", "now", "now", "1"],
        ["usage_day", "2026-01-02", "2026-11-22", "325"],
        ["usage_day", "2025-01-01", "2026-01-01", "364"],
        ["category_week/programming", "2026-01-05", "2026-11-22", "46"],
        ["category_week/programming", "2025-01-06", "2026-01-04", "52"],
    ):
        assert one in requests
    assert [line[0] for line in requests] == [span.series.name for span in EVERYTHING]
    kinds = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if re.match(r"[a-z_]+ +\d+ +\d+ *$", line))
    assert kinds["category_week"].split() == ["24", "24"]
    assert kinds["total"].split() == [str(ALL_HISTORY)] * 2
    # Since 2026-09-19 to the day of the plan; the key's requests are counted without them.
    exports = "Daily exports, counted apart: at most 133 requests, for 66 dated files and their manifests."
    assert exports in result.stdout.splitlines()
    proof, time, day, waiting = result.stdout.splitlines()[-4:]
    assert proof == (
        "This is a full history since 1 January 2025, in the fewest requests possible: "
        "691 days / 366, rounded up, for each series, and one for each snapshot; "
        "of app_week one for each page of each period."
    )
    # The 31st waits for the first minute to end; the 61st, if there is one, for the second.
    pauses = (MADE - 1) // 30
    seconds = pauses * 61 + (MADE - 30 * pauses)
    took, paused = f"{seconds // 60} min {seconds % 60} s", wording.duration(31 * pauses)
    assert time == (
        f"{MADE} requests in about {took}, {paused} of it waiting: 1.0 s a response, at most 30 a minute, "
        "of which 0 are used."
    )
    assert day == f"All fit into the day: 0 of 500 used in the last 24 h, {500 - MADE} will be left."
    assert waiting.endswith(f"300 of 500 a day stay free: {FIRST_POSTPONED} of them are left to the next run.")


@pytest.mark.usefixtures("in_november", "with_key")
def test_plan_of_a_part(empty: Path, landed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--from shortens the plan as it shortens the run; where something was read, --all shows what everything would take."""
    result = command("plan", "--from", "2026-11-01", data_dir=empty)
    requests = asked_by(result)
    assert ["usage_day", "2026-11-01", "2026-11-22", "22"] in requests
    assert {one[0] for one in requests} == {series.name for series in ASKED}
    assert "This is a full history since 1 November 2026, in the fewest requests possible" in result.stdout
    assert "22 days / 366" in result.stdout
    again = command("plan", data_dir=landed).stdout
    assert "This is a full history since 1 January 2025, parts of which were fetched before, in the fewest" in again
    monkeypatch.setattr(Workspace, "_coverage", read_everything_at("2026-11-22T06:30"))
    part = command("plan", data_dir=landed)
    says = f" requests; a full history since 1 January 2025 needs {ALL_HISTORY}."
    assert any(line.startswith("The next run needs ") and line.endswith(says) for line in part.stdout.splitlines())
    whole = command("plan", "--all", data_dir=landed)
    assert len(asked_by(whole)) == len(EVERYTHING)
    assert "in the fewest requests possible" in whole.stdout


def read_everything_at(at: str) -> tuple[dict[str, dict[date, datetime]], list[date]]:
    """What a directory knows whose last run was then, and read everything that there was."""
    read_at = instant(at)
    every = {series.name: list(planning.due(series, now=read_at, read={}, holes=())) for series in ASKED}
    return {name: dict.fromkeys(starts or [DATASET_START], read_at) for name, starts in every.items()}, []


@pytest.mark.usefixtures("in_november", "with_key")
def test_plan_of_a_normal_day(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that is asked for at least 300 of the day's 500 requests are to spare, and the plan says so."""
    monkeypatch.setattr(Workspace, "_coverage", read_everything_at("2026-11-22T06:30"))
    told = command("plan", data_dir=empty).stdout.splitlines()
    days = next(line for line in told if " usage_day " in line).split()
    assert days[1:] == ["usage_day", "2026-11-20", "2026-11-22", "3", "1", "1", "new;", "2", "again"]
    assert next(line for line in told if " session_cost " in line).split()[4:] == ["1", "≥", "1", "each", "run"]
    made = int(told[-2].split()[0])
    assert told[-1] == f"All fit into the day: 0 of 500 used in the last 24 h, {500 - made} will be left."
    assert 500 - made >= 300
    assert not any("month" in line and "usage_month" not in line for line in told)


@pytest.mark.usefixtures("in_november", "with_key")
def test_plan_of_the_day_on_which_everything_is_read_again(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which periods and why, what of it can wait, and how much of that is postponed."""
    read, holes = read_everything_at("2026-11-02T06:30")
    read |= {name: starts | dict.fromkeys(list(starts)[-7:], NOW) for name, starts in read.items() if len(starts) > 7}
    monkeypatch.setattr(Workspace, "_coverage", (read, holes))
    told = command("plan", data_dir=empty).stdout.splitlines()
    days = " ".join(next(line for line in told if "usage_day" in line and "can wait" in line).split()[1:])
    assert days == "usage_day 2025-01-01 2026-01-01 366 1 366 again, monthly; can wait"
    monthly = next(line for line in told if "for the month" in line)
    assert monthly.endswith(" periods last fetched before 3 November 2026: fetched again for the month.")
    found = json.loads(command("plan", "--format", "json", data_dir=empty).stdout)
    made = found["forecast"]["requests"]
    assert 500 - made >= 300
    assert 0 < found["postponed"] < found["deferrable"]
    assert told[-2:] == [
        f"All fit into the day: 0 of 500 used in the last 24 h, {500 - made} will be left.",
        f"{found['deferrable']} requests can wait, and are sent only while 300 of 500 a day stay free: "
        f"{found['postponed']} of them are left to the next run.",
    ]


@pytest.mark.usefixtures("in_november", "with_key")
def test_plan_counts_what_was_spent(empty: Path) -> None:
    """What was sent in the last minute and the last day is in the way of the plan, and of a backfill's a reserve too."""
    now = NOW.timestamp()
    clock = iter([now - 3600 + 2 * n for n in range(450)] + [now - 20 + n for n in range(20)])
    ledger = budget_path(Settings.load(empty).state_dir, KEY)
    with Budget(ledger, per_minute=1000, clock=lambda: next(clock, now)) as budget:
        for _ in range(470):
            budget.take()
    time, day, waiting = command("plan", data_dir=empty).stdout.splitlines()[-3:]
    assert waiting.endswith(f"stay free: {CAN_WAIT} of them are left to the next run.")
    # Ten in 20 s; the next may go when the first of the last minute's twenty is 61 s old, which takes 21 s more.
    assert time == (
        "30 requests in about 1 min 21 s, 21 s of it waiting: 2.0 s a response, at most 30 a minute, of which 20 are used."
    )
    rest = MADE + FIRST_POSTPONED - CAN_WAIT - 30
    back = now - 3600 + 2 * (rest - 1) + 86_401  # when as many of the oldest have left the day
    assert day == (
        f"Not all fit into the day: 470 of 500 used in the last 24 h. {rest} are left; "
        f"continue after {wording.minute(datetime.fromtimestamp(back, UTC))}. No request is repeated."
    )
    *_, day = command("backfill", "--plan", data_dir=empty).stdout.splitlines()
    assert day.startswith(
        "Not all fit into the day: 470 of 500 used in the last 24 h, 100 kept for the daily run. "
        f"{MADE + FIRST_POSTPONED} are left; continue after 2026-11-24 07:0"
    )


@pytest.mark.usefixtures("in_november")
def test_plan_without_a_key(tmp_path: Path) -> None:
    """Nothing is requested of the Data API, as one line says, and the exports are counted; a backfill is refused."""
    told = command("plan").stdout.splitlines()
    assert told[:2] == [
        f"Plan for {tmp_path / 'warehouse' / 'data'} (keyless)",
        "No request to the Data API: OPENROUTER_API_KEY is not set.",
    ]
    assert [line.split()[1] for line in told[3:5]] == ["gateway_day/labs", "contract"]
    assert told[5:] == [
        "",
        "Daily exports, counted apart: at most 133 requests, for 66 dated files and their manifests.",
        "",
        "Without a key, counted apart: 1 request to the second gateway.",
        "Without a key, counted apart: 1 request to OpenRouter's web site.",
    ]
    for options in ([], ["--plan"]):
        assert "cannot backfill without OPENROUTER_API_KEY" in command("backfill", *options).stderr


# --- backfill --------------------------------------------------------------------------------------------------------


class Backfills:
    """Stands for ``run_backfill``: keeps what it was called with, and says each time how much the budget left over."""

    def __init__(self, *left_over: int, failures: tuple[str, ...] = ()) -> None:
        self.left_over = list(left_over)
        self.failures = list(failures)
        self.calls: list[tuple[str | None, str | None]] = []

    def __call__(self, chosen: Settings, first_day: str | None, last_day: str | None, **_: Any) -> Outcome:
        self.calls.append((first_day, last_day))
        left = self.left_over.pop(0)
        at = datetime.now(UTC) + timedelta(seconds=0.05) if left else None
        ended: dict[str, Any] = {"failures": self.failures, "requests_postponed": left, "go_on_at": at}
        return Outcome("backfill", "run", not self.failures, chosen, 0.1, **ended)


@pytest.mark.usefixtures("in_november", "with_key")
def test_backfill_shows_its_plan(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--plan shows what --from and --to leave of it, and sends nothing."""
    monkeypatch.setattr(execute, "run_backfill", Backfills())
    requests = asked_by(command("backfill", "--plan", "--from", "2025-06-01", "--to", "2025-12-31", data_dir=empty))
    assert ["usage_day", "2025-06-01", "2025-12-31", "212"] in requests
    assert ["category_week/programming", "2025-06-02", "2025-12-28", "30"] in requests
    assert {one[0] for one in requests} == {series.name for series in ASKED}
    assert not empty.exists()


POSTPONED = (
    r"warning: the day's budget is spent, 23 requests left: run `openrouter-usage backfill` again after "
    r"\d{4}-\d\d-\d\d \d\d:\d\d UTC\n"
)


@pytest.mark.parametrize(
    ("options", "backfills", "code", "stderr", "calls", "waits"),
    [
        (["--from", "2025-06-01", "--to", "2025-12-31"], Backfills(0), 0, "", [("2025-06-01", "2025-12-31")], 0),
        ([], Backfills(23), 75, POSTPONED, [(None, None)], 0),
        (["--wait"], Backfills(23, 3, 0), 0, "(warning: .*\n)*", [(None, None)] * 3, 2),
        (["--wait"], Backfills(2, failures=("bad",)), 1, "error: bad\nwarning: .*\n", [(None, None)], 0),
    ],
    ids=["done", "postponed", "waits", "failed"],
)
def test_backfill_ends(
    empty: Path, monkeypatch: pytest.MonkeyPatch,
    options: list[str], backfills: Backfills, code: int, stderr: str, calls: list[Any], waits: int,
) -> None:  # fmt: skip
    """75 tells a budget that is spent from a failure, which weighs more and is not waited for; --wait goes on until done."""
    monkeypatch.setattr(execute, "run_backfill", backfills)
    result = command("backfill", *options, data_dir=empty)
    assert (result.exit_code, backfills.calls) == (code, calls)
    assert re.fullmatch(stderr, result.stderr), result.stderr
    assert result.stdout.count("waiting until 20") == waits
    assert ("backfill finished" in result.stdout) == (code != 1)
    assert cli.NOT_FINISHED == 75


def test_backfill_without_budget_exits_75(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing could be fetched: one line, and the exit code that says later."""
    monkeypatch.setattr(execute, "run_backfill", failing(BudgetSpent("nothing was asked", NOW)))
    result = command("backfill", data_dir=empty)
    assert (result.exit_code, result.stderr) == (75, "error: nothing was asked\n")


def test_time_to_come_back_is_rounded_up() -> None:
    assert wording.minute(NOW + timedelta(microseconds=1)) == "2026-11-23 07:01 UTC"
    assert wording.minute(NOW) == "2026-11-23 07:00 UTC"


# --- landing: import, verify, backup, restore ------------------------------------------------------------------------


def record(file: Path, content: dict[str, Any]) -> Path:
    """A recorded exchange, as such files are handed about."""
    written = json.dumps(content).encode()
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(gzip.compress(written) if file.suffix == ".gz" else written)
    return file


def record_day(file: Path, day: date) -> Path:
    at = instant(f"{day + timedelta(days=1)}T06:30")
    params = {"period": "day", "start_date": day.isoformat(), "end_date": day.isoformat()}
    return record(file, recorded(rankings_body({day: block_rows()}, as_of=at, start=day, end=day), params, at=at))


def test_landing_is_kept_copied_and_brought_back(tmp_path: Path) -> None:
    """What cannot be fetched again survives the loss of its directory: import, verify, backup, restore."""
    data, copy, files = tmp_path / "data", tmp_path / "copy", tmp_path / "recorded"
    for number in (1, 2):
        record_day(files / f"{number}.json.gz", date(2026, 2, number))
    kept: dict[Path, bytes] = {}
    for arguments, *words in (
        (
            ["import", str(files)],
            "responses  2 new, 0 already in landing",
            "2 of /datasets/rankings-daily",
            "openrouter-usage rebuild",
        ),
        (["import", str(files)], "responses  0 new, 2 already in landing"),
        (["verify"], "2 responses verified, 0 damaged\n"),
        (["backup", str(copy)], "2 responses copied"),
        (["backup", str(copy)], "0 responses copied"),
        (["restore", str(copy)], "2 responses restored", "openrouter-usage rebuild"),
    ):
        if arguments[0] == "restore":
            assert (data / "last_backup.json").exists()
            kept = files_in(data / "landing")
            shutil.rmtree(data / "landing")
        result = command(*arguments, data_dir=data)
        assert result.exit_code == 0, result.output
        assert all(word in result.stdout for word in words)
    assert files_in(data / "landing") == kept


def test_f51_import_of_nothing_fails(empty: Path, tmp_path: Path) -> None:
    """A mistyped path is told in one line that names it, and nothing says that a rebuild comes next."""
    result = command("import", str(tmp_path / "nowhere"), data_dir=empty)
    assert (result.exit_code, result.stderr) == (1, f"error: importing {tmp_path / 'nowhere'} failed: it does not exist\n")
    assert "import failed" in result.stdout
    assert "rebuild" not in result.output


def test_import_names_what_no_series_asks(empty: Path, tmp_path: Path) -> None:
    """A request that is not ours is named as soon as it is imported, and no rebuild is promised to read it."""
    params, path = {"subcategory": "cloud-agent"}, "/datasets/app-rankings"
    file = record(tmp_path / "recorded.json", recorded({}, params, at=instant("2026-01-02T06:30"), path=path))
    result = command("import", str(file), data_dir=empty)
    assert result.exit_code == 0
    assert "not loaded 1 of /datasets/app-rankings?subcategory=cloud-agent: no series makes this request" in result.stdout
    assert "rebuild" not in result.stdout
    failed = command("rebuild", data_dir=empty)
    (line,) = failed.stderr.splitlines()
    (exchange_id,) = Landing(DataDir(empty)).ids()
    assert failed.exit_code == 1
    assert f"1 unknown series, first {exchange_id} of /datasets/app-rankings" in line


def test_reject_and_back(landed: Path) -> None:
    """The id that a failure prints is withdrawn with its reason, and read again once that is undone."""
    one, *_ = Landing(DataDir(landed)).ids()
    for options in ([], ["--why", " "], ["--why", "wrong", "--undo"]):
        result = command("reject", one, *options, data_dir=landed)
        assert result.exit_code == 2
        assert "give --why with what is wrong with them, or --undo to load them again" in result.stderr
        assert Landing(DataDir(landed)).decisions() == []
    withdrawn = command("reject", one, "--why", "of another account", data_dir=landed)
    assert withdrawn.stdout == "1 response will be excluded; next: openrouter-usage rebuild\n"
    assert Landing(DataDir(landed)).rejections() == {one: "of another account"}
    assert command("reject", one, "--undo", data_dir=landed).exit_code == 0
    assert Landing(DataDir(landed)).rejections() == {}


def test_damage_is_named_and_healed_from_a_backup(landed: Path, tmp_path: Path) -> None:
    """A body that is no longer what was landed is named with what brings it back; a copy from before heals it."""
    copy = tmp_path / "copy"
    command("backup", str(copy), data_dir=landed)
    damaged, *_ = sorted(landed.rglob("*.body.gz"))
    damaged.write_bytes(gzip.compress(b"{}"))
    result = command("verify", data_dir=landed)
    (line,) = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (1, "1 response verified, 1 damaged\n")
    assert str(damaged) in line
    assert "openrouter-usage restore" in line
    assert "1 response restored" in command("restore", str(copy), data_dir=landed).stdout
    assert command("verify", data_dir=landed).exit_code == 0


def test_verify_names_what_was_loaded_and_is_gone(published: Path, tmp_path: Path) -> None:
    """A response that the tables were loaded from and whose files are gone is lost, unless a backup has it."""
    shutil.copytree(published, tmp_path / "copy")
    lost, *_ = sorted((tmp_path / "copy" / "landing").rglob("*.json"))
    lost.unlink()
    lost.with_suffix(".body.gz").unlink()
    result = command("verify", data_dir=tmp_path / "copy")
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 1
    assert lost.stem in line
    assert "openrouter-usage restore" in line


# --- status ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_old"), [(6, False), (8, True)])
def test_status_warns_of_an_old_backup(published: Path, tmp_path: Path, days: int, is_old: bool) -> None:
    """A backup that was forgotten for over a week is told on standard error."""
    shutil.copytree(published, tmp_path / "copy")
    at = datetime.now(UTC) - timedelta(days=days, hours=1)
    (tmp_path / "copy" / "last_backup.json").write_text(json.dumps({"at": at.isoformat(), "target": "/mnt"}))
    result = command("status", data_dir=tmp_path / "copy")
    assert (f"the last backup of landing is {days} days old" in result.stderr) == is_old


# --- sql: what it reaches is tested in test_doors ------------------------------------------------------------------------

TYPES = """
select null as missing, date '2026-01-02' as day, timestamptz '2026-01-02 03:04:05.123456+00' as at,
    1.50::decimal(24, 15) as price, ['a', 'b'] as models, 9007199254740993::bigint as tokens,
    'infinity'::double as unbounded, true as is_true, 0.1::double as share, 'é, "x"' as text,
    'infinity'::timestamptz as never, {'a': 1, 'd': date '2026-01-02'} as struct, map {'k': 2} as map
"""
AT = "2026-01-02T03:04:05.123456Z"
AS_JSON = {
    **{"missing": None, "day": "2026-01-02", "at": AT, "price": "1.5", "models": ["a", "b"], "tokens": 2**53 + 1},
    # JSON has no infinity; what is not JSON breaks whoever reads it.
    **{"unbounded": None, "is_true": True, "share": 0.1, "text": 'é, "x"', "never": "infinity"},
    **{"struct": {"a": 1, "d": "2026-01-02"}, "map": {"k": 2}},
}
AS_CSV = {
    **{"missing": "", "day": "2026-01-02", "at": AT, "price": "1.5", "models": '["a", "b"]', "tokens": str(2**53 + 1)},
    **{"unbounded": "inf", "is_true": "true", "share": "0.1", "text": 'é, "x"', "never": "infinity"},
    **{"struct": '{"a": 1, "d": "2026-01-02"}', "map": '{"k": 2}'},
}


def test_sql_keeps_types(published: Path) -> None:
    """Integers whole, instants with Z, lists as lists, decimals unrounded; in a pipe a table is one line a row, unfolded."""
    as_json, as_csv, table = (
        command("sql", "--format", form, TYPES, data_dir=published).stdout for form in ("json", "csv", "table")
    )
    assert json.loads(as_json) == [AS_JSON]
    assert list(csv.DictReader(io.StringIO(as_csv))) == [AS_CSV]
    header, row = table.splitlines()
    assert header.split() == list(AS_CSV)
    assert all(shown in row for shown in ("–", AT, "1.5", '["a", "b"]', str(2**53 + 1), "inf"))


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_sql_without_rows_is_no_failure(published: Path, form: str) -> None:
    """No rows are a result: an empty list, or the names of the columns."""
    result = command("sql", "--format", form, "select 1 as n where false", data_dir=published)
    assert (result.exit_code, result.stdout.split()) == (0, ["[]"] if form == "json" else ["n"])


@pytest.mark.parametrize(
    "query", ["selec 1", "from nowhere", "select\n1 +", "select 'x'::int", "", " ", "/* nothing */", ";"]
)
def test_bad_query_is_one_line(published: Path, query: str) -> None:
    """What DuckDB says is one line, with where the tables are listed; no statement is said to be none."""
    said = only_error(command("sql", query, data_dir=published))
    assert said.startswith("the query failed: ")
    if len(query) > 3 and "/*" not in query:
        assert said.endswith("the tables: select table_schema, table_name, table_comment from information_schema.tables")


def test_json_loses_no_column(published: Path) -> None:
    """Two columns of one name are rejected, where JSON would keep only one."""
    assert "one name" in only_error(command("sql", "--format", "json", "select 1 as a, 2 as a", data_dir=published))


def test_hostile_column_and_line_break_are_only_shown(published: Path) -> None:
    """Names of columns come from whoever wrote the query; a line break in a value does not look like a row."""
    query = """select 'a' || chr(10) || 'b' || chr(27) || ']0;title' || chr(7) as "[red]x[/]" """
    header, row = command("sql", query, data_dir=published).stdout.splitlines()
    assert (header.rstrip(), row.rstrip()) == ("[red]x[/]", r"a\nb\x1b]0;title\x07")


def test_reader_that_left_is_no_error(published: Path) -> None:
    """A pipe that is closed early, as by head, ends the command without a word."""
    binary = Path(sys.executable).parent / "openrouter-usage"
    query = f"{binary} --data-dir {published} sql --format csv 'from range(1000000)' | head -1"
    done = subprocess.run(["bash", "-c", query], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("range\n", "")


# --- the summary of a run --------------------------------------------------------------------------------------------

LISTED = {
    **{"week_start": "2025-11-03", "coding_token_share": 0.1234, "coding_token_share_upper": 0.1234},
    **{"coding_rank": 3, "rank_span": None, "is_provisional": False, "best_of_lineage": "minimax/minimax-m2"},
    **{"best_of_lineage_rank": 3, "best_of_lineage_share": 0.1234},
}
ABSENT = {
    **{"week_start": "2026-11-16", "coding_token_share": None, "coding_token_share_upper": 0.00456},
    **{"coding_rank": None, "rank_span": None, "is_provisional": True, "best_of_lineage": "minimax/minimax-m3-20260531"},
    **{"best_of_lineage_rank": 7, "best_of_lineage_share": 0.0321},
}


CHANGES = ("series", "new_periods", "grown_periods", "restated_periods", "confirmed_periods")


@pytest.fixture
def done(tmp_path: Path) -> Outcome:
    """A run that went well."""
    return Outcome(
        "daily",
        "run",
        True,
        settings_for(tmp_path / "data"),
        12.34,
        requests_made=14,
        requests_left_today=486,
        changes=[
            dict(zip(CHANGES, change, strict=True))
            for change in (
                ("usage_day", 1, 0, 2, 4),
                ("category_week/programming", 0, 1, 3, 1),
                ("category_week/legal", 1, 1, 0, 4),
                ("models/all", 0, 1, 0, 0),
            )
        ],
        checks_passed=71,
        is_published=True,
        m2=LISTED,
    )


def summed_up(done: Outcome, capsys: pytest.CaptureFixture[str]) -> tuple[list[str], list[str]]:
    """The lines on standard output and on standard error."""
    summary.outcome(done)
    said = capsys.readouterr()
    return said.out.splitlines(), said.err.splitlines()


def test_summary_of_a_good_run(done: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    """What was asked, what came, what was checked, where M2 stands, where the file is; of no limit where there is none."""
    done.settings.data_dir.path.mkdir()
    done.settings.data_dir.published.touch()
    whole = [
        "run finished in 12.3 s",
        f"  mode       {done.settings.mode}, {MODES[done.settings.mode]}",
        "  requests   14 sent, 486 left today",
        "  days       1 new, 0 grew, 2 restated, 4 unchanged",
        "  weeks      1 new, 2 grew, 3 restated, 5 unchanged",
        "  snapshots  0 new, 1 changed, 0 restated, 0 unchanged",
        "  checks     71 passed, 0 failed",
        "  M2         12.3 % of coding in the week of 3 November 2025, rank 3",
        f"  database   {done.settings.data_dir.published}",
    ]
    assert summed_up(done, capsys) == (whole, [])
    out, _ = summed_up(replace(done, requests_postponed=27), capsys)
    assert out == [*whole[:3], "  postponed  27 requests, to the next run", *whole[3:]]
    out, _ = summed_up(replace(done, requests_left_today=None), capsys)
    assert out == [*whole[:2], "  requests   14 sent", *whole[3:]]
    out, _ = summed_up(replace(done, requests_left_today=None, requests_made=0, job="rebuild"), capsys)
    assert out == ["rebuild finished in 12.3 s", *whole[3:]], "it sends none"


NOT_LISTED = "not listed in coding in the week of 16 November 2026: at most 0.5 %, provisional; "
AT_THE_PEAK = "12.3 % of coding in the week of 3 November 2025, rank 3"


@pytest.mark.parametrize(
    ("m2", "sentence"),
    [
        (LISTED, AT_THE_PEAK),
        (LISTED | {"rank_span": "3 to 4"}, f"{AT_THE_PEAK} (3 to 4 within the sampling error)"),
        (LISTED | {"is_provisional": True}, f"{AT_THE_PEAK}, provisional"),
        (ABSENT, f"{NOT_LISTED}best of its lineage: minimax/minimax-m3-20260531, rank 7 with 3.2 %"),
        (ABSENT | {"best_of_lineage": None}, f"{NOT_LISTED}none of its lineage is listed"),
    ],
)
def test_m2_is_described_with_its_bound(m2: dict[str, Any], sentence: str) -> None:
    """When M2 is not listed its share is not nothing but at most the bound, and the successors are named."""
    assert describe_m2(m2) == sentence


def test_a_file_of_an_earlier_version_may_lack_what_the_summary_reads(published: Path, tmp_path: Path) -> None:
    """A failed run leaves it where it is: the summary then says nothing of M2, and still says what failed."""
    path = tmp_path / "data"
    shutil.copytree(published, path)
    chosen = settings_for(path)
    with duckdb.connect(chosen.data_dir.published) as con:
        con.execute("drop table marts.coding_share_error_weekly")
    outcome = read_outcome(chosen, "daily", "run", [], succeeded=False)
    assert (outcome.m2, len(outcome.failures)) == (None, 1)


def test_failed_run_exits_1(done: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    """Why is on standard error, the first of many lines, and that the file is the old one: exit code 1."""
    done.settings.data_dir.path.mkdir()
    done.settings.data_dir.published.touch()
    failures = [f"number {number}" for number in range(40)]
    with pytest.raises(SystemExit) as exit_:
        summary.outcome(
            replace(done, succeeded=False, is_published=False, failures=failures, warnings=["mind"], checks_failed=1)
        )
    assert exit_.value.code == 1
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "warning: mind",
        *(f"error: {one}" for one in failures[:SHOWN_LINES]),
        f"… and {40 - SHOWN_LINES} more failures: see the run in the UI",
    ]
    assert said.out.startswith("run failed in 12.3 s\n")
    assert "71 passed, 1 failed" in said.out
    assert said.out.rstrip().endswith("(unchanged)")


def test_warnings_fail_nothing(done: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    """What an optional series did wrong is said, without what a terminal would obey, and the run still counts as done."""
    out, err = summed_up(replace(done, warnings=[HOSTILE], m2=ABSENT | {"best_of_lineage": HOSTILE}), capsys)
    assert err == [f"warning: {WRITTEN_OUT}"]
    assert WRITTEN_OUT in "".join(out)
    assert "\x1b" not in "".join(out)
