-- Every model that a ranking lists has a row, known to the CSVs or not, that spans the day.
with listed as (
    select base_permaslug, usage_date as period_start
    from core.model_usage_daily
    where not is_other
    union
    select base_permaslug, week_start as period_start
    from core.category_usage_weekly
    where not is_other
)
select base_permaslug, period_start
from listed
left join core.models using (base_permaslug)
where not coalesce(period_start between first_listed_on and last_listed_on, false)
