"""Reading snapshots: catalogue, tasks, session costs, benchmarks and apps, typed, set aside or refused.

What is refused of any answer, whatever its endpoint, is tested beside the rankings.
"""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.apps import APPS_SCHEMA, AppRankingsRequest, read_apps
from pipeline.openrouter.endpoints.benchmarks import BENCHMARKS_SCHEMA, BenchmarksRequest, read_benchmarks
from pipeline.openrouter.endpoints.models import (
    CATALOGUE_SCHEMA,
    MAX_MODEL_OFFSET,
    MAX_MODELS,
    ModelsRequest,
    read_catalogue,
)
from pipeline.openrouter.endpoints.request import Request
from pipeline.openrouter.endpoints.response import Answer
from pipeline.openrouter.endpoints.session_cost import (
    MAX_CELL_OFFSET,
    MAX_CELLS,
    SESSION_COSTS_SCHEMA,
    SessionCostRequest,
    read_session_costs,
)
from pipeline.openrouter.endpoints.tasks import TASKS_SCHEMA, TaskClassificationsRequest, read_tasks
from pipeline.planning import next_page
from pipeline.series import ENDPOINTS
from pipeline.simulator.server import Simulator
from tests.support import SHARED, instant, needs_history, needs_recordings

AS_OF = {"as_of": "2026-02-03T06:30:00Z", "version": "v1"}
INDICES = ("intelligence_index", "coding_index", "agentic_index")
PRICES = ("prompt_usd_per_unit", "completion_usd_per_unit")
ENTRY: dict[str, Any] = {
    "id": "minimax/minimax-m2:free",
    "canonical_slug": "minimax/minimax-m2",
    "name": "MiniMax: M2",
    "created": 1761350400,
    "context_length": 204800,
    "hugging_face_id": "MiniMaxAI/MiniMax-M2",
    "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
    "pricing": {"prompt": "0.000000255", "completion": "0.00000102"},
    "benchmarks": {"artificial_analysis": {"intelligence_index": 61.5, "coding_index": 50, "agentic_index": None}},
}
SECOND = ENTRY | {"id": "minimax/minimax-m2"}
MODEL = {"id": "minimax/minimax-m2:free", "tag_usage_share": 0.25, "tag_token_share": 0.5}
TAG: dict[str, Any] = {
    "tag": "code:debugging",
    "display_name": "Debugging",
    "macro_category": "code",
    "usage_share": 0.125,
    "token_share": 0.375,
    "category_usage_share": 0.5,
    "category_token_share": 0.75,
    "models": [MODEL],
}
MACRO = {"key": "code", "label": "Code", "usage_share": 0.25, "token_share": 0.5}
CELL = {
    "app_slug": "cline",
    "app_name": "Cline",
    "turn_range": "2-9-turns",
    "model_permaslug": "minimax/minimax-m2:free",
    "median_session_cost_usd": 1.74,
}
SCORE: dict[str, Any] = {
    "source": "artificial-analysis",
    "model_permaslug": "minimax/minimax-m2",
    "display_name": "MiniMax M2",
    "intelligence_index": 61.5,
    "coding_index": 50,
    "agentic_index": None,
    "pricing": {"prompt": "0.000000255", "completion": "0.00000102"},
}
APP = {"rank": 1, "app_id": 190604, "app_name": "Cline", "total_tokens": "9007199254740993", "total_requests": 24425242}

Reader = Callable[[bytes], Answer]
Fields = Mapping[str, Any]


def body(data: Any, meta: Any = None, **fields: Any) -> bytes:
    return json.dumps({"data": data, **({} if meta is None else {"meta": meta}), **fields}).encode()


def catalogue(*entries: Any, **fields: Any) -> bytes:
    return body(list(entries), **fields)


def tasks(*tags: Any, macros: Any = (MACRO,), **changes: Any) -> bytes:
    data = {"window_days": 7, "as_of": "2026-02-02", "macro_categories": list(macros), "classifications": list(tags)}
    return body(data | changes)


def session_costs(*cells: Any, **changes: Any) -> bytes:
    return body(list(cells), AS_OF | {"window_days": 30, "window_end_date": "2026-02-01"} | changes)


def benchmarks(*scores: Any, **changes: Any) -> bytes:
    meta = {
        "source": "artificial-analysis",
        "source_url": "https://artificialanalysis.ai",
        "citation": "Source: Artificial Analysis via OpenRouter.",
        "model_count": 1,
        "task_type": None,
    }
    return body(list(scores), AS_OF | meta | changes)


def apps(*ranked: Any, **changes: Any) -> bytes:
    return body(list(ranked), AS_OF | {"start_date": "2026-01-04", "end_date": "2026-02-02"} | changes)


def without(mapping: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != name}


# --- the catalogue ---------------------------------------------------------------------------------------------------


