"""One published file and its package for all tests of exports, as building tables takes longest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import Settings
from pipeline.store import embedded
from tests.pipeline.publish.packages import export, load, publish
from tests.warehouse.readings import Tables, open_tables


@pytest.fixture(scope="package", autouse=True)
def _no_sync() -> Iterator[None]:
    """No power cut is tried here: what is written need not be waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "sync", lambda path: None)
        yield


@pytest.fixture(scope="package")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    """The build file. Whoever changes it puts it back."""
    with open_tables(tmp_path_factory.mktemp("export")) as tables:
        tables.empty_raw()
        load(tables)
        tables.build_all()
        yield tables


@pytest.fixture(scope="package")
def settings(tables: Tables) -> Settings:
    """Its data directory, with a published file."""
    return publish(tables)


@pytest.fixture(scope="package")
def exported(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its package. Tests read it and leave it as it is."""
    return export(tables, tmp_path_factory.mktemp("package") / "it")
