"""One run of this project at an instant of its own: ``python -m benchmarks.contestants.ours VERB FOLDER INSTANT URL``.

VERB is ``run`` or ``backfill``, as of the command; its modules are imported and its summary is printed. The simulated source
is the one at URL, in another process, where the command would serve one in its own. Exits 1 where the run failed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from pipeline import cli
from pipeline.execute import run_backfill, run_daily
from pipeline.run import session
from pipeline.settings import DataDir, Settings, Told
from pipeline.simulator.server import Simulator
from pipeline.terminal import summary


def main() -> None:
    verb, folder, instant, url = sys.argv[1:]

    @contextmanager
    def served_elsewhere(simulator: Simulator) -> Iterator[str]:
        yield url

    now = datetime.fromisoformat(instant)
    DataDir(Path(folder)).mark_simulated()
    settings = replace(Settings.load(Path(folder)), told=Told())  # nobody is told of a benchmark
    shared: dict[str, Any] = {
        "say": lambda message: None,
        "clock": lambda: now,
        "simulator": cast(Simulator, object()),  # never asked: the one at the URL is
    }
    with patch.object(session, "serve", served_elsewhere):
        done = run_backfill(settings, None, None, **shared) if verb == "backfill" else run_daily(settings, None, **shared)
    summary.outcome(done)


if __name__ == "__main__":
    with cli.short_life():
        main()
