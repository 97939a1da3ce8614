"""Six lines of status, and the same facts for programs: one JSON object on standard output, whatever else is said."""

from __future__ import annotations

import json
import shutil
import webbrowser
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from pipeline import cli, execute
from pipeline.cli import common, docs
from pipeline.landing import Landing
from pipeline.run.facts import KEYS
from pipeline.run.outcome import Outcome
from pipeline.settings import ROOT, DataDir, Settings
from tests.support import block_rows, command, instant, land_blocks, settings_for

pytestmark = [pytest.mark.made_up_levels, pytest.mark.usefixtures("own_machine")]

LINES = ["problems", "data", "coverage", "last run", "requests", "files"]


def facts_of(result: Result) -> dict[str, Any]:
    """The object on standard output, and nothing else there."""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


# --- status ----------------------------------------------------------------------------------------------------------


def test_status_is_six_lines(published: Path) -> None:
    """What is wrong comes first; each line fits 80 columns but for the path."""
    result = command("status", data_dir=published)
    lines = result.stdout.splitlines()
    assert [line[2:13].strip() for line in lines] == LINES
    assert lines[0] == "  problems   no new data; usage_day is stale; category_week/programming is stale"
    assert lines[1].startswith("  data       keyless, ")
    assert lines[1].endswith(" days old: days to 2026-02-04, coding to 2026-02-01")
    assert lines[2].startswith("  coverage   2 of 47 series, ")
    assert lines[2].endswith("; 11 periods")
    assert lines[4] == "  requests   left today: 600 of 600 for openrouter.ai, 50 of 50 for vercel.com"
    assert lines[5] == f"  files      {published}: openrouter.duckdb, report/index.html"
    assert all(len(line) <= 80 for line in lines[:5])


