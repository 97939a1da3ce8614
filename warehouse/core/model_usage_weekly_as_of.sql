-- core.model_usage_weekly as it was known at ts.
select
    period_start as week_start,
    model_permaslug, base_permaslug, variant, author, is_other,
    total_tokens, rank,
    block_token_share as platform_token_share,
    days_in_week, is_provisional, retrieved_at, capture, citation
from block_rows_as_of(ts)
join core.weeks on weeks.week_start = period_start
where series = 'usage_week'
