"""The package of the published tables: whole, the same again, licensed, and readable by a stranger."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import frictionless
import polars as pl
import pytest

from pipeline import store
from pipeline.contracts.columns import COLUMNS
from pipeline.contracts.tables import TABLES
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.publish import package
from pipeline.run.session import say_nothing
from pipeline.settings import Settings
from tests import support
from tests.pipeline.publish.packages import HOSTILE, content, export, load
from tests.warehouse.readings import M2, Tables

UNLICENSED = {"core.model_catalogue", "core.benchmark_scores", "core.model_prices", "core.models", "marts.claim_checks",
              "marts.price_intelligence"}  # fmt: skip


@pytest.fixture
def copied(exported: Path, tmp_path: Path) -> Path:
    """A copy of it, to do something to."""
    return Path(shutil.copytree(exported, tmp_path / "copied"))


def descriptor(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((path / package.DESCRIPTOR).read_text())
    return found


def resource(path: Path, name: str) -> dict[str, Any]:
    (found,) = (one for one in descriptor(path)["resources"] if one["name"] == name)
    return dict(found)


# --- what is in it -----------------------------------------------------------------------------------------------------


def test_a_stranger_finds_it_valid(exported: Path) -> None:
    """Frictionless, which knows nothing of us, accepts every file by its schema, key, size and hash."""
    report = frictionless.validate(str(exported / package.DESCRIPTOR))
    assert (report.valid, report.flatten(["name", "message"]), report.warnings) == (True, [], [])
    assert [warning for task in report.tasks for warning in task.warnings] == []
    found = descriptor(exported)
    files = {one["path"] for one in (*found["resources"], *found["story"])} | {package.DESCRIPTOR, package.README}
    assert set(content(exported)) == files


def test_both_forms_hold_what_was_published(exported: Path, settings: Settings) -> None:
    """Each row as it is in the database, to the last digit and character; in the order of the key."""
    name = "core.model_usage_daily"
    with store.Store(settings.data_dir).reader() as con:
        published = store.rows(con, f"from {name} order by usage_date, model_permaslug")
    assert {row["model_permaslug"] for row in published} >= set(HOSTILE)
    assert pl.read_parquet(exported / "core/model_usage_daily.parquet").to_dicts() == published
    with frictionless.Package(str(exported / package.DESCRIPTOR)).get_table_resource(f"{name}.csv") as rows:
        read = [row.to_dict() for row in rows.row_stream]
    assert [{**row, "platform_token_share": float(row["platform_token_share"]),
             "retrieved_at": row["retrieved_at"].replace(tzinfo=UTC)} for row in read] == published  # fmt: skip


def test_an_instant_is_in_utc_to_the_microsecond(exported: Path) -> None:
    """A vintage begins when it was read, in CSV as well; whoever reads it needs no zone."""
    assert ",2026-01-06T06:30:00.123456Z," in (exported / "core/model_usage_daily_vintages.csv").read_text()


def test_a_list_is_json_in_csv(exported: Path) -> None:
    """None of them, an absent list and one with a name full of quotes are told apart."""
    rows = (
        frictionless.Package(str(exported / package.DESCRIPTOR))
        .get_table_resource("marts.coding_share_weekly.csv")
        .read_rows()
    )
    above = {row["base_permaslug"]: row["models_above"] for row in rows}
    assert above[M2] == []
    assert above[HOSTILE[0]] == [M2, HOSTILE[3], HOSTILE[2], HOSTILE[1]]


def test_each_file_says_what_it_is(exported: Path) -> None:
    """Unit, key, licence, the line to print, the number of rows: beside the data, and in the Parquet file itself."""
    found = resource(exported, "core.model_usage_daily.parquet")
    fields = {field["name"]: field for field in found["schema"]["fields"]}
    assert fields["total_tokens"] == {"name": "total_tokens", "type": "integer", "unit": "tokens",
                                      "description": COLUMNS["total_tokens"].description,
                                      "constraints": {"required": True}}  # fmt: skip
    assert found["schema"]["primaryKey"] == ["usage_date", "model_permaslug"]
    assert found["licenses"][0]["name"] == "CC-BY-4.0"
    assert (
        found["citation"]
        == "Source: OpenRouter (openrouter.ai/rankings), as of 2026-01-13T06:30:00Z. Licensed under CC BY 4.0."
    )
    assert found["row_count"] == 12
    assert pl.read_parquet_metadata(exported / found["path"])["citation"] == found["citation"]
    package_of_all = descriptor(exported)
    assert (package_of_all["as_of"], package_of_all["simulated"]) == ("2026-01-15T06:30:00Z", False)
    assert package_of_all["made_with"]["git_commit"] == "c0ffee"
    assert package_of_all["made_with"]["definitions"]["core.newest_blocks"]["reads"] == ["core.blocks", "core.readings"]


def test_a_stranger_can_file_it(exported: Path) -> None:
    """When it was created, by which words it is found, and where it lives: the source, where the page is not served."""
    found = descriptor(exported)
    assert found["created"] == found["as_of"]
    assert {"OpenRouter", "MiniMax M2", "coding"} <= set(found["keywords"])
    assert found["homepage"] == "https://openrouter.ai/rankings"
    assert {"title": "vercel.com", "path": "https://vercel.com/ai-gateway"} in found["sources"], "not every source is one"


# --- the rows behind the charts ------------------------------------------------------------------------------------------


def test_story_has_the_rows_behind_each_chart(exported: Path) -> None:
    """One CSV a query of the page, every row with its citation, in one order; what is not there is said with the reason."""
    found = descriptor(exported)
    written = {one["name"]: one for one in found["story"]}
    without = {one["name"]: one["reason"] for one in found["story_left_out"]}
    assert written.keys() | without.keys() == {path.stem for path in store.sql_files("report")} - {"citations"}
    for one in written.values():
        lines = pl.read_csv(exported / one["path"], infer_schema=False)
        assert (lines.columns, lines.height) == (one["columns"], one["row_count"])
        assert one["hash"] == f"sha256:{package.sha256(exported / one['path'])}"
        assert lines["citation"].null_count() == 0
    shares = pl.read_csv(exported / written["coding_share"]["path"])
    assert shares.height > 0
    assert all(line.startswith("Source: OpenRouter") for line in shares["citation"])


def test_story_leaves_out_what_may_not_be_passed_on(exported: Path) -> None:
    """Neither a query of a table without licence, nor a column of the catalogue, is written; the reason is in README."""
    found = descriptor(exported)
    assert {"price", "claims"} <= {one["name"] for one in found["story_left_out"]}
    forbidden = {one["table"] for one in found["left_out"]}
    assert not [one["name"] for one in found["story"] if forbidden & set(one["tables"])]
    columns = {column for one in found["story"] for column in one["columns"]}
    assert not columns & package._unlicensed_columns()
    readme = (exported / package.README).read_text()
    assert all(f"`{one['name']}`: {one['reason']}" in readme for one in found["story_left_out"])
    assert all(f"`{one['path']}`" in readme for one in found["story"])


# --- what may not be passed on -----------------------------------------------------------------------------------------


def test_what_may_not_be_passed_on_is_left_out_by_name(exported: Path) -> None:
    """Neither the catalogue nor scores leave, not even by a column; what is missing is said with its reason."""
    found = descriptor(exported)
    left_out = {one["table"]: one["reason"] for one in found["left_out"]}
    assert left_out.keys() >= UNLICENSED
    assert left_out["core.model_prices"] == "prices of the catalogue: no licence to pass them on was found"
    assert all(f"`{name}`: {reason}" in (exported / package.README).read_text() for name, reason in left_out.items())
    there = {one["table"] for one in found["resources"]}
    assert there | left_out.keys() == {name for name, table in TABLES.items() if table.schema in ("core", "marts")}
    assert there.isdisjoint(left_out)
    assert not any(b"The name of X" in one for one in content(exported).values())


def test_an_unlicensed_column_keeps_its_table_back(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is declared free and takes over a score all the same is left out, and the score is named."""
    table = TABLES["marts.revision_statistics"]
    spoilt = replace(table, marked_columns=(*table.marked_columns, "coding_index?"))
    monkeypatch.setitem(TABLES, table.full_name, spoilt)
    done = package.export(settings, tmp_path / "it", say_nothing)
    assert done["left_out"][table.full_name] == "it holds coding_index, for which no licence to pass them on was found"


