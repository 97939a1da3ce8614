-- By day; the first measure is the sparkline.
select usage_date, total_tokens, total_tokens_lower, total_tokens_upper, platform_token_share, platform_rank
from marts.m2_usage_daily
order by usage_date
