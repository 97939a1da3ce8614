-- A day's classes hold the tokens of the day, a week's those of its block in coding or of its seven days: in each classification.
with stored as (
    select 'platform' as scope, 'day' as grain, usage_date as period_start, sum(total_tokens) as stored_tokens
    from core.model_usage_daily
    group by all
    union all
    select 'coding' as scope, 'week' as grain, week_start as period_start, sum(tokens_estimate) as stored_tokens
    from core.category_usage_weekly
    where category = 'programming'
    group by all
    union all
    select
        'platform' as scope, 'week' as grain, date_trunc('week', usage_date)::date as period_start,
        sum(total_tokens) as stored_tokens
    from core.model_usage_daily
    group by all
),
expected as (
    select *
    from stored
    cross join (select unnest(['author', 'country', 'weights', 'stealth']) as classification)
),
shown as (
    select scope, grain, period_start, classification, sum(class_tokens) as shown_tokens
    from core.class_token_shares
    group by all
)
select scope, grain, period_start, classification, stored_tokens, shown_tokens
from expected
full join shown using (scope, grain, period_start, classification)
where shown_tokens is distinct from stored_tokens
    -- A week of which a day was not fetched is not shown.
    and not (scope = 'platform' and grain = 'week' and shown_tokens is null)
