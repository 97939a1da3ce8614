-- When each period closed, and since when its figures are final: by fetch times only, never by the clock. A trailing window
-- is named by its last day.
with closing as (
    select
        *,
        closing_of(period_start, grain) as closes_at
    from core.readings
    join reference.series using (series)
),
settling as (
    select
        *,
        retrieved_at >= closes_at + interval 48 hours
        or (
            -- Two consecutive fetches agree, and the earlier one was taken late enough.
            vintage_number = lag(vintage_number) over block
            and lag(retrieved_at) over block >= closes_at + interval 4 hours
            -- What is cached there may be one response, given twice.
            and lag(retrieved_at) over block + to_hours(cached_hours) <= retrieved_at
        ) as is_settled
    from closing
    window block as (partition by series, period_start order by retrieved_at)
)
select
    series, period_start, closes_at,
    min(retrieved_at) filter (is_settled) as final_from,
    count(*) as readings,
    max(vintage_number) as vintages
from settling
group by series, period_start, closes_at
