"""Published bounds against the truth at each row's own reading.

Belongs here: what is compared, and counting it. Not here: the truth (``world``), nor what was read of it (``readings``).

A row is claimed where every variant with traffic is known to the file by the row's instant. Two kinds of rows are counted
apart: those with a variant that nothing read by then lists, and those with one that came back unseen, after a catalogue from
before the period that lacks it, and that nothing read by then lists since.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import polars as pl

from pipeline import store
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.validation.levels import SCHEMA, Levels
from pipeline.series import BY_NAME
from pipeline.settings import DataDir
from tests import support
from tests.warehouse.readings import CODING, M2, USAGE
from tests.worlds.readings import Reader
from tests.worlds.world import HOLES, LANGUAGE, LINEAGE, Vector, World, midnight

ROUNDING = 1e-12
"""Shares are floating point numbers."""

CHECKED = (
    "core.model_shares_weekly",
    "core.model_shares_weekly_as_of",
    "core.model_platform_shares_weekly",
    "core.model_platform_shares_weekly_as_of",
    "core.model_token_bounds_daily",
    "marts.coding_share_weekly",
    "marts.coding_share_weekly_as_of",
    "marts.lineage_share_weekly",
    "marts.m2_usage_daily",
    "marts.m2_coding_share_daily",
    "marts.coding_share_measures_weekly",
)


Knowledge = Literal["known", "never listed", "returned unseen"]
KNOWN: Knowledge = "known"
UNNAMED: Knowledge = "never listed"
RETURNED: Knowledge = "returned unseen"


@dataclass
class Tally:
    """Rows of one kind, by what the file knows. ``width`` and ``room`` are summed over the claimed ones: how far apart the
    bounds are, and how far they would be if everything that a block does not list could be the model's."""

    rows: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    width: float = 0
    room: float = 0

    def add(self, other: Tally) -> None:
        self.rows.update(other.rows)
        self.outside.update(other.outside)
        self.width += other.width
        self.room += other.room


@dataclass
class Result:
    """What became of some worlds. ``failures`` are rows of which the truth lies outside, in words."""

    worlds: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        self.worlds += other.worlds
        self.failures += other.failures
        for name, tally in other.tallies.items():
            self.tallies.setdefault(name, Tally()).add(tally)

    @property
    def outside(self) -> int:
        """Claimed rows of which the truth lies outside."""
        return sum(one.outside[KNOWN] for one in self.tallies.values())


@dataclass(frozen=True)
class Part:
    """A block that a row rests on, as the source had it when it was read."""

    series: str
    period_start: date
    read_at: datetime


def least(found: Collection[Knowledge]) -> Knowledge:
    """What is known of all of them."""
    return UNNAMED if UNNAMED in found else RETURNED if RETURNED in found else KNOWN


@cache
def _order() -> tuple[str, ...]:
    needed = support.needed_for(CHECKED)
    return tuple(name for name in support.build_order() if name in needed)


