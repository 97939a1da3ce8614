"""Answers that state how things are, not what was used in a period: catalogue, tasks, session cost, benchmarks, apps.

Belongs here: their envelopes and types. A row that cannot be typed is set aside with the reason, an envelope that lacks
what the contract promises is refused, an unknown field is kept and reported. Not here: rankings and what all readers
share (``responses``, ``fields``), whether values are believed (``load.validation``), where they are stored (``load``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.openrouter import fields
from pipeline.openrouter.requests import ModelsRequest, Request, SessionCostRequest
from pipeline.openrouter.responses import RANKINGS_META, Answer, BadRow, can_spare, unknown_of

SPARED_IN_FIGURES, SPARED_IN_CATALOGUE = 25, 2
"""Of so many entries of a set one may be set aside, and the rest be accepted. A catalogue is of many kinds: a kind that is
written in a new way costs only itself, and what most entries are not written as is not the catalogue that is known here."""

ALL = "*"
"""Stands for all tags of a macro category, or for all models of a tag."""

TOKEN, INPUT_TOKEN, UNKNOWN = "token", "input token", "unknown"
PRICE_UNITS: Mapping[str, str] = {
    "text": TOKEN,
    "embeddings": INPUT_TOKEN,
    "image": "image or token",
    "video": "video",
    "speech": "character or token",
    "transcription": "audio time or token",
    "rerank": "search",
}
"""What the price of a model is for, by what it gives back. The source does not state it: where models of one kind are priced
in several ways, each of them is named, and none is taken for granted. Whatever gives text back is priced by the token."""

MOST_USD_PER_TOKEN = Decimal("0.01")
"""The dearest recorded token costs 0.0006 USD; written for a thousand tokens it would cost 0.6."""

_PRICE = pl.Decimal(fields.PRICE_PRECISION, fields.PRICE_SCALE)
_VARIES = Decimal(-1)

CATALOGUE_SCHEMA = {
    "position": pl.Int64(),
    "id": pl.String(),
    "canonical_slug": pl.String(),
    "name": pl.String(),
    "created_at": pl.Datetime("us", "UTC"),
    "context_length": pl.Int64(),
    "hugging_face_id": pl.String(),
    "input_modalities": pl.String(),
    "output_modalities": pl.String(),
    "price_unit": pl.String(),
    "prompt_usd_per_unit": _PRICE,
    "completion_usd_per_unit": _PRICE,
    "intelligence_index": pl.Float64(),
    "coding_index": pl.Float64(),
    "agentic_index": pl.Float64(),
}
TASKS_SCHEMA = {
    "position": pl.Int64(),
    "macro_category": pl.String(),
    "tag": pl.String(),
    "model_permaslug": pl.String(),
    "display_name": pl.String(),
    "usage_share": pl.Float64(),
    "token_share": pl.Float64(),
    "category_usage_share": pl.Float64(),
    "category_token_share": pl.Float64(),
    "tag_usage_share": pl.Float64(),
    "tag_token_share": pl.Float64(),
}
SESSION_COSTS_SCHEMA = {
    "position": pl.Int64(),
    "app_slug": pl.String(),
    "turn_range": pl.String(),
    "model_permaslug": pl.String(),
    "median_session_cost_usd": pl.Float64(),
}
BENCHMARKS_SCHEMA = {
    "position": pl.Int64(),
    "model_permaslug": pl.String(),
    "intelligence_index": pl.Float64(),
    "coding_index": pl.Float64(),
    "agentic_index": pl.Float64(),
    "prompt_usd_per_token": _PRICE,
    "completion_usd_per_token": _PRICE,
}
APPS_SCHEMA = {
    "position": pl.Int64(),
    "rank": pl.Int64(),
    "app_id": pl.Int64(),
    "app_name": pl.String(),
    "total_tokens": pl.Int64(),
    "total_requests": pl.Int64(),
}

_CATALOGUE_ENVELOPE = frozenset({"data", "links", "total_count"})
_CATALOGUED_SLUG = re.compile(r"~?[^\s/:]+/\S+")
_TASKS_DATA = frozenset({"window_days", "as_of", "classifications", "macro_categories"})
_MACRO_ROW = frozenset({"key", "label", "usage_share", "token_share"})
_TAG_ROW = frozenset(
    (
        *("tag", "display_name", "macro_category", "models"),
        *("usage_share", "token_share", "category_usage_share", "category_token_share"),
    )
)
_MODEL_ROW = frozenset({"id", "tag_usage_share", "tag_token_share"})
_SESSION_META = frozenset({"as_of", "version", "window_days", "window_end_date"})
_SESSION_ROW = frozenset({"app_slug", "app_name", "turn_range", "model_permaslug", "median_session_cost_usd"})
_BENCHMARKS_META = frozenset({"as_of", "version", "source", "source_url", "citation", "model_count", "task_type"})
_INDICES = ("intelligence_index", "coding_index", "agentic_index")
_BENCHMARK_ROW = frozenset({"source", "model_permaslug", "display_name", "pricing", *_INDICES})
_APP_ROW = frozenset({"rank", "app_id", "app_name", "total_tokens", "total_requests"})
_SOURCE = "artificial-analysis"
_WINDOW_DAYS = 7

Rows = Iterable[dict[str, Any]]


def read_catalogue(body: bytes) -> Answer:
    """Read an answer of ``/models``. Raises PermanentFailure where the envelope is not the contract's."""
    envelope = fields.envelope_of(body, "data")
    items = fields.rows_of(envelope)
    # An entry has dozens of fields that are not read: which of them are new is not asked.
    answer = _answer(CATALOGUE_SCHEMA, items, _catalogue_entry, set(envelope) - _CATALOGUE_ENVELOPE)
    return replace(
        _plausibly_priced(_told_apart(answer, items, "id", one_in=SPARED_IN_CATALOGUE), items),
        total_rows=fields.field_of(envelope, "total_count", _count_or_none, within=None)
        if "total_count" in envelope
        else None,
        next_offset=fields.field_of(envelope, "links", _next_offset, within=None) if "links" in envelope else None,
    )


