"""The keyless exports of the exact daily rankings: an index, and for each day a manifest and a file that never change.

Belongs here: their requests, what an index and a manifest must say, and reading a file. Not here: which are fetched
(``run.exports``), keeping them (``landing``), the series that they are a second source of (``series``).

The aliases named ``latest`` are never requested: they may mix two dates for an hour.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.endpoint import CC_BY
from pipeline.openrouter.endpoints.rankings import ROW
from pipeline.openrouter.endpoints.request import Request
from pipeline.openrouter.endpoints.response import Answer, BadRow

DATASET = "rankings-daily"
EXPORTED = f"exports/{DATASET}"
"""The name of this source of ``usage_day`` in landing and in messages."""

FIRST_SNAPSHOT = date(2026, 9, 19)
"""The oldest dated file."""

WINDOW_DAYS = 30
MOST_BYTES = 16 * 1024 * 1024
"""A file has about 120 KB."""

_ROOT = "/datasets/exports/"
_FILE = re.compile(rf"{_ROOT}{DATASET}/([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})\.csv")
_PROMISED = {"schema_version": "v1", "license": CC_BY}
_SOURCE = "openrouter.ai"
_HEADER = ["date", "model_permaslug", "rank", "total_tokens", "share_of_daily_tokens"]
_SHARE_TOLERANCE = 1e-9


def _request(name: str) -> Request:
    """The request for one file of the exports, which is never sent a key."""
    return Request(f"{_ROOT}{name}", f"export {name}", {}, needs_key=False)


INDEX = _request("index.json")


def manifest_of(day: date) -> Request:
    """The request for the manifest of a snapshot."""
    return _request(f"{DATASET}/{day}.manifest.json")


def file_of(day: date) -> Request:
    """The request for the file of a snapshot."""
    return _request(f"{DATASET}/{day}.csv")


def is_export(path: str) -> bool:
    """Whether the path below the API's prefix is one of the exports: a file, its manifest or the index."""
    return path.startswith(_ROOT)


def snapshot_of(path: str) -> date | None:
    """The date of the snapshot whose file this is; None for any other path."""
    found = _FILE.fullmatch(path)
    try:
        return None if found is None else date.fromisoformat(found[1])
    except ValueError:
        return None


def window_of(snapshot: date) -> tuple[date, date]:
    """The first and the last day of a snapshot: the 30 days that end the day before it."""
    return snapshot - timedelta(days=WINDOW_DAYS), snapshot - timedelta(days=1)


@dataclass(frozen=True)
class Manifest:
    """What is kept of a manifest beside its file. Raises ValueError or TypeError where a date cannot be read."""

    dataset: str
    schema_version: str
    snapshot_date: str
    retrieved_at: str
    row_count: int
    license: str
    attribution: str
    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        fields.day(self.snapshot_date, "snapshot_date")
        fields.instant(self.retrieved_at, "retrieved_at")

    @property
    def snapshot(self) -> date:
        return date.fromisoformat(self.snapshot_date)

    @property
    def read_at(self) -> datetime:
        """When the source read what it exported."""
        return fields.instant(self.retrieved_at, "retrieved_at")

    def describes(self, size: int, sha256: str) -> bool:
        """Whether a file of that size and hash is the one that was published."""
        return (size, sha256) == (self.bytes, self.sha256)


def read_index(body: bytes) -> date:
    """The date of the newest snapshot. Raises PermanentFailure for an index that is not the documented one."""
    index = fields.envelope_of(body, "schema_version", "license", "datasets")
    fields.expect(index | {"license": _licence(index)}, _PROMISED)
    for one in fields.rows_of(index, "datasets"):
        if isinstance(one, dict) and one.get("id") == DATASET and "latest_snapshot_date" in one:
            return fields.field_of(one, "latest_snapshot_date", fields.day, within="datasets")
    raise PermanentFailure(f"the index names no newest snapshot of {DATASET}: the envelope has changed")


def read_manifest(body: bytes, day: date, *, host: str, by: datetime) -> Manifest:
    """The manifest of a day's snapshot, which was retrieved ``by`` an instant.

    ``host`` is that of the base URL. What the manifest calls the URL of its file is compared, never requested. Raises
    PermanentFailure for a manifest of another dataset, day, version, licence or place, or one that cannot be read.
    """
    found = fields.envelope_of(
        body, "dataset", "schema_version", "snapshot_date", "retrieved_at", "row_count", "license", "attribution", "files"
    )
    file = fields.object_of(
        fields.object_of(found, "files", frozenset({"csv"})), "csv", frozenset({"url", "bytes", "sha256"})
    )
    said = {name: found[name] for name in ("dataset", "schema_version", "snapshot_date")} | {"license": _licence(found)}
    fields.expect(said, {"dataset": DATASET, "snapshot_date": day.isoformat(), **_PROMISED})
    retrieved_at = fields.field_of(found, "retrieved_at", fields.instant, within=None)
    if not datetime.combine(day, time(), UTC) <= retrieved_at <= by:
        when = f"{retrieved_at:%Y-%m-%d %H:%M:%S} UTC"
        raise PermanentFailure(f"`retrieved_at` is {when}: before the date of its snapshot, or in the future")
    url = fields.field_of(file, "url", lambda value, name: urlsplit(fields.text(value, name)), within="files.csv")
    if url.hostname not in {host, _SOURCE} or not url.path.endswith(file_of(day).path) or url.query:
        raise PermanentFailure(f"its file is said to be at {fields.shown(file['url'])}: another place than the exports")
    return Manifest(
        **said,
        retrieved_at=found["retrieved_at"],
        row_count=fields.field_of(found, "row_count", fields.integer, within=None),
        attribution=fields.field_of(found, "attribution", fields.text, within=None),
        bytes=fields.field_of(file, "bytes", fields.integer, within="files.csv"),
        sha256=fields.field_of(file, "sha256", fields.text, within="files.csv"),
    )


