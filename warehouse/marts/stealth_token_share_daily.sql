-- Models without a maker's name, as a series of its own: they come and go within hours.
with classes as (
    select
        period_start as usage_date, model_class, class_tokens, block_token_share, is_provisional, retrieved_at, capture, citation
    from core.class_token_shares
    where scope = 'platform' and grain = 'day' and classification = 'stealth'
),
names as (
    select usage_date, base_permaslug, sum(total_tokens) as total_tokens
    from core.model_usage_daily
    join core.models using (base_permaslug)
    where is_stealth
    group by all
),
names_by_day as (
    select usage_date, array_agg(base_permaslug order by total_tokens desc, base_permaslug) as stealth_models
    from names
    group by all
),
unlisted as (
    -- A row for every day that was fetched.
    select usage_date, block_token_share as other_share, is_provisional, retrieved_at, capture, citation
    from classes
    where model_class = 'other'
),
stealth as (
    select usage_date, class_tokens, block_token_share
    from classes
    where model_class = 'stealth'
)
select
    usage_date,
    stealth.class_tokens as total_tokens,
    stealth.block_token_share as platform_token_share,
    coalesce(stealth.block_token_share, 0) as platform_token_share_lower,
    coalesce(stealth.block_token_share, 0) + unlisted.other_share as platform_token_share_upper,
    coalesce(names_by_day.stealth_models, []) as stealth_models,
    unlisted.is_provisional, unlisted.retrieved_at, unlisted.capture, unlisted.citation
from unlisted
left join stealth using (usage_date)
left join names_by_day using (usage_date)
