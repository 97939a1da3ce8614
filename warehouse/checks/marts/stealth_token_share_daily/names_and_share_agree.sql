-- A share where models are named, NULL where none is.
select usage_date, platform_token_share, stealth_models
from marts.stealth_token_share_daily
where (len(stealth_models) = 0) is distinct from (platform_token_share is null)
