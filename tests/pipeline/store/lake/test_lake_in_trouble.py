"""What a lake does when what it stands on does not: its PostgreSQL, its files, another worker, a setting."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import psycopg2
import pytest

from pipeline import store
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.settings import Bucket, DataDir, Lake, Settings
from pipeline.store import lake_lock
from pipeline.store.lake import LakeStore, migrate
from tests.pipeline.store.lake.conftest import Server
from tests.pipeline.store.lake.test_lake import a_reader, command
from tests.pipeline.store.lake.test_lake import worker as process

OF_TABLES = "insert into ops.loads select '{}', now(), '', 0, 0, 0, 0"
IN_ONE_LINE = r"^[^\n]*see to its PostgreSQL and its files[^\n]*\Z"
AN_AUTHOR = "insert into reference.authors values ('x', 'x', 'x', null, '', '')"
AN_EXCHANGE = """
insert into raw.exchanges by name
select
    'one' as exchange_id, '' as endpoint, '' as params, now() as retrieved_at, 200 as status, '' as body_sha256,
    'api' as capture, '' as provenance, false as is_simulated, '' as outcome, 0 as rows_read
"""
ANOTHER = "insert into raw.exchanges by name select * replace ('another' as exchange_id) from raw.exchanges"
HELD = """
select count(*)::int from pg_locks inner join pg_database on oid = database
where locktype = 'advisory' and datname = current_database()
"""
OF_LOCKS = "select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory'"


@contextmanager
def worker(folder: Path, lake: Lake) -> Iterator[LakeStore]:
    files = LakeStore(DataDir(folder, lake), lake)
    try:
        yield files
    finally:
        files.release()


def write(files: LakeStore, name: str) -> None:
    with files.writer() as con:
        con.execute(OF_TABLES.format(name))


def written(files: LakeStore) -> list[str]:
    with files.state() as con:
        return [name for (name,) in con.execute("select run_id from ops.loads order by 1").fetchall()]


def rows(con: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(con.execute(query).fetchall()[0][0])


# --- the lock --------------------------------------------------------------------------------------------------------


def test_a_worker_that_lost_its_lock_commits_nothing(server: Server, tmp_path: Path) -> None:
    """Its connection to PostgreSQL was cut without its knowing, and another worker writes since."""
    lake = server.prepared_lake("lost", tmp_path / "files")
    with worker(tmp_path / "one", lake) as one, worker(tmp_path / "other", lake) as other:
        one.hold()
        write(one, "before")
        with pytest.raises(TransientFailure, match="another has taken over; run again"), one.writer() as con:  # noqa: PT012
            con.execute(OF_TABLES.format("too late"))
            server.ask("lost", OF_LOCKS + " and datname = 'lost'")
            write(other, "of the other")
        assert written(other) == ["before", "of the other"]
        with pytest.raises(TransientFailure, match="another has taken over"):
            write(one, "later still")
        one.release()
        write(one, "with a lock again")
        assert written(other) == ["before", "of the other", "with a lock again"]


def test_a_worker_that_vanished_with_the_lock_is_not_waited_for(server: Server, tmp_path: Path) -> None:
    """Its process is stopped, so that nothing tells PostgreSQL: as with a machine that was switched off, it says no more.
    While it lives it keeps the lock for as long as it likes. When it comes back, it commits nothing.
    """
    lake, lease_seconds = server.prepared_lake("vanished", tmp_path / "files"), 1.5
    vanishing = process(lake, "stay", tmp_path / "vanishing", lease_seconds)
    assert vanishing.stdout is not None
    assert vanishing.stdout.readline() == "written\n"
    with worker(tmp_path / "other", lake) as other:
        time.sleep(2 * lease_seconds)
        assert server.ask("vanished", HELD) == [(1,)]
        vanishing.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        write(other, "of the other")
        assert time.monotonic() - began < lease_seconds + 20  # a loaded machine takes seconds to write
        vanishing.send_signal(signal.SIGCONT)
        said, _ = vanishing.communicate("go on\n", timeout=60)
        assert vanishing.returncode == 1
        assert "another has taken over; run again" in said
        assert written(other) == ["of the other"]


def test_a_worker_that_vanished_in_a_commit_is_ended(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock is free by then, but not the row that says who writes: the next one would wait for it, for hours."""
    monkeypatch.setattr(lake_lock, "COMMIT_SECONDS", 0.2)
    lake = server.prepared_lake("in_a_commit", tmp_path / "files")
    with worker(tmp_path / "one", lake) as one, worker(tmp_path / "other", lake) as other:
        write(one, "before")
        [(name,)] = server.ask("in_a_commit", "select name from openrouter_usage_writer")
        arguments = f"{server.libpq} dbname=in_a_commit application_name={name}"
        with closing(psycopg2.connect(arguments)) as session, session.cursor() as cursor:
            cursor.execute("select from openrouter_usage_writer for share")  # as the fence does
            write(other, "of the other")
            with pytest.raises(psycopg2.OperationalError):
                cursor.execute("select 1")
        assert written(other) == ["before", "of the other"]


