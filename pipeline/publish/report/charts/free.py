"""A model's tokens a day, free upon paid, and what happened when its free variant left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import altair as alt

from pipeline.contracts.table import M2
from pipeline.publish.report.drawing import (
    DAY_MS,
    FREE,
    INK,
    LIT,
    MUTED,
    PAID,
    Marks,
    cap,
    finished,
    on_paper,
    opacity,
    provisional_over,
    rows_of,
    specification,
    unread,
)
from pipeline.publish.report.names import family
from pipeline.publish.report.section import PROVISIONAL, SAME_MODEL, Found, Hover, Row, Section, columns
from pipeline.publish.report.words import Words

DAYS_AFTER = timedelta(days=28)
LEAST_FREE = 0.005  # less than this is 0 %
_WHOLE = 0.99  # from here a whole percent would say all of it
_HEADROOM = 1.14  # above the highest bar: for the label of what was free
_LABEL_PART = 0.26  # the part of the width that "paid only" takes


@specification
def drawn(words: Words) -> dict[str, Any]:
    """Days as bars, free upon paid; where only a bound is known, a cap; the end of the free window as a rule with words."""
    edge = f"+datum.usage_date + {DAY_MS}"
    days = rows_of("free").transform_joinaggregate(any_free="max(free)", first="min(usage_date)", last="max(usage_date)")
    rest = f"datum.any_free > 0 ? '{words('free.paid')}' : '{words('free.all')}'"
    bars = (
        days.transform_fold(["paid", "free"], as_=["kind", "tokens"])
        .transform_filter("datum.tokens > 0")
        .transform_stack(
            stack="tokens", groupby=["usage_date"], sort=[alt.SortField("kind", order="descending")], as_=["from", "to"],
            offset="zero",
        )
        # A gap between bars that are wide enough to spare it.
        .transform_calculate(
            label=f"datum.kind === 'free' ? '{words('free.free')}' : {rest}",
            day_end=f"{edge} - (datum.last - datum.first < 100 * {DAY_MS} ? 0.14 * {DAY_MS} : 0)",
        )
    )  # fmt: skip
    when = "datum.index === 0 ? '%-d %b %Y' : utcdate(datum.value) === 1 && utcmonth(datum.value) === 0 ? '%b %Y' : '%-d %b'"
    x = alt.X(
        "usage_date:T", title=None, scale=alt.Scale(type="utc"),
        axis=alt.Axis(tickCount=7, labelOverlap="parity", labelExpr=f"utcFormat(datum.value, {when})"),
    )  # fmt: skip
    y = alt.Y("from:Q", title=None, axis=alt.Axis(tickCount=5))
    place: dict[str, Any] = {"x": x, "x2": "day_end:T", "y": y, "y2": "to:Q"}
    solid = bars.mark_bar().encode(
        **place,
        color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["paid", "free"], range=[PAID, FREE])),
        opacity=opacity(),
    )
    absent = days.transform_filter("!isValid(datum.paid)").transform_calculate(
        label=f"'{words('free.unlisted')}'", day_end=edge
    )
    bounds = cap(absent, x=x, x2="day_end:T", y=alt.Y("upper:Q"))
    gaps = unread("unread", x=alt.X("from:T"), x2="until:T")
    return finished(gaps, bounds, solid, provisional_over(bars, **place), _claimed(), _texts(), height=300, top=4, right=10)


def _claimed() -> list[Marks]:
    """A figure that was claimed for a day, as a line."""
    line = rows_of("claim").encode(y=alt.Y("value:Q"))
    rule = line.mark_rule(color=MUTED, strokeDash=[5, 4], strokeWidth=1)
    text = line.mark_text(align="right", baseline="bottom", dy=-3, color=MUTED).encode(x=alt.value("width"), text="label:N")
    return [rule, text]


def _texts() -> list[Marks]:
    """The words on the bars, each in their colour, and those of the rule above them."""
    labels = rows_of("labels").encode(x=alt.X("at:T"), y=alt.Y("value:Q"), text="label:N")
    said: dict[str, Any] = {"align": "left", "baseline": "bottom", "dx": 3, "fontSize": 13}
    free = on_paper(labels.transform_filter("datum.kind === 'free'"), **said, color=LIT)
    paid = on_paper(labels.transform_filter("datum.kind === 'paid'"), **said, color=PAID)
    ends = rows_of("ends").encode(x=alt.X("at:T"))
    rule = ends.mark_rule(color=INK, strokeDash=[1.5, 2.5], strokeWidth=1.4)
    event = {"y": alt.value(-20), "text": "label:N"}
    left = ends.transform_filter("!narrow && !datum.is_late").mark_text(align="left", dx=3).encode(**event)
    right = ends.transform_filter("!narrow && datum.is_late").mark_text(align="right", dx=3).encode(**event)
    above = rows_of("ends").transform_filter("narrow").mark_text(align="left").encode(x=alt.value(0), **event)
    return [rule, *free, *paid, left, right, above]


def section(found: Found) -> Section:
    words = found.words
    stories = {story["base_permaslug"]: story for story in found("stories")}
    days: dict[str, list[Row]] = {}
    for row in found("tokens_daily"):
        days.setdefault(row["base_permaslug"], []).append(_in_units(row, words))
    holes = found("unread_days")
    datasets: dict[str, list[Row]] = {"free": [], "labels": [], "ends": [], "unread": [], "claim": _claim(found)}
    titles = {model: words("free.plain", name=family(model)) for model in stories}
    for model, rows in days.items():
        story = stories.get(model, {})
        last = _last_shown(rows, story)
        for row in rows:
            row["beyond"] = row["usage_date"] > last
        shown = [row for row in rows if not row["beyond"]]
        titles[model] = _title(model, shown, story, words)
        labels, ends = _texts_of(shown, story, words)
        for name, marks in (("labels", labels), ("ends", ends), ("unread", _unread(holes, rows, last, words))):
            datasets[name] += [{"base_permaslug": model, **mark} for mark in marks]
        datasets["free"] += map(_as_shown, rows)
    return Section(
        words=words,
        key="free",
        query="tokens_daily",
        title=words("free.plain", name=family(M2)),
        titles=titles,
        columns=columns(
            words, "usage_date|date", "paid|number", "free|number", "upper|number|column.at_most_bn", PROVISIONAL
        ),
        rows=datasets["free"],
        row_columns=("usage_date",),
        row_query=f"from core.model_token_bounds_daily where {SAME_MODEL} and usage_date = {{usage_date:date}}",
        m2_row_query="from marts.m2_usage_daily where usage_date = {usage_date:date}",
        hover=Hover(x="usage_date", span=1, value="tokens", form="number", upper="upper"),
        x="usage_date",
        spec=drawn(words),
        datasets=datasets,
        docs="free-windows-and-what-stayed",
    )


def _in_units(row: Row, words: Words) -> Row:
    """In the unit of the language, to the million. The bound is that of a day without a figure."""
    paid, free = row["paid_tokens"], row["free_tokens"]
    return {
        "base_permaslug": row["base_permaslug"],
        "usage_date": row["usage_date"],
        "paid": _counted(paid, words),
        "free": _counted(free, words),
        "upper": None if paid is not None else _counted(row["tokens_upper"], words),
        "is_provisional": row["is_provisional"],
    }


def _total(row: Row) -> float:
    return float(row["paid"] + row["free"])


def _counted(tokens: int | None, words: Words) -> float | None:
    return None if tokens is None else round(tokens / words.token_unit, 3)


def _as_shown(row: Row) -> Row:
    """With the two decimals that the table and the pointer show."""
    return row | {name: row[name] and round(row[name], 2) for name in ("paid", "free", "upper")}


def _claim(found: Found) -> list[Row]:
    return [
        {
            "base_permaslug": M2,
            "value": _counted(row["claimed_value"], found.words),
            "label": found.words("free.claimed", tokens=row["claimed_value"]),
        }
        for row in found("claims")
        if row["unit"] == "tokens a day"
    ]


def _last_shown(rows: Sequence[Row], story: Row) -> date:
    """Four weeks after the end of the free window, or after the last week in coding, and the busiest day in any case."""
    last: date = rows[-1]["usage_date"]
    if story.get("free_end_day"):
        last = story["free_end_day"] + DAYS_AFTER
    elif story:
        last = story["last_week"] + timedelta(days=6) + DAYS_AFTER
    peak: date = story.get("peak_day") or last
    return max(last, peak)


def _title(model: str, shown: Sequence[Row], story: Row, words: Words) -> str:
    name, share, day = family(model), story.get("free_share_to_peak_day"), story.get("peak_day")
    final = [row for row in shown if row["paid"] is not None and not row["is_provisional"]]
    if not final:
        return words("free.plain", name=name)
    best = max(final, key=_total)
    if day != best["usage_date"]:
        # Not every day was read: there may have been a busier one.
        return words("free.reached", name=name, tokens=words.token_unit * _total(best), day=best["usage_date"])
    if share is not None and share >= LEAST_FREE:
        key = "free.title_exactly" if _WHOLE <= share < 1 else "free.title"
        return words(key, name=name, share=share, day=day)
    return words("free.busiest", name=name, tokens=story["peak_day_tokens"], day=day)


def _texts_of(shown: Sequence[Row], story: Row, words: Words) -> tuple[list[Row], list[Row]]:
    """The labels on the bars, and what is written at the end of the free window."""
    listed = [row for row in shown if row["paid"] is not None]
    if not any(row["free"] for row in listed):
        return [], []
    first, last = listed[0]["usage_date"], shown[-1]["usage_date"]
    share, end = story.get("free_share_to_peak_day"), story.get("free_end_day")
    text = words("free.free") if not share else words("free.free_to_peak", share=share)
    highest = max(map(_total, listed))
    labels = [{"at": first, "value": round(highest * _HEADROOM / 1.08, 3), "label": text, "kind": "free"}]
    if end is None or not first < end <= last:
        return labels, []
    is_gone = not any(row["free"] for row in listed if row["usage_date"] >= end)
    beside = [_total(row) for row in listed if end < row["usage_date"] <= end + (last - first) * _LABEL_PART]
    if is_gone and beside:
        at = end + timedelta(days=1)
        labels.append(
            {"at": at, "value": round(max(beside) + 0.02 * highest, 3), "label": words("free.paid_only"), "kind": "paid"}
        )
    key = "free.gone" if is_gone else "free.ends"
    said = words(key, day=end, change=story["free_end_change"])
    return labels, [{"at": end, "label": said, "is_late": end - first > (last - first) * 0.6}]


def _unread(holes: Iterable[Row], rows: Sequence[Row], last: date, words: Words) -> list[Row]:
    """What was not fetched of the days that are drawn; a band that is too narrow for words has none."""
    first, newest = rows[0]["usage_date"], rows[-1]["usage_date"]
    found = []
    for hole in holes:
        since, until = hole["first_day"], hole["last_day"]
        if first < since and until < newest:
            has_room = until - since > (min(last, newest) - first) / 4
            label = words("free.unread", since=since, until=until) if has_room else ""
            found.append({"from": since, "until": until + timedelta(days=1), "label": label, "beyond": since > last})
    return found
