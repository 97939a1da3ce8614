"""What Dagster knows, asked of the definitions themselves: keys, dependencies, checks, partitions, jobs, the schedule."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from pathlib import Path

import pytest
from dagster import (
    AssetCheckKey,
    AssetCheckSpec,
    AssetKey,
    DailyPartitionsDefinition,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    Definitions,
    PathMetadataValue,
    ScheduleDefinition,
    SensorDefinition,
    UrlMetadataValue,
)
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph, AssetNode
from dagster._core.definitions.backfill_policy import BackfillPolicyType
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy
from dagster._core.execution.api import create_execution_plan

from assets import metadata
from assets.landing import EXPORTS, FETCHED_DAYS, IMPORTED, landing_key
from assets.tables import HOLDS
from pipeline import store
from pipeline.contracts.tables import MACROS, TABLES
from pipeline.definitions import build_defs, origin_of
from pipeline.openrouter.endpoints.apps import APPS
from pipeline.run.jobs import BACKFILL, DAILY, IMPORT, REBUILD
from pipeline.series import ASKED
from pipeline.settings import ROOT, WAREHOUSE
from tests.support import settings_for

# A rename of an asset orphans its history in Dagster, and the name is what people cite: it shows in review here.
ASSET_KEYS = (Path(__file__).parent / "asset_keys.txt").read_text().split()

MADE_BY_HAND = {"landing/imported_exchanges", "landing/fetched_days"}

NON_BLOCKING = [
    "landing/category_week/programming: is_fresh",
    "landing/usage_day: is_fresh",
    "landing/usage_day: optional_series_are_fetched",
    "published/openrouter: series_are_fresh",
    "raw/exchanges: every_entry_is_typed",
    "raw/exchanges: landed_responses_are_sound",
    "raw/exchanges: no_entry_is_missing",
    "raw/exchanges: no_period_is_missing",
    "raw/exchanges: no_unknown_fields",
    "raw/exchanges: resolved_dates_equal_asked",
    "raw/readings: exports_agree_with_the_api",
    "raw/readings: restatement_is_small",
    "report/feed: is_written",
    "report/index: is_drawn",
]

VIEWS = {name.replace(".", "/") for name, table in TABLES.items() if table.is_view}
VIEWS |= {macro.full_name.replace(".", "/") for macro in MACROS.values()}
STORED = set(ASSET_KEYS) - VIEWS
CHECKS = [(table, *check) for table in TABLES.values() for check in store.checks(table).items()]
ASSET_TABLES = sorted(name for name in TABLES if name.replace(".", "/") in ASSET_KEYS)


def written(key: AssetKey) -> str:
    return "/".join(key.path)


def key_of(name: str) -> AssetKey:
    return AssetKey(name.split("/"))


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    return build_defs(settings_for(tmp_path_factory.mktemp("definitions")))


@pytest.fixture(scope="module")
def graph(defs: Definitions) -> AssetGraph:
    return defs.resolve_asset_graph()


def node(graph: AssetGraph, name: str) -> AssetNode:
    return graph.get(key_of(name))


def parents(graph: AssetGraph, name: str) -> set[str]:
    return {written(key) for key in node(graph, name).parent_keys}


def check_spec(graph: AssetGraph, asset: str, check: str) -> AssetCheckSpec:
    """The declared check; KeyError when there is none."""
    return graph.get_check_spec(AssetCheckKey(key_of(asset), check))


# --- assets ----------------------------------------------------------------------------------------------------------


def test_asset_keys_are_these(graph: AssetGraph) -> None:
    """Assets come and go, and change their names, only together with this list."""
    assert sorted(written(key) for key in graph.get_all_asset_keys()) == ASSET_KEYS


def test_graph_says_what_is_a_view(graph: AssetGraph) -> None:
    """Views and as-of macros are in the lineage, and no run has an event of them. All else is made here: a dependency that
    is misspelt would be an external asset.
    """
    assert {written(key) for key in graph.get_all_asset_keys() if graph.get(key).is_virtual} == VIEWS
    assert {written(key) for key in graph.get_all_asset_keys() if not graph.get(key).is_executable} == VIEWS


def test_asset_is_described_and_stands_in_its_layer(graph: AssetGraph) -> None:
    """Anyone who opens an asset in the UI reads what it is, and finds it in the group of its layer, where the as-of macros
    and the vintages are groups of their own.
    """
    for name in ASSET_KEYS:
        one = node(graph, name)
        assert (one.description or "").strip().endswith("."), name
        suffix = next((end for end in ("_as_of", "_vintages") if name in VIEWS and name.endswith(end)), "")
        assert one.group_name == name.partition("/")[0] + suffix, name


def test_asset_links_to_its_code(graph: AssetGraph) -> None:
    """The first link of an asset opens the file that makes it: the table's SQL or CSV, the op's Python otherwise."""
    for name in ASSET_KEYS:
        links = node(graph, name).metadata["dagster/code_references"].code_references
        files = [Path(link.source.partition(":")[0]).relative_to(ROOT).as_posix() for link in links]
        written = [f"warehouse/{name}.{kind}" for kind in ("csv", "toml")]
        reference = next((path for path in written if (ROOT / path).exists()), "pipeline/series.py")
        of_layer = {"landing": "assets/landing.py", "raw": "assets/raw.py", "reference": reference}
        of_layer |= {"published": "assets/published.py", "report": "assets/report.py"}
        own = f"warehouse/{name.removesuffix('_as_of')}.sql"
        made = own if (ROOT / own).exists() else "pipeline/contracts/compile.py"
        assert files[0] == of_layer.get(name.partition("/")[0], made)
        assert (ROOT / files[0]).is_file()


def test_code_links_to_the_repository_where_it_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is the one of `project.urls`; without one, or at another kind of host, links open the file here."""
    settings, name = settings_for(tmp_path), "marts/events"

    def first_link(urls: list[str]) -> str:
        told = Message()
        for url in urls:
            told["Project-URL"] = url
        monkeypatch.setattr(metadata, "metadata", lambda _: told)
        links = node(build_defs(settings).resolve_asset_graph(), name).metadata["dagster/code_references"].code_references
        return str(links[0].source)

    published = ["Homepage, https://example.org", "Repository, https://github.com/someone/openrouter-usage/"]
    expected = "https://github.com/someone/openrouter-usage/tree/HEAD/warehouse/marts/events.sql"
    assert first_link(published) == expected
    for urls in ([], ["Repository, https://example.org/code"]):
        assert first_link(urls) == str(WAREHOUSE / "marts/events.sql")


