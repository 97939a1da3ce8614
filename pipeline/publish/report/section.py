"""A section of the page: a chart with its sentence, its rows, the table behind it and the query that found them.

Belongs here: what a section is, and the columns and words that several share. Not here: one section (``charts``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from pipeline.publish.report.sentences import Row


class Found(Protocol):
    """Rows by the name of their query. What may not be passed on is drawn only where the page is for its maker's own use."""

    is_local: bool

    def __call__(self, query: str) -> list[Row]: ...


LEFT_OUT = "were left out: no licence to pass them on was found. `openrouter-usage report --local` shows them to you."

NEEDS_KEY = "which only a run with a key fetches."

SAMPLED = "Sampled; other makers count tokens with other tokenizers; OpenRouter is a slice of the market."
EXACT = "Other makers count tokens with other tokenizers; OpenRouter is a slice of the market."


@dataclass(frozen=True)
class Column:
    """A column of the table behind a chart. ``form`` is one of page.js's."""

    name: str
    label: str
    form: str = "text"


@dataclass
class Section:
    """One chart with what belongs to it.

    ``datasets`` are the rows it draws. Where the section follows the choice of a model each is cut by model, but for those
    that are ``shared``. ``table_rows`` are those of the table behind it, where they are others.

    A mark that is clicked leads to its row: in the table the one that agrees in ``row_columns``, in the published file
    those of ``row_query``. In braces stand the fields of the mark, a day as ``field:date``; a mark without
    ``base_permaslug`` is the chosen model's. ``m2_row_query`` is asked for M2, where its rows lie elsewhere.

    Without rows it is left out, and ``nothing`` is the line in its place.

    ``citations`` are the lines below the chart, where its rows have lines of their own; else those of the tables it reads.
    """

    key: str
    query: str
    what: str
    missing: str
    caption: str
    columns: list[Column]
    rows: list[Row]
    row_columns: tuple[str, ...] = ()
    row_query: str = ""
    m2_row_query: str = ""
    finding: str = ""
    legend: list[tuple[str, str]] = field(default_factory=list)
    spec: dict[str, Any] | None = None
    datasets: dict[str, list[Row]] = field(default_factory=dict)
    table_rows: list[Row] | None = None
    is_by_model: bool = False
    shared: frozenset[str] = frozenset()
    nothing: str = ""
    citations: list[str] | None = None


WEEK, MODEL, SHARE = Column("week_start", "week of", "date"), Column("base_permaslug", "model"), "percent"
BOUNDED = [
    Column("coding_token_share", "share of coding", SHARE),
    Column("coding_token_share_lower", "at least", SHARE),
    Column("coding_token_share_upper", "at most", SHARE),
]
SAME_MODEL, SAME_WEEK = "base_permaslug = {base_permaslug}", "week_start = {week_start:date}"
PROVISIONAL = Column("is_provisional", "provisional", "flag")
RANK = Column("coding_rank", "rank", "number")
