-- M2 and its successors in coding, week by week.
select
    base_permaslug, position, week_start, coding_token_share, coding_token_share_lower, coding_token_share_upper, coding_rank,
    lineage_coding_token_share, is_provisional
from marts.lineage_share_weekly
where lineage = 'minimax-m2'
order by week_start, position
