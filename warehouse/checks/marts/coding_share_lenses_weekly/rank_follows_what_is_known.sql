-- Ranks follow what is known of each share: a model that a day or tag does not list is not left out of them.
with ranked as (
    select
        week_start, lens, base_permaslug, lens_rank, lens_share_lower,
        rank() over (partition by week_start, lens order by lens_share_lower desc) as place
    from marts.coding_share_lenses_weekly
    where lens_rank is not null
)
select week_start, lens, base_permaslug, lens_rank, lens_share_lower, place
from ranked
where lens_rank <> place