def test_the_catalogue_is_typed() -> None:
    """Prices are exact decimals, instants carry their zone, lists of modalities stand in one text."""
    answer = read_catalogue(catalogue(ENTRY, total_count=1, links={}))
    assert answer.rows.to_dicts() == [
        {
            "position": 1,
            "id": "minimax/minimax-m2:free",
            "canonical_slug": "minimax/minimax-m2",
            "name": "MiniMax: M2",
            "created_at": datetime(2025, 10, 25, tzinfo=UTC),
            "context_length": 204800,
            "hugging_face_id": "MiniMaxAI/MiniMax-M2",
            "input_modalities": "text,image",
            "output_modalities": "text",
            "price_unit": "token",
            "prompt_usd_per_unit": Decimal("0.000000255"),
            "completion_usd_per_unit": Decimal("0.00000102"),
            "intelligence_index": 61.5,
            "coding_index": 50.0,
            "agentic_index": None,
        }
    ]
    assert dict(answer.rows.schema) == CATALOGUE_SCHEMA
    assert (answer.unknown_fields, answer.as_of, answer.resolved_start) == ((), None, None)


def test_a_catalogue_entry_needs_only_its_names() -> None:
    """What an entry may leave out is unknown, not zero and not empty; of a kind that is not said no price is asked."""
    bare = {name: ENTRY[name] for name in ("id", "canonical_slug", "name")}
    for entry in (
        bare,
        bare | {"architecture": None, "hugging_face_id": "", "created": None, "context_length": None, "benchmarks": None},
        bare | {"pricing": None},
    ):
        answer = read_catalogue(catalogue(entry))
        (typed,) = answer.rows.to_dicts()
        absent = ("created_at", "context_length", "hugging_face_id", "input_modalities", "output_modalities", *INDICES)
        assert [typed[name] for name in (*absent, *PRICES)] == [None] * 10
        assert typed["price_unit"] == "unknown"


def of_kind(*outputs: str, **prices: str) -> dict[str, Any]:
    return ENTRY | {"architecture": {"output_modalities": list(outputs)}, "pricing": prices}


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
def test_the_unit_of_a_price_follows_from_what_the_model_gives_back(outputs: list[str], unit: str) -> None:
    """The source states none: what gives text back is priced by the token, and what is not known has no known unit."""
    (typed,) = read_catalogue(catalogue(of_kind(*outputs, prompt="0.006", completion="0.5"))).rows.to_dicts() or [{}]
    if unit in ("token", "input token"):
        assert typed == {}, "no token costs half a cent"
        (typed,) = read_catalogue(catalogue(of_kind(*outputs, prompt="0.006", completion="0.01"))).rows.to_dicts()
    assert (typed["price_unit"], typed["prompt_usd_per_unit"]) == (unit, Decimal("0.006"))


def test_what_is_not_priced_by_the_token_may_lack_a_price() -> None:
    """Video is priced elsewhere in its entry, and embeddings have no completion."""
    answer = read_catalogue(catalogue(of_kind("video"), of_kind("embeddings", prompt="0.00000002") | {"id": "an/embedding"}))
    assert answer.rows.select("price_unit", *PRICES).rows() == [
        ("video", None, None),
        ("input token", Decimal("0.00000002"), None),
    ]
    (aside,) = read_catalogue(catalogue(of_kind("embeddings", completion="0"))).bad_rows
    assert aside.reason == "the field prompt is missing"


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("0", Decimal(0)),
        ("-1", Decimal(-1)),
        ("0.00000000000000000000000001", Decimal("1e-26")),
        ("0.00000020000000000000002", Decimal("2.0000000000000002e-7")),
        ("0.00999999999999999999999999", Decimal("0.00999999999999999999999999")),
        ("1e-7", Decimal("0.0000001")),
        ("0.01", Decimal("0.01")),
    ],
)
def test_odd_prices_are_read_exactly(text: str, price: Decimal) -> None:
    """Free is 0, a price that varies is -1, and the smallest price keeps its last digit (F14)."""
    answer = read_catalogue(catalogue(ENTRY | {"pricing": {"prompt": text, "completion": text}}))
    assert answer.rows.select(*PRICES).rows() == [(price, price)]


def test_the_price_of_another_unit_may_be_large() -> None:
    """An hour of audio costs more than any token."""
    answer = read_catalogue(catalogue(of_kind("transcription", prompt="999999", completion="0.00000000000000000000000001")))
    assert answer.rows.select(*PRICES).rows() == [(Decimal(999999), Decimal("1e-26"))]


def test_new_fields_of_an_entry_are_not_asked_about() -> None:
    """An entry has dozens of fields that nobody reads: only a new one of the envelope is reported (F28)."""
    answer = read_catalogue(catalogue(ENTRY, SECOND | {"supported_voices": []}, warnings=[]))
    assert (answer.rows.height, answer.bad_rows, answer.unknown_fields) == (2, [], ("warnings",))


def priced(**prices: Any) -> dict[str, Any]:
    return ENTRY | {"pricing": {"prompt": "0", "completion": "0"} | prices}


