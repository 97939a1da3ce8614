"""What blocks are measured against: the blocks that were believed before them.

Belongs here: measuring each staged block where its shape is right and its meaning may be wrong, one exchange after the
other in reading order, so that a verdict depends on what was believed before it and not on how many are loaded at once.
Not here: how far a measure may go (``thresholds``), and saying so (``expectations``).

Measured are rankings of tokens that always have rows. A slice that nobody may have used has no level of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Any

import polars as pl

from pipeline.load.validation.thresholds import THRESHOLDS, is_plausible, passed_by
from pipeline.series import BY_NAME, SERIES, Series, next_period

NEAREST = 7
"""So many periods make a median, where there are as many."""

FEWEST = 3
"""Fewer are no measure."""

FEWEST_ROWS = 10
"""Of a snapshot that was shorter the number of rows says nothing."""

REACH: Mapping[str, int] = {"day": 28, "week": 8, "month": 3, "snapshot": 28}
"""How many periods away, by grain, a block still says something of another."""

CLOSE: Mapping[str, int] = {"day": 7, "week": 1, "month": 1, "snapshot": 7}
"""How many periods away, by grain, lists are still compared model by model: recorded weeks three apart share 3 of 9."""

OTHER = "other"

SCHEMA: Mapping[str, pl.DataType] = {
    "exchange_id": pl.String(),
    "series": pl.String(),
    "period_start": pl.Date(),
    **{name: pl.Float64() for name in THRESHOLDS},
    "compared_with": pl.String(),
    "reading_before": pl.String(),
    "thresholds_passed": pl.List(pl.String()),
}

_SECTIONS = ("category_week", "language_week")


LEVELLED = frozenset(
    one.name for one in SERIES if (one.endpoint.name == "rankings" and not one.may_be_empty) or one.name.endswith("/popular")
)
"""Series that rank by tokens and always have rows, more than a few."""

COUNTED = frozenset(one.name for one in SERIES if one.grain == "snapshot" and one.min_rows > 0)
"""Snapshots that always have rows."""


def judged_together(name: str) -> tuple[str, ...]:
    """The series whose earlier responses a response of this one is compared with, itself included; none where its verdict
    follows from itself alone.
    """
    return _beside(BY_NAME[name]) if name in LEVELLED | COUNTED else ()


def _beside(series: Series) -> tuple[str, ...]:
    """A section is compared with the others of its kind; any other series with itself alone."""
    return tuple(one.name for one in SERIES if one.kind == series.kind) if series.kind in _SECTIONS else (series.name,)


@dataclass
class Level:
    """One block: the exchange it was read in, tokens by model (or app), and how much of its period was over by then."""

    exchange_id: str
    period: date
    tokens: dict[str, int]
    elapsed: float
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self.total = sum(self.tokens.values())

    @cached_property
    def shares(self) -> dict[str, float]:
        whole = max(self.total, 1)
        return {name: tokens / whole for name, tokens in self.tokens.items()}

    @property
    def is_closed(self) -> bool:
        return self.elapsed >= 1


Block = tuple[str, str, date, datetime, list[str], list[int]]
"""exchange_id, series, period, reading time, models (or apps) and their tokens."""


class Levels:
    """The believed blocks near those that are measured, by series and number of the period."""

    def __init__(
        self,
        known_authors: Collection[str],
        accepted: Mapping[str, Collection[date]],
        row_counts: Iterable[tuple[str, date, int]],
        believed: Iterable[Block] = (),
    ) -> None:
        """``accepted`` are the periods from which on a series stands at another level. ``row_counts`` are series, day of
        reading and number of rows of the newest accepted responses. ``believed`` are the blocks of ``wanted``.
        """
        self._known_authors = frozenset(known_authors)
        self._accepted = accepted
        self._answers = {name: (read_on, count) for name, read_on, count in row_counts}
        self._believed: dict[str, dict[int, Level]] = {}
        for name, level in _levels(believed):
            self._believed.setdefault(name, {})[_number(BY_NAME[name], level.period)] = level

    def measure(
        self,
        staged: Iterable[Block],
        snapshots: Iterable[tuple[str, str, date, int]],
    ) -> pl.DataFrame:
        """A row per block with what was measured of it; what holds is believed from then on.

        ``staged`` are blocks, exchange by exchange in reading order; ``snapshots`` are exchange_id, series, day of reading
        and number of rows, in the same order.
        """
        found: list[dict[str, Any]] = []
        ranked: dict[tuple[str, str], dict[int, Level]] = {}
        for name, level in _levels(staged):
            ranked.setdefault((level.exchange_id, name), {})[_number(BY_NAME[name], level.period)] = level
        counted = {(exchange_id, name): (read_on, count) for exchange_id, name, read_on, count in snapshots}
        for exchange_id, name in sorted(ranked.keys() | counted.keys()):
            blocks, count = ranked.get((exchange_id, name), {}), counted.get((exchange_id, name))
            key = {"exchange_id": exchange_id, "series": name}
            measured = {
                number: key | {"period_start": level.period} | _judged(self._measured(BY_NAME[name], number, blocks))
                for number, level in blocks.items()
            }
            length = [] if count is None else [key | _judged(self._length(name, *count))]
            found += [*measured.values(), *length]
            # A snapshot is believed whole or not at all.
            is_long = all(map(_is_plausible, length))
            believed = [number for number, one in measured.items() if is_long and _is_plausible(one)]
            for number in believed:
                self._believed.setdefault(name, {})[number] = blocks[number]
            if count is not None and is_long and len(believed) == len(blocks):
                self._answers[name] = count
        return pl.DataFrame(found, schema=SCHEMA)

    def _measured(self, series: Series, number: int, blocks: Mapping[int, Level]) -> dict[str, Any]:
        level = blocks[number]
        believed = self._believed.get(series.name, {})
        before = believed.get(number)
        if before is not None and before.tokens == level.tokens:
            return {"compared_with": "the fetch before, which it equals"}
        near = accepted = self._near(series, level, believed)
        source = "periods accepted before"
        beside = self._near(series, level, blocks)
        if len(near) < FEWEST:
            near, source = beside, "periods of the same response"
        measured: dict[str, Any] = {
            "largest_gap": _largest_gap(level),
            "repeats_another_period": float(_repeats(level, accepted, beside)),
            "compared_with": source,
        }
        if series.has_dated_rows:
            measured["known_author_share"] = self._known_author_share(level)
        if before is not None and level.period not in self._accepted.get(series.name, ()):
            measured["reading_before"] = before.exchange_id
            if series.window_days is not None:
                measured["window_drift"] = window_drift(level.tokens, before.tokens, series.window_days)
            measured["tokens_to_reading_before"] = _grown(series, level, before)
            if before.is_closed:
                measured["restated_to"] = measured["tokens_to_reading_before"]
        closed = [one for _, one in near if one.is_closed][:NEAREST]
        if len(closed) >= FEWEST:
            # Of a period that is running, a part of its tokens is there.
            total = "sampled_total_to_median" if series.is_sampled else "total_to_median"
            measured[total] = level.total / level.elapsed / max(median(one.total for one in closed), 1)
            others = [one.tokens[OTHER] for one in closed if OTHER in one.tokens]
            if OTHER in level.tokens and len(others) >= FEWEST:
                measured["other_to_median"] = level.tokens[OTHER] / level.elapsed / max(median(others), 1)
        nearest = before or next((one for other, one in near if abs(other - number) <= CLOSE[series.grain]), None)
        if nearest is not None:
            measured["turnover"] = _turnover(level, nearest)
        if series.kind in _SECTIONS:
            measured["nearer_to_another"] = self._nearer_to_another(series, number, level, nearest)
        return measured

    def _length(self, name: str, read_on: date, count: int) -> dict[str, Any]:
        """The length of a snapshot beside that of the one before."""
        measured: dict[str, Any] = {"compared_with": "the fetch before"}
        before_on, before = self._answers.get(name, (read_on, 0))
        if before >= FEWEST_ROWS and self._era(name, before_on) == self._era(name, read_on):
            measured["rows_to_reading_before"] = count / before
        return measured

    def _near(self, series: Series, level: Level, blocks: Mapping[int, Level]) -> list[tuple[int, Level]]:
        """Other periods within reach that stand at the same accepted level, the nearest first, then the earlier."""
        number, era = _number(series, level.period), self._era(series.name, level.period)
        found: list[tuple[int, Level]] = []
        for distance in range(1, REACH[series.grain] + 1):
            for other in (number - distance, number + distance):
                near = blocks.get(other)
                if near is not None and self._era(series.name, near.period) == era:
                    found.append((other, near))
            if sum(one.is_closed for _, one in found) >= NEAREST:
                break
        return found

    def _era(self, name: str, day: date) -> int:
        """How many accepted changes of level lie before or on the day."""
        changes = self._accepted.get(name)
        return sum(change <= day for change in changes) if changes else 0

    def _known_author_share(self, level: Level) -> float | None:
        listed = {name: tokens for name, tokens in level.tokens.items() if name != OTHER}
        total = sum(listed.values())
        known = sum(tokens for name, tokens in listed.items() if name.lstrip("~").partition("/")[0] in self._known_authors)
        return known / total if total else None

    def _nearer_to_another(self, series: Series, number: int, level: Level, nearest: Level | None) -> float | None:
        """How much nearer the shares are to another section's than to the section's own; 1 where they are another's."""
        distances = []
        for name, blocks in self._believed.items():
            if name != series.name and BY_NAME[name].kind == series.kind:
                other = next((blocks[near] for near in (number, number - 1, number + 1) if near in blocks), None)
                if other is not None:
                    distances.append(_distance(level, other))
        if not distances:
            return None
        if min(distances) == 0:
            return 1.0
        return None if nearest is None else _distance(level, nearest) - min(distances)


