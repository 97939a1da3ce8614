-- 0 ≤ lower ≤ upper ≤ 1; a share is what is listed, tokens over those of the block, and absence is NULL with bounds.
select
    week_start, base_permaslug, model_tokens, block_tokens, platform_token_share, platform_token_share_lower,
    platform_token_share_upper
from core.model_platform_shares_weekly
where (
    0 <= platform_token_share_lower
    and platform_token_share_lower <= platform_token_share_upper
    and platform_token_share_upper <= 1
    and coalesce(platform_token_share = platform_token_share_lower, true)
    and coalesce(abs(model_tokens / block_tokens - platform_token_share) < 1e-12, platform_token_share is null)
) is not true
