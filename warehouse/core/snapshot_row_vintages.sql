-- A line per changed value of a row of a snapshot. A block is complete: a row missing from the next version has left.
with rows_stated as (
    select
        block_hash, concat_ws(chr(31), macro_category, tag, model_permaslug) as row_key,
        hash(
            classified_token_share, classified_request_share, macro_token_share, macro_request_share, tag_token_share,
            tag_request_share
        ) as content
    from raw.task_rows
    union all
    select
        block_hash, concat_ws(chr(31), app_slug, turn_range, model_permaslug) as row_key,
        hash(median_session_cost_usd) as content
    from raw.session_cost_rows
    union all
    select
        block_hash, model_permaslug as row_key,
        hash(
            intelligence_index, coding_index, agentic_index, prompt_usd_per_token, completion_usd_per_token
        ) as content
    from raw.benchmark_rows
    union all
    select block_hash, app_id::varchar as row_key, hash(app_rank, total_tokens, total_requests) as content
    from raw.app_rows
    union all
    select
        block_hash, id as row_key,
        hash(
            canonical_slug, name, created_at, context_length, hugging_face_id, input_modalities, output_modalities,
            price_unit, prompt_usd_per_unit, completion_usd_per_unit, intelligence_index, coding_index, agentic_index
        ) as content
    from raw.catalogue_rows
),
first_whole_catalogue as (
    select min(retrieved_at) as retrieved_at
    from core.readings
    where series = 'models/all'
),
snapshots as (
    -- The catalogue is one, whichever part of it was asked for; its text models alone say nothing once all of it was read.
    select
        case when series = 'models/all' then 'models' else series end as series,
        period_start, readings.retrieved_at, capture, block_hash
    from core.readings
    left join first_whole_catalogue on true
    where readings.series <> 'models'
        or first_whole_catalogue.retrieved_at is null
        or readings.retrieved_at < first_whole_catalogue.retrieved_at
),
versions as (
    select
        series, period_start, capture, block_hash,
        retrieved_at as known_from,
        row_number() over block as version_number,
        lead(retrieved_at) over block as known_to
    from (
        select *
        from snapshots
        where block_hash in (select block_hash from rows_stated)
        qualify block_hash is distinct from lag(block_hash) over (
            partition by series, period_start order by retrieved_at
        )
    )
    window block as (partition by series, period_start order by retrieved_at)
),
neighbours as (
    select
        *,
        lag(version_number) over history as version_before,
        lag(content) over history as content_before,
        lead(version_number) over history as version_after
    from versions
    join rows_stated using (block_hash)
    window history as (partition by series, period_start, row_key order by version_number)
),
lines as (
    select series, period_start, row_key, capture, block_hash, known_from, true as is_listed
    from neighbours
    where version_before is distinct from version_number - 1 or content_before <> content
    union all
    -- Under the hash of the last version that had it: what the row was about is told there.
    select series, period_start, row_key, capture, block_hash, known_to as known_from, false as is_listed
    from neighbours
    where known_to is not null and version_after is distinct from version_number + 1
)
select
    series, period_start, row_key, capture, block_hash, known_from,
    lead(known_from) over (partition by series, period_start, row_key order by known_from) as known_to,
    is_listed
from lines
