-- Every listed model of every week of coding, and what is left for those below the published ranks.
select
    week_start, base_permaslug, split_part(base_permaslug, '/', 1) as author, coding_rank, coding_token_share, is_provisional
from marts.coding_leaderboard_weekly
union all
select
    week_start, null as base_permaslug, null as author, null as coding_rank, 1 - sum(coding_token_share) as coding_token_share,
    any_value(is_provisional) as is_provisional
from marts.coding_leaderboard_weekly
group by week_start
order by week_start, coding_rank
