-- How did M2 do four weeks after its launch, among all launches that were observed?
-- Does not show: launches that are no longer listed four weeks on, that happened before the first fetch, or that never
-- reached the top ten of coding. In recorded weeks, cut at nine models, a launch is the week in which the model reached
-- them. Peak and half-life, which are of final weeks, have their citation in `curve_citation`.
-- Tables: marts.launch_curves
select
    base_permaslug, week_start,
    coding_rank,
    round(100 * coding_token_share, 2) as coding_token_share_percent,
    round(100 * coding_token_share_upper, 2) as at_most_percent,
    round(100 * peak_coding_token_share, 2) as peak_percent,
    weeks_to_peak,
    half_life_weeks_lower as weeks_to_half_at_least,
    half_life_weeks_upper as weeks_to_half_at_most,
    half_life_status, had_free_window, is_provisional, capture, citation, curve_citation
from marts.launch_curves
where weeks_since_first_seen = 4 and is_launch_observed
    and (coding_rank is not null or base_permaslug = 'minimax/minimax-m2')
order by coding_token_share_percent desc nulls last, base_permaslug
