"""What several tests of the command share: the command, and small data directories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline import cli, store
from pipeline.landing import Landing
from pipeline.settings import DataDir
from tests.support import block_rows, instant, land_blocks, leave_levels_out, load_and_build, record_build

Command = Callable[..., Result]


@pytest.fixture
def command() -> Command:
    """The command in this process: ``command("status", data_dir=path)``."""

    def call(*arguments: str, data_dir: Path | None = None) -> Result:
        chosen = ["--data-dir", str(data_dir)] if data_dir else []
        return CliRunner().invoke(cli.main, [*chosen, *arguments])

    return call


def land_small(path: Path) -> DataDir:
    """Real responses, as far as the directory knows: ten days and a week of programming."""
    data_dir = DataDir(path)
    rows = [("minimax/minimax-m2", 84_323_736_444), *block_rows(largest=9_000_000_000)]
    days = {date(2026, 1, 26) + timedelta(days=number): rows for number in range(10)}
    land_blocks(Landing(data_dir), days, at=instant("2026-02-05T06:30"))
    land_blocks(Landing(data_dir), {date(2026, 1, 26): rows}, at=instant("2026-02-05T06:31"), category="programming")
    return data_dir


@pytest.fixture
def landed(tmp_path: Path) -> Path:
    """A directory with landed responses and nothing else."""
    return land_small(tmp_path / "landed").path


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a published file, as a run leaves it; tests only read it."""
    data_dir = land_small(tmp_path_factory.mktemp("published"))
    with pytest.MonkeyPatch.context() as patch:
        leave_levels_out(patch)
        load_and_build(data_dir)
    record_build(data_dir)
    store.Store(data_dir).publish()
    data_dir.report.parent.mkdir()
    data_dir.report.touch()
    return data_dir.path
