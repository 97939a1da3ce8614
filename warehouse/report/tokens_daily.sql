-- Exact tokens a day of the models that were in the top ten in coding, free and other variants apart; on a day that does not
-- list a model, between the first and the last that do, the most that it can have had. M2's bounds go on after its last day.
with chosen as (
    select base_permaslug, min(usage_date) as first_day, max(usage_date) as last_day
    from core.model_usage_daily
    where base_permaslug in (select base_permaslug from marts.coding_leaderboard_weekly where coding_rank <= 10)
    group by base_permaslug
),
others as (
    select
        base_permaslug, usage_date,
        coalesce(sum(total_tokens) filter (split_part(variant, ':', 1) <> 'free'), 0)::bigint as paid_tokens,
        coalesce(sum(total_tokens) filter (split_part(variant, ':', 1) = 'free'), 0)::bigint as free_tokens,
        sum(total_tokens_upper)::bigint as tokens_upper,
        count(total_tokens) > 0 as is_listed,
        bool_or(is_provisional) as is_provisional
    from core.model_token_bounds_daily
    join chosen using (base_permaslug)
    where base_permaslug <> m2() and usage_date between first_day and last_day
    group by base_permaslug, usage_date
),
m2 as (
    select
        m2() as base_permaslug, usage_date,
        (coalesce(default_tokens, 0) + coalesce(other_variant_tokens, 0))::bigint as paid_tokens,
        coalesce(free_tokens, 0) as free_tokens,
        total_tokens_upper as tokens_upper,
        total_tokens is not null as is_listed,
        is_provisional
    from marts.m2_usage_daily
)
select
    base_permaslug, usage_date,
    case when is_listed then paid_tokens end as paid_tokens,
    case when is_listed then free_tokens end as free_tokens,
    tokens_upper, is_provisional
from (from m2 union all by name from others)
order by base_permaslug, usage_date
