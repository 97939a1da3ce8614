"""Whole runs through Dagster, against the simulator over real HTTP on loopback: good days, bad days, and what is left.

What the source may do wrong is told by number in ``tests/failures``; here is what a run is.

Runs build on each other, as days do: one story is told once, and each test looks at its part.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina
from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetSelection,
    DagsterEventType,
    DagsterInstance,
    Definitions,
    RunsFilter,
    define_asset_job,
)

from assets.tables import HOLDS
from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.definitions import build_defs, origin_of
from pipeline.execute import run_rebuild
from pipeline.landing import Landing
from pipeline.run.instance import open_instance
from pipeline.run.jobs import DAILY, REBUILD
from pipeline.run.progress import steps_seconds_of_last_run
from pipeline.series import ASKED
from pipeline.settings import Settings
from tests.failures.conftest import Story
from tests.failures.troubles import body, called, status, tampered
from tests.support import instant

pytestmark = pytest.mark.without_page

FIRST_DAY = "2026-01-01"

FAILURES = {DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE}


def table_sums(settings: Settings) -> dict[str, tuple[int, str]]:
    """How many rows each table of the published file has, and a checksum of all of them."""
    with store.Store(settings.data_dir).reader() as con:
        return {
            name: store.checksum(con, table, name)
            for name, table in TABLES.items()
            if table.schema in ("raw", "core", "marts")
        }


def one_response(story: Story) -> Path:
    """The body of a response that the tables need and no later one replaces: scores, as they were on the first day."""
    landing = Landing(story.settings.data_dir)
    path = next(one for one in landing.ids().values() if landing.describe(one).endpoint == "/benchmarks")
    return path.with_name(path.name.replace(".json", ".body.gz"))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    told = Story(tmp_path_factory.mktemp("story"), instant("2026-02-10T07:00"), FIRST_DAY)
    stamina.set_testing(True, attempts=2, cap=True)
    told.day("first")
    # F4: apps are where models should be.
    told.day("apps", tampered({"usage_day": body(lambda found: called("Kilo Code {}")(found["data"]))}))
    told.day("key refused", tampered({}, otherwise=status(401)))
    with store.Store(told.settings.data_dir).writer() as con:  # as a version would leave it that did not know of tasks
        con.execute("alter table raw.readings drop column source_citation")
        con.execute("update raw.exchanges set series = null, outcome = 'unknown series' where series = 'task_7d'")
    one_response(told).write_bytes(b"")
    told.day("after a week off", days_later=8)
    yield told
    stamina.set_testing(False)


def test_first_run_publishes_everything_since_the_first_day(story: Story) -> None:
    """A first run asks for all periods in as few requests as the source allows, and publishes."""
    first = story.days["first"]
    assert first.outcome.succeeded, first.outcome.failures
    assert first.outcome.failures == []
    assert first.outcome.requests_made == len(first.requests)
    assert list(dict.fromkeys(first.series)) == [one.name for one in ASKED]
    in_one = [name for name in first.series if not name.startswith(("session_cost", "app_week"))]
    assert len(in_one) == len(ASKED) - 3, "one each, but for further pages, and for weeks of apps"
    changes = {change["series"]: change for change in first.outcome.changes}
    assert changes["usage_day"]["new_periods"] == 41
    assert changes["category_week/programming"]["new_periods"] == 6
    assert first.outcome.m2 is not None
    assert first.published


def shown(story: Story, asset: str) -> list[dict[str, Any]]:
    """What the UI shows of an asset, materialisation by materialisation, the oldest first."""
    with open_instance(story.settings) as instance:
        found = instance.fetch_materializations(AssetKey(asset.split("/")), limit=10, ascending=True).records
    made = [record.asset_materialization for record in found]
    return [{name: value.value for name, value in one.metadata.items()} for one in made if one is not None]


def test_numbers_of_m2_plot_themselves(story: Story) -> None:
    """Each run leaves the newest figures under the same names, as numbers; what is absent is left out and not a zero."""
    newest = story.now.date() - timedelta(days=1)
    with store.Store(story.settings.data_dir).reader() as con:
        (share,) = store.rows(con, "from marts.m2_coding_share_weekly order by week_start desc limit 1")
        (tokens,) = store.rows(con, "from marts.m2_usage_daily order by usage_date desc limit 1")
    for asset, row, names in (
        ("marts/m2_coding_share_weekly", share, ("coding_token_share", "coding_rank", "coding_token_share_upper")),
        ("marts/m2_usage_daily", tokens, ("total_tokens", "platform_rank", "platform_token_share", "total_tokens_upper")),
    ):
        runs = shown(story, asset)
        assert len(runs) == 2, "the runs that were published"
        assert {name: runs[-1].get(name) for name in names} == {name: row[name] for name in names}
        assert None not in runs[-1].values()
        assert runs[-1]["sparkline"].startswith("![")
    assert shown(story, "marts/m2_usage_daily")[-1]["usage_date"] == newest.isoformat()


def test_runs_show_what_they_spent_and_brought(story: Story) -> None:
    """Requests of each run, and the rows that were new or grew by it, are numbers of the published file and of raw."""
    good = [day for day in story.days.values() if day.outcome.succeeded]
    assert [run["requests_made"] for run in shown(story, "published/openrouter")] == [len(day.requests) for day in good]
    first, *later = shown(story, "raw/block_rows")
    assert first["rows_new"] == first["dagster/row_count"]
    assert (first["rows_grown"], first["rows_restated"]) == (0, 0)
    assert later[0]["rows_grown"] > 0
    assert shown(story, "raw/readings")[1]["grown_periods"] > 0


def test_f51_runs_of_the_command_line_stand_on_the_timeline(story: Story) -> None:
    """The UI draws a run by the job it is of, where that is defined, and by when it started and ended."""
    with open_instance(story.settings) as instance:
        records = instance.get_run_records(RunsFilter(job_name=DAILY, tags={"data": "SIMULATED"}))
    assert len(records) == len(story.days)
    assert {record.dagster_run.remote_job_origin for record in records} == {origin_of(DAILY)}
    for record in records:
        assert record.start_time is not None
        assert record.end_time is not None
        assert record.create_timestamp.timestamp() <= record.start_time < record.end_time


def test_f51_a_failed_run_says_first_what_was_refused_and_why(story: Story) -> None:
    """Its first red line, the failure of the step and that of the run name the response and the reason, not a class."""
    refusal = "rejected usage_day"
    day = story.days["apps"]
    assert day.outcome.failures[0].startswith(refusal)
    with open_instance(story.settings) as instance:
        entries = instance.all_logs(day.outcome.run_id)
    red = [one for one in entries if one.level == logging.ERROR or one.dagster_event_type in FAILURES]
    assert red[0].message.startswith(refusal)
    failures: list[Any] = [one.get_dagster_event().event_specific_data for one in red if one.is_dagster_event]
    assert [one.error.message.partition(": ")[2].partition(" 20")[0] for one in failures] == [refusal, refusal]
    left_out = [one.message for one in entries if "Not executing" in one.message]
    waits = "failed: raw__load were not executed: core, marts, ops. Not executing."
    assert f"Dependencies for step published__openrouter {waits}" in left_out
    assert not [one for one in left_out if "[" in one]


def test_refused_key_stops_the_asking(story: Story) -> None:
    """A key that is refused once is not tried fourteen times; the message says what to check. What needs none is fetched."""
    day = story.days["key refused"]
    assert not day.outcome.succeeded
    assert day.series == [ASKED[0].name, "gateway_day/labs"]
    assert [failure for failure in day.outcome.failures if "check OPENROUTER_API_KEY" in failure]
    assert day.published == story.days["first"].published


def test_machine_that_was_off_heals_itself(story: Story) -> None:
    """Days that no run asked for are asked for by the next one, and old refusals fail nothing any more."""
    day = story.days["after a week off"]
    assert day.outcome.succeeded
    assert day.outcome.failures == []
    with store.Store(story.settings.data_dir).reader() as con:
        [coverage] = store.rows(con, "from core.series_coverage where series = 'usage_day'")
    assert coverage["periods_missing"] == 0
    assert coverage["last_period"] == (story.now - timedelta(days=1)).date()


def test_a_build_from_scratch_completes_beside_a_damaged_response(story: Story) -> None:
    """One response that cannot be read costs its own figures: the rest is published, and the summary names the file."""
    (warning,) = [line for line in story.days["after a week off"].outcome.warnings if str(one_response(story)) in line]
    assert "openrouter-usage restore" in warning


def test_a_database_of_an_older_version_is_built_anew(story: Story) -> None:
    """The run after an update brings the tables into shape by itself, and reads what was kept unread before."""
    with store.Store(story.settings.data_dir).reader() as con:
        unread = "select count(*) from raw.exchanges where outcome = 'unknown series'"
        read = "select count(source_citation) > 0, count(*) filter (series = 'task_7d') from raw.readings"
        assert (con.execute(unread).fetchall(), con.execute(read).fetchall()) == ([(0,)], [(True, 3)])


def test_results_are_kept_in_tables(story: Story) -> None:
    """Every run leaves its checks, what it loaded and what it built, in ops."""
    with store.Store(story.settings.data_dir).reader() as con:
        failed = store.rows(
            con,
            "select run_id, check_name, failing_rows from ops.validation_results where not passed and severity = 'ERROR'",
        )
        builds = store.rows(con, "from ops.builds")
    assert story.days["apps"].outcome.run_id in {row["run_id"] for row in failed}
    shown = [row["failing_rows"] for row in failed if row["check_name"] == "model_has_an_author"]
    assert any("Kilo Code" in rows for rows in shown if rows)
    assert len(builds) == sum(day.outcome.succeeded for day in story.days.values())
    assert all(build["is_simulated"] for build in builds)


def test_simulated_tables_say_so(story: Story) -> None:
    """Simulated figures are marked in every row, every description and the summary."""
    with store.Store(story.settings.data_dir).reader() as con:
        citations = con.execute("select distinct citation from marts.m2_coding_share_weekly").fetchall()
        comments = con.execute("select comment from duckdb_tables() where schema_name = 'marts'").fetchall()
    assert all(citation.startswith("SIMULATED") for (citation,) in citations)
    assert all(comment.startswith("SIMULATED") for (comment,) in comments)


def test_rebuild_brings_back_every_row(story: Story) -> None:
    """With every DuckDB file deleted, rebuild gives the same raw, core and marts. It is then the measure of the next one's
    time, which no other job was before.
    """
    before = table_sums(story.settings)
    assert before["raw.block_rows"][0] > 0
    for path in story.settings.data_dir.path.glob("*.duckdb"):
        path.unlink()
    with open_instance(story.settings) as instance:
        assert steps_seconds_of_last_run(instance, REBUILD) is None
        daily = steps_seconds_of_last_run(instance, DAILY)
    outcome = run_rebuild(story.settings, say=lambda message: None, clock=story.clock)
    assert outcome.succeeded, outcome.failures
    assert table_sums(story.settings) == before
    with open_instance(story.settings) as instance:
        assert 0 < (steps_seconds_of_last_run(instance, REBUILD) or 0) < outcome.seconds
        assert steps_seconds_of_last_run(instance, DAILY) == daily is not None


def test_rebuild_of_nothing_is_refused(story: Story, tmp_path: Path) -> None:
    """F1: an archive that is gone, as on a disk that was not mounted, does not become an empty database."""
    published = story.settings.data_dir.published.read_bytes()
    landing, away = story.settings.data_dir.landing, tmp_path / "away"
    landing.rename(away)
    landing.mkdir()
    outcome = run_rebuild(story.settings, say=lambda message: None, clock=story.clock)
    landing.rmdir()
    away.rename(landing)
    assert not outcome.succeeded
    assert "holds no response: bring it back" in outcome.failures[0]
    assert story.settings.data_dir.published.read_bytes() == published


def test_check_can_be_run_by_itself(story: Story) -> None:
    """A check that somebody runs again in the UI judges the table as it stands, and builds nothing."""
    defs = build_defs(story.settings, clock=story.clock)
    check = AssetCheckKey(AssetKey(["marts", "m2_usage_daily"]), HOLDS)
    job = define_asset_job("one_check", selection=AssetSelection.checks(check))
    with DagsterInstance.ephemeral() as instance:
        done = Definitions.merge(defs, Definitions(jobs=[job])).resolve_job_def("one_check").execute_in_process(
            instance=instance
        )  # fmt: skip
    assert [result.passed for result in done.get_asset_check_evaluations()] == [True]
    assert done.get_asset_materialization_events() == []
