"""``python -m tests.worlds``: compare published bounds with the truth of random worlds; exit 1 where one excludes it."""

from __future__ import annotations

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

import click

from tests.worlds.bounds import Result, compared, lines_of


@click.command()
@click.option("--worlds", default=200, show_default=True, help="How many.")
@click.option("--seed", default=1, show_default=True, help="Seed of the first; each follows from its own.")
@click.option("--at-once", default=2, show_default=True, help="Worlds at a time.")
def main(worlds: int, seed: int, at_once: int) -> None:
    """Make random worlds, read them as the source is read, and count where a published bound excludes the truth."""
    began, result = time.monotonic(), Result()
    # Spawned, not forked: DuckDB has threads.
    with ProcessPoolExecutor(at_once, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done, one in enumerate(as_completed([pool.submit(compared, seed + n) for n in range(worlds)]), start=1):
            result.add(one.result())
            if done % 20 == 0:
                click.echo(f"{done} of {worlds} after {time.monotonic() - began:.0f} s", err=True)
    for line in lines_of(result):
        click.echo(line)
    for failure in result.failures[:10]:
        click.echo(failure, err=True)
    sys.exit(1 if result.outside else 0)


if __name__ == "__main__":
    main()
