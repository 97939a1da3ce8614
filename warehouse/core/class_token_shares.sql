-- Listed tokens by class of model, under every classification at once: one definition of share and bounds for all the marts.
with usage as (
    select
        'platform' as scope, 'day' as grain, usage_date as period_start, usage_date as period_end,
        base_permaslug, is_other, total_tokens as tokens, is_provisional, retrieved_at, capture, citation
    from core.model_usage_daily
    union all
    select
        'coding' as scope, 'week' as grain, week_start as period_start, week_start + 6 as period_end,
        base_permaslug, is_other, tokens_estimate as tokens, is_provisional, retrieved_at, capture, citation
    from core.category_usage_weekly
    where category = 'programming'
),
whole_weeks as (
    -- A day that does not exist in the source is not missing.
    select week_start
    from core.weeks
    join (select distinct usage_date from core.model_usage_daily) on usage_date between week_start and week_start + 6
    where usage_date not in (select usage_date from reference.known_holes)
    group by week_start, days_in_week
    having count(*) = days_in_week
),
with_weeks as (
    from usage
    union all by name
    select
        scope, 'week' as grain,
        date_trunc('week', period_start)::date as period_start,
        date_trunc('week', period_start)::date + 6 as period_end,
        base_permaslug, is_other, tokens, is_provisional, retrieved_at, capture, citation
    from usage
    where grain = 'day' and date_trunc('week', period_start)::date in (select week_start from whole_weeks)
),
blocks as (
    select
        scope, grain, period_start,
        sum(tokens)::bigint as block_tokens,
        bool_or(is_provisional) as is_provisional,
        max(retrieved_at) as retrieved_at,
        max(capture) as capture,
        -- Of responses at one instant the greater line, so that a rebuild gives the same.
        max(struct_pack(at := retrieved_at, line := citation)).line as citation
    from with_weeks
    group by all
),
memberships as (
    select
        scope, grain, period_start, is_other, tokens,
        weights.retrieved_at as weights_retrieved_at,
        weights.citation as weights_citation,
        unnest([
            {classification: 'author', model_class: canonical_author},
            {classification: 'country', model_class: country},
            {classification: 'weights', model_class: case weights.has_open_weights when true then 'open' when false then 'closed' end},
            {classification: 'stealth', model_class: if(is_stealth, 'stealth', 'named')}
        ], recursive := true)
    from with_weeks
    left join core.models using (base_permaslug)
    -- Spans follow each other: the last one to begin by then is the one that holds.
    asof left join core.model_weights as weights
        on weights.base_permaslug = with_weeks.base_permaslug and weights.valid_from <= period_end
),
listed as (
    select
        scope, grain, period_start, classification,
        case when is_other then 'other' else coalesce(model_class, 'unclassified') end as model_class,
        sum(tokens)::bigint as tokens
    from memberships
    group by all
),
weights_read as (
    -- The catalogue that showed the weights of the listed models, the last of those that showed anything new of them.
    select
        scope, grain, period_start, 'weights' as classification,
        max(weights_retrieved_at) as weights_retrieved_at,
        max(struct_pack(at := weights_retrieved_at, line := weights_citation)).line as weights_citation
    from memberships
    where classification = 'weights' and weights_retrieved_at is not null
    group by all
),
classes as (
    -- Every period from the one in which the class was first listed, present or not.
    select scope, grain, classification, model_class, false as is_residual, min(period_start) as first_period
    from listed
    where model_class not in ('unclassified', 'other')
    group by all
    union all
    -- What is in no class has a row in every period: nothing of it listed is zero, and known.
    select scope, grain, classification, residual.model_class, true as is_residual, min(period_start) as first_period
    from listed
    cross join (values ('unclassified'), ('other')) as residual(model_class)
    group by all
),
rows_by_period as (
    select
        scope, grain, period_start, classification, model_class, is_residual,
        case when is_residual then coalesce(tokens, 0) else tokens end as tokens,
        block_tokens,
        sum(tokens) filter (is_residual) over (
            partition by scope, grain, period_start, classification
        ) as residual_tokens,
        is_provisional, capture,
        struct_pack(at := retrieved_at, line := citation) as reading,
        -- That a class existed by then is known since the first fetch that lists it in this period or in one before.
        min(reading) filter (tokens is not null) over (
            partition by scope, grain, classification, model_class order by period_start
        ) as first_listing
    from blocks
    join classes using (scope, grain)
    left join listed using (scope, grain, period_start, classification, model_class)
    where period_start >= first_period
)
select
    scope, grain, period_start, classification, model_class, tokens as class_tokens, block_tokens,
    tokens / block_tokens as block_token_share,
    case when not is_residual then coalesce(tokens, 0) / block_tokens end as block_token_share_lower,
    case when not is_residual
        then (coalesce(tokens, 0) + coalesce(residual_tokens, 0)) / block_tokens
    end as block_token_share_upper,
    is_provisional,
    greatest(reading, first_listing).at as retrieved_at,
    capture,
    greatest(reading, first_listing).line as citation,
    weights_retrieved_at, weights_citation
from rows_by_period
left join weights_read using (scope, grain, period_start, classification)
