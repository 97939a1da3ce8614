"""Dagster's event log in SQLite: engines that outlast an event, step names said once, no event for an output.

Belongs here: these three differences. Dagster makes a new SQLAlchemy engine for every event it stores, which compiles its
statements anew, and closes the file after it, which writes the whole log through to the disk: of a daily run that was a
third of the time. Looking up for each event whether its tables are there took another half a second of a core. Drop this
when Dagster keeps its engines.

An asset and a check are an output of their step, too: `Yielded output "core__blocks" of type "Nothing"` says nothing that
the materialization or the evaluation beside it does not say, and was a third of the 868 events of a daily run. Dagster
reads a stored one for dynamic outputs and where each step is a process of its own: there are none here.

Of each step that a failure leaves out it writes which steps were in the way, once for every table that comes from them:
``['core', 'core', …]`` 58 times, which buries the line that says what failed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from dagster import DagsterEventType, EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine

_STEPS = re.compile(r"\['[^\]]*'\]")

KEPT_ENGINES = 4
"""The index of all runs, the run at hand, and a few more: looking at a year of runs must not hold a file open for each."""


class EventLog(SqliteEventLogStorage):
    """Where a data directory's events are kept."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        self._lock = threading.RLock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        return cls(inst_data=inst_data, **config_value)

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            engine = create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
            event.listen(engine, "connect", _let_the_disk_take_its_time)
        self._engines[shard] = engine  # the last one used stands last
        while len(self._engines) > KEPT_ENGINES:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def store_event(self, event: EventLogEntry) -> None:
        """Keep an event unless it is an output's, as Dagster says it but for a list of steps in which each is named once."""
        if event.is_dagster_event and event.dagster_event_type is DagsterEventType.STEP_OUTPUT:
            return
        if event.dagster_event is None and event.user_message.startswith("Dependencies for step "):
            event = event._replace(user_message=_STEPS.sub(_each_once, event.user_message))
        super().store_event(event)

    def has_table(self, table_name: str) -> bool:
        """Asked for each event. A table that was there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection


def _each_once(steps: re.Match[str]) -> str:
    return ", ".join(dict.fromkeys(steps[0][2:-2].split("', '")))


def _let_the_disk_take_its_time(connection: Any, _: Any) -> None:
    # A power cut may cost the last events of a run, which are its history and not its state; a crash costs none.
    connection.execute("pragma synchronous = normal")
