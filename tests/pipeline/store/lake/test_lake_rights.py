"""A lake whose doors are shut: wrong keys, and rights that end at reading. One line each, and nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pipeline import store
from pipeline.failures import PermanentFailure
from pipeline.landing import Landing
from pipeline.load.loading import load
from pipeline.run.instance import open_instance
from pipeline.settings import RECORDINGS, Bucket, DataDir, Lake, Settings
from pipeline.store.lake import LakeStore
from tests.pipeline.store.lake.conftest import LOCKED, READER, SECRET, TOKEN, WRONG_KEYS, Server
from tests.pipeline.store.lake.test_lake import command
from tests.pipeline.store.lake.test_lake_in_trouble import worker, write, written

A_WEEK = RECORDINGS / "rankings-daily" / "week-category-programming" / "20260504T091357Z.json.gz"
PASSWORD = "CanaryOfAServer"  # noqa: S105 - made up here
MANY = "insert into ops.loads select uuid(), now(), '', 0, 0, 0, 0 from range(1000)"  # few rows stay in the catalogue


@pytest.fixture(scope="module")
def in_bucket(server: Server, bucket: Bucket) -> Lake:
    """A lake in a bucket, with its tables."""
    lake = server.lake("rights", "s3://usage/rights", bucket)
    with TemporaryDirectory() as folder, worker(Path(folder), lake) as one, one.writer() as con:
        con.execute(MANY)
    return lake


def by(key: str, lake: Lake) -> Lake:
    """The lake as somebody with another key opens it."""
    assert lake.bucket is not None
    return replace(lake, bucket=replace(lake.bucket, key_id=key))


def of_load(lake: Lake, folder: Path) -> None:
    """What a run does with what it landed."""
    files = LakeStore(DataDir(folder, lake), lake)
    try:
        with files.writer() as con:
            load(con, Landing(files.data_dir), run_id="of the test")
    finally:
        files.release()


def readings(lake: Lake, folder: Path) -> int:
    with worker(folder, lake) as one, one.state() as con:
        return store.count(con, "raw.readings")


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("unknown", "): correct AWS_ACCESS_KEY_ID, then run again"),
        ("misspelt", "): correct AWS_SECRET_ACCESS_KEY, which does not belong to AWS_ACCESS_KEY_ID"),
        ("expired", "): set a new AWS_SESSION_TOKEN with its two keys"),
    ],
)
def test_each_wrong_key_of_a_bucket_is_named(key: str, expected: str, in_bucket: Lake, tmp_path: Path) -> None:
    with pytest.raises(PermanentFailure) as failure, worker(tmp_path, by(key, in_bucket)) as one, one.state() as con:
        store.values(con, "reference.authors", "author")
    said = str(failure.value)
    assert "\n" not in said
    assert ": ".join(WRONG_KEYS[key]).rstrip(".") in said
    assert expected in said
    assert not any(secret in said for secret in (SECRET, TOKEN))


def test_a_run_with_a_wrong_key_fetches_nothing(server: Server, bucket: Bucket, tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    data_dir.mark_simulated()
    done = command(by("misspelt", server.lake("no_key", "s3://usage/no_key", bucket)), data_dir.path, "run")
    assert done.returncode == 1
    (told,) = [line for line in done.stderr.splitlines() if "SignatureDoesNotMatch" in line]
    assert "correct AWS_SECRET_ACCESS_KEY" in told
    assert "Traceback" not in done.stdout + done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in (SECRET, TOKEN))
    assert not data_dir.has_responses


@pytest.mark.parametrize(
    ("database", "user", "password", "expected"),
    [
        ("rights", LOCKED, "wrong", "correct the password in PGPASSWORD or ~/.pgpass, or the user in {}"),
        ("rights", LOCKED, "", "give the password in PGPASSWORD or ~/.pgpass"),
        ("rights", "stranger", "", "correct the user in {}, or create it"),
        ("elsewhere_at_all", "lake", "", "correct the database in {}, or create it with createdb"),
    ],
)
def test_who_is_not_let_into_postgresql_is_told_why(
    database: str,
    user: str,
    password: str,
    expected: str,
    server: Server,
    in_bucket: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the catalogue and of Dagster's storage alike, before anything is fetched; no password is printed."""
    server.ask("postgres", f"drop role if exists {LOCKED}")
    server.ask("postgres", f"create role {LOCKED} login password '{PASSWORD}'")
    monkeypatch.setenv("PGPASSWORD", password)
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    lake = replace(in_bucket, url=f"ducklake:postgres:dbname={database} host=127.0.0.1 port={server.port} user={user}")
    with pytest.raises(PermanentFailure) as failure, worker(tmp_path, lake) as one, one.state():
        pass
    lines = [(str(failure.value), "WAREHOUSE_URL")]

    given = f":{password}" if password else ""
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", f"postgresql+psycopg2://{user}{given}@127.0.0.1:{server.port}/{database}")
    monkeypatch.setenv("DAGSTER_HOME", "")
    with pytest.raises(PermanentFailure) as failure, open_instance(Settings.load(tmp_path / "data")):
        pass
    lines.append((str(failure.value), "DAGSTER_POSTGRES_URL"))
    for said, variable in lines:
        assert "\n" not in said
        assert expected.format(variable) in said
        assert "wrong" not in said


