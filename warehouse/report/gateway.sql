-- MiniMax on OpenRouter and at the second gateway, week by week: two populations side by side. List spend rests on prices of the
-- catalogue, which may not be passed on.
select
    week_start, platform_token_share, platform_token_share_lower, platform_token_share_upper, list_spend_share_estimate,
    gateway_request_mean_share, gateway_token_mean_share, gateway_spend_mean_share, gateway_days, is_provisional,
    platform_citation, price_citation, gateway_citation
from marts.gateway_comparison_weekly
where canonical_author = 'minimax'
order by week_start