def test_simulated_data_says_so_everywhere(settings: Settings, tmp_path: Path) -> None:
    """Nobody takes the demo's figures for OpenRouter's: not by the package's name, a file's title, nor the Parquet alone."""
    demo = support.settings_for(tmp_path, simulated=True, public_url="https://example.org/usage")
    demo.data_dir.published.write_bytes(settings.data_dir.published.read_bytes())
    path = package.export(demo, None, say_nothing)["path"]
    assert path == tmp_path / "exports" / "2026-01-15"
    found = descriptor(path)
    assert (found["name"], found["simulated"]) == ("openrouter-usage-simulated", True)
    assert found["homepage"] == "https://example.org/usage/index.html"
    texts = [found["title"], found["description"], (path / package.README).read_text()[2:]]
    texts += [one[said] for one in found["resources"] for said in ("title", "description")]
    texts += [pl.read_parquet_metadata(path / "core/blocks.parquet")["description"]]
    assert [text for text in texts if not text.startswith("SIMULATED, not OpenRouter data. ")] == []


# --- the same again ----------------------------------------------------------------------------------------------------


def test_a_rebuild_gives_the_same_bytes(tables: Tables, exported: Path, tmp_path: Path) -> None:
    """Built anew from the same readings in another order, by another run at another time: every file is the same."""
    tables.empty_raw()
    load(tables, order=-1)
    rebuilt = support.needed_for(["marts.m2_coding_share_weekly", "core.model_usage_daily_vintages", "marts.citations"])
    support.build_tables(tables.files, tables.con, [name for name in support.build_order() if name in rebuilt])
    assert content(export(tables, tmp_path / "it", run_id="another")) == content(exported)


