"""The page ``report/index.html``: the published tables as charts, in one file that asks nobody for anything.

Belongs here: putting rows, charts, sentences and tables together, and writing the file. Not here: figures
(``warehouse/report/*.sql``), how a chart looks (``charts``). The page is a function of the published file: the same file
gives the same bytes, its instant is the build's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.report import encode
from pipeline.settings import Settings
from pipeline.show import describe_m2, percent, printable
from pipeline.status import SeriesStatus, Status, hours, status_of

M2 = "minimax/minimax-m2"
STATIC_WIDTH = 860
MOST_LISTED = 8
_LARGE = 1e6  # from here on claims are shown to the unit
_APART = (0.55, 4.0)  # decades of price and points of score between two names

Row = dict[str, Any]

_HERE = Path(__file__).parent
_SAMPLED = "Sampled; other makers count tokens with other tokenizers; OpenRouter is a slice of the market."
_EXACT = "Other makers count tokens with other tokenizers; OpenRouter is a slice of the market."


@dataclass(frozen=True)
class Column:
    """A column of the table behind a chart. ``form`` is one of page.js's."""

    name: str
    label: str
    form: str = "text"


@dataclass
class Section:
    """One chart with what belongs to it.

    ``datasets`` are the rows it draws. Where the section follows the choice of a model each is cut by model, but for those
    that are ``shared``. ``table_rows`` are those of the table behind it, where they are others.
    """

    key: str
    query: str
    what: str
    missing: str
    caption: str
    columns: list[Column]
    rows: list[Row]
    finding: str = ""
    legend: list[tuple[str, str]] = field(default_factory=list)
    spec: dict[str, Any] | None = None
    datasets: dict[str, list[Row]] = field(default_factory=dict)
    table_rows: list[Row] | None = None
    is_by_model: bool = False
    shared: frozenset[str] = frozenset()
    nothing: str = "Not read: the published file holds no figures for this yet."


WEEK, MODEL, SHARE = Column("week_start", "week of", "date"), Column("base_permaslug", "model"), "percent"
_BOUNDED = [
    Column("coding_token_share", "share of coding", SHARE),
    Column("coding_token_share_lower", "at least", SHARE),
    Column("coding_token_share_upper", "at most", SHARE),
]
_PROVISIONAL = Column("is_provisional", "provisional", "flag")
_RANK = Column("coding_rank", "rank", "number")


def write(settings: Settings) -> Path:
    """Build the page from the published file and swap it in. Returns where it is."""
    text = build(settings)
    path = settings.data_dir.report
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    return path


def build(settings: Settings) -> str:
    """The page as text."""
    with store.Store(settings.data_dir).reader() as con:
        found = _Tables(con)
        sections = _sections(found)
        models = {row["base_permaslug"]: row for row in found("models")}
        latest = found("ops/m2_latest")
        citations = found("citations")
        [build_row] = found("ops/newest_build") or [{}]
    status = status_of(settings, build_row["built_at"])
    chosen = M2 if M2 in models else next(iter(models), M2)
    peaks = _peak_days(sections)
    said = {name: _sentences(row, peaks.get(name)) for name, row in models.items()}
    for section in sections:
        if section.is_by_model and chosen in said:
            section.finding = said[chosen][section.key]
    return _render(settings, sections, status, citations, latest, models, said, chosen, build_row)


class _Tables:
    """Rows of the page's questions. Names from outside have their control characters written out here, once."""

    def __init__(self, con: store.Connection) -> None:
        self._con = con

    def __call__(self, query: str) -> list[Row]:
        path = query if "/" in query else f"report/{query}"
        return [{name: _clean(value) for name, value in row.items()} for row in store.rows(self._con, store.read_sql(path))]


