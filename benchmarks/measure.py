"""Time and peak memory of whole processes, children included, from outside.

Belongs here: starting, sampling and printing. What is measured stands in a module of its own beside this one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05
BIN = Path(sys.executable).parent
COMMAND = str(BIN / "openrouter-usage")


@dataclass(frozen=True)
class Measured:
    """``seconds`` of wall time; ``peak_mib`` is the greatest sum of resident memory over the process and its children."""

    name: str
    seconds: float
    peak_mib: float


def measure(name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end and measure it. Raises CalledProcessError where it fails."""
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - commands of this project
        command, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, _resident_kib(process.pid))
        time.sleep(SAMPLE_SECONDS)
    seconds = time.monotonic() - began
    output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Measured(name, seconds, peak / 1024)


def _resident_kib(pid: int) -> int:
    """Resident memory of a process and all its children, from /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    own = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
    return own + sum(_resident_kib(int(child)) for child in children)


def imports_alone() -> Measured:
    """What starting costs: the modules a run imports, Great Expectations among them, and nothing done with them."""
    return measure(
        "imports alone",
        [sys.executable, "-c", "import pipeline.cli, pipeline.execute, pipeline.definitions, great_expectations"],
    )


def report(measured: Sequence[Measured], against: Measured) -> None:
    """Print a line for each, with its ratios to the one it is held against."""
    lines = [f"{'':32} {'seconds':>8} {'peak MiB':>9}   ratio to {against.name}"]
    lines += [
        f"{one.name:32} {one.seconds:8.1f} {one.peak_mib:9.0f}   {one.seconds / against.seconds:.2f} × time, "
        f"{one.peak_mib / against.peak_mib:.2f} × memory"
        for one in measured
    ]
    sys.stdout.write("\n".join(lines) + "\n")
