-- The shares of a day's rows sum to 1.
select usage_date, sum(platform_token_share) as share_sum
from core.model_usage_daily
group by usage_date
having abs(share_sum - 1) > 1e-9
