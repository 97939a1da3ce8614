"""``sql`` on a terminal, where it is DuckDB's client on the published file: what that reaches, how it ends. And in pipes."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline import store
from pipeline.failures import PermanentFailure
from pipeline.publish import saved_queries
from pipeline.settings import DataDir
from tests.support import build_tables

COMMAND = str(Path(sys.executable).with_name("openrouter-usage"))
CTRL_C, CTRL_D = "\x03", "\x04"
SECONDS = 60.0  # without a word, on a machine that is busy


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
def data_dir(nothing_read: DataDir, tmp_path: Path) -> DataDir:
    """A copy of that file in a directory of the test's own."""
    chosen = DataDir(tmp_path / "data")
    chosen.path.mkdir()
    shutil.copy(nothing_read.published, chosen.published)
    return chosen


class Terminal:
    """The command on a terminal of its own, one that only shows text. ``shown`` is all that was written there."""

    def __init__(self, data_dir: DataDir, *arguments: str, **environment: str) -> None:
        self.shown = ""
        command = [COMMAND, "--data-dir", str(data_dir.path), "sql", *arguments]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.pid, self._screen = pty.fork()
        if self.pid == 0:
            os.execve(COMMAND, command, {**kept, "TERM": "dumb", **environment})  # noqa: S606 - our own command
        self.wait_for("> ")

    def wait_for(self, *words: str) -> None:
        """Until all these words are shown after what was typed last."""
        seen = ""
        while not all(one in seen for one in words):
            seen += self._read()

    def _read(self) -> str:
        ready, _, _ = select.select([self._screen], [], [], SECONDS)
        assert ready, f"nothing came: {self.shown!r}"
        text = os.read(self._screen, 65536).decode(errors="replace")
        os.write(self._screen, text.count("\x1b[6n") * b"\x1b[1;1R")  # where its cursor is
        self.shown += text
        return text

    def type(self, keys: str, *words: str) -> None:
        os.write(self._screen, keys.encode())
        self.wait_for(*words)

    def end(self, keys: str) -> int:
        """Its exit code after these keys; negative where a signal ended it."""
        os.write(self._screen, keys.encode())
        with suppress(OSError):  # so Linux says that nobody has the terminal any more
            while self._read():
                pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self) -> None:
        with suppress(OSError):  # it has ended
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        with suppress(OSError):
            os.close(self._screen)


Open = Callable[..., Terminal]


@pytest.fixture
def opened(data_dir: DataDir, tmp_path: Path) -> Iterator[Open]:
    terminals: list[Terminal] = []

    def open_terminal(*arguments: str, **environment: str) -> Terminal:
        terminals.append(Terminal(data_dir, *arguments, XDG_STATE_HOME=str(tmp_path / "state"), **environment))
        return terminals[-1]

    yield open_terminal
    for terminal in terminals:
        terminal.close()


def test_the_package_s_client_opens_the_published_file(opened: Open, data_dir: DataDir, tmp_path: Path) -> None:
    """It says which file and as of when; statements take several lines; the zone is UTC; a client on PATH is not taken."""
    (tmp_path / "duckdb").write_text("#!/bin/sh\necho another\n")
    (tmp_path / "duckdb").chmod(0o755)
    terminal = opened(PATH=f"{tmp_path}:{os.environ['PATH']}", TZ="America/New_York")
    assert terminal.shown.startswith(str(data_dir.published))
    assert "built –, as of –" in terminal.shown
    assert "usage> " in terminal.shown
    terminal.type("select 40\r", "· ")
    terminal.type("+ 2 as n, current_setting('TimeZone') as zone;\r", "usage> ")
    assert terminal.end(".quit\r") == 0
    assert "42" in terminal.shown
    assert "\x1b[00mUTC" in terminal.shown
    assert "another" not in terminal.shown


