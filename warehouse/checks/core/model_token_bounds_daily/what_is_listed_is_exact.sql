-- What the day lists is exact. What it does not list is at most its smallest listed row and within its tail, unless fetches
-- contradict the day.
with days as (
    select
        period_start as usage_date,
        min(total_tokens) filter (not is_other) as smallest_tokens,
        coalesce(sum(total_tokens) filter (is_other), 0) as other_tokens
    from core.block_rows
    where series = 'usage_day'
    group by all
)
select usage_date, model_permaslug, total_tokens, total_tokens_lower, total_tokens_upper, smallest_tokens, other_tokens
from core.model_token_bounds_daily
join days using (usage_date)
where case when total_tokens is not null
    then (total_tokens = total_tokens_lower and total_tokens = total_tokens_upper) is not true
    else (is_contradicted or total_tokens_upper <= least(smallest_tokens, other_tokens)) is not true
end
