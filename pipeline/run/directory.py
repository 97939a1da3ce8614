"""Which data directory a command works in where none was named: one decision for the command, the notebook and Dagster.

Belongs here: that decision, and the line that explains it. Not here: what a directory holds (``settings``, ``landing``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline import settings
from pipeline.landing import Landing
from pipeline.settings import KEY_VARIABLE, DataDir, Settings

Purpose = Literal["fetch", "read", "bring"]
"""What a command is about to do: send requests, work with what is there, or bring real responses from elsewhere."""


@dataclass(frozen=True)
class Choice:
    """The settings of the chosen directory, and the line that names it: empty where the user named it."""

    settings: Settings
    note: str = ""


def choose(named: Path | None = None, *, demo: bool = False, purpose: Purpose = "read") -> Choice:
    """The directory that was named by option or environment; else ``warehouse/data`` with a key; else the demo's.

    Without a key, real data still wins over the demo's, so that a key that got lost does not quietly make a demo of what
    was fetched for real. Imported responses need no key, and so a run beside them is the demo, but reading is of them.
    """
    chosen = Settings.load(named)
    if chosen.is_data_dir_chosen:
        return Choice(chosen)
    simulated = Settings.load(settings.demo_dir().path)
    real, made_up = _shown(chosen.data_dir), _shown(simulated.data_dir)
    has_demo = simulated.data_dir.published.exists()
    if not demo and (purpose == "bring" or chosen.api_key or _is_real(chosen.data_dir, purpose)):
        return Choice(chosen, f"data directory: {real}{f' (the demo is in {made_up})' if has_demo else ''}")
    why = "simulated" if demo else f"simulated: {KEY_VARIABLE} is not set"
    besides = f"; real responses are in {real}" if _is_real(chosen.data_dir, "read") else ""
    return Choice(simulated, f"data directory: {made_up} ({why}{besides})")


def _is_real(data_dir: DataDir, purpose: Purpose) -> bool:
    if data_dir.is_simulated:
        return False
    if purpose == "fetch":
        return Landing(data_dir).has_live_responses()
    return data_dir.has_responses or data_dir.published.exists()


def _shown(data_dir: DataDir) -> str:
    """The path as it can be typed here."""
    try:
        here = Path.cwd()
    except OSError:  # the folder is gone
        return str(data_dir.path)
    return str(data_dir.path.relative_to(here) if data_dir.path.is_relative_to(here) else data_dir.path)
