-- core.language_usage_weekly as it was known at ts.
select
    period_start as week_start,
    substr(series, strpos(series, '/') + 1) as language_type,
    model_permaslug, base_permaslug, variant, author, is_other,
    total_tokens as tokens_estimate, rank,
    block_token_share as language_token_share,
    is_provisional, vintages, retrieved_at, capture, citation
from block_rows_as_of(ts)
where starts_with(series, 'language_week/')
