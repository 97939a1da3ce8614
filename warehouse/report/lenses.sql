-- M2 through each lens, in its best week of coding and in the newest week of each lens.
with moments as (
    select 'best week of coding' as moment, arg_max(week_start, coding_token_share) as week_start, null as lens
    from marts.m2_coding_share_weekly
    where not is_coding_provisional
    union all
    select 'newest week' as moment, max(week_start), lens
    from marts.coding_share_lenses_weekly
    where base_permaslug = 'minimax/minimax-m2'
    group by lens
)
select
    moment, lenses.lens, week_start, measure, lens_share, lens_share_lower, lens_share_upper, lens_rank, is_sampled,
    is_provisional
from marts.coding_share_lenses_weekly as lenses
join moments using (week_start)
where base_permaslug = 'minimax/minimax-m2' and (moments.lens is null or moments.lens = lenses.lens)
order by moment, lenses.lens
