-- Share of coding by week of every model that coding has listed, and its bounds; absent weeks have bounds only.
select
    base_permaslug, week_start, coding_token_share, coding_token_share_lower, coding_token_share_upper, coding_rank,
    is_coding_provisional as is_provisional
from marts.coding_share_weekly
order by base_permaslug, week_start
