"""The part of M2's maker in list spend beside its part in tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import altair as alt

from pipeline.publish.report.drawing import (
    BAND_OPACITY,
    INK,
    LIT,
    PAPER,
    WEEK_MS,
    by_share,
    by_week,
    finished,
    opacity,
    provisional_over,
    rows_of,
    specification,
    unread,
    weeks_of,
)
from pipeline.publish.report.section import PROVISIONAL, SAME_WEEK, WEEK, Found, Hover, Row, Section, columns
from pipeline.publish.report.words import Words

_WEEK = timedelta(weeks=1)
_LEAST_NAMED = 6 * _WEEK  # a band that is less wide has no room for words


@specification
def drawn(words: Words) -> dict[str, Any]:
    """By week: tokens as a line, spend as a range with its estimate as a dot."""
    weeks = (
        weeks_of("spend")
        .transform_filter("isValid(datum.priced_token_share)")
        .transform_calculate(middle=f"+datum.week_start + {WEEK_MS / 2}")
    )
    spend = weeks.transform_calculate(label=f"'{words('spend.spend')}'", text="datum.spend_text")
    tokens = weeks.transform_calculate(label=f"'{words('spend.tokens')}'", text="datum.tokens_text")
    place: dict[str, Any] = {
        "x": by_week(), "x2": "week_end:T", "y": by_share("list_spend_share_lower:Q"), "y2": "list_spend_share_upper:Q"
    }  # fmt: skip
    ranges = spend.mark_bar(color=LIT, stroke=PAPER, strokeWidth=0.7).encode(
        **place,
        opacity=opacity(BAND_OPACITY),
    )
    estimates = spend.mark_point(color=LIT, filled=True, size=42).encode(
        x=by_week("middle:T"), y=by_share("list_spend_share_estimate:Q"), opacity=opacity()
    )
    lines = tokens.mark_rule(color=INK, strokeWidth=2.5).encode(
        x=by_week(), x2="week_end:T", y=by_share("priced_token_share:Q"), opacity=opacity()
    )
    gaps = unread("unpriced", x=alt.X("from:T"), x2="until:T")
    keys = [
        rows_of("keys")
        .transform_filter(f"datum.kind === '{kind}'")
        .mark_text(align="left", fontWeight="bold", fontSize=13, color=colour)
        .encode(x=alt.value(0), y=alt.value(height), text="label:N")
        for kind, colour, height in (("tokens", INK, -28), ("spend", LIT, -10))
    ]
    return finished(gaps, ranges, provisional_over(spend, **place), lines, estimates, *keys, height=280, top=44)


def section(found: Found) -> Section:
    words = found.words
    every = found("spend") if found.is_local else []
    rows = [{**row, **_texts(row, words)} for row in every]
    known = [row for row in rows if row["priced_token_share"] is not None]
    best = max((row for row in known if not row["is_provisional"]), key=lambda row: row["priced_token_share"], default=None)
    return Section(
        words=words,
        key="spend",
        title=_title(best, words),
        columns=columns(
            words,
            WEEK,
            "priced_token_share|percent",
            "list_spend_share_estimate|percent",
            "list_spend_share_lower|percent",
            "list_spend_share_upper|percent",
            PROVISIONAL,
        ),
        rows=known,
        nothing=words("spend.nothing" if found.is_local else "spend.not_public"),
        row_columns=("week_start",),
        row_query=f"from marts.spend_share_weekly where spend_of = 'author' and subject = {{subject}} and {SAME_WEEK}",
        hover=Hover(value="text", form="text"),
        x="week_start",
        spec=drawn(words),
        datasets={"spend": known, "keys": _keys(words) if known else [], "unpriced": _unpriced(rows, words)},
        docs="spend-by-list-price",
    )


def _title(best: Row | None, words: Words) -> str:
    if best is None:
        return words("spend.plain")
    tokens, spend = best["priced_token_share"], best["list_spend_share_estimate"]
    key = "spend.title" if spend < tokens else "spend.title_dearer"
    return words(key, tokens=tokens, spend=spend, week=best["week_start"])


def _texts(row: Row, words: Words) -> Row:
    return {
        "tokens_text": words("spend.share", share=row["priced_token_share"]),
        "spend_text": words(
            "spend.range", estimate=row["list_spend_share_estimate"], lower=row["list_spend_share_lower"],
            upper=row["list_spend_share_upper"],
        ),
    }  # fmt: skip


def _keys(words: Words) -> list[Row]:
    """What the marks are, in their colours, above the weeks."""
    return [
        {"kind": "tokens", "label": f"― {words('spend.tokens')}"},
        {"kind": "spend", "label": f"● {words('spend.key')}"},
    ]


def _unpriced(rows: Sequence[Row], words: Words) -> list[Row]:
    """The spans of weeks without a list price, between two with one."""
    found = []
    earlier: Row | None = None
    for row in rows:
        if row["priced_token_share"] is None:
            continue
        if earlier and row["week_start"] - earlier["week_start"] > _WEEK:
            since, until = earlier["week_start"] + _WEEK, row["week_start"]
            label = words("spend.unpriced") if until - since >= _LEAST_NAMED else ""
            found.append({"from": since, "until": until, "label": label})
        earlier = row
    return found
