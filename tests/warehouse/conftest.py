"""The build file that the tests of tables share: each builds it from its own readings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.warehouse.readings import Tables, open_tables


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    with open_tables(tmp_path_factory.mktemp("tables")) as opened:
        yield opened
