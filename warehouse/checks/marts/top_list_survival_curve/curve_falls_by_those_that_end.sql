-- From week to week the estimate falls by the part of those at risk that ended, and never rises; those at risk fall by the stays
-- that ended or were last seen then; the first are all stays whose start was seen.
with steps as (
    select
        counted, weeks_in_list, at_risk, ended, survival_share_estimate,
        coalesce(lag(survival_share_estimate) over by_week, 1) as survival_before,
        row_number() over by_week as place
    from marts.top_list_survival_curve
    window by_week as (partition by counted order by weeks_in_list)
),
stays as (
    select
        counted, weeks_in_list,
        count(*) as lasted,
        count_if(is_end_observed) as ended
    from marts.top_list_survival
    where is_start_observed
    group by all
),
expected as (
    select
        steps.*,
        coalesce(stays.ended, 0) as ended_then,
        (
            select sum(lasted)
            from stays as later
            where later.counted = steps.counted and later.weeks_in_list >= steps.weeks_in_list
        ) as lasted_so_long
    from steps
    left join stays using (counted, weeks_in_list)
)
select counted, weeks_in_list, at_risk, ended, survival_before, survival_share_estimate, ended_then, lasted_so_long
from expected
where (
    place = weeks_in_list
    and ended = ended_then
    and at_risk = lasted_so_long
    and survival_share_estimate <= survival_before
    and abs(survival_share_estimate - survival_before * (1 - ended / at_risk)) <= 1e-9
) is not true
