-- What the fetches of one load said of each series: periods that are new, that grew while they were still running, that were
-- restated after they had closed, or that are the same; and in how many rows of rankings.
with readings as (
    select series, period_start, capture, retrieved_at, block_hash, exchange_id in (select unnest($loaded)) as is_loaded
    from raw.readings
),
newest as (
    select
        series, period_start, capture,
        arg_max(block_hash, retrieved_at) filter (is_loaded) as hash_now,
        arg_max(block_hash, retrieved_at) filter (not is_loaded) as hash_before,
        max(retrieved_at) filter (not is_loaded) as retrieved_before
    from readings
    group by all
    having hash_now is not null
),
periods as (
    select
        series, period_start, capture, hash_now, hash_before,
        -- A list without a period, as the catalogue is, never closes.
        has_period and is_restated(hash_before, hash_now, retrieved_before, closing_of(period_start, grain)) as is_restated
    from newest
    join reference.series using (series)
),
rows_changed as (
    select
        periods.series, periods.period_start, periods.capture,
        count(*) filter (before.total_tokens is null) as rows_new,
        count(*) filter (before.total_tokens <> now.total_tokens) as rows_other
    from periods
    join raw.block_rows as now
        on now.series = periods.series
        and now.period_start = periods.period_start
        and now.block_hash = periods.hash_now
    left join raw.block_rows as before
        on before.series = periods.series
        and before.period_start = periods.period_start
        and before.block_hash = periods.hash_before
        and before.model_permaslug = now.model_permaslug
    where hash_now is distinct from hash_before
    group by all
)
select
    series,
    count(*) filter (hash_before is null) as new_periods,
    count(*) filter (hash_before <> hash_now and not is_restated) as grown_periods,
    count(*) filter (is_restated) as restated_periods,
    count(*) filter (hash_before = hash_now) as confirmed_periods,
    coalesce(sum(rows_new), 0)::bigint as rows_new,
    coalesce(sum(rows_other) filter (not is_restated), 0)::bigint as rows_grown,
    coalesce(sum(rows_other) filter (is_restated), 0)::bigint as rows_restated
from periods
left join rows_changed using (series, period_start, capture)
group by series
order by series
