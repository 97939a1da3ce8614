-- A share lies within its bounds, these within 0 and 1, and what is known of all models is no more than the whole.
with least as (
    select
        window_end, macro_category,
        sum(model_macro_token_share_lower) as token_sum,
        sum(model_macro_request_share_lower) as request_sum
    from core.task_macro_model_shares
    group by all
)
select
    window_end, macro_category, base_permaslug, model_macro_token_share, model_macro_token_share_lower,
    model_macro_token_share_upper, model_macro_request_share, token_sum, request_sum
from core.task_macro_model_shares
join least using (window_end, macro_category)
where model_macro_token_share not between model_macro_token_share_lower and model_macro_token_share_upper
    or model_macro_request_share not between model_macro_request_share_lower and model_macro_request_share_upper
    or model_macro_token_share_lower not between 0 and model_macro_token_share_upper
    or model_macro_request_share_lower not between 0 and model_macro_request_share_upper
    or model_macro_token_share_upper > 1
    or model_macro_request_share_upper > 1
    or token_sum > 1
    or request_sum > 1
