"""Responses as rows to be validated: what each holds, and what is said of it as a whole.

Belongs here: from a landed response to the batches that are validated. Not here: validating (``validation``), storing
(``append``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any

import numpy as np
import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.landing import Landed
from pipeline.load.exclusions import Exclusions
from pipeline.load.pagination import Pages, missing_entries, missing_pages, together
from pipeline.load.validation import batches
from pipeline.openrouter.client import is_decoded
from pipeline.openrouter.endpoints.endpoint import Endpoint
from pipeline.openrouter.endpoints.exports import is_export, read_export, snapshot_of, window_of
from pipeline.openrouter.endpoints.models import TOKEN
from pipeline.openrouter.endpoints.rankings import RANKINGS
from pipeline.openrouter.endpoints.response import Answer, can_spare
from pipeline.series import BY_NAME, ENDPOINTS, UNDATED, Grain, Series, holes_of, identify, period_of, periods

FEWEST_ROWS_WITH_MEASURE = 5
_IDENTITY = {
    "exchange_id": pl.String(),
    "series": pl.String(),
    "retrieved_at": pl.Datetime("us", "UTC"),
    "period_start": pl.Date(),
}
_OF_DAYS = {"first_day": pl.Date(), "last_day": pl.Date()}
"""The span within which a row's day was both requested and responded to."""

_OF_RANKINGS = {
    "grain": pl.String(),
    "resolved_start": pl.Date(),
    "resolved_end": pl.Date(),
    "fewest_rows_in_block": pl.Int64(),
}


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is judged of an answer as a whole: a row of the batch ``exchanges``."""

    exchange_id: str
    series: str
    fewest_rows: int
    is_readable: bool = True
    rows_read: int = 0
    undated_rows: int = 0
    rows_set_aside: int = 0
    resolved_days_off: int = 0
    missing_periods: int = 0
    missing_pages: int = 0
    missing_entries: int = 0
    window_days_off: int = 0
    unknown_fields: int = 0
    zero_measures: int = 0
    median_usd_per_token: float | None = None


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A row of raw.exchanges, and what is judged of the answer whose last page it is."""

    exchange_id: str
    endpoint: str
    params: str
    series: str | None
    retrieved_at: datetime
    status: int
    requested_start: date | None
    requested_end: date | None
    body_sha256: str
    capture: str
    provenance: str
    is_simulated: bool
    as_of: datetime | None = None
    resolved_start: date | None = None
    resolved_end: date | None = None
    outcome: str = "loaded"
    reason: str | None = None
    rows_read: int = 0
    unknown_fields: str | None = None
    citation: str | None = None
    part_of: str | None = None
    judgement: Judgement | None = None


@dataclass
class Staging:
    """Everything of one chunk before it is judged; ``frames`` are the rows by the name of their endpoint."""

    exchanges: list[Exchange] = field(default_factory=list)
    untyped: list[tuple[str, str, date, int]] = field(default_factory=list)
    quarantine: list[dict[str, Any]] = field(default_factory=list)
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)


_Part = tuple[dict[str, Any], pl.DataFrame]
"""The rows of one answer, and what is common to them."""


def stage_chunk(answers: Iterable[Pages], holes: frozenset[date], exclusions: Exclusions) -> Staging:
    """Everything that the answers hold."""
    staging = Staging()
    rows: dict[str, list[_Part]] = {}
    for pages in answers:
        _stage(staging, rows, pages, holes, exclusions)
    staging.frames = {one.name: _together(one, rows.get(one.name, [])) for one in ENDPOINTS.values()}
    return staging


def _described(landed: Landed, part_of: str | None) -> Exchange:
    """An exchange before its body is read."""
    start, end = asked_span(landed)
    return Exchange(
        exchange_id=landed.exchange_id,
        endpoint=landed.endpoint,
        params=json.dumps(landed.params),
        series=identify(landed.endpoint, landed.params),
        retrieved_at=landed.read_at,
        status=landed.status,
        requested_start=start,
        requested_end=end,
        body_sha256=landed.sha256,
        capture=landed.capture,
        provenance=landed.provenance,
        is_simulated=landed.is_simulated,
        part_of=part_of,
    )


