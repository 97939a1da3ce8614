"""Reading a query as the Data API does: defaults, clamping, and a refusal for what it does not take.

Belongs here: parameters that several simulated endpoints share, and how a refusal is said. Not here: what an
endpoint answers. Nothing is shared with `requests`: the simulator would then forgive its mistakes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pipeline.simulator.world import FLOOR, HORIZON

MAX_SPAN_DAYS = 366
DEFAULT_SPAN_DAYS = 30


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of the simulator
    """A request the API answers with another status than 200."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})


def choice(query: Mapping[str, str], name: str, permitted: tuple[str, ...]) -> str | None:
    """One of the permitted values, None if unset."""
    value = query.get(name)
    if value is not None and value not in permitted:
        raise Refusal(400, f"Invalid {name}: {value!r}")
    return value


def integer(query: Mapping[str, str], name: str, default: int, least: int, most: int | None = None) -> int:
    """A whole number within its bounds, the default if unset."""
    text = query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,100}", text) or int(text) < least or (most is not None and int(text) > most):
        raise Refusal(400, f"Invalid {name}: {text!r}")
    return int(text)


def number(query: Mapping[str, str], name: str, least: float, most: float = math.inf) -> float | None:
    """A number within its bounds, None if unset or null."""
    text = query.get(name, "null")
    if text == "null":
        return None
    if not re.fullmatch(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?", text) or not least <= float(text) <= most:
        raise Refusal(400, f"Invalid {name}: {text!r}")
    return float(text)


def stamp(now: datetime) -> str:
    """An instant as the API writes it."""
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def last_complete_day(now: datetime) -> date:
    """The newest day that has ended; never past the world's end."""
    return min(now.date() - timedelta(days=1), HORIZON)


def resolved_window(query: Mapping[str, str], now: datetime) -> tuple[date, date]:
    """The resolved window: clamped to the dataset and to the last complete UTC day, or refused."""
    last = last_complete_day(now)
    asked_end = day_of(query, "end_date") or max(last, FLOOR)
    asked_start = day_of(query, "start_date")
    if asked_end < FLOOR:
        raise Refusal(400, f"end_date must be on or after {FLOOR}")
    if asked_start and "end_date" in query and asked_start > asked_end:
        raise Refusal(400, "start_date must not be after end_date")
    end = min(asked_end, last)
    start = max(asked_start or end - timedelta(days=DEFAULT_SPAN_DAYS - 1), FLOOR)
    if start > end:
        raise Refusal(400, "the window holds no complete UTC day")
    if (end - start).days + 1 > MAX_SPAN_DAYS:
        raise Refusal(400, f"the window spans more than {MAX_SPAN_DAYS} days")
    return start, end


def day_of(query: Mapping[str, str], name: str) -> date | None:
    """A date (YYYY-MM-DD), None if unset."""
    if name not in query:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", query[name]):
            return date.fromisoformat(query[name])
    except ValueError:
        pass  # the right form, but no such day
    raise Refusal(400, f"Invalid {name}: {query[name]!r} is not a date (YYYY-MM-DD)")
