"""Dagster's services for one data directory: one UI on it, on a port that is free, and nothing of it left when it ends.

Belongs here: starting them, and their end. Not here: what Dagster knows (``definitions``), where it keeps it (``instance``).

Dagster starts five processes, and more for each run. They get a session of their own, so that Ctrl-C reaches this process
alone, which ends them in order and, after a while, all that is left of them: the system knows them as one process group.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.program import PROGRAM
from pipeline.run.instance import open_instance, prepare_home
from pipeline.run.liveness import end_dead_runs, only_ui
from pipeline.settings import Settings
from pipeline.terminal import show

HOST = "127.0.0.1"
# What Dagster loads, under the name that runs of the command line have, too.
_WORKSPACE = f"load_from: [{{python_module: {{module_name: pipeline.definitions, location_name: {PROGRAM}}}}}]\n"
_LOCK_WAIT_SECONDS = 5.0  # a command looks at the lock for a moment when it starts
_END_SECONDS = 6.0  # with the next, fewer than the ten that a container is given
_KILL_SECONDS = 3.0


def serve(settings: Settings, port: int, say: Callable[[str], None]) -> None:
    """Run Dagster until Ctrl-C or SIGTERM. ``say`` is told its address, and of runs that had been killed.

    Raises PermanentFailure where another UI has the directory, or the port is in use; TransientFailure where Dagster ends
    by itself.
    """
    prepare_home(settings)
    with only_ui(settings.data_dir, _LOCK_WAIT_SECONDS) as is_only:
        if not is_only:
            raise PermanentFailure(
                f"another `openrouter-usage ui` is running on {settings.data_dir.path}: use it, or stop it first"
            )
        _require_free(port)
        say(f"Dagster for {settings.data_dir.path} ({settings.mode}): http://{HOST}:{port}")
        code = _supervise(port, settings.data_dir.dagster_home)
        end_killed_runs(settings, say)
    if code is not None:
        raise TransientFailure(f"Dagster ended by itself with exit code {code}: see its messages above, then start it again")


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: only a listener is in the way
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PermanentFailure(
                f"cannot listen on {HOST}:{port} ({error.strerror}): choose another port with --port"
            ) from error


def end_killed_runs(settings: Settings, say: Callable[[str], None]) -> None:
    """Before Dagster starts, as it launches no run beside one that it takes for alive; and after its end."""
    with open_instance(settings) as instance:
        for line in end_dead_runs(settings, instance, is_ui=True):
            say(line)


class _Stopped(BaseException):
    """Somebody asked for the end."""


def _supervise(port: int, home: Path) -> int | None:
    """Dagster's exit code where it ended by itself; None where it was asked to. It starts in its home, where nothing is that
    it would take for a project of its own."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # once is enough
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    services = None
    try:
        # Until it can answer an interrupt, one waits: a new process has the mask of the thread that starts it.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            services = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, "-c", f"from pipeline.terminal.ui import run_services; run_services({port})"],
                cwd=home,
                stdin=subprocess.PIPE,  # nothing is written: it ends when this process does
                start_new_session=True,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return services.wait()
    except _Stopped:
        if services is not None:
            services.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):  # what is left is killed below
                services.wait(_END_SECONDS)
        return None
    finally:
        if services is not None:
            _kill_group(services)
        for number, handler in before.items():
            signal.signal(number, handler)


def _kill_group(services: subprocess.Popen[bytes]) -> None:
    """End what is left, runs that are not done for instance, and wait until it is gone."""
    deadline = time.monotonic() + _KILL_SECONDS
    with suppress(ProcessLookupError, PermissionError):  # there is nobody; nobody but the dead
        while time.monotonic() < deadline:
            os.killpg(services.pid, signal.SIGKILL)
            services.poll()
            time.sleep(0.05)


def run_services(port: int) -> None:
    """What the leader of the group does, of the directory in its environment: run ``dg dev`` until it is interrupted, or
    the process that started it is gone. It has Dagster imported, which costs the one that waits for it 80 MB."""
    # It may have been started in the background, where a shell has Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    binaries = Path(sys.executable).parent
    os.environ["PATH"] = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ["VIRTUAL_ENV"] = str(binaries.parent)
    settings = Settings.load()
    end_killed_runs(settings, show.line)
    workspace = settings.data_dir.dagster_home / "workspace.yaml"
    workspace.write_text(_WORKSPACE)
    from dagster_dg_cli.cli import main  # 80 MB, for this process alone

    sys.argv = ["dg", "dev", "--host", HOST, "--port", str(port), "--workspace", str(workspace)]
    with suppress(KeyboardInterrupt):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        main()  # type: ignore[no-untyped-call]


def _end_with_parent() -> None:
    """A killed parent cannot say so. The system closes its end of the pipe."""
    os.read(sys.stdin.fileno(), 1)
    os.killpg(0, signal.SIGKILL)