@pytest.mark.parametrize("public_url", [None, "https://example.org/usage"])
def test_asset_leads_to_the_page_and_the_definitions(tmp_path: Path, public_url: str | None) -> None:
    """From each asset: the page where it is served, else the file; and the document that defines the figures."""
    settings = replace(settings_for(tmp_path), public_url=public_url)
    for one in build_defs(settings).resolve_asset_graph().asset_nodes:
        page, docs = one.metadata["page"], one.metadata["docs"]
        assert isinstance(docs, PathMetadataValue)
        assert Path(str(docs.value)).is_file()
        if public_url is None:
            assert (type(page), page.value) == (PathMetadataValue, str(settings.data_dir.report))
        else:
            assert (type(page), page.value) == (UrlMetadataValue, "https://example.org/usage/index.html")


def test_landing_assets_are_named_in_full(graph: AssetGraph) -> None:
    """Each description begins with what the series is, in words and unlike any other's."""
    titles = {series.name: series.title for series in ASKED}
    assert len(set(titles.values())) == len(titles)
    assert titles["usage_day"] == "Rankings by day, in total"
    assert titles["category_week/marketing/seo"] == "Rankings by week, category marketing/seo"
    for series in ASKED:
        one = graph.get(landing_key(series))
        assert (one.description or "").startswith(f"{series.title}. ")
        assert one.metadata["series"] == series.name


def test_version_of_a_table_is_the_hash_of_its_definition(graph: AssetGraph) -> None:
    """The UI marks a table as outdated once what makes it has changed, by the hash that `ops.builds` keeps."""
    definitions = store.definitions()
    for full_name in ASSET_TABLES:
        version = node(graph, full_name.replace(".", "/")).code_version
        assert version is not None, full_name
        assert definitions[full_name]["sha256"].startswith(version), full_name


def test_table_asset_says_what_its_contract_says(graph: AssetGraph) -> None:
    """Description, name of the table and every column with type, meaning, key and NULL rule come from the contract."""
    for table in map(TABLES.__getitem__, ASSET_TABLES):
        one = node(graph, table.full_name.replace(".", "/"))
        assert (one.description, one.metadata["dagster/table_name"]) == (table.description, table.full_name)
        columns = one.metadata["dagster/column_schema"].columns
        assert [(shown.name, shown.type, shown.description) for shown in columns] == [
            (column.name, column.type, column.description) for column in table.columns
        ]
        nullable = [shown.name for shown in columns if shown.constraints.nullable]
        assert nullable == [column.name for column in table.columns if f"{column.name}?" in table.marked_columns]
        assert {shown.name for shown in columns if "key" in shown.constraints.other} == set(table.key)


