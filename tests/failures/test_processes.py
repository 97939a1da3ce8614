"""What a run and the UI leave behind: no process, however they ended, and nothing that keeps the next run from starting.

Real commands on one small simulated directory: they are watched by the kernel's list of processes, and killed.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from dagster import RunsFilter

from pipeline import store
from pipeline.run.instance import open_instance
from pipeline.run.session import Workspace, utc_now
from pipeline.run.stopping import STOPPED
from pipeline.settings import Settings
from tests.support import settings_for

T = TypeVar("T")

pytestmark = [
    pytest.mark.timeout(900),  # each of Dagster's processes imports it, one after the other
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux lists its processes in /proc"),
]

COMMAND = Path(sys.executable).with_name("openrouter-usage")
LAUNCH = """mutation($job: String!) { launchPipelineExecution(executionParams: {mode: "default", runConfigData: {}, selector:
  {repositoryLocationName: "openrouter-usage", repositoryName: "__repository__", pipelineName: $job}})
  { __typename ... on LaunchRunSuccess { run { runId } } } }"""
LOADED = "{ locationStatusesOrError { ... on WorkspaceLocationStatusEntries { entries { loadStatus } } } }"


def fetched(settings: Settings) -> Settings:
    """The directory with responses of the required series, and no table yet: in two weeks a whole week has closed, whatever
    day it is."""
    with Workspace(settings).running() as workspace:
        for span in workspace.plan((utc_now() - timedelta(days=14)).date()):
            if span.series.is_required:
                workspace.ask(span.request())
    return settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return fetched(settings_for(tmp_path_factory.mktemp("data"), simulated=True))


class Started(subprocess.Popen[bytes]):
    """The command, leader of a session of its own as in a terminal, with Ctrl-C as it is there."""

    def __init__(self, settings: Settings, *arguments: str, **environment: str) -> None:
        names = ("OPENROUTER_", "DAGSTER_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as it runs; a pipe would fill
        super().__init__(
            [COMMAND, "--data-dir", settings.data_dir.path, *arguments],
            env={**kept, "XDG_STATE_HOME": str(settings.state_dir), **environment},
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def end(self, seconds: float = 120) -> str:
        """Wait for it. Returns what it said."""
        self.wait(seconds)
        self._said.seek(0)
        return self._said.read().decode()


def stat(pid: str | int) -> tuple[str, int, int] | None:
    """State, parent and process group of a process."""
    try:
        state, parent, group = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[:3]
    except OSError:
        return None
    return state, int(parent), int(group)


def group(leader: int) -> dict[int, str]:
    """The living processes of a group, and how they were started."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        known = stat(path.name)
        if known is not None and known[0] != "Z" and known[2] == leader:
            found[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def children(parent: int) -> list[int]:
    known = {int(path.name): stat(path.name) for path in Path("/proc").glob("[0-9]*")}
    return [pid for pid, one in known.items() if one is not None and one[0] != "Z" and one[1] == parent]


def soon(look: Callable[[], T], *, seconds: float = 15, until: Callable[[T], bool] = lambda found: not found) -> T:
    """What is seen once it is as it should be, or after so long."""
    deadline = time.monotonic() + seconds
    while not until(found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def works(processes: dict[int, str]) -> bool:
    return any("pipeline.worker" in command for command in processes.values())


def statuses(settings: Settings) -> dict[str, str]:
    """The runs that Dagster knows."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DAGSTER_HOME", "OPENROUTER_USAGE_DATA_DIR", "DAGSTER_DISABLE_TELEMETRY"):
            patch.setenv(name, "")
        with open_instance(settings) as instance:
            return {run.run_id: run.status.value for run in instance.get_runs(RunsFilter())}


@dataclass
class Ui:
    """A UI that is up: the process that was started, the leader of Dagster's processes, and the port."""

    process: Started
    leader: int
    port: int

    def ask(self, query: str, **variables: str) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            return json.load(answer)["data"]

    def launch(self) -> str:
        return str(self.ask(LAUNCH, job="rebuild")["launchPipelineExecution"]["run"]["runId"])

    def status(self, run_id: str) -> str:
        query = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
        return str(self.ask(query, id=run_id)["runOrError"]["status"])

    def is_loaded(self) -> bool:
        try:
            entries = self.ask(LOADED)["locationStatusesOrError"]["entries"]
        except OSError:
            return False
        return bool(entries) and all(one["loadStatus"] == "LOADED" for one in entries)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def ui(settings: Settings) -> Iterator[Ui]:
    port = free_port()
    with Started(settings, "ui", "--port", str(port)) as process:
        try:
            (leader,) = soon(lambda: children(process.pid), until=bool, seconds=60)
            up = Ui(process, leader, port)
            assert soon(up.is_loaded, until=bool, seconds=300)
            yield up
        finally:
            process.kill()
            assert soon(lambda: group(leader)) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_f49_a_command_that_is_stopped_leaves_no_process_and_one_line(tmp_path: Path, number: int) -> None:
    """In the midst of a step, as its source does not answer. All its processes get the signal, as from a terminal or a
    service manager, and only one of them prints something. The run is failed at once, and not by the next start."""
    settings = settings_for(tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(120)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Started(settings, "run", OPENROUTER_API_KEY="key-of-this-test", OPENROUTER_BASE_URL=url) as stopped:
            with silent.accept()[0]:
                os.killpg(stopped.pid, number)
                said = stopped.end(60)
            assert soon(lambda: group(stopped.pid)) == {}
    assert (stopped.returncode, said) == (1, f"error: {STOPPED}\n")
    assert list(statuses(settings).values()) == ["FAILURE"]


def test_f49_a_command_ends_although_the_signal_is_lost() -> None:
    """Python drops what a signal raises within a finalizer, and a lock may then stay taken for ever."""
    script = """
import threading, signal
from pipeline.run import stopping
stopping.END_SECONDS = 0.5
with stopping.stoppable():
    signal.signal(signal.SIGTERM, lambda *_: None)
    print(flush=True)
    lock = threading.Lock()
    while True:
        lock.acquire()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as lost:
        assert lost.stdout is not None
        assert lost.stderr is not None
        lost.stdout.readline()
        lost.terminate()
        said = lost.stderr.read().decode()
    assert (lost.returncode, said) == (1, f"error: {STOPPED}\n")


def _refuses_a_second(settings: Settings, port: int) -> None:
    """Two daemons would beat each other's schedule; a server without its port would never be reached. One line, not 0."""
    second = Started(settings, "ui", "--port", str(free_port()))
    said = second.end()
    assert (second.returncode, said.count("\n")) == (1, 1), said
    assert f"another `openrouter-usage ui` is running on {settings.data_dir.path}" in said
    other = Started(settings_for(settings.data_dir.path / "elsewhere", simulated=True), "ui", "--port", str(port))
    said = other.end()
    assert (other.returncode, said.count("\n")) == (1, 1), said
    assert f"127.0.0.1:{port} (Address already in use): choose another port with --port" in said


def test_f49_whatever_ends_leaves_nothing_behind_and_keeps_no_run_from_starting(settings: Settings) -> None:
    """A run of a command is killed, and a UI with its run, as by a power cut; another UI is stopped by Ctrl-C with its run.

    Dagster launches one run at a time: the UI that starts next ends dead runs, and launches. A run that ended well leaves
    none of its processes, and the UI leaves none of its own or of its runs. A second UI is refused.
    """
    # It waits for the lock that this test holds, so that it has not ended before it is killed.
    with store.run_lock(settings.data_dir), Started(settings, "rebuild") as command:
        assert soon(lambda: "STARTED" in statuses(settings).values(), until=bool, seconds=120)
        assert works(group(command.pid))
        command.kill()
        assert soon(lambda: group(command.pid)) == {}
    (of_command,) = [run_id for run_id, status in statuses(settings).items() if status == "STARTED"]

    with ui(settings) as up:
        assert statuses(settings)[of_command] == "FAILURE"
        _refuses_a_second(settings, up.port)
        before = group(up.leader)
        run_id = _launched(up)
        assert soon(lambda: up.status(run_id), until=("SUCCESS", "FAILURE").__contains__, seconds=300) == "SUCCESS"
        # The one that stays is 12 MB, serves all runs to come, and ends with the UI.
        left = soon(lambda: [one for pid, one in group(up.leader).items() if pid not in before and "tracker" not in one])
        assert left == []
        of_killed = _launched(up)
        up.process.kill()
        assert soon(lambda: group(up.leader)) == {}
    assert statuses(settings)[of_killed] == "STARTED"

    # The lock of the first one is free, as that one is dead.
    with ui(settings) as up:
        assert statuses(settings)[of_killed] == "FAILURE"
        of_stopped = _launched(up)
        os.killpg(up.process.pid, signal.SIGINT)
        _ended_well(up.process, up.leader)
    assert statuses(settings)[of_stopped] == "FAILURE"


def test_f49_sigterm_ends_a_ui_that_has_just_begun(settings: Settings) -> None:
    """Its processes still import, and print nothing about being stopped."""
    with Started(settings, "ui", "--port", str(free_port())) as process:
        (leader,) = soon(lambda: children(process.pid), until=bool, seconds=60)
        process.terminate()
        _ended_well(process, leader)


def _launched(up: Ui) -> str:
    """A run that has just started its worker, which takes seconds to import what it needs."""
    run_id = up.launch()
    assert soon(lambda: group(up.leader), until=works, seconds=120)
    return run_id


def _ended_well(process: Started, leader: int) -> None:
    said = process.end(60)
    assert group(leader) == {}
    assert process.returncode == 0, said
    assert "Traceback" not in said