# --- rights ----------------------------------------------------------------------------------------------------------


def test_a_bucket_that_may_only_be_read_keeps_the_lake_and_landing(in_bucket: Lake, tmp_path: Path) -> None:
    """One line names the file; what was fetched is loaded by the next run with the right to write."""
    landing = Landing(DataDir(tmp_path))
    list(landing.import_recorded(A_WEEK))
    fetched = landing.ids()
    with pytest.raises(
        PermanentFailure, match=r"^[^\n]*s3://usage/rights/\S+\.parquet[^\n]*AccessDenied[^\n]*allow the owner[^\n]*\Z"
    ):
        of_load(by(READER, in_bucket), tmp_path)
    assert landing.ids() == fetched
    assert readings(by(READER, in_bucket), tmp_path) == 0
    of_load(in_bucket, tmp_path)
    assert readings(in_bucket, tmp_path) > 0


def test_a_folder_that_may_only_be_read_keeps_the_lake_and_landing(server: Server, tmp_path: Path) -> None:
    with TemporaryDirectory() as name:  # not beneath pytest's own, which others may not enter
        folder = Path(name)
        folder.chmod(0o755)
        lake = server.prepared_lake("read_only", folder / "files")
        landing = Landing(DataDir(tmp_path))
        list(landing.import_recorded(A_WEEK))
        files = LakeStore(DataDir(tmp_path, lake), lake)
        with files.state() as con:  # what it needs is opened by then
            assert store.count(con, "raw.readings") == 0
        authors = "insert into reference.authors select uuid(), 'x', 'x', null, '', '' from range(1000)"
        new = "create directory .*/ops/loads.*this user may write to"
        for statement, named in (
            (authors, r"\.parquet\S+ Permission denied.*allow this user to read and write"),
            (MANY, new),
        ):
            shut = without_right_to_write(folder / "files")
            with pytest.raises(PermanentFailure, match=named) as failure:  # noqa: SIM117
                with files.writer() as con, shut:
                    con.execute(statement)
            assert "\n" not in str(failure.value)
        files.release()
        assert readings(lake, tmp_path) == 0
        of_load(lake, tmp_path)
        assert readings(lake, tmp_path) > 0
        with worker(tmp_path, lake) as one:
            write(one, "after")
            assert "after" in written(one)


@contextmanager
def without_right_to_write(folder: Path) -> Iterator[None]:
    """Root may write anywhere: as root, be somebody else for the block."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path in folders:
            path.chmod(0o755)
