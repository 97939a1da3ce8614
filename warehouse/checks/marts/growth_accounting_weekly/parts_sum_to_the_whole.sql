-- What the market did and what the share did add up to what the tokens did; the week's share is its tokens ÷ the platform's, and
-- the week before is there with the figures that it is compared with.
select
    week_start, base_permaslug, token_log_change, market_log_change, token_share_log_change,
    ln((now.model_tokens / now.days_in_week) / (before.model_tokens / before.days_in_week)) as tokens_changed,
    ln((now.block_tokens / now.days_in_week) / (before.block_tokens / before.days_in_week)) as market_changed
from marts.growth_accounting_weekly as changed
left join core.model_platform_shares_weekly as now using (week_start, base_permaslug)
left join core.model_platform_shares_weekly as before
    on before.base_permaslug = changed.base_permaslug and before.week_start = changed.week_start - 7
where (
    abs(market_log_change + token_share_log_change - token_log_change) <= 1e-9
    and abs(tokens_changed - token_log_change) <= 1e-9
    and abs(market_changed - market_log_change) <= 1e-9
    and now.model_tokens = changed.model_tokens
    and now.block_tokens = changed.block_tokens
    and before.days_in_week = changed.previous_days_in_week
) is not true