def wanted(spans: Mapping[str, tuple[date, date]]) -> dict[str, tuple[date, date]]:
    """Of spans of periods that are to be measured, the spans of what they are compared with: what lies around them, and
    beside them in the sections that a section is compared with.
    """
    found: dict[str, tuple[date, date]] = {}
    for name, (first, last) in spans.items():
        series = BY_NAME[name]
        days = REACH[series.grain] * {"week": 7, "month": 31}.get(series.grain, 1)
        for beside in _beside(series):
            known_first, known_last = found.get(beside, (date.max, date.min))
            found[beside] = min(_shifted(first, -days), known_first), max(_shifted(last, days), known_last)
    return found


def _number(series: Series, period: date) -> int:
    """Periods numbered so that neighbours differ by one."""
    if series.grain == "month":
        return period.year * 12 + period.month
    return period.toordinal() // 7 if series.grain == "week" else period.toordinal()


def window_drift(tokens: Mapping[str, int], before: Mapping[str, int], days: int) -> float | None:
    """By how much the median app that two readings of a window list moved, in either direction, as a share of one of its
    days; None where they have no app in common.
    """
    moved = [abs(tokens[app] / count - 1) for app, count in before.items() if count > 0 and app in tokens]
    return median(moved) * days if moved else None


def _grown(series: Series, level: Level, before: Level) -> float | None:
    """Tokens to those of the reading before. Of a list without `other`, of those rows alone that both have: the source may
    hide one.
    """
    both = None if series.has_dated_rows else level.tokens.keys() & before.tokens.keys()
    after_tokens, before_tokens = (
        one.total if both is None else sum(one.tokens[app] for app in both) for one in (level, before)
    )
    return after_tokens / before_tokens if before_tokens else None


