-- Was M2 used more for coding than for everything else?
-- Does not show: levels. Coding is a sampled estimate and the platform is exact: shares can be compared, tokens cannot. A
-- week that does not list M2, or is known by its days and one of them does not, has bounds and no share. The ratio is then
-- between at_least_times and at_most_times, and where nothing limits it there is no at_most_times. Weeks that list M2 in
-- neither have no row. Each of the two shares was fetched at its own time, and has its own citation. Sampling error is in no
-- bound.
-- Tables: marts.coding_intensity_weekly
select
    week_start,
    round(100 * coding_token_share, 2) as coding_token_share_percent,
    round(100 * coding_token_share_upper, 2) as coding_at_most_percent,
    round(100 * platform_token_share, 2) as platform_token_share_percent,
    round(100 * platform_token_share_lower, 2) as platform_at_least_percent,
    round(100 * platform_token_share_upper, 2) as platform_at_most_percent,
    round(coding_intensity, 2) as times_the_platform,
    round(coding_intensity_lower, 2) as at_least_times,
    round(coding_intensity_upper, 2) as at_most_times,
    is_provisional, capture, citation, platform_citation
from marts.coding_intensity_weekly
where base_permaslug = 'minimax/minimax-m2'
order by week_start
