"""Each mart read cold and warm from a published file: ``python -m benchmarks.marts PATH_OF_DATA_DIR``.

Cold is a new connection's first read of all rows and columns of the mart, warm the median of the reads after it. The
system's own cache of the file is warm in both.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from pipeline.contracts.tables import TABLES
from pipeline.settings import DataDir
from pipeline.store import Connection, Store

WARM_READS = 15
GOAL_MS = 50


def _milliseconds(con: Connection, name: str) -> float:
    began = time.perf_counter()
    con.table(name).to_arrow_table()
    return 1000 * (time.perf_counter() - began)


def main(data_dir: DataDir) -> None:
    lines = [f"{'mart':44} {'rows':>8} {'cold ms':>8} {'warm ms':>8}"]
    slow = 0
    for table in TABLES.values():
        if table.schema != "marts":
            continue
        with Store(data_dir).reader() as con:
            cold = _milliseconds(con, table.full_name)
            warm = statistics.median(_milliseconds(con, table.full_name) for _ in range(WARM_READS))
            rows = con.table(table.full_name).aggregate("count(*)").fetchall()[0][0]
        slow += warm > GOAL_MS
        lines.append(f"{table.full_name:44} {rows:>8,} {cold:>8.1f} {warm:>8.1f}")
    lines.append(f"{slow} marts take more than {GOAL_MS} ms warm")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.exit("usage: python -m benchmarks.marts PATH, a data directory with a published file")
    main(DataDir(Path(sys.argv[1])))
