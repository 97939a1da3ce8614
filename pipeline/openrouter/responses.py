"""What the source's answers hold: bodies read into typed rows.

Belongs here: envelopes and types, nothing more. A row that cannot be typed is set aside with the reason, an envelope that
lacks what the contract promises is refused, an unknown field is kept and reported. Not here: whether values are believed
(``validation``), where they are stored (``loading``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import polars as pl

from pipeline.failures import PermanentFailure

RANKINGS_SCHEMA = {
    "position": pl.Int64(),
    "period_start": pl.Date(),
    "model_permaslug": pl.String(),
    "total_tokens": pl.Int64(),
}
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
    "prompt_usd_per_token": pl.Decimal(24, 15),
    "completion_usd_per_token": pl.Decimal(24, 15),
}

T = TypeVar("T")

_TOKENS = re.compile(r"-?[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PRICE = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST_NAME = 300
_LARGEST_INTEGER = 2**63 - 1
_SHOWN_CONTENT = 1000
_PRICE_QUANTUM = Decimal("1e-15")
_LARGEST_PRICE = Decimal(10**6)

_RANKINGS_FIELDS = frozenset({"data", "meta"})
_RANKINGS_META = frozenset({"as_of", "start_date", "end_date", "version"})
_RANKINGS_ROW = frozenset({"date", "model_permaslug", "total_tokens"})
_CATALOGUE_FIELDS = frozenset({"data", "links", "total_count"})


@dataclass(frozen=True)
class BadRow:
    """A row that could not be typed. ``period_start`` is None when not even its date could be read."""

    period_start: date | None
    reason: str
    content: str


@dataclass(frozen=True)
class Answer:
    """A body, read. ``rows`` has the schema of its kind; dates and ``as_of`` are None where the kind has none."""

    rows: pl.DataFrame
    rows_read: int
    bad_rows: list[BadRow] = field(default_factory=list)
    unknown_fields: tuple[str, ...] = ()
    as_of: datetime | None = None
    resolved_start: date | None = None
    resolved_end: date | None = None


def read_rankings(body: bytes) -> Answer:
    """Read an answer of ``/datasets/rankings-daily``. Raises PermanentFailure where the envelope is not the contract's."""
    envelope = _envelope(body, "data", "meta")
    data, meta = envelope["data"], envelope["meta"]
    if not isinstance(data, list):
        raise PermanentFailure("`data` is no list: the envelope has changed")
    if not isinstance(meta, dict) or not meta.keys() >= _RANKINGS_META:
        missing = sorted(_RANKINGS_META - (meta.keys() if isinstance(meta, dict) else set()))
        raise PermanentFailure(f"`meta` lacks {', '.join(missing)}: the envelope has changed")
    if meta["version"] != "v1":
        raise PermanentFailure(f"the dataset's version is {_shown(meta['version'])}, v1 was expected: read its new contract")
    typed: dict[str, list[Any]] = {name: [] for name in RANKINGS_SCHEMA}
    bad_rows: list[BadRow] = []
    unknown = {f"meta.{name}" for name in meta.keys() - _RANKINGS_META}
    for position, row in enumerate(data, start=1):
        try:
            day, model, tokens = row["date"], row["model_permaslug"], row["total_tokens"]
            if len(row) > len(_RANKINGS_ROW):
                unknown.update(row.keys() - _RANKINGS_ROW)
            period = _day(day)
            _text(model, "model_permaslug")
            if not isinstance(tokens, str) or not _TOKENS.fullmatch(tokens):
                raise ValueError("total_tokens is no decimal string of at most 18 digits")
        except (KeyError, TypeError, ValueError) as error:
            bad_rows.append(BadRow(_day_or_none(row), _reason(error), _shown(row)))
            continue
        typed["position"].append(position)
        typed["period_start"].append(period)
        typed["model_permaslug"].append(model)
        typed["total_tokens"].append(int(tokens))
    return Answer(
        rows=pl.DataFrame(typed, schema=RANKINGS_SCHEMA),
        rows_read=len(data),
        bad_rows=bad_rows,
        unknown_fields=_names(unknown | (envelope.keys() - _RANKINGS_FIELDS)),
        as_of=_meta(meta, "as_of", _instant),
        resolved_start=_meta(meta, "start_date", _day),
        resolved_end=_meta(meta, "end_date", _day),
    )