BAD_ENTRIES: dict[str, tuple[Any, str]] = {
    **{f"no {name}": (without(ENTRY, name), f"{name} is missing") for name in ("id", "canonical_slug", "name", "pricing")},
    "no completion price": (ENTRY | {"pricing": {"prompt": "0"}}, "completion is missing"),
    "price as a number": (priced(prompt=0.1), "price of prompt"),
    "price null": (priced(completion=None), "price of completion"),
    "price in words": (priced(prompt="free"), "price of prompt"),
    "price with a currency": (priced(prompt="$0.1"), "price of prompt"),
    "no price": (priced(prompt=""), "price of prompt"),
    "price without end": (priced(prompt="Infinity"), "price of prompt"),
    "price out of range": (priced(prompt="1000000"), "out of range"),
    "price of a thousand tokens": (priced(prompt="0.6") | {"id": "a/dear"}, "more than 0.01 dollars"),
    "price below zero": (priced(completion="-0.5") | {"id": "a/cheap"}, "below zero"),
    "price of too many digits to keep": (priced(prompt="0.000000000000000000000000001"), "26 decimal places"),
    "price of many digits": (priced(prompt="9" * 400), "price of prompt"),
    "price of a large exponent": (priced(prompt="1e999999"), "price of prompt"),
    "empty id": (ENTRY | {"id": ""}, "id is no text"),
    "id as a number": (ENTRY | {"id": 5}, "id is no text"),
    "a label instead of a slug": (ENTRY | {"canonical_slug": "Cline"}, "author/model"),
    "long slug": (ENTRY | {"canonical_slug": "a/" + "b" * 299}, "canonical_slug is no text"),
    "context as a text": (ENTRY | {"context_length": "many"}, "invalid literal"),
    "context as a fraction": (ENTRY | {"context_length": 0.5}, "no integer"),
    "context true": (ENTRY | {"context_length": True}, "no integer"),
    "created as a text": (ENTRY | {"created": "2026"}, "integer"),
    "created out of range": (ENTRY | {"created": 1e300}, "out of range"),
    "modalities of numbers": (ENTRY | {"architecture": {"input_modalities": [5]}}, ""),
    "pricing as a text": (ENTRY | {"pricing": "free"}, "indices"),
    "an index as a text": (ENTRY | {"benchmarks": {"artificial_analysis": {"coding_index": "50"}}}, "no number"),
    "a list": ([ENTRY], "no object"),
    "null": (None, "no object"),
}


@pytest.mark.parametrize(("bad", "reason"), BAD_ENTRIES.values(), ids=BAD_ENTRIES.keys())
def test_an_entry_that_cannot_be_typed_is_set_aside(bad: Any, reason: str) -> None:
    """One odd entry goes aside with its reason, and the catalogue around it is read (F27)."""
    answer = read_catalogue(catalogue(ENTRY, bad, SECOND))
    assert answer.rows["position"].to_list() == [1, 3]
    assert answer.rows_read == 3
    (found,) = answer.bad_rows
    assert reason in found.reason


@pytest.mark.parametrize(
    "odd",
    [
        ENTRY | {"context_length": 10**30},
        ENTRY | {"context_length": 1e300},
        ENTRY | {"hugging_face_id": 5},
        ENTRY | {"architecture": [1]},
        ENTRY | {"architecture": "text"},
        ENTRY | {"architecture": {"input_modalities": "text"}},
        ENTRY | {"name": "\ud800"},
        priced(prompt="NaN"),
        priced(prompt="1_0"),
    ],
    ids=str,
)
def test_odd_entries_cost_only_themselves(odd: Any) -> None:
    """A value that no table can hold sets its own entry aside and stops nothing else."""
    answer = read_catalogue(catalogue(ENTRY, odd))
    assert (answer.rows.height, len(answer.bad_rows)) == (1, 1)


LINKS: dict[str, tuple[Any, int | None]] = {
    "none": (None, None),
    "no next": ({}, None),
    "next null": ({"next": None}, None),
    "a path": ({"next": "/api/v1/models?output_modalities=all&offset=70&limit=70"}, 70),
    "another host, of which nothing is used": ({"next": "https://example.org/?offset=500"}, 500),
}


@pytest.mark.parametrize(("links", "offset"), LINKS.values(), ids=LINKS.keys())
def test_a_page_says_where_the_next_begins(links: Any, offset: int | None) -> None:
    """And how many entries there are on all of them."""
    answer = read_catalogue(catalogue(ENTRY, links=links, total_count=120))
    assert (answer.next_offset, answer.total_rows) == (offset, 120)


