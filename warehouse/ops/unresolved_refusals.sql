-- Refusals that no later reading of the same periods has made good. A refused exchange waits for any of its periods.
with refusals as (
    select
        quarantine.series, quarantine.exchange_id, quarantine.retrieved_at, quarantine.reason, quarantine.period_start,
        coalesce(quarantine.period_start, exchanges.requested_start, date '0001-01-01') - 6 as earliest_period,
        coalesce(quarantine.period_start, exchanges.requested_end, date '9999-12-31') as latest_period
    from raw.quarantine
    join raw.exchanges using (exchange_id)
    where quarantine.row_content = ''
)
select series, period_start, retrieved_at, reason, exchange_id
from refusals
where not exists (
    select 1
    from raw.readings
    where readings.series = refusals.series
        and readings.retrieved_at > refusals.retrieved_at
        and (
            readings.period_start = refusals.period_start
            or (
                refusals.period_start is null
                and readings.period_start between refusals.earliest_period and refusals.latest_period
            )
        )
)
order by series, retrieved_at, period_start