def _licence(found: Mapping[str, Any]) -> Any:
    return fields.object_of(found, "license", frozenset({"name"}))["name"]


def read_export(body: bytes, manifest: Manifest | None) -> Answer:
    """A dated file as the API's response for the same days. Raises PermanentFailure where it is not what was published.

    Rank and share follow from the tokens of the day: they are compared with them, and not kept.
    """
    if manifest is None:
        raise PermanentFailure("the export has no manifest beside it, so nothing says whether it is whole")
    name = f"the export of {manifest.snapshot}"
    size, sha256 = len(body), hashlib.sha256(body).hexdigest()
    if not manifest.describes(size, sha256):
        what = f"{size:,} bytes, its manifest says {manifest.bytes:,}"
        if size == manifest.bytes:
            what = f"the sha256 {sha256[:12]}…, its manifest says {manifest.sha256[:12]}…"
        raise PermanentFailure(f"{name} has {what}: it was damaged on its way, or replaced at the source")
    try:
        header, *lines = csv.reader(io.StringIO(body.decode("ascii"), newline=""), strict=True)
    except (ValueError, csv.Error) as error:
        raise PermanentFailure(f"{name} is not a CSV file of ASCII text ({error})") from error
    if header != _HEADER:
        raise PermanentFailure(f"{name} has the columns {fields.shown(header)}, {','.join(_HEADER)} were expected")
    if len(lines) != manifest.row_count:
        raise PermanentFailure(f"{name} has {len(lines):,} rows, its manifest says {manifest.row_count:,}")
    rows, bad_rows = _typed(lines)
    start, end = window_of(manifest.snapshot)
    days = {*rows["period_start"], *(row.period_start for row in bad_rows if row.period_start)}
    if days != {start + timedelta(days=n) for n in range(WINDOW_DAYS)}:
        said = f"{len(days)} days, {min(days)} to {max(days)}" if days else "no day"
        raise PermanentFailure(f"{name} holds {said}: the {WINDOW_DAYS} days {start} to {end} were expected")
    wrong = _contradicting(rows.filter(~pl.col("period_start").is_in([row.period_start for row in bad_rows])))
    bad_rows += [BadRow(day, reason, fields.shown(lines[at - 1])) for at, day, reason in wrong]
    return Answer(
        rows=rows.filter(~pl.col("position").is_in([at for at, _, _ in wrong])).select(*ROW.schema),
        rows_read=len(lines),
        bad_rows=bad_rows,
        as_of=manifest.read_at,
        resolved_start=start,
        resolved_end=end,
        # The licence is added where the citation is printed, as for every dataset.
        citation=manifest.attribution.partition(", licensed under ")[0],
    )


def _typed(lines: list[list[str]]) -> tuple[pl.DataFrame, list[BadRow]]:
    """The lines as rows with ``rank`` and ``share``, and those that cannot be read."""
    schema = {**ROW.schema, "rank": pl.Int64(), "share": pl.Float64()}
    typed: list[tuple[Any, ...]] = []
    bad_rows: list[BadRow] = []
    for position, line in enumerate(lines, start=1):
        period = None
        try:
            period = fields.day(line[0], "date")
            _, model, rank, tokens, share = line
            typed.append(
                (
                    position,
                    period,
                    fields.text(model, "model_permaslug"),
                    fields.tokens(tokens, "total_tokens"),
                    fields.tokens(rank, "rank") if rank else None,
                    fields.number(float(share), "share_of_daily_tokens"),
                )
            )
        except (*fields.UNTYPED, IndexError) as error:
            bad_rows.append(BadRow(period, fields.reason(error), fields.shown(line)))
    return pl.DataFrame(typed, schema=schema, orient="row"), bad_rows


def _contradicting(rows: pl.DataFrame) -> list[tuple[int, date, str]]:
    """Position, day and reason of each row whose rank or share does not follow from the tokens of its day."""
    is_other = pl.col("model_permaslug") == "other"
    among_models = ["period_start", is_other.alias("is_other")]
    tokens = pl.col("total_tokens")
    # Of equal rows either may be listed first.
    is_ranked = pl.col("rank").is_between(
        tokens.rank("min", descending=True).over(among_models), tokens.rank("max", descending=True).over(among_models)
    )
    is_share = (pl.col("share") - tokens / tokens.sum().over("period_start")).abs() <= _SHARE_TOLERANCE
    wrong = rows.select(
        "position",
        "period_start",
        reason=pl.when(pl.when(is_other).then(pl.col("rank").is_not_null()).otherwise(~is_ranked.fill_null(value=False)))
        .then(pl.lit("rank does not follow from the tokens of its day"))
        .when(~is_share.fill_null(value=False))
        .then(pl.lit("share_of_daily_tokens does not follow from the tokens of its day")),
    )
    return list(wrong.drop_nulls("reason").iter_rows())
