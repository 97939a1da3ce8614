-- Which periods of each series are there, from its first to its last.
with periods as (
    select series, period_start, final_from
    from core.blocks
    where split_part(series, '/', 1) not in ('models', 'benchmarks')
    union all
    -- What has no period is there on each day on which it was read.
    select distinct series, timezone('UTC', retrieved_at)::date as period_start, null as final_from
    from core.readings
    where split_part(series, '/', 1) in ('models', 'benchmarks')
),
read as (
    select
        series, period_start, final_from,
        case
            when split_part(series, '/', 1) like '%\_day' escape '\' then 'day'
            when split_part(series, '/', 1) like '%\_week' escape '\' then 'week'
            when split_part(series, '/', 1) like '%\_month' escape '\' then 'month'
            else 'snapshot'
        end as grain
    from periods
),
spans as (
    select
        series, grain,
        min(period_start) as first_period,
        max(period_start) as last_period,
        count(*) as periods_read,
        -- What has no period never closes.
        count_if(
            final_from is null and split_part(series, '/', 1) not in ('models', 'benchmarks')
        )::bigint as provisional_periods
    from read
    group by all
),
reading_times as (
    select series, count(*) as readings, min(retrieved_at) as first_retrieved_at, max(retrieved_at) as retrieved_at
    from core.readings
    group by all
)
select
    series, grain, first_period, last_period, periods_read,
    case grain
        when 'month' then datediff('month', first_period, last_period) + 1 - periods_read
        when 'week' then (last_period - first_period) // 7 + 1 - periods_read
        when 'day' then (last_period - first_period) + 1 - periods_read - (
            select count(*)
            from reference.known_holes
            where usage_date between first_period and last_period
                and usage_date not in (select period_start from read where read.series = spans.series)
        )
        else case
            when split_part(series, '/', 1) in ('models', 'benchmarks') then 0
            -- Renewed about once a week.
            when series = 'session_cost' then greatest((last_period - first_period) // 7 + 1 - periods_read, 0)
            else (last_period - first_period) + 1 - periods_read
        end
    end as periods_missing,
    provisional_periods, readings, first_retrieved_at, retrieved_at
from spans
join reading_times using (series)
