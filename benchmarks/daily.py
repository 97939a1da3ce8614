"""A daily run with nothing new to learn, on loopback, the limiter off: ``python -m benchmarks.daily``."""

from __future__ import annotations

import tempfile

from benchmarks.measure import COMMAND, imports_alone, measure, report
from pipeline.settings import UNLIMITED_VARIABLE


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [COMMAND, "--data-dir", folder, "run", "--demo"]
        first = measure("first run, since 2025-01-01", command, {UNLIMITED_VARIABLE: "1"})
        daily = measure("daily run, nothing new", command, {UNLIMITED_VARIABLE: "1"})
    alone = imports_alone()
    report([first, daily, alone], alone)


if __name__ == "__main__":
    main()
