-- The peak is the curve's greatest share and stands where it says; at its half-life the curve is at half or below.
with curves as (
    select
        base_permaslug, peak_coding_token_share, weeks_to_peak, half_life_weeks,
        max(coding_token_share) as greatest,
        max(coding_token_share) filter (weeks_since_first_seen = weeks_to_peak) as at_peak,
        max(coding_token_share_upper) filter (weeks_since_first_seen = weeks_to_peak + half_life_weeks) as at_half
    from marts.launch_curves
    group by all
)
select base_permaslug, peak_coding_token_share, weeks_to_peak, half_life_weeks, greatest, at_peak, at_half
from curves
where peak_coding_token_share is distinct from greatest
    or peak_coding_token_share is distinct from at_peak
    or (half_life_weeks is not null and not coalesce(at_half <= peak_coding_token_share / 2, false))
