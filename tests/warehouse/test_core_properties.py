"""Core is what a plain walk over all readings gives, whatever was read, in whatever order it was imported.

The walk below is written from the words of the design alone: it shares nothing with the SQL but the readings.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.contracts.tables import MACROS
from tests import support
from tests.warehouse.readings import CODING, M2, USAGE, CatalogueReading, Reading, Tables, settled_day

pytestmark = pytest.mark.made_up_levels

SEO = "category_week/marketing/seo"
PERIODS = (
    (USAGE, date(2026, 1, 5)),
    (USAGE, date(2026, 1, 6)),
    (CODING, date(2026, 1, 5)),
    (CODING, date(2026, 1, 12)),
    (SEO, date(2026, 1, 5)),
)
MODELS = (M2, f"{M2}:free", "a/x", "a/x:free:online", "b/y", "other")
HOURS_AFTER_CLOSE = (-30.0, -1.0, 0.0, 1.0, 3.5, 4.0, 4.5, 28.0, 47.5, 48.0, 60.0, 200.0)
BEFORE_EVERYTHING = datetime(2025, 1, 1, tzinfo=UTC)
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)

Record = tuple[Any, ...]

# Readings are few as they are: shrinking them would build tables for minutes before it says what failed.
quick = settings(
    deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)


# --- the walk --------------------------------------------------------------------------------------------------------


def close_of(series: str, period_start: date) -> datetime:
    """00:00 UTC after the period's last day."""
    days = 1 if series == USAGE else 7
    return datetime.combine(period_start + timedelta(days=days), datetime.min.time(), UTC)


def known_at(reading: Reading) -> datetime:
    """The instant that its citation prints, or that of our clock, whichever is earlier."""
    return min(reading.at, (reading.as_of or reading.at).replace(microsecond=0))


@dataclass(frozen=True)
class Vintage:
    """Consecutive readings with equal content."""

    readings: tuple[Reading, ...]

    @property
    def known_from(self) -> datetime:
        return self.readings[0].at

    @property
    def last_read_at(self) -> datetime:
        return self.readings[-1].at

    @property
    def capture(self) -> str:
        return self.readings[0].capture

    @property
    def content(self) -> dict[str, int]:
        return dict(self.readings[0].rows)


@dataclass(frozen=True)
class Line:
    """One value of one row, from when to when it was the known one; no tokens: the row had left."""

    model: str
    capture: str
    tokens: int | None
    known_from: datetime
    known_to: datetime | None


@dataclass(frozen=True)
class Block:
    """Every reading that counts of one period of one series, oldest first."""

    series: str
    period_start: date
    readings: tuple[Reading, ...]

    @cached_property
    def vintages(self) -> list[Vintage]:
        return [Vintage(tuple(same)) for _, same in groupby(self.readings, key=lambda one: (one.capture, set(one.rows)))]

    @property
    def closes_at(self) -> datetime:
        return close_of(self.series, self.period_start)

    def read_by(self, ts: datetime) -> Block:
        return Block(self.series, self.period_start, tuple(one for one in self.readings if known_at(one) <= ts))

    @property
    def is_provisional(self) -> bool:
        """No reading 48 h after the close, and no two consecutive ones that agree, both 4 h after it."""
        late = any(one.at >= self.closes_at + timedelta(hours=48) for one in self.readings)
        agreed = any(
            one.at >= self.closes_at + timedelta(hours=4) and set(one.rows) == set(next_one.rows)
            for one, next_one in pairwise(self.readings)
            if one.capture == next_one.capture
        )
        return not (late or agreed)

    @property
    def final_from(self) -> datetime | None:
        return next((one.at for one in self.readings if not self.read_by(one.at).is_provisional), None)

    @property
    def lines(self) -> list[Line]:
        """A line per changed value; a row that leaves has one without tokens."""
        found: list[Line] = []
        open_lines: dict[str, Line] = {}
        for vintage in self.vintages:
            content = vintage.content
            for model in {*content, *open_lines}:
                tokens, before = content.get(model), open_lines.get(model)
                if before is not None:
                    if tokens == before.tokens and (tokens is None or before.capture == vintage.capture):
                        continue
                    found.append(Line(model, before.capture, before.tokens, before.known_from, vintage.known_from))
                open_lines[model] = Line(model, vintage.capture, tokens, vintage.known_from, None)
        return found + list(open_lines.values())


