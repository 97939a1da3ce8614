"""A hostile source: whatever it answers is kept, refused in one clear line, and never believed; within bounds."""

from __future__ import annotations

import pytest

from pipeline import store
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.settings import DataDir
from tests.hostile.mutations import mutants
from tests.hostile.source import BODIES, KEY, MIB, WIRE
from tests.hostile.trial import (
    ATTEMPTS,
    HASTY_SECONDS,
    MAX_BODY_BYTES,
    NOW,
    Ticking,
    Trial,
    good_answer,
    questions,
    report,
    shortened,
    try_all,
)
from tests.support import exchange

# What a machine that is busy with other things takes besides.
GRACE_SECONDS = 5.0
VERDICTS = {"loaded", "partly loaded", "refused"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    return DataDir(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def trials(data_dir: DataDir) -> list[Trial]:
    """Every hostile answer, asked for over a socket and loaded: one story, told once."""
    return try_all(data_dir)


def test_every_hostile_answer_is_refused_with_one_clear_failure(trials: list[Trial]) -> None:
    """One printable line without the key for each, no other exception, and no figure of it is believed."""
    assert len(trials) == len(WIRE) + len(BODIES) * len(questions())
    assert [one for one in trials if not one.is_clear] == []
    assert f"tried: {len(trials)}, refused with one clear failure: {len(trials)}," in report(trials)


def test_no_hostile_answer_takes_long_or_much(trials: list[Trial]) -> None:
    """Each ends by the deadline of its attempts, in memory of a few times the longest body."""
    longest = ATTEMPTS * HASTY_SECONDS + GRACE_SECONDS
    assert [(one.name, one.seconds) for one in trials if one.seconds > longest] == []
    assert [(one.name, one.peak_bytes) for one in trials if one.peak_bytes > 4 * MAX_BODY_BYTES] == []


def test_what_arrived_is_kept(trials: list[Trial], data_dir: DataDir) -> None:
    """Of each answer whose head can be read: the whole body, or its first MiB. And nothing of it is lost later."""
    heads = ("status 2", "status 3", "status 4", "status 5", "redirect", "Retry-After", "message", "gzip", "/")
    unread = ("status of", "redirect to a host")
    headed = [one for one in trials if one.name.startswith(heads) and not one.name.startswith(unread)]
    assert len(headed) > 400
    assert [one.name for one in headed if not one.kept] == []
    assert max(one.longest_part_kept for one in trials) == MIB
    sound, problems = Landing(data_dir).verify()
    assert (sound, problems) == (sum(len(one.kept) for one in trials), [])


def test_key_is_in_nothing_that_is_kept(trials: list[Trial], data_dir: DataDir) -> None:
    """Also where the source repeats it: in a body, a header, the name of an encoding."""
    landing = Landing(data_dir)
    assert any("the key" in one.name for one in trials)
    for path in landing.ids().values():
        content = path.read_bytes() + landing.body(path, landing.describe(path))
        assert KEY.lower().encode() not in content.lower(), path


def test_good_answers_and_mutants_are_loaded_among_the_hostile_ones(trials: list[Trial], data_dir: DataDir) -> None:
    """One load of good answers beside many that were changed at random: the good are believed, none stops the load."""
    landing, clock, good = Landing(data_dir), Ticking(), set()
    clock.now = NOW.replace(hour=18)
    for path, request in questions().items():
        body = good_answer(request)
        for _, mutant in mutants(shortened(body), seed=11, number=40):
            landing.append(exchange(mutant, request.params, at=clock(), path=path))
        good.add(landing.append(exchange(body, request.params, at=clock(), path=path)).exchange_id)
    with store.Store(data_dir).writer() as con:
        loading.load(con, landing, run_id="mutants")
        found = store.rows(con, "from raw.exchanges")
        believed = {row["exchange_id"] for row in store.rows(con, "from raw.readings")}
    assert good <= believed
    late = [row for row in found if row["retrieved_at"] > NOW.replace(hour=18)]
    assert len(late) == 41 * len(questions())
    assert {row["outcome"] for row in late} <= VERDICTS
    assert [row["reason"] for row in late if row["outcome"] == "refused" and not (row["reason"] or "").isprintable()] == []
