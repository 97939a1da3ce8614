"""Made-up keyless exports: a file of thirty small days, and the manifest that fits it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from pipeline.landing import Landed, Landing
from pipeline.openrouter.endpoints.exports import Manifest, file_of, read_manifest, window_of
from tests.support import BASE_URL, Row, block_rows, exchange

HEADER = "date,model_permaslug,rank,total_tokens,share_of_daily_tokens"
ATTRIBUTION = (
    "Source: OpenRouter (openrouter.ai), licensed under CC BY 4.0: reuse and republish with attribution to OpenRouter."
)


def lines_of(day: date, rows: Sequence[Row]) -> list[str]:
    """A day as an export writes it."""
    total = sum(tokens for _, tokens in rows)
    return [
        f"{day},{model},{'' if model == 'other' else rank},{tokens},{tokens / total!r}"
        for rank, (model, tokens) in enumerate(rows, start=1)
    ]


def export_lines(snapshot: date, changed: Mapping[date, Sequence[Row]] | None = None) -> list[str]:
    """Header and rows of a snapshot. Its days are all alike, but for those that are ``changed``."""
    first, _ = window_of(snapshot)
    days = [first + timedelta(days=n) for n in range(30)]
    return [HEADER, *(line for day in days for line in lines_of(day, (changed or {}).get(day, block_rows())))]


def written(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def retrieved(snapshot: date) -> str:
    return f"{snapshot}T01:46:15.433Z"


def manifest_body(snapshot: date, body: bytes, **changes: Any) -> dict[str, Any]:
    """The manifest of a file, as the source writes it."""
    return {
        "dataset": "rankings-daily",
        "schema_version": "v1",
        "snapshot_date": str(snapshot),
        "retrieved_at": retrieved(snapshot),
        "row_count": body.count(b"\r\n") - 1,
        "update_cadence": "daily",
        "license": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        "attribution": ATTRIBUTION,
        "files": {
            "csv": {
                "url": BASE_URL + file_of(snapshot).path,
                "encoding_format": "text/csv",
                "bytes": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
        },
        **changes,
    }


def manifest_for(snapshot: date, body: bytes, **changes: Any) -> Manifest:
    """The same, as it is kept beside the file."""
    said = json.dumps(manifest_body(snapshot, body, **changes)).encode()
    return read_manifest(said, snapshot, host="openrouter.ai", by=datetime.fromisoformat("2030-01-01T00:00:00Z"))


def land_export(
    landing: Landing,
    snapshot: date,
    changed: Mapping[date, Sequence[Row]] | None = None,
    *,
    body: bytes | None = None,
    is_damaged: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Landed:
    """Land a snapshot, fetched long after it was published. Damaged, its bytes are not those that its manifest says."""
    whole = written(export_lines(snapshot, changed)) if body is None else body
    fetched = datetime.combine(snapshot, time(6, 30)).astimezone() + timedelta(days=40)
    received = exchange(
        whole[:-7] if is_damaged else whole, {}, at=fetched, path=file_of(snapshot).path, headers=dict(headers or {})
    )
    return landing.append(received, manifest_for(snapshot, whole))
