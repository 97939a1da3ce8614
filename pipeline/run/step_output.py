"""Keeping what steps print, as Dagster does; Ctrl-C does not reach the processes that copy it to the terminal.

Belongs here: that difference. Not here: what is printed.

Dagster starts four such processes for a run and ends them. Where Ctrl-C reaches them first, as it reaches every process of a
terminal, two of them print a traceback each.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData


class StepOutput(LocalComputeLogManager):
    """``LocalComputeLogManager``, whose processes have SIGINT blocked."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[CapturedLogContext]:
        with ExitStack() as stack:
            # A new process has the mask of the thread that starts it. What arrives meanwhile is delivered afterwards.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                captured = stack.enter_context(super().capture_logs(log_key))
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            yield captured