def _clean(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def short(slug: str) -> str:
    """The name without its maker, and without the day of its release, for labels with little room."""
    return re.sub(r"-20\d{6}$", "", slug.partition("/")[2] or slug)


def member(slug: str) -> str:
    return short(slug).removeprefix("minimax-").upper()


# --- sections ---------------------------------------------------------------------------------------------------------


def _sections(found: _Tables) -> list[Section]:
    from pipeline.report import charts

    members = found("lineage")
    order = {row["base_permaslug"]: row["position"] for row in members}
    lineage = sorted(order, key=order.__getitem__)
    return [
        _share(found, charts, set(lineage)),
        _race(found, charts, lineage),
        _tokens(found, charts),
        _gained(found, charts),
        _launch(found, charts),
        _lineage(members, charts, lineage),
        _lenses(found, charts),
        _countries(found, charts),
        _weights(found, charts),
        _price(found, charts),
        _settle(found, charts),
        _claims(found),
    ]


def _share(found: _Tables, charts: Any, lineage: set[str]) -> Section:
    rows, marks = found("coding_share"), found("coding_share_marks")
    for row in marks:
        name = row.pop("listed_permaslug")
        row["label"] = "first listed" if name == row["base_permaslug"] else member(name)
    return Section(
        key="share",
        query="coding_share",
        what="Tokens of the model, variants summed, of all tokens in the category programming, by week from Monday.",
        missing=f"Not shown: sampling error; the range is what an unlisted model may have had at most. {_SAMPLED}",
        caption="Share of coding by week",
        columns=[WEEK, *_BOUNDED, _RANK, _PROVISIONAL],
        rows=rows,
        legend=[("lit", "share"), ("band", "not listed: somewhere in here"), ("hatch", "provisional week")],
        spec=charts.share(M2),
        datasets={"share": rows, "marks": marks},
        is_by_model=True,
    )


def _race(found: _Tables, charts: Any, lineage: list[str]) -> Section:
    rows = found("coding_ranks")
    places: dict[date, Row] = {}
    for row in rows:
        if row["coding_rank"] is not None:
            week = places.setdefault(row["week_start"], {"week_start": row["week_start"]})
            place = f"rank_{row['coding_rank']}"
            week[place] = f"{week[place]}, {row['base_permaslug']}" if place in week else row["base_permaslug"]
    pivot = [{**{f"rank_{rank}": None for rank in range(1, 11)}, **places[week]} for week in sorted(places)]
    return Section(
        key="race",
        query="coding_ranks",
        what="Ranks in coding by week, models with all their variants; the first ten, or nine where recordings end there.",
        missing=f"Not shown: how far apart two ranks are, and whoever was below the tenth: a line breaks there. {_SAMPLED}",
        caption="Who stood where in coding, week by week",
        columns=[WEEK, *(Column(f"rank_{rank}", str(rank)) for rank in range(1, 11))],
        rows=rows,
        legend=[("lit", "chosen model"), ("blue", "its lineage"), ("faint", "others")],
        spec=charts.race(M2, lineage),
        datasets={"ranks": rows},
        table_rows=pivot,
        is_by_model=True,
        shared=frozenset({"ranks"}),
    )


def _tokens(found: _Tables, charts: Any) -> Section:
    rows = [
        {
            "base_permaslug": row["base_permaslug"],
            "usage_date": row["usage_date"],
            "paid": _million(row["paid_tokens"]),
            "free": _million(row["free_tokens"]),
            "upper": _million(row["tokens_upper"]),
            "is_provisional": row["is_provisional"],
        }
        for row in found("tokens_daily")
    ]
    return Section(
        key="tokens",
        query="tokens_daily",
        what="Exact tokens a day, prompt and completion, to the million; the free variant stands on the paid one.",
        missing="Not shown: days that were not read, or, but for M2, do not list the model: gaps, not zeros; models that "
        f"were never among the first ten in coding. {_EXACT}",
        caption="Tokens a day, in millions",
        columns=[
            Column("usage_date", "day", "date"),
            Column("paid", "paid", "number"),
            Column("free", "free", "number"),
            Column("upper", "at most", "number"),
            _PROVISIONAL,
        ],
        rows=rows,
        legend=[
            ("blue", "paid"), ("orange", "free"), ("band", "not listed: somewhere in here"),
            ("line", "80 billion, as claimed")
        ],
        spec=charts.tokens(M2),
        datasets={"tokens": rows, "line": [{"base_permaslug": M2, "value": 80_000, "label": "80 billion"}]},
        is_by_model=True,
    )  # fmt: skip


def _million(tokens: int | None) -> int | None:
    return None if tokens is None else round(tokens / 1e6)


def _gained(found: _Tables, charts: Any) -> Section:
    rows = found("gained")
    for row in rows:
        row["name"] = "all that are not listed" if row["is_other"] else short(row["base_permaslug"])
        is_m2 = row["base_permaslug"] == M2
        row["kind"] = "m2" if is_m2 else "gain" if row["change_pp"] > 0 else "loss"
    rows = [row for row in rows if abs(row["change_pp"]) >= 0.05]  # noqa: PLR2004 - what one decimal shows
    is_long = len(rows) > 2 * MOST_LISTED
    shown = rows[:MOST_LISTED] + rows[-MOST_LISTED:] if is_long else rows
    if is_long and not any(row["kind"] == "m2" for row in shown):
        shown = sorted([*shown, *(row for row in rows if row["kind"] == "m2")], key=lambda row: -row["change_pp"])
    finding = "Who gained what M2 lost"
    m2 = next((row for row in rows if row["kind"] == "m2"), None)
    if m2 is not None:
        gainers = [
            f"{row['name']} (+{row['change_pp']:.1f})" for row in rows if row["change_pp"] > 0 and not row["is_other"]
        ]
        finding = (
            f"As M2 lost {-m2['change_pp']:.1f} points between the weeks of {m2['from_week']} and {m2['to_week']}, "
            f"{_listed(gainers[:3]) or 'nobody that is listed'} gained"
        )
    return Section(
        key="gained",
        query="gained",
        what="Changes of the shares of coding from M2's best week to the last one before a successor was ahead of it.",
        missing="Not shown: who moved from which model to which. What enters or leaves the list moves between a model and "
        f"those that are not listed. {_SAMPLED}",
        caption="Change of share over those weeks, in percentage points",
        columns=[
            Column("name", "model"), Column("change_pp", "points", "number"),
            Column("has_entered", "entered the list", "flag"), Column("has_left", "left the list", "flag"),
        ],
        rows=rows,
        finding=finding,
        spec=charts.gained(),
        datasets={"gained": [{name: row[name] for name in ("name", "change_pp", "kind")} for row in shown]},
    )  # fmt: skip


def _launch(found: _Tables, charts: Any) -> Section:
    rows = found("launch_curves")
    return Section(
        key="launch",
        query="launch_curves",
        what="Share of coding by weeks since the first listed one, of every model that was ever among the first ten "
        "and whose launch was seen.",
        missing=f"Not shown: weeks in which a model was not listed, and launches from before the readings begin. {_SAMPLED}",
        caption="Every launch that was seen, by the height it reached",
        columns=[
            MODEL,
            Column("first_week", "first listed", "date"),
            Column("peak_coding_token_share", "greatest share", SHARE),
            Column("weeks_to_peak", "weeks to it", "number"),
            Column("half_life_weeks", "weeks from there to half", "number"),
        ],
        rows=rows,
        legend=[("lit", "chosen model"), ("faint", "other launches")],
        spec=charts.launch(M2),
        datasets={"curves": rows},
        table_rows=found("launches"),
        is_by_model=True,
        shared=frozenset({"curves"}),
    )


def _lineage(rows: list[Row], charts: Any, lineage: list[str]) -> Section:
    below: dict[date, float] = {}
    drawn = []
    for row in rows:
        row["label"] = member(row["base_permaslug"])
        if row["coding_token_share"] is not None:
            floor = below.get(row["week_start"], 0.0)
            below[row["week_start"]] = floor + row["coding_token_share"]
            drawn.append({**row, "from_share": floor, "to_share": below[row["week_start"]]})
    finding = "M2 and its successors in coding"
    if drawn:
        best = max(drawn, key=lambda row: row["coding_token_share"])
        total = max(drawn, key=lambda row: row["lineage_coding_token_share"])
        finding = (
            f"The line from M2 to {member(lineage[-1])} was at its greatest in the week of {total['week_start']}, with "
            f"{percent(total['lineage_coding_token_share'])} of coding; its strongest was {best['label']}"
        )
    return Section(
        key="lineage",
        query="lineage",
        what="Shares of coding of M2 and the models that its maker names as its successors, stacked; paler: provisional.",
        missing=f"Not shown: members in weeks that do not list them; the table has their bounds. {_SAMPLED}",
        caption="The lineage by week",
        columns=[WEEK, MODEL, *_BOUNDED, _RANK, _PROVISIONAL],
        rows=drawn,
        finding=finding,
        spec=charts.lineage([member(one) for one in lineage]),
        datasets={"lineage": drawn},
        table_rows=rows,
    )


_LENSES = {
    "category_programming": "category programming",
    "language_programming": "programming languages",
    "task_code_tokens": "coding tasks, tokens",
    "task_code_requests": "coding tasks, requests",
    "platform": "whole platform",
}


def _lenses(found: _Tables, charts: Any) -> Section:
    rows = found("lenses")
    order = list(_LENSES)
    rows.sort(key=lambda row: (order.index(row["lens"]) if row["lens"] in order else len(order), row["moment"]))
    for row in rows:
        row["lens_label"] = _LENSES.get(row["lens"], row["lens"])
    best = [row for row in rows if row["moment"] == "best week of coding" and row["lens_share"] is not None]
    finding = "M2 through each lens"
    if best:
        by_share = [f"{percent(row['lens_share'])} by {row['lens_label']}" for row in best]
        finding = f"What counts as coding matters: in the week of {best[0]['week_start']} M2 had {_listed(by_share)}"
    return Section(
        key="lenses",
        query="lenses",
        what="M2's share by category, language, task and of the whole platform, in its best week and in each lens's newest.",
        missing="Not shown: lenses that were not read in that week. They measure different things: tokens, requests, "
        f"samples and exact counts. {_SAMPLED}",
        caption="M2 through each lens",
        columns=[
            Column("lens_label", "lens"), Column("moment", "when"), WEEK, Column("measure", "measure"),
            Column("lens_share", "share", SHARE), Column("lens_share_lower", "at least", SHARE),
            Column("lens_share_upper", "at most", SHARE), Column("lens_rank", "rank", "number"),
            Column("is_sampled", "sampled", "flag"), _PROVISIONAL,
        ],
        rows=rows,
        finding=finding,
        spec=charts.lenses(),
        datasets={"lenses": rows},
    )  # fmt: skip


def _bands(rows: list[Row], charts: Any, name: str, column: str, shown: list[str], labels: list[str], of: str) -> Section:
    newest = max((row["week_start"] for row in rows if row[column] == shown[0]), default=None)
    finding = f"Shares of coding by {of}"
    if newest is not None:
        [row] = [row for row in rows if row["week_start"] == newest and row[column] == shown[0]]
        lower, upper = percent(row["coding_token_share_lower"]), percent(row["coding_token_share_upper"])
        finding = f"{labels[0]}: between {lower} and {upper} of coding in the week of {newest}"
    return Section(
        key=name,
        query=name,
        what=f"Shares of coding by {of}; the line is what is listed and known, the band what the rest could make of it.",
        missing=f"Not shown: sampling error. {_SAMPLED}",
        caption=f"Shares of coding by {of}",
        columns=[WEEK, Column(column, of), *_BOUNDED, _PROVISIONAL],
        rows=rows,
        finding=finding,
        spec=charts.bands(name, column, shown, labels),
        datasets={name: [row for row in rows if row[column] in shown]},
        table_rows=[row for row in rows if row[column] in (*shown, "unclassified")],
    )


def _countries(found: _Tables, charts: Any) -> Section:
    return _bands(found("countries"), charts, "countries", "country", ["CN", "US"], ["China", "USA"], "country of the maker")


def _weights(found: _Tables, charts: Any) -> Section:
    return _bands(
        found("weights"), charts, "weights", "weights", ["open", "closed"], ["open", "closed"], "openness of the weights"
    )


def _price(found: _Tables, charts: Any) -> Section:
    rows = found("price")
    drawn = [row for row in rows if row["blended_usd_per_million"] > 0]
    _name_apart(drawn)
    finding = "Intelligence against price"
    m2 = next((row for row in drawn if row["base_permaslug"] == M2), None)
    if m2 is not None:
        cheaper = sum(row["blended_usd_per_million"] < m2["blended_usd_per_million"] for row in drawn)
        better = sum(row["intelligence_index"] > m2["intelligence_index"] for row in drawn)
        finding = (
            f"On {m2['snapshot_on']} M2 cost {m2['blended_usd_per_million']:.2f} US dollars a million tokens: of "
            f"{len(drawn)} models {cheaper} were cheaper and {better} scored higher"
        )
    elif drawn:
        best = sum(row["is_pareto_efficient"] for row in drawn)
        finding = f"On {drawn[0]['snapshot_on']} nothing was both cheaper and better than {best} of {len(drawn)} models"
    return Section(
        key="price",
        query="price",
        what="Intelligence index against the list price, three prompt tokens to one completion token. Blue: nothing is both "
        "cheaper and better; the lineage of M2 is lit.",
        missing="Not shown: models without a score or with a price of 0, discounts, caches. No licence to pass the scores "
        "on was found.",
        caption="Score and price of each model",
        columns=[
            MODEL, Column("intelligence_index", "intelligence", "number"),
            Column("blended_usd_per_million", "US dollars a million", "number"),
            Column("is_pareto_efficient", "efficient", "flag"), Column("snapshot_on", "read on", "date"),
        ],
        rows=drawn,
        finding=finding,
        spec=charts.price(),
        datasets={"price": drawn},
        table_rows=rows,
    )  # fmt: skip


def _name_apart(rows: Sequence[Row]) -> None:
    """Name the lineage, and of the efficient models those whose names have room."""
    taken: list[tuple[float, float]] = []
    first = sorted(rows, key=lambda row: (not row["is_of_lineage"], row["blended_usd_per_million"], row["base_permaslug"]))
    for row in first:
        at = math.log10(row["blended_usd_per_million"]), row["intelligence_index"]
        wanted = row["is_of_lineage"] or row["is_pareto_efficient"]
        has_room = all(abs(at[0] - x) > _APART[0] or abs(at[1] - y) > _APART[1] for x, y in taken)
        row["named"] = short(row["base_permaslug"]) if wanted and has_room else None
        if row["named"]:
            taken.append(at)


def _settle(found: _Tables, charts: Any) -> Section:
    rows = found("settle")
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
        key="settle",
        query="settle",
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
        spec=charts.settle(buckets, len({row["series_kind"] for row in rows})),
        datasets={"settle": rows},
    )  # fmt: skip


