-- lower ≤ total ≤ upper ≤ the whole platform.
select usage_date, total_tokens, total_tokens_lower, total_tokens_upper, platform_tokens
from marts.m2_usage_daily
where (
    0 <= total_tokens_lower
    and total_tokens_lower = coalesce(total_tokens, 0)
    and total_tokens_lower <= total_tokens_upper
    and total_tokens_upper <= platform_tokens
) is not true
