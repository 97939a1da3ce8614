"""What assets show in the UI, where more than one of them shows it."""

import json
from typing import Any

from dagster import MetadataValue, TableRecord


def failing_table(rows: list[dict[str, Any]]) -> MetadataValue:
    """Failing rows as a table of the UI; values it has no type for are shown as text."""

    def shown(value: Any) -> str | int | float | bool | None:
        return value if value is None or isinstance(value, (str, int, float, bool)) else json.dumps(value, default=str)

    return MetadataValue.table(records=[TableRecord({name: shown(v) for name, v in row.items()}) for row in rows])
