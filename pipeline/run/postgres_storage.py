"""Dagster's storage in PostgreSQL: connections that are kept and tested, and what is said where it cannot be used.

Belongs here: what needs the extra ``lake``; ``instance`` imports it where a PostgreSQL is named. Not here: the lake's own
PostgreSQL (``store.lake_lock``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster import DagsterInstance
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy import create_engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from pipeline.failures import PermanentFailure
from pipeline.settings import DAGSTER_POSTGRES_VARIABLE
from pipeline.store.lake_failures import of_postgresql

_MORE_CONNECTIONS = 20  # beside the one that each of its three storages keeps, while several threads want one


@contextmanager
def instance_at(url: str) -> Iterator[DagsterInstance]:
    """Dagster's instance. Where its PostgreSQL cannot be used, that is said before anything is fetched."""
    with _told():
        _try_out(url)
        with DagsterInstance.get() as instance, _connections_are_tested():
            # Connections that are kept, as its web server has them: else each of a thousand events opens its own.
            instance.optimize_for_webserver(statement_timeout=0, pool_recycle=-1, max_overflow=_MORE_CONNECTIONS)
            yield instance


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, DagsterPostgresException) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error.__cause__
        raise of_postgresql("using Dagster's storage", cause or error, DAGSTER_POSTGRES_VARIABLE) from error
    except (ArgumentError, NoSuchModuleError):
        # Not repeated here: a password may be in it.
        raise PermanentFailure(
            f"{DAGSTER_POSTGRES_VARIABLE} is not a valid address: expected postgresql+psycopg2://USER@HOST/DATABASE"
        ) from None


def _try_out(url: str) -> None:
    """Connect once. Dagster itself tries for seconds, and prints each attempt."""
    engine = create_engine(url)
    engine.connect().close()
    engine.dispose()


@contextmanager
def _connections_are_tested() -> Iterator[None]:
    """One that PostgreSQL cut since it was used, as it was restarted, is replaced."""

    def test(connection: Any, *_: Any) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("select 1")
        except Exception as error:
            raise DisconnectionError from error

    event.listen(QueuePool, "checkout", test)
    try:
        yield
    finally:
        event.remove(QueuePool, "checkout", test)
