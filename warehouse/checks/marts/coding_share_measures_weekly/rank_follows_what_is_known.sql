-- Ranks follow what is known of each share: a model that a day or tag does not list is not left out of them.
with ranked as (
    select
        week_start, measure, base_permaslug, measure_rank, measure_share_lower,
        rank() over (partition by week_start, measure order by measure_share_lower desc) as place
    from marts.coding_share_measures_weekly
    where measure_rank is not null
)
select week_start, measure, base_permaslug, measure_rank, measure_share_lower, place
from ranked
where measure_rank <> place
