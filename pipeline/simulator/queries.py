"""What a simulated endpoint is: its path, the parameters that it accepts, and the function that makes its body.

Belongs here: reading a query as the Data API does (defaults, clamping, a refusal of what it does not accept). Not here: the
bodies (endpoints). Nothing is shared with ``openrouter.endpoints``: the simulator would then forgive its mistakes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pipeline.simulator.world import FLOOR, HORIZON, PREFIX, World

MAX_SPAN_DAYS = 366
DEFAULT_SPAN_DAYS = 30

Reader = Callable[[str | None], Any]
"""The value of a parameter from its text, None where it was not given. Raises ValueError for what is refused."""


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of the simulator
    """A request the API answers with another status than 200."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})


@dataclass(frozen=True)
class Asked:
    """One request of an endpoint. ``largest_page`` is the most entries that a page of the catalogue holds; None: as many as
    are asked for. ``below`` is what the path has after that of an endpoint that is a folder."""

    world: World
    now: datetime
    query: Mapping[str, str]
    values: Mapping[str, Any]
    largest_page: int | None = None
    below: str = ""

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def last_complete_day(self) -> date:
        """The newest day that has ended; never past the world's end."""
        return min(self.now.date() - timedelta(days=1), HORIZON)

    def window(self) -> tuple[date, date]:
        """The resolved window: clamped to the dataset and to the last complete UTC day, or refused."""
        last = self.last_complete_day
        asked_start, asked_end = self["start_date"], self["end_date"] or max(last, FLOOR)
        if asked_end < FLOOR:
            raise Refusal(400, f"end_date must be on or after {FLOOR}")
        if asked_start and self["end_date"] and asked_start > asked_end:
            raise Refusal(400, "start_date must not be after end_date")
        end = min(asked_end, last)
        start = max(asked_start or end - timedelta(days=DEFAULT_SPAN_DAYS - 1), FLOOR)
        if start > end:
            raise Refusal(400, "the window holds no complete UTC day")
        if (end - start).days + 1 > MAX_SPAN_DAYS:
            raise Refusal(400, f"the window spans more than {MAX_SPAN_DAYS} days")
        return start, end

    def body(self, data: Any, **meta: Any) -> dict[str, Any]:
        """A body in the envelope of the datasets; an `as_of` of its own stands for that of now."""
        return {"data": data, "meta": {"as_of": stamp(self.now), "version": "v1", **meta}}


@dataclass(frozen=True)
class Document:
    """A body that is not written as JSON here."""

    content_type: str
    content: bytes


@dataclass(frozen=True)
class Endpoint:
    """All that the simulator knows of an endpoint. Parameters that it does not name are ignored, as the source does.

    A folder responds to every path below its own. ``prefix`` is what the path has before it: that of the API, or nothing for
    what another site stands in for, or the web site itself.
    """

    path: str
    parameters: Mapping[str, Reader]
    answer: Callable[[Asked], dict[str, Any] | Document]
    needs_key: bool = True
    is_folder: bool = False
    prefix: str = PREFIX

    @property
    def route(self) -> str:
        """The whole path."""
        return self.prefix + self.path

    def values(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The value of every parameter. Raises Refusal for the first that is refused."""
        found = {}
        for name, read in self.parameters.items():
            try:
                found[name] = read(query.get(name))
            except ValueError as error:
                raise Refusal(400, f"Invalid {name}: {query[name]!r}{error}") from None
        return found


def stamp(now: datetime) -> str:
    """An instant as the API writes it."""
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def anything(text: str | None) -> str | None:
    """Any text."""
    return text


def choice(*permitted: str, default: str | None = None) -> Reader:
    """One of the permitted values."""

    def read(text: str | None) -> str | None:
        if text is not None and text not in permitted:
            raise ValueError
        return default if text is None else text

    return read


def integer(default: int, least: int, most: float = math.inf) -> Reader:
    """A whole number within its bounds."""

    def read(text: str | None) -> int:
        text = str(default) if text is None else text
        if not re.fullmatch(r"[0-9]{1,100}", text) or not least <= int(text) <= most:
            raise ValueError
        return int(text)

    return read


def day(text: str | None) -> date | None:
    """A date (YYYY-MM-DD)."""
    if text is None:
        return None
    with suppress(ValueError):  # the right form, but no such day
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    raise ValueError(" is not a date (YYYY-MM-DD)")


WINDOW: dict[str, Reader] = {"end_date": day, "start_date": day}
