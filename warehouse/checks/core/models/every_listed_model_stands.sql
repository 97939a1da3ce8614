-- Every model that a ranking lists has a row, known to the CSVs or not, whose days meet those of each listing.
with listed as (
    select distinct base_permaslug, period_start, closes_at
    from core.newest_blocks
    join core.blocks using (series, period_start)
    join raw.block_rows using (series, period_start, block_hash)
    where not is_other
)
select base_permaslug, period_start
from listed
left join core.models using (base_permaslug)
where not coalesce(
    first_listed_on < timezone('UTC', closes_at)::date and last_listed_on >= period_start, false
)
