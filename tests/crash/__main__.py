"""``python -m tests.crash``: strike so many runs, and say in one line what became of them."""

from __future__ import annotations

import os

# Before any library is imported: no threads that a fork would lose.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"

import gc
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import great_expectations.expectations  # noqa: F401 - imported once, for all that are forked
from dagster import DagsterInstance  # noqa: F401 - as above

import pipeline.definitions  # noqa: F401 - as above
from pipeline.simulator.world import world_of
from tests.crash import cases
from tests.crash.effects import STAGES


@click.command()
@click.option("--kills", default=200, show_default=True, help="Runs that are killed.")
@click.option("--full", default=0, show_default=True, help="Runs whose disk is full, besides.")
@click.option("--seed", default=7, show_default=True, help="The same seed strikes at the same places.")
@click.option("--only", type=int, help="Only the case of this number, to look at it.")
@click.option("--at-once", default=2, show_default=True, help="Cases at a time.")
def main(kills: int, full: int, seed: int, only: int | None, at_once: int) -> None:
    """Strike runs at every step; each next run must complete, and its tables be those of an undisturbed twin."""
    world_of(7)
    gc.freeze()
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    rehearsed = folder / "rehearsed"
    rehearsed.mkdir()
    known = cases.Twins(rehearsed)
    waiting = [cases.choose(number, seed, known) for number in range(kills)]
    waiting += [cases.choose(number, seed, known, is_full=True) for number in range(kills, kills + full)]
    if only is not None:
        waiting = [case for case in waiting if case.number == only]
    total = len(waiting)
    running: dict[int, tuple[cases.Case, Path]] = {}
    survived: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    failed: list[int] = []
    while waiting or running:
        while waiting and len(running) < at_once:
            case = waiting.pop(0)
            home = folder / str(case.number)
            home.mkdir()
            pid = cases.forked(home / "case.log", lambda c=case, h=home: cases.perform(c, rehearsed, h, known))  # type: ignore[misc]
            running[pid] = (case, home)
        pid, status = os.wait()
        case, home = running.pop(pid)
        if os.waitstatus_to_exitcode(status) == 0:
            survived[case.place if case.number < kills else "full"] += 1
            kinds.update(name for name in ("is_later", "is_damaged", "has_reader", "has_rival") if getattr(case, name))
            shutil.rmtree(home)
        else:
            failed.append(case.number)
            click.echo(f"case {case.number} failed: {cases.last_line(home / 'case.log')}\n  {case}\n  see {home}", err=True)
        done = total - len(waiting) - len(running)
        if done % 10 == 0 or done == total:
            click.echo(f"{done} of {total} after {time.monotonic() - began:.0f} s", err=True)
    places = ", ".join(f"{survived[place]} in {place}" for place in STAGES)
    killed = sum(survived[place] for place in (*STAGES, "anywhere"))
    asked = killed + len([number for number in failed if number < kills])
    also = f"; {survived['full']} full disks survived of {full}" if full else ""
    click.echo(f"{killed} kills survived of {asked} (seed {seed}): {places}, {survived['anywhere']} at any instant{also}")
    click.echo(f"beside them: {dict(kinds)}", err=True)
    if failed:
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
