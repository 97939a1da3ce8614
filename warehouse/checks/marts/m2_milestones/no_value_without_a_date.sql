-- What was not reached has no value, and nothing happens before the first listed day or week.
select milestone, reached_on, value
from marts.m2_milestones
where (reached_on is null and value is not null)
    or reached_on < least(
        (select min(usage_date) from marts.m2_usage_daily), (select min(week_start) from marts.m2_coding_share_weekly)
    )
