"""The DuckDB files: what is replaced is replaced whole, what is published is swapped at once, readers only read."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import store
from pipeline.contracts.tables import MACROS, TABLES
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.settings import DataDir, Lake
from pipeline.store import SIMULATED_PREFIX, Store
from pipeline.store.open import open_store

HOLES = TABLES["reference.known_holes"]
ONE_HOLE = "select date '2026-01-01' as usage_date, 'a test' as reason, 'here' as source"
SHORT_WAIT = 0.3


@pytest.fixture
def files(tmp_path: Path) -> Store:
    return Store(DataDir(tmp_path))


def write(files: Store, value: int, *, rows: int = 1) -> None:
    """Put one value into the build file."""
    with files.writer() as con:
        con.execute(
            "create or replace table core.sample as select $value as value from range($rows)", {"value": value, "rows": rows}
        )


def values(con: store.Connection) -> set[int]:
    return {value for (value,) in con.execute("select distinct value from core.sample").fetchall()}


def published(files: Store) -> set[int]:
    with files.reader() as con:
        return values(con)


def ops_row(run_id: str) -> dict[str, Any]:
    counts = {"new_periods": 1, "grown_periods": 0, "restated_periods": 0, "confirmed_periods": 0}
    return {"run_id": run_id, "loaded_at": datetime(2026, 1, 1, tzinfo=UTC), "series": "usage_day", **counts}


@contextmanager
def holding(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the code, has said a word, and waits; it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys\n{code}\nprint('ready', flush=True)\nsys.stdin.read()", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


HOLD_DUCKDB = "import duckdb\ncon = duckdb.connect(sys.argv[1])"
READ_DUCKDB = "import duckdb\ncon = duckdb.connect(sys.argv[1], read_only=True)"
HOLD_LOCK = "import filelock\nlock = filelock.FileLock(sys.argv[1])\nlock.acquire()"


# --- replacing -----------------------------------------------------------------------------------------------------


def test_a_table_is_replaced_whole(files: Store) -> None:
    """What was there before is gone, what the select gives is there, by name and not by place (F17)."""
    with files.writer() as con:
        files.replace(con, HOLES, ONE_HOLE)
        files.replace(con, HOLES, "select 'c' as source, 'b' as reason, date '2026-01-02' as usage_date")
        assert store.rows(con, "from reference.known_holes") == [
            {"usage_date": date(2026, 1, 2), "reason": "b", "source": "c"}
        ]


@pytest.mark.parametrize(
    "select",
    [
        "select date '2026-01-02' as usage_date, 'b' as reason",
        "select date '2026-01-02' as usage_date, 'b' as reason, null as source",
        f"{ONE_HOLE} union all select null, 'b', 'c'",
        "select date '2026-01-02' as usage_date, 'b' as reason, 'c' as source, 1 as unknown_column",
        "select 'no date' as usage_date, 'b' as reason, 'c' as source",
        "select * from no_such_table",
        f"{ONE_HOLE} from range(2)",
    ],
    ids=["column missing", "value NULL", "key NULL", "column unknown", "wrong type", "no such table", "key twice"],
)
def test_a_select_that_breaks_the_contract_replaces_nothing(files: Store, select: str) -> None:
    """A select without a promised column or value, or with a key twice, is refused, and the table stays as it was,
    comments and all.
    """
    with files.writer() as con:
        files.replace(con, HOLES, ONE_HOLE)
        before = store.rows(con, "from reference.known_holes"), comments(con, "reference.known_holes")
        with pytest.raises((duckdb.Error, PermanentFailure)) as refused:
            files.replace(con, HOLES, select)
        assert ("1 keys are there more than once" in str(refused.value)) == ("range(2)" in select)
        assert (store.rows(con, "from reference.known_holes"), comments(con, "reference.known_holes")) == before
        files.replace(con, HOLES, ONE_HOLE)


def test_a_build_that_takes_over_is_not_joined_by_the_log_of_the_one_before(files: Store, tmp_path: Path) -> None:
    """A killed writer leaves a log beside the file, which DuckDB would apply to whatever file has that name."""
    build = files.data_dir.build
    build.parent.mkdir(parents=True, exist_ok=True)
    killed = (
        "import duckdb, os, sys; con = duckdb.connect(sys.argv[1]); con.execute('create table old as select 1'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(build)], check=False)
    assert build.with_name(f"{build.name}.wal").exists()
    fresh = tmp_path / "fresh.duckdb"
    with duckdb.connect(fresh) as con:
        con.execute("create table new as select 1")
    files.take_over(fresh)
    with duckdb.connect(build) as con:
        assert store.table_names(con) == {"main.new"}


def test_nobody_else_writes_while_the_build_is_held(files: Store) -> None:
    """Also between two connections of the run; once it is published, others may."""
    with files.writer():
        pass
    files.hold()
    tried = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    command = [sys.executable, "-c", tried, str(files.data_dir.build)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1
    files.publish()
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def comments(con: store.Connection, full_name: str) -> dict[str, str | None]:
    """The comment of a table, under its name, and of each of its columns."""
    tables = "select comment from duckdb_tables() where schema_name || '.' || table_name = ?"
    columns = "select column_name, comment from duckdb_columns() where schema_name || '.' || table_name = ?"
    found: dict[str, str | None] = dict(con.execute(columns, [full_name]).fetchall())
    return found | {full_name: con.execute(tables, [full_name]).fetchall()[0][0]}


@pytest.mark.parametrize("simulated", [False, True])
def test_every_table_says_what_it_is(tmp_path: Path, simulated: bool) -> None:
    """Tables and columns carry their descriptions, and the tables of simulated data say first that they are."""
    data_dir = DataDir(tmp_path)
    if simulated:
        data_dir.mark_simulated()
    files = Store(data_dir)
    with files.writer() as con:
        files.replace(con, HOLES, ONE_HOLE)
        for table in (one for one in TABLES.values() if one.schema in ("reference", "raw", "ops")):
            found = comments(con, table.full_name)
            assert found.pop(table.full_name) == (SIMULATED_PREFIX if simulated else "") + table.description
            assert found == {column.name: column.description for column in table.columns}
        macro = MACROS["model_usage_daily_as_of"]
        con.execute("create table core.readings (a int)")
        files.replace_macro(con, macro, "select a from core.readings")
        comment = "select distinct comment from duckdb_functions() where function_name = 'model_usage_daily_as_of'"
        assert con.execute(comment).fetchall() == [((SIMULATED_PREFIX if simulated else "") + macro.description,)]


def test_a_transaction_is_all_or_nothing(files: Store) -> None:
    """What was written before a failure within a transaction is not there after it."""

    def fail(con: store.Connection) -> None:
        with store.transaction(con):
            store.append_rows(con, TABLES["ops.loads"], [ops_row("lost")])
            raise ZeroDivisionError

    with files.writer() as con:
        with pytest.raises(ZeroDivisionError):
            fail(con)
        assert store.count(con, "ops.loads") == 0
        assert store.append_rows(con, TABLES["ops.loads"], [ops_row("kept")]) == 1
        assert store.append_rows(con, TABLES["ops.loads"], []) == 0


def test_sessions_are_in_utc(files: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instants read the same on every machine, for the writer and for readers (F10)."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        write(files, 1)
        files.publish()
        select = "select timestamptz '2026-01-01 00:30:00Z'::varchar, (timestamptz '2026-01-01 00:30:00Z')::date"
        with files.writer() as con:
            assert con.execute(select).fetchall() == [("2026-01-01 00:30:00+00", date(2026, 1, 1))]
        with files.reader() as con:
            assert con.execute(select).fetchall() == [("2026-01-01 00:30:00+00", date(2026, 1, 1))]
    finally:
        monkeypatch.undo()
        time.tzset()


# --- what a select reads -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select 1 as one", set()),
        ("select a from core.readings", {"core.readings"}),
        ("from core.readings", {"core.readings"}),
        ("with b as (select a from core.blocks) from b join raw.readings using (a)", {"core.blocks", "raw.readings"}),
        ("with readings as (select a from core.readings) select a from readings", {"core.readings"}),
        ("select a from core.x where a in (from core.y) union all from marts.z", {"core.x", "core.y", "marts.z"}),
        ("select a from model_usage_daily_as_of('infinity')", {"core.model_usage_daily_as_of"}),
        ("select (select a from m2_coding_share_weekly_as_of(ts)) as a", {"marts.m2_coding_share_weekly_as_of"}),
        ("select a from range(3) as t(a), unnest([1]) as u(b)", set()),
        ("select (select max(a) from core.x) as a, exists(from core.y) as b", {"core.x", "core.y"}),
        ('select a from "core"."Odd Name"', {"core.Odd Name"}),
        ("-- from core.comment\nselect 'from core.text' as a", set()),
    ],
)  # fmt: skip
def test_what_a_select_reads_is_read_from_it(sql: str, found: set[str]) -> None:
    """Tables and as-of macros are found wherever they stand, names of the select's own are not."""
    assert store.references(sql) == found


