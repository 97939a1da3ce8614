"""Every benchmark in turn, and its figures as one page: ``python -m benchmarks.all [FOLDER]``.

It takes about half an hour. FOLDER keeps the simulated histories, which take a gigabyte. What was measured before and is
still in ``benchmarks/results/`` is written to ``figures.md`` there, whichever command measured it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.history import HISTORIES
from benchmarks.measure import RESULTS


def commands(folder: Path) -> Iterator[list[str]]:
    longest = str(folder / str(max(HISTORIES)))
    yield ["backfill"]
    yield ["daily"]
    yield ["rebuild"]
    yield ["validation"]
    yield ["history", str(folder)]
    yield ["marts", longest]
    yield ["size", longest]


def as_markdown(results: Path = RESULTS) -> str:
    """A table for each benchmark that was run, with machine and commit."""
    lines = []
    for path in sorted(results.glob("*.json")):
        kept = json.loads(path.read_text())
        machine = kept["machine"]
        lines += [
            f"## {kept['benchmark']}",
            "",
            f"{machine['measured_at']}, commit {machine['commit']}: {machine['cores']} cores of {machine['cpu']}, "
            f"{machine['memory_mib']:,} MiB, Python {machine['python']}, DuckDB {machine['duckdb']}",
            "",
            "| what | measured | goal |  |",
            "| --- | ---: | --- | --- |",
            *(f"| {one['what']} | {one['shown']} | {one['goal']} | {one['verdict']} |" for one in kept["figures"]),
            "",
        ]
    return "\n".join(lines)


def main(folder: Path) -> None:
    for module, *arguments in commands(folder):
        sys.stdout.write(f"--- {module}\n")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *arguments], check=True)  # noqa: S603
    (RESULTS / "figures.md").write_text(as_markdown())
    sys.stdout.write(f"all figures: {RESULTS / 'figures.md'}\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
