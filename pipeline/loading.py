"""From landing to raw: read what was not loaded yet, judge it, append what is believed, quarantine the rest.

Belongs here: the order of those steps, and what a refusal means for the run. Not here: reading bodies
(``openrouter.responses``), judging (``validation``), storing (``store``).

A refused block replaces nothing: the block that was there stays, and so does what was published. A refusal is resolved
once a later reading of the same period was believed; while one of a required series is not, the run fails.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import store
from pipeline.contracts.compile import polars_schema
from pipeline.contracts.tables import TABLES
from pipeline.exclusions import EXCLUDED, Exclusions, find_exclusions
from pipeline.failures import PermanentFailure
from pipeline.landing import Landed, Landing
from pipeline.openrouter.client import is_decoded
from pipeline.openrouter.names import MODEL, with_parts
from pipeline.openrouter.responses import Answer, can_spare
from pipeline.openrouter.shapes import SHAPES, Shape
from pipeline.openrouter.snapshots import TOKEN
from pipeline.pages import SHAPE_OF, Pages, answers_of, missing_entries, missing_pages, together
from pipeline.series import BY_NAME, REQUIRED, SERIES, UNDATED, Grain, identify, period_of, periods
from pipeline.unloading import ROW_TABLES, unload_later
from pipeline.validation import batches, run
from pipeline.validation.expectations import EXPECTATIONS, Batch, Expectation
from pipeline.validation.levels import LEVELLED, Levels, is_counted

# Each chunk of answers is judged as one, which costs as much for few as for some thousands, and is held in memory as one.
EXCHANGES_AT_ONCE = 1024
BYTES_AT_ONCE = 8 * 1024 * 1024
FEWEST_ROWS_WITH_MEASURE = 5
RAW_TABLES = ("exchanges", "readings", *ROW_TABLES.values(), "app_names", "quarantine")

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


def _staged_schema(shape: Shape) -> dict[str, pl.DataType]:
    return {**_IDENTITY, **(_OF_RANKINGS if shape.name == "rankings" else {}), **shape.schema}


@dataclass
class CheckOutcome:
    """One expectation over everything a load looked at, series by series. ``measured`` are the extremes of a level."""

    expectation: Expectation
    checked: dict[str, int] = field(default_factory=dict)
    failing: dict[str, int] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    measured: tuple[float, float] | None = None
    error: str | None = None

    def add(self, result: run.Result) -> None:
        self.error = self.error or result.error
        for counts, frame in ((self.checked, result.checked), (self.failing, result.failing)):
            for name, number in frame.group_by("series").len().iter_rows():
                counts[name] = counts.get(name, 0) + number
        self.rows += result.failing.group_by("series", maintain_order=True).head(store.SHOWN_FAILING_ROWS).to_dicts()
        if self.expectation.batch == "levels":
            values = result.checked[self.expectation.arguments["column"]].drop_nulls()
            if not values.is_empty():
                extremes = [values.min(), values.max(), *(self.measured or ())]
                self.measured = min(extremes), max(extremes)

    @property
    def passed(self) -> bool:
        return not self.failing and self.error is None


PERIOD_CHANGES = ("new_periods", "grown_periods", "restated_periods", "confirmed_periods")
ROW_CHANGES = ("rows_new", "rows_grown", "rows_restated")


@dataclass
class LoadReport:
    """What a load did. ``changes`` has the counts of ``PERIOD_CHANGES`` and ``ROW_CHANGES`` for each series that was read,
    ``unresolved`` the refusals that fail the run, a line each.

    ``damaged`` says of each response that is not as it was landed why it was left out. It stays where it is, and is loaded
    like any other once it was restored. ``judged_again`` are responses that had been loaded before, and were read after one
    that came only now: ``verdicts`` are without them, and ``verdicts_changed`` of them have another verdict than before.
    """

    exchanges: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    unknown_endpoints: dict[str, int] = field(default_factory=dict)
    excluded: dict[str, int] = field(default_factory=dict)
    rows_added: dict[str, int] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[str, CheckOutcome] = field(default_factory=dict)
    unresolved: list[dict[str, Any]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    judged_again: int = 0
    verdicts_changed: int = 0


def load(
    con: store.Connection,
    landing: Landing,
    *,
    run_id: str,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> LoadReport:
    """Load every exchange of ``landing`` that the open database does not know yet and that is sound, oldest first.

    What was loaded before and read after one of them is judged again with them, so that the order of loading is no matter.
    """
    report = LoadReport()
    report.outcomes = {expectation.name: CheckOutcome(expectation) for expectation in EXPECTATIONS}
    new = pending(con, landing)
    exclusions = find_exclusions(con, landing, new)
    unloaded = unload_later(con, landing, new, changed=exclusions.changed(con, landing))
    waiting = pending(con, landing) if unloaded.verdicts else new
    holes, levels = known_holes(con), _levels(con)
    on_progress(0, len(waiting))
    before: _Chunk | None = None
    with ThreadPoolExecutor(max_workers=1) as judging:
        # While one chunk is judged, by another process, the next one is read, and the one before is stored.
        for answers in chain(_chunks(answers_of(landing, waiting.values(), report.damaged)), [None]):
            staged = None if answers is None else _stage_chunk(answers, holes, exclusions)
            refused = {} if before is None else _refused_of(con, levels, before, report)
            after = None if staged is None else _Chunk(*staged, judging.submit(run.validate, _batches(*staged)))
            if before is not None:
                exchanges = _append(con, before.staging, before.frames, refused, report)
                _count(report, exchanges, unloaded.verdicts)
                on_progress(report.exchanges + len(report.damaged), len(waiting))
            before = after
    report.damaged += _told_of_gone(landing, unloaded.gone)
    report.unresolved = store.rows(con, store.read_sql("ops/unresolved_refusals"))
    report.changes = _changes(con, new)
    _record(con, report, run_id)
    return report


def _changes(con: store.Connection, loaded: Iterable[str]) -> list[dict[str, Any]]:
    return store.rows(
        con,
        store.read_sql("ops/changes_since"),
        loaded=list(loaded),
        series=[series.name for series in SERIES],
        grains=[series.grain for series in SERIES],
        undated=UNDATED,
    )


def is_of_another_version(con: store.Connection) -> bool:
    """Whether the open database was loaded by a version that stored otherwise, or did not know what is read now."""
    unknown = store.rows(con, store.read_sql("ops/unknown_questions"))
    return store.has_other_columns(con) or any(
        identify(row["endpoint"], json.loads(row["params"])) is not None for row in unknown
    )


def pending(con: store.Connection, landing: Landing) -> dict[str, Path]:
    """The exchanges of landing that the open database does not know yet, oldest first."""
    return landing.ids(but={exchange_id for (exchange_id,) in store.read(con, store.read_sql("ops/loaded_exchanges"))})


def _told_of_gone(landing: Landing, gone: Collection[str]) -> list[str]:
    if not gone:
        return []
    return [
        f"{len(gone)} responses, first {min(gone)}, were fetched after one that came only now, and are no longer in "
        f"{landing.root}: they could not be validated again; bring them back with `openrouter-usage restore`, then run "
        "`openrouter-usage rebuild`"
    ]


def covered_periods(landed: Landed) -> tuple[str | None, list[date]]:
    """Which series an exchange asked for, and starts of the periods it asked for; None where it was not answered."""
    name = identify(landed.endpoint, landed.params)
    start, end = _asked(landed, "start_date"), _asked(landed, "end_date")
    if name is None or landed.status != HTTPStatus.OK or start is None or end is None:
        return None, []
    return name, periods(BY_NAME[name].grain, start, end)


def known_holes(con: store.Connection) -> frozenset[date]:
    """Days that do not exist in the source."""
    return frozenset(row["usage_date"] for row in store.rows(con, store.read_sql("ops/known_holes")))


def _levels(con: store.Connection) -> Levels:
    accepted: dict[str, list[date]] = {}
    for row in store.rows(con, store.read_sql("ops/accepted_levels")):
        accepted.setdefault(row["series"], []).append(row["period_start"])
    known_authors = [row["author"] for row in store.rows(con, store.read_sql("ops/known_authors"))]
    return Levels(known_authors, accepted, store.read(con, store.read_sql("ops/believed_row_counts")))


def _chunks(answers: Iterable[Pages]) -> Iterator[list[Pages]]:
    chunk: list[Pages] = []
    size = 0
    for answer in answers:
        chunk.append(answer)
        size += sum(len(body) for _, body in answer)
        if len(chunk) >= EXCHANGES_AT_ONCE or size >= BYTES_AT_ONCE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@dataclass
class _Staging:
    """Everything of one chunk before it is judged. ``rows`` are by the name of their shape: for each answer what its rows
    have in common, and the rows."""

    exchanges: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, list[tuple[dict[str, Any], pl.DataFrame]]] = field(default_factory=dict)
    untyped: list[dict[str, Any]] = field(default_factory=list)
    quarantine: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Chunk:
    """Answers on their way: what is staged of them, by shape, and what comes of judging it."""

    staging: _Staging
    frames: dict[str, pl.DataFrame]
    results: Future[list[run.Result]]


def _stage_chunk(
    answers: Sequence[Pages], holes: frozenset[date], exclusions: Exclusions
) -> tuple[_Staging, dict[str, pl.DataFrame]]:
    """Everything that the answers hold, and their rows by the name of their shape."""
    staging = _Staging()
    for pages in answers:
        _stage(staging, pages, holes, exclusions)
    return staging, {shape.name: _frame(shape, staging.rows.pop(shape.name, [])) for shape in SHAPES.values()}


def _frame(shape: Shape, answers: Sequence[tuple[dict[str, Any], pl.DataFrame]]) -> pl.DataFrame:
    """The rows of answers under each other, each with what is common to its answer."""
    schema = _staged_schema(shape)
    rows = pl.concat([pl.DataFrame(schema=dict(shape.schema)), *(rows for _, rows in answers)])
    common = [name for name in schema if name not in shape.schema]
    identities = pl.DataFrame([identity for identity, _ in answers], schema={name: schema[name] for name in common})
    answer_of_row = pl.select(
        pl.int_range(len(answers)).repeat_by(pl.Series([rows.height for _, rows in answers], dtype=pl.Int64)).explode()
    )
    return pl.concat([identities[answer_of_row.to_series().drop_nulls()], rows], how="horizontal").select(list(schema))


def _refused_of(
    con: store.Connection, levels: Levels, chunk: _Chunk, report: LoadReport
) -> dict[tuple[str, date | None], str]:
    """Why blocks and exchanges of a chunk are refused, once it is judged."""
    results = chunk.results.result()
    refused = _refused(results, chunk.staging)
    # What has the right shape is measured against what was believed before it.
    results += run.validate({"levels": _measured(con, levels, chunk.staging, chunk.frames, refused)})
    for result in results:
        report.outcomes[result.expectation.name].add(result)
    return _refused(results, chunk.staging)


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
        "requested_start": _asked(landed, "start_date"),
        "requested_end": _asked(landed, "end_date"),
        "resolved_start": None,
        "resolved_end": None,
        "body_sha256": landed.sha256,
        "capture": landed.capture,
        "provenance": landed.provenance,
        "is_simulated": landed.is_simulated,
        "verdict": "loaded",
        "reason": None,
        "rows_read": 0,
        "unknown_fields": None,
        "citation": None,
        "part_of": None,
        "judged": None,
    }


def _stage(staging: _Staging, pages: Pages, holes: frozenset[date], exclusions: Exclusions) -> None:
    """Stage one answer: an exchange, or the pages of one reading. What is judged of it stands in its last exchange."""
    exchanges = [_described(landed) for landed, _ in pages]
    staging.exchanges += exchanges
    exchange, landed = exchanges[-1], pages[-1][0]
    name = exchange["series"]
    for page in exchanges[:-1]:
        page["part_of"] = exchange["exchange_id"]
    if (why := next(filter(None, (exclusions.verdict(page) for page, _ in pages)), None)) is not None:
        exchange["verdict"], exchange["reason"] = why
        return
    if landed.status != HTTPStatus.OK:
        exchange |= {"verdict": "error response", "reason": f"status {landed.status}"}
        return
    if landed.is_misdated:
        exchange |= {"verdict": "wrong clock", "reason": f"our clock differed from the source's, {landed.headers['date']}"}
        return
    if name is None:
        exchange |= {"verdict": "unknown series", "reason": "no series asks this: kept in landing, not read"}
        return
    series, shape = BY_NAME[name], SHAPE_OF[name]
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
        answers = [_read(shape, *page) for page in pages]
        answer = together(answers)
    except PermanentFailure as failure:
        exchange |= {"verdict": "refused", "reason": str(failure)}
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
    is_set_aside = can_spare(undated, of=answer.rows_read, one_in=shape.spares_one_in)
    judged |= {
        "rows_read": answer.rows_read,
        "undated_rows": 0 if is_set_aside else undated,
        "rows_set_aside": undated if is_set_aside else 0,
        "unknown_fields": len(answer.unknown_fields),
        "zero_measures": _zero_measures(shape, answer.rows),
        "median_usd_per_token": _median_usd_per_token(answer.rows) if shape.name == "catalogue" else None,
        "resolved_days_off": _days_off(exchange),
        "missing_periods": 0 if series.may_be_empty else _missing_periods(answer, series.grain, holes),
        "missing_pages": missing_pages(shape, [landed for landed, _ in pages], answers),
        "missing_entries": missing_entries(answers),
        "window_days_off": _window_days_off(exchange, series.window_days),
    }
    if judged["missing_entries"] and not judged["missing_pages"]:
        # The missing entry may be any: this catalogue shows nothing gone.
        counted = json.dumps({"entries": answer.rows_read, "entries that the source counts": answer.total_rows})
        reason = "no_entry_is_missing: the source counts an entry that it does not list"
        staging.quarantine.append(_quarantined(exchange, None, reason, counted))
    _stage_rows(staging, exchange, answer, 0 if landed.capture == "top9" else series.min_rows)


def _read(shape: Shape, landed: Landed, body: bytes) -> Answer:
    if landed.is_truncated:
        raise PermanentFailure("the answer was cut off: it was larger than an answer may be, or ended early")
    if not is_decoded(landed.headers):
        raise PermanentFailure("the answer came in an encoding that was not asked for, and was not decoded")
    return shape.read(body)


def _stage_rows(staging: _Staging, exchange: Mapping[str, Any], answer: Answer, fewest_rows: int) -> None:
    series = BY_NAME[exchange["series"]]
    for row in answer.bad_rows:
        staging.quarantine.append(_quarantined(exchange, row.period_start, row.reason, row.content))
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
    shape = SHAPE_OF[series.name]
    identity: dict[str, Any] = {name: exchange[name] for name in ("exchange_id", "series", "retrieved_at")}
    if shape.name == "rankings":
        identity |= {
            "grain": series.grain,
            "resolved_start": answer.resolved_start,
            "resolved_end": answer.resolved_end,
            "fewest_rows_in_block": fewest_rows,
        }
    else:
        identity["period_start"] = answer.period_start or UNDATED
    staging.rows.setdefault(shape.name, []).append((identity, answer.rows))


def _batches(staging: _Staging, frames: Mapping[str, pl.DataFrame]) -> dict[Batch, pl.DataFrame]:
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
        "catalogue": frames["catalogue"],
        "tasks": batches.tasks_batch(frames["tasks"]),
        "session_costs": frames["session_costs"],
        "benchmarks": batches.benchmarks_batch(frames["benchmarks"]),
        "apps": batches.apps_batch(frames["apps"]),
    }


def _measured(
    con: store.Connection,
    levels: Levels,
    staging: _Staging,
    frames: Mapping[str, pl.DataFrame],
    refused: Mapping[tuple[str, date | None], str],
) -> pl.DataFrame:
    """The blocks that no other check refused, measured against those that were believed before them."""
    columns = ["exchange_id", "series", "period_start", "retrieved_at", "model", "total_tokens"]
    rows = (
        _without(
            pl.concat(
                [
                    frames["rankings"].rename({"model_permaslug": "model"}).select(columns),
                    frames["apps"].with_columns(model=pl.col("app_id").cast(pl.String)).select(columns),
                ]
            ).filter(pl.col("series").is_in(LEVELLED)),
            refused,
        )
        # In reading order, whatever they have come with.
        .sort("exchange_id", "series", "period_start", maintain_order=True)
    )
    spans = rows.group_by("series").agg(first=pl.min("period_start"), last=pl.max("period_start"))
    wanted = levels.lacks({name: (first, last) for name, first, last in spans.iter_rows()})
    if wanted:
        near = pl.DataFrame(
            [(name, *span) for name, span in wanted.items()], schema=["series", "first", "last"], orient="row"
        )
        levels.remember(store.read(con, store.read_sql("ops/believed_levels"), near=near))
    counted = [
        (one["exchange_id"], one["series"], one["retrieved_at"].date(), one["judged"]["rows_read"])
        for one in staging.exchanges
        if one["judged"] and is_counted(BY_NAME[one["series"]]) and (one["exchange_id"], None) not in refused
    ]
    return levels.measure(rows.iter_rows(), counted)


def _refused(results: Sequence[run.Result], staging: _Staging) -> dict[tuple[str, date | None], str]:
    """Why each refused block, or whole exchange (period None), is refused: by its first failing blocking check."""
    refused: dict[tuple[str, date | None], str] = {
        (exchange["exchange_id"], None): exchange["reason"]
        for exchange in staging.exchanges
        if exchange["verdict"] == "refused"
    }
    for result in results:
        if result.passed or not result.expectation.is_blocking:
            continue
        reason = f"{result.expectation.name}: {result.error or result.expectation.likely_cause}"
        # A snapshot is refused whole.
        is_by_block = result.expectation.batch in ("rows", "blocks", "levels")
        keys = ["exchange_id", *(["series", "period_start"] if is_by_block else [])]
        named = result.expectation.names
        for exchange_id, *block in (
            result.failing.select(*keys, *filter(None, [named])).unique(maintain_order=True).iter_rows()
        ):
            is_dated = bool(block) and BY_NAME[block[0]].grain != "snapshot"
            beside = f" (the other one is {block[-1]})" if named else ""
            refused.setdefault((exchange_id, block[1] if is_dated else None), reason + beside)
    return refused


def _append(
    con: store.Connection,
    staging: _Staging,
    frames: Mapping[str, pl.DataFrame],
    refused: Mapping[tuple[str, date | None], str],
    report: LoadReport,
) -> list[dict[str, Any]]:
    """Store what is believed, and what became of each exchange, which is returned."""
    by_id = {exchange["exchange_id"]: exchange for exchange in staging.exchanges}
    for (exchange_id, period_start), reason in refused.items():
        exchange = by_id[exchange_id]
        staging.quarantine.append(_quarantined(exchange, period_start, reason, ""))
        exchange["verdict"] = "refused" if period_start is None else exchange["verdict"]
        exchange["reason"] = exchange["reason"] or reason
    believed = {name: _without(frame, refused) for name, frame in frames.items()}
    for exchange_id, _ in refused:
        if by_id[exchange_id]["verdict"] == "loaded":
            is_partly = not believed["rankings"].filter(pl.col("exchange_id") == exchange_id).is_empty()
            by_id[exchange_id]["verdict"] = "partly loaded" if is_partly else "refused"
    for page in by_id.values():
        if page["part_of"] is not None:
            page |= {"verdict": by_id[page["part_of"]]["verdict"], "reason": f"a page of {page['part_of']}"}
    blocks = {shape.name: _hashed(believed[shape.name], shape.content) for shape in SHAPES.values()}
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
        **{table: blocks[shape] for shape, table in ROW_TABLES.items()},
        "app_names": believed["apps"],
        "quarantine": pl.DataFrame(staging.quarantine, schema=polars_schema(quarantine_table)),
    }
    with store.transaction(con):
        for name in RAW_TABLES:
            added = store.append(
                con, TABLES[f"raw.{name}"], store.read_sql(f"raw/{name}"), **{f"staged_{name}": staged[name]}
            )
            report.rows_added[name] = report.rows_added.get(name, 0) + added
    return described


def _count(report: LoadReport, exchanges: Iterable[Mapping[str, Any]], before: Mapping[str, str]) -> None:
    """Count what became of exchanges. ``before`` are the verdicts of those that had been loaded."""
    for exchange in exchanges:
        report.exchanges += 1
        verdict = exchange["verdict"]
        if (verdict_before := before.get(exchange["exchange_id"])) is not None:
            report.judged_again += 1
            report.verdicts_changed += verdict != verdict_before
            continue
        report.verdicts[verdict] = report.verdicts.get(verdict, 0) + 1
        if verdict == "unknown series":
            endpoint = exchange["endpoint"]
            report.unknown_endpoints[endpoint] = report.unknown_endpoints.get(endpoint, 0) + 1
        if verdict in EXCLUDED:
            why = f"{verdict}: {exchange['reason']}"
            report.excluded[why] = report.excluded.get(why, 0) + 1


def _without(frame: pl.DataFrame, refused: Mapping[tuple[str, date | None], str]) -> pl.DataFrame:
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


def _quarantined(exchange: Mapping[str, Any], period_start: date | None, reason: str, content: str) -> dict[str, Any]:
    return {
        "exchange_id": exchange["exchange_id"],
        "series": exchange["series"],
        "period_start": period_start,
        "retrieved_at": exchange["retrieved_at"],
        "reason": reason,
        "row_content": content,
    }


def _asked(landed: Landed, name: str) -> date | None:
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


def _zero_measures(shape: Shape, rows: pl.DataFrame) -> int:
    """How many measures are zero in every row. A few rows may well be."""
    if rows.height < FEWEST_ROWS_WITH_MEASURE:
        return 0
    return sum(bool((rows[name].drop_nulls() == 0).all()) and rows[name].count() > 0 for name in shape.measures)


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


# --- what is remembered of a load --------------------------------------------------------------------------------


def _record(con: store.Connection, report: LoadReport, run_id: str) -> None:
    now = datetime.now(UTC)
    record_results(con, [row for outcome in report.outcomes.values() for row in _rows_of(outcome, report, run_id, now)])
    store.append_rows(
        con,
        TABLES["ops.loads"],
        [
            {"run_id": run_id, "loaded_at": now, **{name: change[name] for name in ("series", *PERIOD_CHANGES)}}
            for change in report.changes
        ],
    )


def record_results(con: store.Connection, results: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to ops.validation_results."""
    store.append_rows(con, TABLES["ops.validation_results"], results)


