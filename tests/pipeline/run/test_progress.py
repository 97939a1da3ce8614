"""The time left that a terminal shows while a run works: what is known of it, and nothing where it is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.planning import plan
from pipeline.run.progress import Progress
from pipeline.run.session import Workspace
from tests.support import instant, settings_for

NOW = instant("2026-02-05T06:30")


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_the_time_left_is_that_of_the_requests_and_of_the_steps_after_them() -> None:
    """It runs down by itself, and is not shown once it is used up."""
    clock = Clock()
    progress = Progress(clock)
    progress.steps_seconds = 20.0
    progress("fetching usage_day")
    assert progress.line() == "fetching usage_day"
    progress.expect(100.0)
    assert progress.line() == "about 2 min left: fetching usage_day"
    clock.at += 95
    assert progress.line() == "about 25 s left: fetching usage_day"
    progress.expect(0)
    progress("building core.models")
    assert progress.line() == "about 20 s left: building core.models"
    clock.at += 21
    assert progress.line() == "building core.models"


def test_a_first_run_knows_the_time_of_its_requests_alone() -> None:
    """What comes after them is unknown, and nothing is said of it."""
    progress = Progress(Clock())
    progress("fetching usage_day")
    progress.expect(40.0)
    assert progress.line() == "about 40 s of requests left: fetching usage_day"
    progress.expect(0)
    assert progress.line() == "fetching usage_day"


def test_requests_are_expected_to_take_what_the_rate_limit_leaves_them(tmp_path: Path) -> None:
    """As `plan` forecasts it; zero once they were sent, also where one failed."""
    expected: list[float] = []

    class Heard(Progress):
        def expect(self, seconds: float) -> None:
            expected.append(seconds)

    settings = settings_for(tmp_path, api_key="key-of-a-test", is_unlimited=False)
    asked = [span for span in plan(now=NOW, read={}, holes=()) if span.series.needs_key][:40]
    with Workspace(settings, clock=lambda: NOW, say=Heard()).running() as workspace:
        seconds = workspace.budget.forecast(sum(span.requests for span in asked)).seconds
        with pytest.raises(KeyboardInterrupt), workspace.expecting(asked, []):
            raise KeyboardInterrupt
    assert seconds > 60
    assert expected == [seconds, 0]
