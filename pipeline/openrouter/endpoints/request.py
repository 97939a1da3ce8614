"""What every request to the Data API has in common: its form, the source's limits, and refusing what the API would refuse.

Belongs here: the protocol of a request, and checks of parameters that several endpoints share. A request that cannot be
answered raises before it is sent, because a refused request costs as much of the budget as an answered one. Not here: the
parameters of an endpoint (its own file beside this one), sending (``client``), which requests are due (``series``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol, Self, runtime_checkable

from pipeline.failures import PermanentFailure

DATASET_START = date(2025, 1, 1)
"""The first day the source has."""

MAX_SPAN_DAYS = 366
"""The most days, both ends included, one request may span."""


class Request(Protocol):
    """One request to the API. It is data: the client turns it into an HTTP request."""

    @property
    def path(self) -> str:
        """Below the API's base URL, starting with `/`."""

    @property
    def needs_key(self) -> bool:
        """Whether the endpoint responds only to an API key."""

    def params(self) -> dict[str, str]:
        """The query parameters that are set, always in the same order."""

    def describe(self) -> str:
        """The request in a few words, for messages."""


@runtime_checkable
class PagedRequest(Request, Protocol):
    """A request for one page of a response that comes in pages."""

    def from_row(self, offset: int) -> Self | None:
        """The request for the page that begins at that row; None where there is no such page."""


def refuse_unknown(name: str, value: object, permitted: tuple[str, ...], *, optional: bool = False) -> None:
    if value not in permitted and not (optional and value is None):
        raise PermanentFailure(
            f"cannot request {name}={value!r}: the API does not know it; use one of {', '.join(permitted)}"
        )


def refuse_number(name: str, value: object, least: int, most: int) -> None:
    # True is an int to isinstance, and would be sent as a word.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise PermanentFailure(f"cannot request {name}={value!r}: give a whole number from {least} to {most}")


def refuse_no_date(name: str, value: object) -> None:
    # A datetime is a date to isinstance, and would be sent with its time.
    if not isinstance(value, date) or isinstance(value, datetime):
        raise PermanentFailure(
            f"cannot request {name}={value!r}: it is a {type(value).__name__}; give a datetime.date (UTC)"
        )


def refuse_window(request: Request, start: date | None, end: date | None) -> None:
    """Refuse a window that is wrong as far as it is given; the API sets an end that is not."""
    if start and end and start > end:
        raise PermanentFailure(f"cannot request {request.describe()}: it starts after its end; swap the dates")
    if end and end < DATASET_START:
        raise PermanentFailure(
            f"cannot request {request.describe()}: the source begins at {DATASET_START}; request a later end_date"
        )
    days = (end - start).days + 1 if start and end else 0
    if days > MAX_SPAN_DAYS:
        raise PermanentFailure(
            f"cannot request {request.describe()}: that is {days} days, and the API returns at most"
            f" {MAX_SPAN_DAYS}; split it into several requests"
        )


def set_params(values: dict[str, Any]) -> dict[str, str]:
    """Parameters as they are sent, without those that are not set."""
    return {name: str(value) for name, value in values.items() if value is not None}


def described(filters: dict[str, str]) -> str:
    return "".join(f", {name}={value}" for name, value in filters.items())