@pytest.mark.parametrize(
    "odd",
    [
        {"links": []},
        {"links": {"next": 5}},
        {"links": {"next": "/api/v1/models?page=2"}},
        {"links": {"next": "/api/v1/models?offset=a"}},
        {"links": {"next": "/api/v1/models?offset=1&offset=2"}},
        {"total_count": "120"},
        {"total_count": 1.5},
    ],
    ids=str,
)
def test_a_page_that_does_not_say_what_follows_is_refused(odd: dict[str, Any]) -> None:
    """It may be a part, and nobody could say of what (F41)."""
    with pytest.raises(PermanentFailure, match=next(iter(odd))):
        read_catalogue(catalogue(ENTRY, **odd))


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_tasks_are_typed() -> None:
    """A row each for a macro category, a tag and a model of the tag; `*` stands for all of what stands below."""
    answer = read_tasks(tasks(TAG))
    nothing: dict[str, Any] = dict.fromkeys(TASKS_SCHEMA)
    assert answer.rows.to_dicts() == [
        nothing
        | {"position": 1, "macro_category": "code", "tag": "*", "model_permaslug": "*", "display_name": "Code"}
        | {"usage_share": 0.25, "token_share": 0.5},
        nothing
        | {"position": 2, "macro_category": "code", "tag": "code:debugging", "model_permaslug": "*"}
        | {"display_name": "Debugging", "usage_share": 0.125, "token_share": 0.375}
        | {"category_usage_share": 0.5, "category_token_share": 0.75},
        nothing
        | {"position": 2, "macro_category": "code", "tag": "code:debugging", "model_permaslug": "minimax/minimax-m2:free"}
        | {"tag_usage_share": 0.25, "tag_token_share": 0.5},
    ]
    assert dict(answer.rows.schema) == TASKS_SCHEMA
    assert (answer.rows_read, answer.bad_rows, answer.unknown_fields, answer.citation) == (2, [], (), None)


def test_tasks_are_of_the_last_day_of_their_window() -> None:
    """The source says as of which day: it names the block, and stands for an instant, which is not told."""
    answer = read_tasks(tasks(TAG))
    assert (answer.period_start, answer.as_of) == (date(2026, 2, 2), instant("2026-02-02T00:00"))
    assert (answer.resolved_start, answer.resolved_end) == (None, None)


def test_a_share_of_nothing_or_all_is_a_number() -> None:
    """0 and 1 are written without a point."""
    answer = read_tasks(tasks(TAG | {"usage_share": 0, "token_share": 1}))
    assert answer.rows.select("usage_share", "token_share").rows()[1] == (0.0, 1.0)


def test_unknown_fields_of_tasks_are_reported() -> None:
    """Wherever they stand, and nothing is refused for them (F28)."""
    tag = TAG | {"trend": "up", "models": [MODEL | {"rank": 1}]}
    answer = read_tasks(tasks(tag, macros=[MACRO | {"icon": "x"}], sample_size=5))
    assert answer.unknown_fields == ("data.sample_size", "icon", "rank", "trend")
    assert (answer.rows.height, answer.bad_rows) == (3, [])
    enveloped = json.loads(tasks(TAG)) | {"meta": {}}
    assert read_tasks(json.dumps(enveloped).encode()).unknown_fields == ("meta",)


def test_a_tag_with_a_key_is_still_a_tag() -> None:
    """An added field that macro categories have too makes no macro category of a tag (F28)."""
    answer = read_tasks(tasks(TAG | {"key": "code:debugging"}))
    assert (answer.bad_rows, answer.unknown_fields) == ([], ("key",))
    assert answer.rows["tag"].to_list() == ["*", "code:debugging", "code:debugging"]


BAD_TAGS: dict[str, tuple[Any, str]] = {
    **{f"no {name}": (without(TAG, name), f"{name} is missing") for name in TAG},
    **{f"model without {name}": (TAG | {"models": [MODEL, without(MODEL, name)]}, f"{name} is missing") for name in MODEL},
    "share as a text": (TAG | {"token_share": "0.5"}, "token_share is no number"),
    "share null": (TAG | {"usage_share": None}, "usage_share is no number"),
    "share true": (TAG | {"category_token_share": True}, "category_token_share is no number"),
    "share beyond all numbers": (TAG | {"token_share": 10**400}, ""),
    "no name": (TAG | {"tag": ""}, "tag is no text"),
    "models null": (TAG | {"models": None}, "iterable"),
    "models as names": (TAG | {"models": ["a/b"]}, "keys"),
    "models in an object": (TAG | {"models": {"a/b": MODEL}}, "keys"),
    "a list": ([TAG], "no object"),
    "null": (None, "no object"),
}


@pytest.mark.parametrize(("bad", "reason"), BAD_TAGS.values(), ids=BAD_TAGS.keys())
def test_a_tag_that_cannot_be_typed_is_set_aside(bad: Any, reason: str) -> None:
    """With its models, whole: half a tag is none. The tags around it are read (F27)."""
    answer = read_tasks(tasks(TAG, bad, TAG, macros=[]))
    assert answer.rows["position"].to_list() == [1, 1, 3, 3]
    (found,) = answer.bad_rows
    assert reason in found.reason
    assert found.period_start is None
    assert found.content == json.dumps(bad)[:1000]


