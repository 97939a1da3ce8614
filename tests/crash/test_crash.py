"""A seeded part of ``make crash``: killed runs, and disks that are full, leave nothing that the next run does not mend."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.settings import ROOT


@pytest.mark.timeout(600)
def test_killed_runs_are_made_good_by_the_next_one() -> None:
    """Struck at every step, each next run completes, and its tables are those of a twin that nobody disturbed."""
    # A process of its own: it forks, and this one has threads.
    asked = ["--kills", "2", "--full", "1", "--seed", "3"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash", *asked], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 kills survived of 2 (seed 3): "), done.stdout
    assert done.stdout.endswith("; 1 full disks survived of 1\n"), done.stdout
