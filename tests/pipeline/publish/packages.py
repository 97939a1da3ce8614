"""Made-up readings, their published file and its package, for what is exported and compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.publish import package
from pipeline.run.session import say_nothing
from pipeline.settings import Settings
from tests import support
from tests.warehouse.readings import M2, Snapshot, Tables, day, settled_day, settled_week, week

DAY, PROVISIONAL_DAY, RUNNING_WEEK = "2026-01-05", "2026-01-12", "2026-01-12"
HOSTILE = ("author/<script>alert(1)</script>", '=cmd()/"quoted", and\nbroken', "author/it's \\ é", "author/with spaces ")
"""A tag, a formula with quotes, a comma and a new line, an apostrophe and a letter that is no ASCII, a blank at the end."""

ROWS = [(M2, 9_007_199_254_740_993), *((name, 10 + n) for n, name in enumerate(HOSTILE)), ("other", 3)]


def load(tables: Tables, order: int = 1) -> None:
    """A day read twice, a provisional one, a week and one that runs, hostile names, a catalogue that may not leave."""
    readings = [
        day(DAY, "2026-01-06T06:30:00.123456", [(M2, 7), ("other", 3)]),
        settled_day(DAY, ROWS),
        settled_week(DAY, ROWS),
        day(PROVISIONAL_DAY, "2026-01-13T06:30", ROWS),
        week(RUNNING_WEEK, "2026-01-13T06:30", ROWS),
    ]
    for reading in readings[::order]:
        tables.load([reading])
    entry = {"id": "a/x", "canonical_slug": "a/x", "name": "The name of X", "prompt_usd_per_token": "0.125"}
    tables.load_snapshots([Snapshot("models", support.instant("2026-01-09T06:30"), (entry,))])


def publish(tables: Tables, **build: Any) -> Settings:
    """Publish the build file as it stands, as the newest of its builds."""
    settings = support.settings_for(tables.files.data_dir.path)
    number = store.count(tables.con, "ops.builds")
    values = {
        "run_id": f"test {number}",
        "built_at": support.instant(f"2026-03-01T06:{number:02d}"),
        "version": "0.1.0",
        "git_commit": "c0ffee",
        "reference_hashes": "{}",
        "definitions": json.dumps(store.definitions()),
        "is_simulated": False,
        **build,
    }
    store.append_rows(tables.con, TABLES["ops.builds"], [values])
    tables.con.execute("checkpoint")
    # A copy, as the build file stays open.
    settings.data_dir.published.write_bytes(settings.data_dir.build.read_bytes())
    return settings


def export(tables: Tables, path: Path, **build: Any) -> Path:
    """The package of the tables as they stand."""
    return Path(package.export(publish(tables, **build), path, say_nothing)["path"])


def content(path: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    return {one.relative_to(path).as_posix(): one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file()}
