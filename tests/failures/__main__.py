"""Run the suite, and count the numbers of the catalogue that were refused or survived: ``python -m tests.failures``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.failures import declared_numbers, numbers_of


class Count:
    """Which numbers have a test that failed, of those that were run."""

    def __init__(self) -> None:
        self.run: set[int] = set()
        self.failed: set[int] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        numbers = numbers_of(report.location[2])
        self.run |= numbers
        if not report.passed:
            self.failed |= numbers


def main() -> int:
    count = Count()
    code = int(pytest.main(["--quiet", str(Path(__file__).parent), *sys.argv[1:]], plugins=[count]))
    numbers = declared_numbers()
    well = numbers & (count.run - count.failed)
    sys.stdout.write(f"failures refused or survived: {len(well)} of {len(numbers)} in the catalogue\n")
    if bad := sorted(numbers - well):
        sys.stdout.write(f"not so: {', '.join(f'F{number}' for number in bad)}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
