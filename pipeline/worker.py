"""A process of its own for what takes seconds to import: Great Expectations, and what draws the page.

Belongs here: starting it, handing it work, and its end. Not here: what it does (``validation.judge``, ``report.page``). It
imports on another core while this process still prepares, waits for the network and builds tables.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# In the order in which a run needs them.
SLOW_IMPORTS = ("great_expectations", "pipeline.report.page")


@cache
def _worker() -> ProcessPoolExecutor:
    # Spawned, not forked: this process has threads, of Polars and DuckDB among others.
    return ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    """Have this process end when the one that started it does. A killed one cannot say so, and would be waited for."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="end with parent", daemon=True).start()


def warm_up() -> None:
    """Start the process and have it import what it needs, without waiting for it."""
    for name in SLOW_IMPORTS:
        submit(importlib.import_module, name)
    # What was imported lives as long as the process: looking through it at its end would take most of a second.
    submit(gc.freeze)


def submit(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> Future[T]:
    """Have the process do it; where it was stopped, another one. The future raises BrokenProcessPool where it is stopped
    before this is done."""
    try:
        return _worker().submit(work, *arguments, **named)
    except BrokenProcessPool:
        _worker.cache_clear()
        return _worker().submit(work, *arguments, **named)
