-- Exact tokens a day of the models that were among the first ten in coding, free and paid apart; a day that does not list a
-- model has no row, but for M2, whose bound is known.
with chosen as (
    select distinct base_permaslug
    from marts.coding_leaderboard_weekly
    where coding_rank <= 10
),
others as (
    select
        base_permaslug, usage_date,
        coalesce(sum(total_tokens) filter (split_part(variant, ':', 1) <> 'free'), 0)::bigint as paid_tokens,
        coalesce(sum(total_tokens) filter (split_part(variant, ':', 1) = 'free'), 0)::bigint as free_tokens,
        null::bigint as tokens_upper,
        any_value(is_provisional) as is_provisional
    from core.model_usage_daily
    semi join chosen using (base_permaslug)
    where base_permaslug <> m2()
    group by base_permaslug, usage_date
),
m2 as (
    select
        m2() as base_permaslug, usage_date,
        case when total_tokens is not null then
            (coalesce(default_tokens, 0) + coalesce(other_variant_tokens, 0))::bigint
        end as paid_tokens,
        case when total_tokens is not null then coalesce(free_tokens, 0) end as free_tokens,
        total_tokens_upper as tokens_upper,
        is_provisional
    from marts.m2_usage_daily
)
select base_permaslug, usage_date, paid_tokens, free_tokens, tokens_upper, is_provisional
from m2
union all
select base_permaslug, usage_date, paid_tokens, free_tokens, tokens_upper, is_provisional
from others
order by base_permaslug, usage_date
