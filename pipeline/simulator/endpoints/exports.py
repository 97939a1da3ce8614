"""/datasets/exports: dated files of the daily rankings, which never change. They need no key.

A snapshot holds the 30 days before its date, as the API would have returned them when it was published.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from pipeline.simulator.endpoints import rankings
from pipeline.simulator.queries import Asked, Document, Endpoint, Refusal, stamp
from pipeline.simulator.world import HORIZON, PREFIX, world_of

PATH = "/datasets/exports"
DATASET = "rankings-daily"
FIRST = date(2026, 9, 19)
PUBLISHED_AT = time(1, 46, 15, 433000, tzinfo=UTC)
WINDOW = timedelta(days=30)
COLUMNS = ("date", "model_permaslug", "rank", "total_tokens", "share_of_daily_tokens")
BASE = f"http://127.0.0.1{PREFIX}{PATH}"
ATTRIBUTION = "SIMULATED, not OpenRouter data, licensed under CC BY 4.0 as the real exports are."
LICENCE = {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}
_NAME = re.compile(rf"{DATASET}/(\d{{4}}-\d\d-\d\d)\.(csv|manifest\.json)")


def answer(asked: Asked) -> dict[str, Any] | Document:
    if asked.below == "index.json":
        return _index(asked.now)
    found = _NAME.fullmatch(asked.below)
    if found is None:
        raise Refusal(404, "Export not found")
    day = _day(found[1])
    if not FIRST <= day <= _newest(asked.now):
        raise Refusal(404, "Export not found")
    text, written = _files(asked.world.seed, day)
    return Document("text/csv", text) if found[2] == "csv" else _manifest(day, text, written)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Refusal(404, "Export not found") from None


def _newest(now: datetime) -> date:
    """The date of the newest snapshot."""
    is_published = now.timetz() >= PUBLISHED_AT
    return min(now.date() - timedelta(days=0 if is_published else 1), HORIZON)


def _published(day: date) -> datetime:
    return datetime.combine(day, PUBLISHED_AT)


@lru_cache(maxsize=4)
def _files(seed: int, day: date) -> tuple[bytes, bytes]:
    """A snapshot's rows as CSV and as JSON."""
    query = {"start_date": (day - WINDOW).isoformat(), "end_date": (day - timedelta(days=1)).isoformat()}
    asked = Asked(world_of(seed), _published(day), query, rankings.ENDPOINT.values(query))
    rows: list[tuple[str, str, int | None, int, float]] = []
    for period, listed in groupby(rankings.answer(asked)["data"], key=lambda row: row["date"]):
        tokens = {row["model_permaslug"]: int(row["total_tokens"]) for row in listed}
        total = sum(tokens.values())
        for rank, (slug, count) in enumerate(tokens.items(), start=1):
            rows.append((period, slug, None if slug == "other" else rank, count, count / total))
    lines = [",".join(COLUMNS), *(",".join("" if cell is None else str(cell) for cell in row) for row in rows)]
    written = {"columns": COLUMNS, "row_count": len(rows), "methodology": ATTRIBUTION, "source_pages": [], "rows": rows}
    return "".join(f"{line}\r\n" for line in lines).encode("ascii"), json.dumps(written, separators=(",", ":")).encode()


def _manifest(day: date, text: bytes, written: bytes) -> dict[str, Any]:
    return {
        "dataset": DATASET,
        "schema_version": "v1",
        "snapshot_date": day.isoformat(),
        "retrieved_at": stamp(_published(day)),
        "row_count": text.count(b"\r\n") - 1,
        "update_cadence": "daily",
        "license": LICENCE,
        "attribution": ATTRIBUTION,
        "readme_url": f"{BASE}/README.md",
        "files": {
            ending: {
                "url": f"{BASE}/{DATASET}/{day}.{ending}",
                "encoding_format": media_type,
                "bytes": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
            for ending, media_type, body in (("csv", "text/csv", text), ("json", "application/json", written))
        },
        "latest": {ending.split(".")[0]: f"{BASE}/{DATASET}/latest.{ending}" for ending in ("csv", "json", "manifest.json")},
    }


def _index(now: datetime) -> dict[str, Any]:
    newest = _newest(now)
    if newest < FIRST:
        raise Refusal(404, "Export not found")
    return {
        "schema_version": "v1",
        "updated_at": stamp(_published(newest)),
        "update_cadence": "daily",
        "license": LICENCE,
        "attribution": ATTRIBUTION,
        "readme_url": f"{BASE}/README.md",
        "license_url": f"{BASE}/LICENSE",
        "datasets": [
            {
                "id": DATASET,
                "title": "Daily rankings",
                "latest_snapshot_date": newest.isoformat(),
                "latest_manifest_url": f"{BASE}/{DATASET}/latest.manifest.json",
            }
        ],
    }


ENDPOINT = Endpoint(PATH, {}, answer, needs_key=False, is_folder=True)
