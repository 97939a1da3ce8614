-- M2 by each measure, in its best week of coding and in the newest week of each measure.
with moments as (
    select 'best week of coding' as moment, arg_max(week_start, coding_token_share) as week_start, null as measure
    from marts.m2_coding_share_weekly
    where not is_coding_provisional
    union all
    select 'newest week' as moment, max(week_start), measure
    from marts.coding_share_measures_weekly
    where base_permaslug = m2()
    group by measure
)
select
    moment, measures.measure, week_start, quantity, measure_share, measure_share_lower, measure_share_upper, measure_rank, is_sampled,
    is_provisional
from marts.coding_share_measures_weekly as measures
join moments using (week_start)
where base_permaslug = m2() and (moments.measure is null or moments.measure = measures.measure)
order by moment, measures.measure
