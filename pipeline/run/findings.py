"""What the steps of a run found, as records that travel with Dagster's events: written by ``assets``, read by ``outcome``.

Belongs here: those records and their form as metadata. Not here: finding anything, printing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

FAILURE = "failure"
"""The metadata of a step that failed by a failure of ours, and not by a check that is an event of its own: its one line."""

EXCLUDED = "excluded"
"""The metadata of raw.exchanges: how many responses of a load were kept and not read, by verdict and reason."""


IS_FRESH, SERIES_ARE_FRESH = AGE_CHECKS = "is_fresh", "series_are_fresh"
"""The checks of age: what fails them is old, and not wrong."""


class _Record:
    """A dataclass of plain values. ``name`` is that of the metadata that holds a list of them."""

    name: ClassVar[str]

    @classmethod
    def read(cls, metadata: Mapping[str, Any]) -> list[Self]:
        """The records of an event; none where it has none of this kind."""
        return [cls(**one) for one in metadata[cls.name].value] if cls.name in metadata else []


def as_metadata(records: Iterable[Finding] | Iterable[Fetch]) -> list[dict[str, Any]]:
    """For ``MetadataValue.json``."""
    return [asdict(one) for one in records]


@dataclass(frozen=True)
class Finding(_Record):
    """A check that failed: of which asset, why, and for which series."""

    name = "findings"

    check: str
    asset: str
    cause: str
    series: list[str]


@dataclass
class Fetch(_Record):
    """The requests of a run for one series, or for the exports. ``failure`` says why not all of them succeeded,
    ``unreachable`` the host that could not be reached; ``is_error``: it fails the run.

    ``requests_postponed`` are those that a budget had no room for: in a daily run of what can wait, in a backfill of
    anything, where ``free_at`` is when it has, in ISO 8601. ``periods_read_again_for_the_month`` are of ``periods_asked``.
    """

    name = "fetches"

    series: str
    requests_made: int
    periods_asked: int
    periods_read_again_for_the_month: int = 0
    failure: str | None = None
    is_error: bool = False
    requests_postponed: int = 0
    free_at: str | None = None
    rows: int = 0
    newest_period: str | None = None
    unreachable: str | None = None

    @property
    def is_postponed(self) -> bool:
        return self.free_at is not None
