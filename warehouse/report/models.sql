-- The models one can choose: whatever coding has listed, with what is said of each in a sentence. Best ranks are those of final
-- weeks, and NULL where there is none yet.
with newest as (
    select base_permaslug, coding_token_share, coding_rank
    from marts.coding_share_weekly
    where week_start = (select max(week_start) from marts.coding_share_weekly)
),
listed as (
    select
        base_permaslug,
        max(week_start) as last_listed,
        min(coding_rank) filter (not is_coding_provisional) as best_rank,
        arg_min(week_start, (coding_rank, week_start)) filter (not is_coding_provisional) as best_rank_week
    from marts.coding_share_weekly
    where coding_rank is not null
    group by base_permaslug
),
weeks_at_best as (
    select
        listed.base_permaslug,
        count(weekly.week_start) as weeks_at_best_rank,
        count_if(not rank_is_resolved) as weeks_about_level
    from listed
    left join marts.coding_share_weekly as weekly
        on weekly.base_permaslug = listed.base_permaslug
        and weekly.coding_rank = listed.best_rank
        and not weekly.is_coding_provisional
    left join marts.coding_share_error_weekly as errors
        on errors.base_permaslug = weekly.base_permaslug and errors.week_start = weekly.week_start
    group by listed.base_permaslug
),
launches as (
    select
        base_permaslug,
        any_value(half_life_weeks_lower) as half_life_weeks_lower,
        any_value(half_life_weeks_upper) as half_life_weeks_upper,
        any_value(half_life_status) as half_life_status,
        any_value(half_life_is_resolved) as half_life_is_resolved
    from marts.launch_curves
    group by base_permaslug
)
select
    base_permaslug, last_listed, best_rank, best_rank_week, weeks_at_best_rank, weeks_about_level, half_life_weeks_lower,
    half_life_weeks_upper, half_life_status, half_life_is_resolved,
    newest.coding_token_share as newest_share,
    newest.coding_rank as newest_rank,
    (select max(week_start) from marts.coding_share_weekly) as newest_week
from listed
join weeks_at_best using (base_permaslug)
left join launches using (base_permaslug)
left join newest using (base_permaslug)
order by base_permaslug
