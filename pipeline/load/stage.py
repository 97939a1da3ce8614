"""Responses as rows to be validated: what each holds, and what is said of it as a whole.

Belongs here: from a landed response to the batches that are validated. Not here: validating (``validation``), storing
(``append``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any

import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.landing import Landed
from pipeline.load.exclusions import Exclusions
from pipeline.load.pagination import Pages, missing_entries, missing_pages, together
from pipeline.load.validation import batches
from pipeline.openrouter.client import is_decoded
from pipeline.openrouter.endpoints.endpoint import Endpoint
from pipeline.openrouter.endpoints.models import TOKEN
from pipeline.openrouter.endpoints.response import Answer, can_spare
from pipeline.series import BY_NAME, ENDPOINTS, UNDATED, Grain, identify, period_of, periods

FEWEST_ROWS_WITH_MEASURE = 5
_IDENTITY = {
    "exchange_id": pl.String(),
    "series": pl.String(),
    "retrieved_at": pl.Datetime("us", "UTC"),
    "period_start": pl.Date(),
}
_OF_RANKINGS = {
    "grain": pl.String(),
    "resolved_start": pl.Date(),
    "resolved_end": pl.Date(),
    "fewest_rows_in_block": pl.Int64(),
}


def _staged_schema(endpoint: Endpoint) -> dict[str, pl.DataType]:
    return {**_IDENTITY, **(_OF_RANKINGS if endpoint.name == "rankings" else {}), **endpoint.schema}


@dataclass
class Staging:
    """Everything of one chunk before it is judged. ``rows`` are by the name of their endpoint: for each answer what its rows
    have in common, and the rows."""

    exchanges: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, list[tuple[dict[str, Any], pl.DataFrame]]] = field(default_factory=dict)
    untyped: list[dict[str, Any]] = field(default_factory=list)
    quarantine: list[dict[str, Any]] = field(default_factory=list)


def stage_chunk(
    answers: Sequence[Pages], holes: frozenset[date], exclusions: Exclusions
) -> tuple[Staging, dict[str, pl.DataFrame]]:
    """Everything that the answers hold, and their rows by the name of their endpoint."""
    staging = Staging()
    for pages in answers:
        _stage(staging, pages, holes, exclusions)
    return staging, {endpoint.name: _frame(endpoint, staging.rows.pop(endpoint.name, [])) for endpoint in ENDPOINTS.values()}


def _frame(endpoint: Endpoint, answers: Sequence[tuple[dict[str, Any], pl.DataFrame]]) -> pl.DataFrame:
    """The rows of answers under each other, each with what is common to its answer."""
    schema = _staged_schema(endpoint)
    rows = pl.concat([pl.DataFrame(schema=dict(endpoint.schema)), *(rows for _, rows in answers)])
    common = [name for name in schema if name not in endpoint.schema]
    identities = pl.DataFrame([identity for identity, _ in answers], schema={name: schema[name] for name in common})
    answer_of_row = pl.select(
        pl.int_range(len(answers)).repeat_by(pl.Series([rows.height for _, rows in answers], dtype=pl.Int64)).explode()
    )
    return pl.concat([identities[answer_of_row.to_series().drop_nulls()], rows], how="horizontal").select(list(schema))


def _described(landed: Landed) -> dict[str, Any]:
    """What raw.exchanges states of an exchange, before its body is read."""
    return {
        "exchange_id": landed.exchange_id,
        "endpoint": landed.endpoint,
        "params": json.dumps(landed.params),
        "series": identify(landed.endpoint, landed.params),
        "retrieved_at": landed.read_at,
        "status": landed.status,
        "as_of": None,
        "requested_start": asked(landed, "start_date"),
        "requested_end": asked(landed, "end_date"),
        "resolved_start": None,
        "resolved_end": None,
        "body_sha256": landed.sha256,
        "capture": landed.capture,
        "provenance": landed.provenance,
        "is_simulated": landed.is_simulated,
        "outcome": "loaded",
        "reason": None,
        "rows_read": 0,
        "unknown_fields": None,
        "citation": None,
        "part_of": None,
        "judged": None,
    }


def _stage(staging: Staging, pages: Pages, holes: frozenset[date], exclusions: Exclusions) -> None:
    """Stage one answer: an exchange, or the pages of one reading. What is judged of it stands in its last exchange."""
    exchanges = [_described(landed) for landed, _ in pages]
    staging.exchanges += exchanges
    exchange, landed = exchanges[-1], pages[-1][0]
    name = exchange["series"]
    for page in exchanges[:-1]:
        page["part_of"] = exchange["exchange_id"]
    if (why := next(filter(None, (exclusions.verdict(page) for page, _ in pages)), None)) is not None:
        exchange["outcome"], exchange["reason"] = why
        return
    if landed.status != HTTPStatus.OK:
        exchange |= {"outcome": "error response", "reason": f"status {landed.status}"}
        return
    if landed.is_misdated:
        exchange |= {"outcome": "wrong clock", "reason": f"our clock differed from the source's, {landed.headers['date']}"}
        return
    if name is None:
        exchange |= {"outcome": "unknown series", "reason": "no series asks this: kept in landing, not read"}
        return
    series, endpoint = BY_NAME[name], BY_NAME[name].endpoint
    judged: dict[str, Any] = {
        "exchange_id": landed.exchange_id,
        "series": name,
        "is_readable": True,
        "rows_read": 0,
        "fewest_rows": series.min_rows if series.grain == "snapshot" else 0 if series.may_be_empty else 1,
        "undated_rows": 0,
        "rows_set_aside": 0,
        "resolved_days_off": 0,
        "missing_periods": 0,
        "missing_pages": 0,
        "missing_entries": 0,
        "window_days_off": 0,
        "unknown_fields": 0,
        "zero_measures": 0,
        "median_usd_per_token": None,
    }
    exchange["judged"] = judged
    try:
        answers = [_read(endpoint, *page) for page in pages]
        answer = together(answers)
    except PermanentFailure as failure:
        exchange |= {"outcome": "refused", "reason": str(failure)}
        judged |= {"is_readable": False, "rows_read": judged["fewest_rows"]}
        return
    for page, read in zip(exchanges, answers, strict=True):
        page |= {
            "as_of": read.as_of or page["retrieved_at"],
            "resolved_start": read.resolved_start,
            "resolved_end": read.resolved_end,
            "rows_read": read.rows_read,
            "unknown_fields": ",".join(read.unknown_fields) or None,
            "citation": read.citation,
        }
    undated = sum(row.period_start is None for row in answer.bad_rows)
    is_set_aside = can_spare(undated, of=answer.rows_read, one_in=endpoint.spares_one_in)
    judged |= {
        "rows_read": answer.rows_read,
        "undated_rows": 0 if is_set_aside else undated,
        "rows_set_aside": undated if is_set_aside else 0,
        "unknown_fields": len(answer.unknown_fields),
        "zero_measures": _zero_measures(endpoint, answer.rows),
        "median_usd_per_token": _median_usd_per_token(answer.rows) if endpoint.name == "catalogue" else None,
        "resolved_days_off": _days_off(exchange),
        "missing_periods": 0 if series.may_be_empty else _missing_periods(answer, series.grain, holes),
        "missing_pages": missing_pages(endpoint, [landed for landed, _ in pages], answers),
        "missing_entries": missing_entries(answers),
        "window_days_off": _window_days_off(exchange, series.window_days),
    }
    if judged["missing_entries"] and not judged["missing_pages"]:
        # The missing entry may be any: this catalogue shows nothing gone.
        counted = json.dumps({"entries": answer.rows_read, "entries that the source counts": answer.total_rows})
        reason = "no_entry_is_missing: the source counts an entry that it does not list"
        staging.quarantine.append(quarantined(exchange, None, reason, counted))
    _stage_rows(staging, exchange, answer, 0 if landed.capture == "top9" else series.min_rows)


def _read(endpoint: Endpoint, landed: Landed, body: bytes) -> Answer:
    if landed.is_truncated:
        raise PermanentFailure("the answer was cut off: it was larger than an answer may be, or ended early")
    if not is_decoded(landed.headers):
        raise PermanentFailure("the answer came in an encoding that was not asked for, and was not decoded")
    return endpoint.read(body)


def _stage_rows(staging: Staging, exchange: Mapping[str, Any], answer: Answer, fewest_rows: int) -> None:
    series = BY_NAME[exchange["series"]]
    for row in answer.bad_rows:
        staging.quarantine.append(quarantined(exchange, row.period_start, row.reason, row.content))
    dated = [row.period_start for row in answer.bad_rows if row.period_start is not None]
    for period_start in sorted(set(dated)):
        staging.untyped.append(
            {
                "exchange_id": exchange["exchange_id"],
                "series": series.name,
                "period_start": period_start,
                "untyped_rows": dated.count(period_start),
            }
        )
    endpoint = BY_NAME[series.name].endpoint
    identity: dict[str, Any] = {name: exchange[name] for name in ("exchange_id", "series", "retrieved_at")}
    if endpoint.name == "rankings":
        identity |= {
            "grain": series.grain,
            "resolved_start": answer.resolved_start,
            "resolved_end": answer.resolved_end,
            "fewest_rows_in_block": fewest_rows,
        }
    else:
        identity["period_start"] = answer.period_start or UNDATED
    staging.rows.setdefault(endpoint.name, []).append((identity, answer.rows))


def batches_of(staging: Staging, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    judged = [exchange["judged"] for exchange in staging.exchanges if exchange["judged"]]
    untyped = pl.DataFrame(
        staging.untyped,
        schema={
            "exchange_id": pl.String(),
            "series": pl.String(),
            "period_start": pl.Date(),
            "untyped_rows": pl.Int64(),
        },
    )
    rows = batches.rows_batch(frames["rankings"])
    return {
        # The first reason found is the one that is told: a row says more than its block.
        "exchanges": pl.DataFrame(judged, infer_schema_length=None),
        "rows": rows,
        "blocks": batches.blocks_batch(rows, untyped),
        **{one.name: one.prepare(frames[one.name]) for one in ENDPOINTS.values() if one.expectations},
    }


def quarantined(exchange: Mapping[str, Any], period_start: date | None, reason: str, content: str) -> dict[str, Any]:
    return {
        "exchange_id": exchange["exchange_id"],
        "series": exchange["series"],
        "period_start": period_start,
        "retrieved_at": exchange["retrieved_at"],
        "reason": reason,
        "row_content": content,
    }


def asked(landed: Landed, name: str) -> date | None:
    try:
        return date.fromisoformat(landed.params[name])
    except (KeyError, ValueError):
        return None


def _days_off(exchange: Mapping[str, Any]) -> int:
    """By how many days the resolved span differs from the one asked for, at both ends."""
    return sum(
        abs((exchange[f"resolved_{end}"] - exchange[f"requested_{end}"]).days)
        for end in ("start", "end")
        if exchange[f"requested_{end}"] and exchange[f"resolved_{end}"]
    )


def _window_days_off(exchange: Mapping[str, Any], window_days: int | None) -> int:
    """By how many days the resolved window is longer or shorter than it must be."""
    if window_days is None:
        return 0
    days: int = (exchange["resolved_end"] - exchange["resolved_start"]).days + 1
    return abs(days - window_days)


def _zero_measures(endpoint: Endpoint, rows: pl.DataFrame) -> int:
    """How many measures are zero in every row. A few rows may well be."""
    if rows.height < FEWEST_ROWS_WITH_MEASURE:
        return 0
    return sum(bool((rows[name].drop_nulls() == 0).all()) and rows[name].count() > 0 for name in endpoint.measures)


def _median_usd_per_token(entries: pl.DataFrame) -> float | None:
    """The median price of a prompt token among the entries of a catalogue that have one; None where they are too few."""
    prices = entries.filter(pl.col("price_unit") == TOKEN, pl.col("prompt_usd_per_unit") > 0)["prompt_usd_per_unit"]
    return prices.cast(pl.Float64).median() if prices.len() >= FEWEST_ROWS_WITH_MEASURE else None  # type: ignore[return-value]


def _missing_periods(answer: Answer, grain: Grain, holes: frozenset[date]) -> int:
    """How many periods of the resolved span have neither typed nor untyped rows."""
    if grain == "snapshot" or answer.resolved_start is None or answer.resolved_end is None:
        return 0
    expected = periods(grain, period_of(grain, answer.resolved_start), answer.resolved_end)
    there = set(answer.rows["period_start"]) | {row.period_start for row in answer.bad_rows}
    return sum(period not in there and period not in holes for period in expected)