class Comparison:
    """One world, read, loaded and built."""

    def __init__(self, seed: int, con: store.Connection, reader: Reader) -> None:
        self.seed, self.con, self.world, self.account = seed, con, reader.world, reader.account
        self.result = Result(worlds=1)
        self._of_base: dict[str, list[int]] = {}
        for number, one in enumerate(self.world.variants):
            self._of_base.setdefault(one.base, []).append(number)
        self._truths: dict[Part, tuple[Vector, int]] = {}
        self._knowledge: dict[tuple[str, datetime, datetime], Knowledge] = {}

    # --- what is true --------------------------------------------------------------------------------------------------

    def truth(self, part: Part) -> Vector:
        if part not in self._truths:
            tokens = self.world.truth(part.series, part.period_start, part.read_at)
            listed = dict(self.world.block(part.series, part.period_start, part.read_at))
            self._truths[part] = tokens, listed.get("other", 0)
        return self._truths[part][0]

    def tokens(self, bases: Iterable[str], parts: Iterable[Part]) -> int:
        """What these models used, all variants together."""
        of_bases = [one for base in bases for one in self._of_base.get(base, ())]
        return sum(int(self.truth(part)[of_bases].sum()) for part in parts)

    def total(self, parts: Iterable[Part]) -> int:
        return sum(int(self.truth(part).sum()) for part in parts)

    def other(self, parts: Iterable[Part]) -> int:
        """What the blocks do not list."""
        return sum(self._truths[part][1] for part in parts)

    def parts_of_week(self, series: str, week_start: date, by: datetime | None = None) -> list[Part]:
        days = [week_start + timedelta(days=n) for n in range(7)] if BY_NAME[series].grain == "day" else [week_start]
        periods = [day for day in days if day not in HOLES]
        read = [(one, self.account.newest(series, one, by)) for one in periods]
        return [Part(series, one, at) for one, at in read if at is not None]

    def known(self, name: str, begins: datetime, by: datetime) -> Knowledge:
        """What the file knows, by an instant, of a variant that was used in a period."""
        key = (name, begins, by)
        if key not in self._knowledge:
            was_gone = self.account.was_gone(name, begins, by)
            self._knowledge[key] = UNNAMED if not self.account.is_named(name, by) else RETURNED if was_gone else KNOWN
        return self._knowledge[key]

    def known_of(self, base: str, parts: Iterable[Part], by: datetime) -> Knowledge:
        """What it knows of all variants of a model that used something."""
        found = [
            self.known(self.world.names[number], midnight(part.period_start), by)
            for part in parts
            for number in self._of_base.get(base, ())
            if self.truth(part)[number]
        ]
        return least(found)

    # --- comparing -----------------------------------------------------------------------------------------------------

    def note(
        self, kind: str, row: Mapping[str, Any], truth: float, bounds: tuple[float, float], room: float, known: Knowledge
    ) -> None:
        tally = self.result.tallies.setdefault(kind, Tally())
        lower, upper = bounds
        is_outside = not lower - ROUNDING * max(1, lower) <= truth <= upper + ROUNDING * max(1, upper)
        tally.rows[known] += 1
        tally.outside[known] += is_outside
        if known == KNOWN:
            tally.width += upper - lower
            tally.room += room
            if is_outside:
                self.result.failures.append(f"world {self.seed}, {kind}: {truth} is not in {bounds} of {dict(row)}")

    def note_share(self, kind: str, row: Mapping[str, Any], parts: list[Part], share: str) -> None:
        """A model's share of blocks, in the columns of this name."""
        base, total = row["base_permaslug"], self.total(parts)
        bounds = (row[f"{share}_lower"], row[f"{share}_upper"])
        known = self.known_of(base, parts, row["retrieved_at"])
        self.note(kind, row, self.tokens([base], parts) / total, bounds, self.other(parts) / total, known)

    def weekly(self, by: datetime | None = None) -> None:
        """Shares of every weekly ranking, and with them those of coding; exact ones of the platform, of the week's own block
        or of its days."""
        as_of = " as of" if by else ""
        for name, share in (("model_shares", "block"), ("model_platform_shares", "platform")):
            source = f"core.{name}_weekly" if by is None else f"{name}_weekly_as_of('{by.isoformat()}')"
            for row in store.rows(self.con, f"from {source}"):
                series = row["series"]
                parts = self.parts_of_week(series, row["week_start"], by)
                assert share == "block" or self.total(parts) == row["block_tokens"], row
                kind = series.partition("/")[0] if share == "block" else f"platform by {series}"
                self.note_share(f"{kind}{as_of}", row, parts, f"{share}_token_share")

    def lineage(self) -> None:
        """Members by their bounds; the lineage is stated without what is not listed of it."""
        for row in store.rows(self.con, "from marts.lineage_share_weekly"):
            parts = self.parts_of_week(CODING, row["week_start"])
            total, bounds = self.total(parts), (row["lineage_coding_token_share"] or 0.0, 1.0)
            self.note("lineage", row, self.tokens(LINEAGE, parts) / total, bounds, self.other(parts) / total, KNOWN)
            self.note_share("member of the lineage", row, parts, "coding_token_share")

    def daily(self) -> None:
        """Each variant's tokens of a day."""
        index = {name: number for number, name in enumerate(self.world.names)}
        for row in store.rows(self.con, "from core.model_token_bounds_daily"):
            (part,) = self.parts_of_day(row["usage_date"])
            name = row["model_permaslug"]
            self.note(
                "variant by day",
                row,
                int(self.truth(part)[index[name]]),
                (row["total_tokens_lower"], row["total_tokens_upper"]),
                self.other([part]) if row["total_tokens"] is None else 0,
                self.known(name, midnight(row["usage_date"]), row["bounds_retrieved_at"])
                if self.truth(part)[index[name]]
                else KNOWN,
            )

    def parts_of_day(self, day: date) -> list[Part]:
        at = self.account.newest(USAGE, day)
        return [] if at is None else [Part(USAGE, day, at)]

    def m2_daily(self) -> None:
        """M2's tokens and share of a day."""
        for row in store.rows(self.con, "from marts.m2_usage_daily"):
            parts = self.parts_of_day(row["usage_date"])
            tokens, known = self.tokens([M2], parts), self.known_of(M2, parts, row["bounds_retrieved_at"])
            room = self.other(parts)
            bounds = (row["total_tokens_lower"], row["total_tokens_upper"])
            self.note("M2 by day", row, tokens, bounds, room, known)
            total = self.total(parts)
            bounds = (row["platform_token_share_lower"], row["platform_token_share_upper"])
            self.note("M2's share by day", row, tokens / total, bounds, room / total, known)

    def measures(self) -> None:
        """The same week by each measure of which the truth is known."""
        series_of = {"category_programming": CODING, "language_programming": LANGUAGE}
        platform = {
            row["week_start"]: row["series"]
            for row in store.rows(self.con, "select distinct week_start, series from core.model_platform_shares_weekly")
        }
        for row in store.rows(self.con, "from marts.coding_share_measures_weekly"):
            if row["measure"].startswith("task_code_"):
                self._task_measure(row, (row["measure_share_lower"], row["measure_share_upper"]))
            else:
                series = series_of.get(row["measure"]) or platform[row["week_start"]]
                parts = self.parts_of_week(series, row["week_start"])
                self.note_share(f"measure {row['measure']}", row, parts, "measure_share")

    def _task_measure(self, row: Mapping[str, Any], bounds: tuple[float, float]) -> None:
        of_base = self._of_base.get(row["base_permaslug"], [])
        tasks = self.world.tasks(row["week_start"] + timedelta(days=6))
        tags = [one for (macro, _), one in tasks.items() if macro == "code"]
        used = [one.requests if row["measure"] == "task_code_requests" else one.tokens for one in tags]
        truth = sum(tag.part * float(share[of_base].sum()) for tag, share in zip(tags, used, strict=True))
        names = {self.world.names[one] for one in of_base if any(share[one] > 0 for share in used)}
        known = least([self.known(name, midnight(row["week_start"]), row["retrieved_at"]) for name in names])
        self.note(f"measure {row['measure']}", row, truth, bounds, 1, known)

    def allocated(self) -> None:
        """A week of coding spread over its days as M2's and the platform's tokens were, had all of them been listed."""
        query = "from marts.m2_coding_share_daily where method = 'allocated'"
        for row in store.rows(self.con, query):
            week_start = row["usage_date"] - timedelta(days=row["usage_date"].weekday())
            coding, days = self.parts_of_week(CODING, week_start), self.parts_of_week(USAGE, week_start)
            day = [one for one in days if one.period_start == row["usage_date"]]
            m2_week = self.tokens([M2], days)
            if not m2_week:
                continue
            numerator = self.tokens([M2], coding) * self.tokens([M2], day) / m2_week
            denominator = self.total(coding) * self.total(day) / self.total(days)
            known = [self.known_of(M2, coding, row["retrieved_at"]), self.known_of(M2, days, row["platform_retrieved_at"])]
            self.note(
                "M2 allocated to days", row, min(numerator / denominator, 1),
                (row["coding_token_share_estimate_lower"], row["coding_token_share_estimate_upper"]), 1, least(known),
            )  # fmt: skip

    def all(self) -> Result:
        moments = [at for read in self.account.readings.values() for at in read]
        earlier = sorted(set(moments))[int(self.world.random.integers(len(set(moments))))]
        for by in (None, earlier):
            self.weekly(by)
        self.lineage()
        self.daily()
        self.m2_daily()
        self.measures()
        self.allocated()
        return self.result


