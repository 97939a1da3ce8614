-- The listed models of a tag have at most all of it, in tokens and in requests; the source rounds each to three decimals.
select
    window_end, macro_category, tag,
    sum(tag_token_share) as token_share_sum,
    sum(tag_request_share) as request_share_sum
from core.task_model_shares
group by window_end, macro_category, tag
having greatest(token_share_sum, request_share_sum) > 1.01 + 1e-9
