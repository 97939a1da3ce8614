"""What a command says where the lake, its PostgreSQL or its extensions fail.

Belongs here: failures in one line. Not here: what was done when they happened (``lake``).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.failures import PermanentFailure, TransientFailure

TAKEN_OVER = "another worker has taken over the lake"
EXTRA = "install what the lake needs, with the extra `lake` of this package, then run again"


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
                "writing to the lake was stopped: this worker had lost its lock, as PostgreSQL was restarted or the "
                "connection to it cut, and another has taken over; run again: what was landed is kept"
            ) from error
        if not isinstance(error, (duckdb.IOException, duckdb.TransactionException)):
            raise error from None
        raise TransientFailure(
            f"working on the lake failed ({first_line(error)}): see to its PostgreSQL and its files, then run again; what "
            "was landed is kept, and what was published is unchanged"
        ) from error


@contextmanager
def told_of_postgresql() -> Iterator[None]:
    import psycopg2

    try:
        yield
    except psycopg2.Error as error:
        raise TransientFailure(
            f"reaching the lake's catalogue failed ({first_line(error)}): start its PostgreSQL, or correct WAREHOUSE_URL, "
            "then run again; what was landed is kept"
        ) from error


def first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def extension(name: str) -> Path:
    """The extension as its wheel brought it: nothing is fetched at run time."""
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for path in Path(folder).rglob("*.duckdb_extension"):
            return path
    raise PermanentFailure(f"DuckDB's extension {name} is not there: {EXTRA}")
