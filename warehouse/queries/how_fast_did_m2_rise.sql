-- How fast did M2's share of coding rise, and how did it end?
-- Does not show: days, which the source does not give by category. Where M2 is not listed, its share and rank are NULL, not
-- zero: the share is between the bounds. change_pp compares two fetches, so it has two citations.
-- Tables: marts.m2_coding_share_weekly
select
    week_start,
    round(100 * coding_token_share, 2) as coding_token_share_percent,
    round(100 * coding_token_share_lower, 2) as at_least_percent,
    round(100 * coding_token_share_upper, 2) as at_most_percent,
    coding_rank,
    round(change_pp, 2) as change_pp,
    round(100 * lineage_coding_token_share, 2) as with_successors_percent,
    is_provisional, capture, citation, previous_citation
from marts.m2_coding_share_weekly
order by week_start