# --- dependencies ----------------------------------------------------------------------------------------------------


def read_by(sql: str) -> set[str]:
    """What a select names, by a way that shares nothing with the product's parser: words before a dot, calls of macros; not
    what stands in a text, as an event's query does.
    """
    text = re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", sql))
    tables = {f"{schema}/{name}" for schema, name in re.findall(r"\b(raw|core|marts|reference|ops)\.(\w+)", text)}
    calls = set(re.findall(r"(?<![.\w])(\w+)\s*\(", text))
    return tables | {f"{MACROS[name].schema}/{name}" for name in calls & set(MACROS)}


def test_dependencies_of_a_sql_asset_are_what_its_sql_reads(graph: AssetGraph) -> None:
    """The lineage that the UI shows is the one that the SQL has, tables and as-of macros alike."""
    for layer in ("core", "marts", "ops"):
        for path in (WAREHOUSE / layer).glob("*.sql"):
            name = f"{layer}/{path.stem}"
            assert name not in ASSET_KEYS or parents(graph, name) == read_by(path.read_text()), name


def test_raw_waits_for_every_series(graph: AssetGraph) -> None:
    """Loading begins once every series was asked for; known holes are read before answers are judged."""
    expected = {written(key) for key in (*map(landing_key, ASKED), EXPORTS)} | {
        f"reference/{name}" for name in ("accepted_levels", "authors", "known_holes", "model_aliases", "wrong_sources")
    }
    for name in ASSET_KEYS:
        if name.startswith("raw/"):
            assert parents(graph, name) == expected


def test_published_waits_for_every_table(graph: AssetGraph) -> None:
    """Nothing is published before every table and macro that is made from raw stands and passed its checks."""
    assert parents(graph, "published/openrouter") == {
        name for name in ASSET_KEYS if name.partition("/")[0] in ("core", "marts", "reference", "ops")
    }


# --- checks ----------------------------------------------------------------------------------------------------------


def test_every_check_blocks_but_these(graph: AssetGraph) -> None:
    """What refuses a response or a table stops the run, and a required series that was not fetched; what is old, damaged,
    optional, or beside the tables does not.
    """
    checks = [one for one in graph.asset_check_keys if not graph.get_check_spec(one).blocking]
    assert sorted(f"{written(one.asset_key)}: {one.name}" for one in checks) == NON_BLOCKING


def test_every_check_in_sql_guards_its_table(graph: AssetGraph) -> None:
    """All of a table's are one blocking check of it, described by their comments. It runs as soon as its table is there: it
    reads that table, what the table is made from, and what was loaded.
    """
    raw = {name for name in ASSET_KEYS if name.startswith("raw/")}
    for table, name, select in CHECKS:
        asset = table.full_name.replace(".", "/")
        spec = check_spec(graph, asset, HOLDS)
        assert spec.blocking, asset
        first_comment = next(line for line in select.splitlines() if line.startswith("--"))
        assert f"{name}: {first_comment.removeprefix('--').strip()}" in (spec.description or ""), asset
        before = {written(key) for key in graph.get_ancestor_asset_keys(key_of(asset))}
        assert read_by(select) <= {asset} | before | raw, (asset, name)


def test_asset_turns_red_without_a_run(graph: AssetGraph) -> None:
    """The daemon itself judges how long ago something was made, as long as the daily run makes it; an import is no duty."""
    windows = {
        name: policy.fail_window.to_timedelta()
        for name in ASSET_KEYS
        if isinstance(policy := node(graph, name).freshness_policy, TimeWindowFreshnessPolicy)
    }
    assert windows == dict.fromkeys(STORED - MADE_BY_HAND, timedelta(hours=36))


# --- partitions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("job", [DAILY, BACKFILL, REBUILD])
def test_f51_a_job_starts_with_one_click(defs: Definitions, job: str) -> None:
    """The UI asks for no day before it starts one of these, and needs no configuration: its button launches at once."""
    resolved = defs.resolve_job_def(job)
    assert resolved.partitions_def is None
    assert not [key for key in resolved.asset_layer.selected_asset_keys if resolved.asset_layer.get(key).is_partitioned]
    create_execution_plan(resolved, run_config=resolved.run_config or {})


