"""The check of a table: one in Dagster for all its selects, each of which is a row in ops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assets.tables import HOLDS, _run_checks
from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.run.findings import Finding
from pipeline.settings import DataDir

CHECKS = {
    "holds": "-- Nothing is wrong.\nselect 1 as wrong where false",
    "breaks": "-- Two rows are wrong.\nselect unnest([1, 2]) as wrong",
}


def test_a_check_of_a_table_names_what_fails(tmp_path: Path) -> None:
    """The select that fails, its rows and how many there are; the others are kept as passed."""
    with store.Store(DataDir(tmp_path)).writer() as con:
        result, kept = _run_checks(con, TABLES["reference.authors"], CHECKS, "run 1")
    assert (result.passed, result.check_name, result.severity.value) == (False, HOLDS, "ERROR")
    metadata: Any = result.metadata
    assert Finding.read(result.metadata) == [Finding("breaks", "reference/authors", "2 rows fail", [])]
    assert [record.data["wrong"] for record in metadata["failing_rows/breaks"].records] == [1, 2]
    assert "failing_rows/holds" not in result.metadata
    assert [(row["check_name"], row["passed"], row["failing_count"]) for row in kept] == [
        ("holds", True, 0),
        ("breaks", False, 2),
    ]
    assert kept[1]["detail"].endswith("breaks this: Two rows are wrong.")
