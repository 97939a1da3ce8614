-- Refusals that were not made good: by a later fetch of the same periods; or, where an earlier fetch of them stands, by
-- any later fetch of the series, as the source has answered well since. One line per response and reason. A snapshot is not
-- asked for again, whatever its window: the next one makes it good. So is what was filed under a period that is none, a Sunday
-- for a week, or that nobody asked for: it will never be read well. An export that was damaged on its way and fetched again
-- has the instant of the damaged one.
with refused as (
    select
        quarantine.series, quarantine.exchange_id, quarantine.retrieved_at, quarantine.reason, quarantine.period_start,
        if(series.grain = 'snapshot', null, exchanges.requested_start) as requested_start,
        if(series.grain = 'snapshot', null, exchanges.requested_end) as requested_end,
        if(series.grain = 'snapshot', 'day', series.grain) as grain,
        -- A week or month shares a day with the span when it begins that many days before it.
        case grain when 'month' then 30 when 'week' then 6 else 0 end as days_before
    from raw.quarantine
    join raw.exchanges using (exchange_id)
    join reference.series on series.series = quarantine.series
    where quarantine.row_content = ''
),
refusals as (
    select
        series, exchange_id, retrieved_at, reason, period_start,
        period_start = date_trunc(grain, period_start)
            and coalesce(period_start between requested_start - days_before and requested_end, true) as is_asked_for,
        coalesce(case when is_asked_for then period_start end, requested_start - days_before, date '0001-01-01')
            as earliest_period,
        coalesce(case when is_asked_for then period_start end, requested_end, date '9999-12-31') as latest_period
    from refused
),
readings as (
    select series, period_start, retrieved_at, exchange_id
    from raw.readings
),
newest as (
    select series, max(retrieved_at) as retrieved_at
    from readings
    group by all
),
unresolved as (
    select *
    from refusals
    where not exists (
        select 1
        from readings
        left join newest using (series)
        where readings.series = refusals.series
            and readings.period_start between refusals.earliest_period and refusals.latest_period
            and (
                readings.retrieved_at > refusals.retrieved_at
                or newest.retrieved_at > refusals.retrieved_at
                or (readings.retrieved_at = refusals.retrieved_at and readings.exchange_id <> refusals.exchange_id)
            )
    )
)
select
    series, exchange_id, retrieved_at, reason,
    min(period_start) as first_period,
    max(period_start) as last_period,
    count(period_start) as periods
from unresolved
group by series, exchange_id, retrieved_at, reason
order by series, retrieved_at, first_period
