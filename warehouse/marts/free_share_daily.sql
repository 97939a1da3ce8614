-- How much of the platform is used for nothing: what a day lists of free variants, and at most all that it does not list.
with days as (
    select
        usage_date,
        sum(total_tokens) filter (is_free)::bigint as listed_free_tokens,
        coalesce(sum(total_tokens) filter (not is_free and not is_other), 0)::bigint as listed_paid_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0)::bigint as other_tokens,
        sum(total_tokens)::bigint as platform_tokens,
        count(distinct base_permaslug) filter (is_free) as free_models,
        is_provisional, retrieved_at, capture, citation
    from (select *, not is_other and split_part(variant, ':', 1) = 'free' as is_free from core.model_usage_daily)
    group by all
)
select
    usage_date, listed_free_tokens, listed_paid_tokens, other_tokens, platform_tokens,
    listed_free_tokens / platform_tokens as free_token_share,
    coalesce(listed_free_tokens, 0) / platform_tokens as free_token_share_lower,
    (coalesce(listed_free_tokens, 0) + other_tokens) / platform_tokens as free_token_share_upper,
    free_models, is_provisional, retrieved_at, capture, citation
from days
