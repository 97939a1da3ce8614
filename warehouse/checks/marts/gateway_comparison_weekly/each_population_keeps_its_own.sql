-- What is of the second gateway is the mean of its own labs, what is of OpenRouter agrees with its own tables, and the signs are
-- those of the two differences.
with at_gateway as (
    select
        period_start as week_start, canonical_author,
        sum(gateway_mean_share) filter (metric = 'requests') as requests,
        sum(gateway_mean_share) filter (metric = 'tokens') as tokens,
        sum(gateway_mean_share) filter (metric = 'spend') as spend
    from marts.gateway_lab_mean_shares
    where grain = 'week'
    group by all
),
spent as (
    select week_start, subject as canonical_author, list_spend_share_estimate as spend_estimate, priced_token_share as priced
    from marts.spend_share_weekly
    where spend_of = 'author'
)
select
    week_start, canonical_author, gateway_request_mean_share, requests, gateway_token_mean_share, tokens,
    gateway_spend_mean_share, spend, list_spend_less_tokens_pp_estimate, gateway_spend_less_tokens_pp,
    spend_sign_agrees_estimate
from marts.gateway_comparison_weekly
left join at_gateway using (week_start, canonical_author)
left join spent using (week_start, canonical_author)
where not (
    coalesce(
        abs(gateway_request_mean_share - coalesce(requests, 0)) < 1e-12
        and abs(gateway_token_mean_share - coalesce(tokens, 0)) < 1e-12
        and abs(gateway_spend_mean_share - coalesce(spend, 0)) < 1e-12
        and abs(gateway_spend_less_tokens_pp - 100 * (gateway_spend_mean_share - gateway_token_mean_share)) < 1e-9,
        coalesce(requests, tokens, spend, gateway_spend_less_tokens_pp) is null
    )
    and list_spend_share_estimate is not distinct from spend_estimate
    and coalesce(
        abs(list_spend_less_tokens_pp_estimate - 100 * (spend_estimate - priced)) < 1e-9,
        list_spend_less_tokens_pp_estimate is null
    )
    and coalesce(
        spend_sign_agrees_estimate = (sign(list_spend_less_tokens_pp_estimate) = sign(gateway_spend_less_tokens_pp)),
        (spend_sign_agrees_estimate is null)
            = (list_spend_less_tokens_pp_estimate is null or gateway_spend_less_tokens_pp is null)
    )
)
