-- core.language_usage_weekly as it was known at ts.
select
    period_start as week_start,
    substr(series, strpos(series, '/') + 1) as language_type,
    model_permaslug, base_permaslug, variant, author, is_other,
    total_tokens as tokens_estimate, rank,
    block_token_share as language_token_share,
    days_in_week, is_provisional, vintages, retrieved_at, capture, citation
from block_rows_as_of(ts)
join core.weeks on weeks.week_start = period_start
where starts_with(series, 'language_week/')
