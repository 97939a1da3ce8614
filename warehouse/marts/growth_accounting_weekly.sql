-- Tokens a day = the platform's tokens a day × share, so their logarithms add up. Weeks that were last fetched while they ran
-- are left out: what was missing then would count as a fall.
with weeks as (
    select
        week_start, base_permaslug, author, model_tokens, block_tokens, platform_token_share, days_in_week, is_provisional,
        retrieved_at, capture, citation
    from core.model_platform_shares_weekly
    where model_tokens > 0 and retrieved_at >= closing_of(week_start, 'week')
)
select
    weeks.week_start, weeks.base_permaslug, weeks.author, weeks.model_tokens, weeks.block_tokens,
    ln((weeks.model_tokens / weeks.days_in_week) / (before.model_tokens / before.days_in_week)) as token_log_change,
    ln((weeks.block_tokens / weeks.days_in_week) / (before.block_tokens / before.days_in_week)) as market_log_change,
    ln(weeks.platform_token_share / before.platform_token_share) as token_share_log_change,
    weeks.days_in_week,
    before.days_in_week as previous_days_in_week,
    weeks.is_provisional or before.is_provisional as is_provisional,
    weeks.retrieved_at, weeks.capture, weeks.citation,
    before.retrieved_at as previous_retrieved_at,
    before.citation as previous_citation
from weeks
join weeks as before
    on before.base_permaslug = weeks.base_permaslug
    and before.week_start = weeks.week_start - 7
    and before.capture = weeks.capture