def test_a_file_published_meanwhile_is_not_mixed_in(exported: Path, settings: Settings, tmp_path: Path) -> None:
    """The file that is published while an export runs is the next export's: this one is of one vintage."""
    mine = support.settings_for(tmp_path / "data")
    mine.data_dir.path.mkdir()
    shutil.copy(settings.data_dir.published, mine.data_dir.published)
    told: list[str] = []

    def swap(message: str) -> None:
        told.append(message)
        if len(told) == 3:
            (tmp_path / "empty.duckdb").write_bytes(b"")
            (tmp_path / "empty.duckdb").replace(mine.data_dir.published)

    assert content(package.export(mine, tmp_path / "it", swap)["path"]) == content(exported)
    assert len(told) > 3


# --- in its place ------------------------------------------------------------------------------------------------------


def test_an_earlier_export_is_replaced_as_a_whole(copied: Path, settings: Settings, exported: Path) -> None:
    """No file of the one before stays, and nothing is left beside it."""
    found = descriptor(copied)
    gone = {**found["resources"][0], "name": "core.gone.csv", "path": "core/gone.csv", "format": "csv"}
    (copied / package.DESCRIPTOR).write_text(json.dumps({**found, "resources": [*found["resources"], gone]}))
    (copied / "core/gone.csv").write_text("a\n")
    package.export(settings, copied, say_nothing)
    assert content(copied) == content(exported)
    assert list(copied.parent.iterdir()) == [copied]


