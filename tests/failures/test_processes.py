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

from pipeline.instance import open_instance
from pipeline.settings import Settings
from pipeline.workspace import Workspace, utc_now
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


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A simulated directory with responses of two weeks, and no table yet."""
    settings = settings_for(tmp_path_factory.mktemp("data"), simulated=True)
    with Workspace(settings).running() as workspace:
        for span in workspace.plan((utc_now() - timedelta(days=14)).date()):
            workspace.ask(span.request())
    return settings


class Started(subprocess.Popen[bytes]):
    """The command, leader of a session of its own as in a terminal, with Ctrl-C as it is there."""

    def __init__(self, settings: Settings, *arguments: str) -> None:
        names = ("OPENROUTER_", "DAGSTER_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as it runs; a pipe would fill
        super().__init__(
            [COMMAND, "--data-dir", settings.data_dir.path, *arguments],
            env={**environment, "XDG_STATE_HOME": str(settings.state_dir)},
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


def test_f49_a_command_leaves_no_process(settings: Settings) -> None:
    """Neither one that ended well nor one that was killed: its worker, of 0.5 GB, ends with it."""
    with Started(settings, "rebuild") as done:
        assert soon(lambda: group(done.pid), until=works, seconds=60)
        said = done.end(300)
        assert done.returncode == 0, said
        assert group(done.pid) == {}
    with Started(settings, "rebuild") as killed:
        assert soon(lambda: group(killed.pid), until=works, seconds=60)
        killed.kill()
        assert soon(lambda: group(killed.pid)) == {}


def test_f49_ctrl_c_at_a_command_leaves_no_process_and_one_line(settings: Settings) -> None:
    """All its processes are interrupted, as a terminal does, and only one of them has something to say."""
    with Started(settings, "rebuild") as stopped:
        assert soon(lambda: group(stopped.pid), until=works, seconds=60)
        time.sleep(2)
        os.killpg(stopped.pid, signal.SIGINT)
        said = stopped.end(120)
        assert soon(lambda: group(stopped.pid)) == {}
    assert stopped.returncode == 1
    assert "Traceback" not in said


def test_f49_nothing_outlives_a_run_of_the_ui_or_the_ui(settings: Settings) -> None:
    """A run that ended well leaves none of its processes. With the UI ends what it launched, also a run in its midst; that
    run is failed, and Ctrl-C is answered without a traceback. A second UI is refused meanwhile."""
    with ui(settings) as up:
        _refuses_a_second(settings, up.port)
        before = group(up.leader)
        run_id = up.launch()
        assert soon(lambda: group(up.leader), until=works, seconds=120)
        assert soon(lambda: up.status(run_id), until=("SUCCESS", "FAILURE").__contains__, seconds=300) == "SUCCESS"
        # The one that stays is 12 MB, serves all runs to come, and ends with the UI.
        left = soon(lambda: [one for pid, one in group(up.leader).items() if pid not in before and "tracker" not in one])
        assert left == []

        run_id = up.launch()
        assert soon(lambda: group(up.leader), until=works, seconds=120)
        os.killpg(up.process.pid, signal.SIGINT)
        said = up.process.end(60)
        assert group(up.leader) == {}
        assert up.process.returncode == 0, said
        assert "Traceback" not in said
    assert statuses(settings)[run_id] == "FAILURE"


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


def test_f49_killed_runs_do_not_keep_the_next_from_starting(settings: Settings) -> None:
    """A run of a command and one of the UI, both killed, as by a power cut. Dagster launches one run at a time: the UI that
    starts next ends both, and launches."""
    with Started(settings, "rebuild") as command:
        assert soon(lambda: group(command.pid), until=works, seconds=60)
        assert soon(lambda: "STARTED" in statuses(settings).values(), until=bool, seconds=60)
        command.kill()
    (of_command,) = [run_id for run_id, status in statuses(settings).items() if status == "STARTED"]
    with ui(settings) as up:
        assert statuses(settings)[of_command] == "FAILURE"
        of_ui = up.launch()
        assert soon(lambda: group(up.leader), until=works, seconds=120)
        up.process.kill()
        assert soon(lambda: group(up.leader)) == {}
    assert statuses(settings)[of_ui] == "STARTED"
    # The lock of the first one is free, as that one is dead.
    with ui(settings) as up:
        assert statuses(settings)[of_ui] == "FAILURE"
        run_id = up.launch()
        assert soon(lambda: up.status(run_id), until=lambda status: status == "STARTED", seconds=120) == "STARTED"
        up.process.terminate()
        said = up.process.end(60)
        assert up.process.returncode == 0, said
        assert "Traceback" not in said
