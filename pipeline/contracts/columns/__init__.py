"""Every column, once: its type, its unit and what it means. The same name means the same everywhere.

Belongs here: one line per column, in the file of its type. Not here: which table has which (``tables``), or what is compiled
(``compile``).
"""

from __future__ import annotations

from pipeline.contracts.columns.column import Column
from pipeline.contracts.columns.counts import COUNTS
from pipeline.contracts.columns.figures import FIGURES
from pipeline.contracts.columns.names import NAMES
from pipeline.contracts.columns.times import TIMES

__all__ = ["COLUMNS", "Column"]

COLUMNS: dict[str, Column] = TIMES | NAMES | COUNTS | FIGURES
