"""DuckDB's own reading of every landed body: ``python -m benchmarks.contestants.floor LANDING DATABASE``.

A table for each endpoint, of what ``read_json`` makes of all its files at once, rows unnested. The floor of a rebuild: no
hash, no check, no vintage, no table that anybody reads.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

ROWS = "unnest(data)"
TASKS = "unnest(data.classifications), data.macro_categories"


def main() -> None:
    landing, database = Path(sys.argv[1]), sys.argv[2]
    endpoints = sorted({path.parents[1] for path in landing.rglob("*.body.gz")})
    with duckdb.connect(database) as con:
        for endpoint in endpoints:
            name = "_".join(endpoint.relative_to(landing).parts).replace("-", "_")
            files = [str(path) for path in endpoint.rglob("*.body.gz")]
            rows = TASKS if name == "classifications_task" else ROWS
            con.execute(
                f"create table {name} as select filename, {rows} from read_json("  # noqa: S608 - names of our own folders
                "$files, format = 'unstructured', compression = 'gzip', filename = true, union_by_name = true)",
                {"files": files},
            )


if __name__ == "__main__":
    main()
