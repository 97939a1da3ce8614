-- Every model that a ranking lists has a row, known to the CSVs or not, that spans the day.
with listed as (
    select distinct split_part(model_permaslug, ':', 1) as base_permaslug, period_start
    from core.block_row_vintages
    where is_listed and model_permaslug <> 'other'
)
select base_permaslug, period_start
from listed
left join core.models using (base_permaslug)
where not coalesce(period_start between first_listed_on and last_listed_on, false)
