"""The story pack: the rows behind each chart of the page as CSV, in the folder ``story/`` of an export.

Belongs here: which queries of the page are written, and what is said of each file. Not here: the queries
(``warehouse/report``), the rest of an export (``package``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.contracts.tables import table_of

FOLDER = "story"
_NO_CHART = frozenset({"citations"})  # the export says of each of its files how to cite it


def write(
    con: store.Connection,
    sources: Mapping[str, Mapping[str, Any]],
    forbidden: Mapping[str, str],
    unlicensed: set[str],
    to: Path,
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Write a file for each query of the page. Returns what is said of each, and of those left out why.

    ``sources`` are the published tables with their citations, ``forbidden`` those that may not be passed on with the reason,
    ``unlicensed`` the columns for which no licence was found, in whatever table.
    """
    written, left_out = [], []
    (to / FOLDER).mkdir()
    for query in store.sql_files("report"):
        if query.stem in _NO_CHART:
            continue
        select = store.read_sql(f"report/{query.stem}")
        tables = sorted(set(map(table_of, store.references(select))))
        reasons = [forbidden[name] for name in tables if name in forbidden]
        names = store.columns_of(con, select)
        reasons += [f"it holds {name}, for which no licence to pass it on was found" for name in names if name in unlicensed]
        if reasons:
            left_out.append({"name": query.stem, "reason": reasons[0]})
            continue
        citations = sorted({sources[name]["citation"] for name in tables if name in sources and sources[name]["citation"]})
        path = to / FOLDER / f"{query.stem}.csv"
        rows = store.export_select(con, select, path, citation=None if "citation" in names else " ".join(citations))
        written.append(
            {
                "name": query.stem,
                "path": path.relative_to(to).as_posix(),
                "query": f"warehouse/report/{query.name}",
                "tables": tables,
                "columns": names if "citation" in names else [*names, "citation"],
                "row_count": rows,
                "citations": citations,
            }
        )
    return written, left_out
