-- Age and coverage of every series that was fetched. A period counts as closed at $now.
with closed as (
    select
        series,
        max(period_start) filter (closes_at <= $now::timestamptz) as newest_closed,
        max(closes_at) filter (closes_at <= $now::timestamptz) as newest_close
    from core.blocks
    group by series
),
vintages as (
    select series, min(retrieved_at) as known_from
    from core.readings
    group by series, period_start, vintage_number
),
changes as (
    select series, max(known_from) as changed_at
    from vintages
    group by series
)
select
    series, first_period, last_period, newest_closed, newest_close, periods_read, periods_missing, provisional_periods,
    readings, first_retrieved_at, retrieved_at, changed_at
from core.series_coverage
join closed using (series)
join changes using (series)
order by series
