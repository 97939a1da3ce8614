"""What holds for all tests.

Belongs here: fixtures that a marker asks for. Not here: helpers (``support``).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from pipeline.validation.levels import SCHEMA, Levels


@pytest.fixture(autouse=True, scope="module")
def levels(request: pytest.FixtureRequest) -> Iterator[None]:
    """Modules marked ``made_up_levels`` land a handful of made-up rows: their level says nothing, and is not measured."""
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("made_up_levels"):
            patch.setattr(Levels, "measure", lambda self, rows, answers: pl.DataFrame(schema=SCHEMA))
        yield
