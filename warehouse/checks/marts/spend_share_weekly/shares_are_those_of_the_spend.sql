-- A share is what the model or author costs ÷ what all of the week do, at the ends at which it is least and most. Tokens have a
-- price or none, and what is listed at nothing costs nothing.
with compared as (
    select
        week_start, spend_of, subject, listed_tokens, priced_tokens, zero_price_tokens, unpriced_tokens, priced_token_share,
        unpriced_token_share, list_spend_share_lower, list_spend_share_estimate, list_spend_share_upper,
        list_spend_usd_lower::double as lower_usd,
        list_spend_usd_estimate::double as estimate_usd,
        list_spend_usd_upper::double as upper_usd,
        sum(lower_usd) over weekly as all_lower_usd,
        sum(estimate_usd) over weekly as all_estimate_usd,
        sum(upper_usd) over weekly as all_upper_usd,
        sum(priced_tokens) over weekly as all_priced_tokens,
        sum(unpriced_tokens) over weekly as all_unpriced_tokens,
        -- Dollars are rounded to a millionth in each row.
        0.000001 * (1 + count(*) over weekly) as rounding
    from marts.spend_share_weekly
    window weekly as (partition by week_start, spend_of)
),
judged as (
    select
        week_start, spend_of, subject,
        listed_tokens = priced_tokens + unpriced_tokens
        and zero_price_tokens between 0 and priced_tokens
        and (zero_price_tokens < priced_tokens or coalesce(upper_usd, 0) = 0)
        and coalesce(abs(priced_token_share * all_priced_tokens - priced_tokens) < 1, all_priced_tokens = 0)
        and abs(unpriced_token_share * (all_priced_tokens + all_unpriced_tokens) - all_unpriced_tokens) < 1
        and if(
            priced_tokens = 0,
            coalesce(lower_usd, estimate_usd, upper_usd, list_spend_share_lower, list_spend_share_upper) is null,
            0 <= lower_usd and lower_usd <= estimate_usd and estimate_usd <= upper_usd
            and coalesce(
                abs(list_spend_share_lower * (all_upper_usd - upper_usd + lower_usd) - lower_usd) <= rounding
                and abs(list_spend_share_estimate * all_estimate_usd - estimate_usd) <= rounding
                and abs(list_spend_share_upper * (all_lower_usd - lower_usd + upper_usd) - upper_usd) <= rounding
                and list_spend_share_lower <= list_spend_share_estimate + 1e-12
                and list_spend_share_estimate <= list_spend_share_upper + 1e-12,
                -- Of nothing there are no shares.
                all_lower_usd <= rounding
            )
        ) as holds
    from compared
)
select
    week_start, spend_of,
    list(subject order by subject) filter (holds is not true) as subjects
from judged
group by week_start, spend_of
having count_if(holds is not true) > 0
