"""Rows by hand for the tests of charts."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.publish.report.section import Row
from pipeline.publish.report.words import Words, words


@dataclass
class Fake:
    """``Found`` over rows that a test gives; a query that it gives none for finds none."""

    rows: dict[str, list[Row]]
    is_local: bool = True
    words: Words = field(default_factory=lambda: words("en"))

    def __call__(self, query: str) -> list[Row]:
        return [dict(row) for row in self.rows.get(query, [])]
