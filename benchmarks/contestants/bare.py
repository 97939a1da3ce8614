"""The load in httpx and DuckDB alone: ``python benchmarks/contestants/bare.py QUESTIONS DATABASE URL INSTANT``.

It fetches and inserts, and does nothing else: keeps no answer, judges nothing, builds nothing. DuckDB itself reads the
answers, which is the fastest way there is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb
import httpx

TABLES = """
create table if not exists rankings (series varchar, retrieved_at timestamptz, period_start date, model_permaslug varchar,
    total_tokens bigint);
create table if not exists apps (series varchar, retrieved_at timestamptz, app_id bigint, app_name varchar, app_rank bigint,
    total_tokens bigint, total_requests bigint);
create table if not exists models (series varchar, retrieved_at timestamptz, id varchar, canonical_slug varchar,
    name varchar, created bigint, context_length bigint, hugging_face_id varchar, input_modalities varchar[],
    output_modalities varchar[], prompt decimal(24, 15), completion decimal(24, 15));
create table if not exists benchmarks (series varchar, retrieved_at timestamptz, model_permaslug varchar,
    intelligence_index double, coding_index double, agentic_index double, prompt decimal(24, 15),
    completion decimal(24, 15));
create table if not exists session_costs (series varchar, retrieved_at timestamptz, app_slug varchar, turn_range varchar,
    model_permaslug varchar, median_session_cost_usd double);
create table if not exists tasks (series varchar, retrieved_at timestamptz, macro_category varchar, tag varchar,
    model_permaslug varchar, display_name varchar, usage_share double, token_share double, category_usage_share double,
    category_token_share double, tag_usage_share double, tag_token_share double);
"""

INSERTS = {
    "/datasets/rankings-daily": """
        insert into rankings select $series, $at, row.date, row.model_permaslug, row.total_tokens
        from (select unnest(from_json($body::json->'data',
            '[{"date": "date", "model_permaslug": "varchar", "total_tokens": "bigint"}]')) as row)
    """,
    "/datasets/app-rankings": """
        insert into apps select $series, $at, row.app_id, row.app_name, row.rank, row.total_tokens, row.total_requests
        from (select unnest(from_json($body::json->'data',
            '[{"app_id": "bigint", "app_name": "varchar", "rank": "bigint", "total_tokens": "bigint",
               "total_requests": "bigint"}]')) as row)
    """,
    "/models": """
        insert into models select $series, $at, row.id, row.canonical_slug, row.name, row.created, row.context_length,
            row.hugging_face_id, row.architecture.input_modalities, row.architecture.output_modalities,
            row.pricing.prompt, row.pricing.completion
        from (select unnest(from_json($body::json->'data',
            '[{"id": "varchar", "canonical_slug": "varchar", "name": "varchar", "created": "bigint",
               "context_length": "bigint", "hugging_face_id": "varchar",
               "architecture": {"input_modalities": ["varchar"], "output_modalities": ["varchar"]},
               "pricing": {"prompt": "decimal(24, 15)", "completion": "decimal(24, 15)"}}]')) as row)
    """,
    "/benchmarks": """
        insert into benchmarks select $series, $at, row.model_permaslug, row.intelligence_index, row.coding_index,
            row.agentic_index, row.pricing.prompt, row.pricing.completion
        from (select unnest(from_json($body::json->'data',
            '[{"model_permaslug": "varchar", "intelligence_index": "double", "coding_index": "double",
               "agentic_index": "double", "pricing": {"prompt": "decimal(24, 15)",
               "completion": "decimal(24, 15)"}}]')) as row)
    """,
    "/datasets/session-cost": """
        insert into session_costs select $series, $at, row.app_slug, row.turn_range, row.model_permaslug,
            row.median_session_cost_usd
        from (select unnest(from_json($body::json->'data',
            '[{"app_slug": "varchar", "turn_range": "varchar", "model_permaslug": "varchar",
               "median_session_cost_usd": "double"}]')) as row)
    """,
    "/classifications/task": """
        insert into tasks
        with macro as (
            select unnest(from_json($body::json->'data'->'macro_categories',
                '[{"key": "varchar", "label": "varchar", "usage_share": "double", "token_share": "double"}]')) as row
        ), tag as (
            select unnest(from_json($body::json->'data'->'classifications',
                '[{"macro_category": "varchar", "tag": "varchar", "display_name": "varchar", "usage_share": "double",
                   "token_share": "double", "category_usage_share": "double", "category_token_share": "double",
                   "models": [{"id": "varchar", "tag_usage_share": "double", "tag_token_share": "double"}]}]')) as row
        ), model as (
            select row.macro_category, row.tag, unnest(row.models) as row from tag
        )
        select $series, $at, row.key, '*', '*', row.label, row.usage_share, row.token_share, null, null, null, null
        from macro
        union all
        select $series, $at, row.macro_category, row.tag, '*', row.display_name, row.usage_share, row.token_share,
            row.category_usage_share, row.category_token_share, null, null from tag
        union all
        select $series, $at, macro_category, tag, row.id, null, null, null, null, null, row.tag_usage_share,
            row.tag_token_share from model
    """,
}


def main() -> None:
    questions, database, url, instant = sys.argv[1:]
    with duckdb.connect(database) as con, httpx.Client(headers={"authorization": "Bearer any"}, timeout=60) as http:
        con.execute(TABLES)
        con.begin()
        for question in json.loads(Path(questions).read_text()):
            answer = http.get(url + question["path"], params=question["params"]).raise_for_status()
            given = {"series": question["series"], "at": instant, "body": answer.text}
            con.execute(INSERTS[question["path"]], given)
        con.commit()


if __name__ == "__main__":
    main()
