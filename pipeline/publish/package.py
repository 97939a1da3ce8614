"""A package of the published tables: Parquet, CSV and a Frictionless ``datapackage.json``, the same bytes for the same data.

Belongs here: which tables go into it, what is said of them, putting it in its place whole. Not here: how a table is written
(``store``), what moved between two packages (``compare``).
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline import store, wording
from pipeline.contracts.columns import Column
from pipeline.contracts.tables import TABLES, Table
from pipeline.durable import sync
from pipeline.failures import PermanentFailure
from pipeline.program import PROGRAM
from pipeline.publish import story
from pipeline.settings import Settings
from pipeline.store.open import open_store

DESCRIPTOR, README = "datapackage.json", "README.md"
_SOURCE = "https://openrouter.ai/rankings"
_KEYWORDS = ["OpenRouter", "MiniMax M2", "large language models", "token usage", "market share", "coding", "time series"]

_LICENCES = {
    "CC BY 4.0": {
        "name": "CC-BY-4.0",
        "title": "Creative Commons Attribution 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
    }
}
_README_LICENCE = f"Licensed under [CC BY 4.0]({_LICENCES['CC BY 4.0']['path']})."
_TYPES = {
    "DATE": "date",
    "TIMESTAMPTZ": "datetime",
    "VARCHAR": "string",
    "VARCHAR[]": "array",
    "BOOLEAN": "boolean",
    "BIGINT": "integer",
    "DOUBLE": "number",
}
_MEDIATYPES = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}

# What the catalogue and the scores say themselves: in no table that is passed on, whatever is decided of the table.
_UNLICENSED_TABLES = ("raw.catalogue_rows", "raw.benchmark_rows")


def export(settings: Settings, target: Path | None, say: Callable[[str], None]) -> dict[str, Any]:
    """Write the published tables to ``target``, by default a folder named after the newest reading: all, or nothing.

    Returns what was written, in the form of the command's JSON (``run.facts.KEYS``).
    """
    parent = target.resolve().parent if target else settings.data_dir.exports
    # One connection for everything: whatever is published meanwhile, the package is of the file that was opened.
    with open_store(settings.data_dir).reader(writes_to=parent) as con:
        build = _build(con, settings)
        path = target.resolve() if target else parent / f"{build['as_of']:%Y-%m-%d}"
        with _put_in_place(path) as folder:
            page = settings.public_address(settings.data_dir.report.name) if settings.public_url else _SOURCE
            descriptor = _write(con, build, folder, say, homepage=page)
    parquet = [one for one in descriptor["resources"] if one["format"] == "parquet"]
    return {
        "path": path,
        "as_of": build["as_of"],
        "simulated": build["is_simulated"],
        "tables": len(parquet),
        "rows": sum(one["row_count"] for one in parquet),
        "size_bytes": sum(one["bytes"] for one in (*descriptor["resources"], *descriptor["story"])),
        "story": len(descriptor["story"]),
        "left_out": {one["table"]: one["reason"] for one in descriptor["left_out"]},
    }


def _build(con: store.Connection, settings: Settings) -> dict[str, Any]:
    found = store.rows(con, store.read_sql("internal/newest_build"))
    if not found or found[0]["as_of"] is None:
        raise PermanentFailure(
            f"{settings.data_dir.published} has no figures, so there is nothing to export: `openrouter-usage run` fetches "
            "some, `openrouter-usage import PATH` imports recorded ones"
        )
    return {**found[0], "is_simulated": found[0]["is_simulated"] or settings.data_dir.is_simulated}


# --- what goes into it ------------------------------------------------------------------------------------------------


def _write(
    con: store.Connection, build: dict[str, Any], folder: Path, say: Callable[[str], None], *, homepage: str
) -> dict[str, Any]:
    resources, left_out = [], []
    sources = store.rows(con, store.read_sql("export/sources"))
    for source in sources:
        table = TABLES[source["table_name"]]
        reason = _forbids(table, source)
        if reason:
            left_out.append({"table": table.full_name, "licence": source["licence"], "reason": reason})
        else:
            say(f"writing {table.full_name}")
            resources += _resources(con, table, source, folder, is_simulated=build["is_simulated"])
    say("writing the rows behind the charts")
    forbidden = {one["table"]: one["reason"] for one in left_out}
    by_name = {source["table_name"]: source for source in sources}
    files, without = story.write(con, by_name, forbidden, _unlicensed_columns(), folder)
    for one in files:
        path = folder / one["path"]
        one |= {"bytes": path.stat().st_size, "hash": f"sha256:{sha256(path)}"}
    descriptor = _descriptor(build, resources, left_out) | {
        "homepage": homepage,
        "story": files,
        "story_left_out": without,
    }
    _write_text(folder / README, _readme(descriptor))
    _write_text(folder / DESCRIPTOR, json.dumps(descriptor, indent=1, ensure_ascii=False) + "\n")
    return descriptor


def _forbids(table: Table, source: Mapping[str, Any]) -> str | None:
    """Why the table may not be passed on; None where it may."""
    if not source["may_republish"]:
        return str(source["reason"])
    if source["licence"] not in _LICENCES:
        return f"{source['licence']!r} is not a licence that is known to allow it"
    unlicensed = [column.name for column in table.columns if column.name in _unlicensed_columns()]
    return f"it holds {', '.join(unlicensed)}, for which no licence to pass them on was found" if unlicensed else None


def _unlicensed_columns() -> set[str]:
    """What only the catalogue and the scores say: a column means the same in whatever table it stands."""
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for table in TABLES.values():
        if table.schema == "raw":
            names[table.full_name in _UNLICENSED_TABLES] |= {column.name for column in table.columns}
    return names[True] - names[False]


def _resources(
    con: store.Connection, table: Table, source: Mapping[str, Any], folder: Path, *, is_simulated: bool
) -> list[dict[str, Any]]:
    """The table's two files, written, and what is said of them."""
    stem = folder / table.schema / table.name
    stem.parent.mkdir(exist_ok=True)
    prefix = store.SIMULATED_PREFIX if is_simulated else ""
    said = {"description": prefix + table.description, "licence": source["licence"]}
    if source["citation"]:  # there is none of a table whose series were never read
        said["citation"] = source["citation"]
    paths = {form: stem.with_suffix(f".{form}") for form in _MEDIATYPES}
    rows = store.export(con, table, paths["parquet"], paths["csv"], said)
    return [
        {
            "name": f"{table.full_name}.{form}",
            "type": "table" if form == "csv" else "file",
            "table": table.full_name,
            "title": prefix + table.full_name,
            "description": said["description"],
            "path": path.relative_to(folder).as_posix(),
            "scheme": "file",
            "format": form,
            "mediatype": _MEDIATYPES[form],
            **({"encoding": "utf-8", "dialect": {"csv": {"lineTerminator": "\n"}}} if form == "csv" else {}),
            "bytes": path.stat().st_size,
            "hash": f"sha256:{sha256(path)}",
            "row_count": rows,
            **({"as_of": wording.text(source["as_of"]), "citation": source["citation"]} if source["citation"] else {}),
            "series_kinds": source["series_kinds"].split(),
            "licenses": [_LICENCES[source["licence"]]],
            "sources": [{"title": source["reason"], "path": source["source"]}],
            "schema": {
                "fields": [_field(table, column, form) for column in table.columns],
                "missingValues": [""],
                "primaryKey": list(table.key),
            },
        }
        for form, path in paths.items()
    ]


