"""The past of a demo: what the runs of the mornings before would have landed.

Belongs here: giving a simulated directory the readings that time gives a real one. Restatements, running weeks, prices that
change and how far figures settle show only from a second reading on; a demo has them from its first run. Not here: the
simulated source itself (``server``).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from pipeline.landing import Landing
from pipeline.openrouter.client import Exchange
from pipeline.openrouter.endpoints.request import DATASET_START, Request
from pipeline.planning import next_page, plan
from pipeline.series import ENDPOINTS, periods
from pipeline.simulator.server import Simulator
from pipeline.simulator.world import PREFIX

PAST_DAYS = 10
"""So many mornings lie before a demo's first run: at least one week closes within them."""

RUN_AT = time(6, 30, tzinfo=UTC)
EARLY = time(0, 45, tzinfo=UTC)
"""On Mondays, Wednesdays and Fridays, when nearly no figure of the day or week before is final yet: whatever day a demo is
tried on, it has closed days and a closed week that the next morning restates.
"""
_EARLY_DAYS = (0, 2, 4)
_ORIGIN = "http://127.0.0.1"


class PastRuns:
    """Daily runs of a simulated directory, one after the other, each landing what is due on its morning."""

    def __init__(self, landing: Landing, *, holes: Collection[date], first_day: date = DATASET_START) -> None:
        self._landing, self._holes, self._first_day = landing, holes, first_day
        self._now = datetime.combine(DATASET_START, RUN_AT)
        self._simulator = Simulator(clock=lambda: self._now, limits=None)
        self._read: dict[str, dict[date, datetime]] = {}
        self.responses = 0

    def run(self, morning: date) -> None:
        """Land what a run on that morning would have."""
        self._now = datetime.combine(morning, EARLY if morning.weekday() in _EARLY_DAYS else RUN_AT)
        for span in plan(now=self._now, read=self._read, holes=self._holes, first_day=self._first_day):
            self._ask(span.request())
            known = self._read.setdefault(span.series.name, {})
            if span.start is None or span.end is None:
                known[morning] = self._now
            else:
                known |= dict.fromkeys(periods(span.series.grain, span.start, span.end), self._now)

    def _ask(self, request: Request) -> None:
        page: Request | None = request
        is_api = ENDPOINTS[request.path].source == "api"
        path = f"{PREFIX if is_api else ''}{request.path}"
        while page is not None:
            answer = self._simulator.respond("GET", path, page.params, {"authorization": "Bearer any"} if is_api else {})
            self._landing.append(
                Exchange(
                    method="GET",
                    url=_ORIGIN + path,
                    params=dict(page.params),
                    retrieved_at=self._now,
                    status=answer.status,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=answer.body,
                    is_truncated=False,
                    elapsed_seconds=0.0,
                )
            )
            self.responses += 1
            self._now += timedelta(milliseconds=1)
            page = next_page(page, answer.body)


def land_past(landing: Landing, *, now: datetime, holes: Collection[date], first_day: date) -> int:
    """Land the runs of the mornings before ``now``. Returns how many responses that were."""
    past = PastRuns(landing, holes=holes, first_day=first_day)
    today = now.astimezone(UTC).date()
    for days_ago in range(PAST_DAYS, 0, -1):
        past.run(today - timedelta(days=days_ago))
    return past.responses
