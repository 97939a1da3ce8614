"""What several tests need: a data directory of its own, made-up responses, and tables built without Dagster.

Everything here is synthetic and small. Recorded responses are read where they lie, beside the checkout, and only there.
"""

from __future__ import annotations

import json
import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import assets.raw
import assets.report
from pipeline import store
from pipeline.contracts.compile import contract_of
from pipeline.contracts.tables import TABLES
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.report import CheckOutcome, LoadReport
from pipeline.load.validation.expectations import BY_NAME
from pipeline.load.validation.levels import Levels
from pipeline.openrouter.client import Exchange
from pipeline.settings import ROOT, DataDir, Settings
from pipeline.simulator.server import SimulatedResponse, Simulator
from pipeline.store.connect import CONFIG

SHARED = ROOT.parent / "shared"
RECORDINGS = ROOT / "warehouse" / "recordings"
"""The project's own small recording: every clone has it, so that no test of it is skipped."""

EVERY_RECORDING = SHARED / "recordings"
needs_recordings = pytest.mark.skipif(
    not EVERY_RECORDING.is_dir(), reason="the recorded responses do not lie beside this checkout"
)

HISTORY = SHARED / "history"
needs_history = pytest.mark.skipif(not HISTORY.is_dir(), reason="the recorded history does not lie beside this checkout")

DEFINITIONS = SHARED / "cases" / "definitions"
needs_definitions = pytest.mark.skipif(
    not DEFINITIONS.is_dir(), reason="the made-up worlds of the definitions do not lie beside this checkout"
)

# Tables of few rows take two thirds of the time on one core, a whole run four fifths, and pytest has the other core at work.
CONFIG["threads"] = 1

BASE_URL = "https://openrouter.ai/api/v1"
RANKINGS = "/datasets/rankings-daily"

Row = tuple[str, int]
"""model_permaslug, total_tokens"""


def instant(text: str) -> datetime:
    """``2026-01-02T06:30`` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def settings_for(path: Path, *, simulated: bool = False, **changes: Any) -> Settings:
    """Settings for a directory of a test: a key unless it is simulated, no limits, nothing of the user's environment."""
    data_dir = DataDir(path)
    if simulated:
        data_dir.mark_simulated()
    values: dict[str, Any] = {
        "base_url": BASE_URL,
        "is_unlimited": True,
        "state_dir": path / "state",
        "api_key": None if simulated else "key-of-a-test",
        **changes,
    }
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


def tasks_body(as_of: date) -> dict[str, Any]:
    """A response of classifications/task: two macro categories of ten tags each, with three models of each tag."""
    macros = {"code": (0.6, 0.7), "general": (0.4, 0.3)}
    return {
        "data": {
            "window_days": 7,
            "as_of": as_of.isoformat(),
            "macro_categories": [
                {"key": key, "label": key.title(), "usage_share": usage, "token_share": tokens}
                for key, (usage, tokens) in macros.items()
            ],
            "classifications": [
                {
                    "tag": f"{key}:{n}",
                    "display_name": f"{key} {n}",
                    "macro_category": key,
                    "usage_share": usage / 10,
                    "token_share": tokens / 10,
                    "category_usage_share": 0.1,
                    "category_token_share": 0.1,
                    "models": [
                        {"id": f"author/model-{k}", "tag_usage_share": share, "tag_token_share": share}
                        for k, share in enumerate((0.5, 0.25, 0.125))
                    ],
                }
                for key, (usage, tokens) in macros.items()
                for n in range(10)
            ],
        }
    }


def _dataset(rows: list[dict[str, Any]], as_of: datetime, **meta: Any) -> dict[str, Any]:
    return {"data": rows, "meta": {"as_of": as_of.isoformat().replace("+00:00", "Z"), "version": "v1", **meta}}


def session_costs_body(numbers: Iterable[int], *, as_of: datetime, end: date | None) -> dict[str, Any]:
    """A page of session-cost: a cell for each number, which is that of its model and its cost in tenths of a dollar."""
    cells = [
        {
            "app_slug": "cline",
            "app_name": "Cline",
            "turn_range": "1-turn",
            "model_permaslug": f"author/model-{n}",
            "median_session_cost_usd": n / 10,
        }
        for n in numbers
    ]
    window = (
        {"window_days": 30, "window_end_date": end.isoformat()} if end else {"window_days": None, "window_end_date": None}
    )
    return _dataset(cells, as_of, **window)