def test_ctrl_c_stops_the_statement_and_ctrl_d_leaves(opened: Open) -> None:
    """A statement that would take hours is stopped at once, the next one runs, and nothing outlives the end."""
    terminal = opened()
    terminal.type("select count(*) from range(100000000) as a, range(100000) as b;\r", "as b;")
    time.sleep(0.5)
    terminal.type(CTRL_C, "usage> ")
    terminal.type("select 7 as after;\r", "int32", "usage> ")
    assert terminal.end(CTRL_D) == 1  # so DuckDB says that a statement was not done
    with pytest.raises(ProcessLookupError):
        os.killpg(terminal.pid, 0)


def test_the_file_can_be_replaced_while_it_is_open(opened: Open, data_dir: DataDir) -> None:
    """A run publishes beside an open prompt, which keeps what it opened; the next one has the newer build."""
    count = "select 'found ' || count(*) as n from duckdb_tables() where table_name = 'published_meanwhile';\r"
    first = opened("--format", "csv")
    fresh = data_dir.path / "fresh.duckdb"
    shutil.copy(data_dir.published, fresh)
    with store.connect(fresh) as con:
        con.execute("create table core.published_meanwhile as select 1")
    fresh.replace(data_dir.published)
    first.type(count, "found 0")
    assert first.end(CTRL_D) == 0
    second = opened("--format", "csv")
    second.type(count, "found 1")
    assert second.end(CTRL_D) == 0


def test_simulated_data_is_called_so(opened: Open, data_dir: DataDir) -> None:
    """Before anything is typed, and at every prompt."""
    data_dir.mark_simulated()
    terminal = opened()
    assert "warning: SIMULATED data, not OpenRouter's" in terminal.shown
    assert "SIMULATED> " in terminal.shown
    assert terminal.end(CTRL_D) == 0


def test_it_reaches_nothing_else(opened: Open, tmp_path: Path) -> None:
    """Neither a shell nor the user's own settings of DuckDB, nor our secrets; queries and files: ``test_doors``."""
    (tmp_path / ".duckdbrc").write_text(f".shell touch {tmp_path / 'door'}\n")
    terminal = opened(HOME=str(tmp_path), OPENROUTER_API_KEY="sk-or-v1-secret")
    environment = Path(f"/proc/{terminal.pid}/environ")
    if environment.exists():
        assert b"secret" not in environment.read_bytes()
    terminal.type(f".shell touch {tmp_path / 'door'}\r", "-safe mode", "usage> ")
    assert terminal.end(CTRL_D) == 1
    assert not (tmp_path / "door").exists()


def test_statements_are_kept_for_their_owner_alone(opened: Open, tmp_path: Path) -> None:
    """In the state directory, readable for nobody else."""
    terminal = opened(TERM="xterm")
    terminal.type("select 1;\r", "int32", "usage> ")
    assert terminal.end(CTRL_D) == 0
    [history] = (tmp_path / "state").rglob("duckdb_history")
    assert history.read_text() == "select 1;\n"
    assert history.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("asked", saved_queries.questions(), ids=lambda one: one.path.stem)
def test_questions_run_where_nothing_was_read(reader: store.Connection, asked: saved_queries.Question) -> None:
    """Before the first reading of a series its questions have no rows, and do not fail; of an instant it is refused."""
    if "_as_of(" in asked.sql:
        with pytest.raises(PermanentFailure, match="rests on had been fetched by"):
            store.ask(reader, asked.sql)
        return
    names, rows = store.ask(reader, asked.sql)
    assert names
    assert len(rows) <= 10


@pytest.fixture(scope="module")
def reader(nothing_read: DataDir) -> Iterator[store.Connection]:
    with store.Store(nothing_read).reader() as con:
        yield con


def test_the_command_asks_files_pipes_and_comments(data_dir: DataDir, tmp_path: Path) -> None:
    """A file by its name, a script on standard input, a query that begins with a comment; logging is refused in a line."""

    def sql(*arguments: str, script: str = "") -> tuple[int, str, str]:
        done = subprocess.run(
            [COMMAND, "--data-dir", str(data_dir.path), "sql", "--format", "csv", *arguments],
            input=script, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
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
