-- The shares of a week sum to 1 in each measure that the week has, the unclassified and `other` included.
select week_start, sum(platform_token_share) as platform_share_sum, sum(coding_token_share) as coding_share_sum
from marts.country_token_share_weekly
group by week_start
having coalesce(abs(platform_share_sum - 1), 0) > 1e-9
    or coalesce(abs(coding_share_sum - 1), 0) > 1e-9
    or coalesce(platform_share_sum, coding_share_sum) is null