def _readings(rows: Sequence[Row]) -> str:
    return f"{sum(row['reading_pairs'] for row in rows):,} readings"


def _changed(rows: Sequence[Row]) -> str:
    return f"{sum(row['changed_pairs'] for row in rows):,}"


def _bucket(start: float, end: float | None) -> str:
    return f"{start:.0f}+" if end is None else f"{start:.0f}–{end:.0f}"


def _claims(found: _Tables) -> Section:
    rows = found("claims")
    for row in rows:
        for name in ("claimed_value", "measured_value"):
            row[name] = (
                None if row[name] is None else f"{row[name]:,.4g}" if abs(row[name]) < _LARGE else f"{row[name]:,.0f}"
            )
    counted = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("confirmed", "refuted")}
    return Section(
        key="claims",
        query="claims",
        what="What was said of M2 when it rose, against what the readings say.",
        missing="Not measurable means that no series read here could confirm or refute it.",
        caption="Claims, and what was measured",
        columns=[
            Column("claim", "claim"), Column("verdict", "verdict"), Column("claimed_value", "claimed"),
            Column("measured_value", "measured"), Column("unit", "unit"), Column("evidence", "evidence"),
            Column("source", "said by"),
        ],
        rows=rows,
        finding=f"Of {len(rows)} claims {counted['confirmed']} are confirmed, {counted['refuted']} refuted, "
        f"{len(rows) - sum(counted.values())} not measurable here",
    )  # fmt: skip


