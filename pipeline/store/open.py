"""Which store a data directory has: its own files, or the lake that its settings name."""

from __future__ import annotations

from pipeline.settings import DataDir
from pipeline.store.embedded import Store


def open_store(data_dir: DataDir) -> Store:
    """Where the tables of a data directory are: its own files, or the lake that its settings name."""
    if data_dir.lake is None:
        return Store(data_dir)
    from pipeline.store.lake import LakeStore

    return LakeStore(data_dir, data_dir.lake)