def test_a_restart_of_postgresql_is_told_in_one_line_and_loses_nothing(server: Server, tmp_path: Path) -> None:
    """While a worker writes, the lake falls back to its last transaction; one that waits for the lock is told, too."""
    lake = server.prepared_lake("restarted", tmp_path / "files")
    with worker(tmp_path / "one", lake) as one, worker(tmp_path / "other", lake) as other:
        one.hold()
        write(one, "before")
        told: list[str] = []

        def wait() -> None:
            with pytest.raises(TransientFailure) as failure:
                other.hold()
            told.append(str(failure.value))

        waiting = threading.Thread(target=wait)
        waiting.start()
        with pytest.raises(TransientFailure) as failure, one.writer() as con:  # noqa: PT012
            con.execute(OF_TABLES.format("lost"))
            server.stop()
            server.start()
        waiting.join(timeout=30)
        for line in (*told, str(failure.value)):
            assert "\n" not in line
            assert "run again" in line
        assert len(told) == 1
        one.release()
        write(one, "after")
        assert written(other) == ["after", "before"]


def test_commits_of_others_are_gone_round(server: Server, tmp_path: Path) -> None:
    """Our workers commit in turn. Somebody else's table in the same lake is written at any time: DuckLake tries again."""
    lake = server.prepared_lake("shared", tmp_path / "files")
    with worker(tmp_path / "one", lake) as one:
        write(one, "first")
        with a_reader() as con:
            con.execute(f"attach '{lake.url}' as lake")
            con.execute("create table lake.main.notes (note int)")

        def note() -> None:
            with a_reader() as con:
                con.execute("set ducklake_max_retry_count = 100")
                con.execute(f"attach '{lake.url}' as lake")
                for number in range(20):
                    con.execute("insert into lake.main.notes values (?)", [number])

        others = [threading.Thread(target=note) for _ in range(2)]
        for other in others:
            other.start()
        for number in range(20):
            write(one, f"table {number:02}")
        for other in others:
            other.join(timeout=120)
        assert len(written(one)) == 21
        with one.state() as con:
            assert store.count(con, "main.notes") == 40


def test_readers_find_whole_transactions_while_a_worker_writes(server: Server, tmp_path: Path) -> None:
    """Both changes of a layer, or none; what was there before stays to be had."""
    lake = server.prepared_lake("read", tmp_path / "files")
    counted = "select count(*) from ops.loads {0} union all select count(*) from reference.authors {0} where author = 'x'"
    with worker(tmp_path / "one", lake) as one, a_reader() as con:
        con.execute(f"attach '{lake.url}' as lake (read_only)")
        con.execute("use lake")
        first = rows(con, "select max(snapshot_id) from ducklake_snapshots('lake')")
        with one.writer() as writing:
            writing.execute(OF_TABLES.format("one"))
            assert con.execute(counted.format("")).fetchall() == [(0,), (0,)]
            writing.execute(AN_AUTHOR)
            assert con.execute(counted.format("")).fetchall() == [(0,), (0,)]
        assert con.execute(counted.format("")).fetchall() == [(1,), (1,)]
        assert con.execute(counted.format(f"at (version => {first})")).fetchall() == [(0,), (0,)]


