-- The list's share of the platform is the sum of its apps', none of which has less than the app ranked after it; the two
-- hundredth is the last.
select week_start, app_category, app_id, app_rank, app_token_share, app_list_token_share
from (
    select
        *,
        sum(total_tokens / platform_tokens) over list as apps_token_share,
        lead(total_tokens) over (partition by week_start, app_category order by app_rank) as next_tokens
    from marts.app_usage_weekly
    window list as (partition by week_start, app_category)
)
where (
    coalesce(abs(app_list_token_share - apps_token_share) < 1e-9, platform_tokens is null and app_list_token_share is null)
    and coalesce(abs(app_token_share - total_tokens / platform_tokens) < 1e-12, platform_tokens is null)
    and coalesce(total_tokens >= next_tokens, true)
    and app_rank between 1 and 200
) is not true
