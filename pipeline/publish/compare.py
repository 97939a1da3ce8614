"""What moved between two packages, and why, told from the two packages alone.

Belongs here: which tables are held against each other, what differs in their definitions, the answer as data. Not here: how
rows are compared (``warehouse/export/moved_*.sql``), how the answer is shown (``terminal.tables``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import store
from pipeline.contracts.columns import COLUMNS
from pipeline.failures import PermanentFailure
from pipeline.publish.package import read_descriptor, sha256

# What a row says of its reading, and not of usage.
_TIMES = [
    *("retrieved_at", "citation", "as_of", "last_read_at", "readings", "is_simulated"),
    *(name for name in COLUMNS if name.endswith(("_retrieved_at", "_citation"))),
]
_PERIODS = {
    "usage_date": "1 day",
    "week_start": "7 days",
    "month_start": "1 month",
    "window_end": "1 day",
    "period_start": "1 day",
}
_CLASSES = {
    f"reference.{name}"
    for name in ("authors", "model_aliases", "model_lineages", "open_weights", "routers", "stealth_models")
}
_BLOCKS = ("newest_blocks", "blocks", "block_rows")

_CATALOGUE = "models"
"""The kind of series whose news are about models, not about what was used."""


@dataclass(frozen=True)
class Package:
    """An export as its ``datapackage.json`` describes it; ``tables`` are its Parquet files by the table's name."""

    path: Path
    descriptor: Mapping[str, Any]

    @property
    def tables(self) -> dict[str, Mapping[str, Any]]:
        return {one["table"]: one for one in self.descriptor["resources"] if one["format"] == "parquet"}

    @property
    def definitions(self) -> Mapping[str, Mapping[str, Any]]:
        return self.descriptor["made_with"]["definitions"]  # type: ignore[no-any-return] # a mapping of mappings

    def file(self, table: str) -> str:
        return str(self.path / self.tables[table]["path"])

    @property
    def summary(self) -> dict[str, Any]:
        made_with = self.descriptor["made_with"]
        return {
            "path": str(self.path),
            "as_of": self.descriptor["as_of"],
            "simulated": self.descriptor["simulated"],
            "version": made_with["version"],
            "git_commit": made_with["git_commit"],
        }


