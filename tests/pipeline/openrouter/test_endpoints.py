"""Every endpoint: its requests, and its responses typed, quarantined item by item, or rejected.

Adding an endpoint to these tests means adding an entry to ``samples``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.apps import APPS
from pipeline.openrouter.endpoints.benchmarks import BENCHMARKS
from pipeline.openrouter.endpoints.contract import CONTRACT
from pipeline.openrouter.endpoints.gateway import GATEWAY
from pipeline.openrouter.endpoints.models import MODELS
from pipeline.openrouter.endpoints.rankings import RANKINGS
from pipeline.openrouter.endpoints.request import Request
from pipeline.openrouter.endpoints.session_cost import SESSION_COST
from pipeline.openrouter.endpoints.tasks import TASKS
from pipeline.planning import next_page
from pipeline.series import ENDPOINTS
from pipeline.simulator.server import Simulator
from tests.pipeline.openrouter.samples import (
    ABSENT,
    APP,
    CELL,
    ENTRY,
    MACRO,
    MODEL,
    SAMPLES,
    TAG,
    Place,
    endpoint_of,
)
from tests.support import instant

EACH = pytest.mark.parametrize("name", SAMPLES)
PRICES = ("prompt_usd_per_unit", "completion_usd_per_unit")

read_rankings, read_catalogue, read_tasks, read_session_costs = (one.read for one in (RANKINGS, MODELS, TASKS, SESSION_COST))


def test_every_endpoint_has_its_sample() -> None:
    """But for the document of the API, which is not a list of items: ``endpoints/test_contract``."""
    assert SAMPLES.keys() == {one.name for one in ENDPOINTS.values()} - {"contract"}


# --- responses of every endpoint ---------------------------------------------------------------------------------------


@EACH
def test_a_response_is_typed(name: str) -> None:
    """All rows to the digit, in the order and with the schema of the endpoint, and of which days they are (F18, F35)."""
    endpoint, sample = endpoint_of(name), SAMPLES[name]
    answer = endpoint.read(json.dumps(sample.body).encode())
    assert vars(answer) | {"rows": answer.rows.rows()} == vars(sample.answer)
    assert dict(answer.rows.schema) == endpoint.schema


def bad_items() -> Iterator[Any]:
    for name, sample in SAMPLES.items():
        missing = [(field, [ABSENT], f"{field} is missing") for field in sample.items[1] if field not in sample.optional]
        for field, values, reason in [*missing, *sample.bad]:
            for number, value in enumerate(values):
                yield pytest.param(name, field, value, reason, id=f"{name}-{field}-{reason or 'any reason'}-{number}")


@pytest.mark.parametrize(("name", "field", "value", "reason"), [*bad_items()])
def test_an_item_that_cannot_be_typed_costs_only_itself(name: str, field: str | None, value: Any, reason: str) -> None:
    """It is kept with the reason and its content, whole; the good ones around it keep their positions (F18, F27)."""
    sample = SAMPLES[name]
    body = sample.spoilt((*sample.place, 1, *([field] if field else [])), value)
    answer = endpoint_of(name).read(body)
    position = sample.answer.rows_read - 1
    assert answer.rows.rows() == [row for row in sample.answer.rows if row[0] != position]
    assert answer.rows_read == sample.answer.rows_read
    (found,) = answer.bad_rows
    assert reason in found.reason
    bad = json.loads(body)
    for step in (*sample.place, 1):
        bad = bad[step]
    assert found.content == json.dumps(bad)[:1000]


def rejected() -> Iterator[Any]:
    for name, sample in SAMPLES.items():
        always: list[tuple[Place, list[Any], str]] = [
            (
                sample.place[:1],
                [{}, {"2026-02-01": []}, None, "rows", 5, True],
                r"`(data|rows)` (is not a list|lacks as_of)",
            ),
            (sample.place[:1], [ABSENT], f"lacks {sample.place[0]}"),
        ]
        if "meta" in sample.body:
            always += [
                *((("meta", field), [ABSENT], f"lacks {field}") for field in sample.body["meta"]),
                (("meta",), [ABSENT], "lacks meta"),
                (("meta",), [None, [], ["as_of"], "v1", {}], "lacks as_of, "),
                (("meta", "version"), ["v2", 1], "version"),
                (("meta", "as_of"), ["2026-02-03T06:30:00"], "zone"),
                (("meta", "as_of"), [None, 1770100000, "now", "0001-01-01T00:00:00+14:00"], "as_of"),
            ]
        for place, values, reason in [*always, *sample.rejected]:
            for number, value in enumerate(values):
                yield pytest.param(name, place, value, reason, id=f"{name}-{'.'.join(map(str, place))}-{number}-{reason}")


@pytest.mark.parametrize(("name", "place", "value", "reason"), [*rejected()])
def test_a_changed_envelope_is_rejected(name: str, place: Place, value: Any, reason: str) -> None:
    """Rows are not filed where the source does not say of which days, when and by which contract it responded (F3, F41)."""
    with pytest.raises(PermanentFailure, match=reason):
        endpoint_of(name).read(SAMPLES[name].spoilt(place, value))


GOOD = json.dumps(SAMPLES["rankings"].body).encode()
NO_RESPONSES = [
    *((body, "empty") for body in (b"", b" \r\n\t")),
    (b"\n<!DOCTYPE html><html></html>", "web page"),
    *((body, "not JSON") for body in (b"upstream connect error", GOOD[:-20], GOOD * 2, b'{"data": "\xff"}')),
    (GOOD.decode().encode("utf-16"), "not JSON"),
    (b'{"data": [], "meta": {"version": NaN}}', "NaN is not a JSON number"),
    (b'{"data": [-Infinity]}', "-Infinity is not a JSON number"),
    *((body, "repeated") for body in (b'{"data": [], "data": [1]}', b'{"data": [{"id": "a", "id": "b"}]}')),
    (b"[" * 100_000, "not JSON"),
    (b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON"),
    (b'{"data":' * 100_000 + b"1" + b"}" * 100_000, "not JSON"),
    (b'{"data": [' + b"9" * 10_000 + b"]}", "not JSON"),
    *((body, "not a JSON object") for body in (b"[]", b"null", b"5")),
    *((body, "lacks data") for body in (b'{"meta": {}}', b'{"error": {"code": 500}}')),
]


@EACH
@pytest.mark.parametrize(("body", "reason"), NO_RESPONSES, ids=range(len(NO_RESPONSES)))
def test_what_is_no_response_is_rejected(name: str, body: bytes, reason: str) -> None:
    """A body that is not a JSON object with `data` is rejected, with the reason (F1, F3)."""
    with pytest.raises(PermanentFailure, match=reason):
        endpoint_of(name).read(body)


@EACH
def test_unknown_fields_are_reported_and_their_rows_kept(name: str) -> None:
    """A new field is named wherever it is, and nothing is rejected for it (F28). Of a catalogue's entries nobody asks."""
    sample = SAMPLES[name]
    body = json.loads(sample.spoilt((*sample.place, 1, "novel"), 1)) | {"warnings": []}
    body.get("meta", {})["license"] = "CC BY 4.0"
    answer = endpoint_of(name).read(json.dumps(body).encode())
    expected = [*["meta.license"] * ("meta" in body), *["novel"] * sample.reads_all_fields, "warnings"]
    assert answer.unknown_fields == tuple(expected)
    assert answer.rows.rows() == list(sample.answer.rows)
    assert answer.bad_rows == []


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.from_regex(r"-?[0-9]{1,20}", fullmatch=True)
    | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


