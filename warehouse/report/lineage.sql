-- M2 and its successors in coding, week by week.
select
    members.base_permaslug, members.position, members.week_start, members.coding_token_share, members.coding_token_share_lower,
    members.coding_token_share_upper, members.coding_rank, rank_is_resolved, members.lineage_coding_token_share,
    members.is_provisional
from marts.lineage_share_weekly as members
left join marts.coding_share_error_weekly using (week_start, base_permaslug)
where lineage = 'minimax-m2'
order by week_start, position
