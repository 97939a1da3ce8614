"""Which store a data directory has: its own files, or the lake that its settings name."""

from __future__ import annotations

from pipeline.failures import PermanentFailure
from pipeline.settings import DataDir
from pipeline.store.embedded import Store

EXTRA = "install what the lake needs, with the extra `lake` of this package, then run again"


def open_store(data_dir: DataDir) -> Store:
    """Where the tables of a data directory are: its own files, or the lake that its settings name."""
    if data_dir.lake is None:
        return Store(data_dir)
    try:
        from pipeline.store.lake import LakeStore
    except ModuleNotFoundError as error:
        raise PermanentFailure(f"the package {error.name} is not there: {EXTRA}") from error
    return LakeStore(data_dir, data_dir.lake)
