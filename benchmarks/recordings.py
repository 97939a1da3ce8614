"""Import and rebuild of recorded exchanges, as whole processes: ``python -m benchmarks.recordings PATH``."""

from __future__ import annotations

import sys
import tempfile

from benchmarks.measure import COMMAND, Measured, measure, report, starting_alone


def main(recordings: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        steps = [
            measure(verb, [COMMAND, "--data-dir", folder, verb, *arguments])
            for verb, arguments in (("import", [recordings]), ("rebuild", []))
        ]
    both = Measured("import and rebuild", sum(step.seconds for step in steps), max(step.peak_mib for step in steps))
    alone = starting_alone()
    report([*steps, both, alone], alone)


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.exit("usage: python -m benchmarks.recordings PATH, a folder of recorded exchanges")
    main(sys.argv[1])
