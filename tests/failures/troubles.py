"""What the source does wrong: changes to single answers of the simulator, and how they are put together to a day.

Belongs here: troubles. Not here: on which day they come (``conftest``), what must become of them (the tests).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from pipeline.series import identify
from pipeline.simulator.server import SimulatedResponse, Tamper

PREFIX = "/api/v1"

Change = Callable[[SimulatedResponse], SimulatedResponse]
Spoil = Callable[[Any], object]
"""Changes a body in place."""


def tampered(changes: Mapping[str, Change], otherwise: Change | None = None) -> Tamper:
    """Change the answers of the series named; those of all others as ``otherwise`` says."""

    def tamper(path: str, query: Mapping[str, str], answer: SimulatedResponse) -> SimulatedResponse:
        change = changes.get(identify(path.removeprefix(PREFIX), query) or path, otherwise)
        return change(answer) if change and answer.status == 200 else answer

    return tamper


def body(*spoils: Spoil) -> Change:
    """Change the body of an answer."""

    def change(answer: SimulatedResponse) -> SimulatedResponse:
        found = json.loads(answer.body)
        for spoil in spoils:
            spoil(found)
        return replace(answer, body=json.dumps(found).encode())

    return change


# --- whole answers -----------------------------------------------------------------------------------------------------


def status(code: int) -> Change:
    """An error, as the source words it."""
    said = json.dumps({"error": {"code": code, "message": "it is not as it was"}}).encode()
    return lambda answer: replace(answer, status=code, body=said)


def moved(answer: SimulatedResponse) -> SimulatedResponse:
    """A redirect to a page."""
    return replace(answer, status=301, headers=answer.headers | {"location": "/rankings"}, body=b"")


def web_page(answer: SimulatedResponse) -> SimulatedResponse:
    """A page instead of data, with status 200."""
    return replace(answer, body=b"<!doctype html><title>Rankings</title>")


def wait_and_ask_again(answer: SimulatedResponse) -> SimulatedResponse:
    """A limit that never opens."""
    return replace(status(429)(answer), headers=answer.headers | {"retry-after": "0"})


def empty(found: Any) -> None:
    """Every section came back empty."""
    if "paths" in found:
        found["paths"] = {}
    elif "rows" in found:
        found["rows"] = []
    elif isinstance(found["data"], dict):
        found["data"] |= {"classifications": [], "macro_categories": []}
    else:
        found["data"] = []


def rename(old: str, new: str) -> Spoil:
    """A field of the envelope or of ``meta`` that is called otherwise."""

    def spoil(found: Any) -> None:
        place = found if old in found else found["meta"]
        place[new] = place.pop(old)

    return spoil


def in_meta(**values: Any) -> Spoil:
    return lambda found: found["meta"].update(values)


def first_rows(number: int) -> Spoil:
    """An answer cut without a word."""
    return lambda found: found.update(data=found["data"][:number])


def shares_of_97(found: Any) -> None:
    """Shares of the second gateway that do not sum to 100."""
    for row in found["rows"]:
        row["share_percent"] *= 0.97


# --- rows of rankings --------------------------------------------------------------------------------------------------

Row = dict[str, Any]


def on(day: str, *spoils: Callable[[list[Row]], object]) -> Spoil:
    """Change the rows of one day; ``other`` is the last of them. Rows taken from the list are gone."""

    def spoil(found: Any) -> None:
        places = [place for place, row in enumerate(found["data"]) if row["date"] == day]
        if not places:
            return
        rows = [found["data"][place] for place in places]
        for one in spoils:
            one(rows)
        found["data"][places[0] : places[-1] + 1] = rows

    return spoil


def models(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["model_permaslug"] != "other"]


def called(pattern: str) -> Callable[[list[Row]], object]:
    """Give every model another name; ``{}`` in it is its number."""
    return lambda rows: [row.update(model_permaslug=pattern.format(n)) for n, row in enumerate(models(rows))]


def renamed(place: int, name: str) -> Callable[[list[Row]], object]:
    """Another model stands in the place of one."""
    return lambda rows: rows[place].update(model_permaslug=name)


def tokens(change: Callable[[int], object]) -> Callable[[list[Row]], object]:
    """Every row's tokens, written otherwise."""
    return lambda rows: [row.update(total_tokens=change(int(row["total_tokens"]))) for row in rows]


def without(name: str) -> Callable[[list[Row]], object]:
    """A model is not listed; what it had is in ``other``."""

    def spoil(rows: list[Row]) -> None:
        gone = [row for row in rows if row["model_permaslug"] == name]
        rows[-1]["total_tokens"] = str(sum(int(row["total_tokens"]) for row in [rows[-1], *gone]))
        rows[:] = [row for row in rows if row not in gone]

    return spoil


def by_price(rows: list[Row]) -> None:
    """Another order than that of tokens, ``other`` still being last."""
    rows[:-1] = sorted(rows[:-1], key=lambda row: row["model_permaslug"])


def no_rows(rows: list[Row]) -> None:
    rows.clear()


def from_sunday(found: Any) -> None:
    """Weeks named by their Sunday."""
    for row in found["data"]:
        row["date"] = (date.fromisoformat(row["date"]) - timedelta(days=1)).isoformat()


def new_fields(found: Any) -> None:
    """Fields that the contract does not know, in every place."""
    found["generated_by"] = "rankings 2"
    found["meta"]["cache"] = {"age": 3}
    for row in found["data"]:
        row["reasoning_tokens"] = "12"


# --- entries of sets ---------------------------------------------------------------------------------------------------


def entry(place: int | str, **values: Any) -> Spoil:
    """Change an entry, by its place or by its id."""

    def spoil(found: Any) -> None:
        wanted = found["data"][place] if isinstance(place, int) else next(e for e in found["data"] if e["id"] == place)
        wanted.update(values)

    return spoil


def every_entry(**values: Any) -> Spoil:
    return lambda found: [one.update(values) for one in found["data"]]


def again(entry_id: str, **values: Any) -> Spoil:
    """An entry stands a second time, with other values."""

    def spoil(found: Any) -> None:
        found["data"].append(next(one for one in found["data"] if one["id"] == entry_id) | values)

    return spoil


def unlisted(entry_id: str) -> Spoil:
    """An entry is not in the catalogue."""
    return lambda found: found.update(data=[one for one in found["data"] if one["id"] != entry_id])
