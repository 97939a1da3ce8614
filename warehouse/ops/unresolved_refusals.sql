-- Refusals that were not made good: by a later reading of the same periods; or, where an earlier reading of them stands, by
-- any later reading of the series, as the source has answered well since. One line per response and reason. A snapshot is not
-- asked for again, whatever its window: the next one makes it good.
with refusals as (
    select
        quarantine.series, quarantine.exchange_id, quarantine.retrieved_at, quarantine.reason, quarantine.period_start,
        starts_with(quarantine.series, 'app_') as is_snapshot,
        coalesce(
            quarantine.period_start,
            -- A week or month shares a day with the span when it begins that many days before it.
            case when not is_snapshot then exchanges.requested_start end - case
                when quarantine.series = 'usage_month' then 30
                when quarantine.series = 'usage_week' or quarantine.series like '%\_week/%' escape '\' then 6
                else 0
            end,
            date '0001-01-01'
        ) as earliest_period,
        coalesce(
            quarantine.period_start, case when not is_snapshot then exchanges.requested_end end, date '9999-12-31'
        ) as latest_period
    from raw.quarantine
    join raw.exchanges using (exchange_id)
    where quarantine.row_content = ''
),
readings as (
    select series, period_start, retrieved_at
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
            and (readings.retrieved_at > refusals.retrieved_at or newest.retrieved_at > refusals.retrieved_at)
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
