"""What a run is doing, and roughly how long it will still take.

Belongs here: the estimate. It adds up how long the planned requests take within the rate limit, and how long the steps
after them took in the last successful run of the same job. What is not known is left out. Not here: drawing it
(``terminal.show``).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.wording import rough_duration

if TYPE_CHECKING:
    from dagster import DagsterInstance

FETCHING = "landing"
"""The step that sends the requests."""


class Progress:
    """Is called with what the run is doing, and told what is known about the time.

    ``steps_seconds`` is how long everything after the requests took in the last run, None where there was none.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._doing = "…"
        self._ends_at: float | None = None
        self._is_fetching = False
        self.steps_seconds: float | None = None

    def __call__(self, message: str) -> None:
        self._doing = message

    def expect(self, seconds: float) -> None:
        """From now on the requests take so long; zero once they are done."""
        self._is_fetching = seconds > 0
        if self._is_fetching or self.steps_seconds is not None:
            self._ends_at = self._clock() + seconds + (self.steps_seconds or 0.0)
        else:
            self._ends_at = None

    def line(self) -> str:
        """The time left where it can be estimated, and what is being done."""
        left = 0.0 if self._ends_at is None else self._ends_at - self._clock()
        if left <= 0:
            return self._doing
        of = " of requests" if self._is_fetching and self.steps_seconds is None else ""
        return f"about {rough_duration(left)}{of} left: {self._doing}"


def steps_seconds_of_last_run(instance: DagsterInstance, job: str) -> float | None:
    """How long the last successful run of the job took without its requests; None if there was none."""
    from dagster import DagsterRunStatus, RunsFilter

    finished = RunsFilter(job_name=job, statuses=[DagsterRunStatus.SUCCESS])
    for record in instance.get_run_records(finished, limit=1):
        if record.start_time is None or record.end_time is None:
            return None
        [*fetching] = instance.get_run_step_stats(record.dagster_run.run_id, [FETCHING])
        spent = sum(step.end_time - step.start_time for step in fetching if step.start_time and step.end_time)
        return max(record.end_time - record.start_time - spent, 0.0)
    return None
