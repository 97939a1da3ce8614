"""A source whose figures are made up and do not say so: to landing it is a real one, for tests of live and keyless runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.simulator.server import SimulatedResponse
from tests.support import Heard

Query = Mapping[str, str]


class Unmarked(Heard):
    """The simulator without the words by which its responses say that they are simulated."""

    def respond(self, method: str, path: str, query: Query, headers: Mapping[str, str]) -> SimulatedResponse:
        response = super().respond(method, path, query, headers)
        kept = {name: value for name, value in response.headers.items() if name != "X-Simulated"}
        body = response.body.replace(b"SIMULATED, no score is real. ", b"").replace(
            b"SIMULATED, not OpenRouter", b"Source: no"
        )
        return replace(response, headers=kept, body=body)
