-- A share where models are named, NULL where none is; it lies within its bounds.
select usage_date, platform_token_share, platform_token_share_lower, platform_token_share_upper, stealth_models
from marts.stealth_token_share_daily
where (len(stealth_models) = 0) is distinct from (platform_token_share is null)
    or coalesce(platform_token_share, 0) <> platform_token_share_lower
    or platform_token_share_lower > platform_token_share_upper
    or platform_token_share_upper > 1 + 1e-9
