-- How much of the platform is used through free variants?
-- Does not show: what costs nothing under a plain name, such as most models without a maker's name; nor which of the tokens that
-- are not listed are free: the upper bound counts all of them.
-- Tables: marts.free_share_daily
select
    date_trunc('month', usage_date)::date as month_start,
    count(*) as days,
    round(100 * avg(free_token_share_lower), 1) as mean_percent,
    round(100 * avg(free_token_share_upper), 1) as at_most_percent,
    round(100 * min(free_token_share_lower), 1) as least_day_percent,
    round(100 * max(free_token_share_lower), 1) as greatest_day_percent,
    arg_max(usage_date, free_token_share_lower) as greatest_day,
    bool_or(is_provisional) as is_provisional,
    max(citation) as citation
from marts.free_share_daily
group by month_start
order by month_start
