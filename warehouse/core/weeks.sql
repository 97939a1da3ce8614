-- Each week in which a period that was fetched begins, and how many of its days exist: the one place that counts them.
select week_start, 7 - count(usage_date) as days_in_week
from (
    select distinct date_trunc('week', period_start)::date as week_start
    from core.blocks
    join reference.series using (series)
    where has_period
)
left join reference.known_holes on usage_date between week_start and week_start + 6
group by all
