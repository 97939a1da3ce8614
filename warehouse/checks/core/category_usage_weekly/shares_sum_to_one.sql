-- The shares of a week's rows in a category sum to 1.
select week_start, category, sum(category_token_share) as share_sum
from core.category_usage_weekly
group by week_start, category
having abs(share_sum - 1) > 1e-9