def models_body(count: int = 60, *, prompt: str = "0.000001", completion: str = "0.000004") -> dict[str, Any]:
    """A response of models: made-up text models of one price."""
    entries = [
        {
            "id": f"author/model-{n}",
            "canonical_slug": f"author/model-{n}",
            "name": f"Model {n}",
            "created": 1767225600,
            "context_length": 200_000,
            "architecture": {"output_modalities": ["text"]},
            "pricing": {"prompt": prompt, "completion": completion},
        }
        for n in range(count)
    ]
    return {"data": entries}


def benchmarks_body(count: int = 10, *, as_of: datetime) -> dict[str, Any]:
    """A response of benchmarks: models in descending order, the first one not measured in coding."""
    scores = [
        {
            "source": "artificial-analysis",
            "model_permaslug": f"author/model-{n}",
            "display_name": f"Model {n}",
            "intelligence_index": 60.0 - n,
            "coding_index": 50.0 if n else None,
            "agentic_index": 40,
            "pricing": {"prompt": "0.0000003", "completion": "0.0000012"},
        }
        for n in range(count)
    ]
    source = {"source": "artificial-analysis", "source_url": "https://artificialanalysis.ai"}
    return _dataset(scores, as_of, **source, citation="Source: Artificial Analysis.", model_count=count, task_type=None)


def apps_body(count: int = 12, *, as_of: datetime, start: date, end: date, spelt: str = "App") -> dict[str, Any]:
    """A response of app-rankings: made-up apps in descending order. ``spelt`` begins their names."""
    apps = [
        {
            "rank": n + 1,
            "app_id": 100 + n,
            "app_name": f"{spelt} {n}",
            "total_tokens": str(10_000 - 10 * n),
            "total_requests": 1_000 + n,
        }
        for n in range(count)
    ]
    return _dataset(apps, as_of, start_date=start.isoformat(), end_date=end.isoformat())


