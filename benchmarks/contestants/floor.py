"""DuckDB's own reading of every landed body: ``python -m benchmarks.contestants.floor LANDING DATABASE``.

A table for each endpoint, of what ``read_json`` makes of all its files at once, rows unnested. The floor of a rebuild: no
hash, no check, no vintage, no table that anybody reads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

ROWS = "unnest(data)"
OTHERWISE = {
    "classifications_task": "unnest(data.classifications), data.macro_categories",
    "api_ai_leaderboard_export": "unnest(rows)",
}
DOCUMENT = "openapi.json"
"""It has no rows."""


def read(landing: Path, database: str) -> dict[str, int]:
    """How many rows each table has."""
    endpoints = sorted({path.parents[1] for path in landing.rglob("*.body.gz")} - {landing / DOCUMENT})
    rows = {}
    with duckdb.connect(database) as con:
        for endpoint in endpoints:
            name = "_".join(endpoint.relative_to(landing).parts).replace("-", "_")
            files = [str(path) for path in endpoint.rglob("*.body.gz")]
            found = OTHERWISE.get(name, ROWS)
            (made,) = con.execute(
                f"create table {name} as select filename, {found} from read_json("  # noqa: S608 - names of our own folders
                "$files, format = 'unstructured', compression = 'gzip', filename = true, union_by_name = true)",
                {"files": files},
            ).fetchall()
            rows[name] = int(made[0])
    return rows


def main() -> None:
    sys.stdout.write(json.dumps(read(Path(sys.argv[1]), sys.argv[2])) + "\n")


if __name__ == "__main__":
    main()
