-- The lens that all others are compared with is the share of coding as quoted elsewhere, week by week and model by model.
with lens as (
    select week_start, base_permaslug, lens_share, difference_pp
    from marts.coding_share_lenses_weekly
    where lens = 'category_programming'
)
select week_start, base_permaslug, lens_share, difference_pp, coding_token_share
from marts.coding_share_weekly
full join lens using (week_start, base_permaslug)
where lens_share is distinct from coding_token_share or difference_pp <> 0
