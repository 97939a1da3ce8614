-- A nowcast uses no later fetch. Its week had not been fetched after its close by then, or was fetched without the model.
with read_weeks as (
    select period_start as week_start, min(retrieved_at) as read_at
    from core.readings
    join core.blocks using (series, period_start)
    where series = 'category_week/programming' and retrieved_at >= closes_at
    group by period_start
)
select issued_at, week_start, base_permaslug, week_status, coding_retrieved_at, platform_retrieved_at, read_at
from marts.coding_share_nowcast
left join read_weeks using (week_start)
where coding_retrieved_at > issued_at
    or platform_retrieved_at > issued_at
    or coalesce(read_at <= issued_at, false) <> (week_status = 'not_listed')