# --- sentences --------------------------------------------------------------------------------------------------------


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _weeks(number: int) -> str:
    return f"{number} week{'' if number == 1 else 's'}"


def _named(row: Row) -> str:
    return "M2" if row["base_permaslug"] == M2 else short(row["base_permaslug"])


def _sentences(row: Row, peak_day: Row | None) -> dict[str, str]:
    """What each chart that follows the choice says of a model."""
    name = _named(row)
    peak = f"{percent(row['peak_coding_token_share'])} of coding in the week of {row['peak_week']}"
    at_best = _weeks(row["weeks_at_best_rank"])
    best = f"rank {row['best_rank']} in coding for {at_best}, first in that of {row['best_rank_week']}"
    launch = f"{name}: its launch was not seen, or it was never among the first ten"
    if row["is_launch_observed"]:
        percentile = row["peak_share_percentile"]
        higher = "" if percentile is None else f", higher than {percentile:.0%} of all launches seen"
        half = row["half_life_weeks"]
        after = "" if half is None else f", and was down to half {_weeks(half)} later"
        launch = f"{name} was at its greatest {_weeks(row['weeks_to_peak'])} after it was first listed{higher}{after}"
    tokens = f"{name}: no day that was read lists it, or it was never among the first ten in coding"
    if peak_day is not None:
        billions = (peak_day["paid"] + peak_day["free"]) / 1000
        tokens = f"{name} had most tokens on {peak_day['usage_date']}: {billions:,.1f} billion"
    return {
        "share": f"{name} was at its greatest with {peak}",
        "race": f"{name} stood at {best}",
        "tokens": tokens,
        "launch": launch,
    }


