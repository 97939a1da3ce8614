"""The command where it is not at home: cron, another user's folder, other locales and time zones, no home, no terminal.

Belongs here: what is around the command. Each environment is one fast command on one small directory that all of them share.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from pipeline.failures import PermanentFailure
from pipeline.landing import Landing
from pipeline.settings import DataDir, Settings
from tests.failures.test_processes import fetched, group
from tests.support import settings_for

pytestmark = pytest.mark.timeout(300)

COMMAND = Path(sys.executable).with_name("openrouter-usage")
QUERY = "select usage_date, model_permaslug, total_tokens, known_from from core.model_usage_daily_vintages order by all"
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """A simulated directory with two weeks of the required series, rebuilt in the oddest place.

    Tests that write take a copy. In two weeks a whole week has closed, whatever day it is.

    The rebuild, with its validating process, meets everything at once: a path with a space and an umlaut, far east, umask
    077, no home, LANG=C, all streams closed, and a current directory that the user may not enter, as cron and runuser start
    it.
    """
    folder = tmp_path_factory.mktemp("prepared")
    chosen = fetched(settings_for(folder / "Übung 1" / "data", simulated=True))
    closed = folder / "closed"
    closed.mkdir()

    def before() -> None:
        os.umask(0o077)
        os.closerange(0, 3)
        closed.chmod(0)
        obey_permissions()

    odd = {"TZ": "Pacific/Kiritimati", "LANG": "C", "LC_ALL": "C"}
    done = started(chosen.data_dir, "rebuild", unset=("HOME",), folder=closed, before=before, **odd)
    closed.chmod(0o700)
    assert done.returncode == 0
    return chosen.data_dir


@pytest.fixture
def copied(prepared: DataDir, tmp_path: Path) -> DataDir:
    return DataDir(Path(shutil.copytree(prepared.path, tmp_path / "data")))


def started(
    data_dir: DataDir | None,
    *arguments: str,
    unset: Container[str] = (),
    folder: Path | None = None,
    before: Callable[[], object] = lambda: None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """The command in an environment: without some variables, with others, in a folder, and after something was done to its
    process. Whatever it says, no traceback is in it, and no process of it is left: a worker is of 0.5 GB."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENROUTER_", "DAGSTER_", "LC_"))}
    if data_dir is not None:
        kept["XDG_STATE_HOME"] = str(data_dir.path.parent / "state")
    kept = {name: value for name, value in (kept | environment).items() if name not in unset}
    with subprocess.Popen(
        [str(COMMAND), *(["--data-dir", str(data_dir.path)] if data_dir else []), *arguments],
        env=kept,
        cwd=folder,
        preexec_fn=before,  # noqa: PLW1509 - what is done takes no lock
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        out, err = process.communicate(timeout=240)
    assert "Traceback" not in out + err
    assert group(process.pid) == {}
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def obey_permissions() -> None:
    """Root may enter and write everything, but for these two rights: without them it is as everybody else."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for right in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            assert libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0) == 0


@contextmanager
def without_write(path: Path) -> Iterator[None]:
    """Nothing beneath may be written."""
    everything = [path, *path.rglob("*")]
    modes = {one: stat.S_IMODE(one.stat().st_mode) for one in everything}
    for one, mode in modes.items():
        one.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for one, mode in modes.items():
            one.chmod(mode)


@pytest.fixture(scope="module")
def answer(prepared: DataDir) -> str:
    """What the query answers where all is as usual."""
    done = started(prepared, "sql", "--format", "csv", QUERY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") > 100
    return done.stdout


ENVIRONMENTS: dict[str, Mapping[str, Any]] = {
    "no environment at all": {"unset": os.environ.keys() - {"PATH"}},
    "LANG=C, far west, umask 077": {
        "LANG": "C", "LC_ALL": "C", "TZ": "Pacific/Pago_Pago", "before": lambda: os.umask(0o077),
    },
    "a locale and a time zone that do not exist": {"LANG": "xx_YY.UTF-8", "LC_ALL": "xx_YY.UTF-8", "TZ": "Nowhere/City"},
}  # fmt: skip
"""What does not interfere is in one. The rebuild of ``prepared`` has no home either, and is far east."""


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_command_works_alike(prepared: DataDir, answer: str, name: str) -> None:
    """The same rows and the same instants, and nothing printed besides."""
    done = started(prepared, "sql", "--format", "csv", QUERY, **ENVIRONMENTS[name])
    assert (done.returncode, done.stdout, done.stderr) == (0, answer, "")


def test_any_path_will_do(prepared: DataDir, tmp_path: Path, answer: str) -> None:
    """Of the data directory and of the current directory."""
    folder = tmp_path / "Übergröße 'und' \"ключ\" 100% {x}"
    data_dir = DataDir(Path(shutil.copytree(prepared.path, folder / "data")))
    done = started(data_dir, "sql", "--format", "csv", QUERY, folder=folder, LANG="C", LC_ALL="C")
    assert (done.returncode, done.stdout, done.stderr) == (0, answer, "")


def test_f49_a_run_works_in_the_oddest_place(prepared: DataDir, answer: str) -> None:
    """It published the two weeks, known from the instants of its responses, for its owner alone."""
    landing = Landing(prepared)
    instants = {landing.describe(path).read_at.isoformat().replace("+00:00", "Z") for path in landing.ids().values()}
    rows = [line.split(",") for line in answer.splitlines()[1:]]
    assert {row[-1] for row in rows} <= instants
    assert len({row[0] for row in rows}) == 14
    assert stat.S_IMODE(prepared.published.stat().st_mode) == 0o600


def test_the_current_directory_may_be_gone(prepared: DataDir, tmp_path: Path, answer: str) -> None:
    """What needs none works; a relative path is one line."""
    gone = tmp_path / "gone"
    gone.mkdir()
    done = started(prepared, "sql", "--format", "csv", QUERY, folder=gone, before=gone.rmdir)
    assert (done.returncode, done.stdout, done.stderr) == (0, answer, "")
    gone.mkdir()
    done = started(None, "--data-dir", "relative", "status", folder=gone, before=gone.rmdir)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("verb", [("rebuild",), ("ui", "--port", "65000"), ("export",)], ids=lambda verb: verb[0])
def test_a_directory_that_may_not_be_written_is_named(copied: DataDir, verb: tuple[str, ...]) -> None:
    """One clear line, and exit code 1."""
    with without_write(copied.path):
        done = started(copied, *verb, before=obey_permissions)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert str(copied.path) in line
    assert "Permission denied" in line


def test_a_directory_that_may_not_be_written_can_be_read(copied: DataDir, answer: str) -> None:
    """As where one user runs and others read."""
    with without_write(copied.path):
        found = [
            started(copied, *verb, before=obey_permissions)
            for verb in (("sql", "--format", "csv", QUERY), ("verify",), ("status",))
        ]
    assert found[0].stdout == answer
    assert not [done.stderr for done in found if "error" in done.stderr]
    assert [done.returncode for done in found] == [0, 0, 0]


@pytest.mark.parametrize(
    ("closed", "form"), [((0,), "table"), ((1,), "table"), ((1,), "csv"), ((2,), "table"), ((0, 1, 2), "csv")]
)
def test_streams_may_be_closed(prepared: DataDir, closed: tuple[int, ...], form: str) -> None:
    """As some services start programs. What would be printed there is not; the rest is."""
    done = started(prepared, "sql", "--format", form, "select 1", before=lambda: list(map(os.close, closed)))
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) is (1 not in closed)


def test_a_query_from_a_stdin_that_is_closed_is_one_line(prepared: DataDir) -> None:
    """There is no terminal to open a prompt on, and nothing to read."""
    done = started(prepared, "sql", before=lambda: os.close(0))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "holds no statement" in done.stderr


def test_a_disk_without_room_for_the_output_is_one_line(prepared: DataDir) -> None:
    """What was asked for did not arrive: exit code 1."""
    script = f"'{COMMAND}' --data-dir '{prepared.path}' sql 'from range(10)' > /dev/full"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "No space left on device" in done.stderr


def test_a_user_without_a_home_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No HOME, and no such user, as in a container: no folder named ~ is made, and the message says what to set."""
    monkeypatch.setattr(platformdirs, "user_state_dir", lambda name: f"~/.local/state/{name}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PermanentFailure, match="set HOME or XDG_STATE_HOME"):
        Settings.load(tmp_path / "data")
