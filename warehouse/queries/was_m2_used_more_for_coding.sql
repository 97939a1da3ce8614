-- Was M2 used more for coding than for everything else?
-- Does not show: levels, as coding is a sampled estimate and the platform is exact: shares compare, tokens do not. A week has
-- no share of the platform unless each of its days was read.
-- Tables: marts.m2_coding_share_weekly
select
    week_start,
    round(100 * coding_token_share, 2) as coding_token_share_percent,
    round(100 * coding_token_share_upper, 2) as coding_at_most_percent,
    round(100 * platform_token_share, 2) as platform_token_share_percent,
    round(coding_token_share / platform_token_share, 2) as times_the_platform,
    is_provisional, capture, citation
from marts.m2_coding_share_weekly
where platform_token_share is not null
order by week_start
