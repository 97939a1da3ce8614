"""Time and memory of whole processes, measured from outside, told on stdout and kept in ``benchmarks/results/``.

Belongs here: starting, sampling, alternating, printing and recording. What is measured stands in a module of its own beside
this one, and how it is to be read in ``README.md``.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pipeline.settings import ROOT

SAMPLE_SECONDS = 0.05
NEAR_THE_PEAK = 0.9
SAID = 4_000
BIN = Path(sys.executable).parent
COMMAND = str(BIN / "openrouter-usage")
RESULTS = ROOT / "benchmarks" / "results"
STARTING = "starting alone"


@dataclass(frozen=True)
class Measured:
    """One whole process with its children. ``seconds`` are of the clock on the wall, ``cpu_seconds`` of both cores.

    ``peak_mib`` is the greatest sum of proportional memory (PSS): a page that processes share is counted once. It is what
    is compared. ``resident_mib`` is the same of resident memory, in which a shared page counts for each.
    """

    name: str
    seconds: float
    peak_mib: float
    resident_mib: float = 0.0
    cpu_seconds: float = 0.0
    output: str = ""


def measure(name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end and measure it. Raises CalledProcessError where it fails."""
    ended = threading.Event()
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - commands of this project
            command, env={**os.environ, **(environment or {})}, stdout=output, stderr=subprocess.STDOUT, text=True
        )
        peaks = _Peaks(process.pid, ended)
        peaks.start()
        # Of this one process, as the system accounts for it, with the children that it waited for.
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        peaks.join()
        output.seek(0)
        said = output.read()
    if process.returncode:
        failure = subprocess.CalledProcessError(process.returncode, command, said)
        failure.add_note(said[-SAID:])
        raise failure
    return Measured(
        name, seconds, peaks.proportional / 1024, peaks.resident / 1024, used.ru_utime + used.ru_stime, said.strip()
    )


class _Peaks(threading.Thread):
    """Looks at a process and its children until it has ended. The peaks are in KiB."""

    def __init__(self, pid: int, ended: threading.Event) -> None:
        super().__init__(name="peaks", daemon=True)
        self._pid, self._ended = pid, ended
        self.resident = self.proportional = 0

    def run(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            pids = list(_tree(self._pid))
            resident = sum(_kib(pid, "status", "VmRSS:") for pid in pids)
            self.resident = max(self.resident, resident)
            # Reading it holds the process up for milliseconds, so it is read near the peak alone.
            if resident >= NEAR_THE_PEAK * self.resident:
                self.proportional = max(self.proportional, sum(_kib(pid, "smaps_rollup", "Pss:") for pid in pids))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:  # the thread has ended
            continue
        for child in found:
            yield from _tree(int(child))


def _kib(pid: int, file: str, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:  # the process has ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)


def starting_alone() -> Measured:
    """What starting costs: all imports of a run, in both of its processes, and nothing done with them."""
    return measure(STARTING, [sys.executable, "-m", "benchmarks.contestants.starting"])


# --- several, in turn ------------------------------------------------------------------------------------------------


@dataclass
class Rounds:
    """The same contestants, measured in turn: A B C, A B C, … The machine's moods are then in all of them."""

    measured: dict[str, list[Measured]] = field(default_factory=dict)

    def add(self, one: Measured) -> None:
        self.measured.setdefault(one.name, []).append(one)
        sys.stderr.write(f"{one.name}: {one.seconds:.1f} s, {one.peak_mib:.0f} MiB\n")

    def median(self, name: str) -> Measured:
        """Medians of time, the greatest of the peaks."""
        runs = self.measured[name]
        return Measured(
            name,
            statistics.median(run.seconds for run in runs),
            max(run.peak_mib for run in runs),
            max(run.resident_mib for run in runs),
            statistics.median(run.cpu_seconds for run in runs),
        )

    def medians(self) -> list[Measured]:
        return [self.median(name) for name in self.measured]

    def ratio(self, name: str, against: str, of: Callable[[Measured], float]) -> float:
        """The median of the ratios, round by round."""
        pairs = zip(self.measured[name], self.measured[against], strict=True)
        return statistics.median(of(one) / of(other) for one, other in pairs)

    def difference(self, name: str, less: str, of: Callable[[Measured], float]) -> float:
        """The median of the differences, round by round."""
        pairs = zip(self.measured[name], self.measured[less], strict=True)
        return statistics.median(of(one) - of(other) for one, other in pairs)


def seconds(run: Measured) -> float:
    return run.seconds


def cpu_seconds(run: Measured) -> float:
    return run.cpu_seconds


def peak(run: Measured) -> float:
    return run.peak_mib


# --- telling and keeping ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """One line of results. ``goal`` is told in words, ``is_met`` is None where there is none."""

    what: str
    value: float
    unit: str
    goal: str = ""
    is_met: bool | None = None

    @property
    def verdict(self) -> str:
        return "" if self.is_met is None else "met" if self.is_met else "missed"

    @property
    def shown(self) -> str:
        digits = 0 if abs(self.value) >= 100 or self.value == int(self.value) else 2  # noqa: PLR2004 - three digits say enough
        return f"{self.value:,.{digits}f} {self.unit}".strip()


def at_most(what: str, value: float, unit: str, most: float) -> Figure:
    return Figure(what, value, unit, f"at most {most:,g}", value <= most)


def at_least(what: str, value: float, unit: str, least: float) -> Figure:
    return Figure(what, value, unit, f"at least {least:,g}", value >= least)


def machine() -> dict[str, str | int]:
    """Where and with what it was measured."""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": names[0] if names else platform.machine(),
        "memory_mib": memory // 1024,
        "system": platform.platform(),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "commit": _commit(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def _commit() -> str:
    """The commit, with a plus where the tree differs from it."""
    git = ["git", "-C", str(ROOT)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)  # noqa: S603
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return "no git checkout"
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def report(measured: Sequence[Measured], against: Measured) -> None:
    """Print a line for each, with its ratios to the one it is held against."""
    lines = [f"{'':32} {'seconds':>8} {'cpu s':>7} {'peak MiB':>9} {'resident':>9}   ratio to {against.name}"]
    lines += [
        f"{one.name:32} {one.seconds:8.1f} {one.cpu_seconds:7.1f} {one.peak_mib:9.0f} {one.resident_mib:9.0f}   "
        f"{one.seconds / against.seconds:.2f} × time, {one.peak_mib / against.peak_mib:.2f} × memory"
        for one in measured
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def record(
    benchmark: str,
    figures: Sequence[Figure],
    measured: Mapping[str, Sequence[Measured]] | None = None,
    folder: Path | None = None,
) -> None:
    """Print the figures, and write them with every single run and the machine to ``benchmarks/results/``."""
    width = max((len(figure.what) for figure in figures), default=0)
    for figure in figures:
        goal = f"   {figure.verdict}: {figure.goal}" if figure.verdict else ""
        sys.stdout.write(f"{figure.what:{width}} {figure.shown:>24}{goal}\n")
    kept = {
        "benchmark": benchmark,
        "machine": machine(),
        "figures": [{**asdict(figure), "shown": figure.shown, "verdict": figure.verdict} for figure in figures],
        "runs": {name: [asdict(run) for run in runs] for name, runs in (measured or {}).items()},
    }
    folder = folder or RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{benchmark}.json").write_text(json.dumps(kept, indent=1) + "\n")
