-- Effective-dated entries: a line per changed content of an entry. An entry missing from the next reading has ended.
with readings as (
    select
        block_hash, retrieved_at,
        row_number() over (order by retrieved_at) as reading_number,
        lead(retrieved_at) over (order by retrieved_at) as next_retrieved_at
    from core.readings
    where series = 'models'
),
entries as (
    select
        reading_number, retrieved_at, next_retrieved_at,
        id, canonical_slug, name, created_at, context_length, hugging_face_id, input_modalities, output_modalities,
        prompt_usd_per_token, completion_usd_per_token,
        hash(
            canonical_slug, name, created_at, context_length, hugging_face_id, input_modalities, output_modalities,
            prompt_usd_per_token, completion_usd_per_token
        ) as content
    from readings
    join raw.catalogue_rows using (block_hash)
),
compared as (
    select
        *,
        lag(reading_number) over history is distinct from reading_number - 1
        or lag(content) over history <> content as starts_line
    from entries
    window history as (partition by id order by reading_number)
),
numbered as (
    select
        *,
        count_if(starts_line) over (partition by id order by reading_number) as line_number
    from compared
)
select
    id,
    any_value(canonical_slug) as canonical_slug,
    case when contains(id, ':') then substr(id, strpos(id, ':') + 1) else 'default' end as variant,
    any_value(name) as name,
    any_value(created_at) as created_at,
    any_value(context_length) as context_length,
    any_value(hugging_face_id) as hugging_face_id,
    any_value(input_modalities) as input_modalities,
    any_value(output_modalities) as output_modalities,
    any_value(prompt_usd_per_token) as prompt_usd_per_token,
    any_value(completion_usd_per_token) as completion_usd_per_token,
    min(retrieved_at) as known_from,
    arg_max_null(next_retrieved_at, reading_number) as known_to
from numbered
group by id, line_number