def places(value: Any, path: Place = ()) -> list[Place]:
    """The way to every value within a body, the body itself first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, one in inner for place in places(one, (*path, name)))]


@EACH
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_anything_anywhere_is_typed_quarantined_or_rejected(name: str, data: st.DataObject) -> None:
    """Any bytes, and any value in the place of any other: nothing else is raised, and no row is lost without a reason."""
    sample = SAMPLES[name]
    if data.draw(st.integers(0, 3)):
        body = sample.spoilt(data.draw(st.sampled_from(places(sample.body))), data.draw(json_values))
    else:
        body = data.draw(st.binary(max_size=200))
    try:
        answer = endpoint_of(name).read(body)
    except PermanentFailure:
        return
    # One item of a response may make several rows.
    assert answer.rows["position"].n_unique() + len(answer.bad_rows) == answer.rows_read
    assert all(found.reason for found in answer.bad_rows)


# --- what only one endpoint has ----------------------------------------------------------------------------------------


def with_items(name: str, *items: Any, **changes: Any) -> bytes:
    """A response with other items, and other fields of its envelope."""
    sample = SAMPLES[name]
    return json.dumps(json.loads(sample.spoilt(sample.place, list(items))) | changes).encode()


def test_a_response_without_rows_is_read() -> None:
    """Whether it is accepted is for validation to say. No cells of no window: nothing was measured yet, or any more."""
    answer = read_rankings(with_items("rankings"))
    assert (answer.rows_read, answer.rows.height) == (0, 0)
    no_window = SAMPLES["session_costs"].body["meta"] | {"window_end_date": None, "window_days": None}
    answer = read_session_costs(with_items("session_costs", meta=no_window))
    assert (answer.rows_read, answer.period_start) == (0, None)


def test_an_instant_is_read_in_any_zone() -> None:
    """The source's clock is kept in UTC."""
    answer = read_rankings(SAMPLES["rankings"].spoilt(("meta", "as_of"), "2026-02-03T08:30:00.5+02:00"))
    assert answer.as_of == datetime(2026, 2, 3, 6, 30, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("place", "value", "period"),
    [
        (("total_tokens",), 5, date(2026, 2, 2)),
        (("model_permaslug",), ABSENT, date(2026, 2, 2)),
        (("date",), "2026-2-2", None),
        (("date",), ABSENT, None),
        ((), [1], None),
    ],
)
def test_a_bad_row_names_its_period_where_it_can(place: Place, value: Any, period: date | None) -> None:
    """The block that lost a row is known as long as the row's date can be read."""
    (found,) = read_rankings(SAMPLES["rankings"].spoilt(("data", 1, *place), value)).bad_rows
    assert found.period_start == period


