-- How much of coding went to models of Chinese makers, and how much to American ones?
-- Does not show: where the models run, or who uses them: the country is the maker's. What is unlisted, and what nobody
-- classified, could be of any country: the bounds allow for all of it. One week a month, the first.
-- Tables: marts.country_token_share_weekly
select
    week_start, country,
    round(100 * coding_token_share, 1) as listed_percent,
    round(100 * coding_token_share_lower, 1) as at_least_percent,
    round(100 * coding_token_share_upper, 1) as at_most_percent,
    is_provisional, capture, citation
from marts.country_token_share_weekly
where country in ('CN', 'US') and coding_token_share_upper is not null and day(week_start) <= 7
order by week_start, country