def _field(table: Table, column: Column, form: str) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": _TYPES[column.type]}
    if form == "csv" and field["type"] == "datetime":
        field["format"] = store.CSV_INSTANT
    field["description"] = column.description
    if column.unit:
        field["unit"] = column.unit
    # An empty text is no missing one, but CSV cannot tell them apart.
    if column.name in table.key or (column.name in table.required and column.type != "VARCHAR"):
        field["constraints"] = {"required": True}
    return field


def _descriptor(build: Mapping[str, Any], resources: list[dict[str, Any]], left_out: list[dict[str, Any]]) -> dict[str, Any]:
    is_simulated = build["is_simulated"]
    prefix = store.SIMULATED_PREFIX if is_simulated else ""
    definitions = json.loads(build["definitions"] or "{}")
    sources = {source["path"] for one in resources for source in one["sources"]}
    return {
        "profile": "data-package",
        "name": f"{PROGRAM}-simulated" if is_simulated else PROGRAM,
        "title": f"{prefix}Token usage on OpenRouter, kept fetch by fetch",
        "description": f"{prefix}Token usage on OpenRouter, in total and by category, as its Data API gave it and as it was "
        "fetched again later: one Parquet and one CSV file for each table. README.md says how to read and to cite it.",
        "version": f"{build['as_of']:%Y.%m.%d}",
        # The same data gives the same bytes: it was created when its newest figure was, not when the files were.
        "created": wording.text(build["as_of"]),
        "keywords": _KEYWORDS,
        "as_of": wording.text(build["as_of"]),
        "simulated": is_simulated,
        "licenses": list(_LICENCES.values()),
        "sources": [{"title": urlsplit(path).hostname, "path": path} for path in sorted(sources)],
        "made_with": {
            "version": build["version"],
            "git_commit": build["git_commit"],
            "reference_hashes": dict(sorted(json.loads(build["reference_hashes"]).items())),
            "definitions": dict(sorted(definitions.items())),
        },
        "left_out": left_out,
        "resources": resources,
    }


