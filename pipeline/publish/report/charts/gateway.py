"""Whether it was OpenRouter alone: MiniMax there, and at a second gateway with users of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    BAND_OPACITY,
    LIT,
    PROVISIONAL_OPACITY,
    SECOND,
    by_share,
    by_week,
    finished,
    rows_of,
    specification,
)
from pipeline.publish.report.section import SAME_WEEK, WEEK, Column, Found, Hover, Key, Row, Section, columns
from pipeline.publish.report.words import Words

# What is drawn, in the colour of its population, and by which dashes.
_TOKENS, _LIST_SPEND = "platform_token_share", "list_spend_share_estimate"
_THERE = {"gateway_token_mean_share": [1, 0], "gateway_request_mean_share": [2, 3], "gateway_spend_mean_share": [7, 4]}
_DASHES = {**_THERE, _LIST_SPEND: [7, 4]}
_KINDS = {
    _TOKENS: "lit wash", _LIST_SPEND: "lit dashes", "gateway_token_mean_share": "blue solid",
    "gateway_request_mean_share": "blue dots", "gateway_spend_mean_share": "blue dashes",
}  # fmt: skip


@specification
def drawn() -> dict[str, Any]:
    """A band for OpenRouter's tokens, lines for what each side measures."""
    rows = rows_of("gateway")
    x = by_week()
    share = by_share("share:Q", scale=alt.Scale(domainMin=0, nice=True))
    band = (
        rows.transform_filter(f"datum.series === '{_TOKENS}'")
        .mark_area(color=LIT, opacity=BAND_OPACITY)
        .encode(x=x, y=alt.Y("lower:Q"), y2="upper:Q")
    )
    colour = alt.condition("datum.is_here", alt.value(LIT), alt.value(SECOND))
    dashes = alt.StrokeDash("series:N", legend=None, scale=alt.Scale(domain=[*_DASHES], range=[*_DASHES.values()]))
    lines = (
        rows.transform_filter(f"datum.series !== '{_TOKENS}' && !datum.is_provisional")
        .mark_line(strokeWidth=2)
        .encode(x=x, y=share, color=colour, strokeDash=dashes, detail="series:N")
    )
    moving = (
        rows.transform_filter(f"isValid(datum.share) && (datum.is_provisional || datum.series === '{_LIST_SPEND}')")
        .mark_circle(size=36, opacity=PROVISIONAL_OPACITY)
        .encode(x=x, y=share, color=colour)
    )
    return finished(band, lines, moving, height=320, right=16)


def title_of(weeks: Sequence[Row], words: Words) -> str:
    """The week in which most tokens of the second gateway were MiniMax's, by both; nothing of weeks that may still move."""
    final = [row for row in weeks if not row["is_provisional"] and row["gateway_token_mean_share"] is not None]
    if not final:
        return words("gateway.plain")
    best = max(final, key=lambda row: row["gateway_token_mean_share"])
    lower, upper = best["platform_token_share_lower"], best["platform_token_share_upper"]
    given = {"week": best["week_start"], "there": best["gateway_token_mean_share"]}
    if lower is None or upper is None:
        return words("gateway.title_there", **given)
    return words("gateway.title", **given, lower=100 * lower, upper=upper)


def _newest(weeks: Sequence[Row], name: str) -> str | None:
    """The line of the newest week that has one."""
    return next((week[name] for week in reversed(weeks) if week[name]), None)


def section(found: Found) -> Section:
    words = found.words
    weeks = found("gateway")
    shown = [_TOKENS, *([_LIST_SPEND] if found.is_local else []), *_THERE]
    rows = [
        {
            "week_start": week["week_start"], "series": series, "label": words(f"gateway.{series}"),
            "is_here": series not in _THERE, "is_provisional": week["is_provisional"],
            "share": None if series == _TOKENS else week[series],
            "lower": week["platform_token_share_lower"] if series == _TOKENS else None,
            "upper": week["platform_token_share_upper"] if series == _TOKENS else None,
        }
        for week in weeks
        for series in shown
        if week[series] is not None or (series == _TOKENS and week["platform_token_share_upper"] is not None)
    ]  # fmt: skip
    table = [
        {
            name: value
            for name, value in week.items()
            if not name.endswith("_citation") and (name != _LIST_SPEND or found.is_local)
        }
        for week in weeks
    ]
    cited = ["platform_citation", "gateway_citation", *(["price_citation"] if found.is_local else [])]
    return Section(
        words=words,
        key="gateway",
        title=title_of(weeks, words),
        citations=[line for name in cited if (line := _newest(weeks, name))],
        columns=[
            *columns(words, WEEK, "platform_token_share_lower|percent", "platform_token_share_upper|percent"),
            *(Column(name, words(f"gateway.{name}"), "percent") for name in shown[1:]),
            *columns(words, "gateway_days|number", "is_provisional|flag"),
        ],
        rows=rows,
        table_rows=table,
        row_columns=("week_start",),
        row_query=f"from marts.gateway_comparison_weekly where canonical_author = 'minimax' and {SAME_WEEK}",
        legend=[
            Key(_KINDS[one], words(f"gateway.{one}"), one) for one in shown if any(row["series"] == one for row in rows)
        ],
        legend_field="series",
        hover=Hover(value="share", upper="upper"),
        x="week_start",
        spec=drawn(),
        datasets={"gateway": rows},
        docs="shares-of-labs-at-vercel-ai-gateway",
    )  # fmt: skip
