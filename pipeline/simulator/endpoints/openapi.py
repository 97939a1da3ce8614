"""/openapi.json of the web site: what is documented of the API, without a key. It is what this version knows of it.

A document made from the simulator's own parameters and fields would miss what the simulator leaves out, and a demo would
report that as gone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from typing import Any

from pipeline.settings import WAREHOUSE
from pipeline.simulator.queries import Asked, Endpoint

KNOWN = WAREHOUSE / "reference" / "known_api.csv"


def answer(_: Asked) -> dict[str, Any]:
    return document()


@cache
def document() -> dict[str, Any]:
    """A document of OpenAPI 3.1 with the endpoints, parameters, values and fields of ``KNOWN``."""
    with KNOWN.open(encoding="utf-8", newline="") as file:
        known: dict[str, list[tuple[str, str]]] = {}
        for row in csv.DictReader(file):
            known.setdefault(row["endpoint"], []).append((row["documented_part"], row["documented_value"]))
    schemas = {_name(path): _response(parts) for path, parts in known.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "SIMULATED: no document of OpenRouter's", "version": "1.0.0"},
        "paths": {path: {"get": _operation(path, parts)} for path, parts in known.items()},
        "components": {"schemas": schemas},
    }


def _name(path: str) -> str:
    return "".join(word.capitalize() for word in path.replace("-", "/").split("/")) + "Response"


def _operation(path: str, parts: list[tuple[str, str]]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{_name(path)}"}}}
    return {"parameters": [*_parameters(parts)], "responses": {"200": {"description": "A response.", "content": content}}}


def _parameters(parts: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    for name in (value for part, value in parts if part == "parameter"):
        values = [value for part, value in parts if part == f"value of {name}"]
        yield {"name": name, "in": "query", "schema": {"type": "string", **({"enum": values} if values else {})}}


def _response(parts: list[tuple[str, str]]) -> dict[str, Any]:
    """Fields within fields; which of them are lists is not noted."""
    schema: dict[str, Any] = {"type": "object"}
    for part, way in parts:
        if part in ("field", "required field"):
            *above, name = way.split(".")
            inside = schema
            for step in above:
                inside = inside.setdefault("properties", {}).setdefault(step, {})
            inside.setdefault("properties", {}).setdefault(name, {})
            if part == "required field":
                inside.setdefault("required", []).append(name)
    return schema


ENDPOINT = Endpoint("/openapi.json", {}, answer, needs_key=False, prefix="")
