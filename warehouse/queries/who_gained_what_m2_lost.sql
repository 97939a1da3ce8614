-- Which models gained while M2 lost, between its best week of coding and the last week that lists it?
-- Does not show: who moved from M2 to which model, as shares only show sums; nor what a model had while it was not listed,
-- which is counted within `other`: a model that entered came from there, one that left went there.
-- Tables: marts.m2_coding_share_weekly, marts.share_change_decomposition_weekly
with span as (
    select
        arg_max(week_start, coding_token_share) filter (not is_coding_provisional) as best_week,
        max(week_start) filter (coding_rank is not null) as last_listed_week
    from marts.m2_coding_share_weekly
),
changes as (
    select
        best_week, last_listed_week, base_permaslug,
        round(sum(listed_change_pp), 2) as change_pp,
        bool_or(transition = 'entered') as has_entered,
        bool_or(transition = 'left') as has_left,
        bool_or(is_provisional) as is_provisional,
        max(citation) as citation
    from marts.share_change_decomposition_weekly
    join span on week_start > best_week and week_start <= last_listed_week
    group by all
)
select best_week, last_listed_week, base_permaslug, change_pp, has_entered, has_left, is_provisional, citation
from changes
where abs(change_pp) >= 0.5 or base_permaslug in ('minimax/minimax-m2', 'other')
order by change_pp desc, base_permaslug
