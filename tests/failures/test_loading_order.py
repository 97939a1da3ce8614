"""One landing gives one database: verdicts follow from the order of reading, not from that of loading.

Tables are made of raw alone, so that raw is all there is to compare.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline import store
from pipeline.landing import Landing
from pipeline.openrouter.client import Exchange
from pipeline.settings import DataDir
from tests.failures.conftest import load, raw
from tests.pipeline.load.validation.test_levels import Source, rows_of, scaled
from tests.support import SHARED, Shared, apps_body, exchange, instant, needs_history, session_costs_body

CASE = SHARED / "cases" / "files" / "older-reading-loaded-later"

NOON = instant("2026-01-21T12:00")
MONDAY = date(2026, 1, 19)


def same(one: Path, other: Path) -> None:
    """Every raw table of two directories, to the row."""
    expected, found = raw(one), raw(other)
    for name, rows in expected.items():
        assert found[name] == rows, name


def refused(path: Path) -> int:
    with store.Store(DataDir(path)).writer() as con:
        return store.count(con, "raw.quarantine")


# --- what was seen -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not CASE.is_dir(), reason="the case does not lie beside this checkout")
def test_f43_an_older_response_that_is_imported_later_is_loaded_as_by_a_rebuild(tmp_path: Path) -> None:
    """Days read minutes after midnight, and imported once their later figures stand, are no restatement downwards."""
    landing = Landing(DataDir(tmp_path / "one"))
    for part in ("newer", "older"):
        for _ in landing.import_recorded(CASE / part):
            pass
        report = load(tmp_path / "one")
    assert (report.verdicts, report.judged_again, report.verdicts_changed) == ({"loaded": 1}, 1, 0)
    assert refused(tmp_path / "one") == 0
    shutil.copytree(landing.root, tmp_path / "other" / "landing")
    load(tmp_path / "other")
    same(tmp_path / "one", tmp_path / "other")


def test_f43_a_refusal_is_taken_back_where_an_earlier_response_supports_it(tmp_path: Path) -> None:
    """Nine times the tokens of the days before is refused; with days between, which came later, it is not."""
    landing = Landing(DataDir(tmp_path))
    first = [date(2026, 1, 1) + timedelta(days=n) for n in range(8)]
    between = [date(2026, 1, 9) + timedelta(days=n) for n in range(8)]
    last = date(2026, 1, 17)
    Source({day: rows_of(day) for day in first}).land(landing, instant("2026-01-09T06:30"))
    Source({last: rows_of(last, scale=9)}).land(landing, instant("2026-01-18T06:30"))
    load(tmp_path)
    assert refused(tmp_path) == 1
    Source({day: rows_of(day, scale=3) for day in between}).land(landing, instant("2026-01-17T06:30"))
    report = load(tmp_path)
    assert (report.verdicts_changed, refused(tmp_path)) == (1, 0)
    assert report.unresolved == []


# --- whatever is read ----------------------------------------------------------------------------------------------


def _days(at: datetime, factor: float) -> Source:
    newest = [at.date() - timedelta(days=n) for n in (1, 2, 3)]
    return Source({day: scaled(rows_of(day), factor) for day in newest})


def _weeks(at: datetime, section: int, factor: float) -> Source:
    elapsed = (at - instant("2026-01-19T00:00")) / timedelta(days=7)
    blocks = {MONDAY: rows_of(MONDAY, section=section, scale=factor * elapsed)}
    return Source(coding=blocks) if factor != 1 else Source(coding=blocks, roleplay={MONDAY: rows_of(MONDAY, section=1)})


def _apps(at: datetime, count: int, factor: float) -> Exchange:
    end = NOON.date() - timedelta(days=1)
    body = apps_body(count, as_of=at, start=end - timedelta(days=29), end=end)
    for row in body["data"]:
        row["total_tokens"] = str(int(int(row["total_tokens"]) * factor))
    return exchange(body, {"sort": "popular"}, at=at, path="/datasets/app-rankings")


def _page(at: datetime, offset: int, count: int) -> Exchange:
    body = session_costs_body(range(offset, offset + count), as_of=at, end=date(2026, 1, 18))
    return exchange(body, {"limit": "12", "offset": str(offset)}, at=at, path="/datasets/session-cost")


read = st.one_of(
    st.builds(lambda f: lambda at: _days(at, f), st.sampled_from((1, 1.0005, 0.97, 0.985, 1e3))),
    st.builds(lambda s, f: lambda at: _weeks(at, s, f), st.sampled_from((0, 0, 1)), st.sampled_from((1, 0.97, 1.04))),
    st.builds(lambda n, f: lambda at: _apps(at, n, f), st.sampled_from((12, 25)), st.sampled_from((1, 0.97, 1.03))),
    st.builds(lambda n: lambda at: Source(entries=n), st.sampled_from((120, 59, 100, 60))),
    st.builds(lambda o, n: lambda at: _page(at, o, n), st.sampled_from((0, 0, 12, 24)), st.sampled_from((12, 4))),
)


def land(landing: Landing, readings: Iterable[tuple[int, Any]]) -> None:
    """Land what was read so many hours after noon; what is read at one instant comes in no order."""
    for hours, make in readings:
        at = NOON + timedelta(hours=hours)
        made = make(at)
        if isinstance(made, Source):
            made.land(landing, at)
        else:
            landing.append(made)


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    readings=st.lists(st.tuples(st.integers(0, 60), read), min_size=6, max_size=14),
    shuffle=st.randoms(use_true_random=False),
)
def test_f43_any_order_of_loading_gives_what_one_load_gives(
    tmp_path_factory: pytest.TempPathFactory, readings: list[tuple[int, Any]], shuffle: random.Random
) -> None:
    """Blocks that replace each other, levels measured: verdicts, quarantine and rows follow from the reading times alone."""
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    history = Source({day: rows_of(day) for day in (MONDAY - timedelta(days=n) for n in range(1, 12))})
    history.land(Landing(DataDir(one)), instant("2026-01-19T06:30"))
    land(Landing(DataDir(one)), readings)
    load(one)
    _load_in_parts(one, other, shuffle, parts=3)
    same(one, other)


def _load_in_parts(one: Path, other: Path, shuffle: random.Random, *, parts: int) -> None:
    """Load the responses of one directory into another, in so many loads of any of them."""
    landing = Landing(DataDir(one))
    paths = list(landing.ids().values())
    shuffle.shuffle(paths)
    for part in range(parts):
        for path in paths[part::parts]:
            _copy(path, one, other)
        load(other)


# --- tables, and all that was recorded -----------------------------------------------------------------------------


def _copy(path: Path, origin: Path, target: Path) -> None:
    folder = (target / path.relative_to(origin)).parent
    folder.mkdir(parents=True, exist_ok=True)
    for file in (path, path.with_name(path.name.replace(".json", ".body.gz"))):
        shutil.copy(file, folder)


@needs_history
def test_f43_all_that_was_recorded_in_any_order(tmp_path: Path, recorded: Shared) -> None:
    """Shuffled, and loaded in three parts, it gives the raw tables of one load, to the row."""
    _load_in_parts(recorded.data_dir.path, tmp_path, random.Random(1), parts=3)  # noqa: S311
    same(recorded.data_dir.path, tmp_path)