def _levels(blocks: Iterable[Block]) -> Iterator[tuple[str, Level]]:
    """Series and block."""
    for exchange_id, name, period, read_at, models, tokens in blocks:
        grain, elapsed = BY_NAME[name].grain, 1.0
        if grain != "snapshot":
            begins, ends = (datetime.combine(day, time(), UTC) for day in (period, next_period(grain, period)))
            elapsed = min(max((read_at - begins) / (ends - begins), 0.01), 1.0)
        yield name, Level(exchange_id, period, dict(zip(models, tokens, strict=True)), elapsed)


def _repeats(level: Level, accepted: Iterable[tuple[int, Level]], beside: Iterable[tuple[int, Level]]) -> bool:
    # Of two equal blocks in one answer the later one is the copy.
    near = [*(one for _, one in accepted), *(one for _, one in beside if one.period < level.period)]
    return any(one.total == level.total and one.tokens == level.tokens for one in near)


def _judged(measured: dict[str, Any]) -> dict[str, Any]:
    return measured | {"thresholds_passed": passed_by(measured)}


def _is_plausible(judged: Mapping[str, Any]) -> bool:
    return is_plausible(judged["thresholds_passed"])


def _largest_gap(level: Level) -> float:
    # Nothing says how much less zero is.
    listed = sorted((tokens for name, tokens in level.tokens.items() if name != OTHER and tokens > 0), reverse=True)
    return max((larger / smaller for larger, smaller in pairwise(listed)), default=1.0)


def _turnover(level: Level, other: Level) -> float | None:
    """Share of the shorter list's models that the other does not list."""
    models, others = level.tokens.keys() - {OTHER}, other.tokens.keys() - {OTHER}
    shorter = min(len(models), len(others))
    return 1 - len(models & others) / shorter if shorter else None


def _distance(level: Level, other: Level) -> float:
    """Half the sum of differences of shares: 0 for equal ones, 1 where nothing is shared."""
    shares, others = level.shares, other.shares
    differences = sum(abs(share - others.get(name, 0)) for name, share in shares.items())
    return (differences + sum(abs(others[name]) for name in others.keys() - shares.keys())) / 2


def _shifted(day: date, days: int) -> date:
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))
