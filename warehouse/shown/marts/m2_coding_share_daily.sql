-- By day, of the one method that reaches back to the launch; the first measure is the sparkline.
select
    usage_date, coding_token_share_estimate, coding_token_share_estimate_lower, coding_token_share_estimate_upper
from marts.m2_coding_share_daily
where method = 'allocated'
order by usage_date
