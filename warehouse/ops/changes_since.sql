-- What the readings of one load said of each series: periods that are new, that differ from before, or that are the same.
with readings as (
    select series, period_start, capture, retrieved_at, block_hash, exchange_id in (select unnest($loaded)) as is_loaded
    from raw.readings
),
newest as (
    select
        series, period_start, capture,
        arg_max(block_hash, retrieved_at) filter (is_loaded) as hash_now,
        arg_max(block_hash, retrieved_at) filter (not is_loaded) as hash_before
    from readings
    group by all
)
select
    series,
    count(*) filter (hash_before is null) as new_periods,
    count(*) filter (hash_before <> hash_now) as restated_periods,
    count(*) filter (hash_before = hash_now) as confirmed_periods
from newest
where hash_now is not null
group by series
order by series