def is_error(outcome: CheckOutcome, report: LoadReport, series: str | None = None) -> bool:
    """Whether a failing check fails the run: it refuses, and a required series waits for a better reading."""
    if outcome.passed or not outcome.expectation.is_blocking:
        return False
    if outcome.error is not None:
        return True
    waiting = {refusal["series"] for refusal in report.unresolved} & REQUIRED
    return bool(waiting & ({series} if series else outcome.failing.keys()))


def describe_refusal(refusal: Mapping[str, Any]) -> str:
    """A refusal that no later reading has made good, in one line."""
    first, last, number = refusal["first_period"], refusal["last_period"], refusal["periods"]
    period = "" if first is None else f" {first}" if first == last else f" {first} to {last} ({number} periods)"
    need = "required" if BY_NAME[refusal["series"]].is_required else "optional"
    return (
        f"refused {refusal['series']}{period} ({need}), read {refusal['retrieved_at']:%Y-%m-%d %H:%M:%SZ}: "
        f"{refusal['reason']}; the response is kept as {refusal['exchange_id']}: if it is wrong, remove it with "
        f"`openrouter-usage reject {refusal['exchange_id']} --why '…'`"
    )


def _rows_of(outcome: CheckOutcome, report: LoadReport, run_id: str, now: datetime) -> Iterator[dict[str, Any]]:
    expectation = outcome.expectation
    for series, checked in sorted(outcome.checked.items()):
        failing = outcome.failing.get(series, 0)
        examples = [row for row in outcome.rows if row["series"] == series]
        yield {
            "run_id": run_id,
            "checked_at": now,
            "series": series,
            "check_name": expectation.name,
            "severity": "ERROR" if expectation.is_blocking else "WARN",
            "passed": failing == 0 and outcome.error is None,
            "checked_count": checked,
            "failing_count": failing,
            "detail": (outcome.error or f"likely cause: {expectation.likely_cause}") if failing or outcome.error else None,
            "failing_rows": json.dumps(examples, default=str) if examples else None,
        }
