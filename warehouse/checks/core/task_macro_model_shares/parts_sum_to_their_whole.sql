-- The macro categories of a window sum to 1, and so do the tags of each, in tokens and in requests; no tag is without its macro
-- category. The source rounds each to three decimals.
with parts as (
    select
        window_end,
        case when tag = '*' then 'all' else macro_category end as whole,
        sum(case when tag = '*' then classified_token_share else macro_token_share end) as token_share_sum,
        sum(case when tag = '*' then classified_request_share else macro_request_share end) as request_share_sum
    from core.task_shares
    group by all
),
macros as (
    select window_end, macro_category as whole, true as has_category
    from core.task_shares
    where tag = '*'
)
select window_end, whole, token_share_sum, request_share_sum, whole = 'all' or has_category is not null as has_category
from parts
left join macros using (window_end, whole)
where greatest(coalesce(abs(token_share_sum - 1), 1), coalesce(abs(request_share_sum - 1), 1)) > 0.01 + 1e-9
    or (whole <> 'all' and has_category is null)
