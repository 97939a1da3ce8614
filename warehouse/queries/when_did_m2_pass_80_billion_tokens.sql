-- When did M2 pass 80 billion tokens a day, and how much of it was free?
-- Does not show: what a variant had on a day that does not list it: NULL is below the smallest listed row, not zero, and the
-- bounds of the total allow for it. The tokens are of all uses, not of coding alone.
-- Tables: marts.m2_usage_daily
select
    usage_date, free_tokens, default_tokens as paid_tokens, total_tokens, total_tokens_lower, total_tokens_upper,
    round(100 * platform_token_share, 2) as platform_token_share_percent,
    platform_rank,
    coalesce(total_tokens >= 80e9, false) as is_80_billion,
    is_provisional, citation, bounds_citation
from marts.m2_usage_daily
where days_since_first_seen < 28
order by usage_date
