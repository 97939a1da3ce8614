"""Answers changed at random are read as what they say, or refused: never another exception, never another figure."""

from __future__ import annotations

import time

import pytest

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.tasks import ALL
from pipeline.planning import next_page
from pipeline.series import ENDPOINTS
from tests.hostile.mutations import COLUMNS, agree, items_of, mutants, says
from tests.hostile.trial import good_answer, questions, shortened

MUTANTS = 300
LONGEST_SECONDS = 1.0


@pytest.mark.parametrize("path", sorted(COLUMNS))
def test_mutants_are_read_as_they_are_or_refused(path: str) -> None:
    """Every row that is read says what stands at its place in the JSON, every other is set aside with a reason."""
    request = questions()[path]
    read, said = 0, list[str]()
    for name, body in mutants(shortened(good_answer(request)), seed=7, number=MUTANTS):
        began = time.monotonic()
        next_page(request, body)
        try:
            answer = ENDPOINTS[path].read(body)
        except PermanentFailure as failure:
            said.append(str(failure))
        else:
            read += 1
            items = items_of(path, body)
            placed = answer.rows["position"].unique().to_list()
            assert len(placed) + len(answer.bad_rows) == answer.rows_read == len(items), name
            assert all(row.reason for row in answer.bad_rows), name
            for row in answer.rows.to_dicts():
                if row.get("tag") in (None, ALL) or row["model_permaslug"] == ALL:
                    item = items[row["position"] - 1]
                    for column, way in COLUMNS[path].items():
                        assert agree(row[column], says(item, way)), (name, column, row[column], says(item, way))
        assert time.monotonic() - began < LONGEST_SECONDS, name
    assert read > MUTANTS // 8, "most mutants are refused: nothing was learnt of those that are read"
    assert len(said) > MUTANTS // 8
    assert [failure for failure in said if not failure.isprintable()] == []
