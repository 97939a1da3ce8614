-- All tokens of a week are those of its own block, or of all its days; the models hold all of them but `other`.
with weeks as (
    select
        week_start, any_value(series) as series, any_value(block_tokens) as block_tokens,
        sum(round(platform_token_share_lower * block_tokens)) as model_tokens
    from core.model_platform_shares_weekly
    group by all
),
listed as (
    select
        date_trunc('week', period_start)::date as week_start, series,
        sum(total_tokens) as all_tokens,
        sum(total_tokens) filter (not is_other) as listed_tokens
    from core.newest_blocks
    join raw.block_rows using (series, period_start, block_hash)
    where series in ('usage_week', 'usage_day')
    group by all
)
select week_start, series, block_tokens, all_tokens, model_tokens, listed_tokens
from weeks
join listed using (week_start, series)
where block_tokens <> all_tokens or abs(model_tokens - listed_tokens) > 1e-6 * listed_tokens
