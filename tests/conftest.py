"""What holds for all tests.

Belongs here: fixtures that a marker or several folders ask for, what a skipped test means, and which files are run first.
Not here: helpers (``support``, ``browser``).
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks import thresholds
from pipeline import settings, store, worker
from pipeline.load.report import LoadReport
from pipeline.settings import DataDir
from tests import browser as browsers
from tests.support import (
    EVERY_RECORDING,
    HISTORY,
    RECORDINGS,
    Loaded,
    Shared,
    land_small,
    leave_levels_out,
    leave_page_out,
    load_and_build,
    loaded,
    record_build,
    shared,
)

HERE = Path(__file__).parent
LONGEST = (
    "pipeline/store/lake/test_lake.py",
    "failures/test_printed_commands.py",
    "failures/test_citations.py",
    "failures/test_catalogue.py",
    "pipeline/store/lake/test_lake_in_trouble.py",
    "pipeline/store/lake/test_lake_rights.py",
    "pipeline/test_execute.py",
    "failures/test_processes.py",
    "benchmarks/test_benchmarks.py",
    "pipeline/load/validation/test_expectations.py",
    "upgrades/test_upgrades.py",
    "pipeline/test_backfill.py",
    "pipeline/load/validation/test_levels.py",
    "failures/test_environments.py",
    "crash/test_crash.py",
    "pipeline/simulator/test_history.py",
    "warehouse/test_table_sources.py",
    "failures/test_catalogue_of_models.py",
    "failures/test_loading_order.py",
    "pipeline/publish/report/test_page.py",
)
"""Files that take half a minute of a core and more, the longest first: one that began last would leave a core idle."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "lake: needs PostgreSQL and a bucket, which it starts itself: `make lake`")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {HERE / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test is a failed one where everything has to be there: with ``CI=true`` in the environment."""
    report = yield
    is_expected_to_fail = hasattr(report, "wasxfail")
    if report.skipped and not is_expected_to_fail and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"{reason} (with CI=true no test may be skipped)"
    return report


@pytest.fixture(autouse=True, scope="module")
def levels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Modules marked ``made_up_levels`` land a handful of made-up rows: their level says nothing, and is not measured."""
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("made_up_levels"):
            leave_levels_out(patch)
        yield


@pytest.fixture(autouse=True, scope="module")
def page(request: pytest.FixtureRequest) -> Iterator[None]:
    """Modules marked ``without_page`` run day after day and look at tables: a line stands in the page's place."""
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("without_page"):
            leave_page_out(patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def judging() -> Iterator[None]:
    """One process judges for all runs of a session: each would import Great Expectations again, which takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "stop", lambda: None)
        yield


@pytest.fixture
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no chosen directory, no .env, default directories and a state directory of the test's own."""
    for name in [one for one in os.environ if one.startswith(("OPENROUTER_", "DAGSTER_"))]:
        monkeypatch.delenv(name)
    for name in ("OPENROUTER_USAGE_DATA_DIR", "DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")  # so that what a command exports is taken back after the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(settings, "dotenv_values", lambda path: {})
    monkeypatch.setattr(settings, "HOME", tmp_path)


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """The project's own recording, built once: what a clone shows without a key and a network. Tests only read it."""
    yield from loaded(tmp_path_factory, RECORDINGS)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """All that was ever recorded, loaded at once, and no table built. Tests only read it."""
    return shared(
        tmp_path_factory, "recorded", lambda data_dir: thresholds.loaded((HISTORY, EVERY_RECORDING), data_dir.path)
    )


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small directory, built and published as by a run, in which models have hostile names. Tests only read it."""

    def make(data_dir: DataDir) -> LoadReport:
        with pytest.MonkeyPatch.context() as patch:
            leave_levels_out(patch)
            report = load_and_build(land_small(data_dir.path))
        record_build(data_dir)
        store.Store(data_dir).publish()
        data_dir.report.parent.mkdir()
        data_dir.report.touch()
        return report

    return shared(tmp_path_factory, "published", make).data_dir.path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium. Where there is none, tests that ask for it are skipped, and say what enables them.

    For a module, not for all: while Playwright runs no other event loop can run in this process.
    """
    with browsers.chromium() as running:
        if running is None:
            pytest.skip(f"no Chromium was found; this enables the test: {browsers.command()}")
        yield running
