"""Every endpoint: what may be requested of it, and its responses typed, quarantined item by item, or rejected.

Adding an endpoint to these tests means adding an entry to ``samples`` and its requests to the tables below.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints import apps, benchmarks, models, rankings, session_cost, tasks
from pipeline.openrouter.endpoints.apps import AppRankingsRequest
from pipeline.openrouter.endpoints.benchmarks import BenchmarksRequest
from pipeline.openrouter.endpoints.gateway import GatewayRequest
from pipeline.openrouter.endpoints.models import ModelsRequest
from pipeline.openrouter.endpoints.rankings import RankingsDailyRequest
from pipeline.openrouter.endpoints.request import DATASET_START, MAX_SPAN_DAYS, Request
from pipeline.openrouter.endpoints.session_cost import SessionCostRequest
from pipeline.openrouter.endpoints.tasks import TaskClassificationsRequest
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
from tests.support import SHARED, instant, needs_history, needs_recordings

EACH = pytest.mark.parametrize("name", SAMPLES)
PRICES = ("prompt_usd_per_unit", "completion_usd_per_unit")

read_rankings, read_catalogue, read_tasks, read_session_costs, read_benchmarks, read_apps = (
    endpoint_of(name).read for name in ("rankings", "catalogue", "tasks", "session_costs", "benchmarks", "apps")
)


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
    assert read_benchmarks(SAMPLES["benchmarks"].spoilt(("meta", "citation"), None)).citation is None


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


ALL, OF_TWO = ModelsRequest("all"), ModelsRequest("all", offset=0, limit=2)
FROM_500 = ModelsRequest("all", offset=500, limit=models.MAX_MODELS)
MOST, LAST = session_cost.MAX_CELLS, session_cost.MAX_CELL_OFFSET
NEXT: list[tuple[Request, bytes, Request | None]] = [
    # A page as long as it may be is not the last one (F32), but beyond the largest offset there is none.
    (SessionCostRequest(limit=2), cells(2), SessionCostRequest(limit=2, offset=2)),
    (SessionCostRequest(limit=2, offset=2), cells(2), SessionCostRequest(limit=2, offset=4)),
    (SessionCostRequest(limit=2, offset=2), cells(1), None),
    (SessionCostRequest(limit=2, offset=2), cells(0), None),
    (SessionCostRequest(offset=LAST - MOST), cells(MOST), SessionCostRequest(offset=LAST)),
    (SessionCostRequest(offset=LAST), cells(MOST), None),
    # A catalogue goes on where its link says, in pages as large as may be (F41), and never back to itself.
    (ALL, linked(500), FROM_500),
    (
        ModelsRequest("all", offset=500, limit=500),
        linked(1000),
        ModelsRequest("all", offset=1000, limit=models.MAX_MODELS),
    ),
    (FROM_500, linked(500), None),
    (ALL, linked(models.MAX_MODEL_OFFSET + 1), None),
    (ALL, linked(None), None),
    # Before it named the next page the source had pages, too.
    (OF_TWO, entries(2), ModelsRequest("all", offset=2, limit=models.MAX_MODELS)),
    (OF_TWO, entries(1), None),
    (OF_TWO, entries(2, total_count=2), None),
    # What cannot be read has no next page: what is wrong is said when it is loaded.
    *((SessionCostRequest(limit=1), odd, None) for odd in (b"", b"<html>", b"[]", b"{}", b'{"data": {"cells": []}}')),
    # Other endpoints have no pages, however many rows there are.
    *(
        (request, json.dumps({"data": [APP] * 100, "meta": {}}).encode(), None)
        for request in (TaskClassificationsRequest(), BenchmarksRequest(), AppRankingsRequest("popular"))
    ),
]


@pytest.mark.parametrize(("request_", "body", "following"), NEXT, ids=range(len(NEXT)))
def test_the_next_page(request_: Request, body: bytes, following: Request | None) -> None:
    assert next_page(request_, body) == following


# --- the simulator and recordings ---------------------------------------------------------------------------------------

NOW = instant("2026-02-10T07:00")
YESTERDAY = date(2026, 2, 9)


def ask(simulator: Simulator, request: Request) -> bytes:
    answer = simulator.respond("GET", f"/api/v1{request.path}", request.params(), {"Authorization": "Bearer any"})
    assert answer.status == 200
    return answer.body


@pytest.mark.parametrize(
    ("request_", "period_start", "as_of"),
    [
        (ModelsRequest("all"), None, None),
        (ModelsRequest(), None, None),
        (TaskClassificationsRequest(), YESTERDAY, instant("2026-02-09T00:00")),
        (SessionCostRequest(), date(2026, 2, 8), NOW),
        (BenchmarksRequest(), None, instant("2026-02-10T00:00")),
        (AppRankingsRequest("popular"), YESTERDAY, NOW),
        (AppRankingsRequest("trending", start_date=YESTERDAY, end_date=YESTERDAY), YESTERDAY, NOW),
    ],
    ids=lambda value: value.describe() if hasattr(value, "describe") else "",
)
def test_responses_of_the_simulator_are_read(request_: Request, period_start: date | None, as_of: datetime | None) -> None:
    """Every row is typed, nothing is unknown, and the block is named by the day that the source names."""
    answer = ENDPOINTS[request_.path].read(ask(Simulator(clock=lambda: NOW, limits=None), request_))
    assert answer.rows_read == answer.rows["position"].n_unique() > 0
    assert (answer.bad_rows, answer.unknown_fields) == ([], ())
    assert (answer.period_start, answer.as_of) == (period_start, as_of)
    assert (answer.citation or "").startswith("SIMULATED") == isinstance(request_, BenchmarksRequest)


def test_pages_of_the_simulator_hold_every_cell_once() -> None:
    """Fetched to the end, the pages together are what one large page would be (F32)."""
    simulator = Simulator(clock=lambda: NOW, limits=None)

    def fetched(limit: int) -> tuple[list[Any], int]:
        found, pages, asked = [], 0, SessionCostRequest(limit=limit)
        while asked is not None:
            body = ask(simulator, asked)
            found += read_session_costs(body).rows.drop("position").rows()
            pages, asked = pages + 1, next_page(asked, body)  # type: ignore[assignment]
        return found, pages

    (whole, fewest), (again, more) = fetched(MOST), fetched(150)
    assert whole == again
    assert len(set(whole)) == len(whole)
    assert 1 <= fewest < more


def recorded(folder: str) -> list[tuple[datetime, dict[str, Any], Any]]:
    """When each recorded response in a folder was fetched, its body, and what it is read as: no row bad or unknown."""
    found = []
    for path in sorted((SHARED / folder).glob("*.json.gz")):
        one = json.loads(gzip.decompress(path.read_bytes()))
        (shape,) = [shape for end, shape in ENDPOINTS.items() if one["request"]["url"].endswith(end)]
        answer = shape.read(json.dumps(one["response"]["body"]).encode())
        assert (answer.bad_rows, answer.unknown_fields) == ([], ())
        found.append((datetime.fromisoformat(one["retrieved_at"]), one["response"]["body"], answer))
    assert found
    return found


@needs_recordings
def test_recorded_tasks_are_read() -> None:
    """Every share of the source is found again, and the window ended the day before it was fetched."""
    for at, body, answer in recorded("recordings/classifications-task"):
        assert answer.period_start == at.date() - timedelta(days=1)
        tags = body["data"]["classifications"]
        shares = {
            (tag["tag"], model["id"]): (model["tag_usage_share"], model["tag_token_share"])
            for tag in tags
            for model in tag["models"]
        }
        read = {
            (row["tag"], row["model_permaslug"]): (row["tag_usage_share"], row["tag_token_share"])
            for row in answer.rows.to_dicts()
        }
        assert shares.items() <= read.items()
        assert answer.rows.height == len(shares) + len(tags) + len(body["data"]["macro_categories"])


@needs_history
def test_recorded_apps_are_read() -> None:
    """Every app with its figures to the digit, for the 30 days that ended the day before."""
    for at, body, answer in recorded("history/app-rankings/default"):
        assert (answer.resolved_end - answer.resolved_start).days == 29
        assert timedelta(0) < at.date() - answer.resolved_end <= timedelta(days=2)
        assert answer.rows.select("total_tokens", "app_id").rows() == [
            (int(app["total_tokens"]), app["app_id"]) for app in body["data"]
        ]


@needs_recordings
def test_recorded_catalogues_are_read() -> None:
    """Every entry, with the prices that the source wrote."""
    for _, body, answer in recorded("recordings/models"):
        assert answer.rows.select("id", *PRICES).rows() == [
            (entry["id"], Decimal(entry["pricing"]["prompt"]), Decimal(entry["pricing"]["completion"]))
            for entry in body["data"]
        ]
        assert answer.rows["created_at"].null_count() == 0


# --- requests: every combination that the API rejects is rejected here first, before it costs a request -------------------

MONDAY, SUNDAY = date(2025, 10, 6), date(2025, 11, 2)
weekly: Callable[..., RankingsDailyRequest] = partial(
    RankingsDailyRequest, period="week", start_date=MONDAY, end_date=SUNDAY
)
popular: Callable[..., AppRankingsRequest] = partial(AppRankingsRequest, sort="popular")
labs: Callable[..., GatewayRequest] = partial(
    GatewayRequest, dataset="labs", modality="all", start_date=MONDAY, end_date=SUNDAY
)
SPAN = {"start_date": "2025-10-06", "end_date": "2025-11-02"}

SENT: list[tuple[Request, dict[str, str], str]] = [
    (
        weekly(category="marketing/seo"),
        {"period": "week", **SPAN, "category": "marketing/seo"},
        "usage by week, category=marketing/seo, 2025-10-06 to 2025-11-02",
    ),
    (
        weekly(context_bucket="1M", modality="text", period="day"),
        {"period": "day", **SPAN, "modality": "text", "context_bucket": "1M"},
        "usage by day, modality=text, context_bucket=1M, 2025-10-06 to 2025-11-02",
    ),
    (ModelsRequest(), {}, "the catalogue of models"),
    (ModelsRequest("all"), {"output_modalities": "all"}, "the catalogue of models, output_modalities=all"),
    (
        popular(),
        {"sort": "popular", "limit": "100", "offset": "0"},
        "popular apps, up to the last complete day, up to 100 from 0",
    ),
    (
        popular(category="coding", end_date=SUNDAY),
        {"sort": "popular", "category": "coding", "end_date": "2025-11-02", "limit": "100", "offset": "0"},
        "popular apps, category=coding, up to 2025-11-02, up to 100 from 0",
    ),
    (
        popular(start_date=MONDAY, offset=100),
        {"sort": "popular", "start_date": "2025-10-06", "limit": "100", "offset": "100"},
        "popular apps, 2025-10-06 to the last complete day, up to 100 from 100",
    ),
    (
        AppRankingsRequest("trending", "coding", MONDAY, SUNDAY, limit=20, offset=40, subcategory="cli-agent"),
        {"sort": "trending", "category": "coding", "subcategory": "cli-agent", **SPAN, "limit": "20", "offset": "40"},
        "trending apps, category=coding, subcategory=cli-agent, 2025-10-06 to 2025-11-02, up to 20 from 40",
    ),
    (SessionCostRequest(offset=500), {"limit": "500", "offset": "500"}, "cost of sessions, up to 500 from 500"),
    (
        SessionCostRequest(10, 0, "hermes-agent", "a/b", "1-turn"),
        {"app_slug": "hermes-agent", "model": "a/b", "turn_range": "1-turn", "limit": "10", "offset": "0"},
        "cost of sessions, app_slug=hermes-agent, model=a/b, turn_range=1-turn, up to 10 from 0",
    ),
    (TaskClassificationsRequest(), {"window": "7d"}, "shares of tasks, window=7d"),
    (BenchmarksRequest(), {"source": "artificial-analysis"}, "benchmarks, source=artificial-analysis"),
    (
        GatewayRequest("labs", "all", MONDAY, SUNDAY),
        {"dataset": "labs", "modality": "all", "format": "json", "from": "2025-10-06", "to": "2025-11-02"},
        "second gateway, labs, modality=all, 2025-10-06 to 2025-11-02",
    ),
]


@pytest.mark.parametrize(("request_", "params", "description"), SENT, ids=[words for _, _, words in SENT])
def test_only_what_is_set_is_sent_in_one_order(request_: Request, params: dict[str, str], description: str) -> None:
    """Parameters identify a request in the archive, descriptions in messages; what needs no key is never sent one."""
    assert list(request_.params().items()) == list(params.items())
    assert request_.describe() == description
    assert request_.needs_key is (request_.path not in ("/models", GatewayRequest.path))


def test_there_are_as_many_values_as_in_the_contract() -> None:
    """A value lost from an enumeration would lose a series."""
    modules = (rankings, apps, session_cost, tasks, benchmarks)
    assert {name: len(values) for one in modules for name, values in vars(one).items() if name in COUNTS} == COUNTS


COUNTS = {
    **{"PERIODS": 3, "CATEGORIES": 12, "LANGUAGE_TYPES": 2, "MODALITIES": 5, "CONTEXT_BUCKETS": 5, "APP_SORTS": 2},
    **{"APP_CATEGORIES": 4, "APP_SUBCATEGORIES": 15, "TURN_RANGES": 4, "TASK_WINDOWS": 1, "BENCHMARK_SOURCES": 3},
}


@pytest.mark.parametrize("period", rankings.PERIODS)
def test_combinations_of_filters_are_rejected_as_by_the_api(period: str) -> None:
    """category and language_type go alone and not by day; modality and context_bucket go together."""
    names = ("category", "language_type", "modality", "context_bucket")
    for values in product((None, "programming"), (None, "natural"), (None, "audio"), (None, "10K")):
        filters = dict(zip(names, values, strict=True))
        sampled, exact = [one for one in values[:2] if one], [one for one in values[2:] if one]
        if len(sampled) > 1 or (sampled and exact) or (sampled and period == "day"):
            with pytest.raises(PermanentFailure, match=r"^cannot request usage by .*; .*$"):
                weekly(period=period, **filters)
        else:
            assert weekly(period=period, **filters).params().keys() >= {k for k, v in filters.items() if v}


@pytest.mark.parametrize(
    ("make", "name", "is_optional"),
    [
        (weekly, "period", False),
        *((weekly, name, True) for name in ("category", "language_type", "modality", "context_bucket")),
        (popular, "sort", False),
        (popular, "category", True),
        (popular, "subcategory", True),
        (SessionCostRequest, "turn_range", True),
        (TaskClassificationsRequest, "window", False),
        (BenchmarksRequest, "source", False),
        (labs, "dataset", False),
        (labs, "modality", False),
    ],
)
def test_unknown_values_are_rejected_with_the_known_ones(make: Any, name: str, is_optional: bool) -> None:
    """Unset is a value only where the API has no default that we rely on."""
    for value in ["decade", "", "Coding", 7, *[None] * (not is_optional)]:
        with pytest.raises(PermanentFailure, match=f"cannot request {name}={value!r}.*use one of"):
            make(**{name: value})


@pytest.mark.parametrize(
    ("make", "name", "least", "most"),
    [
        (popular, "limit", 1, apps.MAX_APPS),
        (popular, "offset", 0, apps.MAX_APP_OFFSET),
        (SessionCostRequest, "limit", 1, session_cost.MAX_CELLS),
        (SessionCostRequest, "offset", 0, session_cost.MAX_CELL_OFFSET),
    ],
)
def test_pages_stay_within_their_bounds(make: Any, name: str, least: int, most: int) -> None:
    """F32: a page is requested in full or rejected, never cut in silence."""
    for value in (least, most):
        assert make(**{name: value}).params()[name] == str(value)
    for wrong in (least - 1, most + 1, 2.0, "10", True, None):
        with pytest.raises(PermanentFailure, match=f"cannot request {name}=.* from {least} to {most}"):
            make(**{name: wrong})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"start_date": SUNDAY, "end_date": MONDAY}, "starts after its end"),
        ({"start_date": date(2025, 9, 30)}, "the source begins at 2025-10-01"),
        ({"start_date": datetime(2025, 10, 6, tzinfo=UTC)}, "cannot request from="),
        ({"end_date": None}, "cannot request to="),
    ],
)
def test_spans_are_as_the_second_gateway_takes_them(changes: dict[str, Any], reason: str) -> None:
    """Any number of days since its first one: it states no longest span."""
    assert labs(start_date=date(2025, 10, 1), end_date=date(2026, 10, 7)).params()["to"] == "2026-10-07"
    with pytest.raises(PermanentFailure, match=reason):
        labs(**changes)


BEFORE = DATASET_START - timedelta(days=1)
TOO_LONG = MONDAY + timedelta(days=MAX_SPAN_DAYS)


@pytest.mark.parametrize("make", [weekly, popular], ids=["rankings", "apps"])
def test_windows_are_as_the_api_takes_them(make: Any) -> None:
    """At most 366 days, both ends included; a start before the dataset is clamped, an end before it is rejected (F21)."""
    for start, end in ((MONDAY, MONDAY), (MONDAY, TOO_LONG - timedelta(days=1)), (BEFORE, DATASET_START)):
        assert make(start_date=start, end_date=end).params()["end_date"] == end.isoformat()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"start_date": SUNDAY, "end_date": MONDAY}, "starts after its end"),
        ({"start_date": BEFORE, "end_date": BEFORE}, "begins at 2025-01-01"),
        ({"start_date": MONDAY, "end_date": TOO_LONG}, "that is 367 days"),
        # A datetime passes for a date in Python, and would be sent with its time of day.
        *(({name: datetime(2025, 10, 6, tzinfo=UTC)}, r"give a datetime\.date") for name in SPAN),
        *(({name: "2025-10-06"}, r"give a datetime\.date") for name in SPAN),
        *(({name: None}, r"give a datetime\.date") for name in SPAN if make is weekly),
    ]
    for dates, message in wrong:
        with pytest.raises(PermanentFailure, match=message):
            make(**dates)


@pytest.mark.parametrize(
    ("make", "name", "values", "message"),
    [
        (ModelsRequest, "output_modalities", ["", "all,", "text, image", "all&x=1", "text\n"], "comma-separated"),
        (SessionCostRequest, "app_slug", ["", "two words", "tail\n", 7], "cannot request app_slug="),
        (SessionCostRequest, "model", ["", "two words", "tail\n", 7], "cannot request model="),
    ],
)
def test_torn_names_are_rejected(make: Any, name: str, values: list[Any], message: str) -> None:
    """A stray blank would silently ask for another modality, or find nothing and pass for no sessions."""
    for value in values:
        with pytest.raises(PermanentFailure, match=message):
            make(**{name: value})