@pytest.mark.parametrize("name", MACRO)
def test_a_macro_category_that_cannot_be_typed_is_set_aside(name: str) -> None:
    """It goes aside with the reason; its tags stay."""
    answer = read_tasks(tasks(TAG, macros=[without(MACRO, name), MACRO]))
    assert answer.rows["position"].to_list() == [2, 3, 3]
    assert [found.reason for found in answer.bad_rows] == [f"the field {name} is missing"]


CHANGED_TASKS: dict[str, tuple[bytes, str]] = {
    **{
        f"no {name}": (body(without(json.loads(tasks(TAG))["data"], name)), f"lacks {name}")
        for name in ("window_days", "as_of", "classifications", "macro_categories")
    },
    "tags in an object": (tasks(classifications={}), "`classifications` is no list"),
    "macro categories in an object": (tasks(macro_categories={}), "`macro_categories` is no list"),
    "another window": (tasks(TAG, window_days=30), "`data.window_days` is 30, 7 was asked for"),
    "the window as a text": (tasks(TAG, window_days="7d"), "window_days"),
    "an instant for a day": (tasks(TAG, as_of="2026-02-02T00:00:00Z"), "`data.as_of`"),
    "no day": (tasks(TAG, as_of=None), "`data.as_of`"),
    "an impossible day": (tasks(TAG, as_of="2026-02-30"), "`data.as_of`"),
    "tags at the top": (body([TAG]), "`data` lacks as_of"),
}


@pytest.mark.parametrize(("changed", "reason"), CHANGED_TASKS.values(), ids=CHANGED_TASKS.keys())
def test_changed_envelope_of_tasks_is_refused(changed: bytes, reason: str) -> None:
    """Shares of another window, or of no known day, are not filed (F3)."""
    with pytest.raises(PermanentFailure, match=reason):
        read_tasks(changed)


# --- session costs ---------------------------------------------------------------------------------------------------


def test_session_costs_are_typed() -> None:
    """A cell of app, turns and model; what an app is called is not read, and not unknown."""
    answer = read_session_costs(session_costs(CELL, CELL | {"median_session_cost_usd": 0}))
    assert answer.rows.rows() == [
        (1, "cline", "2-9-turns", "minimax/minimax-m2:free", 1.74),
        (2, "cline", "2-9-turns", "minimax/minimax-m2:free", 0.0),
    ]
    assert dict(answer.rows.schema) == SESSION_COSTS_SCHEMA
    assert (answer.period_start, answer.as_of) == (date(2026, 2, 1), instant("2026-02-03T06:30"))
    assert (answer.rows_read, answer.bad_rows, answer.unknown_fields, answer.citation) == (2, [], (), None)


def test_no_cells_of_no_window_are_read() -> None:
    """Before the source's first snapshot, and beyond its last cell, there is nothing, and no window of it."""
    answer = read_session_costs(session_costs(window_end_date=None, window_days=None))
    assert (answer.rows_read, answer.period_start) == (0, None)


def test_cells_without_a_window_are_refused() -> None:
    """Medians of nobody knows which days are not filed (F3)."""
    with pytest.raises(PermanentFailure, match="of which days they are is not said"):
        read_session_costs(session_costs(CELL, window_end_date=None))


# --- benchmarks ------------------------------------------------------------------------------------------------------


def test_benchmarks_are_typed() -> None:
    """An index that was not measured is unknown, not zero, and so are the prices of what is not sold (F20)."""
    answer = read_benchmarks(benchmarks(SCORE, SCORE | {"pricing": None, "coding_index": None}))
    assert answer.rows.rows() == [
        (1, "minimax/minimax-m2", 61.5, 50.0, None, Decimal("0.000000255"), Decimal("0.00000102")),
        (2, "minimax/minimax-m2", 61.5, None, None, None, None),
    ]
    assert dict(answer.rows.schema) == BENCHMARKS_SCHEMA
    assert (answer.rows_read, answer.bad_rows, answer.unknown_fields) == (2, [], ())


def test_benchmarks_have_no_period_and_a_citation_of_their_own() -> None:
    """They are as of an instant, and are cited as their maker asks."""
    answer = read_benchmarks(benchmarks(SCORE))
    assert (answer.period_start, answer.as_of) == (None, instant("2026-02-03T06:30"))
    assert answer.citation == "Source: Artificial Analysis via OpenRouter."
    assert read_benchmarks(benchmarks(SCORE, citation=None)).citation is None


def test_benchmarks_of_another_source_are_refused() -> None:
    """Scores of several sources have different shapes and scales."""
    for source in (None, "design-arena"):
        with pytest.raises(PermanentFailure, match="artificial-analysis was asked for"):
            read_benchmarks(benchmarks(SCORE, source=source))


# --- apps ------------------------------------------------------------------------------------------------------------


def test_apps_are_typed() -> None:
    """Tokens are integers to the last digit past 2^53 (F18, F35)."""
    answer = read_apps(apps(APP))
    assert answer.rows.rows() == [(1, 1, 190604, "Cline", 9007199254740993, 24425242)]
    assert dict(answer.rows.schema) == APPS_SCHEMA
    assert (answer.rows_read, answer.bad_rows, answer.unknown_fields, answer.citation) == (1, [], (), None)