def compare(before: Path, after: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """What moved from one export to another, in the form of the command's JSON."""
    one, two = _open(before), _open(after)
    if one.descriptor["simulated"] != two.descriptor["simulated"]:
        raise PermanentFailure(f"one of {one.path} and {two.path} is SIMULATED, the other is not: compare like with like")
    definitions = _other_definitions(one, two)
    with store.files(one.path, two.path) as con:
        blocks = {
            f"{side}_{name}": package.file(f"core.{name}")
            for side, package in (("before", one), ("after", two))
            for name in _BLOCKS
        }
        store.keep(con, "moved_blocks", store.read_sql("export/moved_blocks"), **blocks)
        moved = store.rows(con, "from moved_blocks")
        has_other_catalogue = any(row["series_kind"] == _CATALOGUE and row["reason"] == "restated" for row in moved)
        tables = [
            change
            for name in sorted({*one.tables, *two.tables})
            for change in _table(con, name, one, two, definitions, say, has_other_catalogue=has_other_catalogue)
        ]
    restated = [row for row in moved if row["reason"] == "restated" and row["series_kind"] != _CATALOGUE]
    return {
        "before": one.summary,
        "after": two.summary,
        "definitions": definitions,
        "same_tables": len({*one.tables, *two.tables} - {change["table"] for change in tables}),
        "tables": tables,
        "restated": [_restated(row) for row in restated],
    }


def _open(path: Path) -> Package:
    package = Package(path.resolve(), read_descriptor(path.resolve()))
    for resource in package.tables.values():
        file = package.path / resource["path"]
        if not file.is_file() or f"sha256:{sha256(file)}" != resource["hash"]:
            raise PermanentFailure(
                f"{file} was changed since it was exported: export again, or get the package again from its source"
            )
    if missing := [name for name in _BLOCKS if f"core.{name}" not in package.tables]:
        raise PermanentFailure(
            f"{path} lacks core.{missing[0]}, without which it cannot be explained why figures changed: export it again"
        )
    return package


def _other_definitions(one: Package, two: Package) -> list[str]:
    """The tables whose own SQL, or reference file, differs."""
    if not one.definitions or not two.definitions:
        return []  # an earlier version built it: its version and commit have to do
    return sorted(
        name
        for name in {*one.definitions, *two.definitions}
        if one.definitions.get(name, {}).get("sha256") != two.definitions.get(name, {}).get("sha256")
    )


def _made_of(name: str, packages: Iterable[Package]) -> set[str]:
    """The table and all that it reads, by either package."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        found |= waiting
        waiting = {
            read for package in packages for one in waiting for read in package.definitions.get(one, {}).get("reads", [])
        } - found
    return found


def _table(
    con: store.Connection, name: str, one: Package, two: Package, definitions: list[str], say: Callable[[str], None],
    *, has_other_catalogue: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """What moved in one table: a line for each kind of change and reason."""
    if name not in one.tables or name not in two.tables:
        return [_whole(name, one, two)]
    before, after = one.tables[name], two.tables[name]
    if before["hash"] == after["hash"]:
        return []
    say(f"comparing {name}")
    columns = [[field["name"] for field in side["schema"]["fields"]] for side in (before, after)]
    changes = [
        {"table": name, "change": change, "reasons": ["new_code"], "rows": None, "columns": names}
        for change, names in (
            ("columns added", [column for column in columns[1] if column not in columns[0]]),
            ("columns left", [column for column in columns[0] if column not in columns[1]]),
        )
        if names
    ]
    key = after["schema"]["primaryKey"]
    if before["schema"]["primaryKey"] != key:
        return [*changes, {"table": name, "change": "another key", "reasons": ["new_code"], "rows": None, "columns": key}]
    compared = [column for column in columns[1] if column in columns[0] and column not in key]
    period = next((column for column in key if column in _PERIODS), None)
    made_of = _made_of(name, (one, two)).intersection(definitions)
    kinds = after["series_kinds"]
    found = store.rows(
        con,
        store.read_sql("export/moved_rows"),
        before=one.file(name),
        after=two.file(name),
        key=[f"$.{column}" for column in key],
        compared=compared,
        times=_TIMES,
        period=period,
        length=_PERIODS.get(period or "", "1 day"),
        kinds=[kind for kind in kinds if kind != _CATALOGUE],
        new_code=bool(made_of - _CLASSES),
        reclassified=bool(made_of & _CLASSES) or (has_other_catalogue and _CATALOGUE in kinds),
        other_build=any(one.summary[field] != two.summary[field] for field in ("version", "git_commit")),
    )
    return changes + [{"table": name, **_rows(row, key)} for row in found]


def _whole(name: str, one: Package, two: Package) -> dict[str, Any]:
    """A table that one of them lacks, with the reason where it was left out of that one."""
    is_added = name in two.tables
    told = {left["table"]: left["reason"] for left in (one if is_added else two).descriptor["left_out"]}
    rows = (two if is_added else one).tables[name]["row_count"]
    change = "table added" if is_added else "table left"
    return {"table": name, "change": change, "reasons": ["new_code"], "rows": rows, "columns": [],
            **({"left_out": told[name]} if name in told else {})}  # fmt: skip


def _rows(row: Mapping[str, Any], key: list[str]) -> dict[str, Any]:
    values = dict(zip(key, json.loads(row["example_key"]), strict=True))
    before, after = (json.loads(row[f"example_{side}"] or "{}") for side in ("before", "after"))
    differs = [name for name in before if name in after and before[name] != after[name]]
    differs = [name for name in differs if name in row["columns"]] or differs
    return {
        "change": f"rows {row['change']}",
        "reasons": row["reasons"],
        "rows": row["rows"],
        "columns": row["columns"],
        "example": {"key": values, "before": {n: before[n] for n in differs}, "after": {n: after[n] for n in differs}},
    }


def _restated(row: Mapping[str, Any]) -> dict[str, Any]:
    before, after = row["tokens_before"], row["tokens_after"]
    return {
        "series": row["series"],
        "period_start": row["period_start"],
        "tokens_before": before,
        "tokens_after": after,
        "relative_change": after / before - 1 if before and after is not None else None,
        "retrieved_before": row["retrieved_before"],
        "retrieved_after": row["retrieved_after"],
    }