@pytest.mark.parametrize("sql", ["selec a from core.x", "select a from", "drop table core.x", "select 1; drop table core.x"])
def test_what_is_no_select_is_refused(sql: str) -> None:
    """A file that is not one select is told in one line."""
    with pytest.raises(PermanentFailure, match="cannot parse"):
        store.references(sql)


def test_every_select_reads_what_is_declared() -> None:
    """What tables, views and macros are made of are tables, views and macros with a contract."""
    known = {*TABLES, *(macro.full_name for macro in MACROS.values())}
    for select in store.selects().values():
        assert store.references(select) <= known


# --- publishing ----------------------------------------------------------------------------------------------------


def test_publishing_is_a_swap(files: Store) -> None:
    """Who holds the old file keeps reading it, who opens afterwards finds the new one whole."""
    write(files, 1, rows=100_000)
    assert files.publish() == files.data_dir.published.stat().st_size
    select = "select distinct value from core.sample"
    reads_again = f"print('ready', flush=True)\nsys.stdin.readline()\nprint(con.execute({select!r}).fetchall(), flush=True)"
    with holding(f"{READ_DUCKDB}\n{reads_again}", files.data_dir.published) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        write(files, 2, rows=100_000)
        files.publish()
        assert published(files) == {2}
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "[(1,)]\n"


