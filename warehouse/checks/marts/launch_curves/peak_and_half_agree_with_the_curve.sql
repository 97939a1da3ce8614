-- The peak is the curve's greatest final share, in the week where it says; in the last week of its half-life's interval the curve
-- is at half or below, before the first it is above, and a half-life has its status.
with curves as (
    select
        base_permaslug, peak_coding_token_share, weeks_to_peak, half_life_weeks, half_life_weeks_lower, half_life_weeks_upper,
        half_life_status,
        max(curve.coding_token_share) filter (not weekly.is_coding_provisional) as greatest,
        max(curve.coding_token_share) filter (weeks_since_first_seen = weeks_to_peak) as at_peak,
        max(curve.coding_token_share_upper) filter (
            weeks_since_first_seen = weeks_to_peak + half_life_weeks_upper
        ) as at_half,
        count_if(
            not weekly.is_coding_provisional
            and curve.coding_token_share_lower > peak_coding_token_share / 2
            and weeks_since_first_seen > weeks_to_peak
            and weeks_since_first_seen < weeks_to_peak + half_life_weeks_lower
        ) as weeks_above
    from marts.launch_curves as curve
    join marts.coding_share_weekly as weekly using (base_permaslug, week_start)
    group by all
)
select
    base_permaslug, peak_coding_token_share, weeks_to_peak, half_life_weeks, half_life_weeks_lower, half_life_weeks_upper,
    half_life_status, greatest, at_peak, at_half, weeks_above
from curves
where peak_coding_token_share is distinct from greatest
    or peak_coding_token_share is distinct from at_peak
    or (half_life_weeks_upper is not null and not coalesce(at_half <= peak_coding_token_share / 2, false))
    or weeks_above + 1 <> half_life_weeks_lower
    or (half_life_weeks is not null) <> coalesce(half_life_weeks_lower = half_life_weeks_upper, false)
    or (half_life_status = 'reached') <> (half_life_weeks_upper is not null)
    or (half_life_status = 'no peak yet') <> (peak_coding_token_share is null)
