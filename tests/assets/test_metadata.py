"""What a check that fails shows in the UI: the rows, so that whoever looks sees at once what is wrong with them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from dagster import TableMetadataValue

from assets.metadata import SHOWN_CHARACTERS, SHOWN_COLUMNS, SHOWN_ROWS, failing_table


def shown(*rows: dict[str, Any], values: tuple[str, ...] = ()) -> list[dict[str, object]]:
    table = failing_table(rows, values=values)
    assert isinstance(table, TableMetadataValue)
    return [dict(record.data) for record in table.records]


def test_values_are_shown_as_they_are_read() -> None:
    """Dates and instants stand there without quotes, numbers as numbers, NULL as nothing."""
    row = {"read": datetime(2026, 1, 6, 6, 30, tzinfo=UTC), "tokens": 2**60, "share": None, "by": ["x"]}
    assert shown(row) == [{"read": "2026-01-06 06:30:00+00:00", "tokens": 2**60, "share": None, "by": '["x"]'}]
    assert shown({"at": date(2026, 1, 5)}) == [{"at": "2026-01-05"}]


def test_model_stands_first_and_what_is_wrong_beside_it() -> None:
    """A table begins with who it is about and the value that failed, then other figures, then the rest."""
    row = {"exchange_id": "x1", "series": "usage_day", "position": 3, "total_tokens": -5, "model_permaslug": "a/b",
           "base_permaslug": "a/b", "period_start": date(2026, 1, 5)}  # fmt: skip
    [found] = shown(row, values=("total_tokens", "no such column"))
    assert list(found) == ["model_permaslug", "total_tokens", "period_start", "position", "other columns"]
    assert found["other columns"] == "exchange_id=x1, series=usage_day, base_permaslug=a/b"


def test_table_fits_a_screen() -> None:
    """Columns that have no room stand together in the last one, and long texts are cut: nothing has to be scrolled for."""
    row = {f"column_{n}": f"text {n}" for n in range(30)} | {"base_permaslug": "x" * 500, "value": 1, "absent": None}
    [found] = shown(row)
    assert list(found)[:2] == ["base_permaslug", "value"]
    assert len(found) == SHOWN_COLUMNS + 1
    assert str(found["other columns"]).startswith("column_2=text 2, column_3=text 3")
    assert "absent" not in str(found["other columns"])
    assert max(len(str(cell)) for cell in found.values()) <= SHOWN_CHARACTERS + 1


def test_table_is_bounded() -> None:
    """An answer of which every row is wrong does not fill the event log."""
    assert len(shown(*({"n": n} for n in range(5000)))) == SHOWN_ROWS