def test_apps_are_of_the_last_day_of_their_window() -> None:
    """The window that the source says it answered for is kept, and its last day names the block."""
    answer = read_apps(apps(APP))
    assert (answer.resolved_start, answer.resolved_end) == (date(2026, 1, 4), date(2026, 2, 2))
    assert (answer.period_start, answer.as_of) == (date(2026, 2, 2), instant("2026-02-03T06:30"))


# --- rows and envelopes alike ----------------------------------------------------------------------------------------

Write = Callable[..., bytes]
READ: dict[str, tuple[Reader, Write, Mapping[str, Any]]] = {
    "cells": (read_session_costs, session_costs, CELL),
    "scores": (read_benchmarks, benchmarks, SCORE),
    "apps": (read_apps, apps, APP),
}
NO_OBJECTS: list[Any] = [[], "a/b", 5, None]
BAD_ROWS: dict[str, tuple[str, Any, str]] = {
    **{
        f"{kind} without {name}": (kind, without(row, name), f"{name} is missing")
        for kind, (_, _, row) in READ.items()
        for name in row
        if name not in ("display_name", "app_name") or kind == "apps"
    },
    **{f"{kind}: {bad!r}": (kind, bad, "no object") for kind in READ for bad in NO_OBJECTS},
    "cost as a text": ("cells", CELL | {"median_session_cost_usd": "1.74"}, "no number"),
    "cost null": ("cells", CELL | {"median_session_cost_usd": None}, "no number"),
    "no app": ("cells", CELL | {"app_slug": ""}, "app_slug is no text"),
    "turns as a number": ("cells", CELL | {"turn_range": 2}, "turn_range is no text"),
    "score of another source": ("scores", SCORE | {"source": "openrouter"}, "source is not artificial-analysis"),
    "score as a text": ("scores", SCORE | {"coding_index": "50"}, "coding_index is no number"),
    "score true": ("scores", SCORE | {"coding_index": True}, "coding_index is no number"),
    "price as a number": ("scores", SCORE | {"pricing": {"prompt": 0.1, "completion": "0"}}, "price of prompt"),
    "half a price": ("scores", SCORE | {"pricing": {"prompt": "0"}}, "completion is missing"),
    "tokens as a number": ("apps", APP | {"total_tokens": 5}, "decimal string"),
    "tokens in words": ("apps", APP | {"total_tokens": "1.2T"}, "decimal string"),
    "requests as a text": ("apps", APP | {"total_requests": "many"}, "invalid literal"),
    "requests as a fraction": ("apps", APP | {"total_requests": 0.5}, "no integer"),
    "requests beyond 64 bits": ("apps", APP | {"total_requests": 2**63}, "no integer of 64 bits"),
    "app as a name": ("apps", APP | {"app_id": "Cline"}, "invalid literal"),
    "no name": ("apps", APP | {"app_name": None}, "app_name is no text"),
    "half a character": ("apps", APP | {"app_name": "\ud800"}, ""),
}


