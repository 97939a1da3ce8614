-- M2 and its successors in coding, in the newest final week and in the newest week: what a spreadsheet fetches every day.
with weeks as (
    select 'newest_final' as week_kind, max(week_start) as week_start
    from marts.lineage_share_weekly
    where lineage = 'minimax-m2' and not is_provisional
    union all
    select 'newest' as week_kind, max(week_start) as week_start
    from marts.lineage_share_weekly
    where lineage = 'minimax-m2'
)
select
    week_kind, week_start, base_permaslug, coding_token_share, coding_token_share_lower, coding_token_share_upper, coding_rank,
    is_provisional, citation
from weeks
join marts.lineage_share_weekly as members using (week_start)
where lineage = 'minimax-m2'
order by week_kind desc, position
