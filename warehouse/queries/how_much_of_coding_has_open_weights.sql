-- How much of coding went to models with open weights?
-- Does not show: use of such models on one's own machines, which no marketplace sees. What is unlisted, and what neither the
-- catalogue nor a line of ours classifies, could be either: the bounds allow for all of it. Without a catalogue, which is
-- fetched with a key, they would allow for almost anything, and there are no rows. One week a month, the first.
-- Tables: core.series_coverage, marts.open_weight_token_share_weekly
select
    week_start, weights,
    round(100 * coding_token_share, 1) as listed_percent,
    round(100 * coding_token_share_lower, 1) as at_least_percent,
    round(100 * coding_token_share_upper, 1) as at_most_percent,
    is_provisional, capture, citation
from marts.open_weight_token_share_weekly
where weights = 'open' and coding_token_share_upper is not null and day(week_start) <= 7
    and exists (from core.series_coverage where starts_with(series, 'models'))
order by week_start
