-- The shares of a day sum to 1, the unclassified and `other` included.
select usage_date, sum(platform_token_share) as share_sum
from marts.author_token_share_daily
group by usage_date
having abs(share_sum - 1) > 1e-9