def _peak_days(sections: Sequence[Section]) -> dict[str, Row]:
    """The day with most tokens of each model; the first of equals."""
    [tokens] = [section for section in sections if section.key == "tokens"]
    found: dict[str, Row] = {}
    for row in tokens.rows:
        if row["paid"] is None:
            continue
        best = found.get(row["base_permaslug"])
        if best is None or row["paid"] + row["free"] > best["paid"] + best["free"]:
            found[row["base_permaslug"]] = row
    return found


def _answer(latest: Sequence[Row], models: Mapping[str, Row]) -> str:
    """The newest week first, with its bound where M2 is not listed; then the height it reached."""
    if not latest:
        return "MiniMax M2 has not been seen in coding: no week that lists it was read yet."
    newest = f"MiniMax M2 {'has' if latest[0]['coding_rank'] is not None else 'is'} {describe_m2(dict(latest[0]))}"
    if M2 not in models:
        return f"{newest}."
    m2 = models[M2]
    top = f"; {_weeks(m2['weeks_in_top_3'])} among the first three" if m2["weeks_in_top_3"] else ""
    return (
        f"{newest}. At its height, in the week of {m2['peak_week']}, it had {percent(m2['peak_coding_token_share'])} of all "
        f"coding tokens on OpenRouter, at rank {m2['peak_rank']}{top}."
    )


