"""How good nowcasts of coding shares are, and how often their intervals held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    LIT,
    MUTED,
    SECOND,
    Point,
    beside,
    finished,
    placed,
    points_of,
    rows_of,
    specification,
    tooltip_of,
)
from pipeline.publish.report.section import Found, Row, Section, columns
from pipeline.publish.report.words import Words

OURS, LAST_DAY, NO_CHANGE = "intensity_carried", "last_day_carried", "no_change"
_COLOURS = {OURS: LIT, LAST_DAY: SECOND, NO_CHANGE: MUTED}
_HEIGHT, _DAYS = 260, 7


@specification
def drawn(words: Words) -> dict[str, Any]:
    """A line for each method, from no day of the week known to all seven; above, how often the nowcast's interval held."""
    rows = rows_of("nowcasts")
    x = alt.X(
        "days_known:Q",
        title=words("nowcasts.x"),
        scale=alt.Scale(domain=[0, _DAYS], nice=False),
        axis=alt.Axis(values=list(range(8)), format="d", titleAnchor="start"),
    )
    y = alt.Y("mean_absolute_error_pp:Q", title=None, scale=alt.Scale(zero=True))
    colour = alt.Color("nowcast_method:N", legend=None, scale=alt.Scale(domain=[*_COLOURS], range=[*_COLOURS.values()]))
    tooltip = tooltip_of(
        words, method="", days_known="", mean_absolute_error_pp=".2f", forecasts="", coverage_share_50=".0%",
        coverage_share_80=".0%", coverage_share_95=".0%",
    )  # fmt: skip
    lines = rows.mark_line(strokeWidth=2, point={"size": 36}).encode(x=x, y=y, color=colour)
    held = (
        rows.transform_filter(f"datum.nowcast_method === '{OURS}' && isValid(datum.coverage_share_80)")
        .mark_text(color=LIT, fontSize=11)
        .encode(x=x, y=alt.value(-22), text=alt.Text("coverage_share_80:Q", format=".0%"))
    )
    names = rows_of("names").encode(x=x, y=y, text="label:N")
    texts = (
        beside(names.transform_filter(f"datum.nowcast_method === '{method}'"), color=colour)
        for method, colour in _COLOURS.items()
    )
    return finished(lines, held, *texts, points_of(rows, tooltip, x=x, y=y), height=_HEIGHT, top=10, right=20)


def _names(rows: Sequence[Row]) -> list[Row]:
    """The name of each method at the end of its line."""

    def at(row: Row) -> Point:
        return float(row["days_known"]), row["mean_absolute_error_pp"]

    lines = [line for method in _COLOURS if (line := _of(rows, method))]
    shown = ("days_known", "nowcast_method", "mean_absolute_error_pp")
    ends = [{"label": line[-1]["method"], **{name: line[-1][name] for name in shown}} for line in lines]
    top = max((at(row)[1] for line in lines for row in line), default=0.0)
    domain = (0.0, 0.0), (float(_DAYS), 1.1 * top or 1.0)
    return placed(ends, [[*map(at, line)] for line in lines], at=at, domain=domain, height=_HEIGHT)


def _of(rows: Sequence[Row], method: str) -> list[Row]:
    return [row for row in rows if row["nowcast_method"] == method]


def title_of(rows: Sequence[Row], words: Words) -> str:
    """The error with the most days known, beside that of assuming no change."""
    ours, still = _of(rows, OURS), _of(rows, NO_CHANGE)
    if not ours or not still:
        return words("nowcasts.plain")
    return words(
        "nowcasts.title",
        days=ours[-1]["days_known"],
        ours=ours[-1]["mean_absolute_error_pp"],
        still=still[-1]["mean_absolute_error_pp"],
    )


def _note(rows: Sequence[Row], words: Words) -> str:
    """What was not issued, where nowcasts are no better than what is simpler, and how often intervals held."""
    ours = _of(rows, OURS)
    said = [words("nowcasts.note")]
    if ours and ours[-1]["coverage_share_80"] is not None:
        last = ours[-1]
        said.append(
            words(
                "nowcasts.held",
                days=last["days_known"], forecasts=last["forecasts"], weeks=last["weeks_scored"],
                half=last["coverage_share_50"], most=last["coverage_share_80"], all=last["coverage_share_95"],
            )
        )  # fmt: skip
    for baseline, flag in ((NO_CHANGE, "is_better_than_no_change"), (LAST_DAY, "is_better_than_last_day")):
        worse = [str(row["days_known"]) for row in ours if row[flag] is False]
        if worse:
            said.append(words("nowcasts.no_better", days=worse, method=words(f"nowcasts.{baseline}")))
    if any(row["is_backtest"] for row in rows):
        said.append(words("nowcasts.backtest"))
    if any(row["is_small_sample"] for row in rows):
        said.append(words("nowcasts.small"))
    return words("nowcasts.space").join(said)


def section(found: Found) -> Section:
    words = found.words
    rows = found("nowcasts")
    for row in rows:
        row["method"] = words(f"nowcasts.{row['nowcast_method']}")
    return Section(
        words=words,
        key="nowcasts",
        title=title_of(rows, words),
        note=_note(rows, words),
        columns=columns(
            words, "days_known|number", "method", "forecasts|number", "mean_absolute_error_pp|number",
            "mean_weighted_interval_score_pp|number", "coverage_share_50|percent", "coverage_share_80|percent",
            "coverage_share_95|percent", "is_small_sample|flag",
        ),
        rows=rows,
        row_columns=("method", "days_known"),
        row_query="from marts.coding_share_nowcast_scores where scored_models = 'all' "
        "and is_backtest = {is_backtest} and nowcast_method = {nowcast_method} and days_known = {days_known}",
        spec=drawn(words),
        datasets={"nowcasts": rows, "names": _names(rows)},
        docs="nowcast-of-coding",
    )  # fmt: skip
