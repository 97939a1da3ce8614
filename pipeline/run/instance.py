"""Dagster's instance for a data directory: its runs, events and logs lie beneath the directory they are about.

Belongs here: preparing that home from ``dagster.yaml`` beside this file, and opening it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

_RELATIVE_TO = ".dagster/"


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
    """Dagster's instance."""
    from dagster import DagsterInstance

    prepare_home(settings)
    if settings.dagster_postgres_url is None:
        opened: AbstractContextManager[DagsterInstance] = DagsterInstance.get()
    else:
        from pipeline.run.postgres_storage import instance_at

        opened = instance_at(settings.dagster_postgres_url)
    with opened as instance:
        yield instance
