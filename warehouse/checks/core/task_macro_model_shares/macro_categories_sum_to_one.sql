-- The macro categories of a window sum to 1, in tokens and in requests; the source rounds each to three decimals.
select
    window_end,
    sum(classified_token_share) as token_share_sum,
    sum(classified_request_share) as request_share_sum
from core.task_shares
where tag = '*'
group by window_end
having greatest(abs(token_share_sum - 1), abs(request_share_sum - 1)) > 0.01 + 1e-9
