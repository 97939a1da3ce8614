-- A line stands for a change: the line before it has other figures, or the row was not listed.
with figures as (
    select
        block_hash, concat_ws(chr(31), macro_category, tag, model_permaslug) as row_key,
        row(
            classified_token_share, classified_request_share, macro_token_share, macro_request_share, tag_token_share,
            tag_request_share
        )::varchar as content
    from raw.task_rows
    union all
    select
        block_hash, concat_ws(chr(31), app_slug, turn_range, model_permaslug) as row_key,
        median_session_cost_usd::varchar as content
    from raw.session_cost_rows
    union all
    select
        block_hash, model_permaslug as row_key,
        row(
            intelligence_index, coding_index, agentic_index, prompt_usd_per_token, completion_usd_per_token
        )::varchar as content
    from raw.benchmark_rows
    union all
    select block_hash, app_id::varchar as row_key, row(app_rank, total_tokens, total_requests)::varchar as content
    from raw.app_rows
    union all
    select
        block_hash, id as row_key,
        row(
            canonical_slug, name, created_at, context_length, hugging_face_id, input_modalities, output_modalities,
            price_unit, prompt_usd_per_unit, completion_usd_per_unit, intelligence_index, coding_index, agentic_index
        )::varchar as content
    from raw.catalogue_rows
),
stated as (
    select series, period_start, row_key, known_from, is_listed, case when is_listed then content end as content
    from core.snapshot_row_vintages
    left join figures using (block_hash, row_key)
)
select series, period_start, row_key, known_from, is_listed
from stated
qualify (is_listed, content) is not distinct from lag((is_listed, content)) over (
    partition by series, period_start, row_key order by known_from
)
