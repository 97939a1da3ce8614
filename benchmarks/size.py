"""Bytes per observation, and vintages that say nothing new: ``python -m benchmarks.size PATH_OF_DATA_DIR``.

An observation is one row of one reading of a rankings block. Held against a DuckDB file that stores every reading whole.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Figure, at_most, record
from pipeline import store
from pipeline.settings import DataDir

READINGS_WHOLE = """
    select series, period_start, retrieved_at, model_permaslug, total_tokens
    from raw.readings
    join raw.block_rows using (series, period_start, block_hash)
"""
REDUNDANT = """
    select count(*)
    from (
        select
            (total_tokens, is_listed, capture) is not distinct from lag((total_tokens, is_listed, capture)) over history
            and lag(known_to) over history = known_from as is_redundant
        from core.block_row_vintages
        window history as (partition by series, period_start, model_permaslug order by known_from)
    )
    where is_redundant
"""


def redundant_vintages(con: store.Connection) -> int:
    """How many lines of the vintage table repeat the value of the line that ends where they begin."""
    return int(con.execute(REDUNDANT).fetchall()[0][0])


def judged(data_dir: DataDir) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, store.Store(data_dir).state() as con:
        whole = Path(folder) / "whole.duckdb"
        con.execute(f"attach '{whole}' as whole")
        con.execute(f"create table whole.readings as {READINGS_WHOLE}")
        observations = store.count(con, "whole.readings")
        stored = store.count(con, "raw.block_rows")
        redundant = redundant_vintages(con)
        con.execute("detach whole")
        sizes = {
            "every reading whole, in DuckDB": whole.stat().st_size,
            "landing (gzip)": sum(path.stat().st_size for path in data_dir.landing.rglob("*.gz")),
            "database, all layers": data_dir.published.stat().st_size,
        }
    return [
        Figure("observations", observations, "rows"),
        Figure("rows stored, each once", stored, "rows"),
        at_most("vintage rows that repeat the one before", redundant, "rows", 0),
        *(Figure(name, size / 2**20, "MiB") for name, size in sizes.items()),
        *(Figure(f"{name}, per observation", size / observations, "bytes") for name, size in sizes.items()),
    ]


def main(data_dir: DataDir) -> None:
    record("size", judged(data_dir))


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.exit("usage: python -m benchmarks.size PATH, a data directory with a published file")
    main(DataDir(Path(sys.argv[1])))
