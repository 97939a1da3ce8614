-- How long do models last in the top nine of coding, and how long did M2?
-- Does not show: models that were in the list when the record begins, because it is not known how long they had been there.
-- A model that is still in the list counts with its weeks so far. Percentages are Kaplan and Meier's estimates of the stays
-- that last longer than so many weeks, with an interval of 95 % that assumes independent stays; with fewer than ten at risk
-- they are rough. The median is the first week at or below 50 %. A stay is all weeks of a model together, or its weeks in a
-- row.
-- Tables: marts.top_list_survival, marts.top_list_survival_curve
with m2 as (
    select counted, max(weeks_in_list) as m2_weeks, max(shorter_stay_share) as shorter_stay_share
    from marts.top_list_survival
    where base_permaslug = 'minimax/minimax-m2'
    group by counted
)
select
    counted, weeks_in_list, at_risk, ended,
    round(100 * survival_share_estimate, 1) as last_longer_percent,
    round(100 * survival_share_estimate_lower, 1) as at_least_percent,
    round(100 * survival_share_estimate_upper, 1) as at_most_percent,
    weeks_in_list = min(weeks_in_list) filter (survival_share_estimate <= 0.5) over (
        partition by counted
    ) as is_median,
    -- Where M2 is, and how many percent of the stays were shorter.
    case when m2_weeks = weeks_in_list then round(100 * shorter_stay_share, 1) end as shorter_than_m2_percent,
    is_provisional, capture, citation
from marts.top_list_survival_curve
left join m2 using (counted)
order by counted, weeks_in_list
