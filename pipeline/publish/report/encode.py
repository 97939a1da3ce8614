"""What the page carries for its script: rows by column, dates as differences, texts once; texts compressed.

Belongs here: the encoding that ``page.js`` undoes. Not here: which rows.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

Row = Mapping[str, Any]

_EPOCH = date(1970, 1, 1)
_DIGITS = 6  # of a share a ten-thousandth of a percent: no table and no tooltip shows more


def plain(value: Any) -> Any:
    """A value as Vega takes it: dates in milliseconds of UTC, flags as 1 and 0."""
    if isinstance(value, float):  # most are
        return round(value, _DIGITS)
    if isinstance(value, datetime):
        return int(value.astimezone(UTC).timestamp() * 1000)
    if isinstance(value, date):
        return (value - _EPOCH).days * 86_400_000
    if isinstance(value, bool):
        return int(value)
    return value


def objects(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as Vega takes them; what ``decode`` in page.js gives."""
    return [{name: plain(value) for name, value in row.items()} for row in rows]


def columns(rows: Sequence[Row]) -> dict[str, Any]:
    """The rows column by column. Columns without any value, and flags that are never set, are left out; of one that has
    another's values, wherever that has any, only what it has more."""
    encoded: dict[str, Any] = {}
    plains: dict[str, list[Any]] = {}
    for name in dict.fromkeys(chain.from_iterable(rows)):
        values = [row.get(name) for row in rows]
        known = [value for value in values if value is not None]
        if not any(value is not False for value in known):
            continue
        if len(known) == len(rows) and {*map(type, known)} == {date}:
            days = [(one - _EPOCH).days for one in known]
            encoded[name] = {"d": [day - before for day, before in zip(days, [0, *days], strict=False)]}
        elif isinstance(known[0], str):
            texts = list(dict.fromkeys(known))
            place = {text: number for number, text in enumerate(texts)}
            encoded[name] = {"k": texts, "i": [-1 if value is None else place[value] for value in values]}
        else:
            plains[name] = own = _plain(values, {*map(type, known)})
            like = next((one for one, its in plains.items() if one != name and _is_within(its, own)), None)
            encoded[name] = {"v": own} if like is None else {
                "c": like, "v": [value for value, its in zip(own, plains[like], strict=True) if its is None]
            }  # fmt: skip
    return encoded


def _plain(values: list[Any], kinds: set[type]) -> list[Any]:
    """As ``plain``, for most columns without looking at each value."""
    if kinds == {int}:
        return values
    if kinds == {float}:
        return [value if value is None else round(value, _DIGITS) for value in values]
    return [plain(value) for value in values]


def _is_within(values: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether the other column has these values, wherever this one has any: a bound of what is measured is that itself."""
    return all(value is None or value == its for value, its in zip(values, other, strict=True))


def json_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def packed(text: str) -> str:
    """A text, gzipped and in base64: the same text gives the same."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
