"""What a command says where the lake, its PostgreSQL, its bucket or its extensions fail.

Belongs here: failures in one line, and what to do about each. Not here: what was done when they happened (``lake``).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg2

from pipeline.failures import PermanentFailure, PipelineFailure, TransientFailure
from pipeline.store.open import EXTRA

TAKEN_OVER = "another worker has taken over the lake"
UNCHANGED = "then run again; what was landed is kept, and what was published is unchanged"

_OF_KEYS: Mapping[str, str] = {
    "InvalidAccessKeyId": "correct AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "correct AWS_SECRET_ACCESS_KEY, which does not belong to AWS_ACCESS_KEY_ID",
    "ExpiredToken": "set a new AWS_SESSION_TOKEN with its two keys",
    "InvalidToken": "correct AWS_SESSION_TOKEN, which does not belong to the two keys",
}
"""By the code that a bucket answers: what to do. It is the same whatever file was asked for."""

_OF_RIGHTS: Mapping[str, str] = {
    "AccessDenied": "allow the owner of AWS_ACCESS_KEY_ID to read, write and list there",
    "Permission denied": "allow this user to read and write there",
    "Failed to create directory": "see that WAREHOUSE_FILES is a folder that this user may write to",
}

_OF_POSTGRESQL: Mapping[str, str] = {
    "password authentication failed": "correct the password in PGPASSWORD or ~/.pgpass, or the user in {variable}",
    "no password supplied": "give the password in PGPASSWORD or ~/.pgpass",
    'role "': "correct the user in {variable}, or create it",
    'database "': "correct the database in {variable}, or create it with createdb",
    "permission denied": "grant this user the rights on the database",
}


@contextmanager
def told_of_the_lake() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as raised:
        # What failed first, where only the end of its transaction was told.
        error = raised
        while isinstance(error, duckdb.TransactionException) and isinstance(error.__context__, duckdb.Error):
            error = error.__context__
        if TAKEN_OVER in str(error):
            raise TransientFailure(
                "writing to the lake was stopped: this worker had lost its lock, as it was stopped for a while, PostgreSQL "
                "was restarted or the connection to it cut, and another has taken over; run again: what was landed is kept"
            ) from error
        if not isinstance(error, (duckdb.IOException, duckdb.TransactionException)):
            raise error from None
        raise _of_the_lake(error) from error


def _of_the_lake(error: duckdb.Error) -> PipelineFailure:
    lines = str(error).splitlines()
    for code, advice in _OF_KEYS.items():
        for line in lines:
            if line.startswith(code):
                return PermanentFailure(f"opening the lake's bucket failed ({line.rstrip('.')}): {advice}, {UNCHANGED}")
    for answer, advice in _OF_RIGHTS.items():
        if answer in str(error):
            said = first_line(error) if answer in first_line(error) else f"{first_line(error)}, {answer}"
            return PermanentFailure(f"working on the lake failed ({said}): {advice}, {UNCHANGED}")
    return TransientFailure(
        f"working on the lake failed ({first_line(error)}): see to its PostgreSQL and its files, {UNCHANGED}"
    )


@contextmanager
def told_of_postgresql() -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        raise of_postgresql("reaching the lake's catalogue", error, "WAREHOUSE_URL") from error


def of_postgresql(doing: str, error: BaseException, variable: str) -> PipelineFailure:
    """What to say where PostgreSQL was not reached, or did not let the user in. Its own line has no password."""
    said = first_line(error)
    for answer, advice in _OF_POSTGRESQL.items():
        if answer in said:
            return PermanentFailure(f"{doing} failed ({said}): {advice.format(variable=variable)}, then run again")
    return TransientFailure(
        f"{doing} failed ({said}): start its PostgreSQL, or correct {variable}, then run again; what was landed is kept"
    )


def first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def extension(name: str) -> Path:
    """The extension as its wheel brought it: nothing is fetched at run time."""
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for path in Path(folder).rglob("*.duckdb_extension"):
            return path
    raise PermanentFailure(f"DuckDB's extension {name} is not there: {EXTRA}")