def blocks_of(readings: Iterable[Reading]) -> list[Block]:
    """Blocks with the readings that count: one an instant, and no cut one once the interface was read."""
    by_period: dict[tuple[str, date], dict[datetime, list[Reading]]] = {}
    for reading in readings:
        by_period.setdefault((reading.series, reading.period_start), {}).setdefault(reading.at, []).append(reading)
    blocks = []
    for (series, period_start), by_instant in by_period.items():
        counting: list[Reading] = []
        for _, together in sorted(by_instant.items()):
            whole = [one for one in together if one.capture == "api"]
            chosen = max(whole or together, key=lambda one: one.block_hash)
            if chosen.capture == "api" or all(one.capture != "api" for one in counting):
                counting.append(chosen)
        blocks.append(Block(series, period_start, tuple(counting)))
    return blocks


def named(model: str) -> Record:
    """model_permaslug, base_permaslug, variant, author, is_other"""
    base, colon, variant = model.partition(":")
    is_other = model == "other"
    return (model, base, variant if colon else "default", None if is_other else model.partition("/")[0], is_other)


def cited(reading: Reading) -> str:
    as_of = reading.as_of or reading.at
    return f"Source: OpenRouter (openrouter.ai/rankings), as of {as_of:%Y-%m-%dT%H:%M:%SZ}. Licensed under CC BY 4.0."


def shown(block: Block, ts: datetime) -> Iterator[Record]:
    """Every row of the block as it was known at ts, without the columns that only one of the tables has."""
    known = block.read_by(ts)
    if not known.readings:
        return
    newest = known.readings[-1]
    content = dict(newest.rows)
    ranked = [tokens for model, tokens in content.items() if model != "other"]
    for model, tokens in content.items():
        rank = None if model == "other" else 1 + sum(other > tokens for other in ranked)
        share = tokens / sum(content.values())
        yield (
            block.period_start, *named(model), tokens, rank, share, known.is_provisional, newest.at, newest.capture,
            cited(newest), len(known.vintages), block.series.partition("/")[2],
        )  # fmt: skip


def restated(block: Block) -> Iterator[Record]:
    """Changes after a reading taken at or after the close."""
    for before, after in pairwise(block.vintages):
        if before.capture != after.capture or before.last_read_at < block.closes_at:
            continue
        for model in {*before.content, *after.content}:
            old, new = before.content.get(model), after.content.get(model)
            if old != new:
                hours = (after.known_from - block.closes_at) / timedelta(hours=1)
                yield (
                    block.series, block.period_start, model, old, new, before.last_read_at, after.known_from, hours,
                    after.capture, cited(after.readings[0]), cited(before.readings[-1]),
                )  # fmt: skip


HOLES = {date(2025, 6, 15), date(2025, 7, 15)}


