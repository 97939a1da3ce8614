-- The tags of a macro category sum to 1, in tokens and in requests, and no tag is without its macro category. The source
-- rounds each to three decimals.
with tags as (
    select
        window_end, macro_category,
        sum(macro_token_share) as token_share_sum,
        sum(macro_request_share) as request_share_sum
    from core.task_shares
    where tag <> '*'
    group by all
)
select tags.window_end, tags.macro_category, token_share_sum, request_share_sum, macros.tag is not null as has_category
from tags
left join core.task_shares as macros
    on macros.window_end = tags.window_end and macros.macro_category = tags.macro_category and macros.tag = '*'
where greatest(coalesce(abs(token_share_sum - 1), 1), coalesce(abs(request_share_sum - 1), 1)) > 0.01 + 1e-9
    or macros.tag is null
