"""The sections of the page: each a chart with its sentence, its rows, the table behind it and the question that found them.

Belongs here: which rows a section draws and lists, and what it says of itself. Not here: figures
(``warehouse/report/*.sql``), how a chart looks (``charts``), wording of models (``sentences``), the file (``page``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipeline.publish.report import charts
from pipeline.publish.report.sentences import M2, Row, listed, member, short
from pipeline.wording import percent

Found = Callable[[str], list[Row]]

MOST_LISTED = 8
_LARGE = 1e6  # from here on claims are shown to the unit
_APART = (0.55, 4.0)  # decades of price and points of score between two names

_LEFT_OUT = "were left out: no licence to pass them on was found. `openrouter-usage report --local` shows them to you."

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

    A mark that is clicked leads to its row: in the table the one that agrees in ``row_columns``, in the published file
    those of ``row_query``. In braces stand the fields of the mark, a day as ``field:date``; a mark without
    ``base_permaslug`` is the chosen model's. ``m2_row_query`` is asked for M2, where its rows lie elsewhere.

    ``citations`` are the lines below the chart, where its rows have lines of their own; else those of the tables it reads.
    """

    key: str
    query: str
    what: str
    missing: str
    caption: str
    columns: list[Column]
    rows: list[Row]
    row_columns: tuple[str, ...] = ()
    row_query: str = ""
    m2_row_query: str = ""
    finding: str = ""
    legend: list[tuple[str, str]] = field(default_factory=list)
    spec: dict[str, Any] | None = None
    datasets: dict[str, list[Row]] = field(default_factory=dict)
    table_rows: list[Row] | None = None
    is_by_model: bool = False
    shared: frozenset[str] = frozenset()
    nothing: str = "Not read: the published file holds no figures for this yet."
    citations: list[str] | None = None


WEEK, MODEL, SHARE = Column("week_start", "week of", "date"), Column("base_permaslug", "model"), "percent"
_BOUNDED = [
    Column("coding_token_share", "share of coding", SHARE),
    Column("coding_token_share_lower", "at least", SHARE),
    Column("coding_token_share_upper", "at most", SHARE),
]
_SAME_MODEL, _SAME_WEEK = "base_permaslug = {base_permaslug}", "week_start = {week_start:date}"
_PROVISIONAL = Column("is_provisional", "provisional", "flag")
_RANK = Column("coding_rank", "rank", "number")


def sections_of(found: Found, *, is_local: bool) -> list[Section]:
    """All sections; what may not be passed on only where the page is for its maker's own use."""
    members = found("lineage")
    order = {row["base_permaslug"]: row["position"] for row in members}
    lineage = sorted(order, key=order.__getitem__)
    return [
        _share(found),
        _race(found, lineage),
        _tokens(found),
        _gained(found),
        _launch(found),
        _lineage(members, lineage),
        _measures(found),
        _countries(found),
        _weights(found),
        _price(found, is_local=is_local),
        _revisions(found),
        _claims(found, is_local=is_local),
    ]


def _share(found: Found) -> Section:
    rows, marks = found("coding_share"), found("coding_share_marks")
    for row in marks:
        name = row.pop("listed_permaslug")
        row["label"] = "first listed" if name == row["base_permaslug"] else member(name)
    return Section(
        key="share",
        query="coding_share",
        row_columns=("week_start",),
        row_query=f"from marts.coding_share_weekly where {_SAME_MODEL} and {_SAME_WEEK}",
        what="Tokens of the model, variants summed, of all tokens in the category programming, by week from Monday.",
        missing=f"Not shown: sampling error; the range is what an unlisted model may have had at most. {_SAMPLED}",
        caption="Share of coding by week",
        columns=[WEEK, *_BOUNDED, _RANK, _PROVISIONAL],
        rows=rows,
        legend=[("lit", "share"), ("band", "not listed: at most this much"), ("hatch", "provisional week")],
        spec=charts.share(M2),
        datasets={"share": rows, "marks": marks},
        is_by_model=True,
    )


def _race(found: Found, lineage: list[str]) -> Section:
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
        row_columns=("week_start",),
        row_query=f"from marts.coding_leaderboard_weekly where {_SAME_MODEL} and {_SAME_WEEK}",
        what="Ranks in coding by week, models with all their variants; the first ten, or nine where recordings end there.",
        missing=f"Not shown: how far apart two ranks are, and whoever was below the tenth: a line breaks there. {_SAMPLED}",
        caption="Who stood where in coding, week by week",
        columns=[WEEK, *(Column(f"rank_{rank}", str(rank)) for rank in range(1, 11))],
        rows=rows,
        legend=[("lit", "chosen model"), ("blue", "its lineage"), ("faint", "others")],
        spec=charts.race(M2, tuple(lineage)),
        datasets={"ranks": rows},
        table_rows=pivot,
        is_by_model=True,
        shared=frozenset({"ranks"}),
    )


