"""Rows by hand for the tests of charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.publish.report.section import Found, Row
from pipeline.publish.report.words import Language, words


def found(rows: Mapping[str, Sequence[Row]], *, is_local: bool = True, language: Language = "en") -> Found:
    """What a chart finds: the rows given by the name of their query, of any other none."""
    return Found(lambda query: rows.get(query, ()), words(language), is_local)
