-- Which periods of each series are there, from its first to its last.
with periods as (
    select series, period_start, final_from
    from core.blocks
    join reference.series using (series)
    where has_period
    union all
    -- What has no period is there on each day on which it was fetched.
    select distinct series, timezone('UTC', retrieved_at)::date as period_start, null as final_from
    from core.readings
    join reference.series using (series)
    where not has_period
),
spans as (
    select
        series, grain, has_period, days_between_periods,
        min(period_start) as first_period,
        max(period_start) as last_period,
        count(*) as periods_read,
        -- What has no period never closes.
        count_if(final_from is null and has_period)::bigint as provisional_periods
    from periods
    join reference.series using (series)
    group by all
),
reading_times as (
    select series, count(*) as readings, min(retrieved_at) as first_retrieved_at, max(retrieved_at) as retrieved_at
    from core.readings
    group by all
)
select
    series, grain, first_period, last_period, periods_read,
    case
        when not has_period then 0
        when grain = 'month' then datediff('month', first_period, last_period) + 1 - periods_read
        -- A list that is renewed weekly may be read more often.
        else greatest((last_period - first_period) // days_between_periods + 1 - periods_read, 0)
    end - case when grain = 'day' then (
        select count(*)
        from reference.known_holes
        where usage_date between first_period and last_period
            and usage_date not in (select period_start from periods where periods.series = spans.series)
    ) else 0 end as periods_missing,
    provisional_periods, readings, first_retrieved_at, retrieved_at
from spans
join reading_times using (series)
