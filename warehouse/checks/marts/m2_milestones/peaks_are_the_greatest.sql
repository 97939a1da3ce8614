-- A peak is the greatest figure of its table that is not provisional.
with greatest_figures as (
    select 'peak day' as milestone, max(total_tokens)::double as greatest
    from marts.m2_usage_daily
    where not is_provisional
    union all
    select 'peak coding week', max(coding_token_share)
    from marts.m2_coding_share_weekly
    where not is_coding_provisional
)
select milestone, value, greatest
from marts.m2_milestones
join greatest_figures using (milestone)
where value is distinct from greatest