def labs_body(
    days: Mapping[date, Mapping[str, float]], *, start: date, end: date, spend: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """A response of the second gateway: these shares in percent of each metric, of spend those given."""
    rows = [
        {
            "date": day.isoformat(),
            "group": "labs",
            "name": lab,
            "metric": metric,
            "modality": "all",
            "share_percent": share,
        }
        for day, shares in days.items()
        for metric in ("requests", "tokens", "spend")
        for lab, share in (spend or shares if metric == "spend" else shares).items()
    ]
    return {
        "dataset": "labs",
        "modality": "all",
        "from": start.isoformat(),
        "to": end.isoformat(),
        "earliest_available_date": "2025-10-01",
        "license": "CC-BY-4.0",
        "license_url": "https://creativecommons.org/licenses/by/4.0/",
        "rows": rows,
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


class Heard(Simulator):
    """A source that keeps what it was sent: path, query, and headers by their names in lower case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(limits=None, **options)
        self.heard: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = []

    def respond(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> SimulatedResponse:
        self.heard.append((path, dict(query), {name.lower(): value for name, value in headers.items()}))
        return super().respond(method, path, query, headers)


class Loaded:
    """What the load said, and the tables it led to."""

    def __init__(self, report: LoadReport, con: store.Connection, data_dir: DataDir) -> None:
        self.report, self.con, self.data_dir = report, con, data_dir

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self.con.execute(query, parameters or None).fetchall()


@cache
def _reads() -> dict[str, frozenset[str]]:
    """Every table, view and macro that is made of others as ``schema.name``, and which of them it reads."""
    selects = store.selects()
    return {name: store.references(select) & selects.keys() for name, select in selects.items()}


@cache
def build_order() -> list[str]:
    """Every table, view and macro that is made of others as ``schema.name``, each after what it reads."""
    return list(TopologicalSorter(_reads()).static_order())


def needed_for(names: Iterable[str]) -> set[str]:
    """These tables and macros, and all that they read."""
    reads = _reads()
    found: set[str] = set()
    waiting = set(names) & reads.keys()
    while waiting:
        found |= waiting
        waiting = {one for name in waiting for one in reads[name]} - found
    return found


@cache
def _prepared(*, simulated: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        data_dir = DataDir(Path(folder))
        if simulated:
            data_dir.mark_simulated()  # its tables say so
        with store.Store(data_dir).writer():
            pass
        return data_dir.build.read_bytes()


def prepared(data_dir: DataDir) -> DataDir:
    """The directory with a build file as the first writer makes it, copied: to make it takes as long as a small load."""
    data_dir.path.mkdir(parents=True, exist_ok=True)
    data_dir.build.write_bytes(_prepared(simulated=data_dir.is_simulated))
    return data_dir


def build_tables(files: store.Store, con: store.Connection, names: Iterable[str] | None = None) -> None:
    """Build core and marts in the open build file, as the assets do, without Dagster."""
    for name in build_order() if names is None else names:
        files.make(con, contract_of(name), store.select_of(name))


def load_and_build(data_dir: DataDir, run_id: str = "test") -> LoadReport:
    """Load what landing holds and build every table in the directory's build file."""
    files = store.Store(data_dir)
    with files.writer() as con:
        report = loading.load(con, Landing(data_dir), run_id=run_id)
        with store.transaction(con):  # one commit, which is written to the disk, and not one for each
            build_tables(files, con, [name for name in build_order() if name in TABLES])
        files.replace_macros(con)
    return report


def record_build(data_dir: DataDir, at: str = "2026-02-05T06:32") -> None:
    """Write down in the directory's build file that it was built, as a run does before it publishes."""
    build = {"run_id": "test", "built_at": instant(at), "version": "0.1.0", "reference_hashes": "{}", "is_simulated": False}
    with store.Store(data_dir).writer() as con:
        store.append_rows(con, TABLES["ops.builds"], [build])


@dataclass(frozen=True)
class Shared:
    """A data directory that is made once for all processes of a session, and what its load reported. Tests only read it."""

    data_dir: DataDir
    report: LoadReport


# Levels are measured also where the module that comes first leaves them out of its own loads (``made_up_levels``).
_MEASURE = Levels.measure


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[DataDir], LoadReport]) -> Shared:
    """Made by the first process that needs it, which the others wait for."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    kept = folder / "report.pickle"
    with FileLock(f"{folder}.lock"):
        if not kept.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Levels, "measure", _MEASURE)
                made = make(DataDir(folder))
            # An expectation holds expressions, which cannot be packed.
            outcomes = {name: {**vars(one), "expectation": name} for name, one in made.outcomes.items()}
            kept.write_bytes(pickle.dumps((replace(made, outcomes={}), outcomes)))
    report, outcomes = pickle.loads(kept.read_bytes())  # noqa: S301 - packed above
    opened = {name: CheckOutcome(**{**one, "expectation": BY_NAME[name]}) for name, one in outcomes.items()}
    return Shared(DataDir(folder), replace(report, outcomes=opened))


def loaded(factory: pytest.TempPathFactory, recordings: Path) -> Iterator[Loaded]:
    """Recorded responses, imported, loaded, built and published: open until the fixture that yields from this ends."""

    def make(data_dir: DataDir) -> LoadReport:
        assert all(is_new for *_, is_new in Landing(data_dir).import_recorded(recordings))
        report = load_and_build(data_dir)
        store.Store(data_dir).publish()
        return report

    found = shared(factory, f"{recordings.parent.name}-{recordings.name}", make)
    with store.connect(found.data_dir.build, read_only=True) as con:
        yield Loaded(found.report, con, found.data_dir)


def leave_page_out(patch: pytest.MonkeyPatch) -> None:
    """Have runs write a line in the place of the page, which takes a third of a small run, until the patch is undone."""

    def written(settings: Settings) -> Path:
        settings.data_dir.report.parent.mkdir(parents=True, exist_ok=True)
        settings.data_dir.report.write_text("the tests left the page out\n")
        return settings.data_dir.report

    patch.setattr(assets.raw, "rehearse", lambda settings: None)
    patch.setattr(assets.report, "_draw", written)
