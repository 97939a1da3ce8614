-- Two populations side by side, never added up nor averaged: OpenRouter's tokens and list spend, and what the second gateway
-- states of requests, tokens and the spend that it measures. List spend is compared with the tokens that have a price.
with at_gateway as (
    select
        period_start as week_start, canonical_author,
        coalesce(sum(gateway_mean_share order by lab) filter (metric = 'requests'), 0) as gateway_request_mean_share,
        coalesce(sum(gateway_mean_share order by lab) filter (metric = 'tokens'), 0) as gateway_token_mean_share,
        coalesce(sum(gateway_mean_share order by lab) filter (metric = 'spend'), 0) as gateway_spend_mean_share,
        any_value(days_in_mean) as gateway_days,
        bool_or(is_provisional) as is_gateway_provisional,
        any_value(retrieved_at) as gateway_retrieved_at,
        any_value(citation) as gateway_citation
    from marts.gateway_lab_mean_shares
    where grain = 'week' and canonical_author <> 'unclassified'
    group by all
),
on_platform as (
    select
        period_start as week_start, model_class as canonical_author,
        block_token_share as platform_token_share,
        block_token_share_lower as platform_token_share_lower,
        block_token_share_upper as platform_token_share_upper,
        is_provisional as is_platform_provisional,
        retrieved_at as platform_retrieved_at,
        citation as platform_citation,
        capture as platform_capture
    from core.class_token_shares
    where scope = 'platform' and grain = 'week' and classification = 'author'
        and model_class not in ('unclassified', 'other')
        and period_start in (select period_start from marts.gateway_lab_mean_shares where grain = 'week')
),
spent as (
    select
        week_start, subject as canonical_author, priced_token_share, list_spend_share_estimate, list_spend_share_lower,
        list_spend_share_upper, price_retrieved_at, price_citation
    from marts.spend_share_weekly
    where spend_of = 'author'
),
compared as (
    select
        *,
        100 * (list_spend_share_estimate - priced_token_share) as list_spend_less_tokens_pp_estimate,
        100 * (gateway_spend_mean_share - gateway_token_mean_share) as gateway_spend_less_tokens_pp
    from on_platform
    full join at_gateway using (week_start, canonical_author)
    left join spent using (week_start, canonical_author)
)
select
    week_start, canonical_author, platform_token_share, platform_token_share_lower, platform_token_share_upper,
    priced_token_share, list_spend_share_estimate, list_spend_share_lower, list_spend_share_upper,
    gateway_request_mean_share, gateway_token_mean_share, gateway_spend_mean_share, gateway_days,
    list_spend_less_tokens_pp_estimate, gateway_spend_less_tokens_pp,
    sign(list_spend_less_tokens_pp_estimate) = sign(gateway_spend_less_tokens_pp) as spend_sign_agrees_estimate,
    days_in_week,
    coalesce(is_platform_provisional, false) or coalesce(is_gateway_provisional, false) as is_provisional,
    greatest(platform_retrieved_at, gateway_retrieved_at) as retrieved_at,
    coalesce(platform_capture, 'api') as capture,
    if(gateway_retrieved_at > platform_retrieved_at or platform_retrieved_at is null, gateway_citation, platform_citation)
        as citation,
    platform_retrieved_at, platform_citation, price_retrieved_at, price_citation, gateway_retrieved_at, gateway_citation
from compared
join core.weeks using (week_start)
