"""What OpenRouter documents of its API: the published OpenAPI document, ``/openapi.json`` of its web site.

Belongs here: which parts of the document are read. Not here: what of it the project knows
(``warehouse/reference/known_api.csv``), what all endpoints share (``request``, ``response``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.apps import APPS
from pipeline.openrouter.endpoints.benchmarks import BENCHMARKS
from pipeline.openrouter.endpoints.endpoint import Endpoint
from pipeline.openrouter.endpoints.models import MODELS
from pipeline.openrouter.endpoints.rankings import RANKINGS
from pipeline.openrouter.endpoints.response import Answer
from pipeline.openrouter.endpoints.session_cost import SESSION_COST
from pipeline.openrouter.endpoints.tasks import TASKS

READ_PATHS = tuple(one.path for one in (RANKINGS, APPS, SESSION_COST, TASKS, MODELS, BENCHMARKS))
"""The endpoints whose parameters and fields are read."""

_DATA_PATHS = ("/datasets/", "/benchmarks", "/classifications")
"""How paths begin that are read by name alone where the project does not fetch them: a new one is a new dataset."""

ENDPOINT, PARAMETER, VALUE_OF, FIELD, REQUIRED = "endpoint", "parameter", "value of ", "field", "required field"
"""The parts of an endpoint that are read. A value is one of an enumeration, a field may be below another: ``meta.as_of``."""

MOST_PARTS = 5000
"""So many parts no document of ours has: the project's own contract has under 500."""

_ALTERNATIVES = ("allOf", "anyOf", "oneOf")
_REFERENCES_IN_A_ROW = 20

CONTRACT_SCHEMA = {
    "position": pl.Int64(),
    "endpoint": pl.String(),
    "documented_part": pl.String(),
    "documented_value": pl.String(),
}

Part = tuple[str, str, str]
"""endpoint, documented_part, documented_value"""


def read_contract(body: bytes) -> Answer:
    """Read what the document says of the endpoints that the project fetches, and which others have data.

    A row per parameter, value of an enumerated parameter, and field of a response. The rest of the document, most of it, is
    ignored. Raises PermanentFailure where it is not OpenAPI 3, has none of those endpoints, or says of one what cannot be
    read.
    """
    document = fields.envelope_of(body, "openapi", "paths")
    if not str(document["openapi"]).startswith("3."):
        raise PermanentFailure(f"`openapi` is {fields.shown(document['openapi'])}, 3.x was expected: it is another format")
    paths = document["paths"]
    if not isinstance(paths, dict) or not any(_is_documented(paths, path) for path in READ_PATHS):
        raise PermanentFailure(f"the document has none of the endpoints {', '.join(READ_PATHS)}")
    parts: set[Part] = set()
    for path in paths:
        if not _is_documented(paths, path) or not (path in READ_PATHS or path.startswith(_DATA_PATHS)):
            continue
        try:
            parts.update((path, *part) for part in _parts(document, path))
        except (*fields.UNTYPED, RecursionError) as error:
            raise PermanentFailure(f"what the document says of {path} cannot be read: {fields.reason(error)}") from error
        if len(parts) > MOST_PARTS:
            raise PermanentFailure(f"the document says more than {MOST_PARTS} things of the endpoints that are read")
    rows = [(position, *part) for position, part in enumerate(sorted(parts), start=1)]
    return Answer(rows=pl.DataFrame(rows, schema=CONTRACT_SCHEMA, orient="row"), rows_read=len(rows))


def _is_documented(paths: Mapping[str, Any], path: str) -> bool:
    return isinstance(paths.get(path), dict) and "get" in paths[path]


def _parts(document: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    yield ENDPOINT, fields.text(path, "a path")
    if path not in READ_PATHS:
        return
    operation = document["paths"][path]["get"]
    for stated in (*document["paths"][path].get("parameters", ()), *operation.get("parameters", ())):
        parameter = _resolved(document, stated)
        if parameter["in"] == "query":
            name = fields.text(parameter["name"], "a parameter")
            yield PARAMETER, name
            yield from ((f"{VALUE_OF}{name}", value) for value in _values(document, parameter.get("schema", {})))
    response = _resolved(document, operation["responses"]["200"])
    yield from _fields(document, response["content"]["application/json"]["schema"])


def _values(document: Mapping[str, Any], schema: Any) -> Iterator[str]:
    """The values of an enumeration, or of a list of them."""
    for _, found in _schemas(document, schema):
        for value in found.get("enum", ()):
            if value is not None:
                yield fields.text(value if isinstance(value, str) else fields.shown(value), "a value")


def _fields(document: Mapping[str, Any], schema: Any) -> Iterator[tuple[str, str]]:
    """The fields below a schema, with the way to each, and again those that are always there."""
    for way, found in _schemas(document, schema, into_fields=True):
        for name in found.get("properties", ()):
            below = fields.text(_below(way, name), "a field")
            yield FIELD, below
            if name in found.get("required", ()):
                yield REQUIRED, below


def _schemas(document: Mapping[str, Any], schema: Any, *, into_fields: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and those within it, each once for each way that leads to it; no way leads through a schema twice."""
    seen: set[tuple[str, int]] = set()
    waiting: list[tuple[str, Any, frozenset[int]]] = [("", schema, frozenset())]
    while waiting:
        way, stated, above = waiting.pop()
        found = _resolved(document, stated)
        if not isinstance(found, dict) or id(found) in above or (way, id(found)) in seen:
            continue
        if len(seen) > MOST_PARTS:
            raise ValueError(f"it has more than {MOST_PARTS} parts")
        seen.add((way, id(found)))
        yield way, found
        above |= {id(found)}
        waiting += [(way, one, above) for name in _ALTERNATIVES for one in found.get(name, ())]
        waiting += [(way, found["items"], above)] if "items" in found else []
        if into_fields:
            waiting += [(_below(way, name), inner, above) for name, inner in found.get("properties", {}).items()]


def _below(way: str, name: str) -> str:
    return f"{way}.{name}" if way else name


def _resolved(document: Mapping[str, Any], stated: Any) -> Any:
    """What is meant, where it is stated by reference to another place of the document. Raises KeyError where nothing is."""
    for _ in range(_REFERENCES_IN_A_ROW):
        if not isinstance(stated, dict) or "$ref" not in stated:
            return stated
        place = fields.text(stated["$ref"], "a reference")
        if not place.startswith("#/"):
            raise ValueError(f"it refers to another document, {fields.shown(place)}")
        found: Any = document
        for step in place[2:].split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        stated = found
    raise ValueError("a reference leads to itself")


CONTRACT = Endpoint(
    path="/openapi.json",
    title="the published OpenAPI document",
    name="contract",
    table="contract_rows",
    read=read_contract,
    schema=CONTRACT_SCHEMA,
    citation="Source: OpenRouter (openrouter.ai/openapi.json)",
    licence=None,
    source="site",
    needs_key=False,
    has_period=False,
)