@pytest.mark.parametrize("name", ["notes.txt", "core/x.csv"])
def test_somebody_elses_file_is_not_replaced(copied: Path, settings: Settings, name: str) -> None:
    """A file laid into an export is kept, and named."""
    (copied / name).write_text("mine")
    before = content(copied)
    with pytest.raises(PermanentFailure, match=f"also holds {name}, which no export wrote"):
        package.export(settings, copied, say_nothing)
    assert content(copied) == before


@pytest.mark.parametrize("said", ['{"name": "somebody"}', "[]", "no JSON", None])
def test_a_folder_that_is_no_export_is_refused(settings: Settings, tmp_path: Path, said: str | None) -> None:
    """Whatever else lies there, with a descriptor of somebody else's, stays, and the message says what to do."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / (package.DESCRIPTOR if said else "notes.txt")).write_text(said or "")
    with pytest.raises(PermanentFailure, match=r"holds no export \(.+\): name a folder") as refused:
        package.export(settings, tmp_path / "mine", say_nothing)
    assert "\n" not in str(refused.value)
    assert len(list(tmp_path.rglob("*"))) == 2


def test_a_descriptor_that_points_elsewhere_is_refused(copied: Path, settings: Settings) -> None:
    """What a package from outside says of its files cannot make us touch others."""
    found = descriptor(copied)
    for part in ("resources", "story"):
        spoilt = json.loads(json.dumps(found))
        spoilt[part][0]["path"] = "../secret.csv"
        (copied / package.DESCRIPTOR).write_text(json.dumps(spoilt))
        with pytest.raises(PermanentFailure, match=r"names '\.\./secret\.csv'"):
            package.export(settings, copied, say_nothing)


def test_a_failure_leaves_the_export_before(
    copied: Path, settings: Settings, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full, or a person who stops it: the earlier package is as it was, and nothing half beside it."""
    for failure in (TransientFailure("writing failed"), KeyboardInterrupt()):

        def fail(*told: object, failure: BaseException = failure) -> int:
            raise failure

        monkeypatch.setattr(store, "export", fail)
        with pytest.raises(type(failure)):
            package.export(settings, copied, say_nothing)
        assert content(copied) == content(exported)
        assert list(copied.parent.iterdir()) == [copied]


def test_an_export_that_cannot_be_moved_in_leaves_the_one_before(
    copied: Path, settings: Settings, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier package goes only once the new one stands in its place."""
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.suffix == ".new":
            raise OSError("no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="no"):
        package.export(settings, copied, say_nothing)
    assert content(copied) == content(exported)
    assert list(copied.parent.iterdir()) == [copied]


def test_what_a_killed_export_left_is_cleared_up(copied: Path, settings: Settings, exported: Path) -> None:
    """Half a package goes with the next export; a whole one that was just being replaced comes back first."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    half = copied.with_name(f".copied.{ended.pid}.new")
    shutil.copytree(copied / "core", half / "core")
    alive = copied.with_name(f".copied.{os.getppid()}.new")
    alive.mkdir()
    copied.rename(copied.with_name(f".copied.{ended.pid}.old"))
    with pytest.raises(RuntimeError):
        package.export(settings, copied, _stop)
    assert content(copied) == content(exported)
    assert set(copied.parent.iterdir()) == {copied, alive}


def _stop(message: str) -> None:
    raise RuntimeError(message)


def test_a_file_of_another_version_is_one_line(settings: Settings, tmp_path: Path) -> None:
    """A published file that lacks what this version asks for says that a rebuild brings it."""
    other = support.settings_for(tmp_path)
    shutil.copy(settings.data_dir.published, other.data_dir.build)
    with store.Store(other.data_dir).writer() as con:
        con.execute("alter table ops.builds drop column definitions")
    store.Store(other.data_dir).publish()
    with pytest.raises(PermanentFailure, match="another version published it; run `openrouter-usage rebuild`"):
        package.export(other, tmp_path / "it", say_nothing)
    assert not (tmp_path / "it").exists()
