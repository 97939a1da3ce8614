-- The measure that all others are compared with is the share of coding as quoted elsewhere, week by week and model by model.
with measure as (
    select week_start, base_permaslug, measure_share, difference_pp
    from marts.coding_share_measures_weekly
    where measure = 'category_programming'
)
select week_start, base_permaslug, measure_share, difference_pp, coding_token_share
from marts.coding_share_weekly
full join measure using (week_start, base_permaslug)
where measure_share is distinct from coding_token_share or difference_pp <> 0
