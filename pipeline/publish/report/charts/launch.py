"""All launches, week by week."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import (
    FAINT,
    IS_CHOSEN,
    LIT,
    MUTED,
    NAME,
    by_share,
    finished,
    on_paper,
    points_of,
    rows_of,
    tooltip_of,
)
from pipeline.publish.report.section import MODEL, SAME_MODEL, SAMPLED, SHARE, Column, Found, Section


@cache
def drawn(model: str) -> dict[str, Any]:
    """All launches from their first listed week on, the chosen one lit."""
    curves = rows_of("curves").transform_calculate(name=NAME)
    x = alt.X(
        "weeks_since_first_seen:Q", title="weeks since first listed", axis=alt.Axis(format="d", values=list(range(0, 27, 2)))
    )
    common = {"x": x, "y": by_share(), "detail": "base_permaslug:N"}
    tooltip = tooltip_of(model="base_permaslug", week="weeks_since_first_seen", share="coding_token_share|.2%")
    others = curves.transform_filter(f"!({IS_CHOSEN})").mark_line(color=FAINT, strokeWidth=1).encode(**common)
    chosen = (
        curves.transform_filter(IS_CHOSEN)
        .mark_line(color=LIT, strokeWidth=4, point={"color": LIT, "size": 30})
        .encode(**common)
    )
    peaks = curves.transform_joinaggregate(peak="max(coding_token_share)", groupby=["base_permaslug"]).transform_filter(
        "datum.coding_token_share === datum.peak"
    )
    highest = (
        peaks.transform_filter(f"!({IS_CHOSEN})")
        .transform_window(place="row_number()", sort=[alt.SortField("peak", order="descending")])
        .transform_filter("datum.place <= 4")
        .mark_text(align="left", dx=6, dy=-6, fontSize=11, color=MUTED, limit=150)
        .encode(x=x, y=by_share(), text="name:N")
    )
    own = peaks.transform_filter(IS_CHOSEN).encode(x=x, y=by_share(), text="name:N")
    return finished(
        others
        + chosen
        + highest
        + on_paper(own, align="left", dx=8, dy=-9, fontSize=13, color=LIT)
        + points_of(curves, tooltip, x=x, y=by_share()),
        height=320,
        right=24,
        model=model,
    )


def section(found: Found) -> Section:
    rows = found("launch_curves")
    return Section(
        key="launch",
        query="launch_curves",
        row_columns=("base_permaslug",),
        row_query=f"from marts.launch_curves where {SAME_MODEL} and weeks_since_first_seen = {{weeks_since_first_seen}}",
        what="Share of coding by weeks since the first listed one, of every model that was ever among the first ten "
        "and whose launch was seen.",
        missing=f"Not shown: weeks in which a model was not listed, and launches from before the readings begin. {SAMPLED}",
        caption="Every launch that was seen, by the height it reached",
        columns=[
            MODEL,
            Column("first_week", "first listed", "date"),
            Column("peak_coding_token_share", "peak", SHARE),
            Column("weeks_to_peak", "weeks to the peak", "number"),
            Column("half_life_weeks_lower", "weeks from the peak to half of it: at least", "number"),
            Column("half_life_weeks_upper", "at most", "number"),
            Column("half_life_status", "half"),
        ],
        rows=rows,
        legend=[("lit", "chosen model"), ("faint", "other launches")],
        spec=drawn(M2),
        datasets={"curves": rows},
        table_rows=found("launches"),
        is_by_model=True,
        shared=frozenset({"curves"}),
    )
