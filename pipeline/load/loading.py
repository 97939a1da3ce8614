"""From landing to raw: read what was not loaded yet, judge it, append what is believed, quarantine the rest.

Belongs here: the order of those steps, and what a refusal means for the run. Not here: reading bodies
(``openrouter.endpoints``), judging (``validation``), storing (``store``).

A refused block replaces nothing: the block that was there stays, and so does what was published. A refusal is resolved
once a later reading of the same period was believed; while one of a required series is not, the run fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date
from http import HTTPStatus
from pathlib import Path

import polars as pl

from pipeline import store
from pipeline.landing import Landed, Landing
from pipeline.load.append import Refused, append_believed, without
from pipeline.load.exclusions import find_exclusions
from pipeline.load.pagination import Pages, answers_of
from pipeline.load.report import CheckOutcome, LoadReport, count_verdicts, record
from pipeline.load.stage import Staging, asked_span, batches_of, stage_chunk
from pipeline.load.unloading import unload_later
from pipeline.load.validation import run
from pipeline.load.validation.expectations import EXPECTATIONS
from pipeline.load.validation.levels import COUNTED, LEVELLED, Levels, wanted
from pipeline.series import BY_NAME, identify, periods

# Each chunk of answers is judged as one, which costs as much for few as for some thousands, and is held in memory as one.
BYTES_AT_ONCE = 8 * 1024 * 1024


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
    holes = known_holes(con)
    on_progress(0, len(waiting))
    for answers in _chunks(answers_of(landing, waiting.values(), report.damaged)):
        staging = stage_chunk(answers, holes, exclusions)
        refused = _judged(con, staging, report)
        count_verdicts(report, append_believed(con, staging, refused, report), unloaded.verdicts)
        on_progress(report.exchanges + len(report.damaged), len(waiting))
    store.count_aliases(con)
    report.damaged += _told_of_gone(landing, unloaded.gone)
    report.unresolved = store.rows(con, store.read_sql("internal/unresolved_refusals"))
    report.changes = store.rows(con, store.read_sql("internal/changes_since"), loaded=list(new))
    record(con, report, run_id)
    return report


def is_of_another_version(con: store.Connection) -> bool:
    """Whether the open database was loaded by a version that stored otherwise, or did not know what is read now."""
    if store.has_other_columns(con):
        return True
    unknown = store.rows(con, store.read_sql("internal/unknown_questions"))
    return any(identify(row["endpoint"], json.loads(row["params"])) is not None for row in unknown)


@contextmanager
def loaded(files: store.Store) -> Iterator[store.Connection]:
    """The database as it is; an empty one where another version made it: the next load reads all of landing again."""
    with files.state() as con:
        if not is_of_another_version(con):
            yield con
            return
    with store.Store(files.data_dir).empty() as con:
        yield con


def pending(con: store.Connection, landing: Landing) -> dict[str, Path]:
    """The exchanges of landing that the open database does not know yet, oldest first."""
    return landing.ids(but=set(store.values(con, "raw.exchanges", "exchange_id")))


def _told_of_gone(landing: Landing, gone: Collection[str]) -> list[str]:
    if not gone:
        return []
    return [
        f"{len(gone)} responses, first {min(gone)}, were fetched after one that came only now, and are no longer in "
        f"{landing.root}: they could not be validated again; bring them back with `openrouter-usage restore`, then run "
        "`openrouter-usage rebuild`"
    ]


def covered_periods(landed: Landed) -> tuple[str | None, list[date]]:
    """Which series an exchange asked for, and starts of the periods it asked for, of a snapshot the day on which it was
    fetched; None where it was not answered.
    """
    name = identify(landed.endpoint, landed.params)
    if name is None or landed.status != HTTPStatus.OK:
        return None, []
    if BY_NAME[name].grain == "snapshot":
        return name, [landed.read_at.astimezone(UTC).date()]
    start, end = asked_span(landed)
    return name, periods(BY_NAME[name].grain, start, end) if start and end else []


def known_holes(con: store.Connection) -> frozenset[date]:
    """Days that do not exist in the source."""
    return frozenset(store.values(con, "reference.known_holes", "usage_date"))


def _chunks(answers: Iterable[Pages]) -> Iterator[list[Pages]]:
    chunk: list[Pages] = []
    size = 0
    for answer in answers:
        chunk.append(answer)
        size += sum(len(body) for _, body in answer)
        if size >= BYTES_AT_ONCE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _judged(con: store.Connection, staging: Staging, report: LoadReport) -> Refused:
    """Why blocks and exchanges of a chunk are refused."""
    results = run.validate(batches_of(staging))
    # What has the right shape is measured against what was believed before it.
    results += run.validate({"levels": _measured(con, staging, _refused(results, staging))})
    for result in results:
        report.outcomes[result.expectation.name].add(result)
    return _refused(results, staging)


def _measured(con: store.Connection, staging: Staging, refused: Refused) -> pl.DataFrame:
    """The blocks that no other check refused, measured against those that were believed before them."""
    columns = ["exchange_id", "series", "period_start", "retrieved_at", "model", "total_tokens"]
    blocks = (
        without(
            pl.concat(
                [
                    staging.frames["rankings"].rename({"model_permaslug": "model"}).select(columns),
                    staging.frames["apps"].with_columns(model=pl.col("app_id").cast(pl.String)).select(columns),
                ]
            ).filter(pl.col("series").is_in(LEVELLED)),
            refused,
        )
        # In reading order, whatever they have come with.
        .sort("exchange_id", "series", "period_start", maintain_order=True)
        .group_by("exchange_id", "series", "period_start", "retrieved_at", maintain_order=True)
        .agg("model", "total_tokens")
    )
    counted = [
        (judged.exchange_id, judged.series, one.retrieved_at.date(), judged.rows_read)
        for one in staging.exchanges
        if (judged := one.judgement) and judged.series in COUNTED and (one.exchange_id, None) not in refused
    ]
    return _levels(con, blocks).measure(blocks.rows(), counted)


def _levels(con: store.Connection, blocks: pl.DataFrame) -> Levels:
    """What blocks are compared with: what was believed around them."""
    accepted: dict[str, list[date]] = {}
    for row in store.table(con, "reference.accepted_levels"):
        accepted.setdefault(row["series"], []).append(row["period_start"])
    # Under whose names models are listed: makers that are classified, and the source itself where it hides them.
    known_authors = [*store.values(con, "reference.authors", "author"), "openrouter", "stealth"]
    spans = blocks.group_by("series").agg(first=pl.min("period_start"), last=pl.max("period_start"))
    near = pl.DataFrame(
        [(name, *span) for name, span in wanted({name: (first, last) for name, first, last in spans.iter_rows()}).items()],
        schema={"series": pl.String, "first": pl.Date, "last": pl.Date},
        orient="row",
    )
    believed = store.read(con, store.read_sql("internal/believed_levels"), near=near)
    return Levels(known_authors, accepted, store.read(con, store.read_sql("internal/believed_row_counts")), believed)


def _refused(results: Sequence[run.Result], staging: Staging) -> Refused:
    """Why each refused block, or whole exchange (period None), is refused: by its first failing blocking check."""
    refused: dict[tuple[str, date | None], str] = {
        (exchange.exchange_id, None): str(exchange.reason) for exchange in staging.exchanges if exchange.outcome == "refused"
    }
    for result in results:
        if result.passed or not result.expectation.is_blocking:
            continue
        reason = f"{result.expectation.name}: {result.error or result.expectation.likely_cause}"
        # A snapshot is refused whole.
        is_by_block = "period_start" in result.failing.columns
        keys = ["exchange_id", *(["series", "period_start"] if is_by_block else [])]
        named = result.expectation.names
        for exchange_id, *block in (
            result.failing.select(*keys, *filter(None, [named])).unique(maintain_order=True).iter_rows()
        ):
            is_dated = bool(block) and BY_NAME[block[0]].grain != "snapshot"
            beside = f" (the other one is {block[-1]})" if named else ""
            refused.setdefault((exchange_id, block[1] if is_dated else None), reason + beside)
    return refused
