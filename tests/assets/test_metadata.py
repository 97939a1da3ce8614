"""What a check that fails shows in the UI: the rows, so that whoever looks sees at once what is wrong with them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from dagster import TableMetadataValue

from assets.metadata import SHOWN_ROWS, failing_table


def shown(*rows: dict[str, Any], first: tuple[str, ...] = ()) -> list[dict[str, object]]:
    table = failing_table(rows, first=first)
    assert isinstance(table, TableMetadataValue)
    return [dict(record.data) for record in table.records]


def test_values_are_shown_as_they_are_read() -> None:
    """Dates and instants stand there without quotes, numbers as numbers, NULL as nothing."""
    row = {
        "at": date(2026, 1, 5),
        "read": datetime(2026, 1, 6, 6, 30, tzinfo=UTC),
        "tokens": 2**60,
        "share": None,
        "by": ["x"],
    }
    assert shown(row) == [
        {"at": "2026-01-05", "read": "2026-01-06 06:30:00+00:00", "tokens": 2**60, "share": None, "by": '["x"]'}
    ]


def test_judged_column_stands_first() -> None:
    """A table wider than the screen begins with what is wrong."""
    [row] = shown({"exchange_id": 1, "series": "usage_day", "model": "Cline"}, first=("series", "model", "no such column"))
    assert list(row) == ["series", "model", "exchange_id"]


def test_table_is_bounded() -> None:
    """An answer of which every row is wrong does not fill the event log."""
    assert len(shown(*({"n": n} for n in range(5000)))) == SHOWN_ROWS
