"""Storing what was accepted, once per content, and quarantining the rest: one transaction.

Belongs here: hashes of blocks, and what goes into each raw table. Not here: the selects that append (``store.appended``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from pipeline import store
from pipeline.contracts.compile import polars_schema
from pipeline.contracts.tables import TABLES
from pipeline.load.report import LoadReport
from pipeline.load.stage import Staging, quarantined
from pipeline.openrouter.names import MODEL, with_parts
from pipeline.series import ENDPOINTS

RAW_TABLES = ("exchanges", "readings", *(endpoint.table for endpoint in ENDPOINTS.values()), "app_names", "quarantine")


def append_believed(
    con: store.Connection,
    staging: Staging,
    frames: Mapping[str, pl.DataFrame],
    refused: Mapping[tuple[str, date | None], str],
    report: LoadReport,
) -> list[dict[str, Any]]:
    """Store what is believed, and what became of each exchange, which is returned."""
    by_id = {exchange["exchange_id"]: exchange for exchange in staging.exchanges}
    for (exchange_id, period_start), reason in refused.items():
        exchange = by_id[exchange_id]
        staging.quarantine.append(quarantined(exchange, period_start, reason, ""))
        exchange["outcome"] = "refused" if period_start is None else exchange["outcome"]
        exchange["reason"] = exchange["reason"] or reason
    believed = {name: without(frame, refused) for name, frame in frames.items()}
    for exchange_id, _ in refused:
        if by_id[exchange_id]["outcome"] == "loaded":
            is_partly = not believed["rankings"].filter(pl.col("exchange_id") == exchange_id).is_empty()
            by_id[exchange_id]["outcome"] = "partly loaded" if is_partly else "refused"
    for page in by_id.values():
        if page["part_of"] is not None:
            page |= {"outcome": by_id[page["part_of"]]["outcome"], "reason": f"a page of {page['part_of']}"}
    blocks = {endpoint.name: _hashed(believed[endpoint.name], endpoint.content) for endpoint in ENDPOINTS.values()}
    blocks = {name: with_parts(frame) if MODEL in frame.columns else frame for name, frame in blocks.items()}
    origin = pl.DataFrame(
        [
            {
                "source_citation": exchange["citation"],
                **{name: exchange[name] for name in ("exchange_id", "capture", "as_of", "is_simulated")},
            }
            for exchange in by_id.values()
        ],
        schema={
            "exchange_id": pl.String(),
            "capture": pl.String(),
            "as_of": pl.Datetime("us", "UTC"),
            "is_simulated": pl.Boolean(),
            "source_citation": pl.String(),
        },
    )
    keys = ["series", "period_start", "retrieved_at", "block_hash", "exchange_id"]
    readings = pl.concat([frame.select(keys) for frame in blocks.values()]).unique(maintain_order=True)
    exchanges_table, quarantine_table = TABLES["raw.exchanges"], TABLES["raw.quarantine"]
    described = [{c.name: exchange[c.name] for c in exchanges_table.columns} for exchange in by_id.values()]
    staged = {
        "exchanges": pl.DataFrame(described, schema=polars_schema(exchanges_table)),
        "readings": readings.join(origin, on="exchange_id"),
        **{endpoint.table: blocks[endpoint.name] for endpoint in ENDPOINTS.values()},
        "app_names": believed["apps"],
        "quarantine": pl.DataFrame(staging.quarantine, schema=polars_schema(quarantine_table)),
    }
    with store.transaction(con):
        for name in RAW_TABLES:
            table = TABLES[f"raw.{name}"]
            added = store.append(con, table, store.appended(table), **{f"staged_{name}": staged[name]})
            report.rows_added[name] = report.rows_added.get(name, 0) + added
    return described


def without(frame: pl.DataFrame, refused: Mapping[tuple[str, date | None], str]) -> pl.DataFrame:
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


def _hashed(frame: pl.DataFrame, content: Sequence[str]) -> pl.DataFrame:
    """The frame with its blocks' hash: SHA-256 over the sorted content, so that order in the answer is no matter."""
    block = ["exchange_id", "period_start"]
    line = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in content], separator="\t")
    hashes = (
        frame.select(*block, line.alias("line"))
        .sort(*block, "line")
        .group_by(block, maintain_order=True)
        .agg(pl.col("line").str.join("\n"))
        .with_columns(block_hash=pl.col("line").map_elements(_sha256, return_dtype=pl.String))
    )
    return frame.join(hashes.select(*block, "block_hash"), on=block)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
