-- The shares of a week sum to 1, the unclassified and `other` included.
select week_start, sum(coding_token_share) as share_sum
from marts.author_coding_token_share_weekly
group by week_start
having abs(share_sum - 1) > 1e-9