def _tokens(found: Found) -> Section:
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
        row_columns=("usage_date",),
        row_query=f"from core.model_usage_daily where {_SAME_MODEL} and usage_date = {{usage_date:date}}",
        m2_row_query="from marts.m2_usage_daily where usage_date = {usage_date:date}",
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
            ("blue", "paid"), ("orange", "free"), ("band", "not listed: at most this much"),
            ("line", "80 billion, as claimed")
        ],
        spec=charts.tokens(M2),
        datasets={"tokens": rows, "line": [{"base_permaslug": M2, "value": 80_000, "label": "80 billion"}]},
        is_by_model=True,
    )  # fmt: skip


def _million(tokens: int | None) -> int | None:
    return None if tokens is None else round(tokens / 1e6)


def _gained(found: Found) -> Section:
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
            f"{listed(gainers[:3]) or 'nobody that is listed'} gained"
        )
    return Section(
        key="gained",
        query="gained",
        row_columns=("name",),
        row_query=f"from marts.share_change_decomposition_weekly where {_SAME_MODEL} "
        "and week_start > {from_week:date} and week_start <= {to_week:date}",
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
        datasets={"gained": shown},
    )  # fmt: skip


def _launch(found: Found) -> Section:
    rows = found("launch_curves")
    return Section(
        key="launch",
        query="launch_curves",
        row_columns=("base_permaslug",),
        row_query=f"from marts.launch_curves where {_SAME_MODEL} and weeks_since_first_seen = {{weeks_since_first_seen}}",
        what="Share of coding by weeks since the first listed one, of every model that was ever among the first ten "
        "and whose launch was seen.",
        missing=f"Not shown: weeks in which a model was not listed, and launches from before the readings begin. {_SAMPLED}",
        caption="Every launch that was seen, by the height it reached",
        columns=[
            MODEL,
            Column("first_week", "first listed", "date"),
            Column("peak_coding_token_share", "peak", SHARE),
            Column("weeks_to_peak", "weeks to the peak", "number"),
            Column("half_life_weeks", "weeks from the peak to half of it", "number"),
            Column("half_life_status", "half"),
        ],
        rows=rows,
        legend=[("lit", "chosen model"), ("faint", "other launches")],
        spec=charts.launch(M2),
        datasets={"curves": rows},
        table_rows=found("launches"),
        is_by_model=True,
        shared=frozenset({"curves"}),
    )


def _lineage(rows: list[Row], lineage: list[str]) -> Section:
    below: dict[date, float] = {}
    drawn = []
    for row in rows:
        row["label"] = member(row["base_permaslug"])
        if row["coding_token_share"] is not None:
            floor = below.get(row["week_start"], 0.0)
            below[row["week_start"]] = floor + row["coding_token_share"]
            drawn.append({**row, "from_share": floor, "to_share": below[row["week_start"]]})
    finding = "M2 and its successors in coding"
    final = [row for row in drawn if not row["is_provisional"]]
    if final:
        best = max(final, key=lambda row: row["coding_token_share"])
        total = max(final, key=lambda row: row["lineage_coding_token_share"])
        finding = (
            f"The line from M2 to {member(lineage[-1])} was at its greatest in the week of {total['week_start']}, with "
            f"{percent(total['lineage_coding_token_share'])} of coding; its strongest was {best['label']}"
        )
    return Section(
        key="lineage",
        query="lineage",
        row_columns=("week_start", "base_permaslug"),
        row_query=f"from marts.lineage_share_weekly where {_SAME_MODEL} and {_SAME_WEEK}",
        what="Shares of coding of M2 and the models that its maker names as its successors, stacked; paler: provisional.",
        missing=f"Not shown: members in weeks that do not list them; the table has their bounds. {_SAMPLED}",
        caption="The lineage by week",
        columns=[WEEK, MODEL, *_BOUNDED, _RANK, _PROVISIONAL],
        rows=drawn,
        finding=finding,
        spec=charts.lineage(tuple(member(one) for one in lineage)),
        datasets={"lineage": drawn},
        table_rows=rows,
    )


_MEASURES = {
    "category_programming": "category programming",
    "language_programming": "programming languages",
    "task_code_tokens": "coding tasks, tokens",
    "task_code_requests": "coding tasks, requests",
    "platform": "whole platform",
}


