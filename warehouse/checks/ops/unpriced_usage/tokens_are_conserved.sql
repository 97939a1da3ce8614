-- A day's listed tokens are those of its block but for `other`, and the unpriced are a part of them.
with listed as (
    select usage_date, sum(total_tokens) as stored_tokens
    from core.model_usage_daily
    where not is_other
    group by all
)
select usage_date, stored_tokens, listed_tokens, unpriced_tokens
from ops.unpriced_usage
left join listed using (usage_date)
where stored_tokens is distinct from listed_tokens
    or unpriced_tokens not between 0 and listed_tokens
    or (unpriced_tokens = 0) <> (unpriced_models = [])
