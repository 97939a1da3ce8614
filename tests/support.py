"""What several tests need: a data directory of its own, made-up responses, and tables built without Dagster.

Everything here is synthetic and small. Recorded responses are read where they lie, beside the checkout, and only there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import loading, store
from pipeline.contracts.compile import contract_of
from pipeline.contracts.tables import Macro
from pipeline.landing import Landing
from pipeline.openrouter.client import Exchange
from pipeline.settings import ROOT, DataDir, Settings

SHARED = ROOT.parent / "shared"
RECORDINGS = SHARED / "recordings"

needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recorded responses do not lie beside this checkout"
)

BASE_URL = "https://openrouter.ai/api/v1"
RANKINGS = "/datasets/rankings-daily"

Row = tuple[str, int]
"""model_permaslug, total_tokens"""


def instant(text: str) -> datetime:
    """``2026-01-02T06:30`` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def settings_for(path: Path, *, simulated: bool = False, **changes: Any) -> Settings:
    """Settings for a directory of a test: no key, no limits, nothing of the user's environment."""
    data_dir = DataDir(path)
    if simulated:
        data_dir.mark_simulated()
    values: dict[str, Any] = {"base_url": BASE_URL, "is_unlimited": True, "state_dir": path / "state", **changes}
    return Settings(data_dir=data_dir, **values)


def block_rows(count: int = 45, *, largest: int = 10_000, other: int | None = 5_000) -> list[Row]:
    """A believable block: made-up models in descending order, and ``other``."""
    rows = [(f"author-{n % 9}/model-{n}", largest - 10 * n) for n in range(count)]
    return rows + ([("other", other)] if other is not None else [])


def rankings_body(blocks: Mapping[date, Sequence[Row]], *, as_of: datetime, start: date, end: date) -> dict[str, Any]:
    """A response of rankings-daily as the source writes it."""
    return {
        "data": [
            {"date": day.isoformat(), "model_permaslug": model, "total_tokens": str(tokens)}
            for day, rows in blocks.items()
            for model, tokens in rows
        ],
        "meta": {
            "as_of": as_of.isoformat().replace("+00:00", "Z"),
            "version": "v1",
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
        },
    }


def exchange(
    body: Any, params: Mapping[str, str], *, at: datetime, path: str = RANKINGS, status: int = 200, **changes: Any
) -> Exchange:
    """An exchange as the client hands it to landing. ``body`` is bytes, or is written as JSON."""
    values: dict[str, Any] = {
        "method": "GET",
        "url": BASE_URL + path,
        "params": dict(params),
        "retrieved_at": at,
        "status": status,
        "headers": {},
        "body": body if isinstance(body, bytes) else json.dumps(body).encode(),
        "is_truncated": False,
        "elapsed_seconds": 0.0,
        **changes,
    }
    return Exchange(**values)


def land_blocks(
    landing: Landing, blocks: Mapping[date, Sequence[Row]], *, at: datetime, category: str | None = None
) -> None:
    """Land one response that holds these blocks: days of usage_day, or weeks of a category."""
    params = {"period": "week" if category else "day"} | ({"category": category} if category else {})
    start = min(blocks)
    end = max(blocks) + timedelta(days=6 if category else 0)
    dates = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    landing.append(exchange(rankings_body(blocks, as_of=at, start=start, end=end), params | dates, at=at))


def build_order() -> list[str]:
    """Every SQL file that makes a table or a macro as ``schema.name``, each after what it reads."""
    names = [f"{path.parent.name}.{path.stem}" for path in store.table_files()]
    waits = {
        name: {one for one in store.references(store.read_sql(name.replace(".", "/"))) if one in names} for name in names
    }
    ordered: list[str] = []
    while len(ordered) < len(names):
        ordered += [name for name in names if name not in ordered and waits[name] <= set(ordered)]
    return ordered


def needed_for(names: Iterable[str]) -> set[str]:
    """These tables and macros, and all that they read."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        found |= waiting
        waiting = {one for name in waiting for one in store.references(store.read_sql(name.replace(".", "/")))}
        waiting = {one for one in waiting if one.startswith(("core.", "marts."))} - found
    return found


def build_tables(files: store.Store, con: store.Connection, names: Iterable[str] | None = None) -> None:
    """Build core and marts in the open build file, as the assets do, without Dagster."""
    for name in names or build_order():
        contract, select = contract_of(name), store.read_sql(name.replace(".", "/"))
        if isinstance(contract, Macro):
            files.replace_macro(con, contract, select)
        else:
            files.replace(con, contract, select)


def load_and_build(data_dir: DataDir, run_id: str = "test") -> loading.LoadReport:
    """Load what landing holds and build every table in the directory's build file."""
    files = store.Store(data_dir)
    with files.writer() as con:
        report = loading.load(con, Landing(data_dir), run_id=run_id)
        build_tables(files, con)
    return report
