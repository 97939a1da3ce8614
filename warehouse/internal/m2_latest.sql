-- M2's newest week in coding: its share and rank, or its bound, and the best place of its lineage.
with newest as (
    select
        week_start, base_permaslug, coding_token_share, coding_token_share_lower, coding_token_share_upper, coding_rank,
        lineage_coding_token_share,
        is_coding_provisional as is_provisional
    from marts.m2_coding_share_weekly
    order by week_start desc
    limit 1
),
successors as (
    select base_permaslug, coding_rank, coding_token_share
    from marts.coding_leaderboard_weekly
    join reference.model_lineages using (base_permaslug)
    where week_start = (select week_start from newest)
        and lineage = (select lineage from reference.model_lineages where base_permaslug = m2())
    order by coding_rank
    limit 1
)
select
    newest.week_start::varchar as week_start, newest.coding_token_share, newest.coding_token_share_lower,
    newest.coding_token_share_upper, newest.coding_rank,
    -- The ranks that the sample does not distinguish, where they are several.
    case when not rank_is_resolved then rank_lower_estimate || coalesce(' to ' || rank_upper_estimate, ' or lower') end
        as rank_span,
    newest.lineage_coding_token_share, newest.is_provisional,
    successors.base_permaslug as best_of_lineage,
    successors.coding_rank as best_of_lineage_rank,
    successors.coding_token_share as best_of_lineage_share
from newest
left join marts.coding_share_error_weekly using (week_start, base_permaslug)
left join successors on true