def _count_or_none(value: Any) -> int | None:
    return None if value is None else fields.integer(value, "total_count")


def _next_offset(links: Any) -> int | None:
    """At which entry the page begins that the links name; None where they name none. Nothing else of the link is used."""
    if links is not None and not isinstance(links, dict):
        raise TypeError("it is not an object")
    link = (links or {}).get("next")
    if link is None:
        return None
    found = parse_qs(urlsplit(link).query).get("offset", []) if isinstance(link, str) else []
    if len(found) != 1 or not found[0].isdecimal():
        raise ValueError("where the next page begins is not said")
    return fields.integer(int(found[0]), "offset")


def _catalogue_entry(row: Mapping[str, Any], _: set[str]) -> Rows:
    architecture = row.get("architecture") or {}
    scores = (row.get("benchmarks") or {}).get("artificial_analysis") or {}
    context_length = row.get("context_length")
    outputs = fields.texts(architecture.get("output_modalities"), "output_modalities")
    slug = fields.text(row["canonical_slug"], "canonical_slug")
    if not _CATALOGUED_SLUG.fullmatch(slug):
        raise ValueError("canonical_slug does not name a model as author/model")
    yield {
        "id": fields.text(row["id"], "id"),
        "canonical_slug": slug,
        "name": fields.text(row["name"], "name"),
        "created_at": datetime.fromtimestamp(row["created"], UTC) if row.get("created") is not None else None,
        "context_length": None if context_length is None else fields.integer(context_length, "context_length"),
        "hugging_face_id": fields.text(row["hugging_face_id"], "hugging_face_id") if row.get("hugging_face_id") else None,
        "input_modalities": fields.texts(architecture.get("input_modalities"), "input_modalities"),
        "output_modalities": outputs,
        **_unit_prices(row, price_unit_of(outputs)),
        **_indices(scores),
    }


