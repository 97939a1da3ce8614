"""The same load by this project and by others, in turn, from one source: what ``daily`` and ``backfill`` share.

Belongs here: each contestant's command, dlt's environment, and the proof that all of them stored the same rows. Not here:
what the contestants do (``contestants``), how they are measured (``measure``).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import duckdb

from benchmarks.measure import BIN, RESULTS, Measured, measure
from benchmarks.source import Question, Source, as_json
from pipeline.run.session import Workspace
from pipeline.series import ENDPOINTS
from pipeline.settings import UNLIMITED_VARIABLE, DataDir, Settings

OURS, BARE, DLT, DLT_TUNED = "openrouter-usage", "httpx + DuckDB", "dlt", "dlt with Parquet"
ALL = (OURS, BARE, DLT, DLT_TUNED)
DLT_FORMATS = {DLT: "insert_values", DLT_TUNED: "parquet"}

CONTESTANTS = Path(__file__).parent / "contestants"
DLT_LOCK = CONTESTANTS / "dlt.lock"

Rows = Mapping[str, tuple[int, int]]
"""By series: how many rows, and the sum of their tokens."""


class NotTheSameError(Exception):
    """Contestants asked or stored different things: there is nothing to compare."""


@dataclass(frozen=True)
class Contest:
    """A folder with a place for each contestant, and the source that all of them ask."""

    folder: Path
    source: Source
    names: Sequence[str] = ALL

    def begin(self, now: datetime, verb: str = "run") -> list[Question]:
        """Set the clock, plan as this project would, have the API answer once, and write the questions down."""
        self.data_dir.mark_simulated()
        self.source.at(now)
        workspace = Workspace(Settings.load(self.data_dir.path), clock=lambda: now)
        spans = workspace.backfill() if verb == "backfill" else workspace.plan()
        questions = self.source.questions([span for span in spans if span.series.needs_key])
        self._questions.write_text(as_json(questions))
        return questions

    def take_part(self, name: str, now: datetime, questions: Sequence[Question], verb: str = "run") -> Measured:
        """One contestant's load at that instant. Raises NotTheSameError where it asked other questions."""
        self.source.take_asked()
        environment = {"RUNTIME__DLTHUB_TELEMETRY": "false"} if name in DLT_FORMATS else {UNLIMITED_VARIABLE: "1"}
        measured = measure(name, self._command(name, now, verb), environment)
        # What is asked elsewhere than at the API, this project asks besides.
        asked = sorted(one for one in self.source.take_asked() if _is_of_api(one))
        if asked != sorted(question.asked for question in questions):
            raise NotTheSameError(f"{name} sent {len(asked)} requests, other than the {len(questions)} planned")
        return measured

    def rows(self, name: str, now: datetime) -> Rows:
        """What a contestant stored of what it read at that instant."""
        if name == OURS:
            return _ours(self.data_dir, now)
        database, schema = (self._place(BARE), "main") if name == BARE else (self._place(name) / "dlt.duckdb", "loaded")
        return _theirs(database, schema, now)

    def require_same_rows(self, now: datetime) -> int:
        """How many rows each contestant stored. Raises NotTheSameError where one of them stored others."""
        found = {name: self.rows(name, now) for name in self.names}
        for name, rows in found.items():
            if rows != found[OURS]:
                other = sorted(series for series in {*rows, *found[OURS]} if rows.get(series) != found[OURS].get(series))
                raise NotTheSameError(f"{name} stored other rows than {OURS} of {', '.join(other)}")
        return sum(number for number, _ in found[OURS].values())

    @property
    def data_dir(self) -> DataDir:
        return DataDir(self._place(OURS))

    @property
    def _questions(self) -> Path:
        return self.folder / "questions.json"

    def _place(self, name: str) -> Path:
        return self.folder / name.replace(" ", "_")

    def _command(self, name: str, now: datetime, verb: str) -> list[str]:
        place, instant = str(self._place(name)), now.isoformat()
        if name == OURS:
            return [sys.executable, "-m", "benchmarks.contestants.ours", verb, place, instant, self.source.url]
        given = [str(self._questions), place, self.source.url, instant]
        if name == BARE:
            return [sys.executable, str(CONTESTANTS / "bare.py"), *given]
        return [str(dlt_python()), str(CONTESTANTS / "dlt_rest.py"), *given, DLT_FORMATS[name]]


