-- The estimate is the intensity × the platform share, and the intensity is the one of the week it names.
select
    issued_at, week_start, base_permaslug, intensity_week, weeks_carried, carried_intensity, platform_token_share_estimate,
    coding_token_share_estimate
from marts.coding_share_nowcast
where not (
    abs(least(carried_intensity * platform_token_share_estimate, 1) - coding_token_share_estimate) < 1e-12
    and week_start - intensity_week = 7 * weeks_carried
    and days_known + days_carried = 7
    and days_unlisted <= days_known
)
