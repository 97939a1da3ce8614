-- What would the week of 5 January 2026 have been for M2, and the weeks after it?
-- Does not show: a measurement. No week from 5 January on lists M2. Only its upper bound, certain_at_most_percent, is
-- certain. The estimate carries M2's last known intensity (coding share ÷ platform share) to its platform share of the week,
-- and assumes that the intensity did not change. Days that do not list M2 (days_unlisted) are estimated near the most they
-- can have been; what the estimate would be if they had nothing, or the most, is beside it. A week none of whose days lists
-- M2 has no estimate. The intervals rest on errors of models that stayed in the list, and cover neither.
-- Tables: marts.coding_share_nowcast, marts.m2_coding_share_weekly
select
    week_start,
    round(100 * coding_token_share_estimate, 2) as estimate_percent,
    round(100 * carried_intensity * platform_token_share_lower, 2) as if_unlisted_days_had_nothing_percent,
    round(100 * carried_intensity * platform_token_share_upper, 2) as if_they_had_the_most_percent,
    round(100 * coding_token_share_estimate_lower_50, 2) as from_percent_50,
    round(100 * coding_token_share_estimate_upper_50, 2) as to_percent_50,
    round(100 * coding_token_share_estimate_lower_80, 2) as from_percent_80,
    round(100 * coding_token_share_estimate_upper_80, 2) as to_percent_80,
    round(100 * coding_token_share_estimate_lower_95, 2) as from_percent_95,
    round(100 * coding_token_share_estimate_upper_95, 2) as to_percent_95,
    round(100 * coding_token_share_upper, 2) as certain_at_most_percent,
    round(carried_intensity, 2) as carried_intensity,
    intensity_week,
    round(100 * platform_token_share_estimate, 2) as platform_percent_estimate,
    days_unlisted, calibration_errors, shares.capture, shares.citation, nowcasts.coding_citation as intensity_citation,
    nowcasts.platform_citation
from marts.m2_coding_share_weekly as shares
left join (
    from marts.coding_share_nowcast
    where week_status = 'not_listed'
) as nowcasts using (week_start, base_permaslug)
where coding_token_share is null and week_start between date '2026-01-05' and date '2026-01-26'
order by week_start