# --- the file ---------------------------------------------------------------------------------------------------------


def _render(
    settings: Settings,
    sections: Sequence[Section],
    status: Status,
    citations: Sequence[Row],
    latest: Sequence[Row],
    models: Mapping[str, Row],
    said: Mapping[str, Mapping[str, str]],
    chosen: str,
    build_row: Row,
) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from pipeline.report import charts

    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    mark = "document.documentElement.className='js'"
    vega = _vega(settings)
    policy = (
        f"default-src 'none'; script-src {_hashes(mark, vega, script)}; style-src {_hashes(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    drawn = [section for section in sections if section.spec is not None and section.rows]
    data = {
        "built_at": encode.plain(build_row["built_at"]),
        "model": chosen,
        "models": said,
        "config": charts.CONFIG,
        "sections": [_drawn(section) for section in drawn],
    }
    lines = {row["table_name"]: row for row in citations}
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own file
        mark=Markup(mark),  # noqa: S704 - as above
        vega=Markup(vega),  # noqa: S704 - the library's own file
        script=Markup(script),  # noqa: S704 - our own file
        data=Markup(_json(data)),  # noqa: S704 - every "<" is written out
        is_simulated=settings.data_dir.is_simulated,
        answer=_answer(latest, models),
        built_at=build_row["built_at"],
        version=build_row["version"],
        commit=(build_row["git_commit"] or "")[:12],
        models=sorted(models),
        model=chosen,
        sections=[
            {
                **vars(section),
                "svg": Markup(_static(section, chosen)) if section in drawn else "",  # noqa: S704 - Vega escapes text
                "table_rows": _table_rows(section, chosen),
                "sql": _sql_of(section.query),
                "citations": _citations(section.query, lines),
            }
            for section in sections
        ],
        health=_health(status),
        citations={
            "columns": [Column("table_name", "table"), Column("citation", "line"), Column("licence", "licence")],
            "rows": citations,
        },
        shown=_shown,
    )  # fmt: skip