def test_a_benchmark_may_have_no_citation() -> None:
    assert BENCHMARKS.read(SAMPLES["benchmarks"].spoilt(("meta", "citation"), None)).citation is None


def test_unknown_fields_of_tasks_are_reported() -> None:
    """Wherever they are (F28). A field that macro categories have too makes no macro category of a tag."""
    tag = TAG | {"trend": "up", "key": "x", "models": [MODEL | {"rank": 1}]}
    body = json.loads(with_items("tasks", tag, meta={}))
    body["data"] |= {"sample_size": 5, "macro_categories": [MACRO | {"icon": "x"}]}
    answer = read_tasks(json.dumps(body).encode())
    assert answer.unknown_fields == ("data.sample_size", "icon", "key", "meta", "rank", "trend")
    assert (answer.rows["tag"].to_list(), answer.bad_rows) == (["*", "code:debugging", "code:debugging"], [])


@pytest.mark.parametrize("field", MACRO)
def test_a_macro_category_that_cannot_be_typed_leaves_its_tags(field: str) -> None:
    answer = read_tasks(SAMPLES["tasks"].spoilt(("data", "macro_categories", 0, field), ABSENT))
    assert answer.rows["position"].to_list() == [2, 2, 3, 3, 4, 4]
    assert [found.reason for found in answer.bad_rows] == [f"the field {field} is missing"]


def one_entry(**changes: Any) -> dict[str, Any]:
    """How the catalogue reads its entry with these changes; without the fields that are ABSENT."""
    entry = {name: value for name, value in (ENTRY | changes).items() if value is not ABSENT}
    (typed,) = read_catalogue(with_items("catalogue", entry)).rows.to_dicts()
    return typed


@pytest.mark.parametrize("value", [ABSENT, None])
def test_a_catalogue_entry_needs_only_its_names(value: Any) -> None:
    """What an entry leaves out is unknown, not zero and not empty; of a kind that is not known no price is required."""
    typed = one_entry(**dict.fromkeys(("created", "context_length", "architecture", "benchmarks", "pricing"), value))
    typed |= one_entry(hugging_face_id="" if value is None else ABSENT, architecture=value, pricing=value, created=value)
    assert typed["price_unit"] == "unknown"
    known = {"position", "id", "canonical_slug", "name", "price_unit", "context_length"}
    assert {name for name, one in typed.items() if one is not None} - known == {"intelligence_index", "coding_index"}


