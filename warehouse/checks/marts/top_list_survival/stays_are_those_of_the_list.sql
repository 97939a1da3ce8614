-- By either way of counting each model has the weeks of the list that it has; weeks in a row have none missing between them.
with listed as (
    select base_permaslug, week_start
    from marts.coding_share_weekly
    where coding_rank <= 9 and retrieved_at >= closing_of(week_start, 'week')
),
counted as (
    select
        counted, base_permaslug,
        sum(weeks_in_list) as weeks_in_stays,
        bool_and(
            case counted
                when 'weeks in a row' then weeks_in_list = (last_week - first_week) // 7 + 1
                else weeks_in_list <= (last_week - first_week) // 7 + 1
            end
            and is_start_observed = (shorter_stay_share is not null)
        ) as are_whole
    from marts.top_list_survival
    group by all
)
select counted, base_permaslug, weeks_in_stays, weeks_listed, are_whole
from counted
full join (
    select base_permaslug, count(*) as weeks_listed, unnest(['weeks in a row', 'all weeks of a model']) as counted
    from listed
    group by base_permaslug
) using (counted, base_permaslug)
where (weeks_in_stays = weeks_listed and are_whole) is not true