def _hashes(*texts: str) -> str:
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _drawn(section: Section) -> dict[str, Any]:
    """A chart as page.js takes it."""
    datasets: dict[str, Any] = {}
    for name, rows in section.datasets.items():
        if section.is_by_model and name not in section.shared:
            datasets[name] = {"by_model": {model: encode.columns(found) for model, found in _by_model(rows).items()}}
        else:
            datasets[name] = {"rows": encode.columns(rows)}
    follows_in_table = section.is_by_model and section.table_rows is None
    return {
        "key": section.key,
        "follows": section.is_by_model,
        "columns": [vars(column) for column in section.columns] if follows_in_table else [],
        "table": next(iter(section.datasets)),
        "spec": section.spec,
        "datasets": datasets,
    }


def _by_model(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        kept = {name: value for name, value in row.items() if name != "base_permaslug"}
        found.setdefault(row["base_permaslug"], []).append(kept)
    return found


def _of_model(section: Section, name: str, model: str) -> list[Row]:
    rows = section.datasets[name]
    return _by_model(rows).get(model, []) if section.is_by_model and name not in section.shared else rows


def _table_rows(section: Section, model: str) -> list[Row]:
    if section.table_rows is not None:
        return section.table_rows
    if section.is_by_model:
        return _of_model(section, next(iter(section.datasets)), model)
    return section.rows


def _static(section: Section, model: str) -> str:
    """The chart drawn once, for readers without scripts and until the page's own script has drawn it."""
    import vl_convert

    spec = json.loads(json.dumps(section.spec))
    spec["datasets"] = {name: encode.objects(_of_model(section, name, model)) for name in section.datasets}
    spec["width"], spec["description"] = STATIC_WIDTH, section.finding
    from pipeline.report import charts

    svg: str = vl_convert.vegalite_to_svg(spec, config=charts.CONFIG, show_warnings=False)
    # One picture with one name: what each mark says, the table behind it says better.
    svg = re.sub(r' (?:aria-[a-z]+|role|class|pointer-events)="[^"]*"', "", svg)
    # A tenth of a pixel is as good as a thousandth, and half the file.
    svg = re.sub(r' (?:d|transform|x2|y2)="[^"]*"', lambda one: re.sub(r"(\.\d)\d+", r"\1", one[0]), svg)
    # Ids are unique in a document, and each drawing counts its own from the start.
    svg = re.sub(r'((?:id="|url\(#))(clip|gradient)', rf"\1{section.key}-\2", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-labelledby="{section.key}-title" ', 1)


def _vega(settings: Settings) -> str:
    """Vega with its interpreter, which needs no eval; bundled once for each version, as that takes seconds."""
    import vl_convert

    kept = settings.data_dir.report.with_name(f".vega-{version('vl-convert-python')}.js")
    if kept.exists():
        return kept.read_text(encoding="utf-8")
    bundle = (
        "(()=>{" + vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script") + "})();"
    )
    kept.parent.mkdir(parents=True, exist_ok=True)
    temporary = kept.with_name(f"{kept.name}.{os.getpid()}.tmp")
    temporary.write_text(bundle, encoding="utf-8")
    temporary.replace(kept)
    return bundle


