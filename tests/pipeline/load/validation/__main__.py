"""Spoil good answers once or more for each declared expectation, and count: ``python -m tests.pipeline.load.validation``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.load.validation.expectations import EXPECTATIONS

SEEN_TO_FAIL = "seen_to_fail"
"""The name of every test that spoils an answer says so."""


class Count:
    """How many mutants there were, and how many of them no expectation noticed."""

    def __init__(self) -> None:
        self.mutants = self.silent = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.mutants += 1
            self.silent += not report.passed


def main() -> int:
    count = Count()
    options = ["--quiet", str(Path(__file__).parent), "-k", SEEN_TO_FAIL, *sys.argv[1:]]
    code = int(pytest.main(options, plugins=[count]))
    sys.stdout.write(
        f"mutants: {count.mutants} of {len(EXPECTATIONS)} expectations, killed: {count.mutants - count.silent}\n"
    )
    return code


if __name__ == "__main__":
    sys.exit(main())
