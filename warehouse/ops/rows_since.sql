-- Of the rows of rankings that one load read: those that the newest reading before did not have, and those that differ in it.
with readings as (
    select series, period_start, capture, retrieved_at, block_hash, exchange_id in (select unnest($loaded)) as is_loaded
    from raw.readings
),
changed as (
    select
        series, period_start, capture,
        arg_max(block_hash, retrieved_at) filter (is_loaded) as hash_now,
        arg_max(block_hash, retrieved_at) filter (not is_loaded) as hash_before
    from readings
    group by all
    having hash_now is not null and hash_now is distinct from hash_before
)
select
    count(*) filter (before.total_tokens is null) as rows_new,
    count(*) filter (before.total_tokens <> now.total_tokens) as rows_restated
from changed
join raw.block_rows as now
    on now.series = changed.series
    and now.period_start = changed.period_start
    and now.block_hash = changed.hash_now
left join raw.block_rows as before
    on before.series = changed.series
    and before.period_start = changed.period_start
    and before.block_hash = changed.hash_before
    and before.model_permaslug = now.model_permaslug