def test_days_begin_where_the_source_does(graph: AssetGraph) -> None:
    """A partition is a UTC day from 2025-01-01 on, the newest one is yesterday, and a backfill is one run."""
    fetched = node(graph, written(FETCHED_DAYS))
    days = fetched.partitions_def
    assert isinstance(days, DailyPartitionsDefinition)
    assert days.timezone == "UTC"
    keys = days.get_partition_keys(current_time=datetime(2025, 1, 4, 0, 0, 1, tzinfo=UTC))
    assert keys == ["2025-01-01", "2025-01-02", "2025-01-03"]
    assert fetched.backfill_policy is not None
    assert fetched.backfill_policy.policy_type is BackfillPolicyType.SINGLE_RUN


# --- jobs ------------------------------------------------------------------------------------------------------------


def selected(defs: Definitions, job: str) -> set[str]:
    return {written(key) for key in defs.resolve_job_def(job).asset_layer.selected_asset_keys}


def test_f51_runs_of_the_command_line_stand_where_the_ui_looks() -> None:
    """The UI shows a run under its job by the name of the code location, which does not change with the folder."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    origin = origin_of(DAILY)
    assert origin.repository_origin.get_label() == f"__repository__@{project['code_location_name']}"
    assert origin.job_name == DAILY


def test_f51_a_demo_says_so_wherever_the_ui_shows_it(tmp_path: Path, defs: Definitions) -> None:
    """Every job, so every run, and every asset of simulated data is marked; real data never is."""
    demo = build_defs(settings_for(tmp_path, simulated=True))
    jobs = [DAILY, BACKFILL, REBUILD, IMPORT]
    assert [demo.resolve_job_def(job).run_tags for job in jobs] == [{"data": "SIMULATED"}] * 4
    for node in demo.resolve_asset_graph().asset_nodes:
        assert "SIMULATED" in node.kinds, node.key
        assert (node.description or "").startswith("SIMULATED, not OpenRouter's data. "), node.key
    assert [defs.resolve_job_def(job).run_tags for job in jobs] == [{}] * 4
    assert not [node.key for node in defs.resolve_asset_graph().asset_nodes if "SIMULATED" in node.kinds]


def test_a_job_makes_what_it_is_for(defs: Definitions) -> None:
    """The daily job and the backfill fetch, load, build and publish; a rebuild asks the network for nothing; an import
    touches landing and no table.
    """
    made_of_landing = {name for name in STORED if not name.startswith("landing/")}
    expected = {DAILY: STORED - MADE_BY_HAND, BACKFILL: STORED - MADE_BY_HAND, REBUILD: made_of_landing}
    assert {job: selected(defs, job) for job in (DAILY, BACKFILL, REBUILD, IMPORT)} == {
        **expected,
        IMPORT: {written(IMPORTED)},
    }


def test_what_cannot_be_read_again_is_asked_for_first() -> None:
    """When the budget or the night ends early, it is the weekly re-readings that wait, not what has no past."""
    dated = next(number for number, series in enumerate(ASKED) if series.grain != "snapshot")
    assert ASKED[0].name == "task_7d"
    late = [series.name for series in ASKED[dated:] if series.grain == "snapshot" and series.endpoint is not APPS]
    assert late == ["contract"]  # what changes in it, changes for good
    assert [series.name for series in ASKED[dated : dated + 2]] == ["usage_day", "category_week/programming"]


# --- the schedule and the sensor -------------------------------------------------------------------------------------


def test_schedule_and_sensor_are_on(defs: Definitions) -> None:
    """Once Dagster is started the daily job runs by itself at 06:30 UTC, and the daemon looks for incidents."""
    [schedule], [alert] = defs.schedules or (), defs.sensors or ()
    assert isinstance(schedule, ScheduleDefinition)
    assert isinstance(alert, SensorDefinition)
    assert (schedule.job_name, schedule.cron_schedule, schedule.execution_timezone) == (DAILY, "30 6 * * *", "UTC")
    assert schedule.default_status is DefaultScheduleStatus.RUNNING
    assert (alert.default_status, alert.targets) == (DefaultSensorStatus.RUNNING, [])


# --- loading ---------------------------------------------------------------------------------------------------------


def test_definitions_need_no_directory_and_leave_nothing_behind(tmp_path: Path) -> None:
    """Loading the definitions opens no database and makes no folder: that is for runs."""
    build_defs(settings_for(tmp_path / "data"), clock=lambda: datetime.combine(date(2026, 2, 10), datetime.min.time(), UTC))
    assert list(tmp_path.iterdir()) == []