def _sql_of(query: str) -> list[tuple[str, str]]:
    """The page's question, and the marts it reads, each with its path in the project."""
    question = store.read_sql(f"report/{query}")
    marts = sorted(name.replace(".", "/") for name in store.references(question) if name.startswith("marts."))
    return [(f"warehouse/{path}.sql", store.read_sql(path)) for path in (f"report/{query}", *marts)]


def _citations(query: str, lines: Mapping[str, Row]) -> list[str]:
    """The line of each table that a question reads; one that names a licence stands once."""
    names = sorted(store.references(store.read_sql(f"report/{query}")))
    found = [lines[name] for name in names if name in lines]
    return list(
        dict.fromkeys(
            f"{row['citation']} " + (f"Licence: {row['licence']}." if row["may_republish"] else "No licence to pass it on.")
            for row in found
        )
    )


def _health(status: Status) -> dict[str, Any]:
    late = [one.series.name for one in status.series if one.is_stale or one.is_frozen]
    unread = sum(not one.has_data for one in status.series)
    recorded = sum(one.has_data and not one.series.is_asked for one in status.series)
    fresh = len(status.series) - len(late) - unread - recorded
    return {
        "finding": f"Of {len(status.series)} series {fresh} were fresh when this was built, {len(late)} stale or frozen, "
        f"{unread} not read" + (f", {recorded} recorded and not asked for" if recorded else ""),
        "rows": [_health_row(one, status.now) for one in status.series],
    }


def _health_row(one: SeriesStatus, now: datetime) -> dict[str, Any]:
    if not one.has_data:
        return {
            "name": one.series.name, "newest": "–", "age": "–", "read": "–", "missing": "–", "provisional": "–",
            "state": "not read", "since": None, "limit": None,
        }  # fmt: skip
    return {
        "name": one.series.name,
        "newest": one.newest,
        "age": hours(one.age),
        "read": one.periods_read,
        "missing": one.periods_missing,
        "provisional": one.provisional,
        "state": one.verdict.partition(":")[0] if one.series.is_asked else "recorded, not asked for",
        "since": None if one.age is None else encode.plain(now - one.age),
        "limit": int(one.series.stale_after.total_seconds() * 1000) if one.series.is_asked else 0,
    }


def _shown(value: Any, form: str) -> str:
    """A cell as people read it; page.js has the same forms."""
    if value is None:
        return "–"
    if form == "percent":
        return percent(value)
    if form == "fine_percent":
        return f"{100 * value:.4f} %"
    if form == "flag":
        return "yes" if value else "no"
    if form == "number":
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return str(value)
