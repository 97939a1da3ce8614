-- Every row of a day's block is there with its tokens; no other row has tokens.
with listed as (
    select period_start as usage_date, model_permaslug, total_tokens as listed_tokens
    from core.block_rows
    where series = 'usage_day' and not is_other
),
shown as (
    select usage_date, model_permaslug, total_tokens
    from core.model_token_bounds_daily
    where total_tokens is not null
)
select usage_date, model_permaslug, listed_tokens, total_tokens
from listed
full join shown using (usage_date, model_permaslug)
where total_tokens is distinct from listed_tokens
