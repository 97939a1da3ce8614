-- Every model has an author: by either, a week's tokens are the same, and so is what they cost.
with totals as (
    select
        week_start, spend_of,
        sum(listed_tokens) as listed_tokens,
        sum(priced_tokens) as priced_tokens,
        sum(list_spend_usd_lower) as lower_usd,
        sum(list_spend_usd_estimate) as estimate_usd,
        sum(list_spend_usd_upper) as upper_usd,
        count(*) as subjects
    from marts.spend_share_weekly
    group by all
)
select
    week_start,
    max(listed_tokens) - min(listed_tokens) as listed_tokens_apart,
    max(priced_tokens) - min(priced_tokens) as priced_tokens_apart,
    -- Dollars are rounded to a millionth in each row.
    greatest(
        max(lower_usd) - min(lower_usd), max(estimate_usd) - min(estimate_usd), max(upper_usd) - min(upper_usd)
    ) as usd_apart
from totals
group by week_start
having count(*) <> 2 or listed_tokens_apart > 0 or priced_tokens_apart > 0 or usd_apart > 0.000001 * sum(subjects)
