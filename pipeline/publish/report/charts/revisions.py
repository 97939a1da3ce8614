"""How much figures still moved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import BAND, INK, LIT, finished, rows_of, tooltip_of
from pipeline.publish.report.section import Column, Found, Section
from pipeline.publish.report.sentences import Row


@cache
def drawn(buckets: tuple[str, ...], series: int) -> dict[str, Any]:
    """How many of the readings were changed by the next one, by age, for each series."""
    rows = rows_of("revisions").transform_calculate(
        changed="datum.changed_pairs / datum.reading_pairs",
        text="datum.changed_pairs > 0 ? format(datum.changed_pairs / datum.reading_pairs, '.0%') : '0'",
    )
    x = alt.X(
        "bucket:N", title="hours after the period's end", sort=[*buckets], axis=alt.Axis(labelAngle=0, labelOverlap="parity")
    )
    y = alt.Y("series_kind:N", title=None, axis=alt.Axis(labelColor=INK))
    tooltip = tooltip_of(
        series="series_kind",
        hours_after_the_end="bucket",
        changed="changed_pairs",
        of_readings="reading_pairs",
        at_most_by="max_relative_change|.4%",
    )
    cells = rows.mark_rect(stroke="var(--paper)", strokeWidth=2).encode(
        x=x,
        y=y,
        color=alt.condition("datum.changed_pairs > 0", alt.value(LIT), alt.value(BAND)),
        opacity=alt.Opacity("changed:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.45, 1])),
        tooltip=tooltip,
    )
    text = rows.mark_text(fontSize=11, color=INK).encode(x=x, y=y, text="text:N", tooltip=tooltip)
    return finished(cells + text, height=34 * series)


def section(found: Found) -> Section:
    rows = found("revisions")
    starts = sorted({row["hours_after_close_from"] for row in rows})
    for row in rows:
        row["bucket"] = _bucket(row["hours_after_close_from"], row["hours_after_close_to"])
    buckets = list(
        dict.fromkeys(row["bucket"] for start in starts for row in rows if row["hours_after_close_from"] == start)
    )
    finding = "How much figures still moved"
    days = [row for row in rows if row["series_kind"] == "usage_day"]
    early = [row for row in days if row["hours_after_close_from"] < 4]  # noqa: PLR2004 - hours, as in is_provisional
    late = [row for row in days if row not in early]
    if early:
        finding = f"Of {_readings(early)} of days within 4 hours of their end {_changed(early)} were changed by the next"
        finding += f", of {_readings(late)} later than that {_changed(late)}" if late else ""
    elif late:
        finding = f"Of {_readings(late)} of days 4 hours or more after their end {_changed(late)} were changed by the next"
    return Section(
        key="revisions",
        query="revisions",
        row_columns=("series_kind", "bucket"),
        row_query="from marts.revision_statistics where series_kind = {series_kind} "
        "and hours_after_close_from = {hours_after_close_from}",
        what="Of all readings of a closed period, how many the next reading changed, by the hours since the period's end.",
        missing="Not shown: how large a change was (the table says), and periods that were read once only.",
        caption="Readings that the next one changed",
        columns=[
            Column("series_kind", "series"), Column("bucket", "hours after the end"),
            Column("changed_pairs", "changed", "number"), Column("reading_pairs", "of", "number"),
            Column("max_relative_change", "greatest change", "fine_percent"),
        ],
        rows=rows,
        finding=finding,
        spec=drawn(tuple(buckets), len({row["series_kind"] for row in rows})),
        datasets={"revisions": rows},
    )  # fmt: skip


def _readings(rows: Sequence[Row]) -> str:
    return f"{sum(row['reading_pairs'] for row in rows):,} readings"


def _changed(rows: Sequence[Row]) -> str:
    return f"{sum(row['changed_pairs'] for row in rows):,}"


def _bucket(start: float, end: float | None) -> str:
    return f"{start:.0f}+" if end is None else f"{start:.0f}–{end:.0f}"
