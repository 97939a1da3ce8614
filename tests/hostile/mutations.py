"""Good answers, changed at random from a seed: bits, bytes, types, fields and rows.

Belongs here: making mutants, and what a mutant that is still JSON says in each column. Not here: reading them.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**53 + 1, 2**63, -(2**63) - 1, 10**400, 0.1, -0.0, 1e308, 1e-308, float("nan")),
    *(float("inf"), "", " ", "0", "-0", "1e3", "007", "9" * 18, "9" * 19, "1.5", "\u0661", "2026-02-30", "0000-00-00"),
    *("9999-12-31", "0001-01-01", "2026-02-09T00:00:00Z", "NaN", "null", "other", "a/b:free", "\x00", "\ud800", "\u202e"),
    *("=cmd()", "x" * 301, "x" * 10_000, [], {}, [None], {"": {}}, [[]], {"id": 1}),
)
Node = tuple[Any, Any]
"""A container of the document, and the key or index of one of its parts."""


def mutants(good: bytes, *, seed: int, number: int) -> Iterator[tuple[str, bytes]]:
    """So many mutants of an answer, each with a name that says what was done to it."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    for n in range(number):
        make = dice.choice(_OF_DOCUMENTS * 2 + _OF_BYTES)
        if make in _OF_BYTES:
            yield f"{n} {make.__name__}", make(good, dice)
            continue
        document = json.loads(good)
        for _ in range(dice.choice((1, 1, 2, 5))):
            make(document, dice)
        yield f"{n} {make.__name__}", json.dumps(document).encode()


def _flip(good: bytes, dice: random.Random) -> bytes:
    changed = bytearray(good)
    for _ in range(dice.choice((1, 1, 3, 30))):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(good: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(good))
    return good[:start] + good[start + dice.randrange(1, 200) :]


def _insert(good: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(good))
    return good[:start] + dice.randbytes(dice.randrange(1, 20)) + good[start:]


def _repeat(good: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(good))
    return good[: start + dice.randrange(1, 200)] + good[start:]


def _digits(good: bytes, dice: random.Random) -> bytes:
    """Other figures in the places of figures: most often still an answer, and then one that says something else."""
    return bytes(dice.choice(b"0123456789") if one in b"0123456789" and dice.random() < 0.02 else one for one in good)


def _nodes(document: Any) -> list[Node]:
    found: list[Node] = []
    waiting = [document]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else []
        found += [(one, key) for key in keys]
        waiting += [one[key] for key in keys]
    return found


def _replace(document: Any, dice: random.Random) -> None:
    if nodes := _nodes(document):
        container, key = dice.choice(nodes)
        container[key] = copy.deepcopy(dice.choice(VALUES))


def _retype(document: Any, dice: random.Random) -> None:
    if nodes := _nodes(document):
        container, key = dice.choice(nodes)
        kinds: tuple[Callable[[Any], Any], ...] = (json.dumps, lambda one: [one], lambda one: {"value": one}, lambda one: [])
        container[key] = dice.choice(kinds)(container[key])


def _delete(document: Any, dice: random.Random) -> None:
    if nodes := _nodes(document):
        container, key = dice.choice(nodes)
        del container[key]


def _rename(document: Any, dice: random.Random) -> None:
    named = [(container, key) for container, key in _nodes(document) if isinstance(container, dict)]
    if named:
        container, key = dice.choice(named)
        container[dice.choice((f"{key}s", key.upper(), f"{key} ", "", "id", "date"))] = container.pop(key)


def _swap(document: Any, dice: random.Random) -> None:
    """Two parts of one container take each other's place: rows, or fields of a row."""
    wide = [container for container, _ in _nodes(document) if len(container) > 1]
    if wide:
        container = dice.choice(wide)
        keys = list(container) if isinstance(container, dict) else range(len(container))
        one, other = dice.sample(keys, 2)
        container[one], container[other] = container[other], container[one]


def _double(document: Any, dice: random.Random) -> None:
    lists = [container for container, _ in _nodes(document) if isinstance(container, list)]
    if lists:
        rows = dice.choice(lists)
        rows.insert(dice.randrange(len(rows) + 1), copy.deepcopy(dice.choice(rows)))


_OF_BYTES: list[Callable[..., Any]] = [_flip, _cut, _insert, _repeat, _digits]
_OF_DOCUMENTS: list[Callable[..., Any]] = [_replace, _retype, _delete, _rename, _swap, _double]


# --- what a mutant says ------------------------------------------------------------------------------------------------

COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "/datasets/rankings-daily": {
        "period_start": ("date",), "model_permaslug": ("model_permaslug",), "total_tokens": ("total_tokens",),
    },
    "/datasets/session-cost": {
        name: (name,) for name in ("app_slug", "turn_range", "model_permaslug", "median_session_cost_usd")
    },
    "/datasets/app-rankings": {
        name: (name,) for name in ("rank", "app_id", "app_name", "total_tokens", "total_requests")
    },
    "/benchmarks": {
        **{name: (name,) for name in ("model_permaslug", "intelligence_index", "coding_index", "agentic_index")},
        **{f"{name}_usd_per_token": ("pricing", name) for name in ("prompt", "completion")},
    },
    "/models": {
        **{name: (name,) for name in ("id", "canonical_slug", "name", "context_length")},
        **{f"{name}_usd_per_unit": ("pricing", name) for name in ("prompt", "completion")},
    },
    "/classifications/task": {name: (name,) for name in ("usage_share", "token_share")},
}  # fmt: skip
"""Where the columns of each endpoint's rows stand in its items, as the contract has it."""


def items_of(path: str, body: bytes) -> list[Any]:
    """The items of an answer that was read: each makes rows, or is set aside."""
    data = json.loads(body)["data"]
    items: list[Any] = data["macro_categories"] + data["classifications"] if path == "/classifications/task" else data
    return items


def says(item: Any, way: tuple[str, ...]) -> Any:
    """What an item has in a column; None where it says nothing."""
    for name in way:
        item = None if item is None else item.get(name)
    return item


def agree(read: Any, said: Any) -> bool:
    """Whether a typed value is what the JSON says."""
    if isinstance(read, date):
        return bool(read.isoformat() == said)
    if isinstance(read, Decimal):
        return isinstance(said, str) and Decimal(said) == read
    if isinstance(read, int) and isinstance(said, str):
        return read == int(said)
    if isinstance(read, float) and isinstance(said, int):
        return read == float(said)
    return bool(read == said) and not isinstance(said, bool)