def _measures(found: Found) -> Section:
    rows = found("measures")
    order = list(_MEASURES)
    rows.sort(key=lambda row: (order.index(row["measure"]) if row["measure"] in order else len(order), row["moment"]))
    for row in rows:
        row["measure_label"] = _MEASURES.get(row["measure"], row["measure"])
    best = [row for row in rows if row["moment"] == "best week of coding" and row["measure_share"] is not None]
    finding = "M2 by each measure"
    if best:
        by_share = [f"{percent(row['measure_share'])} by {row['measure_label']}" for row in best]
        finding = f"What counts as coding matters: in the week of {best[0]['week_start']} M2 had {listed(by_share)}"
    return Section(
        key="measures",
        query="measures",
        row_columns=('measure_label', 'moment'),
        row_query=f"from marts.coding_share_measures_weekly where base_permaslug = 'minimax/minimax-m2' "
        f"and measure = {{measure}} and {_SAME_WEEK}",
        what="M2's share by category, language, task and of the whole platform, in its best week and each measure's newest.",
        missing="Not shown: measures that were not read in that week. They count different things: tokens, requests, "
        f"samples and exact counts. {_SAMPLED}",
        caption="M2 by each measure",
        columns=[
            Column("measure_label", "measure"), Column("moment", "when"), WEEK, Column("quantity", "counted"),
            Column("measure_share", "share", SHARE), Column("measure_share_lower", "at least", SHARE),
            Column("measure_share_upper", "at most", SHARE), Column("measure_rank", "rank", "number"),
            Column("is_sampled", "sampled", "flag"), _PROVISIONAL,
        ],
        rows=rows,
        finding=finding,
        spec=charts.measures(len({row["measure"] for row in rows})),
        datasets={"measures": rows},
    )  # fmt: skip


def _bands(rows: list[Row], name: str, mart: str, column: str, shown: list[str], labels: list[str], of: str) -> Section:
    newest = max((row["week_start"] for row in rows if row[column] == shown[0]), default=None)
    finding = f"Shares of coding by {of}"
    if newest is not None:
        [row] = [row for row in rows if row["week_start"] == newest and row[column] == shown[0]]
        lower, upper = percent(row["coding_token_share_lower"]), percent(row["coding_token_share_upper"])
        finding = f"{labels[0]}: between {lower} and {upper} of coding in the week of {newest}"
    return Section(
        key=name,
        query=name,
        row_columns=("week_start", column),
        row_query=f"from {mart} where {column} = {{{column}}} and {_SAME_WEEK}",
        what=f"Shares of coding by {of}; the line is what is listed and known, the band what the rest could make of it.",
        missing=f"Not shown: sampling error. {_SAMPLED}",
        caption=f"Shares of coding by {of}",
        columns=[WEEK, Column(column, of), *_BOUNDED, _PROVISIONAL],
        rows=rows,
        finding=finding,
        legend=[("lit", labels[0]), ("blue", labels[1])],
        spec=charts.bands(name, column, tuple(shown), tuple(labels)),
        datasets={name: [row for row in rows if row[column] in shown]},
        table_rows=[row for row in rows if row[column] in (*shown, "unclassified")],
    )


def _countries(found: Found) -> Section:
    return _bands(
        found("countries"),
        "countries",
        "marts.country_token_share_weekly",
        "country",
        ["CN", "US"],
        ["China", "USA"],
        "country of the maker",
    )


def _weights(found: Found) -> Section:
    return _bands(
        found("weights"),
        "weights",
        "marts.open_weight_token_share_weekly",
        "weights",
        ["open", "closed"],
        ["Open weights", "Closed weights"],
        "openness of the weights",
    )


def _price(found: Found, *, is_local: bool) -> Section:
    rows = found("price") if is_local else []
    cited = list(dict.fromkeys(row.pop("citation") for row in rows))
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
        row_columns=("base_permaslug",),
        row_query=f"from marts.price_intelligence where {_SAME_MODEL} and snapshot_on = {{snapshot_on:date}}",
        what="Intelligence index against the list price, three prompt tokens to one completion token. Blue: nothing is both "
        "cheaper and better; the lineage of M2 is lit.",
        missing="Not shown: models without a score or with a price of 0, discounts, caches.",
        citations=[
            "Scores: Artificial Analysis (artificialanalysis.ai). Prices: OpenRouter's model catalogue.",
            *cited,
            "No licence to pass them on was found.",
        ],
        nothing=Section.nothing if is_local else f"Prices, and the scores of Artificial Analysis, {_LEFT_OUT}",
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


def _revisions(found: Found) -> Section:
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
        row_query="from marts.revision_curve where series_kind = {series_kind} "
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
        spec=charts.revisions(tuple(buckets), len({row["series_kind"] for row in rows})),
        datasets={"revisions": rows},
    )  # fmt: skip


def _readings(rows: Sequence[Row]) -> str:
    return f"{sum(row['reading_pairs'] for row in rows):,} readings"


def _changed(rows: Sequence[Row]) -> str:
    return f"{sum(row['changed_pairs'] for row in rows):,}"


def _bucket(start: float, end: float | None) -> str:
    return f"{start:.0f}+" if end is None else f"{start:.0f}–{end:.0f}"


def _claims(found: Found, *, is_local: bool) -> Section:
    claims = found("claims")
    rows = [row for row in claims if is_local or row["may_republish"]]
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
        missing="Not measurable means that no series read here could confirm or refute it."
        + (f" {len(claims) - len(rows)} claims about prices and scores {_LEFT_OUT}" if len(rows) < len(claims) else ""),
        citations=[
            *sorted({row["citation"] for row in rows} - {None}),
            "No licence to pass on prices and scores was found." if is_local else "Licence: CC BY 4.0.",
        ],
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
