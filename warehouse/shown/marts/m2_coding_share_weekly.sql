-- By week; the first measure is the sparkline.
select
    week_start, coding_token_share, coding_token_share_lower, coding_token_share_upper, coding_rank, change_pp,
    lineage_coding_token_share
from marts.m2_coding_share_weekly
order by week_start
