-- Apps of a week as the source reported them when the week was fetched, beside all of the platform's tokens. What an app used of
-- one model is not published.
with platform as (
    select
        week_start,
        sum(total_tokens)::bigint as platform_tokens,
        bool_or(is_provisional) as is_provisional,
        any_value(retrieved_at) as retrieved_at,
        any_value(citation) as citation
    from core.model_usage_weekly
    group by week_start
),
vintages as (
    select
        period_start as week_start, known_from,
        coalesce(nullif(split_part(series, '/', 3), ''), 'all') as app_category
    from core.block_vintages
    where starts_with(series, 'app_week/') and known_to is null
)
select
    week_start, app_category, app_id, app_name, app_rank, total_tokens, total_requests,
    total_tokens / nullif(total_requests, 0) as tokens_per_request,
    platform_tokens,
    total_tokens / platform_tokens as app_token_share,
    sum(total_tokens) over (partition by week_start, app_category) / platform_tokens as app_list_token_share,
    days_in_week,
    apps.is_provisional or coalesce(platform.is_provisional, false) as is_provisional,
    apps.vintages, vintages.known_from, apps.retrieved_at, apps.capture, apps.citation,
    platform.retrieved_at as platform_retrieved_at,
    platform.citation as platform_citation
from core.app_list_weekly as apps
join vintages using (week_start, app_category)
left join platform using (week_start)