@pytest.mark.parametrize(("kind", "bad", "reason"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_row_that_cannot_be_typed_is_set_aside(kind: str, bad: Any, reason: str) -> None:
    """The row goes aside with reason and content, the good ones around it stay at their places (F18, F27)."""
    read, write, row = READ[kind]
    answer = read(write(row, bad, row))
    assert answer.rows["position"].to_list() == [1, 3]
    assert answer.rows_read == 3
    (found,) = answer.bad_rows
    assert reason in found.reason
    assert found.content == json.dumps(bad)[:1000]


@pytest.mark.parametrize("kind", READ)
def test_unknown_fields_are_reported_and_their_rows_kept(kind: str) -> None:
    """An additive field is named wherever it stands, and nothing is refused for it (F28)."""
    read, write, row = READ[kind]
    enveloped = json.loads(write(row, dict(row) | {"novel": 1}, license="CC BY 4.0")) | {"links": {}}
    answer = read(json.dumps(enveloped).encode())
    assert answer.unknown_fields == ("links", "meta.license", "novel")
    assert (answer.rows.height, answer.bad_rows) == (2, [])


CHANGED_META: dict[str, tuple[str, str, Fields]] = {
    **{
        f"{kind} without {name}": (kind, f"lacks {name}", {name: ...})
        for kind, (_, write, row) in READ.items()
        for name in json.loads(write(row))["meta"]
    },
    **{f"{kind} of version 2": (kind, "version", {"version": "v2"}) for kind in READ},
    **{f"{kind} without a zone": (kind, "zone", {"as_of": "2026-02-03T06:30:00"}) for kind in READ},
    **{f"{kind} of no instant": (kind, "as_of", {"as_of": None}) for kind in READ},
    "window of an instant": ("cells", "window_end_date", {"window_end_date": "2026-02-01T00:00:00Z"}),
    "citation in a list": ("scores", "citation", {"citation": ["Source"]}),
    "no start": ("apps", "start_date", {"start_date": None}),
    "impossible end": ("apps", "end_date", {"end_date": "2026-02-30"}),
}


@pytest.mark.parametrize(("kind", "reason", "changes"), CHANGED_META.values(), ids=CHANGED_META.keys())
def test_changed_meta_is_refused(kind: str, reason: str, changes: Fields) -> None:
    """Rows are not filed where the source does not say of which days, when and by which contract it answered (F3)."""
    read, write, row = READ[kind]
    enveloped = json.loads(write(row))
    enveloped["meta"] = {name: value for name, value in (enveloped["meta"] | dict(changes)).items() if value is not ...}
    with pytest.raises(PermanentFailure, match=reason):
        read(json.dumps(enveloped).encode())


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("meta", [None, [], "v1", {}])
def test_an_answer_without_meta_is_refused(kind: str, meta: Any) -> None:
    """A dataset says of what it is."""
    read, _, row = READ[kind]
    with pytest.raises(PermanentFailure, match="lacks"):
        read(json.dumps({"data": [row]} | ({} if meta is None else {"meta": meta})).encode())


# --- pages -----------------------------------------------------------------------------------------------------------


def test_a_full_page_is_followed_by_the_next() -> None:
    """A page as long as it may be is not the last one (F32)."""
    request = SessionCostRequest(limit=2)
    following = next_page(request, session_costs(CELL, CELL))
    assert following == SessionCostRequest(limit=2, offset=2)
    assert next_page(following, session_costs(CELL, CELL)) == SessionCostRequest(limit=2, offset=4)


@pytest.mark.parametrize("cells", [0, 1])
def test_a_page_that_is_not_full_is_the_last(cells: int) -> None:
    """Also an empty one, which follows where the cells fill their pages exactly."""
    assert next_page(SessionCostRequest(limit=2, offset=2), session_costs(*[CELL] * cells)) is None


def test_there_is_no_page_beyond_the_largest_offset() -> None:
    """The source gives out no more: a full page there is the last one that can be had."""
    full = session_costs(*[CELL] * MAX_CELLS)
    assert next_page(SessionCostRequest(offset=MAX_CELL_OFFSET - MAX_CELLS), full) == SessionCostRequest(
        offset=MAX_CELL_OFFSET
    )
    assert next_page(SessionCostRequest(offset=MAX_CELL_OFFSET), full) is None


def linked(offset: int, **changes: Any) -> bytes:
    return catalogue(ENTRY, links={"next": f"/api/v1/models?offset={offset}&limit=500"}, total_count=1200, **changes)


def test_a_catalogue_is_asked_on_where_the_source_says_so() -> None:
    """From where its link says, in pages as large as may be; of the link nothing else is used (F41)."""
    following = next_page(ModelsRequest("all"), linked(500))
    assert following == ModelsRequest("all", offset=500, limit=MAX_MODELS)
    assert next_page(following, linked(1000)) == ModelsRequest("all", offset=1000, limit=MAX_MODELS)
    assert next_page(following, linked(500)) is None, "a page that leads back to itself is not asked for for ever"
    assert next_page(ModelsRequest("all"), linked(MAX_MODEL_OFFSET + 1)) is None
    assert next_page(ModelsRequest("all"), catalogue(ENTRY, links={"next": None}, total_count=1)) is None


def test_a_full_page_of_a_catalogue_without_links_is_followed() -> None:
    """Before it named the next page the source had pages, too."""
    request = ModelsRequest("all", offset=0, limit=2)
    assert next_page(request, catalogue(ENTRY, SECOND)) == ModelsRequest("all", offset=2, limit=MAX_MODELS)
    assert next_page(request, catalogue(ENTRY)) is None
    assert next_page(request, catalogue(ENTRY, SECOND, total_count=2)) is None


def test_a_page_that_cannot_be_read_has_no_next() -> None:
    """Asking on would only spend the budget: what is wrong is said when it is loaded."""
    for odd in (b"", b"<html>", b"[]", b"{}", body({"cells": []}, {})):
        assert next_page(SessionCostRequest(limit=1), odd) is None


def test_other_answers_have_no_pages() -> None:
    """However many rows they have."""
    for request in (TaskClassificationsRequest(), BenchmarksRequest(), AppRankingsRequest("popular")):
        assert next_page(request, body([APP] * 100, {})) is None


# --- the simulator ---------------------------------------------------------------------------------------------------

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
def test_answers_of_the_simulator_are_read(request_: Request, period_start: date | None, as_of: datetime | None) -> None:
    """Every row is typed, nothing is unknown, and the block is named by the day that the source names."""
    answered = ask(Simulator(clock=lambda: NOW, limits=None), request_)
    answer = ENDPOINTS[request_.path].read(answered)
    assert answer.rows_read == answer.rows["position"].n_unique() > 0
    assert (answer.bad_rows, answer.unknown_fields) == ([], ())
    assert (answer.period_start, answer.as_of) == (period_start, as_of)
    assert (answer.citation or "").startswith("SIMULATED") == isinstance(request_, BenchmarksRequest)


def test_pages_of_the_simulator_hold_every_cell_once() -> None:
    """Asked to the end, the pages together are what one large page would be (F32)."""
    simulator = Simulator(clock=lambda: NOW, limits=None)

    def cells(limit: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        pages = 0
        asked: Request | None = SessionCostRequest(limit=limit)
        while asked is not None:
            answered = ask(simulator, asked)
            found += read_session_costs(answered).rows.drop("position").rows()
            pages, asked = pages + 1, next_page(asked, answered)
        return found, pages

    (whole, fewest), (again, more) = cells(MAX_CELLS), cells(150)
    assert whole == again
    assert len(set(whole)) == len(whole)
    assert 1 <= fewest < more


# --- recordings ------------------------------------------------------------------------------------------------------


def recorded(folder: str) -> list[tuple[datetime, dict[str, Any]]]:
    """When each answer in a folder of what was recorded was read, and its body."""
    exchanges = [json.loads(gzip.decompress(path.read_bytes())) for path in sorted((SHARED / folder).glob("*.json.gz"))]
    assert exchanges
    return [(datetime.fromisoformat(one["retrieved_at"]), one["response"]["body"]) for one in exchanges]


@needs_recordings
def test_recorded_tasks_are_read() -> None:
    """Every share of the source is found again, and the window ended the day before it was read."""
    for at, answered in recorded("recordings/classifications-task"):
        answer = read_tasks(json.dumps(answered).encode())
        assert (answer.bad_rows, answer.unknown_fields) == ([], ())
        assert answer.period_start == at.date() - timedelta(days=1)
        given = answered["data"]
        models = {(tag["tag"], model["id"]): model for tag in given["classifications"] for model in tag["models"]}
        typed = {(row["tag"], row["model_permaslug"]): row for row in answer.rows.to_dicts()}
        assert len(typed) == answer.rows.height - len(given["macro_categories"]) + 1
        for key, model in models.items():
            assert (typed[key]["tag_usage_share"], typed[key]["tag_token_share"]) == (
                model["tag_usage_share"],
                model["tag_token_share"],
            )
        assert answer.rows.height == len(models) + len(given["classifications"]) + len(given["macro_categories"])


@needs_history
def test_recorded_apps_are_read() -> None:
    """Every app with its figures to the digit, for the 30 days that ended the day before."""
    for at, answered in recorded("history/app-rankings/default"):
        answer = read_apps(json.dumps(answered).encode())
        assert (answer.bad_rows, answer.unknown_fields) == ([], ())
        assert answer.resolved_start is not None
        assert answer.resolved_end is not None
        assert (answer.resolved_end - answer.resolved_start).days == 29
        assert timedelta(0) < at.date() - answer.resolved_end <= timedelta(days=2)
        assert [str(tokens) for tokens in answer.rows["total_tokens"]] == [app["total_tokens"] for app in answered["data"]]
        assert answer.rows["app_id"].to_list() == [app["app_id"] for app in answered["data"]]


@needs_recordings
def test_recorded_catalogues_are_read() -> None:
    """Every entry, with the prices that the source wrote."""
    for _, answered in recorded("recordings/models"):
        answer = read_catalogue(json.dumps(answered).encode())
        assert (answer.bad_rows, answer.unknown_fields) == ([], ())
        typed = answer.rows.select("id", *PRICES).rows()
        assert typed == [
            (entry["id"], Decimal(entry["pricing"]["prompt"]), Decimal(entry["pricing"]["completion"]))
            for entry in answered["data"]
        ]
        assert answer.rows["created_at"].null_count() == 0


# --- anything at all -------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
GOOD = {
    "catalogue": json.loads(catalogue(ENTRY)),
    "tasks": json.loads(tasks(TAG)),
    "session_costs": json.loads(session_costs(CELL)),
    "benchmarks": json.loads(benchmarks(SCORE)),
    "apps": json.loads(apps(APP)),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value within a body, the body itself first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, one in inner for place in places(one, (*path, name)))]


@pytest.mark.parametrize("shape", [one for one in ENDPOINTS.values() if one.name != "rankings"], ids=lambda one: one.name)
@settings(max_examples=100, deadline=2000)
@given(data=st.data())
def test_whatever_stands_in_a_place_is_typed_set_aside_or_refused(shape: Any, data: st.DataObject) -> None:
    """Any value in the place of any other: nothing is raised but a refusal, and no row is lost without a reason."""
    spoilt = {"body": copy.deepcopy(GOOD[shape.name])}
    place = ("body", *data.draw(st.sampled_from(places(GOOD[shape.name]))))
    inside: Any = spoilt
    for name in place[:-1]:
        inside = inside[name]
    inside[place[-1]] = data.draw(json_values)
    try:
        answer = shape.read(json.dumps(spoilt["body"]).encode())
    except PermanentFailure:
        return
    assert answer.rows["position"].n_unique() + len(answer.bad_rows) == answer.rows_read
    assert all(found.reason for found in answer.bad_rows)
