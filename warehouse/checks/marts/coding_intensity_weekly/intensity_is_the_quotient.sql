-- Intensity × share of the platform is the share of coding, for the figure and crosswise for its bounds; a bound is missing only
-- where nothing limits it.
select
    week_start, base_permaslug, coding_token_share, platform_token_share, coding_intensity, coding_intensity_lower,
    coding_intensity_upper
from marts.coding_intensity_weekly
where (coding_intensity is null)
    <> (coding_token_share is null or platform_token_share is null or platform_token_share = 0)
    or abs(coding_intensity * platform_token_share - coding_token_share) > 1e-9
    or abs(coding_intensity_lower * platform_token_share_upper - coding_token_share_lower) > 1e-9
    or (coding_intensity_upper is null) <> (platform_token_share_lower = 0)
    or abs(coding_intensity_upper * platform_token_share_lower - coding_token_share_upper) > 1e-9
