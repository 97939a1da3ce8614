-- What a slice lists is part of the day: where the day does not list the variant, its bounds have room for it. Only
-- slices that were fetched together with the day count: others may show another state of it.
with slices as (
    select period_start as usage_date, model_permaslug, retrieved_at as slice_retrieved_at, max(total_tokens) as slice_tokens
    from core.block_rows
    where split_part(series, '/', 1) in ('modality_day', 'context_day')
    group by all
)
select usage_date, model_permaslug, slice_tokens, total_tokens_upper
from slices
join core.model_token_bounds_daily using (usage_date, model_permaslug)
where total_tokens is null
    and slice_tokens > total_tokens_upper
    and abs(epoch(slice_retrieved_at) - epoch(retrieved_at)) <= 3600
