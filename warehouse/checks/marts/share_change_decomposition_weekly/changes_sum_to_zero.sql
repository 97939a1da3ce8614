-- What one gained, others lost: over all models and `other` the changes of a week sum to 0.
select week_start, sum(listed_change_pp) as change_sum
from marts.share_change_decomposition_weekly
group by week_start
having abs(change_sum) > 1e-7
