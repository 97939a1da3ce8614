"""What the page says in words: names, its headings, its answer.

Belongs here: sentences of rows that ``warehouse/report/*.sql`` found. Not here: figures, charts, markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipeline.contracts.table import M2
from pipeline.wording import describe_m2, percent

Row = dict[str, Any]


def short(slug: str) -> str:
    """The name without its maker, and without the day of its release, for labels with little room."""
    return re.sub(r"-20\d{6}$", "", slug.partition("/")[2] or slug)


def member(slug: str) -> str:
    return short(slug).removeprefix("minimax-").upper()


def in_order(lineage: Sequence[Row]) -> list[str]:
    """The members of the lineage, eldest first."""
    position = {row["base_permaslug"]: row["position"] for row in lineage}
    return sorted(position, key=position.__getitem__)


def listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def weeks(number: int) -> str:
    return f"{number} week{'' if number == 1 else 's'}"


def named(row: Row) -> str:
    return "M2" if row["base_permaslug"] == M2 else short(row["base_permaslug"])


def of_model(row: Row, peak_day: Row | None) -> dict[str, str]:
    """What each chart that follows the choice says of a model."""
    name = named(row)
    if row["peak_coding_token_share"] is None:
        none_yet = f"{name} is listed in no final week of coding yet: it has no peak"
        return {"share": none_yet, "race": none_yet, "tokens": _tokens(name, peak_day), "launch": none_yet}
    peak = f"{percent(row['peak_coding_token_share'])} of coding in the week of {row['peak_week']}"
    at_best = weeks(row["weeks_at_best_rank"]) + _about_level(row)
    best = f"rank {row['best_rank']} in coding for {at_best}, first in that of {row['best_rank_week']}"
    launch = f"{name}: its launch was not seen, or it was never among the first ten"
    if row["is_launch_observed"]:
        percentile = row["peak_share_percentile"]
        higher = "" if percentile is None else f", higher than {percentile:.0%} of all launches seen"
        least, most, status = row["half_life_weeks_lower"], row["half_life_weeks_upper"], row["half_life_status"]
        half = weeks(most) if least == most else f"{least} to {most} weeks"
        at_half = "about at half, by the sample," if row["half_life_is_resolved"] is False else "down to half"
        after = f", and was {at_half} {half} later" if status == "reached" else ""
        after += "; when it was down to half cannot be known" if status == "cannot be known" else ""
        launch = f"{name} was at its greatest {weeks(row['weeks_to_peak'])} after it was first listed{higher}{after}"
    return {
        "share": f"{name} was at its greatest with {peak}",
        "race": f"{name} stood at {best}",
        "tokens": _tokens(name, peak_day),
        "launch": launch,
    }


def _about_level(row: Row) -> str:
    """In how many of the weeks at its best rank the sample does not tell it from another; nothing where it always does."""
    level = row["weeks_about_level"]
    some = "" if level == row["weeks_at_best_rank"] else f"in {level} of them "
    return f" ({some}about level with the rank beside it, by the sample)" if level else ""


def _tokens(name: str, peak_day: Row | None) -> str:
    if peak_day is None:
        return f"{name}: no day that was read lists it, or it was never among the first ten in coding"
    billions = (peak_day["paid"] + peak_day["free"]) / 1000
    most = f"{billions:,.1f} billion tokens on {peak_day['usage_date']}"
    if not peak_day["is_known"]:
        return f"{name}: its busiest day is not known, as days since it was first listed were not read"
    if peak_day["until"] is not None:
        return f"{name} peaked at {most}, of the days read without a gap up to {peak_day['until']}"
    return f"{name} peaked at {most}"


def answer(m2: Row | None, lineage: Sequence[Row]) -> str:
    """M2's story in one sentence: its height, its place, its end, and the successor that rose above it."""
    if m2 is None:
        return "MiniMax M2 has not been seen in coding: no week that lists it was read yet."
    if m2["peak_coding_token_share"] is None:
        return "MiniMax M2 has no peak in coding yet: no final week lists it."
    told = (
        f"MiniMax M2 rose to {percent(m2['peak_coding_token_share'])} of all coding tokens on OpenRouter in the week of "
        f"{m2['peak_week']}, was number {m2['best_rank']} for {weeks(m2['weeks_at_best_rank'])}{_about_level(m2)}"
    )
    if m2["newest_rank"] is None:
        told += f" and was last listed in that of {m2['last_listed']}"
    known = [
        row for row in lineage if row["position"] > 1 and row["coding_token_share"] is not None and not row["is_provisional"]
    ]
    best = max(known, key=lambda row: row["coding_token_share"], default=None)
    if best is None or best["coding_token_share"] <= m2["peak_coding_token_share"]:
        return f"{told}."
    return (
        f"{told}; its successor {member(best['base_permaslug'])} went on to "
        f"{'about ' if best['rank_is_resolved'] is False else ''}number {best['coding_rank']} with "
        f"{percent(best['coding_token_share'])} in that of {best['week_start']}."
    )


def newest(latest: Sequence[Row]) -> str:
    """The newest week: M2's share, or its bound and the best of its lineage."""
    if not latest:
        return ""
    return f"Newest week: M2 {'has' if latest[0]['coding_rank'] is not None else 'is'} {describe_m2(dict(latest[0]))}."
