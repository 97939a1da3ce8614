"""A section of the page: one chart with its title, its rows, the table behind it and the query that found them.

Belongs here: what a section is, and what several share. Not here: one section (``charts``), its words (``words``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.publish.report.words import Words

Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """Rows by the name of their query, and the words to say them in.

    What may not be passed on is drawn only where ``is_local``: the page is for its maker's own use.
    """

    rows_of: Callable[[str], Sequence[Row]]
    words: Words
    is_local: bool = False

    def __call__(self, query: str) -> list[Row]:
        return [dict(row) for row in self.rows_of(query)]  # a chart writes into its rows


@dataclass(frozen=True)
class Column:
    """A column of the table behind a chart. ``form`` is text, date, percent, fine_percent, number or flag, as in page.js."""

    name: str
    label: str
    form: str = "text"


@dataclass(frozen=True)
class Key:
    """An entry of the legend: how it is drawn (a class of page.css), and what it means.

    With ``series``, the value that rows of the datasets have in ``field``, a reader can hide and show these rows.
    """

    kind: str
    text: str
    series: str | None = None


@dataclass(frozen=True)
class Hover:
    """What a reader is told at a point of time: the drawn rows at the nearest ``x``, one line each, each label once.

    ``span`` is how many days one ``x`` covers. ``label`` is the field that names a row, ``value`` the field it shows in
    ``form``; where that is NULL and ``upper`` is given, it says "at most" that. Whatever is drawn has these fields.
    """

    x: str = "week_start"
    span: int = 7
    label: str = "label"
    value: str = "coding_token_share"
    form: str = "percent"
    upper: str | None = None


@dataclass
class Section:
    """One chart with what belongs to it.

    Unless given, ``query``, ``subtitle``, ``note`` and ``nothing`` are what is called after ``key``.

    ``title`` is one claim with one figure and one date; where the section follows the choice of a model, ``titles`` has
    that of each. ``datasets`` are the rows it draws, then cut by model, but for those that are ``shared``; a row that is
    ``beyond`` (long after the last that matters) shows only when a reader asks for all, one that is a ``heading`` is drawn
    and not in the table. ``table_rows`` are those of the
    table behind it, where they are others. ``x`` is the field that a chosen range of time applies to.

    A mark that is clicked leads to its row: in the table the one that agrees in ``row_columns``, in the published file
    those of ``row_query``. In braces are the fields of the mark, a day as ``field:date``; a mark without
    ``base_permaslug`` is the chosen model's. ``m2_row_query`` is for M2, where its rows are in another table.

    Without rows it is left out, and ``nothing`` is the line in its place.

    ``citations`` are the lines below the chart, where its rows have lines of their own; else those of the tables it reads.
    ``docs`` is the anchor of its definition in the documentation's method page.
    """

    words: Words
    key: str
    columns: list[Column]
    rows: list[Row]
    query: str = ""
    title: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    subtitle: str = ""
    note: str = ""
    nothing: str = ""
    row_columns: tuple[str, ...] = ()
    row_query: str = ""
    m2_row_query: str = ""
    legend: Sequence[Key] = ()
    legend_field: str = "label"
    hover: Hover | None = None
    x: str | None = None
    spec: dict[str, Any] | None = None
    compare_spec: dict[str, Any] | None = None
    datasets: dict[str, list[Row]] = field(default_factory=dict)
    table_rows: list[Row] | None = None
    shared: frozenset[str] = frozenset()
    citations: list[str] | None = None
    docs: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        self.query = self.query or self.key
        for name in ("subtitle", "note", "nothing"):
            if not getattr(self, name) and f"{self.key}.{name}" in self.words:
                setattr(self, name, self.words(f"{self.key}.{name}"))

    @property
    def is_by_model(self) -> bool:
        return bool(self.titles)

    @property
    def is_drawn(self) -> bool:
        return self.spec is not None and bool(self.rows)

    def title_of(self, model: str) -> str:
        return self.titles.get(model, self.title)


def columns(words: Words, *names: str) -> list[Column]:
    """Columns by name, ``|`` and form: ``columns(words, "week_start|date", "coding_token_share|percent")``.

    Each is labelled by the text ``column.<name>``; the key of another label follows a second ``|``.
    """
    found = []
    for given in names:
        name, form, label = [*given.split("|"), "", ""][:3]
        found.append(Column(name, words(label or f"column.{name}"), form or "text"))
    return found


WEEK, MODEL, PROVISIONAL, RANK = "week_start|date", "base_permaslug", "is_provisional|flag", "coding_rank|number"
BOUNDED = ("coding_token_share|percent", "coding_token_share_lower|percent", "coding_token_share_upper|percent")
SAME_MODEL, SAME_WEEK = "base_permaslug = {base_permaslug}", "week_start = {week_start:date}"
