"""M2 by each measure: what counts as coding decides how large its share was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import (
    BAND_OPACITY,
    FAINT,
    INK,
    LIT,
    MUTED,
    PERCENT,
    SECOND,
    finished,
    opacity,
    rows_of,
    specification,
    tooltip_of,
)
from pipeline.publish.report.names import family
from pipeline.publish.report.section import PROVISIONAL, SAME_WEEK, WEEK, Found, Key, Row, Section, columns
from pipeline.publish.report.words import Words

MEASURES = ("category_programming", "language_programming", "task_code_tokens", "task_code_requests", "platform")
BEST, NEWEST = "best week of coding", "newest week"
_ROW = 54
_ROOM_FOR_TEXT = 1.35  # of the highest share that is measured
_SHARES = {"measure_share": ".2%", "measure_share_lower": ".2%", "measure_share_upper": ".2%"}


@specification
def drawn(words: Words, number: int, highest: float) -> dict[str, Any]:
    """A dot where the share is known, a band where it is a range; where it is not listed, a cap at the most it can be."""
    rows = rows_of("measures")
    order = [words(f"measures.{measure}") for measure in MEASURES]
    place: dict[str, Any] = {
        "y": alt.Y("measure_label:N", title=None, sort=order, axis=alt.Axis(labelColor=INK, labelLimit=150, ticks=False)),
        "yOffset": alt.YOffset("moment:N", sort=[BEST, NEWEST]),
    }
    scale = alt.Scale(domain=[0, highest * _ROOM_FOR_TEXT], nice=False)
    axis = alt.Axis(format=PERCENT, tickCount=5, grid=True)
    x = alt.X("measure_share_lower:Q", title=None, scale=scale, axis=axis)
    colour = alt.condition(f"datum.moment === '{BEST}'", alt.value(LIT), alt.value(SECOND))
    tooltip = tooltip_of(words, measure_label="", week_start="day", **_SHARES, measure_rank="")
    listed = rows.transform_filter("isValid(datum.measure_share)")
    absent = rows.transform_filter("!isValid(datum.measure_share)")
    ranges = (
        listed.transform_filter("datum.measure_share_upper > datum.measure_share_lower")
        .mark_rule(strokeWidth=9, opacity=BAND_OPACITY)
        .encode(**place, x=x, x2="measure_share_upper:Q", color=colour, tooltip=tooltip)
    )
    dots = listed.mark_circle(size=110).encode(
        **place,
        x=alt.X("measure_share:Q"),
        color=colour,
        tooltip=tooltip,
        opacity=opacity(),
    )
    bound, is_near = alt.X("bound_at:Q"), "datum.bound_at === datum.measure_share_upper"
    most = (
        absent.transform_filter(is_near)
        .mark_tick(color=FAINT, thickness=1, size=18)
        .encode(**place, x=bound, tooltip=tooltip)
    )
    known = listed.mark_text(align="left", dx=9, fontWeight="bold").encode(
        **place, x=alt.X("measure_share_upper:Q"), text="said:N", color=colour
    )
    # A bound beyond what is measured is a text alone, where zero is.
    is_right = f"({is_near}) && datum.bound_at > {highest / 2}"
    beside: dict[str, Any] = {
        "align": alt.ExprRef(f"{is_right} ? 'right' : 'left'"), "dx": alt.ExprRef(f"{is_right} ? -6 : 6"),
    }  # fmt: skip
    bounds = absent.mark_text(**beside, fontSize=11, color=MUTED).encode(**place, x=bound, text="at_most:N")
    return finished(ranges, most, dots, known, bounds, height=_ROW * number, right=12)


def title_of(rows: Sequence[Row], words: Words) -> str:
    """The least and the greatest share in its best week of coding; one alone where no more is known."""
    best = [row for row in rows if row["moment"] == BEST and row["measure_share"] is not None]
    if not best:
        return words("measures.plain", m2=family(M2))
    shares = sorted(row["measure_share"] for row in best)
    both = {row["measure"]: row["measure_share"] for row in best}
    is_plain = both.keys() == {"category_programming", "platform"} and both["platform"] == shares[0]
    key = "title_one" if len(shares) == 1 else "title_platform" if is_plain else "title"
    return words(f"measures.{key}", m2=family(M2), low=shares[0], high=shares[-1], week=best[0]["week_start"])


def section(found: Found) -> Section:
    words = found.words
    rows = found("measures")
    rows.sort(key=lambda row: (MEASURES.index(row["measure"]), row["moment"]))
    listed = [row["measure_share_upper"] for row in rows if row["measure_share"] is not None]
    highest = max(listed or [row["measure_share_upper"] for row in rows], default=1.0)
    for row in rows:
        row["bound_at"] = row["measure_share_upper"] if row["measure_share_upper"] <= highest else 0.0
        row["measure_label"] = words(f"measures.{row['measure']}")
        row["quantity"] = words.value(row["quantity"])
        row["moment_label"] = words("measures.best" if row["moment"] == BEST else "measures.newest")
        row["said"] = words("measures.said", share=row["measure_share"])
        row["at_most"] = words("measures.at_most", share=row["measure_share_upper"])
    moments = {row["moment"] for row in rows if row["measure_share"] is not None}
    week = next((row["week_start"] for row in rows if row["moment"] == BEST), None)
    legend = [Key("lit", words("measures.best"), BEST)] if BEST in moments else []
    legend += [Key("blue", words("measures.newest"), NEWEST)] if NEWEST in moments else []
    absent = list(dict.fromkeys(row["moment_label"] for row in rows if row["measure_share"] is None))
    legend += [Key("cap", words("measures.unlisted", when=words.listed(absent)))] if absent else []
    return Section(
        words=words,
        key="measures",
        title=title_of(rows, words),
        subtitle=words("measures.subtitle", m2=family(M2), week=week),
        nothing=words("measures.nothing", m2=family(M2)),
        columns=columns(
            words, "measure_label", "moment_label", WEEK, "quantity", "measure_share|percent", "measure_share_lower|percent",
            "measure_share_upper|percent", "measure_rank|number", "is_sampled|flag", PROVISIONAL,
        ),
        rows=rows,
        row_columns=("measure_label", "moment_label"),
        row_query=f"from marts.coding_share_measures_weekly where base_permaslug = '{M2}' "
        f"and measure = {{measure}} and {SAME_WEEK}",
        legend=legend,
        legend_field="moment",
        spec=drawn(words, len({row["measure"] for row in rows}), highest),
        datasets={"measures": rows},
        docs="measures-of-coding",
    )  # fmt: skip
