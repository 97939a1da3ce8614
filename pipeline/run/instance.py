"""Dagster's instance for a data directory: its runs, events and logs lie beneath the directory they are about.

Belongs here: preparing that home from ``dagster.yaml`` beside this file, and opening it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.failures import PermanentFailure
from pipeline.settings import DAGSTER_POSTGRES_VARIABLE, Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

_RELATIVE_TO = ".dagster/"
_MORE_CONNECTIONS = 20  # beside the one that each of its three storages keeps, while several threads want one


def prepare_home(settings: Settings) -> None:
    """Write the directory's ``dagster.yaml`` where it is missing or stale, and point the environment at it."""
    home = settings.data_dir.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    name = "dagster.lake.yaml" if settings.dagster_postgres_url else "dagster.yaml"
    config = yaml.safe_load(Path(__file__).with_name(name).read_text())
    for part in config.values():
        if "base_dir" in part.get("config", ()):
            part["config"]["base_dir"] = str(home / part["config"]["base_dir"].removeprefix(_RELATIVE_TO))
    written = f"# Made from pipeline/run/{name}; changes belong there.\n" + yaml.safe_dump(config)
    target = home / "dagster.yaml"
    if not target.exists() or target.read_text() != written:
        target.write_text(written)
    settings.export()


@contextmanager
def open_instance(settings: Settings) -> Iterator[DagsterInstance]:
    """Dagster's instance. Where its PostgreSQL cannot be used, that is said before anything is fetched."""
    from dagster import DagsterInstance

    prepare_home(settings)
    url = settings.dagster_postgres_url
    if url is None:
        with DagsterInstance.get() as instance:
            yield instance
        return
    with _told_of_its_storage():
        _try_out(url)
        with DagsterInstance.get() as instance, _connections_are_tested():
            # Connections that are kept, as its web server has them: else each of a thousand events opens its own.
            instance.optimize_for_webserver(statement_timeout=0, pool_recycle=-1, max_overflow=_MORE_CONNECTIONS)
            yield instance


@contextmanager
def _told_of_its_storage() -> Iterator[None]:
    from dagster_postgres.utils import DagsterPostgresException
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    from pipeline.store.lake_failures import of_postgresql

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
    from sqlalchemy import create_engine

    engine = create_engine(url)
    engine.connect().close()
    engine.dispose()


@contextmanager
def _connections_are_tested() -> Iterator[None]:
    """One that PostgreSQL cut since it was used, as it was restarted, is replaced."""
    from sqlalchemy import event
    from sqlalchemy.exc import DisconnectionError
    from sqlalchemy.pool import QueuePool

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