# --- what it stands on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [["run"], ["migrate", "lake"], ["status"]])
def test_a_lake_that_cannot_be_reached_is_told_in_one_line(verb: list[str], tmp_path: Path) -> None:
    gone = Lake("ducklake:postgres:dbname=none host=127.0.0.1 port=1 user=lake", f"{tmp_path}/files/")
    data_dir = DataDir(tmp_path / "data")
    data_dir.mark_simulated()
    with store.Store(data_dir).writer():
        pass
    done = command(gone, data_dir.path, *verb)
    assert "Traceback" not in done.stderr + done.stdout
    assert not data_dir.landing.exists()
    if verb != ["status"]:
        assert done.returncode == 1
        (told,) = [line for line in done.stderr.splitlines() if "catalogue failed" in line]
        assert "Connection refused" in told


def test_a_folder_that_cannot_be_written_to_is_told_in_one_line(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    lake = server.lake("shut", tmp_path / "file" / "files")
    with pytest.raises(PermanentFailure, match=r"^[^\n]*see that WAREHOUSE_FILES is a folder[^\n]*\Z"):  # noqa: SIM117
        with worker(tmp_path, lake) as one:
            write(one, "anything")


def test_a_bucket_that_is_not_there_is_told_in_one_line(server: Server, bucket: Bucket, tmp_path: Path) -> None:
    lake = server.lake("nowhere", "s3://nowhere/usage", bucket)
    with pytest.raises(TransientFailure, match=IN_ONE_LINE), worker(tmp_path, lake) as one:
        write(one, "anything")


def test_a_lake_whose_files_are_elsewhere_is_not_written_to(server: Server, tmp_path: Path) -> None:
    """A worker whose WAREHOUSE_FILES is not that of the others would write where nobody reads."""
    lake = server.prepared_lake("elsewhere", tmp_path / "files")
    with worker(tmp_path / "one", lake) as one:
        write(one, "here")
    other = Lake(lake.url, f"{tmp_path}/others/")
    with pytest.raises(PermanentFailure, match="files") as failure, worker(tmp_path / "two", other) as two:
        write(two, "there")
    assert f"{tmp_path}/files/" in str(failure.value)
    assert "\n" not in str(failure.value)
    assert not (tmp_path / "others").exists()


def test_a_copy_that_was_never_published_is_gone_over(server: Server, tmp_path: Path) -> None:
    """A migration was killed after its copy, before it told anybody; another's responses are never gone over."""
    lake = server.lake("unpublished", tmp_path / "files")
    data_dir = DataDir(tmp_path / "data", lake)
    with store.Store(data_dir).writer() as con:
        con.execute(AN_EXCHANGE)
    migrate(data_dir, to_lake=True, say=print)
    with a_reader() as con:
        con.execute(f"attach '{lake.url}' as lake")
        con.execute("delete from lake.main.published")
        assert migrate(data_dir, to_lake=True, say=print)["raw.exchanges"] == 1
        con.execute("delete from lake.main.published")
        con.execute("use lake")
        con.execute(ANOTHER)
    with pytest.raises(PermanentFailure, match="holds a warehouse already"):
        migrate(data_dir, to_lake=True, say=print)


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["postgres:dbname=x", "ducklake:postgres:dbname=x password=y", "ducklake:postgres://u:p@h/x"]
)
def test_urls_that_are_no_lake_or_tell_a_password_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", url)
    with pytest.raises(PermanentFailure, match="WAREHOUSE_URL"):
        Settings.load()


@pytest.mark.parametrize(("name", "value"), [("AWS_SECRET_ACCESS_KEY", ""), ("AWS_ENDPOINT_URL", "store.example:9000")])
def test_a_bucket_that_cannot_be_opened_is_said_before_anything_is_done(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", "ducklake:postgres:dbname=x")
    monkeypatch.setenv("WAREHOUSE_FILES", "s3://bucket/usage")
    for given in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(given, "given")
    monkeypatch.setenv(name, value)
    with pytest.raises(PermanentFailure, match=name):
        Settings.load()