def read_tasks(body: bytes) -> Answer:
    """Read an answer of ``/classifications/task``: macro categories, their tags, and the models of each tag.

    A row names what stands above it; ``*`` stands for all of what stands below. Raises PermanentFailure where the
    envelope is not the contract's.
    """
    envelope = fields.envelope_of(body, "data")
    data = fields.object_of(envelope, "data", _TASKS_DATA)
    if data["window_days"] != _WINDOW_DAYS:
        raise PermanentFailure(f"`data.window_days` is {fields.shown(data['window_days'])}, {_WINDOW_DAYS} was asked for")
    last_day = fields.field_of(data, "as_of", fields.day, within="data")
    unknown = {f"data.{name}" for name in data.keys() - _TASKS_DATA} | (envelope.keys() - {"data"})
    macros = _answer(TASKS_SCHEMA, fields.rows_of(data, "macro_categories"), _macro_category, unknown)
    tags = _answer(TASKS_SCHEMA, fields.rows_of(data, "classifications"), _tag_and_models, unknown, before=macros.rows_read)
    return Answer(
        rows=pl.concat([macros.rows, tags.rows]),
        rows_read=macros.rows_read + tags.rows_read,
        bad_rows=macros.bad_rows + tags.bad_rows,
        unknown_fields=fields.names(unknown),
        # The source says as of which day, and no time.
        as_of=datetime.combine(last_day, time(), UTC),
        period_start=last_day,
    )


