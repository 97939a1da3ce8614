"""Storing what was accepted, once per content, and quarantining the rest: one transaction.

Belongs here: hashes of blocks, and what goes into each raw table. Not here: the selects that append (``store.appended``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from pipeline import store
from pipeline.contracts.compile import polars_schema
from pipeline.contracts.tables import TABLES
from pipeline.load.report import LoadReport
from pipeline.load.stage import Exchange, Staging, quarantined
from pipeline.openrouter.names import MODEL, with_parts
from pipeline.series import ENDPOINTS

_EXCHANGES = TABLES["raw.exchanges"]

RAW_TABLES = ("exchanges", "readings", *(endpoint.table for endpoint in ENDPOINTS.values()), "app_names", "quarantine")

_BLOCK = ["exchange_id", "series", "period_start", "retrieved_at"]
_CONTENT = ["series", "period_start", "block_hash"]

Refused = Mapping[tuple[str, date | None], str]
"""Why blocks, and whole exchanges (period None), are refused."""


def append_believed(con: store.Connection, staging: Staging, refused: Refused, report: LoadReport) -> list[Exchange]:
    """Store what is believed, and what became of each exchange, which is returned."""
    believed = {name: without(frame, refused) for name, frame in staging.frames.items()}
    has_rows = frozenset(one for frame in believed.values() for one in frame["exchange_id"].unique())
    exchanges = _settled(staging.exchanges, refused, has_rows)
    by_id = {exchange.exchange_id: exchange for exchange in exchanges}
    quarantine = [*staging.quarantine, *(quarantined(by_id[one], period, why) for (one, period), why in refused.items())]
    blocks = {endpoint.name: _blocks(believed[endpoint.name], endpoint.content) for endpoint in ENDPOINTS.values()}
    described = pl.DataFrame(
        [{c.name: getattr(exchange, c.name) for c in _EXCHANGES.columns} for exchange in exchanges],
        schema=polars_schema(_EXCHANGES),
    )
    citations = pl.Series("source_citation", [exchange.citation for exchange in exchanges], dtype=pl.String)
    origin = described.select("exchange_id", "capture", "as_of", "is_simulated", citations)
    staged = {
        "exchanges": described,
        "readings": pl.concat(blocks.values()).join(origin, on="exchange_id"),
        **{e.table: _hashed(believed[e.name], blocks[e.name]) for e in ENDPOINTS.values()},
        "app_names": believed["apps"],
        "quarantine": pl.DataFrame(quarantine, schema=polars_schema(TABLES["raw.quarantine"])),
    }
    with store.transaction(con):
        for name in RAW_TABLES:
            table, frame = TABLES[f"raw.{name}"], staged[name]
            added = 0 if frame.is_empty() else store.append(con, table, store.appended(table), **{f"staged_{name}": frame})
            report.rows_added[name] += added
    return exchanges


def _settled(exchanges: Iterable[Exchange], refused: Refused, has_rows: frozenset[str]) -> list[Exchange]:
    """The exchanges with their outcomes, in the same order. ``has_rows`` are those of which a block is believed."""
    reasons: dict[str, str] = {}
    for (exchange_id, _), reason in refused.items():
        reasons.setdefault(exchange_id, reason)
    settled: dict[str, Exchange] = {}
    for one in exchanges:
        settled[one.exchange_id] = one
        if one.exchange_id in reasons:
            is_partly = (one.exchange_id, None) not in refused and one.exchange_id in has_rows
            outcome = "partly loaded" if is_partly else "refused"
            settled[one.exchange_id] = replace(one, outcome=outcome, reason=one.reason or reasons[one.exchange_id])
    return [
        one if one.part_of is None else replace(one, outcome=settled[one.part_of].outcome, reason=f"a page of {one.part_of}")
        for one in settled.values()
    ]


def without(frame: pl.DataFrame, refused: Refused) -> pl.DataFrame:
    if not refused:
        return frame
    whole = [exchange_id for exchange_id, period_start in refused if period_start is None]
    blocks = pl.DataFrame(
        [key for key in refused if key[1] is not None],
        schema={"exchange_id": pl.String(), "period_start": pl.Date()},
        orient="row",
    )
    return frame.filter(~pl.col("exchange_id").is_in(whole)).join(
        blocks, on=["exchange_id", "period_start"], how="anti", maintain_order="left"
    )


def _blocks(frame: pl.DataFrame, content: Sequence[str]) -> pl.DataFrame:
    """The blocks of the frame with their hash: SHA-256 over the sorted content, so that order in the answer is no matter."""
    line = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in content], separator="\t")
    return (
        frame.select(*_BLOCK, line.alias("line"))
        .group_by(_BLOCK)
        .agg(pl.col("line").sort().str.join("\n"))
        .sort(_BLOCK)
        .select(*_BLOCK, block_hash=pl.col("line").map_elements(_sha256, return_dtype=pl.String))
    )


def _hashed(frame: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """The rows with the hash of their block, once where several exchanges brought the same block."""
    once = blocks.unique(_CONTENT, keep="first", maintain_order=True).select("exchange_id", "period_start", "block_hash")
    rows = frame.join(once, on=["exchange_id", "period_start"])
    return with_parts(rows) if MODEL in rows.columns else rows


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