def test_what_is_published_is_the_build_file_whole(files: Store) -> None:
    """Nothing waits in a log beside the copy, and nothing but the file itself is left there."""
    write(files, 1)
    files.publish()
    assert {path.name for path in files.data_dir.path.iterdir()} == {"build.duckdb", "openrouter.duckdb"}
    files.data_dir.build.unlink()
    assert published(files) == {1}


@pytest.mark.parametrize(("owner", "name"), [(os, "fsync"), (shutil, "copyfile"), (Path, "replace")])
def test_what_was_published_stays_when_publishing_fails(
    files: Store, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    """A full disk leaves the file published before byte for byte, nothing beside it, and can be tried again."""
    write(files, 1)
    files.publish()
    before = files.data_dir.published.read_bytes()
    write(files, 2)

    def fails(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fails)
        with pytest.raises(TransientFailure, match="unchanged"):
            files.publish()
    assert files.data_dir.published.read_bytes() == before
    assert {path.name for path in files.data_dir.path.iterdir()} == {"build.duckdb", "openrouter.duckdb"}
    files.publish()
    assert published(files) == {2}


# --- locks ---------------------------------------------------------------------------------------------------------


def test_a_build_file_in_other_hands_is_waited_for_but_not_for_ever(files: Store) -> None:
    """While another process holds the build file opening it fails in words; when that is killed the file is free."""
    write(files, 1)
    with holding(HOLD_DUCKDB, files.data_dir.build) as other:
        started = time.monotonic()
        with pytest.raises(TransientFailure, match="held by another process"):
            store.connect(files.data_dir.build, wait_seconds=SHORT_WAIT)
        assert SHORT_WAIT <= time.monotonic() - started < 5
        other.kill()
        other.wait()
        with files.writer() as con:
            assert values(con) == {1}


def test_a_build_file_that_is_let_go_is_opened(files: Store) -> None:
    """Waiting ends when the other process does."""
    write(files, 1)
    with holding(f"{HOLD_DUCKDB}\nimport threading, os\nthreading.Timer(0.3, os._exit, [0]).start()", files.data_dir.build):
        store.connect(files.data_dir.build, wait_seconds=10).close()


def test_one_run_at_a_time(files: Store) -> None:
    """While another process runs on a directory a run says that it waits, and fails in words; when that is killed the next
    one starts at once.
    """
    told: list[str] = []
    with holding(HOLD_LOCK, files.data_dir.run_lock) as other:
        with (
            pytest.raises(TransientFailure, match="another run"),
            store.run_lock(files.data_dir, wait_seconds=SHORT_WAIT, on_wait=told.append),
        ):
            pytest.fail("two runs at a time")
        assert [f"another run is working on {files.data_dir.path}: waiting" in line for line in told] == [True]
        other.kill()
        other.wait()
        with store.run_lock(files.data_dir, wait_seconds=SHORT_WAIT, on_wait=told.append):
            assert len(told) == 1


@pytest.mark.parametrize("content", [b"no database" * 1000, b"x"], ids=["other content", "cut"])
def test_a_damaged_build_file_is_named_with_its_remedy(files: Store, content: bytes) -> None:
    """A build file that cannot be opened can be deleted and rebuilt, and the message says so."""
    files.data_dir.build.write_bytes(content)
    with pytest.raises(PermanentFailure, match="rebuild") as failure:
        store.connect(files.data_dir.build, wait_seconds=SHORT_WAIT)
    assert str(files.data_dir.build) in str(failure.value)
    assert "\n" not in str(failure.value)


# --- reading -------------------------------------------------------------------------------------------------------


def test_a_reader_before_the_first_publication_is_told(files: Store) -> None:
    """Without a published file there is nothing to read, and none is made."""
    with pytest.raises(PermanentFailure, match="does not exist yet"), files.reader():
        pytest.fail("read nothing")
    assert not files.data_dir.published.exists()


def test_failing_rows_are_counted_and_shown_in_part() -> None:
    """A check says how many rows fail, and shows the first of them only."""
    found = store.failing_rows(duckdb.connect(), "select a, 'x' as b from range(1000) as t(a)")
    assert (found.count, len(found.rows), found.rows[0]) == (1000, store.SHOWN_FAILING_ROWS, {"a": 0, "b": "x"})
    assert store.failing_rows(duckdb.connect(), "select 1 as a where false") == store.FailingRows(0, [])


# --- rebuilding ----------------------------------------------------------------------------------------------------


def test_a_rebuild_takes_the_place_of_the_old_build_at_its_end(files: Store) -> None:
    """Until it has ended well the old build stays; then nothing but the history of runs is left of it."""
    write(files, 1)
    with files.writer() as con:
        store.append_rows(con, TABLES["ops.loads"], [ops_row("a run before")])
    with files.rebuilding() as con:
        con.execute("create table core.sample as select 2 as value")
        with store.connect(files.data_dir.build, read_only=True) as old:
            assert values(old) == {1}
    with files.writer() as con:
        assert values(con) == {2}
        assert store.rows(con, "from ops.loads") == [ops_row("a run before")]
    assert [path.name for path in files.data_dir.path.iterdir()] == ["build.duckdb"]


@pytest.mark.parametrize(
    ("error", "told"),
    [(ZeroDivisionError(), ZeroDivisionError), (duckdb.IOException("no space left"), TransientFailure)],
    ids=["any failure", "full disk"],
)
def test_a_rebuild_that_fails_leaves_the_old_build(files: Store, error: Exception, told: type[Exception]) -> None:
    """A rebuild that raises changes no byte of the build file and leaves nothing beside it; a full disk is explained."""
    write(files, 1)
    before = files.data_dir.build.read_bytes()
    with pytest.raises(told, match="free disk space" if told is TransientFailure else None), files.rebuilding() as con:  # noqa: PT012
        con.execute("create table core.sample as select 2 as value")
        raise error
    assert files.data_dir.build.read_bytes() == before
    assert [path.name for path in files.data_dir.path.iterdir()] == ["build.duckdb"]


@pytest.mark.parametrize("old", [None, b"damaged" * 1000], ids=["none", "damaged"])
def test_a_rebuild_needs_no_old_build(files: Store, old: bytes | None) -> None:
    """A build file that is missing or damaged does not stand in the way of a new one."""
    if old is not None:
        files.data_dir.build.write_bytes(old)
    with files.rebuilding() as con:
        con.execute("create table core.sample as select 2 as value")
    with files.writer() as con:
        assert values(con) == {2}


def test_a_rebuild_that_was_killed_is_forgotten(files: Store) -> None:
    """The file of a rebuild that did not end is not taken for a start of the next one."""
    files.data_dir.build.with_suffix(".new.duckdb").write_bytes(b"half")
    with files.rebuilding() as con:
        assert store.count(con, "raw.exchanges") == 0
    assert [path.name for path in files.data_dir.path.iterdir()] == ["build.duckdb"]


def test_two_readers_at_once(tmp_path: Path) -> None:
    """A second reader in the same process finds the settings locked, and reads all the same."""
    files = store.Store(DataDir(tmp_path))
    with files.writer():
        pass
    files.publish()
    with files.reader(), files.reader() as con:
        assert con.execute("select 1").fetchall() == [(1,)]


def test_broken_build_is_set_aside(tmp_path: Path) -> None:
    """A build file that cannot be opened is moved, not deleted, and a good one is left alone."""
    files = store.Store(DataDir(tmp_path))
    assert files.set_broken_build_aside() is None
    with files.writer():
        pass
    assert files.set_broken_build_aside() is None
    files.data_dir.build.write_bytes(b"no database")
    aside = files.set_broken_build_aside()
    assert aside is not None
    assert aside.read_bytes() == b"no database"
    assert not files.data_dir.build.exists()


def test_a_lake_without_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says which package is not there, and which extra brings it."""
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    for name in [name for name in sys.modules if name.startswith("pipeline.store.lake")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(PermanentFailure, match=r"^the package psycopg2 is not there: install .* the extra `lake`"):
        open_store(DataDir(tmp_path, Lake("ducklake:postgres:dbname=usage", str(tmp_path))))
