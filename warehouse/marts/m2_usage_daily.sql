with listed as (
    select usage_date, base_permaslug, variant, is_other, total_tokens, is_provisional, retrieved_at, capture, citation
    from core.model_usage_daily
),
days as (
    select
        usage_date, is_provisional, retrieved_at, capture, citation,
        sum(total_tokens)::bigint as platform_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0)::bigint as other_tokens,
        -- An unlisted variant is at most the smallest listed row; below, all together are within the tail.
        min(total_tokens) filter (not is_other) as unlisted_upper
    from listed
    group by all
),
ranks as (
    select usage_date, base_permaslug, rank() over (partition by usage_date order by sum(total_tokens) desc) as rank
    from listed
    where not is_other
    group by usage_date, base_permaslug
),
m2 as (
    select usage_date, variant, total_tokens
    from listed
    where base_permaslug = 'minimax/minimax-m2'
),
variants as (
    select variant, min(usage_date) as first_day
    from m2
    group by all
),
m2_by_day as (
    -- Every read day from the first one on, listed or not.
    select
        usage_date,
        sum(total_tokens) filter (variant = 'default')::bigint as default_tokens,
        sum(total_tokens) filter (variant = 'free')::bigint as free_tokens,
        sum(total_tokens) filter (variant not in ('default', 'free'))::bigint as other_variant_tokens,
        sum(total_tokens)::bigint as total_tokens,
        count_if(total_tokens is null) as unlisted_variants
    from days
    join variants on usage_date >= first_day
    left join m2 using (usage_date, variant)
    group by all
)
select
    usage_date, default_tokens, free_tokens, other_variant_tokens, total_tokens,
    coalesce(total_tokens, 0) as total_tokens_lower,
    (coalesce(total_tokens, 0) + least(unlisted_variants * unlisted_upper, other_tokens))::bigint as total_tokens_upper,
    platform_tokens,
    total_tokens / platform_tokens as platform_token_share,
    rank,
    usage_date - (select min(first_day) from variants) as days_since_first_seen,
    is_provisional, retrieved_at, capture, citation
from m2_by_day
join days using (usage_date)
left join (select usage_date, rank from ranks where base_permaslug = 'minimax/minimax-m2') using (usage_date)
