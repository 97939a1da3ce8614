"""Which data directory a command works in where none was named: one decision for the command, the notebook and Dagster.

Belongs here: that decision, and the line that explains it. Not here: what a directory holds (``settings``, ``landing``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline import settings
from pipeline.settings import DataDir, Settings


@dataclass(frozen=True)
class Choice:
    """The settings of the chosen directory, and the line that names it: empty where the user named it."""

    settings: Settings
    note: str = ""


def choose(named: Path | None = None, *, demo: bool = False) -> Choice:
    """The directory that was named by option or environment; else ``warehouse/data``, or ``warehouse/demo`` for the demo, in
    ``settings.HOME``."""
    chosen = Settings.load(named)
    if chosen.is_data_dir_chosen:
        return Choice(chosen)
    simulated = settings.demo_dir()
    if demo:
        return Choice(Settings.load(simulated.path), f"data directory: {_shown(simulated)} (simulated)")
    besides = f" (the demo is in {_shown(simulated)})" if simulated.published.exists() else ""
    return Choice(chosen, f"data directory: {_shown(chosen.data_dir)}{besides}")


def _shown(data_dir: DataDir) -> str:
    """The path as it can be typed here."""
    try:
        here = Path.cwd()
    except OSError:  # the folder is gone
        return str(data_dir.path)
    return str(data_dir.path.relative_to(here) if data_dir.path.is_relative_to(here) else data_dir.path)
