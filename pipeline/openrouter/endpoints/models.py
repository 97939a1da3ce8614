"""The catalogue of models with their prices: ``/models``.

Belongs here: its entries, how they are read, and what a price is for. Not here: what all endpoints share
(``request``, ``response``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.endpoint import Endpoint, Paging
from pipeline.openrouter.endpoints.expectation import Expectation, once
from pipeline.openrouter.endpoints.response import Answer, Rows, read_entries, told_apart, without
from pipeline.openrouter.endpoints.scores import INDEX, INDICES, PRICE, prices

SPARED_ONE_IN = 2
"""Of so many entries one may be set aside, and the rest be accepted. A catalogue is of many kinds: a kind that is written in
a new way costs only itself, and what most entries are not written as is not the catalogue that is known here."""


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
    "prompt_usd_per_unit": PRICE,
    "completion_usd_per_unit": PRICE,
    **dict.fromkeys(INDICES, INDEX.type),
}


_CATALOGUE_ENVELOPE = frozenset({"data", "links", "total_count"})
_CATALOGUED_SLUG = re.compile(r"~?[^\s/:]+/\S+")


def read_catalogue(body: bytes) -> Answer:
    """Read an answer of ``/models``. Raises PermanentFailure where the envelope is not the contract's."""
    envelope = fields.envelope_of(body, "data")
    items, paged = fields.rows_of(envelope), {"total_count": None, "links": None, **envelope}
    # An entry has dozens of fields that are not read: which of them are new is not asked.
    answer = read_entries(CATALOGUE_SCHEMA, items, _catalogue_entry, set(envelope) - _CATALOGUE_ENVELOPE)
    return replace(
        _plausibly_priced(told_apart(answer, items, "id", one_in=SPARED_ONE_IN), items),
        total_rows=fields.field_of(paged, "total_count", _count_or_none, within=None),
        next_offset=fields.field_of(paged, "links", _next_offset, within=None),
    )


def _count_or_none(value: Any, name: str) -> int | None:
    return None if value is None else fields.integer(value, name)


def _next_offset(links: Any, _: str) -> int | None:
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
        **{name: INDEX.read(scores.get(name), name) for name in INDICES},
    }


def price_unit_of(output_modalities: str | None) -> str:
    """What the prices of a model are for, by what it gives back, comma-separated."""
    outputs = (output_modalities or "").split(",")
    return TOKEN if "text" in outputs else PRICE_UNITS.get(",".join(outputs), UNKNOWN)


def _unit_prices(row: Mapping[str, Any], unit: str) -> dict[str, Any]:
    """The prices of a catalogue's entry with their unit. What is not priced by the token may lack them."""
    required = {TOKEN: ("prompt", "completion"), INPUT_TOKEN: ("prompt",)}.get(unit, ())
    pricing = row["pricing"] if required else row.get("pricing") or {}
    return {"price_unit": unit, **prices(pricing, per="unit", required=required)}


def _plausibly_priced(answer: Answer, items: Sequence[Any]) -> Answer:
    """The answer without entries whose price is below zero, or of a token and above what a token costs."""
    prices = [pl.col(f"{name}_usd_per_unit") for name in ("prompt", "completion")]
    is_negative = pl.any_horizontal((price < 0) & (price != _VARIES) for price in prices)
    is_of_token = pl.col("price_unit").is_in([TOKEN, INPUT_TOKEN])
    is_dear = is_of_token & (pl.max_horizontal(*prices) > MOST_USD_PER_TOKEN)
    return without(
        answer,
        items,
        {
            "a price is below zero": answer.rows.filter(is_negative),
            f"a token costs more than {MOST_USD_PER_TOKEN} dollars": answer.rows.filter(is_dear & ~is_negative),
        },
    )


EXPECTATIONS = (
    Expectation(
        "catalogue_id_once", "catalogue", once("exchange_id", "id"),
        "A catalogue has each entry once.",
        "the key of the catalogue is no longer `id`",
    ),
)  # fmt: skip


MODELS = Endpoint(
    path="/models",
    title="the catalogue of models",
    name="catalogue",
    table="catalogue_rows",
    read=read_catalogue,
    schema=CATALOGUE_SCHEMA,
    citation="Source: OpenRouter (openrouter.ai/models)",
    licence=None,
    needs_key=False,
    has_period=False,
    # It is requested whole, and in pages where the source gives it so. The last offset is ours.
    paging=lambda params: Paging(default_limit=500, most_limit=1000, last_offset=50_000, is_whole_unasked=True),
    spares_one_in=SPARED_ONE_IN,
    measures=("prompt_usd_per_unit", "completion_usd_per_unit"),
    expectations=EXPECTATIONS,
)
