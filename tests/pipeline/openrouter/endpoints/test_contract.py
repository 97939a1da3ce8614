"""The OpenAPI document: which of it is read, what breaks it, and that this version knows what its own contract says."""

from __future__ import annotations

import copy
import csv
import json
from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints import apps, rankings
from pipeline.openrouter.endpoints.contract import CONTRACT, READ_PATHS, read_contract
from pipeline.series import ASKED, ENDPOINTS, Series
from pipeline.settings import WAREHOUSE
from pipeline.simulator.endpoints import ENDPOINTS as SIMULATED
from pipeline.simulator.endpoints import openapi
from tests.pipeline.openrouter.test_endpoints import NO_RESPONSES, json_values, places
from tests.support import SHARED

PUBLISHED = SHARED / "contract" / "data-api.openapi.yaml"
DAILY = "/datasets/rankings-daily"
Part = tuple[str, str, str]

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "an API"},
    "paths": {
        DAILY: {
            "parameters": [{"$ref": "#/components/parameters/Category"}],
            "get": {
                "parameters": [
                    {"name": "modality", "in": "query", "schema": {"anyOf": [{"enum": ["text", None]}, {"type": "null"}]}},
                    {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"enum": ["a", 1, True]}}},
                    {"name": "authorization", "in": "header", "schema": {"enum": ["x"]}},
                ],
                "responses": {"200": {"$ref": "#/components/responses/Daily"}, "400": {"description": "no"}},
            },
        },
        "/datasets/teams": {"get": {"responses": {}}},
        "/benchmarks/search": {"get": {}},
        "/classifications/task": {"post": {}},
        "/chat/completions": {"post": {"anything": [1]}},
        "/credits": {"get": {"responses": 5}},
    },
    "components": {
        "parameters": {"Category": {"name": "category", "in": "query", "schema": {"$ref": "#/components/schemas/A~1B"}}},
        "responses": {"Daily": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Daily"}}}}},
        "schemas": {
            "A/B": {"enum": ["programming", "marketing/seo"]},
            "Daily": {
                "properties": {
                    "data": {"items": {"oneOf": [{"$ref": "#/components/schemas/Row"}, {"properties": {"b": True}}]}},
                    "meta": {"allOf": [{"properties": {"as_of": {"type": "string"}}, "required": ["as_of"]}]},
                },
                "required": ["data"],
            },
            "Row": {
                "properties": {"a": {}, "more": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}},
                "required": ["a"],
            },
        },
    },
}  # fmt: skip
READ: list[Part] = [
    ("/benchmarks/search", "endpoint", "/benchmarks/search"),
    (DAILY, "endpoint", DAILY),
    *((DAILY, "field", way) for way in ("data", "data.a", "data.b", "data.more", "meta", "meta.as_of")),
    *((DAILY, "parameter", name) for name in ("category", "modality", "tags")),
    *((DAILY, "required field", way) for way in ("data", "data.a", "meta.as_of")),
    *((DAILY, "value of category", name) for name in ("marketing/seo", "programming")),
    (DAILY, "value of modality", "text"),
    *((DAILY, "value of tags", name) for name in ("1", "a", "true")),
    ("/datasets/teams", "endpoint", "/datasets/teams"),
]


def read(document: Any) -> list[Part]:
    rows = read_contract(json.dumps(document).encode()).rows
    assert rows["position"].to_list() == [*range(1, rows.height + 1)]
    return rows.drop("position").rows()


def known() -> list[Part]:
    with (WAREHOUSE / "reference" / "known_api.csv").open(encoding="utf-8", newline="") as file:
        return [(row["endpoint"], row["documented_part"], row["documented_value"]) for row in csv.DictReader(file)]


def with_changes(*changes: tuple[tuple[str, ...], Any]) -> dict[str, Any]:
    """The document with other values in these places."""
    document = copy.deepcopy(DOCUMENT)
    for (*way, last), value in changes:
        inside = document
        for step in way:
            inside = inside[step]
        inside[last] = value
    return document


def test_a_document_is_read() -> None:
    """By reference or not: parameters, their values, fields within fields, and of other data that there is some."""
    answer = read_contract(json.dumps(DOCUMENT).encode())
    assert read(DOCUMENT) == READ
    assert dict(answer.rows.schema) == CONTRACT.schema
    assert (answer.rows_read, answer.bad_rows, answer.as_of, answer.period_start) == (len(READ), [], None, None)


@pytest.mark.parametrize(("body", "reason"), [one for one in NO_RESPONSES if "lacks" not in one[1]], ids=str)
def test_what_is_no_document_is_rejected(body: bytes, reason: str) -> None:
    with pytest.raises(PermanentFailure, match=reason):
        read_contract(body)


