-- What was not reached has no value, but for a count of 0; a status says so; nothing happens before the first listed day or week.
select milestone, reached_on, value, milestone_status
from marts.m2_milestones
where (reached_on is null and value <> 0)
    or (reached_on is null) <> (milestone_status <> 'reached')
    or reached_on < least(
        (select min(usage_date) from marts.m2_usage_daily), (select min(week_start) from marts.m2_coding_share_weekly)
    )