def read_catalogue(body: bytes) -> Answer:
    """Read an answer of ``/models``. Raises PermanentFailure where the envelope is not the contract's."""
    envelope = _envelope(body, "data")
    data = envelope["data"]
    if not isinstance(data, list):
        raise PermanentFailure("`data` is no list: the envelope has changed")
    typed: dict[str, list[Any]] = {name: [] for name in CATALOGUE_SCHEMA}
    bad_rows: list[BadRow] = []
    for position, row in enumerate(data, start=1):
        try:
            entry = _catalogue_entry(row)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
            bad_rows.append(BadRow(None, _reason(error), _shown(row)))
            continue
        for name, value in {"position": position, **entry}.items():
            typed[name].append(value)
    return Answer(
        rows=pl.DataFrame(typed, schema=CATALOGUE_SCHEMA),
        rows_read=len(data),
        bad_rows=bad_rows,
        unknown_fields=_names(envelope.keys() - _CATALOGUE_FIELDS),
    )


def _catalogue_entry(row: Mapping[str, Any]) -> dict[str, Any]:
    pricing = row["pricing"]
    architecture = row.get("architecture") or {}
    context_length = row.get("context_length")
    if context_length is not None and (
        isinstance(context_length, bool) or int(context_length) != context_length or abs(context_length) > _LARGEST_INTEGER
    ):
        raise ValueError("context_length is no integer of 64 bits")
    return {
        "id": _text(row["id"], "id"),
        "canonical_slug": _text(row["canonical_slug"], "canonical_slug"),
        "name": _text(row["name"], "name"),
        "created_at": datetime.fromtimestamp(row["created"], UTC) if row.get("created") is not None else None,
        "context_length": None if context_length is None else int(context_length),
        "hugging_face_id": _text(row["hugging_face_id"], "hugging_face_id") if row.get("hugging_face_id") else None,
        "input_modalities": _listed(architecture.get("input_modalities"), "input_modalities"),
        "output_modalities": _listed(architecture.get("output_modalities"), "output_modalities"),
        "prompt_usd_per_token": _price(pricing["prompt"], "prompt"),
        "completion_usd_per_token": _price(pricing["completion"], "completion"),
    }


def _envelope(body: bytes, *required: str) -> dict[str, Any]:
    if not body.strip():
        raise PermanentFailure("the answer is empty")
    if body.lstrip()[:1] == b"<":
        raise PermanentFailure("the answer is a web page, not JSON: the endpoint has moved, or something stands in between")
    try:
        envelope = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise PermanentFailure(f"the answer is no JSON ({_reason(error)})") from error
    if not isinstance(envelope, dict):
        raise PermanentFailure("the answer is no JSON object: the envelope has changed")
    missing = [name for name in required if name not in envelope]
    if missing:
        raise PermanentFailure(f"the answer lacks {', '.join(missing)}: the envelope has changed")
    return envelope


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _day(value: Any) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("a date is not written YYYY-MM-DD")
    return date.fromisoformat(value)


def _day_or_none(row: Any) -> date | None:
    try:
        return _day(row["date"])
    except (KeyError, TypeError, ValueError):
        return None


def _instant(value: Any) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("an instant carries no zone")
    return instant.astimezone(UTC)


def _meta(meta: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> T:
    try:
        return read(meta[name])
    except (TypeError, ValueError, OverflowError) as error:
        raise PermanentFailure(f"`meta.{name}` is {_shown(meta[name])}: {_reason(error)}") from error


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise ValueError(f"{name} is no text of 1 to 300 characters")
    value.encode()  # JSON can write half a character, which no table can hold: UnicodeEncodeError is a ValueError
    return value


def _listed(values: Any, name: str) -> str | None:
    if values is not None and not isinstance(values, list):
        raise TypeError(f"{name} is no list")
    return ",".join(_text(value, name) for value in values or ()) or None


def _price(value: Any, name: str) -> Decimal:
    if not isinstance(value, str) or not _PRICE.fullmatch(value):
        raise TypeError(f"the price of {name} is no decimal string")
    try:
        price = Decimal(value).quantize(_PRICE_QUANTUM)
    except InvalidOperation as error:
        raise ValueError(f"the price of {name} is no decimal string") from error
    if not abs(price) < _LARGEST_PRICE:
        raise ValueError(f"the price of {name} is out of range")
    return price


def _names(fields: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name.encode(errors="replace").decode() for name in fields))


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"the field {error.args[0]} is missing"
    return str(error) or type(error).__name__


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=True)
    except (TypeError, ValueError, RecursionError):
        text = repr(type(value))
    return text[:_SHOWN_CONTENT]
