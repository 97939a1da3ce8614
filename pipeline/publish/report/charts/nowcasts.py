"""How good nowcasts of coding shares are."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import INK, LIT, MUTED, SECOND, finished, rows_of, tooltip_of
from pipeline.publish.report.section import SAMPLED, SHARE, Column, Found, Section
from pipeline.publish.report.sentences import Row, listed

OURS, LAST_DAY, NO_CHANGE = "intensity_carried", "last_day_carried", "no_change"
_METHODS = {OURS: "nowcast", LAST_DAY: "last day carried on", NO_CHANGE: "no change"}


@cache
def drawn() -> dict[str, Any]:
    """A line for each method, from no day of the week known to all seven."""
    rows = rows_of("nowcasts")
    encoded = {
        "x": alt.X("days_known:O", title="days of the week that are known", axis=alt.Axis(labelAngle=0)),
        "y": alt.Y("mean_absolute_error_pp:Q", title="mean error, percentage points", scale=alt.Scale(zero=True)),
        "color": alt.Color(
            "method:N",
            title=None,
            scale=alt.Scale(domain=[*_METHODS.values()], range=[LIT, SECOND, MUTED]),
            legend=alt.Legend(orient="top", labelColor=INK, labelFontSize=12, symbolOpacity=1),
        ),
        "tooltip": tooltip_of(
            method="method",
            days_known="days_known",
            mean_error_in_points="mean_absolute_error_pp|.2f",
            forecasts="forecasts",
            interval_of_80_percent_held="coverage_share_80|.0%",
        ),
    }
    lines = rows.mark_line(strokeWidth=2).encode(**encoded)
    return finished(lines + rows.mark_circle(size=60, opacity=1).encode(**encoded), height=240)


def section(found: Found) -> Section:
    rows = found("nowcasts")
    for row in rows:
        row["method"] = _METHODS[row["nowcast_method"]]
    return Section(
        key="nowcasts",
        query="nowcasts",
        row_columns=("method", "days_known"),
        row_query="from marts.coding_share_nowcast_scores where scored_models = 'all' "
        "and is_backtest = {is_backtest} and nowcast_method = {nowcast_method} and days_known = {days_known}",
        what="How far estimates of a week's coding shares were off before it was read, by the days that were known of it. "
        "A nowcast carries coding share ÷ platform share of the week before to the platform's days.",
        missing="Not shown: weeks that do not list a model, where nothing is known to compare with. "
        f"{_of_what(rows)}{SAMPLED}",
        caption="Errors of nowcasts",
        columns=[
            Column("days_known", "days known", "number"), Column("method", "method"),
            Column("forecasts", "forecasts", "number"), Column("mean_absolute_error_pp", "mean error, points", "number"),
            Column("mean_weighted_interval_score_pp", "interval score, points", "number"),
            Column("coverage_share_50", "50 % held", SHARE), Column("coverage_share_80", "80 % held", SHARE),
            Column("coverage_share_95", "95 % held", SHARE), Column("is_small_sample", "small sample", "flag"),
        ],
        rows=rows,
        finding=_finding(rows),
        spec=drawn(),
        datasets={"nowcasts": rows},
    )  # fmt: skip


def _of_what(rows: list[Row]) -> str:
    if rows and rows[0]["is_backtest"]:
        return "These were not issued: each day is taken as fetched when it closed. "
    return ""


def _finding(rows: list[Row]) -> str:
    ours = [row for row in rows if row["nowcast_method"] == OURS]
    if not ours:
        return "How good nowcasts are"
    most = ours[-1]
    [still] = [row for row in rows if row["nowcast_method"] == NO_CHANGE and row["days_known"] == most["days_known"]]
    said = (
        f"With {most['days_known']} days known a nowcast of a coding share was off by {most['mean_absolute_error_pp']:.1f} "
        f"points on average, no change by {still['mean_absolute_error_pp']:.1f}"
    )
    beaten_by = {
        "no change": [row for row in ours if row["is_better_than_no_change"] is False],
        "the last day carried on": [row for row in ours if row["is_better_than_last_day"] is False],
    }
    for baseline, not_better in beaten_by.items():
        if not_better:
            said += f"; with {listed([str(row['days_known']) for row in not_better])} it is no better than {baseline}"
    return said
