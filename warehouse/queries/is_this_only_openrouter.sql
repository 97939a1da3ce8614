-- Is this only OpenRouter: how large is MiniMax at a second gateway, Vercel AI Gateway?
-- Does not show: volumes at the second gateway. It publishes only shares of its own traffic, so its weeks are plain means of
-- daily shares. The two populations are never added up. Spend on OpenRouter is an estimate by list prices; at the second
-- gateway it is measured there. No response of the second gateway is in the project's recording: a run fetches it, with or
-- without a key.
-- Tables: marts.gateway_comparison_weekly
select
    week_start,
    round(100 * platform_token_share, 2) as openrouter_tokens_percent,
    round(100 * platform_token_share_lower, 2) as openrouter_tokens_at_least_percent,
    round(100 * platform_token_share_upper, 2) as openrouter_tokens_at_most_percent,
    round(100 * list_spend_share_estimate, 2) as openrouter_list_spend_percent_estimate,
    round(100 * gateway_request_mean_share, 2) as gateway_requests_mean_percent,
    round(100 * gateway_token_mean_share, 2) as gateway_tokens_mean_percent,
    round(100 * gateway_spend_mean_share, 2) as gateway_measured_spend_mean_percent,
    gateway_days, is_provisional, capture, citation, gateway_citation, price_citation
from marts.gateway_comparison_weekly
where canonical_author = 'minimax'
order by week_start
