"""Declared expectations over staged batches: ``python -m benchmarks.contestants.judging great_expectations|sql FOLDER``.

FOLDER holds a batch per file, as ``benchmarks.validation`` wrote them. Prints how long importing and judging took, and the
verdicts: for each file and expectation the rows that fail.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.load.validation.expectations import EXPECTATIONS, Expectation

Verdicts = list[list[int]]
Judge = Callable[[pl.DataFrame, Sequence[Expectation]], Verdicts]


def staged(folder: Path) -> Iterator[tuple[str, pl.DataFrame, tuple[Expectation, ...]]]:
    """Name, frame and expectations of each batch."""
    for path in sorted(folder.glob("*.arrow")):
        batch = path.stem.partition("-")[0]
        yield path.stem, pl.read_ipc(path), tuple(one for one in EXPECTATIONS if one.batch == batch)


def with_great_expectations() -> Judge:
    import great_expectations.expectations  # noqa: F401 - its import is timed apart

    from pipeline.load.validation.judge import judge, needed_columns

    def by_suite(frame: pl.DataFrame, declared: Sequence[Expectation]) -> Verdicts:
        found = judge(frame.select(needed_columns(declared, frame.columns)), declared)
        if errors := [verdict.error for verdict in found if verdict.error]:
            raise RuntimeError("; ".join(errors))
        return [list(range(frame.height)) if verdict.rows is None else verdict.rows for verdict in found]

    return by_suite


def with_sql() -> Judge:
    import duckdb

    con = duckdb.connect()

    def by_query(frame: pl.DataFrame, declared: Sequence[Expectation]) -> Verdicts:
        con.register("batch", frame.with_row_index("row_number").to_arrow())
        found = [con.sql(failing(one)).fetchall() for one in declared]
        con.unregister("batch")
        return [sorted(number for (number,) in rows) for rows in found]

    return by_query


TYPES = {"int64": ("BIGINT",), "datetime64": ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")}


def failing(expectation: Expectation) -> str:
    """The query for the rows that fail. As in Great Expectations, what is not there is not judged."""
    return f"select row_number from batch where not {_holds(expectation.kind, expectation.arguments)}"  # noqa: S608 - ours


def _holds(kind: str, arguments: Mapping[str, object]) -> str:
    match kind, arguments:
        case "ExpectColumnValuesToBeInSet", {"column": column, "value_set": [*values]}:
            holds = f"coalesce({column} in ({', '.join(map(str, values))}), true)"
        case "ExpectColumnValuesToBeBetween", {"column": column}:
            ends = [("min_value", ">="), ("max_value", "<=")]
            tests = [f"{column} {sign} {arguments[end]}" for end, sign in ends if arguments.get(end) is not None]
            holds = f"coalesce({' and '.join(tests)}, true)"
        case "ExpectColumnValuesToBeOfType", {"column": column, "type_": str(wanted)}:
            holds = f"typeof({column}) in {TYPES[wanted]!r}".replace(",)", ")")
        case "ExpectColumnPairValuesAToBeGreaterThanB", {"column_A": one, "column_B": other, "or_equal": True}:
            holds = f"(coalesce({one} >= {other}, false) or ({one} is null and {other} is null))"
        case "ExpectColumnPairValuesToBeEqual", {"column_A": one, "column_B": other}:
            holds = f"({one} is not distinct from {other})"
        case "ExpectCompoundColumnsToBeUnique", {"column_list": [*columns]}:
            key = ", ".join(map(str, columns))
            holds = f"row_number in (select row_number from batch qualify count(*) over (partition by {key}) = 1)"  # noqa: S608
        case "ExpectColumnValuesToMatchRegex", {"column": column, "regex": str(regex)}:
            # The end of a text is written otherwise.
            ours = regex.replace(r"\Z", r"\z").replace("'", "''")
            holds = f"coalesce(regexp_matches({column}, '{ours}'), true)"
        case _:
            raise ValueError(f"{kind} is not written in SQL yet")
    return holds


JUDGES: Mapping[str, Callable[[], Judge]] = {"great_expectations": with_great_expectations, "sql": with_sql}


def main() -> None:
    which, folder = sys.argv[1], Path(sys.argv[2])
    began = time.perf_counter()
    judge = JUDGES[which]()
    imported = time.perf_counter()
    batches = list(staged(folder))
    read = time.perf_counter()
    verdicts = {
        f"{name}: {one.name}": rows
        for name, frame, declared in batches
        for one, rows in zip(declared, judge(frame, declared), strict=True)
    }
    seconds = {"import": imported - began, "judging": time.perf_counter() - read}
    sys.stdout.write(json.dumps({"seconds": seconds, "verdicts": verdicts}) + "\n")


if __name__ == "__main__":
    main()
