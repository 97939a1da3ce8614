"""A request: the path and the parameters that are sent, and the limits of the source that planning keeps to.

Belongs here: its form. Not here: which parameters an endpoint always has (its own file beside this one), which requests are
made (``series``, the one place that makes them), which are due (``planning``), sending (``client``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

DATASET_START = date(2025, 1, 1)
"""The first day the source has."""

MAX_SPAN_DAYS = 366
"""The most days, both ends included, one request may span."""


@dataclass(frozen=True)
class Request:
    """One request to a source. It is data: the client turns it into an HTTP request.

    ``path`` is below the source's base URL and starts with `/`, ``params`` are the query, ``title`` names what is fetched.
    """

    path: str
    title: str
    params: Mapping[str, str]
    needs_key: bool

    def describe(self) -> str:
        """For messages: `usage, period=day, start_date=2025-10-25, end_date=2025-10-31`."""
        return ", ".join((self.title, *(f"{name}={value}" for name, value in self.params.items())))
