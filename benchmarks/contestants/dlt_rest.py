"""The load with dlt's REST source: ``python benchmarks/contestants/dlt_rest.py QUESTIONS FOLDER URL INSTANT FORMAT``.

Runs in an environment of its own, which ``benchmarks.contest`` makes. Written to dlt's advantage: a resource for each
question, a table for each endpoint, types declared, so that nothing is guessed; rows are appended, so that every reading is
kept and nothing has to be merged. FORMAT is that of the files between its steps: ``insert_values`` is what it chooses for
DuckDB by itself, ``parquet`` the fastest. Asking in parallel gains nothing from a source that answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dlt  # type: ignore[import-not-found]
from dlt.sources.rest_api import rest_api_resources  # type: ignore[import-not-found]

TABLE_OF = {
    "/datasets/rankings-daily": "rankings",
    "/datasets/app-rankings": "apps",
    "/models": "models",
    "/benchmarks": "benchmarks",
    "/datasets/session-cost": "session_costs",
    "/classifications/task": "tasks",
}
SHARES = ("usage_share", "token_share", "category_usage_share", "category_token_share", "tag_usage_share", "tag_token_share")
PRICES = {name: {"data_type": "decimal", "precision": 24, "scale": 15} for name in ("prompt", "completion")}
COLUMNS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "rankings": {"period_start": {"data_type": "date"}, "total_tokens": {"data_type": "bigint"}},
    "apps": {"total_tokens": {"data_type": "bigint"}, "total_requests": {"data_type": "bigint"}},
    "models": PRICES,
    "benchmarks": {
        **PRICES,
        **{name: {"data_type": "double"} for name in ("intelligence_index", "coding_index", "agentic_index")},
    },
    "session_costs": {"median_session_cost_usd": {"data_type": "double"}},
    "tasks": {"display_name": {"data_type": "text"}, **{name: {"data_type": "double"} for name in SHARES}},
}
Row = dict[str, Any]


def ranking(row: Row) -> Row:
    return {"period_start": row["date"], "model_permaslug": row["model_permaslug"], "total_tokens": row["total_tokens"]}


def app(row: Row) -> Row:
    return {
        "app_rank": row["rank"],
        **{name: row[name] for name in ("app_id", "app_name", "total_tokens", "total_requests")},
    }


def model(row: Row) -> Row:
    plain = ("id", "canonical_slug", "name", "created", "context_length", "hugging_face_id")
    architecture, pricing = row["architecture"], row["pricing"]
    modalities = {name: ",".join(architecture[name]) for name in ("input_modalities", "output_modalities")}
    return {
        **{name: row[name] for name in plain},
        **modalities,
        "prompt": pricing["prompt"],
        "completion": pricing["completion"],
    }


def benchmark(row: Row) -> Row:
    plain = ("model_permaslug", "intelligence_index", "coding_index", "agentic_index")
    pricing = row["pricing"] or {}
    return {**{name: row[name] for name in plain}, "prompt": pricing.get("prompt"), "completion": pricing.get("completion")}


def session_cost(row: Row) -> Row:
    return {name: row[name] for name in ("app_slug", "turn_range", "model_permaslug", "median_session_cost_usd")}


ROW_OF: Mapping[str, Callable[[Row], Row]] = {
    "rankings": ranking,
    "apps": app,
    "models": model,
    "benchmarks": benchmark,
    "session_costs": session_cost,
}


def task_rows(data: Row) -> Iterator[Row]:
    for macro in data["macro_categories"]:
        shares = {name: macro[name] for name in SHARES[:2]}
        yield {"macro_category": macro["key"], "tag": "*", "model_permaslug": "*", "display_name": macro["label"], **shares}
    for tag in data["classifications"]:
        above = {"macro_category": tag["macro_category"], "tag": tag["tag"]}
        shares = {name: tag[name] for name in SHARES[:4]}
        yield {**above, "model_permaslug": "*", "display_name": tag["display_name"], **shares}
        for one in tag["models"]:
            yield {**above, "model_permaslug": one["id"], **{name: one[name] for name in SHARES[4:]}}


def marked(make: Callable[[Row], Row], mark: Row) -> Callable[[Row], Row]:
    def one(row: Row) -> Row:
        return {**mark, **make(row)}

    return one


def all_marked(mark: Row) -> Callable[[Row], Iterator[Row]]:
    def many(row: Row) -> Iterator[Row]:
        for made in task_rows(row):
            yield {**mark, **made}

    return many


def resource(number: int, question: Mapping[str, Any], instant: str) -> dict[str, Any]:
    table, mark = TABLE_OF[question["path"]], {"series": question["series"], "retrieved_at": instant}
    step = {"yield_map": all_marked(mark)} if table == "tasks" else {"map": marked(ROW_OF[table], mark)}
    return {
        "name": f"question_{number}",
        "table_name": table,
        "write_disposition": "append",
        "columns": {"retrieved_at": {"data_type": "timestamp"}, **COLUMNS[table]},
        "endpoint": {
            "path": question["path"],
            "params": question["params"],
            "data_selector": "data",
            "paginator": "single_page",
        },
        "processing_steps": [step],
    }


def main() -> None:
    questions, folder, url, instant, format_between = sys.argv[1:]
    asked = json.loads(Path(questions).read_text())
    resources = rest_api_resources(
        {
            "client": {"base_url": url, "auth": {"type": "bearer", "token": "any"}},
            "resources": [resource(number, question, instant) for number, question in enumerate(asked)],
        }
    )
    pipeline = dlt.pipeline(
        "contestant",
        pipelines_dir=str(Path(folder) / "pipelines"),
        destination=dlt.destinations.duckdb(str(Path(folder) / "dlt.duckdb")),
        dataset_name="loaded",
    )
    pipeline.run(resources, loader_file_format=format_between).raise_on_failed_jobs()


if __name__ == "__main__":
    main()
