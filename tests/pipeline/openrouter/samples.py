"""One entry per endpoint: a good response, what it is read as, and what spoils an item or the envelope of it.

Belongs here: made-up responses; a new endpoint is tested once it has its entry. Not here: what holds for every endpoint
(``test_endpoints``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pipeline.openrouter.endpoints.endpoint import Endpoint
from pipeline.openrouter.endpoints.response import Answer
from pipeline.series import ENDPOINTS
from tests.support import instant

Place = tuple[str | int, ...]
ABSENT: Any = object()
"""In the place of a value: the field is left out."""


@dataclass(frozen=True)
class Sample:
    """A response with three items at ``place``, and the Answer that it is read as, its ``rows`` a list of tuples.

    ``optional`` fields of an item may be absent. ``bad``: field of an item (None: the item itself), values that it cannot
    have, and why. ``rejected``: place in the body, values with which the whole response is rejected, and why.
    """

    body: dict[str, Any]
    answer: Answer
    bad: Sequence[tuple[str | None, Sequence[Any], str]]
    rejected: Sequence[tuple[Place, Sequence[Any], str]] = ()
    optional: Sequence[str] = ()
    place: Place = ("data",)
    reads_all_fields: bool = True

    @property
    def items(self) -> list[dict[str, Any]]:
        found = self.body
        for name in self.place:
            found = found[name]  # type: ignore[index]
        return found  # type: ignore[return-value]

    def spoilt(self, place: Place, value: Any) -> bytes:
        """The body with another value, or with nothing, in one place."""
        spoilt: dict[str, Any] = {"body": json.loads(json.dumps(self.body))}
        inside: Any = spoilt
        *way, last = ("body", *place)
        for name in way:
            inside = inside[name]
        if value is ABSENT:
            del inside[last]
        else:
            inside[last] = value
        return json.dumps(spoilt["body"]).encode()


def endpoint_of(name: str) -> Endpoint:
    (found,) = (one for one in ENDPOINTS.values() if one.name == name)
    return found


def typed(rows: Sequence[tuple[Any, ...]], rows_read: int = 3, **facts: Any) -> Answer:
    return Answer(rows=rows, rows_read=rows_read, **facts)  # type: ignore[arg-type]


META = {"as_of": "2026-02-03T06:30:00Z", "version": "v1"}
M2 = "minimax/minimax-m2:free"
NO_OBJECTS = (None, [[], "a/b", 5, None, [{}]], "not an object")
NO_DAYS = [None, "2026-02-30", "2026-02-02T00:00:00Z"]
ROW = {"date": "2026-02-01", "model_permaslug": M2, "total_tokens": "84323736444"}
LAB_SHARE = {
    "date": "2026-09-30",
    "group": "labs",
    "name": "minimax",
    "metric": "spend",
    "modality": "all",
    "share_percent": 45.8125,
}
ENTRY: dict[str, Any] = {
    "id": M2,
    "canonical_slug": "minimax/minimax-m2",
    "name": "MiniMax: M2",
    "created": 1761350400,
    "context_length": 204800,
    "hugging_face_id": "MiniMaxAI/MiniMax-M2",
    "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
    "pricing": {"prompt": "0.000000255", "completion": "0.00000102"},
    "benchmarks": {"artificial_analysis": {"intelligence_index": 61.5, "coding_index": 50, "agentic_index": None}},
}
AS_READ = (
    *("minimax/minimax-m2", "MiniMax: M2", datetime(2025, 10, 25, tzinfo=UTC), 204800, "MiniMaxAI/MiniMax-M2"),
    *("text,image", "text", "token", Decimal("0.000000255"), Decimal("0.00000102"), 61.5, 50.0, None),
)
IDS = [M2, "minimax/minimax-m2", "minimax/minimax-m2:extended"]
MODEL = {"id": M2, "tag_usage_share": 0.25, "tag_token_share": 0.5}
TAG: dict[str, Any] = {
    "tag": "code:debugging",
    "display_name": "Debugging",
    "macro_category": "code",
    "usage_share": 0.125,
    "token_share": 0.375,
    "category_usage_share": 0,  # 0 and 1 are written without a point
    "category_token_share": 1,
    "models": [MODEL],
}
MACRO = {"key": "code", "label": "Code", "usage_share": 0.25, "token_share": 0.5}
CELL = {
    "app_slug": "cline",
    "app_name": "Cline",
    "turn_range": "2-9-turns",
    "model_permaslug": M2,
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
NO_TOKENS = [5, 5.0, "5.0", "1.2T", "1e9", "1_000", "٣", " 5", "5\n", "", True, None, ["5"]]


def priced(*prompts: Any) -> list[dict[str, Any]]:
    return [{"prompt": prompt, "completion": "0"} for prompt in prompts]


SAMPLES = {
    "rankings": Sample(
        {
            "data": [
                ROW,
                {"date": "2026-02-02", "model_permaslug": "a/" + "b" * 298, "total_tokens": "-7"},
                ROW | {"model_permaslug": "other", "total_tokens": "9007199254740993"},
            ],
            "meta": META | {"start_date": "2026-02-01", "end_date": "2026-02-02"},
        },
        # To the last digit past 2^53. A figure below zero is read: whether it is accepted is for validation to say.
        typed(
            [
                (1, date(2026, 2, 1), M2, 84323736444),
                (2, date(2026, 2, 2), "a/" + "b" * 298, -7),
                (3, date(2026, 2, 1), "other", 9007199254740993),
            ],
            as_of=instant("2026-02-03T06:30"),
            resolved_start=date(2026, 2, 1),
            resolved_end=date(2026, 2, 2),
        ),
        bad=[
            ("date", ["2026-2-3", "20260203", "2026-W06-2", "2026-02-03T00:00:00Z", 20260203, None], "YYYY-MM-DD"),
            ("date", ["2026-02-30"], "day is out of range"),
            ("model_permaslug", ["", "a/" + "b" * 299, None, ["a/b"]], "1 to 300"),
            ("model_permaslug", ["a/\ud800"], ""),
            ("total_tokens", NO_TOKENS, "decimal string"),
            ("total_tokens", ["1" * 19, "9" * 1_000_000], "18 digits"),
            (None, [["2026-02-01", "a/b", "5"], "a/b", 5, None], "not an object"),
        ],
        rejected=[(("meta", "start_date"), NO_DAYS, "start_date"), (("meta", "end_date"), NO_DAYS, "end_date")],
    ),
    "catalogue": Sample(
        {"data": [ENTRY | {"id": name} for name in IDS], "total_count": 3, "links": {}},
        typed(
            [(n, name, *AS_READ) for n, name in enumerate(IDS, start=1)],
            total_rows=3,
        ),
        bad=[
            ("id", ["", 5], "id is not a text"),
            ("canonical_slug", ["Cline"], "author/model"),
            ("canonical_slug", ["a/" + "b" * 299], "canonical_slug is not a text"),
            ("name", ["\ud800"], ""),
            ("created", ["2026"], "integer"),
            ("created", [1e300], "out of range"),
            ("context_length", ["many"], "invalid literal"),
            ("context_length", [0.5, True], "not an integer"),
            ("context_length", [10**30, 1e300], ""),
            ("hugging_face_id", [5], ""),
            ("architecture", [{"input_modalities": [5]}, {"input_modalities": "text"}, [1], "text"], ""),
            ("pricing", ["free"], "indices"),
            ("pricing", [{"prompt": "0"}], "completion is missing"),
            ("pricing", priced(0.1, None, "free", "$0.1", "", "Infinity", "9" * 400, "1e999999", "1_0"), "price of prompt"),
            ("pricing", priced("NaN"), ""),
            ("pricing", priced("1000000"), "out of range"),
            ("pricing", priced("0.6"), "more than 0.01 dollars"),
            ("pricing", priced("-0.5"), "below zero"),
            ("pricing", priced("0.000000000000000000000000001"), "26 decimal places"),
            ("benchmarks", [{"artificial_analysis": {"coding_index": "50"}}], "not a number"),
            NO_OBJECTS,
        ],
        # It may be a part, and nobody could say of what.
        rejected=[
            (("links",), [[], {"next": 5}], "links"),
            (("links", "next"), [f"/api/v1/models?{odd}" for odd in ("page=2", "offset=a", "offset=1&offset=2")], "links"),
            (("total_count",), ["120", 1.5], "total_count"),
        ],
        optional=("created", "context_length", "hugging_face_id", "architecture", "benchmarks"),
        reads_all_fields=False,
    ),
    "tasks": Sample(
        {
            "data": {
                "window_days": 7,
                "as_of": "2026-02-02",
                "macro_categories": [MACRO],
                "classifications": [TAG, TAG, TAG],
            }
        },
        # A row each for a macro category, a tag and a model of the tag; `*` is all of what is below.
        typed(
            [
                (1, "code", "*", "*", "Code", 0.25, 0.5, *[None] * 4),
                *(
                    row
                    for n in (2, 3, 4)
                    for row in (
                        (n, "code", "code:debugging", "*", "Debugging", 0.125, 0.375, 0.0, 1.0, None, None),
                        (n, "code", "code:debugging", M2, *[None] * 5, 0.25, 0.5),
                    )
                ),
            ],
            rows_read=4,
            as_of=instant("2026-02-02T00:00"),
            period_start=date(2026, 2, 2),
        ),
        bad=[
            *(
                ("models", [[MODEL, {key: MODEL[key] for key in MODEL if key != name}]], f"{name} is missing")
                for name in MODEL
            ),
            ("token_share", ["0.5"], "token_share is not a number"),
            ("usage_share", [None], "usage_share is not a number"),
            ("category_token_share", [True], "category_token_share is not a number"),
            ("token_share", [10**400], ""),
            ("tag", [""], "tag is not a text"),
            ("models", [None], "iterable"),
            ("models", [["a/b"], {"a/b": MODEL}], "keys"),
            NO_OBJECTS,
        ],
        rejected=[
            *((("data", name), [ABSENT], f"lacks {name}") for name in ("window_days", "as_of")),
            *((("data", name), [ABSENT], f"lacks {name}") for name in ("classifications", "macro_categories")),
            (("data", "classifications"), [{}], "`classifications` is not a list"),
            (("data", "macro_categories"), [{}], "`macro_categories` is not a list"),
            (("data", "window_days"), [30, "7d"], "`data.window_days` is .*, 7 was expected"),
            (("data", "as_of"), NO_DAYS, "`data.as_of`"),
            (("data",), [[TAG]], "`data` lacks as_of"),
        ],
        place=("data", "classifications"),
    ),
    "session_costs": Sample(
        {
            "data": [CELL, CELL, CELL | {"median_session_cost_usd": 0}],
            "meta": META | {"window_days": 30, "window_end_date": "2026-02-01"},
        },
        typed(
            [(n, "cline", "2-9-turns", M2, cost) for n, cost in enumerate((1.74, 1.74, 0.0), start=1)],
            as_of=instant("2026-02-03T06:30"),
            period_start=date(2026, 2, 1),
        ),
        bad=[
            ("median_session_cost_usd", ["1.74", None], "not a number"),
            ("app_slug", [""], "app_slug is not a text"),
            ("turn_range", [2], "turn_range is not a text"),
            NO_OBJECTS,
        ],
        rejected=[
            (("meta", "window_end_date"), NO_DAYS[1:], "window_end_date"),
            (("meta", "window_end_date"), [None], "of which days they are is not said"),
        ],
        optional=("app_name",),
    ),
    "benchmarks": Sample(
        {
            "data": [SCORE, SCORE, SCORE | {"pricing": None, "coding_index": None}],
            "meta": META
            | {"source": "artificial-analysis", "source_url": "https://artificialanalysis.ai", "citation": "Source: AA."}
            | {"model_count": 1, "task_type": None},
        },
        # An index that was not measured is unknown, not zero, and so are the prices of what is not sold.
        typed(
            [
                *(
                    (n, "minimax/minimax-m2", 61.5, 50.0, None, Decimal("0.000000255"), Decimal("0.00000102"))
                    for n in (1, 2)
                ),
                (3, "minimax/minimax-m2", 61.5, None, None, None, None),
            ],
            as_of=instant("2026-02-03T06:30"),
            citation="Source: AA.",
        ),
        bad=[
            ("source", ["openrouter"], "source is not artificial-analysis"),
            ("coding_index", ["50", True], "coding_index is not a number"),
            ("pricing", priced(0.1), "price of prompt"),
            ("pricing", [{"prompt": "0"}], "completion is missing"),
            NO_OBJECTS,
        ],
        rejected=[
            (("meta", "source"), [None, "design-arena"], "artificial-analysis was expected"),
            (("meta", "citation"), [["Source"]], "citation"),
        ],
        optional=("display_name",),
    ),
    "apps": Sample(
        {"data": [APP] * 3, "meta": META | {"start_date": "2026-01-04", "end_date": "2026-02-02"}},
        typed(
            [(n, 1, 190604, "Cline", 9007199254740993, 24425242) for n in (1, 2, 3)],
            as_of=instant("2026-02-03T06:30"),
            resolved_start=date(2026, 1, 4),
            resolved_end=date(2026, 2, 2),
            period_start=date(2026, 2, 2),
        ),
        bad=[
            ("total_tokens", [5, "1.2T"], "decimal string"),
            ("total_requests", ["many"], "invalid literal"),
            ("total_requests", [0.5], "not an integer"),
            ("total_requests", [2**63], "not an integer of 64 bits"),
            ("app_id", ["Cline"], "invalid literal"),
            ("app_name", [None], "app_name is not a text"),
            ("app_name", ["\ud800"], ""),
            NO_OBJECTS,
        ],
        rejected=[(("meta", "start_date"), NO_DAYS, "start_date"), (("meta", "end_date"), NO_DAYS, "end_date")],
    ),
    "gateway": Sample(
        {
            "dataset": "labs",
            "modality": "all",
            "from": "2026-09-01",
            "to": "2026-09-30",
            "earliest_available_date": "2025-10-01",
            "license": "CC-BY-4.0",
            "license_url": "https://creativecommons.org/licenses/by/4.0/",
            "rows": [LAB_SHARE] * 3,
        },
        typed(
            [(n, date(2026, 9, 30), "minimax", "spend", 45.8125) for n in (1, 2, 3)],
            resolved_start=date(2026, 9, 1),
            resolved_end=date(2026, 9, 30),
        ),
        bad=[
            ("date", NO_DAYS, ""),
            ("name", ["", None], "name is not a text"),
            ("metric", [["spend"]], "metric is not a text"),
            ("modality", ["text", None], "modality is not all"),
            ("share_percent", ["45.8", None, True], "share_percent is not a number"),
            NO_OBJECTS,
        ],
        rejected=[
            (("license",), ["CC-BY-NC-4.0", "CC BY 4.0", None], "`license` is .*, CC-BY-4.0 was expected"),
            (("dataset",), ["models", None], "`dataset` is .*, labs was expected"),
            (("modality",), ["text"], "`modality` is .*, all was expected"),
            *(((name,), NO_DAYS, f"`{name}` is") for name in ("from", "to", "earliest_available_date")),
            *(
                ((name,), [ABSENT], f"lacks {name}")
                for name in ("dataset", "modality", "from", "to", "earliest_available_date", "license")
            ),
        ],
        optional=("group",),
        place=("rows",),
    ),
}