def compared(seed: int) -> Result:
    """Make one world, read it, load and build it, and compare."""
    with tempfile.TemporaryDirectory() as name, patch.object(Levels, "measure", _no_levels):
        folder = Path(name)
        reader = Reader(World(seed), folder / "recorded")
        reader.folder.mkdir()
        reader.read()
        data_dir = DataDir(folder / "data")
        landing, files = Landing(data_dir), store.Store(data_dir)
        for _ in landing.import_recorded(reader.folder):
            pass
        with files.state() as con:  # in memory: nothing of it is kept
            loading.load(con, landing, run_id="worlds")
            quarantined = store.rows(con, "select reason, count(*) as rows from raw.quarantine group by all")
            if quarantined:
                raise AssertionError(f"world {seed} was not read as it is: {quarantined}")
            support.build_tables(files, con, _order())
            return Comparison(seed, con, reader).all()


def _no_levels(levels: Levels, rows: object, answers: object) -> pl.DataFrame:
    """Levels of a few made-up weeks say nothing."""
    return pl.DataFrame(schema=SCHEMA)


def lines_of(result: Result) -> Iterator[str]:
    """The result as a table, and in one sentence."""
    yield f"{'':34} {'of known variants':>18} {'':>9} {UNNAMED:>22} {RETURNED:>22}"
    yield f"{'bounds of':34} {'rows':>9} {'outside':>8} {'width':>9} {'rows':>12} {'outside':>9} {'rows':>12} {'outside':>9}"
    total = Tally()
    for name, one in sorted(result.tallies.items()):
        total.add(one)
        width = f"{one.width / one.room:.1%}" if one.room else "–"
        counts = f"{one.rows[KNOWN]:>9,} {one.outside[KNOWN]:>8,} {width:>9}"
        yield f"{name:34} {counts}" + "".join(
            f" {one.rows[known]:>12,} {one.outside[known]:>9,}" for known in (UNNAMED, RETURNED)
        )
    yield "width: between the bounds, as a part of everything that the blocks do not list"
    yield (
        f"{result.worlds} worlds, {total.rows[KNOWN]:,} rows whose variants with traffic are known to the file: the truth "
        f"lies outside the published bounds in {result.outside:,}. With a variant that nothing read by then lists: "
        f"{total.rows[UNNAMED]:,} rows, outside in {total.outside[UNNAMED]:,}; with one that came back unseen: "
        f"{total.rows[RETURNED]:,}, outside in {total.outside[RETURNED]:,}"
    )
