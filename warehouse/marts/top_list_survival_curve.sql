-- Kaplan and Meier's estimate, Greenwood's error, and an interval on the scale of log(−log S), which stays between 0 and 1. Stays
-- whose start was not seen are left out; those that have not ended count as long as they were seen.
with stays as (
    select
        counted, weeks_in_list,
        count(*) as stays,
        count_if(is_end_observed) as ended
    from marts.top_list_survival
    where is_start_observed
    group by all
),
record as (
    select
        counted,
        max(weeks_in_list) filter (is_start_observed) as longest,
        bool_or(is_provisional) as is_provisional,
        any_value(retrieved_at) as retrieved_at,
        any_value(capture) as capture,
        any_value(citation) as citation
    from marts.top_list_survival
    group by counted
),
weeks as (
    select counted, unnest(generate_series(1, longest)) as weeks_in_list
    from record
),
risks as (
    select
        counted, weeks_in_list,
        coalesce(ended, 0)::bigint as ended,
        sum(coalesce(stays, 0)) over (partition by counted order by weeks_in_list desc)::bigint as at_risk
    from weeks
    left join stays using (counted, weeks_in_list)
),
sums as (
    select
        counted, weeks_in_list, at_risk, ended,
        product(1 - ended / at_risk) over by_then as product_by_then,
        sum(ended / nullif(at_risk * (at_risk - ended), 0)) over by_then as greenwood
    from risks
    window by_then as (partition by counted order by weeks_in_list)
),
falls as (
    -- Two products of the same factors may differ in the last digit: the curve takes the smaller one, and never rises.
    select *, min(product_by_then) over (partition by counted order by weeks_in_list) as survival
    from sums
),
errors as (
    -- Nothing is left to estimate an error from where all have ended, and there is none before the first has.
    select
        *,
        case when survival > 0 then survival * sqrt(greenwood) end as standard_error,
        case when survival > 0 and survival < 1 then 1.959963984540054 * sqrt(greenwood) / ln(survival) end as half_width
    from falls
)
select
    counted, weeks_in_list, at_risk, ended,
    survival as survival_share_estimate,
    standard_error as survival_standard_error_estimate,
    pow(survival, exp(-half_width)) as survival_share_estimate_lower,
    pow(survival, exp(half_width)) as survival_share_estimate_upper,
    0.95::double as confidence_level,
    is_provisional, retrieved_at, capture, citation
from errors
join record using (counted)
