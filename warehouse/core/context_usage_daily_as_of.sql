-- core.context_usage_daily as it was known at ts.
select
    period_start as usage_date,
    substr(series, strpos(series, '/') + 1) as context_bucket,
    model_permaslug, base_permaslug, variant, author, is_other,
    total_tokens, rank,
    block_token_share as context_token_share,
    is_provisional, retrieved_at, capture, citation
from block_rows_as_of(ts)
where starts_with(series, 'context_day/')