def sha256(path: Path) -> str:
    """Of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    sync(path)


def _readme(descriptor: Mapping[str, Any]) -> str:
    parquet = [one for one in descriptor["resources"] if one["format"] == "parquet"]
    tables = "\n".join(f"- `{one['table']}` ({one['row_count']} rows): {one['description']}" for one in parquet)
    left_out = "\n".join(f"- `{one['table']}`: {one['reason']}" for one in descriptor["left_out"])
    files = "\n".join(f"- `{one['path']}` ({one['row_count']} rows), by `{one['query']}`" for one in descriptor["story"])
    without = "\n".join(f"- `{one['name']}`: {one['reason']}" for one in descriptor["story_left_out"]) or "- nothing"
    example = "marts/m2_coding_share_weekly"
    return f"""# {descriptor["title"]}

{descriptor["description"].partition(":")[0]}. As of {descriptor["as_of"]}, the newest fetch in it.

- **What is where.** `datapackage.json` describes every file, column, unit and key (Frictionless Data Package), and names the
  code and reference files that it was made with. Each table is there twice, with the same rows in the same order.
- **Read it.** DuckDB: `from '{example}.parquet'`. Polars: `pl.read_parquet("{example}.parquet")`.
- **Cite it.** Print the row's `citation` beside a figure; of tables without that column, the `citation` of the file in
  `datapackage.json`. {"None of it is OpenRouter's data." if descriptor["simulated"] else _README_LICENCE}
- **CSV.** UTF-8, comma, quotes doubled. Nothing between two commas is NULL, `""` an empty text; a list is JSON, an instant
  ISO 8601 in UTC. Names are as the source gave them, also one that a spreadsheet would take for a formula (`=…`): import
  them as text.
- **Whole.** `sha256` and size of each file are in `datapackage.json`.

## Tables

{tables}

## Story

The rows behind each chart of the page. The last column, `citation`, is the line to print beside a figure.

{files}

Left out:

{without}

## Left out

No licence to pass these on was found:

