-- The middle half and the median of all observed launches, by weeks since the first listed one. A model that is not listed lies
-- between its bounds: so do the quartiles and the median.
select
    weeks_since_first_seen,
    count(*) as launches,
    quantile_cont(coalesce(coding_token_share, coding_token_share_lower), 0.25) as quarter_share_lower,
    quantile_cont(coalesce(coding_token_share, coding_token_share_upper), 0.75) as three_quarters_share_upper,
    median(coalesce(coding_token_share, coding_token_share_lower)) as median_share_lower,
    median(coalesce(coding_token_share, coding_token_share_upper)) as median_share_upper
from marts.launch_curves
where is_launch_observed and not is_provisional and weeks_since_first_seen <= 12
group by weeks_since_first_seen
order by weeks_since_first_seen