@pytest.mark.parametrize(
    ("outputs", "unit"),
    [
        (["text"], "token"),
        (["image", "text"], "token"),
        (["text", "audio"], "token"),
        (["embeddings"], "input token"),
        (["image"], "image or token"),
        (["video"], "video"),
        (["speech"], "character or token"),
        (["transcription"], "audio time or token"),
        (["rerank"], "search"),
        (["smell"], "unknown"),
        (["image", "video"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_unit_of_a_price_follows_from_the_output(outputs: list[str], unit: str) -> None:
    """The source states none: what returns text is priced by the token, and only a token has a highest price."""
    prices = ("0.006", "0.01") if unit in ("token", "input token") else ("999999", "0.00000000000000000000000001")
    typed = one_entry(architecture={"output_modalities": outputs}, pricing=dict(zip(("prompt", "completion"), prices)))  # noqa: B905
    assert (typed["price_unit"], *(typed[name] for name in PRICES)) == (unit, *map(Decimal, prices))


def test_what_is_not_priced_by_the_token_may_lack_a_price() -> None:
    """Video is priced elsewhere in its entry, and embeddings have no completion."""
    video = one_entry(architecture={"output_modalities": ["video"]}, pricing={})
    embedding = {"output_modalities": ["embeddings"]}
    priced = one_entry(architecture=embedding, pricing={"prompt": "0.00000002"})
    assert [video[name] for name in PRICES] == [None, None]
    assert [priced[name] for name in PRICES] == [Decimal("0.00000002"), None]
    lacking = ENTRY | {"architecture": embedding, "pricing": {"completion": "0"}}
    assert read_catalogue(with_items("catalogue", lacking)).bad_rows[0].reason == "the field prompt is missing"


@pytest.mark.parametrize(
    "text",
    [
        *("0", "-1", "0.01", "1e-7", "0.00000000000000000000000001"),
        *("0.00000020000000000000002", "0.00999999999999999999999999"),
    ],
)
def test_odd_prices_are_read_exactly(text: str) -> None:
    """Free is 0, a price that varies is -1, and the smallest price keeps its last digit (F14)."""
    typed = one_entry(pricing={"prompt": text, "completion": text})
    assert [typed[name] for name in PRICES] == [Decimal(text)] * 2


# --- pages -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("links", "offset"),
    [
        (None, None),
        ({}, None),
        ({"next": None}, None),
        ({"next": "/api/v1/models?output_modalities=all&offset=70&limit=70"}, 70),
        ({"next": "https://example.org/?offset=500"}, 500),  # of another host nothing else is used
    ],
)
def test_a_page_says_where_the_next_begins(links: Any, offset: int | None) -> None:
    """And how many entries there are on all of them."""
    answer = read_catalogue(with_items("catalogue", ENTRY, links=links, total_count=120))
    assert (answer.next_offset, answer.total_rows) == (offset, 120)


def cells(count: int) -> bytes:
    return with_items("session_costs", *[CELL] * count)


def linked(offset: int | None) -> bytes:
    link = offset and f"/api/v1/models?offset={offset}&limit=500"
    return with_items("catalogue", ENTRY, links={"next": link}, total_count=1200)


def entries(count: int, **total: int) -> bytes:
    body = json.loads(with_items("catalogue", *(ENTRY | {"id": f"a/{n}"} for n in range(count))))
    return json.dumps({"data": body["data"]} | total).encode()


def page(limit: int, offset: int) -> Request:
    return replace(SESSION_COST.request(), params={"limit": str(limit), "offset": str(offset)})


def models(**params: str) -> Request:
    return MODELS.request(output_modalities="all", **params)


NEXT: list[tuple[Request, bytes, Request | None]] = [
    # A page as long as it may be is not the last one (F32), but beyond the largest offset there is none.
    (page(2, 0), cells(2), page(2, 2)),
    (page(2, 2), cells(2), page(2, 4)),
    (page(2, 2), cells(1), None),
    (page(2, 2), cells(0), None),
    (page(500, 4500), cells(500), page(500, 5000)),
    (page(500, 5000), cells(500), None),
    # A catalogue goes on where its link says, in pages as large as may be (F41), and never back to itself.
    (models(), linked(500), models(offset="500", limit="1000")),
    (models(offset="500", limit="500"), linked(1000), models(offset="1000", limit="500")),
    (models(offset="500"), linked(500), None),
    (models(), linked(50_001), None),
    (models(), linked(None), None),
    # Before it named the next page the source had pages, too.
    (models(offset="0", limit="2"), entries(2), models(offset="2", limit="2")),
    (models(offset="0", limit="2"), entries(1), None),
    (models(offset="0", limit="2"), entries(2, total_count=2), None),
    # What cannot be read has no next page: what is wrong is said when it is loaded.
    *((page(1, 0), odd, None) for odd in (b"", b"<html>", b"[]", b"{}", b'{"data": {"cells": []}}')),
    # Other endpoints have no pages, however many rows there are.
    *(
        (request, json.dumps({"data": [APP] * 100, "meta": {}}).encode(), None)
        for request in (TASKS.request(), BENCHMARKS.request(), APPS.request(sort="popular"))
    ),
]


@pytest.mark.parametrize(("request_", "body", "following"), NEXT, ids=range(len(NEXT)))
def test_the_next_page(request_: Request, body: bytes, following: Request | None) -> None:
    assert next_page(request_, body) == following


# --- the simulator ---------------------------------------------------------------------------------------

NOW = instant("2026-02-10T07:00")
YESTERDAY = date(2026, 2, 9)


def ask(simulator: Simulator, request: Request) -> bytes:
    answer = simulator.respond("GET", f"/api/v1{request.path}", request.params, {"Authorization": "Bearer any"})
    assert answer.status == 200
    return answer.body


@pytest.mark.parametrize(
    ("request_", "period_start", "as_of"),
    [
        (MODELS.request(output_modalities="all"), None, None),
        (MODELS.request(), None, None),
        (TASKS.request(), YESTERDAY, instant("2026-02-09T00:00")),
        (SESSION_COST.request(), date(2026, 2, 8), NOW),
        (BENCHMARKS.request(), None, instant("2026-02-10T00:00")),
        (APPS.request(sort="popular"), YESTERDAY, NOW),
        (APPS.request(YESTERDAY, YESTERDAY, sort="trending"), YESTERDAY, NOW),
    ],
    ids=lambda value: value.describe() if hasattr(value, "describe") else "",
)
def test_responses_of_the_simulator_are_read(request_: Request, period_start: date | None, as_of: datetime | None) -> None:
    """Every row is typed, nothing is unknown, and the block is named by the day that the source names."""
    answer = ENDPOINTS[request_.path].read(ask(Simulator(clock=lambda: NOW, limits=None), request_))
    assert answer.rows_read == answer.rows["position"].n_unique() > 0
    assert (answer.bad_rows, answer.unknown_fields) == ([], ())
    assert (answer.period_start, answer.as_of) == (period_start, as_of)
    assert (answer.citation or "").startswith("SIMULATED") == (request_.path == BENCHMARKS.path)


# --- requests ----------------------------------------------------------------------------------------------------------

DAYS = date(2025, 10, 6), date(2025, 11, 2)
SENT: list[tuple[Request, dict[str, str], str]] = [
    (
        RANKINGS.request(*DAYS, period="week", category="marketing/seo"),
        {"period": "week", "category": "marketing/seo", "start_date": "2025-10-06", "end_date": "2025-11-02"},
        "usage, period=week, category=marketing/seo, start_date=2025-10-06, end_date=2025-11-02",
    ),
    (MODELS.request(), {}, "the catalogue of models"),
    (APPS.request(sort="trending"), {"sort": "trending", "limit": "100", "offset": "0"},
     "apps, sort=trending, limit=100, offset=0"),
    (SESSION_COST.request(), {"limit": "500", "offset": "0"}, "cost of sessions, limit=500, offset=0"),
    (TASKS.request(), {"window": "7d"}, "shares of tasks, window=7d"),
    (BENCHMARKS.request(), {"source": "artificial-analysis"}, "benchmarks, source=artificial-analysis"),
    (CONTRACT.request(), {}, "the published OpenAPI document"),
    (
        GATEWAY.request(*DAYS),
        {"from": "2025-10-06", "to": "2025-11-02", "dataset": "labs", "modality": "all", "format": "json"},
        "second gateway, from=2025-10-06, to=2025-11-02, dataset=labs, modality=all, format=json",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "params", "description"), SENT, ids=[words for _, _, words in SENT])
def test_a_request_is_described_by_what_it_sends(request_: Request, params: dict[str, str], description: str) -> None:
    """Parameters identify a request in the archive, descriptions in messages; what needs no key is never sent one."""
    assert request_.params == params
    assert request_.describe() == description
    assert request_.needs_key is (request_.path not in (MODELS.path, GATEWAY.path, CONTRACT.path))
