-- Weeks to mark beside a model's share: its own first listed week, and those of its successors.
with first_listed as (
    select base_permaslug, min(week_start) as week_start
    from marts.coding_leaderboard_weekly
    group by base_permaslug
),
named as (
    select base_permaslug, week_start, lineage, position
    from first_listed
    left join reference.model_lineages using (base_permaslug)
)
select named.base_permaslug, later.week_start, later.base_permaslug as listed_permaslug
from named
join named as later
    on later.base_permaslug = named.base_permaslug
    or (later.lineage = named.lineage and later.position > named.position)
order by named.base_permaslug, later.week_start, listed_permaslug
