-- The part of M2's maker in list spend and in the same tokens. Whole weeks alone; where much of what the maker has is without a
-- list price, the shares would be about the rest: these weeks have none.
with weeks as (
    select *, days_priced = days_in_week and priced_tokens >= 0.9 * listed_tokens as is_priced
    from marts.spend_share_weekly
    where spend_of = 'author' and subject = split_part(m2(), '/', 1)
)
select
    week_start, subject,
    case when is_priced then priced_token_share end as priced_token_share,
    case when is_priced then list_spend_share_estimate end as list_spend_share_estimate,
    case when is_priced then list_spend_share_lower end as list_spend_share_lower,
    case when is_priced then list_spend_share_upper end as list_spend_share_upper,
    is_provisional
from weeks
order by week_start
