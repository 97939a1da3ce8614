"""How much figures still changed after their period had closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import BAND, INK, LIT, PAPER, finished, rows_of, specification, tooltip_of
from pipeline.publish.report.section import Found, Row, Section, columns
from pipeline.publish.report.words import Words

EARLY_HOURS = 4  # as in what makes a day provisional
_ROW = 40


@specification
def drawn(words: Words, buckets: tuple[str, ...], series: int) -> dict[str, Any]:
    """How many of the figures the next fetch changed, by their age, for each series."""
    rows = rows_of("revisions").transform_calculate(
        changed="datum.changed_pairs / datum.reading_pairs",
        text="datum.changed_pairs + (narrow ? '\\n/' : ' ' + of + ' ') + datum.reading_pairs",
    )
    x = alt.X(
        "bucket:N",
        title=words("revisions.x"),
        sort=[*buckets],
        axis=alt.Axis(labelAngle=0, labelOverlap="parity", titleAnchor="start"),
    )
    y = alt.Y(
        "series:N",
        title=None,
        sort=None,
        axis=alt.Axis(
            labelColor=INK,
            labelLimit=170,
            labelExpr="split(narrow ? replace(datum.label, ' by ', '\\nby ') : datum.label, '\\n')",
        ),
    )
    tooltip = tooltip_of(
        words, series="", bucket="", changed_pairs="", reading_pairs="", max_relative_change=".4%"
    )  # fmt: skip
    cells = rows.mark_rect(stroke=PAPER, strokeWidth=2).encode(
        x=x,
        y=y,
        color=alt.condition("datum.changed_pairs > 0", alt.value(LIT), alt.value(BAND)),
        opacity=alt.Opacity("changed:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.25, 0.8])),
        tooltip=tooltip,
    )
    text = rows.mark_text(
        fontSize=alt.ExprRef("narrow ? 9 : 11"), lineBreak="\n", lineHeight=11, dy=alt.ExprRef("narrow ? -5 : 0"), color=INK
    ).encode(x=x, y=y, text="text:N", tooltip=tooltip)
    return finished(cells, text, height=_ROW * series, of=words("revisions.of"))


def _counted(rows: Sequence[Row]) -> dict[str, int]:
    return {"changed": sum(row["changed_pairs"] for row in rows), "all": sum(row["reading_pairs"] for row in rows)}


def _days(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows of days that were fetched early, and late."""
    days = [row for row in rows if row["series_kind"] == "usage_day"]
    early = [row for row in days if row["hours_after_close_from"] < EARLY_HOURS]
    return early, [row for row in days if row not in early]


def title_of(rows: Sequence[Row], words: Words) -> str:
    """Of days fetched soon after midnight, how many changed; where none was, of the later ones."""
    early, late = _days(rows)
    if early:
        counted = _counted(early)
        always = counted["changed"] == counted["all"]
        return words("revisions.always" if always else "revisions.early", **counted, hours=EARLY_HOURS)
    return words("revisions.late", **_counted(late), hours=EARLY_HOURS) if late else words("revisions.plain")


def section(found: Found) -> Section:
    words = found.words
    rows = found("revisions")
    for row in rows:
        row["bucket"] = _bucket(row["hours_after_close_from"], row["hours_after_close_to"])
        row["series"] = words(f"revisions.{row['series_kind']}")
    by_age = sorted(rows, key=lambda row: float(row["hours_after_close_from"]))
    early, late = _days(rows)
    note = words("revisions.note")
    if early and late:
        note = words("revisions.later", **_counted(late)) + note
    return Section(
        words=words,
        key="revisions",
        title=title_of(rows, words),
        note=note,
        columns=columns(
            words, "series", "bucket", "changed_pairs|number", "reading_pairs|number", "max_relative_change|fine_percent"
        ),
        rows=rows,
        row_columns=("series", "bucket"),
        row_query="from marts.revision_statistics where series_kind = {series_kind} "
        "and hours_after_close_from = {hours_after_close_from}",
        spec=drawn(words, tuple(dict.fromkeys(row["bucket"] for row in by_age)), len({row["series"] for row in rows})),
        datasets={"revisions": rows},
        docs="revision-statistics",
    )


def _bucket(start: float, end: float | None) -> str:
    return f"{start:.0f}+" if end is None else f"{start:.0f}–{end:.0f}"
