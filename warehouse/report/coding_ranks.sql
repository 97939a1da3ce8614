-- The top ten of each week. A week in which a model was not among them has a row without a rank, so that its line breaks.
with among_ten as (
    select base_permaslug, week_start, coding_rank, coding_token_share, is_provisional
    from marts.coding_leaderboard_weekly
    where coding_rank <= 10
),
spans as (
    select base_permaslug, min(week_start) as first_week, max(week_start) as last_week
    from among_ten
    group by base_permaslug
),
weeks as (
    select distinct week_start
    from among_ten
)
select base_permaslug, week_start, coding_rank, coding_token_share, is_provisional
from spans
join weeks on weeks.week_start between first_week and last_week
left join among_ten using (base_permaslug, week_start)
order by base_permaslug, week_start