def test_status_with_nothing_wrong(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so, and the exit code is 0."""
    monkeypatch.setattr("pipeline.cli.state.open_now", lambda *_: [])
    monkeypatch.setattr("pipeline.alerts.freshness.Status.is_healthy", True)
    result = command("status", data_dir=published)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "  problems   nothing is wrong")


def test_status_of_a_failed_run(published: Path, tmp_path: Path) -> None:
    """The last run failed, and what was published before is named."""
    copy = shutil.copytree(published, tmp_path / "copy")
    state = json.loads((copy / "alerts.json").read_text()) if (copy / "alerts.json").exists() else {"sent": {}}
    failed = {"key": "run", "message": "the newest run failed: no", "is_urgent": True, "since": "2026-02-06T06:31:00+00:00"}
    (copy / "alerts.json").write_text(json.dumps({**state, "incidents": [{**failed, "until": None}]}))
    result = command("status", data_dir=copy)
    assert "the newest run failed" in result.stdout.splitlines()[0]
    assert result.stdout.splitlines()[3].startswith("  last run   failed; last published 20")
    assert facts_of(command("status", "--format", "json", data_dir=copy))["last_run_failed"] is True


def test_status_all_shows_every_series(published: Path) -> None:
    """Six lines, the table, and the open incidents in full; a monitor can go by the exit code."""
    result = command("status", "--all", data_dir=published)
    lines = result.stdout.splitlines()
    found = facts_of(command("status", "--format", "json", data_dir=published))
    table, incidents = lines[8 : 8 + len(found["series"])], lines[8 + len(found["series"]) :]
    assert [line.split()[0] for line in table] == [one["series"] for one in found["series"]]
    assert [line.partition(": ")[2] for line in incidents] == [one["message"] for one in found["incidents"]]
    shown = {line.split()[0]: line.rstrip() for line in table}
    assert "2026-02-04" in shown["usage_day"]
    assert (shown["usage_day"].split()[-1], shown["models/all"][-13:]) == ("stale", "never fetched")
    assert (result.exit_code, found["healthy"], found["last_run_failed"], found["mode"]) == (1, False, False, "keyless")
    assert (
        result.stderr == "warning: landing was never backed up, and cannot be fetched again: openrouter-usage backup DIR\n"
    )


def test_what_was_landed_and_never_built_says_so(tmp_path: Path) -> None:
    """One line with the next step, for status and every command that reads tables."""
    data_dir = DataDir(tmp_path / "landed")
    land_blocks(Landing(data_dir), {date(2026, 1, 26): block_rows()}, at=instant("2026-02-05T06:30"))
    for verb in ("status", "export", "report"):
        result = command(verb, data_dir=data_dir.path)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == (
            f"error: {data_dir.path} has 1 response and no tables yet: "
            "`openrouter-usage rebuild` builds and publishes them\n"
        )


# --- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["status", "plan", "verify", "export"])
def test_json_is_one_object_with_the_documented_keys(published: Path, tmp_path: Path, verb: str) -> None:
    """Standard output is the object and nothing else, and the exit code is that of the text."""
    where = [str(tmp_path / "exported")] if verb == "export" else []
    as_text, as_json = (
        command(verb, *where, data_dir=published),
        command(verb, *where, "--format", "json", data_dir=published),
    )
    assert list(facts_of(as_json)) == list(KEYS[verb])
    assert (as_json.exit_code, as_json.stderr) == (as_text.exit_code, as_text.stderr)


def test_numbers_are_numbers_in_json(published: Path, tmp_path: Path) -> None:
    """Where the text has separators and units."""
    assert facts_of(command("verify", "--format", "json", data_dir=published)) == {
        "verified": 2,
        "damaged": 0,
        "problems": [],
    }
    exported = facts_of(command("export", str(tmp_path / "one"), "--format", "json", data_dir=published))
    text = command("export", str(tmp_path / "one"), data_dir=published).stdout
    assert f"tables     {exported['tables']}, {exported['rows']:,} rows" in text
    assert all(f"left out   {name}: {reason}\n" in text for name, reason in exported["left_out"].items())


@pytest.mark.parametrize("failed", [False, True])
def test_run_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failed: bool) -> None:
    """Warnings and failures are on standard error too, and a failed run exits 1."""
    done = Outcome("daily", "id", not failed, settings_for(tmp_path / "data"), 12.34, requests_made=1200)
    done = replace(done, warnings=["mind"], failures=["no"] * failed, checks_passed=1371, unreachable=["openrouter.ai"])

    def run_daily(chosen: Settings, first_day: str | None, **_: Any) -> Outcome:
        return done

    monkeypatch.setattr(execute, "run_daily", run_daily)
    result = command("run", "--format", "json", data_dir=tmp_path / "data")
    found = facts_of(result)
    assert (list(found), result.exit_code) == (list(KEYS["run"]), int(failed))
    assert result.stderr.splitlines() == ["warning: mind", *["error: no"] * failed]
    assert (found["succeeded"], found["requests_sent"], found["warnings"]) == (not failed, 1200, ["mind"])
    text = command("run", data_dir=tmp_path / "data").stdout
    assert "  requests   1,200 sent\n" in text
    assert "  sources    1 not reached: openrouter.ai\n" in text
    assert "  checks     1,371 passed, 0 failed\n" in text


# --- the page, completion, the documented commands -------------------------------------------------------------------


def test_report_opens_the_page(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the default browser; without one a line says so, and the page is drawn all the same."""
    copy = shutil.copytree(published, tmp_path / "copy")
    page = copy / "report" / "index.html"
    drawn: list[Path] = []
    opened: list[str] = []

    def write(chosen: Settings, *, is_local: bool) -> Path:
        drawn.append(chosen.data_dir.report)
        return drawn[-1]

    def open_(url: str) -> bool:
        opened.append(url)
        return len(opened) == 1

    monkeypatch.setattr(webbrowser, "open", open_)
    monkeypatch.setattr("pipeline.publish.report.page.write", write)
    assert command("report", "--open", data_dir=copy).stdout == f"{page}\n"
    without = command("report", "--open", data_dir=copy)
    assert (without.exit_code, without.stdout) == (1, f"{page}\n")
    assert without.stderr == f"error: no browser could be started on this machine: open {page} in any browser\n"
    assert (drawn, opened) == ([page] * 2, [page.as_uri()] * 2)


def test_report_of_a_file_that_no_run_built(published: Path, tmp_path: Path) -> None:
    """Its build is unknown: one line says what to do."""
    copy = shutil.copytree(published, tmp_path / "copy")
    with duckdb.connect(copy / "openrouter.duckdb") as con:
        con.execute("delete from ops.builds")
    result = command("report", data_dir=copy)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: no build is recorded in {copy / 'openrouter.duckdb'}, ")
    assert "`openrouter-usage rebuild`" in result.stderr


@pytest.mark.parametrize(("shell", "function"), [("bash", "complete "), ("zsh", "compdef "), ("fish", "complete ")])
def test_completion_scripts(tmp_path: Path, shell: str, function: str) -> None:
    """Each is click's script for this program."""
    result = command("completion", shell, data_dir=tmp_path)
    assert result.exit_code == 0
    assert function in result.stdout
    assert "_OPENROUTER_USAGE_COMPLETE" in result.stdout


def test_commands_and_options_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the script asks for them."""
    for words, number, wanted in (("openrouter-usage re", "1", "rebuild"), ("openrouter-usage status --a", "2", "--all")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", number)
        monkeypatch.setenv("_OPENROUTER_USAGE_COMPLETE", "bash_complete")
        result = CliRunner().invoke(cli.main, [], prog_name="openrouter-usage")
        assert f"plain,{wanted}" in result.stdout.splitlines()


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    """`python -m pipeline.cli.docs` writes it."""
    assert (ROOT / "docs" / "commands.md").read_text() == docs.page()


def test_every_command_explains_itself() -> None:
    """Its help says what it does, its exit codes, and an example of its own; the list has it with a sentence."""
    listed = CliRunner().invoke(cli.main, ["--help"]).stdout.partition("Commands:")[2]
    for name, (_, short) in cli.COMMANDS.items():
        entry = cli.command(name)
        assert isinstance(entry, common.Command)
        assert f"\n  {name:<12}{short}\n" in listed
        said = CliRunner().invoke(cli.main, [name, "--help"]).stdout
        assert (entry.help or "").strip().split()[:3] == said.partition("\n\n")[2].split()[:3]
        assert entry.example.startswith(f"openrouter-usage {name}")
        assert said.partition("Example:")[2] == f"\n  {entry.example}\n"
        assert "0 done" in " ".join(said.partition("Exit codes:")[2].split())