{left_out}
"""


# --- putting it in its place ------------------------------------------------------------------------------------------


@contextmanager
def _put_in_place(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` that takes its place when the block ends well. An earlier package there goes as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    _require_replaceable(path)
    fresh, before = (path.with_name(f".{path.name}.{os.getpid()}.{kind}") for kind in ("new", "old"))
    try:
        fresh.mkdir()
        yield fresh
        if path.exists():
            path.rename(before)
        fresh.rename(path)
    except BaseException:
        if before.exists() and not path.exists():
            before.rename(path)
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if path.exists():
            shutil.rmtree(before, ignore_errors=True)


def _sweep(path: Path) -> None:
    """Remove what killed exports left beside ``path``; a package that one had moved aside comes back."""
    for left in sorted(path.parent.glob(f".{glob.escape(path.name)}.*")):
        named = re.fullmatch(r"\.(\d+)\.(new|old)", left.name.removeprefix(f".{path.name}"))
        if named is None or _is_running(int(named[1])):
            continue
        if named[2] == "old" and not path.exists():
            left.rename(path)
        else:
            shutil.rmtree(left)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _require_replaceable(path: Path) -> None:
    """Nothing but a package of ours, or an empty folder, is replaced."""
    if not path.exists():
        return
    if not path.is_dir():
        raise PermanentFailure(f"{path} is a file: name a folder for the export")
    if not any(path.iterdir()):
        return
    found = read_descriptor(path)
    ours = {DESCRIPTOR, README} | {one["path"] for one in (*found["resources"], *found.get("story", []))}
    there = {one.relative_to(path).as_posix() for one in path.rglob("*") if not one.is_dir()}
    if strangers := sorted(there - ours):
        raise PermanentFailure(
            f"{path} also holds {strangers[0]}, which no export wrote, and all of it would be replaced: name another "
            "folder, or move that file"
        )


def read_descriptor(path: Path) -> dict[str, Any]:
    """``datapackage.json`` of a package that this project wrote. What it says of paths and names is safe to use."""
    try:
        found = json.loads((path / DESCRIPTOR).read_text(encoding="utf-8"))
        if found["name"] not in (PROGRAM, f"{PROGRAM}-simulated"):
            raise ValueError(f"{DESCRIPTOR} is of {found['name']!r}")
        _require_said(found, "as_of", "simulated", "left_out", "made_with", "resources")
        _require_said(found["made_with"], "version", "git_commit", "definitions")
        for one in found["resources"]:
            _require_said(one, "table", "format", "path", "hash", "row_count", "series_kinds", "schema")
            fields = {field["name"] for field in one["schema"]["fields"]}
            is_sound = (
                re.fullmatch(rf"[a-z0-9_]+/[a-z0-9_]+\.{one['format']}", one["path"])
                and one["format"] in _MEDIATYPES
                and all(re.fullmatch(r"[a-z0-9_]+", name) for name in fields)
                and set(one["schema"]["primaryKey"]) <= fields
            )
            if not is_sound:
                raise ValueError(f"{DESCRIPTOR} names {one['path']!r}, or its columns, as no export does")
        for one in found.get("story", []):  # earlier versions wrote none
            if not re.fullmatch(rf"{story.FOLDER}/[a-z0-9_]+\.csv", one["path"]):
                raise ValueError(f"{DESCRIPTOR} names {one['path']!r}, as no export does")
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = (
            f"{DESCRIPTOR} is missing"
            if isinstance(error, FileNotFoundError)
            else " ".join(f"{type(error).__name__}: {error}".split())
        )
        raise PermanentFailure(
            f"{path} holds no export ({why}): name a folder that `openrouter-usage export` wrote, or for a "
            "new export an empty one"
        ) from error
    return dict(found)


def _require_said(found: Mapping[str, Any], *names: str) -> None:
    if missing := [name for name in names if name not in found]:
        raise ValueError(f"{DESCRIPTOR} does not say {missing[0]}")
