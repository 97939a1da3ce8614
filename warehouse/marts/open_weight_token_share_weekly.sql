-- Either measure may lack a week: the platform where a day was not fetched, coding where its block was not.
with shares as (
    select
        scope, period_start as week_start, model_class as weights,
        block_token_share, block_token_share_lower, block_token_share_upper,
        is_provisional, retrieved_at, capture, citation, weights_retrieved_at, weights_citation
    from core.class_token_shares
    where grain = 'week' and classification = 'weights'
)
select
    week_start, weights,
    any_value(block_token_share) filter (scope = 'platform') as platform_token_share,
    any_value(block_token_share_lower) filter (scope = 'platform') as platform_token_share_lower,
    any_value(block_token_share_upper) filter (scope = 'platform') as platform_token_share_upper,
    any_value(block_token_share) filter (scope = 'coding') as coding_token_share,
    any_value(block_token_share_lower) filter (scope = 'coding') as coding_token_share_lower,
    any_value(block_token_share_upper) filter (scope = 'coding') as coding_token_share_upper,
    days_in_week,
    bool_or(is_provisional) as is_provisional,
    max(retrieved_at) as retrieved_at,
    -- A row with anything that was cut says so: `top9` is the greater word.
    max(capture) as capture,
    max(struct_pack(at := retrieved_at, line := citation)).line as citation,
    any_value(retrieved_at) filter (scope = 'platform') as platform_retrieved_at,
    any_value(citation) filter (scope = 'platform') as platform_citation,
    any_value(retrieved_at) filter (scope = 'coding') as coding_retrieved_at,
    any_value(citation) filter (scope = 'coding') as coding_citation,
    max(weights_retrieved_at) as weights_retrieved_at,
    max(struct_pack(at := weights_retrieved_at, line := weights_citation)).line as weights_citation
from shares
join core.weeks using (week_start)
group by week_start, weights, days_in_week
