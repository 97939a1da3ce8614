"""The simulator is asked, over real HTTP, whatever the published contract permits, and what it forbids.

Belongs here: requests that are made from the contract, of the parameters that the simulator has, and answers held against
it. Not here: what the simulator answers beyond its form (``tests/pipeline/simulator/test_server.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi_checks

from pipeline.simulator.endpoints import ENDPOINTS
from pipeline.simulator.server import Simulator, serve
from tests.support import SHARED, instant

CONTRACT = SHARED / "contract" / "data-api.openapi.yaml"
PATHS = (
    *("/datasets/rankings-daily", "/datasets/app-rankings", "/datasets/session-cost"),
    *("/classifications/task", "/models", "/benchmarks"),
)
# Of these not every request that fits the schema is answered: the words beside it exclude combinations and days, and of the
# benchmarks the simulator has one source.
WITH_FURTHER_RULES = {"/datasets/rankings-daily", "/datasets/app-rankings", "/benchmarks"}
# The simulator takes any key, and ignores names that it does not know, as the source does.
HELD = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
]

pytestmark = pytest.mark.skipif(not CONTRACT.exists(), reason="the published contract does not lie beside this checkout")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(Simulator(clock=lambda: instant("2026-06-01T12:00"), limits=None)) as served:
        yield served


def operation(path: str) -> Any:
    """One operation of the contract, without its key: that is sent with every request."""
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    document.pop("security", None)
    asked = document["paths"][path]["get"]
    asked.pop("security", None)
    asked["parameters"] = [one for one in asked.get("parameters", ()) if one["name"] in ENDPOINTS[path].parameters]
    document["paths"] = {path: {"get": asked}}
    schema = schemathesis.openapi.from_dict(document)
    schema.config.generation.update(allow_extra_parameters=False)
    found: Any
    (found,) = schema.get_all_operations()
    return found.ok()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("path", PATHS)
def test_simulator_keeps_to_the_contract(url: str, path: str, mode: GenerationMode) -> None:
    """Statuses, types, headers and bodies are the contract's; what it permits is answered, what it forbids refused."""
    asked = operation(path)
    statuses: list[int] = []
    held = [*HELD, *([] if path in WITH_FURTHER_RULES else [openapi_checks.positive_data_acceptance])]

    @settings(
        max_examples=25, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=asked.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(base_url=url, headers={"authorization": "Bearer any"})
        statuses.append(answer.status_code)
        case.validate_response(answer, checks=held)

    ask()
    assert (200 if mode is GenerationMode.POSITIVE else 400) in statuses
