"""The prompt of ``sql`` on a pipe instead of a terminal: what is typed, what is shown, what stays as it was."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from pipeline import store
from pipeline.publish import saved_queries
from pipeline.settings import ROOT, DataDir, Settings
from pipeline.terminal.prompt import COMMANDS, SHOWN_ROWS, Conversation, NamesCompleter, converse
from tests.support import build_tables, settings_for

CTRL_C, CTRL_D = "\x03", "\x04"

Typed = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def nothing_read(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """A published file with every table and no reading of any series."""
    data_dir = DataDir(tmp_path_factory.mktemp("nothing"))
    files = store.Store(data_dir)
    with files.writer() as con:
        build_tables(files, con)
    files.publish()
    return data_dir


@pytest.fixture
def settings(nothing_read: DataDir, tmp_path: Path) -> Settings:
    """A copy of that file in a directory of the test's own."""
    chosen = settings_for(tmp_path / "data")
    chosen.data_dir.path.mkdir()
    shutil.copy(nothing_read.published, chosen.data_dir.published)
    return chosen


@pytest.fixture
def typed(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Typed:
    """What is printed, on standard output and standard error, when these keys are pressed and the prompt is left."""

    def press(*lines: str, end: str = CTRL_D) -> tuple[str, str]:
        capsys.readouterr()
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            keys.send_text("".join(lines) + end)
            converse(settings)
        shown = capsys.readouterr()
        return shown.out, shown.err

    return press


def test_a_statement_may_take_several_lines(typed: Typed) -> None:
    """Enter asks at a semicolon that closes the statement, not at one in a string; the next statement is another one."""
    out, err = typed("select 40\r", "+ 2 as n, ';\r", "' as text;\r", "select 7 as seven;\r")
    assert err == ""
    assert [line.split() for line in out.splitlines()[2:]] == [["n", "text"], ["42", r";\n"], ["seven"], ["7"]]


def test_it_says_which_file_and_as_of_when(typed: Typed, settings: Settings) -> None:
    """The first line names the file and its age; simulated data is called so before anything is asked."""
    out, _ = typed()
    assert out.startswith(f"{settings.data_dir.published}, built –, of readings as of –")
    settings.data_dir.mark_simulated()
    assert typed()[1] == "warning: SIMULATED data, not OpenRouter's\n"


@pytest.mark.parametrize(
    "wrong", ["selec 1;", "from nowhere;", ".nope", ".schema nowhere", ".read /etc/passwd", ".read nowhere.sql", ".read"]
)
def test_a_failure_is_one_line_and_keeps_the_session(typed: Typed, wrong: str) -> None:
    """What went wrong is said, and the next statement is answered."""
    out, err = typed(f"{wrong}\r", "select 1 as after;\r")
    assert len(err.splitlines()) == 1
    assert err.startswith("error: ")
    assert out.splitlines()[2:] == ["after", "1    "]


@pytest.mark.parametrize(
    "keys",
    [(CTRL_D,), (".quit\r",), ("exit\r",), ("QUIT;\r",), ("select 1\r", ".quit\r"), ("half", CTRL_C, CTRL_D)],
)
def test_leaving(typed: Typed, keys: tuple[str, ...]) -> None:
    """Ctrl-D, exit and .quit leave, the last also from within a statement; Ctrl-C only drops the line."""
    assert typed(*keys, end="")[1] == ""


def test_ctrl_c_ends_the_statement_and_not_the_session(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that would take hours is stopped at once, and the next one is answered."""
    conversation = Conversation(settings)
    asked = store.ask

    def ask_and_press(*arguments: object, **more: object) -> object:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        return asked(*arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(store, "ask", ask_and_press)
        conversation.answer("select count(*) from range(100000000) as a, range(100000) as b;")
    conversation.answer("select 1 as after;")
    conversation.close()
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == ["stopped", "after", "1"]


def test_many_rows_are_cut_and_it_is_said(typed: Typed) -> None:
    """A statement without a limit does not flood the terminal, nor wait for its last row."""
    out, _ = typed("from range(1000000000);\r")
    assert len(out.splitlines()) == 2 + 1 + SHOWN_ROWS + 1
    assert out.splitlines()[-1].startswith(f"The first {SHOWN_ROWS} rows; all of them: openrouter-usage sql --format csv")


def test_a_newer_build_is_asked_and_it_is_said(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is swapped in whole while the prompt is open: the next statement asks the new one."""
    conversation = Conversation(settings)
    conversation.answer("select count(*) as n from duckdb_tables() where table_name = 'published_meanwhile';")
    path = settings.data_dir.published
    fresh = path.with_name("fresh.duckdb")
    shutil.copy(path, fresh)
    with store.connect(fresh) as con:
        con.execute("create table core.published_meanwhile as select 1")
    fresh.replace(path)
    conversation.answer("select count(*) as n from duckdb_tables() where table_name = 'published_meanwhile';")
    conversation.answer("set enable_external_access = true;")
    conversation.close()
    shown = capsys.readouterr()
    assert [line.strip()[:33] for line in shown.out.splitlines()] == [
        "n",
        "0",
        "A newer build was published meanw",
        "n",
        "1",
    ]
    assert "configuration has been locked" in shown.err


def test_citations_stand_below_the_rows(typed: Typed) -> None:
    """The lines to print beside the figures come once each, not in every row."""
    out, _ = typed("select n, 'Source: ' || n % 2 as citation from range(4) as t(n) order by n;\r")
    assert [line.strip() for line in out.splitlines()[2:]] == ["n", "0", "1", "2", "3", "Source: 0", "Source: 1"]


def test_dot_commands_describe(typed: Typed) -> None:
    """Tables, columns with their meaning, questions and the commands themselves, from where they are written down."""
    out, err = typed(".tables\r", ".schema m2_usage_daily\r", ".schema model_usage_daily_as_of\r", ".queries\r", ".help\r")
    assert err == ""
    for words in (
        "marts.m2_coding_share_weekly",
        "Tokens of the `:free` variant",
        "core.model_usage_daily as it was known at ts",
        *[one.asked for one in saved_queries.questions()],
        *COMMANDS,
    ):
        assert words in out


def test_reading_a_file_of_sql(typed: Typed, tmp_path: Path) -> None:
    """A question by its name, with what it does not show; a file of the reader's own by its path."""
    (tmp_path / "own.sql").write_text("-- mine\nselect 5 as own;")
    out, err = typed(".read who_stood_above_m2\r", f".read {tmp_path / 'own.sql'}\r")
    assert err == ""
    assert "Who stood above M2 in coding" in out
    assert "Does not show: by how much" in out
    assert out.splitlines()[-1].strip() == "5"


def completions(text: str) -> list[str]:
    return [one.text for one in NamesCompleter().get_completions(Document(text), CompleteEvent())]


def test_names_are_completed() -> None:
    """Tables by either part of their name, columns of the table that the statement names, commands, questions."""
    assert completions("from marts.m2_us") == ["marts.m2_usage_daily"]
    assert "marts.m2_usage_daily" in completions("from m2_us")
    assert completions("from marts.restatements where hours") == ["hours_after_close"]
    assert completions("from model_usage_daily_as") == ["model_usage_daily_as_of("]
    assert completions(".sch") == [".schema"]
    assert completions(".read who_su") == ["who_succeeded_m2"]
    assert completions("select ") == []


def test_history_is_the_owner_s_and_keeps_no_key(typed: Typed, settings: Settings) -> None:
    """Statements are remembered for next time, in the state directory, readable for nobody else, without a key."""
    typed("select 1;\r", f"select 'sk-or-v1-{'0' * 8}';\r")
    history = settings.state_dir / "sql_history"
    assert history.stat().st_mode & 0o777 == 0o600
    assert "select 1;" in history.read_text()
    assert "sk-or" not in history.read_text()


def test_where_nothing_can_be_remembered(typed: Typed, settings: Settings) -> None:
    """A state directory that cannot be made costs the history and nothing else."""
    settings.state_dir.write_text("a file stands where the folder should")
    assert typed("select 1 as n;\r")[0].splitlines()[2:] == ["n", "1"]


@pytest.mark.parametrize("asked", saved_queries.questions(), ids=lambda one: one.path.stem)
def test_questions_run_where_nothing_was_read(reader: store.Connection, asked: saved_queries.Question) -> None:
    """Before the first reading of a series its questions have no rows, and do not fail."""
    names, rows = store.ask(reader, asked.sql)
    assert names
    assert len(rows) <= 10


@pytest.fixture(scope="module")
def reader(nothing_read: DataDir) -> Iterator[store.Connection]:
    with store.Store(nothing_read).reader() as con:
        yield con


def test_the_command_asks_files_pipes_and_comments(settings: Settings, tmp_path: Path) -> None:
    """A file by its name, a script on standard input, a query that begins with a comment; logging is refused in a line."""

    def sql(*arguments: str, script: str = "") -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-c", "from pipeline.cli import main; main()",
             "--data-dir", str(settings.data_dir.path), "sql", "--format", "csv", *arguments],
            input=script, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    (tmp_path / "own.sql").write_text("-- mine\nselect 5 as own;")
    assert sql("own.sql") == (0, "own\n5\n", "")
    assert sql("-- mine\nselect 6 as six") == (0, "six\n6\n", "")
    assert sql(script="select 1; select 7 as seven;") == (0, "seven\n7\n", "")
    assert sql("gone.sql")[1:] == ("", "error: reading gone.sql failed (No such file or directory): name a file of SQL, for "
                                   "instance one of warehouse/queries\n")  # fmt: skip
    log = tmp_path / "log"
    assert sql(f"call enable_logging(storage='file', storage_path='{log}')")[0] == 1
    assert not log.exists()