def covered(blocks: Iterable[Block]) -> Iterator[Record]:
    """Of each series that was read: which periods are there, and which are not."""
    for series, found in groupby(sorted(blocks, key=lambda one: one.series), key=lambda one: one.series):
        read = {one.period_start: one for one in found}
        times = [reading.at for one in read.values() for reading in one.readings]
        step = timedelta(days=1 if series == USAGE else 7)
        first, last = min(read), max(read)
        existing = {first + step * n for n in range((last - first) // step + 1)} - (HOLES if series == USAGE else set())
        yield (
            series, "day" if series == USAGE else "week", first, last, len(read), len(existing - set(read)),
            sum(one.is_provisional for one in read.values()), len(times), min(times), max(times),
        )  # fmt: skip


# --- what the tables say ----------------------------------------------------------------------------------------------

READINGS = "select series, period_start, retrieved_at, capture, block_hash, vintage_number from core.readings"
BLOCK_VINTAGES = """
    select series, period_start, vintage_number, capture, block_hash, known_from, known_to, last_read_at
    from core.block_vintages
"""
BLOCKS = "select series, period_start, closes_at, final_from, readings, vintages from core.blocks"
LINES = """
    select series, period_start, model_permaslug, capture, total_tokens, known_from, known_to, is_listed
    from core.block_row_vintages
"""
USAGE_COLUMNS = """
    select usage_date, model_permaslug, base_permaslug, variant, author, is_other, total_tokens, rank,
        platform_token_share, is_provisional, retrieved_at, capture, citation
"""
CATEGORY_COLUMNS = """
    select week_start, model_permaslug, base_permaslug, variant, author, is_other, tokens_estimate, rank,
        category_token_share, is_provisional, retrieved_at, capture, citation, vintages, category
"""
RESTATEMENTS = """
    select series, period_start, model_permaslug, tokens_before, tokens_after, known_before, known_after,
        hours_after_close, capture, citation, previous_citation
    from marts.restatements
"""
COVERAGE = """
    select series, grain, first_period, last_period, periods_read, periods_missing, provisional_periods, readings,
        first_retrieved_at, retrieved_at
    from core.series_coverage
"""


def same(found: Sequence[Record], expected: Iterable[Record]) -> None:
    """Equal as bags of rows."""
    assert sorted(found, key=repr_of) == sorted(expected, key=repr_of)


def repr_of(record: Record) -> str:
    return repr([one.astimezone(UTC) if isinstance(one, datetime) else one for one in record])


# --- what is read -----------------------------------------------------------------------------------------------------


@st.composite
def read_blocks(draw: st.DrawFn, series: str, period_start: date) -> list[Reading]:
    """Up to six readings of one period, from two or three contents, so that values come back and are confirmed."""
    contents = draw(
        st.lists(
            st.dictionaries(st.sampled_from(MODELS), st.integers(1, 4), min_size=1).map(
                lambda content: tuple(sorted(content.items()))
            ),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    closes_at = close_of(series, period_start)
    read = st.tuples(st.sampled_from(HOURS_AFTER_CLOSE), st.sampled_from(contents), st.sampled_from(("api", "api", "top9")))
    return [
        Reading(series, period_start, at, rows, capture, as_of=at - timedelta(seconds=90))
        for at, rows, capture in (
            (closes_at + timedelta(hours=hours), rows, capture) for hours, rows, capture in draw(st.lists(read, max_size=6))
        )
    ]


all_readings = st.tuples(*(read_blocks(*period) for period in PERIODS)).map(
    lambda blocks: [reading for block in blocks for reading in block]
)


@settings(quick, max_examples=10)
@given(
    readings=all_readings, doubles=st.integers(0, 3), shuffle=st.randoms(use_true_random=False), at_once=st.integers(1, 9)
)
def test_core_is_what_a_walk_over_all_readings_gives(
    tables: Tables, readings: list[Reading], doubles: int, shuffle: random.Random, at_once: int
) -> None:
    """Any readings, imported in any order and some of them twice, give the tables of the walk, and the same as-of tables."""
    imported = readings + readings[:doubles]
    shuffle.shuffle(imported)
    tables.build(imported, at_once=at_once)
    blocks = blocks_of(readings)

    assert_stored(tables, readings, blocks)
    instants = [known_at(one) for one in readings]
    chosen = shuffle.sample(instants, min(2, len(instants)))
    moments = [BEFORE_EVERYTHING, *chosen, *(at - INSTANT for at in chosen[:1])]
    for ts, written in [*((at, at.isoformat()) for at in moments), (END_OF_TIME, "infinity")]:
        rows = [row for block in blocks for row in shown(block, ts)]
        usage, weekly = [row[:-2] for row in rows if not row[-1]], [row for row in rows if row[-1]]
        asked = "$ts, must_be_known := false"
        same(tables.rows(f"{USAGE_COLUMNS} from model_usage_daily_as_of({asked})", ts=written), usage)
        same(tables.rows(f"{CATEGORY_COLUMNS} from category_usage_weekly_as_of({asked})", ts=written), weekly)
    same(tables.rows(f"{USAGE_COLUMNS} from core.model_usage_daily"), usage)
    same(tables.rows(f"{CATEGORY_COLUMNS} from core.category_usage_weekly"), weekly)


def assert_stored(tables: Tables, readings: Sequence[Reading], blocks: Sequence[Block]) -> None:
    """Raw holds every reading and content once, core the blocks, vintages, lines and restatements of the walk."""
    same(
        tables.rows("select series, period_start, retrieved_at, block_hash, capture from raw.readings"),
        {(one.series, one.period_start, one.at, one.block_hash, one.capture) for one in readings},
    )
    same(
        tables.rows("select series, period_start, block_hash, model_permaslug, total_tokens from raw.block_rows"),
        {(one.series, one.period_start, one.block_hash, *row) for one in readings for row in one.rows},
    )
    counted: list[Record] = []
    vintages: list[Record] = []
    described: list[Record] = []
    lines: list[Record] = []
    for block in blocks:
        key = (block.series, block.period_start)
        ends = [*(one.known_from for one in block.vintages[1:]), None]
        for number, (vintage, known_to) in enumerate(zip(block.vintages, ends, strict=True), start=1):
            block_hash = vintage.readings[0].block_hash
            counted += [(*key, one.at, one.capture, block_hash, number) for one in vintage.readings]
            vintages.append((*key, number, vintage.capture, block_hash, vintage.known_from, known_to, vintage.last_read_at))
        described.append((*key, block.closes_at, block.final_from, len(block.readings), len(block.vintages)))
        lines += [
            (*key, line.model, line.capture, line.tokens, line.known_from, line.known_to, line.tokens is not None)
            for line in block.lines
        ]
    same(tables.rows(READINGS), counted)
    same(tables.rows(BLOCK_VINTAGES), vintages)
    same(tables.rows(BLOCKS), described)
    same(tables.rows(LINES), lines)
    same(tables.rows(RESTATEMENTS), [row for block in blocks for row in restated(block)])
    same(tables.rows(COVERAGE), covered(blocks))


AS_KNOWN = sorted((macro for macro in MACROS.values() if macro.parameter == "ts"), key=lambda macro: macro.name)


@settings(quick, max_examples=10)
@given(readings=all_readings.filter(bool), choice=st.randoms(use_true_random=False))
def test_as_of_is_the_table_of_that_day(tables: Tables, readings: list[Reading], choice: random.Random) -> None:
    """What an as-of macro gives for an instant is the table that was built when nothing after that instant was read."""
    ts = known_at(choice.choice(readings))
    tables.build(readings)
    asked = choice.sample(AS_KNOWN, 6)
    then = {
        macro.table: tables.rows(f"from {macro.name}($ts, must_be_known := false)", ts=ts.isoformat()) for macro in asked
    }
    tables.build([one for one in readings if known_at(one) <= ts])
    for name, rows in then.items():
        same(rows, tables.rows(f"from {name}"))


@pytest.mark.parametrize(
    ("days", "missing"),
    [
        (["2025-06-13", "2025-06-14", "2025-06-16"], 0),
        (["2025-06-13", "2025-06-17"], 2),
        (["2025-06-15"], 0),
        (["2025-06-14", "2025-06-15", "2025-06-17"], 1),
        (["2025-06-14", "2025-07-16"], 29),
        (["2025-06-16", "2025-07-14"], 27),
    ],
)
def test_days_that_do_not_exist_are_not_missing(tables: Tables, days: list[str], missing: int) -> None:
    """2025-06-15 and 2025-07-15 are no gap, and no error either should the source once give them."""
    readings = [settled_day(one, [("a/x", 1)]) for one in days]
    tables.build(readings)
    same(tables.rows(COVERAGE), covered(blocks_of(readings)))
    assert tables.rows("select periods_missing from core.series_coverage") == [(missing,)]


def test_a_catalogue_has_no_gaps_and_is_never_provisional(tables: Tables) -> None:
    """Catalogues are snapshots: a day without one is no missing period, and none of them ever closes."""
    tables.build(CatalogueReading(support.instant(at), ()) for at in ("2026-01-05T06:30", "2026-01-09T06:30"))
    assert tables.rows(
        "select series, grain, periods_read, periods_missing, provisional_periods from core.series_coverage"
    ) == [("models", "snapshot", 2, 0, 0)]