SCHEMAS = ("components", "schemas")
NO_PATHS: tuple[Any, ...] = ({}, [], {DAILY: {}}, {"/chat/completions": {"get": {}}})


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"paths": {}}, "lacks openapi"),
        ({"openapi": "3.1.0"}, "lacks paths"),
        ({"swagger": "2.0", "openapi": "2.0", "paths": DOCUMENT["paths"]}, r'`openapi` is "2.0", 3.x was expected'),
        *(({"openapi": "3.0.3", "paths": none}, "has none of the endpoints") for none in NO_PATHS),
        (with_changes(((*SCHEMAS, "Row"), {"$ref": "#/nowhere"})), f"of {DAILY} .* nowhere is missing"),
        (with_changes(((*SCHEMAS, "Daily"), {"$ref": "other.json#/a"})), "another document"),
        (with_changes(((*SCHEMAS, "Daily"), {"$ref": "#/components/schemas/Daily"})), "leads to itself"),
        (with_changes((("paths", DAILY, "get", "responses"), {"204": {}})), "the field 200 is missing"),
        (with_changes((("paths", DAILY, "get"), None)), f"of {DAILY} cannot be read"),
        (with_changes(((*SCHEMAS, "A/B", "enum"), ["x" * 301])), "a value is not a text"),
        (with_changes(((*SCHEMAS, "A/B", "enum"), [*map(str, range(6000))])), "more than 5000 things"),
        (with_changes(((*SCHEMAS, "Row", "properties"), {f"f{n}": {} for n in range(6000)})), "more than 5000 parts"),
    ],
)  # fmt: skip
def test_a_broken_document_is_rejected_in_one_line(document: Any, reason: str) -> None:
    """Nothing of it is read: what it no longer says would be reported as gone."""
    with pytest.raises(PermanentFailure, match=reason) as caught:
        read(document)
    assert len(str(caught.value).splitlines()) == 1


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_anything_anywhere_is_read_or_rejected(data: st.DataObject) -> None:
    """Any value in the place of any other: nothing else is raised."""
    document = copy.deepcopy(DOCUMENT)
    *way, last = data.draw(st.sampled_from(places(document)[1:]))
    inside: Any = document
    for step in way:
        inside = inside[step]
    inside[last] = data.draw(json_values)
    try:
        parts = read(document)
    except PermanentFailure:
        return
    assert parts == sorted(set(parts))


# --- what this version knows ---------------------------------------------------------------------------------------------


def test_every_endpoint_that_is_fetched_from_the_api_is_read() -> None:
    assert set(READ_PATHS) == {path for path, one in ENDPOINTS.items() if one.source == "api"}
    assert CONTRACT.source == "site"


def test_the_file_of_what_is_known_is_sorted_and_of_these_endpoints() -> None:
    assert known() == sorted(set(known()))
    assert {path for path, *_ in known()} == set(READ_PATHS)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published contract does not lie beside this checkout")
def test_what_is_known_is_what_the_contract_says() -> None:
    """Of the contract that this version was written for, to the line."""
    assert read(yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))) == known()


DOCUMENTED = set(known())


@pytest.mark.parametrize("series", [one for one in ASKED if one.endpoint.source == "api"], ids=lambda one: one.name)
def test_what_is_requested_is_documented(series: Series) -> None:
    """A parameter or a value that the API does not know would be rejected, and cost as much of the day as a response."""
    request = series.request(date(2025, 1, 6), date(2025, 1, 12))
    for name, value in request.params.items():
        assert (request.path, "parameter", name) in DOCUMENTED
        values = {one for path, part, one in DOCUMENTED if (path, part) == (request.path, f"value of {name}")}
        assert not values or value in values


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        (DAILY, "category", rankings.CATEGORIES),
        (DAILY, "language_type", rankings.LANGUAGE_TYPES),
        (DAILY, "modality", rankings.MODALITIES),
        (DAILY, "context_bucket", rankings.CONTEXT_BUCKETS),
        (apps.APPS.path, "category", apps.APP_CATEGORIES),
    ],
)
def test_every_documented_value_is_a_series(path: str, name: str, values: tuple[str, ...]) -> None:
    """A value that is added to one of the two and not to the other would be reported each month, or never requested."""
    assert set(values) == {value for one, part, value in DOCUMENTED if (one, part) == (path, f"value of {name}")}


# --- the simulator -------------------------------------------------------------------------------------------------------


def test_the_simulator_documents_what_is_known() -> None:
    """So that a demo reports nothing, and what it accepts is documented."""
    assert read(openapi.document()) == known()
    accepted = {(path, name) for path in READ_PATHS for name in SIMULATED[path].parameters}
    assert accepted <= {(path, name) for path, part, name in known() if part == "parameter"}
