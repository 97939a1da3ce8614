-- Shares of coding by weeks since a model was first listed, of observed launches, for twelve weeks.
select
    base_permaslug, weeks_since_first_seen, coding_token_share, coding_rank, is_provisional
from marts.launch_curves
where is_launch_observed and weeks_since_first_seen <= 12
order by base_permaslug, weeks_since_first_seen