def _stage(
    staging: Staging, rows: dict[str, list[_Part]], pages: Pages, holes: frozenset[date], exclusions: Exclusions
) -> None:
    """Stage one answer: an exchange, or the pages of one reading. What is judged of it stands in its last exchange."""
    landed = pages[-1][0]
    *before, last = [_described(page, None if page is landed else landed.exchange_id) for page, _ in pages]
    series = BY_NAME.get(last.series or "")
    unread = next(filter(None, (exclusions.verdict(page) for page, _ in pages)), None) or _unread(landed)
    if unread is not None or series is None:
        outcome, reason = unread or ("unknown series", "no series requests this: kept in landing, not read")
        staging.exchanges += [*before, replace(last, outcome=outcome, reason=reason)]
        return
    judgement = Judgement(
        exchange_id=last.exchange_id,
        series=series.name,
        fewest_rows=0 if series.may_be_empty else 1 if series.has_dated_rows else series.min_rows,
    )
    try:
        answers = [_read(series.endpoint, *page) for page in pages]
        answer = together(answers)
    except PermanentFailure as failure:
        judgement = replace(judgement, is_readable=False, rows_read=judgement.fewest_rows)
        staging.exchanges += [*before, replace(last, outcome="refused", reason=str(failure), judgement=judgement)]
        return
    *before, last = map(_with_answer, [*before, last], answers)
    judgement = replace(
        _judged(judgement, series, last, answer, holes),
        missing_pages=missing_pages(series.endpoint, [page for page, _ in pages], answers),
        missing_entries=missing_entries(answers),
    )
    staging.exchanges += [*before, replace(last, judgement=judgement)]
    if judgement.missing_entries and not judgement.missing_pages:
        # The missing entry may be any: this catalogue shows nothing gone.
        counted = json.dumps({"entries": answer.rows_read, "entries that the source counts": answer.total_rows})
        reason = "no_entry_is_missing: the source counts an entry that it does not list"
        staging.quarantine.append(quarantined(last, None, reason, counted))
    for row in answer.bad_rows:
        staging.quarantine.append(quarantined(last, row.period_start, row.reason, row.content))
    dated = Counter(row.period_start for row in answer.bad_rows if row.period_start is not None)
    if series.endpoint.name == "rankings":
        staging.untyped += [(last.exchange_id, series.name, *one) for one in sorted(dated.items())]
    rows.setdefault(series.endpoint.name, []).append(_rows(last, series, answer))


def _unread(landed: Landed) -> tuple[str, str] | None:
    """Outcome and reason of a response that is kept and not read, whatever its body."""
    if landed.status != HTTPStatus.OK:
        return "error response", f"status {landed.status}"
    if landed.is_misdated:
        return "wrong clock", f"our clock differed from the source's, {landed.headers['date']}"
    if is_export(landed.endpoint) and snapshot_of(landed.endpoint) is None:
        return "no figures", "an index or a manifest of the exports"
    if is_export(landed.endpoint) and landed.is_truncated:
        # Nothing was refused: the file never came, and is requested again.
        return "error response", "the export broke off"
    return None


def _read(endpoint: Endpoint, landed: Landed, body: bytes) -> Answer:
    if landed.is_truncated:
        raise PermanentFailure("the response was cut off: it was larger than a response may be, or ended early")
    if not is_decoded(landed.headers):
        raise PermanentFailure("the response came in an encoding that was not requested, and was not decoded")
    if is_export(landed.endpoint):
        return read_export(body, landed.manifest)
    return endpoint.read(body)


def _with_answer(exchange: Exchange, answer: Answer) -> Exchange:
    return replace(
        exchange,
        as_of=answer.as_of or exchange.retrieved_at,
        resolved_start=answer.resolved_start,
        resolved_end=answer.resolved_end,
        rows_read=answer.rows_read,
        unknown_fields=",".join(answer.unknown_fields) or None,
        citation=answer.citation,
    )


def _judged(judgement: Judgement, series: Series, exchange: Exchange, answer: Answer, holes: frozenset[date]) -> Judgement:
    undated = sum(row.period_start is None for row in answer.bad_rows)
    is_set_aside = can_spare(undated, of=answer.rows_read, one_in=series.endpoint.spares_one_in)
    last_closed = exchange.retrieved_at.astimezone(UTC).date() - timedelta(days=1)
    # Of the day that is running there may be nothing yet.
    requested_end, resolved_end = (
        min(end, last_closed) if end and series.has_running_day else end
        for end in (exchange.requested_end, exchange.resolved_end)
    )
    ends = ((exchange.requested_start, exchange.resolved_start), (requested_end, resolved_end))
    return replace(
        judgement,
        rows_read=answer.rows_read,
        undated_rows=0 if is_set_aside else undated,
        rows_set_aside=undated if is_set_aside else 0,
        unknown_fields=len(answer.unknown_fields),
        zero_measures=_zero_measures(series.endpoint, answer.rows),
        median_usd_per_token=_median_usd_per_token(answer.rows) if series.endpoint.name == "catalogue" else None,
        resolved_days_off=sum(abs((resolved - requested).days) for requested, resolved in ends if requested and resolved),
        missing_periods=_missing_periods(replace(answer, resolved_end=resolved_end), series.grain, holes_of(series, holes))
        if series.has_dated_rows and not series.may_be_empty
        else 0,
        window_days_off=_window_days_off(answer, series),
    )


def _rows(exchange: Exchange, series: Series, answer: Answer) -> _Part:
    common: dict[str, Any] = {name: getattr(exchange, name) for name in ("exchange_id", "series", "retrieved_at")}
    rows = answer.rows
    if series.endpoint.name == "rankings":
        common |= {
            "grain": series.grain,
            "resolved_start": answer.resolved_start,
            "resolved_end": answer.resolved_end,
            "fewest_rows_in_block": 0 if exchange.capture == "top9" else series.min_rows,
        }
    elif series.endpoint.is_dated_by_row:
        starts, ends = (exchange.requested_start, answer.resolved_start), (exchange.requested_end, answer.resolved_end)
        common |= {"first_day": max(filter(None, starts), default=None), "last_day": min(filter(None, ends), default=None)}
        # A row that could not be typed is there without its figures, so that its day is refused.
        untyped = [row.period_start for row in answer.bad_rows if row.period_start is not None]
        rows = pl.concat([rows, pl.DataFrame({"period_start": untyped}, schema={"period_start": pl.Date()})], how="diagonal")
    else:
        # A trailing window is named by its last day, a period by its first one.
        period_start = answer.period_start if series.grain == "snapshot" else answer.resolved_start
        common["period_start"] = period_start or UNDATED
    return common, rows


