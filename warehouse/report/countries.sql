-- Shares of coding by country of the maker, and the bounds within which what is unclassified or unlisted could move them.
select week_start, country, coding_token_share, coding_token_share_lower, coding_token_share_upper, is_provisional
from marts.country_token_share_weekly
where coding_token_share is not null or coding_token_share_upper is not null
order by week_start, country
