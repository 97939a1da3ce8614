-- What the others won and lost while M2 fell: from its best week to the last one that lists it before a successor was ahead.
with peak as (
    select arg_max(week_start, coding_token_share) as from_week
    from marts.m2_coding_share_weekly
    where not is_coding_provisional
),
overtaken as (
    select min(m2.week_start) as week_start
    from marts.m2_coding_share_weekly as m2
    join marts.lineage_share_weekly as successor
        on successor.week_start = m2.week_start
        and successor.lineage = 'minimax-m2'
        and successor.position > 1
        and successor.coding_token_share > m2.coding_token_share_upper
),
fall as (
    select from_week, max(m2.week_start) as to_week
    from marts.m2_coding_share_weekly as m2
    cross join peak
    cross join overtaken
    where m2.coding_rank is not null
        and m2.week_start > from_week
        and (overtaken.week_start is null or m2.week_start < overtaken.week_start)
    group by from_week
)
select
    base_permaslug, is_other, from_week, to_week,
    sum(listed_change_pp) as change_pp,
    count(*) filter (transition = 'entered') > 0 as has_entered,
    count(*) filter (transition = 'left') > 0 as has_left
from marts.share_change_decomposition_weekly
join fall on week_start > from_week and week_start <= to_week
group by all
order by change_pp desc, base_permaslug
