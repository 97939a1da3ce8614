"""Envelopes and fields of the source's answers: JSON read into typed values, or a reason why not.

Belongs here: what the readers of all endpoints share. Not here: which fields an endpoint has (its own file).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any, TypeVar

from pipeline.failures import PermanentFailure

T = TypeVar("T")

UNTYPED = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError)
"""What reading a field raises when it is missing or of another type."""

_TOKENS = re.compile(r"-?[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PRICE = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
LONGEST_NAME = 300
LARGEST_INTEGER = 2**63 - 1
_SHOWN_CONTENT = 1000
PRICE_PRECISION, PRICE_SCALE = 38, 26
"""Digits that a price may have, and how many of them after the point: of a price of a billionth that was calculated in
floating point, as some of the source's are, all 17 significant ones."""

_PRICE_QUANTUM, _PRICE_CONTEXT = Decimal(1).scaleb(-PRICE_SCALE), Context(prec=PRICE_PRECISION)
_LARGEST_PRICE = Decimal(10**6)


# --- envelopes: what breaks one refuses the whole answer -------------------------------------------------------------


def envelope_of(body: bytes, *required: str) -> dict[str, Any]:
    """The JSON object of an answer, which has the fields that are required. Raises PermanentFailure."""
    if not body.strip():
        raise PermanentFailure("the response is empty")
    if body.lstrip()[:1] == b"<":
        raise PermanentFailure("the response is a web page, not JSON: the endpoint has moved, or a proxy responded")
    try:
        envelope = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise PermanentFailure(f"the response is not JSON ({reason(error)})") from error
    if not isinstance(envelope, dict):
        raise PermanentFailure("the response is not a JSON object: the envelope has changed")
    missing = [name for name in required if name not in envelope]
    if missing:
        raise PermanentFailure(f"the response lacks {', '.join(missing)}: the envelope has changed")
    return envelope


def rows_of(envelope: Mapping[str, Any], name: str = "data") -> list[Any]:
    """The list of that name. Raises PermanentFailure where it is not a list."""
    if not isinstance(envelope[name], list):
        raise PermanentFailure(f"`{name}` is not a list: the envelope has changed")
    return list(envelope[name])


def object_of(envelope: Mapping[str, Any], name: str, required: frozenset[str]) -> dict[str, Any]:
    """The object of that name, with at least the fields required. Raises PermanentFailure where it is not such a one."""
    found = envelope[name]
    if not isinstance(found, dict) or not found.keys() >= required:
        missing = sorted(required - (found.keys() if isinstance(found, dict) else set()))
        raise PermanentFailure(f"`{name}` lacks {', '.join(missing)}: the envelope has changed")
    return found


def meta_of(envelope: Mapping[str, Any], required: frozenset[str]) -> dict[str, Any]:
    """The `meta` of a dataset in its first version, the one that is known here. Raises PermanentFailure for another."""
    meta = object_of(envelope, "meta", required)
    if meta["version"] != "v1":
        raise PermanentFailure(f"the dataset's version is {shown(meta['version'])}, v1 was expected: read its new contract")
    return meta


def expect(found: Mapping[str, Any], expected: Mapping[str, Any], *, within: str | None = None) -> None:
    """Raises PermanentFailure where one of these fields is not what it has to be."""
    for name, value in expected.items():
        if found[name] != value:
            path = f"{within}.{name}" if within else name
            raise PermanentFailure(f"`{path}` is {shown(found[name])}, {value} was expected")


def field_of(found: Mapping[str, Any], name: str, read: Callable[[Any, str], T], *, within: str | None = "meta") -> T:
    """A field of ``meta``, of another object, or of the envelope, read. Raises PermanentFailure where it cannot be."""
    try:
        return read(found[name], name)
    except (TypeError, ValueError, OverflowError) as error:
        path = f"{within}.{name}" if within else name
        raise PermanentFailure(f"`{path}` is {shown(found[name])}: {reason(error)}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


# --- fields of rows: what cannot be read raises one of UNTYPED, and sets its row aside --------------------------------


def day(value: Any, name: str) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError(f"{name} is not written YYYY-MM-DD")
    return date.fromisoformat(value)


def instant(value: Any, name: str) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(f"{name} carries no zone")
    return found.astimezone(UTC)


def text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise ValueError(f"{name} is not a text of 1 to 300 characters")
    value.encode()  # JSON can write half a character, which no table can hold: UnicodeEncodeError is a ValueError
    return value


def texts(values: Any, name: str) -> str | None:
    """A list of texts, comma-separated; None for none."""
    if values is not None and not isinstance(values, list):
        raise TypeError(f"{name} is not a list")
    return ",".join(text(value, name) for value in values or ()) or None


def tokens(value: Any, name: str) -> int:
    """A count of tokens, which the source writes as a string: sums pass what a double holds."""
    if not isinstance(value, str) or not _TOKENS.fullmatch(value):
        raise ValueError(f"{name} is not a decimal string of at most 18 digits")
    return int(value)


def integer(value: Any, name: str) -> int:
    if isinstance(value, bool) or int(value) != value or abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{name} is not an integer of 64 bits")
    return int(value)


def number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return float(value)


def price(value: Any, name: str) -> Decimal:
    """US dollars, which the source writes as a decimal string: exactly what stands there."""
    if not isinstance(value, str) or not _PRICE.fullmatch(value):
        raise TypeError(f"the price of {name} is not a decimal string")
    found = Decimal(value)
    if not abs(found) < _LARGEST_PRICE:
        raise ValueError(f"the price of {name} is out of range")
    exact = found.quantize(_PRICE_QUANTUM, context=_PRICE_CONTEXT)
    if exact != found:
        raise ValueError(f"the price of {name} has more than {PRICE_SCALE} decimal places")
    return exact


# --- what is said of them --------------------------------------------------------------------------------------------


def names(fields: Iterable[str]) -> tuple[str, ...]:
    """Names of unknown fields, in order, as a table can hold them."""
    return tuple(sorted({name.encode(errors="replace").decode() for name in fields}))


def reason(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"the field {error.args[0]} is missing"
    return str(error) or type(error).__name__


def shown(value: Any) -> str:
    """A value as it came, cut where it is long."""
    try:
        written = json.dumps(value, ensure_ascii=True)
    except (TypeError, ValueError, RecursionError):
        written = repr(type(value))
    return written[:_SHOWN_CONTENT]
