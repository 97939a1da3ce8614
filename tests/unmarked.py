"""A source whose figures are made up and do not say so: to landing it is a real one, for tests of live and keyless runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.simulator.server import SimulatedResponse, Simulator

Query = Mapping[str, str]


class Unmarked(Simulator):
    """Keeps what it was sent: path, query, and headers in lower case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(limits=None, **options)
        self.heard: list[tuple[str, Query, Mapping[str, str]]] = []

    def respond(self, method: str, path: str, query: Query, headers: Mapping[str, str]) -> SimulatedResponse:
        self.heard.append((path, dict(query), {name.lower(): value for name, value in headers.items()}))
        response = super().respond(method, path, query, headers)
        kept = {name: value for name, value in response.headers.items() if name != "X-Simulated"}
        body = response.body.replace(b"SIMULATED, no score is real. ", b"").replace(
            b"SIMULATED, not OpenRouter", b"Source: no"
        )
        return replace(response, headers=kept, body=body)