def _macro_category(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    unknown |= row.keys() - _MACRO_ROW
    yield {
        "macro_category": fields.text(row["key"], "key"),
        "tag": ALL,
        "model_permaslug": ALL,
        "display_name": fields.text(row["label"], "label"),
        **_shares(row, "usage_share", "token_share"),
    }


def _tag_and_models(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    unknown |= row.keys() - _TAG_ROW
    tag = {"macro_category": fields.text(row["macro_category"], "macro_category"), "tag": fields.text(row["tag"], "tag")}
    yield {
        **tag,
        "model_permaslug": ALL,
        "display_name": fields.text(row["display_name"], "display_name"),
        **_shares(row, "usage_share", "token_share", "category_usage_share", "category_token_share"),
    }
    for model in row["models"]:
        unknown |= model.keys() - _MODEL_ROW
        yield {
            **tag,
            "model_permaslug": fields.text(model["id"], "id"),
            **_shares(model, "tag_usage_share", "tag_token_share"),
        }


def _shares(row: Mapping[str, Any], *names: str) -> dict[str, float]:
    return {name: fields.number(row[name], name) for name in names}


def read_session_costs(body: bytes) -> Answer:
    """Read one page of ``/datasets/session-cost``. Raises PermanentFailure where the envelope is not the contract's."""
    envelope = fields.envelope_of(body, "data", "meta")
    meta = fields.meta_of(envelope, _SESSION_META)
    unknown = unknown_of(envelope, meta, _SESSION_META)
    answer = _answer(SESSION_COSTS_SCHEMA, fields.rows_of(envelope), _session_cost, unknown)
    if meta["window_end_date"] is None and answer.rows_read:
        raise PermanentFailure("`meta.window_end_date` is null beside cells: of which days they are is not said")
    return replace(
        answer,
        as_of=fields.field_of(meta, "as_of", fields.instant),
        period_start=None if meta["window_end_date"] is None else fields.field_of(meta, "window_end_date", fields.day),
    )


def _session_cost(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    unknown |= row.keys() - _SESSION_ROW
    yield {
        "app_slug": fields.text(row["app_slug"], "app_slug"),
        "turn_range": fields.text(row["turn_range"], "turn_range"),
        "model_permaslug": fields.text(row["model_permaslug"], "model_permaslug"),
        "median_session_cost_usd": fields.number(row["median_session_cost_usd"], "median_session_cost_usd"),
    }


def read_benchmarks(body: bytes) -> Answer:
    """Read an answer of ``/benchmarks`` of Artificial Analysis. Raises PermanentFailure where it is not the contract's."""
    envelope = fields.envelope_of(body, "data", "meta")
    meta = fields.meta_of(envelope, _BENCHMARKS_META)
    if meta["source"] != _SOURCE:
        raise PermanentFailure(f"`meta.source` is {fields.shown(meta['source'])}, {_SOURCE} was asked for")
    unknown = unknown_of(envelope, meta, _BENCHMARKS_META)
    items = fields.rows_of(envelope)
    answer = _answer(BENCHMARKS_SCHEMA, items, _benchmark, unknown)
    return replace(
        _told_apart(answer, items, "model_permaslug", one_in=SPARED_IN_FIGURES),
        as_of=fields.field_of(meta, "as_of", fields.instant),
        citation=None if meta["citation"] is None else fields.field_of(meta, "citation", _citation),
    )


def _citation(value: Any) -> str:
    return fields.text(value, "citation")


def _benchmark(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    unknown |= row.keys() - _BENCHMARK_ROW
    if row["source"] != _SOURCE:
        raise ValueError(f"source is not {_SOURCE}")
    yield {
        "model_permaslug": fields.text(row["model_permaslug"], "model_permaslug"),
        **_indices({name: row[name] for name in _INDICES}),
        **({} if row["pricing"] is None else _prices(row["pricing"], per="token")),
    }


def read_apps(body: bytes) -> Answer:
    """Read an answer of ``/datasets/app-rankings``. Raises PermanentFailure where the envelope is not the contract's."""
    envelope = fields.envelope_of(body, "data", "meta")
    meta = fields.meta_of(envelope, RANKINGS_META)
    answer = _answer(APPS_SCHEMA, fields.rows_of(envelope), _app, unknown_of(envelope, meta, RANKINGS_META))
    last_day = fields.field_of(meta, "end_date", fields.day)
    return replace(
        answer,
        as_of=fields.field_of(meta, "as_of", fields.instant),
        resolved_start=fields.field_of(meta, "start_date", fields.day),
        resolved_end=last_day,
        period_start=last_day,
    )


def _app(row: Mapping[str, Any], unknown: set[str]) -> Rows:
    unknown |= row.keys() - _APP_ROW
    yield {
        "rank": fields.integer(row["rank"], "rank"),
        "app_id": fields.integer(row["app_id"], "app_id"),
        "app_name": fields.text(row["app_name"], "app_name"),
        "total_tokens": fields.tokens(row["total_tokens"]),
        "total_requests": fields.integer(row["total_requests"], "total_requests"),
    }


def _answer(
    schema: Mapping[str, pl.DataType],
    items: Sequence[Any],
    read: Callable[[Any, set[str]], Rows],
    unknown: set[str],
    *,
    before: int = 0,
) -> Answer:
    """Read each item of an answer into its rows, or set it aside. ``read`` adds to ``unknown`` the fields it met.

    ``before`` are the items that stand before these.
    """
    typed: dict[str, list[Any]] = {name: [] for name in schema}
    bad_rows: list[BadRow] = []
    for position, item in enumerate(items, start=before + 1):
        try:
            if not isinstance(item, dict):
                raise TypeError("it is no object")
            found = list(read(item, unknown))
        except fields.UNTYPED as error:
            bad_rows.append(BadRow(None, fields.reason(error), fields.shown(item)))
            continue
        for row in found:
            for name in schema:
                typed[name].append(position if name == "position" else row.get(name))
    return Answer(
        rows=pl.DataFrame(typed, schema=dict(schema)),
        rows_read=len(items),
        bad_rows=bad_rows,
        unknown_fields=fields.names(unknown),
    )


def _told_apart(answer: Answer, items: Sequence[Any], key: str, *, one_in: int) -> Answer:
    """The answer without entries of which nobody can say which is meant: those with one key and different contents.

    An entry that stands again as it is is kept once. Where more than one in so many are concerned, the key is none: it is
    left to validation to refuse them all.
    """
    rows = answer.rows.unique(
        [name for name in answer.rows.columns if name != "position"], keep="first", maintain_order=True
    )
    rows = rows.filter(~pl.col(key).is_duplicated())
    aside = answer.rows.join(rows, on="position", how="anti", maintain_order="left")
    if not can_spare(aside.height, of=answer.rows_read, one_in=one_in):
        return answer
    return _without(answer, items, {f"{key} stands more than once": aside})


def _without(answer: Answer, items: Sequence[Any], aside: Mapping[str, pl.DataFrame]) -> Answer:
    """The answer without these of its rows, which are set aside for these reasons."""
    bad_rows = [
        BadRow(None, reason, fields.shown(items[position - 1]))
        for reason, rows in aside.items()
        for position in rows["position"]
    ]
    positions = [position for rows in aside.values() for position in rows["position"]]
    kept = answer.rows.filter(~pl.col("position").is_in(positions))
    return replace(answer, rows=kept, bad_rows=answer.bad_rows + bad_rows)


def _indices(scores: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: None if scores.get(name) is None else fields.number(scores[name], name) for name in _INDICES}


def price_unit_of(output_modalities: str | None) -> str:
    """What the prices of a model are for, by what it gives back, comma-separated."""
    outputs = (output_modalities or "").split(",")
    return TOKEN if "text" in outputs else PRICE_UNITS.get(",".join(outputs), UNKNOWN)


def _unit_prices(row: Mapping[str, Any], unit: str) -> dict[str, Any]:
    """The prices of a catalogue's entry with their unit. What is not priced by the token may lack them."""
    required = {TOKEN: ("prompt", "completion"), INPUT_TOKEN: ("prompt",)}.get(unit, ())
    pricing = row["pricing"] if required else row.get("pricing") or {}
    return {"price_unit": unit, **_prices(pricing, per="unit", required=required)}


def _plausibly_priced(answer: Answer, items: Sequence[Any]) -> Answer:
    """The answer without entries whose price is below zero, or of a token and above what a token costs."""
    prices = [pl.col(f"{name}_usd_per_unit") for name in ("prompt", "completion")]
    is_negative = pl.any_horizontal((price < 0) & (price != _VARIES) for price in prices)
    is_of_token = pl.col("price_unit").is_in([TOKEN, INPUT_TOKEN])
    is_dear = is_of_token & (pl.max_horizontal(*prices) > MOST_USD_PER_TOKEN)
    return _without(
        answer,
        items,
        {
            "a price is below zero": answer.rows.filter(is_negative),
            f"a token costs more than {MOST_USD_PER_TOKEN} dollars": answer.rows.filter(is_dear & ~is_negative),
        },
    )


def _prices(
    pricing: Mapping[str, Any], *, per: str, required: Collection[str] = ("prompt", "completion")
) -> dict[str, Decimal | None]:
    return {
        f"{name}_usd_per_{per}": fields.price(pricing[name], name)
        if name in required or pricing.get(name) is not None
        else None
        for name in ("prompt", "completion")
    }


# --- pages -----------------------------------------------------------------------------------------------------------

DEFAULT_LIMITS = {SessionCostRequest.path: 100, ModelsRequest.path: 500}
"""How many rows the source gives on a page where the request does not say."""


@dataclass(frozen=True)
class Page:
    """The rows that a request asked for: how many it skips, and how many it may have.

    Either is -1 where it is not a number; ``limit`` is None where all rows were asked for.
    """

    offset: int
    limit: int | None

    def continues_at(self, answer: Answer) -> int | None:
        """From which row on the source has more than this page; None where the page is the last one."""
        if answer.next_offset is not None:
            return answer.next_offset
        is_full = self.limit is not None and answer.rows_read >= self.limit
        if not is_full or (answer.total_rows is not None and self.offset + answer.rows_read >= answer.total_rows):
            return None
        return self.offset + (self.limit or 0)


def page_of(path: str, params: Mapping[str, str]) -> Page:
    """The page that a request to an endpoint with pages asked for."""
    if path == ModelsRequest.path and not {"offset", "limit"} & params.keys():
        return Page(0, None)
    offset, limit = params.get("offset", "0"), params.get("limit", str(DEFAULT_LIMITS[path]))
    return Page(*(int(number) if number.isdecimal() else -1 for number in (offset, limit)))


def next_page(request: Request, body: bytes) -> Request | None:
    """The request for the page after this answer; None where it was the last page, or no further one can be had."""
    if not isinstance(request, SessionCostRequest | ModelsRequest):
        return None
    try:
        answer = read_session_costs(body) if isinstance(request, SessionCostRequest) else read_catalogue(body)
    except PermanentFailure:
        return None  # said when it is loaded
    page = page_of(request.path, request.params())
    offset = page.continues_at(answer)
    return None if offset is None or offset <= page.offset else request.from_row(offset)
