-- Share of coding by week of every model that coding has listed, with its bounds and sampling error; absent weeks have bounds only.
select
    base_permaslug, week_start, coding_token_share, coding_token_share_lower, coding_token_share_upper,
    errors.coding_token_share_standard_error_estimate as standard_error, coding_rank, is_coding_provisional as is_provisional
from marts.coding_share_weekly
left join marts.coding_share_error_weekly as errors using (base_permaslug, week_start, coding_token_share, coding_rank)
order by base_permaslug, week_start
