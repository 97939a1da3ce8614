"""A data directory of an earlier version is taken over by the first run of this one.

Belongs here: directories as earlier commits made them, by their own code (``<commit>.tar.xz``: two simulated mornings of
June 2026 by ``run_daily``, without the page), and what must not be lost. Not here: how the old forms are read.
"""

from __future__ import annotations

import tarfile
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import store
from pipeline.run.instance import open_instance
from pipeline.settings import DataDir
from tests.failures.conftest import Story
from tests.support import instant

pytestmark = pytest.mark.without_page

FIRST_DAY, THIRD_MORNING = "2026-06-15", instant("2026-06-22T06:30")
EARLIER = sorted(Path(__file__).parent.glob("*.tar.xz"))


@pytest.mark.parametrize("made", EARLIER, ids=lambda path: path.name.partition(".")[0])
def test_the_first_run_takes_over(made: Path, tmp_path: Path) -> None:
    """Responses, readings, loads and runs of before are there, beside those of the new run."""
    told = Story(tmp_path, THIRD_MORNING - timedelta(days=1), FIRST_DAY)
    settings = told.settings
    with tarfile.open(made) as packed:
        packed.extractall(settings.data_dir.path, filter="data")
    landed, publications = told.landing.ids(), builds(settings.data_dir)
    assert len(landed) > 80

    told.day("third")
    day = told["third"]
    assert (day.outcome.succeeded, day.outcome.failures) == (True, [])
    assert not day.warned("could not be read")
    assert len(day.landed) == len(day.requests)
    with store.Store(settings.data_dir).reader() as con:
        assert landed.keys() | day.landed == set(store.values(con, "raw.exchanges", "exchange_id"))
        assert len(set(store.values(con, "ops.loads", "run_id"))) == 3
        assert publications < builds_of(con)
        ((fetches,),) = con.execute(
            "select max(fetches) from (select count(*) as fetches from raw.readings group by series, period_start)"
        ).fetchall()
        assert fetches >= 3
    with open_instance(settings) as instance:
        assert [run.status.value for run in instance.get_runs()] == ["SUCCESS"] * 3


def builds(data_dir: DataDir) -> set[tuple[object, ...]]:
    with store.connect(data_dir.build, read_only=True) as con:
        return builds_of(con)


def builds_of(con: store.Connection) -> set[tuple[object, ...]]:
    return set(con.execute("select run_id, built_at, version, git_commit from ops.builds").fetchall())
