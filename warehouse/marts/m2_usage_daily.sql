with listed as (
    select usage_date, base_permaslug, is_other, total_tokens
    from core.model_usage_daily
),
days as (
    select
        usage_date,
        sum(total_tokens)::bigint as platform_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0)::bigint as other_tokens
    from listed
    group by all
),
ranks as (
    select usage_date, base_permaslug, rank() over (partition by usage_date order by sum(total_tokens) desc) as platform_rank
    from listed
    where not is_other
    group by usage_date, base_permaslug
),
m2 as (
    select
        usage_date, variant, total_tokens, total_tokens_lower, total_tokens_upper, is_provisional, retrieved_at, capture,
        citation, bounds_retrieved_at, bounds_citation
    from core.model_token_bounds_daily
    where base_permaslug = m2()
),
first_seen as (
    select min(usage_date) as first_day
    from m2
    where total_tokens is not null
),
m2_by_day as (
    -- Every read day from the first one on, listed or not.
    select
        usage_date, is_provisional, retrieved_at, capture, citation, bounds_retrieved_at, bounds_citation,
        sum(total_tokens) filter (variant = 'default')::bigint as default_tokens,
        sum(total_tokens) filter (variant = 'free')::bigint as free_tokens,
        sum(total_tokens) filter (variant not in ('default', 'free'))::bigint as other_variant_tokens,
        sum(total_tokens)::bigint as total_tokens,
        sum(total_tokens_lower)::bigint as total_tokens_lower,
        coalesce(sum(total_tokens_upper) filter (total_tokens is null), 0)::bigint as unlisted_upper,
        coalesce(max(total_tokens_upper) filter (total_tokens is null), 0) as largest_unlisted_upper
    from m2
    join first_seen on usage_date >= first_day
    group by all
)
select
    usage_date, default_tokens, free_tokens, other_variant_tokens, total_tokens,
    total_tokens_lower,
    -- The unlisted are within the tail together, but where a fetch that contradicts the day says more of one.
    coalesce(total_tokens, 0) + greatest(least(unlisted_upper, other_tokens), largest_unlisted_upper) as total_tokens_upper,
    platform_tokens,
    total_tokens / platform_tokens as platform_token_share,
    total_tokens_lower / platform_tokens as platform_token_share_lower,
    least(total_tokens_upper / platform_tokens, 1) as platform_token_share_upper,
    platform_rank,
    usage_date - (select first_day from first_seen) as days_since_first_seen,
    is_provisional, retrieved_at, capture, citation, bounds_retrieved_at, bounds_citation
from m2_by_day
join days using (usage_date)
left join (select usage_date, platform_rank from ranks where base_permaslug = m2()) using (usage_date)
