-- The lower bound is the sum over the variants; the upper one is at most the whole platform, unless fetches contradict.
with variants as (
    select
        usage_date,
        sum(total_tokens_lower) as variants_lower,
        bool_or(is_contradicted) as is_contradicted
    from core.model_token_bounds_daily
    where base_permaslug = m2()
    group by all
)
select usage_date, total_tokens_lower, total_tokens_upper, variants_lower, platform_tokens
from marts.m2_usage_daily
left join variants using (usage_date)
where (total_tokens_lower = variants_lower and (total_tokens_upper <= platform_tokens or is_contradicted)) is not true