def _together(endpoint: Endpoint, parts: list[_Part]) -> pl.DataFrame:
    """The rows of many answers of an endpoint as one frame: making one of each would take most of the time of a load."""
    schema = _IDENTITY | _common_to(endpoint)
    rows = pl.concat([pl.DataFrame(schema=endpoint.schema), *(rows for _, rows in parts)])
    of_answers = pl.DataFrame(
        [common for common, _ in parts], schema={name: schema[name] for name in schema if name not in endpoint.schema}
    )
    part_of_row = np.repeat(np.arange(len(parts)), [rows.height for _, rows in parts])
    return pl.concat([of_answers[part_of_row], rows], how="horizontal").select({**schema, **endpoint.schema}.keys())


def _common_to(endpoint: Endpoint) -> dict[str, pl.DataType]:
    """The columns of an endpoint's rows beside its own, and beside those that name the block."""
    if endpoint.name == "rankings":
        return dict(_OF_RANKINGS)
    return dict(_OF_DAYS) if endpoint.is_dated_by_row else {}


def batches_of(staging: Staging) -> dict[str, pl.DataFrame]:
    frames = staging.frames
    judged = [vars(exchange.judgement) for exchange in staging.exchanges if exchange.judgement]
    untyped = pl.DataFrame(
        staging.untyped,
        schema={"exchange_id": pl.String, "series": pl.String, "period_start": pl.Date, "untyped_rows": pl.Int64},
        orient="row",
    )
    rows = batches.rows_batch(frames["rankings"])
    return {
        # The first reason found is the one that is told: a row says more than its block.
        "exchanges": pl.DataFrame(judged, infer_schema_length=None),
        "rows": rows,
        "blocks": batches.blocks_batch(rows, untyped),
        **{one.name: one.prepare(frames[one.name]) for one in ENDPOINTS.values() if one.expectations},
    }


def quarantined(exchange: Exchange, period_start: date | None, reason: str, content: str = "") -> dict[str, Any]:
    """A row of raw.quarantine; without ``content`` where a block or an exchange is refused as a whole."""
    named = {name: getattr(exchange, name) for name in ("exchange_id", "series", "retrieved_at")}
    return named | {"period_start": period_start, "reason": reason, "row_content": content}


def asked_span(landed: Landed) -> tuple[date | None, date | None]:
    """The first and the last day that were asked for; None where the request names none."""
    snapshot = snapshot_of(landed.endpoint)
    if snapshot is not None:
        return window_of(snapshot)
    endpoint = ENDPOINTS.get(landed.endpoint, RANKINGS)
    start, end = (_asked(landed, name) for name in endpoint.dates)
    return start, end


def _asked(landed: Landed, name: str) -> date | None:
    try:
        return date.fromisoformat(landed.params[name])
    except (KeyError, ValueError):
        return None


def _window_days_off(answer: Answer, series: Series) -> int:
    """By how many days the resolved window is longer or shorter than it must be, or begins after the start of its period."""
    if series.window_days is None or answer.resolved_start is None or answer.resolved_end is None:
        return 0
    length = (answer.resolved_end - answer.resolved_start).days + 1
    late = 0 if series.grain == "snapshot" else (answer.resolved_start - period_of(series.grain, answer.resolved_start)).days
    return abs(length - series.window_days) + late


def _zero_measures(endpoint: Endpoint, rows: pl.DataFrame) -> int:
    """How many measures are zero in every row. A few rows may well be."""
    if rows.height < FEWEST_ROWS_WITH_MEASURE:
        return 0
    return sum(rows[name].min() == rows[name].max() == 0 for name in endpoint.measures)


def _median_usd_per_token(entries: pl.DataFrame) -> float | None:
    """The median price of a prompt token among the entries of a catalogue that have one; None where they are too few."""
    prices = entries.filter(pl.col("price_unit") == TOKEN, pl.col("prompt_usd_per_unit") > 0)["prompt_usd_per_unit"]
    return prices.cast(pl.Float64).median() if prices.len() >= FEWEST_ROWS_WITH_MEASURE else None  # type: ignore[return-value]


def _missing_periods(answer: Answer, grain: Grain, holes: Collection[date]) -> int:
    """How many periods of the resolved span have neither typed nor untyped rows."""
    if grain == "snapshot" or answer.resolved_start is None or answer.resolved_end is None:
        return 0
    expected = periods(grain, period_of(grain, answer.resolved_start), answer.resolved_end)
    there = set(answer.rows["period_start"].unique()) | {row.period_start for row in answer.bad_rows}
    return sum(period not in there and period not in holes for period in expected)
