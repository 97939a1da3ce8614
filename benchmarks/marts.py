"""Each mart read cold and warm from a published file: ``python -m benchmarks.marts PATH_OF_DATA_DIR``.

Cold is a new connection's first read of all rows and columns of the mart, warm the median of the reads after it. The
system's own cache of the file is warm in both.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Figure, at_most, record
from pipeline.contracts.tables import TABLES
from pipeline.settings import DataDir
from pipeline.store import Connection, Store

WARM_READS = 15
GOAL_MS = 60


@dataclass(frozen=True)
class Mart:
    name: str
    rows: int
    cold_ms: float
    warm_ms: float


def _milliseconds(con: Connection, name: str) -> float:
    began = time.perf_counter()
    con.table(name).to_arrow_table()
    return 1000 * (time.perf_counter() - began)


def read(data_dir: DataDir) -> Iterator[Mart]:
    for table in TABLES.values():
        if table.schema != "marts":
            continue
        with Store(data_dir).reader() as con:
            cold = _milliseconds(con, table.full_name)
            warm = statistics.median(_milliseconds(con, table.full_name) for _ in range(WARM_READS))
            rows = con.table(table.full_name).aggregate("count(*)").fetchall()[0][0]
        yield Mart(table.full_name, rows, cold, warm)


def judged(marts: list[Mart]) -> list[Figure]:
    slow, first = max(marts, key=lambda mart: mart.warm_ms), max(marts, key=lambda mart: mart.cold_ms)
    return [
        at_most(f"slowest mart, warm: {slow.name}", slow.warm_ms, "ms", GOAL_MS),
        Figure(f"slowest mart, cold: {first.name}", first.cold_ms, "ms"),
        Figure("marts", len(marts), ""),
    ]


def main(data_dir: DataDir) -> None:
    marts = list(read(data_dir))
    lines = [f"{'mart':44} {'rows':>8} {'cold ms':>8} {'warm ms':>8}"]
    lines += [f"{mart.name:44} {mart.rows:>8,} {mart.cold_ms:>8.1f} {mart.warm_ms:>8.1f}" for mart in marts]
    sys.stdout.write("\n".join(lines) + "\n")
    record("marts", judged(marts))


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.exit("usage: python -m benchmarks.marts PATH, a data directory with a published file")
    main(DataDir(Path(sys.argv[1])))