def _is_of_api(asked: str) -> bool:
    """The files of the exports are no endpoint of the API."""
    endpoint = ENDPOINTS.get(asked.partition("?")[0])
    return endpoint is not None and endpoint.source == "api"


def dlt_python() -> Path:
    """The interpreter of dlt's own environment, which is made from its lock file where it is missing or stale."""
    environment = RESULTS / ".dlt"  # checkers of code leave such folders out
    python, made_of = environment / "bin" / "python", environment / "made_of"
    wanted = hashlib.sha256(DLT_LOCK.read_bytes()).hexdigest()
    if not made_of.exists() or made_of.read_text() != wanted:
        uv = str(BIN / "uv")
        sys.stderr.write("making dlt's environment\n")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment)], check=True)  # noqa: S603
        sync = [uv, "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", "--python", str(python)]
        # Not into the environment that is active.
        apart = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        subprocess.run([*sync, str(DLT_LOCK)], env=apart, check=True)  # noqa: S603
        made_of.write_text(wanted)
    return python


OUR_ROWS = """
with read as (from raw.readings where retrieved_at = ?)
select series, total_tokens from read join raw.block_rows using (series, period_start, block_hash)
union all select series, total_tokens from read join raw.app_rows using (block_hash)
union all select series, null from read join raw.catalogue_rows using (block_hash)
union all select series, null from read join raw.task_rows using (block_hash)
union all select series, null from read join raw.session_cost_rows using (block_hash)
union all select series, null from read join raw.benchmark_rows using (block_hash)
"""
THEIR_ROWS = """
select series, retrieved_at, total_tokens from rankings
union all select series, retrieved_at, total_tokens from apps
union all select series, retrieved_at, null from models
union all select series, retrieved_at, null from tasks
union all select series, retrieved_at, null from session_costs
union all select series, retrieved_at, null from benchmarks
"""


def _ours(data_dir: DataDir, now: datetime) -> Rows:
    with duckdb.connect(str(data_dir.build), read_only=True) as con:
        return _counted(con.sql(OUR_ROWS, params=[now]))


def _theirs(database: Path, schema: str, now: datetime) -> Rows:
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute(f"use {schema}")
        return _counted(con.sql(THEIR_ROWS).filter(f"retrieved_at = '{now.isoformat()}'"))


def _counted(rows: duckdb.DuckDBPyRelation) -> Rows:
    counted = rows.aggregate("series, count(*), coalesce(sum(total_tokens), 0)::int128", "series").fetchall()
    return {series: (number, tokens) for series, number, tokens in counted}


# --- where the time goes ---------------------------------------------------------------------------------------------

PARTS = {"landing": "asking and keeping", "raw": "loading and judging", "report": "page and feed"}


def parts(data_dir: DataDir) -> dict[str, float]:
    """Seconds of each part of a directory's newest run, by Dagster's own events."""
    from pipeline.run.instance import open_instance

    found: dict[str, float] = {}
    # Opening it points the environment at it.
    with patch.dict(os.environ), open_instance(Settings.load(data_dir.path)) as instance:
        (record,) = instance.get_run_records(limit=1)
        for step in instance.get_run_step_stats(record.dagster_run.run_id):
            part = PARTS.get(step.step_key.partition("__")[0], step.step_key.partition("__")[0])
            found[part] = found.get(part, 0.0) + (step.end_time or 0.0) - (step.start_time or 0.0)
    return found
