"""The simulated source as a process of its own, the same for every contestant: ``python -m benchmarks.source INSTANT``.

Belongs here: serving it on loopback at an instant that is set from outside, and keeping count of what it was asked. An
answer is made once and then given again, so that nobody waits for the simulation: it is asked beforehand for everything
that contestants will ask. Not here: what the answers are (``pipeline.simulator.server``).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import IO, cast

import httpx

from pipeline.openrouter.endpoints.request import Request
from pipeline.planning import Span, next_page
from pipeline.simulator.server import SimulatedResponse, Simulator, serve

AUTHORIZATION = {"authorization": "Bearer any"}


@dataclass(frozen=True)
class Question:
    """One request of a series as any client can send it."""

    series: str
    path: str
    params: Mapping[str, str]

    @property
    def asked(self) -> str:
        """As the source counts it."""
        return _asked(self.path, self.params)


def _asked(path: str, params: Mapping[str, str]) -> str:
    return f"{path}?{'&'.join(f'{name}={value}' for name, value in sorted(params.items()))}"


class RememberingSimulator(Simulator):
    """Gives an answer that it gave before, as long as its clock stands still."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        super().__init__(clock=lambda: self.now, limits=None)
        self._answers: dict[str, SimulatedResponse] = {}
        self._asked: list[str] = []

    def at(self, now: datetime) -> None:
        self.now = now
        self._answers.clear()

    def respond(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> SimulatedResponse:
        asked = _asked(path.removeprefix("/api/v1"), query)
        self._asked.append(asked)
        answer = self._answers.get(asked)
        if answer is None:
            answer = self._answers[asked] = super().respond(method, path, query, headers)
        return answer

    def take_asked(self) -> list[str]:
        """What was asked since this was asked last."""
        taken, self._asked = self._asked, []
        return taken


class Source:
    """The other end of the process: sets its clock, and learns what it was asked."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._in, self._out = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        self.url = self._out.readline().strip()

    def at(self, now: datetime) -> None:
        self._order(f"at {now.isoformat()}")

    def take_asked(self) -> list[str]:
        asked: list[str] = json.loads(self._order("asked"))
        return asked

    def _order(self, order: str) -> str:
        self._in.write(order + "\n")
        self._in.flush()
        return self._out.readline()

    def questions(self, spans: Sequence[Span]) -> list[Question]:
        """The requests for the spans, pages too, each asked once, so that its answer is there."""
        questions = []
        with httpx.Client(headers=AUTHORIZATION) as http:
            for span in spans:
                page: Request | None = span.request()
                while page is not None:
                    questions.append(Question(span.series.name, page.path, page.params))
                    answer = http.get(self.url + page.path, params=page.params).raise_for_status()
                    page = next_page(page, answer.content)
        self.take_asked()
        return questions


@contextmanager
def running(now: datetime) -> Iterator[Source]:
    """A source at that instant while the context lasts."""
    command = [sys.executable, "-m", "benchmarks.source", now.isoformat()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield Source(process)
        finally:
            process.terminate()


def as_json(questions: Sequence[Question]) -> str:
    return json.dumps([asdict(question) for question in questions])


def main() -> None:
    simulator = RememberingSimulator(datetime.fromisoformat(sys.argv[1]))
    with serve(simulator) as url:
        sys.stdout.write(url + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            order, _, argument = line.strip().partition(" ")
            if order == "at":
                simulator.at(datetime.fromisoformat(argument))
            sys.stdout.write((json.dumps(simulator.take_asked()) if order == "asked" else "") + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
