-- The spans of days without a fetched ranking, between the first and the last that have one.
select previous_day + 1 as first_day, usage_date - 1 as last_day
from (
    select usage_date, lag(usage_date) over (order by usage_date) as previous_day
    from (select distinct usage_date from core.model_usage_daily)
)
where usage_date - previous_day > 1
order by first_day
